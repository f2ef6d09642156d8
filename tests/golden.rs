//! Texts that the tests print anew and compare with a file. Must not know what they say.

use std::env;
use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use similar::TextDiff;

/// Fails where a file holds something else than is printed today; `UPDATE_EXPECT=1` rewrites it.
pub(crate) fn compare(path: &Path, printed: &str) -> Result<(), Failed> {
    let known = fs::read_to_string(path).unwrap_or_default();
    if known == printed {
        return Ok(());
    }
    if env::var("UPDATE_EXPECT").is_ok_and(|value| value == "1") {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        return Ok(fs::write(path, printed)?);
    }
    let diff = TextDiff::from_lines(known.as_str(), printed);
    let shown = diff.unified_diff().context_radius(3).header("golden", "today").to_string();
    Err(format!("{}\nUPDATE_EXPECT=1 rewrites it\n{shown}", path.display()).into())
}

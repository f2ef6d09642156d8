//! Writing: standard output that may be closed, messages for people, files that are never half
//! written. Knows nothing of plans.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::report::BadInput;

/// Prints the result. A reader that went away (`| head`) has had enough: no error.
pub(crate) fn print(text: &str) -> Result<(), BadInput> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(BadInput::new("output", &format!("standard output: {error}"), ""))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Tells the user something beside the result.
pub(crate) fn complain(text: &str) {
    // Not `eprint!`: it panics where standard error is closed.
    let mut out = io::stderr().lock();
    drop(out.write_all(text.as_bytes()));
}

/// Writes files into a folder, each whole or not at all.
pub(crate) fn write_all(folder: &Path, files: &[(String, String)]) -> Result<(), BadInput> {
    files.iter().try_for_each(|(name, text)| write(&folder.join(name), text))
}

/// Writes a file, whole or not at all.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), BadInput> {
    let failed = |error: io::Error| {
        BadInput::new("output", &format!("cannot write {}: {error}", path.display()), "")
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Beside it: a rename is atomic only within a file system.
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    let result = fs::write(&draft, text).and_then(|()| fs::rename(&draft, path));
    if result.is_err() {
        // What matters is the first error, not that there was nothing to remove.
        drop(fs::remove_file(&draft));
    }
    result.map_err(failed)
}

//! Finds pairs of schemas below a folder. Reads files; runs nothing.

use std::fs;
use std::path::{Path, PathBuf};

/// Two schemas: the one that is there and the one that is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// Where it came from: the folder directly below the one asked for.
    pub source: String,
    /// Its folder below the one asked for.
    pub name: String,
    /// Text of `old.sql`.
    pub old: String,
    /// Text of `new.sql`.
    pub new: String,
    /// Majors it is known to load on; empty where nobody said.
    pub servers: Vec<u16>,
}

/// Every pair below the folders, sorted by name within each folder.
///
/// # Errors
/// The file that could not be read, and why.
pub fn find(folders: &[PathBuf]) -> Result<Vec<Pair>, String> {
    let mut pairs = Vec::new();
    for folder in folders {
        let mut found = Vec::new();
        collect(folder, &mut found)?;
        found.sort();
        for place in found {
            pairs.push(read(folder, &place)?);
        }
    }
    Ok(pairs)
}

/// Folders that hold both files, at any depth.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", folder.display());
    if folder.join("old.sql").is_file() && folder.join("new.sql").is_file() {
        found.push(folder.to_owned());
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // A link could lead back up.
        if entry.file_type().map_err(failed)?.is_dir() {
            collect(&entry.path(), found)?;
        }
    }
    Ok(())
}

fn read(folder: &Path, place: &Path) -> Result<Pair, String> {
    let text = |name: &str| {
        let path = place.join(name);
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        // A mark at the start is no SQL, and psql skips it too.
        let text = String::from_utf8_lossy(&bytes);
        Ok::<_, String>(text.trim_start_matches('\u{feff}').to_owned())
    };
    let base = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let below = place.strip_prefix(folder).unwrap_or(place);
    let parts: Vec<String> =
        below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let source = match parts.as_slice() {
        [] | [_] => base.clone(),
        [first, ..] => first.clone(),
    };
    let name = if parts.is_empty() { base } else { parts.join("/") };
    let meta = fs::read_to_string(place.join("meta.json")).unwrap_or_default();
    Ok(Pair { source, name, old: text("old.sql")?, new: text("new.sql")?, servers: servers(&meta) })
}

/// The list of majors in a pair's description, as numbers or as text.
fn servers(meta: &str) -> Vec<u16> {
    let meta: serde_json::Value = serde_json::from_str(meta).unwrap_or_default();
    let list = ["servers", "loads_on"].iter().find_map(|name| meta.get(name)?.as_array());
    let number = |value: &serde_json::Value| match value.as_str() {
        Some(text) => text.parse().ok(),
        None => value.as_u64()?.try_into().ok(),
    };
    list.into_iter().flatten().filter_map(number).collect()
}

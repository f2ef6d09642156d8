//! Tells whether a source of the page has changed, by looking.
//!
//! It looks instead of being told: a few hundred files are soon looked at, and every system
//! notifies in another way. It must not read what is in the files.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::workspace;

const SOURCES: [&str; 6] =
    ["crates", "web", "tests/cases", "index.html", "Trunk.toml", "Cargo.toml"];

/// The number of source files and the time of the latest change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    files: u64,
    latest: SystemTime,
}

/// The sources as they are now.
pub(super) fn stamp() -> Stamp {
    let mut stamp = Stamp { files: 0, latest: SystemTime::UNIX_EPOCH };
    let root = workspace::root();
    for source in SOURCES {
        look(&root.join(source), &mut stamp);
    }
    stamp
}

fn look(path: &Path, stamp: &mut Stamp) {
    // A file may go away while we look; the next look sees that.
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    if metadata.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            look(&entry.path(), stamp);
        }
    } else {
        stamp.files += 1;
        stamp.latest = stamp.latest.max(metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH));
    }
}

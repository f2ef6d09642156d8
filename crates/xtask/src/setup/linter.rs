//! squawk, the linter of PostgreSQL migrations that others use: every plan is put before it.
//!
//! It must not fail where it cannot be had: its trials are skipped by name.

use std::path::PathBuf;

use super::registry::{From, Tool};

/// The release whose rules the exceptions in `tests/squawk` were read against.
const SQUAWK: Tool = Tool {
    name: "squawk-2.70.0",
    from: From::PyPi("squawk-cli==2.70.0"),
    file: "bin/squawk",
    seconds: 5,
};

/// The program.
pub(crate) fn squawk() -> Option<PathBuf> {
    SQUAWK.file()
}

/// Installs it if it is missing; says so where that cannot be done.
pub(super) fn ensure() -> Result<(), String> {
    SQUAWK.install_or_skip();
    Ok(())
}

//! squawk, the linter of PostgreSQL migrations that others use: every plan is put before it.
//!
//! It must not fail where it cannot be had: its trials are skipped by name.

use std::path::PathBuf;

use super::registry;
use crate::run;

/// The release whose rules the exceptions in `tests/squawk` were read against.
const VERSION: &str = "2.70.0";

fn folder() -> Result<PathBuf, String> {
    registry::folder(&format!("squawk-{VERSION}"))
}

/// The program.
pub(crate) fn squawk() -> Option<PathBuf> {
    Some(folder().ok()?.join("bin/squawk")).filter(|program| program.is_file())
}

/// Installs it if it is missing; says so where that cannot be done.
pub(super) fn ensure() -> Result<(), String> {
    if squawk().is_some() {
        return Ok(());
    }
    println!("installing squawk {VERSION} from PyPI (some seconds) …");
    if let Err(problem) = registry::pip(&format!("squawk-cli=={VERSION}"), true, &folder()?) {
        print!("{}", run::quote(&problem));
        println!("trials with squawk are skipped");
    }
    Ok(())
}

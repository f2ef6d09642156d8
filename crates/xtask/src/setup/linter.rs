//! squawk, the linter of PostgreSQL migrations that others use: every plan is put before it.
//!
//! It must not fail where it cannot be had: its trials are skipped by name. It touches nothing
//! outside our own cache folder.

use std::fs;
use std::path::PathBuf;

use crate::run;
use crate::workspace::{self, on_path};

/// The release whose rules the exceptions in `tests/squawk` were read against.
const VERSION: &str = "2.70.0";

fn folder() -> Option<PathBuf> {
    Some(workspace::cache().ok()?.join("tools").join(format!("squawk-{VERSION}")))
}

/// The program.
pub(crate) fn squawk() -> Option<PathBuf> {
    Some(folder()?.join("bin/squawk")).filter(|program| program.is_file())
}

/// Installs it if it is missing; says so where that cannot be done.
pub(super) fn ensure() -> Result<(), String> {
    if squawk().is_some() {
        return Ok(());
    }
    println!("installing squawk {VERSION} from PyPI (some seconds) …");
    if let Err(problem) = install() {
        print!("{}", run::quote(&problem));
        println!("trials with squawk are skipped");
    }
    Ok(())
}

fn install() -> Result<(), String> {
    let shown = format!("python3 -m pip install squawk-cli=={VERSION}");
    if on_path("python3").is_none() {
        return Err(format!("`{shown}` needs pip: on Debian, apt-get install python3-pip"));
    }
    let folder = folder().ok_or("no folder for tools")?;
    let scratch = workspace::cache()?.join("build/squawk");
    // What an earlier run left half-way is of no use.
    fs::remove_dir_all(&scratch).unwrap_or_default();
    let mut pip = workspace::program("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--root-user-action=ignore", "--target"])
        .arg(&scratch)
        .arg(format!("squawk-cli=={VERSION}"));
    let outcome = run::captured(&shown, pip)?;
    if !outcome.success {
        let tail = outcome.tail(10);
        return Err(format!(
            "`{shown}` failed (on Debian, apt-get install python3-pip); its last words:\n{tail}"
        ));
    }
    let moved = folder.parent().map_or(Ok(()), fs::create_dir_all);
    moved
        .and_then(|()| fs::rename(&scratch, &folder))
        .map_err(|error| format!("cannot move it to {}: {error}", folder.display()))
}

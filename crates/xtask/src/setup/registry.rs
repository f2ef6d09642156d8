//! Packages from `PyPI` and npm, of exact versions, each set in a folder of its own.
//!
//! It must not know what they are for. It touches nothing outside our own cache folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run;
use crate::workspace::{self, on_path};

/// The folder of a tool that is none of ours; its name holds the version.
pub(super) fn folder(name: &str) -> Result<PathBuf, String> {
    Ok(workspace::cache()?.join("tools").join(name))
}

/// Installs a package from `PyPI`, as `name==version`, with what it needs unless it is `alone`.
pub(super) fn pip(package: &str, alone: bool, folder: &Path) -> Result<(), String> {
    let shown = format!("python3 -m pip install {package}");
    if on_path("python3").is_none() {
        return Err(format!("`{shown}` needs pip: on Debian, apt-get install python3-pip"));
    }
    let scratch = scratch(folder)?;
    let mut pip = workspace::program("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(alone.then_some("--no-deps"))
        .args(["--root-user-action=ignore", "--target"])
        .arg(&scratch)
        .arg(package);
    perform(&shown, pip)
        .map_err(|why| format!("{why}\n(on Debian, apt-get install python3-pip)"))?;
    settle(&scratch, folder)
}

/// Installs packages from npm, each as `name@version`; `finish` is given the folder before it is
/// where it belongs.
pub(super) fn npm(
    packages: &[&str],
    folder: &Path,
    finish: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<(), String> {
    let shown = format!("npm install {}", packages.join(" "));
    if on_path("npm").is_none() || on_path("node").is_none() {
        return Err(format!("`{shown}` needs npm: on Debian, apt-get install nodejs npm"));
    }
    let scratch = scratch(folder)?;
    let mut npm = workspace::program("npm");
    // Scripts of packages are not run: not every npm does, and what we use needs none.
    npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--no-package-lock"])
        .args(["--ignore-scripts", "--prefix"])
        .arg(&scratch)
        .args(packages);
    perform(&shown, npm)?;
    finish(&scratch)?;
    settle(&scratch, folder)
}

/// Runs a command, or fails with its last words.
pub(super) fn perform(shown: &str, command: Command) -> Result<(), String> {
    let outcome = run::captured(shown, command)?;
    if outcome.success {
        return Ok(());
    }
    Err(format!("`{shown}` failed; its last words:\n{}", outcome.tail(10)))
}

/// An empty folder to install into: what an earlier run left half-way is of no use.
fn scratch(folder: &Path) -> Result<PathBuf, String> {
    let name = folder.file_name().ok_or("no folder for tools")?;
    let scratch = workspace::cache()?.join("build").join(name);
    fs::remove_dir_all(&scratch).unwrap_or_default();
    fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    Ok(scratch)
}

fn settle(scratch: &Path, folder: &Path) -> Result<(), String> {
    let moved = folder.parent().map_or(Ok(()), fs::create_dir_all);
    moved
        .and_then(|()| fs::rename(scratch, folder))
        .map_err(|error| format!("cannot move it to {}: {error}", folder.display()))
}

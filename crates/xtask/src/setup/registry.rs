//! Packages from `PyPI` and npm, of exact versions, each set in a folder of its own.
//!
//! It must not know what they are for. It touches nothing outside our own cache folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run;
use crate::workspace::{self, on_path};

/// Where a package comes from.
#[derive(Clone, Copy)]
pub(super) enum From {
    /// `PyPI`, as `name==version`.
    PyPi(&'static str),
    /// npm, as `name@version` each.
    Npm(&'static [&'static str]),
}

/// A tool that is a folder of files.
pub(super) struct Tool {
    /// Its folder's name.
    pub(super) name: &'static str,
    pub(super) from: From,
    /// A file of it, below the folder.
    pub(super) file: &'static str,
    /// About how long it takes.
    pub(super) seconds: u32,
}

impl Tool {
    /// Its folder, where it is installed.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        let folder = folder(self.name).ok()?;
        folder.join(self.file).is_file().then_some(folder)
    }

    /// Its file, where it is installed.
    pub(super) fn file(&self) -> Option<PathBuf> {
        Some(self.folder()?.join(self.file))
    }

    /// Installs it if it is missing, and gives its file.
    pub(super) fn install(&self) -> Result<PathBuf, String> {
        if let Some(file) = self.file() {
            return Ok(file);
        }
        println!("installing {} (about {} s) …", self.name, self.seconds);
        let folder = folder(self.name)?;
        match self.from {
            From::PyPi(package) => pip(package, &folder)?,
            From::Npm(packages) => npm(packages, &folder, |_| Ok(()))?,
        }
        self.file().ok_or_else(|| format!("{} is without {}", self.name, self.file))
    }

    /// The same for what only trials want: they are skipped where it cannot be had.
    pub(super) fn install_or_skip(&self) {
        if let Err(problem) = self.install() {
            print!("{}", run::quote(&problem));
            println!("trials with {} are skipped", self.name);
        }
    }
}

/// The folder of a tool that is none of ours; its name holds the version.
pub(super) fn folder(name: &str) -> Result<PathBuf, String> {
    Ok(workspace::cache()?.join("tools").join(name))
}

/// Installs a package from `PyPI`, as `name==version`, with what it needs.
fn pip(package: &str, folder: &Path) -> Result<(), String> {
    let shown = format!("python3 -m pip install {package}");
    if on_path("python3").is_none() {
        return Err(format!("`{shown}` needs pip: on Debian, apt-get install python3-pip"));
    }
    let scratch = scratch(folder)?;
    let mut pip = workspace::program("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
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

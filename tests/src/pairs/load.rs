//! Loads a schema's text into a new database by `psql`, with the roles it names. Must not judge
//! the text: what the server refuses is refused.

use std::io::Write;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use planner::name::quote;
use rehearsal::{Database, Failure, Server, run};

use super::tools::Tools;

/// Roles a text may name that are not there.
const ROLES_MAX: usize = 40;

/// A new database that holds the schema.
///
/// # Errors
/// Where the text does not load, what `psql` said.
pub fn load<'a>(
    server: &'a Server,
    tools: &Tools,
    sql: &str,
    limit: Duration,
) -> Result<Database<'a>, Failure> {
    let mut text = without_commands(sql)?;
    for _ in 0..ROLES_MAX {
        let database = server.database()?;
        let Err(said) = feed(&database, tools, &text, limit)? else {
            forget_settings(&database)?;
            return Ok(database);
        };
        if let Some(role) = between(&said, "42704: role \"", "\" does not exist") {
            let sql = format!("CREATE ROLE {} NOLOGIN", quote(role));
            // Another job may have made it meanwhile.
            let _made = run::execute(&mut database.connect()?, &sql);
        } else if let Some(without) = without_known_role(&text, &said) {
            text = without;
        } else {
            return Err(Failure::new("load", said.trim()));
        }
    }
    Err(Failure::new("load", "it names too many roles that do not exist"))
}

/// Lines of a dump that are for psql and change nothing.
const HARMLESS: [&str; 7] =
    ["\\restrict", "\\unrestrict", "\\echo", "\\set", "\\pset", "\\encoding", "\\timing"];

/// The text without psql's own commands: some run programs or go to another database.
fn without_commands(sql: &str) -> Result<String, Failure> {
    let mut text = String::new();
    // A carriage return may be part of a function's body.
    for line in sql.split_inclusive('\n') {
        let word = line.split_whitespace().next().unwrap_or_default();
        let is_command = line.starts_with('\\') && word.len() > 2;
        if is_command && !HARMLESS.contains(&word) {
            return Err(Failure::new("load", format!("it asks psql for `{word}`")));
        }
        // Later lines keep their numbers.
        text += if is_command { "\n" } else { line };
    }
    Ok(text)
}

/// Runs a text; inside, what psql said where it stopped.
fn feed(
    database: &Database<'_>,
    tools: &Tools,
    text: &str,
    limit: Duration,
) -> Result<Result<(), String>, Failure> {
    let failed = |error: std::io::Error| Failure::new("psql", error);
    let mut command = database.client(&tools.psql);
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-f", "-"]);
    let options = format!("-c statement_timeout={}s -c client_min_messages=error", limit.as_secs());
    command.env("PGOPTIONS", options);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let stdin = child.stdin.take();
    let output = thread::scope(|scope| {
        // It stops reading where it fails.
        scope.spawn(|| stdin.map(|mut stdin| stdin.write_all(text.as_bytes())));
        child.wait_with_output()
    });
    let output = output.map_err(failed)?;
    if output.status.success() {
        return Ok(Ok(()));
    }
    Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// Roles are the whole server's: one that an earlier pair made cannot be made again. The text
/// without the line that makes it, where that is what was refused.
fn without_known_role(text: &str, said: &str) -> Option<String> {
    between(said, "42710: role \"", "\" already exists")?;
    let number: usize = between(said, "psql:<stdin>:", ":")?.parse().ok()?;
    let is_it = |line: &str| {
        let line = line.trim_start().to_ascii_uppercase();
        line.starts_with("CREATE ROLE ") || line.starts_with("CREATE USER ")
    };
    let mut lines: Vec<&str> = text.split('\n').collect();
    let line = lines.get_mut(number.checked_sub(1)?)?;
    if !is_it(line) {
        return None;
    }
    *line = "";
    Some(lines.join("\n"))
}

/// Settings of roles are the whole server's: the next pair must not meet them.
fn forget_settings(database: &Database<'_>) -> Result<(), Failure> {
    run::execute(&mut database.connect()?, "DELETE FROM pg_db_role_setting WHERE setdatabase = 0")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}

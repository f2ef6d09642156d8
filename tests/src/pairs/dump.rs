//! A schema as `pg_dump --schema-only` prints it, comparable: the order of statements and of a
//! table's columns does not count, everything else does. Must not know the planner.

use std::collections::BTreeMap;
use std::process::Stdio;

use rehearsal::{Database, Failure, run};

use super::statements::{Kind, lexemes, list, split};
use super::tools::Tools;

/// A multiset of statements; each column and constraint inside a `CREATE TABLE` is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump {
    lines: BTreeMap<String, usize>,
}

/// What one dump has and another has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Wanted, not there.
    pub missing: Vec<String>,
    /// There, not wanted.
    pub extra: Vec<String>,
}

/// What `pg_dump` leaves out: an index that a failed build left behind.
const INVALID: &str = "SELECT format('INVALID INDEX %s', pg_get_indexdef(i.indexrelid)) \
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid AND c.relkind = 'i'";

/// Dumps a database's schema.
///
/// # Errors
/// What `pg_dump` said.
pub fn take(tools: &Tools, database: &Database<'_>) -> Result<Dump, Failure> {
    let mut command = database.client(&tools.pg_dump);
    command.arg("--schema-only").stdin(Stdio::null());
    let output = command.output().map_err(|error| Failure::new("pg_dump", error))?;
    if !output.status.success() {
        return Err(Failure::new("pg_dump", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let mut dump = Dump::parse(&String::from_utf8_lossy(&output.stdout));
    for line in run::query(&mut database.connect()?, INVALID)? {
        dump.add(line);
    }
    Ok(dump)
}

impl Dump {
    /// Reads what `pg_dump` printed.
    pub fn parse(text: &str) -> Self {
        let mut dump = Self::default();
        // Settings that say where the next relations go.
        let mut settings: BTreeMap<&str, String> = BTreeMap::new();
        for statement in split(text) {
            if let Some(setting) = statement.strip_prefix("SET ") {
                let (name, value) = setting.split_once(" = ").unwrap_or((setting, ""));
                for place in PLACES.iter().filter(|(place, _)| *place == name) {
                    settings.insert(place.0, value.to_owned());
                }
                continue;
            }
            if statement.starts_with("SELECT pg_catalog.set_config") {
                continue;
            }
            dump.add_statement(&statement, &settings);
        }
        dump
    }

    fn add_statement(&mut self, statement: &str, settings: &BTreeMap<&str, String>) {
        let elsewhere: String = PLACES
            .iter()
            .filter_map(|(name, usual)| Some((name, settings.get(name).filter(|v| v != usual)?)))
            .map(|(name, value)| format!(" [{name} = {value}]"))
            .collect();
        let makes_relation = is_table(statement)
            || ["CREATE INDEX", "CREATE UNIQUE INDEX", "CREATE MATERIALIZED VIEW"]
                .iter()
                .any(|start| statement.starts_with(start));
        let place = if makes_relation { elsewhere } else { String::new() };
        let parts = if is_table(statement) { list(statement) } else { None };
        let Some((head, items, tail)) = parts else {
            self.add(format!("{statement}{place}"));
            return;
        };
        self.add(format!("{head} (…) {tail}{place}").trim_end().to_owned());
        for item in items {
            self.add(format!("{head}: {item}"));
        }
    }

    fn add(&mut self, line: String) {
        *self.lines.entry(line).or_default() += 1;
    }

    /// What is missing and what is too much, compared with the one wanted.
    pub fn difference(&self, wanted: &Self) -> Difference {
        let surplus = |a: &Self, b: &Self| {
            let n = |line: &String, n_a: usize| {
                n_a.saturating_sub(b.lines.get(line).copied().unwrap_or_default())
            };
            let lines = a.lines.iter().filter(|(line, n_a)| n(line, **n_a) > 0);
            lines.map(|(line, _)| line.clone()).collect()
        };
        Difference { missing: surplus(wanted, self), extra: surplus(self, wanted) }
    }
}

/// Settings that `pg_dump` prints before relations, and what they usually are.
const PLACES: [(&str, &str); 2] =
    [("default_table_access_method", "heap"), ("default_tablespace", "''")];

fn is_table(statement: &str) -> bool {
    ["CREATE TABLE ", "CREATE UNLOGGED TABLE ", "CREATE FOREIGN TABLE "]
        .iter()
        .any(|start| statement.starts_with(start))
}

impl Difference {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty()
    }

    /// Sorted by what they are about: `-` is missing, `+` is too much.
    pub fn lines(&self) -> Vec<String> {
        let missing = self.missing.iter().map(|line| (subject(line), '-', line));
        let mut lines: Vec<_> =
            missing.chain(self.extra.iter().map(|line| (subject(line), '+', line))).collect();
        lines.sort();
        lines.into_iter().map(|(_, sign, line)| format!("{sign} {line}")).collect()
    }

    /// The kinds of statement that differ, each once: `missing CREATE INDEX`.
    pub fn kinds(&self) -> Vec<String> {
        let subjects =
            |lines: &[String]| lines.iter().map(|line| subject(line)).collect::<Vec<_>>();
        let (missing, extra) = (subjects(&self.missing), subjects(&self.extra));
        let mut kinds = Vec::new();
        for (line, subject) in self.missing.iter().zip(&missing) {
            let word = if extra.contains(subject) { "changed" } else { "missing" };
            kinds.push(format!("{word} {}", kind(line)));
        }
        for (line, subject) in self.extra.iter().zip(&extra) {
            if !missing.contains(subject) {
                kinds.push(format!("extra {}", kind(line)));
            }
        }
        kinds.sort();
        kinds.dedup();
        kinds
    }
}

/// What a line is about: its keywords up to the first name, of an `ALTER` up to the second; a part
/// of a table by its own name.
fn subject(line: &str) -> String {
    let (head, item) = part(line).unwrap_or((line, ""));
    let mut names_left = if head.starts_with("ALTER") { 2_u32 } else { 1 };
    let mut subject = Vec::new();
    for word in head.split_whitespace() {
        subject.push(word);
        names_left -= u32::from(!is_keyword(word));
        if names_left == 0 {
            break;
        }
    }
    subject.extend(item.split_whitespace().take(name_at(item)));
    subject.join(" ")
}

/// Words of an item up to and with its name.
fn name_at(item: &str) -> usize {
    if item.starts_with("CONSTRAINT ") { 2 } else { 1 }
}

/// The head and the item of a table's part.
fn part(line: &str) -> Option<(&str, &str)> {
    if is_table(line) { line.split_once(": ") } else { None }
}

/// What kind of statement a line is, without names.
fn kind(line: &str) -> String {
    if let Some((_, item)) = part(line) {
        let is_constraint = item.starts_with("CONSTRAINT ");
        return if is_constraint { "constraint in CREATE TABLE" } else { "column" }.to_owned();
    }
    if line.starts_with("CREATE") {
        let words = line.split_whitespace().take_while(|word| is_keyword(word));
        return words.collect::<Vec<_>>().join(" ");
    }
    let mut words = Vec::new();
    for (kind, lexeme) in lexemes(line).into_iter().take_while(|(_, lexeme)| *lexeme != "(") {
        // Which privileges are given is no kind of its own.
        let is_privilege = matches!(words.first(), Some(&"GRANT" | &"REVOKE"));
        if kind == Kind::Word && is_keyword(lexeme) {
            words.truncate(if is_privilege && lexeme == "ON" { 1 } else { words.len() });
            words.push(lexeme);
        }
    }
    words.truncate(6);
    words.join(" ")
}

fn is_keyword(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase())
}

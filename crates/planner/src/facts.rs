//! What a statement locks and does, answered from the rows of `engine`: for one statement, with or
//! without a schema, or all rows there are. Must not know plans or recipes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::engine::postgres::{FactRow, Form, Role, Subject, row_for, rows};
use crate::engine::{Engine, Held, Lock, LockMode, locks_of, relations};
use crate::name::QName;
use crate::plan::hash_text;
use crate::schema::Schema;
use crate::sql;

/// What came of a question.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The engine that was asked about.
    pub engine: Engine,
    /// An answer a statement, in their order. Each is about the schema as it was given.
    pub statements: Vec<StatementFacts>,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// What one statement does.
#[derive(Clone, Debug, Serialize)]
pub struct StatementFacts {
    /// The statement, as it was written.
    pub statement: String,
    /// A row for each of its actions.
    pub rows: Vec<Row>,
    /// Locks on relations that can be named, the strongest on each.
    pub locks: Vec<NamedLock>,
    /// Locks on relations that cannot be named without a schema, if there are any.
    pub possible: Vec<PossibleLock>,
    /// The longest work under these locks.
    pub work: Held,
    /// Whether every row is written anew.
    pub rewrite: bool,
    /// Whether every row is read.
    pub scan: bool,
    /// Whether it may run in a transaction block.
    pub in_transaction: bool,
    /// What had to be assumed.
    pub notes: Vec<String>,
}

/// A lock on a relation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedLock {
    /// What the relation is to the statement.
    pub role: Role,
    /// Relation, mode, what it blocks, for how long.
    #[serde(flatten)]
    pub lock: Lock,
}

/// A lock on whatever relation is in a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PossibleLock {
    /// What the relation is to the statement.
    pub role: Role,
    /// The same in words.
    pub words: &'static str,
    /// Mode.
    pub mode: LockMode,
}

/// A row of the table, as it is printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The form's name.
    pub form: Form,
    /// The form in SQL's words.
    pub title: &'static str,
    /// First and last major version it holds for.
    pub versions: (u16, u16),
    /// Lock on the relation that the statement is about.
    pub target: Option<LockMode>,
    /// Locks on other relations.
    pub others: Vec<PossibleLock>,
    /// The longest work under these locks.
    pub work: Held,
    /// Whether it may run in a transaction block.
    pub in_transaction: bool,
    /// Page of the manual.
    pub reference: String,
    /// Versions on which it was measured; none where it says only what the manual does.
    pub measured: Vec<u16>,
    /// The way that keeps readers and writers going; empty where this is it.
    pub online: &'static str,
}

/// Every row that holds for an engine.
pub fn table(engine: Engine) -> Vec<Row> {
    let held = rows().filter(|row| row.covers(engine.version) && row.form != Form::Unknown);
    held.map(|row| printed(row, engine)).collect()
}

/// FNV-1a of every row that holds for an engine, 16 hex digits: the version of what a proof stands on.
pub fn fingerprint(engine: Engine) -> String {
    // Rows are numbers and words: they always are JSON.
    hash_text(&serde_json::to_string(&table(engine)).unwrap_or_default())
}

/// What the statements of a text do. Without a schema, what is not said is assumed, and noted.
pub fn answer(engine: Engine, text: &str, schema: Option<&str>) -> Answer {
    let mut answer = Answer { engine, statements: Vec::new(), diagnostics: Vec::new() };
    let read = schema.map(sql::read_schema);
    if let Some(read) = &read {
        let errors = read.diagnostics.iter().filter(|d| d.severity == Severity::Error);
        answer.diagnostics.extend(errors.cloned());
        if !answer.diagnostics.is_empty() {
            return answer;
        }
    }
    let known = read.as_ref().map(|read| &read.schema);
    let (statements, diagnostics) = sql::read_forms(text, known);
    answer.diagnostics = diagnostics;
    for statement in statements {
        match of_statement(engine, text, &statement, known) {
            Ok(found) => answer.statements.push(found),
            Err(diagnostic) => answer.diagnostics.push(diagnostic),
        }
    }
    answer.diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    answer
}

fn of_statement(
    engine: Engine,
    text: &str,
    statement: &sql::ByForm,
    schema: Option<&Schema>,
) -> Result<StatementFacts, Diagnostic> {
    let nothing = Schema::default();
    let (span, known) = (statement.span, schema.unwrap_or(&nothing));
    let mut rows = Vec::new();
    for subject in &statement.subjects {
        rows.push((row_in(engine, subject.form, span)?, subject));
    }
    let work = rows.iter().map(|(row, _)| row.work).max().unwrap_or(Held::Instant);
    let mut strongest: BTreeMap<QName, (LockMode, Role)> = BTreeMap::new();
    for (row, subject) in &rows {
        for (role, relation, mode) in locks_of(row, subject, known) {
            let held = strongest.entry(relation).or_insert((mode, role));
            *held = (held.0.max(mode), held.1.min(role));
        }
    }
    let lock = |(relation, (mode, role)): (QName, (LockMode, Role))| NamedLock {
        role,
        lock: Lock::new(relation, mode, work),
    };
    let mut locks: Vec<NamedLock> = strongest.into_iter().map(lock).collect();
    locks.sort_by(|a, b| (a.role, &a.lock.relation).cmp(&(b.role, &b.lock.relation)));
    let mut possible: Vec<PossibleLock> = Vec::new();
    for (row, subject) in &rows {
        for lock in unnamed(row, subject, schema) {
            match possible.iter_mut().find(|known| known.words == lock.words) {
                Some(known) => known.mode = known.mode.max(lock.mode),
                None => possible.push(lock),
            }
        }
    }
    Ok(StatementFacts {
        statement: text.get(span.0..span.1).unwrap_or_default().to_owned(),
        locks,
        possible,
        work,
        rewrite: work == Held::Rewrite,
        scan: work != Held::Instant,
        in_transaction: rows.iter().all(|(row, _)| row.in_transaction),
        notes: statement.notes.clone(),
        rows: rows.into_iter().map(|(row, _)| printed(row, engine)).collect(),
    })
}

/// The row of a form; a version that has no such statement is told apart.
fn row_in(
    engine: Engine,
    form: Form,
    span: (usize, usize),
) -> Result<&'static FactRow, Diagnostic> {
    row_for(form, engine.version).ok_or_else(|| {
        let first = rows().filter(|row| row.form == form).map(|row| row.since).min();
        let since =
            first.map_or(String::new(), |first| format!(": it came with PostgreSQL {first}"));
        Diagnostic::error(
            "not-in-version",
            (Source::Change, span),
            format!("{engine} has no `{}`{since}", form.title()),
            "name the engine that the statement is for: --engine postgres:18",
        )
    })
}

/// Locks on relations that nothing names. With a schema there are none but on the target.
fn unnamed(row: &FactRow, subject: &Subject, schema: Option<&Schema>) -> Vec<PossibleLock> {
    let nothing = Schema::default();
    let mut found = Vec::new();
    if let (Some(mode), None) = (subject.mode.or(row.target), &subject.target) {
        let words = target_words(row.form);
        found.push(PossibleLock { role: Role::Target, words, mode });
    }
    for (role, mode) in row.others {
        let closed = subject.closed.contains(role);
        let named = !relations(*role, subject, schema.unwrap_or(&nothing)).is_empty();
        if schema.is_none() && !closed && !named {
            found.push(PossibleLock { role: *role, words: role.words(), mode: *mode });
        }
    }
    found
}

/// What a statement is about that does not name it.
fn target_words(form: Form) -> &'static str {
    if form == Form::CreateStatistics {
        "the table of the statistics"
    } else {
        "the table the index is on"
    }
}

fn printed(row: &FactRow, engine: Engine) -> Row {
    let other = |(role, mode): &(Role, LockMode)| PossibleLock {
        role: *role,
        words: role.words(),
        mode: *mode,
    };
    Row {
        form: row.form,
        title: row.form.title(),
        versions: (row.since, row.until),
        target: row.target,
        others: row.others.iter().map(other).collect(),
        work: row.work,
        in_transaction: row.in_transaction,
        reference: row.reference(engine.version),
        measured: row.measured.to_vec(),
        online: row.online,
    }
}

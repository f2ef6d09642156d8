//! Which form of fact each action of a statement has, and on which relations: one reading for all
//! statements there are rows for, with or without a schema. Knows the forms' names and none of
//! their facts.

use super::cursor::{Broken, Cursor, PlacedName, Read};
use super::report;
use super::split::{Splitter, Statement};
use super::token::Span;
use super::verb;
use crate::diagnostic::{Diagnostic, Source};
use crate::engine::postgres::{Form, Role, Subject, children_of};
use crate::name::QName;
use crate::schema::{Schema, Table};

mod alter;
mod alter_table;
mod comment;
mod create;
mod drop;
mod maintain;
mod partition;
mod rows;
mod sequence;

/// A statement by its forms.
#[derive(Clone, Debug)]
pub(crate) struct ByForm {
    /// Where it stands.
    pub(crate) span: Span,
    /// What it is about, an entry for every action.
    pub(crate) subjects: Vec<Subject>,
    /// What had to be assumed.
    pub(crate) notes: Vec<String>,
}

/// What is known of the tables that statements name.
pub(super) struct Known<'a> {
    /// The schema; empty where none was given.
    schema: &'a Schema,
    /// Whether one was given: then what is not in it is not there.
    given: bool,
    /// Assumptions made so far.
    notes: Vec<String>,
}

/// Why a statement has no forms.
pub(super) enum Stop {
    /// It is not the statement it began as.
    Broken(Broken),
    /// It is, and this is wrong with it.
    Refused(Box<Diagnostic>),
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// A reading of forms.
pub(super) type Found = Result<Vec<Subject>, Stop>;

/// Reads every statement of a text, each on the schema as it is given.
pub(crate) fn read(text: &str, schema: Option<&Schema>) -> (Vec<ByForm>, Vec<Diagnostic>) {
    if let Some(diagnostic) = report::not_text(text, Source::Change) {
        return (Vec::new(), vec![diagnostic]);
    }
    let nothing = Schema::default();
    let (mut found, mut diagnostics) = (Vec::new(), Vec::new());
    let mut splitter = Splitter::new(text);
    for statement in splitter.by_ref() {
        let notes = Vec::new();
        let mut known =
            Known { schema: schema.unwrap_or(&nothing), given: schema.is_some(), notes };
        match one(text, &statement, &mut known) {
            Ok(subjects) => {
                found.push(ByForm { span: statement.span, subjects, notes: known.notes });
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    if let Some((open, span)) = splitter.open {
        diagnostics.push(report::unterminated(open, span, Source::Change));
    } else if found.is_empty() && diagnostics.is_empty() {
        diagnostics.push(Diagnostic::error(
            "empty-statement",
            (Source::Change, (0, 0)),
            "there is no statement",
            "give one such as `ALTER TABLE users ADD COLUMN age int`, or none at all to list every row",
        ));
    }
    (found, diagnostics)
}

fn one(
    text: &str,
    statement: &Statement,
    known: &mut Known<'_>,
) -> Result<Vec<Subject>, Diagnostic> {
    let start = Cursor::new(text, &statement.tokens, "public");
    let mut cursor = start;
    let error = |code: &str, span: Span, message: String, help: &str| {
        Diagnostic::error(code, (Source::Change, span), message, help)
    };
    let found = statement_forms(&mut cursor, known);
    match found {
        Ok(subjects) if !subjects.is_empty() => Ok(subjects),
        Err(Stop::Refused(diagnostic)) => Err(*diagnostic),
        Ok(_) | Err(Stop::Broken(_)) if !verb::is_verb(&start) => {
            let broken = start.expected("a statement such as ALTER TABLE or CREATE INDEX");
            Err(error("syntax", broken.span, broken.message, "give a statement of PostgreSQL"))
        }
        Ok(_) => Err(error(
            "no-facts",
            statement.span,
            "there is no row for this statement".to_owned(),
            "`concertina facts` without a statement lists every row there is",
        )),
        Err(Stop::Broken(broken)) => Err(error(
            "syntax",
            broken.span,
            broken.message,
            "correct the statement; this is where it stops being PostgreSQL's SQL",
        )),
    }
}

/// Tells a statement by its first word.
fn statement_forms(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    if cursor.eat("ALTER TABLE") || cursor.eat("ALTER FOREIGN TABLE") {
        alter_table::read(cursor, known)
    } else if cursor.eat("ALTER") {
        alter::read(cursor, known)
    } else if cursor.eat("CREATE") {
        create::read(cursor, known)
    } else if cursor.eat("DROP") {
        drop::read(cursor, known)
    } else if cursor.eat("COMMENT ON") {
        comment::comment(cursor, known)
    } else if cursor.is_any(0, &["GRANT", "REVOKE"]) {
        comment::privilege(cursor, known)
    } else if cursor.is_any(
        0,
        &["TRUNCATE", "CLUSTER", "VACUUM", "ANALYZE", "ANALYSE", "REINDEX", "REFRESH", "LOCK"],
    ) {
        maintain::read(cursor, known)
    } else if cursor.is_any(
        0,
        &[
            "SET",
            "RESET",
            "SHOW",
            "BEGIN",
            "START",
            "COMMIT",
            "END",
            "ROLLBACK",
            "ABORT",
            "SAVEPOINT",
            "RELEASE",
            "DISCARD",
            "LISTEN",
            "UNLISTEN",
            "NOTIFY",
            "CHECKPOINT",
        ],
    ) {
        Ok(vec![Subject::new(Form::NoTable, None)])
    } else if cursor.is_any(0, &["DO", "CALL"]) {
        Err(known.refuse(
            "no-facts",
            cursor.span(0, cursor.tokens.len()),
            "what this locks is what its body runs".to_owned(),
            "ask about the statements of the body",
        ))
    } else {
        rows::read(cursor, known)
    }
}

impl<'a> Known<'a> {
    /// An assumption, said once.
    fn note(&mut self, note: &str) {
        if !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
    }

    /// An assumption that a schema would make needless.
    fn assume(&mut self, what: &str) {
        if !self.given {
            self.note(&format!("{what}; a schema makes it exact"));
        }
    }

    fn refuse(&self, code: &str, span: Span, message: String, help: &str) -> Stop {
        let found = Diagnostic::error(code, (Source::Change, span), message, help);
        Stop::Refused(Box::new(found))
    }

    /// A table or view by its name, which has to be there where a schema was given.
    fn relation(&self, name: PlacedName) -> Result<QName, Stop> {
        let there = self.schema.tables.contains_key(&name.name)
            || self.schema.views.contains_key(&name.name);
        if there || !self.given {
            return Ok(name.name);
        }
        let diagnostic = report::unknown_table(Source::Change, &name, self.schema);
        Err(Stop::Refused(Box::new(diagnostic)))
    }

    /// The same under IF EXISTS: then it need not be there.
    fn relation_if(&mut self, name: PlacedName, if_exists: bool) -> Result<QName, Stop> {
        if if_exists && self.given && !self.schema.tables.contains_key(&name.name) {
            self.note(&format!("`{}` is not in the schema: nothing happens", name.name));
            return Ok(name.name);
        }
        self.relation(name)
    }

    fn table(&self, name: &QName) -> Option<&'a Table> {
        self.schema.table(name)
    }

    fn is_partitioned(&self, name: &QName) -> bool {
        let by = |table: &Table| {
            table.partitioning.as_deref().is_some_and(|text| text.contains("PARTITION BY "))
        };
        self.table(name).is_some_and(by)
    }

    /// The table that an index is on.
    fn table_of_index(&self, index: &QName) -> Option<QName> {
        let has = |name: &QName, table: &Table| {
            let backs = table.constraints.get(&index.name).is_some_and(|c| c.kind.is_key());
            name.schema == index.schema && (backs || table.indexes.contains_key(&index.name))
        };
        self.schema
            .tables
            .iter()
            .find(|(name, table)| has(name, table))
            .map(|(name, _)| name.clone())
    }

    /// A subject on the table of an index; the index is its own.
    fn on_index(&mut self, form: Form, index: QName) -> Subject {
        let table = self.table_of_index(&index);
        if table.is_none() {
            self.assume("the table that the index is on is not known");
        }
        Subject::new(form, table).with(Role::OwnIndex, [index]).only(&[Role::OwnIndex])
    }

    /// Views over any of these relations, and views over those.
    fn views_over(&self, relations: &[QName], column: Option<&str>) -> Vec<QName> {
        let mut found: Vec<QName> = Vec::new();
        let mut open: Vec<(QName, Option<String>)> =
            relations.iter().map(|r| (r.clone(), column.map(str::to_owned))).collect();
        while let Some((relation, column)) = open.pop() {
            for (view, _) in self.schema.views_over(&relation, column.as_deref()) {
                if !found.contains(view) {
                    found.push(view.clone());
                    open.push((view.clone(), None));
                }
            }
        }
        found
    }

    /// What a query reads: what it names, and what the views among these read.
    fn reads(&self, named: &[QName]) -> Vec<QName> {
        let mut found: Vec<QName> = Vec::new();
        let mut open = named.to_vec();
        while let Some(name) = open.pop() {
            let view = self.schema.views.get(&name);
            let there = view.is_some() || self.schema.tables.contains_key(&name);
            if (there || !self.given) && !found.contains(&name) {
                open.extend(
                    view.filter(|v| !v.materialized).into_iter().flat_map(|v| v.reads.clone()),
                );
                found.push(name);
            }
        }
        found
    }

    /// Other tables with foreign keys to this one.
    fn children(&self, table: &QName) -> Vec<QName> {
        children_of(self.schema, table)
    }
}

/// A name that is no table's: a type's, a sequence's.
fn any_name(cursor: &mut Cursor<'_>, what: &str) -> Read<QName> {
    Ok(cursor.name(what)?.name)
}

#[cfg(test)]
mod tests;

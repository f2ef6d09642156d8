//! A change from its statements and hints, each resolved against the schema as the ones before left
//! it. Strict: what names something that is not there is an error at its place.

mod alter;
mod hints;
mod merged;
mod moved;
mod objects;
mod rows;
mod transaction;

pub(super) use hints::check_reshape;

use self::transaction::Transactions;
use super::constraint::NewConstraint;
use super::cursor::{Broken, Cursor, Placed, PlacedName, unquote};
use super::hint::PlacedHint;
use super::names::{self, Names};
use super::object::{self, Said};
use super::renamed::Renamed;
use super::report;
use super::split::{HintLines, Splitter, Statement};
use super::statement::{self, Carried, Parsed};
use super::token::{Kind, Span};
use super::verb;
use crate::change::{Asked, Hint, What};
use crate::diagnostic::{Diagnostic, Source};
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::plan::NotAnalysed;
use crate::schema::{Object, ObjectId, ObjectKind, Schema, Table};

const NOT_MODELLED: &str = "not analysed: it runs as it is, in its place";

const VIRTUAL: &str = "a virtual generated column is not analysed: it runs as it is";

/// A change being read.
pub(super) struct Asker<'a> {
    text: &'a str,
    path: String,
    /// The whole path, as SET takes it.
    path_set: String,
    names: Option<Names>,
    /// The schema as the change so far leaves it.
    schema: Schema,
    /// The result.
    pub(super) asked: Vec<Asked>,
    /// Hints that stay hints.
    pub(super) hints: Vec<(Hint, PlacedHint)>,
    /// What was wrong.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// What runs as it is.
    pub(super) not_analysed: Vec<NotAnalysed>,
    /// Its own transactions.
    pub(super) transactions: Transactions,
}

/// Nothing more can be said of a statement: the diagnostics have why.
struct Stop;

/// Reads a change.
pub(super) fn ask<'a>(text: &'a str, schema: &Schema) -> Asker<'a> {
    let mut asker = Asker {
        text,
        path: "public".to_owned(),
        path_set: statement::USUAL_PATH.to_owned(),
        names: None,
        schema: schema.clone(),
        asked: Vec::new(),
        hints: Vec::new(),
        diagnostics: Vec::new(),
        not_analysed: Vec::new(),
        transactions: Transactions::default(),
    };
    if let Some(diagnostic) = report::not_text(text, Source::Change) {
        asker.diagnostics.push(diagnostic);
        return asker;
    }
    let mut splitter = Splitter::new(text);
    let (mut statements, mut hints_read) = (0_usize, 0_usize);
    while let Some(statement) = splitter.next() {
        statements += 1;
        let before = splitter.hints.iter().filter(|h| h.starts_before(statement.span.0)).count();
        for lines in splitter.hints.get(hints_read..before).unwrap_or_default() {
            asker.hint(lines);
        }
        hints_read = before.max(hints_read);
        if asker.statement(&statement, statements == 1).is_err() && statements > 10_000 {
            break;
        }
        if asker.diagnostics.len() > 1_000 {
            break;
        }
    }
    for lines in splitter.hints.get(hints_read..).unwrap_or_default() {
        asker.hint(lines);
    }
    asker.finish(statements + splitter.hints.len(), splitter.open);
    asker
}

impl HintLines {
    fn starts_before(&self, offset: usize) -> bool {
        self.lines.first().is_some_and(|line| line.0 < offset)
    }
}

impl Asker<'_> {
    fn finish(&mut self, read: usize, open: Option<(super::token::Open, Span)>) {
        let suspicious = !self.diagnostics.is_empty() || open.is_some();
        let foreign = if suspicious { report::mysql(self.text, Source::Change) } else { None };
        if let Some(foreign) = foreign {
            self.diagnostics = vec![foreign];
            return;
        }
        if let Some((open, span)) = open {
            self.diagnostics.push(report::unterminated(open, span, Source::Change));
        } else if read == 0 {
            self.diagnostics.push(report::empty(Source::Change, false));
        }
        self.end_transaction();
        self.check_fills();
    }

    fn error(&mut self, code: &str, span: Span, message: String, help: impl Into<String>) -> Stop {
        self.diagnostics.push(Diagnostic::error(code, (Source::Change, span), message, help));
        Stop
    }

    fn warn(&mut self, code: &str, span: Span, message: String, help: &str) {
        let found = Diagnostic::error(code, (Source::Change, span), message, help);
        self.diagnostics.push(found.warning());
    }

    /// Calls `f` with the working schema and the names taken in it.
    fn with_names<T>(&mut self, f: impl FnOnce(&Schema, &mut Names) -> T) -> T {
        let schema = &self.schema;
        f(schema, self.names.get_or_insert_with(|| Names::of(schema)))
    }

    fn statement(&mut self, statement: &Statement, first: bool) -> Result<(), Stop> {
        let path = self.path.clone();
        let text = self.text;
        let start = Cursor::new(text, &statement.tokens, &path);
        let mut cursor = start;
        match statement::read(&mut cursor) {
            Ok(Parsed::Carried(Carried { known: false, .. })) => {
                Err(self.not_a_statement(statement, &start, first))
            }
            Ok(parsed) => self.take(parsed, statement.span, &start),
            Err(broken) => {
                if !verb::is_verb(&start) {
                    return Err(self.not_a_statement(statement, &start, first));
                }
                Err(self.syntax(broken))
            }
        }
    }

    fn syntax(&mut self, broken: Broken) -> Stop {
        let help = "correct the statement; this is where it stops being PostgreSQL's SQL";
        self.error("syntax", broken.span, broken.message, help)
    }

    /// A first word that begins no statement.
    fn not_a_statement(&mut self, statement: &Statement, start: &Cursor<'_>, first: bool) -> Stop {
        let verb = verb::looks_like_sql(start);
        if first && !verb {
            self.diagnostics.push(report::not_sql(Source::Change, statement.span));
            return Stop;
        }
        let broken = if start.is_any(0, &["CREATE", "ALTER", "DROP"]) {
            Cursor { at: 1, ..*start }.expected("TABLE, INDEX, VIEW or another kind of object")
        } else {
            start.expected("a statement such as ALTER TABLE, CREATE INDEX or UPDATE")
        };
        self.syntax(broken)
    }

    fn take(&mut self, parsed: Parsed, span: Span, start: &Cursor<'_>) -> Result<(), Stop> {
        match parsed {
            Parsed::Table(new) => self.create_table(&new, span),
            Parsed::Alter(alter) => self.alter(&alter, span, start),
            Parsed::Index(new) => self.create_index(&new, span, start),
            Parsed::View(new) => self.create_view(&new, span),
            Parsed::Drop(drop) => self.drop(&drop, span),
            Parsed::RenameIndex { index, if_exists, to } => {
                self.rename_index(&index, if_exists, to, span)
            }
            Parsed::Renamed(Renamed::Label { ty, from: label, to }) => {
                self.push(Op::RenameLabel { ty: ty.name, label, to }, span)
            }
            Parsed::Renamed(renamed) => {
                self.verbatim(renamed.view(), span, None);
                Ok(())
            }
            Parsed::TableAs(new) => {
                self.verbatim(Some(new.name.name), span, None);
                Ok(())
            }
            Parsed::AttachIndex { index, part } => self.attach_index(&index, &part, span),
            Parsed::Update { table, set, filter } => self.update(table, set, filter, (span, start)),
            Parsed::Delete { table, filter } => {
                self.table(&table)?;
                if let Some(filter) = &filter {
                    self.columns_in(filter, &table, start)?;
                }
                let filter = filter.map(|e| self.restricted(e, &table.name));
                self.push(Op::Delete { table: table.name, filter }, span)
            }
            Parsed::InsertSelect(insert) => self.insert_select(&insert, span, start),
            Parsed::Objects(said) => self.say(&said, span),
            Parsed::SearchPath(path) => {
                self.path = path.first;
                self.path_set = path.set;
                Ok(())
            }
            Parsed::Transaction => self.transaction(span, start),
            Parsed::Setting | Parsed::Role(_) | Parsed::TableMethod(_) => {
                self.warn(
                    "setting-ignored",
                    span,
                    "a session setting is not part of the plan".to_owned(),
                    "the plan sets what its own steps need, such as lock_timeout",
                );
                Ok(())
            }
            Parsed::Data => {
                let relation = start.sees("INSERT INTO").then(|| {
                    let mut inner = Cursor { at: 2, ..*start };
                    inner.name("a table name").ok().map(|n| n.name)
                });
                self.verbatim(relation.flatten(), span, Some(NOT_MODELLED));
                Ok(())
            }
            Parsed::Carried(carried) => {
                self.verbatim(carried.relation, span, None);
                Ok(())
            }
        }
    }

    fn update(
        &mut self,
        table: PlacedName,
        set: Vec<(Placed, Expr)>,
        filter: Option<Expr>,
        (span, start): (Span, &Cursor<'_>),
    ) -> Result<(), Stop> {
        for (column, value) in &set {
            self.column(&table, column)?;
            self.columns_in(value, &table, start)?;
        }
        if let Some(filter) = &filter {
            self.columns_in(filter, &table, start)?;
        }
        let table_name = table.name.clone();
        let restricted = |e: Expr| self.restricted(e, &table_name);
        let set = set.into_iter().map(|(c, e)| (c.name, restricted(e))).collect();
        let filter = filter.map(restricted);
        self.push(Op::Update { table: table.name, set, filter }, span)
    }

    /// What a statement says of objects: each becomes a change of its own.
    fn say(&mut self, said: &[Said], span: Span) -> Result<(), Stop> {
        for one in said {
            let spelled = one.under(&self.path_set);
            match object::settle(&self.schema, spelled.as_ref().unwrap_or(one)) {
                Ok(settled) => {
                    for (id, after) in settled {
                        self.object(id, after, span);
                    }
                }
                Err(message) => {
                    return Err(self.error(
                        "unknown-object",
                        span,
                        message,
                        "correct the name, or put the statement that makes it before this one",
                    ));
                }
            }
        }
        Ok(())
    }

    fn object(&mut self, id: ObjectId, after: Option<Object>, span: Span) {
        if self.schema.objects.get(&id) == after.as_ref() {
            return;
        }
        if let Some(note) = statement::not_looked_into(id.kind) {
            self.not_analysed.push(report::not_analysed(self.text, Source::Change, span, note));
        }
        self.schema.set_object(&id, after.as_ref());
        if let (Some(names), ObjectKind::Sequence, Ok(name)) =
            (&mut self.names, id.kind, id.name.parse())
        {
            names.take(name);
        }
        self.asked.push(Asked { what: What::Object { id, after }, span });
    }

    fn verbatim(&mut self, relation: Option<QName>, span: Span, note: Option<&str>) {
        let sql = self.text.get(span.0..span.1).unwrap_or_default().to_owned();
        let what = What::Statement(Op::Verbatim { sql, relation });
        self.asked.push(Asked { what, span });
        let note = note.unwrap_or(NOT_MODELLED);
        self.not_analysed.push(report::not_analysed(self.text, Source::Change, span, note));
    }

    /// Applies an operation to the working schema and asks for it.
    fn push(&mut self, op: Op, span: Span) -> Result<(), Stop> {
        let before = self.names.as_ref().map(|_| names::at_stake(&self.schema, &op));
        let applied = self.schema.apply(&op);
        if let (Some(names), Some(before)) = (&mut self.names, before) {
            names.follow(&self.schema, &op, &before);
        }
        if let Err(refusal) = applied {
            return Err(self.error(
                "refused",
                span,
                format!("PostgreSQL would refuse this: {} (SQLSTATE {})", refusal.message, refusal.sqlstate),
                "change the statement, or the order of statements, so that it applies to the schema as it is then",
            ));
        }
        self.asked.push(Asked { what: What::Statement(op), span });
        Ok(())
    }

    fn table(&mut self, name: &PlacedName) -> Result<Table, Stop> {
        match self.schema.table(&name.name) {
            Some(table) => Ok(table.clone()),
            None => {
                let found = report::unknown_table(Source::Change, name, &self.schema);
                self.diagnostics.push(found);
                Err(Stop)
            }
        }
    }

    fn column(&mut self, table: &PlacedName, column: &Placed) -> Result<(), Stop> {
        let definition = self.table(table)?;
        if definition.column(&column.name).is_some() {
            return Ok(());
        }
        let found = report::unknown_column(Source::Change, column, &table.name, &definition);
        self.diagnostics.push(found);
        Err(Stop)
    }

    /// Columns that an expression reads must be there; verbatim text is not held to that.
    fn columns_in(
        &mut self,
        expr: &Expr,
        table: &PlacedName,
        tokens: &Cursor<'_>,
    ) -> Result<(), Stop> {
        let mut understood = true;
        expr.visit(&mut |e| understood &= !matches!(e, Expr::Raw { .. }));
        if !understood {
            return Ok(());
        }
        for name in expr.columns() {
            let here = tokens.tokens.iter().skip(tokens.at).find(|t| {
                matches!(t.kind, Kind::Word | Kind::Quoted)
                    && unquote(tokens.of(**t)).as_deref() == Some(name.as_str())
            });
            let span = here.map_or(table.span, |t| (t.start, t.end));
            self.column(table, &Placed { name, span })?;
        }
        Ok(())
    }

    /// Verbatim text mentions more words than columns.
    fn restricted(&self, mut expr: Expr, table: &QName) -> Expr {
        if let (Expr::Raw { sql: _, columns }, Some(table)) = (&mut expr, self.schema.table(table))
        {
            columns.retain(|c| table.column(c).is_some());
        }
        expr
    }

    fn constraint_columns(
        &mut self,
        written: &NewConstraint,
        table: &PlacedName,
        definition: &Table,
    ) -> Result<(), Stop> {
        for column in &written.columns {
            if definition.column(&column.name).is_none() {
                let found = report::unknown_column(Source::Change, column, &table.name, definition);
                self.diagnostics.push(found);
                return Err(Stop);
            }
        }
        Ok(())
    }

    fn nothing_to_do(&mut self, span: Span, why: &str) {
        self.warn(
            "nothing-to-do",
            span,
            format!("this does nothing: {why} already"),
            "leave the statement out, or check the schema it was written for",
        );
    }

    fn missing(&mut self, span: Span, what: &str) {
        self.warn(
            "nothing-to-do",
            span,
            format!("this does nothing: {what} does not exist"),
            "leave the statement out, or check the name",
        );
    }
}

//! A change from its statements and hints, each resolved against the schema as the ones before left
//! it. Strict: what names something that is not there is an error at its place.

use super::actions;
use super::alter::{Action, Alter};
use super::constraint::{Body, NewConstraint};
use super::cursor::{Broken, Cursor, Placed, PlacedName, unquote};
use super::expr;
use super::hint::{self, PlacedHint, Written};
use super::names::Names;
use super::report;
use super::resolve;
use super::split::{HintLines, Splitter, Statement};
use super::statement::{self, Carried, Drop, Dropped, Parsed};
use super::token::{Kind, Span};
use crate::change::{Asked, Hint, Split, What};
use crate::diagnostic::{Diagnostic, Source};
use crate::expr::Expr;
use crate::name::{QName, quote};
use crate::op::Op;
use crate::plan::NotAnalysed;
use crate::schema::{OtherKind, Schema, Table};

const NOT_MODELLED: &str = "not analysed: it runs as it is, in its place";

const VIRTUAL: &str = "a virtual generated column is not analysed: it runs as it is";

/// A change being read.
pub(super) struct Asker<'a> {
    text: &'a str,
    path: String,
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
}

/// Nothing more can be said of a statement: the diagnostics have why.
struct Stop;

/// Reads a change.
pub(super) fn ask<'a>(text: &'a str, schema: &Schema) -> Asker<'a> {
    let mut asker = Asker {
        text,
        path: "public".to_owned(),
        names: None,
        schema: schema.clone(),
        asked: Vec::new(),
        hints: Vec::new(),
        diagnostics: Vec::new(),
        not_analysed: Vec::new(),
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
        if !self.diagnostics.is_empty() || open.is_some() {
            if let Some(foreign) = report::mysql(self.text, Source::Change) {
                self.diagnostics = vec![foreign];
                return;
            }
        }
        if let Some((open, span)) = open {
            self.diagnostics.push(report::unterminated(open, span, Source::Change));
        } else if read == 0 {
            self.diagnostics.push(report::empty(Source::Change, false));
        }
        self.check_fills();
    }

    /// Fill hints may speak of columns that a later statement adds.
    fn check_fills(&mut self) {
        for (_, placed) in self.hints.clone() {
            if let Written::Fill { table, column, value: _ } = &placed.written {
                let _checked = self.column(table, column).is_ok();
            }
        }
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
            Ok(Parsed::Carried(carried))
                if carried.kind == OtherKind::Unknown && !statement::is_verb(&start) =>
            {
                Err(self.not_a_statement(statement, &start, first))
            }
            Ok(parsed) => self.take(parsed, statement.span, &start),
            Err(broken) => {
                if !statement::is_verb(&start) {
                    return Err(self.not_a_statement(statement, &start, first));
                }
                // Mine is not the only reading: what sqlparser takes for a statement may be one.
                if expr::is_statement(text.get(statement.span.0..statement.span.1).unwrap_or("")) {
                    self.verbatim(None, statement.span, Some(NOT_MODELLED));
                    return Ok(());
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
        let verb = statement::looks_like_sql(start);
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
            Parsed::Update { table, set, filter } => {
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
            Parsed::Delete { table, filter } => {
                self.table(&table)?;
                if let Some(filter) = &filter {
                    self.columns_in(filter, &table, start)?;
                }
                let filter = filter.map(|e| self.restricted(e, &table.name));
                self.push(Op::Delete { table: table.name, filter }, span)
            }
            Parsed::Enum { name, labels } => {
                self.schema.enums.insert(name, labels);
                self.verbatim(None, span, None);
                Ok(())
            }
            Parsed::EnumValue { .. } => {
                self.verbatim(None, span, None);
                Ok(())
            }
            Parsed::Domain { name, domain } => {
                self.schema.domains.insert(name, domain);
                self.verbatim(None, span, None);
                Ok(())
            }
            Parsed::Trigger { name: _, table } => {
                self.verbatim(Some(table), span, Some(statement::TRIGGER));
                Ok(())
            }
            Parsed::SearchPath(path) => {
                self.path = path;
                Ok(())
            }
            Parsed::Transaction => Ok(()),
            Parsed::Data => {
                let relation = start.sees("INSERT INTO").then(|| {
                    let mut inner = Cursor { at: 2, ..*start };
                    inner.name("a table name").ok().map(|n| n.name)
                });
                self.verbatim(relation.flatten(), span, Some(NOT_MODELLED));
                Ok(())
            }
            Parsed::Carried(carried) => {
                self.carried(carried, span);
                Ok(())
            }
        }
    }

    fn carried(&mut self, carried: Carried, span: Span) {
        if carried.kind == OtherKind::Setting {
            self.warn(
                "setting-ignored",
                span,
                "a session setting is not part of the plan".to_owned(),
                "the plan sets what its own steps need, such as lock_timeout",
            );
            return;
        }
        self.verbatim(carried.relation, span, Some(carried.note.unwrap_or(NOT_MODELLED)));
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
        let relation = op.relation().cloned();
        if let (Some(names), Some(relation)) = (&mut self.names, &relation) {
            names.remove(&self.schema, relation);
        }
        let applied = self.schema.apply(&op);
        if let (Some(names), Some(relation)) = (&mut self.names, &relation) {
            names.add(&self.schema, relation);
            if let Op::RenameTable { table, to } = &op {
                names.add(&self.schema, &table.sibling(to));
            }
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
        if let (Expr::Raw { sql: _, columns }, Some(table)) = (&mut expr, self.schema.table(table)) {
            columns.retain(|c| table.column(c).is_some());
        }
        expr
    }

    fn create_table(&mut self, new: &super::table::NewTable, span: Span) -> Result<(), Stop> {
        let name = new.name.name.clone();
        if new.if_not_exists && self.schema.tables.contains_key(&name) {
            self.nothing_to_do(span, &format!("table `{name}` exists"));
            return Ok(());
        }
        for template in &new.templates {
            self.table(&template.table)?;
        }
        if new.columns.iter().any(|c| c.virtual_column) {
            self.verbatim(Some(name), span, Some(VIRTUAL));
            return Ok(());
        }
        if new.partitioning.as_ref().is_some_and(|text| text.starts_with("PARTITION OF")) {
            self.verbatim(Some(name), span, Some("a new partition is not analysed: it runs as it is"));
            return Ok(());
        }
        let defined = self.with_names(|schema, names| resolve::table(new, schema, names));
        for written in new.constraints.iter().chain(new.columns.iter().flat_map(|c| &c.constraints)) {
            self.constraint_columns(written, &new.name, &defined.table)?;
            if let Some(parent) = written.parent.as_ref().filter(|p| p.name != name) {
                self.table(parent)?;
            }
        }
        for sequence in &defined.sequences {
            self.own(sequence.create.clone(), None, span);
        }
        self.push(Op::CreateTable { table: name.clone(), definition: defined.table }, span)?;
        for sequence in defined.sequences {
            self.own(sequence.own, Some(name.clone()), span);
        }
        for sql in defined.after {
            self.own(sql, Some(name.clone()), span);
        }
        Ok(())
    }

    /// A statement of ours that says what the user's said in passing.
    fn own(&mut self, sql: String, relation: Option<QName>, span: Span) {
        let what = What::Statement(Op::Verbatim { sql, relation });
        self.asked.push(Asked { what, span });
    }

    fn constraint_columns(
        &mut self,
        written: &NewConstraint,
        table: &PlacedName,
        definition: &Table,
    ) -> Result<(), Stop> {
        for column in &written.columns {
            if definition.column(&column.name).is_none() {
                let found =
                    report::unknown_column(Source::Change, column, &table.name, definition);
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

    fn alter(&mut self, alter: &Alter, span: Span, start: &Cursor<'_>) -> Result<(), Stop> {
        let name = &alter.table.name;
        if alter.if_exists && !self.schema.tables.contains_key(name) {
            self.missing(alter.table.span, &format!("table `{name}`"));
            return Ok(());
        }
        if self.schema.views.contains_key(name) {
            self.verbatim(Some(name.clone()), span, Some(NOT_MODELLED));
            return Ok(());
        }
        self.table(&alter.table)?;
        for (action, tokens) in &alter.actions {
            let place = if alter.actions.len() == 1 { span } else { start.span(tokens.0, tokens.1) };
            let inner = start.part(tokens.0, tokens.1);
            self.action(&alter.table, action, place, &inner)?;
        }
        Ok(())
    }

    fn action(
        &mut self,
        table: &PlacedName,
        action: &Action,
        span: Span,
        inner: &Cursor<'_>,
    ) -> Result<(), Stop> {
        if self.check_action(table, action, span, inner)? {
            return Ok(());
        }
        let is_virtual =
            matches!(action, Action::AddColumn { column, .. } if column.virtual_column);
        let resolved =
            self.with_names(|schema, names| actions::ops(action, &table.name, schema, names));
        let Some(resolved) = resolved.filter(|_| !is_virtual) else {
            let sql = format!("ALTER TABLE {} {}", table.name, inner.slice(inner.at, inner.tokens.len()));
            self.own(sql, Some(table.name.clone()), span);
            let found = report::not_analysed(self.text, Source::Change, span, NOT_MODELLED);
            self.not_analysed.push(found);
            return Ok(());
        };
        if let Some(sequence) = &resolved.sequence {
            self.own(sequence.create.clone(), None, span);
        }
        let dropped = resolved.ops.len().saturating_sub(1);
        for (at, op) in resolved.ops.into_iter().enumerate() {
            if at < dropped && matches!(action, Action::DropColumn { .. }) {
                self.cascades(&op, span);
            }
            self.push(op, span)?;
        }
        let after = match action {
            Action::AddColumn { column, .. } => {
                let (name, options) = (&column.column.name, &column.sequence_options);
                resolve::identity_options(&table.name, name, options)
            }
            _ => None,
        };
        for sql in resolved.sequence.map(|s| s.own).into_iter().chain(after) {
            self.own(sql, Some(table.name.clone()), span);
        }
        Ok(())
    }

    fn cascades(&mut self, op: &Op, span: Span) {
        let text = crate::op::sql::render(op);
        self.warn(
            "cascade",
            span,
            format!("CASCADE also means `{text}`"),
            "write the statement out if it is wanted, and leave CASCADE away",
        );
    }

    /// Whether the action does nothing; an error where it names what is not there.
    fn check_action(
        &mut self,
        table: &PlacedName,
        action: &Action,
        span: Span,
        inner: &Cursor<'_>,
    ) -> Result<bool, Stop> {
        let definition = self.table(table)?;
        match action {
            Action::AddColumn { if_not_exists, column } => {
                if *if_not_exists && definition.column(&column.placed.name).is_some() {
                    let name = quote(&column.placed.name);
                    self.nothing_to_do(span, &format!("column `{name}` exists"));
                    return Ok(true);
                }
                for parent in column.constraints.iter().filter_map(|c| c.parent.as_ref()) {
                    self.table(parent)?;
                }
            }
            Action::DropColumn { if_exists: true, column, .. }
                if definition.column(&column.name).is_none() =>
            {
                self.missing(column.span, &format!("column `{}`", quote(&column.name)));
                return Ok(true);
            }
            Action::DropColumn { column, .. }
            | Action::SetDefault { column, .. }
            | Action::SetNotNull { column, .. }
            | Action::Identity { column, .. }
            | Action::RenameColumn { column, .. } => self.column(table, column)?,
            Action::AlterType { column, using, .. } => {
                self.column(table, column)?;
                if let Some(using) = using {
                    self.columns_in(using, table, inner)?;
                }
            }
            Action::AddConstraint(written) => {
                self.constraint_columns(written, table, &definition)?;
                self.check_constraint(written, table, &definition, inner)?;
            }
            Action::DropConstraint { if_exists: true, name, .. }
                if !definition.constraints.contains_key(&name.name) =>
            {
                self.missing(name.span, &format!("constraint `{}`", quote(&name.name)));
                return Ok(true);
            }
            Action::Validate(name)
            | Action::DropConstraint { name, .. }
            | Action::RenameConstraint { name, .. } => {
                if !definition.constraints.contains_key(&name.name) {
                    let known = definition.constraints.keys();
                    let found = report::unknown_part(Source::Change, "constraint", name, known);
                    self.diagnostics.push(found);
                    return Err(Stop);
                }
            }
            Action::Attach { child, .. } => {
                self.table(child)?;
            }
            Action::RenameTable { .. }
            | Action::SetSchema { .. }
            | Action::RowSecurity { .. }
            | Action::Carried(_) => {}
        }
        Ok(false)
    }

    fn check_constraint(
        &mut self,
        written: &NewConstraint,
        table: &PlacedName,
        definition: &Table,
        inner: &Cursor<'_>,
    ) -> Result<(), Stop> {
        if let Some(parent) = &written.parent {
            self.table(parent)?;
        }
        match &written.body {
            Body::Kind(crate::schema::ConstraintKind::Check(check)) => {
                self.columns_in(check, table, inner)
            }
            Body::UsingIndex(index) if !definition.indexes.contains_key(&index.name) => {
                let known = definition.indexes.keys();
                let found = report::unknown_part(Source::Change, "index", index, known);
                self.diagnostics.push(found);
                Err(Stop)
            }
            Body::Kind(_) | Body::NotNull(_) | Body::UsingIndex(_) => Ok(()),
        }
    }

    fn create_index(
        &mut self,
        new: &super::index::NewIndex,
        span: Span,
        start: &Cursor<'_>,
    ) -> Result<(), Stop> {
        let name = new.table.name.clone();
        if self.schema.views.contains_key(&name) {
            self.verbatim(Some(name), span, Some(NOT_MODELLED));
            return Ok(());
        }
        let table = self.table(&new.table)?;
        let taken = |n: &String| self.schema.tables.values().any(|t| t.indexes.contains_key(n));
        if new.if_not_exists && new.name.as_ref().is_some_and(taken) {
            self.nothing_to_do(span, "an index of that name exists");
            return Ok(());
        }
        for key in &new.index.keys {
            // Columns that stand alone are columns for sure.
            let plain = crate::name::split_dotted(key.split(' ').next().unwrap_or(key));
            let Some([column]) = plain.as_deref() else { continue };
            if !new.index.columns.contains(column) || table.column(column).is_some() {
                continue;
            }
            self.columns_in(&Expr::column(column.clone()), &new.table, start)?;
        }
        let (key, index) = self.with_names(|_, names| resolve::index(new, &table, names));
        let concurrently = new.concurrently;
        self.push(Op::CreateIndex { table: name, name: key, index, concurrently }, span)
    }

    fn create_view(&mut self, new: &super::view::NewView, span: Span) -> Result<(), Stop> {
        let name = new.name.name.clone();
        let exists = self.schema.views.contains_key(&name);
        if exists && new.if_not_exists {
            self.nothing_to_do(span, &format!("view `{name}` exists"));
            return Ok(());
        }
        if exists && new.or_replace {
            self.push(Op::DropView { view: name.clone() }, span)?;
        }
        let definition = resolve::view(new, &self.schema, &new.query);
        self.push(Op::CreateView { view: name.clone(), definition }, span)?;
        if let Some(option) = &new.options {
            let kind = if new.materialized { "MATERIALIZED VIEW" } else { "VIEW" };
            self.own(format!("ALTER {kind} {name} {option}"), Some(name), span);
        }
        Ok(())
    }

    fn rename_index(
        &mut self,
        index: &PlacedName,
        if_exists: bool,
        to: String,
        span: Span,
    ) -> Result<(), Stop> {
        match self.owner_of(&index.name) {
            Some(table) => {
                self.push(Op::RenameIndex { table, name: index.name.name.clone(), to }, span)
            }
            None if if_exists => {
                self.missing(index.span, &format!("index `{}`", index.name));
                Ok(())
            }
            None => Err(self.unknown_index(index)),
        }
    }

    /// The table that an index, or the key that it backs, is on.
    fn owner_of(&self, index: &QName) -> Option<QName> {
        let tables = self.schema.tables.iter().filter(|(name, _)| name.schema == index.schema);
        tables
            .filter(|(_, t)| {
                t.indexes.contains_key(&index.name) || t.constraints.contains_key(&index.name)
            })
            .map(|(name, _)| name.clone())
            .next()
    }

    fn unknown_index(&mut self, index: &PlacedName) -> Stop {
        let placed = Placed { name: index.name.name.clone(), span: index.span };
        let known = self.schema.tables.values().flat_map(|t| t.indexes.keys());
        let found = report::unknown_part(Source::Change, "index", &placed, known);
        self.diagnostics.push(found);
        Stop
    }

    fn drop(&mut self, drop: &Drop, span: Span) -> Result<(), Stop> {
        for placed in &drop.names {
            let name = placed.name.clone();
            let place = if drop.names.len() == 1 { span } else { placed.span };
            let cascade = match (drop.what, drop.cascade) {
                (Dropped::Table, true) => resolve::cascade_table(&self.schema, &name),
                (Dropped::View, true) => resolve::cascade_views(&self.schema, &name, None),
                (Dropped::Table | Dropped::View, false) | (Dropped::Index, _) => Vec::new(),
            };
            let op = match drop.what {
                Dropped::Table if self.schema.tables.contains_key(&name) => {
                    Op::DropTable { table: name }
                }
                Dropped::View if self.schema.views.contains_key(&name) => {
                    Op::DropView { view: name }
                }
                Dropped::Index if self.owner_of(&name).is_some() => Op::DropIndex {
                    table: self.owner_of(&name).unwrap_or_else(|| name.clone()),
                    name: name.name,
                    concurrently: drop.concurrently,
                    if_exists: false,
                },
                Dropped::Table | Dropped::View | Dropped::Index if drop.if_exists => {
                    self.missing(placed.span, &format!("`{name}`"));
                    continue;
                }
                Dropped::Index => return Err(self.unknown_index(placed)),
                Dropped::Table | Dropped::View => {
                    let found = report::unknown_table(Source::Change, placed, &self.schema);
                    self.diagnostics.push(found);
                    return Err(Stop);
                }
            };
            for op in cascade {
                self.cascades(&op, place);
                self.push(op, place)?;
            }
            self.push(op, place)?;
        }
        Ok(())
    }

    fn hint(&mut self, lines: &HintLines) {
        match hint::read(self.text, lines) {
            Ok(placed) => {
                let _applied = self.apply_hint(placed).is_ok();
            }
            Err(broken) => {
                let _stop = self.error("bad-hint", broken.span, broken.message, hint::GRAMMAR);
            }
        }
    }

    fn apply_hint(&mut self, placed: PlacedHint) -> Result<(), Stop> {
        let span = placed.span;
        match placed.written.clone() {
            Written::RenameColumn { table, column, to } => {
                self.column(&table, &column)?;
                let (column, to) = (column.name, to.name);
                self.push(Op::RenameColumn { table: table.name, column, to }, span)
            }
            Written::RenameTable { table, to } => {
                self.table(&table)?;
                self.push(Op::RenameTable { table: table.name, to: to.name }, span)
            }
            Written::Fill { table, column, value } => {
                let hint = Hint::Fill { table: table.name, column: column.name, value };
                self.hints.push((hint, placed));
                Ok(())
            }
            Written::Split { table, column, into, back } => {
                self.column(&table, &column)?;
                let before = self.schema.clone();
                let split = check_split(&before, &table, &column, into, back);
                let split = split.map_err(|found| {
                    self.diagnostics.push(found);
                    Stop
                })?;
                let asked = self.asked.len();
                for op in split_ops(&split) {
                    self.push(op, span)?;
                }
                self.asked.truncate(asked);
                self.asked.push(Asked { what: What::Split(split), span });
                Ok(())
            }
        }
    }
}

/// A split whose values read only what is there.
pub(super) fn check_split(
    schema: &Schema,
    table: &PlacedName,
    column: &Placed,
    into: Vec<(crate::schema::Column, Expr)>,
    back: Option<Expr>,
) -> Result<Split, Diagnostic> {
    let empty = Table::empty();
    let definition = schema.table(&table.name).unwrap_or(&empty);
    let unknown = |name: &String| {
        let placed = Placed { name: name.clone(), span: column.span };
        report::unknown_column(Source::Change, &placed, &table.name, definition)
    };
    let mut into = into;
    for (new, value) in &mut into {
        new.ty = resolve::qualified(&new.ty, &table.name, schema);
        if let Expr::Raw { sql: _, columns } = value {
            columns.retain(|c| definition.column(c).is_some());
        }
        if let Some(name) = value.columns().iter().find(|c| definition.column(c).is_none()) {
            return Err(unknown(name));
        }
    }
    let mut back = back;
    let known = |c: &String| {
        into.iter().any(|(new, _)| new.name == *c) || (definition.column(c).is_some() && *c != column.name)
    };
    if let Some(value) = &mut back {
        if let Expr::Raw { sql: _, columns } = value {
            columns.retain(|c| known(c));
        }
        if let Some(name) = value.columns().iter().find(|c| !known(c)) {
            return Err(unknown(name));
        }
    }
    Ok(Split { table: table.name.clone(), column: column.name.clone(), into, back })
}

/// What a split comes to: the new columns are there, the old one is not.
pub(super) fn split_ops(split: &Split) -> Vec<Op> {
    let mut ops: Vec<Op> = split
        .into
        .iter()
        .map(|(column, _)| Op::AddColumn { table: split.table.clone(), column: column.clone() })
        .collect();
    ops.push(Op::DropColumn { table: split.table.clone(), column: split.column.clone() });
    ops
}

//! A whole schema from its statements. Lenient: what does not fit is carried and listed, never fatal.

use std::collections::BTreeMap;
use std::sync::Arc;

mod action;
mod drop;
mod in_a_row;
mod run;

use super::alter::{Action, Alter};
use super::block;
use super::cursor::{Broken, Cursor};
use super::names::{self, Names};
use super::object::{self, Said};
use super::renamed::Renamed;
use super::report;
use super::resolve;
use super::split::{HintLines, Splitter, Statement};
use super::statement::{self, Carried, Parsed};
use super::token::Span;
use super::verb;
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::op::effect::Refusal;
use crate::plan::NotAnalysed;
use crate::schema::object::SCHEMA;
use crate::schema::{ConstraintKind, Object, ObjectId, ObjectKind, Schema, Subject, Table};

/// Garbage is given up on after so many statements that mean nothing.
const MAX_UNKNOWN: usize = 500;

/// Statements that may fail to fit before the rest is not read.
const MAX_MISFITS: usize = 5_000;

/// A schema being read.
pub(super) struct Loader<'a> {
    text: &'a str,
    source: Source,
    path: String,
    /// The whole path, as SET takes it.
    path_set: String,
    /// Whether the path's schema stands before `pg_catalog`.
    catalog_last: bool,
    /// Who makes what follows, where the text says so.
    role: Option<String>,
    /// How tables are stored that do not say, where the text sets it.
    method: Option<String>,
    names: Names,
    /// Which table an index is on: a dump has thousands.
    index_tables: BTreeMap<QName, QName>,
    /// How often each statement was kept as it is.
    kept: BTreeMap<String, usize>,
    /// Statements that did not fit.
    misfits: usize,
    /// The result.
    pub(super) schema: Schema,
    /// What was wrong.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// What was carried.
    pub(super) not_analysed: Vec<NotAnalysed>,
    /// Hints in its comments.
    pub(super) hints: Vec<HintLines>,
}

/// Reads a schema.
pub(super) fn load(text: &str, source: Source) -> Loader<'_> {
    let mut loader = Loader {
        text,
        source,
        path: "public".to_owned(),
        path_set: statement::USUAL_PATH.to_owned(),
        catalog_last: false,
        role: None,
        method: None,
        names: Names::default(),
        index_tables: BTreeMap::new(),
        kept: BTreeMap::new(),
        misfits: 0,
        schema: Schema::default(),
        diagnostics: Vec::new(),
        not_analysed: Vec::new(),
        hints: Vec::new(),
    };
    if let Some(diagnostic) = report::not_text(text, source) {
        loader.diagnostics.push(diagnostic);
        return loader;
    }
    let mut splitter = Splitter::new(text);
    // Statements that mean something, those that mean nothing, and the first of these.
    let (mut known, mut unknown, mut first_unknown) = (0_usize, 0_usize, None);
    for statement in splitter.by_ref() {
        if loader.statement(&statement) {
            known += 1;
        } else {
            unknown += 1;
            first_unknown.get_or_insert(statement.span);
            if unknown > MAX_UNKNOWN && unknown > 10 * known {
                break;
            }
        }
        if loader.misfits > MAX_MISFITS {
            loader.diagnostics.push(report::too_many_unknown(source, statement.span));
            break;
        }
    }
    loader.hints = std::mem::take(&mut splitter.hints);
    let stopped = splitter.open;
    loader.finish((known, unknown), first_unknown, stopped);
    loader
}

impl Loader<'_> {
    fn finish(
        &mut self,
        (known, unknown): (usize, usize),
        first_unknown: Option<Span>,
        stopped: Option<(super::token::Open, Span)>,
    ) {
        let suspicious = unknown > 0 || stopped.is_some();
        let foreign = if suspicious { report::mysql(self.text, self.source) } else { None };
        if let Some(diagnostic) = foreign {
            self.diagnostics.insert(0, diagnostic);
        } else if let (Some(span), true) = (first_unknown, known == 0 || unknown > 10 * known) {
            self.diagnostics.insert(0, report::not_sql(self.source, span));
        } else if let Some((open, span)) = stopped {
            self.diagnostics.push(report::unterminated(open, span, self.source));
        } else if known == 0 {
            self.diagnostics.push(report::empty(self.source, self.source == Source::Change));
        }
        if self.diagnostics.iter().any(|d| d.severity == Severity::Error) {
            return;
        }
        self.check_parents();
        super::usual::leave_out(&mut self.schema);
        super::paths::qualify(&mut self.schema);
    }

    /// Keys whose parent is not in the schema: a partial dump.
    fn check_parents(&mut self) {
        for (name, table) in &self.schema.tables {
            for (key, constraint) in &table.constraints {
                let ConstraintKind::ForeignKey(foreign) = &constraint.kind else { continue };
                if !self.schema.tables.contains_key(&foreign.parent) {
                    self.diagnostics.push(
                        Diagnostic::error(
                            "unknown-parent",
                            (self.source, (0, 0)),
                            format!(
                                "foreign key `{key}` of `{name}` refers to `{}`, which is not in the schema",
                                foreign.parent
                            ),
                            "add the table to the schema if the change concerns it",
                        )
                        .warning(),
                    );
                }
            }
        }
    }

    /// Whether the statement means something.
    fn statement(&mut self, statement: &Statement) -> bool {
        let path = self.path.clone();
        let mut cursor = Cursor::new(self.text, &statement.tokens, &path);
        if block::run(&cursor, &self.schema).is_some_and(|block| self.run(&block, statement.span)) {
            return true;
        }
        match statement::read(&mut cursor) {
            Ok(Parsed::Carried(_)) if verb::clears_up(&Cursor { at: 0, ..cursor }) => true,
            Ok(Parsed::Carried(_)) if verb::is_of_rows(&Cursor { at: 0, ..cursor }) => {
                self.of_rows(statement.span);
                true
            }
            Ok(Parsed::Carried(carried)) => {
                let known = carried.known;
                self.carry(&carried, statement.span);
                known
            }
            Ok(parsed) => {
                self.take(parsed, statement.span);
                true
            }
            Err(Broken { message, .. }) => {
                let note = format!("not understood ({message}); it was carried as it is");
                self.unknown(statement.span, &note);
                false
            }
        }
    }

    /// A statement that is kept as it is.
    fn keep(&mut self, relation: Option<QName>, span: Span) {
        let sql = self.text.get(span.0..span.1).unwrap_or_default().to_owned();
        let object = Object { of: relation.map(Subject::Relation), ..Object::one(&*sql, None) };
        let objects = Arc::make_mut(&mut self.schema.objects);
        // What is run again may do something else the next time.
        let times = self.kept.entry(sql.clone()).or_default();
        *times += 1;
        let name = if *times == 1 { sql } else { format!("{sql} ({times})") };
        objects.insert(ObjectId::new(ObjectKind::Unknown, name), object);
    }

    fn carry(&mut self, carried: &Carried, span: Span) {
        let note = if carried.known {
            "not modelled; it was carried as it is"
        } else {
            "not understood; it was carried as it is"
        };
        self.keep(carried.relation.clone(), span);
        self.not_analysed.push(report::not_analysed(self.text, self.source, span, note));
    }

    fn unknown(&mut self, span: Span, note: &str) {
        self.misfits += 1;
        self.keep(None, span);
        self.not_analysed.push(report::not_analysed(self.text, self.source, span, note));
    }

    /// A statement about rows; of what is there already nothing has to be said.
    fn of_rows(&mut self, span: Span) {
        if self.source == Source::Change {
            let note =
                "about rows, of which a schema has none: it is left out; give it as a change";
            self.not_analysed.push(report::not_analysed(self.text, self.source, span, note));
        }
    }

    /// What a statement says of objects. One that does not apply is kept and listed.
    fn objects(&mut self, said: &[Said], span: Span) {
        for one in said {
            let spelled = one.under(&self.path_set);
            let one = spelled.as_ref().unwrap_or(one);
            let made = self.role.as_ref().map(|role| one.made_by(role));
            match object::settle(&self.schema, made.as_ref().unwrap_or(one)) {
                Ok(settled) => {
                    for (id, becomes) in settled {
                        self.note(&id, span);
                        self.schema.set_object(&id, becomes.as_ref());
                        if becomes.is_none() {
                            self.schema.drop_triggers_of(&id);
                            self.schema.forget_owner(&id);
                        }
                    }
                }
                Err(message) => {
                    self.unknown(span, &format!("{message}; it was carried as it is"));
                    return;
                }
            }
        }
    }

    /// What nobody looked into is listed.
    fn note(&mut self, id: &ObjectId, span: Span) {
        if let Some(note) = statement::not_looked_into(id.kind) {
            self.not_analysed.push(report::not_analysed(self.text, self.source, span, note));
        }
        if id.kind == ObjectKind::Sequence
            && let Ok(name) = id.name.parse()
        {
            self.names.take(name);
        }
    }

    fn take(&mut self, parsed: Parsed, span: Span) {
        match parsed {
            Parsed::Table(new) => self.table(&new, span),
            Parsed::TableAs(new) => self.table_as(&new, span),
            Parsed::Alter(alter) => self.alter(&alter, span),
            Parsed::Index(new) => self.index(&new, span),
            Parsed::View(new) => self.view(&new, span),
            Parsed::Drop(drop) => self.drop(&drop, span),
            Parsed::AttachIndex { index, part } => {
                match (self.index_owner(&index.name), self.index_owner(&part.name)) {
                    (Some(parent), Some(table)) => {
                        let (name, index) = (part.name.name, index.name.name);
                        self.apply(&[Op::AttachIndex { table, name, parent, index }], span);
                    }
                    _ => self.unknown(span, "its indexes are not in the schema"),
                }
            }
            Parsed::RenameIndex { index, if_exists: _, to } => {
                match self.index_owner(&index.name) {
                    Some(table) => {
                        self.index_tables.remove(&index.name);
                        self.index_tables.insert(index.name.sibling(&to), table.clone());
                        self.apply(&[Op::RenameIndex { table, name: index.name.name, to }], span);
                    }
                    None => self.unknown(span, "its index is not in the schema"),
                }
            }
            Parsed::Renamed(renamed) => self.renamed(renamed, span),
            Parsed::Objects(said) => self.objects(&said, span),
            Parsed::SearchPath(path) => {
                self.path = path.first;
                self.path_set = path.set;
                self.catalog_last = path.catalog_last;
            }
            Parsed::TableMethod(method) => self.method = method,
            Parsed::Role(role) => {
                self.role = role;
                if self.role.is_some() {
                    self.diagnostics.push(report::other_role(self.source, span));
                }
            }
            Parsed::Update { .. } | Parsed::InsertSelect(_) | Parsed::Delete { .. } => {
                self.of_rows(span);
            }
            Parsed::Setting | Parsed::Transaction | Parsed::Data => {}
            Parsed::Carried(carried) => self.carry(&carried, span),
        }
    }

    fn table(&mut self, new: &super::table::NewTable, span: Span) {
        let name = new.name.name.clone();
        if self.schema.tables.contains_key(&name) {
            if !new.if_not_exists {
                self.unknown(span, "the table is defined twice; the first definition stands");
            }
            return;
        }
        let mut defined = resolve::table(new, &self.schema, &mut self.names);
        if self.catalog_last {
            self.found_first(&mut defined.table);
        }
        self.schema.tables.insert(name.clone(), Arc::new(defined.table));
        self.schema.give(self.schema.given_to_relation(&name));
        if let Some((table, bounds)) = defined.of {
            self.apply(&[Op::AttachPartition { table, child: name.clone(), bounds }], span);
        }
        for key in &defined.keys {
            self.add_constraint(&name, key, (false, span));
        }
        for sequence in defined.sequences {
            self.objects(&sequence, span);
        }
        if !self.schema.table(&name).is_some_and(Table::is_partitioned) {
            self.stored(("TABLE", &name), &mut defined.settings);
        }
        self.objects(&defined.settings, span);
    }

    /// Has a table or materialized view stored as the text says that all are, where it says nothing itself.
    fn stored(&self, relation: (&str, &QName), settings: &mut Vec<Said>) {
        if let Some(method) = &self.method {
            settings.insert(0, object::access_method(relation, method));
        }
    }

    /// pgcrypto brings a function that PostgreSQL has itself by now: where its schema stands before
    /// `pg_catalog`, that is the one meant.
    fn found_first(&self, table: &mut Table) {
        const BROUGHT: &str = "gen_random_uuid";
        let place = self.schema.objects.get(&ObjectId::new(ObjectKind::Extension, "pgcrypto"));
        let Some(place) = place.and_then(|extension| extension.part(SCHEMA)) else { return };
        for default in table.columns.iter_mut().filter_map(|c| c.default.as_mut()) {
            if let Expr::Call(name, _) = default
                && name == BROUGHT
                && place.trim_matches('"') == self.path
            {
                *name = format!("{place}.{BROUGHT}");
            }
        }
    }

    /// A constraint, here and where it goes with it; with `only`, here alone.
    fn add_constraint(
        &mut self,
        name: &QName,
        written: &super::constraint::NewConstraint,
        (only, span): (bool, Span),
    ) {
        let below = !only && !self.schema.children(name).is_empty();
        let Some(table) = self.schema.tables.get_mut(name).map(Arc::make_mut) else { return };
        if !below {
            let options = resolve::add_constraint(table, written, name, &mut self.names);
            self.objects(options.as_slice(), span);
            return;
        }
        let table = table.clone();
        if let Some((key, constraint)) = resolve::constraint(written, name, &table, &mut self.names)
        {
            let options = resolve::key_options(written, &name.sibling(&key));
            self.apply(&[Op::AddConstraint { table: name.clone(), name: key, constraint }], span);
            self.objects(options.as_slice(), span);
        }
    }

    fn index(&mut self, new: &super::index::NewIndex, span: Span) {
        let name = &new.table.name;
        let Some(table) = self.schema.tables.get_mut(name).map(Arc::make_mut) else {
            if self.schema.views.contains_key(name) {
                let (id, object) = resolve::view_index(new, &mut self.names);
                self.schema.set_object(&id, Some(&object));
            } else {
                self.unknown(span, "its table is not in the schema");
            }
            return;
        };
        let (key, index) = resolve::index(new, table, &mut self.names);
        self.index_tables.insert(name.sibling(&key), name.clone());
        if new.only || !table.is_partitioned() {
            table.indexes.insert(key, index);
            return;
        }
        let table = name.clone();
        self.apply(&[Op::CreateIndex { table, name: key, index, concurrently: false }], span);
    }

    fn view(&mut self, new: &super::view::NewView, span: Span) {
        let name = new.name.name.clone();
        let view = resolve::view(new, &self.schema, &new.query_with_data);
        self.names.take(name.clone());
        self.schema.views.insert(name.clone(), view);
        self.schema.give(self.schema.given_to_relation(&name));
        let mut settings = new.settings.clone();
        if new.materialized {
            self.stored(("MATERIALIZED VIEW", &name), &mut settings);
        }
        self.objects(&settings, span);
    }

    fn alter(&mut self, alter: &Alter, span: Span) {
        let name = &alter.table.name;
        for (action, _) in &alter.actions {
            if let Action::Settings(said) = action {
                self.objects(said, span);
            } else if self.schema.tables.contains_key(name) {
                self.action(name, action, (alter.only, span));
            } else if let Action::RenameTable { to } = action
                && self.schema.views.contains_key(name)
            {
                self.renamed(Renamed::View { from: alter.table.clone(), to: to.clone() }, span);
            } else if !alter.if_exists {
                self.unknown(span, "its table is not in the schema");
                return;
            }
        }
    }

    fn apply(&mut self, ops: &[Op], span: Span) {
        for op in ops {
            let takes = names::takes_names(op);
            let before = if takes { names::at_stake(&self.schema, op) } else { Vec::new() };
            if let Err(refusal) = self.applied(op) {
                self.refused(&refusal, span);
                return;
            }
            if takes {
                self.names.follow(&self.schema, op, &before);
            }
            self.take_names_below(op);
        }
    }

    /// As ONLY asks for: what is below the table stays as it is.
    fn apply_only(&mut self, ops: &[Op], span: Span) {
        for op in ops {
            if let Err(refusal) = self.schema.apply_here(op) {
                self.refused(&refusal, span);
                return;
            }
        }
    }

    fn refused(&mut self, refusal: &Refusal, span: Span) {
        let note = format!("PostgreSQL would refuse it here ({refusal})");
        self.unknown(span, &note);
    }

    /// Names that partitions got for their parts of an index or key.
    fn take_names_below(&mut self, op: &Op) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others name nothing below")]
        let top = match op {
            Op::AttachPartition { child, .. } => {
                self.names.add(&self.schema, child);
                child
            }
            Op::CreateIndex { table, .. } | Op::AddConstraint { table, .. } => table,
            _ => return,
        };
        for table in self.schema.descendants(top) {
            self.names.add(&self.schema, &table);
        }
    }
}

//! What the server would say to a statement on a schema: its parse analysis and rewriting, name by
//! name and type by type, in its order. Certain failures stop; what cannot be told is a doubt and the
//! statement is looked at further. Must not know plans.

mod aggregate;
mod call;
mod column;
mod conflict;
mod expr;
mod form;
mod from;
mod level;
mod operator;
mod query;
mod select;
mod stored;
mod subquery;
mod target;
mod value;
mod write;

use std::collections::BTreeSet;

use super::ast::{Query, Statement};
use super::catalogue::{Catalogue, Relation, RelationColumn};
use super::coerce::Known;
use super::report::{Verdict, When};
use super::types::{Modifier, Type};
use crate::name::QName;
use level::Level;
use value::Node;

/// The server's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Five characters.
    pub(crate) sqlstate: &'static str,
    /// In the server's words.
    pub(crate) message: String,
    /// When it comes.
    pub(crate) when: When,
}

/// A finding, or the server's refusal.
type Found<T> = Result<T, Failure>;

/// A refusal while the statement is read.
fn refuse<T>(sqlstate: &'static str, message: impl Into<String>) -> Found<T> {
    Err(Failure { sqlstate, message: message.into(), when: When::Prepare })
}

/// A parameter so far.
#[derive(Clone, Copy, Debug, Default)]
struct Param {
    /// Its type, once something told it.
    ty: Option<Type>,
    /// Whether it occurs.
    seen: bool,
    /// Occurrences that nothing gave a type.
    n_open: usize,
}

/// What a statement does, beside working or failing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effect {
    /// Columns read.
    pub(crate) reads: BTreeSet<(QName, String)>,
    /// Columns written.
    pub(crate) writes: BTreeSet<(QName, String)>,
    /// Relations looked up, found or not.
    pub(crate) looked_up: BTreeSet<QName>,
    /// What it gives: names and types, as a prepared plan remembers them.
    pub(crate) result: Vec<(String, String)>,
    /// Columns that an INSERT without a column list writes by their place, and those after them.
    pub(crate) by_place: Vec<String>,
}

/// A statement judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    /// Works, fails, or not analysed; never drifts, which takes two moments.
    pub(crate) verdict: Verdict,
    /// What it does.
    pub(crate) effect: Effect,
}

/// Looks a statement up in a catalogue.
struct Resolver<'a> {
    catalogue: &'a Catalogue,
    path: &'a [String],
    params: Vec<Param>,
    doubts: Vec<String>,
    /// Refusals that come after everything was read: those of the rewriter.
    late: Vec<Failure>,
    /// Refusals that come when it is planned or run.
    runtime: Vec<Failure>,
    /// How many subqueries were met: none is the same as another.
    n_subqueries: usize,
    effect: Effect,
}

/// Judges a statement.
pub(crate) fn judge(catalogue: &Catalogue, path: &[String], statement: &Statement) -> Judged {
    let mut resolver = Resolver::new(catalogue, path);
    let outcome = resolver.statement(statement).and_then(|()| resolver.parameters());
    let certain = match outcome {
        Err(failure) => Some(failure),
        Ok(()) => {
            let late = std::mem::take(&mut resolver.late);
            late.into_iter().chain(std::mem::take(&mut resolver.runtime)).next()
        }
    };
    let verdict = match (certain, resolver.doubts.first()) {
        (Some(Failure { sqlstate, message, when }), _) => {
            Verdict::Fails { sqlstate: sqlstate.to_owned(), message, when }
        }
        (None, Some(reason)) => Verdict::NotAnalysed { reason: reason.clone() },
        (None, None) => Verdict::Works,
    };
    Judged { verdict, effect: resolver.effect }
}

/// What a view's query gives.
pub(crate) struct ViewColumns {
    /// Columns, and of which column of the first relation each is.
    pub(crate) columns: Vec<(RelationColumn, Option<String>)>,
    /// Whether it computes over rows.
    pub(crate) aggregates: bool,
    /// Whether it has window functions.
    pub(crate) windows: bool,
    /// Whether its select list makes rows.
    pub(crate) sets: bool,
}

/// The columns of a view's query.
///
/// # Errors
/// Why they cannot be told.
pub(crate) fn view_columns(
    catalogue: &Catalogue,
    path: &[String],
    query: &Query,
) -> Result<ViewColumns, String> {
    let mut resolver = Resolver::new(catalogue, path);
    let mut level = Level::new(None);
    let output = resolver.query_in(query, &mut level, true).map_err(|failure| failure.message)?;
    let base = level.entry(0).and_then(|entry| entry.relation());
    let columns = output.into_iter().map(|column| {
        let from = if let Node::Var { depth: 0, entry: 0, column } = &column.value.node {
            base.and_then(|relation| relation.columns.get(*column)).map(|c| c.name.clone())
        } else {
            None
        };
        let (ty, modifier) = (column.value.ty, column.value.modifier);
        (RelationColumn { name: column.name, ty, modifier }, from)
    });
    Ok(ViewColumns {
        columns: columns.collect(),
        aggregates: level.flags.aggregates.get(),
        windows: level.flags.windows.get(),
        sets: level.flags.sets.get(),
    })
}

/// The relation that a name means.
pub(crate) fn find_relation(
    catalogue: &Catalogue,
    path: &[String],
    name: &[String],
) -> Option<QName> {
    candidates(path, name).into_iter().find(|name| catalogue.relation(name).is_some())
}

/// The qualified names that a name may mean, in the order of the search path.
fn candidates(path: &[String], name: &[String]) -> Vec<QName> {
    match name {
        [only] => path.iter().map(|schema| QName::new(schema, only)).collect(),
        [.., schema, last] => vec![QName::new(schema, last)],
        [] => Vec::new(),
    }
}

impl<'a> Resolver<'a> {
    fn new(catalogue: &'a Catalogue, path: &'a [String]) -> Self {
        Self {
            catalogue,
            path,
            params: Vec::new(),
            doubts: Vec::new(),
            late: Vec::new(),
            runtime: Vec::new(),
            n_subqueries: 0,
            effect: Effect::default(),
        }
    }

    fn known(&self) -> Known<'a> {
        Known { types: self.catalogue.types(), facts: self.catalogue.facts() }
    }

    /// Something that cannot be told.
    fn doubt(&mut self, reason: impl Into<String>) {
        self.doubts.push(reason.into());
    }

    /// A type as messages print it.
    fn name_of(&self, ty: Type) -> String {
        self.catalogue.types().format(ty, self.path)
    }

    /// A relation, remembered as looked up; a doubt where it may have been changed unseen.
    fn relation(&mut self, name: &[String]) -> Found<Option<&'a Relation>> {
        let candidates = candidates(self.path, name);
        self.effect.looked_up.extend(candidates.iter().cloned());
        let found = candidates.iter().find_map(|name| self.catalogue.relation(name));
        let Some(relation) = found else {
            let last = name.last().map_or("", String::as_str);
            let schema = name.len().checked_sub(2).and_then(|at| name.get(at));
            let system = |name: &str| name.starts_with("pg_") || name == "information_schema";
            if system(last) || schema.is_some_and(|schema| system(schema)) {
                self.doubt(format!("{} is a system catalogue", name.join(".")));
                return Ok(None);
            }
            return refuse("42P01", format!("relation \"{}\" does not exist", name.join(".")));
        };
        if self.catalogue.is_tainted(&relation.name) {
            self.doubt(format!("SQL that is not analysed names {}", relation.name));
        }
        if !relation.unknown.is_empty() {
            self.doubt(relation.unknown.clone());
        }
        Ok(Some(relation))
    }

    fn statement(&mut self, statement: &Statement) -> Found<()> {
        let mut level = Level::new(None);
        let output = self.statement_in(statement, &mut level)?;
        let path = self.path;
        for column in output.into_iter().flatten() {
            let ty = column.value.ty;
            let modifier: Modifier = column.value.modifier;
            let ty = self.catalogue.types().format(ty, path);
            self.effect.result.push((column.name, format!("{ty} {modifier}")));
        }
        Ok(())
    }

    /// What is found out about parameters when everything was read.
    fn parameters(&mut self) -> Found<()> {
        let said = |sqlstate, at: usize| {
            let message = format!("could not determine data type of parameter ${}", at + 1);
            Err(Failure { sqlstate, message, when: When::Prepare })
        };
        for (at, param) in self.params.iter().enumerate() {
            if param.ty.is_some() && param.n_open > 0 {
                return said("42P08", at);
            }
        }
        for (at, param) in self.params.iter().enumerate() {
            if param.ty.is_none() {
                return said("42P18", at);
            }
        }
        Ok(())
    }
}

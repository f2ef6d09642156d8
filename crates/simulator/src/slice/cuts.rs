//! What each search is about: columns that something ties together, by themselves. Must not know states.
//!
//! Why nothing is lost. A constraint, an index, a conversion, a statement, a condition or a backfill ties
//! the columns that it names, and whatever has one name; a column that tells rows apart is in every cut and
//! ties nothing, since no release changes it. What is left falls into parts, and of a run of the whole each
//! part sees a run of its own: a statement of the app on a row is one on the part's columns of it (one that
//! names none of them leaves the part as it is), a row that goes with another goes as if the app had deleted
//! it, and a statement of the migration is either the part's or changes nothing in it. So what is refused,
//! read wrong or held for long in some run is so in a run of the part that it is about. A part has runs
//! that the whole has not (a gate waits for its own conditions only), so a plan can be refuted for what
//! another part would have prevented: a step relies on no condition but those on what it touches.
//! What is not looked at is a way that is open to each part and not to all at once: one that can only go
//! on, beside one that can only go back.

mod parts;
mod things;
mod ties;

use std::collections::BTreeSet;

use planner::condition::Condition;
use planner::expr::Expr;
use planner::name::{QName, quote};
use planner::op::Op;
use planner::plan::{Conversion, Plan};
use planner::schema::{Index, Table};

use super::{Kept, kept, named};
use things::{Part, Thing, things, things_of_condition, things_of_conversion};
use ties::Ties;

/// What of a plan one search is about.
pub(crate) struct Cut {
    /// Tables, by their names before, or for new ones after.
    pub(crate) tables: BTreeSet<QName>,
    /// Columns to keep.
    pub(crate) kept: Kept,
    /// What of these tables other searches are about.
    apart: BTreeSet<Thing>,
}

impl Cut {
    /// Tables with all that a plan mentions of them.
    pub(crate) fn whole(plan: &Plan, tables: &BTreeSet<QName>) -> Self {
        Self::of(tables, kept(plan))
    }

    /// Tables with these columns.
    pub(crate) fn of(tables: &BTreeSet<QName>, kept: Kept) -> Self {
        Self { tables: tables.clone(), kept, apart: BTreeSet::new() }
    }

    /// Whether another search is about a statement.
    pub(crate) fn is_apart(&self, op: &Op) -> bool {
        self.is_any_apart(&things(op))
    }

    /// Whether another search is about a condition.
    pub(crate) fn is_condition_apart(&self, condition: &Condition) -> bool {
        self.is_any_apart(&things_of_condition(condition))
    }

    /// Whether another search is about a conversion.
    pub(crate) fn is_conversion_apart(&self, conversion: &Conversion) -> bool {
        self.is_any_apart(&things_of_conversion(conversion))
    }

    /// Whether another search is about new values of rows.
    pub(crate) fn is_image_apart(
        &self,
        table: &QName,
        (set, filter): (&[(String, Expr)], Option<&Expr>),
    ) -> bool {
        let columns = set.iter().flat_map(named).chain(filter.iter().flat_map(|f| f.columns()));
        self.is_any_apart(&columns.map(|c| (table.clone(), Part::Column(c))).collect::<Vec<_>>())
    }

    /// A table as this search has it: its kept columns, and constraints and indexes over nothing else.
    pub(crate) fn cut_table(&self, name: &QName, table: &mut Table) {
        let kept = self.kept.get(name);
        let is_apart = |part: Part| self.apart.contains(&(name.clone(), part));
        let keeps = |column: &String| kept.is_some_and(|k| k.contains(column));
        table.columns.retain(|c| keeps(&c.name));
        table.constraints.retain(|_, c| c.kind.columns().iter().all(keeps));
        table.indexes.retain(|index, definition| {
            let known = |c: &String| keeps(c) || is_apart(Part::Column(c.clone()));
            let whole = definition.columns.iter().all(keeps);
            let over = !definition.unique && definition.columns.iter().all(known);
            (whole || over) && !is_apart(Part::Named(index.clone()))
        });
        for index in table.indexes.values_mut() {
            self.cut_index(name, index);
        }
    }

    /// An index as this search has it.
    pub(crate) fn cut_index(&self, table: &QName, index: &mut Index) {
        let kept = self.kept.get(table);
        let keeps = |column: &String| kept.is_some_and(|k| k.contains(column));
        if index.unique || index.columns.iter().all(keeps) {
            return;
        }
        index.columns.retain(keeps);
        index.keys = index.columns.iter().map(|c| quote(c)).collect();
        index.predicate = None;
        index.suffix.clear();
    }

    fn is_any_apart(&self, things: &[Thing]) -> bool {
        things.iter().any(|thing| self.apart.contains(thing))
    }
}

/// The searches that a proof of a plan consists of; one of nothing where no release touches any table.
pub(crate) fn cuts(plan: &Plan) -> Vec<Cut> {
    let ties = Ties::of(plan);
    let mut cuts = ties.cuts();
    if cuts.is_empty() {
        cuts.push(Cut::whole(plan, &BTreeSet::new()));
    }
    cuts
}

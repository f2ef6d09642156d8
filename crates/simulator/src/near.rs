//! Which other rows a statement of the app can depend on. Where these are the same, so is what comes of
//! the statement, and it is worked out once. All rows is always right; fewer are a claim. Must not know
//! what the statements are.
//!
//! The claim. A write looks at other rows for keys (UNIQUE, FOREIGN KEY, ON DELETE), for look-ups and for
//! relays, and for nothing else: defaults, sync triggers, CHECK and NOT NULL are about the row itself. A
//! table that others refer to, look-ups and relays are left with all rows. What remains are the parents of
//! the row, and the other rows of its table where two could hold the same that must not. They cannot where a
//! column has values of each row's own, as keys have, and only the app gives them.

use std::collections::BTreeSet;

use planner::backfill::{Todo, Work};
use planner::condition::Condition;
use planner::expr::Expr;
use planner::name::QName;
use planner::op::Op;
use planner::schema::Table;

use crate::keys::{Unique, unique_sets};
use crate::model::Model;
use crate::value::Value;
use crate::world::{CELLS, World};

/// Places of tables whose rows matter to a row, a bit each; bits of all places are all rows.
pub(crate) type Places = u16;

impl Model {
    /// The rows that matter to a statement of a release on a row, the others left out; nothing where all
    /// rows matter. Where no state is left out, no row is either: such a search holds this one to account.
    pub(crate) fn near(
        &mut self,
        world: &World,
        release: u8,
        (place, row): (usize, usize),
    ) -> Option<[u16; CELLS]> {
        if !self.bounds.reduced {
            return None;
        }
        let key = (world.schema, release, place);
        let places = match self.memo.near.get(&key) {
            Some(known) => *known,
            None => {
                let places = self.places_near(world.schema, release, place);
                *self.memo.near.put(key, places)
            }
        };
        let matters = |at: usize| places & (1 << at) != 0;
        if (0..self.tables.len()).all(matters) {
            return None;
        }
        let own = place * self.rows + row;
        let mut cells = world.cells;
        for (cell, record) in cells.iter_mut().enumerate() {
            if cell != own && !matters(cell / self.rows) {
                *record = 0;
            }
        }
        Some(cells)
    }

    fn places_near(&self, schema: u16, release: u8, place: usize) -> Places {
        let references = self.references(schema);
        let is_parent = references.iter().any(|(_, parent)| *parent == place);
        if is_parent || !self.relays.is_empty() || self.looks_up(schema) {
            return Places::MAX;
        }
        let parents = references.iter().filter(|(child, _)| *child == place);
        let own = if self.rows_meet(schema, release, place) { 1 << place } else { 0 };
        parents.fold(own, |places, (_, parent)| places | 1 << parent)
    }

    /// Which table refers to which: in the schema, in what a release takes it to be, or because it keeps to it.
    fn references(&self, schema: u16) -> Vec<(usize, usize)> {
        let state = self.state(schema);
        let actual = (0..self.tables.len()).filter_map(|p| Some((p, self.table(schema, p)?)));
        let believed = self.releases.iter().flat_map(|release| {
            let uses = release.uses.iter().enumerate();
            uses.filter_map(|(p, uses)| Some((p, &uses.as_ref()?.own)))
        });
        let is_called = |place: usize, name: &QName| {
            let table = &self.tables[place];
            let names = [&table.old, &table.new, &state.names[place]];
            names.iter().any(|known| known.as_ref() == Some(name))
        };
        let called = |name| (0..self.tables.len()).filter(move |place| is_called(*place, name));
        let mut found = Vec::new();
        for (child, table) in actual.chain(believed) {
            for key in table.constraints.values().filter_map(|c| c.kind.foreign_key()) {
                found.extend(called(&key.parent).map(|parent| (child, parent)));
            }
        }
        for keep in self.releases.iter().flat_map(|release| &release.keeps) {
            if let Condition::NoOrphans { table, parent, .. } = keep {
                let pairs = called(table).flat_map(|c| called(parent).map(move |p| (c, p)));
                found.extend(pairs);
            }
        }
        found
    }

    /// Whether rows of other tables are looked up by what the plan keeps true or in step.
    fn looks_up(&self, schema: u16) -> bool {
        let looks = |value: &Expr| !value.lookups().is_empty();
        let converts = self.tables.iter().flat_map(|table| &table.conversions);
        let converts = converts.flat_map(|c| c.up.iter().chain(&c.down)).any(|(_, v)| looks(v));
        let rules = self.state(schema).schema.tables.values().flat_map(|t| t.triggers.values());
        let fills =
            rules.flat_map(|rule| rule.up.iter().chain(&rule.down)).any(|a| looks(&a.value));
        let keeps = self.releases.iter().flat_map(|release| &release.keeps);
        converts || fills || keeps.filter_map(kept_expression).any(looks)
    }

    /// Whether two rows of the table could hold the same where they must not.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others forbid no duplicates")]
    fn rows_meet(&self, schema: u16, release: u8, place: usize) -> bool {
        let release = &self.releases[usize::from(release)];
        let Some(uses) = &release.uses[place] else { return true };
        let is_own = |c: &str, nulls_equal| self.is_own(schema, (place, c), nulls_equal);
        let parts = |unique: Unique<'_>| unique.is_told_apart_by(is_own);
        let parts_all = |table: &Table| unique_sets(table).all(parts);
        let keeps = release.keeps.iter().all(|keep| match keep {
            Condition::NoDuplicates { table, columns } if *table == uses.relation => {
                parts(Unique::over(columns))
            }
            _ => true,
        });
        !keeps || !parts_all(&uses.own) || !self.table(schema, place).is_none_or(parts_all)
    }

    /// Whether each row has values of its own in a column: the app gives it others than any other row, and
    /// nobody else gives it one.
    fn is_own(&self, schema: u16, (place, column): (usize, &str), nulls_equal: bool) -> bool {
        let believed = self.releases.iter().filter_map(|release| release.uses[place].as_ref());
        let mut tables = believed.map(|uses| &uses.own).chain(self.table(schema, place));
        let by_default = tables.any(|t| t.column(column).is_some_and(|c| c.default.is_some()));
        let values = |row: usize| -> BTreeSet<&Value> {
            let known = (0..2).filter(|release| self.releases[*release].uses[place].is_some());
            let all = known.flat_map(|release| self.domain(release, place, row, column));
            all.filter(|value| nulls_equal || **value != Value::Null).collect()
        };
        let all: Vec<BTreeSet<&Value>> = (0..self.rows).map(values).collect();
        let is_apart = |(i, mine): (usize, &BTreeSet<&Value>)| {
            !mine.is_empty() && all[i + 1..].iter().all(|theirs| mine.is_disjoint(theirs))
        };
        !by_default
            && all.iter().enumerate().all(is_apart)
            && !self.is_given_otherwise(schema, place, column)
    }

    /// Whether anything but the app brings rows to a table, or gives them values in a column.
    fn is_given_otherwise(&self, schema: u16, place: usize, column: &str) -> bool {
        let table = &self.tables[place];
        let names = [&table.old, &table.new, &self.state(schema).names[place]];
        let is_here = |name: &QName| names.iter().any(|known| known.as_ref() == Some(name));
        let scripts = self.steps.iter().flat_map(|step| step.script.iter().chain(&step.rollback));
        let mut ops = scripts.flat_map(|batch| batch.ops.iter()).chain(&self.asked);
        let rules = self.table(schema, place).into_iter().flat_map(|t| t.triggers.values());
        let mut synced = rules.flat_map(|rule| rule.up.iter().chain(&rule.down));
        ops.any(|op| gives(op, &is_here, column)) || synced.any(|a| a.column == column)
    }
}

/// Whether a statement brings rows to a table, or may change what those that are there have in a column.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others leave rows and values alone")]
fn gives(op: &Op, is_here: &dyn Fn(&QName) -> bool, column: &str) -> bool {
    let sets = |set: &[(String, Expr)]| set.iter().any(|(c, _)| c == column);
    match op {
        Op::InsertRows { table, .. } | Op::InsertSelect { table, .. } => is_here(table),
        Op::AlterType { table, column: c, .. } => is_here(table) && c == column,
        Op::RenameColumn { table, column: from, to } => {
            is_here(table) && (from == column || to == column)
        }
        Op::Update { table, set, .. } => is_here(table) && sets(set),
        Op::RunBackfill { backfill } | Op::RunUndo { backfill } => match &backfill.work {
            Work::Insert { into, .. } => is_here(into),
            Work::Update => is_here(&backfill.table) && sets(&backfill.set),
            // Undone, the rows come back in the places that they had.
            Work::Delete => false,
        },
        _ => false,
    }
}

/// The expression of what a release keeps true of its rows.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others have none")]
fn kept_expression(condition: &Condition) -> Option<&Expr> {
    match condition {
        Condition::NoViolations { check, .. } => Some(check),
        Condition::BackfillComplete { todo: Todo::Where(left), .. } => Some(left),
        _ => None,
    }
}

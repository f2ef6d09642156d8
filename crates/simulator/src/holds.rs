//! Whether a condition of the plan holds in a state: the simulator's answer to a check's query.

use planner::backfill::Todo;
use planner::condition::Condition;
use planner::name::QName;
use planner::schema::{Schema, Table};

use crate::keys::{Unique, tuple};
use crate::model::Model;
use crate::rows::{self, get, is_true};
use crate::value::Value;
use crate::world::World;

impl Model {
    /// Whether the condition holds.
    pub(crate) fn holds(&self, world: &World, condition: &Condition) -> bool {
        match condition {
            Condition::Drained { release } => self.is_drained(world, release),
            // Readers outside are not modelled: in the end they have read.
            Condition::CaughtUp { .. } => true,
            Condition::BackupRestorable => world.backup,
            Condition::BackfillFinished { name } => {
                // A backfill of another group of tables is that group's business; one that the plan
                // does not run never finishes.
                match self.backfill(name) {
                    Some(number) => world.finished & (1 << number) != 0,
                    None => self.is_elsewhere(name),
                }
            }
            Condition::Parity { .. }
            | Condition::Agreement { .. }
            | Condition::Relayed { .. }
            | Condition::BackfillComplete { .. }
            | Condition::NoNulls { .. }
            | Condition::NoDuplicates { .. }
            | Condition::NoOrphans { .. }
            | Condition::NoViolations { .. } => self.rows_hold(world, condition),
            Condition::Relation { .. }
            | Condition::Label { .. }
            | Condition::Column { .. }
            | Condition::Type { .. }
            | Condition::Default { .. }
            | Condition::NotNull { .. }
            | Condition::Constraint { .. }
            | Condition::Index { .. }
            | Condition::Trigger { .. }
            | Condition::ViewReads { .. }
            | Condition::Helpers { .. }
            | Condition::Helper { .. } => {
                catalogue_holds(&self.state(world.schema).schema, condition)
            }
        }
    }

    fn is_drained(&self, world: &World, release: &str) -> bool {
        if !self.has_two_releases() {
            return true;
        }
        if release == self.releases[0].id { world.fleet.old == 0 } else { world.fleet.new == 0 }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "`holds` sends only conditions on rows here"
    )]
    fn rows_hold(&self, world: &World, condition: &Condition) -> bool {
        if !self.columns_exist(world, condition) {
            return false;
        }
        match condition {
            Condition::Parity { rule } => self
                .no_row(world, &rule.table, |t, v| rows::disagree(t, &rule.up, v).unwrap_or(true)),
            Condition::Relayed { relay } => self.agrees(world, relay),
            Condition::Agreement { rule } => self.no_row(world, &rule.table, |t, v| {
                rows::disagree(t, &rule.up, v).unwrap_or(true)
                    && (rule.down.is_empty() || rows::disagree(t, &rule.down, v).unwrap_or(true))
            }),
            Condition::BackfillComplete { table, todo } => {
                self.no_row(world, table, |t, v| left(t, v, todo))
            }
            Condition::NoNulls { table, column } => {
                self.no_row(world, table, |t, v| get(t, v, column) == Value::Null)
            }
            Condition::NoViolations { table, check } => self.no_row(world, table, |t, v| {
                is_true(t, v, &planner::expr::Expr::Not(Box::new(check.clone()))).unwrap_or(true)
            }),
            Condition::NoDuplicates { table, columns } => {
                !self.has_duplicates(world, table, &Unique::over(columns))
            }
            Condition::NoOrphans { table, columns, parent, parent_columns } => {
                let key = planner::schema::ForeignKey {
                    columns: columns.clone(),
                    parent: parent.clone(),
                    parent_columns: parent_columns.clone(),
                    actions: String::new(),
                };
                self.no_row(world, table, |t, v| {
                    !self.has_parent(world, &key, &tuple(t, v, columns))
                })
            }
            other => unreachable!("not a condition on rows: {other:?}"),
        }
    }

    /// Whether the condition's query finds its columns; on a server it would fail, and not hold.
    fn columns_exist(&self, world: &World, condition: &Condition) -> bool {
        let Some(place) = condition.table().and_then(|t| self.resolve(world.schema, t)) else {
            return condition.table().is_none();
        };
        let Some(table) = self.table(world.schema, place) else { return false };
        condition.row_columns().iter().all(|c| table.column(c).is_some())
    }

    /// Whether no row of the table is `bad`; a table that is not there has none.
    pub(crate) fn no_row(
        &self,
        world: &World,
        table: &QName,
        bad: impl Fn(&Table, &[Value]) -> bool,
    ) -> bool {
        let Some(place) = self.resolve(world.schema, table) else { return true };
        let Some(definition) = self.table(world.schema, place) else { return true };
        !self.present(world, place).any(|(_, values)| bad(definition, values))
    }

    /// Whether two rows hold the same where they must not.
    pub(crate) fn has_duplicates(&self, world: &World, table: &QName, unique: &Unique<'_>) -> bool {
        let Some(place) = self.resolve(world.schema, table) else { return false };
        let Some(definition) = self.table(world.schema, place) else { return false };
        let rows = self.present(world, place);
        let mut held: Vec<Vec<Value>> =
            rows.filter_map(|(_, values)| unique.of(definition, values)).collect();
        held.sort();
        held.windows(2).any(|pair| pair[0] == pair[1])
    }
}

/// Whether a row is left for a backfill.
pub(crate) fn left(table: &Table, values: &[Value], todo: &Todo) -> bool {
    match todo {
        Todo::Disagree(rule) => rows::disagree(table, &rule.up, values).unwrap_or(true),
        Todo::Where(condition) => is_true(table, values, condition).unwrap_or(true),
        Todo::EveryRow => true,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "`holds` sends only conditions on the catalogue here"
)]
fn catalogue_holds(schema: &Schema, condition: &Condition) -> bool {
    let column =
        |table: &QName, name: &str| schema.table(table).and_then(|t| t.column(name)).cloned();
    match condition {
        Condition::Label { ty, label, present } => {
            schema.enums.get(ty).is_some_and(|labels| labels.contains(label)) == *present
        }
        Condition::Relation { relation, present } => {
            (schema.tables.contains_key(relation) || schema.views.contains_key(relation))
                == *present
        }
        Condition::Column { table, column: c, present } => column(table, c).is_some() == *present,
        Condition::Type { table, column: c, ty } => column(table, c).is_some_and(|c| c.ty == *ty),
        Condition::Default { table, column: c, present } => {
            column(table, c).is_some_and(|c| c.default.is_some()) == *present
        }
        Condition::NotNull { table, column: c, present } => {
            column(table, c).is_some_and(|c| c.not_null) == *present
        }
        Condition::Constraint { table, name, validated } => {
            let found = schema.table(table).and_then(|t| t.constraints.get(name));
            found.map(|c| c.validated) == *validated
        }
        Condition::Index { table, name, present } => {
            let found = schema.table(table).is_some_and(|t| {
                t.indexes.get(name).is_some_and(|i| i.valid)
                    || t.constraints.get(name).is_some_and(|c| c.kind.is_key())
            });
            found == *present
        }
        Condition::Trigger { table, name, present } => {
            schema
                .table(table)
                .is_some_and(|t| t.triggers.contains_key(name) || t.relays.contains_key(name))
                == *present
        }
        Condition::ViewReads { view, table, column, reads } => {
            let found = schema.views_over(table, Some(column)).any(|(name, _)| name == view);
            found == *reads
        }
        Condition::Helpers { present } => schema.helpers.present == *present,
        Condition::Helper { name, present } => schema.helpers.objects.contains(name) == *present,
        other => unreachable!("not a condition on the catalogue: {other:?}"),
    }
}

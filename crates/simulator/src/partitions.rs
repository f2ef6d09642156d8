//! Rows of a partitioned table: they stand together in its place, whichever partition has them, and the
//! bounds say which that is. Here is what the bounds decide: whether a row finds a partition, whether it
//! may stay in one that is attached, and which rows go with one that is detached. Must not know who
//! writes.

use planner::name::QName;
use planner::op::Op;
use planner::schema::{Bound, Schema, Table};

use crate::eval::truth;
use crate::model::{Answer, Model, State, refusal};
use crate::rows;
use crate::value::Value;
use crate::world::World;

/// A partition that was detached earlier in the same transaction, and the rows that went with it.
pub(crate) struct Parted {
    place: usize,
    child: QName,
    inside: Vec<bool>,
}

/// Whether some partition takes the row; `table` tells the row's columns.
pub(crate) fn takes(schema: &Schema, name: &QName, table: &Table, values: &[Value]) -> bool {
    if !schema.table(name).is_some_and(Table::is_partitioned) {
        return true;
    }
    schema.children(name).iter().any(|child| {
        belongs(schema, (name, child), table, values) && takes(schema, child, table, values)
    })
}

/// Whether there is a row that some partition takes.
pub(crate) fn takes_any(schema: &Schema, name: &QName) -> bool {
    let table = schema.table(name);
    !table.is_some_and(Table::is_partitioned)
        || schema.children(name).iter().any(|child| takes_any(schema, child))
}

/// Whether a row belongs into a partition.
fn belongs(
    schema: &Schema,
    (parent, child): (&QName, &QName),
    table: &Table,
    values: &[Value],
) -> bool {
    let of = schema.table(child).and_then(Table::partition_of);
    let Some(bounds) = of.filter(|(of, _)| of == parent).map(|(_, bounds)| bounds) else {
        return false;
    };
    satisfies(&schema.bound(parent, child, &bounds), table, values)
}

/// The partition that takes the row, at the lowest level; none of a table that is not partitioned.
fn leaf(schema: &Schema, name: &QName, table: &Table, values: &[Value]) -> Option<QName> {
    let children = schema.children(name);
    let child = children.iter().find(|child| belongs(schema, (name, child), table, values))?;
    leaf(schema, child, table, values).or_else(|| Some(child.clone()))
}

fn satisfies(bound: &Bound, table: &Table, values: &[Value]) -> bool {
    match bound {
        Bound::Every | Bound::Untold => true,
        Bound::Where(check) => {
            let found = rows::value_of(table, values, check);
            found.is_ok_and(|value| truth(&value) != Some(false))
        }
    }
}

impl Model {
    /// The bare name of the partition that takes a row of a partitioned table.
    pub(crate) fn partition_of(
        &self,
        world: &World,
        place: usize,
        values: &[Value],
    ) -> Option<String> {
        let state = self.state(world.schema);
        let name = state.names.get(place)?.as_ref()?;
        let table = state.schema.table(name).filter(|table| table.is_partitioned())?;
        leaf(&state.schema, name, table, values).map(|part| part.name)
    }

    /// Whether a row that is written finds a partition.
    pub(crate) fn finds_partition(
        &self,
        world: &World,
        place: usize,
        values: &[Value],
    ) -> Answer<()> {
        let state = self.state(world.schema);
        let Some(Some(name)) = state.names.get(place) else { return Ok(()) };
        let Some(table) = state.schema.table(name).filter(|t| t.is_partitioned()) else {
            return Ok(());
        };
        if takes(&state.schema, name, table, values) {
            return Ok(());
        }
        Err(refusal("23514", format!("no partition of relation \"{}\" found for row", name.name)))
    }

    /// Whether a release may write the row: not one that no partition takes in the end, nor today's release
    /// one that none takes yet, nor, as long as the plan says so, anybody one outside of the bounds of the
    /// partition that its table becomes.
    pub(crate) fn is_within_bounds(
        &self,
        (world, release): (&World, usize),
        (name, own): (&QName, &Table),
        values: &[Value],
    ) -> bool {
        let takes = |schema| takes(schema, name, own, values);
        let (before, now) = (self.state(self.source), self.state(world.schema));
        let by_then = release > 0 || takes(&before.schema) || takes(&now.schema);
        if !takes(&self.target) || !by_then {
            return false;
        }
        let partitioned =
            self.state(world.schema).schema.table(name).is_some_and(Table::is_partitioned);
        let confined = self.confined.iter().filter(|confined| confined.table == *name);
        partitioned
            || confined
                .into_iter()
                .all(|confined| satisfies(&Bound::Where(confined.check.clone()), own, values))
    }

    /// What the server looks at when a table with rows is attached.
    pub(crate) fn fits_in(
        &self,
        world: &World,
        (parent, child): (&QName, &QName),
        bounds: &str,
    ) -> Answer<()> {
        let bound = self.state(world.schema).schema.bound(parent, child, bounds);
        if self.no_row(world, child, |table, values| !satisfies(&bound, table, values)) {
            return Ok(());
        }
        Err(refusal(
            "23514",
            format!("partition constraint of relation \"{}\" is violated by some row", child.name),
        ))
    }

    /// The rows that go with a partition, where its parent's rows stand in a place.
    pub(crate) fn part(&self, world: &World, (parent, child): (&QName, &QName)) -> Option<Parted> {
        let state = self.state(world.schema);
        let at = |name: &QName| state.names.iter().position(|n| n.as_ref() == Some(name));
        let place = at(parent).filter(|_| at(child).is_none())?;
        let table = state.schema.table(parent)?;
        let goes = |row: &u16| {
            let record = self.record(*row);
            record.is_some_and(|r| belongs(&state.schema, (parent, child), table, &r.values))
        };
        let inside = world.rows(place, self.rows).iter().map(goes).collect();
        Some(Parted { place, child: child.clone(), inside })
    }

    /// What the rest of a transaction does to a partition that it detached: rows are put into it, and the
    /// table that it was of goes, so that its own rows are all that is left in the place. Which table is
    /// where after it, where that is not as before.
    pub(crate) fn after_parting(
        &self,
        world: &mut World,
        before: &State,
        op: &Op,
        parted: &mut Option<Parted>,
    ) -> Option<Vec<Option<QName>>> {
        let part = parted.as_mut()?;
        let parent = before.names.get(part.place).cloned().flatten();
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others leave both as they are")]
        match op {
            Op::InsertSelect { table, from, filter: None, .. }
                if *table == part.child && Some(from) == parent.as_ref() =>
            {
                part.inside.fill(true);
                None
            }
            Op::DropTable { table } if Some(table) == parent.as_ref() => {
                let mut names = self.state(world.schema).names.clone();
                if let Some(name) = names.get_mut(part.place) {
                    *name = Some(part.child.clone());
                }
                for (row, inside) in part.inside.iter().enumerate() {
                    if !inside {
                        world.cells[part.place * self.rows + row] = 0;
                    }
                }
                *parted = None;
                Some(names)
            }
            _ => None,
        }
    }
}

/// A row's values in the order of another table's columns.
pub(crate) fn arranged(from: &Table, to: &Table, values: &[Value]) -> Vec<Value> {
    to.columns.iter().map(|column| rows::get(from, values, &column.name)).collect()
}

//! What a relay means, whatever its triggers do: what is acknowledged of a value stands with the row that has
//! the columns, whichever table a release wrote, and every release reads it. Must not know the triggers.

use planner::name::QName;
use planner::schema::Table;
use planner::sync::{End, Relay, Side};

use super::{Changes, all_same, held, said, says_nothing};
use crate::invariant::{Always, Broken};
use crate::model::{Model, Unmodelled};
use crate::record::Record;
use crate::rows::get;
use crate::value::Value;
use crate::world::World;

impl Model {
    /// What a release wrote to the table with the rows is acknowledged of the row with the columns, whatever
    /// the triggers made of it.
    pub(super) fn remember_there(
        &self,
        world: &World,
        (writer, place): (Option<usize>, usize),
        rows: (Option<&Record>, Option<&Record>),
        changes: &mut Changes,
    ) {
        let state = self.state(world.schema);
        let Some(Some(name)) = state.names.get(place) else { return };
        let Some(table) = self.table(world.schema, place) else { return };
        for relay in self.relays.iter().filter(|relay| relay.of_rows().table == *name) {
            let to = relay.of_columns();
            let both = self.holds_values(world, to);
            for (key, values) in acknowledged((relay, both, writer), table, rows) {
                let Some((cell, record)) = self.row_of(world, to, &key) else { continue };
                let at = changes.iter().position(|(c, _)| *c == cell);
                let mut record = match at.map(|at| changes.remove(at)) {
                    Some((_, Some(changed))) => changed,
                    Some((_, None)) | None => record,
                };
                match values {
                    Some(values) => acknowledge(&mut record, to, values),
                    None => record.plain.retain(|(c, _)| !to.values.contains(c)),
                }
                changes.push((cell, Some(record)));
            }
        }
    }

    /// Whether an end has the columns by now, or still.
    fn holds_values(&self, world: &World, end: &End) -> bool {
        let place = self.resolve(world.schema, &end.table);
        let table = place.and_then(|place| self.table(world.schema, place));
        table.is_some_and(|table| end.values.iter().all(|c| table.column(c).is_some()))
    }

    /// What rows said before anything began, where the old release has rows that become columns.
    pub(crate) fn relayed_from_the_start(&mut self, mut world: World) -> Result<World, Unmodelled> {
        for relay in self.relays.clone().iter().filter(|relay| relay.rows == Side::Old) {
            let (from, to) = (relay.of_rows(), relay.of_columns());
            let Some(place) = self.resolve(world.schema, &from.table) else { continue };
            let Some(table) = self.shared_table(world.schema, place) else { continue };
            for row in 0..self.rows {
                let Some(record) = self.record(world.cells[place * self.rows + row]) else {
                    continue;
                };
                let (key, values) =
                    (get(&table, &record.values, &from.key), held(from, &table, record));
                let Some((cell, mut parent)) = self.row_of(&world, to, &key) else { continue };
                acknowledge(&mut parent, to, values);
                world.cells[cell] = self.intern(parent)?;
            }
        }
        Ok(world)
    }

    /// Whether a release that reads rows finds in them what was acknowledged.
    pub(crate) fn relays_well(&self, world: &World, release: usize) -> Result<(), Broken> {
        for relay in self.relays.iter().filter(|relay| reader(relay) == release) {
            let (of_columns, of_rows) = (relay.of_columns(), relay.of_rows());
            let (Some(columns), Some(rows)) = (
                self.resolve(world.schema, &of_columns.table),
                self.resolve(world.schema, &of_rows.table),
            ) else {
                continue;
            };
            let (Some(table), Some(uses)) =
                (self.table(world.schema, columns), &self.releases[release].uses[rows])
            else {
                continue;
            };
            // As long as both are there, a row that comes later takes the values over.
            let may_come = relay.stands && self.holds_values(world, of_columns);
            for cell in world.rows(columns, self.rows) {
                let Some(record) = self.record(*cell) else { continue };
                let key = get(table, &record.values, &of_columns.key);
                if may_come && self.row_of(world, of_rows, &key).is_none() {
                    continue;
                }
                let found = self.carried(world, relay, &key);
                for (at, column) in of_columns.values.iter().enumerate() {
                    let said = record.plain.iter().find(|(c, _)| c == column);
                    if said.is_none() && relay.stands && relay.rows == Side::New {
                        continue;
                    }
                    let wanted = said.map_or(&Value::Null, |(_, value)| value);
                    if !found[at].same(wanted) {
                        let id = &self.releases[release].id;
                        return Err(Broken::new(
                            Always::NoLostWrite,
                            format!(
                                "{id} reads {} in {}.{} for {key}, where {wanted} was acknowledged",
                                found[at], uses.relation, of_rows.values[at]
                            ),
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// What the rows say of a key; NULLs where there is none.
    pub(super) fn carried(&self, world: &World, relay: &Relay, key: &Value) -> Vec<Value> {
        let end = relay.of_rows();
        let found = self.row_of(world, end, key).and_then(|(cell, record)| {
            Some(held(end, self.table(world.schema, cell / self.rows)?, &record))
        });
        found.unwrap_or_else(|| vec![Value::Null; end.values.len()])
    }

    /// Whether the two tables say the same for every key; of rows that stand for themselves, for every key of
    /// the old one.
    pub(crate) fn agrees(&self, world: &World, relay: &Relay) -> bool {
        let end = relay.of_columns();
        self.no_row(world, &end.table, |table, values| {
            let key = get(table, values, &end.key);
            if relay.stands
                && relay.rows == Side::Old
                && self.row_of(world, relay.of_rows(), &key).is_none()
            {
                return false;
            }
            let here: Vec<Value> = end.values.iter().map(|c| get(table, values, c)).collect();
            !all_same(&self.carried(world, relay, &key), &here)
        })
    }

    /// Whether the old release has a place for what the new one says of a row: one that refers to it. Rows that
    /// stand for themselves are not made for a value.
    pub(crate) fn has_place(
        &self,
        world: &World,
        (release, relation): (usize, &QName),
        seen: impl Fn(&str) -> Value,
    ) -> bool {
        let mut relays = self.relays.iter().filter(|relay| {
            let tied = relay.stands && relay.rows == Side::Old && release == 1;
            tied && relay.of_columns().table == *relation
        });
        relays.all(|relay| {
            let (from, to) = (relay.of_columns(), relay.of_rows());
            !self.holds_values(world, to)
                || from.values.iter().all(|c| seen(c) == Value::Null)
                || self.row_of(world, to, &seen(&from.key)).is_some()
        })
    }

    /// Whether a relay says what the column of the table with the rows holds.
    pub(crate) fn is_carried(&self, place: usize, column: &str) -> bool {
        self.relays.iter().any(|relay| {
            let table = &self.tables[place];
            let name = if relay.rows == Side::Old { &table.old } else { &table.new };
            let end = relay.of_rows();
            Some(&end.table) == name.as_ref() && end.values.iter().any(|value| value == column)
        })
    }
}

/// The release that knows a relay's rows.
fn reader(relay: &Relay) -> usize {
    match relay.rows {
        Side::Old => 0,
        Side::New => 1,
    }
}

/// What a change of a row says of which keys. Of rows that stand for themselves it is what it says to the old
/// release, as long as there are `both` shapes. Nothing is known of a value that the new release let go with its
/// row: to the old one it is there as before.
fn acknowledged(
    (relay, both, writer): (&Relay, bool, Option<usize>),
    table: &Table,
    (before, after): (Option<&Record>, Option<&Record>),
) -> Vec<(Value, Option<Vec<Value>>)> {
    let end = relay.of_rows();
    let all = || {
        let said = said(end, table, (before, after)).into_iter();
        said.map(|(key, values)| (key, Some(values))).collect()
    };
    if !relay.stands {
        return all();
    }
    if end.values.iter().any(|c| table.column(c).is_none()) {
        return Vec::new();
    }
    let key = |record: &Record| get(table, &record.values, &end.key);
    match (relay.rows, before, after) {
        (Side::New, _, _) if !both => all(),
        (_, None, Some(after)) if says_nothing(end, table, after) => Vec::new(),
        (Side::New, Some(before), after) => {
            let is_left = writer == Some(1) && after.is_none_or(|a| key(a) != key(before));
            let left = is_left.then(|| (key(before), None));
            let was = held(end, table, before);
            let now = after.map(|a| (key(a), held(end, table, a)));
            let now = now.filter(|(_, now)| !all_same(&was, now));
            left.into_iter().chain(now.map(|(key, now)| (key, Some(now)))).collect()
        }
        (Side::Old | Side::New, _, _) => all(),
    }
}

fn acknowledge(record: &mut Record, end: &End, values: Vec<Value>) {
    record.plain.retain(|(c, _)| !end.values.contains(c));
    record.plain.extend(end.values.iter().cloned().zip(values));
    record.plain.sort();
}

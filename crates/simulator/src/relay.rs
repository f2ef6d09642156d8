//! What a statement changes beside its own row: rows that refer to it (`children`), and what the
//! triggers of a relay carry to another table. And what a relay means: whoever wrote last, every
//! release reads. The two are worked out apart, so that a trigger that is missing shows.
//!
//! What is acknowledged stands with the row that has the columns, whichever table a release wrote.

use planner::schema::Table;
use planner::sync::{End, Relay, Side};

use crate::eval::Around;
use crate::invariant::{Always, Broken};
use crate::model::{Answer, Model, Unmodelled, refusal};
use crate::record::Record;
use crate::rows::{self, get};
use crate::value::Value;
use crate::world::World;

/// Cells with what they hold afterwards.
pub(crate) type Changes = Vec<(usize, Option<Record>)>;

impl Model {
    /// A statement's own change, and all that follows from it.
    pub(crate) fn followed(
        &mut self,
        world: &World,
        (place, row): (usize, usize),
        after: Option<Record>,
    ) -> Result<Answer<Changes>, Unmodelled> {
        let before = self.record(world.cells[place * self.rows + row]).cloned();
        let carried = self.carried_on(world, (place, row), after)?;
        Ok(carried.map(|(here, mut changes)| {
            let own = changes.pop();
            let after = own.as_ref().and_then(|(_, record)| record.as_ref());
            self.remember_there(&here, place, (before.as_ref(), after), &mut changes);
            changes.extend(own);
            changes
        }))
    }

    /// The same where nobody says anything new: a batch of a backfill. The row's own change is the last.
    pub(crate) fn carried_on(
        &mut self,
        world: &World,
        (place, row): (usize, usize),
        after: Option<Record>,
    ) -> Result<Answer<(World, Changes)>, Unmodelled> {
        let own = place * self.rows + row;
        let before = self.record(world.cells[own]).cloned();
        // AFTER triggers find the row as it was written.
        let mut here = *world;
        here.cells[own] = match &after {
            Some(record) => self.intern(record.clone())?,
            None => 0,
        };
        let row = (before.as_ref(), after.as_ref());
        let mut changes: Changes = Vec::new();
        if let Some(before) = &before {
            let followed =
                self.children(&mut here, place, (before, after.as_ref()), &mut changes)?;
            if let Err(refused) = followed {
                return Ok(Err(refused));
            }
        }
        let relays = self.table(world.schema, place).map(|t| t.relays.clone()).unwrap_or_default();
        for (relay, side) in relays.values() {
            let carried = if *side == relay.rows {
                self.write_columns(&here, (place, relay), row, &mut changes)?
            } else {
                self.write_rows(&here, (place, relay), row, &mut changes)?
            };
            if let Err(refused) = carried {
                return Ok(Err(refused));
            }
        }
        changes.push((own, after));
        Ok(Ok((here, changes)))
    }

    /// The row of an end that has a key.
    fn row_of(&self, world: &World, end: &End, key: &Value) -> Option<(usize, Record)> {
        let place = self.resolve(world.schema, &end.table)?;
        let table = self.table(world.schema, place)?;
        let (row, _) =
            self.present(world, place).find(|(_, values)| get(table, values, &end.key) == *key)?;
        let cell = place * self.rows + row;
        Some((cell, self.record(world.cells[cell])?.clone()))
    }

    /// The trigger on the table with the columns: as its function is written.
    fn write_rows(
        &self,
        world: &World,
        (place, relay): (usize, &Relay),
        (before, after): (Option<&Record>, Option<&Record>),
        changes: &mut Changes,
    ) -> Result<Answer<()>, Unmodelled> {
        let (Some(table), Some(after)) = (self.table(world.schema, place), after) else {
            return Ok(Ok(()));
        };
        let from = relay.of_columns();
        if let Some(value) = from.values.iter().find(|value| table.column(value).is_none()) {
            return Ok(Err(missing(value)));
        }
        let values = held(from, table, after);
        if before.is_some_and(|b| all_same(&held(from, table, b), &values)) {
            return Ok(Ok(()));
        }
        let key = get(table, &after.values, &from.key);
        if values.iter().all(|value| *value == Value::Null) {
            // One that says nothing stays.
            if self.carried(world, relay, &key).iter().any(|value| *value != Value::Null) {
                let found = self.row_of(world, relay.of_rows(), &key);
                changes.extend(found.map(|(cell, _)| (cell, None)));
            }
            return Ok(Ok(()));
        }
        self.upsert(world, relay.of_rows(), (key, values), changes)
    }

    /// `INSERT … ON CONFLICT (link) DO UPDATE`.
    fn upsert(
        &self,
        world: &World,
        end: &End,
        (key, values): (Value, Vec<Value>),
        changes: &mut Changes,
    ) -> Result<Answer<()>, Unmodelled> {
        let there = self.resolve(world.schema, &end.table);
        let Some((place, table)) = there.and_then(|p| Some((p, self.table(world.schema, p)?)))
        else {
            return Ok(Err(refusal("42P01", format!("relation \"{}\" does not exist", end.table))));
        };
        if !table.is_unique_in(&end.key) {
            return Ok(Err(refusal(
                "42P10",
                "there is no unique or exclusion constraint matching the ON CONFLICT specification"
                    .to_owned(),
            )));
        }
        let found = self.row_of(world, end, &key);
        let mut given = vec![(end.key.clone(), key)];
        given.extend(end.values.iter().cloned().zip(values));
        let around = Around::nowhere(&end.table.name);
        let written = match &found {
            Some((_, record)) => rows::update(table, &record.values, &given[1..], &around),
            None => rows::insert(table, &given, &around),
        };
        let values = match written {
            Ok(values) => values,
            Err(refused) => return Ok(Err(refused)),
        };
        let cell = match &found {
            Some((cell, _)) => *cell,
            None => place * self.rows + self.room(world, place, (table, &values))?,
        };
        let (row, before) = (cell % self.rows, found.as_ref().map(|(_, r)| r.values.as_slice()));
        if let Err(refused) = self.check_keys(world, (place, row), before, &values) {
            return Ok(Err(refused));
        }
        let record = match found {
            Some((_, record)) => Record { values, ..record },
            None => self.fresh(place, table, values),
        };
        changes.push((cell, Some(record)));
        Ok(Ok(()))
    }

    /// The trigger on the table with the rows, likewise: what the row has left loses its values first.
    fn write_columns(
        &mut self,
        world: &World,
        (place, relay): (usize, &Relay),
        rows: (Option<&Record>, Option<&Record>),
        changes: &mut Changes,
    ) -> Result<Answer<()>, Unmodelled> {
        let Some(table) = self.table(world.schema, place) else { return Ok(Ok(())) };
        let to = relay.of_columns();
        let mut here = *world;
        for (key, values) in said(relay.of_rows(), table, rows) {
            match self.write_columns_of(&here, to, (&key, values)) {
                Ok(Some((cell, record))) => {
                    here.cells[cell] = self.intern(record.clone())?;
                    changes.push((cell, Some(record)));
                }
                Ok(None) => {}
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Ok(()))
    }

    /// UPDATE of the columns of one key, where they hold something else.
    fn write_columns_of(
        &self,
        world: &World,
        to: &End,
        (key, values): (&Value, Vec<Value>),
    ) -> Answer<Option<(usize, Record)>> {
        let Some((cell, record)) = self.row_of(world, to, key) else { return Ok(None) };
        let at = (cell / self.rows, cell % self.rows);
        let Some(table) = self.table(world.schema, at.0) else { return Ok(None) };
        if let Some(value) = to.values.iter().find(|value| table.column(value).is_none()) {
            return Err(missing(value));
        }
        if all_same(&held(to, table, &record), &values) {
            return Ok(None);
        }
        let given: Vec<_> = to.values.iter().cloned().zip(values).collect();
        let values = rows::update(table, &record.values, &given, &Around::nowhere(&to.table.name))?;
        self.check_keys(world, at, Some(&record.values), &values)?;
        Ok(Some((cell, Record { values, ..record })))
    }

    /// What a release wrote to the table with the rows is acknowledged of the row with the columns, whatever
    /// the triggers made of it.
    fn remember_there(
        &self,
        world: &World,
        place: usize,
        rows: (Option<&Record>, Option<&Record>),
        changes: &mut Changes,
    ) {
        let state = self.state(world.schema);
        let Some(Some(name)) = state.names.get(place) else { return };
        let Some(table) = self.table(world.schema, place) else { return };
        for relay in self.relays.iter().filter(|relay| relay.of_rows().table == *name) {
            let to = relay.of_columns();
            for (key, values) in said(relay.of_rows(), table, rows) {
                let Some((cell, record)) = self.row_of(world, to, &key) else { continue };
                let at = changes.iter().position(|(c, _)| *c == cell);
                let mut record = match at.map(|at| changes.remove(at)) {
                    Some((_, Some(changed))) => changed,
                    Some((_, None)) | None => record,
                };
                acknowledge(&mut record, to, values);
                changes.push((cell, Some(record)));
            }
        }
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
            for cell in world.rows(columns, self.rows) {
                let Some(record) = self.record(*cell) else { continue };
                let key = get(table, &record.values, &of_columns.key);
                let found = self.carried(world, relay, &key);
                for (at, column) in of_columns.values.iter().enumerate() {
                    let said = record.plain.iter().find(|(c, _)| c == column);
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
    fn carried(&self, world: &World, relay: &Relay, key: &Value) -> Vec<Value> {
        let end = relay.of_rows();
        let found = self.row_of(world, end, key).and_then(|(cell, record)| {
            Some(held(end, self.table(world.schema, cell / self.rows)?, &record))
        });
        found.unwrap_or_else(|| vec![Value::Null; end.values.len()])
    }

    /// Whether the two tables say the same for every key.
    pub(crate) fn agrees(&self, world: &World, relay: &Relay) -> bool {
        let end = relay.of_columns();
        self.no_row(world, &end.table, |table, values| {
            let key = get(table, values, &end.key);
            let here: Vec<Value> = end.values.iter().map(|c| get(table, values, c)).collect();
            !all_same(&self.carried(world, relay, &key), &here)
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

/// What a row of an end holds.
fn held(end: &End, table: &Table, record: &Record) -> Vec<Value> {
    end.values.iter().map(|value| get(table, &record.values, value)).collect()
}

/// What a change of a row says of which keys: nothing more of the one that it has left.
fn said(
    end: &End,
    table: &Table,
    (before, after): (Option<&Record>, Option<&Record>),
) -> Vec<(Value, Vec<Value>)> {
    let key = |record: &Record| get(table, &record.values, &end.key);
    let moved = |b: &&Record| after.is_none_or(|a| key(a) != key(b));
    let nothing = || vec![Value::Null; end.values.len()];
    let left = before.filter(moved).map(|b| (key(b), nothing()));
    left.into_iter().chain(after.map(|a| (key(a), held(end, table, a)))).collect()
}

fn all_same(left: &[Value], right: &[Value]) -> bool {
    left.iter().zip(right).all(|(l, r)| l.same(r))
}

fn acknowledge(record: &mut Record, end: &End, values: Vec<Value>) {
    record.plain.retain(|(c, _)| !end.values.contains(c));
    record.plain.extend(end.values.iter().cloned().zip(values));
    record.plain.sort();
}

fn missing(column: &str) -> planner::op::effect::Refusal {
    refusal("42703", format!("record \"new\" has no field \"{column}\""))
}

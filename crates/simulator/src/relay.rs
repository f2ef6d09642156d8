//! What a statement changes beside its own row: rows that refer to it (`children`), and what the
//! triggers of a relay carry to another table. What a relay means is worked out apart (`meant`), so that a
//! trigger that is missing shows.

mod meant;

use planner::schema::Table;
use planner::sync::{End, Relay, Side};

use crate::eval::Around;
use crate::model::{Answer, Model, Unmodelled, refusal};
use crate::record::Record;
use crate::rows::{self, get};
use crate::value::Value;
use crate::world::World;

/// Cells with what they hold afterwards.
pub(crate) type Changes = Vec<(usize, Option<Record>)>;

impl Model {
    /// The own change of a statement, of a release or of the migration, and all that follows from it.
    pub(crate) fn followed(
        &mut self,
        world: &World,
        writer: Option<usize>,
        (place, row): (usize, usize),
        after: Option<&Record>,
    ) -> Result<Answer<Changes>, Unmodelled> {
        let before = self.record(world.cells[place * self.rows + row]).cloned();
        let carried = self.carried_on(world, (place, row), after, false)?;
        Ok(carried.map(|(here, mut changes)| {
            let own = changes.pop();
            let row = (before.as_ref(), after);
            self.remember_there(&here, (writer, place), row, &mut changes);
            changes.extend(own);
            changes
        }))
    }

    /// The same where nobody says anything new: in a `batch` of a backfill. The row's own change is the last.
    pub(crate) fn carried_on(
        &mut self,
        world: &World,
        (place, row): (usize, usize),
        after: Option<&Record>,
        batch: bool,
    ) -> Result<Answer<(World, Changes)>, Unmodelled> {
        let own = place * self.rows + row;
        let before = self.record(world.cells[own]).cloned();
        // AFTER triggers find the row as it was written.
        let mut here = *world;
        here.cells[own] = match after {
            Some(record) => self.intern(record.clone())?,
            None => 0,
        };
        let row = (before.as_ref(), after);
        let mut changes: Changes = Vec::new();
        if let Some(before) = &before {
            let followed = self.children(&mut here, place, (before, after), &mut changes)?;
            if let Err(refused) = followed {
                return Ok(Err(refused));
            }
        }
        let relays = self.table(world.schema, place).map(|t| t.relays.clone()).unwrap_or_default();
        let mut given = after.cloned();
        for (relay, side) in relays.values() {
            let is_told = batch && *side == Side::Old;
            if relay.stands && !is_told && self.leaves_as_it_was(&here, place, (relay, *side), row)
            {
                continue;
            }
            let carried = match (*side == relay.rows, relay.stands) {
                (true, false) => self.write_columns(&here, (place, relay), row, &mut changes)?,
                (false, false) => self.write_rows(&here, (place, relay), row, &mut changes)?,
                (true, true) => self
                    .write_parent(&here, (place, relay), row, &mut changes)?
                    .map(|from_parent| given = from_parent.or(given.take())),
                (false, true) => self.write_child(&here, (place, relay), row, &mut changes)?,
            };
            if let Err(refused) = carried {
                return Ok(Err(refused));
            }
        }
        if given.as_ref() != after {
            here.cells[own] = match &given {
                Some(record) => self.intern(record.clone())?,
                None => 0,
            };
        }
        changes.push((own, given));
        Ok(Ok((here, changes)))
    }

    /// Whether an UPDATE changes neither what is carried nor, of a child, what it belongs to.
    fn leaves_as_it_was(
        &self,
        world: &World,
        place: usize,
        (relay, side): (&Relay, Side),
        (before, after): (Option<&Record>, Option<&Record>),
    ) -> bool {
        let (Some(table), Some(before), Some(after)) =
            (self.table(world.schema, place), before, after)
        else {
            return false;
        };
        let end = relay.end(side);
        let key = |record: &Record| get(table, &record.values, &end.key);
        all_same(&held(end, table, before), &held(end, table, after))
            && (side != relay.rows || key(before) == key(after))
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

    /// The trigger on a parent whose rows' children stand for themselves: nothing is made or taken away.
    fn write_child(
        &self,
        world: &World,
        (place, relay): (usize, &Relay),
        (before, after): (Option<&Record>, Option<&Record>),
        changes: &mut Changes,
    ) -> Result<Answer<()>, Unmodelled> {
        // No child refers to a row that is not there yet.
        let (Some(table), Some(_), Some(after)) = (self.table(world.schema, place), before, after)
        else {
            return Ok(Ok(()));
        };
        let from = relay.of_columns();
        if let Some(value) = from.values.iter().find(|value| table.column(value).is_none()) {
            return Ok(Err(missing(value)));
        }
        let (key, values) = (get(table, &after.values, &from.key), held(from, table, after));
        Ok(self.write_values_of(world, relay.of_rows(), (&key, values)).map(|made| {
            changes.extend(made.map(|(cell, record)| (cell, Some(record))));
        }))
    }

    /// The trigger on children that stand for themselves; and the row anew, where it gets the parent's values.
    fn write_parent(
        &mut self,
        world: &World,
        (place, relay): (usize, &Relay),
        (before, after): (Option<&Record>, Option<&Record>),
        changes: &mut Changes,
    ) -> Result<Answer<Option<Record>>, Unmodelled> {
        let Some(table) = self.shared_table(world.schema, place) else { return Ok(Ok(None)) };
        let (from, to) = (relay.of_rows(), relay.of_columns());
        if relay.rows == Side::Old {
            let takes = before.is_none() && after.is_some_and(|a| says_nothing(from, &table, a));
            if !takes {
                let written =
                    self.write_columns(world, (place, relay), (before, after), changes)?;
                return Ok(written.map(|()| None));
            }
        }
        let Some(after) = after else { return Ok(Ok(None)) };
        let key = get(&table, &after.values, &from.key);
        let values = held(from, &table, after);
        let says = match before {
            None => !says_nothing(from, &table, after),
            Some(before) => !all_same(&held(from, &table, before), &values),
        };
        if says {
            let made = self.write_values_of(world, to, (&key, values));
            return Ok(made.map(|made| {
                changes.extend(made.map(|(cell, record)| (cell, Some(record))));
                None
            }));
        }
        let Some((cell, parent)) = self.row_of(world, to, &key) else { return Ok(Ok(None)) };
        let Some(other) = self.table(world.schema, cell / self.rows) else { return Ok(Ok(None)) };
        if let Some(value) = to.values.iter().find(|value| other.column(value).is_none()) {
            return Ok(Err(missing(value)));
        }
        let given: Vec<_> = from.values.iter().cloned().zip(held(to, other, &parent)).collect();
        let around = Around::nowhere(&from.table.name);
        let made = rows::update(&table, &after.values, &given, &around);
        Ok(made.map(|values| Some(Record { values, ..after.clone() })))
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
            match self.write_values_of(&here, to, (&key, values)) {
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

    /// UPDATE of one end's values for a key, where they are something else.
    fn write_values_of(
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

fn says_nothing(end: &End, table: &Table, record: &Record) -> bool {
    held(end, table, record).iter().all(|value| *value == Value::Null)
}

fn all_same(left: &[Value], right: &[Value]) -> bool {
    left.iter().zip(right).all(|(l, r)| l.same(r))
}

fn missing(column: &str) -> planner::op::effect::Refusal {
    refusal("42703", format!("record \"new\" has no field \"{column}\""))
}

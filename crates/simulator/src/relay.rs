//! What a statement changes beside its own row: rows that refer to it (`children`), and what the
//! triggers of a relay carry to another table. And what a relay means: whoever wrote last, every
//! release reads. The two are worked out apart, so that a trigger that is missing shows.

use planner::sync::{Relay, Side};

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
            let carried = match side {
                Side::Old => self.there(&here, (place, relay), row, &mut changes)?,
                Side::New => self.back(&here, (place, relay), row, &mut changes),
            };
            if let Err(refused) = carried {
                return Ok(Err(refused));
            }
        }
        self.remember_there(&here, place, row, &mut changes);
        changes.push((own, after));
        Ok(Ok(changes))
    }

    /// The row of the new table that refers to a key.
    fn row_of(
        &self,
        world: &World,
        relay: &Relay,
        side: Side,
        key: &Value,
    ) -> Option<(usize, Record)> {
        let end = relay.end(side);
        let place = self.resolve(world.schema, &end.table)?;
        let table = self.table(world.schema, place)?;
        let (row, _) =
            self.present(world, place).find(|(_, values)| get(table, values, &end.key) == *key)?;
        let cell = place * self.rows + row;
        Some((cell, self.record(world.cells[cell])?.clone()))
    }

    /// The trigger on the old table: as its function is written.
    fn there(
        &self,
        world: &World,
        (place, relay): (usize, &Relay),
        (before, after): (Option<&Record>, Option<&Record>),
        changes: &mut Changes,
    ) -> Result<Answer<()>, Unmodelled> {
        let (Some(table), Some(after)) = (self.table(world.schema, place), after) else {
            return Ok(Ok(()));
        };
        if table.column(&relay.old.value).is_none() {
            return Ok(Err(missing(&relay.old.value)));
        }
        let of = |record: &Record, column: &str| get(table, &record.values, column);
        let value = of(after, &relay.old.value);
        if before.is_some_and(|b| of(b, &relay.old.value).same(&value)) {
            return Ok(Ok(()));
        }
        let key = of(after, &relay.old.key);
        if value == Value::Null {
            let found = self.row_of(world, relay, Side::New, &key);
            changes.extend(found.map(|(cell, _)| (cell, None)));
            return Ok(Ok(()));
        }
        self.upsert(world, relay, (key, value), changes)
    }

    /// `INSERT … ON CONFLICT (link) DO UPDATE`.
    fn upsert(
        &self,
        world: &World,
        relay: &Relay,
        (key, value): (Value, Value),
        changes: &mut Changes,
    ) -> Result<Answer<()>, Unmodelled> {
        let end = &relay.new;
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
        let found = self.row_of(world, relay, Side::New, &key);
        let given = [(end.key.clone(), key), (end.value.clone(), value)];
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

    /// The trigger on the new table, likewise.
    fn back(
        &self,
        world: &World,
        (place, relay): (usize, &Relay),
        (before, after): (Option<&Record>, Option<&Record>),
        changes: &mut Changes,
    ) -> Answer<()> {
        let Some(table) = self.table(world.schema, place) else { return Ok(()) };
        let of = |record: &Record, column: &str| get(table, &record.values, column);
        let key = |record: &Record| of(record, &relay.new.key);
        let moved = |b: &&Record| after.is_none_or(|a| key(a) != key(b));
        let mut wanted: Vec<(Value, Value)> = Vec::new();
        wanted.extend(before.filter(moved).map(|b| (key(b), Value::Null)));
        wanted.extend(after.map(|a| (key(a), of(a, &relay.new.value))));
        for (key, value) in wanted {
            let Some((cell, record)) = self.row_of(world, relay, Side::Old, &key) else { continue };
            let there = self.table(world.schema, cell / self.rows);
            let Some(old) = there else { continue };
            if old.column(&relay.old.value).is_none() {
                return Err(missing(&relay.old.value));
            }
            if get(old, &record.values, &relay.old.value).same(&value) {
                continue;
            }
            let given = [(relay.old.value.clone(), value)];
            let values =
                rows::update(old, &record.values, &given, &Around::nowhere(&relay.old.table.name))?;
            self.check_keys(
                world,
                (cell / self.rows, cell % self.rows),
                Some(&record.values),
                &values,
            )?;
            changes.push((cell, Some(Record { values, ..record })));
        }
        Ok(())
    }

    /// What the new release wrote to the new table is acknowledged of the old one's row, whatever the
    /// triggers made of it.
    fn remember_there(
        &self,
        world: &World,
        place: usize,
        (before, after): (Option<&Record>, Option<&Record>),
        changes: &mut Changes,
    ) {
        let state = self.state(world.schema);
        let Some(Some(name)) = state.names.get(place) else { return };
        let Some(table) = self.table(world.schema, place) else { return };
        for relay in self.relays.iter().filter(|relay| relay.new.table == *name) {
            let of = |record: &Record, column: &str| get(table, &record.values, column);
            let key = |record: &Record| of(record, &relay.new.key);
            let mut said: Vec<(Value, Value)> = Vec::new();
            let moved = |b: &&Record| after.is_none_or(|a| key(a) != key(b));
            said.extend(before.filter(moved).map(|b| (key(b), Value::Null)));
            said.extend(after.map(|a| (key(a), of(a, &relay.new.value))));
            for (key, value) in said {
                let Some((cell, record)) = self.row_of(world, relay, Side::Old, &key) else {
                    continue;
                };
                let at = changes.iter().position(|(c, _)| *c == cell);
                let mut record = match at.map(|at| changes.remove(at)) {
                    Some((_, Some(changed))) => changed,
                    Some((_, None)) | None => record,
                };
                record.plain.retain(|(c, _)| *c != relay.old.value);
                record.plain.push((relay.old.value.clone(), value));
                record.plain.sort();
                changes.push((cell, Some(record)));
            }
        }
    }

    /// Whether the newest release reads in the new table what was acknowledged of the old one's rows.
    pub(crate) fn relays_well(&self, world: &World) -> Result<(), Broken> {
        for relay in &self.relays {
            let (Some(old), Some(new)) = (
                self.resolve(world.schema, &relay.old.table),
                self.resolve(world.schema, &relay.new.table),
            ) else {
                continue;
            };
            let (Some(table), Some(uses)) =
                (self.table(world.schema, old), &self.releases[1].uses[new])
            else {
                continue;
            };
            for cell in world.rows(old, self.rows) {
                let Some(record) = self.record(*cell) else { continue };
                let said = record.plain.iter().find(|(c, _)| *c == relay.old.value);
                let wanted = said.map_or(Value::Null, |(_, value)| value.clone());
                let key = get(table, &record.values, &relay.old.key);
                let found = self.carried(world, relay, &key);
                if !found.same(&wanted) {
                    let id = &self.releases[1].id;
                    return Err(Broken::new(
                        Always::NoLostWrite,
                        format!(
                            "{id} reads {found} in {}.{} for {key}, where {wanted} was acknowledged",
                            uses.relation, relay.new.value
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    /// What the new table says of a key; NULL where it has no row.
    fn carried(&self, world: &World, relay: &Relay, key: &Value) -> Value {
        let Some((cell, record)) = self.row_of(world, relay, Side::New, key) else {
            return Value::Null;
        };
        let table = self.table(world.schema, cell / self.rows);
        table.map_or(Value::Null, |t| get(t, &record.values, &relay.new.value))
    }

    /// Whether the two tables say the same for every key.
    pub(crate) fn agrees(&self, world: &World, relay: &Relay) -> bool {
        self.no_row(world, &relay.old.table, |table, values| {
            let key = get(table, values, &relay.old.key);
            !self.carried(world, relay, &key).same(&get(table, values, &relay.old.value))
        })
    }

    /// Whether a relay says what the column of the new table holds.
    pub(crate) fn is_carried(&self, place: usize, column: &str) -> bool {
        let name = self.tables[place].new.as_ref();
        self.relays.iter().any(|r| Some(&r.new.table) == name && r.new.value == column)
    }
}

fn missing(column: &str) -> planner::op::effect::Refusal {
    refusal("42703", format!("record \"new\" has no field \"{column}\""))
}

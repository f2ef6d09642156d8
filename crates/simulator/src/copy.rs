//! Rows of one table that make rows of another. A row that has its key's value in the place where the
//! app would put it stands there; otherwise in any that is free. Must not know who copies.

use planner::expr::Expr;
use planner::name::QName;
use planner::op::effect::Refusal;
use planner::schema::Table;

use crate::ddl::assigned;
use crate::eval::{Around, eval};
use crate::keys::tuple;
use crate::model::{Answer, Model, State, Unmodelled};
use crate::record::Record;
use crate::rows;
use crate::value::Value;
use crate::world::World;

/// What comes of copying a row.
pub(crate) enum Copied {
    /// It stands in this cell.
    Made(usize, Record),
    /// A row of that key is there already.
    There,
    /// The server refuses it.
    Refused(Refusal),
}

impl Model {
    /// The row that a row makes in another table. Without a key nothing says that it is there already.
    pub(crate) fn copied(
        &self,
        world: &World,
        (table, record): (&Table, &Record),
        (into, set): (&QName, &[(String, Expr)]),
        key: &[String],
    ) -> Result<Copied, Unmodelled> {
        let Some(place) = self.resolve(world.schema, into) else { return Ok(Copied::There) };
        let Some(target) = self.table(world.schema, place) else { return Ok(Copied::There) };
        let find = self.finder(world);
        let made = assigned(table, &record.values, set, &find)
            .and_then(|given| rows::insert(target, &given, &Around::with(&into.name, &find)));
        let values = match made {
            Ok(values) => values,
            Err(refused) => return Ok(Copied::Refused(refused)),
        };
        let mine = tuple(target, &values, key);
        let there = |theirs: &[Value]| tuple(target, theirs, key) == mine;
        if !key.is_empty() && self.present(world, place).any(|(_, theirs)| there(theirs)) {
            return Ok(Copied::There);
        }
        if let Err(refused) = self.check_keys(world, (place, self.rows), None, &values) {
            return Ok(Copied::Refused(refused));
        }
        let row = self.room(world, place, (target, &values))?;
        Ok(Copied::Made(place * self.rows + row, self.fresh(place, target, values)))
    }

    /// A free row of the table: the one whose key the app would give it, where it is that.
    pub(crate) fn room(
        &self,
        world: &World,
        place: usize,
        (target, values): (&Table, &[Value]),
    ) -> Result<usize, Unmodelled> {
        let free: Vec<usize> = (0..self.rows)
            .filter(|row| self.record(world.rows(place, self.rows)[*row]).is_none())
            .collect();
        let key = &self.tables[place].key;
        let mine = tuple(target, values, key);
        let own = |row: &usize| {
            let theirs: Vec<Option<Value>> = key
                .iter()
                .map(|c| (0..2).find_map(|r| self.domain(r, place, *row, c).first().cloned()))
                .collect();
            theirs == mine.iter().cloned().map(Some).collect::<Vec<_>>()
        };
        free.iter().copied().find(own).or(free.first().copied()).ok_or_else(|| {
            Unmodelled(format!("no room for a row that is copied to a table of {} rows", self.rows))
        })
    }

    /// INSERT of given rows, each in its place; those for which there is no room belong to values that
    /// nobody writes here.
    pub(crate) fn insert_rows(
        &mut self,
        world: &mut World,
        state: &State,
        (into, columns, rows): (&QName, &[String], &[Vec<Expr>]),
    ) -> Result<Answer<()>, Unmodelled> {
        let Some(place) = state.names.iter().position(|n| n.as_ref() == Some(into)) else {
            return Ok(Ok(()));
        };
        let Some(table) = state.schema.table(into) else { return Ok(Ok(())) };
        for (row, given) in rows.iter().enumerate().take(self.rows) {
            let cell = place * self.rows + row;
            if self.record(world.cells[cell]).is_some() {
                continue;
            }
            let kept = columns.iter().zip(given).filter(|(c, _)| table.column(c).is_some());
            let values = kept
                .map(|(c, value)| Ok((c.clone(), eval(value, &|_| Value::Null)?)))
                .collect::<Answer<Vec<_>>>()
                .and_then(|given| rows::insert(table, &given, &Around::nowhere(&into.name)));
            match values {
                Ok(values) => {
                    let record = self.fresh(place, table, values);
                    world.cells[cell] = self.intern(record)?;
                }
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Ok(()))
    }

    /// INSERT … SELECT in one transaction.
    pub(crate) fn copy_all(
        &mut self,
        world: &mut World,
        (from, filter): (&QName, Option<&Expr>),
        (into, set): (&QName, &[(String, Expr)]),
    ) -> Result<Answer<()>, Unmodelled> {
        let Some(place) = self.resolve(world.schema, from) else { return Ok(Ok(())) };
        let Some(table) = self.shared_table(world.schema, place) else { return Ok(Ok(())) };
        for row in 0..self.rows {
            let Some(record) = self.record(world.cells[place * self.rows + row]).cloned() else {
                continue;
            };
            let applies =
                filter.map_or(Ok(true), |filter| rows::is_true(&table, &record.values, filter));
            match applies {
                Ok(true) => {}
                Ok(false) => continue,
                Err(refused) => return Ok(Err(refused)),
            }
            match self.copied(world, (&table, &record), (into, set), &[])? {
                Copied::Made(cell, record) => world.cells[cell] = self.intern(record)?,
                Copied::There => {}
                Copied::Refused(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Ok(()))
    }
}

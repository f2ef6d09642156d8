//! UPDATE and DELETE of the migration, over every row that the filter finds, with all that follows
//! from each. Must not know who runs them.

use planner::expr::Expr;
use planner::name::QName;

use crate::ddl::assigned;
use crate::model::{Answer, Model, Unmodelled};
use crate::record::Record;
use crate::relay::Changes;
use crate::rows;
use crate::world::World;

/// What an UPDATE sets, nothing for a DELETE; and which rows it is about, all where nothing says so.
type Statement<'a> = (Option<&'a [(String, Expr)]>, Option<&'a Expr>);

impl Model {
    /// Every row that the filter finds gets the values, or goes where there are none.
    pub(crate) fn change_rows(
        &mut self,
        world: &mut World,
        relation: &QName,
        (set, filter): Statement<'_>,
    ) -> Result<Answer<()>, Unmodelled> {
        let Some(place) = self.resolve(world.schema, relation) else { return Ok(Ok(())) };
        // The statement sees the rows as they were when it began.
        let began = *world;
        for row in 0..self.rows {
            let Some(record) = self.record(began.rows(place, self.rows)[row]).cloned() else {
                continue;
            };
            let after =
                match self.changed_row(&began, world, ((place, row), &record), (set, filter)) {
                    Ok(Some(after)) => after,
                    Ok(None) => continue,
                    Err(refused) => return Ok(Err(refused)),
                };
            match self.followed(world, None, (place, row), after.as_ref())? {
                Ok(changes) => self.put_changes(world, changes)?,
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Ok(()))
    }

    /// What becomes of a row; nothing where the filter does not find it.
    fn changed_row(
        &self,
        began: &World,
        world: &World,
        (at, record): ((usize, usize), &Record),
        (set, filter): Statement<'_>,
    ) -> Answer<Option<Option<Record>>> {
        let Some(table) = self.table(world.schema, at.0) else { return Ok(None) };
        if !filter.map_or(Ok(true), |f| rows::is_true(table, &record.values, f))? {
            return Ok(None);
        }
        let Some(set) = set else { return Ok(Some(None)) };
        let given = assigned(table, &record.values, set, &self.finder(began))?;
        Ok(Some(Some(self.rewritten(world, at, (table, record), &given)?)))
    }

    /// Puts rows into their cells.
    pub(crate) fn put_changes(
        &mut self,
        world: &mut World,
        changes: Changes,
    ) -> Result<(), Unmodelled> {
        for (cell, record) in changes {
            world.cells[cell] = match record {
                Some(record) => self.intern(record)?,
                None => 0,
            };
        }
        Ok(())
    }
}

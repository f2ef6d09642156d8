//! What one row may hold because of others: UNIQUE and FOREIGN KEY, over the rows of a state.

use planner::expr::Lookup;
use planner::schema::{ConstraintKind, ForeignKey, Table};

use crate::model::{Answer, Model, refusal};
use crate::relay::cascades;
use crate::rows::get;
use crate::value::Value;
use crate::world::World;

impl Model {
    /// Rows of a table with their places.
    pub(crate) fn present<'a>(
        &'a self,
        world: &'a World,
        place: usize,
    ) -> impl Iterator<Item = (usize, &'a [Value])> {
        world
            .rows(place, self.rows)
            .iter()
            .enumerate()
            .filter_map(|(row, &cell)| Some((row, self.record(cell)?.values.as_slice())))
    }

    /// UNIQUE and FOREIGN KEY for a row about to be written. `before`: the row as it was.
    pub(crate) fn check_keys(
        &self,
        world: &World,
        (place, row): (usize, usize),
        before: Option<&[Value]>,
        values: &[Value],
    ) -> Answer<()> {
        let Some(table) = self.table(world.schema, place) else { return Ok(()) };
        self.finds_partition(world, place, values)?;
        for (name, columns) in unique_sets(table) {
            let mine = tuple(table, values, columns);
            if mine.contains(&Value::Null) || mine.iter().any(Value::is_generated) {
                continue;
            }
            let taken = self
                .present(world, place)
                .any(|(other, theirs)| other != row && tuple(table, theirs, columns) == mine);
            if taken {
                return Err(refusal(
                    "23505",
                    format!("duplicate key value violates unique constraint \"{name}\""),
                ));
            }
        }
        for (name, constraint) in &table.constraints {
            let ConstraintKind::ForeignKey(key) = &constraint.kind else { continue };
            let mine = tuple(table, values, &key.columns);
            let unchanged = before.is_some_and(|b| tuple(table, b, &key.columns) == mine);
            if !unchanged && !self.has_parent(world, key, &mine) {
                return Err(refusal(
                    "23503",
                    format!("insert or update violates foreign key constraint \"{name}\""),
                ));
            }
        }
        Ok(())
    }

    /// Whether the row of these values may be deleted: no key points at it.
    pub(crate) fn check_delete(&self, world: &World, place: usize, values: &[Value]) -> Answer<()> {
        let state = self.state(world.schema);
        let (Some(Some(name)), Some(table)) =
            (state.names.get(place), self.table(world.schema, place))
        else {
            return Ok(());
        };
        let held = state.schema.referencing(name).filter(|(_, _, key)| !cascades(key));
        for (child, constraint, key) in held {
            let Some(child_place) = self.resolve(world.schema, child) else { continue };
            let Some(child_table) = self.table(world.schema, child_place) else { continue };
            let mine = tuple(table, values, &state.schema.parent_columns(key));
            let referenced = self
                .present(world, child_place)
                .any(|(_, theirs)| tuple(child_table, theirs, &key.columns) == mine);
            if referenced {
                return Err(refusal(
                    "23503",
                    format!(
                        "update or delete on table \"{}\" violates foreign key constraint \"{constraint}\" on table \"{}\"",
                        name.name, child.name
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Looks rows of other tables up in a state.
    pub(crate) fn finder<'a>(
        &'a self,
        world: &'a World,
    ) -> impl Fn(&Lookup, &[Value]) -> Value + 'a {
        move |lookup, key| {
            let found = self.resolve(world.schema, &lookup.table).and_then(|place| {
                let table = self.table(world.schema, place)?;
                let columns: Vec<String> = lookup.key.iter().map(|(c, _)| c.clone()).collect();
                let row =
                    self.present(world, place).find(|(_, v)| tuple(table, v, &columns) == key)?;
                Some(get(table, row.1, &lookup.value))
            });
            found.filter(|_| !key.contains(&Value::Null)).unwrap_or(Value::Null)
        }
    }

    /// Whether the parent of these key values exists; a NULL among them needs none.
    pub(crate) fn has_parent(&self, world: &World, key: &ForeignKey, mine: &[Value]) -> bool {
        if mine.contains(&Value::Null) {
            return true;
        }
        let state = self.state(world.schema);
        let Some(place) = self.resolve(world.schema, &key.parent) else { return true };
        let Some(parent) = self.table(world.schema, place) else { return true };
        let columns = state.schema.parent_columns(key);
        self.present(world, place).any(|(_, theirs)| tuple(parent, theirs, &columns) == mine)
    }
}

/// Values of several columns.
pub(crate) fn tuple(table: &Table, values: &[Value], columns: &[String]) -> Vec<Value> {
    columns.iter().map(|c| get(table, values, c)).collect()
}

/// Column sets in which the table holds no duplicates: keys, and unique indexes that are valid and
/// cover every row.
fn unique_sets(table: &Table) -> impl Iterator<Item = (&str, &[String])> {
    let constraints = table.constraints.iter().filter_map(|(name, c)| match &c.kind {
        ConstraintKind::PrimaryKey(columns) | ConstraintKind::Unique(columns) => {
            Some((name.as_str(), columns.as_slice()))
        }
        ConstraintKind::Check(_)
        | ConstraintKind::ForeignKey(_)
        | ConstraintKind::NotNull(_)
        | ConstraintKind::Other(..) => None,
    });
    let indexes = table
        .indexes
        .iter()
        .filter(|(_, i)| {
            i.unique && i.valid && i.predicate.is_none() && i.keys.len() == i.columns.len()
        })
        .map(|(name, i)| (name.as_str(), i.columns.as_slice()));
    constraints.chain(indexes)
}

//! What one row may hold because of others: UNIQUE and FOREIGN KEY, over the rows of a state.

use planner::expr::{Expr, Lookup};
use planner::name::quote;
use planner::schema::{Constraint, ConstraintKind, ForeignKey, Index, Key, Table};

use crate::eval::Around;
use crate::model::{Answer, Model, refusal};
use crate::rows::{self, get};
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
        // What may be checked late is checked after the rest.
        let (late, at_once): (Vec<_>, Vec<_>) = unique_sets(table).partition(|u| u.deferrable);
        for unique in at_once.iter().chain(&late) {
            let Some(mine) = unique.of(table, values) else { continue };
            let taken = self.present(world, place).any(|(other, theirs)| {
                other != row && unique.of(table, theirs).as_ref() == Some(&mine)
            });
            if taken {
                let name = unique.name;
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
                let relation = self.relation(world, place);
                return Err(refusal(
                    "23503",
                    format!(
                        "insert or update on table \"{relation}\" violates foreign key constraint \"{name}\""
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The bare name of the table in a place.
    pub(crate) fn relation(&self, world: &World, place: usize) -> &str {
        let name = self.state(world.schema).names.get(place).and_then(Option::as_ref);
        name.map_or("", |name| name.name.as_str())
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

    /// A row written to the table in a place, with what that needs of the state.
    pub(crate) fn around<T>(
        &self,
        world: &World,
        place: usize,
        write: impl Fn(&Around<'_>) -> T,
    ) -> T {
        let part = |values: &[Value]| self.partition_of(world, place, values);
        let find = self.finder(world);
        write(&Around { part: Some(&part), ..Around::with(self.relation(world, place), &find) })
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

/// Whether ON CONFLICT finds a key of exactly these columns.
pub(crate) fn arbitrates(table: &Table, key: &[String]) -> Answer<()> {
    let is_same = |unique: &Unique<'_>| {
        let columns = &unique.columns;
        unique.predicate.is_none()
            && columns.len() == key.len()
            && columns.iter().all(|c| key.contains(c))
    };
    let mut found = unique_sets(table).filter(|unique| is_same(unique)).peekable();
    if found.peek().is_none() {
        return Err(refusal(
            "42P10",
            "there is no unique or exclusion constraint matching the ON CONFLICT specification"
                .to_owned(),
        ));
    }
    if found.any(|unique| unique.deferrable) {
        return Err(refusal(
            "55000",
            "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Values of several columns.
pub(crate) fn tuple(table: &Table, values: &[Value], columns: &[String]) -> Vec<Value> {
    columns.iter().map(|c| get(table, values, c)).collect()
}

/// Columns in which a table holds no duplicates.
pub(crate) struct Unique<'a> {
    pub(crate) name: &'a str,
    pub(crate) columns: Vec<String>,
    /// Whether two NULLs are duplicates.
    nulls_equal: bool,
    /// Whether it may be checked as late as COMMIT.
    deferrable: bool,
    /// Only of rows for which this is true.
    predicate: Option<&'a Expr>,
}

impl<'a> Unique<'a> {
    /// Of an index; none where a key is an expression, of which nothing is known.
    pub(crate) fn of_index(name: &'a str, index: &'a Index) -> Option<Self> {
        let column = |key: &String| {
            let bare = |c: &&String| {
                let quoted = quote(c);
                *key == quoted || key.starts_with(&format!("{quoted} "))
            };
            index.columns.iter().find(bare).cloned()
        };
        index.unique.then_some(())?;
        Some(Self {
            name,
            columns: index.keys.iter().map(column).collect::<Option<_>>()?,
            nulls_equal: index.suffix.contains("NULLS NOT DISTINCT"),
            deferrable: false,
            predicate: index.predicate.as_ref(),
        })
    }

    /// Of columns.
    pub(crate) fn over(columns: &[String]) -> Self {
        Self {
            name: "",
            columns: columns.to_vec(),
            nulls_equal: false,
            deferrable: false,
            predicate: None,
        }
    }

    /// Of a key.
    pub(crate) fn of_constraint(name: &'a str, kind: &'a ConstraintKind) -> Option<Self> {
        let key = Key::of(kind)?;
        let (nulls_equal, deferrable) = (key.nulls_not_distinct, !key.deferral.is_empty());
        Some(Self { name, columns: key.columns, nulls_equal, deferrable, predicate: None })
    }

    /// Whether one of its columns keeps all rows apart; `is_apart` also hears whether NULLs count as the same.
    pub(crate) fn is_told_apart_by(&self, is_apart: impl Fn(&str, bool) -> bool) -> bool {
        self.columns.iter().any(|column| is_apart(column, self.nulls_equal))
    }

    /// What no other row may hold; none where this row takes no part.
    pub(crate) fn of(&self, table: &Table, values: &[Value]) -> Option<Vec<Value>> {
        let mine = tuple(table, values, &self.columns);
        let apart = !self.nulls_equal && mine.contains(&Value::Null);
        if apart || mine.iter().any(Value::is_generated) {
            return None;
        }
        let covered = |p| rows::value_of(table, values, p) == Ok(Value::Bool(true));
        self.predicate.is_none_or(covered).then_some(mine)
    }
}

/// What a table holds unique: keys, and unique indexes that are valid. The primary key first, as CREATE
/// TABLE makes them and an INSERT asks them.
pub(crate) fn unique_sets(table: &Table) -> impl Iterator<Item = Unique<'_>> {
    let is_primary = |c: &Constraint| matches!(c.kind, ConstraintKind::PrimaryKey(_));
    let primary = table.constraints.iter().filter(move |(_, c)| is_primary(c));
    let others = table.constraints.iter().filter(move |(_, c)| !is_primary(c));
    let constraints = primary.chain(others);
    let constraints = constraints.filter_map(|(name, c)| Unique::of_constraint(name, &c.kind));
    let indexes = table.indexes.iter().filter(|(_, index)| index.valid);
    constraints.chain(indexes.filter_map(|(name, index)| Unique::of_index(name, index)))
}

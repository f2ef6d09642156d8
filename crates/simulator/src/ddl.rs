//! A batch of the migration's statements on a state: catalogue and rows together, all or nothing.
//! The catalogue's side is `Schema::apply`; the rows' side is here. Must not know who runs it.

use planner::engine::{Lock, locks_in_transaction};
use planner::name::QName;
use planner::op::Op;
use planner::schema::{Constraint, ConstraintKind, Schema, Table};
use std::sync::Arc;

use crate::eval::Find;
use crate::keys::Unique;
use crate::model::{Answer, BatchAt, Model, State, Unmodelled, refusal};
use crate::partitions::{Parted, arranged};
use crate::record::Record;
use crate::rows;
use crate::types::{self, assign};
use crate::value::Value;
use crate::world::World;

/// What came of a batch: in `Done`, schema and rows are what it made; the rest of the state is not
/// the batch's business.
#[derive(Clone)]
pub(crate) enum Ran {
    /// It took effect.
    Done(World),
    /// The server refused; nothing took effect.
    Refused(planner::op::effect::Refusal),
    /// A concurrent build failed and left an invalid index.
    LeftInvalid(World),
}

impl Model {
    /// Locks of a batch, the strongest on each relation. What the catalogue refuses is refused before it
    /// works through anything.
    pub(crate) fn locks(&self, schema: u16, ops: &[Op]) -> Vec<Lock> {
        let mut state = self.state(schema).schema.clone();
        let mut tried = state.clone();
        let refused = ops.iter().position(|op| tried.apply(op).is_err());
        let ops = &ops[..refused.unwrap_or(ops.len())];
        locks_in_transaction(self.engine, &mut state, ops, &mut Vec::new())
    }

    /// Runs a batch of no step.
    pub(crate) fn run(&mut self, world: &World, ops: &[Op]) -> Result<Ran, Unmodelled> {
        self.run_at(world, ops, None)
    }

    /// Runs the batch that is there in the plan.
    pub(crate) fn run_at(
        &mut self,
        world: &World,
        ops: &[Op],
        at: Option<BatchAt>,
    ) -> Result<Ran, Unmodelled> {
        let mut now = *world;
        let mut parted = None;
        for (i, op) in ops.iter().enumerate() {
            let applied = match at {
                Some(at) => self.applied_once((now.schema, at, i), op)?,
                None => self.applied(now.schema, op)?,
            };
            let after = match applied {
                Ok(after) => after,
                Err(refused) => return Ok(Ran::Refused(refused)),
            };
            match self.run_one(&now, (op, after), &mut parted)? {
                Ran::Done(next) => now = next,
                other @ (Ran::Refused(_) | Ran::LeftInvalid(_)) => return Ok(other),
            }
        }
        Ok(Ran::Done(now))
    }

    /// What the catalogue makes of a statement: worked out once for all rows.
    fn applied_once(
        &mut self,
        key: (u16, BatchAt, usize),
        op: &Op,
    ) -> Result<Answer<u16>, Unmodelled> {
        if let Some(known) = self.memo.applied.get(&key) {
            return Ok(Answer::clone(&known));
        }
        let applied = self.applied(key.0, op)?;
        Ok(Answer::clone(&self.memo.applied.put(key, applied)))
    }

    fn applied(&mut self, schema: u16, op: &Op) -> Result<Answer<u16>, Unmodelled> {
        let mut after = self.state(schema).clone();
        // Rows hold a label, not its name: what is said of them stays as it is said here.
        let applied = if let Op::RenameLabel { ty, label, to } = op {
            after.schema.relabel(ty, label, to)
        } else {
            after.schema.apply(op)
        };
        if let Err(refused) = applied {
            return Ok(Err(refused));
        }
        move_names(&mut after, op, self.tables.iter().map(|t| t.new.as_ref()));
        Ok(Ok(self.intern_schema(after)?))
    }

    /// Runs a statement of which the catalogue makes `after`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others change no row by a filter")]
    fn run_one(
        &mut self,
        world: &World,
        (op, after): (&Op, u16),
        parted: &mut Option<Parted>,
    ) -> Result<Ran, Unmodelled> {
        let before = self.shared_state(world.schema);
        if let Err(refused) = self.rows_allow(world, op) {
            let concurrent = matches!(op, Op::CreateIndex { concurrently: true, .. });
            if concurrent {
                return Ok(match self.leave_invalid(world, op)? {
                    Some(next) => Ran::LeftInvalid(next),
                    None => Ran::Refused(refused),
                });
            }
            return Ok(Ran::Refused(refused));
        }
        let mut next = World { schema: after, ..*world };
        if let Op::DetachPartition { table, child, .. } = op {
            *parted = self.part(world, (table, child));
        }
        if let Some(names) = self.after_parting(&mut next, &before, op, parted) {
            let after = State { names, ..self.state(after).clone() };
            next.schema = self.intern_schema(after)?;
        }
        let after = self.shared_state(next.schema);
        if let Err(refused) = self.rewrite(&mut next, op, (&before, &after))? {
            return Ok(Ran::Refused(refused));
        }
        let changed = match op {
            Op::Update { table, set, filter } => Some((table, Some(set.as_slice()), filter)),
            Op::Delete { table, filter } => Some((table, None, filter)),
            _ => None,
        };
        if let Some((table, set, filter)) = changed
            && let Err(refused) = self.change_rows(&mut next, table, (set, filter.as_ref()))?
        {
            return Ok(Ran::Refused(refused));
        }
        if let Op::InsertRows { table, columns, rows } = op
            && let Err(refused) = self.insert_rows(&mut next, &after, (table, columns, rows))?
        {
            return Ok(Ran::Refused(refused));
        }
        if let Op::InsertSelect { table, set, from, filter } = op
            && let Err(refused) = self.copy_all(&mut next, (from, filter.as_ref()), (table, set))?
        {
            return Ok(Ran::Refused(refused));
        }
        if let Op::AlterType { table, column, .. } = op
            && let Err(refused) = self.still_holds(&next, table, column)
        {
            return Ok(Ran::Refused(refused));
        }
        if matches!(op, Op::DropHelpers) {
            next.finished = 0;
            next.cursor = 0;
        }
        Ok(Ran::Done(next))
    }

    /// The state with an invalid index, as a failed concurrent build leaves it.
    pub(crate) fn leave_invalid(
        &mut self,
        world: &World,
        op: &Op,
    ) -> Result<Option<World>, Unmodelled> {
        let Op::CreateIndex { table, name, index, concurrently } = op else { return Ok(None) };
        let mut state = self.state(world.schema).clone();
        let invalid = Op::CreateIndex {
            table: table.clone(),
            name: name.clone(),
            index: planner::schema::Index { valid: false, ..index.clone() },
            concurrently: *concurrently,
        };
        if state.schema.apply(&invalid).is_err() {
            return Ok(None);
        }
        Ok(Some(World { schema: self.intern_schema(state)?, ..*world }))
    }

    /// Whether the rows let the statement pass: what it validates must hold.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others look at no row")]
    fn rows_allow(&self, world: &World, op: &Op) -> Answer<()> {
        match op {
            Op::SetNotNull { table, column, not_null: true } => self.no_nulls(world, table, column),
            Op::AddConstraint { table, name, constraint } if constraint.validated => {
                self.constraint_holds(world, table, (name, constraint))
            }
            Op::ValidateConstraint { table, name } => {
                let state = self.state(world.schema);
                let found = state.schema.table(table).and_then(|t| t.constraints.get(name));
                match found.cloned() {
                    Some(constraint) => self.constraint_holds(world, table, (name, &constraint)),
                    None => Ok(()),
                }
            }
            Op::CreateIndex { table, name, index, .. } => match Unique::of_index(name, index) {
                Some(unique) if self.has_duplicates(world, table, &unique) => Err(not_unique(name)),
                Some(_) | None => Ok(()),
            },
            Op::AlterType { table, column, ty, using, .. } => {
                let found = self.state(world.schema).schema.table(table);
                let Some(found) = found.and_then(|t| t.column(column)) else { return Ok(()) };
                let (assignable, ty) = (types::is_assignable(&found.ty, ty), ty.base());
                match (assignable, using, &found.default) {
                    (false, None, _) => Err(refusal(
                        "42804",
                        format!("column \"{column}\" cannot be cast automatically to type {ty}"),
                    )),
                    (false, Some(_), Some(_)) => Err(refusal(
                        "42804",
                        format!(
                            "default for column \"{column}\" cannot be cast automatically to type {ty}"
                        ),
                    )),
                    (true, ..) | (false, Some(_), None) => Ok(()),
                }
            }
            Op::AddConstraintUsingIndex { table, index, primary: true, .. } => {
                let state = self.state(world.schema);
                let columns = state
                    .schema
                    .table(table)
                    .and_then(|t| t.indexes.get(index))
                    .map(|i| i.columns.clone())
                    .unwrap_or_default();
                columns.iter().try_for_each(|c| self.no_nulls(world, table, c))
            }
            Op::AttachPartition { table, child, bounds } => {
                self.fits_in(world, (table, child), bounds)
            }
            Op::AddColumn { table, column } => {
                let needs =
                    column.not_null && column.default.is_none() && column.identity.is_none();
                if needs && !self.no_row(world, table, |_, _| true) {
                    return Err(refusal(
                        "23502",
                        format!(
                            "column \"{}\" of relation \"{}\" contains null values",
                            column.name, table.name
                        ),
                    ));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What is checked again when a column has new values: NOT NULL, keys, CHECKs over it.
    fn still_holds(&self, world: &World, name: &QName, column: &str) -> Answer<()> {
        let Some(table) = self.state(world.schema).schema.table(name) else { return Ok(()) };
        if table.column(column).is_some_and(|c| c.not_null) {
            self.no_nulls(world, name, column)?;
        }
        let over = |columns: &[String]| columns.iter().any(|c| c == column);
        for (index, definition) in table.indexes.iter().filter(|(_, i)| over(&i.columns)) {
            let unique = Unique::of_index(index, definition);
            if unique.is_some_and(|unique| self.has_duplicates(world, name, &unique)) {
                return Err(not_unique(index));
            }
        }
        for (constraint, definition) in &table.constraints {
            if definition.validated && over(&definition.kind.columns()) {
                self.constraint_holds(world, name, (constraint, definition))?;
            }
        }
        Ok(())
    }

    fn no_nulls(&self, world: &World, table: &QName, column: &str) -> Answer<()> {
        if self.no_row(world, table, |t, v| rows::get(t, v, column) == Value::Null) {
            return Ok(());
        }
        Err(refusal(
            "23502",
            format!("column \"{column}\" of relation \"{}\" contains null values", table.name),
        ))
    }

    fn constraint_holds(
        &self,
        world: &World,
        table: &QName,
        (name, constraint): (&str, &Constraint),
    ) -> Answer<()> {
        let holds = match &constraint.kind {
            ConstraintKind::Check(expr) => {
                let not = planner::expr::Expr::Not(Box::new(expr.clone()));
                self.no_row(world, table, |t, v| rows::is_true(t, v, &not).unwrap_or(true))
            }
            ConstraintKind::NotNull(column) => return self.no_nulls(world, table, column),
            ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Unique(_)
            | ConstraintKind::Other(..) => match Unique::of_constraint(name, &constraint.kind) {
                Some(unique) if self.has_duplicates(world, table, &unique) => {
                    return Err(not_unique(name));
                }
                Some(_) | None => true,
            },
            ConstraintKind::ForeignKey(key) => {
                let fine = self.no_row(world, table, |t, v| {
                    !self.has_parent(world, key, &crate::keys::tuple(t, v, &key.columns))
                });
                if !fine {
                    return Err(refusal(
                        "23503",
                        format!(
                            "insert or update on table \"{}\" violates foreign key constraint \"{name}\"",
                            table.name
                        ),
                    ));
                }
                true
            }
        };
        if holds {
            return Ok(());
        }
        Err(refusal(
            "23514",
            format!(
                "check constraint \"{name}\" of relation \"{}\" is violated by some row",
                table.name
            ),
        ))
    }

    /// Takes the rows along.
    fn rewrite(
        &mut self,
        world: &mut World,
        op: &Op,
        (before, after): (&State, &State),
    ) -> Result<Answer<()>, Unmodelled> {
        for place in 0..self.tables.len() {
            let name = before.names[place].clone();
            let table = name.as_ref().and_then(|n| before.schema.table(n));
            let Some((name, table)) = name.as_ref().zip(table) else { continue };
            let later = after.names[place].as_ref().and_then(|n| after.schema.table(n));
            let parts =
                before.names[place] != after.names[place] && !matches!(op, Op::RenameTable { .. });
            let is_about = op.relation() == Some(name) || matches!(op, Op::DropHelpers);
            if later.is_some() && !parts && !is_about {
                continue;
            }
            for row in 0..self.rows {
                let cell = place * self.rows + row;
                let Some(record) = self.record(world.cells[cell]).cloned() else { continue };
                let Some(later) = later else {
                    world.cells[cell] = 0;
                    continue;
                };
                if parts {
                    // Under its parent, or out of it again: the columns may stand in another order.
                    let values = arranged(table, later, &record.values);
                    world.cells[cell] = self.intern(Record { values, ..record })?;
                    continue;
                }
                match take_along(op, record, table) {
                    Ok(Some(record)) => world.cells[cell] = self.intern(record)?,
                    Ok(None) => world.cells[cell] = 0,
                    Err(refused) => return Ok(Err(refused)),
                }
            }
        }
        Ok(Ok(()))
    }
}

fn not_unique(name: &str) -> planner::op::effect::Refusal {
    refusal("23505", format!("could not create unique index \"{name}\""))
}

/// The row after the statement; `None` where it is deleted.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others leave rows as they are")]
fn take_along(op: &Op, mut record: Record, table: &Table) -> Answer<Option<Record>> {
    let at = |column: &str| table.columns.iter().position(|c| c.name == column);
    match op {
        Op::AddColumn { column, .. } => {
            let value = match &column.default {
                Some(default) => crate::eval::eval(default, &|_| Value::Null)?,
                None if column.identity.is_some() => Value::Term("nextval".to_owned(), Vec::new()),
                None => Value::Null,
            };
            record.values.push(assign(value, &column.ty)?);
        }
        Op::DropColumn { column, .. } | Op::DropColumnOnly { column, .. } => {
            if let Some(at) = at(column) {
                record.values.remove(at);
            }
        }
        Op::AlterType { column, ty, using, .. } => {
            if let Some(at) = at(column) {
                // Without USING as an assignment does it; with it, as one of what USING gives.
                let value = match using {
                    Some(using) => rows::value_of(table, &record.values, using)?,
                    None => record.values[at].clone(),
                };
                record.values[at] = assign(value, ty)?;
            }
        }
        Op::DropHelpers => {
            record.undo.clear();
            record.brought = false;
        }
        _ => {}
    }
    Ok(Some(record))
}

/// `column := value` over a row.
pub(crate) fn assigned(
    table: &Table,
    values: &[Value],
    set: &[(String, planner::expr::Expr)],
    find: Find<'_>,
) -> Answer<Vec<(String, Value)>> {
    let given = |value| rows::value_around(table, values, value, find);
    set.iter().map(|(c, value)| Ok((c.clone(), given(value)?))).collect()
}

/// Keeps track of which table is where.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others move no table")]
fn move_names<'a>(state: &mut State, op: &Op, new_names: impl Iterator<Item = Option<&'a QName>>) {
    match op {
        Op::RenameTable { table, to } => {
            for name in state.names.iter_mut().flatten() {
                if name == table {
                    *name = table.sibling(to);
                }
            }
        }
        Op::CreateTable { table, .. } => {
            for (name, new) in state.names.iter_mut().zip(new_names) {
                // Where it takes the name of a table that is there still, that one keeps its place.
                if new == Some(table) && name.is_none() {
                    *name = Some(table.clone());
                }
            }
        }
        // From here on its rows are the parent's.
        Op::AttachPartition { table, child, .. } if !state.names.contains(&Some(table.clone())) => {
            for (name, new) in state.names.iter_mut().zip(new_names) {
                if name.as_ref() == Some(child) && new == Some(table) {
                    *name = Some(table.clone());
                }
            }
        }
        Op::DropTable { table } => {
            for name in &mut state.names {
                if name.as_ref() == Some(table) {
                    *name = None;
                }
            }
        }
        _ => {}
    }
}

/// Whether two schemas are the same but for column order and for objects, which are left out of every
/// state but for those that a step makes.
pub(crate) fn same(a: &Schema, b: &Schema) -> bool {
    let bare = |schema: &Schema| {
        let mut bare = schema.unordered();
        bare.objects = Arc::default();
        bare
    };
    bare(a) == bare(b)
}

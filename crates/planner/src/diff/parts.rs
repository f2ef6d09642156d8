//! Constraints, indexes and triggers.

use std::collections::BTreeSet;

use super::Diff;
use super::family::is_given;
use crate::name::{QName, own};
use crate::op::Op;
use crate::schema::{Constraint, ConstraintKind, Index, Schema, Table};

/// Whether a constraint can stay, perhaps to be validated.
fn stays(before: &Constraint, after: &Constraint) -> bool {
    before.kind == after.kind && (before.validated == after.validated || after.validated)
}

fn is_key(constraint: &Constraint) -> bool {
    matches!(constraint.kind, ConstraintKind::ForeignKey(_))
}

/// Columns of a table that will be gone.
fn dropped_columns(before: &Table, after: &Table) -> BTreeSet<String> {
    let gone = before.columns.iter().filter(|c| after.column(&c.name).is_none());
    gone.map(|c| c.name.clone()).collect()
}

impl Diff<'_> {
    /// Foreign keys that go, and those that stand in the way of what else goes.
    pub(super) fn drop_keys(&mut self) {
        let mut drops = Vec::new();
        for (name, table) in &self.work.tables {
            let Some(after) = self.target.table(name) else {
                drops.extend(self.rests_on_what_goes(name, table));
                continue;
            };
            for (key, constraint) in &table.constraints {
                let ConstraintKind::ForeignKey(foreign) = &constraint.kind else { continue };
                if self.work.inherits_constraint(name, key) {
                    continue;
                }
                let stays = after.constraints.get(key).is_some_and(|c| stays(constraint, c));
                let renamed = !after.constraints.contains_key(key)
                    && after.constraints.values().any(|c| stays_as(constraint, c));
                let parent_goes = !self.target.tables.contains_key(&foreign.parent);
                let with_column = !stays && {
                    let gone = dropped_columns(table, after);
                    foreign.columns.iter().any(|c| gone.contains(c))
                        && !after.constraints.contains_key(key)
                };
                // Gone with its column, it would be there while its parent's gets another type.
                let with_column = with_column && !self.parent_is_retyped(foreign);
                if (parent_goes || (!stays && !renamed) || self.loses_its_key(foreign))
                    && !(with_column && !parent_goes && !self.loses_its_key(foreign))
                {
                    drops.push(Op::DropConstraint { table: name.clone(), name: key.clone() });
                }
            }
        }
        for op in drops {
            self.push(op);
        }
    }

    /// Foreign keys of a table that goes to keys that go before it.
    fn rests_on_what_goes(&self, name: &QName, table: &Table) -> Vec<Op> {
        let foreign = table.constraints.iter().filter_map(|(key, constraint)| {
            let ConstraintKind::ForeignKey(foreign) = &constraint.kind else { return None };
            let parent_stays = self.target.tables.contains_key(&foreign.parent);
            let own = !self.work.inherits_constraint(name, key);
            (own && parent_stays && self.loses_its_key(foreign))
                .then(|| Op::DropConstraint { table: name.clone(), name: key.clone() })
        });
        foreign.collect()
    }

    /// Whether a column that a foreign key points at gets another type.
    fn parent_is_retyped(&self, foreign: &crate::schema::ForeignKey) -> bool {
        let ty = |schema: &Schema, column: &String| {
            schema.table(&foreign.parent).and_then(|t| t.column(column)).map(|c| c.ty.clone())
        };
        let mut columns = self.work.parent_columns(foreign).into_iter();
        columns.any(|c| ty(self.target, &c).is_some_and(|after| ty(&self.work, &c) != Some(after)))
    }

    /// Whether the unique key that a foreign key points at is dropped or changed.
    fn loses_its_key(&self, foreign: &crate::schema::ForeignKey) -> bool {
        let columns = self.work.parent_columns(foreign);
        // One that stays, under this name or another.
        let stays = |key: &String| {
            let (Some(before), Some(after)) =
                (self.work.table(&foreign.parent), self.target.table(&foreign.parent))
            else {
                return false;
            };
            let constraint = before.constraints.get(key);
            let index = before.indexes.get(key);
            constraint.is_some_and(|c| after.constraints.values().any(|other| stays_as(c, other)))
                || index.is_some_and(|i| after.indexes.values().any(|other| other == i))
        };
        let keys = self.work.keys_over(&foreign.parent, &columns);
        let column_goes = self
            .target
            .table(&foreign.parent)
            .is_some_and(|t| columns.iter().any(|c| t.column(c).is_none()));
        column_goes || (!keys.is_empty() && !keys.iter().any(stays))
    }

    /// Other constraints and indexes that go, unless a dropped column takes them along: that is later, so
    /// that what waits for their names has them step aside first.
    pub(super) fn drop_constraints_and_indexes(&mut self) {
        let target = self.target;
        for name in self.kept_tables() {
            let (Some(before), Some(after)) =
                (self.work.table(&name).cloned(), target.table(&name))
            else {
                continue;
            };
            let gone = dropped_columns(&before, after);
            for (key, constraint) in before.constraints.iter().filter(|(_, c)| !is_key(c)) {
                let now = after.constraints.get(key);
                if now.is_some_and(|c| stays(constraint, c)) {
                    continue;
                }
                if self.work.inherits_constraint(&name, key) {
                    // Its parent's says what becomes of it; a key's name is looked after later.
                    if !constraint.kind.has_index() {
                        self.stuck(&name, &format!("the constraint `{key}`"));
                    }
                    continue;
                }
                let table = name.clone();
                let twin =
                    now.is_none().then(|| constraint_twin(constraint, &before, after)).flatten();
                if let Some(to) = twin {
                    self.push(Op::RenameConstraint { table, name: key.clone(), to });
                    continue;
                }
                let mut name = key.clone();
                if constraint.kind.has_index() && self.is_wanted_elsewhere(&table, key) {
                    name = own::aside(key);
                    let (table, to) = (table.clone(), name.clone());
                    self.push(Op::RenameConstraint { table, name: key.clone(), to });
                }
                let columns = constraint.kind.columns();
                if now.is_some() || !columns.iter().any(|c| gone.contains(c)) {
                    self.push(Op::DropConstraint { table, name });
                }
            }
            for (key, index) in &before.indexes {
                let now = after.indexes.get(key);
                if now == Some(index) || self.work.inherits_index(&name, key) {
                    continue;
                }
                let table = name.clone();
                let twin = now.is_none().then(|| index_twin(index, &before, after)).flatten();
                if let Some(to) = twin {
                    self.push(Op::RenameIndex { table, name: key.clone(), to });
                    continue;
                }
                let mut name = key.clone();
                if self.is_wanted_elsewhere(&table, key) {
                    name = own::aside(key);
                    let (table, to) = (table.clone(), name.clone());
                    self.push(Op::RenameIndex { table, name: key.clone(), to });
                }
                if now.is_some() || !index.columns.iter().any(|c| gone.contains(c)) {
                    self.drop_index(table, name);
                }
            }
        }
    }

    /// Constraints other than foreign keys, then indexes, then validations.
    pub(super) fn add_constraints_and_indexes(&mut self) {
        let target = self.target;
        for name in &self.by_generation(target.tables.keys().cloned().collect(), true) {
            let Some(after) = target.table(name) else { continue };
            self.name_parts(name);
            // Parts first, alone until the table joins its family; then what is the table's own.
            let joins = !after.parents().is_empty() && !self.comes_with_parent(name);
            let wanted = |key: &str, kind: &ConstraintKind| is_given(after, key, kind) == joins;
            let given = |key: &String| after.inherited.indexes.contains_key(key) == joins;
            let others = after.constraints.iter().filter(|(_, c)| !is_key(c));
            for (key, constraint) in others.filter(|(key, c)| wanted(key, &c.kind)) {
                if constraint.kind.has_index() && self.is_partial(name, key) {
                    self.add_only(name, key);
                }
                self.add_constraint(name, key, constraint);
            }
            for (key, index) in after.indexes.iter().filter(|(key, _)| given(key)) {
                if self.work.table(name).is_some_and(|t| !t.indexes.contains_key(key)) {
                    self.key_parts(name, key);
                    if self.is_partial(name, key) {
                        self.add_only(name, key);
                        continue;
                    }
                    self.push(Op::CreateIndex {
                        table: name.clone(),
                        name: key.clone(),
                        index: index.clone(),
                        concurrently: false,
                    });
                }
            }
        }
    }

    /// Foreign keys: when every table and every key they point at is there.
    pub(super) fn add_keys(&mut self) {
        let target = self.target;
        for name in &self.by_generation(target.tables.keys().cloned().collect(), true) {
            let Some(after) = target.table(name) else { continue };
            let before: Vec<(String, Constraint)> = self
                .work
                .table(name)
                .map(|t| t.constraints.clone().into_iter().filter(|(_, c)| is_key(c)).collect())
                .unwrap_or_default();
            for (key, constraint) in before {
                if after.constraints.contains_key(&key) || self.work.inherits_constraint(name, &key)
                {
                    continue;
                }
                let now = self.work.table(name).cloned().unwrap_or_else(Table::empty);
                if let Some(to) = constraint_twin(&constraint, &now, after) {
                    self.push(Op::RenameConstraint { table: name.clone(), name: key, to });
                }
            }
            let own = after.constraints.iter().filter(|(key, c)| !is_given(after, key, &c.kind));
            for (key, constraint) in own.filter(|(_, c)| is_key(c)) {
                self.add_constraint(name, key, constraint);
            }
        }
    }

    fn add_constraint(&mut self, table: &QName, name: &str, constraint: &Constraint) {
        let before = self.work.table(table).and_then(|t| t.constraints.get(name));
        let (table, name) = (table.clone(), name.to_owned());
        match before {
            None => match &constraint.kind {
                ConstraintKind::NotNull(column) => {
                    let column = column.clone();
                    self.push(Op::AddNotNullNotValid { table, name, column });
                }
                ConstraintKind::PrimaryKey(_)
                | ConstraintKind::Unique(_)
                | ConstraintKind::Check(_)
                | ConstraintKind::ForeignKey(_)
                | ConstraintKind::Other(..) => {
                    let constraint = constraint.clone();
                    self.push(Op::AddConstraint { table, name, constraint });
                }
            },
            Some(before) if !before.validated && constraint.validated => {
                self.push(Op::ValidateConstraint { table, name });
            }
            Some(_) => {}
        }
    }
}

/// The same constraint under any name.
fn stays_as(before: &Constraint, after: &Constraint) -> bool {
    before == after
}

/// The name under which a table will have the same constraint, where it has not yet.
fn constraint_twin(constraint: &Constraint, before: &Table, after: &Table) -> Option<String> {
    let twin = after
        .constraints
        .iter()
        .find(|(name, c)| stays_as(constraint, c) && !before.constraints.contains_key(*name));
    twin.map(|(name, _)| name.clone())
}

/// The name under which a table will have the same index, where it has not yet.
fn index_twin(index: &Index, before: &Table, after: &Table) -> Option<String> {
    let twin =
        after.indexes.iter().find(|(name, i)| *i == index && !before.indexes.contains_key(*name));
    twin.map(|(name, _)| name.clone())
}

//! What an operation on a table does to the tables below it: partitions and heirs follow their parent,
//! and what they have from it they cannot change by themselves. As `tablecmds.c` and `indexcmds.c`
//! recurse.

use super::parts::Whole;
use super::{Refusal, refuse};
use crate::name::{QName, derived};
use crate::op::Op;
use crate::schema::{Column, Constraint, ConstraintKind, Schema};
use std::sync::Arc;

impl Schema {
    /// Whether an operation reaches tables below its own.
    pub(super) fn reaches_below(&self, op: &Op) -> bool {
        followed(op).is_some_and(|table| !self.children(table).is_empty())
    }

    /// The operation, and what it means below.
    pub(super) fn carry(&mut self, op: &Op) -> Result<(), Refusal> {
        let Some(table) = followed(op) else {
            self.apply_here(op)?;
            self.keep_track(op);
            return Ok(());
        };
        let children = self.children(table);
        let was = constraint_of(op).and_then(|name| self.constraint_kind(table, name)).cloned();
        self.apply_here(op)?;
        self.keep_track(op);
        for child in children {
            if let Op::RenameTable { table, to } = op {
                self.parent_renamed(&child, table, &table.sibling(to));
            } else if is_about_constraint(op) {
                self.constraint_below(&child, op, was.as_ref())?;
            } else if is_about_index(op) {
                self.index_below(&child, op)?;
            } else {
                self.column_below(&child, op)?;
            }
        }
        Ok(())
    }

    /// What a table has from its parents, by the names it has after the operation.
    fn keep_track(&mut self, op: &Op) {
        let Some(table) =
            op.relation().and_then(|name| self.tables.get_mut(name).map(Arc::make_mut))
        else {
            return;
        };
        if table.inherited.is_empty() {
            return;
        }
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these give another name")]
        let renamed = match op {
            Op::RenameConstraint { name, to, .. } | Op::RenameIndex { name, to, .. } => {
                Some((name, to))
            }
            Op::AddConstraintUsingIndex { index, name, .. } => Some((index, name)),
            _ => None,
        };
        let inherited = &mut table.inherited;
        if let Some((from, to)) = renamed {
            for map in [&mut inherited.constraints, &mut inherited.indexes] {
                if let Some(parent) = map.remove(from) {
                    map.insert(to.clone(), parent);
                }
            }
        }
        inherited.constraints.retain(|name, _| table.constraints.contains_key(name));
        inherited.indexes.retain(|name, _| {
            table.constraints.contains_key(name) || table.indexes.contains_key(name)
        });
        inherited.columns.retain(|name| table.columns.iter().any(|c| c.name == *name));
    }

    pub(crate) fn parent_renamed(&mut self, child: &QName, from: &QName, to: &QName) {
        let Some(table) = self.tables.get_mut(child).map(Arc::make_mut) else { return };
        let mut parts = table.parts();
        let renamed = |name: &mut QName| {
            if name == from {
                name.clone_from(to);
            }
        };
        if let Some((parent, _)) = &mut parts.of {
            renamed(parent);
        }
        parts.inherits.iter_mut().for_each(renamed);
        table.partitioning = parts.text();
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`carry` sends only column operations here")]
    fn column_below(&mut self, child: &QName, op: &Op) -> Result<(), Refusal> {
        let Some(table) = self.table(child) else { return Ok(()) };
        let is_partition = table.is_partition();
        let has = |name: &str| table.column(name).is_some();
        let child_name = || child.clone();
        let below = match op {
            Op::AddColumn { column, .. } => {
                return self.add_column_below(child, column);
            }
            Op::DropColumnOnly { column, .. } if has(column) => {
                if !self.inherits_column(child, column)
                    && let Some(table) = self.tables.get_mut(child).map(Arc::make_mut)
                {
                    table.inherited.columns.remove(column);
                }
                return Ok(());
            }
            Op::DropColumn { column, .. } if has(column) => {
                let still = self.inherits_column(child, column);
                let own = !is_partition && !table.inherited.columns.contains(column);
                if still || own {
                    return Ok(());
                }
                if let Some(table) = self.tables.get_mut(child).map(Arc::make_mut) {
                    table.inherited.columns.remove(column);
                }
                Op::DropColumn { table: child_name(), column: column.clone() }
            }
            Op::RenameColumn { column, to, .. } if has(column) => {
                if let Some(table) = self.tables.get_mut(child).map(Arc::make_mut)
                    && table.inherited.columns.remove(column)
                {
                    table.inherited.columns.insert(to.clone());
                }
                Op::RenameColumn { table: child_name(), column: column.clone(), to: to.clone() }
            }
            Op::AlterType { column, ty, collation, using, .. } if has(column) => Op::AlterType {
                table: child_name(),
                column: column.clone(),
                ty: ty.clone(),
                collation: collation.clone(),
                using: using.clone(),
            },
            Op::SetDefault { column, default, .. } if has(column) => Op::SetDefault {
                table: child_name(),
                column: column.clone(),
                default: default.clone(),
            },
            Op::SetNotNull { column, not_null, .. } if has(column) => {
                Op::SetNotNull { table: child_name(), column: column.clone(), not_null: *not_null }
            }
            Op::DropExpression { column, .. } if has(column) => {
                Op::DropExpression { table: child_name(), column: column.clone() }
            }
            _ => return Ok(()),
        };
        self.carry(&below)
    }

    fn add_column_below(&mut self, child: &QName, column: &Column) -> Result<(), Refusal> {
        let Some(table) = self.tables.get_mut(child).map(Arc::make_mut) else { return Ok(()) };
        match table.column(&column.name) {
            None => {
                if !table.is_partition() {
                    table.inherited.columns.insert(column.name.clone());
                }
                // An identity is the parent's alone.
                let column = Column { identity: None, ..column.clone() };
                self.carry(&Op::AddColumn { table: child.clone(), column })
            }
            Some(own) if own.ty == column.ty => Ok(()),
            Some(_) => refuse(
                "42804",
                format!(
                    "child table \"{}\" has different type for column \"{}\"",
                    child.name, column.name
                ),
            ),
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "`carry` sends only constraint operations here"
    )]
    fn constraint_below(
        &mut self,
        child: &QName,
        op: &Op,
        was: Option<&ConstraintKind>,
    ) -> Result<(), Refusal> {
        match op {
            Op::AddConstraint { name, constraint, .. } => {
                self.add_constraint_below(child, name, constraint)
            }
            Op::AddNotNullNotValid { name, column, .. } => {
                let kind = ConstraintKind::NotNull(column.clone());
                self.add_constraint_below(child, name, &Constraint { kind, validated: false })
            }
            Op::ValidateConstraint { name, .. } => {
                let is_check = was.is_some_and(ConstraintKind::is_inherited_check);
                let parts =
                    if is_check { vec![name.clone()] } else { self.parts_of(child, name, was) };
                for own in parts {
                    let table = self.table(child);
                    let open =
                        table.and_then(|t| t.constraints.get(&own)).is_some_and(|c| !c.validated);
                    if open {
                        self.carry(&Op::ValidateConstraint { table: child.clone(), name: own })?;
                    }
                }
                Ok(())
            }
            Op::DropConstraint { name, .. } | Op::DropConstraintIfExists { name, .. } => {
                let is_index = was.is_some_and(ConstraintKind::has_index);
                for own in self.parts_of(child, name, was) {
                    self.drop_part(child, own, is_index)?;
                }
                Ok(())
            }
            Op::RenameConstraint { name, to, .. } => {
                if was.is_some_and(ConstraintKind::is_inherited_check) {
                    let own = self.parts_of(child, name, was);
                    let renamed = Op::RenameConstraint {
                        table: child.clone(),
                        name: name.clone(),
                        to: to.clone(),
                    };
                    if own.is_empty() {
                        return Ok(());
                    }
                    self.carry(&renamed)?;
                }
                self.part_renamed(child, name, to);
                Ok(())
            }
            other => unreachable!("not a constraint operation: {other:?}"),
        }
    }

    /// A parent's constraint as its child has it: by its own names.
    fn parts_of(&self, child: &QName, name: &str, was: Option<&ConstraintKind>) -> Vec<String> {
        let Some(table) = self.table(child) else { return Vec::new() };
        let named = |map: &std::collections::BTreeMap<String, String>| {
            let own = map.iter().filter(|(_, parent)| *parent == name);
            own.map(|(own, _)| own.clone()).collect::<Vec<_>>()
        };
        match was {
            Some(kind) if kind.has_index() => named(&table.inherited.indexes),
            Some(_) | None => named(&table.inherited.constraints),
        }
    }

    fn drop_part(&mut self, child: &QName, own: String, is_index: bool) -> Result<(), Refusal> {
        // Another parent may have the same check.
        if !is_index
            && self.known_parents(child).iter().any(|(_, parent)| {
                parent.constraints.get(&own).is_some_and(|c| c.kind.is_inherited_check())
            })
        {
            return Ok(());
        }
        let Some(table) = self.tables.get_mut(child).map(Arc::make_mut) else { return Ok(()) };
        table.inherited.constraints.remove(&own);
        table.inherited.indexes.remove(&own);
        let table = child.clone();
        let op = if self.constraint_kind(child, &own).is_some() {
            Op::DropConstraint { table, name: own }
        } else if is_index {
            Op::DropIndexCascade { table, name: own }
        } else {
            return Ok(());
        };
        self.carry(&op)
    }

    fn part_renamed(&mut self, child: &QName, from: &str, to: &str) {
        let Some(table) = self.tables.get_mut(child).map(Arc::make_mut) else { return };
        let inherited = &mut table.inherited;
        for parent in inherited.constraints.values_mut().chain(inherited.indexes.values_mut()) {
            if parent == from {
                to.clone_into(parent);
            }
        }
    }

    /// What a constraint of a parent means for a child: it is merged with the child's own, or added.
    pub(super) fn add_constraint_below(
        &mut self,
        child: &QName,
        name: &str,
        constraint: &Constraint,
    ) -> Result<(), Refusal> {
        let kind = &constraint.kind;
        let is_partition = self.table(child).is_some_and(crate::schema::Table::is_partition);
        if kind.is_inherited_check() {
            return self.add_check_below(child, name, constraint);
        }
        if !is_partition {
            return Ok(());
        }
        if kind.has_index() {
            return self.add_part(child, name, &Whole::Key(constraint.clone()));
        }
        if kind.is_reference() {
            return self.add_reference_below(child, name, constraint);
        }
        Ok(())
    }

    fn add_check_below(
        &mut self,
        child: &QName,
        name: &str,
        constraint: &Constraint,
    ) -> Result<(), Refusal> {
        let Some(table) = self.tables.get_mut(child).map(Arc::make_mut) else { return Ok(()) };
        match table.constraints.get(name) {
            Some(own) if own.kind == constraint.kind => {
                if table.is_partition() {
                    table.inherited.constraints.insert(name.to_owned(), name.to_owned());
                }
                Ok(())
            }
            Some(_) => refuse(
                "42804",
                format!(
                    "child table \"{}\" has different definition for check constraint \"{name}\"",
                    child.name
                ),
            ),
            None => {
                self.carry(&Op::AddConstraint {
                    table: child.clone(),
                    name: name.to_owned(),
                    constraint: constraint.clone(),
                })?;
                self.note_constraint(child, name, name);
                Ok(())
            }
        }
    }

    fn add_reference_below(
        &mut self,
        child: &QName,
        name: &str,
        constraint: &Constraint,
    ) -> Result<(), Refusal> {
        let Some(table) = self.table(child) else { return Ok(()) };
        let own = table
            .constraints
            .iter()
            .find(|(own, c)| *c == constraint && !table.inherited.constraints.contains_key(*own));
        if let Some((own, _)) = own {
            let own = own.clone();
            self.note_constraint(child, &own, name);
            return Ok(());
        }
        let own = if table.constraints.contains_key(name) {
            let columns = derived::addition(&constraint.kind.columns());
            let taken = |own: &str| table.constraints.contains_key(own);
            derived::choose(&child.name, &columns, "fkey", taken)
        } else {
            name.to_owned()
        };
        self.carry(&Op::AddConstraint {
            table: child.clone(),
            name: own.clone(),
            constraint: constraint.clone(),
        })?;
        self.note_constraint(child, &own, name);
        Ok(())
    }

    fn note_constraint(&mut self, child: &QName, own: &str, parent: &str) {
        if let Some(table) = self.tables.get_mut(child).map(Arc::make_mut) {
            table.inherited.constraints.insert(own.to_owned(), parent.to_owned());
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`carry` sends only index operations here")]
    fn index_below(&mut self, child: &QName, op: &Op) -> Result<(), Refusal> {
        if !self.table(child).is_some_and(crate::schema::Table::is_partition) {
            return Ok(());
        }
        match op {
            Op::CreateIndex { name, index, .. } => {
                self.add_part(child, name, &Whole::Index(index.clone()))
            }
            Op::DropIndex { name, .. } | Op::DropIndexCascade { name, .. } => {
                let index = ConstraintKind::Unique(Vec::new());
                let cascade = matches!(op, Op::DropIndexCascade { .. });
                for own in self.parts_of(child, name, Some(&index)) {
                    if !cascade && self.constraint_kind(child, &own).is_some() {
                        return refuse(
                            "2BP01",
                            format!(
                                "cannot drop index {name} because other objects depend on it: constraint {own} on table {child}"
                            ),
                        );
                    }
                    self.drop_part(child, own, true)?;
                }
                Ok(())
            }
            Op::RenameIndex { name, to, .. } => {
                self.part_renamed(child, name, to);
                Ok(())
            }
            other => unreachable!("not an index operation: {other:?}"),
        }
    }
}

fn is_about_constraint(op: &Op) -> bool {
    matches!(
        op,
        Op::AddConstraint { .. }
            | Op::AddNotNullNotValid { .. }
            | Op::ValidateConstraint { .. }
            | Op::DropConstraint { .. }
            | Op::DropConstraintIfExists { .. }
            | Op::RenameConstraint { .. }
    )
}

fn is_about_index(op: &Op) -> bool {
    matches!(
        op,
        Op::CreateIndex { .. }
            | Op::DropIndex { .. }
            | Op::DropIndexCascade { .. }
            | Op::RenameIndex { .. }
    )
}

/// The table whose children follow an operation.
fn followed(op: &Op) -> Option<&QName> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others stay within their table")]
    match op {
        Op::AddColumn { table, .. }
        | Op::DropColumn { table, .. }
        | Op::DropColumnOnly { table, .. }
        | Op::RenameColumn { table, .. }
        | Op::AlterType { table, .. }
        | Op::SetDefault { table, .. }
        | Op::SetNotNull { table, .. }
        | Op::DropExpression { table, .. }
        | Op::RenameTable { table, .. } => Some(table),
        op if is_about_constraint(op) || is_about_index(op) => op.relation(),
        _ => None,
    }
}

/// The constraint that an operation names.
fn constraint_of(op: &Op) -> Option<&str> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others name none that is there")]
    match op {
        Op::ValidateConstraint { name, .. }
        | Op::DropConstraint { name, .. }
        | Op::DropConstraintIfExists { name, .. }
        | Op::RenameConstraint { name, .. } => Some(name),
        _ => None,
    }
}

//! What an operation does to a schema: the catalogue's side of it, with the error the server
//! would give. Rows are the simulator's business.

use std::fmt;
use std::sync::Arc;

mod allowed;
mod attach;
mod family;
mod helpers;
mod keys;
mod parts;
mod table;
mod view;

pub(crate) use parts::{Part, Whole};
use table::rename_in;

use crate::name::QName;
use crate::op::Op;
use crate::schema::{Column, Constraint, ConstraintKind, Key, Schema, Subject, Table};

/// The server's refusal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// Five characters, "PostgreSQL Error Codes" in the manual.
    pub sqlstate: &'static str,
    /// In the server's words.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sqlstate, self.message)
    }
}

fn refuse<T>(sqlstate: &'static str, message: String) -> Result<T, Refusal> {
    Err(Refusal { sqlstate, message })
}

impl Schema {
    /// Applies a statement. On an error the schema is unchanged.
    ///
    /// # Errors
    /// The refusal of the server where the catalogue alone decides it (42P01, 42703, 42701 …).
    pub fn apply(&mut self, op: &Op) -> Result<(), Refusal> {
        self.allowed(op)?;
        if !self.reaches_below(op) {
            return self.carry(op);
        }
        let mut next = self.clone();
        next.carry(op).map(|()| *self = next)
    }

    /// Applies a statement to its table only, as ONLY asks for: what is below stays as it is.
    ///
    /// # Errors
    /// As `apply`.
    #[expect(clippy::too_many_lines, reason = "an arm for each kind")]
    pub(crate) fn apply_here(&mut self, op: &Op) -> Result<(), Refusal> {
        self.is_not_needed(op)?;
        match op {
            Op::SetLockTimeout { .. }
            | Op::SetStatementTimeout { .. }
            | Op::SkipBodyChecks
            | Op::Update { .. }
            | Op::Delete { .. }
            | Op::InsertSelect { .. }
            | Op::InsertRows { .. }
            | Op::RunBackfill { .. }
            | Op::RunUndo { .. }
            | Op::KeepPosition { .. }
            | Op::AdvanceSequence { .. }
            | Op::Verbatim { .. } => Ok(()),
            Op::Object { id, becomes, sql: _ } => {
                self.set_object(id, becomes.as_ref());
                Ok(())
            }
            Op::RenameLabel { ty, label, to } => {
                self.relabel(ty, label, to)?;
                self.say_label(ty, label, to);
                Ok(())
            }
            Op::CreateTable { table, definition } => {
                self.free(table)?;
                self.free_indexes(table, definition)?;
                let definition = self.with_parents(definition)?;
                self.tables.insert(table.clone(), Arc::new(definition));
                self.give(self.given_to_relation(table));
                Ok(())
            }
            Op::DropTable { table } => self.drop_table(table),
            Op::RenameTable { table, to } => self.rename_table(table, to),
            Op::CreateView { .. } | Op::ReplaceView { .. } | Op::DropView { .. } => {
                self.apply_to_view(op)
            }
            Op::AddColumn { .. }
            | Op::DropColumn { .. }
            | Op::DropColumnOnly { .. }
            | Op::RenameColumn { .. }
            | Op::AlterType { .. }
            | Op::SetDefault { .. }
            | Op::SetNotNull { .. }
            | Op::DropExpression { .. }
            | Op::SetIdentity { .. } => self.apply_to_column(op),
            Op::AttachPartition { .. }
            | Op::DetachPartition { .. }
            | Op::AttachIndex { .. }
            | Op::Inherit { .. }
            | Op::NoInherit { .. } => self.apply_to_family(op),
            Op::AddConstraint { .. }
            | Op::AddConstraintUsingIndex { .. }
            | Op::AddNotNullNotValid { .. }
            | Op::ValidateConstraint { .. }
            | Op::DropConstraint { .. }
            | Op::DropConstraintIfExists { .. }
            | Op::AddConstraintOnly { .. }
            | Op::RenameNotNull { .. }
            | Op::RenameConstraint { .. } => self.apply_to_constraint(op),
            Op::CreateIndex { .. }
            | Op::CreateIndexOnly { .. }
            | Op::DropIndex { .. }
            | Op::DropIndexCascade { .. }
            | Op::RenameIndex { .. } => self.apply_to_index(op),
            Op::CreateHelpers
            | Op::CreateProgress
            | Op::CreateThrottle
            | Op::DropHelpers
            | Op::CreateSyncFunction { .. }
            | Op::CreateSyncTrigger { .. }
            | Op::EnableSyncTrigger { .. }
            | Op::DropSyncTrigger { .. }
            | Op::DropSyncFunction { .. }
            | Op::CreateRelayFunction { .. }
            | Op::CreateRelayTrigger { .. }
            | Op::DropRelayTrigger { .. }
            | Op::DropRelayFunction { .. }
            | Op::CreateUndoTable { .. }
            | Op::CreateBackfill { .. }
            | Op::CreateUndo { .. } => self.apply_to_helpers(op),
        }
    }

    /// The table, to change, or 42P01.
    fn table_mut(&mut self, name: &QName) -> Result<&mut Table, Refusal> {
        match self.tables.get_mut(name).map(Arc::make_mut) {
            Some(table) => Ok(table),
            None => refuse("42P01", format!("relation \"{name}\" does not exist")),
        }
    }

    fn free(&self, name: &QName) -> Result<(), Refusal> {
        if self.tables.contains_key(name) || self.views.contains_key(name) {
            return refuse("42P07", format!("relation \"{}\" already exists", name.name));
        }
        Ok(())
    }

    /// The indexes behind a new table's keys have names among those of tables.
    fn free_indexes(&self, table: &QName, definition: &Table) -> Result<(), Refusal> {
        let keys = definition.constraints.iter().filter(|(_, c)| c.kind.has_index());
        let inherited = &definition.inherited.indexes;
        for (name, _) in keys.filter(|(name, _)| !inherited.contains_key(*name)) {
            if self.has_index(&table.sibling(name)) {
                return refuse("42P07", format!("relation \"{name}\" already exists"));
            }
        }
        Ok(())
    }

    /// A partitioned table takes its partitions along.
    fn drop_table(&mut self, name: &QName) -> Result<(), Refusal> {
        if !self.tables.contains_key(name) {
            return refuse("42P01", format!("table \"{}\" does not exist", name.name));
        }
        let mut family = self.descendants(name);
        let depends = |what: String| {
            refuse(
                "2BP01",
                format!("cannot drop table {name} because other objects depend on it: {what}"),
            )
        };
        let is_heir = |n: &&QName| self.table(n).is_some_and(|t| !t.is_partition());
        if let Some(heir) = family.iter().find(is_heir) {
            return depends(format!("table {heir}"));
        }
        family.push(name.clone());
        for member in &family {
            if let Some((child, constraint, _)) =
                self.referencing(member).find(|(child, ..)| !family.contains(child))
            {
                return depends(format!("constraint {constraint} on table {child}"));
            }
            self.no_view_over(member, None, &format!("cannot drop table {member}"))?;
        }
        for member in family {
            self.tables.remove(&member);
        }
        self.sweep();
        Ok(())
    }

    fn rename_table(&mut self, from: &QName, to: &str) -> Result<(), Refusal> {
        self.move_table(from, &from.sibling(to))
    }

    /// Gives a table another name, or another schema: what refers to it and what is said of it follow.
    pub(crate) fn move_table(&mut self, from: &QName, to: &QName) -> Result<(), Refusal> {
        self.free(to)?;
        let Some(table) = self.tables.remove(from) else {
            return refuse("42P01", format!("relation \"{from}\" does not exist"));
        };
        self.tables.insert(to.clone(), table);
        for table in self.tables.values_mut().map(Arc::make_mut) {
            for constraint in table.constraints.values_mut() {
                if let ConstraintKind::ForeignKey(key) = &mut constraint.kind
                    && key.parent == *from
                {
                    key.parent = to.clone();
                }
            }
        }
        self.move_relation(from, to);
        Ok(())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`apply` sends only column operations here")]
    fn apply_to_column(&mut self, op: &Op) -> Result<(), Refusal> {
        match op {
            Op::AddColumn { table, column } => self.add_column(table, column),
            Op::DropColumn { table, column } | Op::DropColumnOnly { table, column } => {
                self.drop_column(table, column)
            }
            Op::RenameColumn { table, column, to } => self.rename_column(table, column, to),
            Op::AlterType { table, column, ty, collation, using: _ } => {
                self.column_mut(table, column)?;
                self.no_view_over(
                    table,
                    Some(column),
                    "cannot alter type of a column used by a view or rule",
                )
                .map_err(|refusal| Refusal { sqlstate: "0A000", ..refusal })?;
                let column = self.column_mut(table, column)?;
                column.ty = ty.clone();
                column.collation.clone_from(collation);
                Ok(())
            }
            Op::SetDefault { table, column, default } => {
                self.column_mut(table, column)?.default.clone_from(default);
                Ok(())
            }
            Op::SetNotNull { table, column, not_null: false }
                if self
                    .table(table)
                    .and_then(Table::primary_key)
                    .is_some_and(|key| key.contains(column)) =>
            {
                refuse("42P16", format!("column \"{column}\" is in a primary key"))
            }
            Op::SetNotNull { table, column, not_null } => {
                self.column_mut(table, column)?.not_null = *not_null;
                Ok(())
            }
            Op::DropExpression { table, column } => {
                self.column_mut(table, column)?.generated = None;
                Ok(())
            }
            Op::SetIdentity { table, column, identity, .. } => {
                if identity.is_none() {
                    self.forget_identity(table, column);
                }
                let column = self.column_mut(table, column)?;
                if identity.is_some() && !column.not_null {
                    return refuse(
                        "55000",
                        format!(
                            "column \"{}\" must be declared NOT NULL before identity can be added",
                            column.name
                        ),
                    );
                }
                column.identity.clone_from(identity);
                Ok(())
            }
            other => unreachable!("not a column operation: {other:?}"),
        }
    }

    fn add_column(&mut self, table: &QName, column: &Column) -> Result<(), Refusal> {
        let relation = table.name.clone();
        let table = self.table_mut(table)?;
        if table.column(&column.name).is_some() {
            let name = &column.name;
            let message = format!("column \"{name}\" of relation \"{relation}\" already exists");
            return refuse("42701", message);
        }
        table.columns.push(column.clone());
        Ok(())
    }

    fn column_mut(&mut self, table: &QName, column: &str) -> Result<&mut Column, Refusal> {
        let relation = table.name.clone();
        match self.table_mut(table)?.column_mut(column) {
            Some(found) => Ok(found),
            None => refuse(
                "42703",
                format!("column \"{column}\" of relation \"{relation}\" does not exist"),
            ),
        }
    }

    fn drop_column(&mut self, name: &QName, column: &str) -> Result<(), Refusal> {
        self.column_mut(name, column)?;
        self.no_view_over(
            name,
            Some(column),
            &format!("cannot drop column {column} of table {name}"),
        )?;
        let referenced = self.referencing(name).find(|(child, _, key)| {
            *child != name && self.parent_columns(key).iter().any(|c| c == column)
        });
        if let Some((child, constraint, _)) = referenced {
            return refuse(
                "2BP01",
                format!(
                    "cannot drop column {column} of table {name} because other objects depend on it: constraint {constraint} on table {child}"
                ),
            );
        }
        self.nothing_computed_from(name, column)?;
        let table = self.table_mut(name)?;
        table.columns.retain(|c| c.name != column);
        table.constraints.retain(|_, c| !c.kind.columns().iter().any(|n| n == column));
        table.indexes.retain(|_, i| !i.columns.iter().any(|n| n == column));
        self.sweep();
        Ok(())
    }

    /// Referenced columns of a foreign key, spelled out.
    pub fn parent_columns(&self, key: &crate::schema::ForeignKey) -> Vec<String> {
        if !key.parent_columns.is_empty() {
            return key.parent_columns.clone();
        }
        let primary = self.table(&key.parent).and_then(Table::primary_key);
        primary.map_or_else(Vec::new, <[String]>::to_vec)
    }

    fn rename_column(&mut self, name: &QName, from: &str, to: &str) -> Result<(), Refusal> {
        self.column_mut(name, from)?;
        let table = self.table_mut(name)?;
        if table.column(to).is_some() {
            return refuse(
                "42701",
                format!("column \"{to}\" of relation \"{}\" already exists", name.name),
            );
        }
        table.rename_column(from, to);
        self.rename_in_triggers(name, from, to);
        for child in self.tables.values_mut().map(Arc::make_mut) {
            for constraint in child.constraints.values_mut() {
                if let ConstraintKind::ForeignKey(key) = &mut constraint.kind
                    && key.parent == *name
                {
                    rename_in(&mut key.parent_columns, from, to);
                }
            }
        }
        self.move_objects(|subject| match subject {
            Subject::Column(table, column) if table == name && column == from => {
                Some(Subject::Column(table.clone(), to.to_owned()))
            }
            Subject::Relation(_)
            | Subject::Column(..)
            | Subject::Constraint(..)
            | Subject::Index(_)
            | Subject::Object(_) => None,
        });
        Ok(())
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "`apply` sends only constraint operations here"
    )]
    fn apply_to_constraint(&mut self, op: &Op) -> Result<(), Refusal> {
        match op {
            Op::AddConstraint { table, name, constraint }
            | Op::AddConstraintOnly { table, name, constraint } => {
                if let Some(key) = constraint.kind.foreign_key() {
                    if !self.tables.contains_key(&key.parent) {
                        let message = format!("relation \"{}\" does not exist", key.parent);
                        return refuse("42P01", message);
                    }
                    self.points_at_key(key)?;
                }
                self.table_mut(table)?.add_constraint(table, name, constraint.clone())
            }
            Op::AddConstraintUsingIndex { table, name, index, primary, deferral } => {
                let (relation, table) = (table, self.table_mut(table)?);
                let Some(found) = table.indexes.get(index) else {
                    return refuse("42704", format!("index \"{index}\" does not exist"));
                };
                if !found.valid || !found.unique {
                    return refuse("55000", format!("index \"{index}\" is not valid"));
                }
                let Some(key) = Key::of_index(found, *primary, deferral) else {
                    return refuse(
                        "42809",
                        format!("index \"{index}\" does not support constraints"),
                    );
                };
                let constraint = Constraint { kind: key.kind(), validated: true };
                table.add_constraint(relation, name, constraint)?;
                table.indexes.remove(index);
                Ok(())
            }
            Op::AddNotNullNotValid { table, name, column } => {
                let kind = ConstraintKind::NotNull(column.clone());
                let constraint = Constraint { kind, validated: false };
                self.table_mut(table)?.add_constraint(table, name, constraint)
            }
            Op::ValidateConstraint { table, name } => {
                let constraint = self.constraint_mut(table, name)?;
                constraint.validated = true;
                if let ConstraintKind::NotNull(column) = constraint.kind.clone() {
                    // From here on it is the column's own NOT NULL.
                    self.column_mut(table, &column)?.not_null = true;
                    self.table_mut(table)?.constraints.remove(name);
                }
                Ok(())
            }
            Op::DropConstraintIfExists { table, name }
                if self.constraint_kind(table, name).is_none() =>
            {
                self.table_mut(table).map(|_| ())
            }
            Op::DropConstraint { table, name } | Op::DropConstraintIfExists { table, name } => {
                self.constraint_mut(table, name)?;
                self.table_mut(table)?.constraints.remove(name);
                self.sweep();
                Ok(())
            }
            Op::RenameNotNull { table, column, .. } => self.column_mut(table, column).map(|_| ()),
            Op::RenameConstraint { table, name, to } => self.rename_constraint(table, name, to),
            other => unreachable!("not a constraint operation: {other:?}"),
        }
    }

    fn rename_constraint(&mut self, table: &QName, name: &str, to: &str) -> Result<(), Refusal> {
        let constraint = self.constraint_mut(table, name)?.clone();
        let relation = table;
        let table = self.table_mut(table)?;
        table.constraints.remove(name);
        table.add_constraint(relation, to, constraint)?;
        self.move_index(&relation.sibling(name), &relation.sibling(to));
        self.move_objects(|subject| match subject {
            Subject::Constraint(table, constraint) if table == relation && constraint == name => {
                Some(Subject::Constraint(table.clone(), to.to_owned()))
            }
            Subject::Relation(_)
            | Subject::Column(..)
            | Subject::Constraint(..)
            | Subject::Index(_)
            | Subject::Object(_) => None,
        });
        Ok(())
    }

    fn constraint_mut(&mut self, table: &QName, name: &str) -> Result<&mut Constraint, Refusal> {
        let relation = table.name.clone();
        match self.table_mut(table)?.constraints.get_mut(name) {
            Some(found) => Ok(found),
            None => refuse(
                "42704",
                format!("constraint \"{name}\" of relation \"{relation}\" does not exist"),
            ),
        }
    }
}

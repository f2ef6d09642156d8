//! One action of ALTER TABLE in a schema that is being read. Must not know how it is written.

use std::sync::Arc;

use super::Loader;
use crate::name::QName;
use crate::op::Op;
use crate::schema::{ConstraintKind, Subject};
use crate::sql::actions;
use crate::sql::alter::Action;
use crate::sql::constraint::Body;
use crate::sql::object::{self, ColumnSetting, Said};
use crate::sql::resolve;
use crate::sql::statement::Carried;
use crate::sql::token::Span;

impl Loader<'_> {
    pub(super) fn action(&mut self, name: &QName, action: &Action, (only, span): (bool, Span)) {
        match action {
            Action::AddConstraint(written) if matches!(written.body, Body::Kind(_)) => {
                self.add_constraint(name, written, (only, span));
            }
            Action::Identity { column, identity, settings } => {
                self.identity((name, &column.name), identity.as_ref(), (settings, span));
            }
            Action::SetSchema { schema } => self.moved(name, schema, span),
            Action::Attach { child, bounds } => {
                let (table, child, bounds) = (name.clone(), child.name.clone(), bounds.clone());
                self.apply(&[Op::AttachPartition { table, child, bounds }], span);
            }
            Action::Detach { child, concurrently } => {
                let (table, child) = (name.clone(), child.name.clone());
                let concurrently = *concurrently;
                self.apply(&[Op::DetachPartition { table, child, concurrently }], span);
            }
            Action::Settings(said) => self.objects(said, span),
            Action::Defer { name: constraint, deferral } => {
                if !self.defer((name, &constraint.name), deferral) {
                    self.carry(&Carried { relation: Some(name.clone()), known: true }, span);
                }
            }
            Action::Carried => {
                self.carry(&Carried { relation: Some(name.clone()), known: true }, span);
            }
            Action::AddColumn { if_not_exists: true, column }
                if self.has_column(name, &column.placed.name) => {}
            Action::DropColumn { if_exists: true, column, .. }
                if !self.has_column(name, &column.name) => {}
            Action::DropConstraint { if_exists: true, name: constraint, .. }
                if !self.has_constraint(name, &constraint.name) => {}
            Action::AddColumn { .. }
            | Action::DropColumn { .. }
            | Action::AlterType { .. }
            | Action::SetDefault { .. }
            | Action::SetNotNull { .. }
            | Action::AddConstraint(_)
            | Action::Validate(_)
            | Action::DropConstraint { .. }
            | Action::RenameColumn { .. }
            | Action::RenameConstraint { .. }
            | Action::Inherit(_)
            | Action::NoInherit(_)
            | Action::RenameTable { .. } => {
                if let Some(found) = actions::ops(action, name, &self.schema, &mut self.names) {
                    if only {
                        self.apply_only(&found.ops, span);
                    } else {
                        self.apply(&found.ops, span);
                    }
                    if let Some(sequence) = found.sequence {
                        self.objects(&sequence, span);
                    }
                }
                if let Action::AddColumn { column, .. } = action {
                    self.objects(&resolve::column_settings(name, column), span);
                }
            }
        }
    }

    /// When a reference is looked at from now on; false where that is not what is said.
    fn defer(&mut self, (table, name): (&QName, &str), deferral: &str) -> bool {
        let said = match deferral {
            "NOT DEFERRABLE" | "NOT DEFERRABLE INITIALLY IMMEDIATE" => "",
            "DEFERRABLE" | "DEFERRABLE INITIALLY IMMEDIATE" | "INITIALLY IMMEDIATE" => {
                " DEFERRABLE"
            }
            "DEFERRABLE INITIALLY DEFERRED" | "INITIALLY DEFERRED" => {
                " DEFERRABLE INITIALLY DEFERRED"
            }
            _ => return false,
        };
        let found = self.schema.tables.get_mut(table).map(Arc::make_mut);
        let constraint = found.and_then(|table| table.constraints.get_mut(name));
        let Some(ConstraintKind::ForeignKey(key)) = constraint.map(|c| &mut c.kind) else {
            return false;
        };
        let actions = key.actions.split(" NOT DEFERRABLE").next().unwrap_or_default();
        let actions = actions.split(" DEFERRABLE").next().unwrap_or_default();
        let actions = actions.split(" INITIALLY").next().unwrap_or_default();
        key.actions = format!("{actions}{said}");
        true
    }

    fn has_column(&self, table: &QName, column: &str) -> bool {
        self.schema.table(table).is_some_and(|t| t.column(column).is_some())
    }

    pub(super) fn has_constraint(&self, table: &QName, constraint: &str) -> bool {
        self.schema.table(table).is_some_and(|t| t.constraints.contains_key(constraint))
    }

    fn identity(
        &mut self,
        (table, column): (&QName, &str),
        identity: Option<&String>,
        (settings, span): (&[ColumnSetting], Span),
    ) {
        let found = self.schema.tables.get_mut(table).map(Arc::make_mut);
        if let Some(column) = found.and_then(|t| t.column_mut(column)) {
            column.identity = identity.cloned();
        }
        let of = Subject::Relation(table.clone());
        let said: Vec<Said> = settings
            .iter()
            .map(|s| object::column_setting(("TABLE", table), column, s, &of))
            .collect();
        self.objects(&said, span);
    }
}

//! The part of an operation's effect that stays within one table.

use super::{Refusal, refuse};
use crate::name::QName;
use crate::schema::{Constraint, ConstraintKind, Table};

impl Table {
    pub(super) fn add_constraint(
        &mut self,
        relation: &QName,
        name: &str,
        constraint: Constraint,
    ) -> Result<(), Refusal> {
        if self.constraints.contains_key(name) {
            return refuse(
                "42710",
                format!("constraint \"{name}\" for relation \"{}\" already exists", relation.name),
            );
        }
        if let ConstraintKind::PrimaryKey(columns) = &constraint.kind {
            if self.primary_key().is_some() {
                return refuse(
                    "42P16",
                    format!(
                        "multiple primary keys for table \"{}\" are not allowed",
                        relation.name
                    ),
                );
            }
            for column in columns.clone() {
                if let Some(found) = self.column_mut(&column) {
                    found.not_null = true;
                }
            }
        }
        for column in constraint.kind.columns() {
            if self.column(&column).is_none() {
                return refuse("42703", format!("column \"{column}\" does not exist"));
            }
        }
        self.constraints.insert(name.to_owned(), constraint);
        Ok(())
    }

    /// Renames a column here and in everything of this table that names it.
    pub(super) fn rename_column(&mut self, from: &str, to: &str) {
        if let Some(column) = self.column_mut(from) {
            to.clone_into(&mut column.name);
        }
        for constraint in self.constraints.values_mut() {
            match &mut constraint.kind {
                ConstraintKind::PrimaryKey(columns) | ConstraintKind::Unique(columns) => {
                    rename_in(columns, from, to);
                }
                ConstraintKind::ForeignKey(key) => rename_in(&mut key.columns, from, to),
                ConstraintKind::Check(expr) => {
                    *expr = expr.rename_column(from, to);
                }
                ConstraintKind::NotNull(column) => {
                    if column == from {
                        to.clone_into(column);
                    }
                }
                ConstraintKind::Other(_, columns) => rename_in(columns, from, to),
            }
        }
        for index in self.indexes.values_mut() {
            if let Some(renamed) = index.renamed(from, to) {
                *index = renamed;
            }
        }
    }
}

pub(super) fn rename_in(columns: &mut [String], from: &str, to: &str) {
    for column in columns {
        if column == from {
            to.clone_into(column);
        }
    }
}

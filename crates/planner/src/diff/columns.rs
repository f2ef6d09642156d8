//! Columns of tables that stay.

use super::Diff;
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Column, Table};
use crate::sql_type::TypeChange;

impl Diff<'_> {
    /// Adds, changes and drops columns, table by table.
    pub(super) fn columns(&mut self) {
        let target = self.target;
        for name in self.kept_tables() {
            let Some(after) = target.table(&name) else { continue };
            for column in &after.columns {
                let before = self.work.table(&name).and_then(|t| t.column(&column.name)).cloned();
                match before {
                    Some(before) => self.column(&name, &before, column),
                    None => {
                        let column = column.clone();
                        self.push(Op::AddColumn { table: name.clone(), column });
                    }
                }
            }
            // What is computed goes before what it is computed from.
            let columns = self.work.table(&name).map(|t| t.columns.clone()).unwrap_or_default();
            let (computed, plain): (Vec<_>, Vec<_>) =
                columns.into_iter().partition(|c| c.generated.is_some());
            let gone = computed.into_iter().chain(plain).map(|c| c.name);
            for column in gone {
                if after.column(&column).is_none() {
                    self.drop_column(&name, column);
                }
            }
            self.nullable_again(&name, after);
        }
    }

    /// Columns of a primary key that went with another of its columns.
    fn nullable_again(&mut self, name: &QName, after: &Table) {
        for wanted in after.columns.iter().filter(|c| !c.not_null) {
            let now = self.work.table(name).and_then(|t| t.column(&wanted.name));
            if now.is_some_and(|c| c.not_null) {
                let (table, column) = (name.clone(), wanted.name.clone());
                self.push(Op::SetNotNull { table, column, not_null: false });
            }
        }
    }

    /// Whether a column is in the primary key that the table has for now.
    fn in_primary_key(&self, table: &QName, column: &str) -> bool {
        let key = self.work.table(table).and_then(Table::primary_key);
        key.is_some_and(|key| key.iter().any(|c| c == column))
    }

    /// Heirs that keep the column keep it as their own.
    fn drop_column(&mut self, name: &QName, column: String) {
        let table = name.clone();
        let keeps = |child: &QName| {
            let wanted = self.target.table(child);
            wanted.is_some_and(|t| !t.is_partition() && t.column(&column).is_some())
        };
        let heirs = self.work.children(name);
        self.push(if heirs.iter().any(keeps) {
            Op::DropColumnOnly { table, column }
        } else {
            Op::DropColumn { table, column }
        });
    }

    fn column(&mut self, table: &QName, before: &Column, after: &Column) {
        if before == after {
            return;
        }
        let (table, column) = (table.clone(), after.name.clone());
        if before.generated != after.generated {
            self.generated(&table, before, after);
            return;
        }
        let set_default =
            |default| Op::SetDefault { table: table.clone(), column: column.clone(), default };
        let set_identity = || Op::SetIdentity {
            table: table.clone(),
            column: column.clone(),
            identity: after.identity.clone(),
            was: before.identity.is_some(),
        };
        if before.identity.is_some() && after.identity.is_none() {
            self.push(set_identity());
        }
        let mut default = before.default.clone();
        if after.identity.is_some() && default.is_some() {
            self.push(set_default(None));
            default = None;
        }
        if before.ty != after.ty || before.collation != after.collation {
            let in_place = before.ty.change_to(&after.ty) != TypeChange::Rewrite
                && before.collation == after.collation;
            if default.is_some() && default != after.default && !in_place {
                // The old default may not convert to the new type.
                self.push(set_default(None));
                default = None;
            }
            let (ty, using) = (after.ty.clone(), None);
            self.push(Op::AlterType {
                table: table.clone(),
                column: column.clone(),
                ty,
                collation: after.collation.clone(),
                using,
            });
        }
        if default != after.default {
            self.push(set_default(after.default.clone()));
        }
        if before.not_null != after.not_null
            && !(after.not_null && self.gets_primary_key(&table, &column))
            && (after.not_null || !self.in_primary_key(&table, &column))
        {
            let not_null = after.not_null;
            self.push(Op::SetNotNull { table: table.clone(), column: column.clone(), not_null });
        }
        if after.identity.is_some() && before.identity != after.identity {
            self.push(set_identity());
        }
    }

    /// A computed column is dropped and added: only so is every row computed anew. One that is no
    /// longer computed keeps its values.
    fn generated(&mut self, table: &QName, before: &Column, after: &Column) {
        let column = after.name.clone();
        if after.generated.is_none() {
            self.push(Op::DropExpression { table: table.clone(), column });
            if let Some(now) = self.work.table(table).and_then(|t| t.column(&after.name)).cloned() {
                self.column(table, &now, after);
            }
            return;
        }
        let readers = self.work.views_over(table, Some(&before.name));
        let over: Vec<QName> = readers.map(|(name, _)| name.clone()).collect();
        for view in self.work.with_dependents(over).into_iter().rev() {
            self.push(self.work.drop_view(&view));
        }
        self.push(Op::DropColumn { table: table.clone(), column });
        self.push(Op::AddColumn { table: table.clone(), column: after.clone() });
    }

    /// A primary key that is about to be added makes its columns NOT NULL.
    fn gets_primary_key(&self, table: &QName, column: &str) -> bool {
        let has = |schema: &crate::schema::Schema| {
            schema
                .table(table)
                .and_then(|t| t.primary_key())
                .is_some_and(|key| key.iter().any(|c| c == column))
        };
        has(self.target) && !has(&self.work)
    }
}

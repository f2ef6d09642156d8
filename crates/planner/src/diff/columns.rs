//! Columns of tables that stay.

use super::Diff;
use crate::name::{QName, quote};
use crate::op::Op;
use crate::schema::Column;

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
            let gone: Vec<String> = self
                .work
                .table(&name)
                .map(|t| t.columns.iter().map(|c| c.name.clone()).collect())
                .unwrap_or_default();
            for column in gone {
                if after.column(&column).is_none() {
                    self.push(Op::DropColumn { table: name.clone(), column });
                }
            }
        }
    }

    fn column(&mut self, table: &QName, before: &Column, after: &Column) {
        if before == after {
            return;
        }
        let (table, column) = (table.clone(), after.name.clone());
        let set_default =
            |default| Op::SetDefault { table: table.clone(), column: column.clone(), default };
        let mut default = before.default.clone();
        if before.ty != after.ty {
            if default.is_some() && default != after.default {
                // The old default may not convert to the new type.
                self.push(set_default(None));
                default = None;
            }
            let (ty, using) = (after.ty.clone(), None);
            self.push(Op::AlterType { table: table.clone(), column: column.clone(), ty, using });
        }
        if default != after.default {
            self.push(set_default(after.default.clone()));
        }
        if before.not_null != after.not_null
            && !(after.not_null && self.gets_primary_key(&table, &column))
        {
            let not_null = after.not_null;
            self.push(Op::SetNotNull { table: table.clone(), column: column.clone(), not_null });
        }
        if before.identity != after.identity {
            self.push(Op::SetIdentity {
                table: table.clone(),
                column: column.clone(),
                identity: after.identity.clone(),
                was: before.identity.is_some(),
            });
        }
        if before.generated != after.generated || before.collation != after.collation {
            let what = if before.generated == after.generated {
                "collation"
            } else {
                "generated expression"
            };
            self.warn(
                "column-not-diffed",
                format!("the {what} of `{table}.{}` differs; that is not planned", quote(&column)),
                "give the change as statements instead of as a target schema".to_owned(),
            );
        }
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

//! A column becomes rows of a table of its own: one a row (1:1), or from then on any number (1:N, and N:M
//! where the column is a reference). What it comes to in the catalogue; `recipe::spread` carries it out.

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::name::{QName, clip};
use crate::op::Op;
use crate::schema::{Column, Constraint, ConstraintKind, ForeignKey, Index, Table};
use crate::sync::{End, Relay};

/// `t.c` becomes the rows of `into (link, label)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// The table with the column.
    pub table: QName,
    /// Its key, of one column.
    pub key: String,
    /// The column that goes.
    pub column: String,
    /// The new table.
    pub into: QName,
    /// Its reference to `table`.
    pub link: Column,
    /// Its column that takes the values.
    pub label: Column,
    /// What the values refer to, where they do.
    pub refers: Option<ForeignKey>,
    /// Whether there may be many rows a key in the end.
    pub many: bool,
}

impl Spread {
    /// In words.
    pub fn title(&self) -> String {
        let Self { table, column, into, link, label, many, .. } = self;
        let verb = if *many { "spread" } else { "move" };
        format!("{verb} {table}.{column} to {into} ({}, {})", link.name, label.name)
    }

    /// What is carried between the two.
    pub fn relay(&self) -> Relay {
        Relay {
            name: clip(&format!("{}_{}", self.table.name, self.column)),
            old: End {
                table: self.table.clone(),
                key: self.key.clone(),
                value: self.column.clone(),
            },
            new: End {
                table: self.into.clone(),
                key: self.link.name.clone(),
                value: self.label.name.clone(),
            },
        }
    }

    /// CREATE TABLE of the new rows.
    pub fn create(&self) -> Op {
        let mut definition = Table::empty();
        definition.columns = vec![self.link.clone(), self.label.clone()];
        let name = |suffix: &str| clip(&format!("{}_{suffix}", self.into.name));
        let constraint = |kind| Constraint { kind, validated: true };
        let mut key = vec![self.link.name.clone()];
        key.extend(self.many.then(|| self.label.name.clone()));
        definition.constraints.insert(name("pkey"), constraint(ConstraintKind::PrimaryKey(key)));
        let link = ForeignKey {
            columns: vec![self.link.name.clone()],
            parent: self.table.clone(),
            parent_columns: vec![self.key.clone()],
            actions: "ON DELETE CASCADE".to_owned(),
        };
        let link_name = name(&format!("{}_fkey", self.link.name));
        definition.constraints.insert(link_name, constraint(ConstraintKind::ForeignKey(link)));
        if let Some(refers) = &self.refers {
            let key = ForeignKey { columns: vec![self.label.name.clone()], ..refers.clone() };
            let label_name = name(&format!("{}_fkey", self.label.name));
            definition.constraints.insert(label_name, constraint(ConstraintKind::ForeignKey(key)));
        }
        Op::CreateTable { table: self.into.clone(), definition }
    }

    /// The index under the reference of the values, which the primary key does not begin with.
    pub fn index(&self) -> Option<Op> {
        self.refers.as_ref().map(|_| Op::CreateIndex {
            table: self.into.clone(),
            name: clip(&format!("{}_{}_idx", self.into.name, self.label.name)),
            index: Index {
                unique: false,
                ..Index::unique_on(std::slice::from_ref(&self.label.name))
            },
            concurrently: false,
        })
    }

    /// `column := value` of a row of the new table, over one of the old.
    pub fn values(&self) -> Vec<(String, Expr)> {
        vec![
            (self.link.name.clone(), Expr::column(&self.key)),
            (self.label.name.clone(), Expr::column(&self.column)),
        ]
    }

    /// What it comes to in the catalogue.
    pub fn effect(&self) -> Vec<Op> {
        let mut ops = vec![self.create()];
        ops.extend(self.index());
        ops.push(self.drop());
        ops
    }

    /// What somebody would run for it.
    pub fn as_asked(&self) -> Vec<Op> {
        let mut ops = self.effect();
        let copy = Op::InsertSelect {
            table: self.into.clone(),
            set: self.values(),
            from: self.table.clone(),
            filter: Some(Expr::column(&self.column).is_not_null()),
        };
        ops.insert(ops.len() - 1, copy);
        ops
    }

    /// The old column goes.
    pub fn drop(&self) -> Op {
        Op::DropColumn { table: self.table.clone(), column: self.column.clone() }
    }
}

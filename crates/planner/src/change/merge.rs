//! A table whose rows belong one to one to another's is merged into it: its columns go over, and the table
//! goes. What it comes to in the catalogue; `recipe::merge` carries it out.

use serde::{Deserialize, Serialize};

use crate::expr::{Expr, Lookup};
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Column, Constraint, Index};
use crate::sync::{End, Relay, Side};

/// The rows of `table` become columns of `into`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// The table that goes.
    pub table: QName,
    /// Its reference to `into`: one row a key at most.
    pub link: String,
    /// The table that gets its columns.
    pub into: QName,
    /// What the reference points at.
    pub key: String,
    /// The columns, as `into` gets them: NULL where there was no row.
    pub columns: Vec<Column>,
    /// The other columns, which go with the table.
    pub left: Vec<String>,
    /// Indexes over the columns, by the names that they have on `into`.
    pub indexes: Vec<(String, Index)>,
    /// Unique constraints and foreign keys of the columns, likewise.
    pub constraints: Vec<(String, Constraint)>,
}

impl Merge {
    /// In words.
    pub fn title(&self) -> String {
        format!("merge {} ({}) into {}", self.table, self.names().join(", "), self.into)
    }

    /// Names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// What is carried between the two, by triggers of this name that look names up in these schemas.
    pub fn relay(&self, name: String, search_path: Vec<String>) -> Relay {
        let end = |table: &QName, key: &String| End {
            table: table.clone(),
            key: key.clone(),
            values: self.names(),
        };
        Relay {
            name,
            old: end(&self.table, &self.link),
            new: end(&self.into, &self.key),
            rows: Side::Old,
            stands: false,
            search_path,
        }
    }

    /// ADD COLUMN of each.
    pub fn add(&self) -> Vec<Op> {
        let add =
            |column: &Column| Op::AddColumn { table: self.into.clone(), column: column.clone() };
        self.columns.iter().map(add).collect()
    }

    /// What it comes to in the catalogue.
    pub fn effect(&self) -> Vec<Op> {
        let mut ops = self.add();
        ops.extend(self.indexes.iter().map(|(name, index)| Op::CreateIndex {
            table: self.into.clone(),
            name: name.clone(),
            index: index.clone(),
            concurrently: false,
        }));
        ops.extend(self.constraints.iter().map(|(name, constraint)| Op::AddConstraint {
            table: self.into.clone(),
            name: name.clone(),
            constraint: constraint.clone(),
        }));
        ops.push(Op::DropTable { table: self.table.clone() });
        ops
    }

    /// What somebody would run for it.
    pub fn as_asked(&self) -> Vec<Op> {
        let lookup = |column: &Column| {
            let found = Lookup {
                table: self.table.clone(),
                value: column.name.clone(),
                key: vec![(self.link.clone(), Expr::column(&self.key))],
            };
            (column.name.clone(), Expr::Lookup(Box::new(found)))
        };
        let fill = Op::Update {
            table: self.into.clone(),
            set: self.columns.iter().map(lookup).collect(),
            filter: None,
        };
        let mut ops = self.effect();
        ops.insert(self.columns.len(), fill);
        ops
    }
}

//! Columns go over to another table that is there, each row's values to the row that belongs to it. What it
//! comes to in the catalogue; `recipe::moved` carries it out.

use serde::{Deserialize, Serialize};

use crate::expr::{Expr, Lookup};
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Column, Index};
use crate::sync::{End, Relay, Side};

/// Columns of `table` become columns of `into`, under their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The table that they leave.
    pub table: QName,
    /// What tells its row: the reference to `into`, or what that table's reference points at.
    pub at: String,
    /// The table that gets them.
    pub into: QName,
    /// What tells its row, likewise.
    pub into_at: String,
    /// Whose rows refer to the other's, one each: those of the old place, or of the new.
    pub child: Side,
    /// The columns, as `into` gets them.
    pub columns: Vec<Column>,
    /// Indexes over nothing but the columns, by the names that they have on `into`.
    pub indexes: Vec<(String, Index)>,
}

impl Move {
    /// In words.
    pub fn title(&self) -> String {
        format!("move {} to {}", self.from(), self.into)
    }

    /// `t.a, t.b`.
    pub fn from(&self) -> String {
        let each: Vec<String> =
            self.names().iter().map(|column| format!("{}.{column}", self.table)).collect();
        each.join(", ")
    }

    /// Names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// The table whose rows refer to the other's, and its reference.
    pub fn child(&self) -> (&QName, &String) {
        match self.child {
            Side::Old => (&self.table, &self.at),
            Side::New => (&self.into, &self.into_at),
        }
    }

    /// The other one, and what the reference points at.
    pub fn parent(&self) -> (&QName, &String) {
        match self.child {
            Side::Old => (&self.into, &self.into_at),
            Side::New => (&self.table, &self.at),
        }
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
            old: end(&self.table, &self.at),
            new: end(&self.into, &self.into_at),
            rows: self.child,
            stands: true,
            search_path,
        }
    }

    /// ADD COLUMN of each.
    pub fn add(&self) -> Vec<Op> {
        let add =
            |column: &Column| Op::AddColumn { table: self.into.clone(), column: column.clone() };
        self.columns.iter().map(add).collect()
    }

    /// DROP COLUMN of each.
    pub fn drop(&self) -> Vec<Op> {
        let drop = |column| Op::DropColumn { table: self.table.clone(), column };
        self.names().into_iter().map(drop).collect()
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
        ops.extend(self.drop());
        ops
    }

    /// What somebody would run for it.
    pub fn as_asked(&self) -> Vec<Op> {
        let lookup = |name: String| {
            let found = Lookup {
                table: self.table.clone(),
                value: name.clone(),
                key: vec![(self.at.clone(), Expr::column(&self.into_at))],
            };
            (name, Expr::Lookup(Box::new(found)))
        };
        let fill = Op::Update {
            table: self.into.clone(),
            set: self.names().into_iter().map(lookup).collect(),
            filter: None,
        };
        let mut ops = self.effect();
        ops.insert(self.columns.len(), fill);
        ops
    }
}

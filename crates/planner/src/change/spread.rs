//! Columns become rows of a table of their own: one a row (1:1), or from then on any number of one column's
//! values (1:N, and N:M where the column is a reference). What it comes to in the catalogue; `recipe::spread`
//! carries it out.

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::name::{QName, clip};
use crate::op::Op;
use crate::schema::{Column, Constraint, ConstraintKind, ForeignKey, Index, Table};
use crate::sync::{End, Relay, Side};

/// `t.c` becomes the rows of `into (link, label)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// The table with the columns.
    pub table: QName,
    /// Its key, of one column.
    pub key: String,
    /// The columns that go.
    pub columns: Vec<String>,
    /// The new table.
    pub into: QName,
    /// Its reference to `table`.
    pub link: Column,
    /// Its columns that take the values, one each. NOT NULL where there is one.
    pub labels: Vec<Column>,
    /// What the values refer to, where they do: by columns of the new table.
    pub refers: Vec<ForeignKey>,
    /// Whether there may be many rows a key in the end: of one column.
    pub many: bool,
}

impl Spread {
    /// In words.
    pub fn title(&self) -> String {
        let verb = if self.many { "spread" } else { "move" };
        format!("{verb} {} to {} ({})", self.from(), self.into, self.new_columns())
    }

    /// `t.a, t.b`.
    pub fn from(&self) -> String {
        let each: Vec<String> =
            self.columns.iter().map(|column| format!("{}.{column}", self.table)).collect();
        each.join(", ")
    }

    /// `t_id, a, b`.
    pub fn new_columns(&self) -> String {
        let names = [&self.link].into_iter().chain(&self.labels).map(|c| c.name.clone());
        names.collect::<Vec<_>>().join(", ")
    }

    /// What is carried between the two, by triggers of this name that look names up in these schemas.
    pub fn relay(&self, name: String, search_path: Vec<String>) -> Relay {
        Relay {
            name,
            old: End {
                table: self.table.clone(),
                key: self.key.clone(),
                values: self.columns.clone(),
            },
            new: End {
                table: self.into.clone(),
                key: self.link.name.clone(),
                values: self.labels.iter().map(|label| label.name.clone()).collect(),
            },
            rows: Side::New,
            stands: false,
            search_path,
        }
    }

    /// CREATE TABLE of the new rows.
    pub fn create(&self) -> Op {
        let mut definition = Table::empty();
        definition.columns = [&self.link].into_iter().chain(&self.labels).cloned().collect();
        let name = |suffix: &str| clip(&format!("{}_{suffix}", self.into.name));
        let constraint = |kind| Constraint { kind, validated: true };
        let mut key = vec![self.link.name.clone()];
        key.extend(self.labels.iter().filter(|_| self.many).map(|label| label.name.clone()));
        definition.constraints.insert(name("pkey"), constraint(ConstraintKind::PrimaryKey(key)));
        let link = ForeignKey {
            columns: vec![self.link.name.clone()],
            parent: self.table.clone(),
            parent_columns: vec![self.key.clone()],
            actions: "ON DELETE CASCADE".to_owned(),
        };
        for key in [&link].into_iter().chain(&self.refers) {
            let key_name = name(&format!("{}_fkey", key.columns.join("_")));
            let kind = ConstraintKind::ForeignKey(key.clone());
            definition.constraints.insert(key_name, constraint(kind));
        }
        Op::CreateTable { table: self.into.clone(), definition }
    }

    /// The indexes under the references of the values, which the primary key does not begin with.
    pub fn indexes(&self) -> Vec<Op> {
        let index = |key: &ForeignKey| Op::CreateIndex {
            table: self.into.clone(),
            name: clip(&format!("{}_{}_idx", self.into.name, key.columns.join("_"))),
            index: Index { unique: false, ..Index::unique_on(&key.columns) },
            concurrently: false,
        };
        self.refers.iter().map(index).collect()
    }

    /// `column := value` of a row of the new table, over one of the old.
    pub fn values(&self) -> Vec<(String, Expr)> {
        let labels = self.labels.iter().zip(&self.columns);
        let values = labels.map(|(label, column)| (label.name.clone(), Expr::column(column)));
        [(self.link.name.clone(), Expr::column(&self.key))].into_iter().chain(values).collect()
    }

    /// Rows of the old table that have one of the new.
    pub fn any(&self) -> Expr {
        let each = self.columns.iter().map(|column| Expr::column(column).is_not_null());
        each.reduce(|any, other| any.op("OR", other)).unwrap_or(Expr::Bool(false))
    }

    /// What it comes to in the catalogue.
    pub fn effect(&self) -> Vec<Op> {
        let mut ops = vec![self.create()];
        ops.extend(self.indexes());
        ops.extend(self.drop());
        ops
    }

    /// What somebody would run for it.
    pub fn as_asked(&self) -> Vec<Op> {
        let mut ops = self.effect();
        let copy = Op::InsertSelect {
            table: self.into.clone(),
            set: self.values(),
            from: self.table.clone(),
            filter: Some(self.any()),
        };
        ops.insert(ops.len() - self.columns.len(), copy);
        ops
    }

    /// The old columns go.
    pub fn drop(&self) -> Vec<Op> {
        let drop =
            |column: &String| Op::DropColumn { table: self.table.clone(), column: column.clone() };
        self.columns.iter().map(drop).collect()
    }
}

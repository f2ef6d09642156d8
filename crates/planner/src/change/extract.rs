//! A column of few values becomes a reference to a table of them. What it comes to in the catalogue;
//! `recipe::extract` carries it out.

use serde::{Deserialize, Serialize};

use super::Reshape;
use crate::expr::Expr;
use crate::name::{QName, clip};
use crate::op::Op;
use crate::schema::{Column, Constraint, ConstraintKind, ForeignKey, Index, Schema, Table};

/// `t.status` becomes `t.status_id`, a reference to `statuses (id, name)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extract {
    /// The new table.
    pub table: QName,
    /// Its key: values are numbered from 1.
    pub key: Column,
    /// Its column that holds the values.
    pub label: Column,
    /// The values, in the CHECK's order.
    pub values: Vec<String>,
    /// The CHECK that allows no others.
    pub check: String,
    /// The old column into the new one.
    pub reshape: Reshape,
}

impl Extract {
    /// An extract of a column whose CHECK allows just these values.
    pub fn new(
        (of, old): (&QName, &Column),
        (table, key, label): (QName, Column, Column),
        to: Column,
        (check, values): (String, Vec<String>),
    ) -> Self {
        let number = |at: usize| Expr::Number((at + 1).to_string());
        let text = |value: &String| Expr::Text(value.clone());
        let each = || values.iter().enumerate();
        let is = |c: &str, value: Expr| Expr::column(c).op("=", value);
        let up = each().map(|(at, v)| (is(&old.name, text(v)), number(at))).collect();
        let down = each().map(|(at, v)| (is(&to.name, number(at)), text(v))).collect();
        let reshape = Reshape {
            table: of.clone(),
            from: vec![old.name.clone()],
            back: vec![(old.name.clone(), Expr::Case(down, None))],
            into: vec![(to, Expr::Case(up, None))],
            back_is_guessed: false,
            is_closed: true,
        };
        Self { table, key, label, values, check, reshape }
    }

    /// `t.status`, for words.
    pub fn title(&self) -> String {
        let Reshape { table, from, .. } = &self.reshape;
        format!(
            "extract {table}.{} into {}, as {}",
            from.join(", "),
            self.table,
            self.reshape.into_names().join(", ")
        )
    }

    /// CREATE TABLE of the values.
    pub fn create(&self) -> Op {
        let mut definition = Table::empty();
        definition.columns = vec![self.key.clone(), self.label.clone()];
        let name = |suffix: &str| clip(&format!("{}_{suffix}", self.table.name));
        let constraint = |kind| Constraint { kind, validated: true };
        let key = ConstraintKind::PrimaryKey(vec![self.key.name.clone()]);
        definition.constraints.insert(name("pkey"), constraint(key));
        let unique = ConstraintKind::Unique(vec![self.label.name.clone()]);
        let unique_name = name(&format!("{}_key", self.label.name));
        definition.constraints.insert(unique_name, constraint(unique));
        Op::CreateTable { table: self.table.clone(), definition }
    }

    /// INSERT of the values.
    pub fn fill(&self) -> Op {
        let row = |(at, value): (usize, &String)| {
            vec![Expr::Number((at + 1).to_string()), Expr::Text(value.clone())]
        };
        Op::InsertRows {
            table: self.table.clone(),
            columns: vec![self.key.name.clone(), self.label.name.clone()],
            rows: self.values.iter().enumerate().map(row).collect(),
        }
    }

    /// The foreign key, with the name that the server would give it.
    pub fn reference(&self) -> (String, Constraint) {
        let columns: Vec<String> =
            self.reshape.into_names().iter().map(|c| (*c).to_owned()).collect();
        let name = format!("{}_{}_fkey", self.reshape.table.name, columns.join("_"));
        let key = ForeignKey {
            columns,
            parent: self.table.clone(),
            parent_columns: vec![self.key.name.clone()],
            actions: String::new(),
        };
        (clip(&name), Constraint { kind: ConstraintKind::ForeignKey(key), validated: true })
    }

    /// The index under it, likewise.
    pub fn index(&self) -> (String, Index) {
        let columns: Vec<String> =
            self.reshape.into_names().iter().map(|c| (*c).to_owned()).collect();
        let name = clip(&format!("{}_{}_idx", self.reshape.table.name, columns.join("_")));
        (name, Index { unique: false, ..Index::unique_on(&columns) })
    }

    fn with(&self, reshape: Vec<Op>) -> Vec<Op> {
        let table = self.reshape.table.clone();
        let (name, constraint) = self.reference();
        let (index_name, index) = self.index();
        let mut ops = vec![self.create(), self.fill()];
        ops.extend(reshape);
        ops.push(Op::CreateIndex {
            table: table.clone(),
            name: index_name,
            index,
            concurrently: false,
        });
        ops.push(Op::AddConstraint { table, name, constraint });
        ops
    }

    /// What it comes to in the catalogue.
    ///
    /// # Errors
    /// As `Reshape::views`.
    pub fn effect(&self, schema: &Schema) -> Result<Vec<Op>, QName> {
        Ok(self.with(self.reshape.effect(schema)?))
    }

    /// What somebody would run for it.
    pub fn as_asked(&self, schema: &Schema) -> Vec<Op> {
        self.with(self.reshape.as_asked(schema))
    }
}

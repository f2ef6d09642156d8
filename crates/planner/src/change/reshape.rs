//! Some columns of a table become others: one into several, several into one, JSON into columns and
//! back. What it comes to in the catalogue; `recipe::reshape` carries it out.

use serde::{Deserialize, Serialize};

use super::inverse;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Column, Schema, Table, View};
use crate::sql;

/// Columns of one table that go, for columns of the same table that come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reshape {
    /// Table.
    pub table: QName,
    /// Columns that go.
    pub from: Vec<String>,
    /// Columns that come, each with its value over the ones that go.
    pub into: Vec<(Column, Expr)>,
    /// Each column that goes, with its value over those that come.
    pub back: Vec<(String, Expr)>,
    /// Whether the way back was worked out from the way there, because none was given.
    pub back_is_guessed: bool,
    /// Whether no value is written but those that the conversions name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_closed: bool,
}

impl Reshape {
    /// A reshape whose way back is `given`, completed from the way there where that tells it.
    ///
    /// # Errors
    /// The first column for which no way back is known.
    pub fn new(
        table: (&QName, &Table),
        from: Vec<String>,
        into: Vec<(Column, Expr)>,
        given: &[(String, Expr)],
    ) -> Result<Self, String> {
        let (name, definition) = table;
        let mut back = Vec::new();
        let mut back_is_guessed = false;
        for column in &from {
            let stated = given.iter().find(|(c, _)| c == column).map(|(_, value)| value.clone());
            let value = stated.or_else(|| {
                back_is_guessed = true;
                inverse::of(&from, &into, definition.column(column)?)
            });
            back.push((column.clone(), value.ok_or_else(|| column.clone())?));
        }
        Ok(Self { table: name.clone(), from, into, back, back_is_guessed, is_closed: false })
    }

    /// Names of the columns that come.
    pub fn into_names(&self) -> Vec<&str> {
        self.into.iter().map(|(c, _)| c.name.as_str()).collect()
    }

    /// `split t.a into b, c`, `merge t.a, t.b into c`.
    pub fn title(&self) -> String {
        let verb = if self.from.len() > 1 { "merge" } else { "split" };
        let from: Vec<String> = self.from.iter().map(|c| format!("{}.{c}", self.table)).collect();
        format!("{verb} {} into {}", from.join(", "), self.into_names().join(", "))
    }

    /// Views over columns that go, each as it is and as it reads the columns that come instead.
    ///
    /// # Errors
    /// The first view for which that cannot be told.
    pub fn views(&self, schema: &Schema) -> Result<Vec<(QName, View, View)>, QName> {
        let reads = |view: &QName, column: &str| {
            schema.views_over(&self.table, Some(column)).any(|(name, _)| name == view)
        };
        let over = |(name, view): (&QName, &View)| {
            let read: Vec<&(String, Expr)> =
                self.back.iter().filter(|(column, _)| reads(name, column)).collect();
            (!read.is_empty()).then(|| {
                let moved = self.moved(schema, view, &read).ok_or_else(|| name.clone())?;
                Ok((name.clone(), view.clone(), moved))
            })
        };
        schema.views.iter().filter_map(over).collect()
    }

    /// The view as it reads the columns that come.
    fn moved(&self, schema: &Schema, view: &View, read: &[&(String, Expr)]) -> Option<View> {
        let table = schema.table(&self.table)?;
        if view.materialized {
            return None;
        }
        let mut query = view.query.clone();
        for (column, value) in read {
            let ty = &table.column(column)?.ty;
            query = sql::replace_column(&query, (&self.table, column.as_str()), value, ty)?;
        }
        let mut identifiers = view.identifiers.clone();
        identifiers.retain(|i| !read.iter().any(|(column, _)| column == i));
        identifiers.extend(self.into.iter().map(|(c, _)| c.name.clone()));
        Some(View { query, identifiers, ..view.clone() })
    }

    /// What it comes to in the catalogue: the new columns are there, views read them, the old ones
    /// are not.
    ///
    /// # Errors
    /// As `views`.
    pub fn effect(&self, schema: &Schema) -> Result<Vec<Op>, QName> {
        let mut ops: Vec<Op> = self.into.iter().map(|(c, _)| self.add(c.clone())).collect();
        let views = self.views(schema)?.into_iter();
        ops.extend(views.map(|(view, _, definition)| Op::ReplaceView { view, definition }));
        ops.extend(self.drops());
        Ok(ops)
    }

    /// What somebody would run for it.
    pub fn as_asked(&self, schema: &Schema) -> Vec<Op> {
        let empty = |(c, _): &(Column, Expr)| self.add(Column { not_null: false, ..c.clone() });
        let mut ops: Vec<Op> = self.into.iter().map(empty).collect();
        ops.push(Op::Update {
            table: self.table.clone(),
            set: self.into.iter().map(|(c, value)| (c.name.clone(), value.clone())).collect(),
            filter: None,
        });
        ops.extend(self.into.iter().filter(|(c, _)| c.not_null).map(|(c, _)| Op::SetNotNull {
            table: self.table.clone(),
            column: c.name.clone(),
            not_null: true,
        }));
        // A view that cannot be moved was refused when the change was read.
        let views = self.views(schema).unwrap_or_default().into_iter();
        ops.extend(views.map(|(view, _, definition)| Op::ReplaceView { view, definition }));
        ops.extend(self.drops());
        ops
    }

    fn add(&self, column: Column) -> Op {
        Op::AddColumn { table: self.table.clone(), column }
    }

    /// The old columns go.
    pub(crate) fn drops(&self) -> impl Iterator<Item = Op> {
        let drop = |c: &String| Op::DropColumn { table: self.table.clone(), column: c.clone() };
        self.from.iter().map(drop)
    }
}

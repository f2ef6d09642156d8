//! The change as asked: typed statements with their places, and hints for what SQL cannot say.
//! Values only; `sql` reads them, `recipe` answers them.

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Column, Object, ObjectId, Schema, View};
use crate::sql;

/// One thing asked for, and where it stands in the change's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// What.
    pub what: What,
    /// Byte range in the change.
    pub span: (usize, usize),
}

/// A statement, or what no statement can say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A statement.
    Statement(Op),
    /// `-- concertina: split t.c into a text := …, b text := … back …`.
    Split(Split),
    /// Something is made again in another shape under its name.
    Replace {
        /// What takes the old one away. It was applied where it stood: see `Lifted`.
        drop: Box<Op>,
        /// What makes the new one.
        create: Box<Op>,
        /// What belongs to it and is made with it.
        with: Vec<(ObjectId, Object)>,
    },
    /// A statement whose work is done by a later `Replace`.
    Lifted(Op),
    /// An object that is neither table, index nor view becomes this, or goes.
    Object {
        /// Which.
        id: ObjectId,
        /// What it becomes; nothing where it goes.
        after: Option<Object>,
    },
}

/// One column into several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Table.
    pub table: QName,
    /// Column that goes.
    pub column: String,
    /// Columns that come, each with its value over the old column.
    pub into: Vec<(Column, Expr)>,
    /// The old column's value over the new ones, where given.
    pub back: Option<Expr>,
}

impl Split {
    /// The old column's value over the new ones: as given, or the parts with a space between.
    pub fn down(&self) -> Expr {
        self.back.clone().unwrap_or_else(|| {
            let mut args = vec![Expr::Text(" ".to_owned())];
            args.extend(self.into.iter().map(|(c, _)| Expr::column(&c.name)));
            Expr::Call("concat_ws".to_owned(), args)
        })
    }

    /// Views over the old column, each as it is and as it reads the new columns instead.
    ///
    /// # Errors
    /// The first view for which that cannot be told.
    pub fn views(&self, schema: &Schema) -> Result<Vec<(QName, View, View)>, QName> {
        let ty = schema.table(&self.table).and_then(|t| t.column(&self.column)).map(|c| &c.ty);
        let views = schema.views_over(&self.table, Some(&self.column));
        views
            .map(|(name, view)| {
                let refused = || name.clone();
                let ty = ty.ok_or_else(refused)?;
                let at = (&self.table, self.column.as_str());
                let query = sql::replace_column(&view.query, at, &self.down(), ty)
                    .filter(|_| !view.materialized)
                    .ok_or_else(refused)?;
                let mut identifiers = view.identifiers.clone();
                identifiers.retain(|i| *i != self.column);
                identifiers.extend(self.into.iter().map(|(c, _)| c.name.clone()));
                let moved = View { query, identifiers, ..view.clone() };
                Ok((name.clone(), view.clone(), moved))
            })
            .collect()
    }

    /// What the split comes to in the catalogue: the new columns are there, views read them, the
    /// old column is not.
    ///
    /// # Errors
    /// As `views`.
    pub fn effect(&self, schema: &Schema) -> Result<Vec<Op>, QName> {
        let add = |(column, _): &(Column, Expr)| Op::AddColumn {
            table: self.table.clone(),
            column: column.clone(),
        };
        let mut ops: Vec<Op> = self.into.iter().map(add).collect();
        ops.extend(
            self.views(schema)?
                .into_iter()
                .map(|(view, _, definition)| Op::ReplaceView { view, definition }),
        );
        ops.push(Op::DropColumn { table: self.table.clone(), column: self.column.clone() });
        Ok(ops)
    }
}

/// A `-- concertina:` comment that decides something about other changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// `rename t.a to b`: for a target schema, where a rename looks like a drop and an add.
    RenameColumn {
        /// Table, by its old name.
        table: QName,
        /// Old column.
        column: String,
        /// New column.
        to: String,
    },
    /// `rename table t to u`.
    RenameTable {
        /// Old name.
        table: QName,
        /// New bare name.
        to: String,
    },
    /// `fill t.c := value`: what a row gets where the writer gives nothing.
    Fill {
        /// Table.
        table: QName,
        /// Column.
        column: String,
        /// The value.
        value: Expr,
    },
}

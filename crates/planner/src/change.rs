//! The change as asked: typed statements with their places, and hints for what SQL cannot say.
//! Values only; `sql` reads them, `recipe` answers them.

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::schema::Column;

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

//! Columns of one table that get other types. Values only.

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::sql_type::SqlType;

/// Columns of one table with the types they get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retype {
    /// Table.
    pub table: QName,
    /// Its columns, in the order asked.
    pub columns: Vec<Retyped>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retyped {
    /// Column.
    pub column: String,
    /// Its type to be.
    pub ty: SqlType,
    /// Its collation to be, where that is not the type's own.
    pub collation: Option<String>,
    /// What its value becomes, where that was said.
    pub using: Option<Expr>,
}

impl Retype {
    /// The statements that ask for it.
    pub fn ops(&self) -> Vec<Op> {
        let alter = |c: &Retyped| Op::AlterType {
            table: self.table.clone(),
            column: c.column.clone(),
            ty: c.ty.clone(),
            collation: c.collation.clone(),
            using: c.using.clone(),
        };
        self.columns.iter().map(alter).collect()
    }

    /// Whether a column is among them.
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|c| c.column == column)
    }
}

//! From where a column gets its numbers, today and then. Values only.

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::name::QName;
use crate::schema::{Object, ObjectId};

/// A column that gets its values from elsewhere when an INSERT leaves it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbering {
    /// Table.
    pub table: QName,
    /// Column.
    pub column: String,
    /// From where today.
    pub before: Numbers,
    /// From where then.
    pub after: Numbers,
}

/// From where a column gets its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Numbers {
    /// A default, and what is made or goes with it: a sequence, and that the column owns it.
    Default {
        /// The default.
        value: Expr,
        /// In the order of making.
        with: Vec<(ObjectId, Object)>,
    },
    /// An identity.
    Identity {
        /// `always` or `by default`.
        kind: String,
        /// Its options, where they are not the default.
        with: Vec<(ObjectId, Object)>,
    },
}

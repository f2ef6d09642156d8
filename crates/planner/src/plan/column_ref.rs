//! A column of a relation, written `schema.table.column`; a label of an enum.

use serde::{Deserialize, Serialize};

use crate::name::{QName, quote, split_dotted};

/// A column of a relation (a table, or a view that stands in for one).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnRef {
    /// Table or view.
    pub relation: QName,
    /// Column.
    pub column: String,
}

/// A label of an enum.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LabelRef {
    /// Enum.
    pub ty: QName,
    /// Label.
    pub label: String,
}

impl std::fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.relation, quote(&self.column))
    }
}

impl Serialize for ColumnRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ColumnRef {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut parts = split_dotted(&text).unwrap_or_default();
        match (parts.pop(), parts.pop(), parts.pop(), parts.pop()) {
            (Some(column), Some(name), Some(schema), None) => {
                Ok(Self { relation: QName::new(schema, name), column })
            }
            _ => Err(serde::de::Error::custom(format!("`{text}` is not schema.table.column"))),
        }
    }
}

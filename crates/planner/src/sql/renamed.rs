//! ALTER … RENAME of what is neither table, column, constraint nor index. Must not know the schema.

use super::cursor::{Cursor, PlacedName};
use crate::name::QName;

/// What has another name, and which.
#[derive(Clone, Debug)]
pub(super) enum Renamed {
    /// ALTER TYPE or DOMAIN … RENAME TO.
    Type { from: PlacedName, to: String },
    /// ALTER TYPE … RENAME VALUE.
    Label { ty: PlacedName, from: String, to: String },
    /// ALTER SEQUENCE … RENAME TO.
    Sequence { from: PlacedName, to: String },
    /// ALTER VIEW … RENAME TO.
    View { from: PlacedName, to: String },
    /// ALTER TRIGGER … ON … RENAME TO.
    Trigger { table: PlacedName, from: String, to: String },
}

impl Renamed {
    /// The view that it is about.
    pub(super) fn view(self) -> Option<QName> {
        match self {
            Self::View { from, .. } => Some(from.name),
            Self::Type { .. }
            | Self::Label { .. }
            | Self::Sequence { .. }
            | Self::Trigger { .. } => None,
        }
    }
}

/// Reads from after ALTER.
pub(super) fn read(mut cursor: Cursor<'_>) -> Option<Renamed> {
    let is_type = cursor.eat("TYPE") || cursor.eat("DOMAIN");
    if !is_type && cursor.eat("TRIGGER") {
        let from = cursor.ident("a trigger's name").ok()?.name;
        cursor.eat("ON").then_some(())?;
        let table = cursor.name("a table name").ok()?;
        return to(cursor).map(|to| Renamed::Trigger { table, from, to });
    }
    let is_sequence = !is_type && cursor.eat("SEQUENCE");
    let known = is_type || is_sequence || cursor.eat("VIEW") || cursor.eat("MATERIALIZED VIEW");
    known.then_some(())?;
    cursor.eat("IF EXISTS");
    let from = cursor.name("a name").ok()?;
    if is_type && cursor.eat("RENAME VALUE") {
        let label = cursor.string().ok()?;
        cursor.eat("TO").then_some(())?;
        let to = cursor.string().ok()?;
        return cursor.done().then_some(Renamed::Label { ty: from, from: label, to });
    }
    let to = to(cursor)?;
    Some(match (is_type, is_sequence) {
        (true, _) => Renamed::Type { from, to },
        (false, true) => Renamed::Sequence { from, to },
        (false, false) => Renamed::View { from, to },
    })
}

/// `RENAME TO name`, to the end.
fn to(mut cursor: Cursor<'_>) -> Option<String> {
    cursor.eat("RENAME TO").then_some(())?;
    let to = cursor.ident("a name").ok()?.name;
    cursor.done().then_some(to)
}

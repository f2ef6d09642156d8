//! Foreign keys as values: which constraint is one, and what it does to the rows that refer. Must not
//! know rows.

use super::{ConstraintKind, ForeignKey};
use crate::name::QName;

/// What becomes of a row that refers to one that is deleted or gets another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// NO ACTION, the default: the statement is refused at its end, if the row still refers to nothing.
    Refuse,
    /// RESTRICT: refused at once, whatever comes later in the statement.
    Restrict,
    /// CASCADE: it is deleted too, or gets the new key.
    Cascade,
    /// SET NULL.
    SetNull,
    /// SET DEFAULT.
    SetDefault,
}

impl ConstraintKind {
    /// The foreign key, where it is one that was read.
    pub fn foreign_key(&self) -> Option<&ForeignKey> {
        match self {
            Self::ForeignKey(key) => Some(key),
            Self::PrimaryKey(_)
            | Self::Unique(_)
            | Self::Check(_)
            | Self::NotNull(_)
            | Self::Other(..) => None,
        }
    }

    /// The table that it points at, where it is a foreign key.
    pub fn parent(&self) -> Option<&QName> {
        self.foreign_key().map(|key| &key.parent)
    }
}

impl ForeignKey {
    /// What it does to rows that refer to one that is deleted.
    pub fn on_delete(&self) -> Action {
        self.on("ON DELETE ")
    }

    /// What it does to rows that refer to one whose key changes.
    pub fn on_update(&self) -> Action {
        self.on("ON UPDATE ")
    }

    fn on(&self, event: &str) -> Action {
        let said = self.actions.split(event).nth(1).unwrap_or_default();
        [
            ("CASCADE", Action::Cascade),
            ("SET NULL", Action::SetNull),
            ("SET DEFAULT", Action::SetDefault),
            ("RESTRICT", Action::Restrict),
        ]
        .into_iter()
        .find(|(words, _)| said.starts_with(words))
        .map_or(Action::Refuse, |(_, action)| action)
    }
}

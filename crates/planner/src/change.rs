//! The change as asked: typed statements with their places, and hints for what SQL cannot say.
//! Values only; `sql` reads them, `recipe` answers them.

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Object, ObjectId};

mod extract;
mod inverse;
mod merge;
mod moved;
mod numbering;
mod partition;
mod reshape;
mod spread;

pub use extract::Extract;
pub use merge::Merge;
pub use moved::Move;
pub use partition::Partition;
pub use reshape::Reshape;
pub use spread::Spread;
mod retype;

pub use numbering::{Numbering, Numbers};
pub use retype::{Retype, Retyped};

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
    /// `-- concertina: split t.c into …`, `merge t.a, t.b into …`.
    Reshape(Reshape),
    /// `-- concertina: extract t.status into statuses (id …, name …) as status_id`.
    Extract(Box<Extract>),
    /// `-- concertina: move t.c to u (t_id, c)`, `spread t.c to u (t_id, c)`.
    Spread(Box<Spread>),
    /// `-- concertina: move t.c to u`, where `u` is there.
    Move(Box<Move>),
    /// `-- concertina: merge table t into u`.
    Merge(Box<Merge>),
    /// A plain table becomes one partition of a partitioned one, which has its name from then on.
    Partition(Box<Partition>),
    /// Columns of one table get other types, each by a second column that takes its name.
    Retype(Retype),
    /// A column gets its numbers from elsewhere: a sequence becomes an identity, or the other way round.
    Numbering(Numbering),
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

impl What {
    /// The statement, where it is one and nothing more.
    pub(crate) fn statement(&self) -> Option<&Op> {
        match self {
            Self::Statement(op) => Some(op),
            Self::Reshape(_)
            | Self::Extract(_)
            | Self::Spread(_)
            | Self::Move(_)
            | Self::Merge(_)
            | Self::Partition(_)
            | Self::Retype(_)
            | Self::Numbering(_)
            | Self::Replace { .. }
            | Self::Lifted(_)
            | Self::Object { .. } => None,
        }
    }

    /// The columns of one table that get other types together.
    pub(crate) fn retype(&self) -> Option<&Retype> {
        match self {
            Self::Retype(retype) => Some(retype),
            Self::Statement(_)
            | Self::Reshape(_)
            | Self::Extract(_)
            | Self::Spread(_)
            | Self::Move(_)
            | Self::Merge(_)
            | Self::Partition(_)
            | Self::Numbering(_)
            | Self::Replace { .. }
            | Self::Lifted(_)
            | Self::Object { .. } => None,
        }
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
    /// `rename value mood 'sad' to 'blue'`.
    RenameLabel {
        /// Enum.
        ty: QName,
        /// Its label.
        label: String,
        /// The new name.
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

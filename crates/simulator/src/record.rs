//! A row with its memory: what it holds, and what was acknowledged about it. The second part is
//! the ghost that invariants compare with; no statement can see it.

use planner::expr::{Expr, Volatility};
use planner::plan::Conversion;

use crate::eval::eval;
use crate::value::Value;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Record {
    /// Values, in the order of the schema's columns.
    pub(crate) values: Vec<Value>,
    /// Acknowledged values of columns that no conversion is about, by name.
    pub(crate) plain: Vec<(String, Value)>,
    /// Acknowledged values under each conversion of the table, in the side that wrote last.
    pub(crate) groups: Vec<Group>,
    /// What an in-place backfill overwrote, and with what, by column.
    pub(crate) undo: Vec<(String, Value, Value)>,
    /// Whether a backfill brought the row, and nobody has changed it since.
    pub(crate) brought: bool,
}

/// What is known of the columns of one conversion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Group {
    /// Nobody who knows these columns has written them.
    Unwritten,
    /// An old release wrote, these values of its columns.
    Old(Vec<Value>),
    /// A new release wrote.
    New(Vec<Value>),
}

impl Group {
    /// What a new release wrote. Where each side follows from the other, it is said in the old
    /// release's columns: who wrote makes no difference to what anybody may read (`invariant::wanted`
    /// gives the same for both), so it makes no other state either.
    pub(crate) fn by_new(conversion: &Conversion, values: Vec<Value>) -> Self {
        match said_in_old(conversion, &values) {
            Some(old) => Self::Old(old),
            None => Self::New(values),
        }
    }
}

fn said_in_old(conversion: &Conversion, new: &[Value]) -> Option<Vec<Value>> {
    let Conversion { up, down, .. } = conversion;
    let is_plain = |(_, value): &(String, Expr)| {
        value.volatility() != Volatility::Volatile && value.lookups().is_empty()
    };
    if up.is_empty() || down.is_empty() || !up.iter().chain(down).all(is_plain) {
        return None;
    }
    let old = converted(down, (up, new))?;
    (converted(up, (down, &old))? == new).then_some(old)
}

/// One side, from the values of the other.
fn converted(
    side: &[(String, Expr)],
    (names, values): (&[(String, Expr)], &[Value]),
) -> Option<Vec<Value>> {
    let look = |name: &str| {
        let at = names.iter().position(|(c, _)| c == name);
        at.and_then(|i| values.get(i)).cloned().unwrap_or(Value::Null)
    };
    side.iter().map(|(_, value)| eval(value, &look).ok()).collect()
}

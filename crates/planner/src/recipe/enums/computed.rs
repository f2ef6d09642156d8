//! Computed columns that rest on an enum: PostgreSQL takes no USING for them, and one that calls a
//! routine holds that routine, so they go before the type does and are computed anew after it, with
//! all that hangs on them. Must not know why the type is made again.

use crate::name::QName;
use crate::name::mention::names;
use crate::op::Op;
use crate::op::expressions::hanging;
use crate::schema::{Column, Schema};

/// What takes computed columns away, and what makes them again.
#[derive(Default)]
pub(super) struct Computed {
    /// Before the type goes.
    pub(super) down: Vec<Op>,
    /// After the new one is there.
    pub(super) up: Vec<Op>,
}

/// The computed columns that `rests` says, or that call one of the routines; none where one of them is
/// a key, or others refer to it.
pub(super) fn computed(
    schema: &Schema,
    rests: &dyn Fn(&Column) -> bool,
    routines: &[QName],
) -> Option<Computed> {
    let mut computed = Computed::default();
    let calls = |column: &Column| {
        let text = column.generated.as_deref().unwrap_or_default();
        routines.iter().any(|routine| names(text, routine))
    };
    for (name, table) in &schema.tables {
        let of_it = |c: &&Column| c.generated.is_some() && (rests(c) || calls(c));
        for column in table.columns.iter().filter(of_it) {
            if table.partitioning.is_some() || is_key(schema, name, &column.name) {
                return None;
            }
            let (table_of, column_of) = (name.clone(), column.name.clone());
            computed.down.push(Op::DropColumn { table: table_of, column: column_of });
            computed.up.push(Op::AddColumn { table: name.clone(), column: column.clone() });
            computed.up.extend(hanging(schema, (name, table), &column.name));
        }
    }
    Some(computed)
}

/// Whether a column is in the primary key, or others refer to it.
fn is_key(schema: &Schema, table: &QName, column: &str) -> bool {
    let primary = schema.table(table).and_then(|t| t.primary_key());
    primary.is_some_and(|key| key.iter().any(|c| c == column))
        || schema
            .referencing(table)
            .any(|(.., key)| schema.parent_columns(key).iter().any(|c| c == column))
}

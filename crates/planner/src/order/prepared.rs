//! What a step makes of statements that sessions have prepared before it: where a result has other
//! columns or types afterwards, the server refuses the statement once (0A000). Must not know recipes.

use std::sync::Arc;

use crate::name::QName;
use crate::op::Op;
use crate::plan::{Prepared, Statement};
use crate::schema::{Column, Schema, Table};

/// Tables of which prepared statements give something else after the script.
pub(crate) fn refused(before: &Schema, after: &Schema, script: &[Statement]) -> Vec<Prepared> {
    let changed = before.tables.iter().filter_map(|(name, then)| {
        let now = after.tables.get(name)?;
        // What no statement touches is shared.
        (!Arc::ptr_eq(then, now)).then_some((name, then, now))
    });
    changed.filter_map(|(name, then, now)| of_table(before, name, (then, now), script)).collect()
}

fn of_table(
    before: &Schema,
    name: &QName,
    (then, now): (&Table, &Table),
    script: &[Statement],
) -> Option<Prepared> {
    // An enum that is made again is another type of the same name.
    let retyped = |column: &str| {
        script.iter().any(|statement| {
            let Op::AlterType { table, column: c, .. } = &statement.op else { return false };
            c == column && (table == name || before.descendants(table).contains(name))
        })
    };
    let changes = |column: &&Column| {
        now.column(&column.name).is_some_and(|now| {
            now.ty != column.ty || now.collation != column.collation || retyped(&column.name)
        })
    };
    let columns: Vec<String> =
        then.columns.iter().filter(changes).map(|column| column.name.clone()).collect();
    let same = |(a, b): (&Column, &Column)| a.name == b.name;
    let differs = !columns.is_empty()
        || then.columns.len() != now.columns.len()
        || !then.columns.iter().zip(&now.columns).all(same);
    differs.then(|| Prepared { table: name.clone(), columns })
}

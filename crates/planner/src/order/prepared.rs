//! What a step makes of statements that sessions have prepared before it: where a result has other
//! columns or types afterwards, the server refuses the statement once (0A000). Must not know recipes.

use crate::name::QName;
use crate::op::Op;
use crate::plan::{Prepared, Statement};
use crate::schema::{Schema, Table};

/// Tables of which prepared statements give something else after the script.
pub(crate) fn refused(before: &Schema, after: &Schema, script: &[Statement]) -> Vec<Prepared> {
    let both = before.tables.iter().filter_map(|(name, table)| {
        let now = after.table(name)?;
        Some((name, table.as_ref(), now))
    });
    both.filter_map(|(name, then, now)| of_table(before, name, (then, now), script)).collect()
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
    let changes = |column: &&crate::schema::Column| {
        let same = now.column(&column.name);
        same.is_some_and(|now| {
            now.ty != column.ty || now.collation != column.collation || retyped(&column.name)
        })
    };
    let columns: Vec<String> =
        then.columns.iter().filter(changes).map(|column| column.name.clone()).collect();
    let names = |table: &Table| table.columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    let differs = !columns.is_empty() || names(then) != names(now);
    differs.then(|| Prepared { table: name.clone(), columns })
}

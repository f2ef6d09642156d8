//! Defaults that came since a recipe was written: an enum that is made again takes those along that its
//! columns have by then. Must not know recipes.

use crate::op::Op;
use crate::plan::Statement;
use crate::recipe::set_default;
use crate::schema::Schema;

/// The script with the default of each column that becomes of an enum taken down before it, and put up
/// after it: no default is cast to an enum by itself (42804).
pub(super) fn taken_along(before: &Schema, script: Vec<Statement>) -> Vec<Statement> {
    if !script.iter().any(|statement| matches!(statement.op, Op::AlterType { .. })) {
        return script;
    }
    let mut now = before.clone();
    let mut all = Vec::new();
    for statement in script {
        let within =
            |op| Statement { transaction: statement.transaction.clone(), ..Statement::new(op) };
        let mut after = None;
        if let Op::AlterType { table, column, ty, .. } = &statement.op {
            let of_enum = ty.element().parse().is_ok_and(|name| now.enums.contains_key(&name));
            let found = now.table(table).and_then(|table| table.column(column));
            let default = found.and_then(|column| column.default.clone()).filter(|_| of_enum);
            if let Some(default) = default {
                all.push(within(set_default(table, column, None)));
                after = Some(within(set_default(table, column, Some(default))));
            }
        }
        // What it refuses, the server will say.
        drop(now.apply(&statement.op));
        all.push(statement);
        all.extend(after);
    }
    all
}

//! What ALTER COLUMN … TYPE takes from a column, or stumbles over, said again around it: a default that came
//! since a recipe was written, storage and compression. Must not know recipes.

use crate::op::Op;
use crate::op::object::make;
use crate::plan::Statement;
use crate::recipe::set_default;
use crate::schema::{ObjectKind, Schema, Subject};
use crate::sql_type::SqlType;

/// The script with, around each change of a type, what has to go before it and what comes again after it.
pub(super) fn restored(before: &Schema, script: Vec<Statement>) -> Vec<Statement> {
    if !script.iter().any(|statement| matches!(statement.op, Op::AlterType { .. })) {
        return script;
    }
    let mut now = before.clone();
    let mut all = Vec::new();
    for statement in script {
        let transaction = statement.transaction.clone();
        let within = |op| Statement { transaction: transaction.clone(), ..Statement::new(op) };
        let mut after = Vec::new();
        if let Op::AlterType { table, column, ty, .. } = &statement.op {
            // No default is cast to an enum by itself (42804).
            let of_enum = ty.element().parse().is_ok_and(|name| now.enums.contains_key(&name));
            let found = now.table(table).and_then(|table| table.column(column));
            let default = found.and_then(|column| column.default.clone()).filter(|_| of_enum);
            if default.is_some() {
                all.push(within(set_default(table, column, None)));
                after.push(set_default(table, column, default));
            }
            if is_stored_apart(ty) {
                after.extend(stored(&now, &Subject::Column(table.clone(), column.clone())));
            }
        }
        // What it refuses, the server will say.
        drop(now.apply(&statement.op));
        all.push(statement);
        all.extend(after.into_iter().map(within));
    }
    all
}

/// What is said of a column's storage and compression: a new type has its own, even where nothing is
/// rewritten.
fn stored(schema: &Schema, column: &Subject) -> Vec<Op> {
    let says = |sql: &String| sql.contains(" SET STORAGE ") || sql.contains(" SET COMPRESSION ");
    let said = schema.objects.iter().filter(|(id, object)| {
        id.kind == ObjectKind::Property
            && object.of.as_ref() == Some(column)
            && object.make.iter().any(says)
    });
    said.flat_map(|(id, object)| make(id, object)).collect()
}

/// Whether a value of the type may be stored out of line, or compressed.
fn is_stored_apart(ty: &SqlType) -> bool {
    ty.storage().is_some_and(|usual| !usual.eq_ignore_ascii_case("plain"))
}

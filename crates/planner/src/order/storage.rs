//! ALTER COLUMN … TYPE takes a column's storage and compression back to what is usual for the type, even
//! where nothing is rewritten: what was said of them is said again. Must not know recipes.

use crate::op::Op;
use crate::op::object::make;
use crate::plan::Statement;
use crate::schema::{ObjectKind, Schema, Subject};
use crate::sql_type::SqlType;

/// The script with the storage and compression of each column whose type it alters.
pub(super) fn said_again(before: &Schema, script: Vec<Statement>) -> Vec<Statement> {
    if !script.iter().any(|statement| matches!(statement.op, Op::AlterType { .. })) {
        return script;
    }
    let mut now = before.clone();
    let mut all = Vec::new();
    for statement in script {
        let transaction = statement.transaction.clone();
        // What it refuses, the server will say.
        drop(now.apply(&statement.op));
        let again = if let Op::AlterType { table, column, ty, .. } = &statement.op
            && is_stored_apart(ty)
        {
            said_of(&now, &Subject::Column(table.clone(), column.clone()))
        } else {
            Vec::new()
        };
        all.push(statement);
        let within = |op| Statement { transaction: transaction.clone(), ..Statement::new(op) };
        all.extend(again.into_iter().map(within));
    }
    all
}

/// What is said of a column's storage and compression.
fn said_of(schema: &Schema, column: &Subject) -> Vec<Op> {
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

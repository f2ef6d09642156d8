//! Settings that say what would be so anyway: `pg_dump` does not print them, and what takes another one
//! back is to say them. Must not know how they are written in a statement.

use std::sync::Arc;

use super::object::is_heap;
use crate::schema::{ObjectKind, Schema, Subject};

/// Leaves out what says the usual, and has the rest taken back to it.
pub(super) fn leave_out(schema: &mut Schema) {
    let tables = &schema.tables;
    Arc::make_mut(&mut schema.objects).retain(|id, object| {
        if id.kind == ObjectKind::Property && is_heap(object) {
            return false;
        }
        let Some(Subject::Column(table, column)) = &object.of else { return true };
        if id.kind != ObjectKind::Property {
            return true;
        }
        let Some(make) = object.make.first() else { return true };
        if make.ends_with(" SET STATISTICS -1") {
            return false;
        }
        let Some((alter, said)) = make.split_once(" SET STORAGE ") else { return true };
        let ty = tables.get(table).and_then(|t| t.column(column)).map(|c| &c.ty);
        let Some(usual) = ty.and_then(crate::sql_type::SqlType::storage) else { return true };
        let differs = !said.eq_ignore_ascii_case(usual);
        object.unmake = Some(format!("{alter} SET STORAGE {usual}"));
        differs
    });
}

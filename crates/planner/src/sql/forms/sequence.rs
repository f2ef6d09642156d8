//! Which sequences belong to a table's columns. A schema keeps them as statements; their names are
//! found in these, and made as PostgreSQL makes them for an identity. Must not know facts.

use super::Known;
use crate::name::QName;
use crate::schema::sequence::nextval_of;
use crate::schema::{Column, ObjectId, ObjectKind, Subject};

/// The sequences of one column, or of all.
pub(super) fn of_column(known: &Known<'_>, table: &QName, column: Option<&str>) -> Vec<QName> {
    let Some(found) = known.table(table) else { return Vec::new() };
    let wanted = found.columns.iter().filter(|c| column.is_none_or(|name| c.name == name));
    wanted.filter_map(|column| of(known, table, column)).collect()
}

fn of(known: &Known<'_>, table: &QName, column: &Column) -> Option<QName> {
    if column.identity.is_some() {
        return Some(table.sibling(format!("{}_{}_seq", table.name, column.name)));
    }
    let sequence = nextval_of(column.default.as_ref()?, table)?;
    let id = ObjectId::new(ObjectKind::Sequence, sequence.to_string());
    let of = known.schema.objects.get(&id)?.of.as_ref();
    (of.and_then(Subject::relation) == Some(table)).then_some(sequence)
}

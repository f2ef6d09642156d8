//! Which sequences belong to a table's columns. A schema keeps them as statements; their names are
//! found in these, and made as PostgreSQL makes them for an identity. Must not know facts.

use super::Known;
use crate::expr::Expr;
use crate::name::QName;
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
    let sequence = named_in(column.default.as_ref()?, table)?;
    let id = ObjectId::new(ObjectKind::Sequence, sequence.to_string());
    let of = known.schema.objects.get(&id)?.of.as_ref();
    (of.and_then(Subject::relation) == Some(table)).then_some(sequence)
}

/// The sequence of `nextval('name'::regclass)`.
pub(super) fn named_in(default: &Expr, table: &QName) -> Option<QName> {
    let mut found = None;
    default.visit(&mut |expr| {
        if let Expr::Call(name, args) = expr
            && name.rsplit('.').next() == Some("nextval")
            && let Some(Expr::Text(text)) = args.first().map(uncast)
        {
            let parsed: Option<QName> = text.parse().ok();
            found = parsed.map(
                |name| {
                    if text.contains('.') { name } else { table.sibling(&name.name) }
                },
            );
        }
    });
    found
}

fn uncast(expr: &Expr) -> &Expr {
    if let Expr::Cast(inner, _) = expr { inner } else { expr }
}

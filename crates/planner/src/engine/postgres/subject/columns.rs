//! Which form a statement about a column is: whether its rows are written anew. Must not know recipes.

use super::super::Form;
use crate::expr::{Expr, Volatility};
use crate::name::{QName, quote, rename_in_text};
use crate::schema::{Column, Constraint, ConstraintKind, Index, Schema};
use crate::sql_type::{SqlType, TypeChange};

/// The form of ADD COLUMN, its constraints aside.
pub(crate) fn add_column(column: &Column, schema: &Schema) -> Form {
    let is_volatile = |d: &Expr| d.volatility() == Volatility::Volatile;
    if column.identity.is_some() {
        Form::AddColumnSequence
    } else if column.generated.is_some() {
        Form::AddColumnStored
    } else if schema.domain_of(&column.ty).is_some_and(|d| d.constrained) {
        Form::AddColumnDomain
    } else if column.default.as_ref().is_some_and(is_volatile) {
        Form::AddColumnVolatile
    } else {
        Form::AddColumn
    }
}

/// The form of ALTER COLUMN TYPE; a column that is not known is taken to be rewritten.
pub(crate) fn change_type(
    schema: &Schema,
    (table, column): (&QName, &str),
    to: &SqlType,
    using: Option<&Expr>,
) -> Form {
    let Some(found) = schema.table(table) else { return Form::AlterTypeRewrite };
    let Some(from) = found.column(column).map(|c| &c.ty) else { return Form::AlterTypeRewrite };
    let plain = using.is_none_or(|expr| {
        let own = Expr::column(column);
        *expr == own || *expr == Expr::Cast(Box::new(own), to.clone())
    });
    if !plain {
        return Form::AlterTypeRewrite;
    }
    if zone_apart(from, to) {
        return Form::AlterTypeTimeZone;
    }
    if !in_place(schema, from, to) {
        return Form::AlterTypeRewrite;
    }
    let checks = |c: &Constraint| match &c.kind {
        ConstraintKind::Check(expr) => c.validated && expr.columns().contains(column),
        ConstraintKind::Other(text, columns) => {
            c.validated && text.starts_with("CHEC") && columns.iter().any(|k| k == column)
        }
        ConstraintKind::PrimaryKey(_)
        | ConstraintKind::Unique(_)
        | ConstraintKind::ForeignKey(_)
        | ConstraintKind::NotNull(_) => false,
    };
    if found.indexes.values().any(|index| computes_from(index, column)) {
        Form::AlterTypeReindex
    } else if found.constraints.values().any(checks) {
        Form::AlterTypeRecheck
    } else {
        Form::AlterTypeInPlace
    }
}

/// Whether the two types differ in their time zone alone: the session's zone decides what it costs.
fn zone_apart(from: &SqlType, to: &SqlType) -> bool {
    let (with, without) = ("timestamp with time zone", "timestamp without time zone");
    let bases = (from.base(), to.base());
    let apart = (bases.0 == with && bases.1 == without) || (bases.0 == without && bases.1 == with);
    apart
        && (to.args().is_empty() || from.args().first() <= to.args().first())
        && (to.args().is_empty() || !from.args().is_empty())
}

/// Whether the rows stay as they are: the types themselves, and domains without constraints.
fn in_place(schema: &Schema, from: &SqlType, to: &SqlType) -> bool {
    match (schema.domain_of(from), schema.domain_of(to)) {
        _ if from == to => true,
        (None, None) => from.change_to(to) != TypeChange::Rewrite,
        (Some(domain), None) => domain.base == *to,
        (None, Some(domain)) => !domain.constrained && domain.base == *from,
        (Some(_), Some(_)) => false,
    }
}

/// Whether an index holds more of a column than its plain values: an expression or a condition,
/// which a change of the type makes anew.
fn computes_from(index: &Index, column: &str) -> bool {
    let name = quote(column);
    let plain = |key: &str| *key == name || key.starts_with(&format!("{name} "));
    let mentions = |key: &String| rename_in_text(key, column, "other_name_1") != **key;
    index.predicate.as_ref().is_some_and(|p| p.columns().contains(column))
        || index.keys.iter().any(|key| !plain(key) && mentions(key))
}

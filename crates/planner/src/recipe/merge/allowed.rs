//! Which tables can be merged: what the new release could not keep up, and what would be lost unseen, is
//! refused with what to do first.

use crate::change::Merge;
use crate::diagnostic::Diagnostic;
use crate::expr::Volatility;
use crate::recipe::Context;
use crate::recipe::helpers::check_keys;
use crate::schema::{Column, ConstraintKind, ObjectId, ObjectKind, Table};
use crate::sql_type::SqlType;

/// What the new release could not keep up, or what would be lost unseen.
pub(super) fn check(context: &Context<'_>, merge: &Merge) -> Result<(), Diagnostic> {
    let Merge { table, into, .. } = merge;
    let definition = context.table(table)?;
    let refuse = |message: String, help: &str| Err(context.refuse("not-supported", message, help));
    for name in [table, into] {
        let in_family = context.table(name)?.partitioning.is_some()
            || !context.schema.descendants(name).is_empty()
            || !context.schema.known_parents(name).is_empty();
        if in_family {
            return refuse(
                format!("`{name}` has partitions or heirs, or is one: it cannot be merged yet"),
                "do it in a maintenance window",
            );
        }
    }
    if context.source.table(table) != Some(definition) {
        return refuse(
            format!(
                "`{table}` is changed by an earlier part of the change, which the plan would make last"
            ),
            "make that a change of its own, and merge the table in the next",
        );
    }
    check_keys(context, &[(table, &merge.link), (into, &merge.key)])?;
    required(context, merge, definition)?;
    left_behind(context, merge, definition)?;
    acts(context, merge)
}

/// Columns that a row needs, and that the new release does not always give.
fn required(context: &Context<'_>, merge: &Merge, definition: &Table) -> Result<(), Diagnostic> {
    let refuse = |message: String, help: &str| Err(context.refuse("not-supported", message, help));
    let Merge { table, into, columns, left, .. } = merge;
    let of = |names: &[String]| -> Vec<&Column> {
        definition.columns.iter().filter(|c| names.contains(&c.name)).collect()
    };
    let moved = of(&merge.names());
    if let Some(needed) = moved.iter().find(|c| columns.len() > 1 && c.not_null) {
        return refuse(
            format!(
                "`{}` of `{table}` is NOT NULL: where the new release writes another of the columns to `{into}` and not this one, there is no row that the old release could read",
                needed.name
            ),
            "drop NOT NULL first, as a change of its own; or leave the column out, where nobody needs it: `merge table … (the others) into …`",
        );
    }
    if let Some(column) = moved.iter().find(|c| domain_says(context, &c.ty)) {
        return refuse(
            format!(
                "the domain of `{}` has a default or constraints of its own, which rows of `{into}` without a value would get",
                column.name
            ),
            "give the column the domain's own type first, as a change of its own",
        );
    }
    if let Some(made) = moved.iter().find(|c| c.generated.is_some() || c.identity.is_some()) {
        return refuse(
            format!("`{}` of `{table}` is given by the database itself", made.name),
            "leave the column out: `merge table … (the others) into …`, and add one of its kind as a change of its own",
        );
    }
    if let Some(needed) = of(left).iter().find(|c| !c.may_be_omitted()) {
        return refuse(
            format!(
                "`{}` of `{table}` is NOT NULL and has no default: a row that the new release brings about would lack it",
                needed.name
            ),
            "name it among the columns that go over, or drop its NOT NULL first, as a change of its own",
        );
    }
    Ok(())
}

/// Columns that do not go over, where a row that the new release brings about could not have their defaults.
fn left_behind(context: &Context<'_>, merge: &Merge, definition: &Table) -> Result<(), Diagnostic> {
    let is_left = |column: &String| merge.left.contains(column);
    let differs = |column: &String| {
        definition.column(column).is_some_and(|c| match &c.default {
            None => true,
            Some(default) => default.always_null() || default.volatility() == Volatility::Volatile,
        })
    };
    let spoilt = definition.constraints.iter().find(|(_, c)| {
        let columns = c.kind.columns();
        match &c.kind {
            ConstraintKind::Check(_) | ConstraintKind::Other(..) => columns.iter().any(is_left),
            ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) => {
                columns.iter().all(is_left) && !columns.iter().any(differs)
            }
            ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull(_) => false,
        }
    });
    let constrained = |c: &&Column| is_left(&c.name) && domain_says(context, &c.ty);
    let what = match (spoilt, definition.columns.iter().find(constrained)) {
        (Some((name, _)), _) => format!("constraint `{name}` is"),
        (None, Some(column)) => format!("the domain of `{}` is", column.name),
        (None, None) => return Ok(()),
    };
    Err(context.refuse(
        "not-supported",
        format!("{what} about columns of `{}` that do not go over: a row that the new release brings about may not fit it", merge.table),
        "drop it first, as a change of its own",
    ))
}

/// Whether a type is a domain that gives a default, or refuses values.
pub(in crate::recipe) fn domain_says(context: &Context<'_>, ty: &SqlType) -> bool {
    let Some(domain) = context.schema.domain_of(ty) else { return false };
    let id = ObjectId::new(ObjectKind::Domain, ty.as_str().to_owned());
    let object = context.schema.objects.get(&id);
    domain.constrained
        || object.is_none_or(|o| o.make.iter().any(|sql| sql.to_uppercase().contains(" DEFAULT ")))
}

/// What acts on the rows of either table, and would not let them be carried.
fn acts(context: &Context<'_>, merge: &Merge) -> Result<(), Diagnostic> {
    let Merge { table, into, .. } = merge;
    let acts = |kind| matches!(kind, ObjectKind::Trigger | ObjectKind::Rule);
    let mut of_table = context.schema.objects_of(table);
    let mut of_into = context.schema.objects_of(into);
    let what = if let Some((id, _)) = of_table.find(|(id, _)| acts(id.kind)) {
        format!(
            "{} `{}` acts on rows of `{table}`, and would not on what becomes of them",
            id.kind.noun(),
            id.name
        )
    } else if context.schema.has_row_security(table) {
        format!("row security acts on rows of `{table}`, and would not on what becomes of them")
    } else if let Some((id, _)) = of_into
        .find(|(id, _)| id.kind == ObjectKind::Rule || id.name.ends_with("FORCE ROW SECURITY"))
    {
        format!(
            "{} `{}` may keep what is carried from the rows of `{into}`",
            id.kind.noun(),
            id.name
        )
    } else {
        return Ok(());
    };
    Err(context.refuse(
        "not-supported",
        what,
        "drop it first, as a change of its own, and make what takes its place on the other table",
    ))
}

//! Turn a column into an identity, change its kind, or turn it back into a plain column.

use crate::diagnostic::Diagnostic;
use crate::name::QName;
use crate::op::Op;
use crate::recipe::{Context, Draft, Recipe, Slot};

pub(super) fn plan(
    context: &Context<'_>,
    table: &QName,
    column: &str,
    (identity, was): (Option<&String>, bool),
) -> Result<Recipe, Diagnostic> {
    let before = context.column(table, column)?;
    let set = |identity: Option<String>, was| Op::SetIdentity {
        table: table.clone(),
        column: column.to_owned(),
        identity,
        was,
    };
    let mut recipe = Recipe::default();
    let what = match identity {
        Some(kind) => format!("make {table}.{column} an identity, generated {kind}"),
        None => format!("make {table}.{column} a plain column"),
    };
    if identity.is_none() {
        recipe.needs_release = true;
        recipe.release_change = format!("always gives {table}.{column} a value");
    }
    if identity.is_some() && !was {
        recipe.hazards.push(context.hazard(
            "identity-starts-at-one",
            format!("the new sequence of {table}.{column} starts at 1: inserts collide with rows that are there"),
            "set it behind the largest value before anybody inserts: SELECT setval(pg_get_serial_sequence(…), max(…))",
        ));
    }
    let is_null_today = context
        .source
        .table(table)
        .and_then(|t| t.column(column))
        .is_some_and(|c| !c.not_null || c.default.is_some());
    let slot = if identity.is_some() && !is_null_today { Slot::Expand } else { Slot::Tighten };
    let mut ops = vec![set(identity.cloned(), was)];
    if identity.is_some() && !was {
        ops.push(Op::AdvanceSequence { table: table.clone(), column: column.to_owned() });
    }
    recipe.drafts.push(
        Draft::atomic(context, slot, what, ops)
            .back(context, vec![set(before.identity.clone(), identity.is_some())])
            .loses("the position of its sequence")
            .why("only the catalogue changes: no row is touched"),
    );
    Ok(recipe)
}

/// A computed column keeps its values and is the app's to write from then on.
pub(super) fn drop_expression(
    context: &Context<'_>,
    table: &QName,
    column: &str,
) -> Result<Recipe, Diagnostic> {
    let before = context.column(table, column)?.clone();
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("writes {table}.{column} itself once it is no longer computed"),
        ..Recipe::default()
    };
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Swap,
            format!("{table}.{column} is no longer computed"),
            vec![Op::DropExpression { table: table.clone(), column: column.to_owned() }],
        )
        .back_atomic(
            context,
            vec![
                Op::DropColumn { table: table.clone(), column: column.to_owned() },
                Op::AddColumn { table: table.clone(), column: before },
            ],
        )
        .why("its values stay as they are; only the catalogue changes"),
    );
    Ok(recipe)
}

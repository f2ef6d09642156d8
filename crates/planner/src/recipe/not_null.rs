//! SET NOT NULL and DROP NOT NULL: the app keeps the promise first, then the database holds it to it.

use crate::backfill::{Todo, Undo};
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::plan::Question;
use crate::recipe::steps::{backfill_of, enforce_not_null, run_backfill};
use crate::recipe::{Context, Draft, Recipe, Slot};

pub(super) fn set(
    context: &Context<'_>,
    table: &QName,
    column: &str,
) -> Result<Recipe, Diagnostic> {
    let found = context.column(table, column)?;
    if found.not_null {
        return Ok(Recipe::default());
    }
    let no_nulls = Condition::NoNulls { table: table.clone(), column: column.to_owned() };
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("never writes NULL to {table}.{column}"),
        keeps: vec![no_nulls.clone()],
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("the running release may write NULL to {table}.{column}: such statements fail with 23502"),
        "deploy the release that never writes NULL first",
    ));
    if context.request.facts(table).is_big() {
        recipe.hazards.push(context.hazard(
            "long-lock",
            format!("SET NOT NULL reads every row of {table} under ACCESS EXCLUSIVE: no reads, no writes meanwhile"),
            "prove it by a constraint that is validated while traffic goes on",
        ));
    }
    let hint = format!("-- concertina: fill {table}.{column} := <value>");
    recipe.questions.push(Question {
        code: "null-rows".to_owned(),
        question: format!("What do rows of {table} hold in {column} that hold NULL today?"),
        default: context.fill(table, column).map_or_else(
            || "nobody knows: the plan waits until there are none".to_owned(),
            |value| value.sql(),
        ),
        answer_with: hint,
    });
    if let Some(value) = context.fill(table, column) {
        let undo =
            Undo { columns: vec![(column.to_owned(), found.ty.clone())], parents: Vec::new() };
        let backfill = backfill_of(
            context,
            (&context.helper_name(table, column), table),
            vec![(column.to_owned(), value)],
            Todo::Where(Expr::column(column).is_null()),
            Some(undo),
        );
        if backfill.key.is_empty() {
            return Err(no_key(context, table));
        }
        recipe.drafts.push(run_backfill(
            Slot::Repair,
            format!("fill {table}.{column} where it is NULL, in batches"),
            &backfill,
        ));
    }
    recipe.drafts.push(
        Draft::gate(Slot::Confirm, format!("no row of {table} has NULL in {column}"), Vec::new())
            .why("a constraint that existing rows violate would make their next update fail")
            .done_when("rows with NULL", no_nulls),
    );
    recipe.drafts.extend(enforce_not_null(context, Slot::Tighten, table, column));
    Ok(recipe)
}

/// Why a table cannot be changed in place in batches.
pub(super) fn no_key(context: &Context<'_>, table: &QName) -> Diagnostic {
    context.refuse(
        "no-key",
        format!("`{table}` has no primary key and no unique NOT NULL key: there is nothing to batch by, and nothing to undo by"),
        "add a primary key first, as a change of its own",
    )
}

pub(super) fn drop(
    context: &Context<'_>,
    table: &QName,
    column: &str,
) -> Result<Recipe, Diagnostic> {
    let found = context.column(table, column)?;
    if !found.not_null {
        return Ok(Recipe::default());
    }
    let set =
        |not_null| Op::SetNotNull { table: table.clone(), column: column.to_owned(), not_null };
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!(
            "reads NULL in {table}.{column} without harm; writes none before this plan is finished"
        ),
        keeps: vec![Condition::NoNulls { table: table.clone(), column: column.to_owned() }],
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "new-nulls",
        format!("the running release has never met NULL in {table}.{column}"),
        "deploy the release that can read NULL everywhere, before anybody may write one",
    ));
    let check =
        Condition::NotNull { table: table.clone(), column: column.to_owned(), present: false };
    // A primary key goes first.
    let key = context.source.table(table).and_then(|t| t.primary_key());
    let in_key = key.is_some_and(|key| key.iter().any(|c| c == column));
    recipe.drafts.push(
        Draft::ddl(
            context,
            if in_key { Slot::Swap } else { Slot::Tighten },
            format!("drop NOT NULL of {table}.{column}"),
            vec![set(false)],
        )
        .back(context, enforce_again(context, table, column))
        .why("only the catalogue changes; every running release reads NULL")
        .done_when("the column may be NULL", check),
    );
    Ok(recipe)
}

/// NOT NULL again, without a scan under ACCESS EXCLUSIVE.
fn enforce_again(context: &Context<'_>, table: &QName, column: &str) -> Vec<Op> {
    enforce_not_null(context, Slot::Tighten, table, column)
        .into_iter()
        .flat_map(|draft| draft.script)
        .map(|statement| statement.op)
        .collect()
}

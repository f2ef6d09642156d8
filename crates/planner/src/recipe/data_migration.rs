//! An UPDATE of a big table: the app writes the new values first, then existing rows follow in
//! batches, with what they held kept so that it can be put back.

use crate::backfill::{Todo, Undo};
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::{Expr, Volatility, plain_name};
use crate::name::QName;
use crate::recipe::not_null::no_key;
use crate::recipe::steps::{backfill_of, run_backfill};
use crate::recipe::{Context, Draft, Recipe, Slot};

pub(super) fn plan(
    context: &Context<'_>,
    table: &QName,
    set: &[(String, Expr)],
    filter: Option<&Expr>,
) -> Result<Recipe, Diagnostic> {
    let definition = context.table(table)?;
    for (column, value) in set {
        refuse_unrepeatable(context, table, column, value)?;
    }
    let columns = set
        .iter()
        .map(|(c, _)| context.column(table, c).map(|column| (c.clone(), column.ty.clone())))
        .collect::<Result<Vec<_>, _>>()?;
    if definition.batch_key().is_none() {
        return Err(no_key(context, table));
    }
    let todo = Todo::Where(left_to_do(set, filter));
    let names: Vec<&str> = set.iter().map(|(c, _)| c.as_str()).collect();
    let name = context.helper_name(table, &names.join("_"));
    let backfill = backfill_of(
        context,
        (&name, table),
        set.to_vec(),
        todo.clone(),
        Some(Undo { columns, parents: Vec::new() }),
    );
    let complete = Condition::BackfillComplete { table: table.clone(), todo };
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!(
            "reads old and new values of {table}.{}, writes only new ones",
            names.join(", ")
        ),
        keeps: vec![complete.clone()],
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "one-big-transaction",
        format!("one UPDATE of {table} ({} rows) holds a row lock on every row to its end, bloats the table in one go, and the running release may write old values behind it", context.request.facts(table).rows),
        "batches by primary key, each its own transaction, after the release that writes only new values",
    ));
    recipe.drafts.push(run_backfill(
        Slot::Repair,
        format!(
            "bring {} of {table} to the new values in batches, keeping the old ones",
            names.join(", ")
        ),
        &backfill,
    ));
    recipe.drafts.push(
        Draft::gate(Slot::Confirm, format!("no row of {table} has old values"), Vec::new())
            .why("rows that slipped past the backfill would show here")
            .done_when("rows with old values", complete),
    );
    Ok(recipe)
}

/// Rows for which the update would change something: false once done, so that a batch can be run
/// twice, and what the new release writes is left alone.
fn left_to_do(set: &[(String, Expr)], filter: Option<&Expr>) -> Expr {
    let mut changed: Option<Expr> = None;
    for (column, value) in set {
        let differs = Expr::column(column).op("IS DISTINCT FROM", value.clone());
        changed = Some(match changed {
            Some(earlier) => earlier.op("OR", differs),
            None => differs,
        });
    }
    let changed = changed.unwrap_or(Expr::Bool(false));
    match filter {
        Some(filter) => filter.clone().op("AND", changed),
        None => changed,
    }
}

/// `price = price * 100` cannot be told done from not done; `email = lower(email)` can.
fn refuse_unrepeatable(
    context: &Context<'_>,
    table: &QName,
    column: &str,
    value: &Expr,
) -> Result<(), Diagnostic> {
    let reads_itself = value.columns().contains(column);
    let repeatable = !reads_itself || is_idempotent(column, value);
    if repeatable && value.volatility() != Volatility::Volatile {
        return Ok(());
    }
    Err(context.refuse(
        "not-idempotent",
        format!("`{column} = {}` gives another value each time: a row that is done cannot be told from one that is not, and the new release writes such rows while the backfill runs", value.sql()),
        &format!("put the result in a new column: -- concertina: split {table}.{column} into {column}_new <type> := {} back …", value.sql()),
    ))
}

/// Functions `f` with f(f(x)) = f(x).
fn is_idempotent(column: &str, value: &Expr) -> bool {
    match value {
        Expr::Column(name) => name == column,
        Expr::Call(name, args) => {
            let once = matches!(
                plain_name(name),
                "lower" | "upper" | "initcap" | "btrim" | "ltrim" | "rtrim" | "abs" | "coalesce"
            );
            let Some((first, rest)) = args.split_first() else { return false };
            once && is_idempotent(column, first)
                && rest.iter().all(|a| !a.columns().contains(column))
        }
        Expr::Null
        | Expr::Bool(_)
        | Expr::Number(_)
        | Expr::Text(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::Binary(..)
        | Expr::IsNull(..)
        | Expr::Cast(..)
        | Expr::Case(..)
        | Expr::Raw { .. }
        | Expr::Lookup(_) => false,
    }
}

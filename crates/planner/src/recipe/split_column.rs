//! Split one column into several, both shapes live: new columns kept in step by trigger, filled in
//! batches, then the app moves, then the old column goes.

use crate::backfill::Todo;
use crate::change::Split;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::name::{QName, clip};
use crate::op::Op;
use crate::plan::{Conversion, Question};
use crate::recipe::steps::{backfill_of, enforce_not_null, install_sync, run_backfill};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::Column;
use crate::sync::{Assignment, SyncRule};

pub(super) fn plan(context: &Context<'_>, split: &Split) -> Result<Recipe, Diagnostic> {
    let Split { table, column, into, back } = split;
    let old = context.column(table, column)?.clone();
    refuse_unsupported(context, split, &old)?;
    let names: Vec<&str> = into.iter().map(|(c, _)| c.name.as_str()).collect();
    let list = names.join(", ");
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("reads and writes {list} of {table} where it used {column}"),
        ..Recipe::default()
    };
    let down = back.clone().unwrap_or_else(|| joined(&names));
    if back.is_none() {
        recipe.questions.push(Question {
            code: "back-conversion".to_owned(),
            question: format!("What does the old release read in {table}.{column} of a row that the new release wrote?"),
            default: down.sql(),
            answer_with: "… back <expression over the new columns>, at the end of the split hint".to_owned(),
        });
    }
    let rule = rule(split, &old, down.clone());
    hazards(context, split, &mut recipe);
    recipe.conversions.push(Conversion {
        old_relation: table.clone(),
        new_relation: table.clone(),
        up: into.iter().map(|(c, value)| (c.name.clone(), value.clone())).collect(),
        down: vec![(column.clone(), down)],
    });
    let add = |c: &Column| Op::AddColumn {
        table: table.clone(),
        column: Column { not_null: false, default: None, ..c.clone() },
    };
    let adds: Vec<Op> = into.iter().map(|(c, _)| add(c)).collect();
    let removes: Vec<Op> = into
        .iter()
        .map(|(c, _)| Op::DropColumn { table: table.clone(), column: c.name.clone() })
        .collect();
    let first = names.first().copied().unwrap_or_default().to_owned();
    recipe.drafts.push(
        Draft::atomic(context, Slot::Expand, format!("add columns {list} to {table}, empty"), adds)
            .back_atomic(context, removes)
            .why("the old release does not see them; only the catalogue changes")
            .done_when(
                "the columns are there",
                Condition::Column { table: table.clone(), column: first, present: true },
            ),
    );
    recipe.drafts.push(install_sync(context, &rule, Vec::new()));
    let set = into.iter().map(|(c, value)| (c.name.clone(), value.clone())).collect();
    let backfill =
        backfill_of(context, (&rule.name, table), set, Todo::Disagree(rule.clone()), None);
    recipe.drafts.push(run_backfill(
        Slot::Backfill,
        format!("fill {list} of {table} from {column} in batches"),
        &backfill,
    ));
    for (c, _) in into.iter().filter(|(c, _)| c.not_null) {
        recipe.drafts.extend(enforce_not_null(context, Slot::Constrain, table, &c.name));
    }
    recipe.drafts.extend(gates(split, &rule));
    recipe.drafts.push(drop_old(context, split, &rule));
    Ok(recipe)
}

fn refuse_unsupported(
    context: &Context<'_>,
    split: &Split,
    old: &Column,
) -> Result<(), Diagnostic> {
    let Split { table, column, into, back } = split;
    let definition = context.table(table)?;
    if definition.partitioning.is_some() {
        return Err(context.unsupported(
            &format!("splitting a column of the partitioned table `{table}`"),
            "split in a maintenance window",
        ));
    }
    let in_key = definition.primary_key().is_some_and(|key| key.contains(column));
    if in_key || old.generated.is_some() || old.identity.is_some() {
        return Err(context.unsupported(
            &format!("splitting `{column}` of `{table}`, a key, identity or generated column,"),
            "split an ordinary column",
        ));
    }
    if context.schema.views_over(table, Some(column)).next().is_some() {
        return Err(context.refuse(
            "view-depends",
            format!("a view reads `{column}` of `{table}`: it cannot be dropped under the view"),
            "move the view off the column first, as a change of its own",
        ));
    }
    for (c, value) in into {
        if c.not_null && !old.not_null && !is_never_null(value) {
            return Err(context.refuse(
                "null-into-not-null",
                format!(
                    "`{}` is NOT NULL, but `{column}` may be NULL and so may its value",
                    c.name
                ),
                &format!("write {} := coalesce({}, '')", c.name, value.sql()),
            ));
        }
    }
    let nullable = into.iter().find(|(c, _)| !c.not_null);
    if let (true, Some((part, _)), Some(down)) = (old.not_null, nullable, back)
        && !is_never_null(down)
    {
        return Err(context.refuse(
            "null-into-not-null",
            format!("`{column}` is NOT NULL, but `{}` may be NULL, and then so is what `back` gives", part.name),
            &format!("declare {0} NOT NULL, or write it as coalesce({0}, '') in `back`, or use concat_ws(' ', …)", part.name),
        ));
    }
    Ok(())
}

/// Whether an expression is known never to be NULL.
fn is_never_null(expr: &Expr) -> bool {
    match expr {
        Expr::Call(name, args) if name == "coalesce" => {
            args.iter().any(|a| matches!(a, Expr::Text(_) | Expr::Number(_) | Expr::Bool(_)))
        }
        Expr::Call(name, _) => name == "concat" || name == "concat_ws",
        Expr::Binary(left, op, right) => op == "||" && is_never_null(left) && is_never_null(right),
        Expr::Cast(inner, _) => is_never_null(inner),
        Expr::Bool(_) | Expr::Number(_) | Expr::Text(_) | Expr::IsNull(..) => true,
        Expr::Null
        | Expr::Column(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::Case(..)
        | Expr::Raw { .. } => false,
    }
}

/// What the old column holds where nobody said: the parts, with a space between.
fn joined(names: &[&str]) -> Expr {
    let mut args = vec![Expr::Text(" ".to_owned())];
    args.extend(names.iter().map(|n| Expr::column(*n)));
    Expr::Call("concat_ws".to_owned(), args)
}

fn rule(split: &Split, old: &Column, down: Expr) -> SyncRule {
    SyncRule {
        name: clip(&format!("{}_{}", split.table.name, split.column)),
        table: split.table.clone(),
        up: split
            .into
            .iter()
            .map(|(c, value)| Assignment {
                column: c.name.clone(),
                value: value.clone(),
                default: None,
            })
            .collect(),
        down: vec![Assignment {
            column: split.column.clone(),
            value: down,
            default: old.default.clone(),
        }],
    }
}

fn hazards(context: &Context<'_>, split: &Split, recipe: &mut Recipe) {
    let Split { table, column, .. } = split;
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("the running release still reads and writes {table}.{column}: every such statement fails with 42703 once it is dropped"),
        "keep both shapes equal until no running release uses the old one",
    ));
    recipe.hazards.push(context.hazard(
        "lossy-conversion",
        format!("a value of {table}.{column} that the split does not round-trip (two spaces, a third part …) keeps its old text only as long as the old column lives"),
        "look at the rows where the parts do not give back the whole, before the old column is dropped",
    ));
}

fn gates(split: &Split, rule: &SyncRule) -> [Draft; 2] {
    let Split { table, column, .. } = split;
    [
        Draft::gate(Slot::Verify, format!("{column} and its parts agree in every row of {table}"), Vec::new())
            .why("parity before anything depends on it")
            .done_when("rows where they differ", Condition::Parity { rule: rule.clone() }),
        Draft::gate(Slot::Confirm, format!("{column} and its parts still agree in every row of {table}"), Vec::new())
            .why("parity before the old column goes; either direction counts, because the new release may write what the split would cut elsewhere")
            .done_when("rows that agree in neither direction", Condition::Agreement { rule: rule.clone() }),
    ]
}

/// Trigger and column go in one transaction: between them, every write would fail or be lost.
fn drop_old(context: &Context<'_>, split: &Split, rule: &SyncRule) -> Draft {
    let (table, column): (&QName, &str) = (&split.table, &split.column);
    let mut draft = Draft::atomic(
        context,
        Slot::Drop,
        format!("drop the sync trigger and column {column} of {table}"),
        vec![
            Op::DropSyncTrigger { rule: rule.clone() },
            Op::DropColumn { table: table.clone(), column: column.to_owned() },
        ],
    )
    .irreversible(&format!("the original text of {table}.{column}: only the backup has it"))
    .why("in one transaction: a trigger that names a dropped column would fail every write")
    .done_when(
        "the old column is gone",
        Condition::Column { table: table.clone(), column: column.to_owned(), present: false },
    );
    draft.destructive = true;
    draft
}

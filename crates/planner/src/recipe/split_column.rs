//! Split one column into several, both shapes live: new columns kept in step by trigger, filled in
//! batches, then the app moves, then the old column goes.

use crate::backfill::Todo;
use crate::change::Split;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::{Expr, Volatility};
use crate::name::{QName, clip};
use crate::op::Op;
use crate::plan::{Conversion, Question};
use crate::recipe::steps::{backfill_of, enforce_not_null, install_sync, run_backfill};
use crate::recipe::sync::{can_sync, drop_defaults, set_defaults};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Column, View};
use crate::sync::{Assignment, SyncRule};

pub(super) fn plan(context: &Context<'_>, split: &Split) -> Result<Recipe, Diagnostic> {
    let old = context.column(&split.table, &split.column)?.clone();
    refuse_unsupported(context, split, &old)?;
    can_sync(context, &split.table)?;
    let split = &typed(split);
    let Split { table, column, into, back } = split;
    let names: Vec<&str> = into.iter().map(|(c, _)| c.name.as_str()).collect();
    let list = names.join(", ");
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("reads and writes {list} of {table} where it used {column}"),
        ..Recipe::default()
    };
    let down = split.down();
    if back.is_none() {
        recipe.questions.push(Question {
            code: "back-conversion".to_owned(),
            question: format!("What does the old release read in {table}.{column} of a row that the new release wrote?"),
            default: down.sql(),
            answer_with: "… back <expression over the new columns>, at the end of the split hint".to_owned(),
        });
    }
    let rule = rule(context, split, &old, down.clone());
    ambiguous_nulls(split, &old, &rule, &mut recipe);
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
    recipe.drafts.push(install_sync(context, &rule, set_defaults(&rule)));
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
    recipe.drafts.extend(move_views(context, split)?);
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
    if let Some(other) = into.iter().flat_map(|(_, value)| value.columns()).find(|c| c != column) {
        return Err(context.refuse(
            "reads-other-columns",
            format!("the parts of `{column}` come from `{other}` too: a write of that one alone would leave them behind"),
            &format!("compute the parts from `{column}` only"),
        ));
    }
    let new = |c: &String| into.iter().any(|(part, _)| part.name == *c);
    if let Some(other) = back.iter().flat_map(Expr::columns).find(|c| !new(c)) {
        return Err(context.refuse(
            "reads-other-columns",
            format!("`back` reads `{other}`, which is no part of `{column}`: a write of that one alone would leave it behind"),
            "compute the whole from its parts only",
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

/// The split with values of their columns' types: a trigger's assignment converts whatever it can,
/// an UPDATE only what a cast on assignment does, and both have to give the same. Text keeps its
/// own way: a cast to `varchar(5)` would cut what an assignment refuses.
fn typed(split: &Split) -> Split {
    let mut split = split.clone();
    for (c, value) in &mut split.into {
        let text = matches!(c.ty.base().as_str(), "text" | "character varying" | "character");
        let typed = matches!(value, Expr::Cast(_, ty) if *ty == c.ty);
        if !text && !typed {
            *value = Expr::Cast(Box::new(value.clone()), c.ty.clone());
        }
    }
    split
}

fn rule(context: &Context<'_>, split: &Split, old: &Column, down: Expr) -> SyncRule {
    let default = stable_default(old);
    let side = |(c, value): &(Column, Expr)| Assignment {
        default: default_of_part(value, (old, default.as_ref())),
        ..Assignment::new(c, value.clone())
    };
    SyncRule {
        name: clip(&format!("{}_{}", split.table.name, split.column)),
        table: split.table.clone(),
        up: split.into.iter().map(side).collect(),
        search_path: context
            .search_path(&split.table, split.into.iter().map(|(_, v)| v).chain([&down])),
        down: vec![Assignment { default, ..Assignment::new(old, down) }],
    }
}

/// A default that gives every row the same, at least in one transaction.
fn stable_default(old: &Column) -> Option<Expr> {
    old.default.clone().filter(|d| d.volatility() != Volatility::Volatile)
}

/// What a part holds of a row whose whole was left out. It becomes the part's own default, so that
/// a part left out can be told from one that was given, NULL too.
fn default_of_part(value: &Expr, (old, default): (&Column, Option<&Expr>)) -> Option<Expr> {
    if old.default.is_some() && default.is_none() {
        return None;
    }
    if default.is_none() && !is_never_null(value) {
        return None;
    }
    let whole = default.cloned().unwrap_or(Expr::Null);
    // The default is stored before it is split: as a value of the column's type.
    let typed = matches!(whole, Expr::Cast(..));
    let whole = if typed { whole } else { Expr::Cast(Box::new(whole), old.ty.clone()) };
    (!contains_raw(value)).then(|| value.with_column(&old.name, &whole))
}

fn contains_raw(value: &Expr) -> bool {
    let mut found = false;
    value.visit(&mut |expr| found |= matches!(expr, Expr::Raw { .. }));
    found
}

/// A part's NULL that the new release gives is taken for one left out, where no default of the part
/// can tell them apart.
fn ambiguous_nulls(split: &Split, old: &Column, rule: &SyncRule, recipe: &mut Recipe) {
    let Split { table, column, into, .. } = split;
    for ((c, value), side) in into.iter().zip(&rule.up) {
        let something = old.default.is_some() || is_never_null(value);
        if !something || side.default.is_some() || c.not_null {
            continue;
        }
        recipe.assumptions.push(format!(
            "an INSERT of the new release that gives NULL for {table}.{} is taken, until {column} is dropped, for one that leaves it out",
            c.name
        ));
        recipe.keeps.push(Condition::NoNulls { table: table.clone(), column: c.name.clone() });
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

/// Views over the old column read the new ones from then on, with the same columns and types.
fn move_views(context: &Context<'_>, split: &Split) -> Result<Vec<Draft>, Diagnostic> {
    let views = split.views(context.schema).map_err(|view| {
        context.refuse(
            "view-depends",
            format!("view `{view}` reads `{}` of `{}`", split.column, split.table),
            "move the view off the column first, as a change of its own",
        )
    })?;
    let replace = |view: &QName, definition: &View| Op::ReplaceView {
        view: view.clone(),
        definition: definition.clone(),
    };
    let draft = |(view, before, after): &(QName, View, View)| {
        Draft::ddl(
            context,
            Slot::Swap,
            format!("let view {view} read the new columns"),
            vec![replace(view, after)],
        )
        .back(context, vec![replace(view, before)])
        .why("it reads the same values in the same columns, and no longer stands in the way of the drop")
        .done_when(
            "no view reads the old column",
            Condition::ViewReads { view: view.clone(), table: split.table.clone(), column: split.column.clone(), reads: false },
        )
    };
    Ok(views.iter().map(draft).collect())
}

/// Trigger and column go in one transaction: between them, every write would fail or be lost.
fn drop_old(context: &Context<'_>, split: &Split, rule: &SyncRule) -> Draft {
    let (table, column): (&QName, &str) = (&split.table, &split.column);
    let mut ops = vec![Op::DropSyncTrigger { rule: rule.clone() }];
    ops.extend(drop_defaults(rule));
    ops.push(Op::DropColumn { table: table.clone(), column: column.to_owned() });
    let mut draft = Draft::atomic(
        context,
        Slot::Drop,
        format!("drop the sync trigger and column {column} of {table}"),
        ops,
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

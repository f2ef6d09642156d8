//! Columns of a table into other columns, both shapes live: new columns kept in step by trigger,
//! filled in batches, then the app moves, then the old columns go.

mod allowed;
mod nulls;

use crate::backfill::Todo;
use crate::change::Reshape;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::{Expr, Volatility};
use crate::name::QName;
use crate::op::Op;
use crate::plan::{Conversion, Question};
use crate::recipe::steps::{backfill_of, enforce_not_null, install_sync, run_backfill};
use crate::recipe::sync::{can_sync, drop_defaults, set_defaults};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Column, View};
use crate::sync::{Assignment, SyncRule};

pub(super) fn plan(context: &Context<'_>, reshape: &Reshape) -> Result<Recipe, Diagnostic> {
    let old = reshape
        .from
        .iter()
        .map(|c| context.column(&reshape.table, c).cloned())
        .collect::<Result<Vec<_>, _>>()?;
    allowed::check(context, reshape, &old)?;
    can_sync(context, &reshape.table)?;
    let reshape = &typed(reshape, &old);
    let Reshape { table, from, into, back, .. } = reshape;
    let (list, used) = (reshape.into_names().join(", "), from.join(", "));
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("reads and writes {list} of {table} where it used {used}"),
        ..Recipe::default()
    };
    let rule = rule(context, reshape, &old);
    ambiguous_nulls(reshape, &old, &rule, &mut recipe);
    loses(context, reshape, &rule, &mut recipe);
    recipe.assumptions.extend(converts(reshape));
    recipe.conversions.push(Conversion {
        old_relation: table.clone(),
        new_relation: table.clone(),
        up: into.iter().map(|(c, value)| (c.name.clone(), value.clone())).collect(),
        down: back.clone(),
    });
    recipe.drafts.push(add_new(context, reshape));
    recipe.drafts.push(install_sync(context, &rule, set_defaults(&rule)));
    let set = into.iter().map(|(c, value)| (c.name.clone(), value.clone())).collect();
    let backfill =
        backfill_of(context, (&rule.name, table), set, Todo::Disagree(rule.clone()), None);
    recipe.drafts.push(run_backfill(
        Slot::Backfill,
        format!("fill {list} of {table} from {used} in batches"),
        &backfill,
    ));
    for (c, _) in into.iter().filter(|(c, _)| c.not_null) {
        recipe.drafts.extend(enforce_not_null(context, Slot::Constrain, table, &c.name));
    }
    recipe.drafts.extend(gates(reshape, &rule));
    recipe.drafts.extend(move_views(context, reshape)?);
    recipe.drafts.push(drop_old(context, reshape, &rule));
    Ok(recipe)
}

/// Both shapes in words.
fn both(reshape: &Reshape) -> String {
    match reshape.from.as_slice() {
        [only] => format!("{only} and its parts"),
        several => format!("{} and {}", several.join(", "), reshape.into_names().join(", ")),
    }
}

fn add_new(context: &Context<'_>, reshape: &Reshape) -> Draft {
    let Reshape { table, into, .. } = reshape;
    let add = |(c, _): &(Column, Expr)| Op::AddColumn {
        table: table.clone(),
        column: Column { not_null: false, default: None, ..c.clone() },
    };
    let remove =
        |(c, _): &(Column, Expr)| Op::DropColumn { table: table.clone(), column: c.name.clone() };
    let (names, first) = (reshape.into_names().join(", "), reshape.into_names());
    let noun = if into.len() == 1 { "column" } else { "columns" };
    Draft::atomic(
        context,
        Slot::Expand,
        format!("add {noun} {names} to {table}, empty"),
        into.iter().map(add).collect(),
    )
    .back_atomic(context, into.iter().map(remove).collect())
    .why("the old release does not see them; only the catalogue changes")
    .done_when(
        "the columns are there",
        Condition::Column {
            table: table.clone(),
            column: first.first().copied().unwrap_or_default().to_owned(),
            present: true,
        },
    )
}

/// The reshape with values of their columns' types: a trigger's assignment converts whatever it can,
/// an UPDATE only what a cast on assignment does, and both have to give the same. Text keeps its
/// own way: a cast to `varchar(5)` would cut what an assignment refuses.
fn typed(reshape: &Reshape, old: &[Column]) -> Reshape {
    let mut reshape = reshape.clone();
    for (c, value) in &mut reshape.into {
        type_as(value, c);
    }
    for ((_, value), c) in reshape.back.iter_mut().zip(old) {
        type_as(value, c);
    }
    reshape
}

fn type_as(value: &mut Expr, column: &Column) {
    let text = matches!(column.ty.base().as_str(), "text" | "character varying" | "character");
    let built =
        matches!(value, Expr::Call(name, _) if *name == format!("{}_build_object", column.ty));
    let typed = built || matches!(value, Expr::Cast(_, ty) if *ty == column.ty);
    if !text && !typed {
        *value = Expr::Cast(Box::new(value.clone()), column.ty.clone());
    }
}

fn rule(context: &Context<'_>, reshape: &Reshape, old: &[Column]) -> SyncRule {
    let new = |(c, value): &(Column, Expr)| Assignment {
        default: default_of_new(value, old),
        ..Assignment::new(c, value.clone())
    };
    let back = |(c, (_, value)): (&Column, &(String, Expr))| Assignment {
        default: stable_default(c),
        ..Assignment::new(c, value.clone())
    };
    let values =
        reshape.into.iter().map(|(_, v)| v).chain(reshape.back.iter().map(|(_, value)| value));
    SyncRule {
        name: context.helper_name(&reshape.table, &reshape.from.join("_")),
        table: reshape.table.clone(),
        up: reshape.into.iter().map(new).collect(),
        fills: false,
        search_path: context.search_path(&reshape.table, values),
        down: old.iter().zip(&reshape.back).map(back).collect(),
    }
}

/// A default that gives every row the same, at least in one transaction.
fn stable_default(old: &Column) -> Option<Expr> {
    old.default.clone().filter(|d| d.volatility() != Volatility::Volatile)
}

/// What a new column holds of a row whose old columns were left out. It becomes the new column's own
/// default, so that one left out can be told from one that was given, NULL too.
fn default_of_new(value: &Expr, old: &[Column]) -> Option<Expr> {
    let read: Vec<&Column> = old.iter().filter(|c| value.columns().contains(&c.name)).collect();
    if read.iter().any(|c| c.default.is_some() && stable_default(c).is_none()) {
        return None;
    }
    if read.iter().all(|c| c.default.is_none()) && !nulls::never(value, &[]) {
        return None;
    }
    let mut given = value.clone();
    for c in read {
        let default = stable_default(c).unwrap_or(Expr::Null);
        // The default is stored before it is converted: as a value of the column's type.
        let typed = matches!(default, Expr::Cast(..));
        let default = if typed { default } else { Expr::Cast(Box::new(default), c.ty.clone()) };
        given = given.with_column(&c.name, &default);
    }
    (!contains_raw(value)).then_some(given)
}

fn contains_raw(value: &Expr) -> bool {
    let mut found = false;
    value.visit(&mut |expr| found |= matches!(expr, Expr::Raw { .. }));
    found
}

/// A NULL that the new release gives is taken for a column left out, where no default of its own can
/// tell them apart.
fn ambiguous_nulls(reshape: &Reshape, old: &[Column], rule: &SyncRule, recipe: &mut Recipe) {
    let Reshape { table, from, into, .. } = reshape;
    for ((c, value), side) in into.iter().zip(&rule.up) {
        let something = old.iter().any(|c| c.default.is_some()) || nulls::never(value, &[]);
        if !something || side.default.is_some() || c.not_null {
            continue;
        }
        recipe.assumptions.push(format!(
            "an INSERT of the new release that gives NULL for {table}.{} is taken, until {} is dropped, for one that leaves it out",
            c.name,
            from.join(", ")
        ));
        recipe.keeps.push(Condition::NoNulls { table: table.clone(), column: c.name.clone() });
    }
}

/// A cast that a value does not survive makes the write fail that brings it.
fn converts(reshape: &Reshape) -> Option<String> {
    let ways = reshape.into.iter().map(|(_, value)| value);
    let mut casts = Vec::new();
    for way in ways.chain(reshape.back.iter().map(|(_, value)| value)) {
        way.visit(&mut |expr| {
            if let Expr::Cast(inner, ty) = expr
                && !matches!(**inner, Expr::Null | Expr::Text(_) | Expr::Number(_) | Expr::Case(..))
                && !matches!(ty.base().as_str(), "text" | "character varying" | "json" | "jsonb")
            {
                casts.push(format!("{} to {ty}", inner.sql()));
            }
        });
    }
    casts.dedup();
    (!casts.is_empty()).then(|| {
        format!("every value converts, {}: the trigger makes a write of one that does not fail (22P02, 22003), of either release, and the backfill stops at it", casts.join(", "))
    })
}

/// What the change as asked breaks, and what the new columns do not give back.
fn loses(context: &Context<'_>, reshape: &Reshape, rule: &SyncRule, recipe: &mut Recipe) {
    let Reshape { table, from, .. } = reshape;
    let old: Vec<String> = from.iter().map(|c| format!("{table}.{c}")).collect();
    let old = old.join(", ");
    let them = if from.len() == 1 { "it is" } else { "they are" };
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("the running release still reads and writes {old}: every such statement fails with 42703 once {them} dropped"),
        "keep both shapes equal until no running release uses the old one",
    ));
    let count = format!("SELECT count(*) FROM {table} WHERE {}", rule.disagreement_back());
    recipe.hazards.push(context.hazard(
        "lossy-conversion",
        format!("a value of {old} that the way back does not give again keeps its old form only as long as the old {}", if from.len() == 1 { "column lives" } else { "columns live" }),
        &format!("before the drop look at the rows that this counts: {count}"),
    ));
    if reshape.back_is_guessed {
        let back: Vec<String> =
            reshape.back.iter().map(|(c, value)| format!("{c} := {}", value.sql())).collect();
        recipe.questions.push(Question {
            code: "back-conversion".to_owned(),
            question: format!("What does the old release read in {old} of a row that the new release wrote? And may be lost, once {them} dropped, what this does not give back? ({count})"),
            default: match reshape.back.as_slice() {
                [(_, value)] => value.sql(),
                _ => back.join(", "),
            },
            answer_with: match from.as_slice() {
                [_] => "… back <expression over the new columns>, at the end of the split hint".to_owned(),
                several => {
                    let each: Vec<String> = several.iter().map(|c| format!("{c} := <expression over the new columns>")).collect();
                    format!("… back {}, at the end of the merge hint", each.join(", "))
                }
            },
        });
    }
}

fn gates(reshape: &Reshape, rule: &SyncRule) -> [Draft; 2] {
    let (table, both) = (&reshape.table, both(reshape));
    let old = if reshape.from.len() == 1 { "the old column goes" } else { "the old columns go" };
    let cut = if reshape.from.len() == 1 {
        "the split would cut elsewhere"
    } else {
        "the way back would tell differently"
    };
    [
        Draft::gate(Slot::Verify, format!("{both} agree in every row of {table}"), Vec::new())
            .why("parity before anything depends on it")
            .done_when("rows where they differ", Condition::Parity { rule: rule.clone() }),
        Draft::gate(Slot::Confirm, format!("{both} still agree in every row of {table}"), Vec::new())
            .why(&format!("parity before {old}; either direction counts, because the new release may write what {cut}"))
            .done_when("rows that agree in neither direction", Condition::Agreement { rule: rule.clone() }),
    ]
}

/// Views over old columns read the new ones from then on, with the same columns and types.
fn move_views(context: &Context<'_>, reshape: &Reshape) -> Result<Vec<Draft>, Diagnostic> {
    let views = reshape.views(context.schema).map_err(|view| {
        context.refuse(
            "view-depends",
            format!("view `{view}` reads `{}` of `{}`", reshape.from.join("`, `"), reshape.table),
            "move the view off the old columns first, as a change of its own",
        )
    })?;
    let replace = |view: &QName, definition: &View| Op::ReplaceView {
        view: view.clone(),
        definition: definition.clone(),
    };
    let reads = |view: &QName, column: &str| {
        context.schema.views_over(&reshape.table, Some(column)).any(|(name, _)| name == view)
    };
    let draft = |(view, before, after): &(QName, View, View)| {
        let draft = Draft::ddl(
            context,
            Slot::Swap,
            format!("let view {view} read the new columns"),
            vec![replace(view, after)],
        )
        .back(context, vec![replace(view, before)])
        .why("it reads the same values in the same columns, and no longer stands in the way of the drop");
        reshape.from.iter().filter(|c| reads(view, c)).fold(draft, |draft, column| {
            draft.done_when(
                "no view reads the old column",
                Condition::ViewReads {
                    view: view.clone(),
                    table: reshape.table.clone(),
                    column: column.clone(),
                    reads: false,
                },
            )
        })
    };
    Ok(views.iter().map(draft).collect())
}

/// Trigger and columns go in one transaction: between them, every write would fail or be lost.
fn drop_old(context: &Context<'_>, reshape: &Reshape, rule: &SyncRule) -> Draft {
    let Reshape { table, from, .. } = reshape;
    let mut ops = vec![Op::DropSyncTrigger { rule: rule.clone() }];
    ops.extend(drop_defaults(rule));
    ops.extend(reshape.drops());
    let (list, noun) = (from.join(", "), if from.len() == 1 { "column" } else { "columns" });
    let old: Vec<String> = from.iter().map(|c| format!("{table}.{c}")).collect();
    let mut draft = Draft::atomic(
        context,
        Slot::Drop,
        format!("drop the sync trigger and {noun} {list} of {table}"),
        ops,
    )
    .irreversible(&format!("what {} held: only the backup has it", old.join(", ")))
    .why("in one transaction: a trigger that names a dropped column would fail every write");
    for column in from {
        draft = draft.done_when(
            "the old column is gone",
            Condition::Column { table: table.clone(), column: column.clone(), present: false },
        );
    }
    draft.destructive = true;
    draft
}

//! Rename a column with both names live: a second column under the new name, kept equal by
//! trigger, carries the new release over; at the end it goes and the original takes the name, with
//! every index, key, default, view, comment and grant it has.

use crate::backfill::Todo;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::{Expr, Volatility};
use crate::name::{QName, own};
use crate::op::Op;
use crate::plan::{Check, Conversion};
use crate::recipe::steps::{backfill_of, build_index, install_sync, run_backfill};
use crate::recipe::sync::{can_sync, set_defaults};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Column, ConstraintKind, Index, Table};
use crate::sync::{Assignment, SyncRule};

pub(super) fn plan(
    context: &Context<'_>,
    table: &QName,
    from: &str,
    to: &str,
) -> Result<Recipe, Diagnostic> {
    let definition = context.table(table)?;
    let column = context.column(table, from)?;
    refuse(context, table, column)?;
    let shadow = Column {
        not_null: false,
        default: None,
        identity: None,
        name: to.to_owned(),
        ..column.clone()
    };
    let rule = rule(context, table, (column, &shadow));
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("reads and writes {table}.{to} where it used {from}"),
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("every statement of the running release that names {table}.{from} fails with 42703 from the moment of the rename; the new release fails until then"),
        "keep both names until no running release uses the old one",
    ));
    recipe.conversions.push(Conversion {
        old_relation: table.clone(),
        new_relation: table.clone(),
        up: vec![(to.to_owned(), Expr::column(from))],
        down: vec![(from.to_owned(), Expr::column(to))],
    });
    recipe.drafts.push(add_shadow(context, table, &shadow));
    recipe.drafts.push(install_sync(context, &rule, set_defaults(&rule)));
    let backfill = backfill_of(
        context,
        (&rule.name, table),
        vec![(to.to_owned(), Expr::column(from))],
        Todo::Disagree(rule.clone()),
        None,
    );
    recipe.drafts.push(run_backfill(
        Slot::Backfill,
        format!("copy {table}.{from} to {to} in batches"),
        &backfill,
    ));
    let twins = shadow_indexes(definition, from, to);
    for (name, index) in twins {
        let mut draft = build_index(context, Slot::Constrain, table, (&name, &index));
        draft.why = format!("queries on {to} need what queries on {from} have");
        recipe.drafts.push(draft);
    }
    for slot in [Slot::Verify, Slot::Confirm] {
        recipe.drafts.push(
            Draft::gate(slot, format!("{from} and {to} agree in every row of {table}"), Vec::new())
                .why("parity before anything depends on it")
                .done_when("rows where they differ", Condition::Parity { rule: rule.clone() }),
        );
    }
    recipe.drafts.push(swap(context, table, (from, to), &rule));
    assumptions(context, (table, column, to), &rule, &mut recipe);
    Ok(recipe)
}

fn refuse(context: &Context<'_>, table: &QName, column: &Column) -> Result<(), Diagnostic> {
    let from = &column.name;
    if context.table(table)?.partitioning.is_some() {
        return Err(context.unsupported(
            &format!("renaming a column of the partitioned table `{table}`"),
            "rename in a maintenance window, or keep the name and alias it in the app",
        ));
    }
    if column.generated.is_some() {
        return Err(context.unsupported(
            &format!("renaming the generated column `{from}` of `{table}`"),
            "drop it and add it under the new name: nobody writes it",
        ));
    }
    can_sync(context, table)
}

fn assumptions(
    context: &Context<'_>,
    (table, column, to): (&QName, &Column, &str),
    rule: &SyncRule,
    recipe: &mut Recipe,
) {
    let from = &column.name;
    let twins =
        context.schema.table(table).map(|t| shadow_indexes(t, from, to)).unwrap_or_default();
    if let Some((twin, _)) = twins.iter().find(|(_, index)| index.unique) {
        recipe.assumptions.push(format!(
            "the app tries an upsert again that fails with 23505 on {twin}: while {from} and {to} are both unique, two sessions that upsert the same new key at the same moment may meet on the index that ON CONFLICT does not name"
        ));
    }
    if !column.not_null && column.default.is_some() && rule.down.iter().all(|a| a.default.is_none())
    {
        recipe.assumptions.push(format!(
            "the default of {table}.{from} gives another value each time, so an INSERT of the new release that gives NULL for {to} is taken, until the swap, for one that leaves it out"
        ));
        recipe.keeps.push(Condition::NoNulls { table: table.clone(), column: to.to_owned() });
    }
    recipe.assumptions.push(format!(
        "no function, trigger body, prepared `SELECT *` or COPY without a list of columns depends on the column list of {table}"
    ));
}

fn rule(context: &Context<'_>, table: &QName, (column, shadow): (&Column, &Column)) -> SyncRule {
    // A volatile default differs by row, so it cannot tell who wrote: the new side has none then.
    let default = column
        .default
        .clone()
        .filter(|d| d.volatility() != Volatility::Volatile && column.identity.is_none());
    let side = |to: &Column, from: &Column| Assignment {
        default: default.clone(),
        ..Assignment::new(to, Expr::column(&from.name))
    };
    SyncRule {
        name: context.helper_name(table, &column.name),
        table: table.clone(),
        up: vec![side(shadow, column)],
        down: vec![side(column, shadow)],
        fills: false,
        search_path: Vec::new(),
    }
}

fn add_shadow(context: &Context<'_>, table: &QName, shadow: &Column) -> Draft {
    Draft::ddl(
        context,
        Slot::Expand,
        format!("add column {} to {table}, empty", shadow.name),
        vec![Op::AddColumn { table: table.clone(), column: shadow.clone() }],
    )
    .back(context, vec![Op::DropColumn { table: table.clone(), column: shadow.name.clone() }])
    .why("the old release does not see it; only the catalogue changes")
    .instead_of("RENAME COLUMN: instant, but one of the two releases breaks at once")
    .done_when(
        "the column is there",
        Condition::Column { table: table.clone(), column: shadow.name.clone(), present: true },
    )
}

/// Twins of the indexes on the old name, so that queries on the new name are as fast, and
/// `ON CONFLICT (new name)` finds its unique index.
fn shadow_indexes(table: &Table, from: &str, to: &str) -> Vec<(String, Index)> {
    let mut twins = Vec::new();
    for (name, constraint) in &table.constraints {
        let (ConstraintKind::PrimaryKey(columns) | ConstraintKind::Unique(columns)) =
            &constraint.kind
        else {
            continue;
        };
        if !columns.iter().any(|c| c == from) {
            continue;
        }
        let columns: Vec<String> =
            columns.iter().map(|c| if c == from { to.to_owned() } else { c.clone() }).collect();
        twins.push((own::twin(name), Index::unique_on(&columns)));
    }
    for (name, index) in &table.indexes {
        if let Some(twin) = index.renamed(from, to) {
            twins.push((own::twin(name), twin));
        }
    }
    twins
}

/// One transaction, one brief ACCESS EXCLUSIVE lock: the copy goes, the original takes its name.
fn swap(context: &Context<'_>, table: &QName, (from, to): (&str, &str), rule: &SyncRule) -> Draft {
    let ops = vec![
        Op::DropSyncTrigger { rule: rule.clone() },
        Op::DropColumn { table: table.clone(), column: to.to_owned() },
        Op::RenameColumn { table: table.clone(), column: from.to_owned(), to: to.to_owned() },
    ];
    let mut draft = Draft::atomic(
        context,
        Slot::Drop,
        format!("give {table}.{from} the name {to}: drop the trigger and the copy, rename the original"),
        ops,
    )
    .irreversible("nothing; but the old name is gone, and the way back is a rename planned like this one")
    .why("the original keeps its indexes, keys, defaults, views, comments and grants; both hold the same values")
    .instead_of("dropping the original: everything that hangs on it would have to be built again");
    draft.checks.push(Check::new(
        "the old name is gone",
        Condition::Column { table: table.clone(), column: from.to_owned(), present: false },
    ));
    draft.destructive = true;
    draft
}

//! A new column whose value is a row's of another table: the tenant of an order is the tenant of its
//! user. Filled by trigger for releases that do not know it, by batches for the rows that are there.

use crate::backfill::Todo;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::{Expr, Lookup};
use crate::name::QName;
use crate::op::Op;
use crate::plan::Conversion;
use crate::recipe::steps::{backfill_of, enforce_not_null, install_sync, run_backfill};
use crate::recipe::sync::can_sync;
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Column, ConstraintKind, Table};
use crate::sync::{Assignment, SyncRule};

/// ADD COLUMN with a `fill` hint that looks the value up.
pub(super) fn plan(
    context: &Context<'_>,
    table: &QName,
    column: &Column,
    lookup: &Lookup,
) -> Result<Recipe, Diagnostic> {
    check(context, table, column, lookup)?;
    can_sync(context, table)?;
    let name = &column.name;
    let value = Expr::Lookup(Box::new(lookup.clone()));
    let rule = SyncRule {
        name: context.helper_name(table, name),
        table: table.clone(),
        up: vec![Assignment::new(column, value.clone())],
        down: Vec::new(),
        fills: true,
        search_path: context.search_path(table, [&value]),
    };
    let wrong = Expr::column(name).op("IS DISTINCT FROM", value.clone());
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!(
            "reads {table}.{name}, and writes there the {} of the row of {} that it points at",
            lookup.value, lookup.table
        ),
        keeps: vec![Condition::NoViolations {
            table: table.clone(),
            check: Expr::Not(Box::new(wrong)),
        }],
        ..Recipe::default()
    };
    recipe.conversions.push(Conversion {
        old_relation: table.clone(),
        new_relation: table.clone(),
        up: vec![(name.clone(), value.clone())],
        down: Vec::new(),
    });
    recipe.assumptions.push(format!("{}.{} of a row that {table} points at does not change while the migration runs: rows that have it already would keep what it was", lookup.table, lookup.value));
    let bare = Column { not_null: false, ..column.clone() };
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Expand,
            format!("add column {name} to {table}, empty"),
            vec![Op::AddColumn { table: table.clone(), column: bare }],
        )
        .back(context, vec![Op::DropColumn { table: table.clone(), column: name.clone() }])
        .loses("nothing that cannot be looked up again")
        .why("only the catalogue changes: no row is touched")
        .done_when(
            "the column is there",
            Condition::Column { table: table.clone(), column: name.clone(), present: true },
        ),
    );
    recipe.drafts.push(install_sync(context, &rule, Vec::new()));
    let todo = Todo::Where(Expr::column(name).is_null());
    let backfill =
        backfill_of(context, (&rule.name, table), vec![(name.clone(), value)], todo, None);
    recipe.drafts.push(run_backfill(
        Slot::Backfill,
        format!("fill {table}.{name} from {} in batches", lookup.table),
        &backfill,
    ));
    if column.not_null {
        recipe.drafts.push(
            Draft::gate(Slot::Verify, format!("no row of {table} is without {name}"), Vec::new())
                .why("the new release counts on the value")
                .done_when(
                    "rows without a value",
                    Condition::NoNulls { table: table.clone(), column: name.clone() },
                ),
        );
        recipe.drafts.extend(enforce_not_null(context, Slot::Constrain, table, name));
    }
    recipe.drafts.push(retire(context, &rule));
    Ok(recipe)
}

/// The new release writes the column itself.
fn retire(context: &Context<'_>, rule: &SyncRule) -> Draft {
    let again = || rule.clone();
    Draft::ddl(
        context,
        Slot::Swap,
        format!("drop the trigger that fills {} of {}", rule.new_columns().join(", "), rule.table),
        vec![Op::DropSyncTrigger { rule: again() }],
    )
    .back(context, vec![Op::CreateSyncTrigger { rule: again() }])
    .why("every running release writes the column by now")
    .done_when(
        "the trigger is gone",
        Condition::Trigger { table: rule.table.clone(), name: rule.trigger_name(), present: false },
    )
}

/// The row is there and is one: a foreign key says so, and the column has a value in it.
fn check(
    context: &Context<'_>,
    table: &QName,
    column: &Column,
    lookup: &Lookup,
) -> Result<(), Diagnostic> {
    let parent = context.table(&lookup.table)?;
    let wanted = context.column(&lookup.table, &lookup.value)?;
    let definition = context.table(table)?;
    let bad = |message: String, help: &str| Err(context.refuse("bad-lookup", message, help));
    let by: Vec<(&String, &String)> = lookup
        .key
        .iter()
        .filter_map(|(theirs, value)| {
            let Expr::Column(own) = value else { return None };
            Some((theirs, own))
        })
        .collect();
    for (theirs, own) in &by {
        context.column(&lookup.table, theirs)?;
        context.column(table, own)?;
    }
    let points = points(context, definition, lookup, &by);
    if !points {
        return bad(
            format!(
                "no foreign key of `{table}` points from {} at {} of `{}`: the row that is looked up may be missing",
                by.iter().map(|(_, own)| format!("`{own}`")).collect::<Vec<_>>().join(", "),
                by.iter().map(|(theirs, _)| format!("`{theirs}`")).collect::<Vec<_>>().join(", "),
                lookup.table
            ),
            "look it up through a foreign key; add and validate one first where there is none",
        );
    }
    if wanted.ty != column.ty {
        return bad(
            format!(
                "`{}` is {}, and `{}` of `{}` is {}",
                column.name, column.ty, wanted.name, lookup.table, wanted.ty
            ),
            "give the new column the type of the one that is looked up",
        );
    }
    let open = by.iter().find(|(_, own)| definition.column(own).is_some_and(|c| !c.not_null));
    if column.not_null && (open.is_some() || !wanted.not_null) {
        return bad(
            format!(
                "`{}` is NOT NULL, but `{}` may be NULL, and then there is nothing to look up",
                column.name,
                open.map_or(format!("{}.{}", lookup.table, wanted.name), |(_, own)| format!(
                    "{table}.{own}"
                ))
            ),
            "let the new column be NULL, or set the other one NOT NULL first",
        );
    }
    if column.default.is_some() || column.identity.is_some() || column.generated.is_some() {
        return bad(
            format!(
                "`{}` has a default of its own: a row without the column could not be told from one that gives it",
                column.name
            ),
            "leave the default out",
        );
    }
    if parent.partitioning.is_some() || definition.partitioning.is_some() {
        return Err(context.unsupported(
            "a lookup in or from a partitioned table",
            "fill the column in a maintenance window",
        ));
    }
    Ok(())
}

/// Whether a validated foreign key leads to the row.
fn points(
    context: &Context<'_>,
    definition: &Table,
    lookup: &Lookup,
    by: &[(&String, &String)],
) -> bool {
    definition.constraints.values().any(|c| match &c.kind {
        ConstraintKind::ForeignKey(key) => {
            let theirs = context.schema.parent_columns(key);
            key.parent == lookup.table
                && c.validated
                && key.columns.len() == by.len()
                && key.columns.iter().zip(&theirs).all(|(own, t)| by.contains(&(t, own)))
        }
        ConstraintKind::PrimaryKey(_)
        | ConstraintKind::Unique(_)
        | ConstraintKind::Check(_)
        | ConstraintKind::NotNull(_)
        | ConstraintKind::Other(..) => false,
    })
}

//! Columns become rows of a new table: both are kept equal by triggers on either, existing values are
//! copied in batches, the app moves, then the column goes. While both live there is one row a key at
//! most, whatever comes later: the old release has room for one value.

use crate::backfill::{Backfill, Todo, Work};
use crate::change::Spread;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::name::{QName, clip};
use crate::op::Op;
use crate::plan::Hazard;
use crate::recipe::helpers::check_keys;
use crate::recipe::steps::{backfill_of, run_backfill};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Constraint, ConstraintKind, Index, ObjectKind, Table};
use crate::sync::{Relay, Side};

pub(super) fn plan(context: &Context<'_>, spread: &Spread) -> Result<Recipe, Diagnostic> {
    check(context, spread)?;
    let Spread { table, key, into, link, many, .. } = spread;
    let (relay, from, columns) = (
        spread.relay(
            context.helper_name(table, &spread.columns.join("__")),
            context.schemas([table, into]),
        ),
        spread.from(),
        spread.columns.join(", "),
    );
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!(
            "reads and writes rows of {into} ({}) where it used {from}: no row where {} NULL{}",
            spread.new_columns(),
            if spread.columns.len() == 1 { "that was" } else { "all were" },
            if *many {
                format!(", and one row a {} at most before {columns} is gone", link.name)
            } else {
                String::new()
            }
        ),
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("the running release still reads and writes {from}: every such statement fails with 42703 once it is dropped"),
        "keep both shapes equal until no running release uses the old one",
    ));
    recipe
        .assumptions
        .push(format!("{table}.{key} of a row does not change while both shapes live"));
    recipe.hazards.push(deadlock(context, &relay));
    said(context, spread, &mut recipe);
    if *many {
        recipe.keeps.push(Condition::NoDuplicates {
            table: into.clone(),
            columns: vec![link.name.clone()],
        });
    }
    recipe.relays.push(relay.clone());
    recipe.drafts.push(install(context, spread, &relay));
    recipe.drafts.push(copy(context, spread, &relay));
    for (slot, still, why) in [
        (Slot::Verify, "", "parity before anything depends on it"),
        (Slot::Confirm, "still ", "parity before the old column goes"),
    ] {
        recipe.drafts.push(
            Draft::gate(
                slot,
                format!("{from} and {into} {still}agree for every {key}"),
                Vec::new(),
            )
            .why(why)
            .done_when("keys for which they differ", Condition::Relayed { relay: relay.clone() }),
        );
    }
    recipe.drafts.push(drop_old(context, spread, &relay));
    recipe.drafts.extend(many.then(|| let_many(context, spread)));
    Ok(recipe)
}

/// An index that goes with columns, and is made by nobody again.
pub(super) fn drops_index(context: &Context<'_>, table: &QName, name: &str) -> Hazard {
    context.hazard(
        "drops-index",
        format!("index {name} of {table} goes with the columns that it has: what it makes fast is slow without it"),
        "make one that serves the new statements, concurrently and by hand, once the step that makes the columns has run and before the next release is deployed",
    )
}

/// What the reader has to know, or to do beside the plan.
fn said(context: &Context<'_>, spread: &Spread, recipe: &mut Recipe) {
    let Spread { table, into, columns, .. } = spread;
    for (name, index) in context.schema.table(table).into_iter().flat_map(|t| &t.indexes) {
        if index.columns.iter().any(|c| columns.contains(c)) {
            recipe.hazards.push(drops_index(context, table, name));
        }
    }
    recipe.assumptions.push(format!("nobody truncates {table} or {into} while both shapes live: rows that go so are carried by no trigger"));
    let grants = context.schema.objects_of(table).any(|(id, _)| id.kind == ObjectKind::Privilege);
    let policies = context.schema.has_row_security(table);
    if grants || policies {
        recipe.assumptions.push(format!("privileges and row security of {table} say nothing of {into}: they are said of it in the same change, after the hint"));
    }
}

/// What the two triggers do to two transactions that meet.
pub(super) fn deadlock(context: &Context<'_>, relay: &Relay) -> Hazard {
    let (old, new, key) = (&relay.old.table, &relay.new.table, &relay.of_columns().key);
    let lock_wait_ms = u64::from(context.request.constraints.lock_wait_ms);
    let timeout = Relay::deadlock_timeout_ms(lock_wait_ms);
    context.hazard(
        "deadlock-between-shapes",
        format!("from the triggers on, who writes {old} writes {new}, too, and the other way round: two transactions that take both rows of one {key} in different orders, of either release or of one that writes both tables by itself, wait for each other, and the server ends one of them with 40P01, once both have waited deadlock_timeout"),
        &format!("let both releases try a transaction that ends with 40P01 again, keep the time in which both run short, and let the server look for deadlocks sooner meanwhile: ALTER SYSTEM SET deadlock_timeout = '{timeout}ms'; SELECT pg_reload_conf(); (1 s unless set)"),
    )
}

/// The index that keeps to one row a key while both shapes live.
fn one_each(spread: &Spread) -> (String, Index) {
    let columns = [spread.link.name.clone()];
    let name = clip(&format!("concertina_{}_{}_once", spread.into.name, spread.link.name));
    (name, Index::unique_on(&columns))
}

/// The table and the triggers in one step: taken back apart, rows that nobody brings up to date any more
/// would keep the old release from deleting what they refer to.
fn install(context: &Context<'_>, spread: &Spread, relay: &Relay) -> Draft {
    let Spread { table, into, .. } = spread;
    let mut ops = vec![spread.create()];
    ops.extend(spread.indexes());
    if spread.many {
        let (name, index) = one_each(spread);
        ops.push(Op::CreateIndex { table: into.clone(), name, index, concurrently: false });
    }
    let sides = [Side::New, Side::Old];
    let relay = || relay.clone();
    ops.extend(sides.map(|side| Op::CreateRelayFunction { relay: relay(), side }));
    ops.extend(sides.map(|side| Op::CreateRelayTrigger { relay: relay(), side }));
    let mut back = vec![
        Op::DropRelayTrigger { relay: relay(), side: Side::Old },
        Op::DropTable { table: into.clone() },
    ];
    back.extend(sides.map(|side| Op::DropRelayFunction { relay: relay(), side }));
    Draft::atomic(
        context,
        Slot::Expand,
        format!(
            "create table {into}, and carry writes between it and {} by triggers on both",
            spread.from()
        ),
        ops,
    )
    .back_atomic(context, back)
    .why(&format!("from now on every write, by either version, reaches both shapes; rows of {into} go with those of {table}, of which the old release knows alone"))
    .instead_of("dual writes in the app: every writer has to be changed and deployed first")
    .done_when("the table is there", Condition::Relation { relation: into.clone(), present: true })
    .done_when(
        "the trigger is there",
        Condition::Trigger { table: table.clone(), name: relay().trigger_name(Side::Old), present: true },
    )
}

fn copy(context: &Context<'_>, spread: &Spread, relay: &Relay) -> Draft {
    let Spread { table, into, link, .. } = spread;
    let todo = Todo::Where(spread.any());
    let backfill = Backfill {
        work: Work::Insert { into: into.clone(), key: vec![link.name.clone()] },
        ..backfill_of(context, (&relay.name, table), spread.values(), todo, None)
    };
    run_backfill(
        Slot::Backfill,
        format!("copy {} to rows of {into} in batches", spread.from()),
        &backfill,
    )
}

/// Triggers and columns go in one transaction: between them, every write would fail or be lost.
fn drop_old(context: &Context<'_>, spread: &Spread, relay: &Relay) -> Draft {
    let Spread { table, columns, .. } = spread;
    let gone = |side| Op::DropRelayTrigger { relay: relay.clone(), side };
    let mut ops = vec![gone(Side::New), gone(Side::Old)];
    ops.extend(spread.drop());
    let noun = if columns.len() == 1 { "column" } else { "columns" };
    let mut draft = Draft::atomic(
        context,
        Slot::Drop,
        format!("drop the triggers and {noun} {} of {table}", columns.join(", ")),
        ops,
    )
    .irreversible(&format!("what {} held: only the backup has it", spread.from()))
    .why("in one transaction: a trigger that names a dropped column would fail every write");
    for column in columns {
        draft = draft.done_when(
            "the old column is gone",
            Condition::Column { table: table.clone(), column: column.clone(), present: false },
        );
    }
    draft.destructive = true;
    draft
}

/// From here on the new release may write as many rows a key as it likes.
fn let_many(context: &Context<'_>, spread: &Spread) -> Draft {
    let (name, index) = one_each(spread);
    let into = || spread.into.clone();
    Draft::ddl(
        context,
        Slot::Drop,
        format!("let {} have many rows a {}", spread.into, spread.link.name),
        vec![Op::DropIndex {
            table: into(),
            name: name.clone(),
            concurrently: true,
            if_exists: true,
        }],
    )
    .back(
        context,
        vec![Op::CreateIndex { table: into(), name: name.clone(), index, concurrently: true }],
    )
    .why("the old column, which had room for one, is gone")
    .done_when("the index is gone", Condition::Index { table: into(), name, present: false })
}

/// What has no row where it is NULL, and needs no value of its own.
fn check(context: &Context<'_>, spread: &Spread) -> Result<(), Diagnostic> {
    let table = &spread.table;
    check_keys(context, &[(table, &spread.key)])?;
    if context.table(table)?.partitioning.is_some() || !context.schema.descendants(table).is_empty()
    {
        return Err(context.refuse(
            "not-supported",
            format!(
                "a column of `{table}`, which has partitions or heirs, cannot be moved to a table of its own yet"
            ),
            "do it in a maintenance window",
        ));
    }
    spread.columns.iter().try_for_each(|column| check_column(context, spread, column))
}

fn check_column(context: &Context<'_>, spread: &Spread, column: &String) -> Result<(), Diagnostic> {
    let Spread { table, into, .. } = spread;
    let (definition, old) = (context.table(table)?, context.column(table, column)?);
    let refuse = |message: String, help: &str| Err(context.refuse("not-supported", message, help));
    let now = context.source.table(table);
    let about = |t: &Table| -> Vec<Constraint> {
        let mut all: Vec<Constraint> = t.constraints.values().cloned().collect();
        all.retain(|c| {
            c.kind.columns().contains(column) || matches!(c.kind, ConstraintKind::PrimaryKey(_))
        });
        all
    };
    if now.and_then(|t| t.column(column)) != Some(old) || now.map(about) != Some(about(definition))
    {
        return refuse(
            format!(
                "`{column}` of `{table}`, or the key of `{table}`, is changed by an earlier part of the change, which the plan would make last"
            ),
            "make that a change of its own, and move the column in the next",
        );
    }
    if super::merge::domain_says(context, &old.ty) {
        return refuse(
            format!(
                "the domain of `{column}` has a default or constraints of its own: what is left out would not be NULL"
            ),
            "give the column the domain's own type first, as a change of its own",
        );
    }
    if old.not_null || old.default.is_some() || old.identity.is_some() || old.generated.is_some() {
        return refuse(
            format!(
                "`{column}` of `{table}` is NOT NULL or has a default: the new release inserts a row of `{table}` before the one of `{into}`, and in between `{column}` would be missing, or not what it writes"
            ),
            "drop NOT NULL and the default first, as a change of its own; the app then reads NULL as nothing",
        );
    }
    let in_key = definition.constraints.values().any(|c| {
        let plain = matches!(c.kind, ConstraintKind::ForeignKey(_));
        !plain && c.kind.columns().contains(column)
    });
    let in_unique = definition.indexes.values().any(|i| i.unique && i.columns.contains(column));
    if in_key || in_unique {
        return refuse(
            format!(
                "`{column}` of `{table}` is in a key or a CHECK, which the rows of `{into}` would not be held to"
            ),
            "drop the constraint first, and add one to the new table, as changes of their own",
        );
    }
    if let Some((view, _)) = context.schema.views_over(table, Some(column.as_str())).next() {
        return refuse(
            format!("view `{view}` reads `{column}` of `{table}`"),
            "move the view off the column first, as a change of its own",
        );
    }
    Ok(())
}

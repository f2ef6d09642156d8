//! A table is merged into the one that its rows belong to: both are kept equal by triggers on either,
//! existing rows are carried over in batches, the app moves, then the table goes. A row in which nothing is
//! said is like no row: the new release has no other way to say that there is none.

mod allowed;

pub(super) use allowed::domain_says;

use crate::backfill::Todo;
use crate::change::Merge;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::plan::Hazard;
use crate::recipe::steps::{backfill_of, build_index, enforce_constraint, run_backfill};
use crate::recipe::{Context, Draft, Recipe, Slot, add_constraint, spread, table};
use crate::schema::{Key, ObjectKind, Subject};
use crate::sync::{End, Relay, Side};

pub(super) fn plan(context: &Context<'_>, merge: &Merge) -> Result<Recipe, Diagnostic> {
    allowed::check(context, merge)?;
    let Merge { table: old, into, key, link, .. } = merge;
    let (relay, names) = (
        merge.relay(
            context.helper_name(into, &format!("_{}", old.name)),
            context.schemas([into, old]),
        ),
        merge.names().join(", "),
    );
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!(
            "reads and writes {names} of {into} where it used {old}: NULL in all of them where there was no row"
        ),
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!(
            "every statement of the running release on {old} fails with 42P01 once it is dropped"
        ),
        "keep both shapes equal until no running release uses the old one",
    ));
    recipe.hazards.push(context.hazard(
        "destroys-data",
        format!("everything in {old} is gone for good"),
        "take a backup and restore it somewhere before the drop",
    ));
    recipe.hazards.push(spread::deadlock(context, &relay));
    recipe
        .assumptions
        .push(format!("{into}.{key} of a row does not change while both shapes live"));
    recipe.assumptions.push(format!("a row of {old} with NULL in {names} says what no row says: where the new release leaves nothing in them, the row goes"));
    if !merge.left.is_empty() {
        recipe.assumptions.push(format!(
            "nobody needs {} of {old}, which the table takes along: rows that the new release brings about have their defaults",
            merge.left.join(", ")
        ));
    }
    said(context, merge, &mut recipe);
    recipe.relays.push(relay.clone());
    let operation = format!(
        "add {names} to {into}, and carry writes between them and {old} by triggers on both"
    );
    recipe.drafts.push(install(context, &relay, (operation, merge.add())));
    recipe.drafts.push(carry_over(context, &relay));
    recipe.drafts.extend(enforced(context, merge));
    for (slot, still, why) in [
        (Slot::Verify, "", "parity before anything depends on it"),
        (Slot::Confirm, "still ", "parity before the table goes"),
    ] {
        let operation = format!("{old} and {names} of {into} {still}agree for every {link}");
        recipe.drafts.push(
            Draft::gate(slot, operation, Vec::new()).why(why).done_when(
                "keys for which they differ",
                Condition::Relayed { relay: relay.clone() },
            ),
        );
    }
    recipe.drafts.extend(let_go(context, merge)?);
    recipe.drafts.push(drop_old(context, merge, &relay));
    Ok(recipe)
}

/// Columns and triggers in one step: taken back apart, values that nobody brings up to date any more would
/// be there when the plan is run again.
pub(super) fn install(
    context: &Context<'_>,
    relay: &Relay,
    (operation, add): (String, Vec<Op>),
) -> Draft {
    let End { table: into, values: columns, .. } = &relay.new;
    let sides = [Side::New, Side::Old];
    let carrier = || relay.clone();
    let mut ops = add;
    ops.extend(sides.map(|side| Op::CreateRelayFunction { relay: carrier(), side }));
    ops.extend(sides.map(|side| Op::CreateRelayTrigger { relay: carrier(), side }));
    let mut back: Vec<Op> =
        sides.map(|side| Op::DropRelayTrigger { relay: carrier(), side }).into();
    back.extend(sides.map(|side| Op::DropRelayFunction { relay: carrier(), side }));
    let column = |name: &String| Op::DropColumn { table: into.clone(), column: name.clone() };
    back.extend(columns.iter().rev().map(column));
    let mut draft = Draft::atomic(context, Slot::Expand, operation, ops)
        .back_atomic(context, back)
        .why("from now on every write, by either version, reaches both shapes")
        .instead_of("dual writes in the app: every writer has to be changed and deployed first");
    for column in columns {
        draft = draft.done_when(
            "the column is there",
            Condition::Column { table: into.clone(), column: column.clone(), present: true },
        );
    }
    for side in sides {
        let end = relay.end(side).table.clone();
        let name = relay.trigger_name(side);
        draft = draft.done_when(
            "the trigger is there",
            Condition::Trigger { table: end, name, present: true },
        );
    }
    draft
}

/// Each row is written as it is, and the trigger carries it over: what a batch writes is what its row says
/// while it holds it.
pub(super) fn carry_over(context: &Context<'_>, relay: &Relay) -> Draft {
    let End { table, values, .. } = &relay.old;
    let set = values.iter().map(|name| (name.clone(), Expr::column(name))).collect();
    let backfill = backfill_of(context, (&relay.name, table), set, Todo::EveryRow, None);
    run_backfill(
        Slot::Backfill,
        format!(
            "write every row of {table} as it is, in batches, so that the trigger carries it to {}",
            relay.new.table
        ),
        &backfill,
    )
}

/// What held for the columns holds for them in their new place.
fn enforced(context: &Context<'_>, merge: &Merge) -> Vec<Draft> {
    let into = &merge.into;
    let mut drafts: Vec<Draft> = merge
        .indexes
        .iter()
        .map(|(name, index)| build_index(context, Slot::Constrain, into, (name, index)))
        .collect();
    for (name, constraint) in &merge.constraints {
        let Some(key) = Key::of(&constraint.kind) else {
            drafts.extend(enforce_constraint(context, Slot::Constrain, into, (name, constraint)));
            continue;
        };
        drafts.push(build_index(context, Slot::Constrain, into, (name, &key.index())));
        let take_over = add_constraint::take_over(context, into, name, &key);
        drafts.push(Draft { slot: Slot::Constrain, ..take_over });
    }
    drafts
}

/// What the table refers to beside the one it is merged into: one key at a time, since the drop would lock
/// all of them at once.
fn let_go(context: &Context<'_>, merge: &Merge) -> Result<Vec<Draft>, Diagnostic> {
    let mut drafts = Vec::new();
    for (name, constraint) in &context.table(&merge.table)?.constraints {
        if let Some(key) = constraint.kind.foreign_key().filter(|key| key.parent != merge.into) {
            drafts.push(table::drop_key(context, &merge.table, (name, constraint), key));
        }
    }
    Ok(drafts)
}

/// Triggers and table go in one transaction: between them, every write would fail or be lost.
fn drop_old(context: &Context<'_>, merge: &Merge, relay: &Relay) -> Draft {
    let table = || merge.table.clone();
    let gone = |side| Op::DropRelayTrigger { relay: relay.clone(), side };
    let mut draft = Draft::atomic(
        context,
        Slot::Drop,
        format!("drop the triggers and table {}", table()),
        vec![gone(Side::New), gone(Side::Old), Op::DropTable { table: table() }],
    )
    .irreversible(&format!("everything in {}: only the backup has it", table()))
    .why("in one transaction: a trigger that names a dropped table would fail every write")
    .done_when("the table is gone", Condition::Relation { relation: table(), present: false });
    draft.destructive = true;
    draft
}

/// What is said of columns alone: defaults, comments, privileges.
pub(super) fn said_of_columns(
    context: &Context<'_>,
    table: &QName,
    names: &[String],
) -> Vec<String> {
    let definition = context.schema.table(table);
    let mut said: Vec<String> = Vec::new();
    for name in names {
        let default = definition.and_then(|t| t.column(name)).and_then(|c| c.default.as_ref());
        said.extend(default.map(|value| format!("the default {} of {name}", value.sql())));
        let of_column = Subject::Column(table.clone(), name.clone());
        let objects =
            context.schema.objects.iter().filter(|(_, o)| o.of.as_ref() == Some(&of_column));
        let grants = context
            .schema
            .objects_of(table)
            .filter(|(id, object)| id.kind == ObjectKind::Privilege && object.mentions(name));
        let all = objects.chain(grants).map(|(id, _)| format!("{} {}", id.kind.noun(), id.name));
        said.extend(all.filter(|what| !said.contains(what)).collect::<Vec<_>>());
    }
    said
}

/// Triggers of the table that gets the values.
pub(super) fn fires_too(context: &Context<'_>, into: &QName, table: &QName) -> Option<Hazard> {
    let of_into = context.schema.objects_of(into);
    let triggers: Vec<&str> = of_into
        .filter(|(id, _)| id.kind == ObjectKind::Trigger)
        .map(|(id, _)| id.name.split(" ON ").next().unwrap_or_default())
        .collect();
    (!triggers.is_empty()).then(|| {
        context.hazard(
            "backfill-fires-triggers",
            format!("each value that is carried over updates a row of {into}, and its own triggers fire, as the role that runs the plan ({}): times of change move, and one that refuses the update fails the statement that wrote {table}", triggers.join(", ")),
            "let a trigger that must not see it say so: WHEN (pg_trigger_depth() = 0)",
        )
    })
}

/// What the reader has to know, or to do beside the plan.
fn said(context: &Context<'_>, merge: &Merge, recipe: &mut Recipe) {
    let Merge { table, into, .. } = merge;
    let names = merge.names().join(", ");
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("once they are in {into}, too, {names} without a table before it is ambiguous in a statement that joins {into} and {table} (42702)"),
        "let every such statement name the table (a view or a function, too), and release that first",
    ));
    recipe.hazards.extend(fires_too(context, into, table));
    for (name, index) in context.schema.table(table).into_iter().flat_map(|t| &t.indexes) {
        let is_over = |c: &String| merge.columns.iter().any(|column| column.name == *c);
        let is_mixed = !index.columns.iter().all(is_over);
        if index.columns.iter().any(is_over) && is_mixed {
            recipe.hazards.push(spread::drops_index(context, table, name));
        }
    }
    recipe.assumptions.push(format!(
        "nobody truncates {table} while both shapes live: rows that go so are carried by no trigger"
    ));
    let mut lost = said_of_columns(context, table, &merge.names());
    let of_table = context.schema.objects_of(table);
    let grants = of_table.filter(|(id, o)| {
        id.kind == ObjectKind::Privilege && matches!(o.of, Some(Subject::Relation(_)))
    });
    lost.extend(grants.map(|(id, _)| format!("the privilege {}", id.name)));
    if !lost.is_empty() {
        recipe.assumptions.push(format!(
            "what is said of {table} alone goes with it, and is said of {into} in the same change, after the hint, where it is needed: {}",
            lost.join(", ")
        ));
    }
}

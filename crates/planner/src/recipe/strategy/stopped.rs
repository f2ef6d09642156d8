//! The ways that are planned: the usual one, in place under the statement's own lock, and in place
//! while the app is stopped. Must not choose.

use super::cost::of_recipe;
use super::words::over;
use super::{IN_PLACE, Kind, Way, has_no_online_way, no_triggers};
use crate::change::What;
use crate::condition::Condition;
use crate::estimate;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::op::sql::render;
use crate::plan::{Conversion, Cost};
use crate::recipe::change_type::{back, converted, default_before, with_default};
use crate::recipe::steps::inverse;
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::request::TableFacts;
use crate::schema::Column;
use crate::sql_type::SqlType;

/// The recipe of the change itself.
pub(super) fn usual(context: &Context<'_>, kind: Kind, recipe: Recipe) -> Way {
    let locked = has_no_online_way(&recipe);
    let (name, how) = match kind {
        _ if locked => {
            ("under-its-lock", "the statement itself, every reader and writer waiting for its end")
        }
        Kind::RenameColumn | Kind::Retype => (
            "second-column",
            "a second column kept equal by trigger and filled in batches; the app moves over, then one of the two goes",
        ),
        Kind::RenameTable => (
            "view-of-the-new-name",
            "an updatable view carries the new release until the table takes its name",
        ),
        Kind::NotNull => (
            "proved-first",
            "a constraint that is NOT VALID, validated while traffic goes on, proves what SET NOT NULL would have to look for",
        ),
        Kind::TwoShapes | Kind::NoOnlineWay => (
            "both-shapes",
            "both shapes kept equal by trigger, filled in batches; the app moves over, then the old one goes",
        ),
    };
    let cost = of_recipe(context, &recipe);
    let hinders = if locked {
        waits_too_long(context, &recipe, &cost)
    } else {
        no_triggers(context, &recipe)
    };
    Way { name, how: how.to_owned(), hinders, cost, recipe: Some(recipe) }
}

/// Long locks count by the request's own measure of a big table, as in the proof.
fn waits_too_long(context: &Context<'_>, recipe: &Recipe, cost: &Cost) -> Option<String> {
    let allowed = f64::from(context.request.constraints.lock_wait_ms) / 1000.0;
    let relations = recipe.drafts.iter().flat_map(|d| &d.script).filter_map(|s| s.op.relation());
    let facts: Vec<TableFacts> = relations.map(|name| context.request.facts(name)).collect();
    if cost.blocked_seconds.1 > allowed {
        let rate = facts.iter().map(|f| f.reads_per_s.saturating_add(f.writes_per_s)).max();
        let queue = f64::from(rate.unwrap_or_default()) * cost.blocked_seconds.1;
        let waits = format!("up to {queue:.0} requests wait");
        return Some(over(&waits, cost.blocked_seconds, allowed));
    }
    let big = facts.iter().any(TableFacts::is_big);
    (big && cost.blocked_seconds.1 > 0.0).then(|| {
        "the table is too big to work through under a lock that requests wait for".to_owned()
    })
}

/// In place, traffic going on, under the statement's own lock.
pub(super) fn in_place(
    context: &Context<'_>,
    kind: Kind,
    what: &What,
    usual: Option<&Recipe>,
) -> Option<Way> {
    let usual = usual?;
    let What::Statement(op) = what else { return None };
    let recipe = match kind {
        Kind::Retype if has_no_online_way(usual) => return None,
        Kind::Retype => retyped(context, op, usual, Slot::Swap)?,
        Kind::NotNull => set_at_once(context, op, usual)?,
        Kind::RenameColumn | Kind::RenameTable => {
            return (!context.request.stops()).then(|| renamed_at_once(context, op));
        }
        Kind::TwoShapes | Kind::NoOnlineWay => return None,
    };
    let cost = of_recipe(context, &recipe);
    let hinders = no_way_back(context, op).or_else(|| waits_too_long(context, &recipe, &cost));
    let how = format!("{}, under ACCESS EXCLUSIVE while the app runs", render(op));
    Some(Way { name: IN_PLACE, how, hinders, cost, recipe: Some(recipe) })
}

/// Why a type change in place cannot be taken back, where it cannot: the old values are gone.
fn no_way_back(context: &Context<'_>, op: &Op) -> Option<String> {
    let Op::AlterType { table, column, ty, using, .. } = op else { return None };
    let before = context.schema.table(table)?.column(column)?;
    let keeps = (before.ty == *ty || before.ty.widens_to(ty)) && using.is_none();
    (!keeps).then(|| {
        format!(
            "not every value of {} comes back from {ty}: in place there would be no way back",
            before.ty
        )
    })
}

/// A rename is instant, and breaks one of two releases.
fn renamed_at_once(context: &Context<'_>, op: &Op) -> Way {
    Way {
        name: IN_PLACE,
        how: format!("{} at once", render(op)),
        recipe: None,
        hinders: Some(
            "instant, and from that moment one of the two releases fails, whichever comes first"
                .to_owned(),
        ),
        cost: super::cost::of_catalogue(context, 1, 1),
    }
}

/// In place while no release runs.
pub(super) fn stopped(
    context: &Context<'_>,
    kind: Kind,
    what: &What,
    usual: Option<&Recipe>,
) -> Option<Way> {
    let (recipe, how) = match (kind, what) {
        (Kind::RenameColumn | Kind::RenameTable, What::Statement(op)) => {
            (renamed(context, op, usual)?, render(op))
        }
        (Kind::Retype, What::Statement(op)) => {
            (retyped(context, op, usual?, Slot::Stopped)?, render(op))
        }
        (Kind::NoOnlineWay, _) => (moved_into_the_stop(usual?)?, "the statement itself".to_owned()),
        (Kind::NotNull | Kind::TwoShapes, _)
        | (Kind::RenameColumn | Kind::RenameTable | Kind::Retype, _) => return None,
    };
    let mut cost = of_recipe(context, &recipe);
    let lossy = what.statement().and_then(|op| no_way_back(context, op));
    let hinders = if lossy.is_some() {
        lossy
    } else if context.request.stops() {
        let work = cost.work.seconds.1;
        let allowed = f64::from(context.request.downtime_s());
        (cost.downtime_seconds.0 + work > allowed)
            .then(|| over("the app is down", cost.downtime_seconds, allowed))
    } else {
        let (from, to) = estimate::restart(context.request);
        cost.downtime_seconds.0 += from;
        cost.downtime_seconds.1 += to;
        Some("the app would have to be stopped, and this deploy keeps it running".to_owned())
    };
    Some(Way {
        name: "stopped",
        how: format!("{how}, while the app is stopped"),
        hinders,
        cost,
        recipe: Some(recipe),
    })
}

/// One statement that another takes back, and what the new name means for the app.
fn renamed(context: &Context<'_>, op: &Op, usual: Option<&Recipe>) -> Option<Recipe> {
    let back = inverse_of_rename(context, op)?;
    let relation = op.relation()?.clone();
    let (check, conversion, change) = meaning(op, &relation)?;
    let mut draft = Draft::ddl(context, Slot::Stopped, render(op), vec![op.clone()])
        .back(context, vec![back])
        .why("instant, and no release is there to miss the old name")
        .done_when("the new name is there", check);
    draft.alternative =
        "both names alive beside each other, which is more work than a stop that happens anyway"
            .to_owned();
    Some(Recipe {
        drafts: vec![draft],
        needs_release: true,
        release_change: change,
        conversions: conversion.into_iter().collect(),
        hazards: usual.map(|r| r.hazards.clone()).unwrap_or_default(),
        ..Recipe::default()
    })
}

fn inverse_of_rename(context: &Context<'_>, op: &Op) -> Option<Op> {
    if let Op::RenameTable { table, to } = op {
        return Some(Op::RenameTable { table: table.sibling(to), to: table.name.clone() });
    }
    inverse(context, op)
}

fn meaning(op: &Op, relation: &QName) -> Option<(Condition, Option<Conversion>, String)> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only renames come here")]
    match op {
        Op::RenameColumn { table, column, to } => Some((
            Condition::Column { table: table.clone(), column: to.clone(), present: true },
            Some(Conversion {
                old_relation: relation.clone(),
                new_relation: relation.clone(),
                up: vec![(to.clone(), Expr::column(column))],
                down: vec![(column.clone(), Expr::column(to))],
            }),
            format!("reads and writes {table}.{to} where it used {column}"),
        )),
        Op::RenameTable { table, to } => {
            let new = table.sibling(to);
            Some((
                Condition::Relation { relation: new.clone(), present: true },
                None,
                format!("uses {new} where it used {table}"),
            ))
        }
        _ => None,
    }
}

/// ALTER COLUMN TYPE itself, and the same back.
fn retyped(context: &Context<'_>, op: &Op, usual: &Recipe, slot: Slot) -> Option<Recipe> {
    let Op::AlterType { table, column, ty, collation, using } = op else { return None };
    let before = context.schema.table(table)?.column(column)?;
    let after = Column { ty: ty.clone(), collation: collation.clone(), ..before.clone() };
    let alter = |to: &Column, using: Option<Expr>| Op::AlterType {
        table: table.clone(),
        column: column.clone(),
        ty: to.ty.clone(),
        collation: to.collation.clone(),
        using,
    };
    let same = before.ty == after.ty;
    let up =
        using.clone().or_else(|| if same { None } else { converted(context.schema, before, ty) });
    let forward = with_default(context, (table, before), alter(&after, up), true);
    let undo = with_default(
        context,
        (table, before),
        alter(before, (!same).then(|| back(context.schema, before, &after))),
        false,
    );
    let mut draft = Draft::atomic(
        context,
        slot,
        format!("change {table}.{column} from {} to {ty}, in place", before.ty),
        forward,
    )
    .back_atomic(context, undo)
    .done_when(
        "the column has the new type",
        Condition::Type { table: table.clone(), column: column.clone(), ty: ty.clone() },
    );
    draft.alternative =
        "a second column, a trigger and a backfill, which is more work on this table".to_owned();
    draft.why = if slot == Slot::Stopped {
        "every row and index is written anew, and no release is there to wait for it".to_owned()
    } else {
        "every row and index is written anew, and the table is small: requests wait for less than they may".to_owned()
    };
    Some(Recipe {
        drafts: default_before(context, table, column).into_iter().chain([draft]).collect(),
        needs_release: true,
        release_change: release_change(table, column, (&before.ty, ty), slot),
        hazards: usual.hazards.iter().filter(|h| h.code != "no-online-way").cloned().collect(),
        questions: usual.questions.clone(),
        narrowed: usual.narrowed.clone(),
        assumptions: vec![format!(
            "as long as somebody may go back, the new release writes to {table}.{column} only values that {} holds",
            before.ty
        )],
        ..Recipe::default()
    })
}

fn release_change(
    table: &QName,
    column: &str,
    (old, new): (&SqlType, &SqlType),
    slot: Slot,
) -> String {
    if slot == Slot::Stopped {
        return format!("reads and writes {table}.{column} as {new}");
    }
    format!(
        "reads and writes {table}.{column} as {old} and as {new} alike, and prepares its statements again when told to (0A000)"
    )
}

/// SET NOT NULL itself in place of the constraint that proves it.
fn set_at_once(context: &Context<'_>, op: &Op, usual: &Recipe) -> Option<Recipe> {
    let Op::SetNotNull { table, column, .. } = op else { return None };
    let mut recipe = usual.clone();
    recipe.drafts.retain(|draft| draft.slot != Slot::Tighten);
    let back = Op::SetNotNull { table: table.clone(), column: column.clone(), not_null: false };
    recipe.drafts.push(
        Draft::ddl(context, Slot::Tighten, format!("set NOT NULL on {table}.{column}"), vec![op.clone()])
            .back(context, vec![back])
            .why("it reads every row under ACCESS EXCLUSIVE, and the table is small: requests wait for less than they may")
            .instead_of("a constraint that proves it first: three more steps, for a table that is read in a moment")
            .done_when(
                "the column is NOT NULL",
                Condition::NotNull { table: table.clone(), column: column.clone(), present: true },
            ),
    );
    Some(recipe)
}

/// The same steps, those under a long lock while nobody waits.
fn moved_into_the_stop(usual: &Recipe) -> Option<Recipe> {
    let mut recipe = usual.clone();
    let mut moved = false;
    for draft in recipe.drafts.iter_mut().filter(|d| d.slot == Slot::Swap) {
        draft.slot = Slot::Stopped;
        moved = true;
    }
    if recipe.release_change.is_empty() {
        "finds the change done when it starts".clone_into(&mut recipe.release_change);
    }
    recipe.needs_release = true;
    moved.then_some(recipe)
}

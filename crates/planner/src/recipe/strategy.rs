//! The ways in which a change can be carried out, each held against the request and costed, and
//! which one wins. Must not know how the usual way of a change works: it is given.

mod cost;
mod other;
mod stopped;
mod words;

use crate::change::{Asked, What};
use crate::diagnostic::Diagnostic;
use crate::op::Op;
use crate::plan::{Cost, Strategy};
use crate::recipe::{Context, Recipe};
use crate::request::Sync;
use crate::sql_type::TypeChange;

use words::compared;

/// A way.
struct Way {
    name: &'static str,
    how: String,
    /// How it is carried out; none: it is only costed.
    recipe: Option<Recipe>,
    /// Why the request rules it out.
    hinders: Option<String>,
    cost: Cost,
}

/// Changes of which more than one way is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    RenameColumn,
    RenameTable,
    Retype,
    NotNull,
    /// Two shapes live side by side for another reason.
    TwoShapes,
    /// There is no way beside traffic.
    NoOnlineWay,
}

/// The recipe that wins, with what became of the others; `usual` where there is no choice.
///
/// # Errors
/// Why no way fits, where none does.
pub(super) fn weigh(
    context: &Context<'_>,
    asked: &Asked,
    usual: Result<Recipe, Diagnostic>,
) -> Result<Recipe, Diagnostic> {
    // What asks for nothing, or is about a table that the plan makes, is done as it stands.
    let idle = usual.as_ref().is_ok_and(|recipe| recipe.drafts.is_empty());
    let kind = if idle { None } else { kind(context, &asked.what, usual.as_ref().ok()) };
    let Some(kind) = kind else { return usual };
    let mut ways = Vec::new();
    let refused = match usual {
        Ok(recipe) => {
            ways.push(stopped::usual(context, kind, recipe));
            None
        }
        Err(error) => Some(error),
    };
    let known = ways.first().and_then(|way| way.recipe.clone());
    ways.extend(stopped::in_place(context, kind, &asked.what, known.as_ref()));
    ways.extend(stopped::stopped(context, kind, &asked.what, known.as_ref()));
    ways.extend(other::only_costed(context, kind, ways.first()));
    choose(context, &ways, refused)
}

fn kind(context: &Context<'_>, what: &What, usual: Option<&Recipe>) -> Option<Kind> {
    let syncs = usual.is_some_and(|recipe| {
        let ops = recipe.drafts.iter().flat_map(|d| &d.script);
        ops.into_iter().any(|s| matches!(s.op, Op::CreateSyncTrigger { .. }))
    });
    let blocks = usual.is_some_and(has_no_online_way);
    let two_shapes = syncs.then_some(Kind::TwoShapes);
    let locked = blocks.then_some(Kind::NoOnlineWay);
    let What::Statement(op) = what else { return two_shapes.or(locked) };
    if op.relation().is_some_and(|table| context.created.contains(table)) {
        return None;
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others have one way, or two shapes")]
    match op {
        Op::RenameColumn { .. } => Some(Kind::RenameColumn),
        Op::RenameTable { .. } => Some(Kind::RenameTable),
        Op::AlterType { table, column, ty, collation, .. } => {
            let found = context.schema.table(table).and_then(|t| t.column(column))?;
            let same = found.collation == *collation;
            let free = found.ty.change_to(ty) != TypeChange::Rewrite && same && !blocks && !syncs;
            (!free).then_some(Kind::Retype)
        }
        Op::SetNotNull { not_null: true, .. } => Some(Kind::NotNull),
        _ => two_shapes.or(locked),
    }
}

/// The way with the least work of those that fit and are planned; the usual one where none fits and
/// it can be carried out all the same.
fn choose(
    context: &Context<'_>,
    ways: &[Way],
    refused: Option<Diagnostic>,
) -> Result<Recipe, Diagnostic> {
    let usable = |way: &&Way| way.recipe.is_some() && way.hinders.is_none();
    let work = |way: &Way| way.cost.work.seconds.1;
    let best = ways
        .iter()
        .filter(usable)
        .min_by(|a, b| work(a).total_cmp(&work(b)))
        .or_else(|| ways.iter().find(|way| way.recipe.is_some() && may_overrule(way)));
    let Some(best) = best else { return Err(refused.unwrap_or_else(|| none_fits(context, ways))) };
    let mut chosen = best.recipe.clone().unwrap_or_default();
    chosen.strategies = ways.iter().map(|way| strategy(way, best)).collect();
    Ok(chosen)
}

/// A lock that is held for too long is said aloud, and refuted by the proof; what the request
/// forbids in so many words is not done.
fn may_overrule(way: &Way) -> bool {
    way.recipe.as_ref().is_some_and(has_no_online_way)
}

fn has_no_online_way(recipe: &Recipe) -> bool {
    recipe.hazards.iter().any(|hazard| hazard.code == "no-online-way")
}

const IN_PLACE: &str = "in-place";

fn strategy(way: &Way, best: &Way) -> Strategy {
    let chosen = std::ptr::eq(way, best);
    let verdict = match (&way.hinders, &way.recipe, chosen) {
        (Some(why), _, true) => format!("{why}; chosen because nothing else can do it"),
        (Some(why), Some(_), false) => why.clone(),
        (Some(why), None, false) => format!("{why}; costed only, Concertina does not plan it"),
        (None, None, _) => "would fit; costed only, Concertina does not plan it".to_owned(),
        (None, Some(_), true) => "the least work of those that fit and are planned".to_owned(),
        (None, Some(_), false) => format!("fits, but is more work: {}", compared(way, best)),
    };
    Strategy {
        change: String::new(),
        name: way.name.to_owned(),
        how: way.how.clone(),
        fits: way.hinders.is_none(),
        planned: way.recipe.is_some(),
        chosen,
        verdict,
        cost: way.cost.clone(),
    }
}

fn none_fits(context: &Context<'_>, ways: &[Way]) -> Diagnostic {
    let reasons: Vec<String> = ways
        .iter()
        .map(|way| match &way.hinders {
            Some(why) => format!("{}: {why}", way.name),
            None => format!("{}: costed only, Concertina does not plan it", way.name),
        })
        .collect();
    let help = match context.request.deploy.sync {
        Sync::DualWrites => {
            "allow database triggers (deploy.sync = \"triggers\", --sync triggers), or a downtime (deploy.old_and_new_together = false, constraints.downtime_s)"
        }
        Sync::Triggers => {
            "allow a downtime (deploy.old_and_new_together = false, constraints.downtime_s)"
        }
    };
    context.refuse(
        "no-strategy",
        format!("no way to do it fits this request: {}", reasons.join("; ")),
        help,
    )
}

/// Why a way that keeps two shapes equal by trigger is ruled out, where it is.
fn no_triggers(context: &Context<'_>, recipe: &Recipe) -> Option<String> {
    let ops = recipe.drafts.iter().flat_map(|d| &d.script);
    let syncs = ops.into_iter().any(|s| matches!(s.op, Op::CreateSyncTrigger { .. }));
    (syncs && context.request.deploy.sync == Sync::DualWrites).then(|| {
        "the request leaves it to the app to keep both shapes equal (deploy.sync), and this is done by a trigger".to_owned()
    })
}

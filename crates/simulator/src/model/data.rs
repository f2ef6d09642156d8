//! What a plan does to rows: its backfills, and the changes in place that it makes on purpose. Must not
//! know what can happen next.

use std::collections::BTreeSet;

use planner::backfill::{Backfill, Todo, Work};
use planner::name::QName;
use planner::op::Op;
use planner::plan::Plan;

use super::{Image, StepModel};
use crate::slice::Cut;

/// By the plan's steps; where those have none, by what was asked: its values are the same. What is asked
/// of columns with a conversion is to be done by that.
pub(super) fn images(plan: &Plan, table: &QName, cut: &Cut) -> Vec<Image> {
    let mut images = all_images(plan, table);
    images.retain(|image| !cut.is_image_apart(table, (&image.set, image.filter.as_ref())));
    images
}

fn all_images(plan: &Plan, table: &QName) -> Vec<Image> {
    let by_steps = images_of(plan.steps().flat_map(|s| &s.script).map(|s| &s.op), table);
    if by_steps.is_empty() && plan.model.conversions.is_empty() {
        return images_of(plan.model.asked.iter(), table);
    }
    by_steps
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the others change no data in place")]
fn images_of<'a>(ops: impl Iterator<Item = &'a Op>, table: &QName) -> Vec<Image> {
    ops.filter_map(|op| match op {
        Op::Update { table: t, set, filter } if t == table => {
            Some(Image { set: set.clone(), filter: filter.clone() })
        }
        Op::RunBackfill { backfill }
            if backfill.table == *table
                && backfill.work == Work::Update
                && backfill.undo.is_some() =>
        {
            let filter = match &backfill.todo {
                Todo::Where(left) => Some(left.clone()),
                Todo::Disagree(_) | Todo::EveryRow => None,
            };
            Some(Image { set: backfill.set.clone(), filter })
        }
        // They give no value a new meaning, but choose rows by some.
        Op::Delete { table: t, filter } | Op::InsertSelect { from: t, filter, .. }
            if t == table =>
        {
            Some(Image { set: Vec::new(), filter: filter.clone() })
        }
        Op::RunBackfill { backfill } if backfill.table == *table => match &backfill.todo {
            Todo::Where(chosen) if backfill.work != Work::Update => {
                Some(Image { set: Vec::new(), filter: Some(chosen.clone()) })
            }
            Todo::Where(_) | Todo::Disagree(_) | Todo::EveryRow => None,
        },
        _ => None,
    })
    .collect()
}

/// The backfills of the steps.
pub(super) fn backfills(steps: &[StepModel]) -> Vec<Backfill> {
    let mut found: Vec<Backfill> = Vec::new();
    for op in steps.iter().flat_map(|s| &s.script).flat_map(|b| b.ops.iter()) {
        if let Op::RunBackfill { backfill } = op
            && !found.contains(backfill)
        {
            found.push(backfill.clone());
        }
    }
    found
}

/// Backfills that the plan runs, but not on these tables.
pub(super) fn elsewhere(plan: &Plan, here: &[Backfill]) -> BTreeSet<String> {
    let is_here = |name: &String| here.iter().any(|backfill| backfill.name == *name);
    let script = plan.steps().flat_map(|step| &step.script);
    #[expect(clippy::wildcard_enum_match_arm, reason = "only this runs a backfill")]
    let all = script.filter_map(|statement| match &statement.op {
        Op::RunBackfill { backfill } => Some(backfill.name.clone()),
        _ => None,
    });
    all.filter(|name| !is_here(name)).collect()
}

//! The way back of the catalogue alone: every table and object of the plan, also those that no
//! release touches and the search leaves out. Must not know rows.

use std::collections::{BTreeMap, BTreeSet};

use planner::Plan;
use planner::name::QName;
use planner::op::Op;
use planner::plan::{Statement, Step};
use planner::schema::{ObjectId, Schema};

use super::Back;

/// For each step, whether the rollback scripts lead from after it to the catalogue as it was.
pub(super) fn backs(plan: &Plan) -> Vec<Back> {
    let steps: Vec<&Step> = plan.steps().collect();
    let mut schemas = vec![plan.model.source.clone()];
    let mut backs: Vec<Back> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let mut schema = schemas[at].clone();
        if let Err(why) = apply(&mut schema, &step.script) {
            let why = format!("step {} is refused: {why}", step.id);
            backs.resize(steps.len(), Back::Unreached { why });
            return backs;
        }
        schemas.push(schema);
        let back = match way_back(&steps, &schemas, at) {
            // From a state that was there before it is known.
            Ok(0) => Back::Reversible,
            Ok(reached) => backs[reached - 1].clone(),
            Err(why) => Back::Irreversible { why },
        };
        backs.push(back);
    }
    backs
}

/// Rolls back from after a step: how many steps are still done where a state is met that was there on
/// the way forward.
fn way_back(steps: &[&Step], schemas: &[Schema], from: usize) -> Result<usize, String> {
    let mut schema = schemas[from + 1].clone();
    for at in (0..=from).rev() {
        let step = steps[at];
        let unknown = |s: &&Statement| matches!(s.op, Op::Verbatim { .. });
        if let Some(unknown) = step.script.iter().find(unknown)
            && step.rollback.script.is_empty()
        {
            let first = unknown.sql.lines().next().unwrap_or_default();
            return Err(format!(
                "step {} runs what is not analysed, and nothing undoes it: {first}",
                step.id
            ));
        }
        apply(&mut schema, &step.rollback.script)
            .map_err(|why| format!("the rollback of step {} is refused: {why}", step.id))?;
        if same(&schema, &schemas[at]) {
            return Ok(at);
        }
    }
    let differs = difference(&schema, &schemas[0]);
    Err(format!("every step has been rolled back, but {differs} is not what it was"))
}

fn same(a: &Schema, b: &Schema) -> bool {
    comparable(a) == comparable(b)
}

/// The schema without the order of columns, and objects by the statements that make them. Comments,
/// owners and other settings hold nothing that could be lost; roles are the whole server's, and stay.
fn comparable(schema: &Schema) -> (Schema, BTreeMap<ObjectId, Vec<String>>) {
    let mut bare = schema.unordered();
    let objects = std::mem::take(&mut bare.objects);
    let things = objects.iter().filter(|(id, _)| !id.kind.is_setting() && !id.is_role());
    (bare, things.map(|(id, object)| (id.clone(), object.make.clone())).collect())
}

/// What of two schemas differs first, by name.
fn difference(a: &Schema, b: &Schema) -> String {
    let ((a, a_objects), (b, b_objects)) = (comparable(a), comparable(b));
    let names: BTreeSet<&QName> = a.tables.keys().chain(b.tables.keys()).collect();
    if let Some(name) = names.into_iter().find(|name| a.tables.get(name) != b.tables.get(name)) {
        return match (a.tables.get(name), b.tables.get(name)) {
            (Some(a), Some(b)) if a.columns != b.columns => format!("a column of {name}"),
            (Some(a), Some(b)) if a.constraints != b.constraints => {
                format!("a constraint of {name}")
            }
            (Some(a), Some(b)) if a.indexes != b.indexes => format!("an index of {name}"),
            (_, _) => format!("table {name}"),
        };
    }
    if a.views != b.views {
        return "a view".to_owned();
    }
    let ids: BTreeSet<&ObjectId> = a_objects.keys().chain(b_objects.keys()).collect();
    match ids.into_iter().find(|id| a_objects.get(id) != b_objects.get(id)) {
        Some(id) => format!("{} {}", id.kind.noun(), id.name),
        None => "the schema".to_owned(),
    }
}

fn apply(schema: &mut Schema, script: &[Statement]) -> Result<(), String> {
    script.iter().try_for_each(|statement| {
        schema.apply(&statement.op).map_err(|refused| refused.to_string())
    })
}

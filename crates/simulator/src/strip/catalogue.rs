//! The way back of the catalogue alone: every table and object of the plan, also those that no
//! release touches and the search leaves out. Must not know rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use planner::Plan;
use planner::name::QName;
use planner::op::Op;
use planner::plan::{Statement, Step};
use planner::schema::{Object, ObjectId, Schema};

use super::Back;

/// For each step, whether the rollback scripts lead from after it to the catalogue as it was.
pub(super) fn backs(plan: &Plan) -> Vec<Back> {
    let steps: Vec<&Step> = plan.steps().collect();
    let mut schemas = vec![start(plan, &steps)];
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

/// The catalogue before the plan. The plan's model leaves objects out: what one was is taken to be what
/// the rollback of the first step that changes it makes of it; one that goes and never comes back was
/// something.
fn start(plan: &Plan, steps: &[&Step]) -> Schema {
    let mut schema = plan.model.source.clone();
    let mut met = BTreeSet::new();
    let mut renames = Vec::new();
    for step in steps {
        for statement in &step.script {
            if let Op::RenameTable { table, to } = &statement.op {
                renames.push((table.clone(), table.sibling(to)));
            }
            let Some((id, becomes)) = object(statement) else { continue };
            if schema.objects.contains_key(id) || !met.insert(id) {
                continue;
            }
            let mut back = step.rollback.script.iter().filter_map(object).filter(|(i, _)| *i == id);
            let was = match (back.next_back(), becomes) {
                (Some((_, Some(before))), _) => before.clone(),
                (None, None) => {
                    Object { make: Vec::new(), unmake: None, of: None, parts: Vec::new() }
                }
                // It is made here.
                (Some((_, None)), _) | (None, Some(_)) => continue,
            };
            let (id, was) = under_first_name((id.clone(), was), &renames);
            schema.set_object(&id, Some(&was));
        }
    }
    schema
}

/// An object as it was before its table was renamed.
fn under_first_name(
    (id, object): (ObjectId, Object),
    renames: &[(QName, QName)],
) -> (ObjectId, Object) {
    let Some(mut at) = object.of.as_ref().and_then(|of| of.relation()).cloned() else {
        return (id, object);
    };
    let mut alone = Schema::default();
    alone.tables.insert(at.clone(), Arc::default());
    Arc::make_mut(&mut alone.objects).insert(id.clone(), object.clone());
    for (from, to) in renames.iter().rev() {
        if *to == at {
            let back = Op::RenameTable { table: at, to: from.name.clone() };
            if alone.apply(&back).is_err() {
                break;
            }
            at = from.clone();
        }
    }
    let mut only = std::mem::take(Arc::make_mut(&mut alone.objects)).into_iter();
    only.next().unwrap_or((id, object))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only this is about an object")]
fn object(statement: &Statement) -> Option<(&ObjectId, Option<&Object>)> {
    match &statement.op {
        Op::Object { id, becomes, .. } => Some((id, becomes.as_ref())),
        _ => None,
    }
}

fn same(a: &Schema, b: &Schema) -> bool {
    comparable(a) == comparable(b)
}

/// The schema without the order of columns, and objects by the statements that make them. Comments,
/// owners and other settings hold nothing that could be lost.
fn comparable(schema: &Schema) -> (Schema, BTreeMap<ObjectId, Vec<String>>) {
    let mut bare = schema.unordered();
    let objects = std::mem::take(&mut bare.objects);
    let things = objects.iter().filter(|(id, _)| !id.kind.is_setting());
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

//! Holds a finished plan against what was asked: its steps, applied one after the other, have to leave
//! the wanted schema, and each way back the schema before. What made the plan is not asked: a step that
//! one part of the planner forgets is seen here. Must not know recipes.

use crate::diagnostic::{Diagnostic, Source};
use crate::plan::{Plan, Statement, Step};
use crate::schema::difference::in_short;
use crate::schema::{ObjectId, ObjectKind, Schema};

/// What the plan leaves otherwise than asked, and what a way back leaves otherwise than before: a warning
/// each. `ends` say the same schema, one as the changes lead to it and one as it was given.
pub(super) fn warnings<'a>(
    plan: &Plan,
    source: &Schema,
    ends: impl Iterator<Item = &'a Schema>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut schema = source.clone();
    let mut before: Vec<(&Step, Schema)> = Vec::new();
    let mut returns = true;
    for step in plan.steps() {
        before.push((step, schema.clone()));
        if let Some(why) = run(&mut schema, &step.script) {
            // Whatever comes after it says the same once more.
            found.push(refused(&step.id, &why));
            return found;
        }
        returns &= plan.point_of_no_return.step.as_ref() != Some(&step.id);
        if returns && let Some(lost) = way_back(schema.clone(), &before) {
            found.push(lost);
            returns = false;
        }
    }
    // What one of them has as the plan leaves it, the other only says in another way.
    let differences = ends
        .map(|end| schema.differences(end, counts))
        .reduce(|a, b| a.into_iter().filter(|line| b.contains(line)).collect())
        .unwrap_or_default();
    if !differences.is_empty() {
        found.push(warning(
            "ends-elsewhere",
            format!(
                "the plan does not leave the schema that was asked for: {}",
                in_short(&differences)
            ),
            "read its last phase against the change, and add what is missing by hand",
        ));
    }
    found
}

/// Rolls back from after the last of the steps until the schema is as it was before one. A key that took an
/// index over takes it along, so that may be some steps further back.
fn way_back(mut schema: Schema, before: &[(&Step, Schema)]) -> Option<Diagnostic> {
    let (last, _) = before.last()?;
    let mut first = None;
    for (step, as_it_was) in before.iter().rev() {
        let lost = run(&mut schema, &step.rollback.script).or_else(|| {
            let differences = schema.differences(as_it_was, counts);
            (!differences.is_empty()).then(|| in_short(&differences))
        });
        first.get_or_insert(lost?);
    }
    Some(warning(
        "way-back-elsewhere",
        format!("no rollback from step {} on leaves the schema as it was: {}", last.id, first?),
        "do not take the step before you know how to undo it",
    ))
}

/// Applies a script; why it does not apply.
fn run(schema: &mut Schema, script: &[Statement]) -> Option<String> {
    script.iter().find_map(|statement| {
        let refusal = schema.apply(&statement.op).err()?;
        Some(format!("`{}` is refused: {refusal}", statement.sql))
    })
}

/// Whether an object is one that steps answer for: what is not understood is carried, and roles are the
/// whole server's.
fn counts(id: &ObjectId) -> bool {
    id.kind != ObjectKind::Unknown && !id.is_role()
}

fn refused(step: &str, why: &str) -> Diagnostic {
    let message = format!("step {step} cannot be run: {why}");
    warning("step-refused", message, "try the plan on a copy of the database before you trust it")
}

fn warning(code: &str, message: String, help: &str) -> Diagnostic {
    Diagnostic::error(code, (Source::Change, (0, 0)), message, help).warning()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Change, Request};
    use crate::sql::read_schema;

    const BEFORE: &str = "CREATE TABLE t (id bigint PRIMARY KEY, a text);";
    const AFTER: &str =
        "CREATE TABLE t (id bigint PRIMARY KEY, a text, b text); CREATE INDEX by_b ON t (b);";

    fn plan() -> Plan {
        let change = Change::Target(AFTER.to_owned());
        let request = Request { schema: BEFORE.to_owned(), change, ..Request::default() };
        let planned = crate::plan(&request);
        assert_eq!(planned.diagnostics, []);
        planned.plan.unwrap()
    }

    fn said(plan: &Plan) -> Vec<String> {
        let [source, wanted] = [BEFORE, AFTER].map(|text| read_schema(text).schema);
        let found = warnings(plan, &source, std::iter::once(&wanted));
        found.into_iter().map(|d| format!("{}: {}", d.code, d.message)).collect()
    }

    #[test]
    fn a_step_that_is_missing_is_said() {
        let mut plan = plan();
        assert_eq!(said(&plan), [""; 0]);
        for phase in &mut plan.phases {
            phase.steps.retain(|step| !step.operation.contains("by_b"));
        }
        assert_eq!(
            said(&plan),
            [
                "ends-elsewhere: the plan does not leave the schema that was asked for: index by_b of public.t is missing"
            ]
        );
    }

    #[test]
    fn a_step_that_comes_too_early_is_said_and_ends_it() {
        let mut plan = plan();
        let mut steps: Vec<Step> = plan.phases.iter().flat_map(|p| p.steps.clone()).collect();
        steps.sort_by_key(|step| !step.operation.contains("by_b"));
        plan.phases.truncate(1);
        plan.phases[0].steps = steps;
        let said = said(&plan);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("step-refused: step "), "{said:?}");
        assert!(said[0].ends_with("column \"b\" of relation \"t\" does not exist"), "{said:?}");
    }

    #[test]
    fn a_way_back_that_is_missing_is_said_once() {
        let mut plan = plan();
        for step in plan.phases.iter_mut().flat_map(|phase| &mut phase.steps) {
            step.rollback.script.clear();
        }
        assert_eq!(
            said(&plan),
            [
                "way-back-elsewhere: no rollback from step 1.1 on leaves the schema as it was: column b of public.t is left over"
            ]
        );
    }
}

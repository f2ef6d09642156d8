//! Edits of a plan document: a step taken out, moved, merged into the one before it, or put in, to
//! see what breaks without it. Steps keep their ids, so that what is said of the edited plan can be
//! found in the plan. Must not judge what comes of an edit: the simulator does.

use serde::{Deserialize, Serialize};

use crate::assemble::naive_ops;
use crate::diagnostic::Severity;
use crate::engine::facts;
use crate::order;
use crate::plan::{Estimate, Phase, Plan, Rollback, Statement, Step, StepKind};
use crate::schema::Schema;
use crate::sql;

/// An edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "edit")]
pub enum Edit {
    /// Takes a step out.
    Remove {
        /// Its id.
        step: String,
    },
    /// Two steps change places, across phases too.
    Swap {
        /// An id.
        a: String,
        /// Another.
        b: String,
    },
    /// A step changes places with the one before it.
    Up {
        /// Its id.
        step: String,
    },
    /// A step changes places with the one after it.
    Down {
        /// Its id.
        step: String,
    },
    /// A step goes somewhere else, across phases too.
    Move {
        /// Its id.
        step: String,
        /// Id of the step that it comes before; `None` puts it at the end.
        before: Option<String>,
    },
    /// A step becomes part of the one before it: where both may run in a transaction, in one.
    Merge {
        /// Its id.
        step: String,
    },
    /// SQL as a step of its own, without a way back.
    Insert {
        /// Id of the step that it comes before; `None` puts it at the end.
        before: Option<String>,
        /// Statements.
        sql: String,
    },
}

/// Why an edit cannot be made: what, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadEdit(pub String);

impl std::fmt::Display for BadEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Edit {
    /// The edit in words.
    pub fn words(&self) -> String {
        match self {
            Self::Remove { step } => format!("without step {step}"),
            Self::Swap { a, b } => format!("steps {a} and {b} swapped"),
            Self::Up { step } => format!("step {step} moved up"),
            Self::Down { step } => format!("step {step} moved down"),
            Self::Move { step, before: Some(before) } => {
                format!("step {step} moved before {before}")
            }
            Self::Move { step, before: None } => format!("step {step} moved to the end"),
            Self::Merge { step } => format!("step {step} merged into the one before"),
            Self::Insert { before: Some(step), sql } => format!("`{sql}` before step {step}"),
            Self::Insert { before: None, sql } => format!("`{sql}` at the end"),
        }
    }
}

/// The plan with edits made, one after the other.
///
/// # Errors
/// The first edit that cannot be made, and why.
pub fn edited(plan: &Plan, edits: &[Edit]) -> Result<Plan, BadEdit> {
    edits.iter().try_fold(plan.clone(), |plan, edit| one(&plan, edit))
}

/// The ids of a plan's own steps in the order that edits leave, for who has only these. An edit that cannot
/// be made changes nothing.
pub fn ids_after<'a>(ids: impl IntoIterator<Item = &'a str>, edits: &[Edit]) -> Vec<&'a str> {
    let mut ids: Vec<&str> = ids.into_iter().collect();
    for edit in edits {
        let at = |id: &String| ids.iter().position(|known| known == id);
        let pair = match edit {
            Edit::Remove { step } | Edit::Merge { step } => {
                if let Some(at) = at(step) {
                    ids.remove(at);
                }
                None
            }
            Edit::Swap { a, b } => at(a).zip(at(b)),
            Edit::Up { step } => at(step).and_then(|at| Some((at.checked_sub(1)?, at))),
            Edit::Down { step } => at(step).map(|at| (at, at + 1)).filter(|(_, b)| *b < ids.len()),
            Edit::Move { step, before } => {
                if let Some(from) = at(step).filter(|_| before.as_ref() != Some(step)) {
                    let moved = ids.remove(from);
                    let to =
                        before.as_ref().and_then(|id| ids.iter().position(|known| known == id));
                    ids.insert(to.unwrap_or(ids.len()), moved);
                }
                None
            }
            Edit::Insert { .. } => None,
        };
        if let Some((a, b)) = pair {
            ids.swap(a, b);
        }
    }
    ids
}

fn one(plan: &Plan, edit: &Edit) -> Result<Plan, BadEdit> {
    match edit {
        Edit::Remove { step } => {
            place(plan, step)?;
            if plan.steps().count() == 1 {
                return Err(BadEdit(format!("step {step} is the only one: nothing would be left")));
            }
            Ok(without(plan, step))
        }
        Edit::Swap { a, b } => {
            place(plan, a)?;
            place(plan, b)?;
            Ok(swapped(plan, a, b))
        }
        Edit::Up { step } => Ok(swapped(plan, step, &neighbour(plan, step, false)?)),
        Edit::Down { step } => Ok(swapped(plan, step, &neighbour(plan, step, true)?)),
        Edit::Move { step, before } => moved(plan, step, before.as_deref()),
        Edit::Merge { step } => merged(plan, step),
        Edit::Insert { before, sql } => inserted(plan, before.as_deref(), sql),
    }
}

fn place(plan: &Plan, id: &str) -> Result<usize, BadEdit> {
    plan.steps().position(|step| step.id == id).ok_or_else(|| {
        let ids: Vec<&str> = plan.steps().map(|step| step.id.as_str()).collect();
        BadEdit(format!("there is no step {id}; the steps are {}", ids.join(", ")))
    })
}

fn neighbour(plan: &Plan, id: &str, after: bool) -> Result<String, BadEdit> {
    let at = place(plan, id)?;
    let other = if after { Some(at + 1) } else { at.checked_sub(1) };
    let found = other.and_then(|other| plan.steps().nth(other));
    let word = if after { "last" } else { "first" };
    found.map(|step| step.id.clone()).ok_or_else(|| BadEdit(format!("step {id} is the {word} one")))
}

fn with_phases(plan: &Plan, change: impl FnMut(&mut Phase)) -> Plan {
    let mut plan = plan.clone();
    plan.phases.iter_mut().for_each(change);
    plan.phases.retain(|phase| !phase.steps.is_empty());
    plan
}

fn without(plan: &Plan, id: &str) -> Plan {
    with_phases(plan, |phase| phase.steps.retain(|step| step.id != id))
}

fn swapped(plan: &Plan, a: &str, b: &str) -> Plan {
    let (Some(first), Some(second)) = (plan.step(a), plan.step(b)) else { return plan.clone() };
    with_phases(plan, |phase| {
        for step in &mut phase.steps {
            if step.id == a {
                *step = second.clone();
            } else if step.id == b {
                *step = first.clone();
            }
        }
    })
}

fn moved(plan: &Plan, id: &str, before: Option<&str>) -> Result<Plan, BadEdit> {
    place(plan, id)?;
    let Some(step) = plan.step(id).cloned() else { return Ok(plan.clone()) };
    if before == Some(id) || plan.steps().count() == 1 {
        return Ok(plan.clone());
    }
    if let Some(before) = before {
        place(plan, before)?;
    }
    let mut plan = without(plan, id);
    put(&mut plan, before, step);
    Ok(plan)
}

/// Puts a step before another, or at the end.
fn put(plan: &mut Plan, before: Option<&str>, step: Step) {
    let found = plan.phases.iter_mut().find_map(|phase| {
        let at = phase.steps.iter().position(|s| Some(s.id.as_str()) == before)?;
        Some((phase, at))
    });
    if let Some((phase, at)) = found {
        phase.steps.insert(at, step);
    } else if let Some(phase) = plan.phases.last_mut() {
        phase.steps.push(step);
    }
}

fn merged(plan: &Plan, id: &str) -> Result<Plan, BadEdit> {
    let into = neighbour(plan, id, false)?;
    let (Some(first), Some(second)) = (plan.step(&into), plan.step(id)) else {
        return Ok(plan.clone());
    };
    let fits = first.kind == second.kind && matches!(first.kind, StepKind::Ddl | StepKind::Gate);
    if !fits {
        return Err(BadEdit(format!(
            "step {id} cannot be merged into step {into}: only two steps of statements, or two gates, can"
        )));
    }
    let joint = joined(plan, first, second);
    let mut plan = without(plan, id);
    for step in plan.phases.iter_mut().flat_map(|phase| &mut phase.steps) {
        if step.id == into {
            *step = joint.clone();
        }
    }
    let point = &mut plan.point_of_no_return.step;
    if point.as_deref() == Some(id) {
        *point = Some(into);
    }
    Ok(plan)
}

fn joined(plan: &Plan, first: &Step, second: &Step) -> Step {
    let mut script: Vec<Statement> = first.script.iter().chain(&second.script).cloned().collect();
    let may = |s: &Statement| facts(plan.engine, &s.op, &plan.model.source).row.in_transaction;
    if script.iter().all(may) {
        for statement in &mut script {
            statement.transaction = Some("merged".to_owned());
        }
    }
    let way_back = second.rollback.script.iter().chain(&first.rollback.script).cloned().collect();
    let sum = |a: (f64, f64), b: (f64, f64)| (a.0 + b.0, a.1 + b.1);
    let app_state = second.app_state.iter().filter(|r| !first.app_state.contains(r));
    let at = plan.steps().position(|step| step.id == first.id).unwrap_or_default();
    let before = schema_before(plan, at);
    let mut schema = before.clone();
    let locks = order::locks(plan.engine, &mut schema, &script);
    let prepared = order::refused(&before, &schema, &script);
    Step {
        operation: format!("{}; {}", first.operation, second.operation),
        script,
        commands: first.commands.iter().chain(&second.commands).cloned().collect(),
        rollback: Rollback {
            script: way_back,
            app: first.rollback.app.clone(),
            checks: second.rollback.checks.iter().chain(&first.rollback.checks).cloned().collect(),
            loses: format!("{}; {}", first.rollback.loses, second.rollback.loses),
        },
        locks,
        online: first.online && second.online,
        app_state: first.app_state.iter().chain(app_state).cloned().collect(),
        prepared,
        // The last statement's check says that all is done.
        checks: second.checks.iter().chain(&first.checks).cloned().collect(),
        destructive: first.destructive || second.destructive,
        estimate: Estimate {
            seconds: sum(first.estimate.seconds, second.estimate.seconds),
            ..second.estimate
        },
        why: format!("{} {}", first.why, second.why),
        ..first.clone()
    }
}

/// The schema before the step of a number.
fn schema_before(plan: &Plan, at: usize) -> Schema {
    let mut schema = plan.model.source.clone();
    for statement in plan.steps().take(at).flat_map(|step| &step.script) {
        // Where the plan itself is refused, the proof says so.
        let _refused = schema.apply(&statement.op).is_err();
    }
    schema
}

fn inserted(plan: &Plan, before: Option<&str>, text: &str) -> Result<Plan, BadEdit> {
    let at = match before {
        Some(id) => place(plan, id)?,
        None => plan.steps().count(),
    };
    let mut schema = schema_before(plan, at);
    let read = sql::read_change(text, &schema);
    if let Some(error) = read.diagnostics.iter().find(|d| d.severity == Severity::Error) {
        return Err(BadEdit(format!("`{text}`: {}; {}", error.message, error.help)));
    }
    let ops = read.asked.iter().flat_map(|asked| naive_ops(&asked.what, &schema));
    let script: Vec<Statement> = ops.map(Statement::new).collect();
    if script.is_empty() {
        return Err(BadEdit(format!("`{text}` holds no statement that can be a step")));
    }
    let n = plan.steps().filter(|step| step.id.starts_with("new.")).count() + 1;
    let as_it_was = schema.clone();
    let locks = order::locks(plan.engine, &mut schema, &script);
    let prepared = order::refused(&as_it_was, &schema, &script);
    let model = plan.steps().nth(at.min(plan.steps().count() - 1));
    let step = Step {
        id: format!("new.{n}"),
        kind: StepKind::Ddl,
        operation: text.trim().to_owned(),
        locks,
        script,
        commands: Vec::new(),
        rollback: Rollback { loses: "whatever it destroyed".to_owned(), ..Rollback::default() },
        online: true,
        alternative: String::new(),
        app_state: model.map(|step| step.app_state.clone()).unwrap_or_default(),
        prepared,
        checks: Vec::new(),
        destructive: false,
        estimate: Estimate::default(),
        why: "it was put in by hand".to_owned(),
        deploy: None,
    };
    let mut plan = plan.clone();
    put(&mut plan, before, step);
    Ok(plan)
}

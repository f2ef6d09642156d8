//! What planner and simulator say to a question about a scenario. One function for the page, the
//! trials and the check of what an author marks. Must not know what would be right.

use planner::edit::edited;
use planner::engine::{Held, Lock};
use planner::{Plan, Request};
use simulator::{Back, Bounds, Endings, Matrix, Setting, Strip, TimedWalk, Trace, Verdict, Works};

use crate::lesson::{Asked, Question, Subject};

/// What the engine says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// A word or a number, as choices name it.
    pub value: String,
    /// What was found, sentences.
    pub words: String,
    /// A run that shows it, where there is one.
    pub trace: Option<Trace>,
    /// The step that the run is about, where the question does not name it.
    pub step: Option<String>,
}

impl Answer {
    fn new(value: impl Into<String>, words: String, trace: Option<Trace>) -> Self {
        Self { value: value.into(), words, trace, step: None }
    }
}

/// The answer to a question.
///
/// # Errors
/// Why there is none: what of the question does not fit the scenario.
pub fn answer(scenario: &Request, asked: &Asked) -> Result<Answer, String> {
    let plan = plan_of(scenario, asked.of)?;
    let plan = edited(&plan, &asked.edits).map_err(|why| why.to_string())?;
    let bounds = match asked.of {
        Subject::Plan => Bounds::default(),
        Subject::AsAsked => Bounds::default().as_asked(),
    };
    let step = |id: &str| step(&plan, id);
    match &asked.question {
        Question::Works { step: at, release, does } => {
            at.as_deref().map(step).transpose()?;
            works(&plan, &bounds, (at.as_deref(), release, *does))
        }
        Question::Rollback { step: at } => {
            step(at)?;
            rollback(&plan, &bounds, at)
        }
        Question::LastRollback => last_rollback(&plan, &bounds),
        Question::PointOfNoReturn => point_of_no_return(&plan, &bounds),
        Question::Ending { step: at, fault } => {
            step(at)?;
            ending(&plan, &bounds, (at, *fault))
        }
        Question::Verdict => told(&verdict(&plan, &bounds)?),
        Question::Lock { step: at, table } => {
            step(at)?;
            Ok(lock(&plan, (at, table), |lock| lock.mode.name().to_owned()))
        }
        Question::Held { step: at, table } => {
            step(at)?;
            Ok(lock(&plan, (at, table), |lock| held(lock).0.to_owned()))
        }
        Question::GivenUp { step: at, setting } => {
            step(at)?;
            Ok(given_up(&plan, at, setting))
        }
    }
}

/// The verdict on a plan, or why it cannot be modelled.
pub(crate) fn verdict(plan: &Plan, bounds: &Bounds) -> Result<Verdict, String> {
    simulator::prove(plan, bounds).map_err(|why| why.to_string())
}

pub(crate) fn plan_of(scenario: &Request, of: Subject) -> Result<Plan, String> {
    let planned = match of {
        Subject::Plan => planner::plan(scenario),
        Subject::AsAsked => planner::as_asked(scenario),
    };
    planned.plan.ok_or_else(|| {
        let first = planned.diagnostics.into_iter().next();
        first.map_or("there is no plan".to_owned(), |finding| finding.message)
    })
}

fn step(plan: &Plan, id: &str) -> Result<(), String> {
    if plan.step(id).is_some() {
        return Ok(());
    }
    let ids: Vec<&str> = plan.steps().map(|step| step.id.as_str()).collect();
    Err(format!("there is no step {id}; the steps are {}", ids.join(", ")))
}

fn works(
    plan: &Plan,
    bounds: &Bounds,
    (at, release, does): (Option<&str>, &str, simulator::Does),
) -> Result<Answer, String> {
    let matrix = Matrix::new(plan, bounds).map_err(|why| why.to_string())?;
    let row = matrix.rows.iter().find(|row| row.step.as_deref() == at);
    let cells = row.into_iter().flat_map(|row| &row.cells);
    let cell = cells.into_iter().find(|cell| cell.release == release && cell.does == does);
    let cell = cell.ok_or_else(|| {
        format!("there is no release {release}; the releases are {}", matrix.releases.join(", "))
    })?;
    let (value, words) = match &cell.outcome {
        Works::Unused => ("unused".to_owned(), format!("{release} does nothing of the kind.")),
        Works::Works => {
            ("works".to_owned(), format!("All {} statements that were tried work.", cell.tried))
        }
        Works::Fails { sqlstate, why } => (sqlstate.clone(), sentence(why)),
        Works::Wrong { why } => ("wrong".to_owned(), sentence(why)),
    };
    let trace = Matrix::trace(plan, bounds, at, (release, does)).map_err(|why| why.to_string())?;
    Ok(Answer::new(value, words, trace))
}

fn rollback(plan: &Plan, bounds: &Bounds, at: &str) -> Result<Answer, String> {
    let strip = Strip::new(plan, bounds).map_err(|why| why.to_string())?;
    way_back(plan, bounds, (&strip, at))
}

fn way_back(plan: &Plan, bounds: &Bounds, (strip, at): (&Strip, &str)) -> Result<Answer, String> {
    let found = strip.steps.iter().find(|known| known.step == at);
    let back = found.map(|step| &step.back).ok_or("the run does not come to that step")?;
    let mut words = reasons(back);
    if words.is_empty() {
        "Everything that was acknowledged is there again.".clone_into(&mut words);
    }
    let trace = Strip::trace(plan, bounds, at).map_err(|why| why.to_string())?;
    Ok(Answer::new(kept(back), words, trace))
}

/// Why a rollback does not keep everything; nothing where it does.
fn reasons(back: &Back) -> String {
    let lines: Vec<String> = back.lines().iter().map(|line| sentence(line)).collect();
    lines.join(" ")
}

/// A way back, as choices name it.
fn kept(back: &Back) -> &'static str {
    match back {
        Back::Reversible => "reversible",
        Back::WithLoss { .. } => "with loss",
        Back::Irreversible { .. } => "irreversible",
        Back::Unreached { .. } => "unreached",
    }
}

fn last_rollback(plan: &Plan, bounds: &Bounds) -> Result<Answer, String> {
    let strip = Strip::new(plan, bounds).map_err(|why| why.to_string())?;
    let safe = strip.steps.iter().take_while(|step| step.back == Back::Reversible);
    let last = safe.last();
    let next = strip.steps.iter().find(|step| step.back != Back::Reversible);
    let words = match next {
        None => "From after every step a rollback keeps everything.".to_owned(),
        Some(step) => {
            format!("From after step {}: {}. {}", step.step, step.back.name(), reasons(&step.back))
        }
    };
    let shown = next.or(last).map(|step| step.step.clone()).unwrap_or_default();
    let trace = Strip::trace(plan, bounds, &shown).map_err(|why| why.to_string())?;
    let value = last.map_or("none", |step| step.step.as_str());
    Ok(Answer { step: Some(shown), ..Answer::new(value, words, trace) })
}

fn point_of_no_return(plan: &Plan, bounds: &Bounds) -> Result<Answer, String> {
    let strip = Strip::new(plan, bounds).map_err(|why| why.to_string())?;
    let Some(point) = &strip.computed else {
        let words = "From after every step the rollback scripts lead back.".to_owned();
        return Ok(Answer::new("none", words, None));
    };
    let answer = way_back(plan, bounds, (&strip, point))?;
    Ok(Answer { value: point.clone(), step: Some(point.clone()), ..answer })
}

fn ending(
    plan: &Plan,
    bounds: &Bounds,
    (at, fault): (&str, simulator::Fault),
) -> Result<Answer, String> {
    let endings = Endings::new(plan, bounds).map_err(|why| why.to_string())?;
    let row = endings.rows.iter().find(|row| row.step == at);
    let cell = row.and_then(|row| row.cells.iter().find(|cell| cell.fault == fault));
    let cell = cell.ok_or_else(|| format!("step {at} cannot meet the fault `{}`", fault.id()))?;
    let way: Vec<&str> =
        cell.way.iter().map(|line| line.strip_prefix("FAULT ").unwrap_or(line)).collect();
    let words = sentence(&way.join("; "));
    let trace = Endings::trace(plan, bounds, at, fault).map_err(|why| why.to_string())?;
    Ok(Answer::new(cell.name(), words, trace))
}

fn told(verdict: &Verdict) -> Result<Answer, String> {
    match verdict {
        Verdict::Verified { states, .. } => {
            let words = format!("No promise breaks in any of {states} states.");
            Ok(Answer::new("verified", words, None))
        }
        Verdict::Refuted(found) => {
            let (words, trace) = (sentence(&found.detail), found.trace.clone());
            Ok(Answer::new(found.invariant.as_str(), words, Some(trace)))
        }
        Verdict::BoundsExceeded { reason, .. } => Err(reason.clone()),
    }
}

fn lock(plan: &Plan, (at, table): (&str, &str), value: impl Fn(&Lock) -> String) -> Answer {
    let locks = plan.step(at).map(|step| step.locks.as_slice()).unwrap_or_default();
    let named = |lock: &&Lock| {
        let name = lock.relation.to_string();
        name == table || name.strip_prefix("public.") == Some(table)
    };
    let Some(lock) = locks.iter().find(named) else {
        let words = format!("Step {at} takes no lock on {table} that anybody would wait for.");
        return Answer::new("none", words, None);
    };
    let waits = match (lock.mode.blocks_reads(), lock.mode.blocks_writes()) {
        (true, _) => "reads and writes wait",
        (false, true) => "writes wait, reads go on",
        (false, false) => "reads and writes go on",
    };
    let words =
        format!("Step {at} takes {} on {table}: {waits}, {}.", lock.mode.name(), held(lock).1);
    Answer::new(value(lock), words, None)
}

fn held(lock: &Lock) -> (&'static str, &'static str) {
    match lock.held {
        Held::Instant => ("instant", "for an instant"),
        Held::Scan => ("scan", "while every row is read"),
        Held::Build => ("build", "while an index is built"),
        Held::Rewrite => ("rewrite", "while every row is written anew"),
    }
}

fn given_up(plan: &Plan, at: &str, setting: &Setting) -> Answer {
    let mut walk = TimedWalk::new(plan, setting);
    let Some(step) = walk.find(|step| step.id == at) else {
        let words = format!("The run does not come to step {at}.");
        return Answer::new("unreached", words, None);
    };
    let times = if step.attempts == 1 { "time" } else { "times" };
    let words = format!(
        "The step took {:.1} s and was tried {} {times}. Of {} requests that arrived meanwhile {} were given up; the \
         longest wait was {:.1} s, and at most {} requests waited at once.",
        step.seconds,
        step.attempts.max(1),
        step.requests,
        step.failed,
        step.longest_wait_s,
        step.waiting_max
    );
    Answer::new(step.failed.to_string(), words, None)
}

/// A text with a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

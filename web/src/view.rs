//! A plan as the page shows it: without what only the simulator needs (operations, conditions, the
//! model), which keeps the reading of those out of the shell; and places as an editor needs them.
//! Values only: `bin/worker/present` makes them.

use planner::engine::Lock;
use planner::plan::{
    Impossible, PhaseKind, PointOfNoReturn, Question, StepKind, Strategy, Validation,
};
use planner::request::Change;
use serde::{Deserialize, Serialize};

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanView {
    /// `postgres:15`.
    pub engine: String,
    /// One line: what changes.
    pub title: String,
    /// App versions, R0 (today's) first.
    pub releases: Vec<ReleaseView>,
    /// Phases in order.
    pub phases: Vec<PhaseView>,
    /// From where on there is no way back without a backup.
    pub point_of_no_return: PointOfNoReturn,
    /// How rows are brought over.
    pub backfills: Vec<BackfillView>,
    /// What is verified, and by which step.
    pub validation: Vec<Validation>,
    /// What the change as asked would have done.
    pub hazards: Vec<HazardView>,
    /// Ways to carry out each change that has more than one.
    pub strategies: Vec<Strategy>,
    /// Rules that the request makes impossible.
    pub impossible: Vec<Impossible>,
    /// What a human must decide.
    pub questions: Vec<Question>,
    /// Statements that are carried, not analysed.
    pub not_analysed: Vec<NotAnalysedView>,
    /// What the plan takes for granted.
    pub assumptions: Vec<String>,
}

/// An app version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseView {
    /// `R0`, `R1` …
    pub id: String,
    /// What it is.
    pub title: String,
    /// The code change from the release before.
    pub change: String,
}

/// A phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseView {
    /// From 1.
    pub number: u32,
    /// Kind.
    pub kind: PhaseKind,
    /// Title.
    pub title: String,
    /// Steps in order.
    pub steps: Vec<StepView>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// `2.1`.
    pub id: String,
    /// Kind.
    pub kind: StepKind,
    /// One line: what is done.
    pub operation: String,
    /// What it runs.
    pub script: Vec<SqlView>,
    /// For the operator's shell.
    pub commands: Vec<String>,
    /// What undoes it.
    pub rollback: Vec<SqlView>,
    /// What the app must do to undo it; empty for nothing.
    pub rollback_app: String,
    /// What must hold when it is undone, before the step before it is.
    pub rollback_checks: Vec<CheckView>,
    /// `nothing`, or what undoing loses.
    pub rollback_loses: String,
    /// Locks on every relation.
    pub locks: Vec<Lock>,
    /// No request waits longer than the lock budget.
    pub online: bool,
    /// What the blocking way would have been, or why there is no online way.
    pub alternative: String,
    /// Releases that may be running.
    pub app_state: Vec<String>,
    /// What sessions meet that have prepared statements before, a sentence each.
    pub prepared: Vec<String>,
    /// What must hold before the next step.
    pub checks: Vec<CheckView>,
    /// Data that only this database holds is gone afterwards.
    pub destructive: bool,
    /// How long it takes, what it writes, what it needs.
    pub estimate: planner::plan::Estimate,
    /// Why the step is there.
    pub why: String,
}

/// A statement of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlView {
    /// Without a final semicolon.
    pub sql: String,
    /// Consecutive statements with the same name share one transaction.
    pub transaction: Option<String>,
}

/// A query and the number it must give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckView {
    /// What it asks.
    pub name: String,
    /// The query.
    pub sql: String,
    /// The number.
    pub expect: String,
}

/// How rows are brought over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfillView {
    /// Step that runs it.
    pub step: String,
    /// Table.
    pub table: String,
    /// How it batches.
    pub batching: String,
    /// When it waits.
    pub throttle: String,
    /// Why running it twice is safe.
    pub idempotency: String,
    /// Where to see how far it is.
    pub progress: String,
}

/// What the change as asked would have done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HazardView {
    /// Stable, kebab-case.
    pub code: String,
    /// Where in the change.
    pub place: Place,
    /// What happens.
    pub message: String,
    /// What the plan does instead.
    pub fix: String,
}

/// A statement that is carried, not analysed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAnalysedView {
    /// Which text.
    pub source: planner::diagnostic::Source,
    /// Where in it.
    pub place: Place,
    /// Its first line.
    pub sql: String,
    /// What that means for the plan.
    pub note: String,
}

/// An error or a warning, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was found.
    pub diagnostic: planner::Diagnostic,
    /// Where; none where it has no place in a text.
    pub place: Option<Place>,
}

/// A place in a text, as an editor and a reader need it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The line, cut around the place where it is long.
    pub text: String,
    /// Characters of `text` before the place.
    pub before: usize,
    /// Characters of `text` in the place, at least one.
    pub marked: usize,
    /// The place in UTF-16 units from the text's start: from, to.
    pub units: (usize, usize),
}

/// The text of a change.
pub fn change_text(change: &Change) -> &str {
    match change {
        Change::Statements(text) | Change::Target(text) => text,
    }
}

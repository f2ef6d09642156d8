//! The plan document, `concertina.plan/1`: phases of steps, each with its script, locks, app state,
//! checks and rollback. A value; `render` prints it, `simulator` proves it. Must not know recipes.
//!
//! Scripts run in order in autocommit; consecutive statements with the same `transaction` share
//! one BEGIN and COMMIT. Every script in order takes a database from `schema` to the target; the
//! rollback scripts run backwards from any step before the point of no return take it back.

mod column_ref;
mod prepared;
mod traffic;
mod weighed;

use serde::{Deserialize, Serialize};

use crate::backfill::Backfill;
use crate::condition::Condition;
use crate::diagnostic::Source;
use crate::engine::{Engine, Lock};
use crate::expr::Expr;
use crate::name::QName;
use crate::op::{self, Op};
use crate::schema::Schema;
use crate::sql_type::SqlType;
use crate::sync::Relay;

pub use column_ref::{ColumnRef, LabelRef};
pub use prepared::Prepared;
pub use traffic::Traffic;
pub use weighed::{Cost, Estimate, Impossible, Strategy};

/// The `format` field of a plan this version writes and reads.
pub const FORMAT: &str = "concertina.plan/1";

/// A whole plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// `concertina.plan/1`.
    pub format: String,
    /// Engine and version the plan is for.
    pub engine: Engine,
    /// One line: what changes.
    pub title: String,
    /// FNV-1a of the source schema's text, 16 hex digits: a plan for another schema is stale.
    pub source_schema_hash: String,
    /// App versions, R0 (today's) first.
    pub releases: Vec<Release>,
    /// Phases in order.
    pub phases: Vec<Phase>,
    /// From where on there is no way back without a backup.
    pub point_of_no_return: PointOfNoReturn,
    /// How rows are brought over.
    pub backfills: Vec<BackfillNote>,
    /// What is verified before the cutover and before the contract.
    pub validation: Vec<Validation>,
    /// What the change as asked would have done.
    pub hazards: Vec<Hazard>,
    /// Ways to carry out each change that has more than one, and which was chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strategies: Vec<Strategy>,
    /// Rules that the request makes impossible to keep as they stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub impossible: Vec<Impossible>,
    /// What a human must decide; the plan stands on the defaults.
    pub questions: Vec<Question>,
    /// Statements of the schema or the change that are carried, not analysed.
    pub not_analysed: Vec<NotAnalysed>,
    /// What the plan takes for granted.
    pub assumptions: Vec<String>,
    /// What becomes of the app's own statements, where the request gave any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<crate::queries::QueryReport>,
    /// What the simulator needs and a reader does not.
    pub model: Model,
}

/// An app version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// `R0`, `R1` …
    pub id: String,
    /// What it is.
    pub title: String,
    /// Columns it reads, `schema.table.column`, of the tables the change touches.
    pub reads: Vec<ColumnRef>,
    /// Columns it writes.
    pub writes: Vec<ColumnRef>,
    /// Labels that its statements say, of the enums that the plan changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<LabelRef>,
    /// The code change from the release before, in words.
    pub change: String,
    /// What it must never do: conditions that none of its writes make false.
    pub keeps: Vec<Condition>,
}

/// A group of steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// From 1.
    pub number: u32,
    /// Kind.
    pub kind: PhaseKind,
    /// Title.
    pub title: String,
    /// Steps in order; never empty.
    pub steps: Vec<Step>,
}

/// Kinds of phase, in their usual order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseKind {
    /// Helpers, and what has to be known first.
    Prepare,
    /// Additive work the old app tolerates.
    Expand,
    /// Rows to the new shape.
    Migrate,
    /// Parity, integrity.
    Verify,
    /// The app to the new release.
    Cutover,
    /// What only the old app needed goes.
    Contract,
}

/// The smallest thing executed or awaited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// `phase.step`: `2.1`.
    pub id: String,
    /// Kind.
    pub kind: StepKind,
    /// One line: what is done.
    pub operation: String,
    /// What it runs.
    pub script: Vec<Statement>,
    /// For the operator's shell; the database reaches its state without.
    pub commands: Vec<String>,
    /// How to undo this step alone.
    pub rollback: Rollback,
    /// Locks on every relation, the strongest each.
    pub locks: Vec<Lock>,
    /// No request waits longer than the lock budget.
    pub online: bool,
    /// What the blocking way would have been, or why there is no online way.
    pub alternative: String,
    /// Releases that may be running, and work, during the step.
    pub app_state: Vec<String>,
    /// What it makes of statements that their sessions have prepared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepared: Vec<Prepared>,
    /// The first says that the step is done; all must hold before the next step.
    pub checks: Vec<Check>,
    /// Data that only this database holds is gone afterwards.
    pub destructive: bool,
    /// How long it takes.
    pub estimate: Estimate,
    /// Why the step is there.
    pub why: String,
    /// For a deploy: what it does to the instances.
    pub deploy: Option<Deploy>,
}

/// Kinds of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Runs statements.
    Ddl,
    /// Runs a backfill.
    Backfill,
    /// Rolls the app.
    Deploy,
    /// Waits for facts.
    Gate,
    /// Takes a backup and proves it.
    Backup,
}

/// What a deploy does to the app's instances. From one release to another they are rolled; from
/// one to none they are stopped, from none to one started, beside what runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deploy {
    /// Id of the release that goes.
    pub from: Option<String>,
    /// Id of the release that comes.
    pub to: Option<String>,
    /// Only one instance: a canary.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub canary: bool,
}

/// One statement of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// What runs, without a final semicolon.
    pub sql: String,
    /// Consecutive statements with the same name share one transaction.
    pub transaction: Option<String>,
    /// What `sql` says, as a value. Always prints as `sql`: see `Plan::mismatch`.
    pub op: Op,
}

/// How to undo a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    /// What it runs.
    pub script: Vec<Statement>,
    /// What the app must do; empty for nothing.
    pub app: String,
    /// What must hold after that, before the step before it is rolled back, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// `nothing`, or what is lost.
    pub loses: String,
}

/// A query and the number it must give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What it asks.
    pub name: String,
    /// The query.
    pub sql: String,
    /// The number.
    pub expect: String,
    /// The same as a value.
    pub condition: Condition,
}

/// From where on there is no way back without a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointOfNoReturn {
    /// The step, or none where nothing is ever lost.
    pub step: Option<String>,
    /// Why there.
    pub why: String,
    /// What to do when it went wrong after it.
    pub recovery: Vec<String>,
}

/// A backfill as the reader needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfillNote {
    /// Step that runs it.
    pub step: String,
    /// The backfill.
    pub backfill: Backfill,
    /// How it batches.
    pub batching: String,
    /// When it waits.
    pub throttle: String,
    /// Why running it twice is safe.
    pub idempotency: String,
    /// What it leaves for vacuum, and what to do about it.
    pub dead_rows: String,
    /// The query that shows how far it is and when it will be done.
    pub progress: String,
}

/// Something verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validation {
    /// Step that waits for it.
    pub step: String,
    /// What is verified.
    pub name: String,
    /// The query.
    pub sql: String,
    /// The number it must give.
    pub expect: String,
}

/// What the change as asked would do to live traffic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hazard {
    /// Stable, kebab-case.
    pub code: String,
    /// Byte range in the change.
    pub span: (usize, usize),
    /// What happens.
    pub message: String,
    /// What the plan does instead.
    pub fix: String,
}

/// What a human must decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Stable, kebab-case.
    pub code: String,
    /// The question.
    pub question: String,
    /// What the plan does until somebody answers.
    pub default: String,
    /// How to answer: the hint to add to the change.
    pub answer_with: String,
}

/// A statement that is carried, not analysed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAnalysed {
    /// Where it stands.
    pub source: Source,
    /// Byte range there.
    pub span: (usize, usize),
    /// The statement, cut to its first line.
    pub sql: String,
    /// What that means for the plan.
    pub note: String,
}

/// What the simulator needs: schemas cut to the tables that matter, and what the two shapes mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The touched tables and those their keys point at, before.
    pub source: Schema,
    /// The same, after.
    pub target: Schema,
    /// The change as asked, a statement after the other: what of it is about rows is held to be done
    /// when the plan is through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Op>,
    /// What old and new columns mean in terms of each other: the specification that sync triggers
    /// and backfills are held to.
    pub conversions: Vec<Conversion>,
    /// Columns of which the plan assumes that no release writes a value that another type cannot hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub narrowed: Vec<Narrowed>,
    /// Columns in which every release bears NULL, whatever the schema says, as the plan assumes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bears: Vec<ColumnRef>,
    /// Columns of which a CHECK, or the plan, says that they hold no values but a few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<Closed>,
    /// What the plan assumes of rows that are written before their table is partitioned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confined: Vec<Confined>,
    /// Columns and the rows of another table that mean the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relays: Vec<Relay>,
    /// Tables on which scans, builds and rewrites take long.
    pub big_tables: Vec<QName>,
    /// Longest tolerable wait for a lock, milliseconds.
    pub lock_wait_ms: u64,
    /// Whether any backup exists.
    pub backup: bool,
    /// Downtime that may be taken, seconds; 0: at every moment some instance of the app runs.
    #[serde(default)]
    pub downtime_s: u64,
    /// Size and traffic of the tables of `source`.
    #[serde(default)]
    pub traffic: Vec<Traffic>,
    /// Physical replicas.
    #[serde(default)]
    pub replicas: u32,
}

/// All the values that are written to a column, NULL aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Closed {
    /// Table.
    pub table: QName,
    /// Column.
    pub column: String,
    /// Literals.
    pub values: Vec<Expr>,
}

/// An assumption about what is written to a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Narrowed {
    /// Table.
    pub table: QName,
    /// Column.
    pub column: String,
    /// Every value that is written converts to this type, and back unchanged.
    pub ty: SqlType,
}

/// An assumption about the rows of a table that becomes one partition of its successor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Confined {
    /// Table.
    pub table: QName,
    /// Of no row that is written before the table is partitioned is this false.
    pub check: Expr,
}

/// Columns of two shapes and what each means in terms of the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Conversion {
    /// Relation under which old releases know it.
    pub old_relation: QName,
    /// Relation under which new releases know it.
    pub new_relation: QName,
    /// New column := value over old columns. No old columns: the value every existing row gets.
    pub up: Vec<(String, Expr)>,
    /// Old column := value over new columns.
    pub down: Vec<(String, Expr)>,
}

impl Statement {
    /// A statement in autocommit.
    pub fn new(op: Op) -> Self {
        Self { sql: op::sql::render(&op), transaction: None, op }
    }

    /// A statement in the named transaction.
    pub fn within(op: Op, transaction: &str) -> Self {
        Self { transaction: Some(transaction.to_owned()), ..Self::new(op) }
    }
}

impl Deploy {
    /// From one release, or none, to another, or none.
    pub fn new(from: Option<&str>, to: Option<&str>) -> Self {
        Self { from: from.map(str::to_owned), to: to.map(str::to_owned), canary: false }
    }
}

impl Check {
    /// A check of a condition.
    pub fn new(name: impl Into<String>, condition: Condition) -> Self {
        Self {
            name: name.into(),
            sql: condition.sql(),
            expect: condition.expect().to_owned(),
            condition,
        }
    }
}

impl Plan {
    /// Every step in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.phases.iter().flat_map(|phase| &phase.steps)
    }

    /// The step of that id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps().find(|step| step.id == id)
    }

    /// The release of that id.
    pub fn release(&self, id: &str) -> Option<&Release> {
        self.releases.iter().find(|release| release.id == id)
    }

    /// The first statement or check whose SQL and value differ: somebody edited one of them, and a
    /// proof of the value would not be a proof of what runs.
    pub fn mismatch(&self) -> Option<(&Step, &str)> {
        self.steps().find_map(|step| {
            let scripts = step.script.iter().chain(&step.rollback.script);
            let edited = scripts
                .filter(|s| op::sql::render(&s.op) != s.sql)
                .map(|s| s.sql.as_str())
                .chain(
                    step.checks
                        .iter()
                        .chain(&step.rollback.checks)
                        .filter(|c| c.condition.sql() != c.sql)
                        .map(|c| c.sql.as_str()),
                )
                .next();
            edited.map(|sql| (step, sql))
        })
    }
}

/// FNV-1a, 64 bit, of a text.
pub fn hash_text(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

//! A timed walk: the plan's statements in the lock queues of a database with the request's traffic,
//! step by step. It says how long requests wait, how many stand in line, how many are given up, and
//! how far replicas fall behind. One run of many: another seed is another afternoon. Its figures
//! compare ways on the same traffic; they promise nothing about a server.
//!
//! Abstractions: a request is one statement to one table (with its partitions and the parents of its
//! foreign keys); rows collide only with a backfill's batch; statements that time out are not tried
//! again by the app; deadlocks end by a timeout.

mod crowd;
mod draw;
mod fill;
mod queue;
mod script;
mod session;
mod tune;

use planner::Plan;
use planner::backfill::Backfill;
use planner::op::Op;
use planner::plan::{Step, StepKind};
use serde::{Deserialize, Serialize};

use crowd::{BIN_US, Crowd};
pub use queue::{Queue, Session};
use session::{Retry, Runner, STARTS_US, Went};
pub use tune::{Tuned, tune};

/// Points of a series, at most.
const POINTS_MAX: usize = 120;

/// What a timed walk is made with, beside the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setting {
    /// Which of all runs.
    pub seed: u64,
    /// Connections that all instances of the app have together.
    pub connections: u32,
    /// After so long a request that still waits is given up, milliseconds.
    pub request_timeout_ms: u32,
    /// Instead of the script's own, how long a statement waits for a lock, milliseconds. Statements
    /// that wait without limit on purpose go on doing so.
    pub lock_timeout_ms: Option<u32>,
    /// Pause before a statement that did not get its locks is tried again, milliseconds.
    pub retry_pause_ms: u32,
    /// How often it is tried.
    pub attempts_max: u32,
    /// Instead of the plan's own, what a batch of a backfill is to take, milliseconds.
    pub batch_ms: Option<u32>,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            seed: 0,
            connections: 100,
            request_timeout_ms: 5_000,
            lock_timeout_ms: None,
            retry_pause_ms: 1_000,
            attempts_max: 60,
            batch_ms: None,
        }
    }
}

/// How one step went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedStep {
    /// `2.1`.
    pub id: String,
    /// What is done.
    pub operation: String,
    /// When it began, seconds from the start of the plan.
    pub began_s: f64,
    /// How long it took, seconds.
    pub seconds: f64,
    /// How often its statements were tried.
    pub attempts: u32,
    /// Whether they got their locks in the end.
    pub done: bool,
    /// Whether more happened than is followed: the figures are then too low.
    pub cut: bool,
    /// Requests that arrived meanwhile.
    pub requests: u64,
    /// Requests that were given up.
    pub failed: u64,
    /// Seconds that all requests together waited for locks, rows or connections.
    pub waited_s: f64,
    /// The longest wait of one, seconds.
    pub longest_wait_s: f64,
    /// Most requests that waited at one moment.
    pub waiting_max: u32,
    /// Most connections in use.
    pub connections_max: u32,
    /// Batches of a backfill.
    pub batches: u64,
    /// Seconds for which a backfill waited for replicas.
    pub throttled_s: f64,
    /// Most that a replica was behind, seconds.
    pub lag_max_s: f64,
    /// The same over the time, from before the first statement.
    pub series: Vec<Sample>,
}

/// A point of a step's series: the most in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Seconds from the step's first statement; negative before it.
    pub at_s: f64,
    /// Requests that wait.
    pub waiting: u32,
    /// Connections in use.
    pub connections: u32,
    /// Requests given up in the stretch.
    pub failed: u32,
    /// How far a replica is behind, seconds.
    pub lag_s: f64,
}

// Figures come from finite sums: never NaN.
impl Eq for TimedStep {}
impl Eq for Sample {}

/// A timed walk under way.
pub struct TimedWalk {
    setting: Setting,
    stage: script::Stage,
    replicas: u32,
    steps: Vec<Step>,
    at: usize,
    now_s: f64,
}

impl TimedWalk {
    /// A walk before its first step.
    pub fn new(plan: &Plan, setting: &Setting) -> Self {
        Self {
            setting: setting.clone(),
            stage: script::Stage::new(plan),
            replicas: plan.model.replicas,
            steps: plan.steps().cloned().collect(),
            at: 0,
            now_s: 0.0,
        }
    }

    fn step(&mut self, step: &Step) -> TimedStep {
        let mut timed = TimedStep::before(step, self.now_s);
        let backfill = step.script.iter().find_map(|s| backfill(&s.op));
        let mut places = script::Places::default();
        let streams = self.stage.streams(&mut places);
        let groups = self.stage.groups(step, &mut places);
        if let Some(backfill) = backfill {
            self.fill(backfill, step, &mut timed);
        } else if !groups.is_empty() {
            self.run(&groups, streams, places.len(), &mut timed);
            self.replay(step, &mut timed);
        }
        match step.kind {
            StepKind::Deploy | StepKind::Gate | StepKind::Backup => {
                let (from, to) = step.estimate.seconds;
                timed.seconds += (from * to).sqrt();
            }
            StepKind::Ddl | StepKind::Backfill => {}
        }
        if let Some(deploy) = &step.deploy {
            self.stage.deploy(deploy);
        }
        self.now_s += timed.seconds;
        timed
    }

    fn run(
        &self,
        groups: &[script::Group],
        streams: Vec<crowd::Stream>,
        n_relations: usize,
        timed: &mut TimedStep,
    ) {
        let mut wanted = vec![Vec::new(); n_relations];
        for (relation, mode) in streams.iter().flat_map(|s| &s.locks) {
            wanted[*relation].push(*mode);
        }
        let rate: u32 = streams.iter().map(|s| s.per_s).sum();
        let retry = Retry {
            lock_timeout_us: self.setting.lock_timeout_ms.map(|ms| u64::from(ms) * 1_000),
            pause_us: u64::from(self.setting.retry_pause_ms) * 1_000,
            attempts_max: self.setting.attempts_max.max(1),
        };
        let timeout_us = u64::from(self.setting.request_timeout_ms) * 1_000;
        let seed = self.setting.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.at as u64;
        let pool = (self.setting.connections.max(1), timeout_us);
        let mut crowd = Crowd::new(streams, n_relations, pool, seed);
        let went = Runner::new(&mut crowd, groups, wanted, retry).run();
        timed.take(&went, &crowd, (rate, timeout_us));
    }

    /// What replicas make of the WAL of the step's work.
    #[expect(clippy::cast_precision_loss, reason = "bytes of an estimate")]
    fn replay(&self, step: &Step, timed: &mut TimedStep) {
        if self.replicas == 0 {
            return;
        }
        let (from, to) = step.estimate.wal_bytes;
        let behind = (from as f64 + to as f64) / 2.0 / planner::engine::calibration::REPLAY;
        timed.lag_max_s = (behind - timed.seconds).max(0.0);
        if let Some(last) = timed.series.last_mut() {
            last.lag_s = timed.lag_max_s;
        }
    }

    fn fill(&self, backfill: &Backfill, step: &Step, timed: &mut TimedStep) {
        let Some(traffic) = self.stage.traffic(&backfill.table) else { return };
        let target_ms = self.setting.batch_ms.unwrap_or(backfill.tuner.target_ms);
        let filled = fill::fill(backfill, step, traffic, (self.replicas, target_ms));
        timed.seconds = filled.seconds;
        timed.batches = filled.batches;
        timed.throttled_s = filled.throttled_s;
        timed.lag_max_s = filled.lag_max_s;
        timed.waited_s = filled.waited_s;
        timed.longest_wait_s = if filled.waited_s > 0.0 { filled.longest_batch_s } else { 0.0 };
        let sample =
            |(at_s, lag_s): &(f64, f64)| Sample { at_s: *at_s, lag_s: *lag_s, ..Sample::default() };
        timed.series = filled.lag.iter().map(sample).collect();
    }
}

impl Iterator for TimedWalk {
    type Item = TimedStep;

    fn next(&mut self) -> Option<TimedStep> {
        let step = self.steps.get(self.at)?.clone();
        let timed = self.step(&step);
        self.at += 1;
        Some(timed)
    }
}

impl TimedStep {
    fn before(step: &Step, began_s: f64) -> Self {
        Self {
            id: step.id.clone(),
            operation: step.operation.clone(),
            began_s,
            seconds: 0.0,
            attempts: 0,
            done: true,
            cut: false,
            requests: 0,
            failed: 0,
            waited_s: 0.0,
            longest_wait_s: 0.0,
            waiting_max: 0,
            connections_max: 0,
            batches: 0,
            throttled_s: 0.0,
            lag_max_s: 0.0,
            series: Vec::new(),
        }
    }

    /// What was followed, and what went on as it was. While work goes on under a lock that requests
    /// wait for, all that arrive are given up.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a run")]
    fn take(&mut self, went: &Went, crowd: &Crowd, (rate, timeout_us): (u32, u64)) {
        let seconds = |us: u64| us as f64 / 1e6;
        let more = draw::whole(f64::from(rate) * seconds(went.blocked_us));
        self.attempts = went.attempts;
        self.done = went.done;
        self.cut = went.cut;
        self.seconds =
            seconds(went.ended.saturating_sub(STARTS_US) + went.calm_us + went.blocked_us);
        self.requests = crowd.tally.requests + more;
        self.failed = crowd.tally.failed + more;
        self.waited_s = seconds(crowd.tally.waited_us) + more as f64 * seconds(timeout_us);
        self.longest_wait_s = seconds(crowd.tally.longest_wait_us);
        self.waiting_max = crowd.tally.waiting_max;
        self.connections_max = crowd.tally.connections_max;
        let each = crowd.bins.len().div_ceil(POINTS_MAX).max(1);
        self.series = (crowd.bins.chunks(each).enumerate())
            .map(|(i, bins)| Sample {
                at_s: seconds((i * each) as u64 * BIN_US) - seconds(STARTS_US),
                waiting: bins.iter().map(|b| b.waiting).max().unwrap_or_default(),
                connections: bins.iter().map(|b| b.connections).max().unwrap_or_default(),
                failed: bins.iter().map(|b| b.failed).sum(),
                lag_s: 0.0,
            })
            .collect();
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only this one runs a backfill")]
fn backfill(op: &Op) -> Option<&Backfill> {
    match op {
        Op::RunBackfill { backfill } => Some(backfill),
        _ => None,
    }
}

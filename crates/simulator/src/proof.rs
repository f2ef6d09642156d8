//! A proof: every interleaving within the bounds, for each group of tables in turn; the verdict;
//! the shortest counterexample. Resumable in slices, so that a page stays responsive.

use planner::Plan;
use serde::{Deserialize, Serialize};

use crate::fleet::{self, Fleet};
use crate::invariant::{Always, Broken, SOMETIMES, seen};
use crate::model::{Model, Unmodelled};
use crate::scenario::Bounds;
use crate::search::Graph;
use crate::slice;
use crate::trace::{BrokenPromise, Trace};
use crate::transition::{Action, Next, Outcome};
use crate::world::{CELLS, Mode, Runner, World};

/// How far a search is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// States found.
    pub states: u64,
    /// Transitions followed.
    pub transitions: u64,
    /// States found and not yet looked into.
    pub frontier: u64,
    /// Actions from the start.
    pub depth: u64,
    /// Whether the verdict is there.
    pub done: bool,
}

/// What came of a search. Nothing else can.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// No interleaving within the bounds breaks a promise.
    Verified {
        /// States found.
        states: u64,
        /// Transitions followed.
        transitions: u64,
        /// Actions from the start to the farthest state.
        depth: u64,
        /// What was seen to happen, so that the proof is not empty.
        reached: Vec<String>,
        /// What the model leaves out for this plan.
        notes: Vec<String>,
    },
    /// Some interleaving breaks one.
    Refuted(Box<Counterexample>),
    /// The search ended before it was complete, or the proof would have been empty.
    BoundsExceeded {
        /// States found.
        states: u64,
        /// Why.
        reason: String,
    },
}

/// The shortest way to a broken promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counterexample {
    /// The promise.
    pub invariant: String,
    /// What it promises.
    pub statement: String,
    /// How it was broken.
    pub detail: String,
    /// States found until then.
    pub states: u64,
    /// From the start to the broken promise.
    pub trace: Trace,
}

/// A search under way.
pub struct Search {
    plan: Plan,
    bounds: Bounds,
    groups: Vec<std::collections::BTreeSet<planner::name::QName>>,
    at: usize,
    current: Option<(Model, Graph<World, Action>)>,
    next: Next,
    /// Counts of the groups that are finished.
    past: Progress,
    /// Bits of `SOMETIMES`: in this group of tables, and in any.
    seen: u8,
    ever: u8,
    notes: Vec<String>,
    verdict: Option<Verdict>,
}

impl Search {
    /// A search over a plan.
    ///
    /// # Errors
    /// Why the plan cannot be modelled.
    pub fn new(plan: &Plan, bounds: &Bounds) -> Result<Self, Unmodelled> {
        let mut search = Self {
            plan: plan.clone(),
            bounds: bounds.sane(),
            groups: slice::components(plan),
            at: 0,
            current: None,
            next: Next::new(),
            past: Progress::default(),
            seen: 0,
            ever: 0,
            notes: Vec::new(),
            verdict: None,
        };
        if search.groups.is_empty() {
            search.groups.push(std::collections::BTreeSet::new());
        }
        search.open()?;
        Ok(search)
    }

    /// Begins with the next group of tables.
    fn open(&mut self) -> Result<(), Unmodelled> {
        let mut model = Model::new(&self.plan, &self.bounds, &self.groups[self.at])?;
        let start = initial(&mut model)?;
        for note in &model.notes {
            if !self.notes.contains(note) {
                self.notes.push(note.clone());
            }
        }
        self.current = Some((model, Graph::new(vec![start])));
        Ok(())
    }

    /// Follows about so many transitions more.
    pub fn advance(&mut self, transitions: usize) -> Progress {
        let goal = self.progress().transitions + transitions as u64;
        while self.verdict.is_none() && self.progress().transitions < goal {
            if let Err(why) = self.look_into_one() {
                let states = self.progress().states;
                self.verdict = Some(Verdict::BoundsExceeded { states, reason: why.to_string() });
            }
        }
        self.progress()
    }

    /// The verdict, once there is one.
    pub fn verdict(&self) -> Option<Verdict> {
        self.verdict.clone()
    }

    /// Counts so far.
    pub fn progress(&self) -> Progress {
        let mut progress = self.past.clone();
        if let Some((_, graph)) = &self.current {
            progress.states += graph.states() as u64;
            progress.transitions += graph.transitions();
            progress.frontier = graph.frontier() as u64;
            progress.depth = progress.depth.max(u64::from(graph.depth()));
        }
        progress.done = self.verdict.is_some();
        progress
    }

    fn look_into_one(&mut self) -> Result<(), Unmodelled> {
        let Some((model, graph)) = &mut self.current else { return Ok(()) };
        let Some((number, world)) = graph.take() else { return self.close() };
        model.successors(&world, &mut self.next)?;
        for (action, outcome) in self.next.drain(..) {
            match outcome {
                Outcome::Next(to, bits) => {
                    self.seen |= bits;
                    let (reached, is_new) = graph.reach(number, action, to, action.is_fault());
                    if is_new && let Err(broken) = model.look(&to) {
                        let states = self.past.states + graph.states() as u64;
                        self.verdict =
                            Some(refuted(model, graph, (reached, None), &broken, states));
                        return Ok(());
                    }
                }
                Outcome::Broken(broken) => {
                    let states = self.past.states + graph.states() as u64;
                    self.verdict =
                        Some(refuted(model, graph, (number, Some(action)), &broken, states));
                    return Ok(());
                }
            }
        }
        if graph.states() > self.bounds.states {
            let reason = format!("more than {} states", self.bounds.states);
            let states = self.past.states + graph.states() as u64;
            self.verdict = Some(Verdict::BoundsExceeded { states, reason });
        }
        Ok(())
    }

    /// A group is finished: nothing may be stuck in it. Then the next, or the verdict.
    fn close(&mut self) -> Result<(), Unmodelled> {
        let progress = self.progress();
        let Some((model, graph)) = self.current.take() else { return Ok(()) };
        let n = model.steps.len();
        let is_end = |w: &World| {
            w.runner.mode == Mode::RolledBack
                || (w.runner.mode == Mode::Forward && usize::from(w.runner.step) >= n)
        };
        if let Some(stuck) = graph.first_stuck(is_end) {
            let broken = stuck_words(&model, &graph, stuck);
            self.verdict = Some(refuted(&model, &graph, (stuck, None), &broken, progress.states));
            return Ok(());
        }
        self.past = Progress { frontier: 0, done: false, ..progress };
        let missing = required(&model) & !self.seen;
        self.ever |= std::mem::take(&mut self.seen);
        if missing != 0 {
            let never: Vec<&str> = names(missing).collect();
            let reason =
                format!("the proof would be empty, this never happened: {}", never.join("; "));
            self.verdict = Some(Verdict::BoundsExceeded { states: self.past.states, reason });
            return Ok(());
        }
        self.at += 1;
        if self.at < self.groups.len() {
            return self.open();
        }
        self.verdict = Some(self.conclude());
        Ok(())
    }

    fn conclude(&self) -> Verdict {
        Verdict::Verified {
            states: self.past.states,
            transitions: self.past.transitions,
            depth: self.past.depth,
            reached: names(self.ever).map(str::to_owned).collect(),
            notes: self.notes.clone(),
        }
    }
}

/// Words for bits of `SOMETIMES`.
fn names(bits: u8) -> impl Iterator<Item = &'static str> {
    SOMETIMES.iter().enumerate().filter(move |(i, _)| bits & (1 << i) != 0).map(|(_, s)| *s)
}

/// The state before anything.
pub(crate) fn initial(model: &mut Model) -> Result<World, Unmodelled> {
    Ok(World {
        schema: model.source,
        cells: model.initial_cells()?,
        kept: [0; CELLS],
        fleet: Fleet::before_all(model.bounds.instances),
        runner: Runner { step: 0, group: 0, mode: Mode::Forward },
        cursor: 0,
        finished: 0,
        gated: false,
        backup: false,
        faults: u8::try_from(model.bounds.faults).unwrap_or(u8::MAX),
    })
}

/// What must be seen for the proof not to be empty.
fn required(model: &Model) -> u8 {
    use planner::plan::StepKind;
    let deploys =
        model.steps.iter().any(|s| s.kind == StepKind::Deploy) && model.has_two_releases();
    let mut bits = seen::FINISHED;
    if deploys && fleet::ever_mixed(&model.steps) {
        bits |= seen::TOGETHER;
    }
    if deploys {
        bits |= seen::NEW_WROTE;
    }
    if !model.backfills.is_empty() {
        bits |= seen::BACKFILLED;
    }
    if model.bounds.faults > 0
        && model.steps.iter().any(|s| !s.script.is_empty())
        && model.point != Some(0)
    {
        bits |= seen::FAULT;
    }
    if model.point != Some(0) {
        bits |= seen::ROLLED_BACK;
    }
    bits
}

fn stuck_words(model: &Model, graph: &Graph<World, Action>, stuck: u32) -> Broken {
    let (start, way) = graph.path(stuck);
    let last = way.last().map_or(start, |(_, world)| *world);
    let step = model.steps.get(usize::from(last.runner.step)).map_or("", |s| s.id.as_str());
    let detail = format!(
        "at step {step} the migration can be neither finished nor rolled back: the next statement is refused, or its conditions never hold"
    );
    Broken::new(Always::NeverStuck, detail)
}

fn refuted(
    model: &Model,
    graph: &Graph<World, Action>,
    (state, last): (u32, Option<Action>),
    broken: &Broken,
    states: u64,
) -> Verdict {
    let (start, way) = graph.path(state);
    let mut trace = Trace { moments: vec![model.start(&start)] };
    let mut world = start;
    for (action, after) in way {
        trace.moments.push(model.moment(&world, action, &after));
        world = after;
    }
    if let Some(action) = last {
        trace.moments.push(model.moment(&world, action, &world));
    }
    let promise = BrokenPromise::from(broken);
    if let Some(moment) = trace.moments.last_mut() {
        moment.broken = Some(promise.clone());
    }
    Verdict::Refuted(Box::new(Counterexample {
        invariant: promise.invariant,
        statement: promise.statement,
        detail: promise.detail,
        states,
        trace,
    }))
}

//! A proof: every interleaving within the bounds, for each part of the plan in turn; the verdict;
//! the shortest counterexample. Resumable in slices, so that a page stays responsive.

use planner::Plan;
use serde::{Deserialize, Serialize};

use crate::fleet::{self, Fleet};
use crate::invariant::{Broken, SOMETIMES, seen};
use crate::model::{Model, ReleaseModel, Unmodelled};
use crate::partitions::takes_any;
use crate::refute::{leads_to, refuted, stuck_words};
use crate::scenario::Bounds;
use crate::search::Graph;
use crate::slice::{self, Cut};
use crate::store::Packed;
use crate::strip;
use crate::trace::{BrokenPromise, Trace};
use crate::transition::{Action, Next};
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

impl Counterexample {
    pub(crate) fn new(promise: BrokenPromise, states: u64, trace: Trace) -> Self {
        let BrokenPromise { invariant, statement, detail } = promise;
        Self { invariant, statement, detail, states, trace }
    }
}

/// The verdict on a plan, for who shows nothing in between.
///
/// # Errors
/// Why the plan cannot be modelled.
pub fn prove(plan: &Plan, bounds: &Bounds) -> Result<Verdict, Unmodelled> {
    let mut search = Search::new(plan, bounds)?;
    loop {
        search.advance(usize::MAX);
        if let Some(verdict) = search.verdict.take() {
            return Ok(verdict);
        }
    }
}

/// What each search of a proof is about.
pub(crate) fn searches(plan: &Plan, bounds: &Bounds) -> Vec<Cut> {
    if bounds.reduced {
        return slice::cuts(plan);
    }
    slice::groups(plan).iter().map(|group| Cut::whole(plan, group)).collect()
}

/// A search under way.
pub struct Search {
    plan: Plan,
    bounds: Bounds,
    cuts: Vec<Cut>,
    at: usize,
    current: Option<(Model, Graph<Packed>)>,
    next: Next,
    /// Counts of the groups that are finished.
    past: Progress,
    /// Bits of `SOMETIMES`: in this group of tables, and in any.
    seen: u8,
    ever: u8,
    notes: Vec<String>,
    /// A promise was broken: what is left is to find the shortest way there.
    longer: Option<Verdict>,
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
            cuts: searches(plan, bounds),
            at: 0,
            current: None,
            next: Next::new(),
            past: Progress::default(),
            seen: 0,
            ever: 0,
            notes: Vec::new(),
            longer: None,
            verdict: None,
        };
        search.open(search.bounds.reduced)?;
        Ok(search)
    }

    /// Begins with what the next search is about.
    fn open(&mut self, reduced: bool) -> Result<(), Unmodelled> {
        let bounds = Bounds { reduced, ..self.bounds.clone() };
        let mut model = Model::of_cut(&self.plan, &bounds, &self.cuts[self.at])?;
        let start = initial(&mut model)?;
        for note in &model.notes {
            if !self.notes.contains(note) {
                self.notes.push(note.clone());
            }
        }
        let start = model.pack(&start);
        self.current = Some((model, Graph::new(vec![start])));
        Ok(())
    }

    /// Follows about so many transitions more.
    pub fn advance(&mut self, transitions: usize) -> Progress {
        let mut left = transitions;
        while self.verdict.is_none() && left > 0 {
            match self.look_into_one() {
                Ok(followed) => left = left.saturating_sub(followed.max(1)),
                Err(why) => {
                    let states = self.progress().states;
                    let reason = why.to_string();
                    self.verdict = Some(Verdict::BoundsExceeded { states, reason });
                }
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

    /// Looks into the next state; how many transitions that were.
    fn look_into_one(&mut self) -> Result<usize, Unmodelled> {
        let Some((model, graph)) = &mut self.current else { return Ok(0) };
        let before = graph.transitions();
        let Some((number, state)) = graph.take() else {
            self.close()?;
            return Ok(0);
        };
        let found = look_into(model, graph, (number, state), &mut self.next)?;
        match found {
            Ok(bits) => self.seen |= bits,
            Err((at, last, broken)) => {
                let states = self.past.states + graph.states() as u64;
                let way = graph.path(at);
                let verdict = refuted(model, (&way, last), &broken, states)?;
                if !model.bounds.reduced {
                    self.verdict = Some(verdict);
                    return Ok(0);
                }
                // Where nothing is left out, the way found first is the shortest.
                self.longer = Some(verdict);
                self.open(false)?;
                return Ok(0);
            }
        }
        let followed = usize::try_from(graph.transitions() - before).unwrap_or(usize::MAX);
        if graph.states() > self.bounds.states {
            let reason = format!("more than {} states", self.bounds.states);
            let states = self.past.states + graph.states() as u64;
            let exceeded = Verdict::BoundsExceeded { states, reason };
            self.verdict = Some(self.longer.take().unwrap_or(exceeded));
        }
        Ok(followed)
    }

    /// A group is finished: nothing may be stuck in it. Then the next, or the verdict.
    fn close(&mut self) -> Result<(), Unmodelled> {
        let progress = self.progress();
        let Some((mut model, graph)) = self.current.take() else { return Ok(()) };
        let n = model.steps.len();
        let is_end = |state: &Packed| {
            let Runner { step, mode, .. } = state.runner();
            mode == Mode::RolledBack || (mode == Mode::Forward && usize::from(step) >= n)
        };
        let states = progress.states;
        if let Some(stuck) = graph.first_stuck(is_end, |state| leads_to(&mut model, *state))? {
            let broken = stuck_words(&model, &graph, stuck);
            let way = graph.path(stuck);
            self.verdict = Some(refuted(&mut model, (&way, None), &broken, states)?);
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
        if let Some((way, broken)) = model.alone(graph.all()[0])? {
            self.verdict = Some(refuted(&mut model, (&way, None), &broken, states)?);
            return Ok(());
        }
        if let Some(longer) = self.longer.take() {
            self.verdict = Some(longer);
            return Ok(());
        }
        self.at += 1;
        if self.at < self.cuts.len() {
            return self.open(self.bounds.reduced);
        }
        if self.bounds.procedure
            && let Some((promise, trace)) = strip::disagreement(&self.plan, &self.bounds)?
        {
            let states = self.past.states;
            self.verdict =
                Some(Verdict::Refuted(Box::new(Counterexample::new(promise, states, trace))));
            return Ok(());
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

/// A promise found broken: the last state before it (or the one that breaks it), the action that does.
type Found = (u32, Option<Action>, Broken);

/// Follows every transition of a state, and looks at what is new. Bits of `SOMETIMES`.
fn look_into(
    model: &mut Model,
    graph: &mut Graph<Packed>,
    (number, state): (u32, Packed),
    next: &mut Next,
) -> Result<Result<u8, Found>, Unmodelled> {
    let mut found = None;
    let seen = model.follow(state, next, |model, action, led| {
        let (to, edge) = match led {
            Ok(led) => led,
            Err(broken) => {
                found = Some((number, Some(action), broken.clone()));
                return false;
            }
        };
        let (reached, is_new) = graph.reach(number, to, edge);
        if is_new && let Err(broken) = model.look(to) {
            found = Some((reached, None, broken));
            return false;
        }
        true
    })?;
    Ok(found.map_or(Ok(seen), Err))
}

/// Words for bits of `SOMETIMES`.
fn names(bits: u8) -> impl Iterator<Item = &'static str> {
    SOMETIMES.iter().enumerate().filter(move |(i, _)| bits & (1 << i) != 0).map(|(_, s)| *s)
}

/// The state before anything.
pub(crate) fn initial(model: &mut Model) -> Result<World, Unmodelled> {
    let world = World {
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
    };
    model.relayed_from_the_start(world)
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
    // Where every table of the group is dropped there is nothing for the new release to write.
    let writes = |release: &ReleaseModel| {
        let mut used = release.uses.iter().flatten();
        used.any(|uses| !uses.writes.is_empty() && takes_any(&model.target, &uses.relation))
    };
    if deploys && writes(&model.releases[1]) {
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

//! The rollback matrix: for each step and fault, how the migration ends when the fault hits it there
//! and nothing else goes wrong: rolled back, goes on, or stuck. Found by injecting each fault at each
//! moment of a run. Must not know what a plan says of itself.

use std::collections::BTreeMap;

use planner::Plan;
use serde::{Deserialize, Serialize};

use crate::model::{Model, Unmodelled};
use crate::scenario::Bounds;
use crate::slice;
use crate::tour::{Onward, Tour};
use crate::trace::{BrokenPromise, Moment, Trace};
use crate::transition::{Action, Next, Outcome};
use crate::world::{Mode, World};

/// The rollback matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endings {
    /// A row a step.
    pub rows: Vec<EndingRow>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndingRow {
    /// Its id.
    pub step: String,
    /// What it does.
    pub operation: String,
    /// A cell for each fault that can hit it.
    pub cells: Vec<Ending>,
}

/// How it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// What hits it.
    pub fault: Fault,
    /// Whether the migration can be brought to its end from every moment at which the fault hits.
    pub goes_on: bool,
    /// Whether it can be rolled back from every such moment; `None` where the plan promises no way
    /// back.
    pub rolls_back: Option<bool>,
    /// Moments of the step at which the fault was injected.
    pub tried: u32,
    /// How it ends, a line a moment from the fault on: the way back where there is one, else on.
    pub way: Vec<String>,
}

/// What hits a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nothing: the operator decides to roll back.
    None,
    /// The connection is lost before a statement takes effect.
    CrashBefore,
    /// The connection is lost after COMMIT and before the answer.
    CrashAfter,
    /// A concurrent index build fails.
    BuildFails,
    /// The deploy is stopped half-way and taken back.
    AbortDeploy,
    /// The deploy is done, but one instance of the old release goes on.
    Straggler,
    /// The connection is lost while the step is rolled back.
    CrashBack,
}

/// All of them, in the order of the columns.
pub const FAULTS: [Fault; 7] = [
    Fault::None,
    Fault::CrashBefore,
    Fault::CrashAfter,
    Fault::BuildFails,
    Fault::AbortDeploy,
    Fault::Straggler,
    Fault::CrashBack,
];

impl Fault {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "no fault",
            Self::CrashBefore => "lost before the statement",
            Self::CrashAfter => "lost after COMMIT",
            Self::BuildFails => "index build fails",
            Self::AbortDeploy => "deploy stopped half-way",
            Self::Straggler => "an old instance goes on",
            Self::CrashBack => "lost while rolling back",
        }
    }

    /// As it is typed.
    pub fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::CrashBefore => "crash_before",
            Self::CrashAfter => "crash_after",
            Self::BuildFails => "build_fails",
            Self::AbortDeploy => "abort_deploy",
            Self::Straggler => "straggler",
            Self::CrashBack => "crash_back",
        }
    }

    fn of(action: Action) -> Option<Self> {
        match action {
            Action::CrashBefore => Some(Self::CrashBefore),
            Action::CrashAfter => Some(Self::CrashAfter),
            Action::BuildFails => Some(Self::BuildFails),
            Action::AbortDeploy => Some(Self::AbortDeploy),
            Action::Straggler => Some(Self::Straggler),
            Action::App { .. }
            | Action::Run
            | Action::Batch
            | Action::Pass
            | Action::Backup
            | Action::Roll { .. }
            | Action::StragglerGoes
            | Action::Recover
            | Action::RollBack => None,
        }
    }
}

impl Ending {
    /// A few words.
    pub fn name(&self) -> &'static str {
        match (self.goes_on, self.rolls_back) {
            (_, Some(true)) if self.fault == Fault::CrashBack => "rolled back",
            (true, Some(true)) => "goes on or back",
            (false, Some(true)) => "rolled back",
            (true, Some(false) | None) => "goes on",
            (false, Some(false) | None) => "stuck",
        }
    }
}

/// A way from a state: who did what, and the state after it.
type Way = Vec<(World, Action, World)>;

/// What was found of a fault in a step of one group of tables.
struct Found {
    goes_on: bool,
    rolls_back: Option<bool>,
    tried: u32,
    /// Where the run before it ends, and what follows.
    shown: (usize, Way),
}

struct Group {
    model: Model,
    tour: Tour,
    cells: BTreeMap<(usize, Fault), Found>,
}

impl Endings {
    /// The rollback matrix of a plan.
    ///
    /// # Errors
    /// Why the plan cannot be modelled.
    pub fn new(plan: &Plan, bounds: &Bounds) -> Result<Self, Unmodelled> {
        let groups = groups(plan, bounds)?;
        let row = |(at, step): (usize, &planner::plan::Step)| EndingRow {
            step: step.id.clone(),
            operation: step.operation.clone(),
            cells: FAULTS.iter().filter_map(|fault| merged(&groups, at, *fault)).collect(),
        };
        Ok(Self { rows: plan.steps().enumerate().map(row).collect() })
    }

    /// The run behind a cell; `None` for a cell that is not there.
    ///
    /// # Errors
    /// Why the plan cannot be modelled.
    pub fn trace(
        plan: &Plan,
        bounds: &Bounds,
        step: &str,
        fault: Fault,
    ) -> Result<Option<Trace>, Unmodelled> {
        let groups = groups(plan, bounds)?;
        let Some(at) = plan.steps().position(|s| s.id == step) else { return Ok(None) };
        Ok(worst(&groups, at, fault).map(|(group, found)| group.trace(found)))
    }

    /// The matrix as text: a row a step, a column for each fault that some step can meet.
    pub fn text(&self) -> String {
        let meets = |fault: &&Fault| {
            self.rows.iter().any(|row| row.cells.iter().any(|cell| cell.fault == **fault))
        };
        let faults: Vec<Fault> = FAULTS.iter().filter(meets).copied().collect();
        let head: Vec<String> = faults.iter().map(|f| format!("{:<25}", f.name())).collect();
        let mut text = format!("{:<7}{}\n", "step", head.join(" ").trim_end());
        for row in &self.rows {
            let cells: Vec<String> = faults
                .iter()
                .map(|fault| {
                    let found = row.cells.iter().find(|cell| cell.fault == *fault);
                    format!("{:<25}", found.map_or("–", Ending::name))
                })
                .collect();
            text += &format!("{:<7}{}\n", row.step, cells.join(" ").trim_end());
        }
        for (row, cell) in self.rows.iter().flat_map(|row| row.cells.iter().map(move |c| (row, c)))
        {
            if cell.name() == "stuck" {
                text += &format!("\nstuck at {}, {}:\n", row.step, cell.fault.name());
                text.extend(cell.way.iter().map(|line| format!("  {line}\n")));
            }
        }
        text
    }
}

fn groups(plan: &Plan, bounds: &Bounds) -> Result<Vec<Group>, Unmodelled> {
    let bounds = Bounds { faults: 0, procedure: false, ..bounds.clone() };
    slice::groups(plan)
        .iter()
        .map(|tables| {
            let mut model = Model::new(plan, &bounds, tables)?;
            model.locking = false;
            let tour = Tour::bare(&mut model)?;
            let mut group = Group { model, tour, cells: BTreeMap::new() };
            group.fill()?;
            Ok(group)
        })
        .collect()
}

fn worst(groups: &[Group], step: usize, fault: Fault) -> Option<(&Group, &Found)> {
    let all = groups.iter().filter_map(|g| Some((g, g.cells.get(&(step, fault))?)));
    all.rev().max_by_key(|(_, f)| (!f.goes_on, f.rolls_back != Some(true)))
}

fn merged(groups: &[Group], step: usize, fault: Fault) -> Option<Ending> {
    let all = || groups.iter().filter_map(|g| g.cells.get(&(step, fault)));
    let (group, found) = worst(groups, step, fault)?;
    let ways = found.shown.1.iter();
    Some(Ending {
        fault,
        goes_on: all().all(|f| f.goes_on),
        rolls_back: all().map(|f| f.rolls_back).reduce(both).flatten(),
        tried: all().map(|f| f.tried).sum(),
        way: ways
            .map(|(before, action, after)| group.model.moment(before, *action, after).line())
            .collect(),
    })
}

/// A way back is there only where every part has it.
fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a && b),
        (None, _) | (_, None) => None,
    }
}

impl Group {
    /// Every fault, at every moment of the run.
    fn fill(&mut self) -> Result<(), Unmodelled> {
        for at in 0..self.tour.nodes.len() {
            let world = self.tour.nodes[at].world;
            let step = usize::from(world.runner.step);
            if step < self.model.steps.len() {
                let mut next = Next::new();
                self.model.runner_actions(&World { faults: 1, ..world }, &mut next)?;
                for (action, outcome) in next {
                    if let (Some(fault), Outcome::Next(hit, _)) = (Fault::of(action), outcome) {
                        let hit = World { faults: 0, ..hit };
                        self.try_one((step, fault), at, vec![(world, action, hit)])?;
                    }
                }
            }
            // What belongs to a step is what it has left behind.
            let (done, _) = self.model.moment_of(&world);
            if done > 0 {
                self.try_one((done - 1, Fault::None), at, Vec::new())?;
                self.crash_back(done - 1, at)?;
            }
        }
        Ok(())
    }

    /// The connection is lost at each moment of the way back through the step.
    fn crash_back(&mut self, step: usize, at: usize) -> Result<(), Unmodelled> {
        let world = self.tour.nodes[at].world;
        let Some(way) = self.back(&world)? else { return Ok(()) };
        for i in 0..way.len() {
            let (_, _, here) = way[i];
            let is_here = usize::from(here.runner.step) == step
                && matches!(here.runner.mode, Mode::Back | Mode::BackTolerant);
            if !is_here {
                continue;
            }
            let mut next = Next::new();
            self.model.backward(&World { faults: 1, ..here }, &mut next)?;
            for (action, outcome) in next {
                if let (Action::CrashAfter, Outcome::Next(hit, _)) = (action, outcome) {
                    let hit = World { faults: 0, ..hit };
                    let mut way: Way = way[..=i].to_vec();
                    way.push((here, action, hit));
                    let (rest, ended) = self.onward(&hit)?;
                    let rolls_back = ended.is_some_and(|end| end.runner.mode == Mode::RolledBack);
                    way.extend(rest);
                    let found = Found {
                        goes_on: rolls_back,
                        rolls_back: Some(rolls_back),
                        tried: 1,
                        shown: (at, way),
                    };
                    self.put((step, Fault::CrashBack), found);
                }
            }
        }
        Ok(())
    }

    /// What comes of a state: on, and back.
    fn try_one(&mut self, cell: (usize, Fault), at: usize, so_far: Way) -> Result<(), Unmodelled> {
        let world = so_far.last().map_or(self.tour.nodes[at].world, |(_, _, world)| *world);
        let (on, ended) = self.onward(&world)?;
        let back = self.back(&world)?;
        let is_back =
            |way: &Way| way.last().is_some_and(|(_, _, w)| w.runner.mode == Mode::RolledBack);
        let rolls_back = back.as_ref().map(is_back);
        let mut way = so_far;
        way.extend(back.unwrap_or(on));
        let goes_on = ended.is_some();
        self.put(cell, Found { goes_on, rolls_back, tried: 1, shown: (at, way) });
        Ok(())
    }

    fn put(&mut self, cell: (usize, Fault), found: Found) {
        match self.cells.entry(cell) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(found);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                known.tried += 1;
                let worse = |f: &Found| (!f.goes_on, f.rolls_back != Some(true));
                if worse(&found) > worse(known) {
                    known.shown = found.shown;
                }
                known.goes_on &= found.goes_on;
                known.rolls_back = both(known.rolls_back, found.rolls_back);
            }
        }
    }

    /// By itself, to an end: finished or rolled back.
    fn onward(&mut self, from: &World) -> Result<(Way, Option<World>), Unmodelled> {
        let mut way = Way::new();
        let (last, how) = self
            .model
            .run_on(from, &mut |before, action, after| way.push((*before, action, *after)))?;
        let is_over = match how {
            Onward::Broken(_) | Onward::To(..) => false,
            Onward::Nowhere => {
                last.runner.mode == Mode::RolledBack
                    || last.runner.mode == Mode::Forward
                        && usize::from(last.runner.step) >= self.model.steps.len()
            }
        };
        Ok((way, is_over.then_some(last)))
    }

    /// The way back that the plan promises from a state, as far as it leads.
    fn back(&mut self, world: &World) -> Result<Option<Way>, Unmodelled> {
        if !self.model.may_roll_back(world) {
            return Ok(None);
        }
        let Outcome::Next(first, _) = self.model.decide_back(world)? else {
            return Ok(Some(Way::new()));
        };
        let (rest, _) = self.onward(&first)?;
        Ok(Some(std::iter::once((*world, Action::RollBack, first)).chain(rest).collect()))
    }

    /// The run behind a cell.
    fn trace(&self, found: &Found) -> Trace {
        let (at, way) = &found.shown;
        let mut trace = self.tour.trace(&self.model, &self.tour.nodes[*at]);
        let moments = way.iter().map(|(a, action, b)| self.model.moment(a, *action, b));
        trace.moments.extend(moments.collect::<Vec<Moment>>());
        if !found.goes_on
            && found.rolls_back != Some(true)
            && let Some(last) = trace.moments.last_mut()
        {
            last.broken = Some(BrokenPromise {
                invariant: "stuck".to_owned(),
                statement: "from here the migration can be neither finished nor rolled back"
                    .to_owned(),
                detail: "the next statement is refused, or its conditions do not hold".to_owned(),
            });
        }
        trace
    }
}

//! The compatibility matrix: for each step, what each release can do, found by running its statements
//! in the states of that step: those of a run without faults, with at most one statement of a running
//! release before. Releases that do not run are tried too. Must not know what a plan says of them.

use std::sync::Arc;

use planner::Plan;
use serde::{Deserialize, Serialize};

use crate::app::Statement;
use crate::invariant::Broken;
use crate::memo::Memo;
use crate::model::{Model, Unmodelled};
use crate::scenario::Bounds;
use crate::slice;
use crate::tour::{Node, Tour};
use crate::trace::{BrokenPromise, Moment, Trace};
use crate::transition::Action;
use crate::world::{CELLS, World};

/// In which states the cells are found.
const STATES: &str =
    "states of a run without faults, with at most one statement of a running release before";

/// The matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matrix {
    /// In which states the cells are found.
    pub states: String,
    /// Ids of the releases, in the order of the cells.
    pub releases: Vec<String>,
    /// From before the first step to after the last one.
    pub rows: Vec<MatrixRow>,
}

/// From a step's first statement on until the next step's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixRow {
    /// The step; `None` before the first one.
    pub step: Option<String>,
    /// What it does.
    pub operation: String,
    /// Releases of which an instance runs in some of its states.
    pub running: Vec<String>,
    /// A cell for each release and operation.
    pub cells: Vec<Cell>,
}

/// What comes of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The release.
    pub release: String,
    /// What it does.
    pub does: Does,
    /// What comes of it, in the worst state.
    #[serde(flatten)]
    pub outcome: Works,
    /// Statements tried, in all states.
    pub tried: u32,
    /// Those of them that did not work.
    pub failed: u32,
    /// How the worst state is reached, a line a moment; empty where everything works.
    pub way: Vec<String>,
}

/// What a release does with rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// SELECT.
    Read,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

/// All of them.
pub const DOES: [Does; 4] = [Does::Read, Does::Insert, Does::Update, Does::Delete];

/// How an operation ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Works {
    /// The release does nothing of the kind.
    Unused,
    /// As it should.
    Works,
    /// The database refuses it.
    Fails {
        /// The code.
        sqlstate: String,
        /// Which statement, and what the database answers.
        why: String,
    },
    /// It succeeds, and somebody reads what was not acknowledged.
    Wrong {
        /// Who reads what.
        why: String,
    },
}

impl Does {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Works {
    fn rank(&self) -> u8 {
        match self {
            Self::Unused => 0,
            Self::Works => 1,
            Self::Fails { .. } => 2,
            Self::Wrong { .. } => 3,
        }
    }

    /// A word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unused => "–",
            Self::Works => "works",
            Self::Fails { .. } => "fails",
            Self::Wrong { .. } => "wrong",
        }
    }
}

/// A cell with where it was found.
#[derive(Clone)]
struct Found {
    outcome: Works,
    tried: u32,
    failed: u32,
    /// The state, and the statement run in it; a read has none.
    at: Option<(usize, Option<Action>)>,
}

/// One group of tables: its runs, and a cell for each moment, release and operation.
struct Group {
    model: Model,
    tour: Tour,
    running: Vec<[bool; 2]>,
    cells: Vec<Vec<Found>>,
}

impl Matrix {
    /// The matrix of a plan.
    ///
    /// # Errors
    /// Why the plan cannot be modelled.
    pub fn new(plan: &Plan, bounds: &Bounds) -> Result<Self, Unmodelled> {
        let groups = groups(plan, bounds)?;
        let releases = release_ids(&groups);
        let steps = plan.steps().map(|step| (Some(step.id.clone()), step.operation.clone()));
        let first = (None, "before the migration".to_owned());
        let rows = std::iter::once(first)
            .chain(steps)
            .enumerate()
            .map(|(row, (step, operation))| {
                let runs = |r: &usize| groups.iter().any(|g| g.running[row][*r]);
                let running =
                    (0..releases.len()).filter(runs).map(|r| releases[r].clone()).collect();
                let cells = (0..releases.len() * DOES.len())
                    .map(|cell| merged(&groups, &releases, (row, cell)))
                    .collect();
                MatrixRow { step, operation, running, cells }
            })
            .collect();
        Ok(Self { states: STATES.to_owned(), releases, rows })
    }

    /// The run behind a cell, with the statement as its last moment; `None` for a cell that is not
    /// there, or in which nothing was tried. `step`: `None` before the first one.
    ///
    /// # Errors
    /// Why the plan cannot be modelled.
    pub fn trace(
        plan: &Plan,
        bounds: &Bounds,
        step: Option<&str>,
        (release, does): (&str, Does),
    ) -> Result<Option<Trace>, Unmodelled> {
        let groups = groups(plan, bounds)?;
        let row = match step {
            None => Some(0),
            Some(id) => plan.steps().position(|s| s.id == id).map(|at| at + 1),
        };
        let releases = release_ids(&groups);
        let Some((row, release)) = row.zip(releases.iter().position(|r| r == release)) else {
            return Ok(None);
        };
        let cell = release * DOES.len() + DOES.iter().position(|d| *d == does).unwrap_or_default();
        Ok(worst(&groups, (row, cell)).and_then(|(group, found)| group.shown(found)))
    }

    /// The matrix as text: a row a step, and below it what does not work.
    pub fn text(&self) -> String {
        let mut text = format!("found in the {}\n\n", self.states);
        let head: Vec<String> = self
            .releases
            .iter()
            .flat_map(|r| DOES.iter().map(move |d| format!("{:<9}", format!("{r} {}", d.name()))))
            .collect();
        text += &format!("{:<7}{}\n", "step", head.join(" ").trim_end());
        for row in &self.rows {
            let step = row.step.as_deref().unwrap_or("before");
            let cells: Vec<String> = row
                .cells
                .iter()
                .map(|cell| match &cell.outcome {
                    Works::Fails { sqlstate, .. } => format!("{sqlstate:<9}"),
                    other @ (Works::Unused | Works::Works | Works::Wrong { .. }) => {
                        format!("{:<9}", other.name())
                    }
                })
                .collect();
            text += &format!("{step:<7}{}\n", cells.join(" ").trim_end());
        }
        text + &self.failures()
    }

    /// What does not work, each thing once with the steps in which it does not.
    fn failures(&self) -> String {
        let mut said: Vec<(String, Vec<&str>)> = Vec::new();
        for row in &self.rows {
            for cell in &row.cells {
                let why = match &cell.outcome {
                    Works::Unused | Works::Works => continue,
                    Works::Fails { why, .. } | Works::Wrong { why } => why,
                };
                let line =
                    format!("{} {} {}: {why}", cell.release, cell.does.name(), cell.outcome.name());
                let step = row.step.as_deref().unwrap_or("before");
                match said.iter_mut().find(|(known, _)| *known == line) {
                    Some((_, steps)) => steps.push(step),
                    None => said.push((line, vec![step])),
                }
            }
        }
        let lines = said.iter().map(|(line, steps)| format!("{}: {line}\n", steps.join(", ")));
        let lines: String = lines.collect();
        if lines.is_empty() { lines } else { format!("\n{lines}") }
    }
}

fn groups(plan: &Plan, bounds: &Bounds) -> Result<Vec<Group>, Unmodelled> {
    let bounds = Bounds { faults: 0, procedure: false, ..bounds.clone() };
    slice::groups(plan)
        .iter()
        .map(|tables| {
            let mut model = Model::new(plan, &bounds, tables)?;
            model.locking = false;
            let tour = Tour::new(&mut model)?;
            Group::filled(model, tour)
        })
        .collect()
}

fn release_ids(groups: &[Group]) -> Vec<String> {
    let Some(group) = groups.first() else { return Vec::new() };
    let [old, new] = &group.model.releases;
    let two = group.model.has_two_releases().then(|| new.id.clone());
    std::iter::once(old.id.clone()).chain(two).collect()
}

/// The group in which a cell is worst.
fn worst(groups: &[Group], (row, cell): (usize, usize)) -> Option<(&Group, &Found)> {
    let all = groups.iter().map(|g| (g, &g.cells[row][cell]));
    all.rev().max_by_key(|(_, found)| found.outcome.rank())
}

fn merged(groups: &[Group], releases: &[String], (row, cell): (usize, usize)) -> Cell {
    let all = || groups.iter().map(|g| &g.cells[row][cell]);
    let (outcome, way) = match worst(groups, (row, cell)) {
        Some((group, found)) if found.outcome.rank() > 1 => {
            let trace = group.shown(found).unwrap_or_default();
            (found.outcome.clone(), trace.moments.iter().map(Moment::line).collect())
        }
        Some((_, found)) => (found.outcome.clone(), Vec::new()),
        None => (Works::Unused, Vec::new()),
    };
    Cell {
        release: releases[cell / DOES.len()].clone(),
        does: DOES[cell % DOES.len()],
        outcome,
        tried: all().map(|found| found.tried).sum(),
        failed: all().map(|found| found.failed).sum(),
        way,
    }
}

impl Group {
    fn filled(mut model: Model, tour: Tour) -> Result<Self, Unmodelled> {
        let n_releases = if model.has_two_releases() { 2 } else { 1 };
        let empty = Found { outcome: Works::Unused, tried: 0, failed: 0, at: None };
        let n_rows = model.steps.len() + 1;
        let mut cells = vec![vec![empty; n_releases * DOES.len()]; n_rows];
        let mut running = vec![[false; 2]; n_rows];
        let mut tried: Memo<(usize, u16, [u16; CELLS], bool), ()> = Memo::new();
        for (at, node) in tour.nodes.iter().enumerate() {
            let (row, _) = model.moment_of(&node.world);
            let live: Vec<usize> = model.live(node.world.fleet).collect();
            live.iter().for_each(|r| running[row][*r] = true);
            // Who else runs decides whose reading counts.
            let key = (row, node.world.schema, node.world.cells, live.len() > 1);
            if tried.get(&key).is_some() {
                continue;
            }
            let _known: Arc<()> = tried.put(key, ());
            for release in 0..n_releases {
                let of_release = &mut cells[row][release * DOES.len()..(release + 1) * DOES.len()];
                try_all(&mut model, node, at, (release, of_release))?;
            }
        }
        Ok(Self { model, tour, running, cells })
    }

    /// The run to where a cell was found.
    fn shown(&self, found: &Found) -> Option<Trace> {
        let (at, action) = found.at?;
        let node = &self.tour.nodes[at];
        let mut trace = self.tour.trace(&self.model, node);
        if let Some(action) = action {
            trace.moments.push(self.model.moment(&node.world, action, &node.world));
        }
        let (invariant, detail) = match &found.outcome {
            Works::Unused | Works::Works => return Some(trace),
            Works::Fails { why, .. } => ("the statement fails", why),
            Works::Wrong { why } => ("a wrong answer", why),
        };
        if let Some(last) = trace.moments.last_mut() {
            last.broken = Some(BrokenPromise {
                invariant: invariant.to_owned(),
                statement: "what this release would meet in this state".to_owned(),
                detail: detail.clone(),
            });
        }
        Some(trace)
    }
}

impl Found {
    fn add(&mut self, outcome: Works, at: (usize, Option<Action>)) {
        self.tried += 1;
        self.failed += u32::from(outcome.rank() > 1);
        if outcome.rank() > self.outcome.rank() {
            self.outcome = outcome;
            self.at = Some(at);
        }
    }
}

/// Everything that a release can do in a state.
fn try_all(
    model: &mut Model,
    node: &Node,
    at: usize,
    (release, cells): (usize, &mut [Found]),
) -> Result<(), Unmodelled> {
    let world = &node.world;
    if model.releases[release].uses.iter().all(Option::is_none) {
        return Ok(());
    }
    if let Err((sql, refused)) = model.resolves(world.schema, release) {
        let id = &model.releases[release].id;
        let why = format!("{id} runs {sql}: the database answers {refused}");
        let sqlstate = refused.sqlstate.to_owned();
        cells[0].add(Works::Fails { sqlstate, why }, (at, None));
        // A table that is not there can be written as little as read.
        for uses in model.releases[release].uses.iter().flatten() {
            if model.resolve(world.schema, &uses.relation).is_none() && !uses.writes.is_empty() {
                let sqlstate = "42P01".to_owned();
                let why = format!(
                    "{id} writes {}: the database answers 42P01 relation \"{}\" does not exist",
                    uses.relation, uses.relation
                );
                for cell in &mut cells[1..] {
                    let (sqlstate, why) = (sqlstate.clone(), why.clone());
                    cell.add(Works::Fails { sqlstate, why }, (at, None));
                }
            }
        }
    } else {
        let outcome = match reads(model, world, release) {
            Ok(()) => Works::Works,
            Err(broken) => Works::Wrong { why: broken.detail },
        };
        cells[0].add(outcome, (at, None));
    }
    for (action, (place, row)) in model.attempts(world, release) {
        let Action::App { statement, .. } = action else { continue };
        let outcome = match model.attempt(world, action, (place, row))? {
            Ok(after) => match misread(model, (world, &after), release) {
                None => Works::Works,
                Some(why) => {
                    let said = model.say_statement(world, release, (place, row), statement);
                    Works::Wrong { why: format!("{said}; then {why}") }
                }
            },
            Err(refused) => {
                let said = model.say_statement(world, release, (place, row), statement);
                Works::Fails {
                    sqlstate: refused.sqlstate.to_owned(),
                    why: format!("{said}: the database answers {refused}"),
                }
            }
        };
        cells[cell_of(statement)].add(outcome, (at, Some(action)));
    }
    Ok(())
}

fn cell_of(statement: Statement) -> usize {
    match statement {
        Statement::Insert | Statement::InsertLess | Statement::InsertNulls => 1,
        Statement::Set(..) | Statement::Touch => 2,
        Statement::Delete => 3,
    }
}

/// Whether a release reads in every row what was acknowledged.
fn reads(model: &Model, world: &World, release: usize) -> Result<(), Broken> {
    model.relays_well(world, release)?;
    for place in 0..model.tables.len() {
        for cell in world.rows(place, model.rows) {
            if let Some(record) = model.record(*cell) {
                model.reads_well(world, release, place, record)?;
            }
        }
    }
    Ok(())
}

/// Who reads after a write what was not acknowledged, and before it did not: the writer, or another
/// release that runs.
fn misread(model: &Model, (before, after): (&World, &World), writer: usize) -> Option<String> {
    let mut readers: Vec<usize> = model.live(before.fleet).collect();
    if !readers.contains(&writer) {
        readers.push(writer);
    }
    readers.into_iter().find_map(|reader| {
        let is_able = model.resolves(before.schema, reader).is_ok();
        if !is_able || reads(model, before, reader).is_err() {
            return None;
        }
        reads(model, after, reader).err().map(|broken| broken.detail)
    })
}

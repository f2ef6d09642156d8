//! What a rollback keeps of one group of tables: the runs of the tour, rolled back from after each
//! step, and run forward once more. Must not know other groups.

use std::sync::Arc;

use planner::Plan;
use planner::op::effect::Refusal;

use super::{Back, Loss};
use crate::ddl::Ran;
use crate::memo::Memo;
use crate::model::{Model, Unmodelled};
use crate::rows;
use crate::scenario::Bounds;
use crate::slice;
use crate::tour::{Node, Onward, Tour};
use crate::trace::Trace;
use crate::transition::{Action, Outcome};
use crate::value::Value;
use crate::world::{Mode, Runner, World};

/// Losses that are told of a step.
const LOSSES_MAX: usize = 3;

/// One group of tables.
pub(super) struct Judge {
    model: Model,
    tour: Arc<Tour>,
    /// Where a rollback ends that begins in a state.
    ends: Memo<World, End>,
    /// States after each step when the plan is run once more.
    again: Memo<World, Vec<Option<World>>>,
}

/// Where a rollback ends.
#[derive(Clone)]
enum End {
    /// Everything is rolled back.
    Back(World),
    /// It stops.
    Stopped(String),
}

/// What came of a rollback.
enum Found {
    Kept,
    /// Of which column or row, and what.
    Lost(String, Loss),
    Gone(String),
}

/// A row as a release reads it: its table's place, and columns with values.
type Seen = (usize, Vec<(String, Value)>);

impl Judge {
    /// One for each group of tables of a plan.
    pub(super) fn all(plan: &Plan, bounds: &Bounds) -> Result<Vec<Self>, Unmodelled> {
        // What is asked is what rows become, not how long somebody waits.
        let bounds = Bounds { faults: 0, procedure: false, ..bounds.clone() };
        slice::groups(plan)
            .iter()
            .map(|group| {
                let mut model = Model::new(plan, &bounds, group)?;
                (model.exposing, model.locking) = (true, false);
                let tour = Arc::new(Tour::new(&mut model)?);
                Ok(Self { model, tour, ends: Memo::new(), again: Memo::new() })
            })
            .collect()
    }

    /// What a rollback from right after a step comes to, in the worst run.
    pub(super) fn back(&mut self, step: usize) -> Result<Back, Unmodelled> {
        let tour = Arc::clone(&self.tour);
        let nodes: Vec<Node> = tour.after(&self.model, step).copied().collect();
        if nodes.is_empty() {
            return Ok(Back::Unreached { why: self.stopped() });
        }
        let (mut losses, mut told): (Vec<Loss>, Vec<String>) = (Vec::new(), Vec::new());
        for node in nodes {
            match self.judge(&node, step)? {
                Found::Kept => {}
                Found::Gone(why) => return Ok(Back::Irreversible { why }),
                Found::Lost(of, loss) => {
                    if !told.contains(&of) && losses.len() < LOSSES_MAX {
                        losses.push(loss);
                        told.push(of);
                    }
                }
            }
        }
        Ok(if losses.is_empty() { Back::Reversible } else { Back::WithLoss { losses } })
    }

    /// Why the run without any write does not come further.
    fn stopped(&mut self) -> String {
        let last = self.tour.nodes.iter().rfind(|node| node.wrote.is_none());
        let Some(world) = last.map(|node| node.world) else { return String::new() };
        self.refusal(&world)
    }

    fn judge(&mut self, node: &Node, step: usize) -> Result<Found, Unmodelled> {
        let is_new = node.wrote == Some(1) && self.model.has_two_releases();
        // What the old release could write the plan has to keep; what only the new shape holds may
        // stop a rollback until it is taken away by hand.
        let gone = |judge: &Self, why: String| {
            let wrote = judge.wrote(node);
            if is_new {
                Found::Lost(why.clone(), Loss { wrote, lost: why })
            } else if wrote.is_empty() {
                Found::Gone(why)
            } else {
                Found::Gone(format!("{wrote}: {why}"))
            }
        };
        let rolled = match self.end(&node.world)? {
            End::Back(world) => world,
            End::Stopped(why) => return Ok(gone(self, why)),
        };
        if let Err(why) = self.old_side(&rolled, node.rows) {
            return Ok(gone(self, why));
        }
        let Some(again) = self.again(&rolled)?[step] else { return Ok(Found::Kept) };
        Ok(match self.difference(&node.world, &rolled, &again) {
            Some((of, lost)) => Found::Lost(of, Loss { wrote: self.wrote(node), lost }),
            None => Found::Kept,
        })
    }

    /// The statement of the app in a node's run; empty where there is none.
    fn wrote(&self, node: &Node) -> String {
        let mut at = *node;
        while let Some((before, action)) = at.from {
            let earlier = self.tour.nodes[before];
            if matches!(action, Action::App { .. }) {
                return self.model.say(&earlier.world, action);
            }
            at = earlier;
        }
        String::new()
    }

    /// Where a rollback ends that is decided on in a state.
    fn end(&mut self, world: &World) -> Result<End, Unmodelled> {
        let first = match self.model.decide_back(world)? {
            Outcome::Next(first, _) => first,
            Outcome::Broken(broken) => return Ok(End::Stopped(broken.detail)),
        };
        if let Some(known) = self.ends.get(&first) {
            return Ok((*known).clone());
        }
        let (last, how) = self.model.run_on(&first, &mut |_, _, _| {})?;
        let end = match how {
            _ if last.runner.mode == Mode::RolledBack => End::Back(last),
            Onward::Broken(broken) => End::Stopped(broken.detail),
            Onward::To(..) | Onward::Nowhere => End::Stopped(self.refusal(&last)),
        };
        Ok((*self.ends.put(first, end)).clone())
    }

    /// What the server answers to the statements at hand.
    fn refusal(&mut self, world: &World) -> String {
        let runner = world.runner;
        let back = matches!(runner.mode, Mode::Back | Mode::BackTolerant);
        let Some(step) = self.model.steps.get(usize::from(runner.step)) else {
            return "the run ends, but the schema is not the one asked for".to_owned();
        };
        let (id, script) = (step.id.clone(), if back { &step.rollback } else { &step.script });
        let what = if back { "the rollback of step" } else { "step" };
        let Some(batch) = script.get(usize::from(runner.group)) else {
            return format!("the conditions of step {id} do not hold");
        };
        let ops = batch.ops.clone();
        match self.model.run(world, &ops) {
            Ok(Ran::Refused(Refusal { sqlstate, message })) => {
                format!("{what} {id} is refused: {sqlstate} {message}")
            }
            Ok(Ran::Done(_) | Ran::LeftInvalid(_)) | Err(_) => {
                format!("{what} {id} does not get on")
            }
        }
    }

    /// Whether the old release finds its rows, and in them what was acknowledged.
    fn old_side(&self, rolled: &World, rows: u16) -> Result<(), String> {
        let model = &self.model;
        if let Err((sql, refused)) = model.resolves(rolled.schema, 0) {
            return Err(format!(
                "{} runs {sql}: the database answers {refused}",
                model.releases[0].id
            ));
        }
        for place in 0..model.tables.len() {
            let Some(name) = &model.state(model.source).names[place] else { continue };
            for row in 0..model.rows {
                let cell = place * model.rows + row;
                match model.record(rolled.cells[cell]) {
                    Some(record) => {
                        model.reads_well(rolled, 0, place, record).map_err(|b| b.detail)?;
                    }
                    None if rows & (1 << cell) != 0 => {
                        return Err(format!("row {} of {name} is gone", row + 1));
                    }
                    None => {}
                }
            }
        }
        Ok(())
    }

    /// The states after each step when the plan is run once more.
    fn again(&mut self, rolled: &World) -> Result<Arc<Vec<Option<World>>>, Unmodelled> {
        if let Some(known) = self.again.get(rolled) {
            return Ok(known);
        }
        let mut after = vec![None; self.model.steps.len()];
        let mut passed = Vec::new();
        self.model.run_on(&once_more(rolled), &mut |_, _, world| passed.push(*world))?;
        for world in passed {
            if let (step @ 1.., true) = self.model.moment_of(&world) {
                after[step - 1].get_or_insert(world);
            }
        }
        Ok(self.again.put(*rolled, after))
    }

    /// What some running release read before the rollback and does not read now: its column, or the
    /// table of its row, and words.
    fn difference(
        &self,
        before: &World,
        rolled: &World,
        again: &World,
    ) -> Option<(String, String)> {
        self.model.live(before.fleet).find_map(|release| {
            let now = self.view(again, release);
            self.view(before, release).iter().find_map(|row| self.lost(release, rolled, row, &now))
        })
    }

    /// What is lost of one row that a release read.
    fn lost(
        &self,
        release: usize,
        rolled: &World,
        row: &Seen,
        now: &[Seen],
    ) -> Option<(String, String)> {
        let (place, values) = row;
        let id = &self.model.releases[release].id;
        let relation = &self.model.releases[release].uses[*place].as_ref()?.relation;
        let said = |of: String, what: String| {
            Some((of, format!("rolled back and migrated again, {id} {what}")))
        };
        if let Some((column, value)) = self.generated_anew(rolled, *place, values) {
            let of = format!("{relation}.{column}");
            return said(of.clone(), format!("reads another {value} in {of}"));
        }
        if now.contains(row) {
            return None;
        }
        let key = |values: &[(String, Value)]| -> Vec<Value> {
            let of_key = |c: &&(String, Value)| self.model.tables[*place].key.contains(&c.0);
            values.iter().filter(of_key).map(|(_, v)| v.clone()).collect()
        };
        let same = |other: &&Seen| other.0 == *place && key(&other.1) == key(values);
        let Some((_, other)) = now.iter().find(same) else {
            return said(relation.to_string(), format!("does not find the row in {relation}"));
        };
        let ((column, had), (_, reads)) = values.iter().zip(other).find(|(a, b)| a.1 != b.1)?;
        let of = format!("{relation}.{column}");
        said(of.clone(), format!("reads {reads} in {of} instead of {had}"))
    }

    /// A value that a generator gave to a column which the rollback takes away.
    fn generated_anew<'a>(
        &self,
        rolled: &World,
        place: usize,
        row: &'a [(String, Value)],
    ) -> Option<&'a (String, Value)> {
        let table = self.model.table(rolled.schema, place);
        row.iter().find(|(column, value)| {
            value.is_generated() && table.is_none_or(|t| t.column(column).is_none())
        })
    }

    /// What a release reads.
    fn view(&self, world: &World, release: usize) -> Vec<Seen> {
        let mut view: Vec<Seen> = Vec::new();
        for (place, uses) in self.model.releases[release].uses.iter().enumerate() {
            let Some(uses) = uses else { continue };
            let there = self.model.resolve(world.schema, &uses.relation);
            let Some(table) = there.and_then(|p| self.model.table(world.schema, p)) else {
                continue;
            };
            for (_, values) in self.model.present(world, place) {
                let read = uses.reads.iter().map(|c| (c.clone(), rows::get(table, values, c)));
                view.push((place, read.collect()));
            }
        }
        view
    }

    /// A run that shows what `back` says of a step.
    pub(super) fn trace(&mut self, step: usize) -> Result<Trace, Unmodelled> {
        let tour = Arc::clone(&self.tour);
        let nodes: Vec<Node> = tour.after(&self.model, step).copied().collect();
        let mut shown = nodes.first().copied();
        let mut rank = 0;
        for node in nodes {
            let found = match self.judge(&node, step)? {
                Found::Kept => 0,
                Found::Lost(..) => 1,
                Found::Gone(_) => 2,
            };
            if found > rank {
                (shown, rank) = (Some(node), found);
            }
        }
        let Some(node) = shown.or(tour.nodes.last().copied()) else { return Ok(Trace::default()) };
        self.played(&node, step)
    }

    /// Forward to a node, back, and forward again to the step.
    fn played(&mut self, node: &Node, step: usize) -> Result<Trace, Unmodelled> {
        let tour = Arc::clone(&self.tour);
        let mut trace = tour.trace(&self.model, node);
        let (first, way) = match self.model.decide_back(&node.world)? {
            Outcome::Next(first, _) => (first, self.way(&first, usize::MAX)?),
            Outcome::Broken(_) => (node.world, Vec::new()),
        };
        trace.moments.push(self.model.moment(&node.world, Action::RollBack, &first));
        let rolled = way.last().map_or(first, |(_, _, world)| *world);
        let mut all = way;
        if rolled.runner.mode == Mode::RolledBack {
            all.extend(self.way(&once_more(&rolled), step)?);
        }
        for (before, action, after) in all {
            trace.moments.push(self.model.moment(&before, action, &after));
        }
        Ok(trace)
    }

    /// What happens from a state on, until a step is done.
    fn way(
        &mut self,
        from: &World,
        step: usize,
    ) -> Result<Vec<(World, Action, World)>, Unmodelled> {
        let mut way = Vec::new();
        self.model
            .run_on(from, &mut |before, action, after| way.push((*before, action, *after)))?;
        let end = way.iter().position(|(_, _, world)| {
            self.model.moment_of(world) == (step.saturating_add(1), true)
        });
        if let Some(end) = end {
            way.truncate(end + 1);
        }
        Ok(way)
    }
}

/// The start of the plan over the rows that a rollback left.
fn once_more(rolled: &World) -> World {
    World { runner: Runner { step: 0, group: 0, mode: Mode::Forward }, cursor: 0, ..*rolled }
}

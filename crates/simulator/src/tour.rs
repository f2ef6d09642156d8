//! Runs without faults: the plan from its first step to its last, with at most one statement of the
//! app, at any moment of it. What is derived step by step (what a rollback keeps, what each release
//! can do) is derived in these states. Must not know what is asked of them.

use crate::memo::Memo;
use crate::model::{Answer, Model, Unmodelled};
use crate::proof::initial;
use crate::trace::Trace;
use crate::transition::{Action, Next, Outcome};
use crate::world::{CELLS, Mode, World};

/// Actions after which a run that does not end is given up: more than any plan has.
const ACTIONS_MAX: usize = 100_000;

/// The runs, as a tree of states; each state stands in it once.
pub(crate) struct Tour {
    pub(crate) nodes: Vec<Node>,
    known: Memo<World, usize>,
}

/// A state of a run.
#[derive(Clone, Copy)]
pub(crate) struct Node {
    pub(crate) world: World,
    /// The state before it, and what happened there.
    pub(crate) from: Option<(usize, Action)>,
    /// The release that has written, where one has.
    pub(crate) wrote: Option<usize>,
    /// Rows that somebody believes to be there: a bit each.
    pub(crate) rows: u16,
}

/// How the migration goes on by itself.
pub(crate) enum Onward {
    /// To another state.
    To(Action, World),
    /// It would break a promise.
    Broken(crate::invariant::Broken),
    /// Nothing is left to do, or nothing that is not refused.
    Nowhere,
}

impl Tour {
    /// Every run of a model.
    pub(crate) fn new(model: &mut Model) -> Result<Self, Unmodelled> {
        let mut tour = Self::bare(model)?;
        for base in 0..tour.nodes.len() {
            for written in writes(model, &tour.nodes[base], base)? {
                if let Some(at) = tour.add(written) {
                    tour.follow(model, at)?;
                }
            }
        }
        Ok(tour)
    }

    /// The run in which the app writes nothing.
    pub(crate) fn bare(model: &mut Model) -> Result<Self, Unmodelled> {
        let world = World { faults: 0, ..initial(model)? };
        let mut tour = Self { nodes: Vec::new(), known: Memo::new() };
        tour.add(Node { world, from: None, wrote: None, rows: bits(&world.cells) });
        tour.follow(model, 0)?;
        Ok(tour)
    }

    /// Adds a state; nothing where it is there already.
    fn add(&mut self, node: Node) -> Option<usize> {
        if self.known.get(&node.world).is_some() {
            return None;
        }
        let at = self.nodes.len();
        self.known.put(node.world, at);
        self.nodes.push(node);
        Some(at)
    }

    /// One action further, to a state that is new.
    fn step(&mut self, model: &mut Model, at: usize) -> Result<Option<usize>, Unmodelled> {
        let node = self.nodes[at];
        Ok(match model.onward(&node.world)? {
            Onward::To(action, world) => self.add(Node { world, from: Some((at, action)), ..node }),
            Onward::Broken(_) | Onward::Nowhere => None,
        })
    }

    fn follow(&mut self, model: &mut Model, mut at: usize) -> Result<(), Unmodelled> {
        while let Some(next) = self.step(model, at)? {
            at = next;
        }
        Ok(())
    }

    /// States right after a step: before the next one has begun.
    pub(crate) fn after<'a>(
        &'a self,
        model: &'a Model,
        step: usize,
    ) -> impl Iterator<Item = &'a Node> {
        self.nodes.iter().filter(move |node| model.moment_of(&node.world) == (step + 1, true))
    }

    /// The way from the start to a state.
    pub(crate) fn trace(&self, model: &Model, node: &Node) -> Trace {
        let mut way = Vec::new();
        let mut at = *node;
        while let Some((before, action)) = at.from {
            let earlier = self.nodes[before];
            way.push(model.moment(&earlier.world, action, &at.world));
            at = earlier;
        }
        way.push(model.start(&at.world));
        way.reverse();
        Trace { moments: way }
    }
}

/// The state after each statement that a running release may run.
fn writes(model: &mut Model, base: &Node, at: usize) -> Result<Vec<Node>, Unmodelled> {
    let mut found = Vec::new();
    for release in model.live(base.world.fleet) {
        for (action, world) in model.written(&base.world, release)? {
            let (before, after) = (bits(&base.world.cells), bits(&world.cells));
            let rows = (base.rows & !(before & !after)) | (after & !before);
            let from = Some((at, action));
            found.push(Node { world, from, wrote: Some(release), rows });
        }
    }
    Ok(found)
}

/// A bit for each row that is there.
pub(crate) fn bits(cells: &[u16; CELLS]) -> u16 {
    let there = cells.iter().enumerate().filter(|(_, cell)| **cell != 0);
    there.fold(0, |bits, (at, _)| bits | 1 << at)
}

impl Model {
    /// What the migration does next where nothing goes wrong and nobody decides otherwise.
    pub(crate) fn onward(&mut self, world: &World) -> Result<Onward, Unmodelled> {
        let mut next = Next::new();
        self.runner_actions(world, &mut next)?;
        let own = next.into_iter().find(|(action, _)| *action != Action::RollBack);
        Ok(match own {
            Some((action, Outcome::Next(world, _))) => Onward::To(action, world),
            Some((_, Outcome::Broken(broken))) => Onward::Broken(broken),
            None => Onward::Nowhere,
        })
    }

    /// Follows the migration to where it ends; `each` sees every state on the way.
    pub(crate) fn run_on(
        &mut self,
        from: &World,
        each: &mut dyn FnMut(&World, Action, &World),
    ) -> Result<(World, Onward), Unmodelled> {
        let mut world = *from;
        for _ in 0..ACTIONS_MAX {
            match self.onward(&world)? {
                // An action that leaves everything as it was would be taken for ever.
                Onward::To(_, after) if after == world => return Ok((world, Onward::Nowhere)),
                Onward::To(action, after) => {
                    each(&world, action, &after);
                    world = after;
                }
                end @ (Onward::Broken(_) | Onward::Nowhere) => return Ok((world, end)),
            }
        }
        Ok((world, Onward::Nowhere))
    }

    /// Statements of a release that succeed, with the states after them.
    fn written(
        &mut self,
        world: &World,
        release: usize,
    ) -> Result<Vec<(Action, World)>, Unmodelled> {
        let mut found = Vec::new();
        for (action, at) in self.attempts(world, release) {
            if let Ok(after) = self.attempt(world, action, at)? {
                found.push((action, after));
            }
        }
        Ok(found)
    }

    /// Every statement that a release may run on a row of a state.
    pub(crate) fn attempts(&self, world: &World, release: usize) -> Vec<(Action, (usize, usize))> {
        let small = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
        let mut all = Vec::new();
        for place in 0..self.tables.len() {
            for row in 0..self.rows {
                for statement in self.statements(world, release, (place, row)) {
                    let (release, at) = (small(release), (place, row));
                    let action =
                        Action::App { release, place: small(place), row: small(row), statement };
                    all.push((action, at));
                }
            }
        }
        all
    }

    /// Runs a statement of the app; the refusal is what it gets.
    pub(crate) fn attempt(
        &mut self,
        world: &World,
        action: Action,
        at: (usize, usize),
    ) -> Result<Answer<World>, Unmodelled> {
        let Action::App { release, statement, .. } = action else { return Ok(Ok(*world)) };
        let release = usize::from(release);
        let record = match self.execute(world, release, at, statement) {
            Ok(record) => record,
            Err(refused) => return Ok(Err(refused)),
        };
        let changes = match self.followed(world, Some(release), at, record.as_ref())? {
            Ok(changes) => changes,
            Err(refused) => return Ok(Err(refused)),
        };
        Ok(Ok(self.with_changes(world, changes)?))
    }

    /// Steps that have run or begun, and whether the last of them is through.
    pub(crate) fn moment_of(&self, world: &World) -> (usize, bool) {
        let step = usize::from(world.runner.step);
        let begun = world.runner.group > 0
            || world.cursor > 0
            || world.runner.mode != Mode::Forward
            || step < self.steps.len() && !self.is_undeployed(world);
        if begun { (step + 1, false) } else { (step, true) }
    }
}

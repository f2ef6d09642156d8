//! Everything that can happen next in a state, and its effect: the one function behind every
//! search and every walk. The app's part is here; the migration's is in `runner`.
//!
//! What is left out, because it adds no state: reads (each state is checked as if every release
//! read every row), statements that time out and are tried again, batches that deadlock and are
//! tried again, an instance that crashes between requests. A long transaction of the app may be
//! open at any statement of the migration, so it is not a state either.

use std::sync::Arc;

use crate::app::Statement;
use crate::fleet::Fleet;
use crate::invariant::{Always, Broken, seen};
use crate::model::{Changed, Effect, Model, Unmodelled};
use crate::relay::Changes;
use crate::search::Edge;
use crate::store::Packed;
use crate::world::{Mode, Runner, World};

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    /// A release (0 oldest, 1 newest) runs a statement on a row of a table.
    App { release: u8, place: u8, row: u8, statement: Statement },
    /// The migration runs the next statements of its step.
    Run,
    /// A backfill's next batch.
    Batch,
    /// The step's conditions hold: on to the next.
    Pass,
    /// A backup is taken and restored.
    Backup,
    /// One instance is rolled forward, or back.
    Roll { forward: bool },
    /// The operator looks at what a crash left, and goes on.
    Recover,
    /// The operator decides to roll the migration back.
    RollBack,
    /// Fault: the connection is lost before the statement takes effect.
    CrashBefore,
    /// Fault: the statement takes effect, the connection is lost before the answer.
    CrashAfter,
    /// Fault: a concurrent index build fails.
    BuildFails,
    /// Fault: the deploy is taken back half-way.
    AbortDeploy,
    /// Fault: the deploy is done, but one instance of the release that it takes away goes on: a job, a
    /// console, a worker that somebody forgot.
    Straggler,
    /// That instance goes.
    StragglerGoes,
}

impl Action {
    /// Whether it uses up a fault.
    pub(crate) fn is_fault(self) -> bool {
        matches!(
            self,
            Self::CrashBefore
                | Self::CrashAfter
                | Self::BuildFails
                | Self::AbortDeploy
                | Self::Straggler
        )
    }
}

/// Where an action leads.
pub(crate) enum Outcome {
    /// To another state; bits of `SOMETIMES` that it shows.
    Next(World, u8),
    /// To a broken promise.
    Broken(Broken),
}

/// The bit of `SOMETIMES` that a release's write shows. A write that is put off in a lull must show
/// the same: the migration has begun before it and after it.
fn wrote(world: &World, release: usize) -> u8 {
    let begun = world.runner != Runner { step: 0, group: 0, mode: Mode::Forward };
    match (begun, release) {
        (_, 1..) => seen::NEW_WROTE,
        (true, 0) => seen::OLD_WROTE,
        (false, 0) => 0,
    }
}

/// Actions of a state with their outcomes.
pub(crate) type Next = Vec<(Action, Outcome)>;

impl Model {
    /// Everything that can happen next. The migration first, then the app.
    pub(crate) fn successors(&mut self, world: &World, next: &mut Next) -> Result<(), Unmodelled> {
        next.clear();
        self.runner_actions(world, next)?;
        let rows = self.rows_of(world);
        for release in self.live(world.fleet) {
            let bit = wrote(world, release);
            let effects = self.app_actions(world, (release, rows))?;
            next.extend(self.outcomes(world, &effects, bit));
        }
        Ok(())
    }

    /// The same with nothing remembered: each effect is worked out where it is asked for.
    pub(crate) fn successors_anew(
        &mut self,
        world: &World,
        next: &mut Next,
    ) -> Result<(), Unmodelled> {
        next.clear();
        self.runner_actions(world, next)?;
        for release in self.live(world.fleet) {
            let bit = wrote(world, release);
            let effects = self.app_effects(world, release)?;
            next.extend(self.outcomes(world, &effects, bit));
        }
        Ok(())
    }

    /// Where the app's effects lead.
    fn outcomes<'e>(
        &'e self,
        world: &'e World,
        effects: &'e [(Action, Effect)],
        bit: u8,
    ) -> impl Iterator<Item = (Action, Outcome)> + 'e {
        effects.iter().map(move |(action, effect)| {
            let outcome = match effect {
                Ok(after) => Outcome::Next(self.with_rows(world, *after), bit),
                Err(broken) => Outcome::Broken(broken.clone()),
            };
            (*action, outcome)
        })
    }

    /// The same for a search: hands on where each action leads, but for the app's in a lull, until
    /// `go` says no. Bits of `SOMETIMES` that were seen.
    pub(crate) fn follow(
        &mut self,
        state: Packed,
        next: &mut Next,
        mut go: impl FnMut(&mut Self, Action, Result<(Packed, Edge), &Broken>) -> bool,
    ) -> Result<u8, Unmodelled> {
        let world = self.unpack(state);
        let mut seen = 0;
        next.clear();
        self.runner_actions(&world, next)?;
        let is_lull = self.bounds.reduced && self.is_lull(&world, next);
        for (action, outcome) in next.drain(..) {
            let edge = if action.is_fault() { Edge::Fault } else { Edge::Kept };
            let goes_on = match outcome {
                Outcome::Next(to, bits) => {
                    seen |= bits;
                    let to = self.pack(&to);
                    go(self, action, Ok((to, edge)))
                }
                Outcome::Broken(broken) => go(self, action, Err(&broken)),
            };
            if !goes_on {
                return Ok(seen);
            }
        }
        if is_lull {
            return Ok(seen);
        }
        for release in self.live(world.fleet) {
            let effects = self.app_actions(&world, (release, state.rows()))?;
            if !effects.is_empty() {
                seen |= wrote(&world, release);
            }
            for (action, effect) in effects.iter() {
                let led = effect.as_ref().map(|rows| (state.with_rows(*rows), Edge::Forgotten));
                if !go(self, *action, led) {
                    return Ok(seen);
                }
            }
        }
        Ok(seen)
    }

    /// Releases that have an instance.
    pub(crate) fn live(&self, fleet: Fleet) -> impl Iterator<Item = usize> + use<> {
        let two = self.has_two_releases();
        let old = fleet.old > 0 || !two;
        let new = fleet.new > 0 && two;
        old.then_some(0).into_iter().chain(new.then_some(1))
    }

    /// The app's part: worked out once for all states that share schema and rows.
    pub(crate) fn app_actions(
        &mut self,
        world: &World,
        (release, rows): (usize, u32),
    ) -> Result<Arc<Vec<(Action, Effect)>>, Unmodelled> {
        let id = u8::try_from(release).unwrap_or(u8::MAX);
        let key = (world.schema, id, rows);
        if let Some(known) = self.memo.app.get(&key) {
            return Ok(known);
        }
        let effects = self.app_effects(world, release)?;
        Ok(self.memo.app.put(key, effects))
    }

    fn app_effects(
        &mut self,
        world: &World,
        release: usize,
    ) -> Result<Vec<(Action, Effect)>, Unmodelled> {
        let small = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
        let release = small(release);
        let mut effects = Vec::new();
        for place in 0..self.tables.len() {
            for row in 0..self.rows {
                for (statement, changed) in self.on_row(world, release, (place, row))?.iter() {
                    let (place, row, statement) = (small(place), small(row), *statement);
                    let action = Action::App { release, place, row, statement };
                    let effect = match changed {
                        Ok(changes) => Ok(self.rows_after(world, changes)),
                        Err(broken) => Err(broken.clone()),
                    };
                    effects.push((action, effect));
                }
            }
        }
        Ok(effects)
    }

    /// The part about one row: worked out once for all states that share the rows that matter to it.
    fn on_row(
        &mut self,
        world: &World,
        release: u8,
        at: (usize, usize),
    ) -> Result<Arc<Vec<(Statement, Changed)>>, Unmodelled> {
        let Some(near) = self.near(world, release, at) else {
            return Ok(Arc::new(self.work_out(world, usize::from(release), at)?));
        };
        let key = (world.schema, release, at, near);
        if let Some(known) = self.memo.row.get(&key) {
            return Ok(known);
        }
        let found = self.work_out(world, usize::from(release), at)?;
        Ok(self.memo.row.put(key, found))
    }

    fn work_out(
        &mut self,
        world: &World,
        release: usize,
        at: (usize, usize),
    ) -> Result<Vec<(Statement, Changed)>, Unmodelled> {
        let mut found = Vec::new();
        for statement in self.statements(world, release, at) {
            let changed = match self.execute(world, release, at, statement) {
                Ok(after) => self.followed(world, Some(release), at, after.as_ref())?,
                Err(refused) => Err(refused),
            };
            let changed = match changed {
                Ok(changes) => Ok(self.interned(changes)?),
                Err(refused) => Err(self.refused(world, release, (at, statement), &refused)),
            };
            found.push((statement, changed));
        }
        Ok(found)
    }

    /// The numbers of what cells hold after changes.
    fn interned(&mut self, changes: Changes) -> Result<Vec<(usize, u16)>, Unmodelled> {
        let number = |(cell, record): (usize, Option<_>)| {
            Ok((cell, record.map_or(Ok(0), |record| self.intern(record))?))
        };
        changes.into_iter().map(number).collect()
    }

    /// The state with other rows in some cells.
    pub(crate) fn with_changes(
        &mut self,
        world: &World,
        changes: Changes,
    ) -> Result<World, Unmodelled> {
        let mut after = *world;
        for (cell, record) in self.interned(changes)? {
            after.cells[cell] = record;
        }
        Ok(after)
    }

    fn refused(
        &self,
        world: &World,
        release: usize,
        (at, statement): ((usize, usize), Statement),
        refused: &planner::op::effect::Refusal,
    ) -> Broken {
        let said = self.say_statement(world, release, at, statement);
        Broken::new(Always::NoBrokenStatement, format!("{said}: the database answers {refused}"))
    }

    /// Promises that a state alone can break: every live release reads every row.
    pub(crate) fn look(&mut self, state: Packed) -> Result<(), Broken> {
        let mask = self.mask(state.fleet());
        if mask == 0 && !self.may_be_down {
            return Err(outage());
        }
        let later = self.later(state.runner(), mask);
        let key = (state.schema(), later.map_or(mask, |r| mask | 4 << r), state.rows());
        if let Some(known) = self.memo.look.get(&key) {
            return (*known).clone();
        }
        let found = self.look_at(&self.unpack(state), later);
        (*self.memo.look.put(key, found)).clone()
    }

    /// The same with nothing remembered.
    pub(crate) fn look_anew(&self, world: &World) -> Result<(), Broken> {
        let mask = self.mask(world.fleet);
        if mask == 0 && !self.may_be_down {
            return Err(outage());
        }
        self.look_at(world, self.later(world.runner, mask))
    }

    /// Releases that have an instance, a bit each.
    fn mask(&self, fleet: Fleet) -> u8 {
        self.live(fleet).fold(0, |mask, release| mask | 1 << release)
    }

    /// The release that will meet the state on a replica, where it does not run yet.
    fn later(&self, runner: Runner, mask: u8) -> Option<usize> {
        self.replicas.reader(runner).filter(|r| mask & 1 << r == 0)
    }

    /// Every release that runs reads every row; and the one that comes later.
    fn look_at(&self, world: &World, later: Option<usize>) -> Result<(), Broken> {
        self.live(world.fleet).try_for_each(|release| self.look_as(world, release))?;
        let Some(release) = later else { return Ok(()) };
        self.look_as(world, release).map_err(|broken| {
            let id = &self.releases[release].id;
            let detail =
                format!("on a replica that is still here when {id} starts: {}", broken.detail);
            Broken { detail, ..broken }
        })
    }

    /// A release reads every row.
    fn look_as(&self, world: &World, release: usize) -> Result<(), Broken> {
        self.relays_well(world, release)?;
        if let Err((sql, refused)) = self.resolves(world.schema, release) {
            let id = &self.releases[release].id;
            return Err(Broken::new(
                Always::NoBrokenStatement,
                format!("{id} runs {sql}: the database answers {refused}"),
            ));
        }
        for place in 0..self.tables.len() {
            for &cell in world.rows(place, self.rows) {
                if let Some(record) = self.record(cell) {
                    self.reads_well(world, release, place, record)?;
                }
            }
        }
        Ok(())
    }
}

fn outage() -> Broken {
    Broken::new(
        Always::NoOutage,
        "no instance of any release is left, and the request allows no downtime".to_owned(),
    )
}

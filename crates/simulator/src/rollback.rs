//! The way back: from any step before the point of no return, the rollback scripts run backwards
//! while traffic goes on. A step that was interrupted is rolled back tolerantly: what is not there
//! need not be undone. Must not know the way forward.

use planner::backfill::{Backfill, Work};
use planner::op::Op;
use planner::plan::StepKind;

use crate::ddl::Ran;
use crate::eval::Around;
use crate::fleet::Fleet;
use crate::invariant::{Always, Broken, seen};
use crate::model::{Model, Unmodelled};
use crate::rows;
use crate::transition::{Action, Next, Outcome};
use crate::world::{Mode, Runner, World};

impl Model {
    /// Whether the plan still promises a way back from here.
    pub(crate) fn may_roll_back(&self, world: &World) -> bool {
        let at = usize::from(world.runner.step);
        let forward = matches!(
            world.runner.mode,
            Mode::Forward | Mode::Again | Mode::Crashed | Mode::DeployBack
        );
        let begun = is_begun(world);
        let before = self.point.is_none_or(|point| at < point || (at == point && !begun));
        let moved = at > 0 || begun;
        forward && before && moved
    }

    pub(crate) fn decide_back(&mut self, world: &World) -> Result<Outcome, Unmodelled> {
        let mut back = *world;
        back.cursor = 0;
        let at = usize::from(world.runner.step);
        let deploying = at < self.steps.len() && !self.is_undeployed(world);
        let begun = is_begun(world) || deploying;
        if begun {
            back.runner = Runner { step: world.runner.step, group: 0, mode: Mode::BackTolerant };
            return Ok(self.settle(back));
        }
        Ok(self.step_back(back))
    }

    /// To the step before; before the first, everything is rolled back.
    fn step_back(&self, mut world: World) -> Outcome {
        if world.runner.step == 0 {
            world.runner = Runner { step: 0, group: 0, mode: Mode::RolledBack };
            if world.kept.iter().zip(&world.cells).any(|(kept, cell)| *kept != 0 && *cell == 0) {
                return Outcome::Broken(Broken::new(
                    Always::Reversible,
                    "every step has been rolled back, but a row that a backfill deleted is not there again".to_owned(),
                ));
            }
            let fleet = Fleet::before_all(self.bounds.instances);
            // An instance of the newest release may be left, where the plan does not wait for it.
            return if self.is_source(world.schema) && world.fleet.old == fleet.old {
                Outcome::Next(world, seen::ROLLED_BACK)
            } else {
                Outcome::Broken(Broken::new(
                    Always::Reversible,
                    "every step has been rolled back, but the schema is not what it was".to_owned(),
                ))
            };
        }
        world.runner = Runner { step: world.runner.step - 1, group: 0, mode: Mode::Back };
        self.settle(world)
    }

    /// Past steps that need no undoing.
    fn settle(&self, world: World) -> Outcome {
        let step = self.step_at(&world);
        let through = match step.kind {
            StepKind::Deploy => self.is_undeployed(&world),
            StepKind::Gate | StepKind::Backup => true,
            StepKind::Ddl | StepKind::Backfill => {
                usize::from(world.runner.group) >= step.rollback.len()
            }
        };
        if through { self.step_back(world) } else { Outcome::Next(world, 0) }
    }

    pub(crate) fn backward(&mut self, world: &World, next: &mut Next) -> Result<(), Unmodelled> {
        let step = usize::from(world.runner.step);
        if self.steps[step].kind == StepKind::Deploy {
            let after = self.deploy_back(world);
            next.push((Action::Roll { forward: false }, self.settle(after)));
            if let Some(left) = self.left_behind(world, after.fleet) {
                next.push((Action::Straggler, self.step_back(left)));
            }
            return Ok(());
        }
        if let Some(after) = self.without_straggler(world) {
            next.push((Action::StragglerGoes, Outcome::Next(after, 0)));
        }
        let group = usize::from(world.runner.group);
        let Some(batch) = self.steps[step].rollback.get(group) else { return Ok(()) };
        let (ops, timeout) = (batch.ops.clone(), batch.lock_timeout_ms);
        if let Some(broken) = self.blocks(world, &ops, timeout) {
            next.push((Action::Run, Outcome::Broken(broken)));
            return Ok(());
        }
        let ran = match ops.as_slice() {
            [Op::RunUndo { backfill }] => Ran::Done(self.undo(world, &backfill.clone())?),
            _ => self.run_batch(world, &ops, true)?,
        };
        let mut after = match (ran, world.runner.mode) {
            (Ran::Done(after), _) => after,
            // Nothing to undo: the interrupted step never got so far.
            (Ran::Refused(refused), Mode::BackTolerant) if is_undone(refused.sqlstate) => *world,
            (Ran::Refused(_) | Ran::LeftInvalid(_), _) => return Ok(()),
        };
        let landed = after;
        after.runner.group += 1;
        next.push((Action::Run, self.settle(after)));
        if world.faults > 0 {
            let mut lost = landed;
            lost.runner = Runner { step: world.runner.step, group: 0, mode: Mode::BackTolerant };
            lost.faults -= 1;
            next.push((Action::CrashAfter, Outcome::Next(lost, seen::FAULT)));
        }
        Ok(())
    }

    /// Puts back what a backfill overwrote, where nobody has written since.
    fn undo(&mut self, world: &World, backfill: &Backfill) -> Result<World, Unmodelled> {
        let mut after = *world;
        let Some(place) = self.resolve(world.schema, backfill.written()) else { return Ok(after) };
        let number = self.backfill(&backfill.name).unwrap_or_default();
        after.finished &= !(1 << number);
        match backfill.work {
            Work::Update => {}
            Work::Delete => return Ok(self.put_back(after, place)),
            Work::Insert { .. } => return Ok(self.take_away(after, place)),
        }
        for row in 0..self.rows {
            let cell = place * self.rows + row;
            let Some(mut record) = self.record(world.cells[cell]).cloned() else { continue };
            let Some(table) = self.table(world.schema, place) else { continue };
            let untouched = record
                .undo
                .iter()
                .all(|(c, _, given)| rows::get(table, &record.values, c).same(given));
            if untouched {
                let given: Vec<_> =
                    record.undo.iter().map(|(c, before, _)| (c.clone(), before.clone())).collect();
                let find = self.finder(world);
                let around = Around::with(&backfill.table.name, &find);
                match rows::update(table, &record.values, &given, &around) {
                    Ok(values) => record.values = values,
                    Err(_) => continue,
                }
            }
            record.undo.clear();
            after.cells[cell] = self.intern(record)?;
        }
        Ok(after)
    }

    /// Deleted rows as they were, where nobody has made them anew and their parents are still there.
    fn put_back(&self, mut world: World, place: usize) -> World {
        for row in 0..self.rows {
            let cell = place * self.rows + row;
            let kept = std::mem::take(&mut world.kept[cell]);
            let Some(record) = self.record(kept).filter(|_| world.cells[cell] == 0) else {
                continue;
            };
            if self.check_keys(&world, (place, row), None, &record.values).is_ok() {
                world.cells[cell] = kept;
            }
        }
        world
    }

    /// Rows that a backfill brought, where nobody has written them since.
    fn take_away(&self, mut world: World, place: usize) -> World {
        for row in 0..self.rows {
            let cell = place * self.rows + row;
            let brought = self.record(world.cells[cell]).is_some_and(|record| record.brought);
            if brought {
                world.cells[cell] = 0;
            }
        }
        world
    }
}

/// Whether the step at hand may have had some effect.
fn is_begun(world: &World) -> bool {
    world.runner.group > 0 || matches!(world.runner.mode, Mode::Crashed | Mode::Again)
}

/// SQLSTATEs that say that there is nothing to undo: what should go is not there, or what should
/// come back is there still.
fn is_undone(sqlstate: &str) -> bool {
    matches!(
        sqlstate,
        "42704" | "42703" | "42P01" | "3F000" | "42883" | "42P07" | "42710" | "42701" | "22023"
    )
}

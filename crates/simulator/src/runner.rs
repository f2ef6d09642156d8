//! The migration's runner: an operator who runs the plan step by step, forward or back, over a
//! connection that can be lost. After a crash the operator looks at the step's first check: if it
//! holds the step is done, otherwise the step is run again from its first statement.

use planner::backfill::{Backfill, Work};
use planner::op::Op;
use planner::plan::StepKind;

use crate::copy::Copied;
use crate::ddl::{self, Ran};
use crate::eval::{Around, Find};
use crate::holds::left;
use crate::invariant::{Always, Broken, seen};
use crate::model::{Model, Unmodelled};
use crate::rows;
use crate::transition::{Action, Next, Outcome};
use crate::world::{Mode, Runner, World};

impl Model {
    /// What the migration, and those who operate it, can do next.
    pub(crate) fn runner_actions(
        &mut self,
        world: &World,
        next: &mut Next,
    ) -> Result<(), Unmodelled> {
        let at = usize::from(world.runner.step);
        let done = at >= self.steps.len();
        match world.runner.mode {
            Mode::RolledBack => return Ok(()),
            Mode::Forward | Mode::Again => {
                if !done {
                    self.forward(world, next)?;
                }
                self.straggler(world, next);
            }
            Mode::Crashed => {
                let outcome = self.recover(world)?;
                next.push((Action::Recover, outcome));
            }
            Mode::DeployBack => {
                next.push((Action::Roll { forward: false }, self.roll_one_back(world)));
            }
            Mode::Back | Mode::BackTolerant => self.backward(world, next)?,
        }
        if self.may_roll_back(world) {
            next.push((Action::RollBack, self.decide_back(world)?));
        }
        Ok(())
    }

    pub(crate) fn step_at(&self, world: &World) -> &crate::model::StepModel {
        &self.steps[usize::from(world.runner.step)]
    }

    fn forward(&mut self, world: &World, next: &mut Next) -> Result<(), Unmodelled> {
        match self.step_at(world).kind {
            StepKind::Deploy => {
                self.deploy(world, next);
                Ok(())
            }
            StepKind::Gate => {
                if self.checks_hold(world) {
                    let passed = World { gated: true, ..*world };
                    let outcome = self.advance(&passed);
                    next.push((Action::Pass, outcome));
                }
                Ok(())
            }
            StepKind::Backup => {
                let taken = World { backup: true, ..*world };
                let outcome = self.advance(&taken);
                next.push((Action::Backup, outcome));
                Ok(())
            }
            StepKind::Ddl | StepKind::Backfill => self.statements_of_step(world, next),
        }
    }

    fn checks_hold(&self, world: &World) -> bool {
        self.step_at(world).checks.iter().all(|c| self.holds(world, c))
    }

    /// To the next step; a plan that is through must have made the schema that was asked for.
    pub(crate) fn advance(&self, world: &World) -> Outcome {
        let step = world.runner.step + 1;
        let mut after = *world;
        after.runner = Runner { step, group: 0, mode: Mode::Forward };
        // What lies behind the cursor no longer matters: fewer states to tell apart.
        after.cursor = 0;
        if usize::from(step) < self.steps.len() {
            return Outcome::Next(after, 0);
        }
        match self.is_target(after.schema) {
            true => Outcome::Next(after, seen::FINISHED),
            false => Outcome::Broken(Broken::new(
                Always::FinishedMeansDone,
                "every step has run, but the schema is not the one asked for".to_owned(),
            )),
        }
    }

    /// The next batch of the step's script, and the ways it can go wrong.
    fn statements_of_step(&mut self, world: &World, next: &mut Next) -> Result<(), Unmodelled> {
        let (step, group) = (usize::from(world.runner.step), usize::from(world.runner.group));
        if group >= self.steps[step].script.len() {
            if self.checks_hold(world) {
                let outcome = self.advance(world);
                next.push((Action::Pass, outcome));
            }
            return Ok(());
        }
        let ops = self.steps[step].script[group].ops.clone();
        if let Some(broken) =
            self.blocks(world, &ops, self.steps[step].script[group].lock_timeout_ms)
        {
            next.push((Action::Run, Outcome::Broken(broken)));
            return Ok(());
        }
        if let Some(broken) = self.out_of_order(world, &ops) {
            next.push((Action::Run, Outcome::Broken(broken)));
            return Ok(());
        }
        if let [Op::RunBackfill { backfill }] = ops.as_slice() {
            let (after, bits) = self.batch(world, &backfill.clone())?;
            self.with_crashes(world, (Action::Batch, after, bits), next);
            return Ok(());
        }
        match self.run_batch(world, &ops, false)? {
            Ran::Done(mut after) => {
                after.runner.group += 1;
                after.runner.mode = Mode::Forward;
                self.with_crashes(world, (Action::Run, after, 0), next);
            }
            Ran::Refused(_) => {}
            Ran::LeftInvalid(mut after) => {
                after.runner.mode = Mode::Crashed;
                next.push((Action::Run, Outcome::Next(after, 0)));
            }
        }
        self.failing_build(world, &ops, next)
    }

    fn failing_build(
        &mut self,
        world: &World,
        ops: &[Op],
        next: &mut Next,
    ) -> Result<(), Unmodelled> {
        let [op @ Op::CreateIndex { concurrently: true, .. }] = ops else { return Ok(()) };
        if world.faults == 0 {
            return Ok(());
        }
        if let Some(mut after) = self.leave_invalid(world, op)? {
            after.runner.mode = Mode::Crashed;
            after.faults -= 1;
            next.push((Action::BuildFails, Outcome::Next(after, seen::FAULT)));
        }
        Ok(())
    }

    /// The action itself, completed if it was the step's last; and, while faults are left, the same
    /// with the connection lost before or after it.
    fn with_crashes(
        &self,
        world: &World,
        (action, after, bits): (Action, World, u8),
        next: &mut Next,
    ) {
        let step = usize::from(after.runner.step);
        let last = usize::from(after.runner.group) >= self.steps[step].script.len();
        let outcome = if last && self.checks_hold(&after) {
            passed(self.advance(&after), bits)
        } else {
            Outcome::Next(after, bits)
        };
        next.push((action, outcome));
        if world.faults == 0 {
            return;
        }
        for (fault, from) in [(Action::CrashBefore, world), (Action::CrashAfter, &after)] {
            let mut lost = *from;
            lost.runner = Runner { mode: Mode::Crashed, ..world.runner };
            lost.faults = world.faults - 1;
            next.push((fault, Outcome::Next(lost, seen::FAULT)));
        }
    }

    /// The operator looks at the first check. A step without checks is looked at by hand: what
    /// the server would refuse now has taken effect.
    fn recover(&mut self, world: &World) -> Result<Outcome, Unmodelled> {
        let (at, group) = (usize::from(world.runner.step), usize::from(world.runner.group));
        let step = &self.steps[at];
        if step.checks.is_empty() && group < step.script.len() {
            let ops = step.script[group].ops.clone();
            let mut on = *world;
            on.runner.mode = Mode::Again;
            if matches!(self.run_batch(world, &ops, false)?, Ran::Refused(_)) {
                on.runner.group += 1;
            }
            return Ok(Outcome::Next(on, 0));
        }
        let done = step.checks.first().is_some_and(|c| self.holds(world, c));
        if done && self.checks_hold(world) {
            return Ok(self.advance(world));
        }
        let mut again = *world;
        again.runner = Runner { step: world.runner.step, group: 0, mode: Mode::Again };
        Ok(Outcome::Next(again, 0))
    }

    /// Runs the batch at hand: worked out once for all states that share schema and rows. What it
    /// makes of finished backfills follows from the helpers being dropped.
    pub(crate) fn run_batch(
        &mut self,
        world: &World,
        ops: &[Op],
        back: bool,
    ) -> Result<Ran, Unmodelled> {
        let key = (world.schema, world.cells, (world.runner.step, world.runner.group, back));
        let ran = match self.memo.run.get(&key) {
            Some(known) => known,
            None => {
                let ran = self.run_at(world, ops, Some(key.2))?;
                self.memo.run.put(key, ran)
            }
        };
        let drops = ops.iter().any(|op| matches!(op, Op::DropHelpers));
        let here = |made: &World| World {
            schema: made.schema,
            cells: made.cells,
            finished: if drops { 0 } else { world.finished },
            cursor: if drops { 0 } else { world.cursor },
            ..*world
        };
        Ok(match &*ran {
            Ran::Done(made) => Ran::Done(here(made)),
            Ran::LeftInvalid(made) => Ran::LeftInvalid(here(made)),
            Ran::Refused(refused) => Ran::Refused(refused.clone()),
        })
    }

    /// Whether the statements hold a lock for long, or wait for one with everybody behind them.
    pub(crate) fn blocks(
        &mut self,
        world: &World,
        ops: &[Op],
        lock_timeout_ms: u64,
    ) -> Option<Broken> {
        if !self.locking {
            return None;
        }
        let _somebody_to_wait = self.live(world.fleet).next()?;
        for op in ops {
            if let Op::Update { table, .. } | Op::Delete { table, .. } = op
                && self.big.contains(table)
            {
                return Some(Broken::new(
                    Always::NoLongBlock,
                    format!(
                        "one transaction changes the rows of {table} one after the other and keeps each locked to its end: writes to them wait for all of it"
                    ),
                ));
            }
        }
        let back = matches!(world.runner.mode, Mode::Back | Mode::BackTolerant);
        let key = (world.schema, (world.runner.step, world.runner.group, back));
        let locks = match self.memo.locks.get(&key) {
            Some(known) => known,
            None => {
                let locks = self.locks(world.schema, ops);
                self.memo.locks.put(key, locks)
            }
        };
        for lock in locks.iter() {
            let table = lock.relation.clone();
            let mode = lock.mode.name();
            if lock.is_long() && self.big.contains(lock.worked_through()) {
                let through = match &lock.through {
                    Some(other) => format!("all of {other}"),
                    None => "the whole table".to_owned(),
                };
                return Some(Broken::new(
                    Always::NoLongBlock,
                    format!(
                        "{mode} on {table} is held while {through} is worked through: requests wait for all of it"
                    ),
                ));
            }
            let used = self.releases.iter().flat_map(|r| r.uses.iter().flatten());
            let is_used = used.into_iter().any(|u| u.relation == table);
            if !lock.blocks.is_empty() && lock_timeout_ms == 0 && is_used {
                return Some(Broken::new(
                    Always::NoLongBlock,
                    format!(
                        "a long transaction of the app is open on {table}: the statement waits for {mode} without a lock_timeout, and every request queues behind it"
                    ),
                ));
            }
        }
        None
    }

    /// Whether the statements destroy what no gate or backup has been seen to spare.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others destroy nothing")]
    fn out_of_order(&self, world: &World, ops: &[Op]) -> Option<Broken> {
        if !self.bounds.procedure {
            return None;
        }
        let undo = self.backfills.iter().any(Backfill::keeps_what_goes);
        let destroys = ops.iter().find(|op| match op {
            Op::DropColumn { .. } | Op::DropTable { .. } | Op::Delete { .. } => true,
            // With it go the rows as they were before an in-place backfill.
            Op::DropHelpers => undo,
            _ => false,
        })?;
        let sql = planner::op::sql::render(destroys);
        if !world.backup {
            return Some(Broken::new(
                Always::BackupBeforeDestruction,
                format!("{sql} runs, and no backup has been taken"),
            ));
        }
        if !world.gated {
            return Some(Broken::new(
                Always::GateBeforeContract,
                format!(
                    "{sql} runs, and no gate has verified since the last deploy that nobody needs it"
                ),
            ));
        }
        let later = self.steps.iter().skip(usize::from(world.runner.step) + 1);
        let later = later.flat_map(|step| &step.script).flat_map(|batch| batch.ops.iter());
        let is_validation = |op: &&Op| matches!(op, Op::ValidateConstraint { .. });
        later.into_iter().find(is_validation).map(|validation| {
            let validation = planner::op::sql::render(validation);
            let detail = format!("{sql} runs, and {validation} is still to come");
            Broken::new(Always::ValidatedBeforeDestruction, detail)
        })
    }

    /// One row of a backfill, in its own transaction.
    pub(crate) fn batch(
        &mut self,
        world: &World,
        backfill: &Backfill,
    ) -> Result<(World, u8), Unmodelled> {
        let number = self.backfill(&backfill.name).unwrap_or_default();
        let mut after = *world;
        let Some(place) = self.resolve(world.schema, &backfill.table) else {
            return Ok((after, 0));
        };
        let from = if backfill.key.is_empty() { 0 } else { usize::from(world.cursor) };
        for row in from..self.rows {
            let cell = place * self.rows + row;
            let Some(record) = self.record(world.cells[cell]).cloned() else { continue };
            let Some(table) = self.shared_table(world.schema, place) else { break };
            if !left(&table, &record.values, &backfill.todo) {
                continue;
            }
            after.cursor = u8::try_from(row + 1).unwrap_or(u8::MAX);
            let kept = backfill.undo.is_some();
            match &backfill.work {
                Work::Update => {
                    let filled = filled(&table, record, backfill, &self.finder(world));
                    let Some(record) = filled else { break };
                    // A batch says nothing new; its triggers carry on what the rows say.
                    let Ok((_, changes)) =
                        self.carried_on(world, (place, row), Some(&record), true)?
                    else {
                        return Ok((*world, 0));
                    };
                    self.put_changes(&mut after, changes)?;
                }
                Work::Delete => {
                    // A row that another one points at stops the procedure: nothing of the batch is done.
                    let Ok(changes) = self.followed(world, None, (place, row), None)? else {
                        return Ok((*world, 0));
                    };
                    self.put_changes(&mut after, changes)?;
                    after.kept[cell] = if kept { world.cells[cell] } else { 0 };
                }
                Work::Insert { into, key } => {
                    let source = (&*table, &record);
                    match self.copied(world, source, (into, &backfill.set), key)? {
                        Copied::Made(cell, mut record) => {
                            record.brought = kept;
                            after.cells[cell] = self.intern(record)?;
                        }
                        Copied::There => continue,
                        Copied::Refused(_) => return Ok((*world, 0)),
                    }
                }
            }
            return Ok((after, seen::BACKFILLED));
        }
        after.finished |= 1 << number;
        after.cursor = 0;
        after.runner.group += 1;
        Ok((after, 0))
    }
}

/// The outcome with more bits of `SOMETIMES`.
pub(crate) fn passed(outcome: Outcome, bits: u8) -> Outcome {
    match outcome {
        Outcome::Next(world, more) => Outcome::Next(world, bits | more),
        broken @ Outcome::Broken(_) => broken,
    }
}

/// The row after its batch; what it held is kept where the backfill can be undone.
fn filled(
    table: &planner::schema::Table,
    mut record: crate::record::Record,
    backfill: &Backfill,
    find: Find<'_>,
) -> Option<crate::record::Record> {
    let given = ddl::assigned(table, &record.values, &backfill.set, find).ok()?;
    if let Some(undo) = &backfill.undo
        && record.undo.is_empty()
    {
        for (column, _) in &undo.columns {
            let wrote = given.iter().find(|(c, _)| c == column).map(|(_, v)| v.clone());
            let before = rows::get(table, &record.values, column);
            record.undo.push((column.clone(), before, wrote.unwrap_or(crate::value::Value::Null)));
        }
    }
    let around = Around::with(&backfill.table.name, find);
    record.values = rows::update(table, &record.values, &given, &around).ok()?;
    Some(record)
}

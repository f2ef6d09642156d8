//! The migration's runner: an operator who runs the plan step by step, forward or back, over a
//! connection that can be lost. After a crash the operator looks at the step's first check: if it
//! holds the step is done, otherwise the step is run again from its first statement.

use planner::backfill::Backfill;
use planner::op::Op;
use planner::plan::StepKind;

use crate::ddl::{self, Ran};
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
            Mode::Forward | Mode::Again if !done => self.forward(world, next)?,
            Mode::Forward | Mode::Again => {}
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

    fn step_at(&self, world: &World) -> &crate::model::StepModel {
        &self.steps[usize::from(world.runner.step)]
    }

    fn forward(&mut self, world: &World, next: &mut Next) -> Result<(), Unmodelled> {
        match self.step_at(world).kind {
            StepKind::Deploy => self.deploy(world, next),
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
    fn advance(&self, world: &World) -> Outcome {
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

    fn deploy(&mut self, world: &World, next: &mut Next) -> Result<(), Unmodelled> {
        let n = u8::try_from(self.bounds.instances).unwrap_or(u8::MAX);
        let new = world.new + 1;
        let after = World { new, gated: false, ..*world };
        let together = if new < n { seen::TOGETHER } else { 0 };
        let outcome = match (new >= n, self.bounds.instances) {
            (true, _) => match self.advance(&after) {
                Outcome::Next(w, bits) => Outcome::Next(w, bits | together),
                broken @ Outcome::Broken(_) => broken,
            },
            (false, _) => Outcome::Next(after, together),
        };
        next.push((Action::Roll { forward: true }, outcome));
        if world.new > 0 && world.faults > 0 {
            let mut back = *world;
            back.runner.mode = Mode::DeployBack;
            back.faults -= 1;
            next.push((Action::AbortDeploy, Outcome::Next(back, seen::FAULT)));
        }
        Ok(())
    }

    fn roll_one_back(&self, world: &World) -> Outcome {
        let mut after = *world;
        after.new -= 1;
        if after.new == 0 {
            after.runner.mode = Mode::Forward;
        }
        Outcome::Next(after, 0)
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
        match self.run(world, &ops)? {
            Ran::Done(mut after) => {
                after.runner.group += 1;
                after.runner.mode = Mode::Forward;
                self.with_crashes(world, (Action::Run, after, 0), next);
            }
            Ran::Refused(_) => {}
            Ran::LeftInvalid(mut after, _) => {
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
            match self.advance(&after) {
                Outcome::Next(w, more) => Outcome::Next(w, bits | more),
                broken @ Outcome::Broken(_) => broken,
            }
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
            on.runner.mode = Mode::Forward;
            if matches!(self.run(world, &ops)?, Ran::Refused(_)) {
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

    /// Whether the statements hold a lock for long, or wait for one with everybody behind them.
    fn blocks(&self, world: &World, ops: &[Op], lock_timeout_ms: u64) -> Option<Broken> {
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
        for lock in self.locks(world.schema, ops) {
            let table = lock.relation.clone();
            let mode = lock.mode.name();
            if lock.is_long() && self.big.contains(&table) {
                return Some(Broken::new(
                    Always::NoLongBlock,
                    format!(
                        "{mode} on {table} is held while the whole table is worked through: requests wait for all of it"
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
    fn out_of_order(&self, world: &World, ops: &[Op]) -> Option<Broken> {
        if !self.bounds.procedure {
            return None;
        }
        let destroys = ops.iter().find(|op| {
            matches!(op, Op::DropColumn { .. } | Op::DropTable { .. } | Op::Delete { .. })
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
        None
    }

    /// One row of a backfill, in its own transaction.
    fn batch(&mut self, world: &World, backfill: &Backfill) -> Result<(World, u8), Unmodelled> {
        let number = self.backfill(&backfill.name).unwrap_or_default();
        let mut after = *world;
        let Some(place) = self.resolve(world.schema, &backfill.table) else {
            return Ok((after, 0));
        };
        let from = if backfill.key.is_empty() { 0 } else { usize::from(world.cursor) };
        for row in from..self.rows {
            let cell = place * self.rows + row;
            let Some(record) = self.record(world.cells[cell]).cloned() else { continue };
            let Some(table) = self.table(world.schema, place).cloned() else { break };
            if !left(&table, &record.values, &backfill.todo) {
                continue;
            }
            after.cursor = u8::try_from(row + 1).unwrap_or(u8::MAX);
            let Some(record) = filled(&table, record, backfill) else { break };
            after.cells[cell] = self.intern(record)?;
            return Ok((after, seen::BACKFILLED));
        }
        after.finished |= 1 << number;
        after.cursor = 0;
        after.runner.group += 1;
        Ok((after, 0))
    }

    /// Whether the plan still promises a way back from here.
    fn may_roll_back(&self, world: &World) -> bool {
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

    fn decide_back(&mut self, world: &World) -> Result<Outcome, Unmodelled> {
        let mut back = *world;
        back.cursor = 0;
        let at = usize::from(world.runner.step);
        let deploying =
            self.steps.get(at).is_some_and(|s| s.kind == StepKind::Deploy) && world.new > 0;
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
            return if self.is_source(world.schema) && world.new == 0 {
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
            StepKind::Deploy => world.new == 0,
            StepKind::Gate | StepKind::Backup => true,
            StepKind::Ddl | StepKind::Backfill => {
                usize::from(world.runner.group) >= step.rollback.len()
            }
        };
        if through { self.step_back(world) } else { Outcome::Next(world, 0) }
    }

    fn backward(&mut self, world: &World, next: &mut Next) -> Result<(), Unmodelled> {
        let step = usize::from(world.runner.step);
        if self.steps[step].kind == StepKind::Deploy {
            let mut after = *world;
            after.new -= 1;
            next.push((Action::Roll { forward: false }, self.settle(after)));
            return Ok(());
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
            _ => self.run(world, &ops)?,
        };
        let mut after = match (ran, world.runner.mode) {
            (Ran::Done(after), _) => after,
            // Nothing to undo: the interrupted step never got so far.
            (Ran::Refused(refused), Mode::BackTolerant) if is_undone(refused.sqlstate) => *world,
            (Ran::Refused(_) | Ran::LeftInvalid(..), _) => return Ok(()),
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
        let Some(place) = self.resolve(world.schema, &backfill.table) else { return Ok(after) };
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
                match rows::update(table, &record.values, &given) {
                    Ok(values) => record.values = values,
                    Err(_) => continue,
                }
            }
            record.undo.clear();
            after.cells[cell] = self.intern(record)?;
        }
        let number = self.backfill(&backfill.name).unwrap_or_default();
        after.finished &= !(1 << number);
        Ok(after)
    }

    pub(crate) fn is_target(&self, schema: u16) -> bool {
        ddl::same(&self.state(schema).schema, &self.target)
    }

    fn is_source(&self, schema: u16) -> bool {
        ddl::same(&self.state(schema).schema, &self.state(self.source).schema)
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
        "42704" | "42703" | "42P01" | "3F000" | "42883" | "42P07" | "42710" | "42701"
    )
}

/// The row after its batch; what it held is kept where the backfill can be undone.
fn filled(
    table: &planner::schema::Table,
    mut record: crate::record::Record,
    backfill: &Backfill,
) -> Option<crate::record::Record> {
    let given = ddl::assigned(table, &record.values, &backfill.set).ok()?;
    if let Some(undo) = &backfill.undo
        && record.undo.is_empty()
    {
        for (column, _) in &undo.columns {
            let wrote = given.iter().find(|(c, _)| c == column).map(|(_, v)| v.clone());
            let before = rows::get(table, &record.values, column);
            record.undo.push((column.clone(), before, wrote.unwrap_or(crate::value::Value::Null)));
        }
    }
    record.values = rows::update(table, &record.values, &given).ok()?;
    Some(record)
}

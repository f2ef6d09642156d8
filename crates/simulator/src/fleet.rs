//! The app's instances during a rollout: how many of each release run, and where a deploy step
//! takes them, one at a time, and what it may leave behind. Must not know why a plan deploys.

use planner::condition::Condition;
use planner::plan::Deploy;

use crate::invariant::seen;
use crate::model::{Model, StepModel};
use crate::runner::passed;
use crate::transition::{Action, Next, Outcome};
use crate::world::{Mode, World};

/// Instances that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fleet {
    /// On the oldest release.
    pub(crate) old: u8,
    /// On the newest.
    pub(crate) new: u8,
}

impl Fleet {
    /// Before anything: every instance on the oldest release.
    pub(crate) fn before_all(instances: usize) -> Self {
        Self { old: u8::try_from(instances).unwrap_or(u8::MAX), new: 0 }
    }

    /// Where a deploy takes it.
    pub(crate) fn after(self, deploy: &Deploy, instances: usize) -> Self {
        let all = u8::try_from(instances).unwrap_or(u8::MAX);
        match (&deploy.from, &deploy.to) {
            (Some(_), Some(_)) if deploy.canary => {
                let one = self.old.min(1);
                Self { old: self.old - one, new: self.new + one }
            }
            (Some(_), Some(_)) => Self { old: 0, new: self.new.max(all) },
            (Some(_), None) => Self { old: 0, ..self },
            (None, Some(_)) => Self { new: all, ..self },
            (None, None) => self,
        }
    }

    /// One instance nearer to a goal.
    fn toward(self, goal: Self) -> Self {
        let step = |at: u8, to: u8| if at < to { at + 1 } else { at - u8::from(at > to) };
        Self { old: step(self.old, goal.old), new: step(self.new, goal.new) }
    }

    /// Whether both releases run.
    fn is_mixed(self) -> bool {
        self.old > 0 && self.new > 0
    }
}

/// Whether some run of these deploys has both releases at the same time.
pub(crate) fn ever_mixed(steps: &[StepModel]) -> bool {
    let ways = steps.iter().filter_map(|step| step.fleet);
    ways.into_iter().any(|(before, after)| {
        let mut at = before;
        while at != after {
            if at.is_mixed() {
                return true;
            }
            at = at.toward(after);
        }
        at.is_mixed()
    })
}

impl Model {
    /// One more instance where the step's deploy takes it; or the deploy is stopped half-way.
    pub(crate) fn deploy(&self, world: &World, next: &mut Next) {
        let Some((before, goal)) = self.step_at(world).fleet else { return };
        if world.fleet == goal {
            next.push((Action::Pass, self.advance(world)));
            return;
        }
        let fleet = world.fleet.toward(goal);
        let bits = if fleet.is_mixed() { seen::TOGETHER } else { 0 };
        let after = World { fleet, gated: false, ..*world };
        let outcome = if fleet == goal {
            passed(self.advance(&after), bits)
        } else {
            Outcome::Next(after, bits)
        };
        next.push((Action::Roll { forward: true }, outcome));
        if fleet == goal && fleet.old == 0 && world.fleet.old > 0 && world.faults > 0 {
            let left = Fleet { old: 1, ..goal };
            let after = World { fleet: left, faults: world.faults - 1, gated: false, ..*world };
            let bits = if left.is_mixed() { seen::TOGETHER } else { 0 };
            next.push((Action::Straggler, passed(self.advance(&after), bits | seen::FAULT)));
        }
        if world.fleet != before && world.faults > 0 {
            let mut back = *world;
            back.runner.mode = Mode::DeployBack;
            back.faults -= 1;
            next.push((Action::AbortDeploy, Outcome::Next(back, seen::FAULT)));
        }
    }

    /// An instance that the deploys so far have left behind goes at last.
    pub(crate) fn straggler(&self, world: &World, next: &mut Next) {
        let at = usize::from(world.runner.step);
        let is_deploy = self.steps.get(at).is_some_and(|step| step.fleet.is_some());
        if world.fleet.old == 0 || is_deploy {
            return;
        }
        let reached = self.steps[..at].iter().rev().find_map(|step| step.fleet);
        if let Some((_, fleet)) = reached.filter(|(_, fleet)| fleet.old == 0) {
            next.push((Action::StragglerGoes, Outcome::Next(World { fleet, ..*world }, 0)));
        }
    }

    /// Half-way, one instance nearer to where the deploy began; there it is tried again.
    pub(crate) fn roll_one_back(&self, world: &World) -> Outcome {
        let Some((before, _)) = self.step_at(world).fleet else { return Outcome::Next(*world, 0) };
        let mut after = World { fleet: world.fleet.toward(before), ..*world };
        if after.fleet == before {
            after.runner.mode = Mode::Forward;
        }
        Outcome::Next(after, 0)
    }

    /// The same as part of a rollback.
    pub(crate) fn deploy_back(&self, world: &World) -> World {
        let before = self.step_at(world).fleet.map_or(world.fleet, |(before, _)| before);
        World { fleet: world.fleet.toward(before), ..*world }
    }

    /// Fault: the last instance of the newest release goes on when its deploy has been taken back, which
    /// a plan that waits for it forbids.
    pub(crate) fn left_behind(&self, world: &World, goal: Fleet) -> Option<World> {
        let newest = &self.releases[1].id;
        let waits = self
            .step_at(world)
            .back_checks
            .iter()
            .any(|check| matches!(check, Condition::Drained { release } if release == newest));
        let is_last = world.fleet.new > 0 && goal.new == 0;
        (is_last && !waits && world.faults > 0).then(|| World {
            fleet: Fleet { new: 1, ..goal },
            faults: world.faults - 1,
            ..*world
        })
    }

    /// On the way back, the state when that instance is gone; none where there is none.
    pub(crate) fn without_straggler(&self, world: &World) -> Option<World> {
        let so_far = &self.steps[..=usize::from(world.runner.step)];
        let deployed = so_far.iter().any(|s| s.fleet.is_some_and(|(_, after)| after.new > 0));
        let fleet = Fleet { new: 0, ..world.fleet };
        (world.fleet.new > 0 && !deployed).then_some(World { fleet, ..*world })
    }

    /// Whether nothing of the step's deploy is left to take back.
    pub(crate) fn is_undeployed(&self, world: &World) -> bool {
        self.step_at(world).fleet.is_none_or(|(before, _)| world.fleet == before)
    }
}

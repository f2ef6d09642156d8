//! Who reads a state later, from a replica that is behind: a release that does not run yet. Replicas are
//! no part of a state: each is an earlier one, so it is looked at while it is there, as the release that
//! may meet it will. A replica that has replayed everything at a gate gives nothing of before it.

use std::ops::Range;

use planner::condition::{Condition, Readers};

use crate::model::StepModel;
use crate::world::{Mode, Runner};

/// Steps whose states a release may meet that starts later.
#[derive(Debug, Default)]
pub(crate) struct Replicas {
    /// The newest release, on the way there.
    new: Range<usize>,
    /// The oldest release, on the way back.
    old: Range<usize>,
}

impl Replicas {
    /// For as many replicas as there are.
    pub(crate) fn new(count: u32, steps: &[StepModel]) -> Self {
        if count == 0 {
            return Self::default();
        }
        let starts = steps.iter().position(|s| s.fleet.is_some_and(|(_, after)| after.new > 0));
        let stops = steps
            .iter()
            .rposition(|s| s.fleet.is_some_and(|(before, after)| before.old > 0 && after.old == 0));
        let new = starts.map(|at| {
            let gate = steps[..at].iter().rposition(|s| catches_up(&s.checks));
            gate.map_or(0, |gate| gate + 1)..at + 1
        });
        let old = stops.map(|at| {
            let gate = steps[at..].iter().position(|s| catches_up(&s.back_checks));
            at..gate.map_or(steps.len() + 1, |n| at + n)
        });
        Self { new: new.unwrap_or_default(), old: old.unwrap_or_default() }
    }

    /// The release that may read the state later; none where nobody new does.
    pub(crate) fn reader(&self, runner: Runner) -> Option<usize> {
        let at = usize::from(runner.step);
        match runner.mode {
            Mode::Forward | Mode::Again | Mode::DeployBack => self.new.contains(&at).then_some(1),
            Mode::Back | Mode::BackTolerant => self.old.contains(&at).then_some(0),
            // The operator looks at the same state next, connected again.
            Mode::Crashed | Mode::RolledBack => None,
        }
    }
}

fn catches_up(checks: &[Condition]) -> bool {
    let replicas =
        |c: &Condition| matches!(c, Condition::CaughtUp { readers: Readers::Replicas { .. } });
    checks.iter().any(replicas)
}

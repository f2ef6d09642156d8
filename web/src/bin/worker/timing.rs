//! A run under traffic, a step a slice: first the plan, then the change as asked.

use std::collections::VecDeque;

use planner::Plan;
use simulator::{Setting, TimedWalk};
use web::protocol::{FromWorker, Subject};

/// A run under way.
pub(crate) struct Timing {
    id: u64,
    walks: VecDeque<(Subject, TimedWalk)>,
}

impl Timing {
    /// Starts runs of these, one after the other, on the same traffic.
    pub(crate) fn start(id: u64, plans: &[(Subject, Plan)], setting: &Setting) -> Self {
        let walk = |(subject, plan): &(Subject, Plan)| (*subject, TimedWalk::new(plan, setting));
        Self { id, walks: plans.iter().map(walk).collect() }
    }

    /// One step more, or the end.
    pub(crate) fn advance(&mut self) -> FromWorker {
        while let Some((subject, walk)) = self.walks.front_mut() {
            if let Some(step) = walk.next() {
                return FromWorker::Timed { id: self.id, subject: *subject, step: Box::new(step) };
            }
            self.walks.pop_front();
        }
        FromWorker::TimeIsUp { id: self.id }
    }
}

//! A run, and what of it the shell has not seen yet.

use planner::Plan;
use web::protocol::Walked;
use web::view::BoundsView;

use crate::present::trace;
use crate::proving::bounds;
use crate::standin::simulator::Walk;

/// A run.
pub(crate) struct Walking {
    id: u64,
    walk: Walk,
}

impl Walking {
    /// Starts a run.
    pub(crate) fn start(
        id: u64,
        plan: Plan,
        seed: u64,
        within: BoundsView,
    ) -> Result<(Self, Walked), String> {
        let walk = Walk::new(&plan, &bounds(within), seed).map_err(|why| why.to_string())?;
        let mut walking = Self { id, walk };
        let first = walking.report(0);
        Ok((walking, first))
    }

    /// Lets the seed choose.
    pub(crate) fn step(&mut self, from: usize) -> Walked {
        self.walk.seek(from);
        self.walk.step();
        self.report(from + 1)
    }

    /// Takes a choice.
    pub(crate) fn take(&mut self, from: usize, choice: usize) -> Walked {
        self.walk.seek(from);
        self.walk.take(choice);
        self.report(from + 1)
    }

    /// Rolls the plan back.
    pub(crate) fn roll_back(&mut self, from: usize) -> Walked {
        self.walk.seek(from);
        self.walk.roll_back();
        self.report(from + 1)
    }

    /// Looks at another moment.
    pub(crate) fn seek(&mut self, at: usize) -> Walked {
        self.walk.seek(at);
        let moments = self.walk.trace().moments.len();
        Walked { at, ..self.report(moments) }
    }

    fn report(&mut self, keep: usize) -> Walked {
        let trace = self.walk.trace();
        let moments: Vec<_> = trace.moments.iter().skip(keep).map(trace::moment).collect();
        let choices: Vec<_> = self.walk.choices().iter().map(trace::choice).collect();
        Walked {
            id: self.id,
            keep,
            at: trace.moments.len() - 1,
            moments,
            can_roll_back: true,
            choices,
        }
    }
}

//! The run under traffic: its setting, how far it is, and its steps. Must not know plans or proofs.

use std::rc::Rc;

use simulator::{Setting, TimedStep};
use web::protocol::{Subject, ToWorker};

use super::outbox::Outbox;

/// The run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Traffic {
    /// Number of the newest run.
    pub(crate) id: u64,
    /// With what the next one is made.
    pub(crate) setting: Setting,
    /// Steps of the plan so far.
    pub(crate) plan: Vec<Rc<TimedStep>>,
    /// Steps of the change as asked.
    pub(crate) as_asked: Vec<Rc<TimedStep>>,
    /// Whether it is under way.
    pub(crate) running: bool,
    /// Whether it is of an older plan, or there is none yet.
    pub(crate) stale: bool,
    /// Why there is none.
    pub(crate) error: Option<String>,
}

/// What can be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TrafficAction {
    /// Run, with another setting.
    Run(Setting),
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            id: 0,
            setting: Setting::default(),
            plan: Vec::new(),
            as_asked: Vec::new(),
            running: false,
            stale: true,
            error: None,
        }
    }
}

impl Traffic {
    /// Applies an action; what the worker must do goes to the outbox.
    pub(crate) fn apply(&mut self, action: TrafficAction, outbox: &mut Outbox) {
        let TrafficAction::Run(setting) = action;
        self.id += 1;
        self.setting = setting.clone();
        self.plan.clear();
        self.as_asked.clear();
        self.running = true;
        self.stale = false;
        self.error = None;
        outbox.push(ToWorker::Time { id: self.id, setting });
    }

    /// One step more.
    pub(crate) fn timed(&mut self, id: u64, subject: Subject, step: TimedStep) {
        if id == self.id {
            match subject {
                Subject::Plan => self.plan.push(Rc::new(step)),
                Subject::AsAsked => self.as_asked.push(Rc::new(step)),
            }
        }
    }

    /// It is through.
    pub(crate) fn is_up(&mut self, id: u64) {
        self.running &= id != self.id;
    }

    /// It could not be made.
    pub(crate) fn failed(&mut self, id: u64, message: String) {
        if id == self.id {
            self.running = false;
            self.error = Some(message);
        }
    }

    /// Its setting, where it is not the usual one.
    pub(crate) fn to_link(&self) -> Option<Setting> {
        (self.setting != Setting::default()).then(|| self.setting.clone())
    }

    /// Takes a link's setting up; the run is made once it is looked at.
    pub(crate) fn take_up(&mut self, setting: Option<Setting>) {
        self.setting = setting.unwrap_or_default();
        self.forget();
    }

    /// There is another plan, or another worker.
    pub(crate) fn forget(&mut self) {
        self.running = false;
        self.stale = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_goes_into_a_link_and_comes_out() {
        let (mut traffic, mut outbox) = (Traffic::default(), Outbox::default());
        assert_eq!(traffic.to_link(), None);
        let setting = Setting { connections: 40, ..Setting::default() };
        traffic.apply(TrafficAction::Run(setting.clone()), &mut outbox);
        assert_eq!(traffic.to_link(), Some(setting));
        traffic.take_up(None);
        assert_eq!((traffic.to_link(), traffic.stale), (None, true));
    }

    #[test]
    fn steps_of_an_older_run_are_not_shown() {
        let (mut traffic, mut outbox) = (Traffic::default(), Outbox::default());
        traffic.apply(TrafficAction::Run(Setting::default()), &mut outbox);
        traffic.apply(TrafficAction::Run(Setting { seed: 1, ..Setting::default() }), &mut outbox);
        traffic.failed(1, "too late".to_owned());
        traffic.is_up(1);
        assert_eq!((traffic.running, traffic.error.clone()), (true, None));
        traffic.is_up(2);
        assert!(!traffic.running);
        assert_eq!(outbox.after(0).count(), 2);
    }
}

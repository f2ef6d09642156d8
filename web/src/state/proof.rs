//! The proof: its bounds, how far it is, and its outcome. Must not know plans or runs.

use std::rc::Rc;

use web::protocol::{ProgressView, Subject, ToWorker};
use web::view::{BoundsView, BrokenView, MomentView, VerdictView};

use super::outbox::Outbox;

/// The proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Number of the newest search.
    pub(crate) id: u64,
    /// What it is about.
    pub(crate) subject: Subject,
    /// Bounds in the form.
    pub(crate) bounds: BoundsView,
    /// Bounds of the newest search.
    pub(crate) searched: BoundsView,
    /// How it stands.
    pub(crate) state: ProofState,
    /// Counts of the newest search.
    pub(crate) progress: ProgressView,
    /// Whether the outcome is of an older plan.
    pub(crate) stale: bool,
}

/// How it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ProofState {
    /// Nothing was asked.
    #[default]
    Idle,
    /// Searching.
    Running,
    /// Given up by the visitor, or because the plan changed.
    Stopped,
    /// Could not be started, or went wrong.
    Failed(String),
    /// Verified.
    Verified {
        /// Distinct states.
        states: u64,
        /// Transitions.
        transitions: u64,
        /// Depth.
        depth: u64,
        /// Situations that really came up.
        reached: Vec<String>,
    },
    /// Refuted.
    Refuted {
        /// Distinct states looked at.
        states: u64,
        /// The promise.
        broken: BrokenView,
        /// The run that breaks it.
        moments: Vec<Rc<MomentView>>,
    },
    /// Too much to search.
    BoundsExceeded {
        /// Distinct states looked at.
        states: u64,
        /// Which bound.
        reason: String,
    },
}

/// What can be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProofAction {
    /// Search.
    Start(Subject),
    /// Give up.
    Stop,
    /// Other bounds.
    Bounds(BoundsView),
    /// Open the counterexample in the player.
    Watch,
}

impl Proof {
    /// Whether a search is under way.
    pub(crate) fn is_running(&self) -> bool {
        self.state == ProofState::Running
    }

    /// Applies an action; what the worker must do goes to the outbox.
    pub(crate) fn apply(&mut self, action: ProofAction, outbox: &mut Outbox) {
        match action {
            ProofAction::Start(subject) => {
                self.id += 1;
                self.subject = subject;
                self.searched = self.bounds;
                self.state = ProofState::Running;
                self.progress = ProgressView::default();
                self.stale = false;
                outbox.push(ToWorker::Prove { id: self.id, subject, bounds: self.bounds });
            }
            ProofAction::Stop if self.is_running() => {
                self.state = ProofState::Stopped;
                outbox.push(ToWorker::StopProof);
            }
            // Only `State` can open the player.
            ProofAction::Stop | ProofAction::Watch => {}
            ProofAction::Bounds(bounds) => self.bounds = bounds,
        }
    }

    /// The search went on.
    pub(crate) fn progress(&mut self, id: u64, progress: ProgressView) {
        if id == self.id && self.is_running() {
            self.progress = progress;
        }
    }

    /// The search ended.
    pub(crate) fn verdict(&mut self, id: u64, verdict: VerdictView) {
        if id != self.id || !self.is_running() {
            return;
        }
        self.state = match verdict {
            VerdictView::Verified { states, transitions, depth, reached } => {
                ProofState::Verified { states, transitions, depth, reached }
            }
            VerdictView::Refuted { states, broken, moments } => ProofState::Refuted {
                states,
                broken,
                moments: moments.into_iter().map(Rc::new).collect(),
            },
            VerdictView::BoundsExceeded { states, reason } => {
                ProofState::BoundsExceeded { states, reason }
            }
        };
    }

    /// The search could not be made.
    pub(crate) fn failed(&mut self, id: u64, message: String) {
        if id == self.id {
            self.state = ProofState::Failed(message);
        }
    }

    /// There is another plan now: the worker gives a running search up.
    pub(crate) fn plan_changed(&mut self) {
        self.forget_search();
        self.stale = self.state != ProofState::Idle;
    }

    /// The worker no longer searches.
    pub(crate) fn forget_search(&mut self) {
        if self.is_running() {
            self.state = ProofState::Stopped;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verified() -> VerdictView {
        VerdictView::Verified { states: 9, transitions: 12, depth: 4, reached: Vec::new() }
    }

    #[test]
    fn an_outcome_after_stop_is_not_shown() {
        let (mut proof, mut outbox) = (Proof::default(), Outbox::default());
        proof.apply(ProofAction::Start(Subject::Plan), &mut outbox);
        proof.apply(ProofAction::Stop, &mut outbox);
        proof.verdict(1, verified());
        assert_eq!(proof.state, ProofState::Stopped);
        assert_eq!(outbox.after(0).count(), 2);
    }

    #[test]
    fn an_outcome_of_an_older_search_is_not_shown() {
        let (mut proof, mut outbox) = (Proof::default(), Outbox::default());
        proof.apply(ProofAction::Start(Subject::Plan), &mut outbox);
        proof.apply(ProofAction::Start(Subject::AsAsked), &mut outbox);
        proof.verdict(1, verified());
        assert!(proof.is_running());
        proof.verdict(2, verified());
        assert!(matches!(proof.state, ProofState::Verified { states: 9, .. }));
    }

    #[test]
    fn another_plan_makes_an_outcome_stale_and_stops_a_search() {
        let (mut proof, mut outbox) = (Proof::default(), Outbox::default());
        proof.plan_changed();
        assert!(!proof.stale);
        proof.apply(ProofAction::Start(Subject::Plan), &mut outbox);
        proof.plan_changed();
        assert_eq!((proof.state.clone(), proof.stale), (ProofState::Stopped, true));
    }
}

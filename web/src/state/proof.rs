//! The proof: its bounds, how far it is, and its outcome. Must not know plans or runs.

use std::rc::Rc;

use planner::edit::Edit;
use simulator::{Bounds, Counterexample, Progress, Verdict};
use web::link::Search;
use web::protocol::{CellAt, Derived, Subject, ToWorker};

use super::outbox::Outbox;

/// The proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Number of the newest search.
    pub(crate) id: u64,
    /// What it is about.
    pub(crate) subject: Subject,
    /// Bounds in the form.
    pub(crate) bounds: Bounds,
    /// Bounds of the newest search.
    pub(crate) searched: Bounds,
    /// How it stands.
    pub(crate) state: ProofState,
    /// Counts of the newest search.
    pub(crate) progress: Progress,
    /// Milliseconds it has taken.
    pub(crate) elapsed_ms: u64,
    /// Whether the outcome is of an older plan.
    pub(crate) stale: bool,
    /// What is done to the plan before it is proved.
    pub(crate) edits: Vec<Edit>,
    /// What else was found with the newest verdict.
    pub(crate) derived: Option<Rc<Derived>>,
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
    /// Came to an end.
    Done(Rc<Verdict>),
}

/// What can be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProofAction {
    /// Search.
    Start(Subject),
    /// Give up.
    Stop,
    /// Other bounds.
    Bounds(Bounds),
    /// Open the counterexample in the player.
    Watch,
    /// Edit the plan, and prove it at once.
    Edit(Edit),
    /// Take the last edit back, and prove what is left.
    Undo,
    /// Take all edits back.
    Reset,
    /// Open the run behind a cell in the player.
    Show(CellAt),
}

impl Proof {
    /// Whether a search is under way.
    pub(crate) fn is_running(&self) -> bool {
        self.state == ProofState::Running
    }

    /// What the search found, where it found something.
    pub(crate) fn counterexample(&self) -> Option<&Counterexample> {
        let ProofState::Done(verdict) = &self.state else { return None };
        match verdict.as_ref() {
            Verdict::Refuted(found) => Some(found),
            Verdict::Verified { .. } | Verdict::BoundsExceeded { .. } => None,
        }
    }

    /// Applies an action; what the worker must do goes to the outbox.
    pub(crate) fn apply(&mut self, action: ProofAction, outbox: &mut Outbox) {
        match action {
            ProofAction::Start(subject) => self.start(subject, outbox),
            ProofAction::Edit(edit) => {
                self.edits.push(edit);
                self.start(Subject::Plan, outbox);
            }
            ProofAction::Undo | ProofAction::Reset if self.edits.is_empty() => {}
            ProofAction::Undo => {
                self.edits.pop();
                self.start(Subject::Plan, outbox);
            }
            ProofAction::Reset => {
                self.edits.clear();
                self.start(Subject::Plan, outbox);
            }
            ProofAction::Show(cell) => outbox.push(ToWorker::Show { id: self.id, cell }),
            ProofAction::Stop if self.is_running() => {
                self.state = ProofState::Stopped;
                outbox.push(ToWorker::StopProof);
            }
            // Only `State` can open the player.
            ProofAction::Stop | ProofAction::Watch => {}
            ProofAction::Bounds(bounds) => self.bounds = bounds,
        }
    }

    /// The newest search, unless it is of an older plan.
    pub(crate) fn to_link(&self) -> Option<Search> {
        if self.state == ProofState::Idle || self.stale {
            return None;
        }
        let (bounds, edits) = (self.searched.clone(), self.edits_of(self.subject));
        Some(Search { subject: self.subject, bounds, edits })
    }

    /// Searches once more what was searched before.
    pub(crate) fn again(&mut self, search: Search, outbox: &mut Outbox) {
        (self.bounds, self.edits) = (search.bounds, search.edits);
        self.start(search.subject, outbox);
    }

    fn edits_of(&self, subject: Subject) -> Vec<Edit> {
        match subject {
            Subject::Plan => self.edits.clone(),
            Subject::AsAsked => Vec::new(),
        }
    }

    fn start(&mut self, subject: Subject, outbox: &mut Outbox) {
        self.id += 1;
        self.subject = subject;
        self.searched = self.bounds.clone();
        self.state = ProofState::Running;
        self.progress = Progress::default();
        self.elapsed_ms = 0;
        self.stale = false;
        self.derived = None;
        let edits = self.edits_of(subject);
        outbox.push(ToWorker::Prove { id: self.id, subject, bounds: self.bounds.clone(), edits });
    }

    /// What else was found came in.
    pub(crate) fn derived(&mut self, id: u64, derived: Derived) {
        if id == self.id {
            self.derived = Some(Rc::new(derived));
        }
    }

    /// The search went on.
    pub(crate) fn progress(&mut self, id: u64, progress: Progress, elapsed_ms: u64) {
        if id == self.id && self.is_running() {
            self.progress = progress;
            self.elapsed_ms = elapsed_ms;
        }
    }

    /// The search ended.
    pub(crate) fn verdict(&mut self, id: u64, verdict: Verdict) {
        if id == self.id && self.is_running() {
            self.state = ProofState::Done(Rc::new(verdict));
        }
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
        self.edits.clear();
        self.derived = None;
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

    fn verified() -> Verdict {
        let (reached, notes) = (Vec::new(), Vec::new());
        Verdict::Verified { states: 9, transitions: 12, depth: 4, reached, notes }
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
        assert_eq!(proof.state, ProofState::Done(Rc::new(verified())));
    }

    #[test]
    fn an_edit_is_proved_at_once_and_can_be_taken_back() {
        let (mut proof, mut outbox) = (Proof::default(), Outbox::default());
        let remove = Edit::Remove { step: "2.1".to_owned() };
        proof.apply(ProofAction::Edit(remove), &mut outbox);
        assert!(proof.is_running());
        proof.apply(ProofAction::Undo, &mut outbox);
        proof.apply(ProofAction::Undo, &mut outbox);
        assert_eq!((proof.edits.len(), outbox.after(0).count()), (0, 2));
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

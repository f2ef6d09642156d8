//! The player: a run that grows as it is stepped, or a finished counterexample. Looking back never
//! loses the moments after; going another way from there does. Must not know plans or proofs.

use std::rc::Rc;

use simulator::{Bounds, Choice, Moment};
use web::link::{Move, Origin, Run, Search};
use web::protocol::{CellAt, Subject, ToWorker, Walked};

use super::outbox::Outbox;

/// Playing speeds: milliseconds a moment, and in words.
pub(crate) const SPEEDS: [(u32, &str); 5] =
    [(2_000, "0.5 /s"), (1_000, "1 /s"), (500, "2 /s"), (200, "5 /s"), (50, "20 /s")];

/// After so many moments a run no longer goes on by itself.
const UNTIL_MAX: usize = 500;

/// The player.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Play {
    /// Number of the newest run.
    pub(crate) id: u64,
    /// What is run.
    pub(crate) subject: Subject,
    /// Same seed, same run.
    pub(crate) seed: u64,
    /// Where the moments come from.
    pub(crate) kind: Kind,
    /// What happened so far.
    pub(crate) moments: Vec<Rc<Moment>>,
    /// The moment looked at.
    pub(crate) at: usize,
    /// What can happen next there.
    pub(crate) next: Rc<Next>,
    /// Whether the worker was asked and has not answered.
    pub(crate) waiting: bool,
    /// Whether it goes on by itself.
    pub(crate) playing: bool,
    /// Index into `SPEEDS`.
    pub(crate) speed: usize,
    /// Whether the run is of an older plan.
    pub(crate) stale: bool,
    /// Why there is no run.
    pub(crate) error: Option<String>,
    /// What made each moment of a run but the first.
    pub(crate) moves: Vec<Move>,
    /// What the worker was asked to do and has not done.
    asked: Option<Move>,
    /// What found a counterexample or the run behind a cell.
    found: Option<(Search, Option<CellAt>)>,
    /// Whether it is the run that was shared or kept.
    pub(crate) shared: Shared,
    /// The step of the plan that it goes on to by itself.
    pub(crate) until: Option<String>,
}

/// Whether a run is the one that was shared or kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shared {
    /// It is, or there was none.
    #[default]
    No,
    /// It is waited for: the moment looked at has to say this.
    Awaited(String),
    /// It runs differently here.
    Differs,
}

/// Where moments come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A run: it grows.
    #[default]
    Run,
    /// A counterexample: it is as it is, and nothing can be chosen.
    Counterexample,
}

/// What can happen next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Next {
    /// Failures and the ordinary course of things.
    pub(crate) choices: Vec<Choice>,
    /// Whether the plan can be rolled back.
    pub(crate) can_roll_back: bool,
}

impl Default for Play {
    fn default() -> Self {
        Self {
            id: 0,
            subject: Subject::Plan,
            seed: 1,
            kind: Kind::Run,
            moments: Vec::new(),
            at: 0,
            next: Rc::default(),
            waiting: false,
            playing: false,
            speed: 2,
            stale: true,
            error: None,
            moves: Vec::new(),
            asked: None,
            found: None,
            shared: Shared::No,
            until: None,
        }
    }
}

/// What can be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlayAction {
    /// A new run with the seed.
    Start,
    /// A new run of the other subject.
    Run(Subject),
    /// A new run with that seed.
    Seed(u64),
    /// Play or pause.
    Toggle,
    /// Time for the next moment, while playing.
    Tick,
    /// One moment on.
    Step,
    /// One moment back.
    Back,
    /// To that moment.
    Seek(usize),
    /// To the newest moment.
    End,
    /// Take the choice of that index.
    Take(usize),
    /// Roll the plan back.
    RollBack,
    /// Another speed.
    Speed(usize),
}

impl Play {
    /// Whether the moments are a counterexample.
    pub(crate) fn is_watching(&self) -> bool {
        self.kind == Kind::Counterexample
    }

    /// The moment looked at.
    pub(crate) fn moment(&self) -> Option<&Rc<Moment>> {
        self.moments.get(self.at)
    }

    /// Whether there are moments after the one looked at.
    pub(crate) fn has_later(&self) -> bool {
        self.at + 1 < self.moments.len()
    }

    /// Whether another moment can come: later ones are known, or something can happen.
    pub(crate) fn can_step(&self) -> bool {
        self.has_later() || (!self.is_watching() && !self.waiting && !self.next.choices.is_empty())
    }

    /// Index of the moment in which a promise broke.
    pub(crate) fn broken_at(&self) -> Option<usize> {
        self.moments.iter().position(|moment| moment.broken.is_some())
    }

    /// Stops playing.
    pub(crate) fn stop(&mut self) {
        self.playing = false;
    }

    /// Shows what a search found, from its start.
    pub(crate) fn watch(&mut self, found: (Search, Option<CellAt>), moments: Vec<Rc<Moment>>) {
        let (speed, subject) = (self.speed, found.0.subject);
        // A new number: what is still said about an older run is not about this one.
        let id = self.id + 1;
        *self = Self { id, subject, moments, speed, seed: self.seed, ..Self::default() };
        self.found = Some(found);
        self.kind = Kind::Counterexample;
        self.stale = false;
    }

    /// The run as a link has it; nothing where there is none.
    pub(crate) fn to_link(&self) -> Option<Run> {
        let said = words(self.moment().filter(|_| !self.stale)?);
        let from = match &self.found {
            Some((search, cell)) => Origin::Found { search: search.clone(), cell: cell.clone() },
            None => {
                Origin::Walk { subject: self.subject, seed: self.seed, moves: self.moves.clone() }
            }
        };
        Some(Run { from, at: self.at, said })
    }

    /// Runs once more what was run before.
    pub(crate) fn again(
        &mut self,
        (subject, seed, moves): (Subject, u64, Vec<Move>),
        (at, said): (usize, String),
        outbox: &mut Outbox,
    ) {
        (self.subject, self.seed) = (subject, seed);
        self.begin(moves, at, outbox);
        self.shared = Shared::Awaited(said);
    }

    /// Looks at the moment of what a search found that was looked at before.
    pub(crate) fn resume(&mut self, at: usize, said: &str) {
        self.at = at.min(self.moments.len().saturating_sub(1));
        self.compare(said);
    }

    fn compare(&mut self, said: &str) {
        let is_same = self.moment().is_some_and(|moment| words(moment) == said);
        self.shared = if is_same { Shared::No } else { Shared::Differs };
    }

    /// Applies an action; what the worker must do goes to the outbox.
    pub(crate) fn apply(&mut self, action: PlayAction, outbox: &mut Outbox) {
        match action {
            PlayAction::Start => self.start(outbox),
            PlayAction::Run(subject) => {
                self.subject = subject;
                self.start(outbox);
            }
            PlayAction::Seed(seed) => {
                self.seed = seed;
                self.start(outbox);
            }
            PlayAction::Toggle => {
                if !self.playing && !self.can_step() && self.at > 0 {
                    self.seek(0, outbox);
                }
                self.playing = !self.playing;
            }
            PlayAction::Tick if !self.playing => {}
            PlayAction::Tick => self.step(outbox),
            PlayAction::Step => {
                self.stop();
                self.step(outbox);
            }
            PlayAction::Back => self.jump(self.at.saturating_sub(1), outbox),
            PlayAction::Seek(at) => self.jump(at, outbox),
            PlayAction::End => self.jump(self.moments.len().saturating_sub(1), outbox),
            PlayAction::Take(choice) => {
                if let Some(taken) = self.next.choices.get(choice).map(Move::words) {
                    let message = ToWorker::WalkTake { from: self.at, choice };
                    self.say(Move::Take(taken), message, outbox);
                }
            }
            PlayAction::RollBack if !self.next.can_roll_back => {}
            PlayAction::RollBack => {
                self.say(Move::RollBack, ToWorker::WalkRollBack { from: self.at }, outbox);
            }
            PlayAction::Speed(speed) => self.speed = speed.min(SPEEDS.len() - 1),
        }
    }

    fn start(&mut self, outbox: &mut Outbox) {
        self.begin(Vec::new(), 0, outbox);
    }

    fn begin(&mut self, moves: Vec<Move>, at: usize, outbox: &mut Outbox) {
        let (subject, seed, speed, id) = (self.subject, self.seed, self.speed, self.id + 1);
        let until = self.until.take();
        *self = Self { id, subject, seed, speed, ..Self::default() };
        self.stale = false;
        self.until = until;
        self.waiting = true;
        // As much as the simulator allows to be injected; few enough rows to see them all.
        let bounds = Bounds { instances: 3, rows: 3, faults: 4, ..Bounds::default() };
        self.moves.clone_from(&moves);
        self.at = at;
        outbox.push(ToWorker::Walk { id, subject, seed, bounds, moves, at });
    }

    fn say(&mut self, done: Move, message: ToWorker, outbox: &mut Outbox) {
        if self.is_watching() || self.waiting || self.moments.is_empty() {
            return;
        }
        self.waiting = true;
        self.asked = Some(done);
        outbox.push(message);
    }

    fn step(&mut self, outbox: &mut Outbox) {
        if self.has_later() {
            self.seek(self.at + 1, outbox);
            // A run stops where a promise breaks, so that it is seen.
            self.playing &= self.broken_at() != Some(self.at);
        } else if self.can_step() {
            self.say(Move::Step, ToWorker::WalkStep { from: self.at }, outbox);
        } else if !self.waiting {
            self.stop();
        }
    }

    fn jump(&mut self, at: usize, outbox: &mut Outbox) {
        self.stop();
        self.seek(at, outbox);
    }

    fn seek(&mut self, at: usize, outbox: &mut Outbox) {
        let at = at.min(self.moments.len().saturating_sub(1));
        if at == self.at {
            return;
        }
        self.at = at;
        if !self.is_watching() {
            self.next = Rc::default();
            outbox.push(ToWorker::WalkSeek { at });
        }
    }

    /// The worker went on.
    pub(crate) fn walked(&mut self, mut walked: Walked) {
        if walked.id != self.id || self.is_watching() {
            return;
        }
        let grew = !walked.moments.is_empty();
        if grew {
            self.waiting = false;
            self.moments.truncate(walked.keep);
            self.moments.extend(std::mem::take(&mut walked.moments).into_iter().map(Rc::new));
            self.at = walked.at;
            self.moves.truncate(self.moments.len() - 1);
            if let Some(done) = self.asked.take() {
                self.moves.truncate(walked.keep.saturating_sub(1));
                self.moves.push(done);
            }
            if let Shared::Awaited(said) = self.shared.clone() {
                self.compare(&said);
            }
            self.playing &= self.broken_at() != Some(self.at);
        }
        // An answer to an older look is overtaken by a newer one on its way.
        if walked.at == self.at {
            self.waiting = false;
            let Walked { choices, can_roll_back, .. } = walked;
            self.next = Rc::new(Next { choices, can_roll_back });
        }
    }

    /// Goes on, where it is to go on to a step and has not come there.
    pub(crate) fn go_on_until(&mut self, outbox: &mut Outbox) {
        let is_there = self.until.is_none()
            || self.moment().is_none_or(|moment| moment.frame.step == self.until);
        if is_there || self.moments.len() > UNTIL_MAX || !self.can_step() {
            self.until = None;
        } else if !self.waiting {
            self.step(outbox);
        }
    }

    /// There is no run.
    pub(crate) fn failed(&mut self, id: u64, message: String) {
        if id == self.id {
            self.error = Some(message);
            self.waiting = false;
            self.stop();
        }
    }
}

/// What a moment says, to know it again by.
fn words(moment: &Rc<Moment>) -> String {
    format!("{}: {}", moment.actor, moment.action)
}

#[cfg(test)]
mod tests;

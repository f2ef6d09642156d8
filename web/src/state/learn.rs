//! Lessons: which one is open, what was answered, and what is done. A lesson's scenario is the input
//! while it is open; what was there before is put aside. Must not know what is right: the engine
//! says.

use std::collections::BTreeMap;
use std::rc::Rc;

use lessons::{Finding, Tool};
use planner::edit::Edit;
use serde::{Deserialize, Serialize};
use simulator::{Bounds, Verdict};
use web::lesson::{From, Head, LessonView, MendView, PartView, Told};
use web::protocol::{Subject, ToWorker};

use super::input::Input;
use super::outbox::Outbox;
use super::proof::{Proof, ProofAction, ProofState};
use super::traffic::TrafficAction;
use super::{State, Tab};
use crate::words::learn as words;

/// Lessons.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Learn {
    /// Whether they show.
    pub(crate) is_open: bool,
    /// The lessons there are.
    pub(crate) course: Rc<[Head]>,
    /// Which one is open, or is being read.
    pub(crate) from: Option<From>,
    /// Counts the lessons read.
    asked: u64,
    /// The lesson that is open.
    pub(crate) lesson: Option<Rc<LessonView>>,
    /// What is wrong with it.
    pub(crate) findings: Rc<[Finding]>,
    /// Whether what it claims is being checked.
    pub(crate) is_checking: bool,
    /// Whether it was checked.
    pub(crate) has_checked: bool,
    /// What the engine says to its questions, by part; or why it says nothing.
    pub(crate) told: BTreeMap<usize, Result<Rc<Told>, String>>,
    /// What was on the page before.
    pub(crate) aside: Option<Rc<Input>>,
    /// What is done, by lesson.
    pub(crate) progress: Rc<Progress>,
    /// The text of somebody's own lesson.
    pub(crate) draft: Rc<str>,
}

/// What is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Progress {
    /// By lesson: a course's name, or the hash of a text.
    pub(crate) lessons: BTreeMap<String, Done>,
}

/// What is done of a lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Done {
    /// What was chosen: part, choice.
    pub(crate) chosen: Vec<(usize, usize)>,
    /// Puzzles that are solved: parts.
    pub(crate) solved: Vec<usize>,
    /// Whether nothing is left to do.
    pub(crate) is_finished: bool,
}

impl Done {
    /// What was chosen in a part.
    pub(crate) fn choice(&self, part: usize) -> Option<usize> {
        self.chosen.iter().find(|(known, _)| *known == part).map(|(_, choice)| *choice)
    }

    /// Whether a puzzle is solved.
    pub(crate) fn is_solved(&self, part: usize) -> bool {
        self.solved.contains(&part)
    }
}

/// What can be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LearnAction {
    /// Show the lessons.
    Open,
    /// Back to what was on the page before.
    Leave,
    /// Leave, and keep the scenario as the input.
    Keep,
    /// Back to the list.
    List,
    /// Open a lesson.
    Read(From),
    /// Read one's own lesson, and check what it claims.
    Try,
    /// Choose an answer.
    Answer(usize, usize),
    /// Give up waiting for the engine's answer: the question is open again.
    StopAsking(usize),
    /// A file is longer than a lesson can be.
    TooLong(String),
    /// Open the run that shows the answer.
    Watch(usize),
    /// Begin with a puzzle, or begin again.
    Begin(usize),
    /// Edit a puzzle's plan.
    Edit(Edit),
    /// Take the last edit of a puzzle back.
    Undo(usize),
    /// The text of one's own lesson.
    Draft(Rc<str>),
    /// Forget all that is done.
    Forget,
}

impl Learn {
    /// What is done of the lesson that is open.
    pub(crate) fn done(&self) -> Done {
        let key = self.from.as_ref().map(key).unwrap_or_default();
        self.progress.lessons.get(&key).cloned().unwrap_or_default()
    }

    /// The lesson of the course after the one that is open.
    pub(crate) fn next(&self) -> Option<&Head> {
        let From::Course(name) = self.from.as_ref()? else { return None };
        let at = self.course.iter().position(|head| head.name == *name)?;
        self.course.get(at + 1)
    }

    /// Takes a lesson up, to be read once the worker listens.
    pub(super) fn take(&mut self, from: From) {
        if let From::Text(text) = &from {
            self.draft = text.as_str().into();
        }
        self.is_open = true;
        self.from = Some(from);
        self.lesson = None;
        self.findings = Rc::default();
        self.told.clear();
    }

    /// Asks the worker for what is shown.
    pub(super) fn begin(&mut self, outbox: &mut Outbox) {
        if !self.is_open {
            return;
        }
        if self.course.is_empty() {
            outbox.push(ToWorker::Course);
        }
        if let Some(from) = self.from.clone() {
            self.read(from, false, outbox);
        }
    }

    fn read(&mut self, from: From, check: bool, outbox: &mut Outbox) {
        self.asked += 1;
        self.is_checking = check;
        self.has_checked = false;
        outbox.push(ToWorker::Lesson { id: self.asked, from, check });
    }

    /// No longer shows; gives back what was put aside.
    pub(super) fn leave(&mut self) -> Option<Rc<Input>> {
        self.is_open = false;
        self.close();
        self.aside.take()
    }

    fn close(&mut self) {
        self.from = None;
        self.lesson = None;
        self.findings = Rc::default();
        self.told.clear();
        self.is_checking = false;
        self.asked += 1;
    }

    /// What a lesson claims was checked.
    pub(super) fn checked(&mut self, id: u64, findings: Vec<Finding>) {
        if id == self.asked {
            self.is_checking = false;
            self.has_checked = true;
            self.findings = self.findings.iter().cloned().chain(findings).collect();
        }
    }

    /// The engine said something to a question.
    pub(super) fn told(&mut self, id: u64, part: usize, told: Result<Told, String>) {
        if id == self.asked {
            self.told.insert(part, told.map(Rc::new));
        }
    }

    /// Changes what is done of the lesson that is open.
    fn change(&mut self, change: impl FnOnce(&mut Done)) {
        let Some(from) = &self.from else { return };
        let done = Rc::make_mut(&mut self.progress).lessons.entry(key(from)).or_default();
        change(done);
    }

    fn mend(&self, part: usize) -> Option<&MendView> {
        match self.lesson.as_ref()?.parts.get(part)? {
            PartView::Mend(mend) => Some(mend),
            PartView::Prose(_) | PartView::Scenario | PartView::Ask(_) => None,
        }
    }

    fn ask(&self, part: usize, outbox: &mut Outbox) {
        if !self.told.contains_key(&part) {
            outbox.push(ToWorker::Ask { id: self.asked, part });
        }
    }
}

/// Under which name progress is kept.
fn key(from: &From) -> String {
    match from {
        From::Course(name) => name.clone(),
        From::Text(text) => format!("own-{}", planner::plan::hash_text(text)),
    }
}

impl State {
    /// Applies an action.
    pub(super) fn learn(&mut self, action: LearnAction) {
        match action {
            LearnAction::Open => {
                self.learn.is_open = true;
                self.hint = false;
                self.learn.begin(&mut self.outbox);
            }
            LearnAction::Leave => {
                if let Some(aside) = self.learn.leave() {
                    self.input = aside;
                    self.tab = Tab::Plan;
                }
            }
            LearnAction::Keep => {
                self.undo = self.learn.leave().or(self.undo.take());
                self.tab = Tab::Plan;
            }
            LearnAction::List => self.learn.close(),
            LearnAction::Read(from) => {
                self.put_aside();
                self.learn.take(from.clone());
                self.learn.read(from, false, &mut self.outbox);
            }
            LearnAction::Try => {
                self.put_aside();
                let from = From::Text(self.learn.draft.as_ref().to_owned());
                self.learn.take(from.clone());
                self.learn.read(from, true, &mut self.outbox);
            }
            LearnAction::Answer(part, choice) => {
                self.learn.change(|done| {
                    done.chosen.retain(|(known, _)| *known != part);
                    done.chosen.push((part, choice));
                });
                self.learn.ask(part, &mut self.outbox);
                self.settle();
            }
            LearnAction::StopAsking(part) => {
                self.learn.change(|done| done.chosen.retain(|(known, _)| *known != part));
                // The worker hears nothing while it works an answer out: a new one takes its place.
                self.restart();
            }
            LearnAction::TooLong(name) => self.learn.findings = Rc::new([words::too_long(&name)]),
            LearnAction::Watch(part) => self.watch_answer(part),
            LearnAction::Begin(part) => self.begin_puzzle(part),
            LearnAction::Edit(edit) => {
                self.proof.apply(ProofAction::Edit(edit), &mut self.outbox);
            }
            LearnAction::Undo(part) => {
                let start = self.learn.mend(part).map_or(usize::MAX, |mend| mend.start.len());
                if self.proof.edits.len() > start {
                    self.proof.apply(ProofAction::Undo, &mut self.outbox);
                }
            }
            LearnAction::Draft(text) => {
                self.learn.draft = text;
                self.learn.findings = Rc::default();
            }
            LearnAction::Forget => self.learn.progress = Rc::default(),
        }
    }

    /// Opens a lesson that the address asks for; what was kept comes back when it is left.
    pub(crate) fn with_lesson(mut self, name: &str) -> Self {
        self.put_aside();
        self.learn.take(From::Course(name.to_owned()));
        self
    }

    /// Keeps what is on the page, to be brought back when the lessons are left.
    pub(super) fn put_aside(&mut self) {
        if self.learn.aside.is_none() {
            self.learn.aside = Some(self.input.clone());
        }
    }

    /// A lesson was read.
    pub(super) fn lesson_read(
        &mut self,
        id: u64,
        lesson: Option<LessonView>,
        findings: Vec<Finding>,
    ) {
        if id != self.learn.asked {
            return;
        }
        self.learn.findings = findings.into();
        let Some(lesson) = lesson else {
            self.learn.is_checking = false;
            return;
        };
        if self.input.request != lesson.scenario {
            self.input = Input { request: lesson.scenario.clone(), ..Input::default() }.into();
            // The plan's own page would give the answers away.
            self.tab = Tab::Play;
            self.play.subject = Subject::AsAsked;
            self.play.stale = true;
            self.ask();
        }
        self.learn.lesson = Some(Rc::new(lesson));
        for (part, _) in self.learn.done().chosen {
            self.learn.ask(part, &mut self.outbox);
        }
    }

    fn watch_answer(&mut self, part: usize) {
        let Some(Ok(told)) = self.learn.told.get(&part).cloned() else { return };
        if let Some(setting) = &told.setting {
            self.traffic.apply(TrafficAction::Run(setting.clone()), &mut self.outbox);
            self.tab = Tab::Traffic;
        }
        let Some(trace) = &told.trace else { return };
        let moments = trace.moments.iter().cloned().map(Rc::new).collect();
        self.play.watch((told.search.clone(), told.cell.clone()), moments);
        self.play.playing = true;
        self.tab = Tab::Play;
    }

    fn begin_puzzle(&mut self, part: usize) {
        let Some(start) = self.learn.mend(part).map(|mend| mend.start.clone()) else { return };
        self.proof.bounds = Bounds::default();
        self.proof.edits = start;
        self.proof.apply(ProofAction::Start(Subject::Plan), &mut self.outbox);
        self.tab = Tab::Proof;
    }

    /// Works out what is done of the lesson that is open.
    pub(super) fn settle(&mut self) {
        let Some(lesson) = self.learn.lesson.clone().filter(|_| self.learn.is_open) else { return };
        let before = self.learn.done();
        let is_right = |part: usize| match (self.learn.told.get(&part), before.choice(part)) {
            (Some(Ok(told)), Some(choice)) => told.right == choice,
            (Some(_) | None, _) => false,
        };
        let mut solved = before.solved.clone();
        let mut is_finished = true;
        for (at, part) in lesson.parts.iter().enumerate() {
            let is_solved = match part {
                PartView::Prose(_) | PartView::Scenario => continue,
                PartView::Ask(ask) if !ask.is_puzzle => {
                    is_finished &= before.choice(at).is_some();
                    continue;
                }
                PartView::Ask(_) => before.is_solved(at) || is_right(at),
                PartView::Mend(mend) => before.is_solved(at) || self.is_mended(mend),
            };
            is_finished &= is_solved;
            if is_solved && !solved.contains(&at) {
                solved.push(at);
            }
        }
        self.learn.change(|done| (done.solved, done.is_finished) = (solved, is_finished));
    }

    /// Whether the newest proof mends a puzzle's plan.
    fn is_mended(&self, mend: &MendView) -> bool {
        let proof = &self.proof;
        let ProofState::Done(verdict) = &proof.state else { return false };
        matches!(verdict.as_ref(), Verdict::Verified { .. })
            && proof.subject == Subject::Plan
            && !proof.stale
            && lacks(proof, mend).is_none()
    }
}

/// Why a plan that was verified is no solution of a puzzle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// It is another plan.
    OtherPlan,
    /// It was searched within other bounds.
    OtherBounds,
    /// By edits that the puzzle does not offer: the proof's own page offers more.
    NotOffered,
    /// By more edits than it allows.
    TooMany,
}

/// Why a proof's plan, if it is verified, is no solution; nothing where it is one.
pub(crate) fn lacks(proof: &Proof, mend: &MendView) -> Option<Lack> {
    let Some(n) = used(&proof.edits, mend) else { return Some(Lack::OtherPlan) };
    let made = proof.edits.get(mend.start.len()..).unwrap_or_default();
    if proof.searched != Bounds::default() {
        Some(Lack::OtherBounds)
    } else if !Tool::all_among(made, &mend.tools) {
        Some(Lack::NotOffered)
    } else if n > mend.edits_max {
        Some(Lack::TooMany)
    } else {
        None
    }
}

/// Edits made since the puzzle began; `None` where the plan is not the puzzle's.
pub(crate) fn used(edits: &[Edit], mend: &MendView) -> Option<usize> {
    edits.starts_with(&mend.start).then(|| edits.len() - mend.start.len())
}

#[cfg(test)]
mod tests;

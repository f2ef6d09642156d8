//! Everything the page knows, and the one function that changes it. Pure: what must be said to the
//! worker is put in the outbox, which `app` posts. Must not know the browser or how anything looks.

use std::rc::Rc;

use simulator::Trace;
pub(crate) use web::link::Tab;
use web::protocol::{Answer, CellAt, FromWorker, Job, ToWorker};
use web::view::PlanView;
use yew::Reducible;

pub(crate) mod input;
pub(crate) mod learn;
pub(crate) mod outbox;
pub(crate) mod play;
pub(crate) mod proof;
pub(crate) mod sharing;
pub(crate) mod traffic;

use input::{Edit, Input};
use learn::{Learn, LearnAction};
use outbox::Outbox;
use play::{Play, PlayAction};
use proof::{Proof, ProofAction};
use sharing::{Outgoing, Sharing};
use traffic::{Traffic, TrafficAction};

/// How the worker is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Not listening yet.
    #[default]
    Starting,
    /// Listens.
    Ready,
    /// Gone, and why.
    Broken(String),
}

/// A plan on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The plan.
    pub(crate) plan: Rc<PlanView>,
    /// The answer it came with; `plan` is taken out of it.
    pub(crate) answer: Rc<Answer>,
}

/// The page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    /// How the worker is.
    pub(crate) engine: Engine,
    /// Counts the workers started.
    pub(crate) generation: u32,
    /// What is asked.
    pub(crate) input: Rc<Input>,
    /// What `Clear` or an example took away.
    pub(crate) undo: Option<Rc<Input>>,
    /// Whether the hint for a first visit shows.
    pub(crate) hint: bool,
    /// Number of the newest request.
    pub(crate) asked: u64,
    /// The input of that request.
    pub(crate) asked_of: Rc<Input>,
    /// Whether the worker has been at a request for so long that a newer one should not wait.
    pub(crate) slow: bool,
    /// Whether a plan came of the newest request answered.
    pub(crate) has_plan: bool,
    /// What else came of it.
    pub(crate) answer: Option<Rc<Answer>>,
    /// The newest plan: stays on the page while another is made.
    pub(crate) shown: Option<Shown>,
    /// Why a file was not opened.
    pub(crate) file_error: Option<String>,
    /// What the right half shows.
    pub(crate) tab: Tab,
    /// The only tab there is, where the page is inside another one.
    pub(crate) only: Option<Tab>,
    /// The run.
    pub(crate) play: Play,
    /// The proof.
    pub(crate) proof: Proof,
    /// The run under traffic.
    pub(crate) traffic: Traffic,
    /// Lessons.
    pub(crate) learn: Learn,
    /// Links in and out.
    pub(crate) sharing: Sharing,
    /// What the worker has to be told.
    pub(crate) outbox: Outbox,
}

/// Everything that can happen to the page.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// The worker sent something.
    Heard(Rc<FromWorker>),
    /// The worker failed.
    EngineBroke(String),
    /// Start a new worker.
    Restart,
    /// Messages up to that number were posted.
    Posted(u64),
    /// The input changed.
    Edit(Edit),
    /// Ask for a plan of the input as it stands.
    PlanNow,
    /// The worker takes long over a plan.
    Slow,
    /// Another input altogether.
    Load(Rc<Input>),
    /// Start empty.
    Clear,
    /// Bring back what `Clear` or `Load` took away.
    Undo,
    /// The hint was read.
    DismissHint,
    /// Show a tab.
    Show(Tab),
    /// The page was asked to open a link: what stands behind the `#`.
    OpenLink(String),
    /// The message about a link was read.
    DismissLinkError,
    /// Make a link.
    Share,
    /// The link was taken.
    CloseShare,
    /// Something about the run.
    Play(PlayAction),
    /// Something about the proof.
    Proof(ProofAction),
    /// Something about the run under traffic.
    Traffic(TrafficAction),
    /// Something about lessons.
    Learn(LearnAction),
}

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut next = Rc::unwrap_or_clone(self);
        next.apply(action);
        Rc::new(next)
    }
}

impl State {
    /// Whether the plan shown is not the one for the input as it stands.
    pub(crate) fn is_planning(&self) -> bool {
        self.asked > self.answer.as_ref().map_or(0, |answer| answer.id)
    }

    fn apply(&mut self, action: Action) {
        match action {
            Action::Heard(message) => self.hear(Rc::unwrap_or_clone(message)),
            Action::EngineBroke(why) => {
                self.engine = Engine::Broken(why);
                self.play.stop();
            }
            Action::Restart => self.restart(),
            Action::Posted(number) => self.outbox.posted(number),
            Action::Edit(edit) => {
                Rc::make_mut(&mut self.input).edit(edit);
                self.file_error = None;
            }
            // A worker cannot hear while it plans: one that is stuck in an old request is replaced,
            // and the new one asks when it listens.
            Action::PlanNow if self.slow => self.restart(),
            Action::PlanNow => self.ask(),
            Action::Slow => self.slow = self.is_planning(),
            Action::Load(input) => self.replace(input),
            Action::Clear if self.input.is_empty() => {}
            Action::Clear => self.replace(Rc::default()),
            Action::Undo => {
                if let Some(input) = self.undo.take() {
                    self.input = input;
                }
            }
            Action::DismissHint => self.hint = false,
            Action::Show(tab) => {
                self.tab = tab;
                self.play.stop();
                self.start_run_if_wanted();
            }
            Action::Play(action) => self.play.apply(action, &mut self.outbox),
            Action::OpenLink(text) => self.open_link(text),
            Action::DismissLinkError => self.sharing.error = None,
            Action::Share => self.share(),
            Action::CloseShare => self.sharing.outgoing = Outgoing::None,
            Action::Proof(ProofAction::Watch) => self.watch_counterexample(),
            Action::Proof(action) => self.proof.apply(action, &mut self.outbox),
            Action::Traffic(action) => self.traffic.apply(action, &mut self.outbox),
            Action::Learn(action) => self.learn(action),
        }
    }

    fn watch_counterexample(&mut self) {
        if let Some(found) = self.proof.counterexample() {
            let trace = found.trace.clone();
            self.watch_found(None, trace);
        }
    }

    fn watch_found(&mut self, cell: Option<&CellAt>, trace: Trace) {
        let moments = trace.moments.into_iter().map(Rc::new).collect();
        if let Some(search) = self.proof.to_link() {
            self.play.watch((search, cell.cloned()), moments);
            self.at_moment_waited_for(cell);
            self.tab = Tab::Play;
        }
    }

    fn replace(&mut self, input: Rc<Input>) {
        if !self.input.is_empty() {
            self.undo = Some(self.input.clone());
        }
        self.input = input;
        self.file_error = None;
    }

    fn restart(&mut self) {
        self.generation += 1;
        self.engine = Engine::Starting;
        self.slow = false;
        self.outbox = Outbox::default();
        self.proof.forget_search();
        self.play.stale = true;
        self.traffic.forget();
    }

    fn ask(&mut self) {
        if self.input.is_empty() {
            // Nothing is asked: an answer still on its way is for an older number and is dropped.
            self.asked += 1;
            self.answer = Some(Rc::new(Answer { id: self.asked, ..Answer::default() }));
            self.shown = None;
            self.has_plan = false;
            self.sharing.forget();
            return;
        }
        self.asked += 1;
        self.asked_of = self.input.clone();
        let (request, held) = self.input.to_send();
        self.outbox.push(ToWorker::Plan { id: self.asked, request: Box::new(request), held });
    }

    fn hear(&mut self, message: FromWorker) {
        match message {
            FromWorker::Ready => {
                self.engine = Engine::Ready;
                self.learn.begin(&mut self.outbox);
                match self.sharing.incoming.take() {
                    Some(text) => self.open_link(text),
                    None => self.ask(),
                }
            }
            FromWorker::Crashed { message } => self.apply(Action::EngineBroke(message)),
            FromWorker::Opened { slot, name, size, text } => {
                Rc::make_mut(&mut self.input).edit(Edit::Opened { slot, name, size, text });
                self.ask();
            }
            FromWorker::NotOpened { message, .. } => self.file_error = Some(message),
            FromWorker::Planned(answer) => self.take_answer(*answer),
            FromWorker::Progress { id, progress, elapsed_ms } => {
                self.proof.progress(id, progress, elapsed_ms);
            }
            FromWorker::Verdict { id, verdict } => {
                self.proof.verdict(id, *verdict);
                self.settle();
                self.look_for_run(false);
            }
            FromWorker::Derived { id, derived } => {
                self.proof.derived(id, *derived);
                self.look_for_run(true);
            }
            FromWorker::Shown { id, cell, trace } if id == self.proof.id => {
                self.watch_found(Some(&cell), trace);
            }
            FromWorker::Shown { .. } => {}
            FromWorker::Failed { id, job: Job::Proof, message } => {
                self.proof.failed(id, message);
                self.give_run_up();
            }
            FromWorker::Failed { id, job: Job::Walk, message } => self.play.failed(id, message),
            FromWorker::Failed { id, job: Job::Time, message } => self.traffic.failed(id, message),
            FromWorker::Walked(walked) => {
                self.play.walked(*walked);
                self.play.go_on_until(&mut self.outbox);
            }
            FromWorker::Timed { id, subject, step } => self.traffic.timed(id, subject, *step),
            FromWorker::TimeIsUp { id } => self.traffic.is_up(id),
            FromWorker::Packed(text) if self.sharing.outgoing == Outgoing::Asked => {
                self.sharing.outgoing = Outgoing::Made(text);
            }
            FromWorker::Packed(_) => {}
            FromWorker::NotPacked(why) => self.sharing.outgoing = Outgoing::Refused(why),
            FromWorker::Unpacked(link) => self.link_read(*link),
            FromWorker::Course(heads) => self.learn.course = heads.into(),
            FromWorker::Lesson { id, lesson, findings } => {
                self.lesson_read(id, lesson.map(|lesson| *lesson), findings);
            }
            FromWorker::Checked { id, findings } => self.learn.checked(id, findings),
            FromWorker::Told { id, part, told } => {
                self.learn.told(id, part, Ok(*told));
                self.settle();
            }
            FromWorker::NotTold { id, part, why } => self.learn.told(id, part, Err(why)),
            FromWorker::NotUnpacked(why) => {
                self.sharing.error = Some(format!("This link cannot be opened: it {why}."));
                if self.asked == 0 {
                    self.ask();
                }
            }
        }
    }

    fn take_answer(&mut self, mut answer: Answer) {
        self.slow = false;
        if answer.id != self.asked {
            return;
        }
        let plan = answer.plan.take();
        self.has_plan = plan.is_some();
        let answer = Rc::new(answer);
        if let Some(plan) = plan {
            let same = self.shown.as_ref().is_some_and(|shown| *shown.plan == plan);
            self.shown = Some(Shown { plan: Rc::new(plan), answer: answer.clone() });
            if !same {
                self.play.stale = true;
                self.proof.plan_changed();
                self.traffic.forget();
                self.sharing.forget_run();
            }
        }
        self.answer = Some(answer);
        self.resume(self.has_plan);
        self.start_run_if_wanted();
    }

    fn start_run_if_wanted(&mut self) {
        if self.tab == Tab::Play && self.play.stale && self.shown.is_some() && !self.awaits_run() {
            self.play.apply(PlayAction::Start, &mut self.outbox);
        }
        if self.tab == Tab::Traffic && self.traffic.stale && self.shown.is_some() {
            let setting = self.traffic.setting.clone();
            self.traffic.apply(TrafficAction::Run(setting), &mut self.outbox);
        }
    }
}

#[cfg(test)]
mod tests;

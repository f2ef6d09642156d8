//! What the worker holds and does, message by message and slice by slice. Must not know the
//! browser: native tests drive it.

use planner::edit::{Edit, edited};
use planner::{Plan, Request};
use simulator::{Bounds, Setting};
use web::link::{Link, Move};
use web::protocol::{CellAt, FromWorker, Job, PerSlot, SHOWN_BYTES_MAX, Slot, Subject, ToWorker};

use crate::deriving;
use crate::planning;
use crate::proving::Proving;
use crate::teaching::{self, Teaching};
use crate::timing::Timing;
use crate::walking::Walking;

/// The worker's state.
#[derive(Default)]
pub(crate) struct Engine {
    /// Texts of files too long to show.
    held: PerSlot<String>,
    /// The newest request not planned yet.
    wanted: Option<(u64, Request, Vec<Slot>)>,
    /// The newest request that a plan could be made of.
    request: Option<Request>,
    /// Its plan.
    plan: Option<Plan>,
    /// A search under way.
    proving: Option<Proving>,
    /// What the newest search is about.
    proved: Option<Proved>,
    /// A run.
    walking: Option<Walking>,
    /// A run under traffic.
    timing: Option<Timing>,
    /// The lesson that is open.
    teaching: Option<Teaching>,
}

/// The plan of a search.
struct Proved {
    id: u64,
    plan: Plan,
    bounds: Bounds,
    /// Whether its verdict is out, and the rest is not derived yet.
    is_due: bool,
}

impl Engine {
    /// Whether `work` has something to do.
    pub(crate) fn is_busy(&self) -> bool {
        let is_due = self.proved.as_ref().is_some_and(|proved| proved.is_due);
        let is_unchecked = self.teaching.as_ref().is_some_and(Teaching::is_due);
        let is_running = self.timing.is_some() || self.proving.is_some();
        self.wanted.is_some() || is_running || is_due || is_unchecked
    }

    /// Takes a message; what is quick is answered at once, the rest waits for `work`.
    pub(crate) fn hear(&mut self, message: ToWorker) -> Vec<FromWorker> {
        match message {
            ToWorker::Plan { id, request, held } => {
                self.wanted = Some((id, *request, held));
                Vec::new()
            }
            // Comes with a file, and then goes to `open`.
            ToWorker::Open { slot, name } => {
                vec![FromWorker::NotOpened { slot, message: format!("{name} did not arrive.") }]
            }
            ToWorker::Prove { id, subject, bounds, edits } => {
                self.prove(id, (subject, &edits), bounds)
            }
            ToWorker::Show { id, cell } => self.show(id, cell),
            ToWorker::StopProof => {
                (self.proving, self.proved) = (None, None);
                Vec::new()
            }
            ToWorker::Walk { id, subject, seed, bounds, moves, at } => {
                self.walk(id, (subject, seed), bounds, (&moves, at))
            }
            ToWorker::WalkStep { from } => self.on_walk(|walk| walk.step(from)),
            ToWorker::WalkTake { from, choice } => self.on_walk(|walk| walk.take(from, choice)),
            ToWorker::WalkRollBack { from } => self.on_walk(|walk| walk.roll_back(from)),
            ToWorker::Time { id, setting } => self.time(id, &setting),
            ToWorker::WalkSeek { at } => self.on_walk(|walk| walk.seek(at)),
            ToWorker::Pack(link) => {
                vec![link.pack().map_or_else(FromWorker::NotPacked, FromWorker::Packed)]
            }
            ToWorker::Unpack(text) => vec![match Link::unpack(&text) {
                Ok(link) => FromWorker::Unpacked(Box::new(link)),
                Err(why) => FromWorker::NotUnpacked(why),
            }],
            ToWorker::Course => vec![teaching::course()],
            ToWorker::Lesson { id, from, check } => {
                let (teaching, said) = Teaching::open(id, &from, check);
                self.teaching = teaching;
                vec![said]
            }
            ToWorker::Ask { id, part } => {
                let told = self.teaching.as_ref().and_then(|lesson| lesson.tell(id, part));
                told.into_iter().collect()
            }
        }
    }

    /// Takes a file's text: short ones go to the shell, long ones stay.
    pub(crate) fn open(
        &mut self,
        slot: Slot,
        name: String,
        read: Result<String, String>,
    ) -> FromWorker {
        let text = match read {
            Ok(text) => text,
            Err(message) => return FromWorker::NotOpened { slot, message },
        };
        let size = text.len();
        let shown = size <= SHOWN_BYTES_MAX;
        if shown {
            self.held.set(slot, None);
            return FromWorker::Opened { slot, name, size, text: Some(text) };
        }
        self.held.set(slot, Some(text));
        FromWorker::Opened { slot, name, size, text: None }
    }

    /// One slice of work.
    pub(crate) fn work(&mut self, now_ms: impl Fn() -> f64) -> Vec<FromWorker> {
        if let Some((id, request, held)) = self.wanted.take() {
            return self.make_plan(id, request, &held).into_iter().collect();
        }
        if let Some(timing) = &mut self.timing {
            let said = timing.advance();
            if matches!(said, FromWorker::TimeIsUp { .. }) {
                self.timing = None;
            }
            return vec![said];
        }
        let Some(proving) = &mut self.proving else {
            let derived = self.derive();
            let unchecked = self.teaching.as_mut().filter(|lesson| lesson.is_due());
            return match unchecked {
                Some(lesson) if derived.is_empty() => vec![lesson.check()],
                Some(_) | None => derived,
            };
        };
        let said = proving.advance(now_ms);
        if proving.is_done() {
            self.proving = None;
            self.proved.iter_mut().for_each(|proved| proved.is_due = true);
        }
        said.into_iter().collect()
    }

    /// What else can be found of a plan whose verdict is out.
    fn derive(&mut self) -> Vec<FromWorker> {
        let Some(proved) = self.proved.as_mut().filter(|proved| proved.is_due) else {
            return Vec::new();
        };
        proved.is_due = false;
        let Proved { id, plan, bounds, .. } = proved;
        match deriving::derived(plan, bounds) {
            Ok(derived) => vec![FromWorker::Derived { id: *id, derived: Box::new(derived) }],
            // What cannot be modelled has a verdict that says so.
            Err(_) => Vec::new(),
        }
    }

    fn show(&self, id: u64, cell: CellAt) -> Vec<FromWorker> {
        let Some(proved) = self.proved.as_ref().filter(|proved| proved.id == id) else {
            return Vec::new();
        };
        let trace = deriving::trace(&proved.plan, &proved.bounds, &cell);
        trace.map(|trace| FromWorker::Shown { id, cell, trace }).into_iter().collect()
    }

    fn make_plan(&mut self, id: u64, mut request: Request, held: &[Slot]) -> Option<FromWorker> {
        for slot in held {
            // A file that is not here yet: the shell asks again once it is.
            planning::fill_in(&mut request, *slot, self.held.get(*slot)?);
        }
        let (plan, answer) = planning::answer(id, &request);
        // Where no plan can be made, the page keeps the last one, and so does the engine.
        if plan.is_some() {
            if plan != self.plan {
                (self.proving, self.proved) = (None, None);
                self.timing = None;
            }
            self.plan = plan;
            self.request = Some(request);
        }
        Some(FromWorker::Planned(Box::new(answer)))
    }

    /// The plan, or the change as asked as a plan.
    fn subject(&self, subject: Subject) -> Result<Plan, String> {
        match (subject, &self.plan, &self.request) {
            (Subject::Plan, Some(plan), _) => Ok(plan.clone()),
            (Subject::AsAsked, Some(_), Some(request)) => planning::as_asked(request),
            (_, _, _) => Err("there is no plan yet".to_owned()),
        }
    }

    fn prove(
        &mut self,
        id: u64,
        (subject, edits): (Subject, &[Edit]),
        bounds: Bounds,
    ) -> Vec<FromWorker> {
        (self.proving, self.proved) = (None, None);
        let bounds = fitting(bounds, subject);
        let plan = self.subject(subject);
        let plan = plan.and_then(|plan| edited(&plan, edits).map_err(|why| why.to_string()));
        let started = plan.and_then(|plan| Ok((Proving::start(id, &plan, &bounds)?, plan)));
        match started {
            Ok((proving, plan)) => {
                self.proving = Some(proving);
                self.proved = Some(Proved { id, plan, bounds, is_due: false });
                Vec::new()
            }
            Err(message) => vec![FromWorker::Failed { id, job: Job::Proof, message }],
        }
    }

    fn time(&mut self, id: u64, setting: &Setting) -> Vec<FromWorker> {
        let subjects = [Subject::Plan, Subject::AsAsked];
        let [plan, as_asked] = subjects.map(|subject| self.subject(subject).map(|p| (subject, p)));
        match (plan, as_asked) {
            (Ok(plan), Ok(as_asked)) => {
                self.timing = Some(Timing::start(id, &[plan, as_asked], setting));
                Vec::new()
            }
            (Err(message), _) | (_, Err(message)) => {
                vec![FromWorker::Failed { id, job: Job::Time, message }]
            }
        }
    }

    fn walk(
        &mut self,
        id: u64,
        (subject, seed): (Subject, u64),
        bounds: Bounds,
        (moves, at): (&[Move], usize),
    ) -> Vec<FromWorker> {
        self.walking = None;
        let bounds = fitting(bounds, subject);
        let plan = self.subject(subject);
        let started = plan.and_then(|plan| Walking::start(id, &plan, seed, &bounds));
        match started {
            Ok(mut walking) => {
                let walked = walking.again(moves, at);
                self.walking = Some(walking);
                vec![FromWorker::Walked(Box::new(walked))]
            }
            Err(message) => vec![FromWorker::Failed { id, job: Job::Walk, message }],
        }
    }

    fn on_walk(
        &mut self,
        act: impl FnOnce(&mut Walking) -> web::protocol::Walked,
    ) -> Vec<FromWorker> {
        let walked = self.walking.as_mut().map(act);
        walked.map(|walked| FromWorker::Walked(Box::new(walked))).into_iter().collect()
    }
}

/// The change as asked promises nothing about procedure; what it does to the app is the question.
fn fitting(bounds: Bounds, subject: Subject) -> Bounds {
    match subject {
        Subject::Plan => bounds,
        Subject::AsAsked => bounds.as_asked(),
    }
}

#[cfg(test)]
mod tests;

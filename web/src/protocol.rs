//! Messages between the shell and the worker, sent as JSON texts. Values only: must not know how
//! they travel.
//!
//! A file is the one thing that travels otherwise: as an array of `ToWorker::Open` and the `File`, so that
//! only the worker ever reads it.

use planner::Request;
use planner::edit::Edit;
use serde::{Deserialize, Serialize};
use simulator::{
    Bounds, Choice, Does, Endings, Fault, Matrix, Moment, Progress, Setting, Strip, TimedStep,
    Trace, Verdict,
};

use crate::lesson::{From, Head, LessonView, Told};
use crate::link::{Link, Move};
use crate::view::{Finding, PlanView};

/// Files longer than this stay in the worker: to lay them out in a text area takes a browser longer
/// than the 50 ms after which a page feels stuck.
pub const SHOWN_BYTES_MAX: usize = 1 << 18;

/// One of the two SQL texts of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// The schema as it is.
    Schema,
    /// The change: statements or target.
    Change,
}

/// Something for each of the two texts, or for neither. No map: its code weighs more than this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerSlot<T> {
    schema: Option<T>,
    change: Option<T>,
}

impl<T> Default for PerSlot<T> {
    fn default() -> Self {
        Self { schema: None, change: None }
    }
}

impl<T> PerSlot<T> {
    /// What there is for that text.
    pub fn get(&self, slot: Slot) -> Option<&T> {
        match slot {
            Slot::Schema => self.schema.as_ref(),
            Slot::Change => self.change.as_ref(),
        }
    }

    /// Puts it there, or takes it away.
    pub fn set(&mut self, slot: Slot, value: Option<T>) {
        match slot {
            Slot::Schema => self.schema = value,
            Slot::Change => self.change = value,
        }
    }

    /// What there is, the schema's first.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        let both = [(Slot::Schema, &self.schema), (Slot::Change, &self.change)];
        both.into_iter().filter_map(|(slot, value)| Some((slot, value.as_ref()?)))
    }
}

pub use lessons::Subject;

/// From the shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker {
    /// Make a plan. The newest request wins: older ones still waiting are dropped.
    Plan {
        /// Counts up; the answer carries it.
        id: u64,
        /// What is asked. Texts in `held` are empty here.
        request: Box<Request>,
        /// Texts to take from an opened file instead.
        held: Vec<Slot>,
    },
    /// A file comes with this message: read it for that text.
    Open {
        /// For which text.
        slot: Slot,
        /// Its name.
        name: String,
    },
    /// Search every interleaving within the bounds.
    Prove {
        /// Counts up; answers carry it.
        id: u64,
        /// What to prove.
        subject: Subject,
        /// Within what.
        bounds: Bounds,
        /// What to do to it before.
        edits: Vec<Edit>,
    },
    /// Show the run behind a cell of what was derived with the newest proof.
    Show {
        /// Of the `Prove`.
        id: u64,
        /// Which cell.
        cell: CellAt,
    },
    /// Give the running proof up.
    StopProof,
    /// Start a run.
    Walk {
        /// Counts up; answers carry it.
        id: u64,
        /// What to run.
        subject: Subject,
        /// Same seed, same run.
        seed: u64,
        /// Within what.
        bounds: Bounds,
        /// What is done at once, from the start; as much of it as can be.
        moves: Vec<Move>,
        /// The moment to look at then; the last one if there are fewer.
        at: usize,
    },
    /// Let the seed choose what happens next, at the moment of that index.
    WalkStep {
        /// Moment to go on from.
        from: usize,
    },
    /// Take a choice at the moment of that index.
    WalkTake {
        /// Moment to go on from.
        from: usize,
        /// Index among its choices.
        choice: usize,
    },
    /// Roll the plan back, at the moment of that index.
    WalkRollBack {
        /// Moment to go on from.
        from: usize,
    },
    /// Run the plan and the change as asked in the lock queues, under the request's traffic.
    Time {
        /// Counts up; answers carry it.
        id: u64,
        /// With what.
        setting: Setting,
    },
    /// Look at another moment: its choices are wanted.
    WalkSeek {
        /// Its index.
        at: usize,
    },
    /// Make a link.
    Pack(Box<Link>),
    /// Read a link.
    Unpack(String),
    /// Which lessons there are.
    Course,
    /// Read a lesson.
    Lesson {
        /// Counts up; answers carry it.
        id: u64,
        /// Which.
        from: From,
        /// Whether what it claims is to be checked as well: for who writes it.
        check: bool,
    },
    /// Answer a question of the lesson.
    Ask {
        /// Of the `Lesson`.
        id: u64,
        /// Index among its parts.
        part: usize,
    },
}

/// From the worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// It listens: messages sent before this one are lost.
    Ready,
    /// It is about to stop for good, by a fault of ours.
    Crashed {
        /// What it said.
        message: String,
    },
    /// A file was read.
    Opened {
        /// For which text.
        slot: Slot,
        /// Its name.
        name: String,
        /// Bytes.
        size: usize,
        /// What is in it, unless it is held by the worker because it is too long to show.
        text: Option<String>,
    },
    /// A file could not be read.
    NotOpened {
        /// For which text.
        slot: Slot,
        /// Why.
        message: String,
    },
    /// What came of a `Plan`.
    Planned(Box<Answer>),
    /// How far the proof is.
    Progress {
        /// Of the `Prove`.
        id: u64,
        /// Counts.
        progress: Progress,
        /// Milliseconds since the start.
        elapsed_ms: u64,
    },
    /// What came of a `Prove`.
    Verdict {
        /// Of the `Prove`.
        id: u64,
        /// Outcome.
        verdict: Box<Verdict>,
    },
    /// What else was found of the plan of a `Prove`, after its verdict.
    Derived {
        /// Of the `Prove`.
        id: u64,
        /// What a rollback keeps, what each release can do, how faults end.
        derived: Box<Derived>,
    },
    /// The run behind a cell.
    Shown {
        /// Of the `Prove`.
        id: u64,
        /// Which cell.
        cell: CellAt,
        /// The run.
        trace: Trace,
    },
    /// A proof or a run could not be started, or went wrong.
    Failed {
        /// Of the `Prove`, the `Walk` or the `Time`.
        id: u64,
        /// Which of them.
        job: Job,
        /// Why.
        message: String,
    },
    /// The run: what is new in it.
    Walked(Box<Walked>),
    /// One step more of a `Time`.
    Timed {
        /// Of the `Time`.
        id: u64,
        /// Of which of the two.
        subject: Subject,
        /// How it went.
        step: Box<TimedStep>,
    },
    /// A `Time` is through.
    TimeIsUp {
        /// Of the `Time`.
        id: u64,
    },
    /// What came of a `Pack`: the text behind the `#`.
    Packed(String),
    /// No link could be made, and why.
    NotPacked(String),
    /// What came of an `Unpack`.
    Unpacked(Box<Link>),
    /// A link that could not be read, and why: an end of "this link cannot be opened: it …".
    NotUnpacked(String),
    /// The lessons there are.
    Course(Vec<Head>),
    /// A lesson was read.
    Lesson {
        /// Of the `Lesson`.
        id: u64,
        /// It, unless an error stands in the findings.
        lesson: Option<Box<LessonView>>,
        /// What is wrong with it.
        findings: Vec<lessons::Finding>,
    },
    /// What a lesson claims was checked.
    Checked {
        /// Of the `Lesson`.
        id: u64,
        /// What of it is not so.
        findings: Vec<lessons::Finding>,
    },
    /// What the engine says to a question.
    Told {
        /// Of the `Lesson`.
        id: u64,
        /// Index of the question among its parts.
        part: usize,
        /// The answer.
        told: Box<Told>,
    },
    /// Why the engine says nothing to a question.
    NotTold {
        /// Of the `Lesson`.
        id: u64,
        /// Index of the question among its parts.
        part: usize,
        /// Why.
        why: String,
    },
}

/// What is found of a plan, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derived {
    /// What a rollback from after each step keeps.
    pub strip: Strip,
    /// What each release can do.
    pub matrix: Matrix,
    /// How each fault ends.
    pub endings: Endings,
}

/// A cell with a run behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellAt {
    /// Of the strip.
    WayBack {
        /// Step.
        step: String,
    },
    /// Of the matrix.
    Works {
        /// Step; `None` before the first one.
        step: Option<String>,
        /// Release.
        release: String,
        /// Operation.
        does: Does,
    },
    /// Of the rollback matrix.
    Ends {
        /// Step.
        step: String,
        /// Fault.
        fault: Fault,
    },
}

/// What a failure was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// A proof.
    Proof,
    /// A run.
    Walk,
    /// A run under traffic.
    Time,
}

/// What came of a `Plan`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Of the `Plan`.
    pub id: u64,
    /// The plan, unless an error stands in the findings.
    pub plan: Option<PlanView>,
    /// Errors and warnings, with their places.
    pub findings: Vec<Finding>,
    /// The plan as Markdown.
    pub markdown: String,
    /// The plan as JSON.
    pub json: String,
    /// The plan as files of SQL: name, text.
    pub sql: Vec<(String, String)>,
    /// Tables the change touches: those whose size and traffic matter.
    pub tables: Vec<String>,
}

/// What is new in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walked {
    /// Of the `Walk`.
    pub id: u64,
    /// Moments before this index are as they were; later ones are gone.
    pub keep: usize,
    /// Moments from there on.
    pub moments: Vec<Moment>,
    /// The moment looked at.
    pub at: usize,
    /// What can happen next at that moment.
    pub choices: Vec<Choice>,
    /// Whether the plan can be rolled back from that moment.
    pub can_roll_back: bool,
}

//! A lesson as a value. Texts that are shown are HTML that `read::prose` made: it holds no markup but
//! that of plain prose. Must not know how a file is written.

use planner::Request;
use planner::diagnostic::Severity;
use planner::edit::Edit;
use serde::{Deserialize, Serialize};
use simulator::{Does, Fault, Setting};

/// Which of the two plans of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The plan.
    #[default]
    Plan,
    /// The change as asked, run as it stands.
    AsAsked,
}

/// What came of reading a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The lesson, unless an error stands in the findings.
    pub lesson: Option<Lesson>,
    /// Errors and warnings, in the order of their lines.
    pub findings: Vec<Finding>,
}

/// Something wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do instead.
    pub help: String,
}

/// A lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Its title, plain text.
    pub title: String,
    /// What it is about.
    pub scenario: Request,
    /// Where it stands in the file.
    pub lines: ScenarioLines,
    /// In order.
    pub parts: Vec<Part>,
}

/// Lines of the file, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScenarioLines {
    /// First line in the block.
    pub block: usize,
    /// First line of the schema.
    pub schema: usize,
    /// First line of the change.
    pub change: usize,
}

/// A part of a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text, as HTML.
    Prose(String),
    /// The scenario's place in the text.
    Scenario,
    /// A question that is asked before what comes after it shows.
    Predict(Predict),
    /// Something to solve.
    Puzzle(Puzzle),
}

/// A question with choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predict {
    /// Line of its block.
    pub line: usize,
    /// The question, as HTML.
    pub question: String,
    /// What is asked of the engine.
    pub asked: Asked,
    /// At least two.
    pub choices: Vec<Choice>,
    /// The value that the author holds to be right.
    pub marked: String,
    /// Said with the answer, as HTML; may be empty.
    pub because: String,
}

/// A choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the engine says where this is right: a word, a number, or a range of numbers.
    pub value: String,
    /// As it is shown, HTML.
    pub text: String,
}

/// What is asked, and of which plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Of the plan, or of the change as asked.
    pub of: Subject,
    /// What is done to the plan before.
    pub edits: Vec<Edit>,
    /// What is asked.
    pub question: Question,
}

/// What can be asked of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// What comes of an operation of a release from a step on.
    Works {
        /// The step; `None` before the first one.
        step: Option<String>,
        /// The release.
        release: String,
        /// The operation.
        does: Does,
    },
    /// What a rollback from right after a step keeps.
    Rollback {
        /// The step.
        step: String,
    },
    /// The last step from right after which a rollback keeps everything.
    LastRollback,
    /// From where on there is no way back.
    PointOfNoReturn,
    /// How it ends when a fault hits a step.
    Ending {
        /// The step.
        step: String,
        /// The fault.
        fault: Fault,
    },
    /// What the proof comes to.
    Verdict,
    /// The lock that a step takes on a table.
    Lock {
        /// The step.
        step: String,
        /// The table, as it is written.
        table: String,
    },
    /// For how long it is held.
    Held {
        /// The step.
        step: String,
        /// The table, as it is written.
        table: String,
    },
    /// Requests that are given up while a step runs under the scenario's traffic.
    GivenUp {
        /// The step.
        step: String,
        /// With what it is run.
        setting: Setting,
    },
}

/// Something to solve, until the engine says that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Puzzle {
    /// Mend a plan.
    Reorder(Reorder),
    /// Choose right.
    Choose(Choose),
}

/// A broken plan to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reorder {
    /// Line of its block.
    pub line: usize,
    /// What to do, as HTML.
    pub task: String,
    /// What was done to the plan; at least one edit.
    pub start: Vec<Edit>,
    /// Edits that are allowed: the smallest number that mends it.
    pub edits_max: usize,
    /// What can be done to a step.
    pub tools: Vec<Tool>,
    /// Edits that mend it.
    pub solution: Vec<Edit>,
    /// One after the other, as HTML.
    pub hints: Vec<String>,
}

/// A question that may be answered until the answer is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choose {
    /// The question.
    pub predict: Predict,
    /// One after the other, as HTML.
    pub hints: Vec<String>,
}

/// What can be done to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Change places with the step before it.
    Up,
    /// Change places with the step after it.
    Down,
    /// Go anywhere.
    Move,
    /// Become part of the step before it.
    Merge,
    /// Go away.
    Remove,
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Up, Self::Down, Self::Move, Self::Merge, Self::Remove];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Move => "move",
            Self::Merge => "merge",
            Self::Remove => "remove",
        }
    }

    /// What an edit takes.
    fn of(edit: &Edit) -> Option<Self> {
        match edit {
            Edit::Up { .. } => Some(Self::Up),
            Edit::Down { .. } => Some(Self::Down),
            Edit::Move { .. } => Some(Self::Move),
            Edit::Merge { .. } => Some(Self::Merge),
            Edit::Remove { .. } => Some(Self::Remove),
            Edit::Swap { .. } | Edit::Insert { .. } => None,
        }
    }

    /// Whether edits take no other tools than these.
    pub fn all_among(edits: &[Edit], tools: &[Self]) -> bool {
        edits.iter().all(|edit| Self::of(edit).is_some_and(|tool| tools.contains(&tool)))
    }
}

impl Finding {
    /// An error.
    pub fn error(line: usize, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { severity: Severity::Error, line, message: message.into(), help: help.into() }
    }

    /// A warning.
    pub fn warning(line: usize, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(line, message, help) }
    }
}

impl Puzzle {
    /// One after the other, as HTML.
    pub fn hints(&self) -> &[String] {
        match self {
            Self::Reorder(puzzle) => &puzzle.hints,
            Self::Choose(puzzle) => &puzzle.hints,
        }
    }
}

impl Choice {
    /// Whether the engine's value is this one.
    pub fn fits(&self, value: &str) -> bool {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let Some((from, to)) = self.value.split_once("..") else { return self.value == value };
        match (number(from), number(to), number(value)) {
            (Some(from), Some(to), Some(value)) => from <= value && value <= to,
            (Some(from), None, Some(value)) if to.is_empty() => from <= value,
            _ => false,
        }
    }
}

//! A lesson as the page shows it: without what is asked of the engine, which keeps the answers in the
//! worker until they are asked for. Texts are HTML that `lessons` made of Markdown. Values only.

use lessons::Tool;
use planner::Request;
use planner::edit::Edit;
use serde::{Deserialize, Serialize};
use simulator::{Setting, Trace};

use crate::link::Search;
use crate::protocol::CellAt;

/// Where a lesson comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// One of the course's, by name.
    Course(String),
    /// Somebody's own, as Markdown.
    Text(String),
}

/// A lesson of the course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// As a link has it.
    pub name: String,
    /// Its title.
    pub title: String,
}

/// A lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonView {
    /// Its title.
    pub title: String,
    /// What it is about.
    pub scenario: Request,
    /// In order.
    pub parts: Vec<PartView>,
}

/// A part of a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartView {
    /// Text.
    Prose(String),
    /// The scenario's place.
    Scenario,
    /// A question with choices.
    Ask(AskView),
    /// A broken plan to mend.
    Mend(MendView),
}

/// A question with choices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskView {
    /// The question.
    pub question: String,
    /// What can be chosen.
    pub choices: Vec<String>,
    /// One after the other.
    pub hints: Vec<String>,
    /// Whether it is a puzzle: answered until the answer is right.
    pub is_puzzle: bool,
}

/// A broken plan to mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MendView {
    /// What to do.
    pub task: String,
    /// What was done to the plan.
    pub start: Vec<Edit>,
    /// Edits that are allowed.
    pub edits_max: usize,
    /// What can be done to a step.
    pub tools: Vec<Tool>,
    /// One after the other.
    pub hints: Vec<String>,
    /// Edits that mend it.
    pub solution: Vec<Edit>,
}

/// What the engine says to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Index of the choice that is right.
    pub right: usize,
    /// What was found.
    pub words: String,
    /// What the author says to it; may be empty.
    pub because: String,
    /// The search that finds it again.
    pub search: Search,
    /// The cell of what the search derives; `None` for its counterexample.
    pub cell: Option<CellAt>,
    /// The run that shows it, where there is one.
    pub trace: Option<Trace>,
    /// With what it was run, where it was run under traffic.
    pub setting: Option<Setting>,
}

impl PartView {
    /// Whether what comes after it waits for it.
    #[must_use]
    pub fn is_prediction(&self) -> bool {
        matches!(self, Self::Ask(ask) if !ask.is_puzzle)
    }
}

//! Lessons: a Markdown file in; prose, a scenario, predictions and puzzles out, and what the engine
//! answers to them.
//!
//! `read` (the file, with findings) → `lesson` (values) → `ask` (what planner and simulator say) →
//! `check` (whether what the author claims is what they say). No answer is taken from the file: what
//! an author marks is only compared with what is found. Must not know the page or any file system.
#![deny(clippy::disallowed_methods)]

mod ask;
mod check;
mod lesson;
mod read;

pub use ask::{Answer, answer};
pub use check::{check, shorter_ways};
pub use lesson::{
    Asked, Choice, Choose, Finding, Lesson, Part, Predict, Puzzle, Question, Read, Reorder,
    Subject, Tool,
};
pub use read::read;

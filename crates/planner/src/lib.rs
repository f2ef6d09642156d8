//! The planner: SQL and facts in, a plan out. No I/O, clock, randomness or threads.
//!
//! As data flows: `sql` (the only files that know sqlparser) → `schema` → `diff` / `change` →
//! `recipe` (one file a kind of change) → `order` (phases) → `plan` → `render`. Under them the
//! values: `op` (every statement, with its text and its effect), `engine` (facts as rows),
//! `condition`, `sync`, `backfill`.
#![deny(clippy::disallowed_methods)]

pub mod backfill;
pub mod change;
pub mod condition;
pub mod diagnostic;
pub mod diff;
pub mod edit;
pub mod engine;
pub mod expr;
pub mod facts;
pub mod name;
pub mod op;
pub mod plan;
pub mod queries;
pub mod request;
pub mod schema;
pub mod sql;
pub mod sql_type;
pub mod sync;

pub use assemble::{as_asked, plan};
pub use diagnostic::Diagnostic;
pub use plan::Plan;
pub use request::Request;

/// What came of a request: a plan where one could be made, and everything found on the way.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Planned {
    /// The plan, unless an error stands in the diagnostics.
    pub plan: Option<Plan>,
    /// Errors and warnings, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}
mod assemble;
mod cost;
mod estimate;
mod fold;
mod order;
mod recipe;
pub mod render;

//! The app's own statements against the schema at every moment of a plan: what the server would say
//! to each. Judged name by name and type by type from facts, never run. Must not know recipes.
//!
//! `ast` is a statement as read by `sql::query`; `catalogue` is the schema as statements see it;
//! `resolve` is the server's parse analysis; `inventory` goes through the steps of a plan.

pub(crate) mod ast;
mod candidates;
mod catalogue;
mod coerce;
mod facts;
mod literal;
mod parsed;
mod read;
mod report;
mod resolve;
mod types;
mod view;

pub use catalogue::Catalogue;
pub use parsed::Parsed;
pub use read::read;
pub use report::{Moment, Query, QueryReport, Runs, Verdict, When};

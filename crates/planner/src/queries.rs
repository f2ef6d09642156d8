//! The app's own statements against the schema at every moment of a plan: what the server would say
//! to each. Judged name by name and type by type from facts, never run. Must not know recipes.
//!
//! `ast` is a statement as read by `sql::query`; `catalogue` is the schema as statements see it;
//! `resolve` is the server's parse analysis; `inventory` goes through the steps of a plan.

pub(crate) mod ast;
mod candidates;
mod catalogue;
mod coerce;
pub mod facts;
mod hazards;
mod inventory;
mod literal;
mod parsed;
mod read;
mod report;
mod resolve;
pub(crate) mod types;
mod view;

pub use catalogue::{Catalogue, Changes};
pub(crate) use hazards::Asked;
pub use hazards::{BREAKS_QUERY, QUERY_BREAKS};
pub(crate) use inventory::through;
pub use parsed::Parsed;
pub use read::read;
pub use report::{Moment, Query, QueryReport, Runs, Verdict, When};

use crate::plan::Plan;
use crate::schema::Schema;

/// A plan with what becomes of the app's own statements through it, and their hazards: those of the
/// change as asked at their places, those of the plan after them.
pub(crate) fn attach(plan: Plan, source: &Schema, asked: &[Asked], queries: &[Query]) -> Plan {
    let reports = through(&plan, source, queries);
    let mut hazards = plan.hazards.clone();
    hazards.extend(hazards::as_asked(asked, (source, plan.engine.version), queries, &reports));
    hazards.sort_by_key(|hazard| hazard.span);
    hazards.extend(hazards::of_plan(&reports));
    Plan { queries: reports, hazards, ..plan }
}

//! The planner measured on pairs of schemas that are not in the repository: each pair is planned,
//! the plan is run on a real PostgreSQL, and what it leaves is compared with what was wanted.
//!
//! Knows which parts there are. None of them may use the planner's reading of SQL: what a schema
//! is, `pg_dump` says.

pub mod ask;
pub mod corpus;
pub mod dump;
pub mod judge;
pub mod load;
pub mod outcome;
pub mod report;
pub mod statements;
pub mod tools;

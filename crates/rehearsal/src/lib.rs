//! Runs a plan on a real PostgreSQL: a throwaway server, the plan's scripts under live traffic, the
//! locks they really take, and the schema that is really left. Native only.
//!
//! Must not know how plans are made: it reads the plan document and asks the server's catalogue,
//! never the planner's judgement.

pub mod data;
pub mod failure;
pub mod locks;
pub mod run;
pub mod server;
pub mod snapshot;
pub mod traffic;

pub use failure::Failure;
pub use postgres::Client;
pub use server::{Database, Server};

//! The simulator: a plan in; a run that can be stepped, or a proof.
//!
//! `scenario` (bounds) → `model` (the plan made ready) → `world` (one state) → `transition`
//! (everything that can happen next, and its effect: one function) → two drivers: `proof` (every
//! interleaving within the bounds) and `walk` (one run). It uses the planner's values (plan,
//! operations, conditions, facts) and none of its judgement: what an app version can do is found
//! by running its statements against the state's own schema.
//!
//! Pure: no I/O, clock or threads; randomness only from a seed.
#![deny(clippy::disallowed_methods)]

mod alone;
mod app;
mod cell;
mod certificate;
mod children;
mod copy;
mod ddl;
mod dml;
mod domain;
mod endings;
mod eval;
mod exposing;
mod fleet;
mod holds;
mod invariant;
mod keys;
mod lull;
mod matrix;
mod memo;
mod model;
mod near;
mod partitions;
mod proof;
mod record;
mod refute;
mod relay;
pub mod replay;
mod replica;
mod rollback;
pub mod row;
mod rows;
mod runner;
mod scenario;
mod search;
mod sides;
mod slice;
mod space;
mod store;
mod strip;
mod timed;
mod tour;
mod trace;
mod transition;
mod types;
mod value;
mod walk;
mod world;

pub use cell::trace_of;
pub use certificate::{CERTIFICATE_FORMAT, Certificate};
pub use endings::{Ending, EndingRow, Endings, FAULTS, Fault};
pub use matrix::{Cell, DOES, Does, Matrix, MatrixRow, Works};
pub use model::Unmodelled;
pub use proof::{Counterexample, Progress, Search, Verdict, prove};
pub use scenario::Bounds;
pub use space::{Space, State, Whole};
pub use strip::{Back, Loss, Strip, StripStep};
pub use timed::{Queue, Sample, Session, Setting, TimedStep, TimedWalk, Tuned, tune};
pub use trace::{BrokenPromise, ColumnFrame, Frame, Instance, Moment, TableFrame, Trace};
pub use walk::{Choice, Walk};

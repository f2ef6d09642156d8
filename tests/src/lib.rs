//! What the programs and the trials of the workspace share.
//!
//! Must not hold trials: those are in the test target, beside this folder.

pub mod browser;
pub mod page;
pub mod pairs;
pub mod plans;

//! The planner's and the simulator's values as the shell shows them.

pub(crate) mod place;
pub(crate) mod plan;
pub(crate) mod trace;

//! The planner's values as the shell shows them. The simulator's are made to be shown.

pub(crate) mod place;
pub(crate) mod plan;

//! Stand-ins until planner and simulator are merged.
#![expect(missing_docs, reason = "not here to stay")]
pub(crate) mod planner_api;
pub(crate) mod simulator;

//! What a plan costs, which ways were weighed, and which rules its request makes impossible. Values
//! only; must not judge.

use serde::{Deserialize, Serialize};

/// A range, with its grounds in the plan's assumptions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Duration, seconds: from, to.
    pub seconds: (f64, f64),
    /// WAL written, bytes: from, to.
    pub wal_bytes: (u64, u64),
    /// Disk taken, bytes: from, to.
    pub disk_bytes: (u64, u64),
    /// How far replicas fall behind, seconds: from, to.
    #[serde(default)]
    pub lag_seconds: (f64, f64),
}

// Estimates come from integer arithmetic on finite facts: never NaN.
impl Eq for Estimate {}

/// A way to carry out a change, held against the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strategy {
    /// Which change.
    pub change: String,
    /// Stable, kebab-case.
    pub name: String,
    /// What it is.
    pub how: String,
    /// Whether the request allows it.
    pub fits: bool,
    /// Whether Concertina can plan it, or only costs it.
    pub planned: bool,
    /// Whether it is the one that this plan carries out.
    pub chosen: bool,
    /// Why it won, or why it lost.
    pub verdict: String,
    /// What it costs.
    pub cost: Cost,
}

/// What a way costs on the request's sizes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Work of the database.
    pub work: Estimate,
    /// For how long requests wait, at the longest lock that is held for work: from, to.
    pub blocked_seconds: (f64, f64),
    /// For how long the app is down: from, to.
    pub downtime_seconds: (f64, f64),
    /// Releases of the app.
    pub releases: u32,
}

// Costs come from finite facts: never NaN.
impl Eq for Cost {}

/// A rule of every plan that this request makes impossible, and what the plan does about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impossible {
    /// Its number.
    pub rule: u8,
    /// What it says.
    pub says: String,
    /// Why it cannot be kept.
    pub why: String,
    /// What the plan does instead.
    pub instead: String,
    /// What would make it possible.
    pub needs: String,
}

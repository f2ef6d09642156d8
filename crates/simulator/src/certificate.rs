//! A certificate: what was proved of which plan, within which bounds, and on which facts. It says
//! enough to prove it again, and to see what differs. Must not search by itself.

use planner::Plan;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::proof::Verdict;
use crate::scenario::Bounds;

/// The `format` field of a certificate that this version writes and reads.
pub const CERTIFICATE_FORMAT: &str = "concertina.certificate/1";

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// `concertina.certificate/1`.
    pub format: String,
    /// The version of Concertina that proved it.
    pub version: String,
    /// What the plan changes, a line.
    pub title: String,
    /// SHA-256 of the plan document, 64 hex digits.
    pub plan: String,
    /// The engine that the plan is for.
    pub engine: String,
    /// Which facts of the engine the proof stands on: FNV-1a of their rows, 16 hex digits.
    pub facts: String,
    /// Within what was searched.
    pub bounds: Bounds,
    /// `verified`, `refuted` or `bounds_exceeded`.
    pub verdict: String,
    /// States found.
    pub states: u64,
    /// Transitions followed; 0 where the search did not end.
    pub transitions: u64,
    /// Actions from the start to the farthest state; 0 where the search did not end.
    pub depth: u64,
    /// The promise that breaks, and how; or why the bounds were exceeded; empty where verified.
    pub reason: String,
    /// What the model leaves out for this plan.
    pub notes: Vec<String>,
}

impl Certificate {
    /// What a verdict says of a plan.
    pub fn new(plan: &Plan, bounds: &Bounds, verdict: &Verdict) -> Self {
        let blank = Self {
            format: CERTIFICATE_FORMAT.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            title: plan.title.clone(),
            plan: fingerprint(plan),
            engine: plan.engine.to_string(),
            facts: planner::facts::fingerprint(plan.engine),
            bounds: bounds.sane(),
            verdict: String::new(),
            states: 0,
            transitions: 0,
            depth: 0,
            reason: String::new(),
            notes: Vec::new(),
        };
        match verdict {
            Verdict::Verified { states, transitions, depth, reached: _, notes } => Self {
                verdict: "verified".to_owned(),
                states: *states,
                transitions: *transitions,
                depth: *depth,
                notes: notes.clone(),
                ..blank
            },
            Verdict::Refuted(found) => Self {
                verdict: "refuted".to_owned(),
                states: found.states,
                reason: format!("{}: {}", found.invariant, found.detail),
                ..blank
            },
            Verdict::BoundsExceeded { states, reason } => Self {
                verdict: "bounds_exceeded".to_owned(),
                states: *states,
                reason: reason.clone(),
                ..blank
            },
        }
    }

    /// What another certificate, of the same proof made again, says differently: a line each.
    pub fn differences(&self, again: &Self) -> Vec<String> {
        let text = |list: &[String]| list.join("; ");
        let bounds = |b: &Bounds| {
            format!(
                "{} instances, {} rows, {} faults, {} states, procedure {}",
                b.instances, b.rows, b.faults, b.states, b.procedure
            )
        };
        let fields = [
            ("format", self.format.clone(), again.format.clone()),
            ("version", self.version.clone(), again.version.clone()),
            ("plan", self.plan.clone(), again.plan.clone()),
            ("title", self.title.clone(), again.title.clone()),
            ("engine", self.engine.clone(), again.engine.clone()),
            ("facts", self.facts.clone(), again.facts.clone()),
            ("bounds", bounds(&self.bounds), bounds(&again.bounds)),
            ("verdict", self.verdict.clone(), again.verdict.clone()),
            ("states", self.states.to_string(), again.states.to_string()),
            ("transitions", self.transitions.to_string(), again.transitions.to_string()),
            ("depth", self.depth.to_string(), again.depth.to_string()),
            ("reason", self.reason.clone(), again.reason.clone()),
            ("notes", text(&self.notes), text(&again.notes)),
        ];
        let differs = fields.into_iter().filter(|(_, certified, now)| certified != now);
        differs
            .map(|(name, certified, now)| {
                format!("{name}: `{certified}` is certified, `{now}` is found")
            })
            .collect()
    }
}

/// SHA-256 of a plan as JSON, without blanks.
fn fingerprint(plan: &Plan) -> String {
    // A plan is made of strings, numbers and lists of them: it always is JSON.
    let text = serde_json::to_string(plan).unwrap_or_default();
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

//! How a pair went, as a value: one word, the details, and a signature to count by.
//! Must not know how it was found out.

use std::collections::BTreeMap;
use std::fmt;

use planner::Plan;

/// How a pair went, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The plan leaves exactly the schema wanted, and its rollbacks the one before.
    Verified,
    /// The planner says why it makes no plan.
    Refused,
    /// The planner sees nothing to do, and there is.
    Unchanged,
    /// The server refused a statement of the plan.
    Failed,
    /// The plan runs and leaves another schema.
    Differs,
    /// A rollback fails, or leaves another schema than the one before.
    Unrolled,
    /// The planner, or a statement, did not end in time.
    Slow,
    /// The planner ended by itself.
    Panicked,
    /// The pair does not load on this server; it does not count.
    Unloadable,
}

impl Outcome {
    /// All of them, as tables list them.
    pub const ALL: [Self; 9] = [
        Self::Verified,
        Self::Refused,
        Self::Unchanged,
        Self::Failed,
        Self::Differs,
        Self::Unrolled,
        Self::Slow,
        Self::Panicked,
        Self::Unloadable,
    ];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Refused => "refused",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Differs => "differs",
            Self::Unrolled => "unrolled",
            Self::Slow => "slow",
            Self::Panicked => "panicked",
            Self::Unloadable => "unloadable",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Everything found out about a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The word.
    pub outcome: Outcome,
    /// Why, a paragraph each; the first is the one to show.
    pub details: Vec<String>,
    /// What it has in common with others that went the same way, each once.
    pub signatures: Vec<String>,
    /// Codes of the planner's errors, each once.
    pub codes: Vec<String>,
    /// Codes of its warnings, and what was carried unread, with how often.
    pub warnings: BTreeMap<String, usize>,
    /// Checks of the plan that gave another number than expected, or none.
    pub checks: Vec<String>,
    /// The plan, where there is one.
    pub plan: Option<Box<Plan>>,
}

impl Verdict {
    /// A verdict with nothing but its word.
    pub fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            details: Vec::new(),
            signatures: Vec::new(),
            codes: Vec::new(),
            warnings: BTreeMap::new(),
            checks: Vec::new(),
            plan: None,
        }
    }

    /// The verdict with a paragraph more.
    #[must_use]
    pub fn saying(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// The verdict with a signature: a code as it is, and a message without its names.
    #[must_use]
    pub fn signed(mut self, code: &str, message: &str) -> Self {
        let signature = format!("{code} {}", signature(message)).trim().to_owned();
        if !self.signatures.contains(&signature) {
            self.signatures.push(signature);
        }
        self
    }

    /// Whether the schema at the end is another than the one wanted, and no warning said so: worse
    /// than any failure.
    pub fn is_silent(&self) -> bool {
        let is_wrong = matches!(self.outcome, Outcome::Unchanged | Outcome::Differs);
        let says = |code: &String| code.ends_with("-not-diffed") || code == "not-dropped";
        is_wrong && !self.warnings.keys().any(says)
    }

    /// Warnings as one line: `[not-dropped ×2]`; empty for none.
    pub fn notes(&self) -> String {
        let mut notes: Vec<String> =
            self.warnings.iter().map(|(code, n)| format!("{code} ×{n}")).collect();
        if !self.checks.is_empty() {
            notes.push(format!("checks off ×{}", self.checks.len()));
        }
        if notes.is_empty() { String::new() } else { format!("[{}]", notes.join(", ")) }
    }
}

/// A message without what differs from pair to pair: names in quotes, numbers, all but the first
/// line.
pub fn signature(message: &str) -> String {
    let mut signature = String::new();
    let mut quote = None;
    for c in message.lines().next().unwrap_or_default().chars() {
        match quote {
            Some(end) if c == end => {
                signature.push('…');
                signature.push(c);
                quote = None;
            }
            Some(_) => {}
            None => {
                let opens = matches!(c, '"' | '`');
                quote = opens.then_some(c);
                let is_second = c.is_ascii_digit() && signature.ends_with('N');
                if !is_second {
                    signature.push(if c.is_ascii_digit() { 'N' } else { c });
                }
            }
        }
    }
    signature
}

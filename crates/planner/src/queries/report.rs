//! What a plan says of the app's own statements, as values. Must not judge.

use serde::{Deserialize, Serialize};

use crate::plan::ColumnRef;

/// A statement of the app, as a request gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// What to call it; a number where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Which release runs it.
    #[serde(default)]
    pub release: Runs,
    /// The statement. Placeholders of any driver (`?`, `%s`, `:name`, `@name`) are read as `$1` …
    pub sql: String,
    /// How often it was run, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    /// Schemas in which names without a schema are looked up.
    #[serde(default = "public", skip_serializing_if = "is_public")]
    pub search_path: Vec<String>,
}

/// Which release runs a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Runs {
    /// Today's, R0.
    Old,
    /// The one that wants the change, R1.
    New,
    /// Either.
    #[default]
    Both,
}

/// A statement and what becomes of it, for one release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryReport {
    /// What to call it.
    pub name: String,
    /// The release that runs it: `R0`, `R1`.
    pub release: String,
    /// The statement, with placeholders as `$1` …
    pub sql: String,
    /// How often it was run, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    /// Columns it reads, as far as it was understood.
    pub reads: Vec<ColumnRef>,
    /// Columns it writes.
    pub writes: Vec<ColumnRef>,
    /// The last step during which its release runs.
    pub until: String,
    /// What becomes of it, from one moment on until the next.
    pub moments: Vec<Moment>,
}

/// From one moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// After this step; none: before the first.
    pub step: Option<String>,
    /// What becomes of the statement.
    pub verdict: Verdict,
}

/// What becomes of a statement on a schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The server takes it.
    Works,
    /// The server refuses it.
    Fails {
        /// Five characters, "PostgreSQL Error Codes" in the manual.
        sqlstate: String,
        /// In the server's words.
        message: String,
        /// When the server finds out.
        when: When,
    },
    /// It works, and this step changed what it gives or writes.
    Drifts {
        /// How.
        note: String,
    },
    /// It could not be judged: it may work or fail.
    NotAnalysed {
        /// Why.
        reason: String,
    },
}

/// When the server finds out that a statement cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// When it is read: PREPARE fails.
    Prepare,
    /// When it is planned: the first EXECUTE fails, EXPLAIN too.
    Plan,
    /// When it is run.
    Run,
}

fn public() -> Vec<String> {
    vec!["public".to_owned()]
}

fn is_public(path: &[String]) -> bool {
    path == ["public"]
}

impl Query {
    /// A statement without a name, in schema `public`.
    pub fn new(release: Runs, sql: impl Into<String>) -> Self {
        Self { name: None, release, sql: sql.into(), calls: None, search_path: public() }
    }
}

impl Runs {
    /// Whether the release of that id runs it.
    pub fn by(self, release: &str) -> bool {
        match self {
            Self::Both => true,
            Self::Old => release == "R0",
            Self::New => release != "R0",
        }
    }
}

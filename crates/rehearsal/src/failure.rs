//! Why something could not be done on a database. Knows nothing of plans.

use std::fmt;

/// What was tried and what the server (or the machine) said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What was tried: a statement, a program.
    pub what: String,
    /// Five characters, where the server refused a statement.
    pub sqlstate: Option<String>,
    /// The answer.
    pub message: String,
}

impl Failure {
    /// A failure outside the database.
    pub fn new(what: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { what: what.into(), sqlstate: None, message: message.to_string() }
    }

    /// The server's answer to a statement.
    pub fn of_statement(sql: &str, error: &postgres::Error) -> Self {
        let message = error.as_db_error().map_or_else(
            || error.to_string(),
            |db| {
                let detail = db.detail().map_or(String::new(), |d| format!("; {d}"));
                let place = db.where_().map_or(String::new(), |w| format!("; at {w}"));
                format!("{}{detail}{place}", db.message())
            },
        );
        Self { what: sql.to_owned(), sqlstate: error.code().map(|c| c.code().to_owned()), message }
    }

    /// Whether the statement only lost a race for a lock: running it again is the answer.
    pub fn is_lock_race(&self) -> bool {
        matches!(self.sqlstate.as_deref(), Some("55P03" | "40P01" | "40001"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.sqlstate.as_deref().map_or(String::new(), |code| format!("{code} "));
        write!(f, "{code}{}\n  in: {}", self.message, self.what)
    }
}

impl std::error::Error for Failure {}

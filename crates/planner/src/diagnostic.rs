//! What is wrong with an input, where, and what to do instead. Values, never failures.
//! Knows nothing of what is being read.

use serde::{Deserialize, Serialize};

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// No plan can be made.
    Error,
    /// A plan is made, but this was not understood or not done.
    Warning,
}

/// Which text a span points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The schema.
    Schema,
    /// The change: statements or target.
    Change,
    /// The request's other fields.
    Request,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// Stable, kebab-case: `unknown-table`.
    pub code: String,
    /// The text the span points into.
    pub source: Source,
    /// Byte range in it; empty range at 0 where there is no place.
    pub span: (usize, usize),
    /// What is wrong.
    pub message: String,
    /// What to do instead.
    pub help: String,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(
        code: &str,
        (source, span): (Source, (usize, usize)),
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code: code.to_owned(),
            source,
            span,
            message: message.into(),
            help: help.into(),
        }
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

/// 1-based line and column (in characters) of a byte offset, and the line's text.
pub fn locate(text: &str, offset: usize) -> (usize, usize, &str) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    let line = text[..start].matches('\n').count() + 1;
    (line, text[start..offset].chars().count() + 1, &text[start..end])
}

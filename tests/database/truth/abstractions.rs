//! What the simulator does otherwise than a server on purpose, with the reason. A row that nothing
//! needs fails.

/// A difference.
pub(super) struct Found<'a> {
    /// Case and step.
    pub(super) place: &'a str,
    /// The statement.
    pub(super) sql: &'a str,
    /// What differs.
    pub(super) kind: &'a str,
}

/// An abstraction.
pub(super) struct Abstraction {
    /// The trial that needs it.
    pub(super) trial: &'static str,
    /// Whether it explains a difference.
    pub(super) holds: fn(&Found<'_>) -> bool,
    /// Why it is right to differ.
    pub(super) why: &'static str,
}

pub(super) const ABSTRACTIONS: &[Abstraction] = &[
    Abstraction {
        trial: "cases",
        holds: |f| f.kind == "model fine, server 23514" && f.place.starts_with("extract_"),
        why: "a CHECK that is not read, such as `IN (…)`, counts as true",
    },
    Abstraction {
        trial: "cases",
        holds: |f| f.kind == "words of 23503" && f.sql.starts_with("DELETE"),
        why: "of several references that refuse, the server names the oldest, the model the first by name",
    },
    Abstraction {
        trial: "cases",
        holds: |f| f.kind == "rows" && f.place == "trap_drop_trigger",
        why: "a user's own triggers are not interpreted",
    },
    Abstraction {
        trial: "expressions",
        holds: |f| f.kind == "model fine, server 22003" && f.sql.contains("integer"),
        why: "whole numbers have no width until a column takes them",
    },
];

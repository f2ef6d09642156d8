//! SQL text to values: schemas, changes, hints, expressions. `sql` is the only part that knows SQL's
//! grammar, and the only one that knows sqlparser. Must not know recipes, plans or engines.
//!
//! As a text goes: `split` (statements, by the lexer in `token`) → `statement` (what it is, by its
//! first words) → `table`, `alter`, `constraint`, `index`, `view` (what it says) → `resolve` (names
//! and types as PostgreSQL would store them) → `load` (a whole schema) or `ask` (a change).
//! Statements are read here token by token, because pg_dump prints much that sqlparser refuses and
//! a dump has to be read in milliseconds; expressions are sqlparser's, in `expr`.

mod actions;
mod alter;
mod constraint;
mod cursor;
mod expr;
mod index;
mod load;
mod names;
mod report;
mod resolve;
mod split;
mod statement;
mod table;
mod token;
mod types;
mod view;

use crate::diagnostic::{Diagnostic, Source};
use crate::expr::Expr;
use crate::plan::NotAnalysed;
use crate::schema::Schema;

/// A schema as read.
#[derive(Clone, Debug)]
pub struct ReadSchema {
    /// What was understood, and what is only carried.
    pub schema: Schema,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// What was carried and might matter.
    pub not_analysed: Vec<NotAnalysed>,
}

/// Reads a schema: a `pg_dump --schema-only`, or written by hand.
pub fn read_schema(text: &str) -> ReadSchema {
    let loader = load::load(text, Source::Schema);
    ReadSchema {
        schema: loader.schema,
        diagnostics: loader.diagnostics,
        not_analysed: loader.not_analysed,
    }
}

/// Reads one expression; `Raw` where it is not understood.
pub fn parse_expr(text: &str) -> Expr {
    expr::read(text)
}

//! SQL text to values: schemas, changes, hints, expressions. `sql` is the only part that knows SQL's
//! grammar, and the only one that knows sqlparser. Must not know recipes, plans or engines.
//!
//! As a text goes: `split` (statements, by the lexer in `token`) → `statement` (what it is, by its
//! first words) → `table`, `alter`, `constraint`, `index`, `view` (what it says) → `resolve` (names
//! and types as PostgreSQL would store them) → `load` (a whole schema) or `ask` (a change).
//! Statements are read here token by token, because `pg_dump` prints much that sqlparser refuses and
//! a dump has to be read in milliseconds; expressions are sqlparser's, in `expr`.

mod actions;
mod alter;
mod ask;
mod block;
mod closed;
mod constraint;
mod continued;
mod cursor;
mod expr;
mod forms;
mod hint;
mod index;
mod like;
mod load;
mod lookup;
mod names;
mod object;
mod paths;
mod query;
mod renamed;
mod report;
mod resolve;
mod rows;
mod split;
mod statement;
mod table;
mod table_as;
mod target;
mod token;
mod types;
mod usual;
mod verb;
mod view;
mod view_column;

use crate::change::{Asked, Hint};
use crate::diagnostic::{Diagnostic, Source};
use crate::expr::Expr;
use crate::plan::NotAnalysed;
use crate::schema::Schema;

pub(crate) use forms::{ByForm, read as read_forms};
pub(crate) use query::inventory::read as read_queries;
pub(crate) use query::placeholder::normalise as normalise_placeholders;
pub(crate) use query::{read as read_query, read_index_key};
pub(crate) use token::words;
pub(crate) use view_column::replace_column;

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
    let text = continued::joined(text);
    let loader = load::load(&text, Source::Schema);
    ReadSchema {
        schema: loader.schema,
        diagnostics: loader.diagnostics,
        not_analysed: loader.not_analysed,
    }
}

/// A change as read.
#[derive(Clone, Debug)]
pub struct ReadChange {
    /// Statements and splits in order, each applying to the schema as the ones before left it.
    pub asked: Vec<Asked>,
    /// Hints that are no change of their own.
    pub hints: Vec<Hint>,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// What runs as it is.
    pub not_analysed: Vec<NotAnalysed>,
    /// Where it has a transaction of its own: byte ranges from BEGIN to COMMIT.
    pub transactions: Vec<(usize, usize)>,
}

/// Reads the SQL somebody was about to run against `schema`.
pub fn read_change(text: &str, schema: &Schema) -> ReadChange {
    let text = continued::joined(text);
    let asker = ask::ask(&text, schema);
    ReadChange {
        asked: asker.asked,
        hints: asker.hints.into_iter().map(|(hint, _)| hint).collect(),
        diagnostics: asker.diagnostics,
        not_analysed: asker.not_analysed,
        transactions: asker.transactions.spans,
    }
}

/// A target schema as read.
#[derive(Clone, Debug)]
pub struct ReadTarget {
    /// The schema as it should be.
    pub schema: Schema,
    /// Renames and fills. Renames go by the names in the source.
    pub hints: Vec<Hint>,
    /// Columns to be split, by the names in the source.
    pub reshapes: Vec<Asked>,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// What was carried and might matter.
    pub not_analysed: Vec<NotAnalysed>,
}

/// Reads a whole schema as it should be; its hints speak of how `source` becomes it.
pub fn read_target(text: &str, source: &Schema) -> ReadTarget {
    target::target(&continued::joined(text), source)
}

/// Every word and quoted name of a text, unquoted, in its order.
pub(crate) fn identifiers(text: &str) -> Vec<String> {
    let found = token::tokens(text).unwrap_or_default();
    let word = |t: &token::Token| {
        let named = matches!(t.kind, token::Kind::Word | token::Kind::Quoted);
        named.then(|| cursor::unquote(text.get(t.start..t.end)?)).flatten()
    };
    found.iter().filter_map(word).collect()
}

/// Reads one expression; `Raw` where it is not understood.
pub fn parse_expr(text: &str) -> Expr {
    expr::read(text)
}

#[cfg(test)]
mod tests;

//! One statement of an app, read into `queries::ast`: what PREPARE accepts, by PostgreSQL's own
//! precedences. What is not covered is an error in words, never half a statement. Must not know
//! schemas.

mod call;
mod expr;
mod from;
pub(super) mod inventory;
pub(super) mod placeholder;
mod select;
mod statement;
pub(in crate::sql) mod text;

use super::cursor::{Broken, Cursor, Read};
use super::token::{Kind, tokens};
use crate::queries::ast::{Expr, Name, Statement};

/// Longer statements are data, not queries.
const MAX_TOKENS: usize = 20_000;

/// Nesting that is followed.
const MAX_DEPTH: usize = 80;

/// Operators in one chain: a chain nests as deep as it is long.
const MAX_CHAIN: usize = 500;

/// Reads a statement.
///
/// # Errors
/// Why it was not understood.
pub(crate) fn read(text: &str) -> Result<Statement, String> {
    let Some(found) = tokens(text) else {
        return Err("a string, name or comment in it is not closed".to_owned());
    };
    if found.len() > MAX_TOKENS {
        return Err("it is too long to look into".to_owned());
    }
    let mut reader = Reader { cursor: Cursor::new(text, &found, "public"), depth: 0 };
    let statement = reader.statement().map_err(|broken| broken.message)?;
    reader.cursor.end().map_err(|broken| broken.message)?;
    Ok(statement)
}

/// Reads the key of an index, order and operator class left out.
///
/// # Errors
/// Why it was not understood.
pub(crate) fn read_index_key(text: &str) -> Result<Expr, String> {
    let Some(found) = tokens(text) else { return Err("it is not closed".to_owned()) };
    let mut reader = Reader { cursor: Cursor::new(text, &found, "public"), depth: 0 };
    reader.expr().map_err(|broken| broken.message)
}

/// Where reading is, and how deep.
struct Reader<'a> {
    cursor: Cursor<'a>,
    depth: usize,
}

impl Reader<'_> {
    /// Reads one level deeper.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refused("it nests too deep"));
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    /// Not covered.
    fn refused(&self, why: &str) -> Broken {
        Broken { message: why.to_owned(), ..self.cursor.expected("") }
    }

    /// `a, b …`.
    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut found = vec![read(self)?];
        while self.cursor.eat_symbol(b',') {
            found.push(read(self)?);
        }
        Ok(found)
    }

    /// `( … )`.
    fn parens<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.cursor.expect_symbol(b'(')?;
        let found = read(self)?;
        self.cursor.expect_symbol(b')')?;
        Ok(found)
    }

    /// `a.b.c`.
    fn name(&mut self) -> Read<Name> {
        let mut parts = vec![self.cursor.strict_ident("a name")?.name];
        while self.cursor.is_symbol(0, b'.') && !self.is_operator(1, "*") {
            self.cursor.at += 1;
            parts.push(self.cursor.ident("a name")?.name);
        }
        Ok(parts)
    }

    /// `(a, b)` of names.
    fn names_in_parens(&mut self) -> Read<Vec<String>> {
        let found = self.cursor.columns()?;
        Ok(found.into_iter().map(|placed| placed.name).collect())
    }

    fn is_operator(&self, ahead: usize, operator: &str) -> bool {
        self.cursor
            .peek(ahead)
            .is_some_and(|t| t.kind == Kind::Operator && self.cursor.of(t) == operator)
    }

    /// Whether a query begins at the token `ahead`, perhaps inside parentheses.
    fn sees_query(&self, ahead: usize) -> bool {
        let mut at = ahead;
        while self.cursor.is_symbol(at, b'(') {
            at += 1;
        }
        self.cursor.is_any(at, &["SELECT", "WITH", "VALUES"])
            || (self.cursor.is(at, "TABLE") && at > ahead)
    }
}

#[cfg(test)]
mod tests;

//! The values that a CHECK allows a column: `c IN ('a', 'b')`, `c = ANY (ARRAY['a'::text, 'b'::text])`.
//! Anything else allows who knows what.

use super::token::{Kind, Token, tokens};
use crate::expr::Expr;
use crate::schema::{ConstraintKind, Table};

/// A validated CHECK on the column alone, and the texts that it allows.
pub(super) fn values(table: &Table, column: &str) -> Option<(String, Vec<String>)> {
    table.constraints.iter().find_map(|(name, constraint)| {
        let ConstraintKind::Check(check) = &constraint.kind else { return None };
        let found = allowed(&check.sql(), column).or_else(|| either(check, column))?;
        constraint.validated.then(|| (name.clone(), found))
    })
}

/// `c = 'a' OR c = 'b'`.
fn either(check: &Expr, column: &str) -> Option<Vec<String>> {
    let Expr::Binary(left, op, right) = check else { return None };
    match (op.as_str(), left.as_ref(), right.as_ref()) {
        ("OR", left, right) => {
            let mut found = either(left, column)?;
            found.extend(either(right, column)?);
            Some(found)
        }
        ("=", Expr::Column(name), Expr::Text(text)) if name == column => Some(vec![text.clone()]),
        _ => None,
    }
}

fn allowed(sql: &str, column: &str) -> Option<Vec<String>> {
    let found = tokens(sql)?;
    let of = |token: &Token| sql.get(token.start..token.end).unwrap_or_default();
    let bare = |token: &&Token| !matches!(token.kind, Kind::Symbol(b'(' | b')' | b'[' | b']'));
    let mut rest = found.iter().filter(bare).peekable();
    let mut next = |wanted: &str| rest.next_if(|t| of(t).eq_ignore_ascii_case(wanted)).is_some();
    if !next(column) && !next(&format!("\"{column}\"")) {
        return None;
    }
    if !next("IN") {
        // Of a varchar the server casts the column first.
        let cast = !next("::") || next("text");
        if !cast || !next("=") || !next("ANY") || !next("ARRAY") {
            return None;
        }
    }
    let mut values = Vec::new();
    loop {
        let token = rest.next()?;
        let text = of(token).strip_prefix('\'')?.strip_suffix('\'')?;
        if token.kind != Kind::Text {
            return None;
        }
        values.push(text.replace("''", "'"));
        while rest.next_if(|t| of(t) == "::").is_some() {
            while rest.next_if(|t| t.kind == Kind::Word).is_some() {}
        }
        if rest.peek().is_none() {
            return Some(values);
        }
        rest.next_if(|t| t.kind == Kind::Symbol(b','))?;
    }
}

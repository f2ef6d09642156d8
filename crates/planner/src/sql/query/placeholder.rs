//! Placeholders of any driver to PostgreSQL's own: `?`, `?1`, `%s`, `%(name)s`, `:name`, `@name` and
//! `sqlc.arg(name)` become `$1` …; the same name is the same number. Must not know statements.

use std::collections::BTreeMap;

use crate::name::quote;
use crate::sql::cursor::{is_reserved, unquote};
use crate::sql::token::{Kind, Token, tokens};

/// The text with `$n` for every placeholder; as it was where it cannot be cut into tokens.
pub(crate) fn normalise(text: &str) -> String {
    let Some(found) = tokens(text) else { return text.to_owned() };
    let mut writer = Writer { text, tokens: &found, numbers: BTreeMap::new(), last: 0 };
    writer.last = writer.highest();
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while at < found.len() {
        match writer.placeholder(at) {
            Some(Placeholder { from, to, text: replacement }) => {
                out += text.get(copied..from).unwrap_or_default();
                if out.ends_with(|c: char| "+-*/<>=~!@#%^&|`?".contains(c)) {
                    out.push(' ');
                }
                out += &replacement;
                copied = found.get(to - 1).map_or(text.len(), |token| token.end);
                at = to;
            }
            None => at += 1,
        }
    }
    out + text.get(copied..).unwrap_or_default()
}

struct Writer<'a> {
    text: &'a str,
    tokens: &'a [Token],
    numbers: BTreeMap<String, usize>,
    last: usize,
}

/// A placeholder: from this byte up to, not including, this token.
struct Placeholder {
    from: usize,
    to: usize,
    text: String,
}

/// Operators after which a placeholder may stand without a space.
const BEFORE: &[&str] =
    &["", "=", "<>", "!=", "<", ">", "<=", ">=", "||", "+", "-", "*", "/", "%", "->", "->>"];

/// Unreserved words after which an operand stands.
const OPERAND_AFTER: &[&str] = &[
    "between",
    "by",
    "escape",
    "set",
    "values",
    "first",
    "next",
    "substring",
    "zone",
    "date",
    "interval",
    "range",
    "rows",
];

impl Writer<'_> {
    fn of(&self, at: usize) -> &str {
        self.tokens.get(at).and_then(|t| self.text.get(t.start..t.end)).unwrap_or_default()
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn is_symbol(&self, at: usize, symbol: u8) -> bool {
        self.kind(at) == Some(Kind::Symbol(symbol))
    }

    /// Whether a token begins where the one before ends.
    fn touches(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.zip(self.tokens.get(at)).is_some_and(|(a, b)| a.end == b.start)
    }

    /// The highest `$n`.
    fn highest(&self) -> usize {
        let number = |at: usize| -> usize {
            let dollar = self.is_symbol(at, b'$') && self.touches(at + 1);
            if dollar { self.of(at + 1).parse().unwrap_or(0) } else { 0 }
        };
        (0..self.tokens.len()).map(number).max().unwrap_or(0)
    }

    fn next(&mut self) -> String {
        self.last += 1;
        format!("${}", self.last)
    }

    fn named(&mut self, name: &str) -> String {
        if let Some(number) = self.numbers.get(name) {
            return format!("${number}");
        }
        let text = self.next();
        self.numbers.insert(name.to_owned(), self.last);
        text
    }

    /// Whether an operand stands after the token before `at`, not an operator.
    fn wants_operand(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return true };
        match self.kind(before) {
            Some(Kind::Operator) | None => true,
            Some(Kind::Symbol(symbol)) => matches!(symbol, b'(' | b',' | b'['),
            Some(Kind::Word) => {
                let word = self.of(before);
                is_reserved(word)
                    && !matches!(
                        word.to_ascii_lowercase().as_str(),
                        "null" | "end" | "true" | "false"
                    )
                    || OPERAND_AFTER.contains(&word.to_ascii_lowercase().as_str())
            }
            Some(Kind::Quoted | Kind::Text | Kind::Number) => false,
        }
    }

    fn placeholder(&mut self, at: usize) -> Option<Placeholder> {
        let start = self.tokens.get(at)?.start;
        match self.kind(at)? {
            Kind::Operator => self.after_operator(at),
            Kind::Symbol(b':')
                if self.touches(at + 1)
                    && matches!(self.kind(at + 1), Some(Kind::Word | Kind::Quoted))
                    && self.wants_operand(at) =>
            {
                let name = unquote(self.of(at + 1))?;
                Some(Placeholder { from: start, to: at + 2, text: self.named(&name) })
            }
            Kind::Word if self.of(at).eq_ignore_ascii_case("sqlc") => self.sqlc(at),
            Kind::Word | Kind::Quoted | Kind::Text | Kind::Number | Kind::Symbol(_) => None,
        }
    }

    /// `?`, `%s`, `@name`, perhaps right after another operator.
    fn after_operator(&mut self, at: usize) -> Option<Placeholder> {
        let operator = self.of(at).to_owned();
        let end = self.tokens.get(at)?.end;
        let sign = operator.chars().next_back()?;
        let before = operator.get(..operator.len() - sign.len_utf8())?;
        let fits = BEFORE.contains(&before) && (!before.is_empty() || self.wants_operand(at));
        if !fits {
            return None;
        }
        let from = end - sign.len_utf8();
        let next = at + 1;
        match sign {
            '?' => {
                let number = self.kind(next) == Some(Kind::Number) && self.touches(next);
                if number {
                    let text = format!("${}", self.of(next));
                    return Some(Placeholder { from, to: next + 1, text });
                }
                Some(Placeholder { from, to: next, text: self.next() })
            }
            '%' if self.touches(next) && matches!(self.of(next), "s" | "b" | "t") => {
                Some(Placeholder { from, to: next + 1, text: self.next() })
            }
            '%' if self.touches(next)
                && self.is_symbol(next, b'(')
                && self.is_symbol(next + 2, b')')
                && self.of(next + 3) == "s" =>
            {
                let name = self.of(next + 1).to_owned();
                Some(Placeholder { from, to: next + 4, text: self.named(&name) })
            }
            '@' if before != "<" && self.touches(next) && self.kind(next) == Some(Kind::Word) => {
                let name = self.of(next).to_owned();
                Some(Placeholder { from, to: next + 1, text: self.named(&name) })
            }
            _ => None,
        }
    }

    /// `sqlc.arg(name)`, `sqlc.narg('name')`, `sqlc.slice(name)`, `sqlc.embed(table)`.
    fn sqlc(&mut self, at: usize) -> Option<Placeholder> {
        let called = self.is_symbol(at + 1, b'.')
            && self.is_symbol(at + 3, b'(')
            && self.is_symbol(at + 5, b')');
        if !called {
            return None;
        }
        let name = if self.kind(at + 4)? == Kind::Text {
            self.of(at + 4).trim_matches('\'').to_owned()
        } else {
            unquote(self.of(at + 4))?
        };
        let text = match self.of(at + 2).to_ascii_lowercase().as_str() {
            "arg" | "narg" | "slice" => self.named(&name),
            "embed" => format!("{}.*", quote(&name)),
            _ => return None,
        };
        Some(Placeholder { from: self.tokens.get(at)?.start, to: at + 6, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_driver_means_a_number() {
        for (text, expected) in [
            ("SELECT a FROM t WHERE b = ? AND c=?", "SELECT a FROM t WHERE b = $1 AND c= $2"),
            ("VALUES (?,?), (?, ?)", "VALUES ($1,$2), ($3, $4)"),
            ("a = %s OR b IN (%s, %s)", "a = $1 OR b IN ($2, $3)"),
            ("a = %(x)s AND b =%(y)s AND c = %(x)s", "a = $1 AND b = $2 AND c = $1"),
            ("a = :x AND b = :y::int OR a >=:x", "a = $1 AND b = $2::int OR a >= $1"),
            ("a = @x AND b > @y LIMIT @x", "a = $1 AND b > $2 LIMIT $1"),
            ("a = $2 AND b = ?", "a = $2 AND b = $3"),
            ("a = ?1 OR b = ?1", "a = $1 OR b = $1"),
            ("a = sqlc.arg(x) OR b = sqlc.narg('y')", "a = $1 OR b = $2"),
            ("SELECT sqlc.embed(users), 1", "SELECT users.*, 1"),
            ("LIMIT ? OFFSET ?", "LIMIT $1 OFFSET $2"),
            ("x BETWEEN ? AND ?", "x BETWEEN $1 AND $2"),
            ("SET a = ?, b = coalesce(?, b)", "SET a = $1, b = coalesce($2, b)"),
        ] {
            assert_eq!(normalise(text), expected);
        }
    }

    #[test]
    fn operators_and_literals_stay() {
        for text in [
            "data ? 'k' AND data ?| array['a'] AND data ?& array['a']",
            "a % s + b",
            "a[1:n] || x::text",
            "'? %s :x @y' || \"?\"",
            "a <@ b AND b @> c AND @ d > 1",
            "a = $1 -- ?",
            "f(x := 1)",
        ] {
            assert_eq!(normalise(text), text);
        }
    }
}

//! A place in the tokens of one statement, and the small readings every statement is made of: words,
//! names, lists, parentheses. Must not know any statement.

use super::token::{Kind, Span, Token};
use crate::name::{QName, quote};

/// Why a text is not the statement it began as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// Where.
    pub(super) span: Span,
    /// What was expected.
    pub(super) message: String,
}

/// A reading that may fail.
pub(super) type Read<T> = Result<T, Broken>;

/// An unquoted identifier and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// As the catalogue has it.
    pub(super) name: String,
    /// Where it stands.
    pub(super) span: Span,
}

/// A relation's name and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlacedName {
    /// Qualified.
    pub(super) name: QName,
    /// Where it stands.
    pub(super) span: Span,
}

/// Where reading is, in one statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    /// The text that the tokens point into.
    pub(super) text: &'a str,
    /// The statement's tokens.
    pub(super) tokens: &'a [Token],
    /// The next one.
    pub(super) at: usize,
    /// Schema of unqualified names.
    pub(super) path: &'a str,
}

impl<'a> Cursor<'a> {
    /// A cursor at the start.
    pub(super) fn new(text: &'a str, tokens: &'a [Token], path: &'a str) -> Self {
        Self { text, tokens, at: 0, path }
    }

    /// The same statement cut to tokens `from..to`.
    pub(super) fn part(&self, from: usize, to: usize) -> Self {
        let to = to.min(self.tokens.len());
        let tokens = self.tokens.get(..to).unwrap_or_default();
        Self { tokens, at: from, ..*self }
    }

    /// The token `ahead` of the next.
    pub(super) fn peek(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at + ahead).copied()
    }

    /// Whether nothing is left.
    pub(super) fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// A token's text.
    pub(super) fn of(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// The text of tokens `from..to`, with what stands between them.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'a str {
        let (start, end) = self.span(from, to);
        self.text.get(start..end).unwrap_or_default()
    }

    /// The text of tokens `from..to` with single spaces for white space and comments.
    pub(super) fn flat(&self, from: usize, to: usize) -> String {
        let mut text = String::new();
        let mut end = None;
        for token in self.tokens.get(from..to).unwrap_or_default() {
            if end.is_some_and(|end| end < token.start) {
                text.push(' ');
            }
            text += self.of(*token);
            end = Some(token.end);
        }
        text
    }

    /// The byte range of tokens `from..to`.
    pub(super) fn span(&self, from: usize, to: usize) -> Span {
        let first = self.tokens.get(from).or(self.tokens.last());
        let last = to.checked_sub(1).and_then(|at| self.tokens.get(at)).or(self.tokens.last());
        match (first, last) {
            (Some(first), Some(last)) if from < to => (first.start, last.end),
            (Some(first), _) => (first.start, first.start),
            (None, _) => (0, 0),
        }
    }

    /// Whether the token `ahead` of the next is this keyword.
    pub(super) fn is(&self, ahead: usize, word: &str) -> bool {
        self.peek(ahead)
            .is_some_and(|t| t.kind == Kind::Word && self.of(t).eq_ignore_ascii_case(word))
    }

    /// Whether the token `ahead` of the next is one of these keywords.
    pub(super) fn is_any(&self, ahead: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(ahead, word))
    }

    /// Whether the token `ahead` of the next is this symbol.
    pub(super) fn is_symbol(&self, ahead: usize, symbol: u8) -> bool {
        self.peek(ahead).is_some_and(|t| t.kind == Kind::Symbol(symbol))
    }

    /// Whether what comes next is a part of a longer name, or the name of a type after `::`.
    pub(super) fn is_within_name(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).copied();
        let is_cast = |t: Token| t.kind == Kind::Symbol(b'.') || self.of(t) == "::";
        before.is_some_and(is_cast) || self.is_symbol(1, b'.')
    }

    /// Whether these keywords, separated by spaces, come next.
    pub(super) fn sees(&self, words: &str) -> bool {
        words.split(' ').enumerate().all(|(ahead, word)| self.is(ahead, word))
    }

    /// Passes these keywords if they come next.
    pub(super) fn eat(&mut self, words: &str) -> bool {
        let found = self.sees(words);
        if found {
            self.at += words.split(' ').count();
        }
        found
    }

    /// Passes this symbol if it comes next.
    pub(super) fn eat_symbol(&mut self, symbol: u8) -> bool {
        let found = self.is_symbol(0, symbol);
        self.at += usize::from(found);
        found
    }

    /// Passes this operator if it comes next.
    pub(super) fn eat_operator(&mut self, operator: &str) -> bool {
        let found =
            self.peek(0).is_some_and(|t| t.kind == Kind::Operator && self.of(t) == operator);
        self.at += usize::from(found);
        found
    }

    /// These keywords must come next.
    pub(super) fn expect(&mut self, words: &str) -> Read<()> {
        if self.eat(words) { Ok(()) } else { Err(self.expected(words)) }
    }

    /// This symbol must come next.
    pub(super) fn expect_symbol(&mut self, symbol: u8) -> Read<()> {
        if self.eat_symbol(symbol) {
            Ok(())
        } else {
            Err(self.expected(&format!("`{}`", char::from(symbol))))
        }
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Read<()> {
        if self.done() { Ok(()) } else { Err(self.expected("the end of the statement")) }
    }

    /// `expected …, found …` at the next token.
    pub(super) fn expected(&self, what: &str) -> Broken {
        match self.peek(0) {
            Some(token) => {
                let found: String = self.of(token).chars().take(40).collect();
                Broken {
                    span: (token.start, token.end),
                    message: format!("expected {what}, found `{found}`"),
                }
            }
            None => {
                let end = self.tokens.last().map_or(0, |t| t.end);
                Broken { span: (end, end), message: format!("expected {what}, found the end") }
            }
        }
    }

    /// An identifier.
    pub(super) fn ident(&mut self, what: &str) -> Read<Placed> {
        let Some(token) = self.peek(0) else { return Err(self.expected(what)) };
        let name = match token.kind {
            Kind::Word | Kind::Quoted => unquote(self.of(token)),
            Kind::Text | Kind::Number | Kind::Symbol(_) | Kind::Operator => None,
        };
        let Some(name) = name else { return Err(self.expected(what)) };
        self.at += 1;
        Ok(Placed { name, span: (token.start, token.end) })
    }

    /// An identifier that no keyword is meant by.
    pub(super) fn strict_ident(&mut self, what: &str) -> Read<Placed> {
        if self.peek(0).is_some_and(|t| t.kind == Kind::Word && is_reserved(self.of(t))) {
            return Err(self.expected(what));
        }
        self.ident(what)
    }

    /// A relation's name, in the search path's schema where it is not qualified.
    pub(super) fn name(&mut self, what: &str) -> Read<PlacedName> {
        let first = self.strict_ident(what)?;
        if !self.eat_symbol(b'.') {
            return Ok(PlacedName { name: QName::new(self.path, first.name), span: first.span });
        }
        let mut schema = first.name;
        let mut second = self.ident(what)?;
        if self.eat_symbol(b'.') {
            // database.schema.table: the database is the one at hand.
            schema = second.name;
            second = self.ident(what)?;
        }
        Ok(PlacedName {
            name: QName::new(schema, second.name),
            span: (first.span.0, second.span.1),
        })
    }

    /// `(a, b)`.
    pub(super) fn columns(&mut self) -> Read<Vec<Placed>> {
        self.expect_symbol(b'(')?;
        let mut found = vec![self.strict_ident("a column name")?];
        while self.eat_symbol(b',') {
            found.push(self.strict_ident("a column name")?);
        }
        self.expect_symbol(b')')?;
        Ok(found)
    }

    /// `a, b` of relation names.
    pub(super) fn names(&mut self, what: &str) -> Read<Vec<PlacedName>> {
        let mut found = vec![self.name(what)?];
        while self.eat_symbol(b',') {
            found.push(self.name(what)?);
        }
        Ok(found)
    }

    /// Passes `( … )` and gives the token range inside.
    pub(super) fn parens(&mut self) -> Read<(usize, usize)> {
        let open = self.peek(0).map_or((0, 0), |t| (t.start, t.end));
        self.expect_symbol(b'(')?;
        let from = self.at;
        let mut depth = 1_usize;
        while let Some(token) = self.peek(0) {
            self.at += 1;
            match token.kind {
                Kind::Symbol(b'(') => depth += 1,
                Kind::Symbol(b')') => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok((from, self.at - 1));
                    }
                }
                Kind::Word
                | Kind::Quoted
                | Kind::Text
                | Kind::Number
                | Kind::Symbol(_)
                | Kind::Operator => {}
            }
        }
        Err(Broken { span: open, message: "this parenthesis is never closed".to_owned() })
    }

    /// Passes tokens up to one at this level where `stop` holds, or the end. Parentheses, brackets and
    /// CASE … END are passed whole; an unmatched closing one stops too.
    pub(super) fn skip_until(&mut self, stop: impl Fn(&Self) -> bool) -> (usize, usize) {
        let from = self.at;
        let mut depth = 0_usize;
        while let Some(token) = self.peek(0) {
            if depth == 0 && stop(self) {
                break;
            }
            match token.kind {
                Kind::Symbol(b'(' | b'[') => depth += 1,
                Kind::Symbol(b')' | b']') if depth == 0 => break,
                Kind::Symbol(b')' | b']') => depth -= 1,
                Kind::Word if self.is(0, "CASE") => depth += 1,
                Kind::Word if self.is(0, "END") => depth = depth.saturating_sub(1),
                Kind::Word
                | Kind::Quoted
                | Kind::Text
                | Kind::Number
                | Kind::Symbol(_)
                | Kind::Operator => {}
            }
            self.at += 1;
        }
        (from, self.at)
    }

    /// Passes tokens up to a comma at this level, or the end.
    pub(super) fn skip_to_comma(&mut self) -> (usize, usize) {
        self.skip_until(|c| c.is_symbol(0, b','))
    }

    /// A string literal's value; only the plain forms that names and labels are written in.
    pub(super) fn string(&mut self) -> Read<String> {
        match self.peek(0) {
            Some(token) if token.kind == Kind::Text => {
                let text = self.of(token);
                let body = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
                let Some(body) = body else { return Err(self.expected("a plain string")) };
                self.at += 1;
                Ok(body.replace("''", "'"))
            }
            Some(_) | None => Err(self.expected("a string")),
        }
    }
}

/// The identifier that a word or quoted name means.
pub(super) fn unquote(text: &str) -> Option<String> {
    if let Some(escaped) = text.strip_prefix("U&").or_else(|| text.strip_prefix("u&")) {
        return unescape(&unquote(escaped)?);
    }
    match text.strip_prefix('"') {
        Some(rest) => {
            let name = rest.strip_suffix('"')?.replace("\"\"", "\"");
            (!name.is_empty()).then_some(name)
        }
        // PostgreSQL folds ASCII only in UTF-8 databases.
        None if text.contains('"') => None,
        None => Some(text.to_ascii_lowercase()),
    }
}

/// The characters that `\0061` and `\+000061` mean, as in `U&"…"`.
fn unescape(text: &str) -> Option<String> {
    let mut name = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        name += before;
        if let Some(after) = after.strip_prefix('\\') {
            name.push('\\');
            rest = after;
            continue;
        }
        let (digits, n) = after.strip_prefix('+').map_or((after, 4), |digits| (digits, 6));
        let code = u32::from_str_radix(digits.get(..n)?, 16).ok()?;
        name.push(char::from_u32(code)?);
        rest = digits.get(n..)?;
    }
    Some(name + rest)
}

/// Whether an unquoted word is a keyword that cannot be a column's or table's name.
pub(super) fn is_reserved(word: &str) -> bool {
    const TYPE_NAMES: &[&str] = &[
        "between",
        "bigint",
        "bit",
        "boolean",
        "char",
        "character",
        "coalesce",
        "dec",
        "decimal",
        "exists",
        "extract",
        "float",
        "greatest",
        "grouping",
        "inout",
        "int",
        "integer",
        "interval",
        "least",
        "national",
        "nchar",
        "none",
        "normalize",
        "nullif",
        "numeric",
        "out",
        "overlay",
        "position",
        "precision",
        "real",
        "row",
        "setof",
        "smallint",
        "substring",
        "time",
        "timestamp",
        "treat",
        "trim",
        "values",
        "varchar",
    ];
    let lower = word.to_ascii_lowercase();
    let plain = lower.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    plain && quote(&lower) != lower && !TYPE_NAMES.contains(&lower.as_str())
}

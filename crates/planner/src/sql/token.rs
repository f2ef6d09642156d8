//! PostgreSQL's lexical structure: words, strings, numbers, operators, comments, with their places.
//! Linear, never recursive. Must not know statements.

/// A byte range.
pub(super) type Span = (usize, usize);

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Keyword or unquoted identifier.
    Word,
    /// `"identifier"`.
    Quoted,
    /// `'…'`, `E'…'`, `$tag$…$tag$`.
    Text,
    /// Number.
    Number,
    /// One of `( ) [ ] , ; . :` or a character SQL has no use for.
    Symbol(u8),
    /// `+`, `::`, `->>` …
    Operator,
}

/// A token and its byte range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// First byte.
    pub(super) start: usize,
    /// Byte after the last.
    pub(super) end: usize,
}

/// What the text may end inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    /// `'…`
    Text,
    /// `"…`
    Name,
    /// `$tag$…`
    Dollar,
    /// `/* …`
    Comment,
}

/// What the lexer found next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lexed {
    /// A token.
    Token(Token),
    /// A `--` comment, without its line end.
    LineComment(Span),
    /// The text ended inside of something that began at this byte.
    Open(Open, Span),
    /// The end.
    End,
}

/// Reads tokens one by one.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    /// Where the next token is looked for.
    pub(super) at: usize,
}

impl<'a> Lexer<'a> {
    /// A lexer at the start of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0 }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The next token, line comment, or end. White space and block comments are skipped.
    pub(super) fn next(&mut self) -> Lexed {
        loop {
            while self.byte(0).is_ascii_whitespace() || self.byte(0) == 0x0b {
                self.at += 1;
            }
            let start = self.at;
            match (self.byte(0), self.byte(1)) {
                (0, _) if start >= self.bytes.len() => return Lexed::End,
                (b'-', b'-') => {
                    self.skip_while(|b| b != b'\n');
                    return Lexed::LineComment((start, self.at));
                }
                (b'/', b'*') => {
                    if !self.skip_block_comment() {
                        return Lexed::Open(Open::Comment, (start, start + 2));
                    }
                }
                _ => return self.token(start),
            }
        }
    }

    fn token(&mut self, start: usize) -> Lexed {
        let kind = match self.byte(0) {
            b'\'' => return self.text(start, false),
            b'"' => return self.quoted(start),
            b'$' if is_word_start(self.byte(1)) || self.byte(1) == b'$' => {
                return self.dollar(start);
            }
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(1).is_ascii_digit() => self.number(),
            first if is_word_start(first) => {
                let escapes = matches!(first, b'e' | b'E');
                let prefix = matches!(first, b'b' | b'B' | b'x' | b'X' | b'n' | b'N') || escapes;
                if prefix && self.byte(1) == b'\'' {
                    self.at += 1;
                    return self.text(start, escapes);
                }
                if matches!(first, b'u' | b'U') && self.byte(1) == b'&' {
                    if self.byte(2) == b'\'' {
                        self.at += 2;
                        return self.text(start, false);
                    }
                    if self.byte(2) == b'"' {
                        self.at += 2;
                        return self.quoted(start);
                    }
                }
                self.skip_while(is_word);
                Kind::Word
            }
            b':' if matches!(self.byte(1), b':' | b'=') => {
                self.at += 2;
                Kind::Operator
            }
            first if is_operator(first) => self.operator(),
            other => {
                self.at += 1;
                Kind::Symbol(other)
            }
        };
        Lexed::Token(Token { kind, start, end: self.at })
    }

    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|&b| !keep(b)).unwrap_or(rest.len());
    }

    fn skip_block_comment(&mut self) -> bool {
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            match (self.byte(0), self.byte(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return true;
                    }
                }
                _ => self.at += 1,
            }
        }
        false
    }

    fn text(&mut self, start: usize, escapes: bool) -> Lexed {
        self.at += 1;
        loop {
            self.skip_while(|b| b != b'\'' && !(escapes && b == b'\\'));
            match (self.byte(0), self.byte(1)) {
                _ if self.at >= self.bytes.len() => {
                    return Lexed::Open(Open::Text, (start, start + 1));
                }
                (b'\\', _) | (b'\'', b'\'') => self.at += 2,
                _ => {
                    self.at += 1;
                    return Lexed::Token(Token { kind: Kind::Text, start, end: self.at });
                }
            }
        }
    }

    fn quoted(&mut self, start: usize) -> Lexed {
        self.at += 1;
        loop {
            self.skip_while(|b| b != b'"');
            if self.at >= self.bytes.len() {
                return Lexed::Open(Open::Name, (start, start + 1));
            }
            self.at += 1;
            if self.byte(0) != b'"' {
                return Lexed::Token(Token { kind: Kind::Quoted, start, end: self.at });
            }
            self.at += 1;
        }
    }

    fn dollar(&mut self, start: usize) -> Lexed {
        self.at += 1;
        self.skip_while(|b| is_word(b) && b != b'$');
        if self.byte(0) != b'$' {
            return Lexed::Token(Token { kind: Kind::Symbol(b'$'), start, end: self.at });
        }
        self.at += 1;
        let tag = self.bytes.get(start..self.at).unwrap_or_default();
        loop {
            self.skip_while(|b| b != b'$');
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            if rest.is_empty() {
                return Lexed::Open(Open::Dollar, (start, start + tag.len()));
            }
            if rest.starts_with(tag) {
                self.at += tag.len();
                return Lexed::Token(Token { kind: Kind::Text, start, end: self.at });
            }
            self.at += 1;
        }
    }

    fn number(&mut self) -> Kind {
        self.skip_while(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
        let last = self.bytes.get(self.at.wrapping_sub(1)).copied().unwrap_or(0);
        if matches!(last, b'e' | b'E')
            && matches!(self.byte(0), b'+' | b'-')
            && self.byte(1).is_ascii_digit()
        {
            self.at += 1;
            self.skip_while(|b| b.is_ascii_digit());
        }
        Kind::Number
    }

    /// PostgreSQL's rule: a comment ends an operator, and one that ends in `+` or `-` must contain a
    /// character that no standard operator has.
    fn operator(&mut self) -> Kind {
        let start = self.at;
        while is_operator(self.byte(0))
            && !matches!((self.byte(0), self.byte(1)), (b'-', b'-') | (b'/', b'*'))
        {
            self.at += 1;
        }
        let special = |b: &u8| b"~!@#%^&|`?".contains(b);
        let found = self.bytes.get(start..self.at).unwrap_or_default();
        if !found.iter().any(special) {
            let trailing = found.iter().rev().take_while(|b| matches!(b, b'+' | b'-')).count();
            self.at -= trailing.min(found.len().saturating_sub(1));
        }
        Kind::Operator
    }
}

fn is_word_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 0x80
}

fn is_word(b: u8) -> bool {
    is_word_start(b) || b.is_ascii_digit() || b == b'$'
}

fn is_operator(b: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&b)
}

/// The tokens of a text as words: identifiers as the server folds them, without quotes, and symbols; what is a
/// text or a number is left out. Nothing of a text that ends inside of something.
pub(crate) fn words(text: &str) -> Vec<String> {
    let word = |token: Token| {
        let written = text.get(token.start..token.end)?;
        match token.kind {
            Kind::Word => Some(written.to_lowercase()),
            Kind::Quoted => Some(written.trim_matches('"').replace("\"\"", "\"")),
            Kind::Symbol(_) | Kind::Operator => Some(written.to_owned()),
            Kind::Text | Kind::Number => None,
        }
    };
    tokens(text).unwrap_or_default().into_iter().filter_map(word).collect()
}

/// All tokens of a text; `None` where it ends inside a string or comment.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut lexer = Lexer::new(text);
    let mut found = Vec::new();
    loop {
        match lexer.next() {
            Lexed::Token(token) => found.push(token),
            Lexed::LineComment(_) => {}
            Lexed::Open(..) => return None,
            Lexed::End => return Some(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found = tokens(text).unwrap();
        let found: Vec<&str> = found.iter().map(|t| &text[t.start..t.end]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn strings_names_and_comments_are_whole() {
        check("a 'it''s; -- no' b", &["a", "'it''s; -- no'", "b"]);
        check(r"E'\'' e'a' U&'x' b'1'", &[r"E'\''", "e'a'", "U&'x'", "b'1'"]);
        check("\"a\"\"b\".c /* x /* y */ z */ d -- e\nf", &["\"a\"\"b\"", ".", "c", "d", "f"]);
        check("$$a;'b$$ $t$ $$ $t$ a$b$c $1", &["$$a;'b$$", "$t$ $$ $t$", "a$b$c", "$", "1"]);
    }

    #[test]
    fn operators_end_where_postgresql_ends_them() {
        check(
            "a=-1 b->>'c' d::int e:=f",
            &["a", "=", "-", "1", "b", "->>", "'c'", "d", "::", "int", "e", ":=", "f"],
        );
        check("1.5e-3*.5 @-@x", &["1.5e-3", "*", ".5", "@-@", "x"]);
    }

    #[test]
    fn an_open_end_says_where_it_began() {
        for (text, open, at) in [
            ("a 'b", Open::Text, 2),
            ("\"b", Open::Name, 0),
            ("x $q$ $$", Open::Dollar, 2),
            ("/* /* */", Open::Comment, 0),
        ] {
            let mut lexer = Lexer::new(text);
            let found = loop {
                match lexer.next() {
                    Lexed::Open(open, span) => break Some((open, span.0)),
                    Lexed::End => break None,
                    Lexed::Token(_) | Lexed::LineComment(_) => {}
                }
            };
            assert_eq!(found, Some((open, at)), "{text}");
        }
    }
}

//! Cuts a text into statements, and collects `-- concertina:` comments on the way. Knows COPY data,
//! psql meta-commands and SQL-standard function bodies; must not know what a statement means.

use super::token::{Kind, Lexed, Lexer, Open, Span, Token};

/// Tokens of one statement that are kept: beyond this it is garbage or data, never DDL.
const MAX_TOKENS: usize = 200_000;

/// One statement: its place without the semicolon, and its tokens.
#[derive(Debug)]
pub(super) struct Statement {
    /// From the first token to the last.
    pub(super) span: Span,
    /// Never empty.
    pub(super) tokens: Vec<Token>,
}

/// A hint: the comment lines it is written in, each from its `--`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HintLines {
    /// Comment lines, the one with `concertina:` first.
    pub(super) lines: Vec<Span>,
}

/// Reads statements one by one.
pub(super) struct Splitter<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// Hints passed so far.
    pub(super) hints: Vec<HintLines>,
    /// Where the text ended inside a string or comment.
    pub(super) open: Option<(Open, Span)>,
}

impl<'a> Splitter<'a> {
    /// A splitter at the start of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, lexer: Lexer::new(text), hints: Vec::new(), open: None }
    }

    fn is(&self, token: Option<&Token>, word: &str) -> bool {
        token.is_some_and(|t| {
            t.kind == Kind::Word
                && self.text.get(t.start..t.end).is_some_and(|s| s.eq_ignore_ascii_case(word))
        })
    }

    fn begins(&self, tokens: &[Token], words: &[&str]) -> bool {
        words.iter().enumerate().all(|(at, word)| self.is(tokens.get(at), word))
    }

    fn is_routine(&self, tokens: &[Token]) -> bool {
        let rest = if self.begins(tokens, &["CREATE", "OR", "REPLACE"]) { 3 } else { 1 };
        self.is(tokens.first(), "CREATE")
            && (self.is(tokens.get(rest), "FUNCTION") || self.is(tokens.get(rest), "PROCEDURE"))
    }

    fn is_rule(&self, tokens: &[Token]) -> bool {
        self.begins(tokens, &["CREATE", "RULE"])
            || self.begins(tokens, &["CREATE", "OR", "REPLACE", "RULE"])
    }

    /// `COPY … FROM stdin;` is followed by data up to a line `\.`.
    fn skip_copy_data(&mut self, tokens: &[Token]) {
        if !self.is(tokens.first(), "COPY") {
            return;
        }
        let from_stdin = tokens
            .windows(2)
            .any(|pair| self.is(pair.first(), "FROM") && self.is(pair.get(1), "STDIN"));
        if from_stdin {
            let rest = self.text.get(self.lexer.at..).unwrap_or_default();
            self.lexer.at = rest.find("\n\\.").map_or(self.text.len(), |at| self.lexer.at + at + 3);
        }
    }

    fn skip_line(&mut self) {
        let rest = self.text.get(self.lexer.at..).unwrap_or_default();
        self.lexer.at = rest.find('\n').map_or(self.text.len(), |at| self.lexer.at + at);
    }

    fn note_comment(&mut self, span: Span) {
        let body = self.text.get(span.0 + 2..span.1).unwrap_or_default().trim_start();
        let starts = body.get(..11).is_some_and(|head| head.eq_ignore_ascii_case("concertina:"));
        if starts {
            self.hints.push(HintLines { lines: vec![span] });
            return;
        }
        let Some(hint) = self.hints.last_mut() else { return };
        let end = hint.lines.last().map_or(0, |line| line.1);
        let between = self.text.get(end..span.0).unwrap_or("x");
        if between.trim().is_empty() && between.matches('\n').count() == 1 {
            hint.lines.push(span);
        }
    }
}

impl Iterator for Splitter<'_> {
    type Item = Statement;

    fn next(&mut self) -> Option<Statement> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut end = 0;
        // Open BEGIN ATOMIC / CASE of a function body, open parentheses of a rule.
        let (mut bodies, mut parens) = (0_usize, 0_usize);
        loop {
            let token = match self.lexer.next() {
                Lexed::Token(token) => token,
                Lexed::LineComment(span) => {
                    self.note_comment(span);
                    continue;
                }
                Lexed::Open(open, span) => {
                    self.open = Some((open, span));
                    self.lexer.at = self.text.len();
                    return None;
                }
                Lexed::End => break,
            };
            match token.kind {
                Kind::Symbol(b';') if bodies == 0 && parens == 0 => {
                    if tokens.is_empty() {
                        continue;
                    }
                    self.skip_copy_data(&tokens);
                    break;
                }
                Kind::Symbol(b'\\') if tokens.is_empty() => {
                    self.skip_line();
                    continue;
                }
                Kind::Symbol(b'(') if self.is_rule(&tokens) => parens += 1,
                Kind::Symbol(b')') => parens = parens.saturating_sub(1),
                Kind::Word if self.is(Some(&token), "ATOMIC") => {
                    if self.is(tokens.last(), "BEGIN") && self.is_routine(&tokens) {
                        bodies += 1;
                    }
                }
                Kind::Word if bodies > 0 => {
                    if self.is(Some(&token), "CASE") {
                        bodies += 1;
                    } else if self.is(Some(&token), "END") {
                        bodies -= 1;
                    }
                }
                Kind::Word
                | Kind::Quoted
                | Kind::Text
                | Kind::Number
                | Kind::Symbol(_)
                | Kind::Operator => {}
            }
            end = token.end;
            if tokens.len() < MAX_TOKENS {
                tokens.push(token);
            }
        }
        let start = tokens.first()?.start;
        Some(Statement { span: (start, end), tokens })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = Splitter::new(text).map(|s| &text[s.span.0..s.span.1]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn statements_end_at_their_semicolon() {
        check("SET a = ';'; ;\n-- x;\nSELECT 1", &["SET a = ';'", "SELECT 1"]);
        check("\\restrict abc;\n\\connect x\nSELECT 1;", &["SELECT 1"]);
        check(
            "COPY t (a) FROM stdin;\n1;'\n\\.\nSELECT 1;",
            &["COPY t (a) FROM stdin", "SELECT 1"],
        );
        check("COPY t FROM stdin;\n1;'", &["COPY t FROM stdin"]);
    }

    #[test]
    fn bodies_keep_their_semicolons() {
        check(
            "CREATE FUNCTION f() AS $$a; b;$$; SELECT 1",
            &["CREATE FUNCTION f() AS $$a; b;$$", "SELECT 1"],
        );
        let body = "CREATE OR REPLACE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN b END; END";
        check(&format!("{body}; SELECT 1;"), &[body, "SELECT 1"]);
        check(
            "CREATE RULE r AS ON INSERT TO t DO (a; b); SELECT 1",
            &["CREATE RULE r AS ON INSERT TO t DO (a; b)", "SELECT 1"],
        );
    }

    #[test]
    fn hints_continue_over_comment_lines() {
        let text =
            "-- concertina: split a\n--   into b\n-- Concertina: rename x\n\n-- no\nSELECT 1;";
        let mut splitter = Splitter::new(text);
        assert_eq!(splitter.by_ref().count(), 1);
        let found: Vec<Vec<&str>> = splitter
            .hints
            .iter()
            .map(|h| h.lines.iter().map(|l| &text[l.0..l.1]).collect())
            .collect();
        assert_eq!(
            found,
            [vec!["-- concertina: split a", "--   into b"], vec!["-- Concertina: rename x"]]
        );
    }

    #[test]
    fn megabytes_of_garbage_are_one_linear_pass() {
        for piece in ["(((", "a ", "$x ", "/ *", "\\ ", "{\"k\": [1, 2]} "] {
            let text = piece.repeat(400_000);
            assert!(Splitter::new(&text).count() <= 1);
        }
    }
}

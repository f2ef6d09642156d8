//! A string written in parts, a line each, is one string to PostgreSQL; here it is written as one, in as
//! many bytes, so that everything after it keeps its place
//! ([string constants](https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-CONSTANTS)).

use std::borrow::Cow;

use super::split::Splitter;
use super::token::Kind;

/// The text with no string in parts.
pub(super) fn joined(text: &str) -> Cow<'_, str> {
    if !may_have_parts(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    for statement in Splitter::new(text) {
        let mut end = None;
        for (token, next) in statement.tokens.iter().zip(statement.tokens.iter().skip(1)) {
            let is_quoted = |at: usize| text.as_bytes().get(at) == Some(&b'\'');
            let parts = token.kind == Kind::Text && next.kind == Kind::Text;
            let closes = is_quoted(token.end - 1) && is_quoted(next.start);
            if !parts || !closes || !text[token.end..next.start].contains('\n') {
                end = None;
                continue;
            }
            // Where the string so far ends, its quote included, in the text as it is made.
            let from = end.unwrap_or(token.end);
            let gap: Vec<u8> = bytes[from..next.start].to_vec();
            let more: Vec<u8> = bytes[next.start + 1..next.end].to_vec();
            let moved = more.iter().chain(b"  ").chain(&gap);
            bytes[from - 1..].iter_mut().zip(moved).for_each(|(to, byte)| *to = *byte);
            end = Some(from - 1 + more.len());
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Whether a quote is followed by white space with a line end, and that by a quote.
fn may_have_parts(bytes: &[u8]) -> bool {
    bytes
        .split(|b| *b == b'\'')
        .any(|gap| gap.contains(&b'\n') && gap.iter().all(u8::is_ascii_whitespace))
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn parts_become_one_string_in_as_many_bytes() {
        let text =
            "COMMENT ON TABLE t IS\n  'one '\n  'it''s two'\n'3' ; SELECT 'a', '\n', 'b' 'c';";
        let wanted =
            "COMMENT ON TABLE t IS\n  'one it''s two3'    \n  \n ; SELECT 'a', '\n', 'b' 'c';";
        assert_eq!(joined(text), wanted);
        assert_eq!(text.len(), wanted.len());
        assert_eq!(joined("SELECT E'a\\n'\n'b'"), "SELECT E'a\\nb'  \n");
        assert_eq!(joined("SELECT $$'\n'$$"), "SELECT $$'\n'$$");
    }
}

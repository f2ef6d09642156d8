//! String literals to their values. Must not know statements.

/// The value of a string literal as the lexer cut it; `None` where an escape is not known.
pub(in crate::sql) fn value(literal: &str) -> Option<String> {
    if let Some(body) = literal.strip_prefix('\'') {
        return Some(body.strip_suffix('\'')?.replace("''", "'"));
    }
    if literal.starts_with('$') {
        let tag = literal.get(..=literal.get(1..)?.find('$')? + 1)?;
        return Some(literal.strip_prefix(tag)?.strip_suffix(tag)?.to_owned());
    }
    let body = literal.get(1..)?.strip_prefix('\'')?.strip_suffix('\'')?;
    match literal.as_bytes().first()? {
        b'n' | b'N' => Some(body.replace("''", "'")),
        b'e' | b'E' => unescape(body),
        _ => None,
    }
}

/// The escapes of `E'…'`, code points left out.
fn unescape(body: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                chars.next();
                out.push('\'');
            }
            '\\' => out.push(match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                digit if digit.is_ascii_alphanumeric() => return None,
                other => other,
            }),
            other => out.push(other),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_mean_what_they_mean_to_postgresql() {
        for (text, expected) in [
            ("'it''s'", Some("it's")),
            (r"E'a\n\'b'''", Some("a\n'b'")),
            (r"E'\x41'", None),
            ("$$a'b$$", Some("a'b")),
            ("$t$ $$ $t$", Some(" $$ ")),
            ("N'x'", Some("x")),
            ("U&'x'", None),
            ("B'1'", None),
        ] {
            assert_eq!(value(text).as_deref(), expected, "{text}");
        }
    }
}

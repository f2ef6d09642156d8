//! SQL text into statements, and a `CREATE TABLE` into its parts: as much of PostgreSQL's lexical
//! rules as `pg_dump` needs, written anew so that the planner's reader is not its own judge.
//! Knows no statement's meaning.

/// Kinds of lexeme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A comment or a line for psql.
    Aside,
    /// White space.
    Space,
    /// A string, a quoted name, a dollar-quoted body.
    Quoted,
    /// A name, a keyword, a number.
    Word,
    /// Any other character.
    Sign,
}

/// Cuts a text into lexemes; together they are the text.
pub fn lexemes(text: &str) -> Vec<(Kind, &str)> {
    let mut lexemes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at_line_start = lexemes.last().is_none_or(|(_, last): &(_, &str)| last.ends_with('\n'));
        let (kind, n) = lexeme(rest, first, at_line_start);
        let (head, tail) = rest.split_at(n);
        lexemes.push((kind, head));
        rest = tail;
    }
    lexemes
}

/// The kind and the bytes of the first lexeme.
fn lexeme(text: &str, first: char, at_line_start: bool) -> (Kind, usize) {
    let line = || text.find('\n').map_or(text.len(), |at| at + 1);
    match first {
        '-' if text.starts_with("--") => (Kind::Aside, line()),
        '\\' if at_line_start => (Kind::Aside, line()),
        '/' if text.starts_with("/*") => (Kind::Aside, block_comment(text)),
        '\'' => (Kind::Quoted, quoted(text, '\'', false)),
        '"' => (Kind::Quoted, quoted(text, '"', false)),
        'E' | 'e' if text[1..].starts_with('\'') => {
            (Kind::Quoted, 1 + quoted(&text[1..], '\'', true))
        }
        '$' => dollar_quoted(text).map_or((Kind::Sign, 1), |n| (Kind::Quoted, n)),
        c if c.is_whitespace() => {
            (Kind::Space, text.find(|c: char| !c.is_whitespace()).unwrap_or(text.len()))
        }
        c if is_word(c) => {
            (Kind::Word, text.find(|c| !is_word(c) && c != '$').unwrap_or(text.len()))
        }
        c => (Kind::Sign, c.len_utf8()),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Bytes up to the end of a quoted text; a doubled quote is a quote inside.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// Bytes up to the end of `$tag$ … $tag$`.
fn dollar_quoted(text: &str) -> Option<usize> {
    let n = text[1..].find('$')? + 2;
    let (tag, body) = text.split_at(n);
    let inner = &tag[1..n - 1];
    if !inner.chars().all(is_word) || inner.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some(body.find(tag).map_or(text.len(), |at| n + at + n))
}

/// Bytes of a comment that may hold others.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_u32;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The statements of a text, without comments, psql's own lines and final semicolons.
pub fn split(text: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut statement = String::new();
    // Inside BEGIN ATOMIC … END semicolons end nothing; CASE has an END of its own.
    let (mut before, mut depth) = ("", 0_u32);
    for (kind, lexeme) in lexemes(text) {
        match kind {
            Kind::Aside => {}
            Kind::Sign if lexeme == ";" && depth == 0 => {
                finish(&mut statement, &mut statements);
            }
            Kind::Word => {
                let is = |word: &str| lexeme.eq_ignore_ascii_case(word);
                let opens = is("ATOMIC") && before.eq_ignore_ascii_case("BEGIN");
                depth += u32::from(opens || (depth > 0 && is("CASE")));
                depth -= u32::from(depth > 0 && is("END"));
                before = lexeme;
                statement += lexeme;
            }
            Kind::Space | Kind::Quoted | Kind::Sign => statement += lexeme,
        }
    }
    finish(&mut statement, &mut statements);
    statements
}

fn finish(statement: &mut String, statements: &mut Vec<String>) {
    let text = statement.trim();
    if !text.is_empty() {
        statements.push(text.to_owned());
    }
    statement.clear();
}

/// A text around its first parentheses: what is before, each item between commas, what is after.
pub fn list(text: &str) -> Option<(String, Vec<String>, String)> {
    let (mut before, mut items, mut after) = (String::new(), Vec::new(), String::new());
    let (mut depth, mut closed) = (0_u32, false);
    let mut item = String::new();
    for (_, lexeme) in lexemes(text) {
        if closed {
            after += lexeme;
            continue;
        }
        let inside = depth > 0;
        depth += u32::from(matches!(lexeme, "(" | "["));
        depth -= u32::from(matches!(lexeme, ")" | "]") && depth > 0);
        match (inside, depth, lexeme) {
            (false, 0, _) => before += lexeme,
            (false, ..) => {}
            (true, 0, _) => {
                finish(&mut item, &mut items);
                closed = true;
            }
            (true, 1, ",") => finish(&mut item, &mut items),
            (true, ..) => item += lexeme,
        }
    }
    closed.then(|| (before.trim().to_owned(), items, after.trim().to_owned()))
}

/// What a statement does, in capitals and without names: `CREATE MATERIALIZED VIEW`,
/// `ALTER TABLE … ADD CONSTRAINT`.
pub fn verb(statement: &str) -> String {
    let lexemes = lexemes(statement);
    let words: Vec<String> = lexemes
        .iter()
        .filter(|(kind, _)| matches!(kind, Kind::Word | Kind::Quoted))
        .map(|(_, word)| word.to_ascii_uppercase())
        .collect();
    let is_more = |word: &&String| MORE.contains(&word.as_str());
    let n = 2 + words.iter().skip(1).take_while(is_more).count();
    let mut verb = words.iter().take(n).cloned().collect::<Vec<_>>().join(" ");
    if words.first().is_some_and(|word| word == "ALTER")
        && let Some(at) = words.iter().skip(n).position(|word| ACTIONS.contains(&word.as_str()))
    {
        let action: Vec<_> = words[n + at..].iter().take(2).cloned().collect();
        verb = format!("{verb} … {}", action.join(" "));
    }
    verb
}

/// Words after which the kind of object is still to come.
const MORE: [&str; 14] = [
    "OR",
    "REPLACE",
    "MATERIALIZED",
    "UNIQUE",
    "UNLOGGED",
    "EVENT",
    "TEXT",
    "SEARCH",
    "DEFAULT",
    "FOREIGN",
    "RECURSIVE",
    "CONSTRAINT",
    "TEMPORARY",
    "TEMP",
];

/// What is done to an object that is altered.
const ACTIONS: [&str; 14] = [
    "ADD", "DROP", "ALTER", "ATTACH", "DETACH", "RENAME", "SET", "OWNER", "ENABLE", "DISABLE",
    "VALIDATE", "FORCE", "OWNED", "REPLICA",
];

#[cfg(test)]
mod tests {
    use super::{list, split, verb};

    #[test]
    fn statements_end_where_the_server_ends_them() {
        let statements = [
            "CREATE FUNCTION f(a integer) RETURNS integer\nBEGIN ATOMIC\n SELECT CASE WHEN a > 0 THEN 1 END;\n SELECT 2;\nEND",
            "CREATE FUNCTION g() RETURNS void AS $_$ SELECT $1; -- $$ no end;\n$_$",
            "SELECT E'it\\'s; one', 'it''s; one', \"a;b\", a$1",
            "SELECT 1",
        ];
        let text = format!(
            "\\restrict a;b\n-- it's a comment;\n/* ; /* ' */ ; */{};;\n-- end",
            statements.join(";\n\n")
        );
        assert_eq!(split(&text), statements);
    }

    #[test]
    fn lists_are_split_at_their_own_commas() {
        let text = "CREATE TABLE t (a numeric(4,2), b text[] DEFAULT ARRAY['x', '(,'], CHECK ((a > 0))) WITH (x=1)";
        let (head, items, tail) = list(text).unwrap();
        assert_eq!((head.as_str(), tail.as_str()), ("CREATE TABLE t", "WITH (x=1)"));
        let want = ["a numeric(4,2)", "b text[] DEFAULT ARRAY['x', '(,']", "CHECK ((a > 0))"];
        assert_eq!(items, want);
        assert_eq!(list("CREATE TABLE t ()").map(|l| l.1), Some(Vec::new()));
        assert_eq!(list("SELECT 1"), None);
    }

    #[test]
    fn verbs_have_no_names() {
        for (statement, want) in [
            ("create or replace view v as select 1", "CREATE OR REPLACE VIEW"),
            (
                "ALTER TABLE public.\"add\" ADD CONSTRAINT c CHECK (true)",
                "ALTER TABLE … ADD CONSTRAINT",
            ),
            ("DROP INDEX CONCURRENTLY i", "DROP INDEX"),
        ] {
            assert_eq!(verb(statement), want);
        }
    }
}

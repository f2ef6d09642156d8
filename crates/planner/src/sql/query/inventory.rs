//! A file of an app's statements: plain SQL, or sqlc's with `-- name: GetUser :one` before each. Must
//! not know schemas.

use crate::diagnostic::{Diagnostic, Source};
use crate::queries::{Query, Runs};
use crate::sql::report;
use crate::sql::split::Splitter;
use crate::sql::token::{Kind, Token};

/// Statements that say nothing about any relation.
const LEFT_OUT: &[&str] = &[
    "abort",
    "begin",
    "checkpoint",
    "close",
    "commit",
    "deallocate",
    "discard",
    "end",
    "fetch",
    "listen",
    "notify",
    "release",
    "reset",
    "rollback",
    "savepoint",
    "set",
    "show",
    "start",
    "unlisten",
];

/// Reads the statements of a file. Spans of the diagnostics point into the text.
pub(crate) fn read(text: &str, release: Runs) -> (Vec<Query>, Vec<Diagnostic>) {
    if let Some(problem) = report::not_text(text, Source::Request) {
        return (Vec::new(), vec![problem]);
    }
    let mut splitter = Splitter::new(text);
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let mut path = Query::new(release, "").search_path;
    let mut end = 0;
    for statement in splitter.by_ref() {
        let between = text.get(end..statement.span.0).unwrap_or_default();
        end = statement.span.1;
        let word = |token: &Token| text.get(token.start..token.end).unwrap_or_default();
        let first = statement.tokens.first().map_or("", word).to_ascii_lowercase();
        if first == "set" {
            path = search_path(text, &statement.tokens).unwrap_or(path);
        }
        if LEFT_OUT.contains(&first.as_str()) {
            continue;
        }
        let sql = text.get(statement.span.0..statement.span.1).unwrap_or_default();
        let name = annotated(between).map(str::to_owned);
        let search_path = path.clone();
        found.push(Query { name, search_path, ..Query::new(release, sql) });
    }
    if let Some((open, span)) = splitter.open {
        problems.push(report::unterminated(open, span, Source::Request));
    }
    if found.is_empty() && problems.is_empty() {
        problems.push(Diagnostic::error(
            "empty-queries",
            (Source::Request, (0, 0)),
            "there is no statement of the app in it",
            "give the statements that the app runs, each ended with `;`",
        ));
    }
    (found, problems)
}

/// The name in `-- name: GetUser :one`, the last one before the statement.
fn annotated(comments: &str) -> Option<&str> {
    let lines = comments.lines().rev();
    lines
        .filter_map(|line| {
            let line = line.trim();
            let line = line.strip_prefix("--").or_else(|| line.strip_prefix("/*"))?;
            line.trim_start().strip_prefix("name:")?.split_whitespace().next()
        })
        .next()
}

/// The schemas of `SET search_path TO a, b`.
fn search_path(text: &str, tokens: &[Token]) -> Option<Vec<String>> {
    let of = |token: &Token| text.get(token.start..token.end).unwrap_or_default();
    let is =
        |at: usize, word: &str| tokens.get(at).is_some_and(|t| of(t).eq_ignore_ascii_case(word));
    let at = if is(1, "session") || is(1, "local") { 2 } else { 1 };
    if !is(at, "search_path") {
        return None;
    }
    let names = tokens.iter().skip(at + 2).filter_map(|token| match token.kind {
        Kind::Word | Kind::Quoted => crate::sql::cursor::unquote(of(token)),
        Kind::Text => Some(of(token).trim_matches('\'').to_owned()),
        Kind::Number | Kind::Symbol(_) | Kind::Operator => None,
    });
    let names: Vec<String> = names.filter(|name| name != "$user" && !name.is_empty()).collect();
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Option<&str>, &str)]) {
        let (found, problems) = read(text, Runs::Old);
        assert_eq!(problems, []);
        let found: Vec<(Option<&str>, &str)> =
            found.iter().map(|q| (q.name.as_deref(), q.sql.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn statements_have_the_names_above_them() {
        check("SELECT 1; SELECT ';'", &[(None, "SELECT 1"), (None, "SELECT ';'")]);
        check(
            "-- name: GetUser :one\n-- the user\nSELECT *\nFROM users;\n\n/* name: All :many */\nSELECT 2;\nSELECT 3;",
            &[
                (Some("GetUser"), "SELECT *\nFROM users"),
                (Some("All"), "SELECT 2"),
                (None, "SELECT 3"),
            ],
        );
        check("BEGIN; SELECT 1; COMMIT;", &[(None, "SELECT 1")]);
    }

    #[test]
    fn a_search_path_holds_for_what_follows() {
        let (found, _) =
            read("SELECT 1; SET search_path TO app, \"$user\", public; SELECT 2", Runs::New);
        let paths: Vec<String> = found.iter().map(|q| q.search_path.join(",")).collect();
        assert_eq!(paths, ["public", "app,public"]);
    }

    #[test]
    fn what_is_not_sql_has_a_place() {
        for (text, code, span) in [
            ("SELECT 'a", "unterminated-string", (7, 8)),
            ("\0\u{1}", "not-text", (0, 1)),
            ("-- nothing", "empty-queries", (0, 0)),
        ] {
            let (_, problems) = read(text, Runs::Old);
            let found: Vec<(&str, (usize, usize))> =
                problems.iter().map(|p| (p.code.as_str(), p.span)).collect();
            assert_eq!(found, [(code, span)]);
        }
    }
}

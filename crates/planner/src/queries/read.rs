//! Files of an app's statements, in any of their forms: SQL, sqlc's SQL, the CSV of
//! `pg_stat_statements`. Must not judge what they say.

use super::report::{Query, Runs};
use crate::diagnostic::{Diagnostic, Source};

/// Reads a file of statements; its form is told from its first line. Spans of the diagnostics point
/// into the text.
pub fn read(text: &str, release: Runs) -> (Vec<Query>, Vec<Diagnostic>) {
    if is_csv(text) { csv(text, release) } else { crate::sql::read_queries(text, release) }
}

/// Whether the first line is a header with a column `query`.
fn is_csv(text: &str) -> bool {
    let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let mut names = first.split(',').map(|name| name.trim().trim_matches('"'));
    first.len() < 4_000
        && !first.contains(';')
        && names.any(|name| name.eq_ignore_ascii_case("query"))
}

/// `COPY (SELECT * FROM pg_stat_statements) TO … CSV HEADER`: columns `query` and `calls` count.
fn csv(text: &str, release: Runs) -> (Vec<Query>, Vec<Diagnostic>) {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut records = Records { text, at: start };
    let header = match records.next() {
        Some(Ok(header)) => header,
        Some(Err(problem)) => return (Vec::new(), vec![problem]),
        None => return (Vec::new(), vec![empty()]),
    };
    let column =
        |wanted: &str| header.iter().position(|f| f.text.trim().eq_ignore_ascii_case(wanted));
    let (query, calls) = (column("query"), column("calls"));
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for record in records {
        let record = match record {
            Ok(record) => record,
            Err(problem) => {
                problems.push(problem);
                break;
            }
        };
        let field = |at: Option<usize>| at.and_then(|at| record.get(at));
        let Some(text) = field(query) else {
            let span = record.first().map_or((0, 0), |field| field.span);
            problems.push(error(
                "bad-csv",
                span,
                "this line has no column `query`",
                "a line break inside a statement needs quotes around the whole statement",
            ));
            break;
        };
        let calls = field(calls).and_then(|field| field.text.trim().parse().ok());
        let (queries, _) = crate::sql::read_queries(&text.text, release);
        found.extend(queries.into_iter().map(|query| Query { calls, ..query }));
    }
    if found.is_empty() && problems.is_empty() {
        problems.push(empty());
    }
    (found, problems)
}

fn empty() -> Diagnostic {
    error(
        "empty-queries",
        (0, 0),
        "there is no statement of the app in it",
        "give the output of `COPY (SELECT query, calls FROM pg_stat_statements) TO STDOUT CSV HEADER`",
    )
}

fn error(code: &str, span: (usize, usize), message: &str, help: &str) -> Diagnostic {
    Diagnostic::error(code, (Source::Request, span), message, help)
}

/// A field: its value, and where it stands.
struct Field {
    text: String,
    span: (usize, usize),
}

/// Records of a CSV file (RFC 4180).
struct Records<'a> {
    text: &'a str,
    at: usize,
}

impl Records<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn field(&mut self) -> Result<Field, Diagnostic> {
        let start = self.at;
        if self.byte() != Some(b'"') {
            let rest = self.text.get(start..).unwrap_or_default();
            self.at += rest.find([',', '\n', '\r']).unwrap_or(rest.len());
            let text = self.text.get(start..self.at).unwrap_or_default().to_owned();
            return Ok(Field { text, span: (start, self.at) });
        }
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(quote) = rest.find('"') else {
                return Err(error(
                    "bad-csv",
                    (start, start + 1),
                    "this quoted field is never closed",
                    "add the closing `\"`; a quote inside a field is written twice",
                ));
            };
            text += rest.get(..quote).unwrap_or_default();
            self.at += quote + 1;
            if self.byte() != Some(b'"') {
                break;
            }
            text.push('"');
            self.at += 1;
        }
        match self.byte() {
            None | Some(b',' | b'\n' | b'\r') => Ok(Field { text, span: (start, self.at) }),
            Some(_) => Err(error(
                "bad-csv",
                (self.at, self.at + 1),
                "something follows the end of a quoted field",
                "a quote inside a field is written twice",
            )),
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Vec<Field>, Diagnostic>;

    fn next(&mut self) -> Option<Self::Item> {
        while matches!(self.byte(), Some(b'\n' | b'\r')) {
            self.at += 1;
        }
        self.byte()?;
        let mut fields = Vec::new();
        loop {
            match self.field() {
                Ok(field) => fields.push(field),
                Err(problem) => {
                    self.at = self.text.len();
                    return Some(Err(problem));
                }
            }
            if self.byte() != Some(b',') {
                return Some(Ok(fields));
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_csv_of_pg_stat_statements_is_read() {
        let text =
            "userid,query,calls\n10,\"SELECT \"\"a\"\",\n1\",42\n10,BEGIN,7\n10,SELECT $1,x\n";
        let (found, problems) = read(text, Runs::Both);
        assert_eq!(problems, []);
        let found: Vec<(&str, Option<u64>)> =
            found.iter().map(|query| (query.sql.as_str(), query.calls)).collect();
        assert_eq!(found, [("SELECT \"a\",\n1", Some(42)), ("SELECT $1", None)]);
    }

    #[test]
    fn a_broken_csv_has_a_place() {
        for (text, span) in [
            ("query\n\"SELECT 1", (6, 7)),
            ("query\n\"a\"b", (9, 10)),
            ("calls,query\n1\n", (12, 13)),
        ] {
            let (_, problems) = read(text, Runs::Both);
            let found: Vec<(usize, usize)> = problems.iter().map(|p| p.span).collect();
            assert_eq!(found, [span], "{text}");
        }
    }

    #[test]
    fn sql_is_no_csv() {
        let (found, _) = read("SELECT id, query FROM saved;", Runs::Old);
        assert_eq!(found.len(), 1);
    }
}

//! What is said about texts that are not SQL, not PostgreSQL's, or name what is not there.

use super::cursor::{Placed, PlacedName};
use super::token::{Kind, Lexed, Lexer, Open, Span, Token};
use crate::diagnostic::{Diagnostic, Source};
use crate::name::{QName, quote};
use crate::plan::NotAnalysed;
use crate::schema::{Schema, Table};

/// Binary input; `None` for text.
pub(super) fn not_text(text: &str, source: Source) -> Option<Diagnostic> {
    let control = |b: &u8| (*b < 0x20 && !b.is_ascii_whitespace() && *b != 0x0b) || *b == 0x7f;
    let nul = text.bytes().position(|b| b == 0);
    let controls = text.bytes().filter(control).count();
    if nul.is_none() && controls * 10 <= text.len() {
        return None;
    }
    let at = nul.or_else(|| text.bytes().position(|b| control(&b))).unwrap_or(0);
    Some(Diagnostic::error(
        "not-text",
        (source, (at, at + 1)),
        "this is binary data, not SQL text",
        "export the schema as text: `pg_dump --schema-only --format=plain`",
    ))
}

/// Nothing to read.
pub(super) fn empty(source: Source, target: bool) -> Diagnostic {
    let (code, message, help) = match (source, target) {
        (Source::Schema | Source::Request, _) => (
            "empty-schema",
            "the schema is empty",
            "give the current schema as SQL: the output of `pg_dump --schema-only`, or CREATE TABLE statements",
        ),
        (Source::Change, true) => (
            "empty-change",
            "the target schema is empty",
            "give the whole schema as it should be, as CREATE TABLE statements",
        ),
        (Source::Change, false) => (
            "empty-change",
            "the change is empty",
            "give the statements you were about to run, such as `ALTER TABLE users ADD COLUMN age int;`",
        ),
    };
    Diagnostic::error(code, (source, (0, 0)), message, help)
}

/// A string, name or comment that never ends.
pub(super) fn unterminated(open: Open, span: Span, source: Source) -> Diagnostic {
    let (code, message, help) = match open {
        Open::Text => (
            "unterminated-string",
            "this string is never closed",
            "add the closing `'`; a quote inside a string is written twice: `''`",
        ),
        Open::Name => {
            ("unterminated-name", "this quoted name is never closed", "add the closing `\"`")
        }
        Open::Dollar => (
            "unterminated-dollar-quote",
            "this dollar quote is never closed",
            "end it with the same tag it begins with",
        ),
        Open::Comment => (
            "unterminated-comment",
            "this comment is never closed",
            "add the closing `*/`; comments nest in PostgreSQL",
        ),
    };
    Diagnostic::error(code, (source, span), message, help)
}

/// The first thing that only MySQL writes, anywhere outside strings and comments.
pub(super) fn mysql(text: &str, source: Source) -> Option<Diagnostic> {
    /// Whatever it is, it shows itself by then.
    const MAX_BYTES: usize = 2_000_000;
    let mut lexer = Lexer::new(text);
    let mut before: [Option<Token>; 2] = [None, None];
    loop {
        let token = match lexer.next() {
            Lexed::Token(token) => token,
            Lexed::LineComment(_) => continue,
            Lexed::Open(..) | Lexed::End => return None,
        };
        if token.start > MAX_BYTES {
            return None;
        }
        let of =
            |token: Option<Token>| token.and_then(|t| text.get(t.start..t.end)).unwrap_or_default();
        let word = of(Some(token));
        let found = match token.kind {
            Kind::Operator if word == "=" && of(before[1]).eq_ignore_ascii_case("ENGINE") => {
                before[1]
            }
            Kind::Operator if word.starts_with('`') && is_name_after(text, token) => Some(token),
            Kind::Word if word.eq_ignore_ascii_case("AUTO_INCREMENT") => Some(token),
            Kind::Word if word.eq_ignore_ascii_case("UNSIGNED") => {
                let last = of(before[1]).to_ascii_lowercase();
                let number = last.ends_with("int") || matches!(last.as_str(), "integer" | ")");
                number.then_some(token)
            }
            Kind::Word
            | Kind::Quoted
            | Kind::Text
            | Kind::Number
            | Kind::Symbol(_)
            | Kind::Operator => None,
        };
        if let Some(token) = found {
            return Some(Diagnostic::error(
                "mysql-syntax",
                (source, (token.start, token.end)),
                "this looks like MySQL; Concertina plans PostgreSQL so far",
                "give PostgreSQL's SQL: export the schema with `pg_dump --schema-only`",
            ));
        }
        before = [before[1], Some(token)];
    }
}

/// A backtick directly before a word quotes a name.
fn is_name_after(text: &str, token: Token) -> bool {
    text.get(token.start + 1..)
        .and_then(|rest| rest.chars().next())
        .is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// Text that is no SQL at all.
pub(super) fn not_sql(source: Source, span: Span) -> Diagnostic {
    Diagnostic::error(
        "not-sql",
        (source, span),
        "this is not SQL",
        "give SQL statements: the output of `pg_dump --schema-only`, or CREATE and ALTER statements",
    )
}

/// More than anybody will read through.
pub(super) fn too_many_unknown(source: Source, span: Span) -> Diagnostic {
    Diagnostic::error(
        "too-many-unknown",
        (source, span),
        "thousands of statements up to here were not understood",
        "give the schema without data: the output of `pg_dump --schema-only`",
    )
}

/// A statement as the plan lists it.
pub(super) fn not_analysed(text: &str, source: Source, span: Span, note: &str) -> NotAnalysed {
    let sql = text.get(span.0..span.1).unwrap_or_default();
    let mut first = sql.lines().next().unwrap_or_default();
    if let Some((end, _)) = first.char_indices().nth(200) {
        first = first.get(..end).unwrap_or(first);
    }
    NotAnalysed { source, span, sql: first.trim_end().to_owned(), note: note.to_owned() }
}

/// A table or view that is not there.
pub(super) fn unknown_table(source: Source, name: &PlacedName, schema: &Schema) -> Diagnostic {
    let wanted = &name.name;
    let elsewhere = schema.tables.keys().find(|t| t.name == wanted.name).cloned();
    let near = elsewhere.or_else(|| {
        let names = schema.tables.keys().filter(|t| t.schema == wanted.schema);
        nearest(&wanted.name, names.map(|t| t.name.as_str())).map(|n| wanted.sibling(n))
    });
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the schema has {}", some_of(schema.tables.keys().map(QName::to_string))),
    };
    Diagnostic::error(
        "unknown-table",
        (source, name.span),
        format!("table `{wanted}` does not exist in the schema"),
        help,
    )
}

/// A column that is not there.
pub(super) fn unknown_column(
    source: Source,
    column: &Placed,
    table: &QName,
    definition: &Table,
) -> Diagnostic {
    let names = definition.columns.iter().map(|c| c.name.as_str());
    let help = match nearest(&column.name, names) {
        Some(near) => format!("did you mean `{}`?", quote(near)),
        None => {
            let names = definition.columns.iter().map(|c| quote(&c.name));
            format!("the table has {}", some_of(names))
        }
    };
    Diagnostic::error(
        "unknown-column",
        (source, column.span),
        format!("column `{}` of table `{table}` does not exist", quote(&column.name)),
        help,
    )
}

/// An index or constraint that is not there.
pub(super) fn unknown_part<'a>(
    source: Source,
    what: &str,
    part: &Placed,
    known: impl Iterator<Item = &'a String> + Clone,
) -> Diagnostic {
    let help = match nearest(&part.name, known.clone().map(String::as_str)) {
        Some(near) => format!("did you mean `{}`?", quote(near)),
        None => format!("there is {}", some_of(known.map(|name| quote(name)))),
    };
    Diagnostic::error(
        &format!("unknown-{what}"),
        (source, part.span),
        format!("{what} `{}` does not exist", quote(&part.name)),
        help,
    )
}

fn some_of(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.take(7).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        [first @ .., _] if names.len() == 7 => {
            let first: Vec<String> = first.iter().map(|n| format!("`{n}`")).collect();
            format!("{}, …", first.join(", "))
        }
        all => all.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", "),
    }
}

/// The candidate with the smallest edit distance, where it is small enough to be a slip.
fn nearest<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).max(2);
    candidates
        .filter(|c| c.len().abs_diff(wanted.len()) <= 2 * limit)
        .map(|c| (distance(wanted, c), c))
        .filter(|(distance, c)| *distance <= limit && *distance < c.chars().count())
        .min()
        .map(|(_, c)| c)
}

/// Optimal string alignment: a swap of neighbours is one edit.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut older: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&older, j - 1) + 1);
            }
            row.push(best);
        }
        older = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

/// Who makes things decides who owns them, which no text shows.
pub(super) fn other_role(source: Source, span: Span) -> Diagnostic {
    Diagnostic::error(
        "role-not-diffed",
        (source, span),
        "what follows is made by another role: who owns it is not compared",
        "say OWNER TO, or leave SET ROLE away",
    )
    .warning()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let names = ["users", "orders", "user_roles"];
        assert_eq!(nearest("usres", names.into_iter()), Some("users"));
        assert_eq!(nearest("order", names.into_iter()), Some("orders"));
        assert_eq!(nearest("payments", names.into_iter()), None);
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}

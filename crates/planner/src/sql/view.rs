//! CREATE VIEW as written: the query stays verbatim, what it may read is found token by token.

use std::collections::BTreeSet;

use super::cursor::{Cursor, PlacedName, Read, is_reserved, unquote};
use super::object::{self, Said};
use super::token::{Kind, tokens};
use crate::name::{QName, quote};
use crate::schema::Subject;

/// A view as written.
#[derive(Clone, Debug)]
pub(super) struct NewView {
    /// Name.
    pub(super) name: PlacedName,
    /// OR REPLACE.
    pub(super) or_replace: bool,
    /// IF NOT EXISTS.
    pub(super) if_not_exists: bool,
    /// MATERIALIZED.
    pub(super) materialized: bool,
    /// Names that it gives to the query's columns.
    pub(super) columns: Vec<String>,
    /// The query, verbatim.
    pub(super) query: String,
    /// Names after FROM and JOIN, and whether each was qualified.
    pub(super) reads: Vec<(QName, bool)>,
    /// Every identifier.
    pub(super) identifiers: Vec<String>,
    /// Options such as `security_barrier`.
    pub(super) settings: Vec<Said>,
    /// Without `WITH NO DATA`: what `pg_dump` adds to every materialized view.
    pub(super) query_with_data: String,
}

impl NewView {
    /// Whether it says `WITH NO DATA`.
    pub(super) fn is_unfilled(&self) -> bool {
        let tail = self.query.get(self.query_with_data.len()..).unwrap_or_default();
        tail.split_whitespace().any(|word| word.eq_ignore_ascii_case("no"))
    }
}

/// Reads from after `CREATE [OR REPLACE] [MATERIALIZED] VIEW`.
pub(super) fn create(
    cursor: &mut Cursor<'_>,
    or_replace: bool,
    materialized: bool,
) -> Read<NewView> {
    let if_not_exists = cursor.eat("IF NOT EXISTS");
    let name = cursor.name("a view name")?;
    let columns = if cursor.is_symbol(0, b'(') { cursor.columns()? } else { Vec::new() };
    let mut settings = Vec::new();
    if cursor.eat("USING") {
        let method = cursor.ident("an access method")?.name;
        settings.push(object::access_method(("MATERIALIZED VIEW", &name.name), &method));
    }
    if cursor.eat("WITH") {
        let words = if materialized { "MATERIALIZED VIEW" } else { "VIEW" };
        let of = Subject::Relation(name.name.clone());
        settings.push(object::options::set(cursor, (words, &name.name), &of)?);
    }
    if cursor.eat("TABLESPACE") {
        cursor.ident("a tablespace")?;
    }
    cursor.expect("AS")?;
    let (from, to) = (cursor.at, cursor.tokens.len());
    if from == to {
        return Err(cursor.expected("a query"));
    }
    let ends_with = |words: &str| {
        let count = words.split(' ').count();
        to.checked_sub(count).is_some_and(|at| at >= from && Cursor { at, ..*cursor }.sees(words))
    };
    let end = if ends_with("WITH NO DATA") {
        to - 3
    } else if ends_with("WITH DATA") {
        to - 2
    } else {
        to
    };
    let (query, query_with_data) =
        (cursor.slice(from, to).to_owned(), cursor.slice(from, end).to_owned());
    let columns: Vec<String> = columns.into_iter().map(|c| c.name).collect();
    let mut identifiers = identifiers(cursor, from, end);
    identifiers.extend(columns.iter().cloned());
    let reads = relations(&cursor.part(from, to));
    cursor.at = to;
    Ok(NewView {
        name,
        or_replace,
        if_not_exists,
        materialized,
        columns,
        query,
        reads,
        identifiers: identifiers.into_iter().collect(),
        settings,
        query_with_data,
    })
}

/// Identifiers of the query, keywords aside, and `*` where it selects everything.
fn identifiers(cursor: &Cursor<'_>, from: usize, to: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for at in from..to {
        let here = Cursor { at, ..*cursor };
        let Some(token) = here.peek(0) else { break };
        match token.kind {
            Kind::Word if is_reserved(here.of(token)) => {}
            Kind::Word | Kind::Quoted => found.extend(unquote(here.of(token))),
            Kind::Operator if here.of(token) == "*" => {
                let before = Cursor { at: at.saturating_sub(1), ..*cursor };
                if before.is_any(0, &["SELECT", "DISTINCT", "ALL"])
                    || before.is_symbol(0, b',')
                    || before.is_symbol(0, b'.')
                {
                    found.insert("*".to_owned());
                }
            }
            Kind::Text | Kind::Number | Kind::Symbol(_) | Kind::Operator => {}
        }
    }
    found
}

/// Names in FROM lists and after JOIN, each once, and whether they are qualified.
pub(super) fn relations(cursor: &Cursor<'_>) -> Vec<(QName, bool)> {
    let mut found = Vec::new();
    for (name, qualified, _) in places(cursor) {
        if !found.contains(&(name.clone(), qualified)) {
            found.push((name, qualified));
        }
    }
    found
}

/// A query with a relation of it under its new name, where it stands and before its columns.
pub(super) fn with_relation(query: &str, from: &QName, to: &QName) -> String {
    let Some(tokens) = tokens(query) else { return query.to_owned() };
    let cursor = Cursor::new(query, &tokens, &from.schema);
    let mut at: BTreeSet<usize> =
        places(&cursor).into_iter().filter(|(name, ..)| name == from).map(|(.., at)| at).collect();
    let here = |at: usize| Cursor { at, ..cursor };
    let is = |at: usize, wanted: &str| {
        let token = here(at).peek(0).filter(|t| matches!(t.kind, Kind::Word | Kind::Quoted));
        token.and_then(|token| unquote(cursor.of(token))).is_some_and(|name| name == wanted)
    };
    // `name.column` or `schema.name.column`, and not a column of that name.
    let is_meant = |at: usize| {
        let is_part = at >= 1 && here(at - 1).is_symbol(0, b'.');
        is(at, &from.name) && (!is_part || (at >= 2 && is(at - 2, &from.schema)))
    };
    at.extend((0..tokens.len()).filter(|at| here(*at).is_symbol(1, b'.') && is_meant(*at)));
    let (mut out, mut copied) = (String::new(), 0);
    let moves = from.schema != to.schema;
    for at in at {
        // With another schema it is said in full, whether it was or not.
        let is_part = at >= 2 && here(at - 1).is_symbol(0, b'.') && is(at - 2, &from.schema);
        let first = if moves && is_part { at - 2 } else { at };
        let (Some(start), Some(token)) = (tokens.get(first), tokens.get(at)) else { continue };
        out += query.get(copied..start.start).unwrap_or_default();
        out += &if moves { to.to_string() } else { quote(&to.name) };
        copied = token.end;
    }
    out + query.get(copied..).unwrap_or_default()
}

/// Names in FROM lists and after JOIN: whether each is qualified, and its last token. A FROM list ends at
/// the next clause of its level.
fn places(cursor: &Cursor<'_>) -> Vec<(QName, bool, usize)> {
    const ENDS: &[&str] = &[
        "SELECT",
        "WHERE",
        "GROUP",
        "ORDER",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "WINDOW",
        "FETCH",
        "FOR",
        "WITH",
    ];
    let mut cursor = *cursor;
    let mut found = Vec::new();
    // For every open parenthesis: whether a FROM list is being read at that level.
    let mut levels = vec![false];
    let mut expecting = false;
    while let Some(token) = cursor.peek(0) {
        let in_list = levels.last().copied().unwrap_or(false);
        if expecting && matches!(token.kind, Kind::Word | Kind::Quoted) {
            if cursor.is_any(0, &["ONLY", "LATERAL"]) {
                cursor.at += 1;
                continue;
            }
            expecting = false;
            let qualified = cursor.is_symbol(1, b'.');
            if let Ok(name) = cursor.name("a relation") {
                if !cursor.is_symbol(0, b'(') {
                    found.push((name.name, qualified, cursor.at - 1));
                }
                continue;
            }
        }
        match token.kind {
            // `FROM (a JOIN b …)`: the level inside goes on with the list.
            Kind::Symbol(b'(') => levels.push(expecting),
            Kind::Symbol(b')') => {
                levels.pop();
                expecting = false;
            }
            Kind::Symbol(b',') => expecting = in_list,
            Kind::Word if cursor.is_any(0, ENDS) => set_last(&mut levels, false, &mut expecting),
            Kind::Word if cursor.is(0, "FROM") => {
                set_last(&mut levels, true, &mut expecting);
            }
            Kind::Word if cursor.is(0, "JOIN") => expecting = true,
            Kind::Word if cursor.is(0, "ON") => expecting = false,
            Kind::Word | Kind::Quoted | Kind::Text | Kind::Number => expecting = false,
            Kind::Symbol(_) | Kind::Operator => {}
        }
        cursor.at += 1;
    }
    found
}

fn set_last(levels: &mut [bool], value: bool, expecting: &mut bool) {
    if let Some(last) = levels.last_mut() {
        *last = value;
    }
    *expecting = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_renamed_and_no_column_of_its_name() {
        let (from, to) = (QName::new("public", "files"), QName::new("public", "all docs"));
        for (query, want) in [
            ("SELECT files FROM files", "SELECT files FROM \"all docs\""),
            (
                "SELECT files.id, f.files FROM public.files JOIN x f ON f.id = public.files.id",
                "SELECT \"all docs\".id, f.files FROM public.\"all docs\" JOIN x f ON f.id = public.\"all docs\".id",
            ),
            (
                "SELECT 'files' FROM other.files a, files b",
                "SELECT 'files' FROM other.files a, \"all docs\" b",
            ),
        ] {
            assert_eq!(with_relation(query, &from, &to), want);
        }
    }
}

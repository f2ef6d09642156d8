//! Functions, procedures and aggregates: their identity is name and argument types. Bodies are not
//! looked into.

use super::{Said, rest};
use crate::schema::{Object, ObjectId, ObjectKind};
use crate::sql::cursor::{Cursor, Read};
use crate::sql::{token, types};

/// An argument as written.
struct Argument {
    /// `INOUT name type`, without the default.
    head: String,
    /// The type, where it is part of the identity.
    ty: Option<String>,
    /// VARIADIC.
    variadic: bool,
}

/// Reads from after `CREATE FUNCTION` or `PROCEDURE`; `word` is the one it was.
pub(super) fn create(cursor: &mut Cursor<'_>, word: &str) -> Read<Option<Vec<Said>>> {
    let name = cursor.name("a routine's name")?.name.to_string();
    let open = cursor.at;
    let arguments = arguments(cursor)?;
    let written = cursor.flat(open, cursor.at);
    let types: Vec<&str> = arguments.iter().filter_map(|a| a.ty.as_deref()).collect();
    let identity = format!("{name}({})", types.join(", "));
    let heads: Vec<&str> = arguments.iter().map(|a| a.head.as_str()).collect();
    let text = rest(cursor);
    let returns = returns(cursor);
    let head = format!("{word} {} {returns}", heads.join(", "));
    let object = Object {
        make: vec![format!("CREATE {word} {name}{written}{text}")],
        unmake: Some(format!("DROP {word} {identity}")),
        of: None,
        parts: vec![("HEAD".to_owned(), head)],
    };
    Ok(Some(vec![Said::Made(ObjectId::new(ObjectKind::Routine, identity), object)]))
}

/// The text with the search path spelled out; none where it does not take that of the session.
pub(super) fn with_path(text: &str, path: &str) -> Option<String> {
    const CURRENT: [&str; 4] = ["SET", "SEARCH_PATH", "FROM", "CURRENT"];
    let tokens = token::tokens(text)?;
    let says = |four: &[token::Token]| {
        four.iter().zip(CURRENT).all(|(token, word)| {
            text.get(token.start..token.end).is_some_and(|said| said.eq_ignore_ascii_case(word))
        })
    };
    let found = tokens.windows(4).find(|four| says(four))?;
    let (set, current) = (found.first()?, found.last()?);
    Some(format!("{}SET search_path TO {path}{}", &text[..set.start], &text[current.end..]))
}

/// Reads from after `CREATE AGGREGATE`.
pub(super) fn aggregate(cursor: &mut Cursor<'_>) -> Read<Option<Vec<Said>>> {
    let name = cursor.name("an aggregate's name")?.name.to_string();
    let text = rest(cursor);
    let identity = format!("{name}{}", identity(cursor)?);
    let object = Object::one(
        format!("CREATE AGGREGATE {name}{text}"),
        Some(format!("DROP AGGREGATE {identity}")),
    );
    Ok(Some(vec![Said::Made(ObjectId::new(ObjectKind::Aggregate, identity), object)]))
}

/// `(integer, text)`: the types in a reference to a routine; empty where there are none given.
pub(super) fn identity(cursor: &mut Cursor<'_>) -> Read<String> {
    if !cursor.is_symbol(0, b'(') {
        return Ok(String::new());
    }
    if cursor.peek(1).is_some_and(|t| cursor.of(t) == "*") {
        cursor.parens()?;
        return Ok("(*)".to_owned());
    }
    let arguments = arguments(cursor)?;
    let types: Vec<&str> = arguments.iter().filter_map(|a| a.ty.as_deref()).collect();
    Ok(format!("({})", types.join(", ")))
}

fn arguments(cursor: &mut Cursor<'_>) -> Read<Vec<Argument>> {
    let (from, to) = cursor.parens()?;
    let mut inner = cursor.part(from, to);
    let mut found: Vec<Argument> = Vec::new();
    let mut orders_variadic = false;
    while !inner.done() {
        let (from, to) =
            inner.skip_until(|c| c.is_symbol(0, b',') || (c.is(0, "ORDER") && c.is(1, "BY")));
        if inner.sees("ORDER BY") {
            // Of an ordered-set aggregate: its arguments count too, but for the one that stands for
            // the same as the direct one before it.
            if from != to {
                found.push(argument(&mut cursor.part(from, to)));
            }
            inner.at += 2;
            orders_variadic = found.last().is_some_and(|last| last.variadic);
            continue;
        }
        let next = argument(&mut cursor.part(from, to));
        if !(orders_variadic && next.variadic) {
            found.push(next);
        }
        inner.eat_symbol(b',');
    }
    Ok(found)
}

fn argument(cursor: &mut Cursor<'_>) -> Argument {
    let end = {
        let mut ahead = *cursor;
        ahead.skip_until(|c| {
            c.is(0, "DEFAULT") || c.peek(0).is_some_and(|t| matches!(c.of(t), "=" | ":="))
        });
        ahead.at
    };
    let defaulted = end < cursor.tokens.len();
    let mut head = cursor.part(cursor.at, end);
    let text = head.flat(head.at, end);
    let mode = ["INOUT", "IN", "OUT", "VARIADIC"].into_iter().find(|mode| head.eat(mode));
    if mode == Some("IN") {
        head.eat("OUT");
    }
    let ty = read_type(head).unwrap_or_else(|| text.clone());
    let outside = mode == Some("OUT");
    Argument {
        head: if defaulted { format!("{text} DEFAULT") } else { text },
        ty: (!outside).then_some(ty),
        variadic: mode == Some("VARIADIC"),
    }
}

/// A type alone, or after a name.
fn read_type(cursor: Cursor<'_>) -> Option<String> {
    let whole = |mut cursor: Cursor<'_>| {
        let ty = types::read(&mut cursor).ok()?.ty;
        cursor.done().then(|| ty.to_string())
    };
    whole(cursor).or_else(|| {
        let mut named = cursor;
        // The mode may stand after the name, too.
        named.ident("a name").ok()?;
        for mode in ["INOUT", "IN", "VARIADIC"] {
            if named.eat(mode) {
                break;
            }
        }
        whole(named)
    })
}

/// The RETURNS clause, single-spaced.
fn returns(cursor: &Cursor<'_>) -> String {
    const CLAUSES: &[&str] = &[
        "LANGUAGE",
        "AS",
        "IMMUTABLE",
        "STABLE",
        "VOLATILE",
        "STRICT",
        "CALLED",
        "SECURITY",
        "EXTERNAL",
        "PARALLEL",
        "COST",
        "ROWS",
        "SET",
        "WINDOW",
        "LEAKPROOF",
        "NOT",
        "TRANSFORM",
        "SUPPORT",
        "BEGIN",
        "RETURN",
    ];
    let mut ahead = *cursor;
    if !ahead.sees("RETURNS") || ahead.sees("RETURNS NULL ON NULL INPUT") {
        return String::new();
    }
    ahead.at += 1;
    let (from, to) = ahead.skip_until(|c| c.is_any(0, CLAUSES));
    ahead.flat(from, to).to_ascii_lowercase()
}

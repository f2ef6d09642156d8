//! Column types from tokens and from sqlparser's types. Must not know columns.

use super::cursor::{Cursor, Read};
use super::token::Kind;
use crate::name::quote;
use crate::sql_type::SqlType;

/// A type as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReadType {
    /// The type.
    pub(super) ty: SqlType,
    /// Whether it was spelled `serial`, `bigserial` …
    pub(super) serial: bool,
}

/// Reads a type at the cursor: `character varying(20)[]`, `public."Mood"`, `timestamptz(3)` …
pub(super) fn read(cursor: &mut Cursor<'_>) -> Read<ReadType> {
    let mut name = base(cursor)?;
    let mut args = arguments(cursor)?;
    if matches!(name.as_str(), "timestamp" | "time") {
        if cursor.eat("with time zone") {
            name = format!("{name} with time zone");
        } else {
            cursor.eat("without time zone");
        }
    }
    if name == "interval" {
        args = interval_fields(cursor, args)?;
    }
    let serial = matches!(
        name.as_str(),
        "serial" | "bigserial" | "smallserial" | "serial2" | "serial4" | "serial8"
    );
    let mut array = cursor.eat("ARRAY");
    while cursor.eat_symbol(b'[') {
        array = true;
        cursor.skip_until(|c| c.is_symbol(0, b']'));
        cursor.expect_symbol(b']')?;
    }
    let text = spelled(&name, &args);
    Ok(ReadType { ty: SqlType::new(&if array { text + "[]" } else { text }), serial })
}

/// `name` and `(args)` as `format_type()` has them, where `SqlType` does not know better.
fn spelled(name: &str, args: &str) -> String {
    match name {
        // A precision picks the width and is then forgotten.
        "float" if !args.is_empty() => {
            let digits: u32 = args.trim_matches(['(', ')']).trim().parse().unwrap_or(53);
            if digits <= 24 { "real".to_owned() } else { "double precision".to_owned() }
        }
        "numeric" | "decimal" | "dec" if !args.is_empty() && !args.contains(',') => {
            format!("numeric{}", args.replace(')', ",0)"))
        }
        "bpchar" if !args.is_empty() => format!("character{args}"),
        _ => match name.strip_suffix(" with time zone") {
            Some(base) => format!("{base}{args} with time zone"),
            None => format!("{name}{args}"),
        },
    }
}

/// The name without arguments, words in lower case, quoted parts as they are.
fn base(cursor: &mut Cursor<'_>) -> Read<String> {
    for (words, name) in [
        ("double precision", "double precision"),
        ("character varying", "character varying"),
        ("char varying", "character varying"),
        ("bit varying", "bit varying"),
        ("national character varying", "character varying"),
        ("national char varying", "character varying"),
        ("national character", "character"),
        ("national char", "character"),
        ("nchar varying", "character varying"),
        ("nchar", "character"),
        ("timestamp", "timestamp"),
        ("time", "time"),
        ("interval", "interval"),
    ] {
        if cursor.eat(words) {
            return Ok(name.to_owned());
        }
    }
    let mut parts = Vec::new();
    loop {
        let quoted = cursor.peek(0).is_some_and(|t| t.kind == Kind::Quoted);
        let part = if parts.is_empty() && !quoted {
            cursor.strict_ident("a type")?
        } else {
            cursor.ident("a type")?
        };
        parts.push(if quoted { requoted(&part.name) } else { part.name });
        if !cursor.eat_symbol(b'.') {
            return Ok(parts.join("."));
        }
    }
}

/// `"char"` and `"Mood"` need their quotes, `"mood"` does not.
fn requoted(name: &str) -> String {
    if name == "char" { "\"char\"".to_owned() } else { quote(name) }
}

/// `(10, 2)` as `(10,2)`; empty where there is none.
fn arguments(cursor: &mut Cursor<'_>) -> Read<String> {
    if !cursor.is_symbol(0, b'(') {
        return Ok(String::new());
    }
    let (from, to) = cursor.parens()?;
    let inner = cursor.part(from, to);
    let mut text = String::new();
    for token in inner.tokens.get(from..).unwrap_or_default() {
        text += inner.of(*token);
    }
    Ok(format!("({text})"))
}

/// `interval day to second(3)`: the fields are part of the type's text.
fn interval_fields(cursor: &mut Cursor<'_>, mut args: String) -> Read<String> {
    const FIELDS: &[&str] = &["year", "month", "day", "hour", "minute", "second"];
    let from = cursor.at;
    if cursor.is_any(0, FIELDS) {
        cursor.at += 1;
        if cursor.is(0, "to") && cursor.is_any(1, FIELDS) {
            cursor.at += 2;
        }
        let words = cursor.flat(from, cursor.at).to_ascii_lowercase();
        args = format!(" {words}{args}{}", arguments(cursor)?);
    }
    Ok(args)
}

/// A type as sqlparser read it in a cast; `None` where its text is no type of PostgreSQL's.
pub(super) fn from_parser(ty: &sqlparser::ast::DataType) -> Option<SqlType> {
    let text = ty.to_string();
    let tokens = super::token::tokens(&text)?;
    let mut cursor = Cursor::new(&text, &tokens, "public");
    let found = read(&mut cursor).ok()?;
    cursor.done().then_some(found.ty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_postgresql_prints_them() {
        for (text, expected) in [
            ("INT", "integer"),
            ("character varying(20)[]", "character varying(20)[]"),
            ("varchar ( 20 ) [] []", "character varying(20)[]"),
            ("integer[3]", "integer[]"),
            ("int ARRAY[4]", "integer[]"),
            ("timestamp(3) without time zone", "timestamp(3) without time zone"),
            ("timestamp with time zone", "timestamp with time zone"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("numeric(10)", "numeric(10,0)"),
            ("decimal(10, 2)", "numeric(10,2)"),
            ("float(24)", "real"),
            ("float", "double precision"),
            ("public.\"Mood\"", "public.\"Mood\""),
            ("\"mood\"", "mood"),
            ("\"char\"", "\"char\""),
            ("pg_catalog.int4", "integer"),
            ("public.geometry(Point,4326)", "public.geometry(Point,4326)"),
            ("interval", "interval"),
            ("interval day to second(3)", "interval day to second(3)"),
            ("bit varying(5)", "bit varying(5)"),
            ("char(3)", "character(3)"),
            ("bpchar", "bpchar"),
            ("bpchar(3)", "character(3)"),
            ("national character varying(3)", "character varying(3)"),
            ("double precision", "double precision"),
            ("bigserial", "bigint"),
        ] {
            let tokens = super::super::token::tokens(text).unwrap();
            let mut cursor = Cursor::new(text, &tokens, "public");
            let found = read(&mut cursor).unwrap();
            assert_eq!(found.ty.as_str(), expected, "{text}");
            assert!(cursor.done(), "{text}");
        }
    }
}

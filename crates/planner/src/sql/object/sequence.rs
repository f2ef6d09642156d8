//! Sequences: CREATE and ALTER SEQUENCE as options, and those that serial columns bring along.

use super::{Alteration, Said};
use crate::name::{QName, quote};
use crate::schema::object::UNLOGGED;
use crate::schema::{Object, ObjectId, ObjectKind, Subject};
use crate::sql::cursor::{Cursor, Read};
use crate::sql::types;

/// Reads from after `CREATE [UNLOGGED] SEQUENCE`.
pub(super) fn create(cursor: &mut Cursor<'_>, unlogged: bool) -> Read<Option<Vec<Said>>> {
    cursor.eat("IF NOT EXISTS");
    let name = cursor.name("a sequence name")?.name;
    let (parts, owned) = options(cursor)?;
    let mut parts: Vec<(String, String)> =
        parts.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    if unlogged {
        parts.push((UNLOGGED.to_owned(), UNLOGGED.to_owned()));
    }
    let owner = owned.flatten();
    let mut said = vec![made(&name, parts, owner.as_ref())];
    said.extend(owner.map(|(table, column)| ownership(&name, &table, &column)));
    Ok(Some(said))
}

/// Reads from after `ALTER SEQUENCE`.
pub(super) fn alter(cursor: &mut Cursor<'_>) -> Read<Option<Vec<Said>>> {
    cursor.eat("IF EXISTS");
    let name = cursor.name("a sequence name")?.name;
    if cursor.is(0, "RENAME") || cursor.sees("SET SCHEMA") {
        return Ok(None);
    }
    let (parts, owned) = if cursor.eat("SET LOGGED") {
        (vec![(UNLOGGED.to_owned(), None)], None)
    } else if cursor.eat("SET UNLOGGED") {
        (vec![(UNLOGGED.to_owned(), Some(UNLOGGED.to_owned()))], None)
    } else {
        options(cursor)?
    };
    let id = ObjectId::new(ObjectKind::Sequence, name.to_string());
    let mut said = Vec::new();
    let of = owned.clone().flatten().map(|(table, column)| Subject::Column(table, column));
    if !parts.is_empty() || of.is_some() {
        said.push(Said::Altered(id, Alteration { parts, of, ..Alteration::default() }));
    }
    match owned {
        Some(Some((table, column))) => said.push(ownership(&name, &table, &column)),
        Some(None) => {
            let ids = vec![ObjectId::new(ObjectKind::Ownership, name.to_string())];
            said.push(Said::Gone { ids, if_exists: true });
        }
        None => {}
    }
    Ok(Some(said))
}

/// The sequence of a serial column of type `ty`, and its ownership.
pub(in crate::sql) fn serial(name: &QName, ty: &str, (table, column): (&QName, &str)) -> [Said; 2] {
    let mut parts = Vec::new();
    if ty != "bigint" {
        parts.push(("AS".to_owned(), ty.to_owned()));
    }
    let owner = (table.clone(), column.to_owned());
    [made(name, parts, Some(&owner)), ownership(name, table, column)]
}

fn made(name: &QName, parts: Vec<(String, String)>, owner: Option<&(QName, String)>) -> Said {
    let text = name.to_string();
    let object = Object {
        make: vec![create_sql(&text, &parts)],
        unmake: Some(format!("DROP SEQUENCE {text}")),
        of: owner.map(|(table, column)| Subject::Column(table.clone(), column.clone())),
        parts,
    };
    Said::Made(ObjectId::new(ObjectKind::Sequence, text), object)
}

fn ownership(name: &QName, table: &QName, column: &str) -> Said {
    let own = |of: String| format!("ALTER SEQUENCE {name} OWNED BY {of}");
    let object =
        Object::one(own(format!("{table}.{}", quote(column))), Some(own("NONE".to_owned())))
            .of(Subject::Column(table.clone(), column.to_owned()));
    Said::Made(ObjectId::new(ObjectKind::Ownership, name.to_string()), object)
}

/// `CREATE SEQUENCE name options`.
pub(super) fn create_sql(name: &str, parts: &[(String, String)]) -> String {
    let is_unlogged = |(key, _): &(String, String)| key == UNLOGGED;
    let kind = if parts.iter().any(is_unlogged) { "UNLOGGED SEQUENCE" } else { "SEQUENCE" };
    let mut text = format!("CREATE {kind} {name}");
    for (key, value) in parts.iter().filter(|part| !is_unlogged(part)) {
        text += " ";
        text += &if value.starts_with("NO ") || value == key {
            value.clone()
        } else {
            format!("{key} {value}")
        };
    }
    text
}

/// Options with their values, none for the default; who owns it, where that is said.
type Options = (Vec<(String, Option<String>)>, Option<Option<(QName, String)>>);

fn options(cursor: &mut Cursor<'_>) -> Read<Options> {
    let mut parts: Vec<(String, Option<String>)> = Vec::new();
    let mut owned = None;
    while !cursor.done() {
        if cursor.eat("OWNED BY") {
            owned = Some(owner(cursor)?);
        } else if cursor.eat("RESTART") {
            // Where it goes on is data.
            cursor.eat("WITH");
            number(cursor).ok();
        } else if cursor.eat("AS") {
            let ty = types::read(cursor)?.ty;
            let text = (ty.as_str() != "bigint").then(|| ty.to_string());
            parts.push(("AS".to_owned(), text));
        } else if cursor.eat("NO") {
            if cursor.eat("CYCLE") {
                parts.push(("CYCLE".to_owned(), None));
            } else if cursor.eat("MINVALUE") {
                parts.push(("MINVALUE".to_owned(), None));
            } else {
                cursor.expect("MAXVALUE")?;
                parts.push(("MAXVALUE".to_owned(), None));
            }
        } else if cursor.eat("CYCLE") {
            parts.push(("CYCLE".to_owned(), Some("CYCLE".to_owned())));
        } else {
            valued(cursor, &mut parts)?;
        }
    }
    parts.sort_by_key(|(key, _)| ORDER.iter().position(|k| k == key));
    Ok((parts, owned))
}

const ORDER: &[&str] =
    &["AS", "START WITH", "INCREMENT BY", "MINVALUE", "MAXVALUE", "CACHE", "CYCLE"];

fn valued(cursor: &mut Cursor<'_>, parts: &mut Vec<(String, Option<String>)>) -> Read<()> {
    for (word, filler, key, default) in [
        ("START", "WITH", "START WITH", "1"),
        ("INCREMENT", "BY", "INCREMENT BY", "1"),
        ("MINVALUE", "", "MINVALUE", ""),
        ("MAXVALUE", "", "MAXVALUE", ""),
        ("CACHE", "", "CACHE", "1"),
    ] {
        if cursor.eat(word) {
            if !filler.is_empty() {
                cursor.eat(filler);
            }
            let value = number(cursor)?;
            parts.push((key.to_owned(), (value != default).then_some(value)));
            return Ok(());
        }
    }
    Err(cursor.expected("an option of a sequence"))
}

fn number(cursor: &mut Cursor<'_>) -> Read<String> {
    let sign = if cursor.eat_operator("-") { "-" } else { "" };
    let digits = cursor.peek(0).map(|token| cursor.of(token));
    match digits.filter(|text| text.bytes().all(|b| b.is_ascii_digit())) {
        Some(digits) => {
            cursor.at += 1;
            Ok(format!("{sign}{digits}"))
        }
        None => Err(cursor.expected("a number")),
    }
}

fn owner(cursor: &mut Cursor<'_>) -> Read<Option<(QName, String)>> {
    if cursor.eat("NONE") {
        return Ok(None);
    }
    let mut parts = vec![cursor.ident("a column")?.name];
    while cursor.eat_symbol(b'.') {
        parts.push(cursor.ident("a column")?.name);
    }
    let column = parts.pop().unwrap_or_default();
    let Some(table) = parts.pop() else { return Err(cursor.expected("a table's column")) };
    let schema = parts.pop().unwrap_or_else(|| cursor.path.to_owned());
    Ok(Some((QName::new(schema, table), column)))
}

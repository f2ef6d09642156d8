//! Enums, composite types, domains and the other sorts of types.

use super::{Alteration, Said, qualified, rest};
use crate::name::quote;
use crate::schema::object::enum_sql;
use crate::schema::{Object, ObjectId, ObjectKind};
use crate::sql::cursor::{Cursor, Read};
use crate::sql::types;

/// Reads from after `CREATE TYPE`.
pub(super) fn create(cursor: &mut Cursor<'_>) -> Read<Option<Vec<Said>>> {
    let name = qualified(cursor, "a type name")?;
    let unmake = Some(format!("DROP TYPE {name}"));
    if cursor.eat("AS ENUM") {
        let (from, to) = cursor.parens()?;
        let mut inner = cursor.part(from, to);
        let mut parts = Vec::new();
        while !inner.done() {
            parts.push((inner.string()?, String::new()));
            if !inner.eat_symbol(b',') {
                inner.end()?;
            }
        }
        let object = Object { make: vec![enum_sql(&name, &parts)], unmake, of: None, parts };
        return Ok(Some(vec![Said::Made(ObjectId::new(ObjectKind::Enum, name), object)]));
    }
    let mut parts = Vec::new();
    let text = rest(cursor);
    let make = if cursor.eat("AS") && cursor.is_symbol(0, b'(') {
        let (from, to) = cursor.parens()?;
        parts = attributes(&mut cursor.part(from, to))?;
        composite_sql(&name, &parts)
    } else {
        format!("CREATE TYPE {name}{text}")
    };
    let object = Object { make: vec![make], unmake, of: None, parts };
    Ok(Some(vec![Said::Made(ObjectId::new(ObjectKind::Type, name), object)]))
}

fn attributes(cursor: &mut Cursor<'_>) -> Read<Vec<(String, String)>> {
    let mut parts = Vec::new();
    while !cursor.done() {
        parts.push(attribute(cursor)?);
        if !cursor.eat_symbol(b',') {
            cursor.end()?;
        }
    }
    Ok(parts)
}

fn attribute(cursor: &mut Cursor<'_>) -> Read<(String, String)> {
    let name = cursor.ident("an attribute name")?.name;
    let mut ty = types::read(cursor)?.ty.to_string();
    let (from, to) = cursor.skip_to_comma();
    let collation = cursor.flat(from, to);
    if !collation.is_empty() {
        ty += &format!(" {collation}");
    }
    Ok((quote(&name), ty))
}

/// `CREATE TYPE name AS (…)`.
pub(super) fn composite_sql(name: &str, parts: &[(String, String)]) -> String {
    let list: Vec<String> = parts.iter().map(|(name, ty)| format!("{name} {ty}")).collect();
    format!("CREATE TYPE {name} AS ({})", list.join(", "))
}

/// Reads from after `ALTER TYPE`.
pub(super) fn alter(cursor: &mut Cursor<'_>, statement: &str) -> Read<Option<Vec<Said>>> {
    let name = qualified(cursor, "a type name")?;
    if cursor.eat("ADD VALUE") {
        cursor.eat("IF NOT EXISTS");
        let label = cursor.string()?;
        let before = if cursor.eat("BEFORE") { Some(cursor.string()?) } else { None };
        let after = if cursor.eat("AFTER") { Some(cursor.string()?) } else { None };
        let parts = vec![(label, Some(String::new()))];
        let alteration = Alteration { parts, before, after, ..Alteration::default() };
        return Ok(Some(vec![Said::Altered(ObjectId::new(ObjectKind::Enum, name), alteration)]));
    }
    if !cursor.is_any(0, &["ADD", "DROP", "ALTER"]) {
        return Ok(None);
    }
    let mut parts = Vec::new();
    loop {
        if cursor.eat("ADD ATTRIBUTE") {
            let (key, value) = attribute(cursor)?;
            parts.push((key, Some(value)));
        } else if cursor.eat("DROP ATTRIBUTE") {
            cursor.eat("IF EXISTS");
            parts.push((quote(&cursor.ident("an attribute name")?.name), None));
            cursor.skip_to_comma();
        } else if cursor.eat("ALTER ATTRIBUTE") {
            let key = quote(&cursor.ident("an attribute name")?.name);
            cursor.eat("SET DATA");
            cursor.expect("TYPE")?;
            parts.push((key, Some(types::read(cursor)?.ty.to_string())));
            cursor.skip_to_comma();
        } else {
            let then = Some(statement.to_owned());
            let alteration = Alteration { then, ..Alteration::default() };
            return Ok(Some(vec![Said::Altered(
                ObjectId::new(ObjectKind::Type, name),
                alteration,
            )]));
        }
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    let alteration = Alteration { parts, ..Alteration::default() };
    Ok(Some(vec![Said::Altered(ObjectId::new(ObjectKind::Type, name), alteration)]))
}

/// Reads from after `CREATE DOMAIN`.
pub(super) fn create_domain(cursor: &mut Cursor<'_>) -> Read<Option<Vec<Said>>> {
    let name = cursor.name("a domain name")?.name;
    cursor.eat("AS");
    let base = types::read(cursor)?.ty;
    let mut parts = vec![("AS".to_owned(), base.to_string())];
    while !cursor.done() {
        let Some((key, value)) = constraint(cursor, &name.name)? else { continue };
        // A second check without a name gets a number, as PostgreSQL gives it.
        let taken = |key: &str| parts.iter().any(|(known, _): &(String, String)| known == key);
        let numbered =
            (1..).map(|n| format!("CONSTRAINT {}", quote(&format!("{}_check{n}", name.name))));
        let free = std::iter::once(key.clone()).chain(numbered).find(|key| !taken(key));
        parts.push((free.unwrap_or(key), value));
    }
    let text = name.to_string();
    let make = vec![domain_sql(&text, &parts)];
    let object = Object { make, unmake: Some(format!("DROP DOMAIN {text}")), of: None, parts };
    Ok(Some(vec![Said::Made(ObjectId::new(ObjectKind::Domain, text), object)]))
}

/// One DEFAULT, COLLATE, NULL or constraint of a domain; a nameless CHECK gets the name that
/// PostgreSQL gives to the first one.
fn constraint(cursor: &mut Cursor<'_>, domain: &str) -> Read<Option<(String, String)>> {
    let named =
        if cursor.eat("CONSTRAINT") { Some(cursor.ident("a constraint name")?.name) } else { None };
    if cursor.eat("NOT NULL") {
        return Ok(Some(("NOT NULL".to_owned(), String::new())));
    }
    if cursor.eat("NULL") {
        return Ok(None);
    }
    if cursor.eat("COLLATE") {
        return Ok(Some(("COLLATE".to_owned(), crate::sql::table::collation(cursor)?)));
    }
    let start = cursor.at;
    if cursor.eat("CHECK") {
        cursor.parens()?;
        let mut check = cursor.flat(start, cursor.at);
        if cursor.eat("NOT VALID") {
            check += NOT_VALID;
        }
        let name = named.unwrap_or_else(|| format!("{domain}_check"));
        return Ok(Some((format!("CONSTRAINT {}", quote(&name)), check)));
    }
    cursor.expect("DEFAULT")?;
    let (from, to) = cursor.skip_until(|c| {
        c.at > start + 1 && (c.is_any(0, &["CONSTRAINT", "CHECK", "NOT", "NULL", "COLLATE"]))
    });
    Ok(Some(("DEFAULT".to_owned(), cursor.flat(from, to))))
}

/// How a domain's constraint ends that is not known to hold for values from before it.
pub(super) const NOT_VALID: &str = " NOT VALID";

/// `CREATE DOMAIN name AS …`.
pub(super) fn domain_sql(name: &str, parts: &[(String, String)]) -> String {
    let mut text = format!("CREATE DOMAIN {name}");
    for (key, value) in parts.iter().filter(|(_, value)| !value.ends_with(NOT_VALID)) {
        text += &if value.is_empty() { format!(" {key}") } else { format!(" {key} {value}") };
    }
    text
}

/// What adds constraints to a domain that its values need not meet yet: CREATE DOMAIN cannot.
pub(super) fn domain_additions(name: &str, parts: &[(String, String)]) -> Vec<String> {
    let open = parts.iter().filter(|(_, value)| value.ends_with(NOT_VALID));
    open.map(|(key, value)| format!("ALTER DOMAIN {name} ADD {key} {value}")).collect()
}

/// Reads from after `ALTER DOMAIN`.
pub(super) fn alter_domain(cursor: &mut Cursor<'_>, statement: &str) -> Read<Option<Vec<Said>>> {
    let name = cursor.name("a domain name")?.name;
    let mut alteration = Alteration::default();
    if cursor.eat("SET NOT NULL") {
        alteration.parts.push(("NOT NULL".to_owned(), Some(String::new())));
    } else if cursor.eat("DROP NOT NULL") {
        alteration.parts.push(("NOT NULL".to_owned(), None));
    } else if cursor.eat("DROP DEFAULT") {
        alteration.parts.push(("DEFAULT".to_owned(), None));
    } else if cursor.eat("SET") {
        if !cursor.sees("DEFAULT") {
            return Ok(None);
        }
        let part = constraint(cursor, &name.name)?;
        alteration.parts.extend(part.map(|(key, value)| (key, Some(value))));
    } else if cursor.eat("ADD") {
        let part = constraint(cursor, &name.name)?;
        alteration.parts.extend(part.map(|(key, value)| (key, Some(value))));
    } else if cursor.eat("DROP CONSTRAINT") {
        cursor.eat("IF EXISTS");
        let constraint = cursor.ident("a constraint name")?.name;
        alteration.parts.push((format!("CONSTRAINT {}", quote(&constraint)), None));
    } else if cursor.eat("VALIDATE CONSTRAINT") {
        let constraint = cursor.ident("a constraint name")?.name;
        alteration.validated = Some(format!("CONSTRAINT {}", quote(&constraint)));
    } else if cursor.is_any(0, &["RENAME"]) {
        return Ok(None);
    } else {
        alteration.then = Some(statement.to_owned());
    }
    Ok(Some(vec![Said::Altered(ObjectId::new(ObjectKind::Domain, name.to_string()), alteration)]))
}

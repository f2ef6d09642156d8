//! What is said about something else: comments, owners, settings of relations and columns.
//! Each is an object of its own that belongs to its subject, with the statement that takes it back.

use super::privileges::role_name;
use super::{Said, qualified, routine};
use crate::name::{QName, quote};
use crate::schema::{Object, ObjectId, ObjectKind, Subject};
use crate::sql::cursor::{Cursor, Read};

/// Reads from after `COMMENT ON`.
pub(super) fn comment(cursor: &mut Cursor<'_>) -> Read<Option<Vec<Said>>> {
    let Some((name, of)) = subject(cursor)? else { return Ok(None) };
    if !cursor.eat("IS") {
        return Ok(None);
    }
    let id = ObjectId::new(ObjectKind::Comment, name.clone());
    if cursor.eat("NULL") {
        return Ok(Some(vec![Said::Gone { ids: vec![id], if_exists: true }]));
    }
    let text = cursor.flat(cursor.at, cursor.tokens.len());
    // Every database begins with this one.
    let before = if name == "SCHEMA public" { "'standard public schema'" } else { "NULL" };
    let object = Object {
        of,
        ..Object::one(
            format!("COMMENT ON {name} IS {text}"),
            Some(format!("COMMENT ON {name} IS {before}")),
        )
    };
    Ok(Some(vec![Said::Made(id, object)]))
}

/// `TABLE public.t`, and what that is.
fn subject(cursor: &mut Cursor<'_>) -> Read<Option<(String, Option<Subject>)>> {
    let object = |kind, name: &String| Some(Subject::Object(ObjectId::new(kind, name.clone())));
    for words in ["TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE"] {
        if cursor.eat(words) {
            let name = cursor.name("a relation")?.name;
            return Ok(Some((format!("{words} {name}"), Some(Subject::Relation(name)))));
        }
    }
    if cursor.eat("COLUMN") {
        let (table, column) = column(cursor)?;
        let text = format!("COLUMN {table}.{}", quote(&column));
        return Ok(Some((text, Some(Subject::Column(table, column)))));
    }
    if cursor.eat("INDEX") {
        let name = cursor.name("an index")?.name;
        return Ok(Some((format!("INDEX {name}"), Some(Subject::Index(name)))));
    }
    for (words, kind) in [
        ("CONSTRAINT", None),
        ("TRIGGER", Some(ObjectKind::Trigger)),
        ("POLICY", Some(ObjectKind::Policy)),
        ("RULE", Some(ObjectKind::Rule)),
    ] {
        if cursor.eat(words) {
            let name = cursor.ident("a name")?.name;
            cursor.expect("ON")?;
            if cursor.eat("DOMAIN") {
                let domain = qualified(cursor, "a domain")?;
                let of = object(ObjectKind::Domain, &domain);
                return Ok(Some((format!("{words} {} ON DOMAIN {domain}", quote(&name)), of)));
            }
            let table = cursor.name("a table")?.name;
            let text = format!("{} ON {table}", quote(&name));
            let of = match kind {
                Some(kind) => object(kind, &text),
                None => Some(Subject::Constraint(table, name)),
            };
            return Ok(Some((format!("{words} {text}"), of)));
        }
    }
    named(cursor)
}

fn named(cursor: &mut Cursor<'_>) -> Read<Option<(String, Option<Subject>)>> {
    let object = |kind, name: String| Some(Subject::Object(ObjectId::new(kind, name)));
    for (words, kind) in [
        ("FUNCTION", ObjectKind::Routine),
        ("PROCEDURE", ObjectKind::Routine),
        ("ROUTINE", ObjectKind::Routine),
        ("AGGREGATE", ObjectKind::Aggregate),
    ] {
        if cursor.eat(words) {
            let name = qualified(cursor, "a routine")?;
            let name = format!("{name}{}", routine::identity(cursor)?);
            return Ok(Some((format!("{words} {name}"), object(kind, name))));
        }
    }
    for (words, kind) in [
        ("SEQUENCE", ObjectKind::Sequence),
        ("TYPE", ObjectKind::Type),
        ("DOMAIN", ObjectKind::Domain),
        ("STATISTICS", ObjectKind::Statistics),
    ] {
        if cursor.eat(words) {
            let name = qualified(cursor, "a name")?;
            return Ok(Some((format!("{words} {name}"), object(kind, name))));
        }
    }
    for (words, kind) in [
        ("COLLATION", ObjectKind::Plain),
        ("CONVERSION", ObjectKind::Plain),
        ("TEXT SEARCH CONFIGURATION", ObjectKind::Plain),
        ("TEXT SEARCH DICTIONARY", ObjectKind::Plain),
        ("FOREIGN DATA WRAPPER", ObjectKind::Foreign),
        ("SERVER", ObjectKind::Foreign),
        ("PUBLICATION", ObjectKind::Replication),
        ("SUBSCRIPTION", ObjectKind::Replication),
    ] {
        if cursor.eat(words) {
            let name = if kind == ObjectKind::Plain {
                qualified(cursor, "a name")?
            } else {
                super::bare(cursor, "a name")?
            };
            // Kinds that share one are told apart by their words.
            let name = format!("{words} {name}");
            return Ok(Some((name.clone(), object(kind, name))));
        }
    }
    for (words, kind) in [
        ("SCHEMA", ObjectKind::Schema),
        ("EXTENSION", ObjectKind::Extension),
        ("EVENT TRIGGER", ObjectKind::EventTrigger),
        ("LANGUAGE", ObjectKind::Language),
    ] {
        if cursor.eat(words) {
            let name = super::bare(cursor, "a name")?;
            let of = object(kind, name.clone()).filter(|_| name != "public" && name != "plpgsql");
            return Ok(Some((format!("{words} {name}"), of)));
        }
    }
    if cursor.eat("OPERATOR") {
        let name = operator(cursor)?;
        let text = format!("OPERATOR {name}");
        return Ok(Some((text.clone(), object(ObjectKind::Operator, text))));
    }
    let (from, to) = cursor.skip_until(|c| c.is(0, "IS"));
    let name = cursor.flat(from, to);
    let of = name.starts_with("CAST ").then(|| object(ObjectKind::Operator, name.clone()));
    Ok(Some((name, of.flatten())))
}

/// An operator with its sides, or an operator class or family with its method.
fn operator(cursor: &mut Cursor<'_>) -> Read<String> {
    for word in ["CLASS", "FAMILY"] {
        if cursor.eat(word) {
            let name = qualified(cursor, "a name")?;
            cursor.expect("USING")?;
            return Ok(format!("{word} {name} USING {}", super::bare(cursor, "a method")?));
        }
    }
    let (from, to) = cursor.skip_until(|c| c.is_symbol(0, b'('));
    let name = cursor.flat(from, to);
    let (from, to) = cursor.parens()?;
    let mut inner = cursor.part(from, to);
    let mut sides = Vec::new();
    while !inner.done() {
        let (from, to) = inner.skip_to_comma();
        let side = inner.flat(from, to);
        sides.push(if side.eq_ignore_ascii_case("NONE") { "NONE".to_owned() } else { side });
        inner.eat_symbol(b',');
    }
    Ok(format!("{name} ({})", sides.join(", ")))
}

fn column(cursor: &mut Cursor<'_>) -> Read<(QName, String)> {
    let mut parts = vec![cursor.ident("a name")?.name];
    while cursor.eat_symbol(b'.') {
        parts.push(cursor.ident("a name")?.name);
    }
    let column = parts.pop().unwrap_or_default();
    let Some(table) = parts.pop() else { return Err(cursor.expected("`.` and a column")) };
    Ok((QName::new(parts.pop().unwrap_or_else(|| cursor.path.to_owned()), table), column))
}

/// `ALTER … OWNER TO role`, whatever it is of.
pub(super) fn owner(cursor: &Cursor<'_>, statement: &str) -> Option<Said> {
    let mut ahead = *cursor;
    ahead.skip_until(|c| c.sees("OWNER TO"));
    if !ahead.eat("OWNER TO") {
        return None;
    }
    let mut of = *cursor;
    let (name, about) = subject(&mut of).ok().flatten()?;
    let name = name.split(" OWNER TO").next().unwrap_or_default().to_owned();
    let role = role_name(&ahead.flat(ahead.at, ahead.tokens.len()));
    let make = if about.is_some() {
        format!("ALTER {name} OWNER TO {role}")
    } else {
        statement.to_owned()
    };
    // With nothing said it belongs to whoever loads the text, and so to whoever runs the plan.
    let unmake = about.is_some().then(|| format!("ALTER {name} OWNER TO CURRENT_USER"));
    let object = Object { of: about, ..Object::one(make, unmake) };
    Some(Said::Made(ObjectId::new(ObjectKind::Owner, name), object))
}

/// `ALTER SCHEMA name OWNER TO role`, as CREATE SCHEMA … AUTHORIZATION says it.
pub(super) fn schema_owner(name: &str, role: &str) -> Said {
    let thing = format!("SCHEMA {name}");
    let unmake = format!("ALTER {thing} OWNER TO CURRENT_USER");
    let of = Subject::Object(ObjectId::new(ObjectKind::Schema, name.to_owned()));
    let made = Object::one(format!("ALTER {thing} OWNER TO {}", role_name(role)), Some(unmake));
    Said::Made(ObjectId::new(ObjectKind::Owner, thing), made.of(of))
}

/// `ALTER TABLE table OWNER TO role`.
pub(in crate::sql) fn table_owner(table: &QName, action: &str) -> Said {
    let unmake = format!("ALTER TABLE {table} OWNER TO CURRENT_USER");
    let object = Object::one(format!("ALTER TABLE {table} {action}"), Some(unmake))
        .of(Subject::Relation(table.clone()));
    Said::Made(ObjectId::new(ObjectKind::Owner, format!("TABLE {table}")), object)
}

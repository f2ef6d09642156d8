//! What is said about something else: comments, privileges, owners, settings of relations and columns.
//! Each is an object of its own that belongs to its subject, with the statement that takes it back.

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
    let object = Object {
        of,
        ..Object::one(
            format!("COMMENT ON {name} IS {text}"),
            Some(format!("COMMENT ON {name} IS NULL")),
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
    let (from, to) = cursor.skip_until(|c| c.is(0, "IS"));
    Ok(Some((cursor.flat(from, to), None)))
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
    let role = ahead.flat(ahead.at, ahead.tokens.len());
    let make = if about.is_some() {
        format!("ALTER {name} OWNER TO {role}")
    } else {
        statement.to_owned()
    };
    let object = Object { of: about, ..Object::one(make, None) };
    Some(Said::Made(ObjectId::new(ObjectKind::Owner, name), object))
}

/// `ALTER TABLE table OWNER TO role`.
pub(in crate::sql) fn table_owner(table: &QName, action: &str) -> Said {
    let object = Object::one(format!("ALTER TABLE {table} {action}"), None)
        .of(Subject::Relation(table.clone()));
    Said::Made(ObjectId::new(ObjectKind::Owner, format!("TABLE {table}")), object)
}

/// Reads from after `ALTER DEFAULT PRIVILEGES`.
pub(super) fn default_privilege(cursor: &mut Cursor<'_>) -> Read<Vec<Said>> {
    let (from, to) = cursor.skip_until(|c| c.is_any(0, &["GRANT", "REVOKE"]));
    let head = format!("ALTER DEFAULT PRIVILEGES {}", cursor.flat(from, to));
    let head = format!("{} ", head.trim_end());
    let grants = cursor.eat("GRANT");
    if !grants {
        cursor.expect("REVOKE")?;
        if cursor.eat("GRANT OPTION FOR") {
            return Ok(Vec::new());
        }
    }
    let (from, to) = cursor.skip_until(|c| c.is(0, "ON"));
    let privileges = list(cursor, from, to);
    cursor.expect("ON")?;
    let link = if grants { "TO" } else { "FROM" };
    let (from, to) = cursor.skip_until(|c| c.is(0, link));
    let thing = cursor.flat(from, to).to_ascii_uppercase();
    cursor.expect(link)?;
    Ok(for_roles(cursor, grants, (&head, &privileges), &[(thing, None)]))
}

/// What a GRANT or REVOKE says of each thing for each role at the cursor.
fn for_roles(
    cursor: &mut Cursor<'_>,
    grants: bool,
    (head, privileges): (&str, &[String]),
    things: &[(String, Option<Subject>)],
) -> Vec<Said> {
    let (from, to) = cursor.skip_until(|c| {
        c.sees("WITH GRANT") || c.sees("GRANTED BY") || c.is_any(0, &["CASCADE", "RESTRICT"])
    });
    let roles = list(cursor, from, to);
    let option = if cursor.eat("WITH GRANT OPTION") { "WITH GRANT OPTION" } else { "" };
    let mut said = Vec::new();
    for (thing, of) in things {
        for role in &roles {
            said.push(Said::Privileges(Privileges {
                head: head.to_owned(),
                thing: thing.clone(),
                of: of.clone(),
                role: role.strip_prefix("GROUP ").unwrap_or(role).to_owned(),
                grants,
                parts: privileges.iter().map(|p| (p.clone(), option.to_owned())).collect(),
            }));
        }
    }
    said
}

/// Reads GRANT or REVOKE on things; membership of roles is not the schema's.
pub(super) fn privilege(cursor: &mut Cursor<'_>) -> Read<Option<Vec<Said>>> {
    let grants = cursor.eat("GRANT");
    if !grants {
        cursor.expect("REVOKE")?;
    }
    let option_only = !grants && cursor.eat("GRANT OPTION FOR");
    let (from, to) = cursor.skip_until(|c| c.is(0, "ON"));
    if !cursor.eat("ON") || option_only {
        return Ok(None);
    }
    let privileges = list(cursor, from, to);
    let link = if grants { "TO" } else { "FROM" };
    let things = things(cursor, link)?;
    cursor.expect(link)?;
    Ok(Some(for_roles(cursor, grants, ("", &privileges), &things)))
}

/// One GRANT or REVOKE, for one thing and role.
#[derive(Clone, Debug)]
pub(in crate::sql) struct Privileges {
    /// `ALTER DEFAULT PRIVILEGES … ` before the verb; empty for a privilege on what is there.
    head: String,
    /// `TABLE public.t`.
    thing: String,
    of: Option<Subject>,
    role: String,
    /// GRANT, or REVOKE.
    grants: bool,
    parts: Vec<(String, String)>,
}

impl Privileges {
    /// What a role may do to a thing after this, given what it was said to be able to before. A
    /// REVOKE of what nobody granted takes away what everybody has by default.
    pub(super) fn settle(
        &self,
        before: &dyn Fn(&ObjectId) -> Option<Object>,
    ) -> (ObjectId, Option<Object>) {
        let Self { head, thing, of, role, grants, parts } = self;
        let kind =
            if head.is_empty() { ObjectKind::Privilege } else { ObjectKind::DefaultPrivilege };
        let granted = ObjectId::new(kind, format!("{head}{thing} TO {role}"));
        let revoked = ObjectId::new(kind, format!("{head}{thing} FROM {role}"));
        let known = before(&granted);
        if !grants && known.is_none() {
            let list = privilege_list(parts);
            let object = Object {
                of: of.clone(),
                ..Object::one(
                    format!("{head}REVOKE {list} ON {thing} FROM {role}"),
                    Some(format!("{head}GRANT {list} ON {thing} TO {role}")),
                )
            };
            return (revoked, Some(object));
        }
        let mut now = known.map(|object| object.parts).unwrap_or_default();
        let all = |parts: &[(String, String)]| parts.iter().any(|(p, _)| p == "ALL");
        if !grants && (all(parts) || all(&now)) {
            now.clear();
        }
        for (privilege, option) in parts {
            now.retain(|(known, _)| known != privilege);
            if *grants {
                now.push((privilege.clone(), option.clone()));
            }
        }
        now.sort();
        if now.is_empty() {
            return (granted, None);
        }
        let object = Object {
            make: grant_sql((head, thing), role, &now),
            unmake: Some(format!("{head}REVOKE ALL ON {thing} FROM {role}")),
            of: of.clone(),
            parts: now,
        };
        (granted, Some(object))
    }
}

fn privilege_list(parts: &[(String, String)]) -> String {
    parts.iter().map(|(p, _)| p.as_str()).collect::<Vec<_>>().join(", ")
}

fn grant_sql((head, thing): (&str, &str), role: &str, parts: &[(String, String)]) -> Vec<String> {
    let mut statements = Vec::new();
    for option in ["", "WITH GRANT OPTION"] {
        let some: Vec<(String, String)> =
            parts.iter().filter(|(_, o)| o == option).cloned().collect();
        if !some.is_empty() {
            let text =
                format!("{head}GRANT {} ON {thing} TO {role} {option}", privilege_list(&some));
            statements.push(text.trim_end().to_owned());
        }
    }
    statements
}

/// What stands between commas, in upper case where it is no name in quotes.
fn list(cursor: &Cursor<'_>, from: usize, to: usize) -> Vec<String> {
    let mut inner = cursor.part(from, to);
    let mut found = Vec::new();
    while !inner.done() {
        let (from, to) = inner.skip_to_comma();
        let text = inner.flat(from, to);
        let word = text.to_ascii_uppercase();
        found.push(match word.as_str() {
            "ALL PRIVILEGES" | "ALL" => "ALL".to_owned(),
            "PUBLIC" | "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "TRUNCATE" | "REFERENCES"
            | "TRIGGER" | "USAGE" | "EXECUTE" | "CREATE" | "MAINTAIN" => word,
            _ => text,
        });
        inner.eat_symbol(b',');
    }
    found
}

/// The things of a GRANT, each with what it is.
fn things(cursor: &mut Cursor<'_>, link: &str) -> Read<Vec<(String, Option<Subject>)>> {
    let object = |kind, name: &String| Some(Subject::Object(ObjectId::new(kind, name.clone())));
    let routine = ["FUNCTION", "PROCEDURE", "ROUTINE"].into_iter().find(|w| cursor.is(0, w));
    let other = ["ALL", "DATABASE", "FOREIGN", "LANGUAGE", "LARGE", "PARAMETER", "TABLESPACE"];
    if cursor.is_any(0, &other) {
        let (from, to) = cursor.skip_until(|c| c.is(0, link));
        return Ok(vec![(cursor.flat(from, to), None)]);
    }
    let plain = [
        ("SEQUENCE", ObjectKind::Sequence),
        ("TYPE", ObjectKind::Type),
        ("DOMAIN", ObjectKind::Domain),
    ];
    let word = plain.into_iter().find(|(word, _)| cursor.is(0, word));
    let schema = cursor.is(0, "SCHEMA");
    if routine.is_some() || word.is_some() || schema || cursor.is(0, "TABLE") {
        cursor.at += 1;
    }
    let mut found = Vec::new();
    loop {
        found.push(if let Some(word) = routine {
            let name = qualified(cursor, "a routine")?;
            let name = format!("{name}{}", routine::identity(cursor)?);
            (format!("{word} {name}"), object(ObjectKind::Routine, &name))
        } else if let Some((word, kind)) = word {
            let name = qualified(cursor, "a name")?;
            (format!("{word} {name}"), object(kind, &name))
        } else if schema {
            let name = super::bare(cursor, "a schema")?;
            let of = object(ObjectKind::Schema, &name).filter(|_| name != "public");
            (format!("SCHEMA {name}"), of)
        } else {
            let name = cursor.name("a relation")?.name;
            (format!("TABLE {name}"), Some(Subject::Relation(name)))
        });
        if !cursor.eat_symbol(b',') {
            return Ok(found);
        }
    }
}

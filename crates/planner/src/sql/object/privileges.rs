//! GRANT, REVOKE and default privileges: what each role may do to a thing, statement by statement. Must
//! not know what a plan makes of it.

use super::{Said, qualified, routine};
use crate::name::quote;
use crate::schema::{Object, ObjectId, ObjectKind, Schema, Subject};
use crate::sql::cursor::{Cursor, Read};

/// How statements about default privileges begin.
const DEFAULT: &str = "ALTER DEFAULT PRIVILEGES ";

/// Reads from after `ALTER DEFAULT PRIVILEGES`.
pub(super) fn default_privilege(cursor: &mut Cursor<'_>) -> Read<Vec<Said>> {
    let (from, to) = cursor.skip_until(|c| c.is_any(0, &["GRANT", "REVOKE"]));
    let head = format!("{DEFAULT}{}", cursor.flat(from, to));
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
    let roles: Vec<String> = list(cursor, from, to).iter().map(|role| role_name(role)).collect();
    let option = if cursor.eat("WITH GRANT OPTION") { "WITH GRANT OPTION" } else { "" };
    let mut said = Vec::new();
    for (thing, of) in things {
        for role in &roles {
            said.push(Said::Privileges(Privileges {
                head: head.to_owned(),
                thing: thing.clone(),
                of: of.clone(),
                role: role.clone(),
                grants,
                parts: privileges.iter().map(|p| (p.clone(), option.to_owned())).collect(),
            }));
        }
    }
    said
}

/// A role's name, spelled one way; the words that stand for roles as they are.
pub(super) fn role_name(text: &str) -> String {
    let text = text.strip_prefix("GROUP ").unwrap_or(text);
    let word = text.to_ascii_uppercase();
    if matches!(word.as_str(), "PUBLIC" | "CURRENT_USER" | "CURRENT_ROLE" | "SESSION_USER") {
        return word;
    }
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => quote(&inner.replace("\"\"", "\"")),
        None => text.to_lowercase(),
    }
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
    /// Default privileges that name no role are those of who says it.
    pub(super) fn given_by(&self, role: &str) -> Self {
        let named = [" FOR ROLE ", " FOR USER "].iter().any(|words| self.head.contains(words));
        match self.head.strip_prefix(DEFAULT) {
            Some(rest) if !named => {
                Self { head: format!("{DEFAULT}FOR ROLE {} {rest}", quote(role)), ..self.clone() }
            }
            Some(_) | None => self.clone(),
        }
    }

    /// What a role may do to a thing after this, given what is said of it so far. What everybody or
    /// the owner may by default comes back where it was taken away, and is not taken away again.
    pub(super) fn settle(&self, schema: &Schema) -> (ObjectId, Option<Object>) {
        let Self { head, thing, of: _, role, grants, parts } = self;
        let kind =
            if head.is_empty() { ObjectKind::Privilege } else { ObjectKind::DefaultPrivilege };
        let granted = ObjectId::new(kind, format!("{head}{thing} TO {role}"));
        let revoked = ObjectId::new(kind, format!("{head}{thing} FROM {role}"));
        let of = self.of.clone().and_then(|of| super::subject(schema, of));
        let known = schema.objects.get(&granted);
        if !grants && known.is_none() {
            return (revoked, self.revoked(schema, of));
        }
        let mut now = known.map(|object| object.parts.clone()).unwrap_or_default();
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
        let standing = self.standing(schema).filter(|_| !schema.objects.contains_key(&revoked));
        let passed: Vec<(String, String)> =
            now.iter().filter(|(_, option)| !option.is_empty()).cloned().collect();
        let unmake = match standing {
            // Of what the owner has anyway only the right to pass it on was given.
            Some(_) if !passed.is_empty() => {
                let list = privilege_list(&passed);
                format!("REVOKE GRANT OPTION FOR {list} ON {thing} FROM {role}")
            }
            Some(standing) => format!("GRANT {standing} ON {thing} TO {role}"),
            None => format!("{head}REVOKE ALL ON {thing} FROM {role}"),
        };
        let object = Object {
            make: grant_sql((head, thing), role, &now),
            unmake: Some(unmake),
            of,
            parts: now,
        };
        (granted, Some(object))
    }

    /// A REVOKE of what nobody granted: of what there is by default, or of nothing.
    fn revoked(&self, schema: &Schema, of: Option<Subject>) -> Option<Object> {
        let Self { head, thing, role, parts, .. } = self;
        let list = privilege_list(parts);
        let everywhere = |id: &ObjectId| {
            id.kind == ObjectKind::DefaultPrivilege && id.name.ends_with(&format!(" TO {role}"))
        };
        let standing = self.standing(schema);
        let by_default = !head.is_empty() || schema.objects.keys().any(everywhere);
        let back = if by_default { list.as_str() } else { standing? };
        let make = format!("{head}REVOKE {list} ON {thing} FROM {role}");
        // The defaults of one schema are added to those of all: by itself it takes nothing away.
        let unmake = if head.contains(" IN SCHEMA ") {
            make.clone()
        } else {
            format!("{head}GRANT {back} ON {thing} TO {role}")
        };
        Some(Object { of, ..Object::one(make, Some(unmake)) })
    }

    /// What the role may do to the thing with nothing said: everything where it owns it, and what
    /// PostgreSQL lets everybody do.
    fn standing(&self, schema: &Schema) -> Option<&'static str> {
        let Self { head, thing, role, .. } = self;
        if !head.is_empty() {
            return None;
        }
        if role == "PUBLIC" {
            return match thing.split(' ').next().unwrap_or_default() {
                "FUNCTION" | "PROCEDURE" | "ROUTINE" => Some("EXECUTE"),
                "TYPE" | "DOMAIN" | "LANGUAGE" => Some("USAGE"),
                "SCHEMA" if thing == "SCHEMA public" => Some("USAGE"),
                _ => None,
            };
        }
        // From 15 on it is nobody's in particular.
        if thing == "SCHEMA public" {
            return None;
        }
        let (_, name) = thing.split_once(' ')?;
        // GRANT says TABLE and FUNCTION of more than the two.
        let kinds: &[&str] = match thing.split(' ').next().unwrap_or_default() {
            "TABLE" | "SEQUENCE" => &RELATIONS,
            "FUNCTION" | "PROCEDURE" | "ROUTINE" => &["FUNCTION", "PROCEDURE", "AGGREGATE"],
            "TYPE" | "DOMAIN" => &["TYPE", "DOMAIN"],
            other => &[other],
        };
        let mut names = kinds.iter().map(|kind| format!("{kind} {name}"));
        let owner = names.find_map(|n| schema.objects.get(&ObjectId::new(ObjectKind::Owner, n)));
        let owns = owner
            .and_then(|owner| owner.make.first())
            .map(|sql| sql.rsplit_once(" OWNER TO ").is_some_and(|(_, owner)| owner == role));
        // The superuser that every cluster begins with is who loads a text that names no owner.
        owns.unwrap_or(role == "postgres" || role.eq_ignore_ascii_case("CURRENT_USER"))
            .then_some("ALL")
    }
}

const RELATIONS: [&str; 5] = ["TABLE", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "FOREIGN TABLE"];

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

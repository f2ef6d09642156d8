//! CREATE, ALTER and DROP of the kinds of objects whose definition is kept as text.

use super::{Alteration, Said, about, bare, foreign, qualified, rest, routine, sequence, types};
use crate::name::literal;
use crate::schema::object::{ROLE, SCHEMA};
use crate::schema::{Object, ObjectId, ObjectKind, Subject};
use crate::sql::cursor::{Cursor, Read};

/// How a kind of object is named in CREATE and DROP.
struct Named {
    /// The words after CREATE, DROP and ALTER.
    words: &'static str,
    kind: ObjectKind,
    /// How its name is written.
    name: Naming,
}

/// How the name of an object is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Naming {
    /// One identifier.
    Bare,
    /// In a schema.
    Qualified,
    /// `name ON table`, the table somewhere behind.
    OnTable,
    /// With argument types.
    Signature,
    /// `OPERATOR` and its like: everything up to AS, FOR, or the end.
    Text,
}

const KINDS: &[Named] = &[
    Named { words: "SCHEMA", kind: ObjectKind::Schema, name: Naming::Bare },
    Named { words: "EXTENSION", kind: ObjectKind::Extension, name: Naming::Bare },
    Named { words: "LANGUAGE", kind: ObjectKind::Language, name: Naming::Bare },
    Named { words: "PROCEDURAL LANGUAGE", kind: ObjectKind::Language, name: Naming::Bare },
    Named { words: "TRUSTED LANGUAGE", kind: ObjectKind::Language, name: Naming::Bare },
    Named { words: "COLLATION", kind: ObjectKind::Plain, name: Naming::Qualified },
    Named { words: "CONVERSION", kind: ObjectKind::Plain, name: Naming::Qualified },
    Named { words: "TEXT SEARCH CONFIGURATION", kind: ObjectKind::Plain, name: Naming::Qualified },
    Named { words: "TEXT SEARCH DICTIONARY", kind: ObjectKind::Plain, name: Naming::Qualified },
    Named { words: "TEXT SEARCH PARSER", kind: ObjectKind::Plain, name: Naming::Qualified },
    Named { words: "TEXT SEARCH TEMPLATE", kind: ObjectKind::Plain, name: Naming::Qualified },
    Named { words: "TYPE", kind: ObjectKind::Type, name: Naming::Qualified },
    Named { words: "DOMAIN", kind: ObjectKind::Domain, name: Naming::Qualified },
    Named { words: "SEQUENCE", kind: ObjectKind::Sequence, name: Naming::Qualified },
    Named { words: "UNLOGGED SEQUENCE", kind: ObjectKind::Sequence, name: Naming::Qualified },
    Named { words: "FUNCTION", kind: ObjectKind::Routine, name: Naming::Signature },
    Named { words: "PROCEDURE", kind: ObjectKind::Routine, name: Naming::Signature },
    Named { words: "ROUTINE", kind: ObjectKind::Routine, name: Naming::Signature },
    Named { words: "AGGREGATE", kind: ObjectKind::Aggregate, name: Naming::Signature },
    Named { words: "OPERATOR", kind: ObjectKind::Operator, name: Naming::Text },
    Named { words: "CAST", kind: ObjectKind::Operator, name: Naming::Text },
    Named { words: "FOREIGN DATA WRAPPER", kind: ObjectKind::Foreign, name: Naming::Bare },
    Named { words: "SERVER", kind: ObjectKind::Foreign, name: Naming::Bare },
    Named { words: "FOREIGN TABLE", kind: ObjectKind::ForeignTable, name: Naming::Qualified },
    Named { words: "STATISTICS", kind: ObjectKind::Statistics, name: Naming::Qualified },
    Named { words: "RULE", kind: ObjectKind::Rule, name: Naming::OnTable },
    Named { words: "TRIGGER", kind: ObjectKind::Trigger, name: Naming::OnTable },
    Named { words: "CONSTRAINT TRIGGER", kind: ObjectKind::Trigger, name: Naming::OnTable },
    Named { words: "EVENT TRIGGER", kind: ObjectKind::EventTrigger, name: Naming::Bare },
    Named { words: "POLICY", kind: ObjectKind::Policy, name: Naming::OnTable },
    Named { words: "PUBLICATION", kind: ObjectKind::Replication, name: Naming::Bare },
    Named { words: "SUBSCRIPTION", kind: ObjectKind::Replication, name: Naming::Bare },
];

fn kind(cursor: &mut Cursor<'_>) -> Option<&'static Named> {
    KINDS.iter().find(|named| cursor.eat(named.words))
}

/// Reads from after CREATE.
pub(super) fn create(cursor: &mut Cursor<'_>) -> Read<Option<Vec<Said>>> {
    if cursor.eat("USER MAPPING") {
        return foreign::user_mapping(cursor).map(Some);
    }
    if ["ROLE", "USER", "GROUP"].into_iter().any(|word| cursor.eat(word)) {
        return Ok(Some(vec![role(cursor)?]));
    }
    let Some(named) = kind(cursor) else { return Ok(None) };
    match (named.kind, named.words) {
        (ObjectKind::Schema, _) => return schema(cursor).map(Some),
        (ObjectKind::Extension, _) => return extension(cursor).map(Some),
        (ObjectKind::Foreign, words) => return foreign::create(cursor, words).map(Some),
        (ObjectKind::Sequence, words) => {
            return sequence::create(cursor, words.starts_with("UNLOGGED"));
        }
        (ObjectKind::Type, _) => return types::create(cursor),
        (ObjectKind::Domain, _) => return types::create_domain(cursor),
        (ObjectKind::Aggregate, _) => return routine::aggregate(cursor),
        (ObjectKind::Routine, word) => return routine::create(cursor, word),
        _ => {}
    }
    cursor.eat("IF NOT EXISTS");
    let words = named.words;
    let (name, of, text) = match named.name {
        Naming::Bare => {
            let name = bare(cursor, "a name")?;
            (name.clone(), None, format!("CREATE {words} {name}{}", rest(cursor)))
        }
        Naming::Qualified | Naming::Signature => {
            let name = qualified(cursor, "a name")?;
            (name.clone(), statistics_of(cursor), format!("CREATE {words} {name}{}", rest(cursor)))
        }
        Naming::OnTable => on_table(cursor, words)?,
        Naming::Text => operator(cursor, words)?,
    };
    if always_there(named.kind, &name) {
        return Ok(Some(Vec::new()));
    }
    let drop = words.trim_start_matches("CONSTRAINT ").trim_start_matches("TRUSTED ");
    let object = Object { of, ..Object::one(text, Some(format!("DROP {drop} {name}"))) };
    Ok(Some(vec![Said::Made(identity(named, name), object)]))
}

/// `SCHEMA name AUTHORIZATION role`; either may be left out.
fn schema(cursor: &mut Cursor<'_>) -> Read<Vec<Said>> {
    cursor.eat("IF NOT EXISTS");
    let named = if cursor.is(0, "AUTHORIZATION") { None } else { Some(bare(cursor, "a name")?) };
    let role = if cursor.eat("AUTHORIZATION") { Some(bare(cursor, "a role")?) } else { None };
    let Some(name) = named.or_else(|| role.clone()) else { return Ok(Vec::new()) };
    let mut said = Vec::new();
    if !always_there(ObjectKind::Schema, &name) {
        let make = format!("CREATE SCHEMA {name}{}", rest(cursor));
        let object = Object::one(make, Some(format!("DROP SCHEMA {name}")));
        said.push(Said::Made(ObjectId::new(ObjectKind::Schema, name.clone()), object));
    }
    said.extend(role.map(|role| about::schema_owner(&name, &role)));
    Ok(said)
}

/// An extension; where its things are is a part of it.
fn extension(cursor: &mut Cursor<'_>) -> Read<Vec<Said>> {
    let words = if cursor.eat("IF NOT EXISTS") { "EXTENSION IF NOT EXISTS" } else { "EXTENSION" };
    let name = bare(cursor, "a name")?;
    if always_there(ObjectKind::Extension, &name) {
        return Ok(Vec::new());
    }
    let make = format!("CREATE {words} {name}{}", rest(cursor));
    cursor.skip_until(|c| c.is(0, "SCHEMA"));
    let place = if cursor.eat("SCHEMA") { Some(bare(cursor, "a schema")?) } else { None };
    let parts = place.map(|place| (SCHEMA.to_owned(), place)).into_iter().collect();
    let object = Object { parts, ..Object::one(make, Some(format!("DROP EXTENSION {name}"))) };
    Ok(vec![Said::Made(ObjectId::new(ObjectKind::Extension, name), object)])
}

/// A role belongs to the whole server: it is made where it is not there, and never dropped.
fn role(cursor: &mut Cursor<'_>) -> Read<Said> {
    let name = bare(cursor, "a role")?;
    let create = format!("CREATE ROLE {name}{}", rest(cursor));
    let known = literal(name.trim_matches('"'));
    let make = format!(
        "DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {known}) THEN {create}; END IF; END $do$"
    );
    let id = ObjectId::new(ObjectKind::Plain, format!("{ROLE}{name}"));
    Ok(Said::Made(id, Object::one(make, None)))
}

/// What every database has.
fn always_there(kind: ObjectKind, name: &str) -> bool {
    matches!((kind, name), (ObjectKind::Schema, "public") | (_, "plpgsql"))
}

/// Names of different kinds of object that share a kind here are told apart by their words.
fn identity(named: &Named, name: String) -> ObjectId {
    let shared = matches!(
        named.kind,
        ObjectKind::Plain | ObjectKind::Operator | ObjectKind::Foreign | ObjectKind::Replication
    );
    let name = if shared { format!("{} {name}", named.words) } else { name };
    ObjectId::new(named.kind, name)
}

/// The table of `CREATE STATISTICS … FROM table`.
fn statistics_of(cursor: &Cursor<'_>) -> Option<Subject> {
    let mut ahead = *cursor;
    ahead.skip_until(|c| c.is(0, "FROM"));
    ahead.eat("FROM").then(|| ahead.name("a table name").ok())?.map(|n| Subject::Relation(n.name))
}

/// Name, owner and text.
type Described = (String, Option<Subject>, String);

/// A trigger, policy or rule.
fn on_table(cursor: &mut Cursor<'_>, words: &str) -> Read<Described> {
    let name = bare(cursor, "a name")?;
    let from = cursor.at;
    // The ON of a rule's event comes first: its table is after TO.
    let before = if words == "RULE" { "TO" } else { "ON" };
    cursor.skip_until(|c| c.is(0, before));
    cursor.expect(before)?;
    let head = cursor.flat(from, cursor.at);
    let table = cursor.name("a table name")?.name;
    let text = format!("CREATE {words} {name} {head} {table}{}", rest(cursor));
    Ok((format!("{name} ON {table}"), Some(Subject::Relation(table)), text))
}

/// An operator, operator class or family, or a cast: named by what tells it apart.
fn operator(cursor: &mut Cursor<'_>, words: &str) -> Read<Described> {
    let start = cursor.at;
    let text = format!("CREATE {words}{}", rest(cursor));
    if words == "CAST" {
        cursor.parens()?;
        return Ok((cursor.flat(start, cursor.at), None, text));
    }
    for word in ["CLASS", "FAMILY"] {
        if cursor.eat(word) {
            let name = qualified(cursor, "a name")?;
            cursor.skip_until(|c| c.is(0, "USING"));
            cursor.expect("USING")?;
            let method = bare(cursor, "an access method")?;
            return Ok((format!("{word} {name} USING {method}"), None, text));
        }
    }
    cursor.skip_until(|c| c.is_symbol(0, b'('));
    let name = cursor.flat(start, cursor.at);
    let (from, to) = cursor.parens()?;
    let mut inner = cursor.part(from, to);
    let (mut left, mut right) = ("NONE".to_owned(), "NONE".to_owned());
    while !inner.done() {
        let side = if inner.eat("LEFTARG") {
            Some(&mut left)
        } else if inner.eat("RIGHTARG") {
            Some(&mut right)
        } else {
            None
        };
        let (from, to) = inner.skip_to_comma();
        if let Some(side) = side {
            *side = inner.flat(from, to).trim_start_matches('=').trim().to_owned();
        }
        inner.eat_symbol(b',');
    }
    Ok((format!("{name} ({left}, {right})"), None, text))
}

/// Reads from after DROP.
pub(super) fn drop(cursor: &mut Cursor<'_>) -> Read<Option<Vec<Said>>> {
    if cursor.eat("USER MAPPING") {
        return foreign::drop_mapping(cursor).map(Some);
    }
    let Some(named) = kind(cursor) else { return Ok(None) };
    let if_exists = cursor.eat("IF EXISTS");
    let mut ids = Vec::new();
    loop {
        let name = match named.name {
            Naming::Bare => bare(cursor, "a name")?,
            Naming::Qualified => qualified(cursor, "a name")?,
            Naming::Signature => {
                let name = qualified(cursor, "a name")?;
                format!("{name}{}", routine::identity(cursor)?)
            }
            Naming::OnTable => {
                let name = bare(cursor, "a name")?;
                cursor.expect("ON")?;
                format!("{name} ON {}", qualified(cursor, "a table name")?)
            }
            Naming::Text => {
                let (from, to) = cursor.skip_until(|c| c.is_any(0, &["CASCADE", "RESTRICT"]));
                cursor.flat(from, to)
            }
        };
        ids.push(identity(named, name));
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    Ok(Some(vec![Said::Gone { ids, if_exists }]))
}

/// Reads from after ALTER: what is not read part by part is one more statement that makes the object.
pub(super) fn alter(cursor: &mut Cursor<'_>, statement: String) -> Read<Option<Vec<Said>>> {
    let Some(named) = kind(cursor) else { return Ok(None) };
    let name = match named.name {
        Naming::Bare => bare(cursor, "a name")?,
        Naming::Qualified => qualified(cursor, "a name")?,
        Naming::Signature => {
            let name = qualified(cursor, "a name")?;
            format!("{name}{}", routine::identity(cursor)?)
        }
        Naming::OnTable => {
            let name = bare(cursor, "a name")?;
            cursor.expect("ON")?;
            format!("{name} ON {}", qualified(cursor, "a table name")?)
        }
        Naming::Text => return Ok(None),
    };
    if cursor.is(0, "RENAME") || cursor.sees("SET SCHEMA") {
        return Ok(None);
    }
    let alteration = Alteration { then: Some(statement), ..Alteration::default() };
    Ok(Some(vec![Said::Altered(identity(named, name), alteration)]))
}

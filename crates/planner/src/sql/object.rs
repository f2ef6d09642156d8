//! Statements about objects that are neither tables, indexes of tables nor views, as values: what is
//! there after them. Texts are kept as written, single-spaced, with the object's name qualified; what
//! PostgreSQL can alter part by part is read into parts. Must not know tables' definitions.

mod about;
mod create;
mod foreign;
pub(in crate::sql) mod options;
mod privileges;
mod routine;
mod sequence;
mod settings;
mod types;

use super::cursor::{Cursor, Read};
use crate::name::quote;
use crate::schema::object::enum_sql;
use crate::schema::{Object, ObjectId, ObjectKind, Schema, Subject};

pub(super) use about::table_owner;
pub(super) use sequence::serial;
pub(super) use settings::{
    ColumnSetting, access_method, column_setting, identity_options, is_heap, property,
    sequence_name, setting,
};

/// What a statement says of objects.
#[derive(Clone, Debug)]
pub(super) enum Said {
    /// This object is there.
    Made(ObjectId, Object),
    /// This object is changed.
    Altered(ObjectId, Alteration),
    /// These objects are gone.
    Gone { ids: Vec<ObjectId>, if_exists: bool },
    /// A role may do more or less with a thing.
    Privileges(privileges::Privileges),
    /// Something has other storage options.
    Options(options::Options),
}

impl Said {
    /// Whether a new relation is so without it.
    pub(super) fn is_usual(&self) -> bool {
        matches!(self, Self::Made(_, object) if is_heap(object))
    }

    /// The same where a role says it that is not the one who loads the text.
    pub(super) fn made_by(&self, role: &str) -> Self {
        match self {
            Self::Privileges(privileges) => Self::Privileges(privileges.given_by(role)),
            Self::Made(..) | Self::Altered(..) | Self::Gone { .. } | Self::Options(_) => {
                self.clone()
            }
        }
    }

    /// The same spelled out where a routine takes the session's search path, this one, for its own.
    pub(super) fn under(&self, path: &str) -> Option<Self> {
        match self {
            Self::Made(id, object) if id.kind == ObjectKind::Routine => {
                let make: Option<_> =
                    object.make.iter().map(|sql| routine::with_path(sql, path)).collect();
                Some(Self::Made(id.clone(), Object { make: make?, ..object.clone() }))
            }
            Self::Altered(id, alteration) if id.kind == ObjectKind::Routine => {
                let then = Some(routine::with_path(alteration.then.as_ref()?, path)?);
                Some(Self::Altered(id.clone(), Alteration { then, ..alteration.clone() }))
            }
            Self::Made(..)
            | Self::Altered(..)
            | Self::Gone { .. }
            | Self::Privileges(_)
            | Self::Options(_) => None,
        }
    }
}

/// A change of an object that is there.
#[derive(Clone, Debug, Default)]
pub(super) struct Alteration {
    /// A statement to run after those that make it; none where the parts say it all.
    pub(super) then: Option<String>,
    /// Parts with their new values, or without one.
    pub(super) parts: Vec<(String, Option<String>)>,
    /// For a new label of an enum: the label that it stands before.
    pub(super) before: Option<String>,
    /// Or the one that it stands after.
    pub(super) after: Option<String>,
    /// The part of a domain that is known to hold from now on.
    pub(super) validated: Option<String>,
    /// What it belongs to from now on.
    pub(super) of: Option<Subject>,
}

/// Reads what follows CREATE, ALTER, DROP, COMMENT ON, GRANT or REVOKE; `None` where it is about
/// nothing that is modelled so.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Read<Option<Vec<Said>>> {
    if cursor.eat("CREATE") {
        cursor.eat("OR REPLACE");
        create::create(cursor)
    } else if cursor.eat("ALTER") {
        alter(cursor)
    } else if cursor.eat("DROP") {
        create::drop(cursor)
    } else if cursor.eat("COMMENT ON") {
        about::comment(cursor)
    } else if cursor.is_any(0, &["GRANT", "REVOKE"]) {
        privileges::privilege(cursor)
    } else {
        Ok(None)
    }
}

fn alter(cursor: &mut Cursor<'_>) -> Read<Option<Vec<Said>>> {
    let statement = format!("ALTER {}", cursor.flat(cursor.at, cursor.tokens.len()));
    if cursor.eat("DEFAULT PRIVILEGES") {
        return Ok(Some(privileges::default_privilege(cursor)?));
    }
    if let Some(owner) = about::owner(cursor, &statement) {
        return Ok(Some(vec![owner]));
    }
    if cursor.eat("SEQUENCE") {
        return sequence::alter(cursor);
    }
    if cursor.eat("DOMAIN") {
        return types::alter_domain(cursor, &statement);
    }
    if cursor.eat("TYPE") {
        return types::alter(cursor, &statement);
    }
    if let Some(said) = settings::relation_setting(cursor)? {
        return Ok(Some(said));
    }
    create::alter(cursor, statement)
}

/// What objects are after a statement; the error says why it does not apply.
pub(super) fn settle(
    schema: &Schema,
    said: &Said,
) -> Result<Vec<(ObjectId, Option<Object>)>, String> {
    match said {
        Said::Made(id, object) => {
            let mut object = object.clone();
            object.of = object.of.and_then(|of| subject(schema, of));
            Ok(vec![(id.clone(), Some(object))])
        }
        Said::Gone { ids, if_exists } => {
            let mut gone = Vec::new();
            for id in ids {
                match known(schema, id) {
                    Some(id) => gone.push((id, None)),
                    None if !if_exists => return Err(missing(id)),
                    None => {}
                }
            }
            Ok(gone)
        }
        Said::Altered(id, alteration) => {
            let Some(id) = known(schema, id) else { return Err(missing(id)) };
            let before = schema.objects.get(&id);
            Ok(before
                .map(|b| (id.clone(), Some(altered(&id, b, alteration))))
                .into_iter()
                .collect())
        }
        Said::Privileges(privileges) => Ok(vec![privileges.settle(schema)]),
        Said::Options(options) => Ok(vec![options.settle(schema)]),
    }
}

/// What a subject really is: `pg_dump` says TABLE of a sequence, too.
fn subject(schema: &Schema, of: Subject) -> Option<Subject> {
    match &of {
        Subject::Relation(name) if !schema.has(&of) => {
            let sequence = ObjectId::new(ObjectKind::Sequence, name.to_string());
            schema.objects.contains_key(&sequence).then_some(Subject::Object(sequence))
        }
        // An aggregate goes by the name of a function, too; what is not there came with an extension.
        Subject::Object(id) if id.kind == ObjectKind::Routine => {
            let aggregate = ObjectId::new(ObjectKind::Aggregate, id.name.clone());
            let id = known(schema, id).or_else(|| known(schema, &aggregate));
            id.map(Subject::Object)
        }
        Subject::Relation(_)
        | Subject::Column(..)
        | Subject::Constraint(..)
        | Subject::Index(_)
        | Subject::Object(_) => Some(of),
    }
}

/// The object as the schema knows it: a type may be an enum, a routine may be named without its
/// argument types.
fn known(schema: &Schema, id: &ObjectId) -> Option<ObjectId> {
    if schema.objects.contains_key(id) {
        return Some(id.clone());
    }
    let enums = ObjectId::new(ObjectKind::Enum, id.name.clone());
    if id.kind == ObjectKind::Type && schema.objects.contains_key(&enums) {
        return Some(enums);
    }
    let prefix = format!("{}(", id.name);
    let mut same = schema
        .objects
        .keys()
        .filter(|known| known.kind == id.kind && known.name.starts_with(&prefix));
    match (same.next(), same.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}

fn missing(id: &ObjectId) -> String {
    format!("{} `{}` does not exist", id.kind.noun(), id.name)
}

/// An object's statement from its name and parts.
type Spell = fn(&str, &[(String, String)]) -> String;

fn altered(id: &ObjectId, before: &Object, alteration: &Alteration) -> Object {
    let mut object = before.clone();
    for (key, value) in &alteration.parts {
        let at = object.parts.iter().position(|(k, _)| k == key);
        match (at, value) {
            (Some(at), Some(value)) => object.parts[at].1.clone_from(value),
            (Some(at), None) => drop(object.parts.remove(at)),
            (None, Some(value)) => {
                let find = |label: &String| object.parts.iter().position(|(k, _)| k == label);
                let before = alteration.before.as_ref().and_then(find);
                let after = alteration.after.as_ref().and_then(find).map(|at| at + 1);
                let at = before.or(after).unwrap_or(object.parts.len());
                object.parts.insert(at, (key.clone(), value.clone()));
            }
            (None, None) => {}
        }
    }
    if let Some(key) = &alteration.validated {
        for (_, value) in object.parts.iter_mut().filter(|(k, _)| k == key) {
            *value = value.trim_end_matches(types::NOT_VALID).to_owned();
        }
    }
    if !alteration.parts.is_empty() || alteration.validated.is_some() {
        let spelled: [(ObjectKind, Spell); 4] = [
            (ObjectKind::Sequence, sequence::create_sql),
            (ObjectKind::Enum, enum_sql),
            (ObjectKind::Domain, types::domain_sql),
            (ObjectKind::Type, types::composite_sql),
        ];
        if let Some((_, spell)) = spelled.iter().find(|(kind, _)| *kind == id.kind) {
            object.make = vec![spell(&id.name, &object.parts)];
        }
        if id.kind == ObjectKind::Domain {
            object.make.extend(types::domain_additions(&id.name, &object.parts));
        }
    }
    object.make.extend(alteration.then.clone());
    if let Some(of) = &alteration.of {
        object.of = Some(of.clone());
    }
    object
}

/// The name of an object in a schema, qualified.
fn qualified(cursor: &mut Cursor<'_>, what: &str) -> Read<String> {
    Ok(cursor.name(what)?.name.to_string())
}

/// An object's bare name.
fn bare(cursor: &mut Cursor<'_>, what: &str) -> Read<String> {
    Ok(quote(&cursor.ident(what)?.name))
}

/// What is left of the statement, single-spaced, with a space before it; empty where nothing is.
fn rest(cursor: &Cursor<'_>) -> String {
    let text = cursor.flat(cursor.at, cursor.tokens.len());
    if text.is_empty() { text } else { format!(" {text}") }
}

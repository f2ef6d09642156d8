//! Privileges that ALTER DEFAULT PRIVILEGES gives to whatever is made from then on. A plan runs as the
//! superuser that every cluster begins with: what is said FOR another ROLE gives nothing. Must not know
//! statements' grammar: texts are of our own spelling.

use std::sync::Arc;

use super::{Object, ObjectId, ObjectKind, Schema, Subject};
use crate::name::{QName, quote};

/// How the texts of default privileges begin.
const HEAD: &str = "ALTER DEFAULT PRIVILEGES ";

/// Something new, as GRANT names it.
struct Thing {
    /// `TABLES`, as default privileges name its sort.
    sort: &'static str,
    /// Its schema, with quotes where it needs them; empty for none.
    schema: String,
    /// `TABLE public.t`.
    name: String,
    of: Subject,
}

impl Schema {
    /// What a new relation is given.
    pub(crate) fn given_to_relation(&self, relation: &QName) -> Vec<(ObjectId, Object)> {
        self.given(&Thing {
            sort: "TABLES",
            schema: quote(&relation.schema),
            name: format!("TABLE {relation}"),
            of: Subject::Relation(relation.clone()),
        })
    }

    /// What a new object is given.
    pub(crate) fn given_to_object(&self, id: &ObjectId) -> Vec<(ObjectId, Object)> {
        let (sort, word) = match id.kind {
            ObjectKind::Sequence => ("SEQUENCES", "SEQUENCE"),
            ObjectKind::Routine | ObjectKind::Aggregate => ("FUNCTIONS", "FUNCTION"),
            ObjectKind::Type | ObjectKind::Enum => ("TYPES", "TYPE"),
            ObjectKind::Domain => ("TYPES", "DOMAIN"),
            ObjectKind::Schema => ("SCHEMAS", "SCHEMA"),
            ObjectKind::ForeignTable => ("TABLES", "TABLE"),
            ObjectKind::Extension
            | ObjectKind::Language
            | ObjectKind::Plain
            | ObjectKind::Operator
            | ObjectKind::Foreign
            | ObjectKind::Ownership
            | ObjectKind::Statistics
            | ObjectKind::ViewIndex
            | ObjectKind::Rule
            | ObjectKind::Trigger
            | ObjectKind::EventTrigger
            | ObjectKind::Policy
            | ObjectKind::Property
            | ObjectKind::Replication
            | ObjectKind::Privilege
            | ObjectKind::DefaultPrivilege
            | ObjectKind::Owner
            | ObjectKind::Comment
            | ObjectKind::Unknown => return Vec::new(),
        };
        let bare = id.name.split('(').next().unwrap_or_default();
        let schema = bare.parse::<QName>().map(|name| quote(&name.schema)).unwrap_or_default();
        let is_procedure = self
            .objects
            .get(id)
            .and_then(|o| o.part("HEAD"))
            .is_some_and(|h| h.starts_with("PROC"));
        let word = if is_procedure { "PROCEDURE" } else { word };
        self.given(&Thing {
            sort,
            schema: if id.kind == ObjectKind::Schema { String::new() } else { schema },
            name: format!("{word} {}", id.name),
            of: Subject::Object(id.clone()),
        })
    }

    /// Notes what something new is given, where nothing is said of it yet.
    pub(crate) fn give(&mut self, given: Vec<(ObjectId, Object)>) {
        for (id, object) in given {
            Arc::make_mut(&mut self.objects).entry(id).or_insert(object);
        }
    }

    fn given(&self, thing: &Thing) -> Vec<(ObjectId, Object)> {
        let all = self.objects.iter().filter(|(id, _)| id.kind == ObjectKind::DefaultPrivilege);
        all.filter_map(|(id, said)| privilege(id, said, thing)).collect()
    }
}

/// The privilege that one default privilege comes to for a thing; none where it is about others.
fn privilege(id: &ObjectId, said: &Object, thing: &Thing) -> Option<(ObjectId, Object)> {
    let rest = id.name.strip_prefix(HEAD)?;
    let grants = rest.contains(&format!("{} TO ", thing.sort));
    let link = if grants { " TO " } else { " FROM " };
    let (about, role) = rest.rsplit_once(link)?;
    let about = about.strip_suffix(thing.sort)?;
    // What the owner is given it has anyway.
    if !is_ours(about) || (grants && is_us(role)) {
        return None;
    }
    let in_schemas = about.split_once("IN SCHEMA ").map(|(_, list)| list.trim());
    let holds = in_schemas.is_none_or(|list| list.split(',').any(|s| s.trim() == thing.schema));
    // What everybody may do anyway is taken away for all schemas, or not at all.
    if !holds || (!grants && in_schemas.is_some()) {
        return None;
    }
    let from = format!(" ON {}{link}", thing.sort);
    let to = format!(" ON {}{link}", thing.name);
    let spell = |sql: &String| {
        let start = ["GRANT ", "REVOKE "].iter().filter_map(|verb| sql.find(verb)).min()?;
        Some(sql.get(start..)?.replacen(&from, &to, 1))
    };
    let make: Vec<String> = said.make.iter().filter_map(spell).collect();
    let unmake = if grants {
        Some(format!("REVOKE ALL ON {} FROM {role}", thing.name))
    } else {
        said.unmake.as_ref().and_then(|sql| {
            let start = sql.find("GRANT ")?;
            let from = format!(" ON {} TO ", thing.sort);
            Some(sql.get(start..)?.replacen(&from, &format!(" ON {} TO ", thing.name), 1))
        })
    };
    let id = ObjectId::new(ObjectKind::Privilege, format!("{}{link}{role}", thing.name));
    let object = Object { make, unmake, of: Some(thing.of.clone()), parts: said.parts.clone() };
    Some((id, object))
}

/// Whether it is about what the plan itself makes.
fn is_ours(about: &str) -> bool {
    let of = ["FOR ROLE ", "FOR USER "].iter().find_map(|words| about.split_once(words));
    of.is_none_or(|(_, rest)| {
        let role = rest.split("IN SCHEMA").next().unwrap_or_default().trim();
        is_us(role)
    })
}

/// Whether it is the role by which a plan runs.
fn is_us(role: &str) -> bool {
    ["postgres", "CURRENT_USER", "CURRENT_ROLE", "SESSION_USER"]
        .iter()
        .any(|us| us.eq_ignore_ascii_case(role))
}

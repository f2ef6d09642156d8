//! Everything in a catalogue that is neither table, column, constraint, index of a table nor view:
//! functions, sequences, types, triggers, policies, grants, comments, settings of a table … Each is
//! the statements that make it and the one that takes it away, so that one mechanism plans all.
//! Must not know SQL's grammar: `sql::object` reads, `op::object` compares.

mod kind;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

use super::{Domain, Schema};
use crate::name::mention::names;
use crate::name::{QName, literal, rename_in_text};
use crate::sql_type::SqlType;

pub use kind::ObjectKind;

/// Which object: kind and name, the name as SQL writes it after the kind's words.
/// On the wire one string: `routine public.f(integer)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId {
    /// Kind.
    pub kind: ObjectKind,
    /// `public.f(integer)`, `p ON public.t`, `COLUMN public.t.c`.
    pub name: String,
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Object {
    /// Statements that make it, in order, without semicolons.
    pub make: Vec<String>,
    /// The statement that takes it away; `None` where PostgreSQL has none.
    pub unmake: Option<String>,
    /// What it belongs to, and goes with.
    pub of: Option<Subject>,
    /// Its parts in their order, where it can be altered part by part: labels of an enum, options of
    /// a sequence, attributes of a composite type, constraints of a domain.
    pub parts: Vec<(String, String)>,
}

/// What an object can belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A table or view.
    Relation(QName),
    /// A column of a table or view.
    Column(QName, String),
    /// A constraint of a table.
    Constraint(QName, String),
    /// An index, by its own name.
    Index(QName),
    /// Another object.
    Object(ObjectId),
}

impl ObjectId {
    /// Builds an identity.
    pub fn new(kind: ObjectKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }

    /// Whether it is a role: the whole server's, not the database's.
    pub fn is_role(&self) -> bool {
        self.kind == ObjectKind::Plain && self.name.starts_with(ROLE)
    }

    /// The name of a routine or aggregate without its arguments.
    pub(crate) fn routine_name(&self) -> Option<QName> {
        if !matches!(self.kind, ObjectKind::Routine | ObjectKind::Aggregate) {
            return None;
        }
        let mut quoted = false;
        let end = self.name.find(|c| {
            quoted ^= c == '"';
            c == '(' && !quoted
        });
        self.name.get(..end.unwrap_or(self.name.len()))?.parse().ok()
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{} {}", self.kind.word(), self.name))
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = text.split_once(' ').and_then(|(word, name)| {
            let kind = ObjectKind::ALL.iter().find(|kind| kind.word() == word)?;
            Some(Self::new(*kind, name))
        });
        found.ok_or_else(|| D::Error::custom(format!("`{text}` is no object's kind and name")))
    }
}

impl Object {
    /// An object made by one statement.
    pub fn one(make: impl Into<String>, unmake: Option<String>) -> Self {
        Self { make: vec![make.into()], unmake, of: None, parts: Vec::new() }
    }

    /// The same, belonging to something.
    #[must_use]
    pub fn of(mut self, subject: Subject) -> Self {
        self.of = Some(subject);
        self
    }

    /// Words of its statements, without quotes: a superset of the names it depends on.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.make
            .iter()
            .flat_map(|sql| sql.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$'))
            .filter(|word| !word.is_empty())
    }

    /// Whether its statements mention the name.
    pub fn mentions(&self, name: &str) -> bool {
        let simple = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
        if simple {
            self.words().any(|word| word.eq_ignore_ascii_case(name))
        } else {
            self.make.iter().any(|sql| sql.contains(name))
        }
    }

    /// The value of a part.
    pub fn part(&self, key: &str) -> Option<&str> {
        self.parts.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// Whether it is a routine that takes or gives values of a type or rows of a relation: it is bound to
    /// that one, whatever is called so later.
    pub(crate) fn takes_or_gives(&self, id: &ObjectId, ty: &QName) -> bool {
        let head = self.part("HEAD").unwrap_or_default();
        let arguments = id.name.split_once('(').map_or("", |(_, arguments)| arguments);
        id.kind == ObjectKind::Routine && (names(head, ty) || names(arguments, ty))
    }

    /// What a domain is made of, where the object is one.
    fn as_domain(&self) -> Option<Domain> {
        let base = SqlType::new(self.part("AS")?);
        let constrained = self.parts.iter().any(|(key, _)| is_domain_constraint(key));
        Some(Domain { base, constrained })
    }
}

/// Whether a domain's part is a constraint.
pub fn is_domain_constraint(key: &str) -> bool {
    key == "NOT NULL" || key.starts_with("CONSTRAINT ")
}

impl Subject {
    /// The relation that it is, or is a part of.
    pub fn relation(&self) -> Option<&QName> {
        match self {
            Self::Relation(name) | Self::Column(name, _) | Self::Constraint(name, _) => Some(name),
            Self::Index(_) | Self::Object(_) => None,
        }
    }
}

impl Schema {
    /// Whether the subject is there.
    pub fn has(&self, subject: &Subject) -> bool {
        let relation = |name: &QName| {
            self.tables.contains_key(name)
                || self.views.contains_key(name)
                || self.foreign_tables().any(|n| n == name.to_string())
        };
        match subject {
            Subject::Relation(name) => relation(name),
            Subject::Column(name, column) => match self.tables.get(name) {
                Some(table) => table.column(column).is_some(),
                // Of a composite type it is an attribute.
                None => {
                    let ty = ObjectId::new(ObjectKind::Type, name.to_string());
                    relation(name) || self.objects.contains_key(&ty)
                }
            },
            Subject::Constraint(name, constraint) => {
                self.tables.get(name).is_some_and(|t| t.constraints.contains_key(constraint))
            }
            Subject::Index(name) => {
                let of_view = ObjectId::new(ObjectKind::ViewIndex, name.to_string());
                self.has_index(name) || self.objects.contains_key(&of_view)
            }
            Subject::Object(id) => {
                self.objects.contains_key(id)
                    || self.is_of_identity(id)
                    || (id.kind == ObjectKind::Type
                        && self
                            .objects
                            .contains_key(&ObjectId::new(ObjectKind::Enum, id.name.clone())))
            }
        }
    }

    /// Whether an index of a table, or a key with one, has the name.
    pub(crate) fn has_index(&self, name: &QName) -> bool {
        self.tables.iter().any(|(table, t)| {
            let is_key = || t.constraints.get(&name.name).is_some_and(|c| c.kind.has_index());
            table.schema == name.schema && (t.indexes.contains_key(&name.name) || is_key())
        })
    }

    fn foreign_tables(&self) -> impl Iterator<Item = &str> {
        let ids = self.objects.keys().filter(|id| id.kind == ObjectKind::ForeignTable);
        ids.map(|id| id.name.as_str())
    }

    /// Makes an object what it is to be, or takes it away with what belongs to it.
    pub fn set_object(&mut self, id: &ObjectId, becomes: Option<&Object>) {
        let name = || id.name.parse::<QName>().ok();
        match becomes {
            Some(object) => {
                match (id.kind, name()) {
                    (ObjectKind::Enum, Some(name)) => {
                        let labels = object.parts.iter().map(|(label, _)| label.clone());
                        self.enums.insert(name, labels.collect());
                    }
                    (ObjectKind::Domain, Some(name)) => {
                        if let Some(domain) = object.as_domain() {
                            self.domains.insert(name, domain);
                        }
                    }
                    _ => {}
                }
                let mut object = object.clone();
                if id.kind == ObjectKind::Sequence {
                    // Its table may come later, where a view has the name by now: from then on it goes
                    // with the column.
                    let is_table = |of: &Subject| {
                        of.relation().is_none_or(|name| !self.views.contains_key(name))
                    };
                    object.of = object.of.filter(|of| self.has(of) && is_table(of));
                }
                if id.kind == ObjectKind::Ownership {
                    self.own_sequence(&id.name, object.of.clone());
                }
                let is_new = Arc::make_mut(&mut self.objects).insert(id.clone(), object).is_none();
                if is_new {
                    self.give(self.given_to_object(id));
                }
            }
            None => {
                if id.kind == ObjectKind::Ownership {
                    self.own_sequence(&id.name, None);
                }
                match (id.kind, name()) {
                    (ObjectKind::Enum, Some(name)) => drop(self.enums.remove(&name)),
                    (ObjectKind::Domain, Some(name)) => drop(self.domains.remove(&name)),
                    _ => {}
                }
                let objects = Arc::make_mut(&mut self.objects);
                objects.remove(id);
                if id.kind == ObjectKind::Sequence {
                    objects.remove(&ObjectId::new(ObjectKind::Ownership, id.name.clone()));
                }
                self.sweep();
            }
        }
    }

    fn own_sequence(&mut self, name: &str, of: Option<Subject>) {
        let id = ObjectId::new(ObjectKind::Sequence, name);
        if let Some(sequence) = Arc::make_mut(&mut self.objects).get_mut(&id) {
            sequence.of = of;
        }
    }

    /// The options of an identity go with it.
    pub(crate) fn forget_identity(&mut self, table: &QName, column: &str) {
        let of = Subject::Column(table.clone(), column.to_owned());
        Arc::make_mut(&mut self.objects).retain(|id, object| {
            !(id.kind == ObjectKind::Property
                && (id.name.ends_with(IDENTITY) || id.name.ends_with(SEQUENCE_NAME))
                && object.of.as_ref() == Some(&of))
        });
    }

    /// Removes objects whose subject is gone, as the server does.
    pub(crate) fn sweep(&mut self) {
        loop {
            let gone: Vec<ObjectId> = self
                .objects
                .iter()
                .filter(|(_, object)| object.of.as_ref().is_some_and(|of| !self.has(of)))
                .map(|(id, _)| id.clone())
                .collect();
            if gone.is_empty() {
                return;
            }
            for id in gone {
                Arc::make_mut(&mut self.objects).remove(&id);
            }
        }
    }

    /// Makes objects follow a renamed subject: `moved` gives the new one where it is renamed.
    pub(crate) fn move_objects(&mut self, moved: impl Fn(&Subject) -> Option<Subject>) {
        let affected: Vec<(ObjectId, Subject)> = self
            .objects
            .iter()
            .filter_map(|(id, object)| Some((id.clone(), moved(object.of.as_ref()?)?)))
            .collect();
        for (id, to) in affected {
            let Some(object) = Arc::make_mut(&mut self.objects).remove(&id) else { continue };
            let Some(from) = object.of.clone() else { continue };
            let rename = |text: &str| rename_subject(text, &from, &to);
            let now = ObjectId::new(id.kind, rename(&id.name));
            let object = Object {
                make: object.make.iter().map(|sql| rename(sql)).collect(),
                unmake: object.unmake.as_deref().map(rename),
                of: Some(to),
                parts: object.parts,
            };
            Arc::make_mut(&mut self.objects).insert(now.clone(), object);
            if now != id {
                self.follow_object(&id, &now);
            }
        }
    }

    /// What is said of an object is said of it under its new name.
    pub(super) fn follow_object(&mut self, from: &ObjectId, to: &ObjectId) {
        self.move_objects(|subject| {
            let is_it = *subject == Subject::Object(from.clone());
            is_it.then(|| Subject::Object(to.clone()))
        });
    }

    /// Makes views and objects follow a renamed table or view.
    pub(crate) fn move_relation(&mut self, from: &QName, to: &QName) {
        for view in self.views.values_mut() {
            let found = view.found.iter_mut().map(|(name, _)| name);
            let named = view.reads.iter_mut().chain(&mut view.alias_of).chain(found);
            named.filter(|name| *name == from).for_each(|name| *name = to.clone());
        }
        self.move_objects(|subject| match subject {
            Subject::Relation(name) if name == from => Some(Subject::Relation(to.clone())),
            Subject::Column(name, column) if name == from => {
                Some(Subject::Column(to.clone(), column.clone()))
            }
            Subject::Constraint(name, constraint) if name == from => {
                Some(Subject::Constraint(to.clone(), constraint.clone()))
            }
            Subject::Relation(_)
            | Subject::Column(..)
            | Subject::Constraint(..)
            | Subject::Index(_)
            | Subject::Object(_) => None,
        });
    }

    /// Triggers that call a function that is gone are gone, too: it was dropped with CASCADE.
    pub(crate) fn drop_triggers_of(&mut self, routine: &ObjectId) {
        let Some(name) = routine.routine_name().filter(|_| routine.name.ends_with("()")) else {
            return;
        };
        let calls = |sql: &String| {
            let called = sql.to_ascii_uppercase().rfind(" EXECUTE ").and_then(|at| sql.get(at..));
            called.is_some_and(|called| names(called, &name))
        };
        Arc::make_mut(&mut self.objects)
            .retain(|id, object| id.kind != ObjectKind::Trigger || !object.make.iter().any(calls));
    }

    /// Triggers on a table say the column by its new name, in UPDATE OF and in WHEN.
    pub(crate) fn rename_in_triggers(&mut self, table: &QName, from: &str, to: &str) {
        let of = Subject::Relation(table.clone());
        let is_on_it = |(id, object): &(&ObjectId, &Object)| {
            id.kind == ObjectKind::Trigger && object.of.as_ref() == Some(&of)
        };
        // The objects are shared: most tables have no triggers, and leave them so.
        let triggers: Vec<ObjectId> =
            self.objects.iter().filter(is_on_it).map(|(id, _)| id.clone()).collect();
        for id in triggers {
            let found = Arc::make_mut(&mut self.objects).get_mut(&id);
            for sql in found.into_iter().flat_map(|object| &mut object.make) {
                let upper = sql.to_ascii_uppercase();
                let events = ["BEFORE ", "AFTER ", "INSTEAD "].iter();
                let start = events.filter_map(|word| upper.find(word)).min().unwrap_or(sql.len());
                let end = upper.rfind(" EXECUTE ").unwrap_or(sql.len()).max(start);
                let said = rename_in_text(&sql[start..end], from, to);
                sql.replace_range(start..end, &said);
            }
        }
    }

    /// Makes objects follow a renamed index.
    pub(crate) fn move_index(&mut self, from: &QName, to: &QName) {
        self.move_objects(|subject| match subject {
            Subject::Index(name) if name == from => Some(Subject::Index(to.clone())),
            Subject::Relation(_)
            | Subject::Column(..)
            | Subject::Constraint(..)
            | Subject::Index(_)
            | Subject::Object(_) => None,
        });
    }

    /// Objects that belong to a relation or a part of it.
    pub fn objects_of<'a>(
        &'a self,
        relation: &'a QName,
    ) -> impl Iterator<Item = (&'a ObjectId, &'a Object)> {
        self.objects.iter().filter(move |(_, object)| {
            object.of.as_ref().and_then(Subject::relation) == Some(relation)
        })
    }

    /// Whether row security is on for a table, or it has policies.
    pub fn has_row_security(&self, table: &QName) -> bool {
        self.objects_of(table).any(|(id, _)| {
            id.kind == ObjectKind::Policy
                || (id.kind == ObjectKind::Property && id.name.ends_with(ROW_SECURITY))
        })
    }
}

/// `CREATE TYPE name AS ENUM (…)`, of labels in their order.
pub(crate) fn enum_sql(name: &str, parts: &[(String, String)]) -> String {
    let labels: Vec<String> = parts.iter().map(|(label, _)| literal(label)).collect();
    format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", "))
}

/// A text of ours with a subject under its new name.
fn rename_subject(text: &str, from: &Subject, to: &Subject) -> String {
    match (from, to) {
        (Subject::Relation(old), Subject::Relation(new))
        | (Subject::Index(old), Subject::Index(new)) => {
            renamed(text, &old.to_string(), &new.to_string())
        }
        (Subject::Object(old), Subject::Object(new)) => renamed(text, &old.name, &new.name),
        (Subject::Column(old, column), Subject::Column(new, to)) => {
            let text = renamed(text, &old.to_string(), &new.to_string());
            if column == to { text } else { rename_in_text(&text, column, to) }
        }
        (Subject::Constraint(old, name), Subject::Constraint(new, to)) => {
            let text = renamed(text, &old.to_string(), &new.to_string());
            if name == to { text } else { rename_in_text(&text, name, to) }
        }
        _ => text.to_owned(),
    }
}

/// A text with a thing under its new name; a longer name that begins with the old one is another.
pub(super) fn renamed(text: &str, old: &str, new: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(old) {
        let (before, found) = rest.split_at(at);
        let after = found.get(old.len()..).unwrap_or_default();
        let goes_on = after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        out += before;
        out += if goes_on { old } else { new };
        rest = after;
    }
    out + rest
}

/// How the identity of the setting of an identity column's options ends.
pub const IDENTITY: &str = "IDENTITY OPTIONS";

/// How the identity of what binds a table to a composite type ends.
pub const OF: &str = " OF";

/// How the identity of what says storage options ends.
pub const OPTIONS: &str = " OPTIONS";

/// How the identity of the setting of the name of an identity's sequence ends.
pub const SEQUENCE_NAME: &str = "SEQUENCE NAME";

/// How the identity of a table's row security setting ends.
pub const ROW_SECURITY: &str = " ROW SECURITY";

/// The part of a sequence that says that a crash may reset it.
pub const UNLOGGED: &str = "UNLOGGED";

/// The part of an extension that says where its things are.
pub const SCHEMA: &str = "SCHEMA";

/// How the identity of a role begins.
pub const ROLE: &str = "ROLE ";

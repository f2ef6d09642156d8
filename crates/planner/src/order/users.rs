//! What uses a routine so that PostgreSQL knows of it: views, constraints, defaults, indexes, and other
//! objects. Told by the names in texts, with their schemas where these are written. Must not know
//! recipes.

use crate::expr::Expr;
use crate::name::QName;
use crate::name::mention::names;
use crate::schema::{ConstraintKind, Object, ObjectId, ObjectKind, Schema};

/// Everything that uses some routines, what is used before what uses it.
#[derive(Clone, Debug, Default)]
pub(super) struct Users {
    /// Triggers, policies, rules, aggregates, operators, and routines whose body is no string.
    pub(super) objects: Vec<(ObjectId, Object)>,
    /// Views; not those that read only them.
    pub(super) views: Vec<QName>,
    /// CHECK constraints of tables.
    pub(super) checks: Vec<(QName, String)>,
    /// Columns by whose default it is called.
    pub(super) defaults: Vec<(QName, String)>,
    /// Constraints of domains.
    pub(super) domains: Vec<(ObjectId, String)>,
    /// Indexes and computed columns: there is no brief way to make them again.
    pub(super) stored: Vec<(QName, String)>,
}

impl Users {
    /// Whether nobody uses them.
    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty()
            && self.views.is_empty()
            && self.checks.is_empty()
            && self.defaults.is_empty()
            && self.domains.is_empty()
            && self.stored.is_empty()
    }
}

/// The users of routines, and the users of these.
pub(super) fn of_routines(schema: &Schema, ids: &[ObjectId]) -> Users {
    let mut users = Users::default();
    let mut open: Vec<ObjectId> = ids.to_vec();
    while let Some(id) = open.pop() {
        let Some(name) = id.routine_name() else { continue };
        let found = of_name(schema, &name);
        for (other, object) in found.objects {
            let known = ids.contains(&other) || users.objects.iter().any(|(id, _)| *id == other);
            if other != id && !known {
                open.push(other.clone());
                users.objects.push((other, object));
            }
        }
        extend(&mut users.views, found.views);
        extend(&mut users.checks, found.checks);
        extend(&mut users.defaults, found.defaults);
        extend(&mut users.domains, found.domains);
        extend(&mut users.stored, found.stored);
    }
    users
}

fn extend<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

/// Whether another routine has the name: what uses it can do with that one.
pub(super) fn has_twin(schema: &Schema, id: &ObjectId) -> bool {
    let name = id.routine_name();
    schema.objects.keys().any(|other| other != id && other.routine_name() == name)
}

fn of_name(schema: &Schema, name: &QName) -> Users {
    let calls = |expr: &Expr| names(&expr.sql(), name);
    let mut users = Users::default();
    let views = schema.views.iter().filter(|(_, view)| names(&view.query, name));
    users.views.extend(views.map(|(view, _)| view.clone()));
    for (table, definition) in &schema.tables {
        for (key, constraint) in &definition.constraints {
            if matches!(&constraint.kind, ConstraintKind::Check(check) if calls(check)) {
                users.checks.push((table.clone(), key.clone()));
            }
        }
        for column in &definition.columns {
            let place = || (table.clone(), column.name.clone());
            if column.default.as_ref().is_some_and(calls) {
                users.defaults.push(place());
            }
            if column.generated.as_ref().is_some_and(|sql| names(sql, name)) {
                users.stored.push(place());
            }
        }
        for (index, made) in &definition.indexes {
            let key = made.keys.iter().any(|key| names(key, name));
            if key || made.predicate.as_ref().is_some_and(calls) {
                users.stored.push((table.clone(), index.clone()));
            }
        }
    }
    for (id, object) in schema.objects.iter() {
        if id.kind == ObjectKind::Domain {
            let checks = object
                .parts
                .iter()
                .filter(|(key, value)| key.starts_with("CONSTRAINT ") && names(value, name));
            users.domains.extend(checks.map(|(key, _)| (id.clone(), key.clone())));
        } else if is_tracked(id, object) && object.make.iter().any(|sql| names(sql, name)) {
            users.objects.push((id.clone(), object.clone()));
        }
    }
    users
}

/// Whether PostgreSQL knows what the object depends on.
fn is_tracked(id: &ObjectId, object: &Object) -> bool {
    match id.kind {
        ObjectKind::Trigger
        | ObjectKind::Policy
        | ObjectKind::Rule
        | ObjectKind::Aggregate
        | ObjectKind::Operator
        | ObjectKind::EventTrigger => true,
        ObjectKind::Routine => object.make.iter().all(|sql| !sql.contains(" AS ")),
        ObjectKind::Schema
        | ObjectKind::Extension
        | ObjectKind::Language
        | ObjectKind::Plain
        | ObjectKind::Enum
        | ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::Sequence
        | ObjectKind::Foreign
        | ObjectKind::ForeignTable
        | ObjectKind::Ownership
        | ObjectKind::Statistics
        | ObjectKind::ViewIndex
        | ObjectKind::Property
        | ObjectKind::Replication
        | ObjectKind::Privilege
        | ObjectKind::DefaultPrivilege
        | ObjectKind::Owner
        | ObjectKind::Comment
        | ObjectKind::Unknown => false,
    }
}

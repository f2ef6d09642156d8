//! Objects that are neither tables, indexes nor views: made in an order in which each finds what it
//! names, taken away in the opposite one. What depends on what is told by the words of its text.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Diff;
use crate::change::{Asked, What};
use crate::name::QName;
use crate::schema::object::{OF, SCHEMA};
use crate::schema::{Object, ObjectId, ObjectKind, Schema, Subject};

/// The bare name by which others may mention an object: `f` of `public.f(integer)`.
fn bare_name(id: &ObjectId) -> &str {
    let mut quoted = false;
    let (mut start, mut end) = (0, id.name.len());
    for (at, c) in id.name.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => start = at + 1,
            '(' | ' ' if !quoted => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    id.name.get(start..end).unwrap_or_default().trim_matches('"')
}

/// The words of an object that PostgreSQL looks up when it is made: of a routine whose body is a
/// string, those of its head.
fn looked_at(object: &Object) -> Vec<&str> {
    let body_is_string = object.make.first().is_some_and(|sql| {
        let upper = sql.to_ascii_uppercase();
        upper.contains(" AS $") || upper.contains(" AS '") || upper.contains(" AS E'")
    });
    match object.part("HEAD").filter(|_| body_is_string) {
        Some(head) => {
            let words = head.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
            words.filter(|word| !word.is_empty()).collect()
        }
        None => object.words().collect(),
    }
}

/// Whether an object's text names another. One of its own bare name it names only in full.
fn needs((id, object): (&ObjectId, &Object), other: &ObjectId) -> bool {
    if bare_name(id) != bare_name(other) {
        return object.mentions(bare_name(other));
    }
    let full = other.name.split('(').next().unwrap_or_default();
    let own = id.name.split('(').next().unwrap_or_default();
    full != own && object.make.iter().any(|sql| sql.contains(full))
}

impl Diff<'_> {
    /// What everything else may stand in.
    pub(super) fn schemas(&mut self) {
        self.make(&|id| {
            matches!(id.kind, ObjectKind::Schema | ObjectKind::Extension) || id.is_role()
        });
    }

    /// Sequences that stay but not with their column: before the column goes, and takes them along.
    pub(super) fn sequences_let_go(&mut self) {
        let target = self.target;
        let moved: Vec<(ObjectId, Option<Subject>)> = self
            .work
            .objects
            .iter()
            .filter(|(id, _)| id.kind == ObjectKind::Sequence)
            .filter_map(|(id, before)| {
                let after = target.objects.get(id)?;
                let moves = before.of.is_some() && before.of != after.of;
                moves.then(|| (id.clone(), after.of.clone()))
            })
            .collect();
        for (id, of) in moved {
            let owner = ObjectId::new(ObjectKind::Ownership, id.name.clone());
            let goes_on = of.is_some();
            let of = of.filter(|of| self.work.has(of));
            if !goes_on && self.work.objects.contains_key(&owner) {
                self.change_object(owner, None);
            }
            if let Some(sequence) = Arc::make_mut(&mut self.work.objects).get_mut(&id) {
                sequence.of = of;
            }
        }
    }

    /// What tables may need and can be made now: types, sequences, routines. Gives the names of types
    /// that have to wait: tables over them wait, too.
    pub(super) fn objects_before_tables(&mut self) -> BTreeSet<String> {
        let waiting = self.waiting();
        self.make(&|id| id.kind.is_early() && !waiting.contains(id));
        let types = |id: &&ObjectId| matches!(id.kind, ObjectKind::Type | ObjectKind::Domain);
        waiting.iter().filter(types).map(|id| bare_name(id).to_owned()).collect()
    }

    /// Objects that name a relation which is not there yet, a view which is to change, or something
    /// that waits: PostgreSQL looks into a body when it is made.
    fn waiting(&self) -> BTreeSet<ObjectId> {
        let target = self.target;
        let missing = |name: &&QName| {
            !self.work.tables.contains_key(*name) && !self.work.views.contains_key(*name)
        };
        let tables = target.tables.keys().filter(missing);
        let mut new: BTreeSet<String> = tables.map(|name| name.name.clone()).collect();
        let views = target.views.iter().filter(|(name, view)| {
            self.work.views.get(*name).is_none_or(|before| !before.says_same(view))
        });
        new.extend(views.map(|(name, _)| name.name.clone()));
        let mut words = new.clone();
        words.extend(self.new_columns());
        let mut waiting: BTreeSet<ObjectId> = BTreeSet::new();
        loop {
            let before = waiting.len();
            for (id, object) in target.objects.iter() {
                let differs = id.kind.is_early() && self.work.objects.get(id) != Some(object);
                let has_body = matches!(
                    id.kind,
                    ObjectKind::Routine | ObjectKind::Aggregate | ObjectKind::Operator
                );
                if !has_body && !matches!(id.kind, ObjectKind::Type | ObjectKind::Domain) {
                    continue;
                }
                let names = if has_body { &words } else { &new };
                let own = bare_name(id);
                let looked_at = looked_at(object);
                let waits = looked_at.iter().any(|w| *w != own && names.contains(*w));
                if differs && !waiting.contains(id) && waits {
                    new.insert(own.to_owned());
                    words.insert(own.to_owned());
                    waiting.insert(id.clone());
                }
            }
            if waiting.len() == before {
                return waiting;
            }
        }
    }

    /// Routines that go and that name a view which changes or goes.
    pub(super) fn routines_over_views(&mut self) {
        let target = self.target;
        let changed: BTreeSet<&str> = self
            .work
            .views
            .iter()
            .filter(|(name, view)| {
                target.views.get(*name).is_none_or(|after| !view.says_same(after))
            })
            .map(|(name, _)| name.name.as_str())
            .collect();
        let gone: Vec<ObjectId> = self
            .work
            .objects
            .iter()
            .filter(|(id, object)| {
                id.kind == ObjectKind::Routine
                    && !target.objects.contains_key(*id)
                    && object.words().any(|word| changed.contains(word))
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            self.drop_object(&id);
        }
    }

    /// Columns that tables which stay get.
    fn new_columns(&self) -> Vec<String> {
        let mut names = Vec::new();
        for (name, after) in &self.target.tables {
            let Some(before) = self.work.table(name) else { continue };
            let new = after.columns.iter().filter(|c| before.column(&c.name).is_none());
            names.extend(new.map(|c| c.name.clone()));
        }
        names
    }

    /// What belongs to relations that stay and is not wanted any more.
    pub(super) fn objects_taken_down(&mut self) {
        if self.leaves_owners_out() {
            self.warn(
                "owners-not-given",
                "the target names no owner of anything: everything keeps the one it has".to_owned(),
                "dump the target without --no-owner if owners are to change".to_owned(),
            );
        }
        let gone: Vec<ObjectId> = self
            .work
            .objects
            .iter()
            .filter(|(id, object)| {
                !id.kind.is_early()
                    && (!self.target.objects.contains_key(*id) || self.binds_anew(id, object))
                    && object.of.as_ref().is_none_or(|of| self.target.has(of))
            })
            .map(|(id, _)| id.clone())
            .rev()
            .collect();
        for id in gone {
            self.drop_object(&id);
        }
    }

    /// Whether a table has to be free of its type for a while: the type changes.
    fn binds_anew(&self, id: &ObjectId, object: &Object) -> bool {
        let bound = object.make.first().and_then(|sql| sql.rsplit_once(" OF "));
        let Some((_, ty)) = bound.filter(|_| id.name.ends_with(OF)) else { return false };
        let ty = ObjectId::new(ObjectKind::Type, ty);
        self.source.objects.get(&ty).map(|t| &t.make)
            != self.target.objects.get(&ty).map(|t| &t.make)
    }

    /// Privileges that what is new has by default, and is not to have.
    pub(super) fn privileges_not_given(&mut self) {
        let (source, target) = (self.source, self.target);
        let extra = |id: &&ObjectId| {
            id.kind == ObjectKind::Privilege
                && !target.objects.contains_key(*id)
                && !source.objects.contains_key(*id)
        };
        let extra: Vec<ObjectId> = self.work.objects.keys().filter(extra).cloned().collect();
        for id in extra {
            self.change_object(id, None);
        }
    }

    /// Everything that had to wait for tables and views.
    pub(super) fn objects_after_tables(&mut self) {
        self.make(&|_| true);
    }

    /// Types, routines, sequences and what they stand in, when nothing needs them any more.
    pub(super) fn objects_dropped(&mut self) {
        let mut gone: Vec<ObjectId> = self
            .work
            .objects
            .keys()
            .filter(|id| id.kind.is_early() && !self.target.objects.contains_key(*id))
            .cloned()
            .rev()
            .collect();
        while !gone.is_empty() {
            let named_by_another = |id: &ObjectId| {
                gone.iter().any(|other| {
                    other != id
                        && self
                            .work
                            .objects
                            .get(other)
                            .is_some_and(|object| object.mentions(bare_name(id)))
                })
            };
            let free = gone.iter().position(|id| !named_by_another(id)).unwrap_or(0);
            let id = gone.remove(free);
            self.drop_object(&id);
        }
    }

    fn drop_object(&mut self, id: &ObjectId) {
        let Some(object) = self.work.objects.get(id) else { return };
        if id.kind == ObjectKind::Owner && self.leaves_owners_out() {
            return;
        }
        if object.unmake.is_none() || brings_its_own(id) {
            if id.kind == ObjectKind::Unknown || id.is_role() {
                let line: String =
                    id.name.lines().next().unwrap_or_default().chars().take(80).collect();
                self.warn(
                    "not-dropped",
                    format!("`{line}` is not in the target; what it made is left alone"),
                    "undo it by hand after the migration if it is to go".to_owned(),
                );
            }
            return;
        }
        self.change_object(id.clone(), None);
    }

    /// Whether the target says nothing of owners where the source names one for every table: a dump
    /// with other options, not another wish.
    pub(super) fn leaves_owners_out(&self) -> bool {
        let owners = |schema: &Schema| {
            schema.objects.keys().filter(|id| id.kind == ObjectKind::Owner).count()
        };
        let tables = self.source.tables.len();
        owners(self.target) == 0 && tables > 1 && owners(self.source) >= tables
    }

    /// Makes or changes what is wanted and differs, each after those it names.
    fn make(&mut self, wanted: &dyn Fn(&ObjectId) -> bool) {
        let target = self.target;
        let mut open: Vec<(&ObjectId, &Object)> = target
            .objects
            .iter()
            .filter(|(id, object)| wanted(id) && differs((self.source, &self.work), id, object))
            .filter(|(id, object)| !self.comes_back(id, object))
            .collect();
        while !open.is_empty() {
            let needs_another = |id: &ObjectId, object: &Object| {
                open.iter().any(|(other, _)| {
                    *other != id && other.kind.is_early() && needs((id, object), other)
                })
            };
            let ready = open
                .iter()
                .position(|(id, object)| !id.kind.is_early() || !needs_another(id, object));
            let (id, object) = open.remove(ready.unwrap_or(0));
            self.change_object(id.clone(), Some(object.clone()));
        }
    }

    /// Whether an object belongs to a view that only makes way and comes back with all it has.
    pub(super) fn comes_back(&self, id: &ObjectId, object: &Object) -> bool {
        let of = object.of.as_ref().and_then(Subject::relation);
        let Some(view) = of else { return false };
        match (self.source.views.get(view), self.target.views.get(view)) {
            (Some(before), Some(after)) => {
                before.says_same(after) && self.source.objects.get(id) == Some(object)
            }
            _ => false,
        }
    }

    fn change_object(&mut self, id: ObjectId, after: Option<Object>) {
        self.work.set_object(&id, after.as_ref());
        self.asked.push(Asked { what: What::Object { id, after }, span: (0, 0) });
    }
}

/// Whether an object has to be made or changed. Where a schema's owner or an extension's version is
/// written on one side only, that is no difference.
fn differs((source, work): (&Schema, &Schema), id: &ObjectId, object: &Object) -> bool {
    match work.objects.get(id) {
        // One that is there has brought its own comment, which a dump may leave out.
        None if brings_its_own(id) => !object.of.as_ref().is_some_and(|of| source.has(of)),
        None => true,
        Some(_) if id.kind == ObjectKind::Schema => false,
        Some(before) if id.kind == ObjectKind::Extension => {
            let (now, wanted) = (before.part(SCHEMA), object.part(SCHEMA));
            now.is_some() && wanted.is_some() && now != wanted
        }
        // What the whole server has is no database's to change.
        Some(_) if id.is_role() => false,
        Some(before) => before.make != object.make,
    }
}

/// A comment that comes with what it is about.
pub(super) fn brings_its_own(id: &ObjectId) -> bool {
    id.kind == ObjectKind::Comment && id.name.starts_with("EXTENSION ")
}

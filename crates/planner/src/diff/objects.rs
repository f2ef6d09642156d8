//! Objects that are neither tables, indexes nor views: made in an order in which each finds what it
//! names, taken away in the opposite one. What depends on what is told by the words of its text.

use std::collections::BTreeSet;

use super::Diff;
use crate::change::{Asked, What};
use crate::schema::{Object, ObjectId, ObjectKind, Schema};

/// The same text but for white space: compared word by word.
pub(super) fn same_text(a: &str, b: &str) -> bool {
    let squeeze = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    squeeze(a.trim_end_matches(';')) == squeeze(b.trim_end_matches(';'))
}

/// The bare names by which others may mention an object.
fn bare_name(id: &ObjectId) -> &str {
    let name = id.name.split(['(', ' ']).next().unwrap_or_default();
    name.rsplit('.').next().unwrap_or_default().trim_matches('"')
}

impl Diff<'_> {
    /// What everything else may stand in.
    pub(super) fn schemas(&mut self) {
        self.make(&|id| matches!(id.kind, ObjectKind::Schema | ObjectKind::Extension));
    }

    /// What tables may need: types, sequences, routines; those wait that name a new relation, or
    /// something that waits: PostgreSQL looks into a body when it is made.
    pub(super) fn objects_before_tables(&mut self) {
        let target = self.target;
        let relations = target.tables.keys().chain(target.views.keys());
        let mut new: BTreeSet<String> = relations
            .filter(|name| {
                !self.work.tables.contains_key(*name) && !self.work.views.contains_key(*name)
            })
            .map(|name| name.name.clone())
            .collect();
        new.extend(self.new_columns());
        let mut waiting: BTreeSet<ObjectId> = BTreeSet::new();
        loop {
            let before = waiting.len();
            for (id, object) in &target.objects {
                let differs = id.kind.is_early() && self.work.objects.get(id) != Some(object);
                let waits = matches!(id.kind, ObjectKind::Routine | ObjectKind::Aggregate)
                    || id.kind == ObjectKind::Operator;
                if differs && waits && !waiting.contains(id) && object.words().any(|w| new.contains(w)) {
                    new.insert(bare_name(id).to_owned());
                    waiting.insert(id.clone());
                }
            }
            if waiting.len() == before {
                break;
            }
        }
        self.make(&|id| id.kind.is_early() && !waiting.contains(id));
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
        let gone: Vec<ObjectId> = self
            .work
            .objects
            .iter()
            .filter(|(id, object)| {
                !id.kind.is_early()
                    && !self.target.objects.contains_key(*id)
                    && object.of.as_ref().is_none_or(|of| self.target.has(of))
            })
            .map(|(id, _)| id.clone())
            .rev()
            .collect();
        for id in gone {
            self.drop_object(&id);
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
        if object.unmake.is_none() {
            if id.kind == ObjectKind::Unknown {
                let line: String = id.name.lines().next().unwrap_or_default().chars().take(80).collect();
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

    /// Makes or changes what is wanted and differs, each after those it names.
    fn make(&mut self, wanted: &dyn Fn(&ObjectId) -> bool) {
        let target = self.target;
        let mut open: Vec<(&ObjectId, &Object)> = target
            .objects
            .iter()
            .filter(|(id, object)| wanted(id) && differs(&self.work, id, object))
            .collect();
        while !open.is_empty() {
            let needs_another = |id: &ObjectId, object: &Object| {
                open.iter().any(|(other, _)| {
                    *other != id && other.kind.is_early() && object.mentions(bare_name(other))
                })
            };
            let ready = open.iter().position(|(id, object)| {
                !id.kind.is_early() || !needs_another(id, object)
            });
            let (id, object) = open.remove(ready.unwrap_or(0));
            self.change_object(id.clone(), Some(object.clone()));
        }
    }

    fn change_object(&mut self, id: ObjectId, after: Option<Object>) {
        self.work.set_object(&id, after.as_ref());
        self.asked.push(Asked { what: What::Object { id, after }, span: (0, 0) });
    }
}

/// Whether an object has to be made or changed. Where a schema's owner or an extension's version is
/// written on one side only, that is no difference.
fn differs(work: &Schema, id: &ObjectId, object: &Object) -> bool {
    match work.objects.get(id) {
        None => true,
        Some(_) if matches!(id.kind, ObjectKind::Schema | ObjectKind::Extension) => false,
        Some(before) => before.make != object.make,
    }
}

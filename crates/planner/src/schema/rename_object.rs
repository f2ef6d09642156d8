//! A sequence, trigger or view under another name, or gone, in a schema that is kept as migrations in a
//! row: what holds it follows. Must not know statements.

use std::sync::Arc;

use super::object::renamed;
use super::sequence::nextval_of;
use super::{Column, Object, ObjectId, ObjectKind, Schema};
use crate::expr::Expr;
use crate::name::{QName, quote};

impl Schema {
    /// Gives a sequence another name; false where there is none.
    pub(crate) fn rename_sequence(&mut self, from: &QName, to: &QName) -> bool {
        let id = |name: &QName| ObjectId::new(ObjectKind::Sequence, name.to_string());
        if !self.objects.contains_key(&id(from)) {
            return false;
        }
        for (name, table) in &mut self.tables {
            let takes = |column: &Column| {
                let of = column.default.as_ref().and_then(|default| nextval_of(default, name));
                of.as_ref() == Some(from)
            };
            if !table.columns.iter().any(takes) {
                continue;
            }
            let columns = Arc::make_mut(table).columns.iter_mut().filter(|column| takes(column));
            for default in columns.filter_map(|column| column.default.as_mut()) {
                default.visit_mut(&mut |expr| {
                    if let Expr::Text(text) = expr {
                        *text = to.to_string();
                    }
                });
            }
        }
        let renamed = |text: &str| renamed(text, &from.to_string(), &to.to_string());
        let is_it = |id: &ObjectId| {
            matches!(id.kind, ObjectKind::Sequence | ObjectKind::Ownership)
                && id.name == from.to_string()
        };
        let objects = Arc::make_mut(&mut self.objects);
        let ids: Vec<ObjectId> = objects.keys().filter(|id| is_it(id)).cloned().collect();
        for old in ids {
            let Some(mut object) = objects.remove(&old) else { continue };
            object.make.iter_mut().for_each(|sql| *sql = renamed(sql));
            object.unmake = object.unmake.as_deref().map(renamed);
            objects.insert(ObjectId::new(old.kind, to.to_string()), object);
        }
        self.follow_object(&id(from), &id(to));
        true
    }

    /// Gives a trigger of a table another name; false where there is none.
    pub(crate) fn rename_trigger(&mut self, table: &QName, from: &str, to: &str) -> bool {
        let id =
            |name: &str| ObjectId::new(ObjectKind::Trigger, format!("{} ON {table}", quote(name)));
        let objects = Arc::make_mut(&mut self.objects);
        let Some(object) = objects.remove(&id(from)) else { return false };
        // The name comes first, after the word TRIGGER.
        let (old, new) = (format!("TRIGGER {} ", quote(from)), format!("TRIGGER {} ", quote(to)));
        let renamed = |text: &String| text.replacen(&old, &new, 1);
        let renamed = Object {
            make: object.make.iter().map(renamed).collect(),
            unmake: object.unmake.as_ref().map(renamed),
            ..object
        };
        objects.insert(id(to), renamed);
        self.follow_object(&id(from), &id(to));
        true
    }

    /// Gives a view another name; false where there is none.
    pub(crate) fn rename_view(&mut self, from: &QName, to: &QName) -> bool {
        let Some(view) = self.views.remove(from) else { return false };
        self.views.insert(to.clone(), view);
        self.move_relation(from, to);
        true
    }

    /// What a sequence belonged to is gone with it.
    pub(crate) fn forget_owner(&mut self, sequence: &ObjectId) {
        if sequence.kind == ObjectKind::Sequence {
            let owner = ObjectId::new(ObjectKind::Ownership, sequence.name.clone());
            Arc::make_mut(&mut self.objects).remove(&owner);
        }
    }
}

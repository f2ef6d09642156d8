//! What migrations in a row say that no dump does: other names, tables made of others, columns that go.
//! Must not know how it is written.

use std::sync::Arc;

use super::Loader;
use crate::name::QName;
use crate::op::Op;
use crate::op::effect::Refusal;
use crate::schema::ObjectKind;
use crate::sql::renamed::Renamed;
use crate::sql::statement::Carried;
use crate::sql::table_as::TableAs;
use crate::sql::token::Span;
use crate::sql::view;

impl Loader<'_> {
    pub(super) fn renamed(&mut self, renamed: Renamed, span: Span) {
        let (there, what) = match renamed {
            Renamed::Type { from, to } => {
                (self.schema.rename_type(&from.name, &from.name.sibling(to)), "type")
            }
            Renamed::Label { ty, from: label, to } => {
                self.apply(&[Op::RenameLabel { ty: ty.name, label, to }], span);
                return;
            }
            Renamed::Sequence { from, to } => {
                let to = from.name.sibling(to);
                let there = self.schema.rename_sequence(&from.name, &to);
                if there {
                    self.names.take(to);
                }
                (there, "sequence")
            }
            Renamed::View { from, to } => {
                let to = from.name.sibling(to);
                let there = self.schema.rename_view(&from.name, &to);
                self.rename_in_views(&from.name, &to);
                (there, "view")
            }
            Renamed::Trigger { table, from, to } => {
                (self.schema.rename_trigger(&table.name, &from, &to), "trigger")
            }
        };
        if !there {
            self.unknown(span, &format!("its {what} is not in the schema"));
        }
    }

    /// A table in another schema, and with it the sequences of its columns.
    pub(super) fn moved(&mut self, name: &QName, schema: &str, span: Span) {
        let there = |name: &QName| QName::new(schema, &name.name);
        let owned: Vec<QName> = self
            .schema
            .objects_of(name)
            .filter(|(id, _)| id.kind == ObjectKind::Sequence)
            .filter_map(|(id, _)| id.name.parse().ok())
            .collect();
        for sequence in owned {
            self.schema.rename_sequence(&sequence, &there(&sequence));
        }
        let children = self.schema.children(name);
        match self.schema.move_table(name, &there(name)) {
            Ok(()) => {
                for child in children {
                    self.schema.parent_renamed(&child, name, &there(name));
                }
                self.rename_in_views(name, &there(name));
            }
            Err(refusal) => self.refused(&refusal, span),
        }
    }

    pub(super) fn table_as(&mut self, new: &TableAs, span: Span) {
        let name = &new.name.name;
        if self.schema.tables.contains_key(name) && new.if_not_exists {
            return;
        }
        let Some(made) = self.schema.table(&new.from.name).and_then(|from| new.of(from)) else {
            self.carry(&Carried { relation: Some(name.clone()), known: true }, span);
            return;
        };
        self.schema.tables.insert(name.clone(), Arc::new(made));
        self.names.take(name.clone());
        self.schema.give(self.schema.given_to_relation(name));
    }

    /// Applies an operation as a text says it that PostgreSQL has run.
    pub(super) fn applied(&mut self, op: &Op) -> Result<(), Refusal> {
        match self.schema.apply(op) {
            Ok(()) => {
                if let Op::RenameTable { table, to } = op {
                    self.rename_in_views(table, &table.sibling(to));
                }
                Ok(())
            }
            // A column that goes without CASCADE is in no view, whoever else has its name.
            Err(_) if matches!(op, Op::DropColumn { .. }) => {
                let views = self.schema.views.clone();
                self.schema.views.values_mut().for_each(|view| view.identifiers.clear());
                let applied = self.schema.apply(op);
                self.schema.views = views;
                applied
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Views that read a relation under its new name say it by that.
    fn rename_in_views(&mut self, from: &QName, to: &QName) {
        for view in self.schema.views.values_mut().filter(|view| view.reads.contains(to)) {
            view.query = view::with_relation(&view.query, from, to);
        }
    }
}

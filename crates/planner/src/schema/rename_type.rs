//! A type, or a label of an enum, under another name: whatever is of it follows, as it holds the thing
//! and not its name; texts inside of strings do not. Must not know statements.

use std::sync::Arc;

use super::object::enum_sql;
use super::{ObjectId, ObjectKind, Schema};
use crate::expr::Expr;
use crate::name::{QName, rename_in_text};
use crate::sql_type::SqlType;

/// Kinds of object that are types of their own.
const TYPES: [ObjectKind; 3] = [ObjectKind::Enum, ObjectKind::Domain, ObjectKind::Type];

impl Schema {
    /// Gives a type another name in its schema; false where there is no such type.
    pub(crate) fn rename_type(&mut self, from: &QName, to: &QName) -> bool {
        let ids = TYPES.map(|kind| ObjectId::new(kind, from.to_string()));
        if !ids.iter().any(|id| self.objects.contains_key(id)) {
            return false;
        }
        if let Some(labels) = self.enums.remove(from) {
            self.enums.insert(to.clone(), labels);
        }
        if let Some(domain) = self.domains.remove(from) {
            self.domains.insert(to.clone(), domain);
        }
        for table in self.tables.values_mut().map(Arc::make_mut) {
            for column in &mut table.columns {
                follow(&mut column.ty, from, to);
                if let Some(default) = &mut column.default {
                    in_expr(default, from, to);
                }
            }
        }
        let objects = std::mem::take(Arc::make_mut(&mut self.objects));
        let renamed = |text: &str| in_text(text, from, to);
        let moved = objects.into_iter().map(|(id, mut object)| {
            if !object.mentions(&from.name) {
                return (id, object);
            }
            object.make.iter_mut().for_each(|sql| *sql = renamed(sql));
            object.unmake = object.unmake.as_deref().map(renamed);
            for (_, value) in object.parts.iter_mut().filter(|(key, _)| key == "HEAD") {
                *value = renamed(value);
            }
            (ObjectId::new(id.kind, renamed(&id.name)), object)
        });
        self.objects = Arc::new(moved.collect());
        true
    }
}

impl Schema {
    /// Gives a label of an enum another name, where it has it; false where there is no such enum.
    pub(crate) fn rename_label(&mut self, ty: &QName, from: &str, to: &str) -> bool {
        let id = ObjectId::new(ObjectKind::Enum, ty.to_string());
        let renamed = |label: &mut String| {
            if label == from {
                to.clone_into(label);
            }
        };
        self.enums.get_mut(ty).into_iter().flatten().for_each(renamed);
        for table in self.tables.values_mut().filter(|table| table.has_type(&id.name)) {
            let columns = &mut Arc::make_mut(table).columns;
            let of_it = columns.iter_mut().filter(|column| column.ty.element() == id.name);
            for default in of_it.filter_map(|column| column.default.as_mut()) {
                default.visit_mut(&mut |expr| {
                    if let Expr::Text(label) = expr {
                        renamed(label);
                    }
                });
            }
        }
        let Some(object) = Arc::make_mut(&mut self.objects).get_mut(&id) else { return false };
        object.parts.iter_mut().for_each(|(label, _)| renamed(label));
        object.make = vec![enum_sql(&id.name, &object.parts)];
        true
    }
}

fn follow(ty: &mut SqlType, from: &QName, to: &QName) {
    if ty.element() == from.to_string() {
        let brackets = &ty.as_str()[ty.element().len()..];
        *ty = SqlType::new(&format!("{to}{brackets}"));
    }
}

fn in_expr(expr: &mut Expr, from: &QName, to: &QName) {
    expr.visit_mut(&mut |expr| {
        if let Expr::Cast(_, ty) = expr {
            follow(ty, from, to);
        } else if let Expr::Raw { sql, .. } = expr {
            *sql = in_text(sql, from, to);
        }
    });
}

/// A text of ours with the new name, up to the body of a routine.
fn in_text(text: &str, from: &QName, to: &QName) -> String {
    let end = text.find("$$").or_else(|| text.find(" AS $")).unwrap_or(text.len());
    let (head, body) = text.split_at(end);
    rename_in_text(head, &from.name, &to.name) + body
}

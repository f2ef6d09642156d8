//! A type, or a label of an enum, under another name: whatever is of it follows, as it holds the thing
//! and not its name; texts inside of strings do not. Must not know statements.

use std::sync::Arc;

use super::object::enum_sql;
use super::{Column, ConstraintKind, ObjectId, ObjectKind, Schema};
use crate::expr::Expr;
use crate::name::{QName, literal, rename_in_text};
use crate::op::effect::Refusal;
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
    /// Gives a label of an enum another name there, and nowhere else.
    ///
    /// # Errors
    /// As PostgreSQL refuses it: 42704 where there is no such enum, 22023 where it has no such label, 42710
    /// where it has the new one.
    pub fn relabel(&mut self, ty: &QName, from: &str, to: &str) -> Result<(), Refusal> {
        let refuse = |sqlstate, message: String| Err(Refusal { sqlstate, message });
        let Some(labels) = self.enums.get_mut(ty) else {
            return refuse("42704", format!("type \"{ty}\" does not exist"));
        };
        if labels.iter().any(|label| label == to) {
            return refuse("42710", format!("enum label \"{to}\" already exists"));
        }
        let Some(label) = labels.iter_mut().find(|label| *label == from) else {
            return refuse("22023", format!("\"{from}\" is not an existing enum label"));
        };
        to.clone_into(label);
        let id = ObjectId::new(ObjectKind::Enum, ty.to_string());
        if let Some(object) = Arc::make_mut(&mut self.objects).get_mut(&id) {
            let found = object.parts.iter_mut().find(|(label, _)| label == from);
            found.into_iter().for_each(|(label, _)| to.clone_into(label));
            object.make = vec![enum_sql(&id.name, &object.parts)];
        }
        Ok(())
    }

    /// Says a label of an enum by another name in defaults, checks and predicates: they hold the label, not
    /// its name.
    pub fn say_label(&mut self, ty: &QName, from: &str, to: &str) {
        let id = ObjectId::new(ObjectKind::Enum, ty.to_string());
        let renamed = |label: &mut String| {
            if label == from {
                to.clone_into(label);
            }
        };
        for table in self.tables.values_mut().filter(|table| table.has_type(&id.name)) {
            let table = Arc::make_mut(table);
            let of_it = |c: &&Column| c.ty.element() == id.name;
            let columns = table.columns.iter().filter(of_it).map(|c| c.name.clone());
            let label = Label { ty: &id.name, columns: columns.collect(), names: [from, to] };
            let checks = table.constraints.values_mut().filter_map(|c| match &mut c.kind {
                ConstraintKind::Check(check) => Some(check),
                ConstraintKind::PrimaryKey(_)
                | ConstraintKind::Unique(_)
                | ConstraintKind::ForeignKey(_)
                | ConstraintKind::NotNull(_)
                | ConstraintKind::Other(..) => None,
            });
            let predicates = table.indexes.values_mut().filter_map(|i| i.predicate.as_mut());
            checks.chain(predicates).for_each(|expr| label.follow(expr));
            let columns = &mut table.columns;
            let of_it = columns.iter_mut().filter(|column| column.ty.element() == id.name);
            for default in of_it.filter_map(|column| column.default.as_mut()) {
                default.visit_mut(&mut |expr| {
                    if let Expr::Text(label) = expr {
                        renamed(label);
                    }
                });
            }
        }
    }
}

/// A label that gets another name, as expressions over a table say it.
struct Label<'a> {
    ty: &'a str,
    /// Columns of the enum.
    columns: Vec<String>,
    /// The old name and the new one.
    names: [&'a str; 2],
}

impl Label<'_> {
    /// Says it by its new name: as a value of the enum, or beside a column of it.
    fn follow(&self, expr: &mut Expr) {
        let [from, to] = self.names;
        let is_column = |e: &Expr| matches!(e, Expr::Column(name) if self.columns.contains(name));
        let say = |e: &mut Expr| {
            if matches!(e, Expr::Text(text) if text == from) {
                *e = Expr::Text(to.to_owned());
            }
        };
        expr.visit_mut(&mut |expr| match expr {
            Expr::Cast(value, ty) if ty.element() == self.ty => say(value),
            Expr::Binary(a, _, b) if is_column(a) => say(b),
            Expr::Binary(a, _, b) if is_column(b) => say(a),
            Expr::Raw { sql, .. } => *sql = self.in_text(sql),
            Expr::Null
            | Expr::Bool(_)
            | Expr::Number(_)
            | Expr::Text(_)
            | Expr::Column(_)
            | Expr::Call(..)
            | Expr::Not(_)
            | Expr::Negate(_)
            | Expr::Binary(..)
            | Expr::IsNull(..)
            | Expr::Cast(..)
            | Expr::Case(..)
            | Expr::Lookup(_) => {}
        });
    }

    /// A text says the label where it casts it to the enum.
    fn in_text(&self, text: &str) -> String {
        let [from, to] = self.names.map(literal);
        let bare = self.ty.rsplit('.').next().unwrap_or(self.ty);
        let mut text = text.to_owned();
        for ty in [self.ty, bare] {
            text = text.replace(&format!("{from}::{ty}"), &format!("{to}::{ty}"));
        }
        text
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

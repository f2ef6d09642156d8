//! A type under another name: whatever is of it follows, as it holds the type and not its name; texts
//! inside of strings do not. Must not know statements.

use std::sync::Arc;

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

fn follow(ty: &mut SqlType, from: &QName, to: &QName) {
    if ty.element() == from.to_string() {
        let brackets = &ty.as_str()[ty.element().len()..];
        *ty = SqlType::new(&format!("{to}{brackets}"));
    }
}

fn in_expr(expr: &mut Expr, from: &QName, to: &QName) {
    expr.visit_mut(&mut |expr| match expr {
        Expr::Cast(_, ty) => follow(ty, from, to),
        Expr::Raw { sql, .. } => *sql = in_text(sql, from, to),
        Expr::Null
        | Expr::Bool(_)
        | Expr::Number(_)
        | Expr::Text(_)
        | Expr::Column(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::Binary(..)
        | Expr::IsNull(..)
        | Expr::Call(..)
        | Expr::Case(..)
        | Expr::Lookup(_) => {}
    });
}

/// A text of ours with the new name, up to the body of a routine.
fn in_text(text: &str, from: &QName, to: &QName) -> String {
    let end = text.find("$$").or_else(|| text.find(" AS $")).unwrap_or(text.len());
    let (head, body) = text.split_at(end);
    rename_in_text(head, &from.name, &to.name) + body
}

//! Views: a changed view, or one over what changes, goes first and comes back last.

use super::Diff;
use super::objects::same_text;
use crate::name::QName;
use crate::op::Op;
use crate::schema::Schema;

impl Diff<'_> {
    /// Drops what is gone, changed, or in the way of a dropped or retyped column.
    pub(super) fn drop_views(&mut self) {
        let mut first: Vec<QName> = Vec::new();
        for (name, view) in &self.work.views {
            let same = self.target.views.get(name).is_some_and(|after| {
                after.materialized == view.materialized && same_text(&after.query, &view.query)
            });
            if !same {
                first.push(name.clone());
            }
        }
        for (name, table) in &self.work.tables {
            let Some(after) = self.target.table(name) else {
                first.extend(self.work.views_over(name, None).map(|(view, _)| view.clone()));
                continue;
            };
            for column in &table.columns {
                if after.column(&column.name).is_none_or(|c| c.ty != column.ty) {
                    let over = self.work.views_over(name, Some(&column.name));
                    first.extend(over.map(|(view, _)| view.clone()));
                }
            }
        }
        for view in with_dependents(&self.work, first).into_iter().rev() {
            self.push(Op::DropView { view });
        }
    }

    /// Creates what is not there, what is read before what reads it.
    pub(super) fn create_views(&mut self) {
        let target = self.target;
        let mut missing: Vec<&QName> =
            target.views.keys().filter(|name| !self.work.views.contains_key(*name)).collect();
        while !missing.is_empty() {
            let ready = missing.iter().position(|name| {
                let reads = target.views.get(*name).map(|v| v.reads.as_slice()).unwrap_or_default();
                !reads.iter().any(|read| read != *name && missing.contains(&read))
            });
            let view = missing.remove(ready.unwrap_or(0)).clone();
            if let Some(definition) = target.views.get(&view) {
                self.push(Op::CreateView { view, definition: definition.clone() });
            }
        }
    }
}

/// The views and all views over them, each before those that read it.
pub(super) fn with_dependents(schema: &Schema, views: Vec<QName>) -> Vec<QName> {
    let mut all: Vec<QName> = Vec::new();
    let mut open = views;
    while let Some(view) = open.pop() {
        if !all.contains(&view) {
            open.extend(schema.views_over(&view, None).map(|(name, _)| name.clone()));
            all.push(view);
        }
    }
    all.sort();
    let mut ordered: Vec<QName> = Vec::new();
    while !all.is_empty() {
        let ready = all.iter().position(|name| {
            let reads = schema.views.get(name).map(|v| v.reads.as_slice()).unwrap_or_default();
            !reads.iter().any(|read| read != name && all.contains(read))
        });
        ordered.push(all.remove(ready.unwrap_or(0)));
    }
    ordered
}

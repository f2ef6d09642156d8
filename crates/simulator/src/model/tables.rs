//! The tables that a search is about, each with what its values are chosen by. Must not know states.

use std::collections::BTreeMap;

use planner::name::QName;
use planner::plan::{Conversion, Plan};
use planner::schema::Table;

use super::{TableModel, data};
use crate::sides;
use crate::slice::{self, Cut};
use crate::value::Value;

/// The tables of a group, each with its names before and after.
pub(super) fn tables(plan: &Plan, cut: &Cut) -> Vec<TableModel> {
    let renamed: BTreeMap<QName, QName> =
        slice::renames(plan).into_iter().map(|(new, old)| (old, new)).collect();
    cut.tables
        .iter()
        .map(|name| {
            let old = plan.model.source.table(name);
            let new_name = renamed.get(name).unwrap_or(name);
            let new = plan.model.target.table(new_name);
            let key = old.or(new).and_then(Table::primary_key).unwrap_or_default().to_vec();
            let about = |c: &&Conversion| {
                (c.old_relation == *name || c.new_relation == *new_name)
                    && !cut.is_conversion_apart(c)
            };
            TableModel {
                old: old.map(|_| name.clone()),
                new: new.map(|_| new_name.clone()),
                conversions: plan.model.conversions.iter().filter(about).cloned().collect(),
                closed: plan.model.closed.iter().filter(|c| c.table == *name).cloned().collect(),
                narrowed: plan
                    .model
                    .narrowed
                    .iter()
                    .filter(|n| n.table == *name)
                    .cloned()
                    .collect(),
                sides: sides::of_checks([old, new]),
                edges: edges(plan, name, &key),
                images: data::images(plan, name, cut),
                key,
            }
        })
        .collect()
}

/// Values of columns that the usual ones would not fit.
fn edges(
    plan: &Plan,
    name: &QName,
    key: &[String],
) -> BTreeMap<String, (Vec<Value>, Option<Value>)> {
    let mut edges = sides::of_bounds(&plan.model, name);
    let schemas = [&plan.model.source, &plan.model.target];
    if let Some(table) = schemas.into_iter().find_map(|schema| schema.table(name)) {
        for (column, values) in sides::of_key(table, key) {
            edges.entry(column).or_insert(values);
        }
    }
    edges
}

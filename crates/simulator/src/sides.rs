//! Values on either side of the CHECKs of a table: without one that violates it, no proof about a
//! CHECK would mean anything. Must not know states.

use std::collections::BTreeMap;

use planner::expr::Expr;
use planner::name::QName;
use planner::schema::{ConstraintKind, Table};
use planner::sql_type::SqlType;

use crate::domain::{literal, typed};
use crate::eval::truth;
use crate::partitions::takes;
use crate::rows::value_of;
use crate::types::assign;
use crate::value::Value;

/// Longest text that stands for a length.
const LONGEST: i64 = 64;

/// For each column that a CHECK of either table names alone or beside others: two values that the
/// CHECK lets pass and one that it does not, as far as they are found beside the literals in it.
pub(crate) fn of_checks(tables: [Option<&Table>; 2]) -> BTreeMap<String, Vec<Value>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for table in tables.into_iter().flatten() {
        for constraint in table.constraints.values() {
            let ConstraintKind::Check(check) = &constraint.kind else { continue };
            for column in check.columns() {
                let values = sides(table, check, &column);
                let known = found.entry(column).or_default();
                known.extend(values);
                let mut seen = Vec::new();
                known.retain(|value| {
                    !seen.contains(value) && {
                        seen.push(value.clone());
                        true
                    }
                });
            }
        }
    }
    found
}

/// For each column that tells partitions apart, of a table that becomes one of them: values within its
/// bounds, and one outside of them.
pub(crate) fn of_bounds(
    model: &planner::plan::Model,
    name: &QName,
) -> BTreeMap<String, (Vec<Value>, Option<Value>)> {
    let mut found = BTreeMap::new();
    let Some(table) = model.source.table(name) else { return found };
    for confined in model.confined.iter().filter(|confined| confined.table == *name) {
        for column in confined.check.columns() {
            let (mut inside, outside) = both_sides(table, &confined.check, &column);
            let mut seen = Vec::new();
            inside.retain(|value| {
                let new = !seen.contains(value);
                seen.push(value.clone());
                new
            });
            let at = table.columns.iter().position(|c| c.name == column);
            let taken = |value: &Value| {
                let mut row: Vec<Value> =
                    table.columns.iter().map(|c| typed(&c.ty, 0, false)).collect();
                if let Some(cell) = at.and_then(|at| row.get_mut(at)) {
                    *cell = value.clone();
                }
                takes(&model.target, name, table, &row)
            };
            let beyond = outside.into_iter().find(taken);
            found.insert(column, (inside, beyond));
        }
    }
    found
}

fn sides(table: &Table, check: &Expr, column: &str) -> Vec<Value> {
    let (passing, violating) = both_sides(table, check, column);
    passing.into_iter().take(2).chain(violating.into_iter().take(1)).collect()
}

/// Values that a CHECK lets pass, and those that it does not.
fn both_sides(table: &Table, check: &Expr, column: &str) -> (Vec<Value>, Vec<Value>) {
    let Some(at) = table.columns.iter().position(|c| c.name == column) else {
        return (Vec::new(), Vec::new());
    };
    let row: Vec<Value> = table.columns.iter().map(|c| typed(&c.ty, 0, false)).collect();
    let verdict = |value: &Value| {
        let mut row = row.clone();
        row[at] = value.clone();
        value_of(table, &row, check).ok().and_then(|value| truth(&value))
    };
    let candidates = candidates(check, &table.columns[at].ty);
    let with = |wanted: bool| {
        candidates.iter().filter(|v| verdict(v) == Some(wanted)).cloned().collect::<Vec<_>>()
    };
    (with(true), with(false))
}

/// Values of the type, usual ones first, then those beside the literals.
fn candidates(check: &Expr, ty: &SqlType) -> Vec<Value> {
    let mut values: Vec<Value> = (0..3).map(|i| typed(ty, i, false)).collect();
    let usual = values[0].clone();
    check.visit(&mut |expr| {
        let Some(named) = signed(expr) else { return };
        match (&usual, named) {
            (Value::Int(_), Value::Int(n)) => {
                values.extend([n, n.saturating_sub(1), n.saturating_add(1)].map(Value::Int));
            }
            // A number beside a text is its length more often than not.
            (Value::Text(_), Value::Int(n)) if (0..=LONGEST).contains(&n) => {
                let long = usize::try_from(n).unwrap_or_default();
                values.extend([long, long + 1].map(|n| Value::Text("a".repeat(n))));
            }
            (Value::Text(_), Value::Text(text)) => {
                // Before it, and after it.
                let shorter = |n: usize| {
                    let end = text.char_indices().rev().nth(n - 1).map_or(0, |(at, _)| at);
                    Value::Text(text.get(..end).unwrap_or_default().to_owned())
                };
                let beside = [shorter(1), shorter(2), Value::Text(format!("{text}0"))];
                values.push(Value::Text(text.clone()));
                values.extend(beside);
                // Of moments, those long before and after.
                values.extend(["1999-12-31", "2099-12-31"].map(|day| Value::Text(day.to_owned())));
            }
            (
                Value::Null | Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::Term(..),
                _,
            ) => {}
        }
    });
    if matches!(usual, Value::Text(_)) {
        values.push(Value::Text(String::new()));
    }
    // As the type takes and prints them.
    let stored = values.into_iter().filter_map(|value| assign(value, ty).ok());
    stored.filter(|value| !matches!(value, Value::Term(..))).collect()
}

/// A literal, with its sign.
fn signed(expr: &Expr) -> Option<Value> {
    if let Expr::Negate(inner) = expr
        && let Some(Value::Int(n)) = literal(inner)
    {
        return Some(Value::Int(n.saturating_neg()));
    }
    literal(expr)
}

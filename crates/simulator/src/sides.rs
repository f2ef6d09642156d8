//! Values on either side of the CHECKs of a table: without one that violates it, no proof about a
//! CHECK would mean anything. Must not know states.

use std::collections::BTreeMap;

use planner::expr::Expr;
use planner::name::QName;
use planner::schema::{Bound, ConstraintKind, Schema, Table};
use planner::sql_type::SqlType;

use crate::domain::{literal, typed};
use crate::eval::truth;
use crate::partitions::takes;
use crate::rows::value_of;
use crate::types::assign;
use crate::value::Value;

/// Longest text that stands for a length.
const LONGEST: i64 = 64;

/// Values that a column may have, and one that it may not.
type Edges = (Vec<Value>, Option<Value>);

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
/// bounds, and one outside of them; of a table that has partitions, values that they take.
pub(crate) fn of_bounds(model: &planner::plan::Model, name: &QName) -> BTreeMap<String, Edges> {
    let mut found = BTreeMap::new();
    let schemas = [&model.source, &model.target];
    let Some(schema) = schemas.into_iter().find(|s| s.table(name).is_some()) else { return found };
    let Some(table) = schema.table(name) else { return found };
    let usual = |i| usual_row(table, i);
    if !(0..2).all(|i| takes(schema, name, table, &usual(i))) {
        found = of_parts(schema, (name, table));
    }
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
                let mut row = usual_row(table, 0);
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

/// For each column of a key that a CHECK does not let have the usual values: those that it may have.
pub(crate) fn of_key(table: &Table, key: &[String]) -> BTreeMap<String, Edges> {
    let mut found = BTreeMap::new();
    let usual = |i| usual_row(table, i);
    for constraint in table.constraints.values() {
        let ConstraintKind::Check(check) = &constraint.kind else { continue };
        let fits = |i| value_of(table, &usual(i), check).map(|value| truth(&value) != Some(false));
        let columns: Vec<String> = check.columns().into_iter().collect();
        let [column] = columns.as_slice() else { continue };
        if key.contains(column) && !(0..2).all(|i| fits(i).unwrap_or(true)) {
            let (mut inside, _) = both_sides(table, check, column);
            inside.dedup();
            found.insert(column.clone(), (inside, None));
        }
    }
    found
}

/// The row that a table would have if nothing held values back.
fn usual_row(table: &Table, i: usize) -> Vec<Value> {
    table.columns.iter().map(|c| typed(&c.ty, i, false)).collect()
}

/// For each column by which a partitioned table tells its partitions apart, a value of each, then another.
fn of_parts(schema: &Schema, (name, table): (&QName, &Table)) -> BTreeMap<String, Edges> {
    let mut all: BTreeMap<String, Vec<Vec<Value>>> = BTreeMap::new();
    for child in schema.children(name) {
        let of = schema.table(&child).and_then(Table::partition_of);
        let Some((_, bounds)) = of.filter(|(of, _)| of == name) else { continue };
        let Bound::Where(check) = schema.bound(name, &child, &bounds) else { continue };
        for column in check.columns() {
            let (inside, _) = both_sides(table, &check, &column);
            all.entry(column).or_default().push(inside);
        }
    }
    let in_turn = |parts: Vec<Vec<Value>>| {
        let longest = parts.iter().map(Vec::len).max().unwrap_or_default();
        let mut values: Vec<Value> = Vec::new();
        for value in (0..longest).flat_map(|i| parts.iter().filter_map(move |part| part.get(i))) {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        (values, None)
    };
    all.into_iter().map(|(column, parts)| (column, in_turn(parts))).collect()
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

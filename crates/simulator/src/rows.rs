//! One write to one row, as the server does it: defaults, sync triggers, NOT NULL, CHECK. What
//! needs other rows (UNIQUE, FOREIGN KEY) is in `keys`. Must not know who writes.

use planner::expr::Expr;
use planner::op::effect::Refusal;
use planner::schema::{Column, Constraint, ConstraintKind, Table};
use planner::sync::{Assignment, SyncRule};

use crate::eval::{Around, Find, eval, eval_around, truth};
use crate::model::{Answer, refusal};
use crate::types::{assign, cast};
use crate::value::Value;

/// A column's value in a row.
pub(crate) fn get(table: &Table, values: &[Value], column: &str) -> Value {
    let at = table.columns.iter().position(|c| c.name == column);
    at.and_then(|i| values.get(i)).cloned().unwrap_or(Value::Null)
}

fn put(table: &Table, values: &mut [Value], column: &str, value: Value) -> Answer<()> {
    let Some(at) = table.columns.iter().position(|c| c.name == column) else {
        return Err(refusal("42703", format!("record \"new\" has no field \"{column}\"")));
    };
    values[at] = assign(value, &table.columns[at].ty)?;
    Ok(())
}

/// INSERT: `given` by column, the others by default; triggers and constraints as on the server.
pub(crate) fn insert(
    table: &Table,
    given: &[(String, Value)],
    around: &Around<'_>,
) -> Answer<Vec<Value>> {
    for (column, _) in given {
        let Some(column) = table.column(column) else { return Err(no_column(around, column)) };
        if column.generated.is_some() || column.identity.as_deref() == Some("always") {
            let message =
                format!("cannot insert a non-DEFAULT value into column \"{}\"", column.name);
            return Err(refusal("428C9", message));
        }
    }
    let values = insert_plain(table, given, around)?;
    finish(table, None, values, around)
}

/// The row that an INSERT brings, before triggers and constraints.
pub(crate) fn insert_plain(
    table: &Table,
    given: &[(String, Value)],
    around: &Around<'_>,
) -> Answer<Vec<Value>> {
    let left_out = |column: &Column| match (&column.default, around.number) {
        (Some(default), _) => eval(default, &|_| Value::Null),
        (None, Some(number)) if column.identity.is_some() => Ok(number(&column.name)),
        (None, None) if column.identity.is_some() => {
            Ok(Value::Term("nextval".to_owned(), Vec::new()))
        }
        (None, _) => Ok(Value::Null),
    };
    let mut values = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let value = match given.iter().find(|(c, _)| *c == column.name) {
            Some((_, value)) => value.clone(),
            None => left_out(column)?,
        };
        values.push(assign(value, &column.ty)?);
    }
    Ok(values)
}

/// UPDATE: `given` by column, the others as they are.
pub(crate) fn update(
    table: &Table,
    before: &[Value],
    given: &[(String, Value)],
    around: &Around<'_>,
) -> Answer<Vec<Value>> {
    let mut values = before.to_vec();
    for (name, value) in given {
        let Some(column) = table.column(name) else { return Err(no_column(around, name)) };
        if column.generated.is_some() || column.identity.as_deref() == Some("always") {
            let message = format!("column \"{name}\" can only be updated to DEFAULT");
            return Err(refusal("428C9", message));
        }
        put(table, &mut values, name, value.clone())?;
    }
    finish(table, Some(before), values, around)
}

fn no_column(around: &Around<'_>, column: &str) -> Refusal {
    let relation = around.relation;
    refusal("42703", format!("column \"{column}\" of relation \"{relation}\" does not exist"))
}

/// BEFORE triggers, then constraints.
fn finish(
    table: &Table,
    before: Option<&[Value]>,
    mut values: Vec<Value>,
    around: &Around<'_>,
) -> Answer<Vec<Value>> {
    for rule in table.triggers.values() {
        if rule.fills {
            fill(table, rule, before, &mut values, around.find)?;
        } else {
            sync(table, rule, before, &mut values)?;
        }
    }
    check(table, &values, around)?;
    Ok(values)
}

/// The sync trigger, line by line as its function is written.
fn sync(
    table: &Table,
    rule: &SyncRule,
    before: Option<&[Value]>,
    values: &mut [Value],
) -> Answer<()> {
    if rule.down.is_empty() {
        return assign_side(table, &rule.up, values);
    }
    let wrote = |side: &[Assignment], values: &[Value]| -> Answer<bool> {
        for a in side {
            let now = get(table, values, &a.column);
            let then = match before {
                Some(before) => get(table, before, &a.column),
                None => match &a.default {
                    Some(default) => cast(eval(default, &|_| Value::Null)?, &a.ty)?,
                    None => Value::Null,
                },
            };
            if !now.same(&then) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let new_wrote = wrote(&rule.up, values)?;
    let old_wrote = before.is_none() || wrote(&rule.down, values)?;
    if new_wrote && disagree(table, &rule.up, values)? {
        assign_side(table, &rule.down, values)
    } else if old_wrote {
        assign_side(table, &rule.up, values)
    } else {
        Ok(())
    }
}

/// The same of a rule that fills in what is left out, and again where its grounds change.
fn fill(
    table: &Table,
    rule: &SyncRule,
    before: Option<&[Value]>,
    values: &mut [Value],
    find: Find<'_>,
) -> Answer<()> {
    for a in &rule.up {
        let changed = |column: &str| {
            before.is_some_and(|b| !get(table, b, column).same(&get(table, values, column)))
        };
        let grounds = a.value.columns().iter().any(|column| changed(column));
        if get(table, values, &a.column) == Value::Null || (!changed(&a.column) && grounds) {
            let value = value_around(table, values, &a.value, find)?;
            put(table, values, &a.column, value)?;
        }
    }
    Ok(())
}

fn assign_side(table: &Table, side: &[Assignment], values: &mut [Value]) -> Answer<()> {
    for a in side {
        let value = value_of(table, values, &a.value)?;
        put(table, values, &a.column, value)?;
    }
    Ok(())
}

/// Whether some column of the side differs from its value over the other side.
pub(crate) fn disagree(table: &Table, side: &[Assignment], values: &[Value]) -> Answer<bool> {
    for a in side {
        if !get(table, values, &a.column).same(&value_of(table, values, &a.value)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An expression over a row, with rows of other tables to look up.
pub(crate) fn value_around(
    table: &Table,
    values: &[Value],
    expr: &Expr,
    find: Find<'_>,
) -> Answer<Value> {
    eval_around(expr, &|column| get(table, values, column), find)
}

/// An expression over a row.
pub(crate) fn value_of(table: &Table, values: &[Value], expr: &Expr) -> Answer<Value> {
    eval(expr, &|column| get(table, values, column))
}

/// Whether a condition is true of a row.
pub(crate) fn is_true(table: &Table, values: &[Value], condition: &Expr) -> Answer<bool> {
    Ok(truth(&value_of(table, values, condition)?) == Some(true))
}

/// NOT NULL and CHECK, validated or not: every row that is written must satisfy them.
pub(crate) fn check(table: &Table, values: &[Value], around: &Around<'_>) -> Answer<()> {
    let part = || around.part.and_then(|part| part(values));
    let relation = || part().unwrap_or_else(|| around.relation.to_owned());
    let null_in = |column: &str| {
        let message = format!(
            "null value in column \"{column}\" of relation \"{}\" violates not-null constraint",
            relation()
        );
        Err(refusal("23502", message))
    };
    for (column, value) in table.columns.iter().zip(values) {
        // What is generated is not interpreted.
        if *value != Value::Null || column.generated.is_some() {
            continue;
        }
        let also = |c: &Constraint| c.kind == ConstraintKind::NotNull(column.name.clone());
        if column.not_null || table.constraints.values().any(also) {
            return null_in(&column.name);
        }
    }
    if let Some(name) = broken_check(table, values)? {
        let message =
            format!("new row for relation \"{}\" violates check constraint \"{name}\"", relation());
        return Err(refusal("23514", message));
    }
    Ok(())
}

/// The first CHECK that the row breaks.
pub(crate) fn broken_check<'a>(table: &'a Table, values: &[Value]) -> Answer<Option<&'a str>> {
    for (name, constraint) in &table.constraints {
        let ConstraintKind::Check(expr) = &constraint.kind else { continue };
        if truth(&value_of(table, values, expr)?) == Some(false) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

//! One write to one row, as the server does it: defaults, sync triggers, NOT NULL, CHECK. What
//! needs other rows (UNIQUE, FOREIGN KEY) is in `keys`. Must not know who writes.

use planner::expr::Expr;
use planner::schema::{ConstraintKind, Table};
use planner::sync::{Assignment, SyncRule};

use crate::eval::{Find, cast, eval, eval_around, truth};
use crate::model::{Answer, refusal};
use crate::value::Value;

/// A column's value in a row.
pub(crate) fn get(table: &Table, values: &[Value], column: &str) -> Value {
    let at = table.columns.iter().position(|c| c.name == column);
    at.and_then(|i| values.get(i)).cloned().unwrap_or(Value::Null)
}

fn put(table: &Table, values: &mut [Value], column: &str, value: Value) -> Answer<()> {
    let Some(at) = table.columns.iter().position(|c| c.name == column) else {
        return Err(refusal("42703", format!("column \"{column}\" does not exist")));
    };
    values[at] = cast(value, &table.columns[at].ty)?;
    Ok(())
}

/// INSERT: `given` by column, the others by default; triggers and constraints as on the server.
pub(crate) fn insert(
    table: &Table,
    given: &[(String, Value)],
    find: Find<'_>,
) -> Answer<Vec<Value>> {
    let values = insert_plain(table, given)?;
    finish(table, None, values, find)
}

/// The row that an INSERT brings, before triggers and constraints.
pub(crate) fn insert_plain(table: &Table, given: &[(String, Value)]) -> Answer<Vec<Value>> {
    let mut values = table
        .columns
        .iter()
        .map(|c| c.default.as_ref().map_or(Ok(Value::Null), |d| eval(d, &|_| Value::Null)))
        .collect::<Answer<Vec<_>>>()?;
    for (column, value) in given {
        put(table, &mut values, column, value.clone())?;
    }
    Ok(values)
}

/// UPDATE: `given` by column, the others as they are.
pub(crate) fn update(
    table: &Table,
    before: &[Value],
    given: &[(String, Value)],
    find: Find<'_>,
) -> Answer<Vec<Value>> {
    let mut values = before.to_vec();
    for (column, value) in given {
        put(table, &mut values, column, value.clone())?;
    }
    finish(table, Some(before), values, find)
}

/// BEFORE triggers, then constraints.
fn finish(
    table: &Table,
    before: Option<&[Value]>,
    mut values: Vec<Value>,
    find: Find<'_>,
) -> Answer<Vec<Value>> {
    for rule in table.triggers.values() {
        if rule.fills {
            fill(table, rule, before, &mut values, find)?;
        } else {
            sync(table, rule, before, &mut values)?;
        }
    }
    check(table, &values)?;
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
        return assign(table, &rule.up, values);
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
        assign(table, &rule.down, values)
    } else if old_wrote {
        assign(table, &rule.up, values)
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

fn assign(table: &Table, side: &[Assignment], values: &mut [Value]) -> Answer<()> {
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
pub(crate) fn check(table: &Table, values: &[Value]) -> Answer<()> {
    for (column, value) in table.columns.iter().zip(values) {
        if column.not_null && *value == Value::Null {
            return Err(null_in(&column.name));
        }
    }
    for (name, constraint) in &table.constraints {
        match &constraint.kind {
            ConstraintKind::Check(expr) => {
                if truth(&value_of(table, values, expr)?) == Some(false) {
                    return Err(refusal(
                        "23514",
                        format!("new row violates check constraint \"{name}\""),
                    ));
                }
            }
            ConstraintKind::NotNull(column) => {
                if get(table, values, column) == Value::Null {
                    return Err(null_in(column));
                }
            }
            ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Unique(_)
            | ConstraintKind::ForeignKey(_)
            | ConstraintKind::Other(..) => {}
        }
    }
    Ok(())
}

fn null_in(column: &str) -> planner::op::effect::Refusal {
    refusal("23502", format!("null value in column \"{column}\" violates not-null constraint"))
}

//! UPDATE and DELETE of one table as written; anything that joins or returns rows is carried.

use super::cursor::{Cursor, Read};
use super::expr;
use super::statement::Parsed;
use crate::expr::Expr;

/// UPDATE of one table; anything with FROM, RETURNING or row assignments is carried.
pub(super) fn update(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    cursor.expect("UPDATE")?;
    cursor.eat("ONLY");
    let table = cursor.name("a table name")?;
    let aliased = cursor.eat("AS") || !cursor.is(0, "SET");
    if aliased {
        cursor.strict_ident("SET")?;
    }
    cursor.expect("SET")?;
    let mut set = Vec::new();
    loop {
        if cursor.is_symbol(0, b'(') {
            return Ok(Parsed::unknown(table.name));
        }
        let column = cursor.strict_ident("a column name")?;
        if !cursor.eat_operator("=") {
            return Err(cursor.expected("`=`"));
        }
        let (from, to) = cursor
            .skip_until(|c| c.is_symbol(0, b',') || c.is_any(0, &["WHERE", "FROM", "RETURNING"]));
        // `IS DISTINCT FROM` has a FROM that begins no clause.
        let to = distinct_from(cursor, from, to);
        if from == to {
            return Err(cursor.expected("a value"));
        }
        set.push((column, expr::read(cursor.slice(from, to))));
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    if cursor.is_any(0, &["FROM", "RETURNING"]) {
        return Ok(Parsed::unknown(table.name));
    }
    match filter(cursor)? {
        Some(filter) => Ok(Parsed::Update { table, set, filter }),
        None => Ok(Parsed::unknown(table.name)),
    }
}

fn distinct_from(cursor: &mut Cursor<'_>, from: usize, mut to: usize) -> usize {
    while cursor.is(0, "FROM") && to > from && (Cursor { at: to - 1, ..*cursor }).is(0, "DISTINCT")
    {
        cursor.at += 1;
        to = cursor
            .skip_until(|c| c.is_symbol(0, b',') || c.is_any(0, &["WHERE", "FROM", "RETURNING"]))
            .1;
    }
    to
}

/// `[WHERE …]` up to the end; the outer `None` where something else follows.
fn filter(cursor: &mut Cursor<'_>) -> Read<Option<Option<Expr>>> {
    if cursor.done() {
        return Ok(Some(None));
    }
    cursor.expect("WHERE")?;
    let (from, to) = cursor.skip_until(|c| c.is(0, "RETURNING"));
    if from == to {
        return Err(cursor.expected("a condition"));
    }
    if cursor.is(0, "RETURNING") || cursor.sees("CURRENT OF") {
        return Ok(None);
    }
    cursor.end()?;
    Ok(Some(Some(expr::read(cursor.slice(from, to)))))
}

pub(super) fn delete(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    cursor.eat("ONLY");
    let table = cursor.name("a table name")?;
    if cursor.eat("AS") || (!cursor.done() && !cursor.is_any(0, &["WHERE", "USING", "RETURNING"])) {
        cursor.strict_ident("WHERE")?;
    }
    if cursor.is_any(0, &["USING", "RETURNING"]) {
        return Ok(Parsed::unknown(table.name));
    }
    match filter(cursor)? {
        Some(filter) => Ok(Parsed::Delete { table, filter }),
        None => Ok(Parsed::unknown(table.name)),
    }
}

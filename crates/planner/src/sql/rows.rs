//! UPDATE, DELETE and INSERT … SELECT of one table as written; anything that joins or returns rows is
//! carried.

use super::cursor::{Cursor, Read};
use super::expr;
use super::statement::{InsertSelect, Parsed};
use crate::expr::Expr;

/// UPDATE of one table; anything with FROM, RETURNING, rows or parts of values is carried.
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
        if cursor.is_symbol(0, b'.') || cursor.is_symbol(0, b'[') {
            return Ok(Parsed::unknown(table.name));
        }
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

/// Words that make a SELECT more than a filter over one table.
const MORE: [&str; 16] = [
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "WINDOW",
    "FOR",
    "RETURNING",
    "JOIN",
    "LEFT",
    "CROSS",
    "NATURAL",
];

/// `INSERT INTO t [(…)] SELECT … FROM u [AS a] [WHERE …]`; `None` where it is more than that.
pub(super) fn insert(cursor: &mut Cursor<'_>) -> Option<Parsed> {
    let start = cursor.at;
    let found = select_into(cursor);
    if found.is_none() {
        cursor.at = start;
    }
    found.map(|insert| Parsed::InsertSelect(Box::new(insert)))
}

fn select_into(cursor: &mut Cursor<'_>) -> Option<InsertSelect> {
    cursor.expect("INSERT INTO").ok()?;
    let table = cursor.name("a table name").ok()?;
    let columns = if cursor.is_symbol(0, b'(') { Some(cursor.columns().ok()?) } else { None };
    cursor.expect("SELECT").ok()?;
    if cursor.is_any(0, &["DISTINCT", "ALL"]) {
        return None;
    }
    let mut values = Vec::new();
    loop {
        values.push(selected(cursor)?);
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    cursor.expect("FROM").ok()?;
    cursor.eat("ONLY");
    let from = cursor.name("a table name").ok()?;
    if cursor.eat("AS") || (!cursor.done() && !cursor.is(0, "WHERE") && !is_more(cursor)) {
        cursor.strict_ident("an alias").ok()?;
    }
    let filter = if cursor.eat("WHERE") {
        let (begin, end) = cursor.skip_until(|c| is_more(c) || c.is(0, "ON"));
        if begin == end {
            return None;
        }
        Some(expr::read(cursor.slice(begin, end)))
    } else {
        None
    };
    cursor.eat("ON CONFLICT DO NOTHING");
    cursor.done().then_some(InsertSelect { table, columns, values, from, filter })
}

/// An output column without its name; a star is no expression.
fn selected(cursor: &mut Cursor<'_>) -> Option<Expr> {
    let ends = |c: &Cursor<'_>| c.is_symbol(0, b',') || c.is_any(0, &["FROM", "AS"]);
    let (begin, end) = cursor.skip_until(ends);
    // `IS DISTINCT FROM` has a FROM that begins no clause.
    let end = distinct_from_selected(cursor, begin, end);
    if begin == end || cursor.slice(begin, end).ends_with('*') {
        return None;
    }
    let value = expr::read(cursor.slice(begin, end));
    if cursor.eat("AS") {
        cursor.ident("a name").ok()?;
    }
    Some(value)
}

fn distinct_from_selected(cursor: &mut Cursor<'_>, begin: usize, mut end: usize) -> usize {
    while cursor.is(0, "FROM")
        && end > begin
        && (Cursor { at: end - 1, ..*cursor }).is(0, "DISTINCT")
    {
        cursor.at += 1;
        end = cursor.skip_until(|c| c.is_symbol(0, b',') || c.is_any(0, &["FROM", "AS"])).1;
    }
    end
}

fn is_more(cursor: &Cursor<'_>) -> bool {
    cursor.is_symbol(0, b',') || cursor.is_any(0, &MORE)
}

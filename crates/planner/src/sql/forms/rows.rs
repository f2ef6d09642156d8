//! Statements on rows: SELECT, INSERT, UPDATE, DELETE, COPY. Must not know facts.

use super::alter_table::parents;
use super::create::queried;
use super::{Found, Known};
use crate::engine::postgres::{Form, Role, Subject, keys_of_column};
use crate::name::QName;
use crate::sql::cursor::Cursor;

/// Reads from the first word; no subject where it begins no statement on rows.
pub(super) fn read(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    if cursor.eat("INSERT INTO") {
        let table = known.relation(cursor.name("a table name")?)?;
        let reads = reads(cursor, known, &table);
        let subject = Subject::new(Form::Insert, Some(table.clone()));
        let subject = subject.with(Role::Parents, parents(known, &table)).with(Role::Reads, reads);
        Ok(vec![subject.only(&[Role::Reads])])
    } else if cursor.eat("UPDATE") {
        update(cursor, known)
    } else if cursor.eat("DELETE FROM") {
        cursor.eat("ONLY");
        let table = known.relation(cursor.name("a table name")?)?;
        cursor.skip_until(|c| c.is(0, "USING"));
        let reads = using(cursor, known, &table);
        let children = known.children(&table);
        let subject = Subject::new(Form::WholeTableWrite, Some(table));
        let subject = subject.with(Role::Children, children).with(Role::Reads, reads);
        Ok(vec![subject.only(&[Role::Parents, Role::Reads])])
    } else if cursor.eat("COPY") {
        copy(cursor, known)
    } else if cursor.is_any(0, &["SELECT", "TABLE"]) {
        select(cursor, known)
    } else {
        Ok(Vec::new())
    }
}

/// What the rest of a statement reads beside its own table.
fn reads(cursor: &Cursor<'_>, known: &Known<'_>, table: &QName) -> Vec<QName> {
    known.reads(&queried(cursor)).into_iter().filter(|name| name != table).collect()
}

/// `USING a, b`: spelled like FROM.
fn using(cursor: &mut Cursor<'_>, known: &Known<'_>, table: &QName) -> Vec<QName> {
    let mut found = reads(cursor, known, table);
    if cursor.eat("USING") {
        while let Ok(name) = cursor.name("a table name") {
            found.extend(known.reads(&[name.name]).into_iter().filter(|name| name != table));
            cursor.skip_until(|c| c.is_symbol(0, b',') || c.is_any(0, &["WHERE", "RETURNING"]));
            if !cursor.eat_symbol(b',') {
                break;
            }
        }
    }
    found
}

fn update(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    cursor.eat("ONLY");
    let table = known.relation(cursor.name("a table name")?)?;
    cursor.skip_until(|c| c.is(0, "SET"));
    cursor.expect("SET")?;
    let mut columns = Vec::new();
    loop {
        if let Ok(column) = cursor.ident("a column name") {
            columns.push(column.name);
        }
        cursor.skip_until(|c| c.is_symbol(0, b',') || c.is_any(0, &["WHERE", "FROM", "RETURNING"]));
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    let reads = reads(cursor, known, &table);
    let mut subject = Subject::new(Form::WholeTableWrite, Some(table.clone()));
    for column in &columns {
        let (parents, children) = keys_of_column(known.schema, &table, column);
        subject = subject.with(Role::Parents, parents).with(Role::Children, children);
    }
    Ok(vec![subject.with(Role::Reads, reads).only(&[Role::Reads])])
}

fn copy(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    if cursor.is_symbol(0, b'(') {
        let (from, to) = cursor.parens()?;
        return select(&mut cursor.part(from, to), known);
    }
    let table = known.relation(cursor.name("a table name")?)?;
    if cursor.is_symbol(0, b'(') {
        cursor.parens()?;
    }
    if cursor.eat("FROM") {
        let parents = parents(known, &table);
        return Ok(vec![Subject::new(Form::CopyFrom, Some(table)).with(Role::Parents, parents)]);
    }
    cursor.expect("TO")?;
    Ok(vec![Subject::new(Form::CopyTo, Some(table))])
}

fn select(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    let locks = |at: usize| {
        let here = Cursor { at, ..*cursor };
        here.is(0, "FOR") && here.is_any(1, &["UPDATE", "SHARE", "NO", "KEY"])
    };
    let locking = (0..cursor.tokens.len()).any(locks);
    let form = if locking { Form::SelectForUpdate } else { Form::Select };
    let named = queried(cursor);
    for name in &named {
        known.relation(placed(cursor, name))?;
    }
    let found: Vec<Subject> = known
        .reads(&named)
        .into_iter()
        .map(|name| Subject::new(form, Some(name)).only(&[Role::Reads]))
        .collect();
    if found.is_empty() {
        return Ok(vec![Subject::new(Form::NoTable, None)]);
    }
    Ok(found)
}

/// A name with the place of the whole query, for a complaint.
fn placed(cursor: &Cursor<'_>, name: &QName) -> crate::sql::cursor::PlacedName {
    let span = cursor.span(cursor.at, cursor.tokens.len());
    crate::sql::cursor::PlacedName { name: name.clone(), span }
}

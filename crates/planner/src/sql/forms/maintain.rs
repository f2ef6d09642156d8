//! TRUNCATE, CLUSTER, VACUUM, ANALYZE, REINDEX, REFRESH and LOCK. Must not know facts.

use super::{Found, Known, Stop, sequence};
use crate::engine::lock::MODES;
use crate::engine::postgres::{Form, Role, Subject};
use crate::name::QName;
use crate::sql::cursor::Cursor;

/// Reads from the first word.
pub(super) fn read(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    if cursor.eat("TRUNCATE") {
        truncate(cursor, known)
    } else if cursor.eat("CLUSTER") {
        options(cursor)?;
        cursor.eat("VERBOSE");
        let table = one_table(cursor, known)?;
        let partitioned = known.is_partitioned(&table);
        let form = if partitioned { Form::ClusterPartitioned } else { Form::Cluster };
        Ok(vec![Subject::new(form, Some(table))])
    } else if cursor.eat("VACUUM") {
        vacuum(cursor, known)
    } else if cursor.eat("ANALYZE") || cursor.eat("ANALYSE") {
        options(cursor)?;
        cursor.eat("VERBOSE");
        tables(cursor, known, Form::Analyze)
    } else if cursor.eat("REINDEX") {
        reindex(cursor, known)
    } else if cursor.eat("REFRESH MATERIALIZED VIEW") {
        refresh(cursor, known)
    } else if cursor.eat("LOCK") {
        lock(cursor, known)
    } else {
        Ok(Vec::new())
    }
}

/// `(option, option value)`: whether one that has a bearing on locks is switched on.
fn options(cursor: &mut Cursor<'_>) -> Result<(bool, bool), Stop> {
    if !cursor.is_symbol(0, b'(') {
        return Ok((false, false));
    }
    let (from, to) = cursor.parens()?;
    let on = |word: &str| {
        (from..to).any(|at| {
            let here = Cursor { at, ..*cursor };
            here.is(0, word) && !here.is_any(1, &["FALSE", "OFF"])
        })
    };
    Ok((on("FULL"), on("CONCURRENTLY")))
}

/// The one table that is named; without one, all are.
fn one_table(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Result<QName, Stop> {
    if cursor.done() {
        let span = cursor.span(0, cursor.tokens.len());
        let message = "this works on every table, one after the other".to_owned();
        return Err(known.refuse("no-facts", span, message, "name one table, and ask about that"));
    }
    known.relation(cursor.name("a table name")?)
}

fn tables(cursor: &mut Cursor<'_>, known: &mut Known<'_>, form: Form) -> Found {
    let mut subjects = Vec::new();
    loop {
        cursor.eat("ONLY");
        subjects.push(Subject::new(form, Some(one_table(cursor, known)?)));
        if cursor.is_symbol(0, b'(') {
            cursor.parens()?;
        }
        if !cursor.eat_symbol(b',') {
            cursor.end()?;
            return Ok(subjects);
        }
    }
}

fn truncate(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    cursor.eat("TABLE");
    let (mut names, mut subjects) = (Vec::new(), Vec::new());
    loop {
        let only = cursor.eat("ONLY");
        names.push((known.relation(cursor.name("a table name")?)?, only));
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    let restart = cursor.eat("RESTART IDENTITY");
    cursor.eat("CONTINUE IDENTITY");
    let cascade = cursor.eat("CASCADE");
    for (name, only) in names {
        let mut closed = Vec::new();
        closed.extend((!cascade).then_some(Role::Children));
        closed.extend((!restart).then_some(Role::Sequences));
        closed.extend(only.then_some(Role::Partitions));
        let children = if cascade { known.children(&name) } else { Vec::new() };
        let sequences = if restart { sequence::of_column(known, &name, None) } else { Vec::new() };
        subjects.push(
            Subject::new(Form::Truncate, Some(name))
                .with(Role::Children, children)
                .with(Role::Sequences, sequences)
                .only(&closed),
        );
    }
    Ok(subjects)
}

fn vacuum(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    let (mut full, _) = options(cursor)?;
    full |= cursor.eat("FULL");
    for word in ["FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"] {
        cursor.eat(word);
    }
    tables(cursor, known, if full { Form::VacuumFull } else { Form::Vacuum })
}

fn reindex(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    let (_, mut concurrently) = options(cursor)?;
    let index = cursor.eat("INDEX");
    if !index && !cursor.eat("TABLE") {
        let span = cursor.span(0, cursor.tokens.len());
        let message = "this works on many tables, one after the other".to_owned();
        return Err(known.refuse("no-facts", span, message, "ask about REINDEX TABLE of one"));
    }
    concurrently |= cursor.eat("CONCURRENTLY");
    let name = cursor.name(if index { "an index name" } else { "a table name" })?;
    let table =
        if index { known.table_of_index(&name.name) } else { Some(known.relation(name.clone())?) };
    let partitioned = table.as_ref().is_some_and(|table| known.is_partitioned(table));
    known.assume("the table is taken not to be partitioned");
    let form = match (concurrently, partitioned, index) {
        (true, ..) => Form::ReindexConcurrently,
        (false, true, _) => Form::ReindexPartitioned,
        (false, false, true) => Form::ReindexIndex,
        (false, false, false) => Form::ReindexTable,
    };
    Ok(vec![if index { known.on_index(form, name.name) } else { Subject::new(form, table) }])
}

fn refresh(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    let concurrently = cursor.eat("CONCURRENTLY");
    let view = known.relation(cursor.name("a view name")?)?;
    if cursor.sees("WITH NO DATA") {
        return Ok(vec![Subject::new(Form::RefreshNoData, Some(view))]);
    }
    let form = if concurrently { Form::RefreshConcurrently } else { Form::Refresh };
    let reads = known.schema.views.get(&view).map(|v| v.reads.clone()).unwrap_or_default();
    let reads = known.reads(&reads);
    Ok(vec![Subject::new(form, Some(view)).with(Role::Reads, reads)])
}

fn lock(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    cursor.eat("TABLE");
    let mut subjects = Vec::new();
    loop {
        cursor.eat("ONLY");
        let table = known.relation(cursor.name("a table name")?)?;
        subjects.push(Subject::new(Form::LockTable, Some(table)));
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    if cursor.eat("IN") {
        let mode = MODES.into_iter().rev().find(|mode| cursor.sees(mode.name()));
        let Some(mode) = mode else { return Err(cursor.expected("a lock mode").into()) };
        for subject in &mut subjects {
            subject.mode = Some(mode);
        }
    }
    Ok(subjects)
}

//! CREATE of anything. Must not know facts.

use super::{Found, Known, Stop, any_name, partition};
use crate::engine::postgres::{Form, Role, Subject, index_form};
use crate::name::QName;
use crate::sql::cursor::Cursor;
use crate::sql::table::NewTable;
use crate::sql::token::Kind;
use crate::sql::{index, table, view};

/// Reads from after CREATE.
pub(super) fn read(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    let or_replace = cursor.eat("OR REPLACE");
    let unlogged = cursor.eat("UNLOGGED");
    let _ours_alone = cursor.eat("TEMP") || cursor.eat("TEMPORARY");
    if cursor.eat("TABLE") {
        return create_table(cursor, known, unlogged);
    }
    let unique = cursor.eat("UNIQUE");
    if cursor.eat("INDEX") {
        return create_index(cursor, known, unique);
    }
    let materialized = cursor.eat("MATERIALIZED");
    if cursor.eat("VIEW") {
        return create_view(cursor, known, (or_replace, materialized));
    }
    if cursor.eat("TRIGGER") || cursor.eat("CONSTRAINT TRIGGER") {
        cursor.ident("a trigger name")?;
        cursor.skip_until(|c| c.is(0, "ON"));
        return on_table(cursor, known, Form::CreateTrigger);
    }
    if cursor.eat("POLICY") {
        cursor.ident("a policy name")?;
        let mut found = on_table(cursor, known, Form::Policy)?;
        let reads = known.reads(&queried(cursor));
        found = found
            .into_iter()
            .map(|s| s.with(Role::Reads, reads.clone()).only(&[Role::Reads]))
            .collect();
        return Ok(found);
    }
    if cursor.eat("RULE") {
        cursor.ident("a rule name")?;
        cursor.skip_until(|c| c.is(0, "TO"));
        cursor.expect("TO")?;
        let relation = known.relation(cursor.name("a table name")?)?;
        return Ok(vec![Subject::new(Form::Rule, Some(relation))]);
    }
    if cursor.eat("STATISTICS") {
        cursor.skip_until(|c| c.is(0, "FROM"));
        cursor.expect("FROM")?;
        let table = known.relation(cursor.name("a table name")?)?;
        return Ok(vec![Subject::new(Form::CreateStatistics, Some(table))]);
    }
    if cursor.eat("SEQUENCE") {
        let owner = owner(cursor, known)?;
        let subject = Subject::new(Form::CreateSequence, None).with(Role::OwnerTable, owner);
        return Ok(vec![subject.only(&[Role::OwnerTable])]);
    }
    if cursor.eat("PUBLICATION") {
        cursor.ident("a publication name")?;
        return published(cursor, known);
    }
    other(cursor)
}

/// What locks no relation.
fn other(cursor: &mut Cursor<'_>) -> Found {
    for (words, form) in [
        (&["FUNCTION", "PROCEDURE", "AGGREGATE"][..], Form::Routine),
        (&["TYPE"], Form::CreateType),
        (&["DOMAIN"], Form::AlterDomain),
        (&["SCHEMA", "EXTENSION", "ROLE", "USER", "GROUP", "DATABASE"], Form::Container),
    ] {
        if cursor.is_any(0, words) {
            return Ok(vec![Subject::new(form, None)]);
        }
    }
    Ok(Vec::new())
}

/// `ON table`.
pub(super) fn on_table(cursor: &mut Cursor<'_>, known: &mut Known<'_>, form: Form) -> Found {
    cursor.expect("ON")?;
    let table = known.relation(cursor.name("a table name")?)?;
    Ok(vec![Subject::new(form, Some(table))])
}

/// `OWNED BY table.column` somewhere in what is left; none where it is NONE or not said.
pub(super) fn owner(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Result<Option<QName>, Stop> {
    cursor.skip_until(|c| c.sees("OWNED BY"));
    if !cursor.eat("OWNED BY") || cursor.is(0, "NONE") {
        return Ok(None);
    }
    let mut parts = vec![cursor.ident("a column name")?];
    while cursor.eat_symbol(b'.') {
        parts.push(cursor.ident("a column name")?);
    }
    parts.pop();
    let Some(table) = parts.pop() else { return Err(cursor.expected("`.` and a column").into()) };
    let schema = parts.pop().map_or_else(|| cursor.path.to_owned(), |schema| schema.name);
    let placed =
        crate::sql::cursor::PlacedName { name: QName::new(schema, table.name), span: table.span };
    known.relation(placed).map(Some)
}

/// `FOR TABLE a, b` or `ADD TABLE a, b`: the tables, whose publication changes.
pub(super) fn published(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    cursor.skip_until(|c| c.is(0, "TABLE"));
    if !cursor.eat("TABLE") {
        return Ok(vec![Subject::new(Form::PublicationOther, None)]);
    }
    let mut tables = Vec::new();
    loop {
        cursor.eat("ONLY");
        tables.push(known.relation(cursor.name("a table name")?)?);
        cursor.skip_to_comma();
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    let subject = Subject::new(Form::Publication, None).with(Role::Users, tables);
    Ok(vec![subject.only(&[Role::Users])])
}

fn create_table(cursor: &mut Cursor<'_>, known: &mut Known<'_>, unlogged: bool) -> Found {
    let mut ahead = *cursor;
    ahead.eat("IF NOT EXISTS");
    let name = ahead.name("a table name")?.name;
    if ahead.is_symbol(0, b'(') {
        // `CREATE TABLE t (a, b) AS SELECT …` lists names alone.
        let mut after = ahead;
        if after.columns().is_ok() && after.sees("AS") {
            ahead = after;
        }
    }
    let mut as_query = ahead;
    as_query.skip_until(|c| c.is(0, "AS"));
    if !ahead.is_symbol(0, b'(') && !ahead.sees("PARTITION OF") && as_query.eat("AS") {
        let reads = known.reads(&queried(&as_query));
        let subject = Subject::new(Form::CreateTableAs, None).with(Role::Reads, reads);
        return Ok(vec![subject.only(&[Role::Reads])]);
    }
    if ahead.eat("OF") {
        let ty = any_name(&mut ahead, "a type name")?;
        let subject = Subject::new(Form::CreateTable, None).with(Role::Reads, [ty]);
        return Ok(vec![subject.only(&[Role::Parents, Role::Reads])]);
    }
    let new = table::create(cursor, unlogged)?;
    defined(known, &new, &name)
}

fn defined(known: &mut Known<'_>, new: &NewTable, name: &QName) -> Found {
    let inline = new.columns.iter().flat_map(|column| &column.constraints);
    let mut parents = Vec::new();
    for written in new.constraints.iter().chain(inline) {
        if let Some(parent) = written.parent.clone().filter(|parent| parent.name != *name) {
            parents.push(known.relation(parent)?);
        }
    }
    let closed = [Role::Parents, Role::Reads];
    let (mut subjects, mut like) = (Vec::new(), Vec::new());
    let begins = |words: &str| new.partitioning.as_deref().is_some_and(|t| t.starts_with(words));
    for template in &new.templates {
        let named = template.table.clone();
        if begins("PARTITION OF") {
            subjects.push(partition::create(known, new, named)?);
        } else {
            like.push(known.relation(named)?);
        }
    }
    for parent in &new.heir_of {
        let from = known.relation(parent.clone())?;
        let subject = Subject::new(Form::CreateTableInherits, None);
        subjects.push(subject.with(Role::Inherited, [from]));
    }
    if subjects.is_empty() || !parents.is_empty() || !like.is_empty() {
        let subject = Subject::new(Form::CreateTable, None);
        subjects.push(subject.with(Role::Parents, parents).with(Role::Reads, like).only(&closed));
    }
    Ok(subjects)
}

fn create_index(cursor: &mut Cursor<'_>, known: &mut Known<'_>, unique: bool) -> Found {
    let mut ahead = *cursor;
    ahead.skip_until(|c| c.is(0, "ON"));
    let only = ahead.eat("ON ONLY");
    let new = index::create(cursor, unique)?;
    let table = known.relation(new.table)?;
    let partitioned = known.is_partitioned(&table) || (only && !known.given);
    let form = match (new.concurrently, only && partitioned) {
        (true, _) => Form::CreateIndexConcurrently,
        (false, true) => Form::CreateIndexOnly,
        (false, false) => index_form(known.schema, &table, &new.index),
    };
    Ok(vec![Subject::new(form, Some(table))])
}

fn create_view(
    cursor: &mut Cursor<'_>,
    known: &mut Known<'_>,
    (or_replace, materialized): (bool, bool),
) -> Found {
    let tokens = *cursor;
    let new = view::create(cursor, or_replace, materialized)?;
    let empty = (0..tokens.tokens.len()).any(|at| Cursor { at, ..tokens }.sees("WITH NO DATA"));
    let named: Vec<QName> = new.reads.iter().map(|(name, _)| name.clone()).collect();
    let there = known.schema.views.contains_key(&new.name.name);
    if or_replace {
        known.assume("the view is taken to be there");
    }
    let (form, target) = match (materialized, or_replace && (there || !known.given)) {
        (true, _) if !empty => (Form::CreateMaterializedView, None),
        (false, true) => (Form::ReplaceView, Some(new.name.name)),
        (true | false, _) => (Form::CreateView, None),
    };
    let direct = |name: &QName| {
        !known.given
            || known.schema.tables.contains_key(name)
            || known.schema.views.contains_key(name)
    };
    let reads = if form == Form::CreateMaterializedView {
        known.reads(&named)
    } else {
        named.into_iter().filter(direct).collect()
    };
    Ok(vec![Subject::new(form, target).with(Role::Reads, reads).only(&[Role::Reads])])
}

/// Relations named after FROM and JOIN in what is left.
pub(super) fn queried(cursor: &Cursor<'_>) -> Vec<QName> {
    let mut named = view::relations(cursor);
    // `TABLE t` is a query too.
    let first = cursor.peek(0).is_some_and(|token| token.kind == Kind::Word);
    let mut ahead = *cursor;
    if first
        && ahead.eat("TABLE")
        && let Ok(name) = ahead.name("a table name")
    {
        named.push((name.name, true));
    }
    named.into_iter().map(|(name, _)| name).collect()
}

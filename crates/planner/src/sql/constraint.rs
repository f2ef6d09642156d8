//! Table constraints as written, in CREATE TABLE, ADD COLUMN and ADD CONSTRAINT. Names that are left
//! out stay out: `names` chooses them. Must not know the schema.

use super::cursor::{Cursor, Placed, PlacedName, Read};
use super::{expr, object};
use crate::name::quote_list;
use crate::schema::{ConstraintKind, ForeignKey, Key};

/// A constraint as written.
#[derive(Clone, Debug)]
pub(super) struct NewConstraint {
    /// Its name, where it has one.
    pub(super) name: Option<String>,
    /// What it says.
    pub(super) body: Body,
    /// Without NOT VALID.
    pub(super) validated: bool,
    /// Columns of its own table that it lists.
    pub(super) columns: Vec<Placed>,
    /// The referenced table.
    pub(super) parent: Option<PlacedName>,
    /// Columns that become NOT NULL with it.
    pub(super) primary: bool,
    /// ` DEFERRABLE …` of a key that takes an index over.
    pub(super) deferral: String,
    /// Storage options of the index behind a key.
    pub(super) storage: Vec<(String, String)>,
    /// Token range.
    pub(super) tokens: (usize, usize),
}

/// What a constraint says.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// A constraint of its own.
    Kind(ConstraintKind),
    /// `NOT NULL column`: the column's flag, unless NOT VALID.
    NotNull(Placed),
    /// `UNIQUE USING INDEX i`, or PRIMARY KEY.
    UsingIndex(Placed),
}

impl NewConstraint {
    /// The label in PostgreSQL's default name.
    pub(super) fn label(&self) -> &'static str {
        match &self.body {
            Body::Kind(kind) => match kind {
                ConstraintKind::PrimaryKey(_) => "pkey",
                ConstraintKind::Unique(_) => "key",
                ConstraintKind::Check(_) => "check",
                ConstraintKind::ForeignKey(_) => "fkey",
                ConstraintKind::NotNull(_) => "not_null",
                ConstraintKind::Other(text, _) => match text.get(..4) {
                    Some("PRIM") => "pkey",
                    Some("UNIQ") => "key",
                    Some("CHEC") => "check",
                    Some("FORE") => "fkey",
                    Some(_) | None => "excl",
                },
            },
            Body::NotNull(_) => "not_null",
            Body::UsingIndex(_) => "",
        }
    }
}

/// Whether a table constraint begins here.
pub(super) fn begins(cursor: &Cursor<'_>) -> bool {
    cursor.is_any(0, &["CONSTRAINT", "CHECK", "UNIQUE", "FOREIGN"])
        || cursor.sees("PRIMARY KEY")
        // A column may be called so.
        || (cursor.is(0, "EXCLUDE") && (cursor.is(1, "USING") || cursor.is_symbol(1, b'(')))
        || (cursor.sees("NOT NULL") && cursor.peek(2).is_some())
}

/// `[CONSTRAINT name] …`, as an element of CREATE TABLE or after ADD.
pub(super) fn table(cursor: &mut Cursor<'_>) -> Read<NewConstraint> {
    let start = cursor.at;
    let name =
        if cursor.eat("CONSTRAINT") { Some(cursor.ident("a constraint name")?.name) } else { None };
    let mut found = if cursor.eat("NOT NULL") {
        let column = cursor.strict_ident("a column name")?;
        cursor.eat("NO INHERIT");
        NewConstraint { columns: vec![column.clone()], ..of(Body::NotNull(column)) }
    } else {
        body(cursor, None)?
    };
    found.name = name;
    if cursor.eat("NOT VALID") {
        found.validated = false;
    }
    found.tokens = (start, cursor.at);
    Ok(found)
}

/// What stands after the name. With `column`, a column's own constraint: no column list is written.
pub(super) fn body(cursor: &mut Cursor<'_>, column: Option<&Placed>) -> Read<NewConstraint> {
    let start = cursor.at;
    let mut found = if cursor.eat("CHECK") {
        check(cursor)?
    } else if cursor.eat("UNIQUE") {
        key(cursor, column, false)?
    } else if cursor.eat("PRIMARY KEY") {
        key(cursor, column, true)?
    } else if cursor.sees("REFERENCES") && column.is_some() {
        foreign_key(cursor, column.cloned().into_iter().collect())?
    } else if cursor.eat("FOREIGN KEY") {
        if has_period(cursor) {
            verbatim(cursor, start, Vec::new())?
        } else {
            let columns = cursor.columns()?;
            foreign_key(cursor, columns)?
        }
    } else if cursor.eat("EXCLUDE") {
        exclude(cursor, start)?
    } else {
        return Err(cursor.expected("a constraint"));
    };
    found.tokens = (start, cursor.at);
    Ok(found)
}

fn of(body: Body) -> NewConstraint {
    NewConstraint {
        name: None,
        body,
        validated: true,
        columns: Vec::new(),
        parent: None,
        primary: false,
        deferral: String::new(),
        storage: Vec::new(),
        tokens: (0, 0),
    }
}

fn check(cursor: &mut Cursor<'_>) -> Read<NewConstraint> {
    let (from, to) = cursor.parens()?;
    if from == to {
        return Err(cursor.expected("a condition in the parentheses"));
    }
    let text = cursor.slice(from, to);
    let condition = expr::read(text);
    if cursor.eat("NO INHERIT") || cursor.eat("NOT ENFORCED") {
        let columns = condition.columns().into_iter().collect();
        let tail = cursor.slice(cursor.at - 2, cursor.at).to_ascii_uppercase();
        return Ok(of(Body::Kind(ConstraintKind::Other(
            format!("CHECK ({text}) {tail}"),
            columns,
        ))));
    }
    cursor.eat("ENFORCED");
    Ok(of(Body::Kind(ConstraintKind::Check(condition))))
}

/// UNIQUE or PRIMARY KEY, after that word. With anything but plain columns it is kept verbatim.
fn key(cursor: &mut Cursor<'_>, column: Option<&Placed>, primary: bool) -> Read<NewConstraint> {
    let mut extra = String::new();
    if cursor.eat("NULLS NOT DISTINCT") {
        extra += " NULLS NOT DISTINCT";
    } else {
        cursor.eat("NULLS DISTINCT");
    }
    if cursor.eat("USING INDEX") && !cursor.sees("TABLESPACE") {
        let index = cursor.ident("an index name")?;
        let deferral = deferrable(cursor);
        return Ok(NewConstraint { primary, deferral, ..of(Body::UsingIndex(index)) });
    }
    let columns = match column {
        Some(column) => vec![column.clone()],
        None if has_period(cursor) => {
            let start = cursor.at;
            let mut found = verbatim(cursor, start, Vec::new())?;
            if let Body::Kind(ConstraintKind::Other(text, _)) = &mut found.body {
                *text = format!("{}{extra} {text}", if primary { "PRIMARY KEY" } else { "UNIQUE" });
            }
            return Ok(found);
        }
        None => cursor.columns()?,
    };
    let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
    let mut include = String::new();
    if cursor.eat("INCLUDE") {
        let names: Vec<String> = cursor.columns()?.into_iter().map(|c| c.name).collect();
        include = format!(" INCLUDE ({})", quote_list(&names));
    }
    let storage = storage(cursor)?;
    let key = Key {
        primary,
        columns: names,
        nulls_not_distinct: !extra.is_empty(),
        include,
        deferral: deferrable(cursor),
    };
    Ok(NewConstraint { columns, primary, storage, ..of(Body::Kind(key.kind())) })
}

/// Storage options of the index behind a key, and its tablespace: no part of what the key promises.
fn storage(cursor: &mut Cursor<'_>) -> Read<Vec<(String, String)>> {
    let found = if cursor.eat("WITH") { object::options::list(cursor)? } else { Vec::new() };
    if cursor.eat("USING INDEX TABLESPACE") {
        cursor.ident("a tablespace")?;
    }
    Ok(found)
}

/// PostgreSQL 18's `WITHOUT OVERLAPS` and `PERIOD`.
fn has_period(cursor: &Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    let Ok((from, to)) = ahead.parens() else { return false };
    (from..to).any(|at| {
        let inner = Cursor { at, ..*cursor };
        inner.sees("WITHOUT OVERLAPS")
            || (inner.sees("PERIOD") && !inner.is_symbol(1, b',') && at + 1 < to)
    })
}

fn verbatim(
    cursor: &mut Cursor<'_>,
    start: usize,
    mut columns: Vec<String>,
) -> Read<NewConstraint> {
    let (from, to) = cursor.parens()?;
    columns.extend(expr::mentioned(cursor.text, cursor.tokens.get(from..to).unwrap_or_default()));
    columns.retain(|c| c != "without" && c != "overlaps" && c != "period");
    cursor.skip_until(|c| c.is_symbol(0, b',') || c.sees("NOT VALID"));
    let text = cursor.flat(start, cursor.at);
    Ok(of(Body::Kind(ConstraintKind::Other(text, columns))))
}

fn exclude(cursor: &mut Cursor<'_>, start: usize) -> Read<NewConstraint> {
    if cursor.eat("USING") {
        cursor.ident("an access method")?;
    }
    let mut ahead = *cursor;
    let (from, to) = ahead.parens()?;
    let columns = excluded(&cursor.part(from, to));
    let mut found = verbatim(cursor, start, Vec::new())?;
    if let Body::Kind(ConstraintKind::Other(_, mentioned)) = &mut found.body {
        // The first word of each element is what the default name is made of.
        mentioned.retain(|c| !columns.contains(c));
        mentioned.splice(0..0, columns);
        mentioned.retain(|c| c != "with");
    }
    Ok(found)
}

fn excluded(cursor: &Cursor<'_>) -> Vec<String> {
    let mut cursor = *cursor;
    let mut found = Vec::new();
    while !cursor.done() {
        if !cursor.is_symbol(1, b'(')
            && let Ok(column) = cursor.ident("a column name")
        {
            found.push(column.name);
        }
        cursor.skip_to_comma();
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    found
}

/// `REFERENCES parent (columns) …`.
fn foreign_key(cursor: &mut Cursor<'_>, columns: Vec<Placed>) -> Read<NewConstraint> {
    cursor.expect("REFERENCES")?;
    let parent = cursor.name("a table name")?;
    let parent_columns = if cursor.is_symbol(0, b'(') { cursor.columns()? } else { Vec::new() };
    let actions = actions(cursor)?;
    let key = ForeignKey {
        columns: columns.iter().map(|c| c.name.clone()).collect(),
        parent: parent.name.clone(),
        parent_columns: parent_columns.into_iter().map(|c| c.name).collect(),
        actions,
    };
    Ok(NewConstraint {
        columns,
        parent: Some(parent),
        ..of(Body::Kind(ConstraintKind::ForeignKey(key)))
    })
}

/// `MATCH … ON UPDATE … ON DELETE … DEFERRABLE …` in the order `pg_dump` prints, defaults left out.
fn actions(cursor: &mut Cursor<'_>) -> Read<String> {
    let (mut matching, mut update, mut delete) = (String::new(), String::new(), String::new());
    loop {
        if cursor.eat("MATCH") {
            let kind = cursor.ident("FULL or SIMPLE")?.name.to_ascii_uppercase();
            if kind != "SIMPLE" {
                matching = format!(" MATCH {kind}");
            }
        } else if cursor.eat("ON DELETE") {
            delete = action(cursor, " ON DELETE")?;
        } else if cursor.eat("ON UPDATE") {
            update = action(cursor, " ON UPDATE")?;
        } else {
            break;
        }
    }
    let mut text = matching + &update + &delete + &deferrable(cursor);
    if cursor.eat("NOT ENFORCED") {
        text += " NOT ENFORCED";
    }
    cursor.eat("ENFORCED");
    Ok(text.trim_start().to_owned())
}

fn action(cursor: &mut Cursor<'_>, on: &str) -> Read<String> {
    for words in ["CASCADE", "RESTRICT", "SET NULL", "SET DEFAULT"] {
        if cursor.eat(words) {
            let mut text = format!("{on} {words}");
            if cursor.is_symbol(0, b'(') {
                let columns: Vec<String> = cursor.columns()?.into_iter().map(|c| c.name).collect();
                text += &format!(" ({})", quote_list(&columns));
            }
            return Ok(text);
        }
    }
    cursor.expect("NO ACTION")?;
    Ok(String::new())
}

/// ` DEFERRABLE INITIALLY DEFERRED`; empty for what is the default anyway.
pub(super) fn deferrable(cursor: &mut Cursor<'_>) -> String {
    let (mut able, mut deferred) = (false, false);
    loop {
        if cursor.eat("DEFERRABLE") {
            able = true;
        } else if cursor.eat("INITIALLY DEFERRED") {
            (able, deferred) = (true, true);
        } else if !cursor.eat("NOT DEFERRABLE") && !cursor.eat("INITIALLY IMMEDIATE") {
            break;
        }
    }
    match (able, deferred) {
        (true, true) => " DEFERRABLE INITIALLY DEFERRED".to_owned(),
        (true, false) => " DEFERRABLE".to_owned(),
        (false, _) => String::new(),
    }
}

//! CREATE INDEX as written. Must not know the schema.

use super::cursor::{Cursor, PlacedName, Read};
use super::expr;
use super::token::Kind;
use crate::expr::{Expr, plain_name};
use crate::name::quote;
use crate::schema::Index;

/// An index as written.
#[derive(Clone, Debug)]
pub(super) struct NewIndex {
    /// Bare name, where it has one.
    pub(super) name: Option<String>,
    /// Table.
    pub(super) table: PlacedName,
    /// Definition.
    pub(super) index: Index,
    /// What each key and included column is called in a default name.
    pub(super) labels: Vec<String>,
    /// CONCURRENTLY.
    pub(super) concurrently: bool,
    /// IF NOT EXISTS.
    pub(super) if_not_exists: bool,
    /// ON ONLY: not on partitions.
    pub(super) only: bool,
}

/// Reads from after `CREATE [UNIQUE] INDEX`.
pub(super) fn create(cursor: &mut Cursor<'_>, unique: bool) -> Read<NewIndex> {
    let concurrently = cursor.eat("CONCURRENTLY");
    let if_not_exists = cursor.eat("IF NOT EXISTS");
    let name =
        if cursor.is(0, "ON") { None } else { Some(cursor.name("an index name")?.name.name) };
    cursor.expect("ON")?;
    let only = cursor.eat("ONLY");
    let table = cursor.name("a table name")?;
    let method = if cursor.eat("USING") {
        cursor.ident("an access method")?.name
    } else {
        "btree".to_owned()
    };
    let (from, to) = cursor.parens()?;
    let mut index = Index {
        unique,
        method,
        keys: Vec::new(),
        suffix: String::new(),
        predicate: None,
        columns: Vec::new(),
        valid: true,
    };
    let mut labels = keys(&mut cursor.part(from, to), &mut index)?;
    suffix(cursor, &mut index, &mut labels)?;
    if cursor.eat("WHERE") {
        let text = cursor.slice(cursor.at, cursor.tokens.len());
        if text.is_empty() {
            return Err(cursor.expected("a condition"));
        }
        let predicate = expr::read(text);
        index.columns.extend(predicate.columns());
        index.predicate = Some(predicate);
        cursor.at = cursor.tokens.len();
    }
    cursor.end()?;
    let mut seen = std::collections::BTreeSet::new();
    index.columns.retain(|c| seen.insert(c.clone()));
    Ok(NewIndex { name, table, index, labels, concurrently, if_not_exists, only })
}

fn keys(cursor: &mut Cursor<'_>, index: &mut Index) -> Read<Vec<String>> {
    let mut labels = Vec::new();
    loop {
        let (key, label) = key(cursor, index)?;
        index.keys.push(key);
        labels.push(label);
        if !cursor.eat_symbol(b',') {
            return if cursor.done() { Ok(labels) } else { Err(cursor.expected("`,` or `)`")) };
        }
    }
}

/// One key: a column, a call or `(expression)`, then collation, operator class and order.
fn key(cursor: &mut Cursor<'_>, index: &mut Index) -> Read<(String, String)> {
    let start = cursor.at;
    let (mut text, label) = if cursor.is_symbol(0, b'(') {
        let (from, to) = cursor.parens()?;
        expression(cursor.slice(from, to), index)
    } else if is_call(cursor) {
        while !cursor.is_symbol(0, b'(') {
            cursor.at += 1;
        }
        cursor.parens()?;
        expression(cursor.slice(start, cursor.at), index)
    } else {
        let column = cursor.strict_ident("a column or (expression)")?;
        index.columns.push(column.name.clone());
        (quote(&column.name), column.name)
    };
    if cursor.eat("COLLATE") {
        text += &format!(" COLLATE {}", super::table::collation(cursor)?);
    }
    if cursor.peek(0).is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Quoted))
        && !cursor.is_any(0, &["ASC", "DESC", "NULLS"])
    {
        let from = cursor.at;
        cursor.ident("an operator class")?;
        while cursor.eat_symbol(b'.') {
            cursor.ident("an operator class")?;
        }
        text += &format!(" {}", cursor.slice(from, cursor.at));
        if cursor.is_symbol(0, b'(') {
            let (from, to) = cursor.parens()?;
            text += &format!(" ({})", cursor.flat(from, to));
        }
    }
    let descending = cursor.eat("DESC");
    if descending {
        text += " DESC";
    } else {
        cursor.eat("ASC");
    }
    if cursor.eat("NULLS FIRST") {
        text += if descending { "" } else { " NULLS FIRST" };
    } else if cursor.eat("NULLS LAST") {
        text += if descending { " NULLS LAST" } else { "" };
    }
    Ok((text, label))
}

/// `f(…)` or `schema.f(…)`.
fn is_call(cursor: &Cursor<'_>) -> bool {
    cursor.is_symbol(1, b'(') || (cursor.is_symbol(1, b'.') && cursor.is_symbol(3, b'('))
}

/// A key's text, and what `FigureIndexColname` calls it.
fn expression(text: &str, index: &mut Index) -> (String, String) {
    let found = expr::read(text);
    index.columns.extend(found.columns());
    let label = label(&found);
    let printed = match &found {
        Expr::Call(_, args) if !args.is_empty() => found.sql(),
        Expr::Raw { sql, columns: _ } => format!("({sql})"),
        Expr::Null
        | Expr::Bool(_)
        | Expr::Number(_)
        | Expr::Text(_)
        | Expr::Column(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::Binary(..)
        | Expr::IsNull(..)
        | Expr::Cast(..)
        | Expr::Call(..)
        | Expr::Lookup(_)
        | Expr::Case(..) => format!("({})", found.sql()),
    };
    (printed, label)
}

fn label(found: &Expr) -> String {
    match found {
        Expr::Column(name) => name.clone(),
        Expr::Call(name, _) if name == "position in" => "position".to_owned(),
        Expr::Call(name, _) => {
            let name = plain_name(name);
            name.rsplit('.').next().unwrap_or(name).to_owned()
        }
        Expr::Cast(inner, ty) => match inner.as_ref() {
            Expr::Column(_) | Expr::Call(..) => label(inner),
            Expr::Null
            | Expr::Bool(_)
            | Expr::Number(_)
            | Expr::Text(_)
            | Expr::Not(_)
            | Expr::Negate(_)
            | Expr::Binary(..)
            | Expr::IsNull(..)
            | Expr::Cast(..)
            | Expr::Case(..)
            | Expr::Raw { .. }
            | Expr::Lookup(_) => ty.as_str().to_owned(),
        },
        Expr::Case(..) => "case".to_owned(),
        Expr::Null
        | Expr::Bool(_)
        | Expr::Number(_)
        | Expr::Text(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::Binary(..)
        | Expr::IsNull(..)
        | Expr::Raw { .. }
        | Expr::Lookup(_) => "expr".to_owned(),
    }
}

fn suffix(cursor: &mut Cursor<'_>, index: &mut Index, labels: &mut Vec<String>) -> Read<()> {
    if cursor.sees("INCLUDE") {
        cursor.at += 1;
        let columns: Vec<String> = cursor.columns()?.into_iter().map(|c| c.name).collect();
        index.suffix += &format!(" INCLUDE ({})", crate::name::quote_list(&columns));
        labels.extend(columns.iter().cloned());
        index.columns.extend(columns);
    }
    if cursor.eat("NULLS NOT DISTINCT") {
        index.suffix += " NULLS NOT DISTINCT";
    } else {
        cursor.eat("NULLS DISTINCT");
    }
    if cursor.eat("WITH") {
        let (from, to) = cursor.parens()?;
        index.suffix += &format!(" WITH ({})", cursor.flat(from, to));
    }
    if cursor.eat("TABLESPACE") {
        let space = cursor.ident("a tablespace")?;
        index.suffix += &format!(" TABLESPACE {}", quote(&space.name));
    }
    Ok(())
}

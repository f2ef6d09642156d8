//! `move t.a, t.b to u`, where `u` is there: found out from the schema are the reference that says which rows
//! belong together, and what goes along with the columns.

use super::super::hint;
use super::super::names::{Names, addition};
use super::super::report;
use super::super::token::Span;
use super::Asker;
use super::merged::{as_it_comes, references, refuse, which};
use crate::change::Move;
use crate::diagnostic::{Diagnostic, Source};
use crate::schema::{Column, ForeignKey, Index, Schema, Table};
use crate::sync::Side;

impl Asker<'_> {
    /// The change that the hint asks for.
    pub(super) fn moved(&mut self, written: &hint::Move) -> Result<Move, Diagnostic> {
        self.with_names(|schema, names| moved(schema, names, written))
    }
}

fn moved(schema: &Schema, names: &mut Names, written: &hint::Move) -> Result<Move, Diagnostic> {
    let hint::Move { table, columns: given, into } = written;
    let unknown = |name| report::unknown_table(Source::Change, name, schema);
    let definition = schema.table(&table.name).ok_or_else(|| unknown(table))?;
    let other = schema.table(&into.name).ok_or_else(|| {
        let found = unknown(into);
        let help = format!(
            "{}; for a table that the move makes, its reference and its columns are named: `move {}.{column} to {} (…_id, {column})`",
            found.help, table.name, into.name, column = given[0].name
        );
        Diagnostic { help, ..found }
    })?;
    if table.name == into.name {
        let message = format!("`{}` is the table that the column stands in", into.name);
        return Err(refuse(into.span, message, "name another one"));
    }
    let (child, key) = belonging(schema, (definition, other), written)?;
    let mut columns = Vec::new();
    for column in given {
        let Some(old) = definition.column(&column.name) else {
            return Err(report::unknown_column(Source::Change, column, &table.name, definition));
        };
        if other.column(&column.name).is_some() {
            let message = format!("`{}` has a column `{}` already", into.name, column.name);
            let help = "rename one of them first, as a change of its own; where that column is meant, let the app write both for a while";
            return Err(refuse(into.span, message, help));
        }
        columns.push(as_it_comes(old));
    }
    let (link, key) = (&key.columns[0], schema.parent_columns(&key).first().cloned());
    let key = key.unwrap_or_default();
    let (at, into_at) = match child {
        Side::Old => (link.clone(), key),
        Side::New => (key, link.clone()),
    };
    if let Some(column) = given.iter().find(|column| column.name == at) {
        let message = format!("`{at}` says which row of `{}` belongs to which", table.name);
        return Err(refuse(column.span, message, "leave it where it is"));
    }
    let (table, into) = (table.name.clone(), into.name.clone());
    let mut moved = Move { table, at, into, into_at, child, columns, indexes: Vec::new() };
    moved.indexes = indexes(names, (definition, given[0].span), &moved)?;
    Ok(moved)
}

/// Whose rows belong to the other's, one each, and by which reference.
fn belonging(
    schema: &Schema,
    (definition, other): (&Table, &Table),
    written: &hint::Move,
) -> Result<(Side, ForeignKey), Diagnostic> {
    let hint::Move { table, into, .. } = written;
    let mut found = Vec::new();
    for (side, (child, own), (parent, other)) in [
        (Side::New, (&into.name, other), (&table.name, definition)),
        (Side::Old, (&table.name, definition), (&into.name, other)),
    ] {
        let is_there = |column: &String| other.column(column).is_some_and(|c| c.not_null);
        match references(own, parent).as_slice() {
            [one, another] => return Err(which(into.span, child, [one, another])),
            [key] if schema.parent_columns(key).iter().all(is_there) => {
                found.push((side, (*key).clone()));
            }
            _ => {}
        }
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), _) => Err(refuse(
            into.span,
            format!("rows of `{}` and of `{}` refer to each other", table.name, into.name),
            "let the app write both columns for a while instead: which rows belong together is not said by one reference",
        )),
        (None, _) => Err(refuse(
            into.span,
            format!(
                "no validated foreign key of one column, unique and NOT NULL, to one that is NOT NULL, says which row of `{}` belongs to which of `{}`",
                into.name, table.name
            ),
            "add one first, as a change of its own; where several rows of the one belong to one of the other, a value has no one place to go to",
        )),
    }
}

/// Indexes that go along; what else holds for the columns is refused.
fn indexes(
    names: &mut Names,
    (definition, span): (&Table, Span),
    moved: &Move,
) -> Result<Vec<(String, Index)>, Diagnostic> {
    let goes = |c: &String| moved.columns.iter().any(|column: &Column| column.name == *c);
    let held = |what: String| {
        refuse(
            span,
            format!(
                "{what} of `{}` holds for columns that go, and while both releases run neither knows all rows that it would hold for",
                moved.table
            ),
            &format!(
                "drop it first, as a change of its own, and say it of `{}` afterwards",
                moved.into
            ),
        )
    };
    for (name, constraint) in &definition.constraints {
        if constraint.kind.columns().iter().any(goes) {
            return Err(held(format!("constraint `{name}`")));
        }
    }
    let mut indexes = Vec::new();
    for (name, index) in &definition.indexes {
        if index.unique && index.columns.iter().any(goes) {
            return Err(held(format!("unique index `{name}`")));
        }
        if index.columns.iter().all(goes) {
            let name = names.choose(&moved.into, &addition(&index.columns), "idx");
            indexes.push((name, index.clone()));
        }
    }
    Ok(indexes)
}

//! CREATE TABLE … AS of one table: its columns, or some of them, without what they have to be. Must not
//! know the schema.

use super::cursor::{Cursor, PlacedName};
use crate::schema::{Column, Table};

/// CREATE TABLE … AS.
#[derive(Clone, Debug)]
pub(super) struct TableAs {
    /// The new table.
    pub(super) name: PlacedName,
    /// IF NOT EXISTS.
    pub(super) if_not_exists: bool,
    /// The table that is read.
    pub(super) from: PlacedName,
    /// Its columns and their new names; all, where none are named.
    columns: Option<Vec<(String, String)>>,
}

impl TableAs {
    /// What comes of a table: types are kept, and nothing else. `None` where it lacks a column.
    pub(super) fn of(&self, from: &Table) -> Option<Table> {
        let taken = |name: &str, to: &str| {
            let column = from.column(name)?;
            let collation = column.collation.clone();
            Some(Column { collation, ..Column::nullable(to, column.ty.clone()) })
        };
        let columns: Option<Vec<Column>> = match &self.columns {
            Some(columns) => columns.iter().map(|(name, to)| taken(name, to)).collect(),
            None => from.columns.iter().map(|column| taken(&column.name, &column.name)).collect(),
        };
        Some(Table { columns: columns?, ..Table::empty() })
    }
}

/// Reads from after `CREATE TABLE`; `None` where it is of anything but columns of one table.
pub(super) fn read(cursor: &Cursor<'_>) -> Option<TableAs> {
    let mut cursor = *cursor;
    let if_not_exists = cursor.eat("IF NOT EXISTS");
    let name = cursor.name("a table name").ok()?;
    cursor.eat("AS").then_some(())?;
    let mut query = cursor;
    if cursor.is_symbol(0, b'(') {
        let (from, to) = cursor.parens().ok()?;
        query = cursor.part(from, to);
    }
    let columns = if query.eat("TABLE") { None } else { listed(&mut query)? };
    let from = query.name("a table name").ok()?;
    let goes_on = ["WHERE", "ORDER", "LIMIT", "WITH"];
    (query.done() || query.is_any(0, &goes_on)).then_some(())?;
    Some(TableAs { name, if_not_exists, from, columns })
}

/// `SELECT * FROM`, or columns: the outer `None` where something else is selected.
fn listed(query: &mut Cursor<'_>) -> Option<Option<Vec<(String, String)>>> {
    query.eat("SELECT").then_some(())?;
    if query.eat_operator("*") || query.eat_symbol(b'*') {
        return query.eat("FROM").then_some(None);
    }
    let mut columns = Vec::new();
    loop {
        let column = query.strict_ident("a column name").ok()?.name;
        let to =
            if query.eat("AS") { query.ident("a column name").ok()?.name } else { column.clone() };
        columns.push((column, to));
        if query.eat("FROM") {
            return Some(Some(columns));
        }
        query.eat_symbol(b',').then_some(())?;
    }
}

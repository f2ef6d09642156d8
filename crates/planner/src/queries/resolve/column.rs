//! What a name in an expression means: a column, a row, a system column, or nothing. Must not know
//! operators.

use std::rc::Rc;

use super::super::types::Type;
use super::level::{Entry, Lateral, Level, Visible};
use super::value::{Node, Value};
use super::{Found, Resolver, candidates, refuse};
use crate::name::QName;

/// Columns that every table has beside its own.
const SYSTEM: &[(&str, &str)] = &[
    ("ctid", "tid"),
    ("xmin", "xid"),
    ("xmax", "xid"),
    ("cmin", "?"),
    ("cmax", "?"),
    ("tableoid", "oid"),
];

impl Resolver<'_> {
    /// `a`, `t.a`, `s.t.a`, or a row.
    pub(super) fn column(&mut self, name: &[String], level: &Level<'_>) -> Found<Value> {
        match name {
            [column] => self.bare_column(column, level),
            [table, column] => self.column_of((None, table), column, level),
            [schema, table, column] => self.column_of((Some(schema), table), column, level),
            [_, _, _, _] => {
                self.doubt(format!("{} names a database", name.join(".")));
                Ok(Value::new(Type::UNCERTAIN, Node::Null))
            }
            _ => {
                let name = name.join(".");
                refuse("42601", format!("improper qualified name (too many dotted names): {name}"))
            }
        }
    }

    /// Whether FROM of this level has a column of that name.
    pub(super) fn has_column(&mut self, name: &str, level: &Level<'_>) -> Found<bool> {
        let mut n_found = 0;
        for seen in level.visible.iter().filter(|seen| seen.by_column) {
            let n = level.entry(seen.entry).map_or(0, |entry| entry.find(name).len());
            n_found += n;
        }
        if n_found > 1 {
            return refuse("42702", format!("column reference \"{name}\" is ambiguous"));
        }
        Ok(n_found == 1)
    }

    fn bare_column(&mut self, name: &str, level: &Level<'_>) -> Found<Value> {
        let mut open = false;
        for here in level.outwards() {
            let mut found: Option<Value> = None;
            for seen in here.visible.iter().filter(|v| v.by_column && !hidden(**v, here)) {
                let Some(entry) = here.entry(seen.entry) else { continue };
                open |= entry.open;
                let Some(value) = self.in_entry(name, (seen.entry, entry), here)? else { continue };
                if found.is_some() {
                    return refuse("42702", format!("column reference \"{name}\" is ambiguous"));
                }
                lateral_allowed(*seen, entry)?;
                found = Some(value);
            }
            if let Some(value) = found {
                note_outer(level, here, &value);
                return Ok(value);
            }
        }
        if let Some((here, seen)) = find_named(name, level)? {
            let value = self.whole(here, seen, "*");
            note_outer(level, here, &value);
            return Ok(value);
        }
        if open {
            self.doubt(format!("column {name} may be one of a relation that is not known"));
            return Ok(Value::new(Type::UNCERTAIN, Node::Null));
        }
        refuse("42703", format!("column \"{name}\" does not exist"))
    }

    /// A column of one entry, the system's included.
    fn in_entry(
        &mut self,
        name: &str,
        (at, entry): (usize, &Rc<Entry>),
        here: &Level<'_>,
    ) -> Found<Option<Value>> {
        let found = entry.find(name);
        if found.len() > 1 {
            return refuse("42702", format!("column reference \"{name}\" is ambiguous"));
        }
        if let Some(column) = found.first() {
            self.read(entry, *column);
            return Ok(here.value(at, *column).map(|(_, value)| value));
        }
        let system = SYSTEM.iter().find(|(column, _)| *column == name);
        let Some((_, ty)) = system.filter(|_| entry.has_system_columns()) else { return Ok(None) };
        let node = Node::Whole { depth: here.depth, entry: at, name: name.to_owned() };
        let ty = Type::of(ty).unwrap_or(Type::UNCERTAIN);
        Ok(Some(Value::new(ty, node)))
    }

    /// Remembers a column as read.
    pub(super) fn read(&mut self, entry: &Entry, column: usize) {
        if let Some(relation) = entry.relation()
            && let Some(column) = relation.columns.get(column)
        {
            self.effect.reads.insert((relation.name.clone(), column.name.clone()));
        }
    }

    fn column_of(
        &mut self,
        (schema, table): (Option<&String>, &str),
        column: &str,
        level: &Level<'_>,
    ) -> Found<Value> {
        let (here, seen) = self.named_entry((schema, table), level)?;
        let Some(entry) = here.entry(seen.entry) else {
            return Ok(Value::new(Type::UNCERTAIN, Node::Null));
        };
        if let Some(value) = self.in_entry(column, (seen.entry, entry), here)? {
            note_outer(level, here, &value);
            return Ok(value);
        }
        if entry.open {
            self.doubt(format!("column {table}.{column} is not known"));
            return Ok(Value::new(Type::UNCERTAIN, Node::Null));
        }
        refuse("42703", format!("column {table}.{column} does not exist"))
    }

    /// The entry that a qualifier means, or the server's complaint.
    pub(super) fn named_entry<'l>(
        &mut self,
        (schema, table): (Option<&String>, &str),
        level: &'l Level<'l>,
    ) -> Found<(&'l Level<'l>, Visible)> {
        let found = match schema {
            None => find_named(table, level)?,
            Some(schema) => find_relation(&QName::new(schema, table), level)?,
        };
        if let Some(found) = found {
            return Ok(found);
        }
        let name =
            schema.map_or_else(|| vec![table.to_owned()], |s| vec![s.clone(), table.to_owned()]);
        let is_relation = |entry: &Rc<Entry>| {
            entry.relation().is_some_and(|r| candidates(self.path, &name).contains(&r.name))
        };
        let is_there = level
            .outwards()
            .any(|here| here.entries().iter().any(|e| e.name == table || is_relation(e)));
        let complaint = if is_there { "invalid reference to" } else { "missing" };
        refuse("42P01", format!("{complaint} FROM-clause entry for table \"{table}\""))
    }

    /// A whole row.
    pub(super) fn whole(&mut self, here: &Level<'_>, seen: Visible, name: &str) -> Value {
        if let Some(entry) = here.entry(seen.entry) {
            for column in 0..entry.len() {
                self.read(entry, column);
            }
        }
        let node = Node::Whole { depth: here.depth, entry: seen.entry, name: name.to_owned() };
        Value::new(Type::RECORD, node)
    }
}

/// Remembers a column of a level around this one.
fn note_outer(level: &Level<'_>, here: &Level<'_>, value: &Value) {
    if here.depth < level.depth {
        level.flags.outer.borrow_mut().push(value.node.clone());
    }
}

/// Whether an entry of a level cannot be seen for now.
fn hidden(seen: Visible, here: &Level<'_>) -> bool {
    seen.lateral != Lateral::Free && !here.lateral_active.get()
}

fn lateral_allowed(seen: Visible, entry: &Entry) -> Found<()> {
    if seen.lateral == Lateral::Refused {
        let name = &entry.name;
        return refuse(
            "42P10",
            format!("invalid reference to FROM-clause entry for table \"{name}\""),
        );
    }
    Ok(())
}

/// The visible entry of a name.
fn find_named<'l>(name: &str, level: &'l Level<'l>) -> Found<Option<(&'l Level<'l>, Visible)>> {
    find(level, &|entry| entry.name == name, name)
}

/// The visible entry that is a relation without an alias.
fn find_relation<'l>(
    name: &QName,
    level: &'l Level<'l>,
) -> Found<Option<(&'l Level<'l>, Visible)>> {
    let is = |entry: &Entry| !entry.aliased && entry.relation().is_some_and(|r| r.name == *name);
    find(level, &is, &name.name)
}

fn find<'l>(
    level: &'l Level<'l>,
    is: &dyn Fn(&Entry) -> bool,
    name: &str,
) -> Found<Option<(&'l Level<'l>, Visible)>> {
    for here in level.outwards() {
        let mut found: Option<Visible> = None;
        for seen in here.visible.iter().filter(|v| v.by_name && !hidden(**v, here)) {
            let Some(entry) = here.entry(seen.entry).filter(|entry| is(entry)) else { continue };
            if found.is_some() {
                return refuse("42P09", format!("table reference \"{name}\" is ambiguous"));
            }
            lateral_allowed(*seen, entry)?;
            found = Some(*seen);
        }
        if let Some(seen) = found {
            return Ok(Some((here, seen)));
        }
    }
    Ok(None)
}

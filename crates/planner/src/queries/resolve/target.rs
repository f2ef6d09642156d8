//! Select lists: stars spelled out, and the names PostgreSQL gives to columns (`FigureColname`). Must
//! not know clauses.

use super::super::ast::{Body, Expr, Item, Query};
use super::level::{Level, Visible};
use super::value::Value;
use super::{Found, Resolver, refuse};

/// A column that a query gives.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// Name.
    pub(super) name: String,
    /// What it is.
    pub(super) value: Value,
}

impl Resolver<'_> {
    /// A select list.
    pub(super) fn items(&mut self, items: &[Item], level: &Level<'_>) -> Found<Vec<Output>> {
        let mut found = Vec::new();
        for item in items {
            match item {
                Item::Star => {
                    let seen: Vec<Visible> =
                        level.visible.iter().copied().filter(|seen| seen.by_column).collect();
                    if seen.is_empty() {
                        return refuse("42601", "SELECT * with no tables specified is not valid");
                    }
                    for seen in seen {
                        self.star(seen, level, &mut found);
                    }
                }
                Item::StarOf(name) => {
                    let (schema, table) = match name.as_slice() {
                        [table] => (None, table),
                        [.., schema, table] => (Some(schema), table),
                        [] => continue,
                    };
                    let (here, seen) = self.named_entry((schema, table), level)?;
                    self.star(seen, here, &mut found);
                    if here.depth < level.depth {
                        let nodes = found.iter().map(|output| output.value.node.clone());
                        level.flags.outer.borrow_mut().extend(nodes);
                    }
                    if here.entry(seen.entry).is_some_and(|entry| entry.open) {
                        level.flags.open_star.set(true);
                    }
                }
                Item::Fields(value) => {
                    self.expr(value, level)?;
                    self.doubt("the fields of a row in a select list are not looked into");
                    level.flags.open_star.set(true);
                }
                Item::Expr(expr, name) => {
                    let value = self.expr(expr, level)?;
                    let name = name.clone().unwrap_or_else(|| self.column_name(expr));
                    found.push(Output { name, value });
                }
            }
        }
        Ok(found)
    }

    /// Every column of an entry.
    fn star(&mut self, seen: Visible, level: &Level<'_>, found: &mut Vec<Output>) {
        let Some(entry) = level.entry(seen.entry) else { return };
        if entry.open {
            level.flags.open_star.set(true);
        }
        for at in 0..entry.len() {
            self.read(entry, at);
            if let Some((name, value)) = level.value(seen.entry, at) {
                found.push(Output { name, value });
            }
        }
    }

    /// The name of an item without one.
    fn column_name(&self, expr: &Expr) -> String {
        name_of(expr, self.catalogue.version())
            .map_or_else(|| "?column?".to_owned(), |(name, _)| name)
    }
}

/// A name and whether it is a strong one: a cast gives way to what it casts.
fn name_of(expr: &Expr, version: u16) -> Option<(String, bool)> {
    let strong = |name: &str| Some((name.to_owned(), true));
    match expr {
        Expr::Column(name) => strong(name.last()?),
        Expr::Field(_, field) => strong(field),
        Expr::Subscript(value, ..) | Expr::Collate(value) => name_of(value, version),
        Expr::Call(call) => match call.name.last()?.as_str() {
            "extract" if version < 14 => strong("date_part"),
            name => strong(name),
        },
        Expr::Cast(value, ty) => {
            let inner = name_of(value, version);
            inner.filter(|(_, strong)| *strong).or_else(|| Some((type_name(ty.as_str()), false)))
        }
        Expr::Case(_, _, otherwise) => otherwise
            .as_deref()
            .and_then(|value| name_of(value, version))
            .filter(|(_, strong)| *strong)
            .or_else(|| Some(("case".to_owned(), false))),
        Expr::Common(name, _) => strong(&name.to_ascii_lowercase()),
        Expr::NullIf(..) => strong("nullif"),
        Expr::Keyword(name, _) => strong(name),
        Expr::Exists(_) => strong("exists"),
        Expr::Array(_) | Expr::ArrayQuery(_) => strong("array"),
        Expr::Row(_) => strong("row"),
        Expr::Grouping(_) => strong("grouping"),
        Expr::Subquery(query) => first_name(query, version),
        Expr::Bool(_) => Some(("bool".to_owned(), false)),
        Expr::Null
        | Expr::Number(_)
        | Expr::Text(_)
        | Expr::Bits
        | Expr::Param(_)
        | Expr::Default
        | Expr::Prefix(..)
        | Expr::Infix(..)
        | Expr::Logic(..)
        | Expr::Not(_)
        | Expr::IsNull(_)
        | Expr::IsTrue(..)
        | Expr::IsDistinct(..)
        | Expr::Between(..)
        | Expr::In(..)
        | Expr::InQuery(..)
        | Expr::AnyOf(..)
        | Expr::Opaque(..) => None,
    }
}

/// The name of a scalar subquery's column.
fn first_name(query: &Query, version: u16) -> Option<(String, bool)> {
    let Body::Select(select) = &query.body else { return None };
    match select.items.first()? {
        Item::Expr(_, Some(name)) => Some((name.clone(), true)),
        Item::Expr(expr, None) => name_of(expr, version).map(|(name, _)| (name, true)),
        Item::Star | Item::StarOf(_) | Item::Fields(_) => None,
    }
}

/// The bare name of a type as the grammar has it: `int4` for `integer`.
fn type_name(text: &str) -> String {
    let base = text.trim_end_matches("[]").split('(').next().unwrap_or(text);
    let whole = super::super::types::BUILTINS.iter().find(|b| {
        b.format == base || (text.contains("with time zone") && b.format.starts_with(base))
    });
    match whole {
        Some(builtin) => builtin.name.to_owned(),
        None => {
            let parts = crate::name::split_dotted(base).unwrap_or_default();
            parts.last().cloned().unwrap_or_else(|| base.to_owned())
        }
    }
}

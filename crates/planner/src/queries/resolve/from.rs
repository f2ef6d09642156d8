//! FROM: entries, joins, and what of them can be seen where. Must not judge expressions.

use std::rc::Rc;

use super::super::ast::{Alias, Call, FromItem, Join, JoinKind, Query};
use super::super::facts::Kind;
use super::super::types::Type;
use super::level::{Clause, Columns, Entry, EntryColumn, Lateral, Level, Visible};
use super::value::{Node, Value};
use super::{Found, Resolver, refuse};
use crate::sql_type::SqlType;

/// What an item of FROM brings in: the entry that stands for it whole, and all that can be seen.
struct Brought {
    main: usize,
    visible: Vec<Visible>,
}

impl Resolver<'_> {
    /// A whole FROM clause.
    pub(super) fn bring_in(&mut self, items: &[FromItem], level: &mut Level<'_>) -> Found<()> {
        for item in items {
            let brought = self.bring_item(item, level)?;
            no_conflicts(level, &level.visible, &brought.visible)?;
            level.visible.extend(
                brought.visible.iter().map(|seen| Visible { lateral: Lateral::Only, ..*seen }),
            );
        }
        for seen in &mut level.visible {
            seen.lateral = Lateral::Free;
        }
        Ok(())
    }

    fn bring_item(&mut self, item: &FromItem, level: &mut Level<'_>) -> Found<Brought> {
        match item {
            FromItem::Relation(name, alias) => self.bring_relation(name, alias.as_ref(), level),
            FromItem::Query { lateral, query, alias } => {
                self.bring_query(query, *lateral, alias.as_ref(), level)
            }
            FromItem::Function { call, ordinality, alias, columns } => {
                let entry = self.bring_function(
                    call,
                    (*ordinality, alias.as_ref()),
                    columns.as_deref(),
                    level,
                )?;
                Ok(single(level.add(entry)))
            }
            FromItem::Join(join) => self.join(join, level),
        }
    }

    fn bring_relation(
        &mut self,
        name: &[String],
        alias: Option<&Alias>,
        level: &mut Level<'_>,
    ) -> Found<Brought> {
        if let [only] = name
            && let Some(entry) = self.cte(only, alias, level)?
        {
            return Ok(single(level.add(entry)));
        }
        let entry = self.relation_entry(name, alias)?;
        Ok(single(level.add(entry)))
    }

    /// What WITH named, from the inside out.
    fn cte(
        &mut self,
        name: &str,
        alias: Option<&Alias>,
        level: &Level<'_>,
    ) -> Found<Option<Entry>> {
        let found = level.outwards().find_map(|l| l.ctes.iter().rev().find(|c| c.name == name));
        let Some(cte) = found.map(Rc::clone) else { return Ok(None) };
        if cte.silent {
            return refuse(
                "0A000",
                format!("WITH query \"{name}\" does not have a RETURNING clause"),
            );
        }
        let columns = cte.columns.clone();
        entry_of(name, alias, columns, false).map(Some)
    }

    /// A relation as an entry.
    pub(super) fn relation_entry(
        &mut self,
        name: &[String],
        alias: Option<&Alias>,
    ) -> Found<Entry> {
        let last = name.last().cloned().unwrap_or_default();
        let Some(relation) = self.relation(name)? else {
            return entry_of(&last, alias, Vec::new(), true);
        };
        let shared = self.catalogue.relation(&relation.name).map(Rc::clone);
        let Some(shared) = shared else { return entry_of(&last, alias, Vec::new(), true) };
        let open = !relation.unknown.is_empty();
        let Some(alias) = alias else {
            return Ok(Entry { name: last, aliased: false, columns: Columns::Of(shared), open });
        };
        fits(alias, relation.columns.len(), open)?;
        let columns = if alias.columns.is_empty() {
            Columns::Of(shared)
        } else {
            Columns::Renamed(shared, alias.columns.clone())
        };
        Ok(Entry { name: alias.name.clone(), aliased: true, columns, open })
    }

    fn bring_query(
        &mut self,
        query: &Query,
        lateral: bool,
        alias: Option<&Alias>,
        level: &mut Level<'_>,
    ) -> Found<Brought> {
        if alias.is_none() && self.catalogue.version() < 16 {
            return refuse("42601", "subquery in FROM must have an alias");
        }
        let output = {
            let before = level.lateral_active.replace(lateral);
            let found = self.subquery(query, level, true);
            level.lateral_active.set(before);
            found?
        };
        let columns = output
            .columns
            .into_iter()
            .map(|c| EntryColumn {
                name: c.name,
                ty: c.value.ty,
                modifier: c.value.modifier,
                node: None,
            })
            .collect();
        let entry = entry_of("unnamed_subquery", alias, columns, output.open)?;
        let main = level.add(entry);
        let seen = Visible { by_name: alias.is_some(), ..Visible::fully(main) };
        Ok(Brought { main, visible: vec![seen] })
    }

    /// A function in FROM; it sees what stands before it.
    fn bring_function(
        &mut self,
        call: &Call,
        (ordinality, alias): (bool, Option<&Alias>),
        given: Option<&[(String, SqlType)]>,
        level: &Level<'_>,
    ) -> Found<Entry> {
        let before = level.lateral_active.replace(true);
        let found =
            level.within(Clause::Rows("functions in FROM"), || self.call_in_from(call, level));
        level.lateral_active.set(before);
        let (value, columns) = found?;
        let function = call.name.last().cloned().unwrap_or_default();
        let name = alias.map_or(function.as_str(), |alias| alias.name.as_str());
        let mut open = false;
        let mut columns: Vec<EntryColumn> = match given {
            Some(given) => {
                let mut columns = Vec::new();
                for (name, ty) in given {
                    let (ty, modifier) = self.named_type(ty)?;
                    columns.push(EntryColumn { name: name.clone(), ty, modifier, node: None });
                }
                columns
            }
            None if !columns.is_empty() => columns,
            None => {
                open = value.ty == Type::RECORD || value.ty.is_uncertain();
                if open { Vec::new() } else { vec![column(name, value.ty)] }
            }
        };
        if ordinality {
            columns.push(column("ordinality", Type::INT8));
        }
        entry_of(&function, alias, columns, open)
    }

    /// What a function in FROM gives: its value, and its columns where it has several.
    fn call_in_from(&mut self, call: &Call, level: &Level<'_>) -> Found<(Value, Vec<EntryColumn>)> {
        let (value, function) = self.call(call, level, true)?;
        if let Some(function) = &function
            && matches!(function.kind, Kind::Aggregate | Kind::Window)
        {
            self.doubt("an aggregate in FROM");
        }
        let columns = function
            .map_or(Vec::new(), |f| f.columns.iter().map(|(name, ty)| column(name, *ty)).collect());
        Ok((value, columns))
    }

    fn join(&mut self, join: &Join, level: &mut Level<'_>) -> Found<Brought> {
        let left = self.bring_item(&join.left, level)?;
        let n_visible = level.visible.len();
        let lateral = match join.kind {
            JoinKind::Inner | JoinKind::Left => Lateral::Only,
            JoinKind::Right | JoinKind::Full => Lateral::Refused,
        };
        level.visible.extend(left.visible.iter().map(|seen| Visible { lateral, ..*seen }));
        let right = self.bring_item(&join.right, level);
        level.visible.truncate(n_visible);
        let right = right?;
        no_conflicts(level, &left.visible, &right.visible)?;
        let mut inside: Vec<Visible> = left.visible;
        inside.extend(right.visible);
        let using = if join.natural {
            common_names(level, left.main, right.main)
        } else {
            join.using.clone()
        };
        let columns = self.joined_columns(join.kind, &using, (left.main, right.main), level)?;
        if let Some(on) = &join.on {
            let outside = std::mem::replace(&mut level.visible, inside.clone());
            let found = level.within(Clause::Rows("JOIN conditions"), || self.expr(on, level));
            level.visible = outside;
            self.condition(found?, "JOIN/ON")?;
        }
        let open = [left.main, right.main]
            .iter()
            .any(|at| level.entry(*at).is_some_and(|entry| entry.open));
        for seen in &mut inside {
            seen.by_column = false;
        }
        let entry = entry_of("unnamed_join", join.alias.as_ref(), columns, open)?;
        let main = level.add(entry);
        let seen = Visible { by_name: join.alias.is_some(), ..Visible::fully(main) };
        let mut visible = if join.alias.is_some() { Vec::new() } else { inside };
        visible.push(seen);
        Ok(Brought { main, visible })
    }

    /// Columns of a join: those of USING once, then the others of left and right.
    fn joined_columns(
        &mut self,
        kind: JoinKind,
        using: &[String],
        (left, right): (usize, usize),
        level: &Level<'_>,
    ) -> Found<Vec<EntryColumn>> {
        let mut merged = Vec::new();
        let (mut taken_left, mut taken_right) = (Vec::new(), Vec::new());
        for (at, name) in using.iter().enumerate() {
            if using[..at].contains(name) {
                let message =
                    format!("column name \"{name}\" appears more than once in USING clause");
                return refuse("42701", message);
            }
            let (Some(l), Some(r)) = (
                using_column(level, left, name, "left")?,
                using_column(level, right, name, "right")?,
            ) else {
                self.doubt(format!("column {name} of USING is not known"));
                continue;
            };
            taken_left.push(l);
            taken_right.push(r);
            let (Some((_, one)), Some((_, other))) = (level.value(left, l), level.value(right, r))
            else {
                continue;
            };
            for (entry, column) in [(left, l), (right, r)] {
                if let Some(entry) = level.entry(entry) {
                    self.read(entry, column);
                }
            }
            self.infix("=", one.clone(), other.clone())?;
            let nodes = (one.node.clone(), other.node.clone());
            let (ty, values) = self.common(vec![one, other], "JOIN/USING")?;
            let modifier = values.first().map_or(-1, |value| value.modifier);
            let node = match kind {
                JoinKind::Inner | JoinKind::Left => nodes.0,
                JoinKind::Right => nodes.1,
                JoinKind::Full => Node::Apply("coalesce".to_owned(), vec![nodes.0, nodes.1]),
            };
            merged.push(EntryColumn { name: name.clone(), ty, modifier, node: Some(node) });
        }
        for (entry, taken) in [(left, taken_left), (right, taken_right)] {
            let n_columns = level.entry(entry).map_or(0, |entry| entry.len());
            for at in (0..n_columns).filter(|at| !taken.contains(at)) {
                if let Some((name, value)) = level.value(entry, at) {
                    let (ty, modifier, node) = (value.ty, value.modifier, Some(value.node));
                    merged.push(EntryColumn { name, ty, modifier, node });
                }
            }
        }
        Ok(merged)
    }
}

fn single(main: usize) -> Brought {
    Brought { main, visible: vec![Visible::fully(main)] }
}

fn column(name: &str, ty: Type) -> EntryColumn {
    EntryColumn { name: name.to_owned(), ty, modifier: -1, node: None }
}

/// An entry of columns of its own, under its alias.
fn entry_of(
    name: &str,
    alias: Option<&Alias>,
    mut columns: Vec<EntryColumn>,
    open: bool,
) -> Found<Entry> {
    let Some(alias) = alias else {
        let columns = Columns::Own(columns);
        return Ok(Entry { name: name.to_owned(), aliased: false, columns, open });
    };
    fits(alias, columns.len(), open)?;
    for (column, name) in columns.iter_mut().zip(&alias.columns) {
        column.name.clone_from(name);
    }
    Ok(Entry { name: alias.name.clone(), aliased: true, columns: Columns::Own(columns), open })
}

/// Whether there are columns for all names of an alias.
fn fits(alias: &Alias, n_columns: usize, open: bool) -> Found<()> {
    let n_names = alias.columns.len();
    if n_names > n_columns && !open {
        let name = &alias.name;
        return refuse(
            "42P10",
            format!(
                "table \"{name}\" has {n_columns} columns available but {n_names} columns specified"
            ),
        );
    }
    Ok(())
}

/// A name may stand for one thing only; relations without aliases are told apart by their schemas.
fn no_conflicts(level: &Level<'_>, old: &[Visible], new: &[Visible]) -> Found<()> {
    let named = |seen: &Visible| level.entry(seen.entry).filter(|_| seen.by_name);
    for one in new.iter().filter_map(named) {
        for other in old.iter().filter_map(named).filter(|other| other.name == one.name) {
            let apart = !one.aliased
                && !other.aliased
                && match (one.relation(), other.relation()) {
                    (Some(a), Some(b)) => a.name != b.name,
                    (Some(_) | None, None) | (None, Some(_)) => false,
                };
            if !apart {
                let name = &one.name;
                return refuse("42712", format!("table name \"{name}\" specified more than once"));
            }
        }
    }
    Ok(())
}

/// Names that both sides of a NATURAL join have.
fn common_names(level: &Level<'_>, left: usize, right: usize) -> Vec<String> {
    let (Some(left), Some(right)) = (level.entry(left), level.entry(right)) else {
        return Vec::new();
    };
    let names = (0..left.len()).filter_map(|at| left.column_name(at));
    names.filter(|name| !right.find(name).is_empty()).map(str::to_owned).collect()
}

/// The column that USING names; nothing where it may be one that is not known.
fn using_column(level: &Level<'_>, entry: usize, name: &str, side: &str) -> Found<Option<usize>> {
    let Some(entry) = level.entry(entry) else { return Ok(None) };
    match entry.find(name).as_slice() {
        [only] => Ok(Some(*only)),
        [] if entry.open => Ok(None),
        [] => refuse(
            "42703",
            format!("column \"{name}\" specified in USING clause does not exist in {side} table"),
        ),
        _ => refuse(
            "42702",
            format!("common column name \"{name}\" appears more than once in {side} table"),
        ),
    }
}

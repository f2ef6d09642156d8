//! INSERT, UPDATE, DELETE: which columns are written, whether each takes its value, and what only
//! shows when the statement is rewritten or run. Must not know plans.

use std::rc::Rc;

use super::super::ast::{Alias, Assignment, Body, Delete, Expr, Insert, Item, Target, Update};
use super::super::catalogue::{Relation, RelationKind};
use super::super::facts::Context;
use super::super::report::When;
use super::super::types::Type;
use super::level::{Clause, Entry, Lateral, Level, Visible};
use super::stored::Given;
use super::target::Output;
use super::value::{Node, Value};
use super::{Failure, Found, Resolver, refuse};

/// A column that is written, by its place in the target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    /// Place.
    pub(super) column: usize,
    /// Whether only a part of it is written.
    pub(super) part: bool,
}

impl Resolver<'_> {
    pub(super) fn insert(
        &mut self,
        insert: &Insert,
        level: &mut Level<'_>,
    ) -> Found<Option<Vec<Output>>> {
        self.with(&insert.with, level)?;
        let Some((target, relation)) =
            self.target(&insert.table, insert.alias.as_deref(), level)?
        else {
            return Ok(self.unknown_target(&insert.returning));
        };
        let columns = match &insert.columns {
            Some(listed) => self.listed(listed, &relation)?,
            None => {
                let names = relation.columns.iter().map(|column| column.name.clone());
                self.effect.by_place = names.collect();
                (0..relation.columns.len()).map(|column| Written { column, part: false }).collect()
            }
        };
        let listed = insert.columns.is_some();
        let rows = match &insert.source {
            None => Vec::new(),
            Some(query) => {
                let plain = query.with.ctes.is_empty()
                    && query.order_by.is_empty()
                    && query.limits.is_empty();
                match &query.body {
                    Body::Values(rows) if plain => {
                        self.value_rows(rows, &columns, listed, (&relation, level))?
                    }
                    Body::Values(_) | Body::Select(_) | Body::Set { .. } => {
                        let found = self.subquery(query, level, false)?;
                        if found.open {
                            self.doubt("the columns of a subquery are not known");
                            Vec::new()
                        } else {
                            let values = found.columns.into_iter().map(|c| c.value).collect();
                            vec![self.row(values, &columns, listed, &relation)?]
                        }
                    }
                }
            }
        };
        let given = Given::of(&columns, &rows, insert.overriding);
        if let Some(conflict) = &insert.conflict {
            self.conflict(conflict, (target, &relation), level)?;
        }
        let is_unseen = !level.visible.iter().any(|seen| seen.entry == target);
        if is_unseen {
            level.visible.push(Visible::fully(target));
        }
        let returned = self.returning(&insert.returning, level)?;
        self.stored("insert into", "INSERT", &relation, &given);
        Ok(returned)
    }

    pub(super) fn update(
        &mut self,
        update: &Update,
        level: &mut Level<'_>,
    ) -> Found<Option<Vec<Output>>> {
        self.with(&update.with, level)?;
        let Some((target, relation)) =
            self.target(&update.table, update.alias.as_deref(), level)?
        else {
            return Ok(self.unknown_target(&update.returning));
        };
        self.beside(target, &update.from, level)?;
        self.filter(update.filter.as_ref(), level)?;
        let returned = self.returning(&update.returning, level)?;
        let set = level
            .within(Clause::Rows("UPDATE"), || self.assignments(&update.set, &relation, level))?;
        self.stored("update", "UPDATE", &relation, &Given::of_update(&set));
        Ok(returned)
    }

    pub(super) fn delete(
        &mut self,
        delete: &Delete,
        level: &mut Level<'_>,
    ) -> Found<Option<Vec<Output>>> {
        self.with(&delete.with, level)?;
        let Some((target, relation)) =
            self.target(&delete.table, delete.alias.as_deref(), level)?
        else {
            return Ok(self.unknown_target(&delete.returning));
        };
        self.beside(target, &delete.using, level)?;
        self.filter(delete.filter.as_ref(), level)?;
        let returned = self.returning(&delete.returning, level)?;
        self.stored("delete from", "DELETE", &relation, &Given::default());
        Ok(returned)
    }

    /// The relation that is written, as an entry not seen yet; `None` where it is not known.
    fn target(
        &mut self,
        name: &[String],
        alias: Option<&str>,
        level: &mut Level<'_>,
    ) -> Found<Option<(usize, Rc<Relation>)>> {
        let alias = alias.map(|name| Alias { name: name.to_owned(), columns: Vec::new() });
        let entry: Entry = self.relation_entry(name, alias.as_ref())?;
        let relation = entry.relation().filter(|_| !entry.open).map(Rc::clone);
        let at = level.add(entry);
        Ok(relation.map(|relation| (at, relation)))
    }

    fn unknown_target(&mut self, returning: &[Item]) -> Option<Vec<Output>> {
        for param in &mut self.params {
            param.ty.get_or_insert(Type::UNCERTAIN);
        }
        (!returning.is_empty()).then(Vec::new)
    }

    /// FROM of UPDATE, USING of DELETE: they do not see the target.
    fn beside(
        &mut self,
        target: usize,
        items: &[super::super::ast::FromItem],
        level: &mut Level<'_>,
    ) -> Found<()> {
        let seen = Visible::fully(target);
        level.visible.push(Visible { lateral: Lateral::Refused, ..seen });
        self.bring_in(items, level)
    }

    pub(super) fn returning(
        &mut self,
        items: &[Item],
        level: &Level<'_>,
    ) -> Found<Option<Vec<Output>>> {
        if items.is_empty() {
            return Ok(None);
        }
        let mut found = level.within(Clause::Rows("RETURNING"), || self.items(items, level))?;
        for output in &mut found {
            output.value = self.as_text(output.value.clone())?;
        }
        Ok(Some(found))
    }

    /// A column list.
    fn listed(&mut self, listed: &[Target], relation: &Relation) -> Found<Vec<Written>> {
        let mut found: Vec<Written> = Vec::new();
        for target in listed {
            let written = self.place(target, relation)?;
            let twice = found.iter().any(|f| f.column == written.column && !f.part);
            if twice && !written.part {
                let name = &target.column;
                return refuse("42701", format!("column \"{name}\" specified more than once"));
            }
            found.push(written);
        }
        Ok(found)
    }

    /// The place of a column that is written.
    fn place(&mut self, target: &Target, relation: &Relation) -> Found<Written> {
        let name = &target.column;
        let found = relation.columns.iter().position(|column| column.name == *name);
        let Some(column) = found else {
            let relation = &relation.name.name;
            return refuse(
                "42703",
                format!("column \"{name}\" of relation \"{relation}\" does not exist"),
            );
        };
        if target.part {
            self.doubt(format!("writing a part of column {name} is not looked into"));
        }
        Ok(Written { column, part: target.part })
    }

    /// Rows of VALUES.
    fn value_rows(
        &mut self,
        rows: &[Vec<Expr>],
        columns: &[Written],
        listed: bool,
        (relation, level): (&Relation, &Level<'_>),
    ) -> Found<Vec<Vec<Value>>> {
        let mut found = Vec::new();
        let n_first = rows.first().map_or(0, Vec::len);
        for row in rows {
            let mut values = Vec::new();
            for expr in row {
                let value = level.within(Clause::Rows("VALUES"), || self.given(expr, level))?;
                values.push(value);
            }
            if row.len() != n_first {
                return refuse("42601", "VALUES lists must all be the same length");
            }
            found.push(self.row(values, columns, listed, relation)?);
        }
        Ok(found)
    }

    /// One row: as many values as columns, each of the column's type.
    fn row(
        &mut self,
        values: Vec<Value>,
        columns: &[Written],
        listed: bool,
        relation: &Relation,
    ) -> Found<Vec<Value>> {
        if values.len() > columns.len() {
            return refuse("42601", "INSERT has more expressions than target columns");
        }
        if listed && values.len() < columns.len() {
            return refuse("42601", "INSERT has more target columns than expressions");
        }
        let mut found = Vec::new();
        for (value, written) in values.into_iter().zip(columns) {
            found.push(self.assigned(value, *written, relation)?);
        }
        Ok(found)
    }

    /// A value as one of the column's type.
    fn assigned(&mut self, value: Value, written: Written, relation: &Relation) -> Found<Value> {
        let Some(column) = relation.columns.get(written.column) else { return Ok(value) };
        self.effect.writes.insert((relation.name.clone(), column.name.clone()));
        if matches!(value.node, Node::Default) {
            return Ok(value);
        }
        let target = if written.part { Type::UNCERTAIN } else { column.ty };
        let from = self.name_of(value.ty);
        match self.coerce(value, target, Context::Assignment)? {
            Some(value) => Ok(value),
            None => {
                let (name, to) = (&column.name, self.name_of(column.ty));
                refuse(
                    "42804",
                    format!("column \"{name}\" is of type {to} but expression is of type {from}"),
                )
            }
        }
    }

    /// `SET …`: the values first, then the columns, as the server does.
    pub(super) fn assignments(
        &mut self,
        set: &[Assignment],
        relation: &Relation,
        level: &Level<'_>,
    ) -> Found<Vec<(Written, Value)>> {
        let mut pairs: Vec<(&Target, Value)> = Vec::new();
        for assignment in set {
            match assignment {
                Assignment::One(target, expr) => pairs.push((target, self.given(expr, level)?)),
                Assignment::Several(targets, expr) => {
                    let values = self.several(expr, targets.len(), level)?;
                    pairs.extend(targets.iter().zip(values));
                }
            }
        }
        let mut found: Vec<(Written, Value)> = Vec::new();
        for (target, value) in pairs {
            let written = self.place(target, relation)?;
            let twice = found.iter().any(|(w, _)| w.column == written.column && !w.part);
            let value = self.assigned(value, written, relation)?;
            if twice && !written.part {
                let name = &target.column;
                let message = format!("multiple assignments to same column \"{name}\"");
                self.late.push(Failure { sqlstate: "42601", message, when: When::Prepare });
            }
            found.push((written, value));
        }
        Ok(found)
    }

    /// A value or DEFAULT.
    fn given(&mut self, expr: &Expr, level: &Level<'_>) -> Found<Value> {
        if *expr == Expr::Default {
            return Ok(Value::new(Type::UNKNOWN, Node::Default));
        }
        self.expr(expr, level)
    }

    /// Values for several columns at once.
    fn several(&mut self, expr: &Expr, n_wanted: usize, level: &Level<'_>) -> Found<Vec<Value>> {
        let values = if let Expr::Row(parts) = expr {
            parts.iter().map(|part| self.given(part, level)).collect::<Found<Vec<Value>>>()?
        } else if let Expr::Subquery(query) = expr {
            let found = self.subquery(query, level, true)?;
            if found.open {
                self.doubt("the columns of a subquery are not known");
                let unknown = Value::new(Type::UNCERTAIN, Node::Null);
                return Ok(vec![unknown; n_wanted]);
            }
            found.columns.into_iter().map(|column| column.value).collect()
        } else if n_wanted == 1 {
            vec![self.given(expr, level)?]
        } else {
            let message =
                "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression";
            return refuse("0A000", message);
        };
        if values.len() != n_wanted {
            return refuse("42601", "number of columns does not match number of values");
        }
        Ok(values)
    }

    /// Refusals of the rewriter and of the run: views that cannot be written, generated columns, NULL
    /// where there must be a value.
    pub(super) fn stored(&mut self, verb: &str, action: &str, relation: &Relation, given: &Given) {
        match relation.kind {
            RelationKind::Table => self.stored_in_table(action, &relation.name, given),
            RelationKind::View => self.stored_through(verb, action, relation, given),
            RelationKind::Materialized => {
                let name = &relation.name.name;
                let message = format!("cannot change materialized view \"{name}\"");
                self.runtime.push(Failure { sqlstate: "42809", message, when: When::Plan });
            }
        }
    }
}

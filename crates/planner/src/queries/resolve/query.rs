//! Queries: WITH, VALUES, set operations. Must not know SELECT's clauses.

use std::rc::Rc;

use super::super::ast::{Body, Cte, Expr, Query, Statement, With};
use super::super::types::{Order, Type};
use super::level::{Clause, Columns, CteEntry, Entry, EntryColumn, Level, Visible};
use super::target::Output;
use super::value::{Node, Value};
use super::{Found, Resolver, refuse};

impl Resolver<'_> {
    /// A statement on a level of its own; `None` where it gives no rows.
    pub(super) fn statement_in(
        &mut self,
        statement: &Statement,
        level: &mut Level<'_>,
    ) -> Found<Option<Vec<Output>>> {
        match statement {
            Statement::Query(query) => self.query_in(query, level, true).map(Some),
            Statement::Insert(insert) => self.insert(insert, level),
            Statement::Update(update) => self.update(update, level),
            Statement::Delete(delete) => self.delete(delete, level),
        }
    }

    /// A query on a level of its own.
    pub(super) fn query_in(
        &mut self,
        query: &Query,
        level: &mut Level<'_>,
        settled: bool,
    ) -> Found<Vec<Output>> {
        self.with(&query.with, level)?;
        match &query.body {
            Body::Select(select) => self.select(select, query, level, settled),
            Body::Values(rows) => self.values(rows, query, level, settled),
            Body::Set { name, all, left, right } => {
                let operands = (left.as_ref(), right.as_ref());
                self.set_operation((name, *all), operands, query, level)
            }
        }
    }

    /// WITH: each item sees those before it.
    pub(super) fn with(&mut self, with: &With, level: &mut Level<'_>) -> Found<()> {
        for (at, cte) in with.ctes.iter().enumerate() {
            if with.ctes[..at].iter().any(|other| other.name == cte.name) {
                let message = format!("WITH query name \"{}\" specified more than once", cte.name);
                return refuse("42712", message);
            }
        }
        for cte in &with.ctes {
            let entry = self.cte_entry(cte, with.recursive, level)?;
            level.ctes.push(Rc::new(entry));
        }
        Ok(())
    }

    fn cte_entry(&mut self, cte: &Cte, recursive: bool, level: &mut Level<'_>) -> Found<CteEntry> {
        if recursive
            && let Statement::Query(query) = &cte.body
            && let Body::Set { left, .. } = &query.body
        {
            // What is recursive sees the columns of what is not.
            let start = self.subquery(left, level, true)?;
            let entry = named(cte, start.columns)?;
            level.ctes.push(Rc::new(entry));
            let whole = self.subquery(query, level, true);
            level.ctes.pop();
            return named(cte, whole?.columns);
        }
        match self.sub_statement(&cte.body, level)? {
            Some(found) => {
                if found.open {
                    self.doubt(format!("the columns of {} are not known", cte.name));
                }
                named(cte, found.columns)
            }
            None => Ok(CteEntry { name: cte.name.clone(), columns: Vec::new(), silent: true }),
        }
    }

    /// VALUES as a query.
    fn values(
        &mut self,
        rows: &[Vec<Expr>],
        query: &Query,
        level: &mut Level<'_>,
        settled: bool,
    ) -> Found<Vec<Output>> {
        let n_columns = rows.first().map_or(0, Vec::len);
        let mut columns: Vec<Vec<Value>> = vec![Vec::new(); n_columns];
        let outer = &*level;
        for row in rows {
            if row.len() != n_columns {
                return refuse("42601", "VALUES lists must all be the same length");
            }
            for (expr, column) in row.iter().zip(&mut columns) {
                let value = outer.within(Clause::Rows("VALUES"), || self.expr(expr, outer))?;
                column.push(value);
            }
        }
        let mut found = Vec::new();
        for (at, values) in columns.into_iter().enumerate() {
            let name = format!("column{}", at + 1);
            // A single row keeps its literals for whoever assigns them.
            let value = if rows.len() == 1 && !settled {
                values.into_iter().next().unwrap_or(Value::new(Type::UNKNOWN, Node::Null))
            } else {
                let (ty, values) = self.common(values, "VALUES")?;
                let modifier = values.first().map_or(-1, |value| value.modifier);
                Value { ty, modifier, node: Node::Constant(name.clone()) }
            };
            found.push(Output { name, value });
        }
        self.sorted_by_name(&found, query, level, "VALUES")?;
        Ok(found)
    }

    fn set_operation(
        &mut self,
        (name, all): (&'static str, bool),
        (left, right): (&Query, &Query),
        query: &Query,
        level: &mut Level<'_>,
    ) -> Found<Vec<Output>> {
        let one = self.subquery(left, level, false)?;
        let other = self.subquery(right, level, false)?;
        if one.open || other.open {
            self.doubt("the columns of a set operation are not known");
            return Ok(one.columns);
        }
        if one.columns.len() != other.columns.len() {
            let message = format!("each {name} query must have the same number of columns");
            return refuse("42601", message);
        }
        let mut found = Vec::new();
        for (at, (a, b)) in one.columns.into_iter().zip(other.columns).enumerate() {
            let (ty, values) = self.common(vec![a.value, b.value], name)?;
            if !all {
                self.comparable(ty, Order::Equal)?;
            }
            let modifier = values.first().map_or(-1, |value| value.modifier);
            let node = Node::Constant(format!("{name} {at}"));
            found.push(Output { name: a.name, value: Value { ty, modifier, node } });
        }
        if let Some(lock) = query.locks.first() {
            let message = format!("{} is not allowed with UNION/INTERSECT/EXCEPT", lock.clause);
            return refuse("0A000", message);
        }
        self.sorted_by_name(&found, query, level, name)?;
        Ok(found)
    }

    /// ORDER BY and LIMIT over what has only its output columns.
    fn sorted_by_name(
        &mut self,
        found: &[Output],
        query: &Query,
        level: &mut Level<'_>,
        name: &'static str,
    ) -> Found<()> {
        let columns = found.iter().map(|output| EntryColumn {
            name: output.name.clone(),
            ty: output.value.ty,
            modifier: output.value.modifier,
            node: Some(output.value.node.clone()),
        });
        let entry = Entry {
            name: "*VALUES*".to_owned(),
            aliased: true,
            columns: Columns::Own(columns.collect()),
            open: false,
        };
        let at = level.add(entry);
        level.visible.push(Visible::fully(at));
        let mut targets = found.to_vec();
        for key in &query.order_by {
            let place = self.find_target(key, &mut targets, "ORDER BY", level)?;
            if place >= found.len() && name != "VALUES" {
                return refuse("0A000", "invalid UNION/INTERSECT/EXCEPT ORDER BY clause");
            }
            let ty = targets.get(place).map_or(Type::TEXT, |target| target.value.ty);
            self.comparable(ty, Order::Less)?;
        }
        self.limits(query, level)
    }

    /// OFFSET, then LIMIT.
    pub(super) fn limits(&mut self, query: &Query, level: &Level<'_>) -> Found<()> {
        for wanted in ["OFFSET", "LIMIT"] {
            for (name, limit) in query.limits.iter().filter(|(name, _)| *name == wanted) {
                let value = level.within(Clause::Rows(name), || self.expr(limit, level))?;
                let mut own = false;
                value.node.visit(&mut |part| {
                    if let Node::Var { depth, .. } | Node::Whole { depth, .. } = part {
                        own |= *depth == level.depth;
                    }
                });
                self.must_be(value, Type::INT8, name)?;
                if own {
                    let message = format!("argument of {name} must not contain variables");
                    return refuse("42P10", message);
                }
            }
        }
        Ok(())
    }
}

/// An item of WITH under its own names.
fn named(cte: &Cte, columns: Vec<Output>) -> Found<CteEntry> {
    let n_names = cte.columns.len();
    if n_names > columns.len() {
        let (name, n_columns) = (&cte.name, columns.len());
        let message = format!(
            "WITH query \"{name}\" has {n_columns} columns available but {n_names} columns specified"
        );
        return refuse("42P10", message);
    }
    let columns = columns
        .into_iter()
        .enumerate()
        .map(|(at, output)| EntryColumn {
            name: cte.columns.get(at).cloned().unwrap_or(output.name),
            ty: output.value.ty,
            modifier: output.value.modifier,
            node: None,
        })
        .collect();
    Ok(CteEntry { name: cte.name.clone(), columns, silent: false })
}

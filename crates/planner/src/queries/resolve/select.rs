//! SELECT clause by clause, in the server's order: FROM, select list, WHERE, HAVING, ORDER BY, GROUP
//! BY, DISTINCT, LIMIT, windows, locks. Must not know operators.

use super::super::ast::{Distinct, Expr, Query, Select};
use super::super::types::Order;
use super::aggregate::Grouping;
use super::level::{Clause, Level};
use super::target::Output;
use super::value::Node;
use super::{Found, Resolver, refuse};

impl Resolver<'_> {
    /// SELECT; `settled`: literals that nothing gave a type are text.
    pub(super) fn select(
        &mut self,
        select: &Select,
        query: &Query,
        level: &mut Level<'_>,
        settled: bool,
    ) -> Found<Vec<Output>> {
        self.bring_in(&select.from, level)?;
        level.windows = select.windows.iter().map(|(name, _)| name.clone()).collect();
        let level = &*level;
        let mut targets = self.items(&select.items, level)?;
        let n_given = targets.len();
        self.filter(select.filter.as_ref(), level)?;
        let having = match &select.having {
            Some(having) => {
                let value = self.expr(having, level)?;
                Some(self.condition(value, "HAVING")?)
            }
            None => None,
        };
        let sorted = self.order_by(&query.order_by, &mut targets, level)?;
        let mut groups = self.group_by(select, &mut targets, level)?;
        self.distinct(&select.distinct, &mut targets, (n_given, &sorted), level)?;
        self.limits(query, level)?;
        for (_, window) in &select.windows {
            self.window(window, level)?;
        }
        if settled {
            for target in &mut targets {
                target.value = self.as_text(target.value.clone())?;
            }
        }
        self.locks(select, query, level)?;
        let aggregates = level.flags.aggregates.get();
        if aggregates || !select.group_by.is_empty() || select.grouping_sets || having.is_some() {
            if select.grouping_sets {
                // A column of some sets only is NULL in the others, not an error.
                groups.by_key = false;
            }
            let keys = level.flags.window_keys.borrow().clone();
            let nodes = targets.iter().map(|target| &target.value.node);
            self.grouped(&groups, nodes.chain(&keys).chain(having.iter().map(|h| &h.node)), level)?;
        }
        targets.truncate(n_given);
        Ok(targets)
    }

    /// WHERE.
    pub(super) fn filter(&mut self, filter: Option<&Expr>, level: &Level<'_>) -> Found<()> {
        if let Some(filter) = filter {
            let value = level.within(Clause::Rows("WHERE"), || self.expr(filter, level))?;
            self.condition(value, "WHERE")?;
        }
        Ok(())
    }

    /// ORDER BY: the targets it sorts by.
    fn order_by(
        &mut self,
        keys: &[Expr],
        targets: &mut Vec<Output>,
        level: &Level<'_>,
    ) -> Found<Vec<usize>> {
        let mut sorted = Vec::new();
        for key in keys {
            let at = self.find_target(key, targets, "ORDER BY", level)?;
            sorted.push(at);
        }
        for at in &sorted {
            self.settle_target(targets, *at, Order::Less)?;
        }
        Ok(sorted)
    }

    /// A target that is sorted or grouped by: a literal is text, and its type can be compared.
    fn settle_target(&mut self, targets: &mut [Output], at: usize, least: Order) -> Found<()> {
        let Some(target) = targets.get_mut(at) else { return Ok(()) };
        target.value = self.as_text(target.value.clone())?;
        let ty = target.value.ty;
        self.comparable(ty, least)
    }

    fn group_by(
        &mut self,
        select: &Select,
        targets: &mut Vec<Output>,
        level: &Level<'_>,
    ) -> Found<Grouping> {
        let mut nodes = Vec::new();
        for key in &select.group_by {
            let found = level.within(Clause::Rows("GROUP BY"), || {
                self.find_target(key, targets, "GROUP BY", level)
            });
            let at = found?;
            let key = targets.get(at).map(|target| target.value.node.clone());
            if let Some(Node::Aggregate(_)) = key {
                return refuse("42803", "aggregate functions are not allowed in GROUP BY");
            }
            self.settle_target(targets, at, Order::Equal)?;
            nodes.extend(key);
        }
        Ok(Grouping { nodes, by_key: true })
    }

    /// DISTINCT sorts by what is selected only.
    fn distinct(
        &mut self,
        distinct: &Distinct,
        targets: &mut Vec<Output>,
        (n_given, sorted): (usize, &[usize]),
        level: &Level<'_>,
    ) -> Found<()> {
        match distinct {
            Distinct::No => Ok(()),
            Distinct::Rows => {
                if sorted.iter().any(|at| *at >= n_given) {
                    let message =
                        "for SELECT DISTINCT, ORDER BY expressions must appear in select list";
                    return refuse("42P10", message);
                }
                for at in 0..n_given {
                    self.settle_target(targets, at, Order::Equal)?;
                }
                Ok(())
            }
            Distinct::On(keys) => {
                let mut wanted = Vec::new();
                for key in keys {
                    wanted.push(self.find_target(key, targets, "DISTINCT ON", level)?);
                }
                for at in &wanted {
                    self.settle_target(targets, *at, Order::Equal)?;
                }
                let first = sorted.iter().take(wanted.len());
                if first.clone().any(|at| !wanted.contains(at)) {
                    let message =
                        "SELECT DISTINCT ON expressions must match initial ORDER BY expressions";
                    return refuse("42P10", message);
                }
                Ok(())
            }
        }
    }

    /// What ORDER BY, GROUP BY or DISTINCT ON names: an output column, a place, or an expression,
    /// which is added where it is not there.
    pub(super) fn find_target(
        &mut self,
        key: &Expr,
        targets: &mut Vec<Output>,
        clause: &'static str,
        level: &Level<'_>,
    ) -> Found<usize> {
        if let Expr::Column(name) = key
            && let [name] = name.as_slice()
        {
            let local = clause == "GROUP BY" && self.has_column(name, level)?;
            if !local && let Some(at) = by_name(name, targets, clause)? {
                return Ok(at);
            }
        }
        if let Expr::Number(digits) = key {
            let Ok(place) = digits.parse::<usize>() else {
                return refuse("42601", format!("non-integer constant in {clause}"));
            };
            if place == 0 || place > targets.len() {
                let message = format!("{clause} position {digits} is not in select list");
                return refuse("42P10", message);
            }
            return Ok(place - 1);
        }
        if matches!(key, Expr::Text(_) | Expr::Bits) {
            return refuse("42601", format!("non-integer constant in {clause}"));
        }
        let value = self.expr(key, level)?;
        let same = targets.iter().position(|target| target.value.node == value.node);
        if let Some(at) = same {
            return Ok(at);
        }
        targets.push(Output { name: String::new(), value });
        Ok(targets.len() - 1)
    }

    /// FOR UPDATE needs rows of tables.
    fn locks(&mut self, select: &Select, query: &Query, level: &Level<'_>) -> Found<()> {
        for lock in &query.locks {
            let with = [
                (select.distinct != Distinct::No, "DISTINCT clause"),
                (!select.group_by.is_empty() || select.grouping_sets, "GROUP BY clause"),
                (select.having.is_some(), "HAVING clause"),
                (level.flags.aggregates.get(), "aggregate functions"),
                (level.flags.windows.get(), "window functions"),
                (level.flags.sets.get(), "set-returning functions in the target list"),
            ];
            if let Some((_, what)) = with.iter().find(|(has, _)| *has) {
                return refuse("0A000", format!("{} is not allowed with {what}", lock.clause));
            }
            for name in &lock.of {
                if !level.entries().iter().any(|entry| entry.name == *name) {
                    let clause = lock.clause;
                    let message =
                        format!("relation \"{name}\" in {clause} clause not found in FROM clause");
                    return refuse("42P01", message);
                }
            }
        }
        Ok(())
    }
}

/// The output column of a name; two different ones are ambiguous.
fn by_name(name: &str, targets: &[Output], clause: &str) -> Found<Option<usize>> {
    let mut found: Option<usize> = None;
    for (at, target) in targets.iter().enumerate().filter(|(_, target)| target.name == name) {
        match found.and_then(|at| targets.get(at)) {
            Some(first) if first.value.node != target.value.node => {
                return refuse("42702", format!("{clause} \"{name}\" is ambiguous"));
            }
            Some(_) => {}
            None => found = Some(at),
        }
    }
    Ok(found)
}

//! Queries inside a statement: a level of their own below another. Must not know clauses.

use super::super::ast::{Query, Statement};
use super::level::Level;
use super::target::Output;
use super::value::Node;
use super::{Found, Resolver};

/// What a subquery gives.
pub(super) struct Subquery {
    /// Columns.
    pub(super) columns: Vec<Output>,
    /// Whether there may be more than are known.
    pub(super) open: bool,
    /// It as part of an expression.
    pub(super) outer: Node,
}

impl Resolver<'_> {
    /// A query below a level; `settled`: literals that nothing gave a type are text.
    pub(super) fn subquery(
        &mut self,
        query: &Query,
        parent: &Level<'_>,
        settled: bool,
    ) -> Found<Subquery> {
        let mut level = Level::new(Some(parent));
        let columns = self.query_in(query, &mut level, settled)?;
        Ok(self.close(columns, &level, parent))
    }

    /// A statement below a level, as an item of WITH; `None` where it gives no rows.
    pub(super) fn sub_statement(
        &mut self,
        statement: &Statement,
        parent: &Level<'_>,
    ) -> Found<Option<Subquery>> {
        let mut level = Level::new(Some(parent));
        let columns = self.statement_in(statement, &mut level)?;
        Ok(columns.map(|columns| self.close(columns, &level, parent)))
    }

    /// What is left of a level when it is done: the outer columns it mentioned.
    fn close(&mut self, columns: Vec<Output>, level: &Level<'_>, parent: &Level<'_>) -> Subquery {
        let mentioned = level.flags.outer.take();
        let is_of = |node: &Node, below: usize| match node {
            Node::Var { depth, .. } | Node::Whole { depth, .. } => *depth < below,
            Node::Null
            | Node::Text(_)
            | Node::Constant(_)
            | Node::Param(_)
            | Node::Default
            | Node::Apply(..)
            | Node::Aggregate(_)
            | Node::Query(..) => false,
        };
        let further = mentioned.iter().filter(|node| is_of(node, parent.depth)).cloned();
        parent.flags.outer.borrow_mut().extend(further);
        self.n_subqueries += 1;
        let open = level.flags.open_star.get();
        Subquery { columns, open, outer: Node::Query(self.n_subqueries, mentioned) }
    }
}

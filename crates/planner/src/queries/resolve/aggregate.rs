//! GROUP BY: what stands outside aggregates is grouped by, or follows from what is. Must not know how
//! names are found.

use super::level::Level;
use super::value::Node;
use super::{Found, Resolver, refuse};
use crate::schema::ConstraintKind;

/// What a query groups by.
pub(super) struct Grouping {
    /// The keys.
    pub(super) nodes: Vec<Node>,
    /// Whether a primary key among them stands for all columns of its table.
    pub(super) by_key: bool,
}

impl Resolver<'_> {
    /// Whether everything is grouped.
    pub(super) fn grouped<'n>(
        &mut self,
        groups: &Grouping,
        nodes: impl Iterator<Item = &'n Node>,
        level: &Level<'_>,
    ) -> Found<()> {
        for node in nodes {
            self.grouped_node(groups, node, level, false)?;
        }
        Ok(())
    }

    fn grouped_node(
        &mut self,
        groups: &Grouping,
        node: &Node,
        level: &Level<'_>,
        in_query: bool,
    ) -> Found<()> {
        if groups.nodes.contains(node) {
            return Ok(());
        }
        match node {
            Node::Var { depth, entry, column } if *depth == level.depth => {
                let Some(found) = level.entry(*entry) else { return Ok(()) };
                if self.follows(groups, *entry, level) {
                    return Ok(());
                }
                let column = found.column_name(*column).unwrap_or_default().to_owned();
                self.ungrouped(groups, &format!("{}.{column}", found.name), in_query)
            }
            Node::Whole { depth, entry, name } if *depth == level.depth => {
                let Some(found) = level.entry(*entry) else { return Ok(()) };
                if self.follows(groups, *entry, level) {
                    return Ok(());
                }
                self.ungrouped(groups, &format!("{}.{name}", found.name), in_query)
            }
            Node::Apply(_, parts) => {
                parts.iter().try_for_each(|part| self.grouped_node(groups, part, level, in_query))
            }
            Node::Query(_, parts) => {
                parts.iter().try_for_each(|part| self.grouped_node(groups, part, level, true))
            }
            Node::Var { .. }
            | Node::Whole { .. }
            | Node::Null
            | Node::Text(_)
            | Node::Constant(_)
            | Node::Param(_)
            | Node::Default
            | Node::Aggregate(_) => Ok(()),
        }
    }

    fn ungrouped(&mut self, groups: &Grouping, name: &str, in_query: bool) -> Found<()> {
        let mut has_query = false;
        for node in &groups.nodes {
            node.visit(&mut |part| has_query |= matches!(part, Node::Query(..)));
        }
        if in_query && has_query {
            // Two subqueries that say the same are the same to the server, not here.
            self.doubt("a subquery in GROUP BY is not looked into");
            return Ok(());
        }
        if in_query {
            let message = format!("subquery uses ungrouped column \"{name}\" from outer query");
            return refuse("42803", message);
        }
        refuse(
            "42803",
            format!(
                "column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function"
            ),
        )
    }

    /// Whether the primary key of the entry's table is grouped by.
    fn follows(&self, groups: &Grouping, entry: usize, level: &Level<'_>) -> bool {
        let relation = level.entry(entry).and_then(|found| found.relation());
        let Some(relation) = relation.filter(|_| groups.by_key) else { return false };
        let Some(table) = self.catalogue.table(&relation.name) else { return false };
        let mut keys = table.constraints.values().filter_map(|constraint| match &constraint.kind {
            ConstraintKind::PrimaryKey(columns) => Some(columns),
            ConstraintKind::Unique(_)
            | ConstraintKind::Check(_)
            | ConstraintKind::ForeignKey(_)
            | ConstraintKind::NotNull(_)
            | ConstraintKind::Other(..) => None,
        });
        let depth = level.depth;
        let is_grouped = |name: &String| {
            let column = relation.columns.iter().position(|column| column.name == *name);
            column.is_some_and(|column| groups.nodes.contains(&Node::Var { depth, entry, column }))
        };
        keys.next().is_some_and(|columns| columns.iter().all(is_grouped))
    }
}

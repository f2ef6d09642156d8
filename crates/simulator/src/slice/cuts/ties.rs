//! What ties the columns of a plan's tables together. Must not know what is made of it.

use std::collections::{BTreeMap, BTreeSet};

use planner::name::QName;
use planner::op::Op;
use planner::plan::Plan;
use planner::schema::{ConstraintKind, Index, Schema, Table};

use super::super::{Kept, copies, looked_up, mentioned, ops, renames};
use super::things::{
    Part, Thing, changed_columns, drops_one, makes_index, makes_name, named_columns, of_whole_rows,
    things, things_of_condition, things_of_conversion,
};

/// A foreign key between two tables that some release uses.
pub(super) struct Reference {
    /// Some column of it that tells no rows apart, where it has one.
    pub(super) thing: Option<Thing>,
    pub(super) pair: BTreeSet<QName>,
}

/// What ties columns together.
pub(super) struct Ties<'a> {
    pub(super) plan: &'a Plan,
    renamed: BTreeMap<QName, QName>,
    /// Tables that some release uses, each with the columns that tell its rows apart.
    pub(super) keys: BTreeMap<QName, Vec<String>>,
    /// Columns that the plan mentions.
    mentioned: Kept,
    /// Tables that stay whole.
    pub(super) whole: BTreeSet<QName>,
    /// What is tied to what: each thing has another, in the end the one that stands for all.
    pub(super) tied: BTreeMap<Thing, Thing>,
    pub(super) references: Vec<Reference>,
    /// Indexes that hold no row back, with their columns.
    pub(super) over: BTreeMap<Thing, BTreeSet<Thing>>,
}

impl<'a> Ties<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let mut ties = Self {
            plan,
            renamed: renames(plan),
            keys: BTreeMap::new(),
            mentioned: mentioned(plan),
            whole: BTreeSet::new(),
            tied: BTreeMap::new(),
            references: Vec::new(),
            over: BTreeMap::new(),
        };
        let used = plan.releases.iter().flat_map(|r| r.reads.iter().chain(&r.writes));
        let used: BTreeSet<QName> = used.map(|c| ties.original(&c.relation)).collect();
        ties.whole = ties.whole_tables(&used);
        for name in used {
            let key = if ties.whole.contains(&name) { Vec::new() } else { ties.key(&name) };
            ties.keys.insert(name, key);
        }
        ties.tie_columns();
        ties.tie_mentions();
        ties.tie_schema(&plan.model.source);
        ties.tie_schema(&plan.model.target);
        ties.tie_whole();
        ties
    }

    fn original(&self, name: &QName) -> QName {
        self.renamed.get(name).unwrap_or(name).clone()
    }

    /// Every name of a table.
    pub(super) fn names(&self, table: &QName) -> Vec<QName> {
        let renamed = self.renamed.iter().filter(|(_, old)| *old == table);
        std::iter::once(table.clone()).chain(renamed.map(|(new, _)| new.clone())).collect()
    }

    /// The table before and after.
    pub(super) fn definitions(&self, table: &QName) -> Vec<&'a Table> {
        let model = &self.plan.model;
        let names = self.names(table);
        let of = |schema: &'a Schema| names.iter().filter_map(|name| schema.table(name)).next();
        [of(&model.source), of(&model.target)].into_iter().flatten().collect()
    }

    pub(super) fn key(&self, table: &QName) -> Vec<String> {
        let first = self.definitions(table).into_iter().next();
        first.and_then(Table::primary_key).unwrap_or_default().to_vec()
    }

    /// Tables of which each row as a whole matters: what rows come from or go to, what has partitions or
    /// heirs, and what gets another key.
    fn whole_tables(&self, used: &BTreeSet<QName>) -> BTreeSet<QName> {
        let model = &self.plan.model;
        let mut whole: BTreeSet<QName> = BTreeSet::new();
        for conversion in &model.conversions {
            for lookup in looked_up(conversion) {
                whole.extend([&conversion.old_relation, &lookup.table].map(|t| self.original(t)));
            }
        }
        for relay in &model.relays {
            whole.extend([&relay.old, &relay.new].map(|end| self.original(&end.table)));
        }
        for op in ops(self.plan).chain(&model.asked) {
            whole.extend(of_whole_rows(op).into_iter().map(|t| self.original(t)));
        }
        let stays = |table: &&QName| {
            let definitions = self.definitions(table);
            let family = [&model.source, &model.target]
                .into_iter()
                .any(|schema| !schema.descendants(table).is_empty());
            let keys: BTreeSet<_> = definitions.iter().filter_map(|t| t.primary_key()).collect();
            family
                || keys.len() > 1
                || definitions.iter().any(|t| t.partitioning.is_some())
                || self.is_key_moved(table)
                || self.is_any_name_both(table)
        };
        whole.extend(used.iter().filter(stays).cloned());
        whole
    }

    /// Whether the plan does more to the columns that tell rows apart than name them.
    fn is_key_moved(&self, table: &QName) -> bool {
        let key = self.key(table);
        let names = self.names(table);
        let moves = |table: &QName, columns: &[String]| {
            names.contains(table) && columns.iter().any(|c| key.contains(c))
        };
        let is_converted = self.plan.model.conversions.iter().any(|conversion| {
            things_of_conversion(conversion).iter().any(|(table, part)| {
                matches!(part, Part::Column(c) if moves(table, std::slice::from_ref(c)))
            })
        });
        is_converted
            || ops(self.plan).any(|op| {
                changed_columns(op).is_some_and(|(table, columns)| moves(table, &columns))
            })
    }

    /// Whether some name stands at one time for columns that tell rows apart alone, and at another for more.
    fn is_any_name_both(&self, table: &QName) -> bool {
        let key = self.key(table);
        let definitions = self.definitions(table);
        let of_schema = definitions.into_iter().flat_map(named_columns);
        let names = self.names(table);
        let of_ops = ops(self.plan).filter_map(|op| {
            let (table, name, columns) = makes_name(op)?;
            names.contains(table).then_some((name, columns))
        });
        let mut known: BTreeMap<&String, bool> = BTreeMap::new();
        of_schema.chain(of_ops).any(|(name, columns)| {
            let alone = columns.iter().all(|c| key.contains(c));
            *known.entry(name).or_insert(alone) != alone
        })
    }

    /// A thing by the first name of its table, where it is one that can be apart.
    pub(super) fn node(&self, (table, part): &Thing) -> Option<Thing> {
        let table = self.original(table);
        let key = self.keys.get(&table)?;
        let mentioned = match part {
            Part::Column(c) => {
                !key.contains(c) && self.mentioned.get(&table).is_some_and(|m| m.contains(c))
            }
            Part::Named(_) => true,
        };
        mentioned.then(|| (table, part.clone()))
    }

    pub(super) fn root(&self, thing: &Thing) -> Thing {
        let mut at = thing;
        while let Some(next) = self.tied.get(at).filter(|next| *next != at) {
            at = next;
        }
        at.clone()
    }

    fn tie(&mut self, things: &[Thing]) {
        let nodes: Vec<Thing> = things.iter().filter_map(|thing| self.node(thing)).collect();
        for node in &nodes {
            self.tied.entry(node.clone()).or_insert_with(|| node.clone());
        }
        let Some(first) = nodes.first().map(|node| self.root(node)) else { return };
        for node in &nodes {
            let root = self.root(node);
            self.tied.insert(root, first.clone());
        }
    }

    fn tie_columns(&mut self) {
        let all: Vec<Thing> = self
            .mentioned
            .iter()
            .flat_map(|(table, columns)| {
                columns.iter().map(|c| (table.clone(), Part::Column(c.clone())))
            })
            .collect();
        for thing in all {
            self.tie(&[thing]);
        }
    }

    fn tie_mentions(&mut self) {
        let plan = self.plan;
        for op in ops(plan).chain(&plan.model.asked) {
            // What it makes stands in the schema.
            if !matches!(op, Op::CreateTable { .. }) {
                self.tie(&things(op));
            }
            if let Some((table, name, index)) = makes_index(op) {
                self.lay_over(table, (name, index));
            }
            if let Op::AddConstraint { table, constraint, .. }
            | Op::AddConstraintOnly { table, constraint, .. } = op
            {
                self.tie_reference(table, &constraint.kind);
            }
        }
        let checks = plan.steps().flat_map(|s| s.checks.iter().map(|c| &c.condition));
        for condition in plan.releases.iter().flat_map(|r| &r.keeps).chain(checks) {
            self.tie(&things_of_condition(condition));
        }
        for conversion in &plan.model.conversions {
            self.tie(&things_of_conversion(conversion));
        }
    }

    fn tie_schema(&mut self, schema: &Schema) {
        for (name, table) in &schema.tables {
            for (index, definition) in table.indexes.iter().filter(|(_, index)| !index.unique) {
                self.lay_over(name, (index, definition));
            }
            for (of, columns) in named_columns(table) {
                if self.is_mentioned(name, &columns) {
                    let columns = columns.into_iter().map(Part::Column);
                    let parts = columns.chain([Part::Named(of.clone())]);
                    self.tie(&parts.map(|part| (name.clone(), part)).collect::<Vec<_>>());
                }
            }
            for constraint in table.constraints.values() {
                if self.is_mentioned(name, &constraint.kind.columns()) {
                    self.tie_reference(name, &constraint.kind);
                }
            }
        }
    }

    /// An index that holds no row back ties nothing: each search has of it what is over its columns.
    fn lay_over(&mut self, table: &QName, (name, index): (&String, &Index)) {
        if !self.is_mentioned(table, &index.columns) {
            return;
        }
        let named = (table.clone(), Part::Named(name.clone()));
        self.tie(std::slice::from_ref(&named));
        let columns = index.columns.iter().map(|c| (table.clone(), Part::Column(c.clone())));
        let mut columns: Vec<Thing> = columns.filter_map(|thing| self.node(&thing)).collect();
        if ops(self.plan).any(|op| drops_one(op, (table, index))) {
            // It goes with any of them.
            columns.push(named);
            self.tie(&columns);
            return;
        }
        if let Some(named) = self.node(&named) {
            self.over.entry(named).or_default().extend(columns);
        }
    }

    fn is_mentioned(&self, table: &QName, columns: &[String]) -> bool {
        let (table, none) = (self.original(table), BTreeSet::new());
        let mentioned = self.mentioned.get(&table).unwrap_or(&none);
        let key = self.key(&table);
        columns.iter().all(|c| mentioned.contains(c) || key.contains(c))
    }

    /// A foreign key ties the columns on both of its sides.
    fn tie_reference(&mut self, table: &QName, kind: &ConstraintKind) {
        let Some(key) = kind.foreign_key() else { return };
        let (child, parent) = (self.original(table), self.original(&key.parent));
        if !self.keys.contains_key(&child) || !self.keys.contains_key(&parent) {
            return;
        }
        let there = if key.parent_columns.is_empty() {
            self.key(&parent)
        } else {
            key.parent_columns.clone()
        };
        let here = key.columns.iter().map(|c| (child.clone(), Part::Column(c.clone())));
        let there = there.into_iter().map(|c| (parent.clone(), Part::Column(c)));
        let things: Vec<Thing> = here.chain(there).collect();
        self.tie(&things);
        let thing = things.iter().find_map(|thing| self.node(thing));
        self.references.push(Reference { thing, pair: BTreeSet::from([child, parent]) });
    }

    /// All of a table that stays whole; and with it the tables that its rows come from or go to.
    fn tie_whole(&mut self) {
        for table in self.whole.clone() {
            let all: Vec<Thing> = self.tied.keys().filter(|(t, _)| *t == table).cloned().collect();
            self.tie(&all);
        }
        for pair in self.carried() {
            let first = pair.map(|table| self.tied.keys().find(|(t, _)| *t == table).cloned());
            if let [Some(a), Some(b)] = first {
                self.tie(&[a, b]);
            }
        }
    }

    /// Tables of which one's rows depend on the other's.
    pub(super) fn carried(&self) -> Vec<[QName; 2]> {
        let model = &self.plan.model;
        let looked_up = model.conversions.iter().flat_map(|conversion| {
            let from = &conversion.old_relation;
            looked_up(conversion).into_iter().map(move |lookup| (from, &lookup.table))
        });
        let relayed = model.relays.iter().map(|r| (&r.old.table, &r.new.table));
        let copied = ops(self.plan).filter_map(copies);
        let pairs = copied.chain(looked_up).chain(relayed).filter(|(a, b)| a != b);
        pairs.map(|(a, b)| [self.original(a), self.original(b)]).collect()
    }
}

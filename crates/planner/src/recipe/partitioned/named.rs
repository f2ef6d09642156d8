//! An index, key or reference with its name, and the statements that make it on a partitioned table.
//! Must not know steps.

use crate::name::{QName, derived, own};
use crate::op::Op;
use crate::op::effect::{Part, Whole};
use crate::schema::{Constraint, ConstraintKind, Index, Schema, Table};

/// A whole, or a part of one, with its name.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// Its name.
    pub(crate) name: String,
    /// What it is.
    pub(crate) whole: Whole,
}

/// Statements that make a whole, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Making {
    /// Build the parts, each alone, beside reads and writes.
    pub(super) built: Vec<Op>,
    /// Look at the rows of each part.
    pub(super) checked: Vec<Op>,
    /// Take effect together when that is done.
    pub(super) together: Vec<Op>,
}

impl Making {
    fn alone(&self) -> Vec<Op> {
        self.built.iter().chain(&self.checked).cloned().collect()
    }

    /// What runs alone, and what runs together.
    pub(super) fn groups(self) -> (Vec<Op>, Vec<Op>) {
        (self.alone(), self.together)
    }
}

/// Which names are not free until the statements that take effect together.
pub(super) type Busy<'a> = &'a dyn Fn(&Part) -> bool;

impl Named {
    /// An index.
    pub(crate) fn index(name: &str, index: &Index) -> Self {
        Self { name: name.to_owned(), whole: Whole::Index(index.clone()) }
    }

    /// A key, exclusion or reference.
    pub(crate) fn constraint(name: &str, constraint: &Constraint) -> Self {
        Self { name: name.to_owned(), whole: Whole::Key(constraint.clone()) }
    }

    /// What a table has under the name, where it has it.
    pub(super) fn on(schema: &Schema, table: &QName, name: &str) -> Option<Self> {
        let table = schema.table(table)?;
        let index = table.indexes.get(name).map(|index| Self::index(name, index));
        index.or_else(|| table.constraints.get(name).map(|c| Self::constraint(name, c)))
    }

    /// The statement that makes it.
    pub(super) fn create(&self, table: &QName) -> Op {
        let (table, name) = (table.clone(), self.name.clone());
        match &self.whole {
            Whole::Index(index) => {
                Op::CreateIndex { table, name, index: index.clone(), concurrently: false }
            }
            Whole::Key(constraint) => {
                Op::AddConstraint { table, name, constraint: constraint.clone() }
            }
        }
    }

    /// The statement that makes it without its parts.
    fn create_only(&self, table: &QName) -> Op {
        let (table, name) = (table.clone(), self.name.clone());
        match &self.whole {
            Whole::Index(index) => Op::CreateIndexOnly { table, name, index: index.clone() },
            Whole::Key(constraint) => {
                Op::AddConstraintOnly { table, name, constraint: constraint.clone() }
            }
        }
    }

    /// The statement that takes it away; `keys` says whether keys are among its parts.
    pub(super) fn drop(&self, table: &QName, keys: bool) -> Op {
        let (table, name) = (table.clone(), self.name.clone());
        match &self.whole {
            Whole::Index(_) if keys => Op::DropIndexCascade { table, name },
            Whole::Index(_) => Op::DropIndex { table, name, concurrently: false, if_exists: true },
            Whole::Key(_) => Op::DropConstraintIfExists { table, name },
        }
    }

    /// The index behind it, where parts can be built concurrently.
    pub(crate) fn backing(&self) -> Option<Index> {
        match &self.whole {
            Whole::Index(index) => Some(index.clone()),
            Whole::Key(constraint) => constraint.kind.backing(),
        }
    }

    /// Whether it is a foreign key.
    pub(super) fn is_reference(&self) -> bool {
        matches!(&self.whole, Whole::Key(c) if matches!(c.kind, ConstraintKind::ForeignKey(_)))
    }

    /// Its parts on the partitions of a table that does not have it yet.
    pub(super) fn parts(&self, schema: &Schema, table: &QName) -> Vec<Part> {
        if !self.is_reference() {
            return schema.parts_for(table, &self.whole);
        }
        let leaves = schema.leaves(table);
        leaves.iter().filter_map(|leaf| self.reference_part(schema.table(leaf)?, leaf)).collect()
    }

    fn reference_part(&self, definition: &Table, leaf: &QName) -> Option<Part> {
        let Whole::Key(constraint) = &self.whole else { return None };
        let own = definition.constraints.iter().find(|(own, c)| {
            *c == constraint && !definition.inherited.constraints.contains_key(*own)
        });
        let taken = |name: &str| definition.constraints.contains_key(name);
        let (name, there) = match own {
            Some((own, _)) => (own.clone(), true),
            None if taken(&self.name) => {
                let columns = derived::addition(&constraint.kind.columns());
                (derived::choose(&leaf.name, &columns, "fkey", taken), false)
            }
            None => (self.name.clone(), false),
        };
        Some(Part { table: leaf.clone(), name, there })
    }

    /// What a table would get to be a partition, under which name, where it has no such part yet.
    pub(crate) fn missing_on(&self, schema: &Schema, child: &QName) -> Option<Self> {
        let definition = schema.table(child)?;
        let has_index = match &self.whole {
            Whole::Index(_) => true,
            Whole::Key(constraint) => constraint.kind.has_index(),
        };
        let name = if self.is_reference() {
            self.reference_part(definition, child).filter(|part| !part.there)?.name
        } else if has_index && schema.matching(child, &self.whole).is_none() {
            schema.derived_name(child, &self.whole)
        } else {
            return None;
        };
        Some(Self { name, whole: self.whole.clone() })
    }

    /// How it is made.
    pub(super) fn making(&self, table: &QName, parts: &[Part], busy: Busy<'_>) -> Making {
        let mut making = Making::default();
        for part in parts.iter().filter(|part| !part.there) {
            self.make_part(part, busy(part), &mut making);
        }
        making.together.push(self.create(table));
        making
    }

    /// How it is made again with the parts that it has on a schema: a part of an index can be a key,
    /// and one that was made for ONLY the table need not have all.
    pub(super) fn making_again(&self, schema: &Schema, table: &QName, busy: Busy<'_>) -> Making {
        let mut making = Making::default();
        let parts = schema.parts_now(table, &self.name);
        for part in &parts {
            let own = Self::on(schema, &part.table, &part.name).unwrap_or_else(|| self.clone());
            own.make_part(part, busy(part), &mut making);
        }
        let lacks = |child: &QName| {
            let below = schema.table(child);
            below.is_some_and(|t| !t.inherited.indexes.values().any(|whole| *whole == self.name))
        };
        let children = schema.children(table);
        if self.is_reference() || !children.iter().any(lacks) {
            making.together.push(self.create(table));
            return making;
        }
        making.together.push(self.create_only(table));
        let direct = parts.into_iter().filter(|part| children.contains(&part.table));
        making.together.extend(direct.map(|part| Op::AttachIndex {
            table: part.table,
            name: part.name,
            parent: table.clone(),
            index: self.name.clone(),
        }));
        making
    }

    /// What makes a part; where its name is busy, under another one that gives way to it.
    pub(super) fn make_part(&self, part: &Part, busy: bool, making: &mut Making) {
        let (table, name) = (part.table.clone(), part.name.clone());
        if let Whole::Key(constraint) = &self.whole
            && self.is_reference()
        {
            making.built.extend(unvalidated(part, constraint));
            making.checked.push(Op::ValidateConstraint { table, name });
            return;
        }
        // What cannot be built beside traffic is built with the whole.
        let Some(index) = self.backing() else { return };
        let meanwhile = if busy { own::twin(&name) } else { name.clone() };
        making.built.push(drop_concurrently(&table, &meanwhile));
        making.built.push(Op::CreateIndex {
            table: table.clone(),
            name: meanwhile.clone(),
            index,
            concurrently: true,
        });
        match &self.whole {
            Whole::Key(constraint) => making.together.push(Op::AddConstraintUsingIndex {
                table,
                name,
                index: meanwhile,
                primary: matches!(constraint.kind, ConstraintKind::PrimaryKey(_)),
                deferral: String::new(),
            }),
            Whole::Index(_) if busy => {
                making.together.push(Op::RenameIndex { table, name: meanwhile, to: name });
            }
            Whole::Index(_) => {}
        }
    }

    /// Takes away what has been built, as far as it has got.
    pub(super) fn clear(&self, parts: &[Part], busy: Busy<'_>) -> Vec<Op> {
        let built = parts.iter().filter(|part| !part.there);
        if self.is_reference() {
            return built.map(drop_constraint).collect();
        }
        let has_index = self.backing().is_some();
        built
            .filter(|_| has_index)
            .map(|part| {
                let name = if busy(part) { own::twin(&part.name) } else { part.name.clone() };
                drop_concurrently(&part.table, &name)
            })
            .collect()
    }

    /// Takes back that rows have been looked at.
    pub(super) fn unchecked(&self, parts: &[Part]) -> Vec<Op> {
        let Whole::Key(constraint) = &self.whole else { return Vec::new() };
        let built = parts.iter().filter(|part| !part.there);
        built.flat_map(|part| unvalidated(part, constraint)).collect()
    }
}

fn unvalidated(part: &Part, constraint: &Constraint) -> [Op; 2] {
    let constraint = Constraint { validated: false, ..constraint.clone() };
    let (table, name) = (part.table.clone(), part.name.clone());
    [drop_constraint(part), Op::AddConstraint { table, name, constraint }]
}

fn drop_constraint(part: &Part) -> Op {
    Op::DropConstraintIfExists { table: part.table.clone(), name: part.name.clone() }
}

fn drop_concurrently(table: &QName, name: &str) -> Op {
    Op::DropIndex {
        table: table.clone(),
        name: name.to_owned(),
        concurrently: true,
        if_exists: true,
    }
}

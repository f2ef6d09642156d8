//! Tables that are renamed, dropped or new, and columns renamed by hints.

use std::collections::{BTreeMap, BTreeSet};

use super::Diff;
use crate::change::Hint;
use crate::name::{QName, own};
use crate::op::Op;
use crate::schema::{ConstraintKind, ObjectId, ObjectKind, Schema, Table};

impl Diff<'_> {
    /// Renames that hints ask for. Columns go by their table's old name.
    pub(super) fn renames(&mut self, hints: &[Hint]) {
        let mut renamed: BTreeMap<QName, QName> = BTreeMap::new();
        for hint in hints {
            if let Hint::RenameTable { table, to } = hint {
                let after = table.sibling(to);
                if self.work.tables.contains_key(table) && self.target.tables.contains_key(&after) {
                    self.push(Op::RenameTable { table: table.clone(), to: to.clone() });
                    renamed.insert(table.clone(), after);
                }
            }
        }
        for hint in hints {
            if let Hint::RenameLabel { ty, label, to } = hint {
                let (ty, label, to) = (ty.clone(), label.clone(), to.clone());
                // Said twice, it is done once.
                if self.work.enums.get(&ty).is_some_and(|labels| labels.contains(&label)) {
                    self.push(Op::RenameLabel { ty, label, to });
                }
            }
        }
        for hint in hints {
            if let Hint::RenameColumn { table, column, to } = hint {
                let table = renamed.get(table).unwrap_or(table).clone();
                let (column, to) = (column.clone(), to.clone());
                if self.work.table(&table).is_some_and(|t| t.column(&column).is_some()) {
                    self.push(Op::RenameColumn { table, column, to });
                }
            }
        }
    }

    /// Drops what is gone: what points at a table before it, heirs before their parents; partitions
    /// go with theirs.
    pub(super) fn drop_tables(&mut self) {
        let gone = |diff: &Self| -> Vec<QName> {
            let is_gone = |name: &&QName| !diff.target.tables.contains_key(*name);
            diff.work
                .tables
                .keys()
                .filter(is_gone)
                .filter(|n| diff.goes_alone(n))
                .cloned()
                .collect()
        };
        loop {
            let open = gone(self);
            let free = open.iter().find(|name| self.keys_into(name).is_empty());
            let Some(table) = free.or(open.first()).cloned() else { return };
            // A circle of keys: open it at its first table.
            for op in self.keys_into(&table) {
                self.push(op);
            }
            let before = self.work.tables.len();
            self.push(Op::DropTable { table });
            if self.work.tables.len() == before {
                return;
            }
        }
    }

    /// Whether a table that goes can be dropped by itself: no heir is left, and it is no partition of
    /// a table that goes, too.
    fn goes_alone(&self, name: &QName) -> bool {
        let is_partition = |n: &QName| self.work.table(n).is_some_and(Table::is_partition);
        let with_parent = is_partition(name)
            && self
                .work
                .known_parents(name)
                .iter()
                .any(|(parent, _)| !self.target.tables.contains_key(*parent));
        !with_parent && self.work.descendants(name).iter().all(is_partition)
    }

    /// What drops foreign keys of other tables that point at a table or its partitions.
    fn keys_into(&self, table: &QName) -> Vec<Op> {
        let mut family = self.work.descendants(table);
        family.push(table.clone());
        let into = family.iter().flat_map(|member| self.work.referencing(member));
        into.filter(|(child, key, _)| {
            !family.contains(child) && !self.work.inherits_constraint(child, key)
        })
        .map(|(child, name, _)| Op::DropConstraint { table: child.clone(), name: name.to_owned() })
        .collect()
    }

    /// Index names that new tables and indexes take from tables that go: those go last, so their
    /// indexes step aside first.
    pub(super) fn free_names(&mut self) {
        let target = self.target;
        let mut taken = Vec::new();
        for (name, table) in &self.work.tables {
            if target.tables.contains_key(name) {
                continue;
            }
            let wanted = |index: &&String| self.is_wanted_elsewhere(name, index);
            let keys = table.constraints.iter().filter(|(_, c)| c.kind.has_index()).map(|(k, _)| k);
            for index in keys.chain(table.indexes.keys()).filter(wanted) {
                taken.push((name.clone(), index.clone()));
            }
        }
        for (table, name) in taken {
            let to = own::aside(&name);
            self.push(Op::RenameIndex { table, name, to });
        }
    }

    /// Whether an index or key of another table takes the name, or a relation does that is new.
    pub(super) fn is_wanted_elsewhere(&self, table: &QName, index: &str) -> bool {
        let name = table.sibling(index);
        let sequence = ObjectId::new(ObjectKind::Sequence, name.to_string());
        let relation = self.target.tables.contains_key(&name)
            || self.target.views.contains_key(&name)
            || self.target.objects.contains_key(&sequence);
        relation
            || self.target.tables.iter().any(|(other, t)| {
                let key = t.constraints.get(index).is_some_and(|c| c.kind.has_index());
                other != table
                    && other.schema == table.schema
                    && (key || t.indexes.contains_key(index))
            })
    }

    /// Creates what is new, without foreign keys, indexes and triggers: those come when all tables
    /// are there. `waiting` are types that themselves wait for tables.
    pub(super) fn create_tables(&mut self, waiting: &BTreeSet<String>) {
        let waits = |table: &Table| {
            table.columns.iter().any(|c| {
                let words = c.ty.as_str().split(|c: char| !c.is_alphanumeric() && c != '_');
                words.into_iter().any(|word| waiting.contains(word))
            })
        };
        self.create_those(&|table| !waits(table));
        if !waiting.is_empty() {
            self.objects_before_tables();
            self.create_those(&|_| true);
        }
    }

    fn create_those(&mut self, wanted: &dyn Fn(&Table) -> bool) {
        let target = self.target;
        let new = target.tables.iter().filter(|(name, _)| !self.work.tables.contains_key(*name));
        let new = new.filter(|(_, table)| wanted(table)).map(|(name, _)| name.clone());
        for name in self.by_generation(new.collect(), true) {
            let Some(table) = target.table(&name) else { continue };
            if let Some(parent) = self.living_parent(table) {
                self.create_partition(&name, table, parent);
                continue;
            }
            let mut definition = table.clone();
            definition.indexes.clear();
            definition.triggers.clear();
            definition.constraints.retain(|_, c| !c.kind.is_reference() && c.validated);
            keep_one_of_each(&mut definition);
            let mut parts = definition.parts();
            if parts.of.take().is_some() {
                // A table of its own until it is attached; its own keys come after those of its parent.
                let inherited = std::mem::take(&mut definition.inherited);
                definition
                    .constraints
                    .retain(|name, c| !c.kind.has_index() || inherited.indexes.contains_key(name));
                definition.partitioning = parts.text();
            }
            self.as_parents_have_it(&name, &mut definition);
            self.push(Op::CreateTable { table: name.clone(), definition });
            self.own_defaults(&name, table);
        }
    }

    /// Columns that an heir has from its parents alone begin as theirs: CREATE TABLE says nothing of them.
    fn as_parents_have_it(&self, name: &QName, definition: &mut Table) {
        let Ok(given) = self.work.with_parents(definition) else { return };
        let heir = definition.inherited.columns.clone();
        for column in definition.columns.iter_mut().filter(|c| heir.contains(&c.name)) {
            let Some(theirs) = given.column(&column.name) else { continue };
            column.default.clone_from(&theirs.default);
            column.not_null = theirs.not_null || definition_key(self.target, name, &column.name);
        }
    }

    /// What an heir says otherwise of columns that it has from its parents.
    fn own_defaults(&mut self, name: &QName, wanted: &Table) {
        for column in wanted.columns.iter().filter(|c| wanted.inherited.columns.contains(&c.name)) {
            let now = self.work.table(name).and_then(|t| t.column(&column.name)).cloned();
            let Some(now) = now else { continue };
            let (table, name) = (name.clone(), column.name.clone());
            if now.default != column.default {
                let default = column.default.clone();
                self.push(Op::SetDefault { table: table.clone(), column: name.clone(), default });
            }
            if now.not_null != column.not_null {
                let not_null = column.not_null;
                self.push(Op::SetNotNull { table, column: name, not_null });
            }
        }
    }
}

/// Whether a table's primary key makes a column NOT NULL.
fn definition_key(schema: &Schema, table: &QName, column: &str) -> bool {
    let key = schema.table(table).and_then(Table::primary_key);
    key.is_some_and(|key| key.iter().any(|c| c == column))
}

/// A second key over the same columns comes later: CREATE TABLE would make one of the two.
fn keep_one_of_each(definition: &mut Table) {
    let mut all: Vec<_> = std::mem::take(&mut definition.constraints).into_iter().collect();
    all.sort_by_key(|(_, constraint)| !matches!(constraint.kind, ConstraintKind::PrimaryKey(_)));
    for (name, constraint) in all {
        if !definition.has_key_like(&constraint.kind) {
            definition.constraints.insert(name, constraint);
        }
    }
}

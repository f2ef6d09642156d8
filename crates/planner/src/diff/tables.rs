//! Tables that are renamed, dropped or new, and columns renamed by hints.

use std::collections::{BTreeMap, BTreeSet};

use super::Diff;
use crate::change::Hint;
use crate::name::{QName, clip, quote};
use crate::op::Op;
use crate::schema::{Column, ConstraintKind, Table};

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
            if let Hint::RenameColumn { table, column, to } = hint {
                let table = renamed.get(table).unwrap_or(table).clone();
                let (column, to) = (column.clone(), to.clone());
                if self.work.table(&table).is_some_and(|t| t.column(&column).is_some()) {
                    self.push(Op::RenameColumn { table, column, to });
                }
            }
        }
    }

    /// A drop and an add that look like a rename.
    pub(super) fn suspect_renames(&mut self) {
        for name in self.kept_tables() {
            let (Some(before), Some(after)) = (self.work.table(&name), self.target.table(&name))
            else {
                continue;
            };
            for (from, to) in suspected(before, after) {
                let hint =
                    format!("rename {}.{} to {}", short(&name), quote(&from.name), quote(&to));
                let message = format!(
                    "`{name}` loses `{}` and gains `{to}` of the same type `{}`: a rename?",
                    from.name, from.ty
                );
                self.suspect(message, &hint);
            }
        }
        let gone = self.work.tables.iter().filter(|(n, _)| !self.target.tables.contains_key(*n));
        let new: Vec<(&QName, &Table)> =
            self.target.tables.iter().filter(|(n, _)| !self.work.tables.contains_key(*n)).collect();
        let mut found = Vec::new();
        for (from, before) in gone {
            let same =
                |after: &Table| !before.columns.is_empty() && before.columns == after.columns;
            if let Some((to, _)) =
                new.iter().find(|(to, after)| to.schema == from.schema && same(after))
            {
                found.push((from.clone(), (*to).clone()));
            }
        }
        for (from, to) in found {
            let hint = format!("rename table {} to {}", short(&from), quote(&to.name));
            let message =
                format!("`{from}` goes and `{to}` comes with the same columns: a rename?");
            self.suspect(message, &hint);
        }
    }

    fn suspect(&mut self, message: String, hint: &str) {
        self.warn(
            "possible-rename",
            message,
            format!("if it is one, add `-- concertina: {hint}` to the target; without it the data is dropped"),
        );
    }

    /// Drops what is gone: children before parents.
    pub(super) fn drop_tables(&mut self) {
        let mut gone: Vec<QName> = self
            .work
            .tables
            .keys()
            .filter(|name| !self.target.tables.contains_key(*name))
            .cloned()
            .collect();
        while !gone.is_empty() {
            let free = gone
                .iter()
                .position(|name| !self.work.referencing(name).any(|(child, ..)| child != name));
            match free {
                Some(at) => {
                    let table = gone.remove(at);
                    self.push(Op::DropTable { table });
                }
                None => {
                    // A circle of keys: open it at its first table.
                    let table = gone.remove(0);
                    self.drop_keys_to(&table);
                    self.push(Op::DropTable { table });
                }
            }
        }
    }

    fn drop_keys_to(&mut self, table: &QName) {
        let keys: Vec<Op> = self
            .work
            .referencing(table)
            .filter(|(child, ..)| *child != table)
            .map(|(child, name, _)| Op::DropConstraint {
                table: child.clone(),
                name: name.to_owned(),
            })
            .collect();
        for op in keys {
            self.push(op);
        }
    }

    /// Creates what is new, without foreign keys, indexes and triggers: those come when all tables
    /// are there.
    /// Index names that new tables and indexes take from tables that go: those go last, so their
    /// indexes step aside first.
    pub(super) fn free_names(&mut self) {
        let target = self.target;
        let mut aside = Vec::new();
        for (name, table) in &self.work.tables {
            if target.tables.contains_key(name) {
                continue;
            }
            let wanted = |index: &String| {
                target.tables.iter().any(|(other, t)| {
                    let key = t.constraints.get(index).is_some_and(|c| c.kind.is_key());
                    other.schema == name.schema && (key || t.indexes.contains_key(index))
                })
            };
            let keys = table.constraints.iter().filter(|(_, c)| c.kind.is_key()).map(|(k, _)| k);
            for index in keys.chain(table.indexes.keys()).filter(|index| wanted(index)) {
                aside.push((name.clone(), index.clone()));
            }
        }
        for (table, name) in aside {
            let to = clip(&format!("{name}_concertina_old"));
            self.push(Op::RenameIndex { table, name, to });
        }
    }

    /// `waiting` are types that themselves wait for tables.
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
        let new = new.filter(|(_, table)| wanted(table));
        let (heirs, others): (Vec<_>, Vec<_>) = new.partition(|(_, table)| is_heir(table));
        for (name, table) in others.into_iter().chain(parents_first(heirs)) {
            let mut definition = table.clone();
            definition.indexes.clear();
            definition.triggers.clear();
            definition
                .constraints
                .retain(|_, c| !matches!(c.kind, ConstraintKind::ForeignKey(_)) && c.validated);
            if let Some((_, by)) = definition.partitioning.as_deref().and_then(split_partitioning) {
                definition.partitioning = by;
            }
            self.push(Op::CreateTable { table: name.clone(), definition });
        }
    }

    /// Makes new tables partitions. After the indexes, so that those of the parent find theirs.
    pub(super) fn attach_partitions(&mut self) {
        let target = self.target;
        for (name, table) in &target.tables {
            let Some(now) = self.work.table(name) else { continue };
            let attach = table.partitioning.as_deref().and_then(split_partitioning);
            if now.partitioning == table.partitioning {
                continue;
            }
            let Some(((parent, bounds), _)) = attach.filter(|(_, by)| *by == now.partitioning)
            else {
                self.warn(
                    "partitioning-not-diffed",
                    format!("`{name}` is partitioned in another way; that is not planned"),
                    "give the change as statements instead of as a target schema".to_owned(),
                );
                continue;
            };
            self.push(Op::AttachPartition { table: parent, child: name.clone(), bounds });
        }
    }

    /// Makes tables of partitions that are none in the target, or others.
    pub(super) fn detach_partitions(&mut self) {
        let target = self.target;
        let mut found = Vec::new();
        for (name, table) in &self.work.tables {
            let now = table.partitioning.as_deref().and_then(split_partitioning);
            let Some(((parent, _), _)) = now else { continue };
            let after = target.table(name).map(|t| &t.partitioning);
            let parent_stays = target.tables.contains_key(&parent);
            if after.is_none_or(|after| *after != table.partitioning) && parent_stays {
                found.push((parent, name.clone()));
            }
        }
        for (table, child) in found {
            self.push(Op::DetachPartition { table, child, concurrently: false });
        }
    }
}

fn is_heir(table: &Table) -> bool {
    table.partitioning.as_ref().is_some_and(|text| text.starts_with("INHERITS"))
}

/// Heirs in an order in which each one's parents, among them, come before it.
fn parents_first<'a>(mut heirs: Vec<(&'a QName, &'a Table)>) -> Vec<(&'a QName, &'a Table)> {
    let mut ordered = Vec::new();
    while !heirs.is_empty() {
        let names: Vec<&str> = heirs.iter().map(|(name, _)| name.name.as_str()).collect();
        let ready = heirs.iter().position(|(name, table)| {
            let parents = table.partitioning.as_deref().unwrap_or_default();
            let mut words = parents.split(|c: char| !c.is_alphanumeric() && c != '_');
            !words.any(|word| word != name.name && names.contains(&word))
        });
        ordered.push(heirs.remove(ready.unwrap_or(0)));
    }
    ordered
}

/// Dropped columns, each with the added column of the same type that stands nearest.
fn suspected(before: &Table, after: &Table) -> Vec<(Column, String)> {
    let mut added: Vec<(usize, &Column)> = after
        .columns
        .iter()
        .enumerate()
        .filter(|(_, c)| before.column(&c.name).is_none())
        .collect();
    let mut found = Vec::new();
    for (at, column) in before.columns.iter().enumerate() {
        if after.column(&column.name).is_some() {
            continue;
        }
        let near = added
            .iter()
            .enumerate()
            .filter(|(_, (_, c))| c.ty == column.ty)
            .min_by_key(|(_, (place, _))| place.abs_diff(at))
            .map(|(index, _)| index);
        if let Some(index) = near {
            found.push((column.clone(), added.remove(index).1.name.clone()));
        }
    }
    found
}

/// A table's name as a hint writes it.
fn short(name: &QName) -> String {
    if name.schema == "public" { quote(&name.name) } else { name.to_string() }
}

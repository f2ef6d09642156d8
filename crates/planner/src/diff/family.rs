//! Partitions and heirs: what comes with a parent is not asked for on the tables below it; they are
//! taken out of a family and put into one; and their parts of its indexes get the wanted names.

use std::collections::BTreeMap;

use super::Diff;
use crate::diagnostic::{Diagnostic, Source};
use crate::name::QName;
use crate::op::Op;
use crate::op::effect::Part;
use crate::schema::{ConstraintKind, Partitioning, Table};

impl Diff<'_> {
    /// Refuses tables that would have to be partitioned, or partitioned in another way.
    pub(super) fn repartitioned(&mut self) -> bool {
        let mut found = Vec::new();
        for (name, before) in &self.work.tables {
            let Some(after) = self.target.table(name) else { continue };
            let (now, wanted) = (before.parts().by, after.parts().by);
            if now != wanted {
                let shown = |by: Option<String>| {
                    by.map_or("not partitioned".to_owned(), |by| format!("`{by}`"))
                };
                found.push(Diagnostic::error(
                    "repartitioning",
                    (Source::Change, (0, 0)),
                    format!(
                        "table `{name}` is {} and would be {}: PostgreSQL cannot partition a table that is there, or partition it otherwise",
                        shown(now),
                        shown(wanted)
                    ),
                    "make the new table under another name in a request of its own, copy the rows over while writes go to both, and rename the two in a request after it",
                ));
            }
        }
        let is_so = !found.is_empty();
        self.diagnostics.extend(found);
        is_so
    }

    /// What the target has of a table's parts that are not there in the way it wants.
    pub(super) fn stuck(&mut self, table: &QName, what: &str) {
        self.diagnostics.push(Diagnostic::error(
            "inherited-part",
            (Source::Change, (0, 0)),
            format!("`{table}` has {what} from its parent, and the target has it on the parent but not on the table"),
            "give the target the same on both, or take the table out of its family",
        ));
    }

    /// Takes tables out of families that they are not in any more, or not with these bounds.
    pub(super) fn leave_families(&mut self) {
        let target = self.target;
        let mut ops = Vec::new();
        for (name, table) in &self.work.tables {
            let now = table.parts();
            let after = target.table(name).map(Table::parts);
            if let Some((parent, _)) = &now.of {
                let stays = target.tables.contains_key(parent);
                let still = after.as_ref().and_then(|after| after.of.as_ref());
                let moves = still.is_none_or(|(other, _)| other != parent);
                // Of a parent that goes, a partition that goes too goes with it.
                if moves && (stays || after.is_some()) {
                    let table = parent.clone();
                    ops.push(Op::DetachPartition {
                        table,
                        child: name.clone(),
                        concurrently: false,
                    });
                }
            }
            let Some(after) = after else { continue };
            for parent in now.inherits.iter().filter(|p| !after.inherits.contains(p)) {
                ops.push(Op::NoInherit { table: name.clone(), parent: parent.clone() });
            }
        }
        for op in ops {
            self.push(op);
        }
    }

    /// Puts tables into the families they are in from now on, and moves bounds. After the indexes, so
    /// that those of the parent find theirs.
    pub(super) fn join_families(&mut self) {
        let target = self.target;
        for name in self.by_generation(target.tables.keys().cloned().collect(), true) {
            let (Some(now), Some(after)) = (self.work.table(&name), target.table(&name)) else {
                continue;
            };
            let (now, after) = (now.parts(), after.parts());
            if let Some((table, bounds)) = &after.of
                && now.of != after.of
            {
                let (table, child) = (table.clone(), name.clone());
                if now.of.is_some() {
                    let (table, child) = (table.clone(), child.clone());
                    self.push(Op::DetachPartition { table, child, concurrently: false });
                }
                self.push(Op::AttachPartition { table, child, bounds: bounds.clone() });
            }
            for parent in after.inherits.iter().filter(|p| !now.inherits.contains(p)) {
                self.push(Op::Inherit { table: name.clone(), parent: parent.clone() });
            }
        }
    }

    /// Tables with those above before those below: as they are, or in the target.
    pub(super) fn by_generation(&self, mut names: Vec<QName>, in_target: bool) -> Vec<QName> {
        let schema = if in_target { self.target } else { &self.work };
        if schema.tables.values().any(|t| t.partitioning.is_some()) {
            names.sort_by_cached_key(|name| (schema.generation(name), name.clone()));
        }
        names
    }

    /// The parent of a new partition, where it is one that rows are written to already: the new one
    /// begins as what its parent is now, and follows it from then on.
    pub(super) fn living_parent(&self, table: &Table) -> Option<(QName, String)> {
        let (parent, bounds) = table.parts().of?;
        let there = self.source.tables.contains_key(&parent);
        let joined = self.work.table(&parent).is_some_and(Table::is_partition);
        (self.work.tables.contains_key(&parent) && (there || joined)).then_some((parent, bounds))
    }

    /// A new partition of a table that is there.
    pub(super) fn create_partition(
        &mut self,
        name: &QName,
        table: &Table,
        (parent, bounds): (QName, String),
    ) {
        let Some(above) = self.work.table(&parent).cloned() else { return };
        let own_name = |part: &String| {
            let mut all = table.inherited.indexes.iter();
            all.find(|(_, whole)| *whole == part).map(|(own, _)| own.clone())
        };
        let by = table.parts().by;
        let mut definition = Table { partitioning: by, ..Table::empty() };
        for column in &above.columns {
            let column = crate::schema::Column { identity: None, ..column.clone() };
            definition.columns.push(column);
        }
        for (whole, constraint) in &above.constraints {
            if constraint.kind.is_inherited_check() {
                definition.constraints.insert(whole.clone(), constraint.clone());
            } else if let Some(own) = own_name(whole).filter(|_| constraint.kind.has_index()) {
                definition.constraints.insert(own, constraint.clone());
            }
        }
        // A key of its own can be its part of a plain index.
        let keys = above.indexes.keys().filter_map(&own_name);
        for own in keys.collect::<Vec<_>>() {
            if let Some(key) = table.constraints.get(&own) {
                definition.constraints.insert(own, key.clone());
            }
        }
        self.push(Op::CreateTable { table: name.clone(), definition });
        for (whole, index) in above.indexes {
            let Some(own) = own_name(&whole) else { continue };
            if table.indexes.contains_key(&own) {
                let table = name.clone();
                self.push(Op::CreateIndex { table, name: own, index, concurrently: false });
            }
        }
        self.push(Op::AttachPartition { table: parent, child: name.clone(), bounds });
    }

    /// Whether a part of a table comes with its parent's, in the target as well as here: it is in the
    /// family already, so the parent's operation brings it.
    pub(super) fn comes_with_parent(&self, table: &QName) -> bool {
        let parts = |t: Option<&Table>| t.map(Table::parts).unwrap_or_default();
        let (now, after) = (parts(self.work.table(table)), parts(self.target.table(table)));
        let above = |parts: &Partitioning| parts.parents().cloned().collect::<Vec<_>>();
        let wanted = above(&after);
        !wanted.is_empty() && wanted.iter().all(|parent| above(&now).contains(parent))
    }

    /// Gives a partition's parts of its parent's indexes the names that the target has, and makes
    /// parts of indexes that stand alone.
    pub(super) fn name_parts(&mut self, name: &QName) {
        let target = self.target;
        let Some(after) = target.table(name).filter(|_| self.comes_with_parent(name)) else {
            return;
        };
        let Some((parent, _)) = after.parts().of else { return };
        for (own, whole) in &after.inherited.indexes {
            let Some(now) = self.work.table(name) else { return };
            let mut parts = now.inherited.indexes.iter();
            let part = parts.find(|(_, w)| *w == whole).map(|(part, _)| part.clone());
            match part {
                Some(part) if part == *own => {}
                Some(part) => self.rename_part(name, part, own),
                None => self.make_part(name, own, (&parent, whole)),
            }
        }
        self.superfluous_parts(name, after);
    }

    fn rename_part(&mut self, table: &QName, name: String, to: &str) {
        let (table, to) = (table.clone(), to.to_owned());
        let is_key = self.work.constraint_kind(&table, &name).is_some();
        self.push(if is_key {
            Op::RenameConstraint { table, name, to }
        } else {
            Op::RenameIndex { table, name, to }
        });
    }

    /// An index of the partition becomes the part that is missing of its parent's.
    fn make_part(&mut self, name: &QName, own: &str, (parent, whole): (&QName, &str)) {
        let has = |table: Option<&Table>, part: &str| {
            table.is_some_and(|t| t.indexes.contains_key(part) || t.constraints.contains_key(part))
        };
        if !has(self.work.table(parent), whole) {
            return;
        }
        if !has(self.work.table(name), own) {
            let Some(after) = self.target.table(name) else { return };
            let table = name.clone();
            let made = match (after.indexes.get(own), after.constraints.get(own)) {
                (Some(index), _) => Op::CreateIndex {
                    table,
                    name: own.to_owned(),
                    index: index.clone(),
                    concurrently: false,
                },
                (None, Some(constraint)) => Op::AddConstraint {
                    table,
                    name: own.to_owned(),
                    constraint: constraint.clone(),
                },
                (None, None) => return,
            };
            self.push(made);
        }
        self.push(Op::AttachIndex {
            table: name.clone(),
            name: own.to_owned(),
            parent: parent.clone(),
            index: whole.to_owned(),
        });
    }

    /// Drops an index, and the keys of partitions that are parts of it.
    pub(super) fn drop_index(&mut self, table: QName, name: String) {
        let parts = self.work.parts_now(&table, &name);
        let is_key = |p: &Part| self.work.constraint_kind(&p.table, &p.name).is_some();
        self.push(if parts.iter().any(is_key) {
            Op::DropIndexCascade { table, name }
        } else {
            Op::DropIndex { table, name, concurrently: false, if_exists: false }
        });
    }

    /// Keys that are parts of a plain index: made first, so that the index finds them.
    pub(super) fn key_parts(&mut self, name: &QName, whole: &str) {
        for child in self.work.children(name) {
            let Some(after) = self.target.table(&child) else { continue };
            let parts = after.inherited.indexes.iter().filter(|(_, w)| *w == whole);
            for (own, _) in parts {
                let key = after.constraints.get(own);
                let there = self.work.constraint_kind(&child, own).is_some();
                match key {
                    Some(constraint) if !there && !after.is_partitioned() => {
                        let (table, name) = (child.clone(), own.clone());
                        let constraint = constraint.clone();
                        self.push(Op::AddConstraint { table, name, constraint });
                    }
                    Some(_) => {}
                    None => self.key_parts(&child, own),
                }
            }
        }
    }

    /// Whether the target has an index or key of a partitioned table that not every partition has a
    /// part of.
    pub(super) fn is_partial(&self, name: &QName, whole: &str) -> bool {
        let is_part = |t: &Table| t.inherited.indexes.values().any(|w| w == whole);
        let partitions = self.target.children(name).into_iter();
        let mut partitions = partitions.filter_map(|child| self.target.table(&child));
        partitions.any(|t| t.is_partition() && !is_part(t))
    }

    /// An index or key of a partitioned table alone; its parts are attached to it later.
    pub(super) fn add_only(&mut self, name: &QName, part: &str) {
        let has = self
            .work
            .table(name)
            .is_some_and(|t| t.indexes.contains_key(part) || t.constraints.contains_key(part));
        let Some(after) = self.target.table(name).filter(|_| !has) else { return };
        let (table, name) = (name.clone(), part.to_owned());
        match (after.indexes.get(part), after.constraints.get(part)) {
            (Some(index), _) => {
                let index = index.clone();
                self.push(Op::CreateIndexOnly { table, name, index });
            }
            (None, Some(constraint)) => {
                let constraint = constraint.clone();
                self.push(Op::AddConstraintOnly { table, name, constraint });
            }
            (None, None) => {}
        }
    }

    /// Parts that the target has on the parent only.
    fn superfluous_parts(&mut self, name: &QName, after: &Table) {
        let wholes: BTreeMap<&String, &String> =
            after.inherited.indexes.iter().map(|(own, whole)| (whole, own)).collect();
        let Some(now) = self.work.table(name) else { return };
        let extra: Vec<String> = now
            .inherited
            .indexes
            .iter()
            .filter(|(_, whole)| !wholes.contains_key(whole))
            .map(|(own, _)| own.clone())
            .collect();
        for own in extra {
            self.stuck(name, &format!("the index `{own}`"));
        }
    }
}

/// Whether a constraint of a table in the target is there only because a parent has it.
pub(super) fn is_given(table: &Table, name: &str, kind: &ConstraintKind) -> bool {
    if kind.has_index() {
        table.inherited.indexes.contains_key(name)
    } else {
        table.inherited.constraints.contains_key(name)
    }
}

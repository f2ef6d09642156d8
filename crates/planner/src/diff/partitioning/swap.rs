//! The statements that make a plain table one partition of a new one under its name, there and back, as
//! the server takes them in one transaction each. Must not know whether it may be.

use super::{Turn, family};
use crate::change::{Asked, Partition, What};
use crate::diff::Diff;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::op::object::{change, view_again};
use crate::schema::object::IDENTITY;
use crate::schema::{Constraint, Inherited, Object, ObjectId, ObjectKind, Schema, Subject};

impl Diff<'_> {
    /// The swap, on the table as everything else has left it.
    pub(in crate::diff) fn turn(&mut self, turn: &Turn) {
        let before = self.work.clone();
        let mut swap = Diff::new(&before, before.clone(), self.target);
        let beside: Vec<QName> = swap
            .by_generation(family(self.target, &turn.table), true)
            .into_iter()
            .filter(|name| *name != turn.table && *name != turn.into)
            .collect();
        let references = swap.make_way(&turn.table);
        swap.step_aside(turn);
        swap.partitioned(turn, &beside);
        swap.put_up_again(turn, &before, &references);
        let (after, there) = (swap.work.clone(), swap.ops());
        self.diagnostics.append(&mut swap.diagnostics);
        let mut back = Diff::new(&before, after.clone(), self.target);
        back.turn_back(turn, &before, !beside.is_empty());
        let taken_back = back.ops();
        self.diagnostics.append(&mut back.diagnostics);
        let partition = Partition {
            table: turn.table.clone(),
            into: turn.into.clone(),
            bounds: turn.bounds.clone(),
            proof: turn.proof.clone(),
            beside,
            swap: there,
            back: taken_back,
            references: references.into_iter().map(|(table, name, _)| (table, name)).collect(),
            no_longer_unique: no_longer_unique(self.source, &after, &turn.table),
        };
        for op in partition.effect() {
            let _refused = self.work.apply(&op).is_err();
        }
        let what = What::Partition(Box::new(partition));
        self.asked.push(Asked { what, span: (0, 0) });
    }

    fn ops(&self) -> Vec<Op> {
        self.asked.iter().filter_map(|asked| asked.what.statement().cloned()).collect()
    }

    /// References to the table go, and views over it: they would follow it to its new name.
    fn make_way(&mut self, table: &QName) -> Vec<(QName, String, Constraint)> {
        let referencing: Vec<(QName, String)> = self
            .work
            .referencing(table)
            .filter(|(child, ..)| *child != table)
            .map(|(child, name, _)| (child.clone(), name.to_owned()))
            .collect();
        let mut references = Vec::new();
        for (child, name) in referencing {
            let found = self.work.table(&child).and_then(|t| t.constraints.get(&name)).cloned();
            self.push(Op::DropConstraint { table: child.clone(), name: name.clone() });
            references.extend(found.map(|constraint| (child, name, constraint)));
        }
        for view in views_over(&self.work, table).into_iter().rev() {
            let op = self.work.drop_view(&view);
            self.push(op);
        }
        references
    }

    /// Today's table gets its new name, its parts theirs, and loses what the other one takes over.
    fn step_aside(&mut self, turn: &Turn) {
        let Turn { table, into, .. } = turn;
        self.push(Op::RenameTable { table: table.clone(), to: into.name.clone() });
        self.number_elsewhere(into);
        let gone: Vec<(ObjectId, Object)> = self
            .work
            .objects_of(into)
            .filter(|(id, object)| {
                !self.target.objects.contains_key(*id) && object.unmake.is_some()
            })
            .map(|(id, object)| (id.clone(), object.clone()))
            .collect();
        for (id, object) in gone.iter().rev() {
            self.change_into(id, Some(object), None);
        }
        let Some(after) = self.target.table(into) else { return };
        let parts = after.inherited.indexes.iter().chain(&after.inherited.constraints);
        for (own, whole) in parts.filter(|(own, whole)| own != whole) {
            self.rename_own(into, whole, own);
        }
    }

    fn rename_own(&mut self, table: &QName, name: &str, to: &str) {
        let (name, to) = (name.to_owned(), to.to_owned());
        if self.work.constraint_kind(table, &name).is_some() {
            self.push(Op::RenameConstraint { table: table.clone(), name, to });
        } else if self.work.table(table).is_some_and(|t| t.indexes.contains_key(&name)) {
            self.push(Op::RenameIndex { table: table.clone(), name, to });
        }
    }

    /// Identities are the partitioned table's: their position is kept for it.
    fn number_elsewhere(&mut self, table: &QName) {
        for column in numbered(&self.work, table) {
            self.push(Op::KeepPosition {
                table: table.clone(),
                column: column.clone(),
                sequence: None,
            });
            self.push(Op::SetIdentity { table: table.clone(), column, identity: None, was: true });
        }
    }

    /// The partitioned table with its empty partitions, and last the one that has the rows.
    fn partitioned(&mut self, turn: &Turn, beside: &[QName]) {
        let Turn { table, into, bounds, .. } = turn;
        let Some(after) = self.target.table(table) else { return };
        let mut definition = after.clone();
        definition.indexes.clear();
        definition.triggers.clear();
        definition.inherited = Inherited::default();
        let mut parts = definition.parts();
        parts.of = None;
        definition.partitioning = parts.text();
        self.push(Op::CreateTable { table: table.clone(), definition });
        for (name, index) in &after.indexes {
            self.push(Op::CreateIndex {
                table: table.clone(),
                name: name.clone(),
                index: index.clone(),
                concurrently: false,
            });
        }
        // A default partition comes last: attaching another one would look through it.
        let is_default = |name: &&QName| {
            let of = self.target.table(name).and_then(|t| t.parts().of);
            of.is_some_and(|(_, bounds)| bounds == "DEFAULT")
        };
        let (last, first): (Vec<_>, Vec<_>) = beside.iter().partition(is_default);
        self.create_partitions(&first);
        self.push(Op::AttachPartition {
            table: table.clone(),
            child: into.clone(),
            bounds: bounds.clone(),
        });
        self.create_partitions(&last);
        self.numbers_go_on(table);
    }

    fn create_partitions(&mut self, names: &[&QName]) {
        for name in names {
            let Some(child) = self.target.table(name) else { continue };
            if let Some(of) = child.parts().of {
                self.create_partition(name, child, of);
            }
        }
    }

    fn numbers_go_on(&mut self, table: &QName) {
        for column in numbered(&self.work, table) {
            let table = table.clone();
            self.push(Op::AdvanceSequence { table, column, sequence: None, kept: true });
        }
    }

    /// What is said of the family, the views, and the references of other tables.
    fn put_up_again(
        &mut self,
        turn: &Turn,
        before: &Schema,
        references: &[(QName, String, Constraint)],
    ) {
        let target = self.target;
        let family = family(target, &turn.table);
        let of = |object: &Object| object.of.as_ref().and_then(Subject::relation).cloned();
        let wanted = target.objects.iter().filter(|(id, object)| {
            !id.kind.is_early() && of(object).is_some_and(|of| family.contains(&of))
        });
        for (id, object) in wanted {
            let now = self.work.objects.get(id).cloned();
            self.change_into(id, now.as_ref(), Some(object));
        }
        self.come_back(before, &turn.table, references);
    }

    fn come_back(
        &mut self,
        before: &Schema,
        table: &QName,
        references: &[(QName, String, Constraint)],
    ) {
        let views = views_over(before, table);
        for op in views.iter().flat_map(|view| view_again(before, view)) {
            self.push(op);
        }
        for (child, name, constraint) in references {
            let constraint = Constraint { validated: false, ..constraint.clone() };
            self.push(Op::AddConstraint { table: child.clone(), name: name.clone(), constraint });
        }
    }

    /// One state of an object into another, where the server has a statement for it.
    fn change_into(&mut self, id: &ObjectId, now: Option<&Object>, after: Option<&Object>) {
        for op in change(id, now, after).unwrap_or_default() {
            self.push(op);
        }
    }

    /// The way back: the partition takes its old name again, with rows that went to the others meanwhile.
    fn turn_back(&mut self, turn: &Turn, before: &Schema, has_others: bool) {
        let Turn { table, into, .. } = turn;
        let mut was = before.clone();
        let _refused =
            was.apply(&Op::RenameTable { table: table.clone(), to: into.name.clone() }).is_err();
        let references = self.make_way(table);
        self.push(Op::DetachPartition {
            table: table.clone(),
            child: into.clone(),
            concurrently: false,
        });
        let Some(definition) = self.work.table(into).cloned() else { return };
        if has_others {
            let written = definition.columns.iter().filter(|c| c.generated.is_none());
            self.push(Op::InsertSelect {
                table: into.clone(),
                set: written.map(|c| (c.name.clone(), Expr::column(&c.name))).collect(),
                from: table.clone(),
                filter: None,
            });
        }
        for column in numbered(before, table) {
            self.push(Op::KeepPosition { table: table.clone(), column, sequence: None });
        }
        self.said_as_before(into, &was);
        self.push(Op::DropTable { table: table.clone() });
        let Some(after) = self.target.table(into) else { return };
        let parts = after.inherited.indexes.iter().chain(&after.inherited.constraints);
        for (own, whole) in parts.filter(|(own, whole)| own != whole) {
            self.rename_own(into, own, whole);
        }
        self.push(Op::RenameTable { table: into.clone(), to: table.name.clone() });
        self.number_again(before, table);
        self.come_back(before, table, &references);
    }

    /// Identities as they were, under the name that gives their sequences theirs.
    fn number_again(&mut self, before: &Schema, table: &QName) {
        for column in numbered(before, table) {
            let identity = before.table(table).and_then(|t| t.column(&column)?.identity.clone());
            self.push(Op::SetIdentity {
                table: table.clone(),
                column: column.clone(),
                identity,
                was: false,
            });
            let (table, sequence) = (table.clone(), None);
            self.push(Op::AdvanceSequence { table, column, sequence, kept: true });
        }
        let options = before.objects_of(table).filter(|(id, _)| is_option(id));
        for (id, object) in options {
            self.change_into(id, None, Some(object));
        }
    }

    /// What was said of the table before, and nothing that is said of the partition.
    fn said_as_before(&mut self, into: &QName, was: &Schema) {
        let now: Vec<(ObjectId, Object)> =
            self.work.objects_of(into).map(|(id, o)| (id.clone(), o.clone())).collect();
        let new = now
            .iter()
            .filter(|(id, object)| !was.objects.contains_key(id) && object.unmake.is_some());
        for (id, object) in new.collect::<Vec<_>>().into_iter().rev() {
            self.change_into(id, Some(object), None);
        }
        let wanted: Vec<(ObjectId, Object)> = was
            .objects_of(into)
            .filter(|(id, _)| !id.kind.is_early() && !is_option(id))
            .map(|(id, object)| (id.clone(), object.clone()))
            .collect();
        for (id, object) in &wanted {
            let now = self.work.objects.get(id).cloned();
            self.change_into(id, now.as_ref(), Some(object));
        }
    }
}

/// The options of an identity come and go with it.
fn is_option(id: &ObjectId) -> bool {
    id.kind == ObjectKind::Property && id.name.ends_with(IDENTITY)
}

/// Views over a table, and those over them; each before those that read it.
fn views_over(schema: &Schema, table: &QName) -> Vec<QName> {
    schema.with_dependents(schema.views_over(table, None).map(|(name, _)| name.clone()).collect())
}

/// Columns that are identities.
fn numbered(schema: &Schema, table: &QName) -> Vec<String> {
    let columns = schema.table(table).map(|t| t.columns.iter()).into_iter().flatten();
    columns.filter(|c| c.identity.is_some()).map(|c| c.name.clone()).collect()
}

/// Column sets that were unique and are so no more.
fn no_longer_unique(source: &Schema, after: &Schema, table: &QName) -> Vec<Vec<String>> {
    let sets = |schema: &Schema| -> Vec<Vec<String>> {
        let Some(table) = schema.table(table) else { return Vec::new() };
        let keys = table.constraints.values().filter(|c| c.kind.has_index());
        let indexes = table.indexes.values().filter(|index| index.unique);
        let keys = keys.map(|c| c.kind.columns());
        keys.chain(indexes.map(|index| index.columns.clone())).collect()
    };
    let now = sets(after);
    let still = |set: &Vec<String>| now.iter().any(|n| n.iter().all(|c| set.contains(c)));
    sets(source).into_iter().filter(|set| !still(set)).collect()
}

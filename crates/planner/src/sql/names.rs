//! The names PostgreSQL gives to constraints, indexes and sequences that were given none:
//! `ChooseRelationName` and `ChooseConstraintName`. Must not know statements.

use std::collections::BTreeSet;

pub(super) use crate::name::derived::addition;
use crate::name::{QName, derived};
use crate::op::Op;
use crate::schema::{ObjectKind, Schema};

/// Names that are taken, by schema: relations, and constraints whether or not an index backs them.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<QName>,
}

impl Names {
    /// Every name in a schema.
    pub(super) fn of(schema: &Schema) -> Self {
        let mut names = Self::default();
        for name in schema.tables.keys() {
            names.add(schema, name);
        }
        names.taken.extend(schema.views.keys().cloned());
        names
    }

    /// Marks a relation and what belongs to it as taken.
    pub(super) fn add(&mut self, schema: &Schema, relation: &QName) {
        self.taken.extend(all_of(schema, relation));
    }

    /// Follows an operation that has been applied: `before` is what `at_stake` gave before it.
    pub(super) fn follow(&mut self, schema: &Schema, op: &Op, before: &[QName]) {
        for name in before {
            self.taken.remove(name);
        }
        let Some(relation) = op.relation() else { return };
        self.taken.extend(held(schema, relation));
        if let Op::RenameTable { table, to } = op {
            self.add(schema, &table.sibling(to));
        }
    }

    /// Marks a name as taken.
    pub(super) fn take(&mut self, name: QName) {
        self.taken.insert(name);
    }

    /// The first free `table_addition_label`, `…label1`, `…label2` …; taken from here on.
    pub(super) fn choose(&mut self, table: &QName, addition: &str, label: &str) -> String {
        let taken = |name: &str| self.taken.contains(&table.sibling(name));
        let name = derived::choose(&table.name, addition, label, taken);
        self.take(table.sibling(&name));
        name
    }
}

/// Whether an operation takes away something that has a name, or calls it otherwise.
pub(super) fn takes_names(op: &Op) -> bool {
    matches!(
        op,
        Op::DropTable { .. }
            | Op::DropView { .. }
            | Op::DropColumn { .. }
            | Op::DropConstraint { .. }
            | Op::DropIndex { .. }
            | Op::RenameTable { .. }
            | Op::RenameConstraint { .. }
            | Op::RenameIndex { .. }
    )
}

/// Names that are perhaps free when an operation has been applied.
pub(super) fn at_stake(schema: &Schema, op: &Op) -> Vec<QName> {
    op.relation().map_or_else(Vec::new, |relation| held(schema, relation))
}

/// A relation's names, and those of the sequences that go with it.
fn held(schema: &Schema, relation: &QName) -> Vec<QName> {
    let mut names = all_of(schema, relation);
    let owned = schema.objects_of(relation).filter(|(id, _)| id.kind == ObjectKind::Sequence);
    names.extend(owned.filter_map(|(id, _)| id.name.parse().ok()));
    names
}

/// A relation's name and those of its constraints and indexes; nothing where it is not there.
fn all_of(schema: &Schema, relation: &QName) -> Vec<QName> {
    let mut names = Vec::new();
    if let Some(table) = schema.table(relation) {
        names.push(relation.clone());
        let inner = table.constraints.keys().chain(table.indexes.keys());
        names.extend(inner.map(|name| relation.sibling(name)));
    } else if schema.views.contains_key(relation) {
        names.push(relation.clone());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_postgresqls() {
        let (mut names, table) = (Names::default(), QName::new("public", "t"));
        let mut check = |columns: &[&str], label: &str, expected: &str| {
            assert_eq!(names.choose(&table, &addition(columns), label), expected);
        };
        check(&[], "pkey", "t_pkey");
        check(&["a", "b"], "key", "t_a_b_key");
        check(&["a", "b"], "key", "t_a_b_key1");
        check(&["expr", "expr"], "idx", "t_expr_expr1_idx");
        check(&[], "check", "t_check");
        check(&[], "check", "t_check1");
    }

    #[test]
    fn long_names_are_cut_where_postgresql_cuts_them() {
        // As PostgreSQL 15 names them.
        let table = QName::new("public", "a".repeat(50));
        let name = Names::default().choose(&table, &"b".repeat(40), "fkey");
        assert_eq!(name, format!("{}_{}_fkey", "a".repeat(29), "b".repeat(28)));
        assert_eq!(name.len(), 63);
    }
}

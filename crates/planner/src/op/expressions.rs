//! Expressions over columns that get other types: PostgreSQL reads them anew as they were parsed, which
//! leaves casts behind or finds no operator. Must not know who changes the types.

use super::Op;
use crate::name::QName;
use crate::op::object::make;
use crate::schema::{ConstraintKind, Schema, Subject, Table};

/// What takes a table's CHECKs and indexes over expressions of the columns away, and what makes them
/// again.
pub(crate) fn expressions(name: &QName, table: &Table, columns: &[&str]) -> (Vec<Op>, Vec<Op>) {
    let (mut down, mut up) = (Vec::new(), Vec::new());
    let named = |all: &[String]| all.iter().any(|c| columns.contains(&c.as_str()));
    for (key, constraint) in &table.constraints {
        if matches!(constraint.kind, ConstraintKind::Check(_)) && named(&constraint.kind.columns())
        {
            let (table, name, constraint) = (name.clone(), key.clone(), constraint.clone());
            down.push(Op::DropConstraint { table: table.clone(), name: name.clone() });
            up.push(Op::AddConstraint { table, name, constraint });
        }
    }
    for (key, index) in &table.indexes {
        let plain = index.predicate.is_none() && index.keys.iter().all(|key| !key.contains('('));
        if plain || !named(&index.columns) {
            continue;
        }
        let (table, name) = (name.clone(), key.clone());
        down.push(Op::DropIndex {
            table: table.clone(),
            name: name.clone(),
            concurrently: false,
            if_exists: false,
        });
        up.push(Op::CreateIndex { table, name, index: index.clone(), concurrently: false });
    }
    (down, up)
}

/// What goes with a column and comes back after it.
pub(crate) fn hanging(schema: &Schema, (name, table): (&QName, &Table), column: &str) -> Vec<Op> {
    let over = |columns: &[String]| columns.iter().any(|c| c == column);
    let mut ops = Vec::new();
    let mut of = vec![Subject::Column(name.clone(), column.to_owned())];
    for (key, constraint) in &table.constraints {
        if over(&constraint.kind.columns())
            && !matches!(constraint.kind, ConstraintKind::NotNull(_))
        {
            let (table, name) = (name.clone(), key.clone());
            of.push(Subject::Constraint(table.clone(), name.clone()));
            ops.push(Op::AddConstraint { table, name, constraint: constraint.clone() });
        }
    }
    for (key, index) in &table.indexes {
        if over(&index.columns) {
            of.push(Subject::Index(name.sibling(key)));
            let (table, name, index) = (name.clone(), key.clone(), index.clone());
            ops.push(Op::CreateIndex { table, name, index, concurrently: false });
        }
    }
    let said = schema.objects.iter().filter(|(_, o)| o.of.as_ref().is_some_and(|s| of.contains(s)));
    ops.extend(said.flat_map(|(id, object)| make(id, object)));
    ops
}

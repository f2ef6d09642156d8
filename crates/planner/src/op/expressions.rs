//! Expressions over columns that get other types: PostgreSQL reads them anew as they were parsed, which
//! leaves casts behind or finds no operator. Must not know who changes the types.

use super::Op;
use crate::name::QName;
use crate::schema::{ConstraintKind, Table};

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

//! A rollback that gives a column its old type back: PostgreSQL has written casts into the expressions
//! over it when it got the new one, and would leave them there. They go before it, and come back as they
//! were. Must not know recipes.

use crate::name::QName;
use crate::op::Op;
use crate::plan::Statement;
use crate::schema::{ConstraintKind, Schema, Table};

/// The rollback with the CHECK constraints and indexes over expressions made again as `before` has them.
pub(super) fn again(before: &Schema, script: Vec<Statement>) -> Vec<Statement> {
    let retyped: Vec<(&QName, &str)> = script
        .iter()
        .filter_map(|statement| {
            let Op::AlterType { table, column, .. } = &statement.op else { return None };
            Some((table, column.as_str()))
        })
        .collect();
    let (mut down, mut up) = (Vec::new(), Vec::new());
    let mut seen: Vec<&QName> = Vec::new();
    for (name, _) in &retyped {
        let Some(table) = before.table(name).filter(|t| t.partitioning.is_none()) else { continue };
        if seen.contains(name) || !before.children(name).is_empty() {
            continue;
        }
        seen.push(name);
        let columns: Vec<&str> =
            retyped.iter().filter(|(n, _)| n == name).map(|(_, c)| *c).collect();
        expressions(name, table, &columns, (&mut down, &mut up));
    }
    if down.is_empty() {
        return script;
    }
    let within = |op| Statement::within(op, "a");
    let mut all: Vec<Statement> = down.into_iter().map(within).collect();
    all.extend(script.into_iter().map(|s| within(s.op)));
    all.extend(up.into_iter().map(within));
    all
}

/// What takes a table's expressions over the columns away, and what makes them again.
fn expressions(
    name: &QName,
    table: &Table,
    columns: &[&str],
    (down, up): (&mut Vec<Op>, &mut Vec<Op>),
) {
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
}

//! What is made again as it stood. A rollback that gives a column its old type back: PostgreSQL has written
//! casts into the expressions over it when it got the new one, and would leave them there. A type that
//! another takes the name of: expressions know the old one. They go before it, and come back as they were.
//! Must not know recipes.

use crate::name::QName;
use crate::op::Op;
use crate::op::expressions::{expressions, hanging};
use crate::plan::Statement;
use crate::schema::{Constraint, ConstraintKind, Schema};
use crate::sql_type::SqlType;

/// The script, of which columns get another type of the same name, with the CHECK constraints and indexes
/// over expressions made again as `now` has them.
pub(super) fn renewed(now: &Schema, script: Vec<Statement>) -> Vec<Statement> {
    let is_renewed = |table: &QName, column: &str, ty: &SqlType, collation: Option<&String>| {
        let found = now.table(table).and_then(|t| t.column(column));
        found.is_some_and(|c| c.ty == *ty && c.collation.as_ref() == collation)
    };
    let retyped: Vec<(QName, String)> = script
        .iter()
        .filter_map(|statement| {
            let Op::AlterType { table, column, ty, collation, .. } = &statement.op else {
                return None;
            };
            let renewed = is_renewed(table, column, ty, collation.as_ref());
            renewed.then(|| (table.clone(), column.clone()))
        })
        .collect();
    around(now, script, &retyped)
}

/// The rollback with the CHECK constraints and indexes over expressions made again as `before` has them.
pub(super) fn again(before: &Schema, script: Vec<Statement>) -> Vec<Statement> {
    let retyped: Vec<(QName, String)> = script
        .iter()
        .filter_map(|statement| {
            let Op::AlterType { table, column, .. } = &statement.op else { return None };
            Some((table.clone(), column.clone()))
        })
        .collect();
    around(before, script, &retyped)
}

fn around(before: &Schema, script: Vec<Statement>, retyped: &[(QName, String)]) -> Vec<Statement> {
    let (mut down, mut up) = (Vec::new(), Vec::new());
    let mut seen: Vec<&QName> = Vec::new();
    for (name, _) in retyped {
        let Some(table) = before.table(name).filter(|t| t.partitioning.is_none()) else { continue };
        if seen.contains(&name) || !before.children(name).is_empty() {
            continue;
        }
        seen.push(name);
        let columns: Vec<&str> =
            retyped.iter().filter(|(n, _)| n == name).map(|(_, c)| c.as_str()).collect();
        let (takes, makes) = expressions(name, table, &columns);
        down.extend(takes);
        up.extend(makes);
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

/// The rollback with what hangs on a column that it drops and adds made again as `before` has it.
pub(super) fn with_hanging(before: &Schema, rollback: Vec<Statement>) -> Vec<Statement> {
    let adds = |table: &QName, column: &str| {
        rollback.iter().any(|statement| {
            matches!(&statement.op, Op::AddColumn { table: t, column: c } if t == table && c.name == *column)
        })
    };
    let remade = rollback.iter().filter_map(|statement| {
        let Op::DropColumn { table, column } = &statement.op else { return None };
        let definition = before.table(table).filter(|_| adds(table, column))?;
        Some(hanging(before, (table, definition), column))
    });
    let more: Vec<Op> = remade.flatten().collect();
    let known = |op: &Op| rollback.iter().any(|statement| statement.op == *op);
    let more: Vec<Statement> =
        more.into_iter().filter(|op| !known(op)).map(|op| Statement::within(op, "a")).collect();
    rollback.into_iter().chain(more).collect()
}

/// The rollback with the indexes and CHECKs that the step drops made again as `before` has them: the
/// columns of one that stood aside may have other names by now, or other types.
pub(super) fn as_it_stood(
    before: &Schema,
    script: &[Statement],
    mut rollback: Vec<Statement>,
) -> Vec<Statement> {
    for statement in &mut rollback {
        if let Op::AddConstraint { table, name, constraint } = &statement.op
            && matches!(constraint.kind, ConstraintKind::Check(_))
            && let Some(stood) = before.table(table).and_then(|t| t.constraints.get(name))
            && stood.kind != constraint.kind
        {
            let drop = Op::DropConstraint { table: table.clone(), name: name.clone() };
            if script.iter().any(|s| s.op == drop) {
                let constraint = Constraint { kind: stood.kind.clone(), ..constraint.clone() };
                let (table, name) = (table.clone(), name.clone());
                instead(statement, Op::AddConstraint { table, name, constraint });
            }
            continue;
        }
        let Op::CreateIndex { table, name, concurrently, .. } = &statement.op else { continue };
        let is_dropped = script.iter().any(
            |s| matches!(&s.op, Op::DropIndex { table: t, name: n, .. } if t == table && n == name),
        );
        let stood = before.table(table).and_then(|t| t.indexes.get(name)).filter(|_| is_dropped);
        let Some(index) = stood.cloned() else { continue };
        let (table, name, concurrently) = (table.clone(), name.clone(), *concurrently);
        instead(statement, Op::CreateIndex { table, name, index, concurrently });
    }
    rollback
}

/// Another operation in the place of a statement.
fn instead(statement: &mut Statement, op: Op) {
    *statement = Statement { transaction: statement.transaction.take(), ..Statement::new(op) };
}

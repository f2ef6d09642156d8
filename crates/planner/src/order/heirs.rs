//! What a rollback on a parent does to the tables below it beyond undoing the step: what was theirs
//! alone (a default, NOT NULL, the name of a part) is put back, and so is what was said of what goes. Must not know recipes.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::name::QName;
use crate::op::Op;
use crate::op::object::make;
use crate::plan::Statement;
use crate::schema::{Column, ObjectKind, Schema, Table};

/// The step with what keeps the tables below as they are to be: what is theirs alone there already, and
/// what came from a parent that they leave only since the plan began.
pub(super) fn kept(
    (source, wanted): (&Schema, &Schema),
    before: &Schema,
    script: Vec<Statement>,
) -> Vec<Statement> {
    let below: BTreeSet<QName> = script
        .iter()
        .filter_map(|statement| statement.op.relation())
        .flat_map(|table| before.descendants(table))
        .collect();
    let left: BTreeSet<&QName> = script
        .iter()
        .filter_map(|statement| {
            let Op::NoInherit { table, .. } = &statement.op else { return None };
            Some(table)
        })
        .collect();
    if below.is_empty() && left.is_empty() {
        return script;
    }
    let mut now = before.clone();
    if script.iter().any(|statement| now.apply(&statement.op).is_err()) {
        return script;
    }
    let mut added = Vec::new();
    for name in below {
        let (Some(was), Some(is), Some(wanted)) =
            (before.table(&name), now.table(&name), wanted.table(&name))
        else {
            continue;
        };
        let mut right = was.clone();
        right.columns.retain(|c| {
            let same = |w: &Column| w.default == c.default && w.not_null == c.not_null;
            wanted.column(&c.name).is_some_and(same)
        });
        right.inherited.indexes.clear();
        added.extend(differences(&name, &right, is));
    }
    for name in left {
        let has = |schema: &Schema, column: &str| {
            schema.table(name).is_some_and(|t| t.column(column).is_some())
        };
        let columns = now.table(name).into_iter().flat_map(|t| &t.columns);
        let gone = columns.filter(|c| !has(source, &c.name) && !has(wanted, &c.name));
        added.extend(gone.map(|c| Op::DropColumn { table: name.clone(), column: c.name.clone() }));
    }
    // What its parent still says cannot be undone here.
    added.retain(|op| now.apply(op).is_ok());
    let mut script = script;
    if added.is_empty() {
        return script;
    }
    let together = match script.as_slice() {
        [only] if only.transaction.is_none() => Some("a".to_owned()),
        _ => script.last().and_then(|last| last.transaction.clone()),
    };
    for statement in &mut script {
        statement.transaction = statement.transaction.take().or_else(|| together.clone());
    }
    let more = added.into_iter().map(Statement::new);
    script.extend(more.map(|s| Statement { transaction: together.clone(), ..s }));
    script
}

/// The step with what is said of things that it takes down and puts up again, and is to be said of them.
pub(super) fn said_still(
    wanted: &Schema,
    before: &Schema,
    mut script: Vec<Statement>,
) -> Vec<Statement> {
    if !script.iter().any(|statement| statement.op.drops().is_some()) {
        return script;
    }
    let mut now = before.clone();
    if script.iter().any(|statement| now.apply(&statement.op).is_err()) {
        return script;
    }
    let mut right = before.clone();
    Arc::make_mut(&mut right.objects).retain(|id, object| wanted.objects.get(id) == Some(object));
    let together = script.last().and_then(|last| last.transaction.clone());
    let more = said_again(&right, &now).into_iter().map(Statement::new);
    script.extend(more.map(|s| Statement { transaction: together.clone(), ..s }));
    script
}

/// The rollback with what puts back the tables below as they were before the step.
pub(super) fn restored(before: &Schema, after: &Schema, script: Vec<Statement>) -> Vec<Statement> {
    let mut script: Vec<Statement> =
        script.into_iter().map(|statement| if_there(after, statement)).collect();
    let below: BTreeSet<QName> = script
        .iter()
        .filter_map(|statement| statement.op.relation())
        .flat_map(|table| before.descendants(table))
        .collect();
    let detached: BTreeSet<QName> = script
        .iter()
        .filter_map(|statement| {
            let Op::DetachPartition { child, .. } = &statement.op else { return None };
            Some(child.clone())
        })
        .collect();
    // What was said of something went with it, and comes back with it.
    let took_along = before.objects.len() > after.objects.len()
        || script.iter().any(|statement| statement.op.drops().is_some());
    if below.is_empty() && detached.is_empty() && !took_along {
        return script;
    }
    let mut now = after.clone();
    if script.iter().any(|statement| now.apply(&statement.op).is_err()) {
        return script;
    }
    script.extend(said_again(before, &now).into_iter().map(Statement::new));
    for child in &detached {
        let (Some(was), Some(is)) = (before.table(child), now.table(child).cloned()) else {
            continue;
        };
        script.extend(left_behind(child, was, &is).into_iter().map(Statement::new));
    }
    for name in below {
        let (Some(was), Some(is)) = (before.table(&name), now.table(&name).cloned()) else {
            continue;
        };
        for op in differences(&name, was, &is) {
            // What its parent still says cannot be undone here.
            if now.apply(&op).is_ok() {
                script.push(Statement::new(op));
            }
        }
    }
    script
}

/// What makes again what was said of things that are there again.
fn said_again(was: &Schema, is: &Schema) -> Vec<Op> {
    let is_said = |kind| {
        matches!(
            kind,
            ObjectKind::Comment | ObjectKind::Privilege | ObjectKind::Owner | ObjectKind::Property
        )
    };
    let missing = was.objects.iter().filter(|(id, object)| {
        let there = object.of.as_ref().is_some_and(|of| is.has(of));
        is_said(id.kind) && there && !is.objects.contains_key(id)
    });
    missing.flat_map(|(id, object)| make(id, object)).collect()
}

/// What attaching made on a table stays with it when it is detached.
fn left_behind(name: &QName, was: &Table, is: &Table) -> Vec<Op> {
    let table = || name.clone();
    let constraints = is.constraints.keys().filter(|key| !was.constraints.contains_key(*key));
    let mut ops: Vec<Op> = constraints
        .map(|key| Op::DropConstraintIfExists { table: table(), name: key.clone() })
        .collect();
    let indexes = is.indexes.keys().filter(|key| !was.indexes.contains_key(*key));
    ops.extend(indexes.map(|key| Op::DropIndex {
        table: table(),
        name: key.clone(),
        concurrently: false,
        if_exists: true,
    }));
    ops
}

/// What is part of a whole may have gone with it, when later steps were rolled back.
fn if_there(schema: &Schema, statement: Statement) -> Statement {
    let is_partition = |table: &QName| schema.table(table).is_some_and(Table::is_partition);
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are no part of anything")]
    let op = match &statement.op {
        Op::DropConstraint { table, name } if is_partition(table) => {
            Op::DropConstraintIfExists { table: table.clone(), name: name.clone() }
        }
        Op::DropIndex { table, name, concurrently, if_exists: false } if is_partition(table) => {
            Op::DropIndex {
                table: table.clone(),
                name: name.clone(),
                concurrently: *concurrently,
                if_exists: true,
            }
        }
        _ => return statement,
    };
    Statement { transaction: statement.transaction, ..Statement::new(op) }
}

fn differences(name: &QName, was: &Table, is: &Table) -> Vec<Op> {
    let table = || name.clone();
    let mut ops = Vec::new();
    for column in &was.columns {
        let Some(now) = is.column(&column.name) else { continue };
        let name = || column.name.clone();
        if now.default != column.default {
            let default = column.default.clone();
            ops.push(Op::SetDefault { table: table(), column: name(), default });
        }
        if now.not_null != column.not_null {
            let not_null = column.not_null;
            ops.push(Op::SetNotNull { table: table(), column: name(), not_null });
        }
    }
    for (own, whole) in &was.inherited.indexes {
        let mut parts = is.inherited.indexes.iter();
        let part = parts.find(|(_, w)| *w == whole).map(|(part, _)| part);
        let Some(part) = part.filter(|part| *part != own) else { continue };
        ops.push(Op::RenameIndex { table: table(), name: part.clone(), to: own.clone() });
    }
    ops
}

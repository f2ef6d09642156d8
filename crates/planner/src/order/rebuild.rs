//! Views, policies, triggers and rules that stand in the way of a step: they follow a column by its
//! number or forbid the change, so they go before it and come back after it, in its transaction.
//! Must not know recipes.

use std::collections::BTreeSet;

use crate::name::QName;
use crate::name::mention::names;
use crate::op::Op;
use crate::op::object::{make, said_of, view_again};
use crate::plan::Statement;
use crate::schema::{Constraint, Object, ObjectId, ObjectKind, Schema, Subject};

use super::users::{self, Users};

/// The script with what stands in its way taken down before it and put up again after it; where only
/// some of its statements share a transaction, run by run.
pub(super) fn around(schema: &Schema, script: &[Statement]) -> Vec<Statement> {
    let mut now = schema.clone();
    let mut all = Vec::new();
    for run in script.chunk_by(|a, b| a.transaction == b.transaction) {
        let run = around_all(&now, run.to_vec());
        for statement in &run {
            // What the server refuses there, the proof finds.
            let _refused = now.apply(&statement.op).is_err();
        }
        all.extend(run);
    }
    all
}

fn around_all(schema: &Schema, script: Vec<Statement>) -> Vec<Statement> {
    let ops: Vec<&Op> = script.iter().map(|s| &s.op).collect();
    let columns = moved_columns(&ops);
    let users = users::of_routines(schema, &made_again(schema, &ops));
    let views = views(schema, &ops, (&columns, &users.views));
    let mut objects = objects(schema, &columns);
    for (id, object) in &users.objects {
        if !objects.iter().any(|(known, _)| known == id) {
            objects.push((id.clone(), object.clone()));
        }
    }
    let nothing = views.is_empty() && objects.is_empty() && users.is_empty();
    if nothing || !ops.iter().all(|op| in_transaction(op)) {
        return script;
    }
    let within = |op| Statement::within(op, "a");
    let (down, up, after) = values(schema, &users);
    let mut all: Vec<Statement> = Vec::new();
    // What hangs on relations may name a view; what a view calls may not go before it.
    objects.retain(|(_, object)| {
        let of = object.of.as_ref().and_then(Subject::relation);
        of.is_none_or(|of| !views.contains(of))
    });
    let (hanging, called): (Vec<_>, Vec<_>) =
        objects.into_iter().partition(|(_, object)| object.of.is_some());
    all.extend(hanging.iter().rev().filter_map(|(id, object)| unmake(id, object)).map(within));
    all.extend(views.iter().rev().map(|view| within(schema.drop_view(view))));
    all.extend(called.iter().rev().filter_map(|(id, object)| unmake(id, object)).map(within));
    all.extend(down.into_iter().map(within));
    all.extend(script.into_iter().map(|s| within(s.op)));
    all.extend(up.into_iter().map(within));
    let again = |(id, object): &(ObjectId, Object)| {
        let mut ops = make(id, object);
        ops.extend(said_of(schema, id));
        ops
    };
    all.extend(called.iter().flat_map(again).map(within));
    all.extend(views.iter().flat_map(|view| view_again(schema, view)).map(within));
    all.extend(hanging.iter().flat_map(again).map(within));
    all.extend(after.into_iter().map(Statement::new));
    all
}

/// Routines that a script drops and makes again, or leaves to another of their name.
fn made_again(schema: &Schema, ops: &[&Op]) -> Vec<ObjectId> {
    let mut dropped = Vec::new();
    for op in ops {
        let Op::Object { id, becomes, sql } = op else { continue };
        let goes_on =
            becomes.is_some() || (id.kind == ObjectKind::Routine && users::has_twin(schema, id));
        if sql.starts_with("DROP ") && goes_on {
            dropped.push(id.clone());
        }
    }
    dropped
}

/// Constraints and defaults that call a routine: what takes them away, what puts them back, and what
/// validates them, when the transaction is over.
fn values(schema: &Schema, users: &Users) -> (Vec<Op>, Vec<Op>, Vec<Op>) {
    let (mut down, mut up, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for (table, name) in &users.checks {
        let found = schema.table(table).and_then(|t| t.constraints.get(name));
        let Some(constraint) = found else { continue };
        let (table, name) = (table.clone(), name.clone());
        down.push(Op::DropConstraint { table: table.clone(), name: name.clone() });
        let unvalidated = Constraint { validated: false, ..constraint.clone() };
        let constraint_again =
            Op::AddConstraint { table: table.clone(), name: name.clone(), constraint: unvalidated };
        up.push(constraint_again);
        if constraint.validated {
            after.push(Op::ValidateConstraint { table, name });
        }
    }
    for (table, column) in &users.defaults {
        let default = schema.table(table).and_then(|t| t.column(column)?.default.clone());
        let set =
            |default| Op::SetDefault { table: table.clone(), column: column.clone(), default };
        down.push(set(None));
        up.push(set(default));
    }
    for (id, key) in &users.domains {
        let Some(object) = schema.objects.get(id) else { continue };
        let alter = |sql: String| Op::Object { sql, id: id.clone(), becomes: Some(object.clone()) };
        down.push(alter(format!("ALTER DOMAIN {} DROP {key}", id.name)));
        let value = object.part(key).unwrap_or_default();
        up.push(alter(format!("ALTER DOMAIN {} ADD {key} {value}", id.name)));
    }
    (down, up, after)
}

fn in_transaction(op: &Op) -> bool {
    !matches!(
        op,
        Op::CreateIndex { concurrently: true, .. }
            | Op::DropIndex { concurrently: true, .. }
            | Op::DetachPartition { concurrently: true, .. }
            | Op::RunBackfill { .. }
            | Op::RunUndo { .. }
    )
}

/// Columns whose dependents do not survive: retyped, dropped, or named anew while another takes
/// their name.
fn moved_columns(ops: &[&Op]) -> BTreeSet<(QName, String)> {
    let takes_name = |table: &QName, name: &str| {
        ops.iter().any(
            |op| matches!(op, Op::RenameColumn { table: t, to, .. } if t == table && to == name),
        )
    };
    let mut columns = BTreeSet::new();
    for op in ops {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others leave columns as they are")]
        match op {
            Op::AlterType { table, column, .. } | Op::DropColumn { table, column } => {
                columns.insert((table.clone(), column.clone()));
            }
            Op::RenameColumn { table, column, .. } if takes_name(table, column) => {
                columns.insert((table.clone(), column.clone()));
            }
            _ => {}
        }
    }
    columns
}

/// Views over those columns, over views that are dropped, and over all of these; each before those
/// that read it. What the script drops itself is its own business.
fn views(
    schema: &Schema,
    ops: &[&Op],
    (columns, callers): (&BTreeSet<(QName, String)>, &[QName]),
) -> Vec<QName> {
    let dropped: BTreeSet<&QName> = ops
        .iter()
        .filter_map(|op| if let Op::DropView { view, .. } = op { Some(view) } else { None })
        .collect();
    let over_columns = columns.iter().flat_map(|(table, column)| {
        schema.views_over(table, Some(column)).map(|(name, _)| name.clone())
    });
    // A table whose name a view takes is as good as a view that is dropped.
    let becomes_view = |table: &QName| {
        ops.iter().any(|op| matches!(op, Op::CreateView { view, .. } if view == table))
    };
    let tables: Vec<QName> = ops
        .iter()
        .filter_map(|op| if let Op::DropTable { table } = op { Some(table.clone()) } else { None })
        .filter(becomes_view)
        .collect();
    let over_views = dropped
        .iter()
        .copied()
        .chain(&tables)
        .flat_map(|view| schema.views_over(view, None).map(|(name, _)| name.clone()));
    let first: Vec<QName> = over_columns.chain(over_views).chain(callers.iter().cloned()).collect();
    let mut all = schema.with_dependents(first);
    all.retain(|view| !dropped.contains(view));
    all
}

/// Policies, triggers and rules that name those columns, and what names them with their table.
fn objects(schema: &Schema, columns: &BTreeSet<(QName, String)>) -> Vec<(ObjectId, Object)> {
    let mut found = BTreeSet::new();
    for (table, column) in columns {
        for (id, object) in schema.objects_of(table) {
            let bound =
                matches!(id.kind, ObjectKind::Policy | ObjectKind::Trigger | ObjectKind::Rule);
            if bound && object.mentions(column) {
                found.insert((id.clone(), object.clone()));
            }
        }
        for (id, object) in schema.objects.iter() {
            let bound = matches!(id.kind, ObjectKind::Policy | ObjectKind::Rule);
            let reads = |sql: &String| names(sql, table);
            if bound && object.mentions(column) && object.make.iter().any(reads) {
                found.insert((id.clone(), object.clone()));
            }
        }
    }
    found.into_iter().collect()
}

fn unmake(id: &ObjectId, object: &Object) -> Option<Op> {
    let sql = object.unmake.clone()?;
    Some(Op::Object { sql, id: id.clone(), becomes: None })
}

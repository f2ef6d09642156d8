//! Views, policies, triggers and rules that stand in the way of a step: they follow a column by its
//! number or forbid the change, so they go before it and come back after it, in its transaction.
//! Must not know recipes.

use std::collections::BTreeSet;

use crate::name::QName;
use crate::op::Op;
use crate::plan::Statement;
use crate::schema::{Object, ObjectId, ObjectKind, Schema, Subject};

/// The script with what stands in its way taken down before it and put up again after it.
pub(super) fn around(schema: &Schema, script: Vec<Statement>) -> Vec<Statement> {
    let ops: Vec<&Op> = script.iter().map(|s| &s.op).collect();
    let columns = moved_columns(&ops);
    let views = views(schema, &ops, &columns);
    let mut objects = objects(schema, &columns);
    objects.extend(users_of_routines(schema, &ops));
    if (views.is_empty() && objects.is_empty()) || !ops.iter().all(|op| in_transaction(op)) {
        return script;
    }
    let within = |op| Statement::within(op, "a");
    let mut all: Vec<Statement> =
        objects.iter().filter_map(|(id, object)| unmake(id, object)).map(within).collect();
    all.extend(views.iter().rev().map(|view| within(schema.drop_view(view))));
    all.extend(script.into_iter().map(|s| within(s.op)));
    for view in &views {
        let Some(definition) = schema.views.get(view).cloned() else { continue };
        all.push(within(Op::CreateView { view: view.clone(), definition }));
        all.extend(schema.objects_of(view).flat_map(|(id, o)| make(id, o)).map(within));
    }
    for (id, object) in &objects {
        all.extend(make(id, object).into_iter().map(within));
        let of = Subject::Object(id.clone());
        let about = schema.objects.iter().filter(|(_, o)| o.of.as_ref() == Some(&of));
        all.extend(about.flat_map(|(id, o)| make(id, o)).map(within));
    }
    all
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
fn views(schema: &Schema, ops: &[&Op], columns: &BTreeSet<(QName, String)>) -> Vec<QName> {
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
    let first: Vec<QName> = over_columns.chain(over_views).collect();
    let mut all = schema.with_dependents(first);
    all.retain(|view| !dropped.contains(view));
    all
}

/// Policies, triggers and rules that name those columns.
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
    }
    found.into_iter().collect()
}

/// Triggers, policies and routines that PostgreSQL knows to depend on a routine that is dropped and
/// made again. Of a routine it knows so only where the body is no string.
fn users_of_routines(schema: &Schema, ops: &[&Op]) -> Vec<(ObjectId, Object)> {
    let mut found = Vec::new();
    for op in ops {
        let Op::Object { id, becomes, sql } = op else { continue };
        let dropped = id.kind == ObjectKind::Routine && sql.starts_with("DROP ");
        if !dropped || becomes.is_none() && ops.len() == 1 {
            continue;
        }
        let bare = id.name.split('(').next().unwrap_or_default();
        let bare = bare.rsplit('.').next().unwrap_or_default();
        let quoted = bare.trim_matches('"');
        for (other, object) in &schema.objects {
            let in_catalogue =
                matches!(other.kind, ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule);
            let no_string = || object.make.iter().all(|sql| !sql.contains(" AS "));
            let tracked = in_catalogue || (other.kind == ObjectKind::Routine && no_string());
            let calls = object.make.iter().any(|sql| sql.contains(quoted));
            if tracked && calls && other != id {
                found.push((other.clone(), object.clone()));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn unmake(id: &ObjectId, object: &Object) -> Option<Op> {
    let sql = object.unmake.clone()?;
    Some(Op::Object { sql, id: id.clone(), becomes: None })
}

fn make(id: &ObjectId, object: &Object) -> Vec<Op> {
    let one = |sql: &String| Op::Object {
        sql: sql.clone(),
        id: id.clone(),
        becomes: Some(object.clone()),
    };
    object.make.iter().map(one).collect()
}

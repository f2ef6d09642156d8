//! One action of ALTER TABLE, or one DROP, as operations on a schema. Must not judge whether they
//! apply.

use super::alter::Action;
use super::constraint::{Body, NewConstraint};
use super::names::Names;
use super::object::Said;
use super::resolve;
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Schema, Table};

/// An action resolved.
pub(super) struct Resolved {
    /// What it does, in order.
    pub(super) ops: Vec<Op>,
    /// The sequence of a new serial column.
    pub(super) sequence: Option<[Said; 2]>,
}

/// The operations of an action; `None` for what has none.
pub(super) fn ops(
    action: &Action,
    table: &QName,
    schema: &Schema,
    names: &mut Names,
) -> Option<Resolved> {
    let name = table.clone();
    let one = |op: Op| Some(Resolved { ops: vec![op], sequence: None });
    match action {
        Action::AddColumn { column, .. } => Some(add_column(column, table, schema, names)),
        Action::DropColumn { column, cascade, .. } => {
            let with_it = || resolve::cascade_column(schema, table, &column.name);
            let mut ops = cascade.then(with_it).unwrap_or_default();
            ops.push(Op::DropColumn { table: name, column: column.name.clone() });
            Some(Resolved { ops, sequence: None })
        }
        Action::AlterType { column, ty, collation, using } => one(Op::AlterType {
            collation: collation.clone(),
            column: column.name.clone(),
            ty: resolve::qualified(ty, table, schema),
            using: using.clone(),
            table: name,
        }),
        Action::SetDefault { column, default } => one(Op::SetDefault {
            table: name,
            column: column.name.clone(),
            default: default.clone(),
        }),
        Action::SetNotNull { column, not_null } => {
            one(Op::SetNotNull { table: name, column: column.name.clone(), not_null: *not_null })
        }
        Action::AddConstraint(written) => one(add_constraint(written, table, schema, names)?),
        Action::Validate(constraint) => {
            one(Op::ValidateConstraint { table: name, name: constraint.name.clone() })
        }
        Action::DropConstraint { name: constraint, cascade, .. } => {
            let with_it = || resolve::cascade_key(schema, table, &constraint.name);
            let mut ops = cascade.then(with_it).unwrap_or_default();
            ops.push(Op::DropConstraint { table: name, name: constraint.name.clone() });
            Some(Resolved { ops, sequence: None })
        }
        Action::RenameColumn { column, to } => {
            one(Op::RenameColumn { table: name, column: column.name.clone(), to: to.clone() })
        }
        Action::RenameConstraint { name: constraint, to } => {
            one(Op::RenameConstraint { table: name, name: constraint.name.clone(), to: to.clone() })
        }
        Action::RenameTable { to } => one(Op::RenameTable { table: name, to: to.clone() }),
        Action::Identity { column, identity, .. } => one(Op::SetIdentity {
            was: has_identity(schema, table, &column.name),
            table: name,
            column: column.name.clone(),
            identity: identity.clone(),
        }),
        Action::Attach { child, bounds } => one(Op::AttachPartition {
            table: name,
            child: child.name.clone(),
            bounds: bounds.clone(),
        }),
        Action::Detach { child, concurrently } => one(Op::DetachPartition {
            table: name,
            child: child.name.clone(),
            concurrently: *concurrently,
        }),
        Action::Inherit(parent) => one(Op::Inherit { table: name, parent: parent.name.clone() }),
        Action::NoInherit(parent) => {
            one(Op::NoInherit { table: name, parent: parent.name.clone() })
        }
        Action::SetSchema { .. } | Action::Defer { .. } | Action::Settings(_) | Action::Carried => {
            None
        }
    }
}

fn has_identity(schema: &Schema, table: &QName, column: &str) -> bool {
    let column = schema.table(table).and_then(|t| t.column(column));
    column.is_some_and(|c| c.identity.is_some())
}

fn add_constraint(
    written: &NewConstraint,
    table: &QName,
    schema: &Schema,
    names: &mut Names,
) -> Option<Op> {
    let empty = Table::empty();
    let (definition, table_name) = (schema.table(table).unwrap_or(&empty), table.clone());
    Some(match &written.body {
        Body::UsingIndex(index) => Op::AddConstraintUsingIndex {
            table: table_name,
            name: written.name.clone().unwrap_or_else(|| index.name.clone()),
            index: index.name.clone(),
            primary: written.primary,
            deferral: written.deferral.clone(),
        },
        Body::NotNull(column) if written.validated => {
            Op::SetNotNull { table: table_name, column: column.name.clone(), not_null: true }
        }
        Body::NotNull(column) => {
            let (name, _) = resolve::constraint(written, table, definition, names)?;
            Op::AddNotNullNotValid { table: table_name, name, column: column.name.clone() }
        }
        Body::Kind(_) => {
            let (name, constraint) = resolve::constraint(written, table, definition, names)?;
            Op::AddConstraint { table: table_name, name, constraint }
        }
    })
}

fn add_column(
    column: &super::table::NewColumn,
    table: &QName,
    schema: &Schema,
    names: &mut Names,
) -> Resolved {
    let (definition, sequence) = resolve::column(column, table, schema, names);
    // Constraints of the new column see it.
    let mut with = schema.table(table).cloned().unwrap_or_else(Table::empty);
    with.columns.push(definition.clone());
    let mut ops = vec![Op::AddColumn { table: table.clone(), column: definition }];
    for written in &column.constraints {
        if let Some((name, constraint)) = resolve::constraint(written, table, &with, names) {
            ops.push(Op::AddConstraint { table: table.clone(), name, constraint });
        }
    }
    Resolved { ops, sequence }
}

//! References of a table that the plan makes to one that the running release writes already: it would
//! not see the new rows that point at the row it deletes, and get 23503. They wait until that release
//! is gone. Must not know how they are enforced then.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{Asked, What};
use crate::name::QName;
use crate::op::Op;
use crate::recipe::Context;
use crate::request::Request;
use crate::schema::{Action, Constraint, ForeignKey, Table};

/// Whether the database deletes or releases the rows that point at a row which is deleted.
pub(super) fn takes_along(key: &ForeignKey) -> bool {
    match key.on_delete() {
        Action::Cascade | Action::SetNull | Action::SetDefault => true,
        Action::Refuse | Action::Restrict => false,
    }
}

/// The changes, with references that have to wait taken out of CREATE TABLE.
pub(super) fn apart(asked: Vec<Asked>, request: &Request) -> Vec<Asked> {
    if request.stops() {
        return asked;
    }
    let made: BTreeSet<QName> = asked.iter().filter_map(|a| made_by(&a.what)).cloned().collect();
    let mut all = Vec::with_capacity(asked.len());
    for Asked { mut what, span } in asked {
        let mut later = Vec::new();
        if let What::Statement(Op::CreateTable { table, definition }) = &mut what
            && definition.partitioning.is_none()
        {
            later = taken_out(table, definition, &made);
        }
        all.push(Asked { what, span });
        all.extend(later.into_iter().map(|op| Asked { what: What::Statement(op), span }));
    }
    all
}

fn made_by(what: &What) -> Option<&QName> {
    match what.statement() {
        Some(Op::CreateTable { table, .. }) => Some(table),
        Some(_) | None => None,
    }
}

fn taken_out(table: &QName, definition: &mut Table, made: &BTreeSet<QName>) -> Vec<Op> {
    let waits = |c: &Constraint| reference(c).is_some_and(|key| !made.contains(&key.parent));
    let (later, now): (BTreeMap<_, _>, _) = std::mem::take(&mut definition.constraints)
        .into_iter()
        .partition(|(_, constraint)| waits(constraint));
    definition.constraints = now;
    let add = |(name, constraint)| Op::AddConstraint { table: table.clone(), name, constraint };
    later.into_iter().map(add).collect()
}

/// The reference that a constraint is, where it refuses a deletion.
fn reference(constraint: &Constraint) -> Option<&ForeignKey> {
    constraint.kind.foreign_key().filter(|key| !takes_along(key))
}

/// Whether a statement about a table that the plan makes has to wait for the running release to go.
pub(super) fn waits(context: &Context<'_>, op: &Op) -> bool {
    let Op::AddConstraint { table, constraint, .. } = op else { return false };
    let there = |parent: &QName| {
        context.schema.tables.contains_key(parent) && !context.created.contains(parent)
    };
    let alone = context.schema.table(table).is_some_and(|t| t.partitioning.is_none());
    !context.request.stops() && alone && reference(constraint).is_some_and(|key| there(&key.parent))
}

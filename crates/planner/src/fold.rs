//! Several statements about the same new thing are one change: `ADD COLUMN c` then `SET NOT NULL c`
//! is a NOT NULL column. What cannot be one change, and cannot be two in one plan, is refused.

use std::collections::BTreeSet;

use crate::change::{Asked, What};
use crate::diagnostic::{Diagnostic, Source};
use crate::name::QName;
use crate::op::Op;
use crate::schema::ConstraintKind;

/// The changes, with those folded in that only finish an earlier one.
pub(crate) fn fold(asked: Vec<Asked>) -> Vec<Asked> {
    let mut folded: Vec<Asked> = Vec::new();
    for next in asked {
        let absorbed = match &next.what {
            What::Statement(op) => folded.iter_mut().any(|earlier| absorb(earlier, op)),
            What::Split(_) | What::Object { .. } => false,
        };
        if !absorbed {
            folded.push(next);
        }
    }
    folded
}

/// Whether `op` only finishes what `earlier` creates; if so, it is part of it now.
fn absorb(earlier: &mut Asked, op: &Op) -> bool {
    let What::Statement(earlier) = &mut earlier.what else { return false };
    match (earlier, op) {
        (Op::AddColumn { table, column }, Op::SetNotNull { table: t, column: c, not_null })
            if table == t && column.name == *c =>
        {
            column.not_null = *not_null;
            true
        }
        (Op::AddColumn { table, column }, Op::SetDefault { table: t, column: c, default })
            if table == t && column.name == *c =>
        {
            // Only before rows could have been filled from it does a later default mean the same.
            column.default.clone_from(default);
            true
        }
        (Op::CreateTable { table, definition }, Op::AddColumn { table: t, column })
            if table == t =>
        {
            definition.columns.push(column.clone());
            true
        }
        (
            Op::CreateTable { table, definition },
            Op::AddConstraint { table: t, name, constraint },
        ) if table == t && !matches!(constraint.kind, ConstraintKind::ForeignKey(_)) => {
            definition.constraints.insert(name.clone(), constraint.clone());
            true
        }
        (Op::CreateTable { table, definition }, Op::SetDefault { table: t, column, default })
            if table == t =>
        {
            definition.column_mut(column).is_some_and(|c| {
                c.default.clone_from(default);
                true
            })
        }
        (Op::CreateTable { table, definition }, Op::SetNotNull { table: t, column, not_null })
            if table == t =>
        {
            definition.column_mut(column).is_some_and(|c| {
                c.not_null = *not_null;
                true
            })
        }
        _ => false,
    }
}

/// Changes that would each move the same column or table: one plan cannot do both at once.
pub(crate) fn overlaps(asked: &[Asked]) -> Vec<Diagnostic> {
    let mut moved: BTreeSet<(QName, Option<String>)> = BTreeSet::new();
    let mut found = Vec::new();
    for one in asked {
        let moves = moves(&one.what);
        for (table, column) in names(&one.what) {
            let whole = (table.clone(), None);
            let clash = moved.contains(&(table.clone(), column.clone()))
                || moved.contains(&whole)
                || (moves && column.is_none() && moved.iter().any(|(t, _)| *t == table));
            if clash {
                let what = column
                    .as_ref()
                    .map_or(format!("table `{table}`"), |c| format!("`{table}.{c}`"));
                found.push(Diagnostic::error(
                    "overlapping-changes",
                    (Source::Change, one.span),
                    format!("this and an earlier part of the change both move {what}"),
                    "plan them one after the other: two requests, the second on the schema the first leaves",
                ));
                break;
            }
        }
        if moves {
            moved.extend(names(&one.what));
        }
    }
    found
}

/// Whether a change lets a name or shape go that others may count on.
fn moves(what: &What) -> bool {
    match what {
        What::Split(_) => true,
        What::Object { .. } => false,
        What::Statement(op) => matches!(
            op,
            Op::RenameColumn { .. }
                | Op::RenameTable { .. }
                | Op::DropColumn { .. }
                | Op::DropTable { .. }
                | Op::AlterType { .. }
                | Op::Update { .. }
        ),
    }
}

/// Tables and columns, by their old and new names, that a change is about.
fn names(what: &What) -> Vec<(QName, Option<String>)> {
    match what {
        What::Split(split) => {
            let mut names = vec![(split.table.clone(), Some(split.column.clone()))];
            names.extend(
                split.into.iter().map(|(c, _)| (split.table.clone(), Some(c.name.clone()))),
            );
            names
        }
        What::Object { .. } => Vec::new(),
        What::Statement(op) => op_names(op),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the others are about no table or a whole new one"
)]
fn op_names(op: &Op) -> Vec<(QName, Option<String>)> {
    let column = |table: &QName, column: &String| vec![(table.clone(), Some(column.clone()))];
    match op {
        Op::RenameColumn { table, column, to } => {
            vec![(table.clone(), Some(column.clone())), (table.clone(), Some(to.clone()))]
        }
        Op::RenameTable { table, to } => vec![(table.clone(), None), (table.sibling(to), None)],
        Op::DropTable { table } => vec![(table.clone(), None)],
        Op::DropColumn { table, column: c }
        | Op::AlterType { table, column: c, .. }
        | Op::SetDefault { table, column: c, .. }
        | Op::SetNotNull { table, column: c, .. } => column(table, c),
        Op::AddColumn { table, column: c } => column(table, &c.name),
        Op::AddConstraint { table, constraint, .. } => {
            constraint.kind.columns().into_iter().map(|c| (table.clone(), Some(c))).collect()
        }
        Op::CreateIndex { table, index, .. } => {
            index.columns.iter().map(|c| (table.clone(), Some(c.clone()))).collect()
        }
        Op::Update { table, set, .. } => {
            set.iter().map(|(c, _)| (table.clone(), Some(c.clone()))).collect()
        }
        _ => Vec::new(),
    }
}

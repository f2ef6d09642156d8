//! Several statements about the same new thing are one change: `ADD COLUMN c` then `SET NOT NULL c`
//! is a NOT NULL column. What cannot be one change, and cannot be two in one plan, is refused.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{Asked, Retyped, What};
use crate::diagnostic::{Diagnostic, Source};
use crate::name::QName;
use crate::op::Op;
use crate::op::object::change;
use crate::schema::{ConstraintKind, ObjectKind, Schema, Subject};
use crate::sql_type::{SqlType, TypeChange};

/// The changes, with those folded in that only finish an earlier one.
pub(crate) fn fold(asked: Vec<Asked>) -> Vec<Asked> {
    let mut folded: Vec<Asked> = Vec::new();
    for mut next in asked {
        let absorbed = next.what.statement().is_some_and(|op| {
            // PostgreSQL takes the first index that fits for the part of the parent's: its own come later.
            let comes_later = matches!(
                op, Op::AddConstraint { table, .. } if is_attached(&folded, table)
            );
            !comes_later && folded.iter_mut().any(|earlier| absorb(earlier, op))
        });
        if absorbed || attach(&mut folded, &next) {
            continue;
        }
        if let What::Statement(create) = &next.what
            && !rests_on_what_goes(&folded, create)
            && let Some(drop) = folded.iter_mut().find_map(|earlier| lift(earlier, create))
        {
            next.what = What::Replace {
                drop: Box::new(drop),
                create: Box::new(create.clone()),
                with: Vec::new(),
            };
        }
        folded.push(next);
    }
    folded
}

/// Whether a reference points at a table of which a key goes: the two references cannot stand beside
/// each other, for the two keys may not.
fn rests_on_what_goes(folded: &[Asked], create: &Op) -> bool {
    let Op::AddConstraint { constraint, .. } = create else { return false };
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return false };
    folded.iter().any(|earlier| {
        let (What::Statement(op) | What::Lifted(op)) = &earlier.what else { return false };
        matches!(
            op,
            Op::DropConstraint { table, .. } | Op::DropIndex { table, .. } if *table == key.parent
        )
    })
}

/// Whether a table has become a partition.
fn is_attached(folded: &[Asked], table: &QName) -> bool {
    folded.iter().any(|earlier| {
        matches!(&earlier.what, What::Statement(Op::AttachPartition { child, .. }) if child == table)
    })
}

/// What belongs to a view that is made again is made with it.
fn attach(folded: &mut [Asked], next: &Asked) -> bool {
    let What::Object { id, after: Some(object) } = &next.what else { return false };
    let of = object.of.as_ref().and_then(Subject::relation);
    for earlier in folded {
        if let What::Replace { create, with, .. } = &mut earlier.what
            && let Op::CreateView { view, .. } = &**create
            && Some(view) == of
        {
            with.push((id.clone(), object.clone()));
            return true;
        }
    }
    false
}

/// Where `earlier` drops what `create` makes again: the drop, to be done together with it.
fn lift(earlier: &mut Asked, create: &Op) -> Option<Op> {
    let What::Statement(drop) = &earlier.what else { return None };
    let again = match (drop, create) {
        (Op::DropIndex { table: a, name: x, .. }, Op::CreateIndex { table: b, name: y, .. })
        | (Op::DropIndexCascade { table: a, name: x }, Op::CreateIndex { table: b, name: y, .. })
        | (
            Op::DropIndexCascade { table: a, name: x },
            Op::AddConstraint { table: b, name: y, .. },
        )
        | (Op::DropIndex { table: a, name: x, .. }, Op::AddConstraint { table: b, name: y, .. })
        | (Op::DropConstraint { table: a, name: x }, Op::CreateIndex { table: b, name: y, .. })
        | (Op::DropConstraint { table: a, name: x }, Op::AddConstraint { table: b, name: y, .. })
        | (
            Op::DropConstraint { table: a, name: x },
            Op::AddConstraintUsingIndex { table: b, name: y, .. },
        ) => a == b && x == y,
        (
            Op::DetachPartition { table: a, child: x, .. },
            Op::AttachPartition { table: b, child: y, .. },
        ) => a == b && x == y,
        (
            Op::DropView { view: a, .. } | Op::DropTable { table: a },
            Op::CreateView { view: b, .. } | Op::CreateTable { table: b, .. },
        ) => a == b,
        (Op::DropColumn { table: a, column: x }, Op::AddColumn { table: b, column }) => {
            a == b && *x == column.name
        }
        _ => false,
    };
    if !again {
        return None;
    }
    let drop = drop.clone();
    earlier.what = What::Lifted(drop.clone());
    Some(drop)
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
        ) if table == t
            && !matches!(constraint.kind, ConstraintKind::ForeignKey(_))
            && (constraint.validated || !matches!(constraint.kind, ConstraintKind::Other(..)))
            && !definition.has_key_like(&constraint.kind) =>
        {
            definition.constraints.insert(name.clone(), constraint.clone());
            true
        }
        // CREATE TABLE says nothing of columns that come from a parent.
        (
            Op::CreateTable { table, definition },
            Op::SetDefault { table: t, column, .. } | Op::SetNotNull { table: t, column, .. },
        ) if table == t && definition.inherited.columns.contains(column) => false,
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

/// What changes so far have moved: names and shapes that later ones can no longer count on.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    names: BTreeSet<(QName, Option<String>)>,
    /// Columns whose type changes by a second column that takes the name: once it has, the rest of
    /// the plan finds the column as it will be. With the round in which it does.
    swapped: BTreeMap<(QName, String), u8>,
    /// Enums that a new type of the name takes over from.
    remade: BTreeSet<String>,
}

impl Moved {
    /// In which round of the plan a change can be carried out: the one after that in which a column is
    /// swapped on which it builds.
    ///
    /// # Errors
    /// What an earlier change moves, too, so that one plan cannot do both.
    pub(crate) fn stage(&self, what: &What, schema: &Schema) -> Result<u8, String> {
        let moves = moves(what, schema);
        let mut stage = 0;
        for (table, column) in names(what) {
            let whole = (table.clone(), None);
            let clash = self.names.contains(&(table.clone(), column.clone()))
                || self.names.contains(&whole)
                || (moves && column.is_none() && self.names.iter().any(|(t, _)| *t == table));
            if clash {
                return Err(column
                    .as_ref()
                    .map_or(format!("table `{table}`"), |c| format!("`{table}.{c}`")));
            }
            if let Some(column) = column
                && let Some(round) = self.swapped.get(&(table.clone(), column.clone()))
            {
                if moves {
                    return Err(format!("`{table}.{column}`"));
                }
                stage = stage.max(round + 1);
            }
        }
        // What it does with the table's name comes when everything else about it is done.
        if matches!(what, What::Partition(_)) {
            stage = stage.max(1);
        }
        if let What::Object { after: Some(object), .. } = what
            && let Some(relation) = object.of.as_ref().and_then(Subject::relation)
        {
            let said = self.swapped.iter();
            let said = said.filter(|((table, c), _)| table == relation && object.mentions(c));
            stage = said.map(|(_, round)| round + 1).fold(stage, u8::max);
        }
        // Before that the labels to come are not there for its values.
        if becomes(what).iter().any(|ty| self.remade.contains(ty.element())) {
            stage = stage.max(1);
        }
        let pointed = points_at(what, schema);
        let rounds = pointed.iter().filter_map(|column| self.swapped.get(column));
        Ok(rounds.map(|round| round + 1).fold(stage, u8::max))
    }

    /// Takes note of a change that is planned, and of its round.
    pub(crate) fn note(&mut self, what: &What, schema: &Schema, round: u8) {
        if let What::Statement(Op::AlterType { table, column, ty, .. }) = what
            && let Some(found) = schema.table(table).and_then(|t| t.column(column))
            && found.ty.change_to(ty) == TypeChange::Rewrite
        {
            // Of a family, too: what is said of the column after it means the new type.
            self.swapped.insert((table.clone(), column.clone()), round);
        }
        if let What::Object { id, after: Some(after) } = what
            && id.kind == ObjectKind::Enum
            && schema.objects.get(id).is_some_and(|b| change(id, Some(b), Some(after)).is_err())
        {
            self.remade.insert(id.name.clone());
        }
        if !moves(what, schema) {
            return;
        }
        if let What::Statement(Op::AlterType { table, column, .. }) = what {
            self.swapped.insert((table.clone(), column.clone()), round);
        } else if let What::Retype(retype) = what {
            let one = |c: &Retyped| ((retype.table.clone(), c.column.clone()), round);
            self.swapped.extend(retype.columns.iter().map(one));
        } else {
            self.names.extend(names(what));
        }
    }
}

/// Types that columns get.
fn becomes(what: &What) -> Vec<&SqlType> {
    match (what.retype(), what.statement()) {
        (Some(retype), _) => retype.columns.iter().map(|c| &c.ty).collect(),
        (None, Some(Op::AlterType { ty, .. })) => vec![ty],
        (None, _) => Vec::new(),
    }
}

/// Columns at which a new reference points.
fn points_at(what: &What, schema: &Schema) -> Vec<(QName, String)> {
    let What::Statement(Op::AddConstraint { constraint, .. }) = what else { return Vec::new() };
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return Vec::new() };
    schema.parent_columns(key).into_iter().map(|c| (key.parent.clone(), c)).collect()
}

/// The refusal of a change that moves what an earlier one moves.
pub(crate) fn overlap(what: &str, span: (usize, usize)) -> Diagnostic {
    Diagnostic::error(
        "overlapping-changes",
        (Source::Change, span),
        format!("this and an earlier part of the change both move {what}"),
        "plan them one after the other: two requests, the second on the schema the first leaves",
    )
}

/// Whether a change lets a name or shape go that others may count on.
fn moves(what: &What, schema: &Schema) -> bool {
    match what {
        What::Reshape(_)
        | What::Extract(_)
        | What::Spread(_)
        | What::Move(_)
        | What::Merge(_)
        | What::Partition(_)
        | What::Retype(_) => true,
        What::Numbering(_) | What::Object { .. } | What::Replace { .. } | What::Lifted(_) => false,
        What::Statement(Op::AlterType { table, column, ty, collation, .. }) => {
            // In a family a column is retyped where it stands: its parent's and its own at once.
            let alone = schema.table(table).filter(|t| t.partitioning.is_none());
            alone.and_then(|t| t.column(column)).is_some_and(|c| {
                c.ty.change_to(ty) == TypeChange::Rewrite || c.collation != *collation
            })
        }
        What::Statement(op) => matches!(
            op,
            Op::RenameColumn { .. }
                | Op::RenameTable { .. }
                | Op::DropColumn { .. }
                | Op::DropTable { .. }
                | Op::Update { .. }
        ),
    }
}

/// Tables and columns, by their old and new names, that a change is about.
pub(crate) fn names(what: &What) -> Vec<(QName, Option<String>)> {
    match what {
        What::Partition(partition) => {
            vec![(partition.table.clone(), None), (partition.into.clone(), None)]
        }
        What::Spread(spread) => {
            let columns = spread.columns.iter().map(|c| (spread.table.clone(), Some(c.clone())));
            columns.chain([(spread.into.clone(), None)]).collect()
        }
        What::Move(moved) => {
            let each = |table: &QName| {
                let table = table.clone();
                moved.names().into_iter().map(move |c| (table.clone(), Some(c)))
            };
            each(&moved.table).chain(each(&moved.into)).collect()
        }
        What::Merge(merge) => {
            let columns = merge.names().into_iter().map(|c| (merge.into.clone(), Some(c)));
            columns.chain([(merge.table.clone(), None)]).collect()
        }
        What::Extract(extract) => {
            let mut names = names(&What::Reshape(extract.reshape.clone()));
            names.push((extract.table.clone(), None));
            names
        }
        What::Reshape(reshape) => {
            let new = reshape.into.iter().map(|(c, _)| c.name.clone());
            let all = reshape.from.iter().cloned().chain(new);
            all.map(|c| (reshape.table.clone(), Some(c))).collect()
        }
        What::Retype(retype) => {
            let one = |c: &Retyped| (retype.table.clone(), Some(c.column.clone()));
            retype.columns.iter().map(one).collect()
        }
        What::Numbering(numbering) => {
            vec![(numbering.table.clone(), Some(numbering.column.clone()))]
        }
        What::Object { .. } | What::Lifted(_) => Vec::new(),
        What::Replace { create, .. } => op_names(create),
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

//! What statements, conditions and conversions name of tables. Must not know what follows from it.

use std::collections::BTreeSet;

use planner::backfill::Work;
use planner::condition::Condition;
use planner::expr::Expr;
use planner::name::QName;
use planner::op::Op;
use planner::plan::Conversion;
use planner::schema::{Index, Table};

use super::super::{Keep, mention, mention_condition, named};

/// Something of a table: a column, or a constraint, index or trigger.
pub(super) type Thing = (QName, Part);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Column(String),
    Named(String),
}

/// Tables whose rows a statement adds or takes away.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others leave rows where they are")]
pub(super) fn of_whole_rows(op: &Op) -> Vec<&QName> {
    match op {
        Op::Delete { table, .. } | Op::InsertRows { table, .. } => vec![table],
        Op::InsertSelect { table, from, .. } => vec![table, from],
        Op::RunBackfill { backfill } if backfill.work != Work::Update => {
            vec![&backfill.table, backfill.written()]
        }
        _ => Vec::new(),
    }
}

/// Columns that a statement makes, takes away, renames or gives values.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others leave columns and their values")]
pub(super) fn changed_columns(op: &Op) -> Option<(&QName, Vec<String>)> {
    let set = |set: &[(String, Expr)]| set.iter().map(|(c, _)| c.clone()).collect();
    Some(match op {
        Op::AddColumn { table, column } => (table, vec![column.name.clone()]),
        Op::DropColumn { table, column } | Op::DropColumnOnly { table, column } => {
            (table, vec![column.clone()])
        }
        Op::RenameColumn { table, column, to } => (table, vec![column.clone(), to.clone()]),
        Op::Update { table, set: values, .. } => (table, set(values)),
        Op::RunBackfill { backfill } | Op::RunUndo { backfill } => {
            (backfill.written(), set(&backfill.set))
        }
        Op::CreateSyncTrigger { rule } => {
            let sides = rule.up.iter().chain(&rule.down);
            (&rule.table, sides.map(|a| a.column.clone()).collect())
        }
        _ => return None,
    })
}

/// What holds rows of a table back, constraints and unique indexes, with their columns.
pub(super) fn named_columns(table: &Table) -> impl Iterator<Item = (&String, Vec<String>)> {
    let constraints = table.constraints.iter().map(|(n, c)| (n, c.kind.columns()));
    let unique = table.indexes.iter().filter(|(_, index)| index.unique);
    constraints.chain(unique.map(|(n, i)| (n, i.columns.clone())))
}

/// What a statement makes that holds rows back, with its columns.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others make none")]
pub(super) fn makes_name(op: &Op) -> Option<(&QName, &String, Vec<String>)> {
    Some(match op {
        Op::AddConstraint { table, name, constraint }
        | Op::AddConstraintOnly { table, name, constraint } => {
            (table, name, constraint.kind.columns())
        }
        Op::CreateIndex { table, name, index, .. } | Op::CreateIndexOnly { table, name, index }
            if index.unique =>
        {
            (table, name, index.columns.clone())
        }
        _ => return None,
    })
}

/// The index that a statement makes, where it holds no row back.
pub(super) fn makes_index(op: &Op) -> Option<(&QName, &String, &Index)> {
    let (Op::CreateIndex { table, name, index, .. } | Op::CreateIndexOnly { table, name, index }) =
        op
    else {
        return None;
    };
    (!index.unique).then_some((table, name, index))
}

/// Whether a statement drops a column that an index is over.
pub(super) fn drops_one(op: &Op, (on, index): (&QName, &Index)) -> bool {
    let (Op::DropColumn { table, column } | Op::DropColumnOnly { table, column }) = op else {
        return false;
    };
    table == on && index.columns.contains(column)
}

/// What a statement names of tables.
pub(super) fn things(op: &Op) -> Vec<Thing> {
    let mut things = named_columns_of(&mut |keep| mention(op, keep));
    // Of a new table the search has its part, and of an index that holds no row back.
    if matches!(op, Op::CreateTable { .. }) {
        return Vec::new();
    }
    if let Op::CreateIndex { index, .. } | Op::CreateIndexOnly { index, .. } = op
        && !index.unique
    {
        things.clear();
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others name only columns")]
    let (table, parts) = match op {
        Op::KeepPosition { table, column, .. } | Op::AdvanceSequence { table, column, .. } => {
            (table, vec![Part::Column(column.clone())])
        }
        Op::AddConstraint { table, name, .. }
        | Op::AddConstraintOnly { table, name, .. }
        | Op::AddNotNullNotValid { table, name, .. }
        | Op::ValidateConstraint { table, name }
        | Op::DropConstraint { table, name }
        | Op::DropConstraintIfExists { table, name }
        | Op::CreateIndex { table, name, .. }
        | Op::CreateIndexOnly { table, name, .. }
        | Op::DropIndex { table, name, .. }
        | Op::DropIndexCascade { table, name }
        | Op::AttachIndex { table, name, .. } => (table, vec![Part::Named(name.clone())]),
        Op::RenameConstraint { table, name, to } | Op::RenameIndex { table, name, to } => {
            (table, [name, to].map(|name| Part::Named(name.clone())).to_vec())
        }
        Op::AddConstraintUsingIndex { table, name, index, .. } => {
            (table, [name, index].map(|name| Part::Named(name.clone())).to_vec())
        }
        Op::CreateSyncTrigger { rule }
        | Op::EnableSyncTrigger { rule }
        | Op::DropSyncTrigger { rule } => (&rule.table, vec![Part::Named(rule.trigger_name())]),
        _ => return things,
    };
    things.extend(parts.into_iter().map(|part| (table.clone(), part)));
    things
}

/// What a condition asks about.
pub(super) fn things_of_condition(condition: &Condition) -> Vec<Thing> {
    let mut things = named_columns_of(&mut |keep| mention_condition(condition, keep));
    if let Some(table) = condition.table() {
        let columns = condition.row_columns().into_iter();
        things.extend(columns.map(|c| (table.clone(), Part::Column(c))));
    }
    if let Condition::Constraint { table, name, .. }
    | Condition::Index { table, name, .. }
    | Condition::Trigger { table, name, .. } = condition
    {
        things.push((table.clone(), Part::Named(name.clone())));
    }
    things
}

/// What a conversion is about.
pub(super) fn things_of_conversion(conversion: &Conversion) -> Vec<Thing> {
    let columns: BTreeSet<String> =
        conversion.up.iter().chain(&conversion.down).flat_map(named).collect();
    let tables = BTreeSet::from([&conversion.old_relation, &conversion.new_relation]);
    tables
        .into_iter()
        .flat_map(|table| columns.iter().map(move |c| (table.clone(), Part::Column(c.clone()))))
        .collect()
}

fn named_columns_of(ask: &mut dyn FnMut(&mut Keep<'_>)) -> Vec<Thing> {
    let mut things = Vec::new();
    ask(&mut |table, columns| {
        things.extend(columns.into_iter().map(|c| (table.clone(), Part::Column(c))));
    });
    things
}

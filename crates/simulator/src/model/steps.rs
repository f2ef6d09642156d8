//! A plan's steps as groups of statements that take effect together, cut to the tables that are
//! searched. Must not know what can happen next.

use std::collections::BTreeSet;

use planner::condition::Condition;
use planner::name::QName;
use planner::op::Op;
use planner::plan::{Plan, Statement, Step};

use super::{Batch, StepModel};
use crate::fleet::Fleet;
use crate::slice::{self, Kept};

/// Every step, with the instances before and after each deploy.
pub(super) fn steps(
    plan: &Plan,
    instances: usize,
    (names, kept): (&BTreeSet<QName>, &Kept),
) -> Vec<StepModel> {
    let mut fleet = Fleet::before_all(instances);
    let mut one = |s: &Step| {
        let before = fleet;
        if let Some(deploy) = &s.deploy {
            fleet = before.after(deploy, instances);
        }
        StepModel { fleet: s.deploy.as_ref().map(|_| (before, fleet)), ..step(s, names, kept) }
    };
    plan.steps().map(&mut one).collect()
}

fn step(step: &Step, names: &BTreeSet<QName>, kept: &Kept) -> StepModel {
    let about = |c: &Condition| c.relation().is_none_or(|t| names.contains(t));
    StepModel {
        id: step.id.clone(),
        kind: step.kind,
        operation: step.operation.clone(),
        script: batches(&step.script, names, kept),
        rollback: batches(&step.rollback.script, names, kept),
        checks: step.checks.iter().map(|c| c.condition.clone()).filter(about).collect(),
        fleet: None,
    }
}

fn batches(script: &[Statement], names: &BTreeSet<QName>, kept: &Kept) -> Vec<Batch> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "views are the exception")]
    let foreign = |op: &Op| match op {
        // Every group has all views: one may read another that reads a table of the group.
        Op::CreateView { .. } | Op::ReplaceView { .. } | Op::DropView { .. } => false,
        other => other.relation().is_some_and(|r| !names.contains(r)),
    };
    let mut batches: Vec<Batch> = Vec::new();
    let mut lock_timeout_ms = 0;
    let mut open: Option<&str> = None;
    for statement in script {
        if let Op::SetLockTimeout { ms, .. } = statement.op {
            lock_timeout_ms = ms;
            continue;
        }
        // A statement that runs into it is a statement that failed: the model has those.
        if matches!(statement.op, Op::SetStatementTimeout { .. }) || foreign(&statement.op) {
            continue;
        }
        let op = cut_op(&statement.op, kept);
        let transaction = statement.transaction.as_deref();
        match batches.last_mut() {
            Some(batch) if transaction.is_some() && open == transaction => batch.ops.push(op),
            _ => batches.push(Batch { ops: vec![op], lock_timeout_ms }),
        }
        open = transaction;
    }
    batches
}

fn cut_op(op: &Op, kept: &Kept) -> Op {
    if let Op::CreateTable { table, definition } = op {
        let mut definition = definition.clone();
        slice::cut_table(&mut definition, kept.get(table));
        return Op::CreateTable { table: table.clone(), definition };
    }
    op.clone()
}

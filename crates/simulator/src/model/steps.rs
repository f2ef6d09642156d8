//! A plan's steps as groups of statements that take effect together, cut to the tables that are
//! searched. Must not know what can happen next.

use std::collections::BTreeSet;
use std::sync::Arc;

use planner::condition::Condition;
use planner::name::QName;
use planner::op::Op;
use planner::plan::{Check, Plan, Statement, Step};

use super::{Batch, StepModel};
use crate::fleet::Fleet;
use crate::slice::{self, Cut};
use crate::trace::first_line;

/// Every step, with the instances before and after each deploy.
pub(super) fn steps(
    plan: &Plan,
    instances: usize,
    (names, cut): (&BTreeSet<QName>, &Cut),
) -> Vec<StepModel> {
    let outside = slice::outside(plan, names);
    let scope = Scope { names, outside: &outside, cut };
    let mut fleet = Fleet::before_all(instances);
    let mut one = |s: &Step| {
        let before = fleet;
        if let Some(deploy) = &s.deploy {
            fleet = before.after(deploy, instances);
        }
        StepModel { fleet: s.deploy.as_ref().map(|_| (before, fleet)), ..step(s, &scope) }
    };
    plan.steps().map(&mut one).collect()
}

/// What of the change as asked is about the tables.
pub(super) fn asked(plan: &Plan, (names, cut): (&BTreeSet<QName>, &Cut)) -> Vec<Op> {
    let outside = slice::outside(plan, names);
    let scope = Scope { names, outside: &outside, cut };
    let about = plan.model.asked.iter().filter(|op| !scope.is_foreign(op));
    about.map(|op| scope.as_far(op)).collect()
}

/// What of a plan one group of tables is about.
struct Scope<'a> {
    names: &'a BTreeSet<QName>,
    /// Foreign keys that lead out of it.
    outside: &'a BTreeSet<(QName, String)>,
    cut: &'a Cut,
}

impl Scope<'_> {
    /// Whether a statement is about nothing of the group.
    #[expect(clippy::wildcard_enum_match_arm, reason = "views and constraints are the exceptions")]
    fn is_foreign(&self, op: &Op) -> bool {
        let leads_out =
            |table: &QName, name: &str| self.outside.contains(&(table.clone(), name.to_owned()));
        match op {
            // Every group has all views: one may read another that reads a table of the group.
            Op::CreateView { .. } | Op::ReplaceView { .. } | Op::DropView { .. } => false,
            Op::AddConstraint { table, name, .. }
            | Op::ValidateConstraint { table, name }
            | Op::DropConstraint { table, name }
            | Op::DropConstraintIfExists { table, name }
            | Op::RenameConstraint { table, name, .. }
                if leads_out(table, name) =>
            {
                true
            }
            other => {
                other.relation().is_some_and(|r| !self.names.contains(r))
                    || self.cut.is_apart(other)
            }
        }
    }

    /// The statement as far as it is about the group.
    fn as_far(&self, op: &Op) -> Op {
        let mut op = op.clone();
        if let Op::CreateTable { table, definition } = &mut op {
            slice::cut_to_group(table, definition, (self.names, self.cut));
        }
        if let Op::CreateIndex { table, index, .. } | Op::CreateIndexOnly { table, index, .. } =
            &mut op
        {
            self.cut.cut_index(table, index);
        }
        op
    }

    fn is_about(&self, condition: &Condition) -> bool {
        if let Condition::Constraint { table, name, .. } = condition
            && self.outside.contains(&(table.clone(), name.clone()))
        {
            return false;
        }
        condition.relation().is_none_or(|t| self.names.contains(t))
            && !self.cut.is_condition_apart(condition)
    }
}

fn step(step: &Step, scope: &Scope<'_>) -> StepModel {
    let about = |c: &Condition| scope.is_about(c);
    let conditions =
        |checks: &[Check]| checks.iter().map(|c| c.condition.clone()).filter(about).collect();
    StepModel {
        id: step.id.clone(),
        kind: step.kind,
        operation: step.operation.clone(),
        script: batches(&step.script, scope),
        rollback: batches(&step.rollback.script, scope),
        checks: conditions(&step.checks),
        back_checks: conditions(&step.rollback.checks),
        fleet: None,
    }
}

fn batches(script: &[Statement], scope: &Scope<'_>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut lock_timeout_ms = 0;
    let mut open: Option<&str> = None;
    for statement in script {
        if let Op::SetLockTimeout { ms, .. } = statement.op {
            lock_timeout_ms = ms;
            continue;
        }
        // A statement that runs into it is a statement that failed: the model has those.
        if matches!(statement.op, Op::SetStatementTimeout { .. }) || scope.is_foreign(&statement.op)
        {
            continue;
        }
        let op = scope.as_far(&statement.op);
        let transaction = statement.transaction.as_deref();
        let said = first_line(&statement.sql);
        match batches.last_mut() {
            Some(batch) if transaction.is_some() && open == transaction => {
                Arc::make_mut(&mut batch.ops).push(op);
                batch.said.push(said);
            }
            _ => batches.push(Batch { ops: Arc::new(vec![op]), said: vec![said], lock_timeout_ms }),
        }
        open = transaction;
    }
    batches
}

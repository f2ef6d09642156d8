//! The change as asked, as a plan of one step: what somebody was about to run, and the deploy. Must
//! not judge it.

use super::{Read, naive_ops};
use crate::change::Asked;
use crate::estimate::Ground;
use crate::op::Op;
use crate::order;
use crate::plan::{
    Deploy, Estimate, Phase, PhaseKind, Plan, PointOfNoReturn, Rollback, Statement, Step, StepKind,
};
use crate::request::Request;

/// The plan; all that is not about its steps is as in `plan`.
pub(super) fn naive_plan(request: &Request, read: &Read, plan: &Plan) -> Plan {
    let statements: Vec<Statement> =
        read.asked.iter().flat_map(|asked| statements(asked, read)).collect();
    let concurrent = statements.iter().any(|statement| statement.op.is_concurrent());
    let ms = if concurrent { 0 } else { u64::from(request.constraints.lock_wait_ms.max(1)) };
    let mut script = vec![Statement::new(Op::SetLockTimeout { ms, local: false })];
    script.extend(statements);
    let mut schema = read.source.clone();
    let locks = order::locks(read.engine, &mut schema, &script);
    let ground = Ground { request, engine: read.engine, source: &read.source };
    let (estimate, _) = ground.script(&mut read.source.clone(), &script);
    let prepared = order::refused(&read.source, &schema, &script);
    let run = Step {
        id: "1.1".to_owned(),
        kind: StepKind::Ddl,
        operation: "run the change as asked".to_owned(),
        script,
        commands: Vec::new(),
        rollback: Rollback {
            script: Vec::new(),
            app: String::new(),
            checks: Vec::new(),
            loses: "whatever it destroyed".to_owned(),
        },
        online: !locks
            .iter()
            .any(|l| l.is_long() && plan.model.big_tables.contains(l.worked_through())),
        locks,
        alternative: String::new(),
        app_state: vec!["R0".to_owned()],
        prepared,
        checks: Vec::new(),
        destructive: true,
        estimate,
        why: "this is what was asked for".to_owned(),
        deploy: None,
    };
    let mut steps = vec![run.clone()];
    if plan.releases.len() > 1 {
        steps.push(Step {
            id: "1.2".to_owned(),
            kind: StepKind::Deploy,
            operation: "deploy R1".to_owned(),
            script: Vec::new(),
            locks: Vec::new(),
            app_state: vec!["R0".to_owned(), "R1".to_owned()],
            prepared: Vec::new(),
            destructive: false,
            online: true,
            deploy: Some(Deploy::new(Some("R0"), Some("R1"))),
            estimate: Estimate::default(),
            ..run
        });
    }
    Plan {
        title: format!("as asked: {}", plan.title),
        phases: vec![Phase {
            number: 1,
            kind: PhaseKind::Contract,
            title: "As asked".to_owned(),
            steps,
        }],
        point_of_no_return: PointOfNoReturn {
            step: Some("1.1".to_owned()),
            why: "the script has no way back".to_owned(),
            recovery: Vec::new(),
        },
        backfills: Vec::new(),
        validation: Vec::new(),
        ..plan.clone()
    }
}

/// The statements of one thing asked for, in the transaction that the change has around it.
fn statements(asked: &Asked, read: &Read) -> Vec<Statement> {
    let is_in = |(begin, end): &(usize, usize)| (*begin..*end).contains(&asked.span.0);
    let transaction = read.transactions.iter().position(is_in);
    let one = |op: Op| match transaction {
        Some(at) if !op.is_concurrent() => Statement::within(op, &format!("asked_{at}")),
        Some(_) | None => Statement::new(op),
    };
    naive_ops(&asked.what, &read.source).into_iter().map(one).collect()
}

//! A plan as the shell shows it: without operations, conditions and the model.

use planner::Plan;
use planner::diagnostic::Source;
use planner::plan::{Check, Phase, Prepared, Statement, Step};
use web::view::{
    BackfillView, CheckView, HazardView, NotAnalysedView, PhaseView, PlanView, ReleaseView,
    SqlView, StepView,
};

use super::place::Places;

/// The plan.
pub(crate) fn plan(plan: &Plan, places: &Places<'_>) -> PlanView {
    PlanView {
        engine: plan.engine.to_string(),
        title: plan.title.clone(),
        releases: plan
            .releases
            .iter()
            .map(|release| ReleaseView {
                id: release.id.clone(),
                title: release.title.clone(),
                change: release.change.clone(),
            })
            .collect(),
        phases: plan.phases.iter().map(phase).collect(),
        point_of_no_return: plan.point_of_no_return.clone(),
        backfills: backfills(plan),
        validation: plan.validation.clone(),
        hazards: plan
            .hazards
            .iter()
            .map(|hazard| HazardView {
                code: hazard.code.clone(),
                place: places.find(Source::Change, hazard.span).unwrap_or_default(),
                message: hazard.message.clone(),
                fix: hazard.fix.clone(),
            })
            .collect(),
        strategies: plan.strategies.clone(),
        impossible: plan.impossible.clone(),
        questions: plan.questions.clone(),
        not_analysed: plan
            .not_analysed
            .iter()
            .map(|item| NotAnalysedView {
                source: item.source,
                place: places.find(item.source, item.span).unwrap_or_default(),
                sql: item.sql.clone(),
                note: item.note.clone(),
            })
            .collect(),
        assumptions: plan.assumptions.clone(),
    }
}

fn backfills(plan: &Plan) -> Vec<BackfillView> {
    plan.backfills
        .iter()
        .map(|note| BackfillView {
            step: note.step.clone(),
            table: note.backfill.table.to_string(),
            batching: note.batching.clone(),
            throttle: note.throttle.clone(),
            idempotency: note.idempotency.clone(),
            progress: note.progress.clone(),
        })
        .collect()
}

fn phase(phase: &Phase) -> PhaseView {
    PhaseView {
        number: phase.number,
        kind: phase.kind,
        title: phase.title.clone(),
        steps: phase.steps.iter().map(step).collect(),
    }
}

fn step(step: &Step) -> StepView {
    StepView {
        id: step.id.clone(),
        kind: step.kind,
        operation: step.operation.clone(),
        script: sql(&step.script),
        commands: step.commands.clone(),
        rollback: sql(&step.rollback.script),
        rollback_app: step.rollback.app.clone(),
        rollback_checks: step.rollback.checks.iter().map(check).collect(),
        rollback_loses: step.rollback.loses.clone(),
        locks: step.locks.clone(),
        online: step.online,
        alternative: step.alternative.clone(),
        app_state: step.app_state.clone(),
        prepared: step.prepared.iter().map(Prepared::words).collect(),
        checks: step.checks.iter().map(check).collect(),
        destructive: step.destructive,
        estimate: step.estimate.clone(),
        why: step.why.clone(),
    }
}

fn sql(script: &[Statement]) -> Vec<SqlView> {
    let statement = |statement: &Statement| SqlView {
        sql: statement.sql.clone(),
        transaction: statement.transaction.clone(),
    };
    script.iter().map(statement).collect()
}

fn check(check: &Check) -> CheckView {
    CheckView { name: check.name.clone(), sql: check.sql.clone(), expect: check.expect.clone() }
}

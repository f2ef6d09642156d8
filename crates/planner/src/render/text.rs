//! The plan for a terminal: what happens, step by step, in at most a screen or two.

use crate::plan::Plan;
use crate::render::{app_state, duration, locking, queries, rollback, strategies};

/// The plan as plain text.
pub fn text(plan: &Plan) -> String {
    let mut out = format!("{}\n{}\n", plan.title, plan.engine);
    for hazard in &plan.hazards {
        out += &format!("  hazard {}: {}\n", hazard.code, hazard.message);
    }
    out += &strategies::text(plan);
    for rule in &plan.impossible {
        out +=
            &format!("  impossible, rule {}: {}; instead: {}\n", rule.rule, rule.why, rule.instead);
    }
    for question in &plan.questions {
        out += &format!("  question: {} [{}]\n", question.question, question.default);
    }
    for phase in &plan.phases {
        out += &format!("\n{}. {}\n", phase.number, phase.title);
        for step in &phase.steps {
            if plan.point_of_no_return.step.as_deref() == Some(&step.id) {
                out += "  ---- point of no return ----\n";
            }
            out += &format!("  {:<5} {}\n", step.id, step.operation);
            out += &format!(
                "        locks: {} | app: {} | rollback: {} | {}\n",
                locking(step).replace("**", ""),
                app_state(step),
                rollback(plan, step),
                duration(step.estimate.seconds)
            );
        }
    }
    out += &format!("\npoint of no return: {}\n", plan.point_of_no_return.why);
    out + &queries::text(plan)
}

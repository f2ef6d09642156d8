//! The Markdown plan: the four headings that the format fixes, a summary and hazards before them,
//! assumptions and estimates after them.

use crate::plan::{Hazard, Impossible, Phase, Plan, Step, StepKind};
use crate::queries::QUERY_BREAKS;
use crate::render::{
    app_state, bytes, duration, locking, queries, rollback, script_sql, strategies,
};

/// The plan as Markdown.
pub fn markdown(plan: &Plan) -> String {
    let mut out = summary(plan);
    out += &strategies::markdown(plan);
    out += &phases(plan);
    out += &backfills(plan);
    out += &validation(plan);
    out += &no_return(plan);
    out += &queries::markdown(plan);
    out += &steps(plan);
    out += &estimates(plan);
    out += &list("## Assumptions", &plan.assumptions);
    out += &not_analysed(plan);
    out
}

fn summary(plan: &Plan) -> String {
    let n = plan.steps().count();
    let long = plan.steps().filter(|step| !step.online).count();
    let mut out = format!("# {}\n\n", plan.title);
    out += &format!(
        "{} · {n} steps in {} phases · {}\n\n",
        plan.engine,
        plan.phases.len(),
        if long == 0 {
            "no step blocks traffic for long".to_owned()
        } else {
            format!("**{long} steps may block traffic for long**")
        },
    );
    for release in plan.releases.iter().skip(1) {
        out += &format!("**{}** is the release that {}.\n\n", release.id, release.change);
    }
    let (own, asked): (Vec<&Hazard>, Vec<&Hazard>) =
        plan.hazards.iter().partition(|hazard| hazard.code == QUERY_BREAKS);
    for (heading, hazards) in
        [("## Hazards of the change as asked", asked), ("## Hazards of the plan", own)]
    {
        if hazards.is_empty() {
            continue;
        }
        out += &format!("{heading}\n\n");
        for hazard in hazards {
            out +=
                &format!("- **{}**: {}. Instead: {}.\n", hazard.code, hazard.message, hazard.fix);
        }
        out += "\n";
    }
    out += &impossible(plan);
    if !plan.questions.is_empty() {
        out += "## Questions\n\nThe plan stands on the defaults until somebody answers.\n\n";
        for question in &plan.questions {
            out += &format!(
                "- {} Default: `{}`. To answer: `{}`\n",
                question.question, question.default, question.answer_with
            );
        }
        out += "\n";
    }
    out
}

fn impossible(plan: &Plan) -> String {
    if plan.impossible.is_empty() {
        return String::new();
    }
    let mut out = "## Rules that this request makes impossible\n\n".to_owned();
    for Impossible { rule, says, why, instead, needs } in &plan.impossible {
        out += &format!(
            "- **Rule {rule}** ({says}): {why}. Instead: {instead}. To keep it: {needs}.\n"
        );
    }
    out + "\n"
}

fn phases(plan: &Plan) -> String {
    let mut out = "## Migration Phases\n\n| # | phase | operation | locking? | app state required | rollback |\n|---|---|---|---|---|---|\n".to_owned();
    for Phase { kind, steps, .. } in &plan.phases {
        for step in steps {
            if plan.point_of_no_return.step.as_deref() == Some(&step.id) {
                out += "| | | **— point of no return —** | | | |\n";
            }
            let kind = format!("{kind:?}").to_lowercase();
            let cells = [
                step.id.clone(),
                kind,
                cell(&step.operation),
                cell(&locking(step)),
                app_state(step),
                cell(&rollback(plan, step)),
            ];
            out += &format!("| {} |\n", cells.join(" | "));
        }
    }
    out + "\n"
}

/// Text that stays in its table cell.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn backfills(plan: &Plan) -> String {
    let mut out = "## Backfill Strategy\n\n".to_owned();
    if plan.backfills.is_empty() {
        return out + "No existing row has to be changed.\n\n";
    }
    for note in &plan.backfills {
        out += &format!("**Step {}**, `CALL {}()`\n\n", note.step, note.backfill.procedure());
        out += &format!("- Batching: {}.\n", note.batching);
        out += &format!("- Throttle: {}.\n", note.throttle);
        out += &format!(
            "- Idempotency: {}. Stopped or crashed, it goes on where it was when it is called again.\n",
            note.idempotency
        );
        out += &format!("- Dead rows: {}.\n", note.dead_rows);
        out += &format!(
            "- Progress, and the time left at the speed so far:\n\n  ```sql\n  {};\n  ```\n\n",
            note.progress
        );
    }
    out
}

fn validation(plan: &Plan) -> String {
    let mut out = "## Validation & Cutover Criteria\n\nEach query must give the number shown before the next step begins.\n\n".to_owned();
    for check in &plan.validation {
        out += &format!(
            "- **{}** {}\n\n  ```sql\n  {}; -- {}\n  ```\n",
            check.step, check.name, check.sql, check.expect
        );
    }
    let deploys = plan.steps().any(|step| step.kind == StepKind::Deploy);
    if deploys {
        out += "\nBefore and during the cutover, let R1 compare what it reads in both shapes for a sample of requests and count mismatches (dual read): none is the criterion to go on.\n";
    }
    out + "\n"
}

fn no_return(plan: &Plan) -> String {
    let point = &plan.point_of_no_return;
    let mut out = "## Point of No Return & Recovery\n\n".to_owned();
    match &point.step {
        Some(step) => out += &format!("**Step {step}.** {}.\n\n", point.why),
        None => out += &format!("**None.** {}.\n\n", point.why),
    }
    for line in &point.recovery {
        out += &format!("- {line}\n");
    }
    let backup = |step: &&Step| step.kind == StepKind::Backup && !step.commands.is_empty();
    for step in plan.steps().filter(backup) {
        out += &format!(
            "\nStep {}, {}:\n\n```sh\n{}\n```\n",
            step.id,
            step.operation,
            step.commands.join("\n")
        );
    }
    out + "\n"
}

fn steps(plan: &Plan) -> String {
    let mut out = "## Steps\n\n".to_owned();
    for step in plan.steps() {
        out += &one_step(step);
    }
    out
}

fn one_step(step: &Step) -> String {
    let mut out = format!("### {} {}\n\n{}.\n\n", step.id, step.operation, capital(&step.why));
    if !step.alternative.is_empty() {
        out += &format!("Instead of {}.\n\n", step.alternative);
    }
    if step.kind != StepKind::Backup && !step.commands.is_empty() {
        out += &format!("In the shell:\n\n```sh\n{}\n```\n\n", step.commands.join("\n"));
    }
    if !step.script.is_empty() {
        out += &format!("```sql\n{}```\n\n", script_sql(&step.script));
    }
    for check in &step.checks {
        out += &format!(
            "Check: {} gives {}\n\n```sql\n{};\n```\n\n",
            check.name, check.expect, check.sql
        );
    }
    for prepared in &step.prepared {
        out += &format!("{}.\n\n", capital(&prepared.words()));
    }
    if !step.rollback.script.is_empty() {
        out += &format!("Rollback:\n\n```sql\n{}```\n\n", script_sql(&step.rollback.script));
    }
    for check in &step.rollback.checks {
        out += &format!(
            "Rolled back: {} gives {}\n\n```sql\n{};\n```\n\n",
            check.name, check.expect, check.sql
        );
    }
    out
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn estimates(plan: &Plan) -> String {
    let mut out =
        "## Estimates\n\n| # | duration | WAL | disk | replicas behind |\n|---|---|---|---|---|\n"
            .to_owned();
    for step in plan.steps() {
        let e = &step.estimate;
        let size = |range: (u64, u64)| if range.1 == 0 { "–".to_owned() } else { bytes(range) };
        out += &format!(
            "| {} | {} | {} | {} | {} |\n",
            step.id,
            duration(e.seconds),
            size(e.wal_bytes),
            size(e.disk_bytes),
            if e.lag_seconds.1 > 0.0 { duration(e.lag_seconds) } else { "–".to_owned() }
        );
    }
    out + "\n"
}

fn list(heading: &str, lines: &[String]) -> String {
    let mut out = format!("{heading}\n\n");
    for line in lines {
        out += &format!("- {line}\n");
    }
    out + "\n"
}

fn not_analysed(plan: &Plan) -> String {
    const SHOWN: usize = 20;
    if plan.not_analysed.is_empty() {
        return String::new();
    }
    let mut out =
        "## Not analysed\n\nCarried as they stand; the plan neither changes nor judges them.\n\n"
            .to_owned();
    for item in plan.not_analysed.iter().take(SHOWN) {
        out += &format!("- `{}`: {}\n", item.sql, item.note);
    }
    if plan.not_analysed.len() > SHOWN {
        out += &format!("- and {} more\n", plan.not_analysed.len() - SHOWN);
    }
    out
}

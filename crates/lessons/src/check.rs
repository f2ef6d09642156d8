//! Whether what a lesson claims is what the engine says: its answers, that its puzzles begin broken,
//! and that its solutions mend them. Must not know where a lesson came from.

use planner::Plan;
use planner::diagnostic::{Diagnostic, Severity, Source, locate};
use planner::edit::{Edit, edited};
use planner::request::Change;
use simulator::{Bounds, Verdict};

use crate::ask::{answer, plan_of, verdict};
use crate::lesson::{Finding, Lesson, Part, Predict, Puzzle, Reorder, Subject, Tool};

/// What is wrong with what a lesson claims.
pub fn check(lesson: &Lesson) -> Vec<Finding> {
    let mut findings = scenario(lesson);
    if !findings.is_empty() {
        return findings;
    }
    for part in &lesson.parts {
        match part {
            Part::Prose(_) | Part::Scenario => {}
            Part::Predict(predict) => findings.extend(predicted(lesson, predict)),
            Part::Puzzle(Puzzle::Choose(choose)) => {
                findings.extend(predicted(lesson, &choose.predict));
            }
            Part::Puzzle(Puzzle::Reorder(puzzle)) => findings.extend(reorder(lesson, puzzle)),
        }
    }
    findings
}

/// Why no plan can be made of the scenario.
fn scenario(lesson: &Lesson) -> Vec<Finding> {
    let planned = planner::plan(&lesson.scenario);
    let errors = planned.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let mut findings: Vec<Finding> = errors.map(|error| placed(lesson, error)).collect();
    if findings.is_empty() && planned.plan.is_none() {
        let help = "give a change that does something";
        findings.push(Finding::error(lesson.lines.block, "there is nothing to plan", help));
    }
    findings
}

/// A finding of the planner's, at its line in the file.
fn placed(lesson: &Lesson, error: &Diagnostic) -> Finding {
    let (Change::Statements(change) | Change::Target(change)) = &lesson.scenario.change;
    let (words, first, text) = match error.source {
        Source::Schema => ("the schema", lesson.lines.schema, lesson.scenario.schema.as_str()),
        Source::Change => ("the change", lesson.lines.change, change.as_str()),
        Source::Request => ("the facts", lesson.lines.block, ""),
    };
    let (line, _, _) = locate(text, error.span.0);
    Finding::error(first + line - 1, format!("{words}: {}", error.message), &error.help)
}

fn predicted(lesson: &Lesson, predict: &Predict) -> Option<Finding> {
    let found = match answer(&lesson.scenario, &predict.asked) {
        Ok(found) => found,
        Err(why) => {
            let message = format!("the engine cannot answer this: {why}");
            return Some(Finding::error(
                predict.line,
                message,
                "ask for something of this scenario",
            ));
        }
    };
    let fitting: Vec<&str> = predict
        .choices
        .iter()
        .filter(|choice| choice.fits(&found.value))
        .map(|choice| choice.value.as_str())
        .collect();
    match fitting.as_slice() {
        [one] if *one == predict.marked => None,
        [one] => Some(Finding::error(
            predict.line,
            format!("`{}` is marked, but the engine says `{one}`: {}", predict.marked, found.words),
            "mark what the engine says, or ask something else",
        )),
        [] => Some(Finding::error(
            predict.line,
            format!(
                "the engine says `{}`, which is none of the choices: {}",
                found.value, found.words
            ),
            "add a choice with that value",
        )),
        _ => Some(Finding::error(
            predict.line,
            format!("`{}` fits several choices", found.value),
            "let only one of them be right",
        )),
    }
}

fn reorder(lesson: &Lesson, puzzle: &Reorder) -> Option<Finding> {
    let wrong = |message: String, help: &str| Some(Finding::error(puzzle.line, message, help));
    if !Tool::all_among(&puzzle.solution, &puzzle.tools) {
        let help = "name what the solution needs in `tools:`";
        return wrong("the solution needs a tool that the puzzle does not offer".to_owned(), help);
    }
    let plan = match plan_of(&lesson.scenario, Subject::Plan) {
        Ok(plan) => plan,
        Err(why) => return wrong(why, "give a change that can be planned"),
    };
    match is_mended(&plan, puzzle, &[]) {
        Ok(false) => {}
        Ok(true) => {
            let help = "break the plan so that a promise breaks, not only its look";
            return wrong(
                "the plan is verified as it begins: there is nothing to mend".to_owned(),
                help,
            );
        }
        Err(why) => {
            return wrong(format!("the plan cannot be begun with: {why}"), "change `start:`");
        }
    }
    match is_mended(&plan, puzzle, &puzzle.solution) {
        Ok(true) => None,
        Ok(false) => wrong("the solution does not mend the plan".to_owned(), "change `solution:`"),
        Err(why) => {
            wrong(format!("the solution cannot be carried out: {why}"), "change `solution:`")
        }
    }
}

/// The plan as a puzzle begins with it, after edits.
fn after(plan: &Plan, puzzle: &Reorder, edits: &[Edit]) -> Result<Plan, String> {
    let all: Vec<Edit> = puzzle.start.iter().chain(edits).cloned().collect();
    edited(plan, &all).map_err(|why| why.to_string())
}

/// Whether the puzzle's plan is verified after edits.
fn is_mended(plan: &Plan, puzzle: &Reorder, edits: &[Edit]) -> Result<bool, String> {
    let plan = after(plan, puzzle, edits)?;
    Ok(matches!(verdict(&plan, &Bounds::default())?, Verdict::Verified { .. }))
}

/// Ways to mend a puzzle's plan by fewer edits than it allows; none where its number is the smallest.
/// Every one of the puzzle's tools is tried on every step: that takes its time.
///
/// # Errors
/// Why they cannot be searched for.
pub fn shorter_ways(lesson: &Lesson, puzzle: &Reorder) -> Result<Vec<Vec<Edit>>, String> {
    let plan = plan_of(&lesson.scenario, Subject::Plan)?;
    let mut found = Vec::new();
    let mut ways: Vec<Vec<Edit>> = vec![Vec::new()];
    for _ in 1..puzzle.edits_max {
        let mut longer = Vec::new();
        for way in &ways {
            let steps: Vec<String> =
                after(&plan, puzzle, way)?.steps().map(|step| step.id.clone()).collect();
            for edit in possible(&steps, &puzzle.tools) {
                let mut way = way.clone();
                way.push(edit);
                // What cannot be carried out mends nothing.
                if let Ok(is_mended) = is_mended(&plan, puzzle, &way) {
                    if is_mended {
                        found.push(way.clone());
                    }
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    Ok(found)
}

/// Every edit by some tools.
fn possible(steps: &[String], tools: &[Tool]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (step, tool) in
        steps.iter().flat_map(|step| tools.iter().map(move |tool| (step.clone(), tool)))
    {
        match tool {
            Tool::Up => edits.push(Edit::Up { step }),
            Tool::Down => edits.push(Edit::Down { step }),
            Tool::Merge => edits.push(Edit::Merge { step }),
            Tool::Remove => edits.push(Edit::Remove { step }),
            Tool::Move => {
                let places =
                    steps.iter().filter(|place| **place != step).map(|place| Some(place.clone()));
                let places = places.chain([None]);
                edits.extend(places.map(|before| Edit::Move { step: step.clone(), before }));
            }
        }
    }
    edits
}

#[cfg(test)]
mod tests;

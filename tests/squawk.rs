//! Every file of every case's runbook before squawk, the public linter of migrations, at its
//! defaults. What it finds is excused by a row of `exceptions`, or fails. Must not know recipes.

mod exceptions;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use libtest_mimic::{Completion, Failed, Trial};
use planner::Plan;
use planner::plan::{Phase, Statement, Step};
use serde::Deserialize;

use crate::cases::Case;
use exceptions::{EXCEPTIONS, Exception};

/// Where something was found.
pub(crate) struct Place<'a> {
    pub(crate) phase: &'a Phase,
    pub(crate) step: &'a Step,
    /// Whether it is in the step's rollback.
    pub(crate) rollback: bool,
    pub(crate) statement: &'a Statement,
}

/// One finding, as `--reporter json` prints it; lines count from 0.
#[derive(Debug, Deserialize)]
struct Finding {
    file: PathBuf,
    line: usize,
    column: usize,
    message: String,
    rule_name: String,
}

/// A trial a case, and one for the table of exceptions.
pub(crate) fn trials(cases: &[Arc<Case>]) -> Vec<Trial> {
    let mut trials: Vec<Trial> = cases
        .iter()
        .map(|case| {
            let case = Arc::clone(case);
            Trial::ignorable_test(format!("{}::squawk", case.name), move || case_trial(&case))
        })
        .collect();
    let all = cases.to_vec();
    let every = move || exceptions_trial(&all);
    trials.push(Trial::ignorable_test("squawk::every exception is needed", every));
    trials
}

fn program() -> Result<PathBuf, Completion> {
    let found = env::var_os("CONCERTINA_SQUAWK").map(PathBuf::from);
    found.ok_or_else(|| Completion::ignored_with("CONCERTINA_SQUAWK names no squawk"))
}

fn case_trial(case: &Case) -> Result<Completion, Failed> {
    let squawk = match program() {
        Ok(squawk) => squawk,
        Err(ignored) => return Ok(ignored),
    };
    let Ok(plan) = case.plan() else { return Ok(Completion::Completed) };
    let (_, left) = judged(&squawk, &case.name, &plan)?;
    if left.is_empty() { Ok(Completion::Completed) } else { Err(left.join("\n").into()) }
}

fn exceptions_trial(cases: &[Arc<Case>]) -> Result<Completion, Failed> {
    let squawk = match program() {
        Ok(squawk) => squawk,
        Err(ignored) => return Ok(ignored),
    };
    let mut used = BTreeSet::new();
    for case in cases {
        if let Ok(plan) = case.plan() {
            used.extend(judged(&squawk, &format!("all-{}", case.name), &plan)?.0);
        }
    }
    let idle: Vec<String> = (0..EXCEPTIONS.len())
        .filter(|at| !used.contains(at))
        .map(|at| format!("{}: {}", EXCEPTIONS[at].rule, EXCEPTIONS[at].why))
        .collect();
    if idle.is_empty() {
        return Ok(Completion::Completed);
    }
    Err(format!("no case needs these exceptions:\n{}", idle.join("\n")).into())
}

/// Which exceptions excused something, and what none excuses.
fn judged(
    squawk: &Path,
    name: &str,
    plan: &Plan,
) -> Result<(BTreeSet<usize>, Vec<String>), Failed> {
    let folder = env::temp_dir().join(format!("concertina-squawk-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let files: Vec<(String, String)> =
        planner::render::sql(plan).into_iter().filter(|(name, _)| name.ends_with(".sql")).collect();
    for (name, text) in &files {
        fs::write(folder.join(name), text)?;
    }
    let found = lint(squawk, plan, &folder, &files);
    fs::remove_dir_all(&folder)?;
    let (mut used, mut left) = (BTreeSet::new(), Vec::new());
    for finding in found? {
        let name = finding.file.file_name().unwrap_or_default().to_string_lossy();
        let text = files.iter().find(|(n, _)| *n == name).map_or("", |(_, text)| text);
        let place = place(plan, &name, text, &finding);
        let excuse = place.as_ref().and_then(|place| {
            let excuses = |e: &Exception| e.rule == finding.rule_name && (e.holds)(place);
            EXCEPTIONS.iter().position(excuses)
        });
        if let Some(at) = excuse {
            used.insert(at);
            continue;
        }
        let line = text.lines().nth(finding.line).unwrap_or_default();
        left.push(format!("{name}: {}: {}\n  {line}", finding.rule_name, finding.message));
    }
    Ok((used, left))
}

fn lint(
    squawk: &Path,
    plan: &Plan,
    folder: &Path,
    files: &[(String, String)],
) -> Result<Vec<Finding>, Failed> {
    let output = Command::new(squawk)
        .args(["--reporter", "json", "--pg-version", &format!("{}.0", plan.engine.version)])
        .args(files.iter().map(|(name, _)| folder.join(name)))
        .current_dir(folder)
        .output()?;
    serde_json::from_slice(&output.stdout).map_err(|error| {
        format!("squawk: {error}: {}", String::from_utf8_lossy(&output.stderr)).into()
    })
}

/// The statement that a finding is about.
fn place<'a>(plan: &'a Plan, name: &str, text: &str, finding: &Finding) -> Option<Place<'a>> {
    let number: usize = name.split('_').next()?.parse().ok()?;
    let steps = plan.phases.iter().flat_map(|phase| phase.steps.iter().map(move |s| (phase, s)));
    let (phase, step) = steps.into_iter().nth(number.checked_sub(1)?)?;
    let rollback = name.ends_with(".rollback.sql");
    let script = if rollback { &step.rollback.script } else { &step.script };
    let start: usize = text.split_inclusive('\n').take(finding.line).map(str::len).sum();
    let at = start + finding.column;
    let mut from = 0;
    let statement = script.iter().find(|statement| {
        let Some(found) = text.get(from..).and_then(|rest| rest.find(&statement.sql)) else {
            return false;
        };
        from += found + statement.sql.len();
        at < from
    })?;
    Some(Place { phase, step, rollback, statement })
}

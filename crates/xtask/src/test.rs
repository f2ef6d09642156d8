//! Everything that CI checks, as named stages in order, and one line of counts at the very end.
//!
//! It must not know what the tests test: it starts programs and counts what they report.

mod stages;
mod tally;

use std::env;
use std::fs;
use std::time::Instant;

use crate::run::{self, Outcome};
use crate::setup::{self, Need, Ready};
use crate::workspace;
use stages::{Stage, Work};
use tally::Tally;

pub(crate) use stages::STAGE_NAMES;

/// Runs the stages; the last line printed is `N passed, N failed`.
pub(crate) fn run(only: Option<&str>, filter: Option<&str>) -> Result<(), String> {
    let started = Instant::now();
    let in_ci = env::var("CI").is_ok_and(|value| value == "true");
    let stages = stages::chosen(only, filter, in_ci)?;
    let need = stages.iter().map(|stage| stage.need).max().unwrap_or(Need::Nothing);
    let mut ready = Ready { reach: Need::Nothing, problem: None };
    let mut total = Tally::default();
    let mut tests = 0;
    for stage in &stages {
        let tally = match stage.work {
            _ if stage.need > ready.reach => {
                println!("{:<9} skipped: set-up did not get so far", stage.name);
                Tally::default()
            }
            Work::SetUp => set_up(stage.name, need, &mut ready),
            Work::Program { command, has_tests } => {
                let tally = perform(stage, command(filter), has_tests);
                tests += if has_tests { tally.tests() } else { 0 };
                tally
            }
        };
        total = total.and(tally);
    }
    if let Some(filter) = filter
        && tests == 0
    {
        println!("no test's name contains `{filter}`");
        total = total.and(Tally::one(false));
    }
    println!("{} stages in {} s", stages.len(), started.elapsed().as_secs());
    println!("{total}");
    if total.is_good() { Ok(()) } else { Err(String::new()) }
}

fn set_up(name: &str, need: Need, ready: &mut Ready) -> Tally {
    let started = Instant::now();
    *ready = setup::prepare(need);
    let success = ready.problem.is_none();
    print_line(name, success, started.elapsed().as_secs_f64(), "");
    if let Some(problem) = &ready.problem {
        print!("{}", run::quote(problem));
    }
    Tally::one(success)
}

fn perform(
    stage: &Stage,
    command: Result<std::process::Command, String>,
    has_tests: bool,
) -> Tally {
    match command.and_then(|command| run::captured(stage.name, command)) {
        Ok(outcome) => report(stage.name, &outcome, has_tests),
        Err(reason) => {
            print_line(stage.name, false, 0.0, "");
            print!("{}", run::quote(&reason));
            Tally::one(false)
        }
    }
}

fn report(name: &str, outcome: &Outcome, has_tests: bool) -> Tally {
    let tally = if has_tests {
        Tally::read(&outcome.output).with_exit(outcome.success)
    } else {
        Tally::one(outcome.success)
    };
    let seconds = outcome.elapsed.as_secs_f64();
    let details = match (has_tests, Tally::read(&outcome.output)) {
        (false, _) => String::new(),
        (true, read) if read != tally => format!("{}, but an error", read.in_words()),
        (true, read) => read.in_words(),
    };
    print_line(name, tally.is_good(), seconds, &details);
    if !tally.is_good() {
        // Quoted, so that no line of it can be taken for our last one.
        print!("{}", run::quote(&outcome.output));
    }
    let logs = workspace::logs();
    // The log is a convenience: a full disk shows itself elsewhere.
    fs::create_dir_all(&logs).unwrap_or_default();
    fs::write(logs.join(format!("{name}.log")), &outcome.output).unwrap_or_default();
    tally
}

fn print_line(name: &str, success: bool, seconds: f64, details: &str) {
    let verdict = if success { "ok" } else { "FAILED" };
    let line = format!("{name:<9} {verdict:<6} {seconds:>7.1} s  {details}");
    println!("{}", line.trim_end());
}

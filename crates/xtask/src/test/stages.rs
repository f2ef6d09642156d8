//! The stages: what is run, in which order, and what each needs.
//!
//! Cheap ones come first, so that most mistakes show before anything is installed. It must not
//! run anything itself.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use crate::page::{self, Profile};
use crate::setup::{self, Need};
use crate::workspace;

/// Every name that `--only` takes, in the order of the stages.
pub(crate) const STAGE_NAMES: [&str; 10] =
    ["fmt", "clippy", "doc", "unit", "setup", "wasm", "page", "single", "trials", "goldens"];

/// Makes a stage's command for a filter of test names.
type MakeCommand = fn(Option<&str>) -> Result<Command, String>;

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stage {
    /// As `--only` takes it.
    pub(super) name: &'static str,
    /// What must have been set up before.
    pub(super) need: Need,
    /// What is done.
    pub(super) work: Work,
}

/// What a stage does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// Sets up for the stages that follow.
    SetUp,
    /// Runs a program.
    Program {
        /// Makes the command.
        command: MakeCommand,
        /// Whether it reports tests; if not, it counts as one.
        has_tests: bool,
    },
}

const fn check(name: &'static str, need: Need, command: MakeCommand) -> Stage {
    Stage { name, need, work: Work::Program { command, has_tests: false } }
}

const fn tests(name: &'static str, need: Need, command: MakeCommand) -> Stage {
    Stage { name, need, work: Work::Program { command, has_tests: true } }
}

const STAGES: [Stage; 10] = [
    check("fmt", Need::Nothing, |_| Ok(plain(["fmt", "--all", "--check"]))),
    check("clippy", Need::Nothing, |_| Ok(clippy(&["--workspace", "--all-targets"]))),
    check("doc", Need::Nothing, |_| Ok(doc())),
    tests("unit", Need::Nothing, |filter| Ok(cargo_test(&["--lib", "--bins"], filter))),
    Stage { name: "setup", need: Need::Nothing, work: Work::SetUp },
    check("wasm", Need::Wasm, |_| Ok(clippy_for_wasm())),
    check("page", Need::Page, |_| page::command(Profile::Quick)),
    check("single", Need::Page, |_| single()),
    tests("trials", Need::Trials, trials),
    check("goldens", Need::Trials, |_| Ok(goldens())),
];

/// The stages to run for these options.
pub(super) fn chosen(
    only: Option<&str>,
    filter: Option<&str>,
    in_ci: bool,
) -> Result<Vec<Stage>, String> {
    let wanted = |stage: &Stage| match only {
        Some(name) => stage.name == name,
        None => match stage.work {
            Work::Program { has_tests, .. } if filter.is_some() => has_tests,
            // Elsewhere, a changed golden is work in progress.
            Work::Program { .. } | Work::SetUp => stage.name != "goldens" || in_ci,
        },
    };
    let picked: Vec<Stage> = STAGES.into_iter().filter(wanted).collect();
    let is_test = |stage: &Stage| matches!(stage.work, Work::Program { has_tests: true, .. });
    if filter.is_some() && !picked.iter().any(is_test) {
        return Err("this stage has no tests to pick from by name".to_owned());
    }
    let picks = |name: &str| picked.iter().any(|stage| stage.name == name);
    let needs_setup = picked.iter().any(|stage| stage.need > Need::Nothing);
    let follows = |stage: &Stage| match stage.name {
        "setup" => needs_setup,
        // The browser trials drive the built page.
        "page" => picks("trials") || picks("single"),
        "single" => picks("trials"),
        _ => false,
    };
    Ok(STAGES.into_iter().filter(|stage| picks(stage.name) || follows(stage)).collect())
}

fn single() -> Result<Command, String> {
    let ourselves = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(ourselves);
    command.arg("single");
    Ok(command)
}

fn plain<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = workspace::cargo(arguments);
    command.env("CARGO_TERM_COLOR", "never").env("CARGO_TERM_PROGRESS_WHEN", "never");
    command
}

fn clippy(what: &[&str]) -> Command {
    let mut command = plain(["clippy"]);
    command.args(what).args(["--", "-D", "warnings"]);
    command
}

fn clippy_for_wasm() -> Command {
    let packages = ["--package", "web", "--package", "wasm"];
    clippy(&[packages.as_slice(), &["--target", "wasm32-unknown-unknown"]].concat())
}

fn doc() -> Command {
    let mut command = plain(["doc", "--workspace", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-Dwarnings");
    command
}

/// Both test stages name the whole workspace, so that cargo compiles its dependencies once.
fn cargo_test(targets: &[&str], filter: Option<&str>) -> Command {
    let mut command = plain(["test", "--workspace", "--no-fail-fast"]);
    command.args(targets).args(filter).env("RUN_SLOW_TESTS", "1");
    command
}

fn trials(filter: Option<&str>) -> Result<Command, String> {
    let mut command = cargo_test(&["--test", "*"], filter);
    command
        .env("CONCERTINA_DIST", workspace::dist())
        .env("CONCERTINA_CHROMIUM", setup::present("Chromium", setup::chromium())?)
        .env("CONCERTINA_CHROMEDRIVER", setup::present("chromedriver", setup::chromedriver())?)
        .env("CONCERTINA_PG_BIN", servers()?)
        .envs(setup::page_tools());
    if let Some(squawk) = setup::squawk() {
        command.env("CONCERTINA_SQUAWK", squawk);
    }
    Ok(command)
}

/// The folders of every PostgreSQL there is, as PATH has them.
fn servers() -> Result<OsString, String> {
    let system = setup::present("PostgreSQL", setup::postgres())?;
    let all = std::iter::once(system).chain(setup::postgres_from_npm());
    env::join_paths(all).map_err(|error| error.to_string())
}

fn goldens() -> Command {
    let mut command = workspace::program("git");
    command.args(["diff", "--exit-code", "--", "tests/cases"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(only: Option<&str>, filter: Option<&str>, in_ci: bool, expected: &str) {
        let stages = chosen(only, filter, in_ci).expect("a valid choice");
        let names: Vec<&str> = stages.iter().map(|stage| stage.name).collect();
        assert_eq!(names.join(" "), expected);
    }

    #[test]
    fn a_choice_brings_what_it_rests_on() {
        check(Some("fmt"), None, false, "fmt");
        check(Some("wasm"), None, false, "setup wasm");
        check(Some("trials"), None, true, "setup page single trials");
        check(Some("unit"), Some("x"), false, "unit");
        check(None, Some("x"), false, "unit setup page single trials");
    }

    #[test]
    fn everything_is_run_in_the_order_of_the_names() {
        check(None, None, true, &STAGE_NAMES.join(" "));
        check(None, None, false, STAGE_NAMES.join(" ").trim_end_matches(" goldens"));
    }

    #[test]
    fn a_filter_wants_a_stage_with_tests() {
        assert!(chosen(Some("fmt"), Some("x"), false).is_err());
    }
}

//! `cargo xtask`: sets a machine up, serves the page, and runs everything CI checks.
//!
//! It knows the other crates only by their package names and by what their commands print; it
//! must not depend on any of them, so that it compiles in seconds on a bare machine.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its user")]

mod args;
mod bench;
mod dist;
mod page;
mod run;
mod serve;
mod setup;
mod single;
mod test;
mod weigh;
mod workspace;

use std::process::ExitCode;

use args::Task;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match args::parse(&words).and_then(perform) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            // An empty reason: what went wrong has already been told.
            if !reason.is_empty() {
                eprintln!("error: {reason}");
            }
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<(), String> {
    match task {
        Task::Help => {
            print!("{}", args::HELP);
            Ok(())
        }
        Task::Setup { need } => setup::run(need),
        Task::Serve { port, release } => serve::run(port, release),
        Task::Test { only, filter } => test::run(only.as_deref(), filter.as_deref()),
        Task::Bench { rest } => bench::run(&rest),
        Task::Shots => bench::shots(),
        Task::Dist => dist::run(),
        Task::Single => single::run(),
    }
}

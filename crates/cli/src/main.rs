//! The `concertina` command: plan, check, prove, simulate, facts. Reads files, calls the planner and the
//! simulator, prints. Must not judge a change itself.
//!
//! Exit codes: 0 fine, 1 the change is unsafe or refuted, 2 bad input, 3 our fault.

mod args;
mod command;
mod help;
mod input;
mod limits;
mod output;
mod report;

use std::panic;
use std::process::ExitCode;

use args::{Command, Parsed};
use report::BadInput;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing to complain about.
    Fine,
    /// The change is unsafe, or a plan is not verified.
    Unsafe,
}

const UNSAFE: u8 = 1;
const BAD_INPUT: u8 = 2;
const OUR_FAULT: u8 = 3;

fn main() -> ExitCode {
    panic::set_hook(Box::new(|info| {
        output::complain(&format!(
            "concertina failed, and the fault is ours: {info}\n\
             Please report it with this message and, where you can, the input.\n"
        ));
    }));
    match panic::catch_unwind(run) {
        Ok(Ok(Outcome::Fine)) => ExitCode::SUCCESS,
        Ok(Ok(Outcome::Unsafe)) => ExitCode::from(UNSAFE),
        Ok(Err(BadInput(text))) => {
            output::complain(&text);
            ExitCode::from(BAD_INPUT)
        }
        Err(_) => ExitCode::from(OUR_FAULT),
    }
}

fn run() -> Result<Outcome, BadInput> {
    let invocation = match args::parse(std::env::args_os().skip(1).collect())? {
        Parsed::Help(text) => {
            output::print(&text)?;
            return Ok(Outcome::Fine);
        }
        Parsed::Run(invocation) => invocation,
    };
    match invocation.command {
        Command::Plan => command::plan::run(&invocation),
        Command::Check => command::check::run(&invocation),
        Command::Prove => command::prove::run(&invocation),
        Command::Simulate => command::simulate::run(&invocation),
        Command::Facts => command::facts::run(&invocation),
    }
}

//! Every test of the whole workspace as one named, filterable list of trials.
//! Knows where trials come from, and nothing of what they test.

mod bad_input;
mod browser;
mod cases;
mod cli;
mod database;
mod defects;
mod derived;
mod everyday;
mod exhaustive;
mod format;
mod golden;
mod lessons;
mod mutants;
mod proof;
mod squawk;
mod tidy;
mod timed;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use crate::database::servers::Servers;

/// Trials share two cores with their own servers and browsers.
const N_THREADS: usize = 2;

fn main() -> ExitCode {
    let mut args = Arguments::from_args();
    args.test_threads = args.test_threads.or(Some(N_THREADS));
    let servers = Arc::new(Servers::new());
    let conclusion = libtest_mimic::run(&args, trials(&servers));
    // The servers stop here, before the process does.
    drop(servers);
    conclusion.exit_code()
}

fn trials(servers: &Arc<Servers>) -> Vec<Trial> {
    let mut trials = tidy::trials();
    match cases::load() {
        Ok(cases) => {
            let cases: Vec<_> = cases.into_iter().map(Arc::new).collect();
            for case in &cases {
                trials.push(cases::golden_trial(case));
                trials.extend(database::trials(case, servers));
                trials.push(mutants::trial(case));
                trials.push(timed::trial(case));
                trials.push(mutants::reduction_trial(case));
                trials.push(derived::trial(case));
            }
            trials.push(cases::table_trial(&cases));
            trials.push(derived::orphans(&cases));
            trials.push(mutants::order_trial(&cases));
            trials.extend(squawk::trials(&cases));
            trials.extend(defects::trials(&cases));
            trials.extend(database::truth::trials(&cases, servers));
        }
        Err(reason) => trials.push(Trial::test("cases::load", move || Err(reason.into()))),
    }
    trials.extend(database::itself::trials(servers));
    trials.extend(database::pairs::trials(servers));
    trials.extend(database::pair_cases::trials(servers));
    trials.extend(database::facts::trials(servers));
    trials.extend(database::queue::trials(servers));
    trials.extend(database::queries::trials(servers));
    trials.extend(database::sync::trials(servers));
    trials.extend(database::backfill::trials(servers));
    trials.extend(database::replica::trials(servers));
    trials.extend(everyday::trials());
    trials.extend(exhaustive::trials());
    trials.extend(bad_input::trials());
    trials.extend(cli::trials());
    trials.extend(lessons::trials());
    trials.extend(browser::trials());
    trials
}

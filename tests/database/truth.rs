//! The simulator beside a real server, statement by statement: the same schema, the same rows, the
//! same statement; success, SQLSTATE, message and rows have to be the same. What differs on purpose is
//! a row of `abstractions`. Must not judge plans.

mod abstractions;
mod cases;
mod compare;
mod expressions;
mod scripts;

use std::sync::Arc;

use libtest_mimic::{Completion, Failed, Trial};
use rehearsal::Server;

use super::servers::{Servers, Wanted};
use crate::cases::Case;
use compare::Tally;

/// The version that it is tried on.
const WANTED: Wanted = Wanted { version: 15, exact: false, alone: false };

/// What a trial compares.
type Work = Box<dyn Fn(&Server, &mut Tally) -> Result<(), Failed> + Send>;

/// The trials, each with how many statements have to agree.
pub(crate) fn trials(cases: &[Arc<Case>], servers: &Arc<Servers>) -> Vec<Trial> {
    let cases = cases.to_vec();
    let of_cases: Work = Box::new(move |server, tally| {
        cases.iter().try_for_each(|case| cases::compare(case, server, tally))
    });
    let all: [(&str, u32, Work); 3] = [
        ("cases", 2_000, of_cases),
        ("scripts", 2_000, Box::new(scripts::compare)),
        ("expressions", 2_000, Box::new(expressions::compare)),
    ];
    let make = |(name, at_least, work): (&'static str, u32, Work)| {
        let servers = Arc::clone(servers);
        Trial::ignorable_test(format!("truth::{name}"), move || {
            let Some(server) = servers.get(WANTED)? else {
                return Ok(Completion::ignored_with("no PostgreSQL here"));
            };
            let mut tally = Tally::new(name);
            work(&server, &mut tally)?;
            tally.judge(at_least)?;
            Ok(Completion::Completed)
        })
    };
    all.into_iter().map(make).collect()
}

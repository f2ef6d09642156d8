//! Trials of a case's plan on a real PostgreSQL. Knows which trials there are; each has its file.

pub(crate) mod servers;

pub(crate) mod backfill;
mod backfill_resume;
pub(crate) mod facts;
pub(crate) mod itself;
mod locks;
pub(crate) mod pair_cases;
pub(crate) mod pairs;
mod prepared;
pub(crate) mod queries;
pub(crate) mod queue;
pub(crate) mod replica;
mod rollback;
pub(crate) mod sync;
mod target;
mod traffic;
pub(crate) mod truth;

use std::sync::Arc;

use libtest_mimic::{Completion, Failed, Trial};
use planner::Plan;
use planner::engine::Engine;
use rehearsal::{Client, Database, Failure, data, run};
use similar::TextDiff;

use crate::cases::Case;
use servers::{Servers, Wanted};

/// What a trial does with a case, its plan and an empty database of the right version.
type Work = fn(&Case, &Plan, &Stage<'_>) -> Result<(), Failed>;

/// The newest version there are facts of: every case is planned, and tried, for it too.
const NEWEST: u16 = 18;

/// Rows made up for every table.
const N_ROWS: u32 = 24;

/// Where a trial gets its databases from.
pub(crate) struct Stage<'a> {
    server: &'a rehearsal::Server,
}

/// The trials of a case: on the version that it names, and on the newest.
pub(crate) fn trials(case: &Arc<Case>, servers: &Arc<Servers>) -> Vec<Trial> {
    let newest = format!("postgres:{NEWEST}");
    let mut trials = trials_on(case, servers);
    if case.request.engine != newest {
        let mut again = Case::clone(case);
        again.name = format!("{}@{NEWEST}", case.name);
        again.request.engine = newest;
        trials.extend(trials_on(&Arc::new(again), servers));
    }
    trials
}

fn trials_on(case: &Arc<Case>, servers: &Arc<Servers>) -> Vec<Trial> {
    let works: [(&str, Work); 7] = [
        ("target", target::trial),
        ("rollback", rollback::trial),
        ("locks", locks::trial),
        ("traffic", traffic::trial),
        ("backfill-resume", backfill_resume::trial),
        ("queries", queries::of_case),
        ("prepared", prepared::trial),
    ];
    let make = |(kind, work): (&'static str, Work)| {
        let (case, servers) = (Arc::clone(case), Arc::clone(servers));
        let name = format!("{}::{kind}", case.name);
        Trial::ignorable_test(name, move || perform(&case, &servers, (kind, work)))
    };
    let fits = |(kind, _): &(&str, Work)| *kind != "queries" || !case.request.queries.is_empty();
    works.into_iter().filter(fits).map(make).collect()
}

fn perform(
    case: &Case,
    servers: &Servers,
    (kind, work): (&str, Work),
) -> Result<Completion, Failed> {
    let plan = match case.plan() {
        Ok(plan) => plan,
        Err(reason) => return Ok(Completion::ignored_with(reason)),
    };
    let Engine { version } = plan.engine;
    // Facts about locks are those of a version; all else that a version can, newer ones can.
    let wanted = Wanted { version, exact: kind == "locks", alone: kind == "traffic" };
    let Some(server) = servers.get(wanted)? else {
        let reason = format!(
            "no PostgreSQL {version} here: `cargo xtask setup` installs it, or name its folder in CONCERTINA_PG_BIN"
        );
        return Ok(Completion::ignored_with(reason));
    };
    work(case, &plan, &Stage { server: &server })?;
    Ok(Completion::Completed)
}

impl<'a> Stage<'a> {
    /// A database that holds the case's schema, and rows.
    fn loaded(&self, case: &Case) -> Result<Database<'a>, Failure> {
        let database = self.with_schema(&case.request.schema)?;
        fill(&mut database.connect()?, case)?;
        Ok(database)
    }

    /// A database that holds a schema.
    fn with_schema(&self, sql: &str) -> Result<Database<'a>, Failure> {
        let database = self.server.database()?;
        // A dump sets its own search path: on a connection of its own.
        run_text(&mut database.connect()?, sql)?;
        Ok(database)
    }
}

/// Rows: those the case gives, and made-up ones in every table that is still empty.
fn fill(client: &mut Client, case: &Case) -> Result<(), Failure> {
    run_text(client, case.file.section("data").unwrap_or_default())?;
    data::fill(client, N_ROWS)
}

/// Runs SQL text as psql would, without psql's own commands.
fn run_text(client: &mut Client, sql: &str) -> Result<(), Failure> {
    let lines: Vec<&str> = sql.lines().filter(|line| !line.starts_with('\\')).collect();
    run::execute(client, &lines.join("\n"))
}

/// Columns that the case says are not worth comparing: their values are random or the time.
fn ignored_columns(case: &Case) -> Vec<String> {
    case.file.section("ignored-columns").unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Fails with a readable difference.
fn same(what: &str, expected: &str, found: &str) -> Result<(), Failed> {
    if expected == found {
        return Ok(());
    }
    let diff = TextDiff::from_lines(expected, found);
    let shown = diff.unified_diff().context_radius(0).header("expected", "found").to_string();
    Err(format!("{what}\n{shown}").into())
}

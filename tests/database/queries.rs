//! What the planner says of an app's statements, beside what PREPARE says on a real server: for
//! hand-written statements (`tests/queries`), for those of the cases, and for every combination of a
//! small grammar; before a plan and after every commit of it.
//!
//! Compared are SQLSTATE and message of PREPARE; then of EXPLAIN EXECUTE, for what shows only when a
//! statement is planned; then, for statements without parameters that should fail when run, of
//! EXECUTE. A statement prepared before a commit has to fail with 0A000 after it exactly where the
//! planner says that its result drifted.
//!
//! Abstractions, documented here because a disagreement in them is no bug: extensions' types and
//! operators, functions that are not among the facts, MERGE, and SQL/JSON are "not analysed"; of
//! several errors in one statement only the first in the server's order has to agree.

mod facts;
mod grammar;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use libtest_mimic::{Completion, Failed, Trial};
use planner::plan::Statement;
use planner::queries::{Catalogue, Parsed, Query, Runs, Verdict, When, read};
use planner::request::{Change, Request};
use rehearsal::{Client, Database, data, run};

use super::run_text;
use super::servers::{Servers, Wanted};
use crate::cases::Case;
use crate::format::CaseFile;

/// Versions that the trials of this file run on, where they are installed.
const VERSIONS: [u16; 5] = [14, 15, 16, 17, 18];

/// Differences that are shown.
const SHOWN: usize = 40;

/// A schema, what happens to it, and statements to ask about at every moment.
pub(super) struct Scenario {
    pub(super) schema: String,
    pub(super) script: Vec<Statement>,
    pub(super) queries: Vec<Query>,
}

/// The trials that belong to no case.
pub(crate) fn trials(servers: &Arc<Servers>) -> Vec<Trial> {
    let mut trials = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    paths.sort();
    for version in VERSIONS {
        for path in paths.clone() {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let name = format!("queries::{stem} on {version}");
            trials.push(trial(name, version, servers, move || written(&path, version)));
        }
        let name = format!("queries::grammar on {version}");
        trials.push(trial(name, version, servers, grammar::scenario));
        let servers = Arc::clone(servers);
        let name = format!("queries::facts on {version}");
        trials.push(Trial::ignorable_test(name, move || {
            on_server(&servers, version, |database| {
                facts::compare(&mut database.connect()?, version)
            })
        }));
    }
    trials
}

fn trial(
    name: String,
    version: u16,
    servers: &Arc<Servers>,
    scenario: impl Fn() -> Result<Scenario, Failed> + Send + 'static,
) -> Trial {
    let servers = Arc::clone(servers);
    Trial::ignorable_test(name, move || {
        on_server(&servers, version, |database| compare(database, version, &scenario()?))
    })
}

/// Does something with an empty database of exactly that version, where it is installed.
fn on_server(
    servers: &Servers,
    version: u16,
    work: impl FnOnce(&Database<'_>) -> Result<(), Failed>,
) -> Result<Completion, Failed> {
    let wanted = Wanted { version, exact: true, alone: false };
    let Some(server) = servers.get(wanted)? else {
        return Ok(Completion::ignored_with(format!("no PostgreSQL {version} here")));
    };
    work(&server.database()?)?;
    Ok(Completion::Completed)
}

/// A scenario from a file: its change as asked, statement by statement.
fn written(path: &Path, version: u16) -> Result<Scenario, Failed> {
    let file = CaseFile::parse(&fs::read_to_string(path)?)?;
    let section = |name: &str| file.section(name).unwrap_or_default().to_owned();
    let request = Request {
        engine: format!("postgres:{version}"),
        schema: section("schema"),
        change: Change::Statements(section("change")),
        ..Request::default()
    };
    let asked = planner::as_asked(&request);
    let plan = asked.plan.ok_or_else(|| format!("{:?}", asked.diagnostics))?;
    let script = plan.steps().flat_map(|step| step.script.clone()).collect();
    let (queries, problems) = read(&section("queries"), Runs::Both);
    if !problems.is_empty() {
        return Err(format!("{problems:?}").into());
    }
    Ok(Scenario { schema: request.schema, script, queries })
}

/// The trial of a case with queries: through every step of its plan.
pub(super) fn of_case(
    case: &Case,
    plan: &planner::Plan,
    stage: &super::Stage<'_>,
) -> Result<(), Failed> {
    let scenario = Scenario {
        schema: case.request.schema.clone(),
        script: plan.steps().flat_map(|step| step.script.clone()).collect(),
        queries: case.request.queries.clone(),
    };
    let database = stage.loaded(case)?;
    let mut client = database.connect()?;
    walk(&mut client, stage.server.version(), &scenario)
}

fn compare(database: &Database<'_>, version: u16, scenario: &Scenario) -> Result<(), Failed> {
    let mut client = database.connect()?;
    run_text(&mut client, &scenario.schema)?;
    data::fill(&mut client, 3)?;
    walk(&mut client, version, scenario)
}

/// Through the script, commit by commit.
fn walk(client: &mut Client, version: u16, scenario: &Scenario) -> Result<(), Failed> {
    let schema = planner::sql::read_schema(&scenario.schema).schema;
    let mut catalogue = Catalogue::new(&schema, version);
    let parsed: Vec<Parsed> = scenario.queries.iter().map(Parsed::new).collect();
    let all: Vec<(&Query, &Parsed)> = scenario.queries.iter().zip(&parsed).collect();
    let mut differences = Vec::new();
    let mut n_asked = 0;
    ask_all(client, &catalogue, &all, &mut differences, "before")?;
    n_asked += all.len();
    for group in run::groups(&scenario.script) {
        let before = catalogue.clone();
        let mut changed = false;
        for statement in group {
            changed |= !catalogue.apply(&statement.op).is_empty();
        }
        let label = group.first().map_or("", |s| s.sql.lines().next().unwrap_or_default());
        let prepared = if changed { prepare_all(client, &before, &all)? } else { Vec::new() };
        run::run_script(client, group)?;
        if !changed {
            continue;
        }
        for (at, sql) in prepared {
            let after = parsed[at].judge(&catalogue);
            let drift = parsed[at].drift(&before, &catalogue);
            let drifts = drift.is_some_and(|note| note.contains("0A000"));
            set_path(client, all[at].0)?;
            let found = outcome(client, &format!("EXPLAIN {sql}"));
            let stale = found.starts_with("0A000 cached plan");
            if after == Verdict::Works && stale != drifts {
                differences.push(format!(
                    "after {label}\n  {}\n  planner: drifts {drifts}\n  server:  {found}",
                    parsed[at].sql()
                ));
            }
        }
        client.batch_execute("DEALLOCATE ALL").map_err(|e| e.to_string())?;
        ask_all(client, &catalogue, &all, &mut differences, label)?;
        n_asked += all.len();
    }
    if differences.is_empty() {
        return Ok(());
    }
    let n = differences.len();
    let shown = differences.into_iter().take(SHOWN).collect::<Vec<_>>().join("\n");
    Err(format!("{n} of {n_asked} verdicts differ\n{shown}").into())
}

/// Prepares what works, to see after a commit whether it still does.
fn prepare_all(
    client: &mut Client,
    catalogue: &Catalogue,
    all: &[(&Query, &Parsed)],
) -> Result<Vec<(usize, String)>, Failed> {
    let mut prepared = Vec::new();
    for (at, (query, parsed)) in all.iter().enumerate() {
        if parsed.judge(catalogue) != Verdict::Works {
            continue;
        }
        set_path(client, query)?;
        if outcome(client, &format!("PREPARE d{at} AS {}", parsed.sql())) == "ok" {
            prepared.push((at, execute(&format!("d{at}"), parsed.sql())));
        }
    }
    Ok(prepared)
}

fn set_path(client: &mut Client, query: &Query) -> Result<(), Failed> {
    let path = planner::name::quote_list(&query.search_path);
    client.batch_execute(&format!("SET search_path TO {path}")).map_err(|e| e.to_string().into())
}

fn ask_all(
    client: &mut Client,
    catalogue: &Catalogue,
    all: &[(&Query, &Parsed)],
    differences: &mut Vec<String>,
    label: &str,
) -> Result<(), Failed> {
    for (query, parsed) in all {
        set_path(client, query)?;
        let verdict = parsed.judge(catalogue);
        let expected = expected(&verdict);
        let found = ask(client, parsed.sql(), &verdict);
        let named_unsure = query.name.as_deref().is_some_and(|name| name.starts_with("unsure"));
        let agrees = match &verdict {
            Verdict::NotAnalysed { .. } => named_unsure,
            Verdict::Works | Verdict::Fails { .. } | Verdict::Drifts { .. } => expected == found,
        };
        if !agrees {
            differences.push(format!(
                "after {label}\n  {}\n  planner: {expected}\n  server:  {found}",
                parsed.sql()
            ));
        }
    }
    Ok(())
}

fn expected(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Works | Verdict::Drifts { .. } => "ok".to_owned(),
        Verdict::Fails { sqlstate, message, when } => format!("{when:?} {sqlstate} {message}"),
        Verdict::NotAnalysed { reason } => format!("not analysed: {reason}"),
    }
}

/// What the server says, and when.
fn ask(client: &mut Client, sql: &str, verdict: &Verdict) -> String {
    let prepared = outcome(client, &format!("PREPARE q AS {sql}"));
    if prepared != "ok" {
        return format!("Prepare {prepared}");
    }
    let execute = execute("q", sql);
    // Only writes have refusals that show when they are planned.
    let writes = ["INSERT", "UPDATE", "DELETE"].iter().any(|verb| sql.contains(verb));
    let planned =
        if writes { outcome(client, &format!("EXPLAIN {execute}")) } else { "ok".to_owned() };
    let run = matches!(verdict, Verdict::Fails { when: When::Run, .. }) && !sql.contains('$');
    let found = if planned != "ok" {
        format!("Plan {planned}")
    } else if run {
        let found = outcome(client, &format!("BEGIN; {execute}; ROLLBACK"));
        outcome(client, "ROLLBACK");
        format!("Run {found}")
    } else if let Verdict::Fails { when: When::Run, .. } = verdict {
        // With parameters it cannot be run: what it says is taken.
        expected(verdict)
    } else {
        "ok".to_owned()
    };
    outcome(client, "DEALLOCATE q");
    found
}

/// `EXECUTE name(NULL, …)`.
fn execute(name: &str, sql: &str) -> String {
    let highest = sql.split('$').skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<usize>().ok()
    });
    let nulls = vec!["NULL"; highest.max().unwrap_or(0)];
    if nulls.is_empty() {
        format!("EXECUTE {name}")
    } else {
        format!("EXECUTE {name}({})", nulls.join(", "))
    }
}

/// `ok`, or SQLSTATE and message.
fn outcome(client: &mut Client, sql: &str) -> String {
    match client.batch_execute(sql) {
        Ok(()) => "ok".to_owned(),
        Err(error) => match error.as_db_error() {
            Some(db) => format!("{} {}", db.code().code(), db.message()),
            None => error.to_string(),
        },
    }
}

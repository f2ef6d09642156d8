//! Sync triggers on a real server, point by point: what a statement leaves on both sides of a rule,
//! as a file of points says; and what the model makes of the same statement, which has to be the
//! same row. Must not know how a rule is rendered.

mod meets;
mod points;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Completion, Failed, Trial};
use planner::Plan;
use planner::expr::Expr;
use planner::request::{Change, Request};
use planner::schema::Table;
use rehearsal::{Client, Database, Failure, run};
use simulator::row::Row;

use super::servers::{Servers, Wanted};
use super::{NEWEST, run_text};
use points::{Act, Points};

/// The versions every file is tried on: what everybody has, and the newest.
const VERSIONS: [u16; 2] = [15, NEWEST];

/// A trial for each file and version.
pub(crate) fn trials(servers: &Arc<Servers>) -> Vec<Trial> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sync");
    let Ok(entries) = fs::read_dir(&folder) else {
        return vec![Trial::test("sync::load", || Err("tests/sync is not there".into()))];
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let mut trials: Vec<Trial> = VERSIONS.map(|version| meets_trial(version, servers)).into();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for version in VERSIONS {
            let (path, servers) = (path.clone(), Arc::clone(servers));
            trials.push(Trial::ignorable_test(format!("sync::{name}@{version}"), move || {
                let wanted = Wanted { version, exact: true, alone: false };
                let Some(server) = servers.get(wanted)? else {
                    return Ok(Completion::ignored_with(format!("no PostgreSQL {version} here")));
                };
                let points = Points::parse(&fs::read_to_string(&path)?)?;
                perform(&points, version, &server.database()?)?;
                Ok(Completion::Completed)
            }));
        }
    }
    trials
}

fn meets_trial(version: u16, servers: &Arc<Servers>) -> Trial {
    let servers = Arc::clone(servers);
    let name = format!("sync::a row that comes while its parent changes@{version}");
    Trial::ignorable_test(name, move || {
        let wanted = Wanted { version, exact: true, alone: false };
        let Some(server) = servers.get(wanted)? else {
            return Ok(Completion::ignored_with(format!("no PostgreSQL {version} here")));
        };
        meets::a_row_and_its_parent(&server)?;
        Ok(Completion::Completed)
    })
}

fn perform(points: &Points, version: u16, database: &Database<'_>) -> Result<(), Failed> {
    let request = Request {
        engine: format!("postgres:{version}"),
        schema: points.schema.clone(),
        change: Change::Statements(points.change.clone()),
        ..Request::default()
    };
    let planned = planner::plan(&request);
    let plan = planned.plan.ok_or_else(|| format!("no plan: {:?}", planned.diagnostics))?;
    let mut client = database.connect()?;
    run_text(&mut client, &points.schema)?;
    run_text(&mut client, &points.rows)?;
    let table = run_until(&mut client, &plan, &points.until)?;
    // A client's own settings, as another client of the same pooled connection left them.
    run_text(&mut client, "RESET ALL")?;
    let before = run::table(&mut client, &points.select())?;
    let mut lines = Vec::new();
    let mut compared = 0;
    for point in &points.points {
        let found = on_server(&mut client, points, point)?;
        let changed: Vec<String> = match found {
            Ok(rows) => {
                let new = rows.iter().filter(|row| !before.contains(row));
                new.map(|row| row.join(" | ")).collect()
            }
            Err(sqlstate) => vec![sqlstate],
        };
        if changed != point.want {
            lines.push(format!("{}\n  gives {changed:?}\n  wants {:?}", point.title, point.want));
        }
        let model = match &table {
            Some(table) => model(points, table, &before, &point.acts)?,
            None => None,
        };
        if let Some(model) = model {
            compared += 1;
            if model != changed {
                lines.push(format!("{}\n  server {changed:?}\n  model  {model:?}", point.title));
            }
        }
    }
    if points.modelled && compared == 0 {
        lines.push("no point was compared with the model".to_owned());
    }
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n").into()) }
}

/// Runs the plan's steps to the one whose operation contains the text. Gives the table with a sync trigger
/// as the model has it then; none where a relay carries values between two.
fn run_until(client: &mut Client, plan: &Plan, until: &str) -> Result<Option<Table>, Failed> {
    let mut schema = plan.model.source.clone();
    for step in plan.steps() {
        run::run_step(client, step)
            .and_then(|()| run::gate(client, step, Duration::ZERO))
            .or_else(|failure| if step.script.is_empty() { Ok(()) } else { Err(failure) })
            .map_err(|failure| run::at_step(step, failure))?;
        for statement in &step.script {
            schema.apply(&statement.op).map_err(|r| format!("{}: {}", statement.sql, r.message))?;
        }
        if step.operation.contains(until) {
            let found = schema.tables.values().find(|table| !table.triggers.is_empty());
            return Ok(found.map(|table| table.as_ref().clone()));
        }
    }
    Err(format!("no step `{until}`").into())
}

/// Runs a point in a transaction of its own, on a connection as others left it. Gives the rows then,
/// or the SQLSTATE of the statement that was refused.
fn on_server(
    client: &mut Client,
    points: &Points,
    point: &points::Point,
) -> Result<Result<Vec<Vec<String>>, String>, Failure> {
    for sql in &point.session {
        run::execute(client, sql)?;
    }
    run::execute(client, "BEGIN")?;
    let mut rows = Ok(Vec::new());
    for act in &point.acts {
        if let Err(failure) = run::execute(client, &act.sql(&points.table)) {
            rows = Err(failure.sqlstate.clone().ok_or(failure)?);
            break;
        }
    }
    if rows.is_ok() {
        run::execute(client, "RESET ROLE")?;
        rows = Ok(run::table(client, &points.select())?);
    }
    run::execute(client, "ROLLBACK")?;
    // As a pooler may, or may not, between clients.
    run::execute(client, "DISCARD ALL")?;
    Ok(rows)
}

/// What the model makes of a point that it can say: one INSERT, or UPDATEs of one row. `None` for
/// the others.
fn model(
    points: &Points,
    table: &Table,
    before: &[Vec<String>],
    acts: &[Act],
) -> Result<Option<Vec<String>>, Failed> {
    if !points.modelled || acts.iter().any(|act| matches!(act, Act::Sql(_))) {
        return Ok(None);
    }
    let mut row: Option<Row> = None;
    for act in acts {
        let (at, given): (_, Vec<(String, Expr)>) = match act {
            Act::Insert(given) => (None, given.iter().filter_map(points::Given::expr).collect()),
            Act::Update(id, given) => {
                if given.iter().any(|g| g.expr().is_none()) {
                    // DEFAULT in an UPDATE: the model has no such statement.
                    return Ok(None);
                }
                let there = before.iter().find(|row| row.first() == Some(id));
                let there = there.ok_or_else(|| format!("there is no row {id}"))?;
                let at = match row.take() {
                    Some(row) => row,
                    None => stored(points, table, there)?,
                };
                (Some(at), given.iter().filter_map(points::Given::expr).collect())
            }
            Act::Sql(_) => return Ok(None),
        };
        match Row::write(table, at.as_ref(), &given) {
            Ok(after) => row = Some(after),
            Err(refusal) => return Ok(Some(vec![refusal.sqlstate.to_owned()])),
        }
    }
    let Some(row) = row else { return Ok(None) };
    let texts: Vec<String> = points.columns.iter().map(|c| row.text(table, c)).collect();
    let there = before.contains(&texts);
    Ok(Some(if there { Vec::new() } else { vec![texts.join(" | ")] }))
}

/// A row that is there, in the model: without its triggers, which have done their work.
fn stored(points: &Points, table: &Table, texts: &[String]) -> Result<Row, Failed> {
    let mut plain = table.clone();
    plain.triggers.clear();
    let given: Vec<(String, Expr)> = points
        .columns
        .iter()
        .zip(texts)
        .map(|(c, text)| (c.clone(), points::stored_expr(text)))
        .collect();
    Row::write(&plain, None, &given).map_err(|r| r.message.into())
}

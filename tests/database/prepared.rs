//! What a step says of statements that a session has prepared before it is what such a session meets on
//! a real server: `SELECT *` of every table, and each of its columns alone.

use std::collections::BTreeSet;
use std::time::Duration;

use libtest_mimic::Failed;
use planner::Plan;
use planner::name::quote;
use planner::plan::Step;
use rehearsal::{Client, Failure, run};

use super::{Stage, same};
use crate::cases::Case;

/// Tables, and columns of them.
const COLUMNS: &str = "SELECT format('%I.%I', n.nspname, c.relname), a.attname \
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'concertina') \
    ORDER BY 1, a.attnum";

pub(super) fn trial(case: &Case, plan: &Plan, stage: &Stage<'_>) -> Result<(), Failed> {
    let database = stage.loaded(case)?;
    let mut client = database.connect()?;
    for step in plan.steps() {
        let mut session = database.connect()?;
        let all = prepare(&mut session)?;
        run::run_step(&mut client, step)
            .and_then(|()| run::gate(&mut client, step, Duration::ZERO))
            .map_err(|failure| run::at_step(step, failure))?;
        if step.app_state.is_empty() {
            continue;
        }
        let mut found = BTreeSet::new();
        for (n, what) in all.iter().enumerate() {
            match run::execute(&mut session, &format!("EXECUTE p{n}")) {
                Err(failure) if failure.sqlstate.as_deref() == Some("0A000") => {
                    found.insert(what.clone());
                }
                // Gone, or under another name: that is not about having prepared it.
                Ok(()) | Err(_) => {}
            }
        }
        let lines = |of: &BTreeSet<String>| of.iter().map(|l| format!("{l}\n")).collect::<String>();
        same(&format!("step {}", step.id), &lines(&said(step)), &lines(&found))?;
    }
    Ok(())
}

/// Prepares what there is, `p0` and so on.
fn prepare(session: &mut Client) -> Result<Vec<String>, Failure> {
    let mut all = BTreeSet::new();
    for row in run::table(session, COLUMNS)? {
        let [table, column] = row.as_slice() else { continue };
        all.insert(format!("SELECT * FROM {table}"));
        all.insert(format!("SELECT {} FROM {table}", quote(column)));
    }
    let all: Vec<String> = all.into_iter().collect();
    for (n, sql) in all.iter().enumerate() {
        run::execute(session, &format!("PREPARE p{n} AS {sql} LIMIT 0"))?;
    }
    Ok(all)
}

/// What the step says, each statement once.
fn said(step: &Step) -> BTreeSet<String> {
    let of = |prepared: &planner::plan::Prepared| {
        let columns = prepared.columns.iter().map(|c| quote(c));
        let all = std::iter::once("*".to_owned()).chain(columns);
        all.map(|what| format!("SELECT {what} FROM {}", prepared.table)).collect::<Vec<_>>()
    };
    step.prepared.iter().flat_map(of).collect()
}

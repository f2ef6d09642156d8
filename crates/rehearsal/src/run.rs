//! Runs a plan's scripts as psql would: in order, in autocommit, and what shares a transaction
//! between one BEGIN and COMMIT. Must not judge what it runs.

use std::thread::sleep;
use std::time::{Duration, Instant};

use planner::plan::{Check, Plan, Statement, Step};
use postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use crate::failure::Failure;

/// How often a transaction that lost a race for a lock is run again.
const ATTEMPTS_MAX: u32 = 40;

/// Statements that are committed together: those of one transaction, or one in autocommit.
pub fn groups(script: &[Statement]) -> Vec<&[Statement]> {
    script.chunk_by(|a, b| a.transaction.is_some() && a.transaction == b.transaction).collect()
}

/// One statement, alone in its message: CREATE INDEX CONCURRENTLY and CALL need that.
///
/// # Errors
/// The server's refusal.
pub fn execute(client: &mut Client, sql: &str) -> Result<(), Failure> {
    client.batch_execute(sql).map_err(|e| Failure::of_statement(sql, &e))
}

/// The first column of every row, as text.
///
/// # Errors
/// The server's refusal.
pub fn query(client: &mut Client, sql: &str) -> Result<Vec<String>, Failure> {
    let messages = client.simple_query(sql).map_err(|e| Failure::of_statement(sql, &e))?;
    Ok(rows(messages).iter().map(|row| row.get(0).unwrap_or("").to_owned()).collect())
}

/// Every row of an answer, as texts; a NULL is empty.
///
/// # Errors
/// The server's refusal.
pub fn table(client: &mut Client, sql: &str) -> Result<Vec<Vec<String>>, Failure> {
    let messages = client.simple_query(sql).map_err(|e| Failure::of_statement(sql, &e))?;
    let texts = |row: &SimpleQueryRow| {
        (0..row.len()).map(|at| row.get(at).unwrap_or("").to_owned()).collect()
    };
    Ok(rows(messages).iter().map(texts).collect())
}

/// The rows among the messages of an answer.
pub(crate) fn rows(messages: Vec<SimpleQueryMessage>) -> Vec<SimpleQueryRow> {
    let mut rows = Vec::new();
    for message in messages {
        if let SimpleQueryMessage::Row(row) = message {
            rows.push(row);
        }
    }
    rows
}

/// Runs what a step runs.
///
/// # Errors
/// The first refusal; what its transaction did is undone.
pub fn run_step(client: &mut Client, step: &Step) -> Result<(), Failure> {
    run_script(client, &step.script)
}

/// Undoes a step alone.
///
/// # Errors
/// The first refusal; what its transaction did is undone.
pub fn roll_back_step(client: &mut Client, step: &Step) -> Result<(), Failure> {
    run_script(client, &step.rollback.script)
}

/// Runs a script.
///
/// # Errors
/// The first refusal; what its transaction did is undone.
pub fn run_script(client: &mut Client, script: &[Statement]) -> Result<(), Failure> {
    groups(script).into_iter().try_for_each(|group| run_group(client, group))
}

/// Runs statements that are committed together; again where they lost a race for a lock.
fn run_group(client: &mut Client, group: &[Statement]) -> Result<(), Failure> {
    let mut attempts = 0;
    loop {
        match try_group(client, group) {
            Err(failure) if failure.is_lock_race() && attempts < ATTEMPTS_MAX => {
                attempts += 1;
                sleep(Duration::from_millis(50));
            }
            result => return result,
        }
    }
}

fn try_group(client: &mut Client, group: &[Statement]) -> Result<(), Failure> {
    let [first, ..] = group else { return Ok(()) };
    if first.transaction.is_none() {
        return execute(client, &first.sql);
    }
    execute(client, "BEGIN")?;
    let result = group.iter().try_for_each(|statement| execute(client, &statement.sql));
    match result {
        Ok(()) => execute(client, "COMMIT"),
        Err(failure) => {
            execute(client, "ROLLBACK")?;
            Err(failure)
        }
    }
}

/// Asks a check's query once.
///
/// # Errors
/// The server's refusal, or the number found instead of the expected one.
pub fn check(client: &mut Client, check: &Check) -> Result<(), Failure> {
    let found = query(client, &check.sql)?.into_iter().next().unwrap_or_default();
    if found == check.expect {
        return Ok(());
    }
    let message = format!("check `{}` gives {found}, expected {}", check.name, check.expect);
    Err(Failure::new(check.sql.clone(), message))
}

/// Waits until every check of a step holds.
///
/// # Errors
/// The first check that still does not hold when the time is over.
pub fn gate(client: &mut Client, step: &Step, patience: Duration) -> Result<(), Failure> {
    let started = Instant::now();
    loop {
        match step.checks.iter().try_for_each(|c| check(client, c)) {
            Err(_) if started.elapsed() < patience => sleep(Duration::from_millis(20)),
            result => return result,
        }
    }
}

/// Runs a whole plan and asks every check.
///
/// # Errors
/// The first refusal or failed check, with its step.
pub fn run_plan(client: &mut Client, plan: &Plan) -> Result<(), Failure> {
    plan.steps().try_for_each(|step| {
        run_step(client, step)
            .and_then(|()| gate(client, step, Duration::ZERO))
            .map_err(|failure| at_step(step, failure))
    })
}

/// The failure with the step in which it happened.
pub fn at_step(step: &Step, failure: Failure) -> Failure {
    let message = format!("step {} ({}): {}", step.id, step.operation, failure.message);
    Failure { message, ..failure }
}

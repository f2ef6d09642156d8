//! The locks that a step really takes, and how they compare with those the plan declares. A
//! group of statements runs in a transaction that is asked for its own locks before it commits.

use std::collections::BTreeMap;

use planner::engine::{LockMode, lock::MODES};
use planner::op::Op;
use planner::plan::{Statement, Step};
use postgres::{Client, SimpleQueryRow};

use crate::failure::Failure;
use crate::run::{execute, groups, rows};

/// The strongest table-level lock on each relation, by the name it had before the step.
pub type Observed = BTreeMap<String, LockMode>;

/// What a step was seen to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// Locks seen.
    pub locks: Observed,
    /// Whether every statement could be watched: CONCURRENTLY and CALL run outside a transaction.
    pub complete: bool,
}

/// Tables and views of users, by their number: names change, numbers stay.
const RELATIONS: &str = "SELECT c.oid::text, format('%I.%I', n.nspname, c.relname) \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_' \
      AND n.nspname NOT IN ('information_schema', 'concertina')";

/// What this session holds on them.
const HELD: &str = "SELECT l.relation::text, l.mode FROM pg_locks l \
    WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted";

/// Runs a step and watches its locks on the tables and views that exist before it.
///
/// # Errors
/// The server's refusal.
pub fn run_step(client: &mut Client, step: &Step) -> Result<Sighting, Failure> {
    let names: BTreeMap<String, String> = pairs(client, RELATIONS)?.into_iter().collect();
    let mut sighting = Sighting { locks: BTreeMap::new(), complete: true };
    for group in groups(&step.script) {
        if !group.iter().all(can_be_watched) {
            sighting.complete = false;
            group.iter().try_for_each(|statement| execute(client, &statement.sql))?;
            continue;
        }
        execute(client, "BEGIN")?;
        for statement in group {
            execute(client, &statement.sql)?;
        }
        for (relation, mode) in pairs(client, HELD)? {
            let mode = MODES.into_iter().find(|known| known.pg_locks_name() == mode);
            if let (Some(name), Some(mode)) = (names.get(&relation), mode) {
                let known = sighting.locks.entry(name.clone()).or_insert(mode);
                *known = mode.max(*known);
            }
        }
        execute(client, "COMMIT")?;
    }
    Ok(sighting)
}

/// Whether the statement can run in a transaction of ours.
#[expect(clippy::wildcard_enum_match_arm, reason = "three forms out of forty refuse a transaction")]
fn can_be_watched(statement: &Statement) -> bool {
    match &statement.op {
        Op::CreateIndex { concurrently, .. } | Op::DropIndex { concurrently, .. } => !concurrently,
        Op::RunBackfill { .. } | Op::RunUndo { .. } => false,
        Op::Verbatim { sql, .. } => !sql.to_uppercase().contains("CONCURRENTLY"),
        _ => true,
    }
}

/// Where a step's declaration and what was seen differ, a line each. Undeclared reads are not
/// worth a word: they wait for nothing but ACCESS EXCLUSIVE.
pub fn differences(step: &Step, seen: &Sighting) -> Vec<String> {
    let declared: Observed =
        step.locks.iter().map(|lock| (lock.relation.to_string(), lock.mode)).collect();
    let mut lines = Vec::new();
    for (relation, mode) in &seen.locks {
        match declared.get(relation) {
            Some(known) if known == mode || (!seen.complete && known > mode) => {}
            None if *mode == LockMode::AccessShare => {}
            known => lines.push(format!(
                "step {}: {relation} is locked {}, declared {}",
                step.id,
                mode.name(),
                known.map_or("nothing", |known| known.name())
            )),
        }
    }
    for (relation, mode) in &declared {
        if seen.complete && !seen.locks.contains_key(relation) {
            let mode = mode.name();
            lines.push(format!("step {}: {relation} is not locked, declared {mode}", step.id));
        }
    }
    lines
}

fn pairs(client: &mut Client, sql: &str) -> Result<Vec<(String, String)>, Failure> {
    let messages = client.simple_query(sql).map_err(|e| Failure::of_statement(sql, &e))?;
    let pair = |row: &SimpleQueryRow| Some((row.get(0)?.to_owned(), row.get(1)?.to_owned()));
    Ok(rows(messages).iter().filter_map(pair).collect())
}

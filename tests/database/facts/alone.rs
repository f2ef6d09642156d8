//! A probe that refuses a transaction block, run by itself. Other sessions hold weak locks on every
//! table; where the statement waits, what it holds and asks for is read, and the one in its way
//! lets go. Three rounds with ever stronger locks in its way show its strongest request on each.
//! Knows catalogues; must not know facts.

use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use planner::engine::{Held, LockMode};
use rehearsal::{Client, Database, Failure, run};

use super::Locks;
use super::observe::{self, Observed, Relations};
use super::probes::Probe;

/// A statement that does not end by then never will.
const PATIENCE: Duration = Duration::from_secs(20);

/// What stands in the way, round by round: a reader stops ACCESS EXCLUSIVE, a writer also SHARE
/// and up, another schema change also SHARE UPDATE EXCLUSIVE.
const ROUNDS: [LockMode; 3] =
    [LockMode::AccessShare, LockMode::RowExclusive, LockMode::ShareUpdateExclusive];

/// A session that holds a lock.
struct Holder {
    pid: String,
    client: Client,
}

/// Refused in a block, then run alone.
pub(super) fn outside(
    database: &Database<'_>,
    watcher: &mut Client,
    probe: &Probe,
) -> Result<Observed, Failure> {
    observe::prepare(watcher, probe)?;
    run::execute(watcher, "BEGIN")?;
    let result = run::execute(watcher, probe.statement);
    run::execute(watcher, "ROLLBACK")?;
    let refused = match result {
        Err(failure) if failure.sqlstate.as_deref() == Some("25001") => true,
        Err(failure) => return Err(failure),
        Ok(()) => false,
    };
    let (mut locks, mut work) = (Locks::new(), Held::Instant);
    let mut before = Relations::new();
    for mode in ROUNDS {
        observe::prepare(watcher, probe)?;
        before = observe::relations(watcher)?;
        for (name, seen) in round(database, watcher, (probe, &before, mode))? {
            let known = locks.entry(name).or_insert(seen);
            *known = (*known).max(seen);
        }
        let after = observe::relations(watcher)?;
        work = work.max(observe::work(&before, &after, &|_| false));
    }
    Ok(observe::observed(locks, (work, !refused), &before))
}

fn round(
    database: &Database<'_>,
    watcher: &mut Client,
    (probe, before, mode): (&Probe, &Relations, LockMode),
) -> Result<Locks, Failure> {
    let mut holders = Vec::new();
    for relation in before.values().filter(|r| matches!(r.kind.as_str(), "r" | "p" | "m")) {
        holders.push(hold(database, &relation.name, mode)?);
    }
    let mut client = database.connect()?;
    let pid = pid(&mut client)?;
    let statement = probe.statement;
    let worker = thread::spawn(move || run::execute(&mut client, statement));
    let (started, mut locks) = (Instant::now(), Locks::new());
    while !worker.is_finished() {
        if started.elapsed() > PATIENCE {
            run::execute(watcher, &format!("SELECT pg_cancel_backend({pid})"))?;
            return Err(Failure::new(statement, "it does not end"));
        }
        let blocking =
            run::query(watcher, &format!("SELECT unnest(pg_blocking_pids({pid}))::text"))?;
        let Some(at) = holders.iter().position(|holder| blocking.contains(&holder.pid)) else {
            sleep(Duration::from_millis(2));
            continue;
        };
        // It waits, and will until the holder lets go: what it holds and asks for stays as it is.
        let asked = format!(
            "SELECT relation::text, mode FROM pg_locks WHERE pid = {pid} AND locktype = 'relation'"
        );
        for (name, seen) in observe::named(&observe::modes(watcher, &asked)?, before) {
            let known = locks.entry(name).or_insert(seen);
            *known = (*known).max(seen);
        }
        run::execute(&mut holders.swap_remove(at).client, "COMMIT")?;
    }
    match worker.join() {
        Ok(result) => result.map(|()| locks),
        Err(_) => Err(Failure::new(statement, "the session that ran it failed")),
    }
}

/// A session in a transaction that holds a lock on one table, and a reader's on its indexes.
fn hold(database: &Database<'_>, table: &str, mode: LockMode) -> Result<Holder, Failure> {
    let mut client = database.connect()?;
    let pid = pid(&mut client)?;
    run::execute(&mut client, "BEGIN")?;
    run::execute(&mut client, &format!("LOCK TABLE ONLY {table} IN {} MODE", mode.name()))?;
    if mode == LockMode::AccessShare {
        // Planning a query locks every index of the table.
        run::execute(&mut client, &format!("SELECT 1 FROM ONLY {table} WHERE false"))?;
    }
    Ok(Holder { pid, client })
}

fn pid(client: &mut Client) -> Result<String, Failure> {
    Ok(run::query(client, "SELECT pg_backend_pid()::text")?.into_iter().next().unwrap_or_default())
}

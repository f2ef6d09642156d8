//! What makes a backfill wait: each signal is raised, read as a reason, overruled and let go again.
//! What cannot be read stops it.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use planner::op::{Op, sql::render};
use rehearsal::{Client, Database, Failure, Server, run};

use super::rig::Rig;

const SCHEMA: &str = "CREATE TABLE public.t (id bigint PRIMARY KEY, a text)";
const ROWS: &str = "INSERT INTO public.t SELECT n, 'v' || n FROM generate_series(1, 40) AS n";

/// A database with the function, a progress row of the name `x`, and nothing to wait for.
fn quiet(rig: &Rig<'_>) -> Result<Client, Failed> {
    let mut client = rig.install()?;
    run::execute(&mut client, "INSERT INTO concertina.backfill (name) VALUES ('x')")?;
    let reason = why(&mut client, 10)?;
    if reason.is_empty() { Ok(client) } else { Err(format!("it waits for {reason}").into()) }
}

fn why(client: &mut Client, lag_s: u32) -> Result<String, Failure> {
    let sql = format!("SELECT concertina.why_wait('x', 'public.t', {lag_s})");
    Ok(run::query(client, &sql)?.into_iter().next().unwrap_or_default())
}

/// The reason is this signal's, until it is overruled.
fn says(client: &mut Client, signal: &str, lag_s: u32) -> Result<(), Failed> {
    let started = Instant::now();
    loop {
        let reason = why(client, lag_s)?;
        if reason.split("; ").any(|one| one.starts_with(&format!("{signal}: "))) {
            break;
        }
        if started.elapsed() > Duration::from_secs(20) {
            return Err(format!("wanted {signal}, got `{reason}`").into());
        }
        sleep(Duration::from_millis(50));
    }
    let ignore = format!("UPDATE concertina.backfill SET ignored = '{{{signal}}}'");
    run::execute(client, &ignore)?;
    let reason = why(client, lag_s)?;
    run::execute(client, "UPDATE concertina.backfill SET ignored = '{}'")?;
    if reason.contains(signal) {
        Err(format!("overruled, it says {reason}").into())
    } else {
        Ok(())
    }
}

pub(super) fn each(server: &Server) -> Result<(), Failed> {
    let rig = Rig::new(server, SCHEMA, ROWS)?;
    let client = &mut quiet(&rig)?;
    run::execute(client, "UPDATE concertina.backfill SET paused = true")?;
    if !why(client, 10)?.starts_with("paused: ") {
        return Err("paused, it goes on".into());
    }
    run::execute(client, "UPDATE concertina.backfill SET paused = false, replicas = 1")?;
    says(client, "replica-gone", 10)?;
    run::execute(client, "UPDATE concertina.backfill SET replicas = 0")?;
    waiters(&rig.database, client)?;
    old_transaction(&rig.database, client)?;
    replica(&rig.database, client)?;
    run::execute(client, "SELECT pg_create_physical_replication_slot('idle', true)")?;
    run::execute(client, "UPDATE public.t SET a = a || 'x'")?;
    says(client, "slot-behind", 0)?;
    run::execute(client, "SELECT pg_drop_replication_slot('idle')")?;
    wal(client)?;
    run::execute(client, "SELECT pg_switch_wal()")?;
    says(client, "archiver", 10)
}

/// One session waits for the table.
fn waiters(database: &Database<'_>, client: &mut Client) -> Result<(), Failed> {
    let mut holder = database.connect()?;
    let mut waiter = database.connect()?;
    run::execute(&mut holder, "BEGIN; LOCK TABLE public.t IN ROW SHARE MODE")?;
    scope(|threads| {
        let waiting = threads.spawn(move || {
            run::execute(&mut waiter, "BEGIN; LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE")
        });
        let said = says(client, "lock-waiters", 10);
        run::execute(&mut holder, "COMMIT")?;
        waiting.join().map_err(|_| Failed::from("the thread panicked"))??;
        said
    })
}

/// Thirty minutes are too long for a trial: the function, with none.
fn old_transaction(database: &Database<'_>, client: &mut Client) -> Result<(), Failed> {
    let real = render(&Op::CreateThrottle);
    let hasty = real.replace("interval '30 minutes'", "interval '0'");
    if hasty == real {
        return Err("the function names no 30 minutes".into());
    }
    let mut old = database.connect()?;
    run::execute(&mut old, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM public.t")?;
    let young = why(client, 10)?;
    run::execute(client, &hasty)?;
    says(client, "old-transaction", 10)?;
    run::execute(client, &real)?;
    if young.is_empty() { Ok(()) } else { Err(format!("a young one counts: {young}").into()) }
}

/// A receiver of WAL that is stopped, where the program is to be had.
fn replica(database: &Database<'_>, client: &mut Client) -> Result<(), Failed> {
    let program = PathBuf::from("/usr/lib/postgresql/15/bin/pg_receivewal");
    if database.server().version() != 15 || !program.is_file() {
        return Ok(());
    }
    let mut receiver = Receiver(
        database
            .client(&program)
            .args(["--directory=.", "--no-loop", "--status-interval=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?,
    );
    let started = Instant::now();
    while run::query(client, "SELECT count(*) FROM pg_stat_replication")? != ["1"] {
        if started.elapsed() > Duration::from_secs(20) {
            return Err("the receiver does not connect".into());
        }
        sleep(Duration::from_millis(50));
    }
    receiver.signal("-STOP")?;
    run::execute(client, "UPDATE public.t SET a = a || 'x'")?;
    says(client, "replica-lag", 0)?;
    receiver.signal("-CONT")?;
    let reason = why(client, 10)?;
    if reason.is_empty() { Ok(()) } else { Err(format!("near enough, it says {reason}").into()) }
}

/// Ends with its value.
struct Receiver(Child);

impl Receiver {
    fn signal(&mut self, signal: &str) -> Result<(), Failed> {
        let pid = self.0.id().to_string();
        let status = std::process::Command::new("kill").args([signal, &pid]).status()?;
        if status.success() { Ok(()) } else { Err(format!("kill {signal} failed").into()) }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // Nobody is left to tell.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// More WAL than `max_wal_size` since the last checkpoint.
fn wal(client: &mut Client) -> Result<(), Failed> {
    run::execute(client, "CHECKPOINT")?;
    let much =
        "CREATE TABLE public.much AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 50000)";
    run::execute(client, much)?;
    for setting in ["min_wal_size = '32MB'", "max_wal_size = '32MB'"] {
        run::execute(client, &format!("ALTER SYSTEM SET {setting}"))?;
    }
    run::execute(client, "SELECT pg_reload_conf()")?;
    says(client, "wal-pressure", 10)?;
    run::execute(client, "ALTER SYSTEM RESET ALL")?;
    run::execute(client, "SELECT pg_reload_conf()")?;
    run::execute(client, "CHECKPOINT")?;
    Ok(())
}

pub(super) fn blind(server: &Server) -> Result<(), Failed> {
    let rig = Rig::new(server, SCHEMA, ROWS)?;
    let client = &mut rig.install()?;
    let role = "DO $$ BEGIN CREATE ROLE concertina_trial_owner; EXCEPTION WHEN duplicate_object THEN NULL; END $$";
    run::execute(client, role)?;
    for sql in [
        "GRANT USAGE ON SCHEMA concertina TO concertina_trial_owner",
        "GRANT ALL ON concertina.backfill TO concertina_trial_owner",
        "GRANT ALL ON public.t TO concertina_trial_owner",
        // With a session of another role in the database: ours.
        "SET ROLE concertina_trial_owner",
    ] {
        run::execute(client, sql)?;
    }
    let mut other = rig.database.connect()?;
    let stopped = run::execute(client, &rig.call());
    let failure = stopped.err().ok_or("blind, it went on")?;
    if !failure.message.contains("GRANT pg_monitor TO concertina_trial_owner, then call this again")
    {
        return Err(format!("it stopped with {failure}").into());
    }
    let filled = run::query(&mut other, "SELECT count(*) FROM public.t WHERE b IS NOT NULL")?;
    if filled != ["0"] {
        return Err(format!("blind, it filled {filled:?} rows").into());
    }
    // Row security would hide rows from it: it refuses instead of leaving them.
    run::execute(&mut other, "GRANT pg_monitor TO concertina_trial_owner")?;
    run::execute(&mut other, "ALTER TABLE public.t ENABLE ROW LEVEL SECURITY")?;
    let stopped = run::execute(client, &rig.call());
    let state = stopped.err().and_then(|failure| failure.sqlstate);
    if state.as_deref() != Some("42501") {
        return Err(format!("rows are hidden from it, and it ended with {state:?}").into());
    }
    run::execute(&mut other, "ALTER TABLE public.t DISABLE ROW LEVEL SECURITY")?;
    // Its row is taken away under it.
    run::execute(&mut other, "TRUNCATE concertina.backfill")?;
    let gone = why(&mut other, 10)?;
    if !gone.starts_with("blind: ") {
        return Err(format!("without its row it says `{gone}`").into());
    }
    run::execute(client, &rig.call())?;
    run::execute(&mut other, "REVOKE pg_monitor FROM concertina_trial_owner")?;
    rig.is_done(&mut other)
}

//! Backfills that are killed, crash, or meet locks: called again, they end right.

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use rehearsal::{Client, Failure, Server, run};

use super::rig::{Rig, kill_victim, was_killed};

const SCHEMA: &str = "CREATE TABLE public.t (id bigint PRIMARY KEY, a text)";
const ROWS: &str = "INSERT INTO public.t SELECT n, 'v' || n FROM generate_series(1, 40) AS n";

pub(super) fn in_a_batch(server: &Server) -> Result<(), Failed> {
    let rig = Rig::new(server, SCHEMA, ROWS)?;
    let mut holder = rig.database.connect()?;
    run::execute(&mut holder, "BEGIN; SELECT FROM public.t WHERE id = 11 FOR UPDATE")?;
    let result = rig.beside(|client| {
        blocked(client)?;
        kill_victim(client)
    })?;
    was_killed(result)?;
    let mut client = rig.database.connect()?;
    // The batch of the rows 10 to 12 is gone as if it had never begun; those before it are done.
    let seen = rig.progress(&mut client, "rows_seen || ', ' || (last_key ->> 0)")?;
    let filled = run::query(&mut client, "SELECT count(*) FROM public.t WHERE b IS NOT NULL")?;
    if seen != "9, 9" || filled != ["9"] {
        return Err(format!("progress {seen}, {filled:?} rows filled").into());
    }
    run::execute(&mut holder, "UPDATE public.t SET a = 'other' WHERE id = 11; COMMIT")?;
    run::execute(&mut client, &rig.call())?;
    all_seen_once(&rig, &mut client)
}

pub(super) fn while_waiting(server: &Server) -> Result<(), Failed> {
    let rig = Rig::new(server, SCHEMA, ROWS)?;
    let mut client = rig.install()?;
    let wait = "CREATE FUNCTION public.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        IF NEW.rows_seen >= 12 AND OLD.rows_seen < 12 THEN NEW.paused := true; END IF; RETURN NEW; END $$; \
        CREATE TRIGGER stop BEFORE UPDATE ON concertina.backfill FOR EACH ROW EXECUTE FUNCTION public.stop()";
    run::execute(&mut client, wait)?;
    let result = rig.beside(|client| {
        rig.wait_for(client, "waiting_for LIKE 'paused:%'")?;
        let locks = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) \
            WHERE application_name = 'victim' AND datname = current_database() AND locktype <> 'virtualxid'";
        let held = run::query(client, locks)?;
        if held != ["0"] {
            return Err(format!("while it waits it holds {held:?} locks").into());
        }
        kill_victim(client)
    })?;
    was_killed(result)?;
    // Still paused: called again, it waits, and goes on when it is told to.
    let result = rig.beside(|client| {
        run::execute(client, "UPDATE concertina.backfill SET waiting_for = NULL")?;
        rig.wait_for(client, "waiting_for LIKE 'paused:%' AND rows_seen = 12")?;
        Ok(run::execute(client, "UPDATE concertina.backfill SET paused = false")?)
    })?;
    result?;
    all_seen_once(&rig, &mut client)
}

pub(super) fn before_the_end(server: &Server) -> Result<(), Failed> {
    let rig = Rig::new(server, SCHEMA, ROWS)?;
    let mut client = rig.install()?;
    let stop = "CREATE FUNCTION public.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        IF NEW.finished_at IS NOT NULL THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END $$; \
        CREATE TRIGGER stop BEFORE UPDATE ON concertina.backfill FOR EACH ROW EXECUTE FUNCTION public.stop()";
    run::execute(&mut client, stop)?;
    let result = rig.beside(|client| {
        rig.wait_for(client, "rows_seen = 40")?;
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim' \
            AND datname = current_database() AND wait_event = 'PgSleep'";
        until(client, asleep)?;
        kill_victim(client)
    })?;
    was_killed(result)?;
    run::execute(&mut client, "DROP TRIGGER stop ON concertina.backfill")?;
    run::execute(&mut client, &rig.call())?;
    all_seen_once(&rig, &mut client)?;
    // Finished and called again, it looks at every row again and changes none.
    run::execute(&mut client, &rig.call())?;
    let seen = rig.progress(&mut client, "rows_seen || ', ' || rows_changed")?;
    if seen == "40, 0" { rig.is_done(&mut client) } else { Err(format!("again: {seen}").into()) }
}

pub(super) fn crash(server: &Server) -> Result<(), Failed> {
    let rig = Rig::new(server, SCHEMA, ROWS)?;
    let mut holder = rig.database.connect()?;
    // What was committed is to survive: the servers of trials do not wait for their disk.
    run::execute(&mut holder, "CHECKPOINT")?;
    run::execute(&mut holder, "BEGIN; SELECT FROM public.t WHERE id = 20 FOR UPDATE")?;
    let result = rig.beside(|client| {
        blocked(client)?;
        let pid = run::query(
            client,
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'victim' AND datname = current_database()",
        )?;
        let pid = pid.first().ok_or("there is no victim")?;
        sleep(Duration::from_millis(400));
        let status = Command::new("kill").args(["-9", pid]).status()?;
        if status.success() { Ok(()) } else { Err("kill failed".into()) }
    })?;
    if result.is_ok() {
        return Err("it ended before it was killed".into());
    }
    // Every session ends with the crash; before, there is nothing to connect to anew.
    let started = Instant::now();
    while run::query(&mut holder, "SELECT 1").is_ok() {
        if started.elapsed() > Duration::from_secs(30) {
            return Err("the server did not crash".into());
        }
        sleep(Duration::from_millis(20));
    }
    let mut client = reconnect(&rig)?;
    let seen = rig.progress(&mut client, "rows_seen || ', ' || (last_key ->> 0)")?;
    let filled = run::query(&mut client, "SELECT count(*) FROM public.t WHERE b IS NOT NULL")?;
    if seen != "18, 18" || filled != ["18"] {
        return Err(format!("after the crash: progress {seen}, {filled:?} rows filled").into());
    }
    run::execute(&mut client, &rig.call())?;
    all_seen_once(&rig, &mut client)
}

pub(super) fn locked(server: &Server) -> Result<(), Failed> {
    let mut rig = Rig::new(server, SCHEMA, ROWS)?;
    rig.backfill.lock_wait_ms = 2_000;
    let mut holder = rig.database.connect()?;
    // A deadlock: the holder has 5 and wants 4, the batch has 4 and wants 5.
    run::execute(&mut holder, "SET deadlock_timeout = '10s'; BEGIN")?;
    run::execute(&mut holder, "UPDATE public.t SET a = 'held' WHERE id = 5")?;
    let result = rig.beside(|client| {
        blocked(client)?;
        let wants = run::execute(&mut holder, "UPDATE public.t SET a = 'held' WHERE id = 4");
        wants.map_err(|failure| format!("the app lost: {failure}"))?;
        // Held for longer than a batch waits: it gives up and tries again.
        rig.wait_for(client, "retries >= 2")?;
        Ok(run::execute(&mut holder, "COMMIT")?)
    })?;
    result?;
    let mut client = rig.database.connect()?;
    all_seen_once(&rig, &mut client)
}

fn all_seen_once(rig: &Rig<'_>, client: &mut Client) -> Result<(), Failed> {
    rig.is_done(client)?;
    let seen = rig.progress(client, "rows_seen")?;
    if seen == "40" { Ok(()) } else { Err(format!("40 rows were seen {seen} times").into()) }
}

/// Waits until the backfill waits for a row.
fn blocked(client: &mut Client) -> Result<(), Failed> {
    until(
        client,
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim' \
         AND datname = current_database() AND wait_event_type = 'Lock'",
    )
}

fn until(client: &mut Client, sql: &str) -> Result<(), Failed> {
    let started = Instant::now();
    while run::query(client, sql)? != ["1"] {
        if started.elapsed() > Duration::from_secs(30) {
            return Err(format!("waited in vain: {sql}").into());
        }
        sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// A connection after the server has recovered.
fn reconnect(rig: &Rig<'_>) -> Result<Client, Failure> {
    let started = Instant::now();
    loop {
        match rig.database.connect() {
            Err(_) if started.elapsed() < Duration::from_secs(30) => {
                sleep(Duration::from_millis(50));
            }
            result => return result,
        }
    }
}

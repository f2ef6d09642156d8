//! What the gate asks of replicas is true of a real one that replays late: asked as late as the plan
//! says, it is not "caught up" before it has what the step before has made.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use libtest_mimic::{Completion, Failed, Trial};
use planner::condition::{Condition, Readers};
use rehearsal::{Database, Failure, run};

use super::servers::Servers;

/// Where the programs of a whole installation are: a standby needs more of them than a server.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// Seconds that the replica may be behind, and that it replays late.
const LAG_S: u32 = 1;
const LATE_S: u32 = 16;

pub(crate) fn trials(servers: &Arc<Servers>) -> Vec<Trial> {
    let servers = Arc::clone(servers);
    vec![Trial::ignorable_test("replicas::the gate waits for what was made", move || {
        perform(&servers)
    })]
}

fn perform(servers: &Servers) -> Result<Completion, Failed> {
    let programs = PathBuf::from(PROGRAMS);
    let here = ["pg_basebackup", "postgres"].iter().all(|name| programs.join(name).is_file());
    let Some(server) = servers.own(15, &[])?.filter(|_| here) else {
        return Ok(Completion::ignored_with("no whole PostgreSQL 15 here"));
    };
    let database = server.database()?;
    let _replica = standby(&database, &programs)?;
    let mut client = database.connect()?;
    until(|| Ok(run::query(&mut client, "SELECT count(*) FROM pg_stat_replication")? == ["1"]))?;
    run::execute(&mut client, "CREATE TABLE made (id bigint)")?;
    let made = run::query(&mut client, "SELECT pg_current_wal_insert_lsn()")?.remove(0);
    sleep(Duration::from_secs(u64::from(LAG_S + Readers::REPLY_S)));
    let behind = Condition::CaughtUp { readers: Readers::Replicas { lag_s: LAG_S } };
    let lacks = format!("SELECT count(*) FROM pg_stat_replication WHERE replay_lsn < '{made}'");
    let mut waited = 0;
    until(|| {
        // What it lacks is asked last: it only ever gets less.
        let caught_up = run::query(&mut client, &behind.sql())? == ["0"];
        let has_it = run::query(&mut client, &lacks)? == ["0"];
        waited += u32::from(!has_it);
        match (caught_up, has_it) {
            (true, false) => Err(Failure::new(behind.sql(), "it has not replayed what was made")),
            (caught_up, _) => Ok(caught_up),
        }
    })?;
    if waited == 0 {
        return Err("it replayed too soon: nothing was asked in time".into());
    }
    Ok(Completion::Completed)
}

/// Asks until it is so, for a minute.
fn until(mut is_so: impl FnMut() -> Result<bool, Failure>) -> Result<(), Failure> {
    let started = Instant::now();
    while !is_so()? {
        if started.elapsed() > Duration::from_secs(60) {
            return Err(Failure::new("replica", "not within a minute"));
        }
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// A replica of the server, in a folder below the server's, that replays every commit late.
fn standby(database: &Database<'_>, programs: &Path) -> Result<Standby, Failed> {
    let copied = database
        .client(&programs.join("pg_basebackup"))
        .args(["--pgdata=standby", "--write-recovery-conf", "--checkpoint=fast", "--no-sync"])
        .stdin(Stdio::null())
        .output()?;
    if !copied.status.success() {
        return Err(String::from_utf8_lossy(&copied.stderr).into_owned().into());
    }
    let late = format!("recovery_min_apply_delay={LATE_S}s");
    let settings = ["-c", "listen_addresses=", "-c", "hot_standby=on", "-c", "max_connections=80"];
    let child = database
        .client(&programs.join("postgres"))
        .args(["-D", "standby", "-k", ".", "-c", &late])
        .args(settings)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(Standby(child))
}

/// Ends with its value.
struct Standby(Child);

impl Drop for Standby {
    fn drop(&mut self) {
        // Nobody is left to tell.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

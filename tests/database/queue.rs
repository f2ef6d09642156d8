//! The simulator's lock queue against a server's: sessions ask for modes and leave, at random, and
//! after each event the same ones hold and the same ones wait. Knows nothing of plans.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use libtest_mimic::{Completion, Failed, Trial};
use planner::engine::LockMode;
use planner::engine::lock::MODES;
use rehearsal::{Client, Database, run};
use simulator::{Queue, Session};

use super::servers::{Servers, Wanted};

const N_SESSIONS: Session = 5;
const N_SCHEDULES: u64 = 120;
const N_EVENTS: u64 = 14;

/// How long the server may take to come to the state that the model is in.
const PATIENCE: Duration = Duration::from_secs(20);

/// The trials.
pub(crate) fn trials(servers: &Arc<Servers>) -> Vec<Trial> {
    let servers = Arc::clone(servers);
    let trial = Trial::ignorable_test("lock queue::as the server's", move || {
        let Some(server) = servers.get(Wanted { version: 12, exact: false, alone: false })? else {
            return Ok(Completion::ignored_with("no PostgreSQL here"));
        };
        let database = server.database()?;
        let mut client = database.connect()?;
        run::execute(&mut client, "CREATE TABLE t (a int)")?;
        (0..N_SCHEDULES).try_for_each(|seed| schedule(&database, &mut client, seed))?;
        Ok(Completion::Completed)
    });
    vec![trial]
}

/// A session of the server on a thread of its own, since it may have to wait.
struct Remote {
    pid: String,
    orders: Sender<String>,
    thread: JoinHandle<()>,
}

impl Remote {
    fn start(database: &Database<'_>) -> Result<Self, Failed> {
        let mut client = database.connect()?;
        let pid = run::query(&mut client, "SELECT pg_backend_pid()")?.concat();
        let (orders, inbox) = channel::<String>();
        let thread = thread::spawn(move || {
            for sql in inbox {
                // What goes wrong shows in pg_locks.
                if run::execute(&mut client, &sql).is_err() {
                    return;
                }
            }
        });
        Ok(Self { pid, orders, thread })
    }

    fn order(&self, sql: &str) -> Result<(), Failed> {
        self.orders.send(sql.to_owned()).map_err(|_| Failed::from("a session is gone"))
    }
}

fn schedule(database: &Database<'_>, client: &mut Client, seed: u64) -> Result<(), Failed> {
    let remotes: Vec<Remote> =
        (0..N_SESSIONS).map(|_| Remote::start(database)).collect::<Result<_, _>>()?;
    let mut queue = Queue::default();
    let mut drawn = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
    let mut log = Vec::new();
    for _ in 0..N_EVENTS {
        let session = Session::try_from(draw(&mut drawn, u64::from(N_SESSIONS)))?;
        let mode = MODES[usize::try_from(draw(&mut drawn, 8))?];
        let leaves = draw(&mut drawn, 3) == 0;
        let remote = &remotes[session as usize];
        let waits = queue.waiting().any(|(other, _)| other == session);
        let holds = |who: Session| queue.held().any(|(other, _)| other == who);
        // Two that hold and wait could wait for each other: deadlocks are not the queue's.
        let deadlock = holds(session) && queue.waiting().any(|(other, _)| holds(other));
        if waits || (!leaves && deadlock) || (leaves && !holds(session)) {
            continue;
        }
        if leaves {
            log.push(format!("{session} commits"));
            remote.order("COMMIT")?;
            let _granted = queue.leave(session);
        } else {
            log.push(format!("{session} asks for {}", mode.name()));
            if !holds(session) {
                remote.order("BEGIN")?;
            }
            remote.order(&format!("LOCK TABLE t IN {} MODE", mode.name()))?;
            let _at_once = queue.ask(session, mode);
        }
        settle(client, &queue, &remotes)
            .map_err(|why| format!("seed {seed}: {}\n{why}", log.join(", ")))?;
    }
    for remote in &remotes {
        run::execute(client, &format!("SELECT pg_terminate_backend({})", remote.pid))?;
    }
    for Remote { orders, thread, .. } in remotes {
        drop(orders);
        thread.join().map_err(|_| "a session's thread failed")?;
    }
    // Their locks are gone before the next schedule begins.
    settle(client, &Queue::default(), &[]).map_err(Failed::from)
}

/// Waits until the server shows what the queue has.
fn settle(client: &mut Client, queue: &Queue, remotes: &[Remote]) -> Result<(), String> {
    let line = |(session, mode): (Session, LockMode), granted: &str| {
        format!("{} {} {granted}", remotes[session as usize].pid, mode.pg_locks_name())
    };
    let wanted: BTreeSet<String> = (queue.held().map(|h| line(h, "holds")))
        .chain(queue.waiting().map(|w| line(w, "waits")))
        .collect();
    let started = Instant::now();
    loop {
        let sql = "SELECT pid || ' ' || mode || CASE WHEN granted THEN ' holds' ELSE ' waits' END \
            FROM pg_locks WHERE locktype = 'relation' AND relation = 't'::regclass";
        let found: BTreeSet<String> =
            run::query(client, sql).map_err(|e| e.to_string())?.into_iter().collect();
        if found == wanted {
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            return Err(format!("the model: {wanted:?}\nthe server: {found:?}"));
        }
        sleep(Duration::from_millis(1));
    }
}

/// `SplitMix64`, below `n`.
fn draw(state: &mut u64, n: u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % n
}

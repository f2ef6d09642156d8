//! Live traffic while a plan runs: one instance of every release that the step's app state names,
//! each on its own connection, reading and writing what its release reads and writes.
//! Must not know why a plan has its steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use planner::plan::{Plan, Step};
use planner::sync::Relay;
use postgres::Client;

use crate::failure::Failure;
use crate::run::{self, at_step, execute, query};
use crate::server::Database;
use crate::traffic::statement::Request;

mod statement;

/// What the instances saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Requests answered.
    pub n_requests: u64,
    /// Refused requests, each kind once: release, step, SQLSTATE, message.
    pub errors: Vec<String>,
    /// The longest time that a request took.
    pub longest: Duration,
    /// Which request that was, and during which step.
    pub longest_what: String,
}

/// What all instances share.
#[derive(Debug, Default)]
struct Shared {
    report: Mutex<Report>,
    step: Mutex<String>,
}

/// A running instance.
#[derive(Debug)]
struct Instance {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// The instances of a rollout.
#[derive(Debug)]
struct Fleet<'a> {
    database: &'a Database<'a>,
    plan: &'a Plan,
    shared: Arc<Shared>,
    instances: BTreeMap<String, Instance>,
    /// Releases that a deploy has replaced: a gate may still wait for them, none is started.
    replaced: BTreeSet<String>,
}

/// Runs a whole plan while instances of the right releases send requests.
///
/// # Errors
/// A step that failed or a check that did not hold. What requests met is in the report.
pub fn run_plan(database: &Database<'_>, plan: &Plan) -> Result<Report, Failure> {
    let mut client = database.connect()?;
    let shared = Arc::new(Shared::default());
    let mut fleet =
        Fleet { database, plan, shared, instances: BTreeMap::new(), replaced: BTreeSet::new() };
    let result = plan.steps().try_for_each(|step| {
        fleet.begin(step)?;
        run::run_step(&mut client, step)
            .and_then(|()| run::gate(&mut client, step, Duration::from_secs(5)))
            .map_err(|failure| at_step(step, failure))?;
        sleep(Duration::from_millis(15));
        fleet.end(step);
        Ok(())
    });
    let report = fleet.stop();
    result.map(|()| report)
}

impl Fleet<'_> {
    /// Stops the instances that the step's app state does not name and starts those it does.
    fn begin(&mut self, step: &Step) -> Result<(), Failure> {
        step.id.clone_into(&mut lock(&self.shared.step));
        let running: Vec<String> = self.instances.keys().cloned().collect();
        running.iter().filter(|id| !step.app_state.contains(id)).for_each(|id| self.stop_one(id));
        for id in &step.app_state {
            if !self.instances.contains_key(id) && !self.replaced.contains(id) {
                let instance = self.start(id)?;
                self.instances.insert(id.clone(), instance);
            }
        }
        if step.deploy.is_some() {
            sleep(Duration::from_millis(60));
        }
        Ok(())
    }

    /// After a deploy, the old release is gone.
    fn end(&mut self, step: &Step) {
        if let Some(deploy) = &step.deploy {
            // A canary leaves the old release running.
            if let Some(from) = deploy.from.as_ref().filter(|_| !deploy.canary) {
                self.replaced.insert(from.clone());
                self.stop_one(from);
            }
        }
    }

    fn stop_one(&mut self, id: &str) {
        self.instances.remove(id).into_iter().for_each(Instance::join);
    }

    fn start(&self, id: &str) -> Result<Instance, Failure> {
        let Some(release) = self.plan.release(id) else {
            return Err(Failure::new("start an instance", format!("no release `{id}`")));
        };
        let mut client = self.database.connect_as(&format!("app-{id}"))?;
        let offset = if self.instances.is_empty() { 1_000 } else { 16_000 };
        let requests = statement::requests(release, &self.plan.model);
        let feasible = feasible(&mut client, requests, offset)?;
        // Two shapes in two tables: such a plan says that a deadlock is to be found soon and tried again.
        let tries = if self.plan.model.relays.is_empty() { 1 } else { 5 };
        if tries > 1 {
            let ms = Relay::deadlock_timeout_ms(self.plan.model.lock_wait_ms);
            execute(&mut client, &format!("SET deadlock_timeout = '{ms}ms'"))?;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (flag, shared, id) = (Arc::clone(&stop), Arc::clone(&self.shared), id.to_owned());
        let thread = spawn(move || {
            let mut n = offset;
            while !flag.load(Ordering::Relaxed) {
                for request in &feasible {
                    send(&mut client, (request, tries), n, (&id, &shared));
                }
                n += 1;
                sleep(Duration::from_millis(2));
            }
        });
        Ok(Instance { stop, thread })
    }

    fn stop(&mut self) -> Report {
        std::mem::take(&mut self.instances).into_values().for_each(Instance::join);
        lock(&self.shared.report).clone()
    }
}

impl Instance {
    fn join(self) {
        self.stop.store(true, Ordering::Relaxed);
        // A panic of the thread has printed itself.
        drop(self.thread.join());
    }
}

/// Requests that the data allow: made-up values may break a CHECK or a length that is none of the
/// plan's business. What the schema refuses is kept: that is what the rehearsal is for.
fn feasible(client: &mut Client, requests: Vec<Request>, n: u32) -> Result<Vec<Request>, Failure> {
    let mut kept = Vec::new();
    for request in requests {
        execute(client, "BEGIN")?;
        let tried = query(client, &request.sql(n));
        execute(client, "ROLLBACK")?;
        let refused_by_data = |failure: &Failure| {
            failure.sqlstate.as_deref().is_some_and(|c| c.starts_with("22") || c.starts_with("23"))
        };
        if !tried.is_err_and(|failure| refused_by_data(&failure)) {
            kept.push(request);
        }
    }
    Ok(kept)
}

/// Sends one request, and what undoes it, and notes how that went.
fn send(
    client: &mut Client,
    (request, tries): (&Request, u32),
    n: u32,
    (release, shared): (&str, &Shared),
) {
    let mut left = tries;
    let mut sql = Some(request.sql(n));
    while let Some(text) = sql.take() {
        let started = Instant::now();
        let answer = query(client, &text);
        let took = started.elapsed();
        let step = lock(&shared.step).clone();
        let mut report = lock(&shared.report);
        report.n_requests += 1;
        if took > report.longest {
            report.longest = took;
            report.longest_what = format!("{release} during step {step}: {text}");
        }
        match answer {
            Ok(keys) => sql = request.undo_sql(keys.first().map(String::as_str)),
            Err(failure) if left > 1 && failure.sqlstate.as_deref() == Some("40P01") => {
                left -= 1;
                sql = Some(text);
            }
            Err(failure) => {
                let line = format!("{release} during step {step}: {failure}");
                let known = |e: &String| e.split(':').next() == line.split(':').next();
                if report.errors.len() < 20 && !report.errors.iter().any(known) {
                    report.errors.push(line);
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What a panicking instance left behind is still what was seen.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

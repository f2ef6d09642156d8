//! A database at the moment before a backfill: a table, a renamed column, the plan's steps run up to
//! the backfill's. Must not judge.

use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use planner::backfill::Backfill;
use planner::op::{Op, sql::render};
use planner::plan::StepKind;
use planner::request::{Change, Request};
use rehearsal::{Client, Database, Failure, Server, run};

use super::super::run_text;

/// A database, and the backfill that is to run next.
pub(super) struct Rig<'a> {
    pub(super) database: Database<'a>,
    pub(super) backfill: Backfill,
}

/// Longest anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

impl<'a> Rig<'a> {
    /// The schema has a table `public.t` with a text column `a`, which becomes `b`; it and its rows
    /// are made by `sql`. Batches of three rows and no pause, unless a trial says otherwise.
    pub(super) fn new(server: &'a Server, schema: &str, rows: &str) -> Result<Self, Failed> {
        let request = Request {
            engine: format!("postgres:{}", server.version()),
            schema: schema.to_owned(),
            change: Change::Statements("ALTER TABLE public.t RENAME COLUMN a TO b".to_owned()),
            ..Request::default()
        };
        let planned = planner::plan(&request);
        let plan = planned.plan.ok_or_else(|| format!("no plan: {:?}", planned.diagnostics))?;
        let database = server.database()?;
        let mut client = database.connect()?;
        run_text(&mut client, schema)?;
        run_text(&mut client, rows)?;
        for step in plan.steps().take_while(|step| step.kind != StepKind::Backfill) {
            if !step.script.is_empty() {
                run::run_step(&mut client, step)?;
            }
        }
        let note = plan.backfills.first().ok_or("the plan has no backfill")?;
        let mut backfill = note.backfill.clone();
        backfill.batch_rows = 3;
        backfill.tuner.rows_min = 1;
        backfill.tuner.rows_max = 3;
        backfill.pause_ms = 0;
        Ok(Self { database, backfill })
    }

    /// Creates the procedure as the backfill says now.
    pub(super) fn install(&self) -> Result<Client, Failure> {
        let mut client = self.database.connect()?;
        run::execute(&mut client, &render(&self.op_create()))?;
        Ok(client)
    }

    fn op_create(&self) -> Op {
        Op::CreateBackfill { backfill: self.backfill.clone() }
    }

    /// The statement that runs it.
    pub(super) fn call(&self) -> String {
        render(&Op::RunBackfill { backfill: self.backfill.clone() })
    }

    /// The backfill runs on a connection named `victim` while `beside` does something; gives what
    /// came of the call.
    pub(super) fn beside(
        &self,
        beside: impl FnOnce(&mut Client) -> Result<(), Failed>,
    ) -> Result<Result<(), Failure>, Failed> {
        let mut client = self.install()?;
        let mut victim = self.database.connect_as("victim")?;
        let call = self.call();
        scope(|threads| {
            let runner = threads.spawn(move || run::execute(&mut victim, &call));
            let done = beside(&mut client);
            let result = runner.join().map_err(|_| Failed::from("the thread panicked"));
            done?;
            result
        })
    }

    /// A column of the progress row, as text; empty where there is none.
    pub(super) fn progress(&self, client: &mut Client, column: &str) -> Result<String, Failure> {
        let sql = format!(
            "SELECT ({column})::text FROM concertina.backfill WHERE name = '{}'",
            self.backfill.name
        );
        Ok(run::query(client, &sql)?.into_iter().next().unwrap_or_default())
    }

    /// Waits until an SQL condition on the progress row holds.
    pub(super) fn wait_for(&self, client: &mut Client, condition: &str) -> Result<(), Failed> {
        let started = Instant::now();
        while self.progress(client, condition)? != "true" {
            if started.elapsed() > PATIENCE {
                let row = self.progress(client, "to_jsonb(backfill)")?;
                return Err(format!("waited in vain for {condition}: {row}").into());
            }
            sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Fails unless every row is done, and the progress row says so.
    pub(super) fn is_done(&self, client: &mut Client) -> Result<(), Failed> {
        let left = run::query(client, "SELECT count(*) FROM public.t WHERE a IS DISTINCT FROM b")?;
        let finished = self.progress(client, "finished_at IS NOT NULL")?;
        if left != ["0"] || finished != "true" {
            let row = self.progress(client, "to_jsonb(backfill)")?;
            return Err(format!("{left:?} rows are left; {row}").into());
        }
        Ok(())
    }
}

/// Ends the session named `victim`.
pub(super) fn kill_victim(client: &mut Client) -> Result<(), Failed> {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE application_name = 'victim' AND datname = current_database()";
    match run::query(client, sql)?.as_slice() {
        [one] if one == "t" || one == "true" => Ok(()),
        other => Err(format!("killed {other:?}").into()),
    }
}

/// Fails unless the call ended because its session did.
pub(super) fn was_killed(result: Result<(), Failure>) -> Result<(), Failed> {
    match result {
        Err(failure)
            if failure.sqlstate.as_deref() == Some("57P01")
                || failure.message.contains("closed")
                || failure.sqlstate.as_deref() == Some("57P02") =>
        {
            Ok(())
        }
        other => Err(format!("it was not killed: {other:?}").into()),
    }
}

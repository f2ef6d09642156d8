//! Two transactions that meet: a row that is inserted while the row that it belongs to changes, neither of which
//! sees the other. Must not know how the triggers are written.

use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use planner::Plan;
use planner::request::{Change, Request};
use rehearsal::{Client, Server, run};

use super::super::run_text;
use super::run_until;

const WRITES: [&str; 2] = [
    "UPDATE public.person SET bio = 'new' WHERE id = 1",
    "INSERT INTO public.profile (person_id) VALUES (1)",
];

/// Either is first, the value stands on either side before: afterwards both tables say what was written.
pub(super) fn a_row_and_its_parent(server: &Server) -> Result<(), Failed> {
    let bio = "CREATE TABLE public.person (id bigint PRIMARY KEY, bio text); \
        CREATE TABLE public.profile (person_id bigint PRIMARY KEY REFERENCES public.person)";
    let to_child =
        (bio, "move person.bio to profile", "INSERT INTO public.person VALUES (1, 'old')");
    let bio = "CREATE TABLE public.person (id bigint PRIMARY KEY); \
        CREATE TABLE public.profile (person_id bigint PRIMARY KEY REFERENCES public.person, bio text)";
    let to_parent = (bio, "move profile.bio to person", "INSERT INTO public.person VALUES (1)");
    for (schema, hint, rows) in [to_child, to_parent] {
        let plan = plan(server, schema, hint)?;
        for (first, second) in [(WRITES[0], WRITES[1]), (WRITES[1], WRITES[0])] {
            let database = server.database()?;
            let mut client = database.connect()?;
            run_text(&mut client, &format!("{schema}; {rows};"))?;
            run_until(&mut client, &plan, "carry writes between")?;
            let (mut one, mut other) = (database.connect()?, database.connect()?);
            run::execute(&mut one, "BEGIN")?;
            run::execute(&mut one, first)?;
            scope(|threads| {
                let beside = threads.spawn(move || run::execute(&mut other, second));
                let waited =
                    waits(&mut client).and_then(|()| Ok(run::execute(&mut one, "COMMIT")?));
                let done = beside.join().map_err(|_| Failed::from("the thread panicked"))?;
                waited?;
                Ok::<_, Failed>(done?)
            })?;
            let both = "SELECT p.bio || ' ' || c.bio FROM public.person AS p JOIN public.profile AS c ON c.person_id = p.id";
            let found = run::query(&mut client, both)?;
            if found != ["new new"] {
                return Err(format!("{hint}: {first}; meets {second}: {found:?}").into());
            }
        }
        older_snapshot(server, (schema, rows), &plan)?;
    }
    Ok(())
}

/// Who looks at the state before the row came is told, and does not write past it.
fn older_snapshot(
    server: &Server,
    (schema, rows): (&str, &str),
    plan: &Plan,
) -> Result<(), Failed> {
    let database = server.database()?;
    let mut client = database.connect()?;
    run_text(&mut client, &format!("{schema}; {rows};"))?;
    run_until(&mut client, plan, "carry writes between")?;
    let mut older = database.connect()?;
    run::execute(&mut older, "BEGIN ISOLATION LEVEL REPEATABLE READ")?;
    run::query(&mut older, "SELECT id FROM public.person")?;
    run::execute(&mut client, WRITES[1])?;
    match run::execute(&mut older, WRITES[0]) {
        Err(refused) if refused.sqlstate.as_deref() == Some("40001") => Ok(()),
        Err(refused) => Err(refused.into()),
        Ok(()) => Err("it wrote past a row that it does not see".into()),
    }
}

fn plan(server: &Server, schema: &str, hint: &str) -> Result<Plan, Failed> {
    let request = Request {
        engine: format!("postgres:{}", server.version()),
        schema: schema.to_owned(),
        change: Change::Statements(format!("-- concertina: {hint}")),
        ..Request::default()
    };
    let planned = planner::plan(&request);
    Ok(planned.plan.ok_or_else(|| format!("no plan: {:?}", planned.diagnostics))?)
}

/// Until somebody waits for a lock.
fn waits(client: &mut Client) -> Result<(), Failed> {
    let started = Instant::now();
    let waiting = "SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) \
        WHERE NOT l.granted AND a.datname = current_database()";
    while run::query(client, waiting)? != ["1"] {
        if started.elapsed() > Duration::from_secs(20) {
            return Err("nobody waits: they did not meet".into());
        }
        sleep(Duration::from_millis(5));
    }
    Ok(())
}

//! The size of batches, and what the plan's progress query says of a run half-way.

use libtest_mimic::Failed;
use rehearsal::{Server, run};

use super::rig::{Rig, kill_victim, was_killed};

pub(super) fn progress(server: &Server) -> Result<(), Failed> {
    let rows = "INSERT INTO public.t SELECT n, 'v' || n FROM generate_series(1, 100) AS n";
    let mut rig = Rig::new(server, "CREATE TABLE public.t (id bigint PRIMARY KEY, a text)", rows)?;
    rig.backfill.batch_rows = 5;
    rig.backfill.tuner.rows_min = 5;
    rig.backfill.tuner.rows_max = 5;
    rig.backfill.pause_ms = 40;
    let mut client = rig.install()?;
    let stop = "CREATE FUNCTION public.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        IF NEW.rows_seen >= 25 AND OLD.rows_seen < 25 THEN NEW.paused := true; END IF; RETURN NEW; END $$; \
        CREATE TRIGGER stop BEFORE UPDATE ON concertina.backfill FOR EACH ROW EXECUTE FUNCTION public.stop()";
    run::execute(&mut client, stop)?;
    let result = rig.beside(|client| {
        rig.wait_for(client, "waiting_for LIKE 'paused:%'")?;
        kill_victim(client)
    })?;
    was_killed(result)?;
    // The query as the plan shows it, inside another that judges its numbers: 25 of 100 rows are
    // done, so three times as long is left as five batches and their pauses took.
    let query = rig.backfill.progress_sql();
    let judged = format!(
        "SELECT concat_ws(', ', rows_seen, rows_total, unit, rows_changed, percent, paused, \
         waiting_for LIKE 'paused:%', time_left BETWEEN interval '0.6 s' AND interval '10 s', \
         abs(per_second * extract(epoch FROM time_left) - 75) < 5) FROM ({query}) AS q"
    );
    let found = run::query(&mut client, &judged)?;
    if found != ["25, 100, rows, 25, 25.0, t, t, t, t"] {
        return Err(format!("half-way: {found:?}").into());
    }
    run::execute(&mut client, "UPDATE concertina.backfill SET paused = false")?;
    run::execute(&mut client, &rig.call())?;
    rig.is_done(&mut client)?;
    let judged = format!(
        "SELECT concat_ws(', ', rows_seen, percent, time_left, waiting_for IS NULL) FROM ({query}) AS q"
    );
    let found = run::query(&mut client, &judged)?;
    if found == ["100, 100, 00:00:00, t"] {
        Ok(())
    } else {
        Err(format!("at the end: {found:?}").into())
    }
}

pub(super) fn tuner(server: &Server) -> Result<(), Failed> {
    // A millisecond and more a row: fifty of them are the target.
    let schema = "CREATE TABLE public.t (id bigint PRIMARY KEY, a text); \
        CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.002); RETURN NEW; END $$; \
        CREATE TRIGGER slow BEFORE UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION public.slow()";
    let rows = "INSERT INTO public.t SELECT n, 'v' || n FROM generate_series(1, 600) AS n";
    let mut rig = Rig::new(server, schema, rows)?;
    rig.backfill.tuner = planner::backfill::Tuner { target_ms: 50, rows_min: 4, rows_max: 100 };
    for (first, what) in [(200, "too big"), (4, "too small")] {
        rig.backfill.batch_rows = first;
        let mut client = rig.install()?;
        run::execute(&mut client, "TRUNCATE concertina.backfill")?;
        run::execute(&mut client, "ALTER TABLE public.t DISABLE TRIGGER USER")?;
        run::execute(&mut client, "UPDATE public.t SET b = NULL")?;
        run::execute(&mut client, "ALTER TABLE public.t ENABLE TRIGGER USER")?;
        run::execute(&mut client, &rig.call())?;
        rig.is_done(&mut client)?;
        let last: u32 = rig.progress(&mut client, "batch_rows")?.parse()?;
        if !(5..=40).contains(&last) {
            return Err(format!("from {what}, {first}, the batch became {last} rows").into());
        }
    }
    // Without the brake it grows, to its bound and no further.
    let mut client = rig.install()?;
    run::execute(&mut client, "DROP TRIGGER slow ON public.t; TRUNCATE concertina.backfill")?;
    run::execute(&mut client, &rig.call())?;
    let last = rig.progress(&mut client, "batch_rows")?;
    if last == "100" { Ok(()) } else { Err(format!("it grew to {last}, not to its bound").into()) }
}

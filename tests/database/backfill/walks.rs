//! Walks by every kind of key, and by none.

use libtest_mimic::Failed;
use rehearsal::{Server, run};

use super::rig::Rig;

/// Keys, with rows whose order is not that of their insertion. The schema's owner may have any
/// `DateStyle`: the second half runs under another one.
const KEYS: [(&str, &str, &str); 9] = [
    ("bigint", "id bigint PRIMARY KEY", "SELECT 1000 - n, 'v' || n FROM g"),
    (
        "text under a locale",
        "id text COLLATE \"C\" PRIMARY KEY",
        "SELECT chr((65 + (n * 7) % 58)::int) || n, 'v' || n FROM g",
    ),
    ("uuid", "id uuid PRIMARY KEY", "SELECT md5(n::text)::uuid, 'v' || n FROM g"),
    (
        "timestamp with time zone",
        "id timestamptz PRIMARY KEY",
        "SELECT timestamptz '2024-05-06 07:08:09.123456+02' + n * interval '13 days', 'v' || n FROM g",
    ),
    ("date", "id date PRIMARY KEY", "SELECT date '2024-01-02' + n * 9, 'v' || n FROM g"),
    ("numeric", "id numeric(12,4) PRIMARY KEY", "SELECT n / 7.0, 'v' || n FROM g"),
    ("character", "id character(8) PRIMARY KEY", "SELECT 'k' || n, 'v' || n FROM g"),
    ("bytea", "id bytea PRIMARY KEY", "SELECT decode(md5(n::text), 'hex'), 'v' || n FROM g"),
    (
        "unique and NOT NULL, not the primary key",
        "id text NOT NULL UNIQUE",
        "SELECT 'k\"\\''' || n, 'v' || n FROM g",
    ),
];

const COMPOSITE: &str = "tenant integer, at timestamptz, a text, PRIMARY KEY (tenant, at)";

pub(super) fn keys(server: &Server) -> Result<(), Failed> {
    let mut lines = Vec::new();
    let composite = (
        "composite",
        COMPOSITE,
        "SELECT n % 3, timestamptz '2024-05-06 07:08:09+02' + n * interval '13 days', 'v' || n FROM g",
    );
    for (name, key, rows) in KEYS.into_iter().chain([composite]) {
        if let Err(failed) = one_key(server, key, rows) {
            lines.push(format!("{name}: {}", failed.message().unwrap_or_default()));
        }
    }
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n").into()) }
}

fn one_key(server: &Server, key: &str, rows: &str) -> Result<(), Failed> {
    let columns =
        if key.contains("PRIMARY KEY (") { key.to_owned() } else { format!("{key}, a text") };
    let schema = format!("CREATE TABLE public.t ({columns})");
    let rows =
        format!("WITH g AS (SELECT generate_series(1, 25) AS n) INSERT INTO public.t {rows}");
    let rig = Rig::new(server, &schema, &rows)?;
    let mut client = rig.install()?;
    // A pause falls in the middle: the rest is done by a session with other settings.
    let stop = "CREATE FUNCTION public.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        IF NEW.rows_seen >= 12 AND OLD.rows_seen < 12 THEN NEW.paused := true; END IF; RETURN NEW; END $$; \
        CREATE TRIGGER stop BEFORE UPDATE ON concertina.backfill FOR EACH ROW EXECUTE FUNCTION public.stop()";
    run::execute(&mut client, stop)?;
    let mut other = rig.database.connect()?;
    let result = rig.beside(|client| {
        rig.wait_for(client, "paused AND waiting_for LIKE 'paused:%'")?;
        super::rig::kill_victim(client)
    })?;
    super::rig::was_killed(result)?;
    let seen = rig.progress(&mut client, "rows_seen || ' of ' || rows_total")?;
    if seen != "12 of 25" {
        return Err(format!("it stood at {seen}").into());
    }
    run::execute(&mut other, "UPDATE concertina.backfill SET paused = false")?;
    for setting in ["DateStyle = 'SQL, DMY'", "TimeZone = 'Asia/Tokyo'", "bytea_output = 'escape'"]
    {
        run::execute(&mut other, &format!("SET {setting}"))?;
    }
    run::execute(&mut other, &rig.call())?;
    rig.is_done(&mut client)?;
    let seen = rig.progress(&mut client, "rows_seen || ', ' || rows_changed")?;
    if seen != "25, 25" {
        return Err(format!("it saw, and changed, {seen}").into());
    }
    Ok(())
}

pub(super) fn pages(server: &Server) -> Result<(), Failed> {
    let rows = "INSERT INTO public.t SELECT n, 'v' || n, repeat('x', 500) FROM generate_series(1, 400) AS n";
    let rig = Rig::new(server, "CREATE TABLE public.t (n integer, a text, pad text)", rows)?;
    if !rig.backfill.key.is_empty() {
        return Err("the table has no key".into());
    }
    let mut client = rig.install()?;
    // Half of the rows move behind the walk while it is at them.
    let moving = "CREATE FUNCTION public.again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        IF NEW.rows_seen >= 6 AND OLD.rows_seen < 6 THEN NEW.paused := true; END IF; RETURN NEW; END $$; \
        CREATE TRIGGER again BEFORE UPDATE ON concertina.backfill FOR EACH ROW EXECUTE FUNCTION public.again()";
    run::execute(&mut client, moving)?;
    let result = rig.beside(|client| {
        rig.wait_for(client, "paused")?;
        // Rows that are not done are written anew in pages that the walk has left: once nobody, such as an
        // ANALYZE by autovacuum, has a snapshot that keeps the dead rows there.
        run::execute(
            client,
            "DO $$ BEGIN FOR i IN 1..200 LOOP EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity \
               WHERE backend_type = 'autovacuum worker' AND datname = current_database()); \
             PERFORM pg_stat_clear_snapshot(), pg_sleep(0.05); END LOOP; END $$",
        )?;
        run::execute(client, "VACUUM public.t")?;
        run::execute(client, "UPDATE public.t SET n = n + 1 WHERE b IS NULL")?;
        run::execute(client, "UPDATE concertina.backfill SET paused = false")?;
        Ok(())
    })?;
    result?;
    let passes = rig.progress(&mut client, "rows_total")?;
    if passes.parse::<u32>().is_ok_and(|pages| pages < 30) {
        return Err(format!("it was not walked twice: {passes} pages").into());
    }
    rig.is_done(&mut client)
}

pub(super) fn heirs(server: &Server) -> Result<(), Failed> {
    let rows = "INSERT INTO public.t SELECT n, 'v' FROM generate_series(1, 9) AS n";
    let rig = Rig::new(server, "CREATE TABLE public.t (n integer, a text)", rows)?;
    let mut client = rig.install()?;
    // It has more pages than its parent.
    let heir = "CREATE TABLE public.u (m integer) INHERITS (public.t); \
        INSERT INTO public.u SELECT n, repeat('w', 900), NULL, n FROM generate_series(1, 90) AS n";
    run::execute(&mut client, heir)?;
    run::execute(&mut client, &rig.call())?;
    rig.is_done(&mut client)
}

/// A trigger of the user's fires for every row, unless it says that it does not want to.
pub(super) fn own_triggers(server: &Server) -> Result<(), Failed> {
    for (when, touched) in
        [("", "5"), ("WHEN (coalesce(current_setting('concertina.backfill', true), '') = '')", "0")]
    {
        let schema = format!(
            "CREATE TABLE public.t (id bigint PRIMARY KEY, a text, n_changes integer NOT NULL DEFAULT 0); \
             CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.n_changes := OLD.n_changes + 1; RETURN NEW; END $$; \
             CREATE TRIGGER touch BEFORE UPDATE ON public.t FOR EACH ROW {when} EXECUTE FUNCTION public.touch()"
        );
        let rows = "INSERT INTO public.t SELECT n, 'v' || n FROM generate_series(1, 5) AS n";
        let rig = Rig::new(server, &schema, rows)?;
        let mut client = rig.install()?;
        run::execute(&mut client, &rig.call())?;
        rig.is_done(&mut client)?;
        let sum = run::query(&mut client, "SELECT sum(n_changes) FROM public.t")?;
        // The app's own write in the same session counts again.
        run::execute(&mut client, "UPDATE public.t SET a = 'w' WHERE id = 1")?;
        let after = run::query(&mut client, "SELECT sum(n_changes) FROM public.t")?;
        let more = touched.parse::<u32>()? + 1;
        if sum != [touched] || after != [more.to_string()] {
            return Err(format!("`{when}`: touched {sum:?}, then {after:?}").into());
        }
    }
    Ok(())
}

pub(super) fn two_callers(server: &Server) -> Result<(), Failed> {
    let rows = "INSERT INTO public.t SELECT n, 'v' || n FROM generate_series(1, 600) AS n";
    let rig = Rig::new(server, "CREATE TABLE public.t (id bigint PRIMARY KEY, a text)", rows)?;
    let result = rig.beside(|client| Ok(run::execute(client, &rig.call())?))?;
    result?;
    let mut client = rig.database.connect()?;
    rig.is_done(&mut client)?;
    let seen = rig.progress(&mut client, "rows_changed")?;
    if seen != "600" {
        return Err(format!("600 rows were changed {seen} times").into());
    }
    Ok(())
}

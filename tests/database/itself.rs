//! The rehearsal itself, tried: it has to see what it is there to see. It asks the planner for
//! nothing but the change as asked, so that it stands when a recipe is wrong.

use std::sync::Arc;

use libtest_mimic::{Completion, Failed, Trial};
use planner::engine::{Held, Lock, LockMode};
use planner::name::QName;
use planner::op::Op;
use planner::plan::{Estimate, Rollback, Statement, Step, StepKind};
use planner::request::{Change, Request};
use rehearsal::{Database, Failure, data, locks, run, snapshot, traffic};

use super::servers::{Servers, Wanted};
use super::{N_ROWS, run_text};

/// What a trial does with an empty database.
type Work = fn(&Database<'_>) -> Result<(), Failed>;

/// The trials.
pub(crate) fn trials(servers: &Arc<Servers>) -> Vec<Trial> {
    let all: [(&str, Work); 5] = [
        ("a snapshot sees every change", snapshot_sees),
        ("a snapshot does not see the order of columns", snapshot_ignores_order),
        ("rows are made for every type", data_fits),
        ("locks are compared with the declared ones", locks_differ),
        ("traffic meets the errors of a rename as asked", traffic_meets_errors),
    ];
    let make = |(name, work): (&str, Work)| {
        let servers = Arc::clone(servers);
        Trial::ignorable_test(format!("rehearsal::{name}"), move || {
            let Some(server) = servers.get(ANY)? else {
                return Ok(Completion::ignored_with("no PostgreSQL here"));
            };
            work(&server.database()?)?;
            Ok(Completion::Completed)
        })
    };
    all.into_iter().map(make).collect()
}

/// The oldest there is.
const ANY: Wanted = Wanted { version: 12, exact: false, alone: false };

const SCHEMA: &str = "CREATE TYPE mood AS ENUM ('dull', 'bright'); CREATE DOMAIN cents AS bigint CHECK (VALUE >= 0); \
    CREATE TABLE parent (id serial PRIMARY KEY, name varchar(9) UNIQUE); \
    CREATE TABLE child (id uuid PRIMARY KEY, parent_id integer REFERENCES parent (id), m mood, n cents NOT NULL, \
      at timestamptz, d date, ok boolean NOT NULL, j jsonb, t text[], x numeric(4,2), c char(2) CHECK (c <> ''), \
      g bigint GENERATED ALWAYS AS (n * 2) STORED); \
    CREATE VIEW v AS SELECT id, name FROM parent; CREATE INDEX child_d_idx ON child (d);";

fn snapshot_sees(database: &Database<'_>) -> Result<(), Failed> {
    let client = &mut database.connect()?;
    run_text(client, SCHEMA)?;
    let before = snapshot::schema(client)?;
    for change in [
        "ALTER TABLE child ALTER COLUMN at SET DEFAULT now()",
        "ALTER TABLE child ALTER COLUMN at SET NOT NULL",
        "ALTER TABLE child ALTER COLUMN n DROP NOT NULL",
        "ALTER TABLE child ALTER COLUMN c TYPE char(3)",
        "ALTER TABLE child ADD COLUMN extra text",
        "ALTER TABLE child DROP CONSTRAINT child_parent_id_fkey",
        "ALTER TABLE child ADD CHECK (d > '2000-01-01') NOT VALID",
        "DROP INDEX child_d_idx",
        "ALTER INDEX child_d_idx RENAME TO other",
        "CREATE INDEX ON child (parent_id)",
        "ALTER TYPE mood ADD VALUE 'odd'",
        "DROP VIEW v",
        "COMMENT ON COLUMN child.d IS 'a day'",
        "GRANT SELECT ON parent TO PUBLIC",
        "ALTER SEQUENCE parent_id_seq OWNED BY NONE",
        "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA concertina",
        "ALTER TABLE parent ENABLE ROW LEVEL SECURITY",
        "CREATE TRIGGER z BEFORE UPDATE ON parent FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE STATISTICS s ON id, name FROM parent",
        "CREATE PUBLICATION p FOR TABLE parent",
    ] {
        // Not every statement may stand in a transaction of 11 and older; all here may.
        run_text(client, "BEGIN")?;
        run_text(client, change)?;
        let after = snapshot::schema(client)?;
        run_text(client, "ROLLBACK")?;
        if after == before {
            return Err(format!("it does not see `{change}`").into());
        }
    }
    super::same("after all was undone, it differs", &before, &snapshot::schema(client)?)
}

fn snapshot_ignores_order(database: &Database<'_>) -> Result<(), Failed> {
    let client = &mut database.connect()?;
    run_text(client, "CREATE TABLE t (a integer, b text); INSERT INTO t VALUES (1, 'x')")?;
    let before = (snapshot::schema(client)?, snapshot::rows(client, &[])?);
    run_text(
        client,
        "DROP TABLE t; CREATE TABLE t (b text, a integer); INSERT INTO t VALUES ('x', 1)",
    )?;
    let after = (snapshot::schema(client)?, snapshot::rows(client, &[])?);
    super::same("the order of columns counts", &before.0, &after.0)?;
    super::same("the order of columns counts", &before.1, &after.1)?;
    let without = snapshot::rows(client, &["public.t.b".to_owned()])?;
    super::same("a column is not left out", "public.t {\"a\": 1}\n", &without)
}

fn data_fits(database: &Database<'_>) -> Result<(), Failed> {
    let client = &mut database.connect()?;
    run_text(client, SCHEMA)?;
    data::fill(client, N_ROWS)?;
    let counts =
        run::query(client, "SELECT count(*) FROM child UNION ALL SELECT count(*) FROM parent")?;
    if counts != [N_ROWS.to_string(), N_ROWS.to_string()] {
        return Err(format!("made {counts:?} rows").into());
    }
    Ok(())
}

fn locks_differ(database: &Database<'_>) -> Result<(), Failed> {
    let client = &mut database.connect()?;
    run_text(client, SCHEMA)?;
    let sql =
        "ALTER TABLE child ADD CONSTRAINT other FOREIGN KEY (parent_id) REFERENCES parent (id)";
    let table = |name: &str| QName::new("public", name);
    let exclusive = |name: &str| Lock::new(table(name), LockMode::ShareRowExclusive, Held::Scan);
    let right = step(sql, vec![exclusive("child"), exclusive("parent")]);
    let wrong = step(
        "ALTER TABLE child DROP CONSTRAINT other",
        vec![exclusive("child"), Lock::new(table("v"), LockMode::AccessShare, Held::Instant)],
    );
    let mut compare = |step: &Step| -> Result<Vec<String>, Failure> {
        let seen = locks::run_step(client, step)?;
        Ok(locks::differences(step, &seen))
    };
    let lines = compare(&right)?;
    if !lines.is_empty() {
        return Err(lines.join("\n").into());
    }
    let lines = compare(&wrong)?.join("\n");
    let want = "step 1.1: public.child is locked ACCESS EXCLUSIVE, declared SHARE ROW EXCLUSIVE\n\
                step 1.1: public.parent is locked ACCESS EXCLUSIVE, declared nothing\n\
                step 1.1: public.v is not locked, declared ACCESS SHARE";
    super::same("other differences", want, &lines)
}

fn traffic_meets_errors(database: &Database<'_>) -> Result<(), Failed> {
    let schema = "CREATE TABLE renamed (id bigint PRIMARY KEY, name text, at timestamptz)";
    let change = "ALTER TABLE renamed RENAME COLUMN name TO full_name";
    let request = Request {
        schema: schema.to_owned(),
        change: Change::Statements(change.to_owned()),
        ..Request::default()
    };
    let plan = planner::as_asked(&request).plan.ok_or("the rename cannot be read")?;
    let client = &mut database.connect()?;
    run_text(client, schema)?;
    data::fill(client, N_ROWS)?;
    let report = traffic::run_plan(database, &plan)?;
    let of = |release: &str| {
        let mut errors = report.errors.iter();
        errors.any(|error| error.starts_with(release) && error.contains("42703"))
    };
    if of("R0") && !of("R1") && report.n_requests > 20 {
        return Ok(());
    }
    Err(format!("{} requests met {:?}", report.n_requests, report.errors).into())
}

/// A step that runs one statement.
pub(super) fn step(sql: &str, locks: Vec<Lock>) -> Step {
    let op = Op::Verbatim { sql: sql.to_owned(), relation: None };
    Step {
        id: "1.1".to_owned(),
        kind: StepKind::Ddl,
        operation: sql.to_owned(),
        script: vec![Statement::new(op)],
        commands: Vec::new(),
        rollback: Rollback::default(),
        locks,
        online: true,
        alternative: String::new(),
        app_state: Vec::new(),
        prepared: Vec::new(),
        checks: Vec::new(),
        destructive: false,
        estimate: Estimate::default(),
        why: String::new(),
        deploy: None,
    }
}

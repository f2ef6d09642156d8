//! The measurement on pairs of schemas, tried: it has to tell a wrong plan from a right one. Every
//! plan here is made by hand; the planner is not asked.

use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Completion, Failed, Trial};
use planner::Plan;
use planner::engine::Engine;
use planner::op::Op;
use planner::plan::{FORMAT, Model, Phase, PhaseKind, PointOfNoReturn, Statement, Step};
use planner::schema::Schema;
use rehearsal::{Server, run};
use tests::pairs::corpus::Pair;
use tests::pairs::dump;
use tests::pairs::judge::Judge;
use tests::pairs::outcome::{Outcome, Verdict};
use tests::pairs::tools::{self, Tools};

use super::itself::step;
use super::same;
use super::servers::{Servers, Wanted};

/// What a trial does with a server and its client programs.
type Work = fn(&Server, &Tools) -> Result<(), Failed>;

/// The trials.
pub(crate) fn trials(servers: &Arc<Servers>) -> Vec<Trial> {
    let all: [(&str, Work); 3] = [
        ("a wrong plan is told from a right one", wrong_plans),
        ("a dump sees every change", dump_sees),
        ("a dump does not see orders that mean nothing", dump_ignores_order),
    ];
    let make = |(name, work): (&str, Work)| {
        let servers = Arc::clone(servers);
        Trial::ignorable_test(format!("pairs::{name}"), move || {
            let Ok((tools, _)) = tools::choose(None) else {
                return Ok(Completion::ignored_with("no PostgreSQL with psql and pg_dump here"));
            };
            let wanted = Wanted { version: tools.server.version, exact: true, alone: false };
            let Some(server) = servers.get(wanted)? else {
                return Ok(Completion::ignored_with("no PostgreSQL here"));
            };
            work(&server, &tools)?;
            Ok(Completion::Completed)
        })
    };
    all.into_iter().map(make).collect()
}

const OLD: &str = "CREATE TABLE t (id bigint PRIMARY KEY); GRANT SELECT ON t TO \"Pair reader\";";
const NEW: &str = "CREATE TABLE t (a text, id bigint PRIMARY KEY); \
    GRANT SELECT ON t TO \"Pair reader\"; COMMENT ON TABLE t IS 'kept';";

/// A statement and what undoes it.
type Done = (&'static str, &'static str);

/// Plans, and how each must be judged.
const PLANS: [(&[Done], Outcome, &str); 7] = [
    (&[(ADD, UNDO_ADD), (COMMENT, UNDO_COMMENT)], Outcome::Verified, ""),
    (&[(ADD, UNDO_ADD)], Outcome::Differs, "- COMMENT ON TABLE public.t IS 'kept'"),
    (
        &[("ALTER TABLE t ADD a varchar(9)", UNDO_ADD), (COMMENT, UNDO_COMMENT)],
        Outcome::Differs,
        "+ CREATE TABLE public.t: a character varying(9)\n- CREATE TABLE public.t: a text",
    ),
    (
        &[(ADD, UNDO_ADD), (COMMENT, UNDO_COMMENT), ("CREATE SCHEMA left_behind", "SELECT 1")],
        Outcome::Differs,
        "+ ALTER SCHEMA left_behind OWNER TO postgres\n+ CREATE SCHEMA left_behind",
    ),
    (
        &[(ADD, UNDO_ADD), (COMMENT, "SELECT 1")],
        Outcome::Unrolled,
        "back from step 1.2: it differs\n+ COMMENT ON TABLE public.t IS 'kept'",
    ),
    (
        &[(ADD, "ALTER TABLE t DROP COLUMN b"), (COMMENT, UNDO_COMMENT)],
        Outcome::Unrolled,
        "back from step 1.1: undoing step 1.1: 42703 column \"b\" of relation \"t\" does not exist\n  \
         in: ALTER TABLE t DROP COLUMN b",
    ),
    (
        &[(ADD, UNDO_ADD), (ADD, UNDO_ADD)],
        Outcome::Failed,
        "step 1.2 (ALTER TABLE t ADD a text): 42701 column \"a\" of relation \"t\" already exists\n  \
         in: ALTER TABLE t ADD a text",
    ),
];
const ADD: &str = "ALTER TABLE t ADD a text";
const UNDO_ADD: &str = "ALTER TABLE t DROP COLUMN a";
const COMMENT: &str = "COMMENT ON TABLE t IS 'kept'";
const UNDO_COMMENT: &str = "COMMENT ON TABLE t IS NULL";

fn wrong_plans(server: &Server, tools: &Tools) -> Result<(), Failed> {
    let judge = Judge { server, tools, limit: Duration::from_secs(30), every_step: false };
    let pair = Pair { old: OLD.to_owned(), new: NEW.to_owned(), ..Pair::default() };
    for (statements, outcome, said) in PLANS {
        let Verdict { outcome: found, details, .. } = judge.judge_plan(&pair, plan(statements))?;
        let found = format!("{found}\n{}", details.join("\n"));
        same(&format!("a plan of {statements:?}"), &format!("{outcome}\n{said}"), &found)?;
    }
    let broken = Pair { new: "CREATE TABLE".to_owned(), ..pair };
    let found = judge.judge_plan(&broken, plan(&[]))?.outcome;
    same("a pair that does not load", Outcome::Unloadable.word(), found.word())
}

/// A plan that runs these statements, a step each.
fn plan(statements: &[Done]) -> Plan {
    let verbatim = |sql: &str| Op::Verbatim { sql: sql.to_owned(), relation: None };
    let steps = statements.iter().enumerate().map(|(index, (sql, undo))| {
        let mut step = step(sql, Vec::new());
        step.id = format!("1.{}", index + 1);
        step.rollback.script = vec![Statement::new(verbatim(undo))];
        step
    });
    let steps: Vec<Step> = steps.collect();
    let phase = Phase { number: 1, kind: PhaseKind::Expand, title: String::new(), steps };
    Plan {
        format: FORMAT.to_owned(),
        engine: Engine { version: 15 },
        title: String::new(),
        source_schema_hash: String::new(),
        releases: Vec::new(),
        phases: vec![phase],
        point_of_no_return: PointOfNoReturn {
            step: None,
            why: String::new(),
            recovery: Vec::new(),
        },
        backfills: Vec::new(),
        validation: Vec::new(),
        hazards: Vec::new(),
        strategies: Vec::new(),
        impossible: Vec::new(),
        questions: Vec::new(),
        not_analysed: Vec::new(),
        assumptions: Vec::new(),
        queries: Vec::new(),
        model: Model {
            source: Schema::default(),
            target: Schema::default(),
            asked: Vec::new(),
            conversions: Vec::new(),
            narrowed: Vec::new(),
            bears: Vec::new(),
            closed: Vec::new(),
            confined: Vec::new(),
            relays: Vec::new(),
            big_tables: Vec::new(),
            lock_wait_ms: 0,
            backup: false,
            downtime_s: 0,
            traffic: Vec::new(),
            replicas: 0,
        },
    }
}

/// Statements that each leave another schema than the one before.
const CHANGES: [&str; 46] = [
    "CREATE SCHEMA s",
    "CREATE TABLE s.a (id bigint, b text, d date, n numeric)",
    "ALTER TABLE s.a ALTER COLUMN b SET DEFAULT 'x'",
    "ALTER TABLE s.a ALTER COLUMN b TYPE varchar(9)",
    "ALTER TABLE s.a ALTER COLUMN b TYPE varchar(9) COLLATE \"C\"",
    "ALTER TABLE s.a ALTER COLUMN b SET NOT NULL",
    "ALTER TABLE s.a ALTER COLUMN b SET STORAGE EXTERNAL",
    "ALTER TABLE s.a ALTER COLUMN b SET STATISTICS 7",
    "ALTER TABLE s.a ALTER COLUMN b SET (n_distinct = 3)",
    "ALTER TABLE s.a ALTER COLUMN id SET NOT NULL",
    "ALTER TABLE s.a ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY",
    "ALTER TABLE s.a ALTER COLUMN id SET INCREMENT BY 2",
    "ALTER TABLE s.a ADD g numeric GENERATED ALWAYS AS (n * 2) STORED",
    "ALTER TABLE s.a ADD CONSTRAINT a_check CHECK (n > 0) NOT VALID",
    "ALTER TABLE s.a VALIDATE CONSTRAINT a_check",
    "ALTER TABLE s.a ADD CONSTRAINT a_key UNIQUE (id)",
    "ALTER TABLE s.a ADD CONSTRAINT a_fkey FOREIGN KEY (id) REFERENCES s.a (id)",
    "ALTER TABLE s.a ALTER CONSTRAINT a_fkey DEFERRABLE",
    "CREATE INDEX a_d_idx ON s.a (d)",
    "ALTER TABLE s.a SET (fillfactor = 70)",
    "ALTER TABLE s.a REPLICA IDENTITY FULL",
    "ALTER TABLE s.a CLUSTER ON a_d_idx",
    "ALTER TABLE s.a ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY p ON s.a USING (n > 0)",
    "CREATE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER g BEFORE INSERT ON s.a FOR EACH ROW EXECUTE FUNCTION s.f()",
    "ALTER TABLE s.a DISABLE TRIGGER g",
    "CREATE RULE r AS ON DELETE TO s.a DO INSTEAD NOTHING",
    "CREATE VIEW s.v AS SELECT id, b FROM s.a",
    "CREATE OR REPLACE VIEW s.v AS SELECT id, b, d FROM s.a",
    "CREATE MATERIALIZED VIEW s.m AS SELECT id FROM s.a",
    "CREATE SEQUENCE s.q",
    "ALTER SEQUENCE s.q OWNED BY s.a.n",
    "CREATE TYPE s.mood AS ENUM ('dull', 'bright')",
    "ALTER TYPE s.mood ADD VALUE 'odd' BEFORE 'dull'",
    "CREATE DOMAIN s.cents AS bigint CHECK (VALUE >= 0)",
    "CREATE TYPE s.two AS (a integer, b text)",
    "CREATE TYPE s.span AS RANGE (subtype = date)",
    "CREATE AGGREGATE s.total (numeric) (SFUNC = numeric_add, STYPE = numeric)",
    "CREATE STATISTICS s.st ON id, d FROM s.a",
    "CREATE PUBLICATION pub FOR TABLE s.a",
    "GRANT SELECT (id) ON s.a TO PUBLIC",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO PUBLIC",
    "CREATE TABLE s.p (id bigint) PARTITION BY RANGE (id); CREATE TABLE s.p1 (id bigint)",
    "ALTER TABLE s.p ATTACH PARTITION s.p1 FOR VALUES FROM (0) TO (9)",
    "COMMENT ON COLUMN s.a.b IS 'a text; with -- all in it'",
];

fn dump_sees(server: &Server, tools: &Tools) -> Result<(), Failed> {
    let database = server.database()?;
    let mut before = dump::take(tools, &database)?;
    for change in CHANGES {
        run::execute(&mut database.connect()?, change)?;
        let after = dump::take(tools, &database)?;
        if after.difference(&before).is_empty() {
            return Err(format!("it does not see `{change}`").into());
        }
        before = after;
    }
    // What a failed build leaves behind, pg_dump does not print.
    let sql = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 's.a_d_idx'::regclass";
    run::execute(&mut database.connect()?, sql)?;
    let lines = dump::take(tools, &database)?.difference(&before).lines().join("\n");
    if lines.contains("+ INVALID INDEX") {
        return Ok(());
    }
    Err(format!("it does not see an invalid index, but {lines}").into())
}

fn dump_ignores_order(server: &Server, tools: &Tools) -> Result<(), Failed> {
    let dump = |sql: &str| {
        let database = server.database()?;
        run::execute(&mut database.connect()?, sql)?;
        dump::take(tools, &database)
    };
    let one = dump(
        "CREATE TABLE a (x numeric(4,2), y text DEFAULT 'a, (b'); CREATE TABLE b (); \
         GRANT SELECT ON a TO PUBLIC; GRANT INSERT ON b TO PUBLIC",
    )?;
    let other = dump(
        "CREATE TABLE b (); CREATE TABLE a (y text DEFAULT 'a, (b', x numeric(4,2)); \
         GRANT INSERT ON b TO PUBLIC; GRANT SELECT ON a TO PUBLIC",
    )?;
    same("orders count", "", &one.difference(&other).lines().join("\n"))
}

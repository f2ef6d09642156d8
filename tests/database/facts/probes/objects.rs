//! Views, triggers, policies, comments, privileges, sequences, types, routines, publications.

use planner::engine::postgres::Form;

use super::{ALONE, PARTITIONED, PLAIN, Probe, probe};

const T: &[&str] = &[PLAIN];
const M: &[&str] = &[PARTITIONED];
const TRIGGER: &str = "CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()";
const M_TRIGGER: &str = "CREATE TRIGGER tr AFTER UPDATE ON m FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()";
const FUNCTION: &str =
    "CREATE FUNCTION fn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'";
const MV: &[&str] = &[
    PLAIN,
    "CREATE MATERIALIZED VIEW mv AS SELECT id, a FROM t; CREATE UNIQUE INDEX mv_id ON mv (id)",
];
const SEQUENCE: &[&str] = &[ALONE, "CREATE SEQUENCE sq"];
const ENUM: &[&str] = &[
    "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE q (x mood); INSERT INTO q SELECT 'a' FROM generate_series(1, 20)",
];
const COMPOSITE: &[&str] = &["CREATE TYPE pair AS (x int); CREATE TABLE q (p pair)"];
const RULE: &str = "CREATE RULE ru AS ON DELETE TO t DO ALSO SELECT 1";
const POLICY: &str = "CREATE POLICY po ON t USING (a > 0)";
const ROLE: &str = "DO $$ BEGIN CREATE ROLE facts_owner; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$";
const PUBLICATION: &[&str] = &[PLAIN, "CREATE PUBLICATION pu FOR TABLE t"];

pub(super) const PROBES: &[Probe] = &[
    probe(Form::CreateView, T, "CREATE VIEW fresh AS SELECT a FROM t"),
    probe(Form::CreateView, T, "CREATE VIEW fresh AS SELECT w.id FROM w JOIN c ON true"),
    probe(Form::CreateView, T, "CREATE OR REPLACE VIEW fresh AS SELECT a FROM t"),
    probe(Form::CreateView, T, "CREATE MATERIALIZED VIEW fresh AS SELECT a FROM t WITH NO DATA"),
    probe(Form::ReplaceView, T, "CREATE OR REPLACE VIEW w AS SELECT id, d, a FROM t"),
    probe(Form::AlterView, T, "ALTER VIEW w RENAME TO fresh"),
    probe(Form::AlterView, T, "ALTER VIEW w SET (security_barrier = true)"),
    probe(Form::AlterView, T, "ALTER VIEW w ALTER COLUMN id SET DEFAULT 1"),
    probe(Form::AlterView, MV, "ALTER MATERIALIZED VIEW mv RENAME TO fresh"),
    probe(Form::SetMaterializedViewOption, MV, "ALTER MATERIALIZED VIEW mv SET (fillfactor = 50)"),
    probe(Form::DropView, T, "DROP VIEW w"),
    probe(Form::DropView, &[PLAIN, "CREATE VIEW w2 AS SELECT * FROM w"], "DROP VIEW w CASCADE"),
    probe(Form::DropView, MV, "DROP MATERIALIZED VIEW mv"),
    probe(Form::CreateMaterializedView, T, "CREATE MATERIALIZED VIEW fresh AS SELECT * FROM w"),
    probe(Form::Refresh, MV, "REFRESH MATERIALIZED VIEW mv"),
    probe(Form::RefreshNoData, MV, "REFRESH MATERIALIZED VIEW mv WITH NO DATA"),
    probe(Form::RefreshConcurrently, MV, "REFRESH MATERIALIZED VIEW CONCURRENTLY mv"),
    probe(Form::RowSecurity, T, "ALTER TABLE t ENABLE ROW LEVEL SECURITY"),
    probe(Form::RowSecurity, M, "ALTER TABLE m FORCE ROW LEVEL SECURITY"),
    probe(Form::Policy, T, "CREATE POLICY po ON t USING (a IN (SELECT n FROM p))"),
    probe(Form::Policy, &[PLAIN, POLICY], "ALTER POLICY po ON t USING (a > 1)"),
    probe(Form::Policy, &[PLAIN, POLICY], "DROP POLICY po ON t"),
    probe(Form::Rule, T, RULE),
    probe(Form::Rule, &[PLAIN, RULE], "DROP RULE ru ON t"),
    probe(Form::Rule, &[PLAIN, RULE], "ALTER TABLE t DISABLE RULE ru"),
    probe(Form::CreateTrigger, T, TRIGGER),
    probe(Form::CreateTrigger, &[PLAIN, TRIGGER], "CREATE OR REPLACE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()").since(14),
    probe(Form::CreateTrigger, M, M_TRIGGER),
    probe(Form::EnableTrigger, &[PLAIN, TRIGGER], "ALTER TABLE t ENABLE ALWAYS TRIGGER tr"),
    probe(Form::EnableTrigger, &[PLAIN, TRIGGER], "ALTER TABLE t DISABLE TRIGGER USER"),
    probe(Form::EnableTrigger, &[PARTITIONED, M_TRIGGER], "ALTER TABLE m DISABLE TRIGGER tr"),
    probe(Form::RenameTrigger, &[PLAIN, TRIGGER], "ALTER TRIGGER tr ON t RENAME TO fresh"),
    probe(Form::RenameTrigger, &[PARTITIONED, M_TRIGGER], "ALTER TRIGGER tr ON m RENAME TO fresh"),
    probe(Form::DropTrigger, &[PLAIN, TRIGGER], "DROP TRIGGER tr ON t"),
    probe(Form::DropTrigger, &[PARTITIONED, M_TRIGGER], "DROP TRIGGER tr ON m"),
    probe(Form::GrantTable, T, "GRANT SELECT ON t TO PUBLIC"),
    probe(Form::GrantTable, T, "REVOKE UPDATE (a) ON TABLE t FROM PUBLIC"),
    probe(Form::GrantOther, T, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC"),
    probe(Form::GrantOther, T, "GRANT USAGE ON SCHEMA public TO PUBLIC"),
    probe(Form::GrantOther, T, "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC"),
    probe(Form::CommentOnTable, T, "COMMENT ON TABLE t IS 'x'"),
    probe(Form::CommentOnTable, T, "COMMENT ON COLUMN t.a IS 'x'"),
    probe(Form::CommentOnTable, T, "COMMENT ON VIEW w IS 'x'"),
    probe(Form::CommentOnTable, MV, "COMMENT ON MATERIALIZED VIEW mv IS 'x'"),
    probe(Form::CommentOnTable, SEQUENCE, "COMMENT ON SEQUENCE sq IS 'x'"),
    probe(Form::CommentOnPart, T, "COMMENT ON CONSTRAINT t_pkey ON t IS 'x'"),
    probe(Form::CommentOnPart, &[PLAIN, TRIGGER], "COMMENT ON TRIGGER tr ON t IS 'x'"),
    probe(Form::CommentOnPart, &[PLAIN, POLICY], "COMMENT ON POLICY po ON t IS 'x'"),
    probe(Form::CommentOnIndex, T, "COMMENT ON INDEX t_a IS 'x'"),
    probe(Form::CommentOther, T, "COMMENT ON SCHEMA public IS 'x'"),
    probe(Form::CreateStatistics, T, "CREATE STATISTICS st ON a, b FROM t"),
    probe(Form::AlterStatistics, &[PLAIN, "CREATE STATISTICS st ON a, b FROM t"], "ALTER STATISTICS st RENAME TO fresh"),
    probe(Form::CreateSequence, T, "CREATE SEQUENCE sq"),
    probe(Form::CreateSequence, T, "CREATE SEQUENCE sq OWNED BY t.a"),
    probe(Form::AlterSequence, SEQUENCE, "ALTER SEQUENCE sq RESTART WITH 10"),
    probe(Form::AlterSequence, SEQUENCE, "ALTER SEQUENCE sq CACHE 10"),
    probe(Form::AlterSequence, SEQUENCE, "ALTER SEQUENCE sq OWNED BY q.a"),
    probe(Form::RenameSequence, SEQUENCE, "ALTER SEQUENCE sq RENAME TO fresh"),
    probe(Form::RenameSequence, &[ALONE, "CREATE SEQUENCE sq", ROLE], "ALTER SEQUENCE sq OWNER TO facts_owner"),
    probe(Form::RenameSequence, SEQUENCE, "ALTER SEQUENCE sq SET UNLOGGED").since(15),
    probe(Form::DropSequence, SEQUENCE, "DROP SEQUENCE sq"),
    probe(Form::DropSequence, &[ALONE, "CREATE SEQUENCE sq", "ALTER TABLE q ALTER a SET DEFAULT nextval('sq')"], "DROP SEQUENCE sq CASCADE"),
    probe(Form::CreateType, T, "CREATE TYPE fresh AS ENUM ('a')"),
    probe(Form::CreateType, T, "CREATE TYPE fresh AS (x int)"),
    probe(Form::AddEnumValue, ENUM, "ALTER TYPE mood ADD VALUE 'c'"),
    probe(Form::RenameEnumValue, ENUM, "ALTER TYPE mood RENAME VALUE 'a' TO 'z'"),
    probe(Form::AlterType, ENUM, "ALTER TYPE mood RENAME TO fresh"),
    probe(Form::AlterComposite, COMPOSITE, "ALTER TYPE pair ADD ATTRIBUTE y int"),
    probe(Form::AlterComposite, &["CREATE TYPE pair AS (x int); CREATE TABLE tt OF pair"], "ALTER TYPE pair ADD ATTRIBUTE y int CASCADE"),
    probe(Form::DropType, ENUM, "DROP TYPE mood CASCADE"),
    probe(Form::Routine, T, "CREATE FUNCTION fresh() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    probe(Form::Routine, &[PLAIN, FUNCTION], "CREATE OR REPLACE FUNCTION fn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'"),
    probe(Form::Routine, &[PLAIN, FUNCTION], "DROP FUNCTION fn()"),
    probe(Form::DropRoutineCascade, &[PLAIN, FUNCTION, "CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION fn()"], "DROP FUNCTION fn() CASCADE"),
    probe(Form::Publication, T, "CREATE PUBLICATION pu FOR TABLE t"),
    probe(Form::Publication, PUBLICATION, "ALTER PUBLICATION pu ADD TABLE c"),
    probe(Form::Publication, PUBLICATION, "ALTER PUBLICATION pu DROP TABLE t"),
    probe(Form::PublicationOther, T, "CREATE PUBLICATION pu FOR ALL TABLES"),
    probe(Form::PublicationOther, PUBLICATION, "DROP PUBLICATION pu"),
    probe(Form::Container, T, "CREATE SCHEMA fresh"),
    probe(Form::Container, T, "CREATE ROLE facts_fresh"),
    probe(Form::DropSchema, T, "DROP SCHEMA public CASCADE"),
    probe(Form::DropSchema, T, "DROP SCHEMA other"),
    probe(Form::NoTable, T, "SET lock_timeout = '2s'"),
];

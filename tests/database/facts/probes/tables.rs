//! Whole tables.

use planner::engine::postgres::Form;

use super::{ALONE, PARTITIONED, PLAIN, Probe, probe};

const T: &[&str] = &[PLAIN];
const M: &[&str] = &[PARTITIONED];
const Q: &[&str] = &[ALONE];
const SERIAL: &[&str] = &[ALONE, "ALTER TABLE q ADD COLUMN n serial"];
const DEFAULTED: &[&str] = &[
    PARTITIONED,
    "CREATE TABLE md PARTITION OF m DEFAULT; INSERT INTO m SELECT g, g FROM generate_series(100, 119) g",
];
const ROLE: &str = "DO $$ BEGIN CREATE ROLE facts_owner; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$";

pub(super) const PROBES: &[Probe] = &[
    probe(Form::CreateTable, T, "CREATE TABLE fresh (id bigint PRIMARY KEY, a int UNIQUE)"),
    probe(Form::CreateTable, T, "CREATE TABLE fresh (id bigint REFERENCES p)"),
    probe(Form::CreateTable, T, "CREATE TABLE fresh (LIKE t INCLUDING ALL)"),
    probe(Form::CreateTable, T, "CREATE UNLOGGED TABLE fresh (id bigint) PARTITION BY RANGE (id)").until(17),
    probe(Form::CreateTableAs, T, "CREATE TABLE fresh AS SELECT * FROM t"),
    probe(Form::CreateTableAs, T, "CREATE TABLE fresh AS SELECT * FROM w"),
    probe(Form::CreateTableInherits, T, "CREATE TABLE fresh (x int) INHERITS (t)"),
    probe(Form::DropTable, T, "DROP TABLE c"),
    probe(Form::DropTable, T, "DROP TABLE t CASCADE"),
    probe(Form::DropTable, SERIAL, "DROP TABLE q"),
    probe(Form::DropTable, M, "DROP TABLE m"),
    probe(Form::DropTable, DEFAULTED, "DROP TABLE m1"),
    probe(Form::RenameTable, T, "ALTER TABLE t RENAME TO fresh"),
    probe(Form::RenameTable, M, "ALTER TABLE m RENAME TO fresh"),
    probe(Form::SetSchema, SERIAL, "ALTER TABLE q SET SCHEMA other"),
    probe(Form::SetOwner, &[ALONE, "ALTER TABLE q ADD COLUMN n serial", ROLE], "ALTER TABLE q OWNER TO facts_owner"),
    probe(Form::SetTableOption, T, "ALTER TABLE t SET (fillfactor = 70)"),
    probe(Form::SetTableOption, T, "ALTER TABLE t SET (autovacuum_enabled = false, toast_tuple_target = 200)"),
    probe(Form::SetTableOption, T, "ALTER TABLE t RESET (fillfactor)"),
    probe(Form::SetCatalogOption, T, "ALTER TABLE t SET (user_catalog_table = true)"),
    probe(Form::ClusterOn, T, "ALTER TABLE t CLUSTER ON t_a"),
    probe(Form::ClusterOn, T, "ALTER TABLE t SET WITHOUT CLUSTER"),
    probe(Form::SetTablespace, Q, "ALTER TABLE q SET TABLESPACE facts_space"),
    probe(Form::SetLogged, SERIAL, "ALTER TABLE q SET UNLOGGED"),
    probe(Form::SetLogged, &[ALONE, "ALTER TABLE q ADD COLUMN n serial", "ALTER TABLE q SET UNLOGGED"], "ALTER TABLE q SET LOGGED"),
    probe(Form::SetAccessMethod, &[ALONE, "DROP ACCESS METHOD IF EXISTS heap_again; CREATE ACCESS METHOD heap_again TYPE TABLE HANDLER heap_tableam_handler"], "ALTER TABLE q SET ACCESS METHOD heap_again").since(15),
    probe(Form::ReplicaIdentity, T, "ALTER TABLE t REPLICA IDENTITY FULL"),
    probe(Form::ReplicaIdentity, &[ALONE, "ALTER TABLE q ALTER a SET NOT NULL"], "ALTER TABLE q REPLICA IDENTITY USING INDEX u"),
    probe(Form::Inherit, &[ALONE, "CREATE TABLE parent (a int)"], "ALTER TABLE q INHERIT parent"),
    probe(Form::NoInherit, &[ALONE, "CREATE TABLE parent (a int); ALTER TABLE q INHERIT parent"], "ALTER TABLE q NO INHERIT parent"),
    probe(Form::Truncate, T, "TRUNCATE c"),
    probe(Form::Truncate, T, "TRUNCATE t CASCADE"),
    probe(Form::Truncate, SERIAL, "TRUNCATE q RESTART IDENTITY"),
    probe(Form::Truncate, M, "TRUNCATE m"),
    probe(Form::Cluster, T, "CLUSTER t USING t_a"),
    probe(Form::ClusterPartitioned, &[PARTITIONED, "CREATE INDEX m1_k ON m1 (k); CREATE INDEX m2_k ON m2 (k); CREATE INDEX m_k ON m (k)"], "CLUSTER m USING m_k").since(15),
    probe(Form::VacuumFull, T, "VACUUM FULL t"),
    probe(Form::VacuumFull, M, "VACUUM (FULL) m"),
    probe(Form::Vacuum, T, "VACUUM t"),
    probe(Form::Vacuum, T, "VACUUM (ANALYZE) t"),
    probe(Form::Vacuum, M, "VACUUM m"),
    probe(Form::Analyze, T, "ANALYZE t"),
    probe(Form::Analyze, M, "ANALYZE m"),
];

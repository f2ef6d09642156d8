//! Indexes.

use planner::engine::postgres::Form;

use super::{PARTITIONED, PLAIN, Probe, probe};

const T: &[&str] = &[PLAIN];
const M: &[&str] = &[PARTITIONED];
/// Each partition has its index by name, and they belong to that of `m`.
const INDEXED: &[&str] = &[
    PARTITIONED,
    "CREATE INDEX m1_k ON m1 (k); CREATE INDEX m2_k ON m2 (k); CREATE INDEX m_k ON m (k)",
];
const UNATTACHED: &[&str] =
    &[PARTITIONED, "CREATE INDEX m_k ON ONLY m (k); CREATE INDEX m1_k ON m1 (k)"];

pub(super) const PROBES: &[Probe] = &[
    probe(Form::CreateIndex, T, "CREATE INDEX i ON t (d)"),
    probe(Form::CreateIndex, T, "CREATE UNIQUE INDEX i ON t (lower(b)) WHERE a > 3"),
    probe(Form::CreateIndex, M, "CREATE INDEX i ON m (k)"),
    probe(Form::CreateIndexOnly, M, "CREATE INDEX i ON ONLY m (k)"),
    probe(
        Form::CreateIndexOfParts,
        &[PARTITIONED, "CREATE INDEX m1_k ON m1 (k); CREATE INDEX m2_k ON m2 (k)"],
        "CREATE INDEX i ON m (k)",
    ),
    probe(Form::CreateIndexConcurrently, T, "CREATE INDEX CONCURRENTLY i ON t (d)"),
    probe(Form::CreateIndexConcurrently, T, "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)"),
    probe(Form::DropIndex, T, "DROP INDEX t_a"),
    probe(Form::DropIndex, INDEXED, "DROP INDEX m_k"),
    probe(Form::DropIndexConcurrently, T, "DROP INDEX CONCURRENTLY t_a"),
    probe(Form::ReindexIndex, T, "REINDEX INDEX t_a"),
    probe(Form::ReindexTable, T, "REINDEX TABLE t"),
    probe(Form::ReindexPartitioned, INDEXED, "REINDEX TABLE m").since(14),
    probe(Form::ReindexConcurrently, T, "REINDEX TABLE CONCURRENTLY t"),
    probe(Form::ReindexConcurrently, T, "REINDEX INDEX CONCURRENTLY t_a"),
    probe(Form::ReindexConcurrently, T, "REINDEX (CONCURRENTLY) TABLE t").since(14),
    probe(Form::ReindexConcurrently, INDEXED, "REINDEX TABLE CONCURRENTLY m").since(14),
    probe(Form::RenameIndex, T, "ALTER INDEX t_a RENAME TO other_name"),
    probe(Form::RenameIndexAsTable, T, "ALTER TABLE t_a RENAME TO other_name"),
    probe(Form::SetIndexOption, T, "ALTER INDEX t_a SET (fillfactor = 50)"),
    probe(
        Form::SetIndexOption,
        &[PLAIN, "CREATE INDEX i ON t (lower(b))"],
        "ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 10",
    ),
    probe(Form::SetIndexTablespace, T, "ALTER INDEX t_a SET TABLESPACE facts_space"),
    probe(Form::AttachIndex, UNATTACHED, "ALTER INDEX m_k ATTACH PARTITION m1_k"),
];

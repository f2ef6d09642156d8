//! Facts about indexes. The relation a statement is about is the table, for an index serves it; the
//! index itself is `OwnIndex`, listed where its lock is stronger than its table's. Rows only.

use super::Role::{Attached, Indexes, OwnIndex, Partitions};
use super::{FactRow, Form, no_lock, row};
use crate::engine::lock::LockMode::{
    AccessExclusive as AX, AccessShare as AS, Share as S, ShareUpdateExclusive as SUE,
};

const CREATE: &str = "sql-createindex";
const REINDEX: &str = "sql-reindex";
const ALTER: &str = "sql-alterindex";

pub(super) const ROWS: &[FactRow] = &[
    row(Form::CreateIndex, S, CREATE)
        .also(&[(Partitions, S)])
        .building()
        .online("CREATE INDEX CONCURRENTLY; on a partitioned table ON ONLY it first, then CONCURRENTLY on each partition and ALTER INDEX ATTACH PARTITION"),
    row(Form::CreateIndexOfParts, S, CREATE).also(&[(Partitions, S)]),
    row(Form::CreateIndexOnly, S, CREATE),
    row(Form::CreateIndexConcurrently, SUE, CREATE).building().alone(),
    row(Form::DropIndex, AX, "sql-dropindex")
        .also(&[(Partitions, AX)])
        .online("DROP INDEX CONCURRENTLY, except on a partitioned table"),
    row(Form::DropIndexConcurrently, SUE, "sql-dropindex").alone(),
    row(Form::ReindexIndex, S, REINDEX)
        .also(&[(OwnIndex, AX)])
        .building()
        .online("REINDEX INDEX CONCURRENTLY: planning any query on the table needs the index, so readers stall too"),
    row(Form::ReindexTable, S, REINDEX)
        .also(&[(Indexes, AX)])
        .building()
        .online("REINDEX TABLE CONCURRENTLY: planning any query on the table needs its indexes, so readers stall too"),
    row(Form::ReindexPartitioned, S, REINDEX)
        .also(&[(Partitions, S), (Indexes, AX)])
        .building()
        .alone()
        .since(14, &[14, 15, 16, 17, 18])
        .online("REINDEX CONCURRENTLY of one partition after the other"),
    row(Form::ReindexConcurrently, SUE, REINDEX).building().alone().until(13, &[12, 13]),
    row(Form::ReindexConcurrently, SUE, REINDEX)
        .also(&[(Partitions, S)])
        .building()
        .alone()
        .since(14, &[14, 15, 16, 17, 18])
        .online("on a partitioned table, one partition after the other: named as a whole it first asks for SHARE on every partition, which waits for writers and holds the next ones"),
    no_lock(Form::RenameIndex, ALTER).also(&[(OwnIndex, SUE)]),
    no_lock(Form::RenameIndexAsTable, "sql-altertable")
        .also(&[(OwnIndex, AX)])
        .online("the same spelled ALTER INDEX … RENAME TO takes SHARE UPDATE EXCLUSIVE"),
    no_lock(Form::SetIndexOption, ALTER).also(&[(OwnIndex, SUE)]),
    no_lock(Form::SetIndexTablespace, ALTER)
        .also(&[(OwnIndex, AX)])
        .rewriting()
        .online("CREATE INDEX CONCURRENTLY in the new tablespace and DROP INDEX CONCURRENTLY; since 14 REINDEX (CONCURRENTLY, TABLESPACE …)"),
    row(Form::AttachIndex, AS, ALTER).also(&[(OwnIndex, SUE), (Attached, AX), (Partitions, AS)]),
];

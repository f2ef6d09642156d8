//! Facts about whole tables: making, dropping, moving, cleaning. Rows only.

use super::Role::{
    Children, DefaultPartition, Inherited, Parents, PartitionedParent, Partitions, Reads,
    Sequences, Views,
};
use super::{FactRow, Form, no_lock, row};
use crate::engine::lock::LockMode::{
    AccessExclusive as AX, AccessShare as AS, ShareRowExclusive as SRX, ShareUpdateExclusive as SUE,
};

const ALTER: &str = "sql-altertable";
const CREATE: &str = "sql-createtable";

const COPY: &str = "a second table of the new kind, kept equal by a trigger and filled in batches, then swapped by name in one short transaction; pg_repack works so";

pub(super) const ROWS: &[FactRow] = &[
    no_lock(Form::CreateTable, CREATE)
        .also(&[(Parents, SRX), (Reads, AS)])
        .online("CREATE TABLE without its foreign keys, then ADD FOREIGN KEY with lock_timeout: it blocks writers of the tables they point at while it waits"),
    no_lock(Form::CreateTableAs, "sql-createtableas").also(&[(Reads, AS)]).scanning(),
    no_lock(Form::CreateTableInherits, CREATE).also(&[(Inherited, SUE)]),
    row(Form::DropTable, AX, "sql-droptable")
        .also(&[
            (Parents, AX),
            (Children, AX),
            (Sequences, AX),
            (Views, AX),
            (Partitions, AX),
            (PartitionedParent, AX),
            (DefaultPartition, AX),
        ])
        .online("drop its foreign keys one by one, and detach a partition CONCURRENTLY, with lock_timeout and retries; then nobody else waits for the drop"),
    row(Form::RenameTable, AX, ALTER),
    row(Form::SetSchema, AX, ALTER).also(&[(Sequences, AX)]),
    row(Form::SetOwner, AX, ALTER).also(&[(Sequences, AX)]),
    row(Form::SetTableOption, SUE, ALTER),
    row(Form::SetCatalogOption, AX, ALTER),
    row(Form::ClusterOn, SUE, ALTER),
    row(Form::SetTablespace, AX, ALTER).rewriting().online(COPY),
    row(Form::SetLogged, AX, ALTER).rewriting().until(14, &[12, 13, 14]).online(COPY),
    row(Form::SetLogged, AX, ALTER)
        .also(&[(Sequences, AX)])
        .rewriting()
        .since(15, &[15, 16, 17, 18])
        .online(COPY),
    row(Form::SetAccessMethod, AX, ALTER).rewriting().since(15, &[15, 16, 17, 18]).online(COPY),
    row(Form::ReplicaIdentity, AX, ALTER),
    row(Form::Inherit, AX, ALTER).also(&[(Inherited, SUE)]),
    row(Form::NoInherit, AX, ALTER).also(&[(Inherited, AS)]),
    row(Form::OfType, AX, ALTER).unmeasured(),
    row(Form::Truncate, AX, "sql-truncate")
        .also(&[(Children, AX), (Sequences, AX), (Partitions, AX)])
        .online("DELETE in batches; or drop or detach partitions"),
    row(Form::Cluster, AX, "sql-cluster").rewriting().online(COPY),
    row(Form::ClusterPartitioned, AX, "sql-cluster")
        .also(&[(Partitions, AX)])
        .rewriting()
        .alone()
        .since(15, &[15, 16, 17, 18])
        .online(COPY),
    row(Form::VacuumFull, AX, "sql-vacuum")
        .also(&[(Partitions, AX)])
        .rewriting()
        .alone()
        .online("VACUUM frees space for new rows beside readers and writers; pg_repack gives it back to the disk"),
    row(Form::Vacuum, SUE, "sql-vacuum").also(&[(Partitions, SUE)]).scanning().alone(),
    row(Form::Analyze, SUE, "sql-analyze").also(&[(Partitions, SUE)]).scanning(),
];

//! Facts about partitions. The relation a statement is about is the partitioned table. Rows only.

use super::Role::{Attached, Children, DefaultPartition, Parents, PartitionedParent};
use super::{FactRow, Form, no_lock, row};
use crate::engine::lock::LockMode::{
    AccessExclusive as AX, AccessShare as AS, ShareRowExclusive as SRX, ShareUpdateExclusive as SUE,
};

const ALTER: &str = "sql-altertable";
const CREATE: &str = "sql-createtable";

const ATTACH: &str = "CREATE TABLE alone and ATTACH PARTITION, which leaves readers and writers of the partitioned table alone";

const PROVE: &str = "first add a CHECK that says what the bound says, and NOT NULL, to the table (and the opposite to a default partition), NOT VALID and validated; build the indexes of the partitioned table on it CONCURRENTLY; then attaching takes an instant";

const CONCURRENTLY: &str =
    "DETACH PARTITION … CONCURRENTLY (since 14, without a default partition)";

const BEFORE: &[u16] = &[12, 13, 14];
const AFTER: &[u16] = &[15, 16, 17, 18];

type Locks = &'static [(super::Role, crate::engine::lock::LockMode)];

const OTHERS: Locks = &[(Attached, AX), (DefaultPartition, AX), (Parents, SRX), (Children, SRX)];
const OTHERS_14: Locks = &[(Attached, AX), (DefaultPartition, AX), (Parents, SRX), (Children, AS)];

const PROVED: Locks = &[(Attached, AX), (Children, SRX)];
const PROVED_14: Locks = &[(Attached, AX), (Children, AS)];

const NEW: Locks = &[(PartitionedParent, AX), (Parents, SRX), (Children, SRX)];
const NEW_14: Locks = &[(PartitionedParent, AX), (Parents, SRX), (Children, AS)];

const BESIDE: Locks =
    &[(PartitionedParent, AX), (DefaultPartition, AX), (Parents, SRX), (Children, SRX)];
const BESIDE_14: Locks =
    &[(PartitionedParent, AX), (DefaultPartition, AX), (Parents, SRX), (Children, AS)];

pub(super) const ROWS: &[FactRow] = &[
    no_lock(Form::CreatePartition, CREATE).also(NEW_14).until(14, BEFORE).online(ATTACH),
    no_lock(Form::CreatePartition, CREATE).also(NEW).since(15, AFTER).online(ATTACH),
    no_lock(Form::CreatePartitionScan, CREATE)
        .also(BESIDE_14)
        .scanning()
        .until(14, BEFORE)
        .online(ATTACH),
    no_lock(Form::CreatePartitionScan, CREATE).also(BESIDE).scanning().since(15, AFTER).online(ATTACH),
    row(Form::AttachPartition, SUE, ALTER)
        .also(OTHERS_14)
        .scanning()
        .until(14, BEFORE)
        .online(PROVE),
    row(Form::AttachPartition, SUE, ALTER).also(OTHERS).scanning().since(15, AFTER).online(PROVE),
    row(Form::AttachPartitionProved, SUE, ALTER).also(PROVED_14).until(14, BEFORE),
    row(Form::AttachPartitionProved, SUE, ALTER).also(PROVED).since(15, AFTER),
    row(Form::AttachPartitionBuild, SUE, ALTER)
        .also(OTHERS_14)
        .building()
        .until(14, BEFORE)
        .online(PROVE),
    row(Form::AttachPartitionBuild, SUE, ALTER)
        .also(OTHERS)
        .building()
        .since(15, AFTER)
        .online(PROVE),
    row(Form::DetachPartition, AX, ALTER)
        .also(&[(Attached, SUE), (DefaultPartition, AX), (Parents, SRX)])
        .until(13, &[12, 13])
        .online("with lock_timeout and retries; since 14 DETACH PARTITION … CONCURRENTLY"),
    row(Form::DetachPartition, AX, ALTER)
        .also(&[(Attached, AX), (DefaultPartition, AX), (Parents, SRX)])
        .since(14, &[14, 15, 16, 17, 18])
        .online(CONCURRENTLY),
    row(Form::DetachReferenced, AX, ALTER)
        .also(&[(Attached, AX), (DefaultPartition, AX), (Parents, SRX), (Children, AX)])
        .scanning()
        .online("drop the foreign keys that point at the table first, or delete the partition's rows in batches and keep it"),
    row(Form::DetachConcurrently, SUE, ALTER)
        .also(&[(Attached, AX), (Parents, SRX), (Children, AX)])
        .alone()
        .since(14, &[14, 15, 16, 17, 18]),
    row(Form::DetachFinalize, SUE, ALTER)
        .also(&[(Attached, AX)])
        .since(14, &[14, 15, 16, 17, 18])
        .unmeasured(),
];

//! Facts about constraints of tables and domains. Rows only.

use super::Role::{Children, ParentPartitions, Parents, Partitions, Users};
use super::{FactRow, Form, no_lock, row};
use crate::engine::lock::LockMode::{
    AccessExclusive as AX, AccessShare as AS, RowShare as RS, Share as S, ShareRowExclusive as SRX,
    ShareUpdateExclusive as SUE,
};

const ALTER: &str = "sql-altertable";
const DOMAIN: &str = "sql-alterdomain";

const NOT_VALID: &str = "ADD … NOT VALID, which scans nothing, then VALIDATE CONSTRAINT, which blocks neither readers nor writers";

const BY_INDEX: &str =
    "CREATE UNIQUE INDEX CONCURRENTLY, then ADD … USING INDEX, which takes an instant";

const NO_WRITERS: &str = "the same with NOT VALID takes the locks for an instant; VALIDATE CONSTRAINT then scans beside readers and writers";

pub(super) const ROWS: &[FactRow] = &[
    row(Form::AddCheck, AX, ALTER).also(&[(Partitions, AX)]).scanning().online(NOT_VALID),
    row(Form::AddCheckNotValid, AX, ALTER).also(&[(Partitions, AX)]),
    row(Form::AddCheckNotEnforced, AX, ALTER).also(&[(Partitions, AX)]).since(18, &[18]),
    row(Form::ValidateCheck, SUE, ALTER).also(&[(Partitions, SUE)]).scanning(),
    row(Form::AddNotNull, AX, ALTER)
        .also(&[(Partitions, AX)])
        .scanning()
        .since(18, &[18])
        .online(NOT_VALID),
    row(Form::AddNotNullNotValid, AX, ALTER).also(&[(Partitions, AX)]).since(18, &[18]),
    row(Form::ValidateNotNull, SUE, ALTER)
        .also(&[(Partitions, SUE)])
        .scanning()
        .since(18, &[18]),
    row(Form::AddForeignKey, SRX, ALTER)
        .also(&[(Parents, SRX), (ParentPartitions, SRX), (Partitions, SRX)])
        .scanning()
        .online(NO_WRITERS),
    row(Form::AddForeignKeyNotValid, SRX, ALTER)
        .also(&[(Parents, SRX), (ParentPartitions, SRX)])
        .until(17, &[12, 13, 14, 15, 16, 17]),
    row(Form::AddForeignKeyNotValid, SRX, ALTER)
        .also(&[(Parents, SRX), (ParentPartitions, SRX), (Partitions, SRX)])
        .since(18, &[18]),
    row(Form::AddForeignKeyNotEnforced, SRX, ALTER)
        .also(&[(Parents, SRX), (Partitions, SRX)])
        .since(18, &[18]),
    row(Form::ValidateForeignKey, SUE, ALTER)
        .also(&[(Parents, RS), (ParentPartitions, AS)])
        .scanning()
        .until(17, &[12, 13, 14, 15, 16, 17]),
    row(Form::ValidateForeignKey, SUE, ALTER)
        .also(&[(Parents, RS), (ParentPartitions, AS), (Partitions, SUE)])
        .scanning()
        .since(18, &[18]),
    row(Form::AlterConstraint, AX, ALTER).also(&[(Partitions, AX)]),
    row(Form::AlterConstraintEnforced, AX, ALTER)
        .also(&[(Parents, SRX), (ParentPartitions, SRX), (Partitions, AX)])
        .scanning()
        .since(18, &[18])
        .online("ADD FOREIGN KEY NOT VALID beside it and VALIDATE CONSTRAINT; then drop the one that is not enforced"),
    row(Form::AlterConstraintNotEnforced, AX, ALTER)
        .also(&[(Parents, AX), (ParentPartitions, AX), (Partitions, AX)])
        .since(18, &[18]),
    row(Form::AddForeignKeyOfParts, SRX, ALTER)
        .also(&[(Parents, AX), (Partitions, SRX)])
        .since(12, &[14, 15, 16, 17, 18]),
    row(Form::AddForeignKeyOfPartsToParts, SRX, ALTER)
        .also(&[(Parents, SRX), (ParentPartitions, AX), (Partitions, AX)])
        .until(14, &[14]),
    row(Form::AddForeignKeyOfPartsToParts, SRX, ALTER)
        .also(&[(Parents, AX), (ParentPartitions, AX), (Partitions, AX)])
        .since(15, &[15, 16, 17, 18]),
    row(Form::AddUniqueOfParts, AX, ALTER)
        .also(&[(Partitions, S)])
        .until(17, &[14, 15, 16, 17]),
    row(Form::AddUniqueOfParts, AX, ALTER).also(&[(Partitions, AX)]).since(18, &[18]),
    row(Form::AddUniqueOnly, AX, ALTER),
    row(Form::AddUnique, AX, ALTER)
        .also(&[(Partitions, S)])
        .building()
        .until(17, &[12, 13, 14, 15, 16, 17])
        .online(BY_INDEX),
    row(Form::AddUnique, AX, ALTER)
        .also(&[(Partitions, AX)])
        .building()
        .since(18, &[18])
        .online(BY_INDEX),
    row(Form::AddExclude, AX, ALTER)
        .building()
        .until(16, &[12, 13, 14, 15, 16])
        .online("none: an exclusion constraint cannot use an index that is there; create it while the table is small, or in a window"),
    row(Form::AddExclude, AX, ALTER)
        .also(&[(Partitions, S)])
        .building()
        .since(17, &[17])
        .until(17, &[17])
        .online("none: an exclusion constraint cannot use an index that is there; create it while the table is small, or in a window"),
    row(Form::AddExclude, AX, ALTER)
        .also(&[(Partitions, AX)])
        .building()
        .since(18, &[18])
        .online("none: an exclusion constraint cannot use an index that is there; create it while the table is small, or in a window"),
    row(Form::AddUsingIndex, AX, ALTER),
    row(Form::AddPrimaryKeyUsingIndexScan, AX, ALTER)
        .scanning()
        .online("first make the columns NOT NULL by a validated CHECK; then it scans nothing"),
    row(Form::DropConstraint, AX, ALTER).also(&[(Children, AX), (Partitions, AX)]),
    row(Form::DropForeignKey, AX, ALTER)
        .also(&[(Parents, AX), (ParentPartitions, AX), (Partitions, AX)])
        .online("it locks both tables: with lock_timeout and retries, one key at a time"),
    row(Form::RenameConstraint, AX, ALTER),
    no_lock(Form::AddDomainConstraint, DOMAIN)
        .also(&[(Users, S)])
        .scanning()
        .online("ADD CONSTRAINT NOT VALID takes no lock; VALIDATE CONSTRAINT still holds writers of every table that uses the domain, so validate while they are small, or put a CHECK on each table instead"),
    no_lock(Form::AddDomainConstraintNotValid, DOMAIN),
    no_lock(Form::ValidateDomainConstraint, DOMAIN)
        .also(&[(Users, S)])
        .scanning()
        .online("a CHECK NOT VALID on each table that uses the domain, each validated beside its writers"),
    no_lock(Form::AlterDomain, DOMAIN),
];

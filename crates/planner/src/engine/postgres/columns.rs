//! Facts about columns and their types: ALTER TABLE ADD, DROP, RENAME and ALTER COLUMN. Rows only.

use super::Role::{Children, Parents, Partitions, Sequences, Views};
use super::{FactRow, Form, row};
use crate::engine::lock::LockMode::{
    AccessExclusive as AX, ShareRowExclusive as SRX, ShareUpdateExclusive as SUE,
};

const ALTER: &str = "sql-altertable";

const FILL: &str =
    "ADD COLUMN without the default, SET DEFAULT, then backfill the rows that are there in batches";

const SHADOW: &str = "add a second column of the new type, keep both equal with a trigger, backfill in batches, build its indexes and constraints, then swap the names in one short transaction";

pub(super) const ROWS: &[FactRow] = &[
    row(Form::AddColumn, AX, ALTER).also(&[(Partitions, AX)]),
    row(Form::AddColumnVolatile, AX, ALTER).also(&[(Partitions, AX)]).rewriting().online(FILL),
    row(Form::AddColumnSequence, AX, ALTER)
        .rewriting()
        .online("ADD COLUMN bigint without a default, create the sequence, SET DEFAULT nextval, backfill in batches, then SET NOT NULL by a validated CHECK and a unique index built CONCURRENTLY"),
    row(Form::AddColumnStored, AX, ALTER)
        .also(&[(Partitions, AX)])
        .rewriting()
        .online("a plain column, kept by a trigger and backfilled in batches; a VIRTUAL column (since 18) never rewrites"),
    row(Form::AddColumnVirtual, AX, ALTER).also(&[(Partitions, AX)]).since(18, &[18]),
    row(Form::AddColumnDomain, AX, ALTER)
        .rewriting()
        .online("ADD COLUMN of the domain's base type, then ADD CHECK NOT VALID and VALIDATE CONSTRAINT"),
    row(Form::AddColumnReferences, AX, ALTER)
        .also(&[(Parents, SRX), (Partitions, AX)])
        .online("ADD COLUMN alone, then ADD FOREIGN KEY NOT VALID, which leaves readers alone, and VALIDATE CONSTRAINT"),
    row(Form::AddColumnReferencesDefault, AX, ALTER)
        .also(&[(Parents, SRX)])
        .scanning()
        .online("ADD COLUMN with its default alone, then ADD FOREIGN KEY NOT VALID and VALIDATE CONSTRAINT"),
    row(Form::AddColumnCheck, AX, ALTER)
        .also(&[(Partitions, AX)])
        .scanning()
        .online("ADD COLUMN alone, then ADD CHECK NOT VALID and VALIDATE CONSTRAINT"),
    row(Form::AddColumnUnique, AX, ALTER)
        .building()
        .online("ADD COLUMN alone, then CREATE UNIQUE INDEX CONCURRENTLY and ADD UNIQUE USING INDEX"),
    row(Form::DropColumn, AX, ALTER)
        .also(&[(Parents, AX), (Children, AX), (Sequences, AX), (Views, AX), (Partitions, AX)])
        .online("drop its foreign keys and views in steps of their own, with lock_timeout and retries; then the column"),
    row(Form::RenameColumn, AX, ALTER).also(&[(Partitions, AX)]),
    row(Form::SetDefault, AX, ALTER).also(&[(Partitions, AX)]),
    row(Form::SetNotNull, AX, ALTER)
        .also(&[(Partitions, AX)])
        .scanning()
        .online("ADD CHECK (column IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT, SET NOT NULL, which then does not scan, and drop the CHECK; since 18 ADD CONSTRAINT … NOT NULL column NOT VALID and VALIDATE CONSTRAINT"),
    row(Form::SetNotNullProved, AX, ALTER).also(&[(Partitions, AX)]),
    row(Form::DropNotNull, AX, ALTER).also(&[(Partitions, AX)]),
    row(Form::AddIdentity, AX, ALTER).until(16, &[12, 13, 14, 15, 16]),
    row(Form::AddIdentity, AX, ALTER).also(&[(Partitions, AX)]).since(17, &[17, 18]),
    row(Form::AlterIdentity, AX, ALTER).also(&[(Sequences, SRX)]).until(16, &[12, 13, 14, 15, 16]),
    row(Form::AlterIdentity, AX, ALTER)
        .also(&[(Sequences, SRX), (Partitions, AX)])
        .since(17, &[17, 18]),
    row(Form::DropIdentity, AX, ALTER).also(&[(Sequences, AX)]).until(16, &[12, 13, 14, 15, 16]),
    row(Form::DropIdentity, AX, ALTER)
        .also(&[(Sequences, AX), (Partitions, AX)])
        .since(17, &[17, 18]),
    row(Form::DropExpression, AX, ALTER).also(&[(Partitions, AX)]).since(13, &[13, 14, 15, 16, 17, 18]),
    row(Form::SetExpressionStored, AX, ALTER)
        .also(&[(Partitions, AX)])
        .rewriting()
        .since(17, &[17, 18])
        .online("a new column with the new expression, filled by a trigger and a backfill; then drop the old one"),
    row(Form::SetStatistics, SUE, ALTER).also(&[(Partitions, SUE)]),
    row(Form::SetColumnOption, SUE, ALTER),
    row(Form::SetStorage, AX, ALTER).also(&[(Partitions, AX)]),
    row(Form::SetCompression, AX, ALTER).since(14, &[14, 15, 16, 17, 18]),
    row(Form::AlterTypeInPlace, AX, ALTER)
        .also(&[(Parents, AX), (Children, AX), (Partitions, AX)]),
    row(Form::AlterTypeRecheck, AX, ALTER)
        .also(&[(Parents, AX), (Children, AX), (Partitions, AX)])
        .scanning()
        .online("drop the CHECK, change the type, which then only changes the catalogue, ADD CHECK NOT VALID again and VALIDATE CONSTRAINT"),
    row(Form::AlterTypeReindex, AX, ALTER)
        .also(&[(Parents, AX), (Children, AX), (Partitions, AX)])
        .building()
        .online("drop the indexes that read the column CONCURRENTLY, change the type, and create them again CONCURRENTLY; or a second column"),
    row(Form::AlterTypeTimeZone, AX, ALTER)
        .also(&[(Parents, AX), (Children, AX), (Partitions, AX)])
        .rewriting()
        .online("if the values were written as UTC: SET timezone = 'UTC' in the session, and it only changes the catalogue; else a second column"),
    row(Form::AlterTypeRewrite, AX, ALTER)
        .also(&[(Parents, AX), (Children, AX), (Partitions, AX)])
        .rewriting()
        .online(SHADOW),
];

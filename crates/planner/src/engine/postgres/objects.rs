//! Facts about what is not a table, index or view: triggers, policies, comments, privileges,
//! sequences, types, routines, publications. Rows only.

use super::Role::{OwnIndex, OwnerTable, Partitions, Reads, Users};
use super::{FactRow, Form, no_lock, row};
use crate::engine::lock::LockMode::{
    AccessExclusive as AX, AccessShare as AS, ShareRowExclusive as SRX, ShareUpdateExclusive as SUE,
};

const ALTER: &str = "sql-altertable";
const COMMENT: &str = "sql-comment";
const SEQUENCE: &str = "sql-altersequence";
const TYPE: &str = "sql-altertype";

pub(super) const ROWS: &[FactRow] = &[
    row(Form::RowSecurity, AX, ALTER),
    row(Form::Policy, AX, "sql-createpolicy").also(&[(Reads, AS)]),
    row(Form::Rule, AX, "sql-createrule"),
    row(Form::CreateTrigger, SRX, "sql-createtrigger").also(&[(Partitions, SRX)]),
    row(Form::EnableTrigger, SRX, ALTER).also(&[(Partitions, SRX)]),
    row(Form::RenameTrigger, AX, "sql-altertrigger").until(14, &[12, 13, 14]),
    row(Form::RenameTrigger, AX, "sql-altertrigger")
        .also(&[(Partitions, AX)])
        .since(15, &[15, 16, 17, 18]),
    row(Form::DropTrigger, AX, "sql-droptrigger")
        .also(&[(Partitions, AX)])
        .online("it locks out readers, which making the trigger did not: with lock_timeout and retries; or replace the trigger's function by one that does nothing, which locks no table"),
    no_lock(Form::GrantTable, "sql-grant").until(17, &[12, 13, 14, 15, 16, 17]),
    row(Form::GrantTable, AS, "sql-grant").since(18, &[18]),
    no_lock(Form::GrantOther, "sql-grant"),
    row(Form::CommentOnTable, SUE, COMMENT),
    row(Form::CommentOnPart, AS, COMMENT),
    no_lock(Form::CommentOnIndex, COMMENT).also(&[(OwnIndex, SUE)]),
    no_lock(Form::CommentOther, COMMENT),
    row(Form::CreateStatistics, SUE, "sql-createstatistics"),
    no_lock(Form::AlterStatistics, "sql-alterstatistics"),
    no_lock(Form::CreateSequence, "sql-createsequence").also(&[(OwnerTable, AS)]),
    row(Form::AlterSequence, SRX, SEQUENCE).also(&[(OwnerTable, AS)]),
    row(Form::RenameSequence, AX, SEQUENCE),
    row(Form::DropSequence, AX, "sql-dropsequence").also(&[(Users, AX)]),
    no_lock(Form::CreateType, "sql-createtype"),
    no_lock(Form::AddEnumValue, TYPE),
    no_lock(Form::RenameEnumValue, TYPE),
    no_lock(Form::AlterType, TYPE),
    row(Form::AlterComposite, AX, TYPE).also(&[(Users, AX)]),
    no_lock(Form::DropType, "sql-droptype").also(&[(Users, AX)]),
    no_lock(Form::Routine, "sql-createfunction"),
    no_lock(Form::DropRoutineCascade, "sql-dropfunction").also(&[(Users, AX)]),
    no_lock(Form::Publication, "sql-createpublication").also(&[(Users, SUE)]),
    no_lock(Form::PublicationOther, "sql-alterpublication"),
    no_lock(Form::Container, "sql-createschema"),
    no_lock(Form::DropSchema, "sql-dropschema").also(&[(Users, AX)]),
    no_lock(Form::NoTable, "sql-set"),
];

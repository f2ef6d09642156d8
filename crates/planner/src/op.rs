//! Every statement that a plan runs or a user asks for, as a closed set of typed operations: one is one SQL statement.
//! `op::sql` prints one, `op::effect` applies one to a schema, `engine` knows its locks. Must not know recipes or plans.

use serde::{Deserialize, Serialize};

use crate::backfill::Backfill;
use crate::expr::Expr;
use crate::name::QName;
use crate::schema::{Column, Constraint, Index, Object, ObjectId, Table, View};
use crate::sql_type::SqlType;
use crate::sync::{Relay, Side, SyncRule};

pub mod effect;
pub(crate) mod expressions;
pub mod object;
mod relation;
pub mod sql;

/// One SQL statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Op {
    /// `SET statement_timeout` for the session, milliseconds; 0 is no limit, whatever the role's own setting is.
    SetStatementTimeout {
        /// Milliseconds.
        ms: u64,
        /// For its transaction only.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        local: bool,
    },
    /// `SET lock_timeout` for the session, milliseconds; 0 waits for ever.
    SetLockTimeout {
        /// Milliseconds.
        ms: u64,
        /// For its transaction only.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        local: bool,
    },
    /// `SET check_function_bodies = off`, as `pg_dump` does: a routine may come before what its body names.
    SkipBodyChecks,
    /// CREATE TABLE.
    CreateTable {
        /// Name.
        table: QName,
        /// Definition.
        definition: Table,
    },
    /// DROP TABLE.
    DropTable {
        /// Name.
        table: QName,
    },
    /// ALTER TABLE … RENAME TO.
    RenameTable {
        /// Old name.
        table: QName,
        /// New bare name, same schema.
        to: String,
    },
    /// ADD COLUMN.
    AddColumn {
        /// Table.
        table: QName,
        /// The column.
        column: Column,
    },
    /// DROP COLUMN.
    DropColumn {
        /// Table.
        table: QName,
        /// Column.
        column: String,
    },
    /// DROP COLUMN of ONLY the table: heirs keep the column as their own.
    DropColumnOnly {
        /// Table.
        table: QName,
        /// Column.
        column: String,
    },
    /// RENAME COLUMN.
    RenameColumn {
        /// Table.
        table: QName,
        /// Old name.
        column: String,
        /// New name.
        to: String,
    },
    /// ALTER COLUMN … TYPE.
    AlterType {
        /// Table.
        table: QName,
        /// Column.
        column: String,
        /// New type.
        ty: SqlType,
        /// COLLATE; without it the column gets the type's own.
        collation: Option<String>,
        /// USING.
        using: Option<Expr>,
    },
    /// SET DEFAULT, or DROP DEFAULT where `None`.
    SetDefault {
        /// Table.
        table: QName,
        /// Column.
        column: String,
        /// New default.
        default: Option<Expr>,
    },
    /// SET NOT NULL, or DROP NOT NULL.
    SetNotNull {
        /// Table.
        table: QName,
        /// Column.
        column: String,
        /// True for SET.
        not_null: bool,
    },
    /// DROP EXPRESSION: a computed column keeps its values and is written from then on.
    DropExpression {
        /// Table.
        table: QName,
        /// Column.
        column: String,
    },
    /// ADD GENERATED … AS IDENTITY, SET GENERATED …, or DROP IDENTITY where `None`.
    SetIdentity {
        /// Table.
        table: QName,
        /// Column.
        column: String,
        /// `always` or `by default`.
        identity: Option<String>,
        /// Whether the column is an identity before the statement.
        was: bool,
    },
    /// `SELECT set_config(…)`: where a column's sequence stands, kept for one that takes its place.
    KeepPosition {
        /// Table.
        table: QName,
        /// Column.
        column: String,
        /// Its sequence, where it does not own it.
        sequence: Option<QName>,
    },
    /// `SELECT setval(…)`: the sequence of a column goes on behind the largest value.
    AdvanceSequence {
        /// Table.
        table: QName,
        /// Its column.
        column: String,
        /// Its sequence, where the column does not own it.
        #[serde(default)]
        sequence: Option<QName>,
        /// Where `KeepPosition` says instead.
        #[serde(default)]
        kept: bool,
    },
    /// ATTACH PARTITION.
    AttachPartition {
        /// The partitioned table.
        table: QName,
        /// The table that becomes a partition.
        child: QName,
        /// `FOR VALUES …` or `DEFAULT`.
        bounds: String,
    },
    /// DETACH PARTITION.
    DetachPartition {
        /// The partitioned table.
        table: QName,
        /// The partition that becomes a table.
        child: QName,
        /// CONCURRENTLY.
        concurrently: bool,
    },
    /// ALTER INDEX … ATTACH PARTITION.
    AttachIndex {
        /// The partition.
        table: QName,
        /// Its index or key.
        name: String,
        /// The partitioned table.
        parent: QName,
        /// The index or key of which it becomes a part.
        index: String,
    },
    /// INHERIT.
    Inherit {
        /// The table that becomes an heir.
        table: QName,
        /// Its new parent.
        parent: QName,
    },
    /// NO INHERIT.
    NoInherit {
        /// The heir.
        table: QName,
        /// The parent it leaves.
        parent: QName,
    },
    /// ADD CONSTRAINT, NOT VALID where the constraint is not validated.
    AddConstraint {
        /// Table.
        table: QName,
        /// Name.
        name: String,
        /// Definition.
        constraint: Constraint,
    },
    /// ADD CONSTRAINT … UNIQUE / PRIMARY KEY USING INDEX.
    AddConstraintUsingIndex {
        /// ` DEFERRABLE`, ` DEFERRABLE INITIALLY DEFERRED`, or nothing.
        deferral: String,
        /// Table.
        table: QName,
        /// Constraint name; the index takes it.
        name: String,
        /// Index to take over.
        index: String,
        /// PRIMARY KEY instead of UNIQUE.
        primary: bool,
    },
    /// PostgreSQL 18: ADD CONSTRAINT … NOT NULL column NOT VALID.
    AddNotNullNotValid {
        /// Table.
        table: QName,
        /// Constraint name.
        name: String,
        /// Column.
        column: String,
    },
    /// VALIDATE CONSTRAINT.
    ValidateConstraint {
        /// Table.
        table: QName,
        /// Constraint.
        name: String,
    },
    /// DROP CONSTRAINT.
    DropConstraint {
        /// Table.
        table: QName,
        /// Constraint.
        name: String,
    },
    /// DROP CONSTRAINT IF EXISTS.
    DropConstraintIfExists {
        /// Table.
        table: QName,
        /// Constraint.
        name: String,
    },
    /// RENAME CONSTRAINT.
    RenameConstraint {
        /// Table.
        table: QName,
        /// Old name.
        name: String,
        /// New name.
        to: String,
    },
    /// PostgreSQL 18: RENAME CONSTRAINT of a column's own NOT NULL, which has a name from then on.
    RenameNotNull {
        /// Table.
        table: QName,
        /// Its column.
        column: String,
        /// Old name.
        name: String,
        /// New name.
        to: String,
    },
    /// CREATE INDEX.
    CreateIndex {
        /// Table.
        table: QName,
        /// Index name.
        name: String,
        /// Definition.
        index: Index,
        /// CONCURRENTLY.
        concurrently: bool,
    },
    /// DROP INDEX. With `if_exists`, also when it is not there.
    DropIndex {
        /// Table it is on.
        table: QName,
        /// Index name.
        name: String,
        /// CONCURRENTLY.
        concurrently: bool,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// DROP INDEX IF EXISTS … CASCADE: of a partitioned table, with keys that are its parts.
    DropIndexCascade {
        /// Table it is on.
        table: QName,
        /// Index name.
        name: String,
    },
    /// CREATE INDEX … ON ONLY a partitioned table: its parts are attached one by one.
    CreateIndexOnly {
        /// Table.
        table: QName,
        /// Index name.
        name: String,
        /// Definition.
        index: Index,
    },
    /// ALTER TABLE ONLY … ADD CONSTRAINT of a key: its parts are attached one by one.
    AddConstraintOnly {
        /// Table.
        table: QName,
        /// Name.
        name: String,
        /// Definition.
        constraint: Constraint,
    },
    /// ALTER INDEX … RENAME TO.
    RenameIndex {
        /// Table it is on.
        table: QName,
        /// Old name.
        name: String,
        /// New name.
        to: String,
    },
    /// CREATE VIEW.
    CreateView {
        /// Name.
        view: QName,
        /// Definition.
        definition: View,
    },
    /// CREATE OR REPLACE VIEW: same columns, another query.
    ReplaceView {
        /// Name.
        view: QName,
        /// Definition.
        definition: View,
    },
    /// DROP VIEW.
    DropView {
        /// Name.
        view: QName,
        /// MATERIALIZED.
        materialized: bool,
    },
    /// UPDATE of a whole table, as somebody would run it.
    Update {
        /// Table.
        table: QName,
        /// `column := value`.
        set: Vec<(String, Expr)>,
        /// WHERE.
        filter: Option<Expr>,
    },
    /// DELETE of part of a table, as somebody would run it.
    Delete {
        /// Table.
        table: QName,
        /// WHERE.
        filter: Option<Expr>,
    },
    /// INSERT of given rows; a row that is there already is left alone.
    InsertRows {
        /// Table.
        table: QName,
        /// Columns.
        columns: Vec<String>,
        /// Their values, row by row.
        rows: Vec<Vec<Expr>>,
    },
    /// INSERT … SELECT from one table, as somebody would run it.
    InsertSelect {
        /// The table that gets rows.
        table: QName,
        /// `column := value` over a row of the other.
        set: Vec<(String, Expr)>,
        /// The other table.
        from: QName,
        /// WHERE.
        filter: Option<Expr>,
    },
    /// CREATE SCHEMA concertina.
    CreateHelpers,
    /// CREATE TABLE concertina.backfill: the progress of every backfill.
    CreateProgress,
    /// CREATE OR REPLACE FUNCTION `concertina.why_wait`: what backfills wait for.
    CreateThrottle,
    /// DROP SCHEMA concertina with all that is left in it.
    DropHelpers,
    /// CREATE OR REPLACE FUNCTION of a sync trigger.
    CreateSyncFunction {
        /// The rule.
        rule: SyncRule,
    },
    /// CREATE TRIGGER of a sync rule; its function must exist.
    CreateSyncTrigger {
        /// The rule.
        rule: SyncRule,
    },
    /// ALTER TABLE ENABLE ALWAYS TRIGGER of a sync rule: it fires for replicated rows too.
    EnableSyncTrigger {
        /// The rule.
        rule: SyncRule,
    },
    /// DROP TRIGGER of a sync rule.
    DropSyncTrigger {
        /// The rule.
        rule: SyncRule,
    },
    /// DROP FUNCTION of a sync rule; its trigger must be gone.
    DropSyncFunction {
        /// The rule.
        rule: SyncRule,
    },
    /// CREATE OR REPLACE FUNCTION of a relay's trigger.
    CreateRelayFunction {
        /// The relay.
        relay: Relay,
        /// Whose writes it carries.
        side: Side,
    },
    /// CREATE TRIGGER of a relay; its function must exist.
    CreateRelayTrigger {
        /// The relay.
        relay: Relay,
        /// Whose writes it carries.
        side: Side,
    },
    /// DROP TRIGGER of a relay.
    DropRelayTrigger {
        /// The relay.
        relay: Relay,
        /// Whose writes it carries.
        side: Side,
    },
    /// DROP FUNCTION of a relay; its trigger must be gone.
    DropRelayFunction {
        /// The relay.
        relay: Relay,
        /// Whose writes it carries.
        side: Side,
    },
    /// CREATE TABLE that keeps what an in-place backfill overwrites.
    CreateUndoTable {
        /// The backfill.
        backfill: Backfill,
    },
    /// CREATE OR REPLACE PROCEDURE of a backfill.
    CreateBackfill {
        /// The backfill.
        backfill: Backfill,
    },
    /// CALL of a backfill: runs to the end, a transaction a batch.
    RunBackfill {
        /// The backfill.
        backfill: Backfill,
    },
    /// CREATE OR REPLACE PROCEDURE that undoes a backfill.
    CreateUndo {
        /// The backfill.
        backfill: Backfill,
    },
    /// CALL of the undo procedure.
    RunUndo {
        /// The backfill.
        backfill: Backfill,
    },
    /// ALTER TYPE … RENAME VALUE: columns, defaults and constraints follow, texts of statements do not.
    RenameLabel {
        /// Enum.
        ty: QName,
        /// Its label.
        label: String,
        /// The new name.
        to: String,
    },
    /// A statement about an object that is neither table, index nor view.
    Object {
        /// The statement, without semicolon.
        sql: String,
        /// The object.
        id: ObjectId,
        /// What it is afterwards; nothing where it is gone.
        becomes: Option<Object>,
    },
    /// SQL that is not analysed, verbatim.
    Verbatim {
        /// The text, without semicolon.
        sql: String,
        /// The relation it is about, where that can be read.
        relation: Option<QName>,
    },
}

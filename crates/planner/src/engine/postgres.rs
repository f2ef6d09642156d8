//! PostgreSQL facts, 12 to 18, one row a statement form. Lock modes: the manual's sql-altertable
//! and explicit-locking; "measured" rows were read from `pg_locks` and `pg_class.relfilenode` on
//! the versions named. `tests` measures them again on every run.

use crate::engine::lock::{Held, LockMode};
use crate::expr::{Expr, Volatility};
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Constraint, ConstraintKind, ObjectKind, Schema};
use crate::sql_type::TypeChange;

use LockMode::{
    AccessExclusive as AX, AccessShare as AS, RowExclusive as RX, RowShare as RS, Share as S,
    ShareRowExclusive as SRX, ShareUpdateExclusive as SUE,
};

/// A kind of statement that locks and works alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// SET and other statements on no table.
    NoTable,
    /// CREATE TABLE.
    CreateTable,
    /// CREATE TABLE with a foreign key.
    CreateTableWithKey,
    /// DROP TABLE.
    DropTable,
    /// RENAME of a table or column.
    Rename,
    /// ADD COLUMN that only changes the catalogue.
    AddColumn,
    /// ADD COLUMN that rewrites.
    AddColumnRewrite,
    /// DROP COLUMN.
    DropColumn,
    /// DROP COLUMN of a foreign key's column.
    DropColumnWithKey,
    /// ALTER TYPE, catalogue only.
    AlterTypeInPlace,
    /// ALTER TYPE with rewrite.
    AlterTypeRewrite,
    /// SET or DROP DEFAULT.
    SetDefault,
    /// SET NOT NULL that scans.
    SetNotNullScan,
    /// SET NOT NULL proved by a validated CHECK.
    SetNotNullProved,
    /// DROP NOT NULL.
    DropNotNull,
    /// ADD CHECK or NOT NULL, validating.
    AddCheck,
    /// ADD CHECK or NOT NULL, NOT VALID.
    AddCheckNotValid,
    /// ADD FOREIGN KEY, validating.
    AddForeignKey,
    /// ADD FOREIGN KEY NOT VALID.
    AddForeignKeyNotValid,
    /// ADD UNIQUE / PRIMARY KEY / EXCLUDE that builds an index.
    AddUnique,
    /// ADD UNIQUE / PRIMARY KEY USING INDEX.
    AddUniqueUsingIndex,
    /// VALIDATE CONSTRAINT of a CHECK or NOT NULL.
    ValidateCheck,
    /// VALIDATE CONSTRAINT of a foreign key.
    ValidateForeignKey,
    /// DROP CONSTRAINT.
    DropConstraint,
    /// DROP CONSTRAINT of a foreign key.
    DropForeignKey,
    /// RENAME CONSTRAINT.
    RenameConstraint,
    /// CREATE INDEX.
    CreateIndex,
    /// CREATE INDEX CONCURRENTLY.
    CreateIndexConcurrently,
    /// DROP INDEX.
    DropIndex,
    /// DROP INDEX CONCURRENTLY.
    DropIndexConcurrently,
    /// ALTER INDEX RENAME. The lock is on the index; no table waits.
    RenameIndex,
    /// CREATE VIEW.
    CreateView,
    /// CREATE OR REPLACE VIEW of a view that is there.
    ReplaceView,
    /// DROP VIEW.
    DropView,
    /// A query.
    Read,
    /// ADD GENERATED AS IDENTITY, SET GENERATED, DROP IDENTITY.
    SetIdentity,
    /// ATTACH PARTITION of a table that a CHECK proves to fit, or a new one.
    AttachPartition,
    /// DETACH PARTITION.
    DetachPartition,
    /// DETACH PARTITION CONCURRENTLY.
    DetachPartitionConcurrently,
    /// A statement about an object that takes no lock on a table.
    NoTableObject,
    /// COMMENT ON, SET STATISTICS and storage options of a table.
    Note,
    /// A policy, rule, setting or owner of a table or view.
    ChangeProperty,
    /// CREATE TRIGGER.
    CreateTrigger,
    /// DROP TRIGGER.
    DropTrigger,
    /// UPDATE or DELETE of many rows in one transaction: row locks to its end.
    WholeTableWrite,
    /// A backfill in batches: row locks for a batch at a time.
    Batches,
    /// Not analysed: taken for the worst.
    Unknown,
}

/// What a statement form does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactRow {
    /// The form.
    pub form: Form,
    /// First major version the row holds for.
    pub since: u16,
    /// Last major version the row holds for.
    pub until: u16,
    /// Lock on the table the statement names.
    pub target: Option<LockMode>,
    /// Lock on the tables that its foreign keys point at (for DROP TABLE, also on those dropped).
    pub parents: Option<LockMode>,
    /// Every row is written anew, under the target's lock.
    pub rewrite: bool,
    /// Every row is read, or an index built, under the target's lock.
    pub scan: bool,
    /// Whether it may run in a transaction block.
    pub in_transaction: bool,
    /// Manual page, and the versions it was measured on.
    pub reference: &'static str,
}

impl FactRow {
    /// For how long the locks are held.
    pub fn held(&self) -> Held {
        match (self.rewrite, self.scan, self.form) {
            (true, ..) => Held::Rewrite,
            (false, true, Form::AddUnique | Form::CreateIndex | Form::CreateIndexConcurrently) => {
                Held::Build
            }
            (false, true, _) => Held::Scan,
            (false, false, _) => Held::Instant,
        }
    }
}

const fn row(
    form: Form,
    target: Option<LockMode>,
    parents: Option<LockMode>,
    work: &str,
    reference: &'static str,
) -> FactRow {
    let w = work.as_bytes();
    FactRow {
        form,
        since: 12,
        until: 18,
        target,
        parents,
        rewrite: !w.is_empty() && w[0] == b'r',
        scan: !w.is_empty() && w[0] == b's',
        in_transaction: !matches!(
            form,
            Form::CreateIndexConcurrently | Form::DropIndexConcurrently | Form::Batches
        ),
        reference,
    }
}

/// The facts. Exactly one row applies to each form and version.
pub const ROWS: &[FactRow] = &[
    row(Form::NoTable, None, None, "", "sql-set; takes no table lock"),
    row(Form::CreateTable, Some(AX), None, "", "sql-createtable; the table is new, nobody waits"),
    row(Form::CreateTableWithKey, Some(AX), Some(SRX), "", "sql-createtable; measured 15"),
    row(Form::DropTable, Some(AX), Some(AX), "", "sql-droptable; measured 15"),
    row(Form::Rename, Some(AX), None, "", "sql-altertable; measured 15"),
    row(Form::AddColumn, Some(AX), Some(SRX), "", "sql-altertable; measured 15"),
    row(
        Form::AddColumnRewrite,
        Some(AX),
        Some(SRX),
        "rewrite",
        "sql-altertable, Notes; measured 15",
    ),
    row(Form::DropColumn, Some(AX), None, "", "sql-altertable; measured 15"),
    row(Form::DropColumnWithKey, Some(AX), Some(AX), "", "sql-altertable; measured 15"),
    row(Form::AlterTypeInPlace, Some(AX), None, "", "sql-altertable, Notes; measured 15"),
    row(Form::AlterTypeRewrite, Some(AX), None, "rewrite", "sql-altertable, Notes; measured 15"),
    row(Form::SetDefault, Some(AX), None, "", "sql-altertable; measured 15"),
    row(Form::SetNotNullScan, Some(AX), None, "scan", "sql-altertable; measured 15"),
    row(
        Form::SetNotNullProved,
        Some(AX),
        None,
        "",
        "sql-altertable, SET NOT NULL (12 and later); measured 15",
    ),
    row(Form::DropNotNull, Some(AX), None, "", "sql-altertable; measured 15"),
    row(Form::AddCheck, Some(AX), None, "scan", "sql-altertable; measured 15"),
    row(Form::AddCheckNotValid, Some(AX), None, "", "sql-altertable, NOT VALID; measured 15"),
    row(Form::AddForeignKey, Some(SRX), Some(SRX), "scan", "sql-altertable; measured 15"),
    row(Form::AddForeignKeyNotValid, Some(SRX), Some(SRX), "", "sql-altertable; measured 15"),
    row(Form::AddUnique, Some(AX), None, "scan", "sql-altertable; measured 15"),
    row(Form::AddUniqueUsingIndex, Some(AX), None, "", "sql-altertable, USING INDEX; measured 15"),
    row(
        Form::ValidateCheck,
        Some(SUE),
        None,
        "scan",
        "sql-altertable, VALIDATE CONSTRAINT; measured 15",
    ),
    row(
        Form::ValidateForeignKey,
        Some(SUE),
        Some(RS),
        "scan",
        "sql-altertable, VALIDATE CONSTRAINT; measured 15",
    ),
    row(Form::DropConstraint, Some(AX), None, "", "sql-altertable; measured 15"),
    row(Form::DropForeignKey, Some(AX), Some(AX), "", "sql-altertable; measured 15"),
    row(Form::RenameConstraint, Some(AX), None, "", "sql-altertable; measured 15"),
    row(Form::CreateIndex, Some(S), None, "scan", "sql-createindex; measured 15"),
    row(
        Form::CreateIndexConcurrently,
        Some(SUE),
        None,
        "scan",
        "sql-createindex, Building Indexes Concurrently; measured 15",
    ),
    row(Form::DropIndex, Some(AX), None, "", "sql-dropindex; measured 15"),
    row(Form::DropIndexConcurrently, Some(SUE), None, "", "sql-dropindex; measured 15"),
    row(
        Form::RenameIndex,
        None,
        None,
        "",
        "sql-alterindex: SHARE UPDATE EXCLUSIVE on the index since 12; measured 15",
    ),
    row(Form::CreateView, None, Some(AS), "", "sql-createview; measured 15"),
    row(
        Form::ReplaceView,
        Some(AX),
        Some(AS),
        "",
        "sql-createview: ACCESS EXCLUSIVE on the view, ACCESS SHARE on what it reads; measured 15",
    ),
    row(Form::DropView, Some(AX), None, "", "sql-dropview; measured 15"),
    row(Form::Read, Some(AS), None, "", "explicit-locking: ACCESS SHARE"),
    row(Form::SetIdentity, Some(AX), None, "", "sql-altertable; measured 15"),
    row(
        Form::AttachPartition,
        Some(SUE),
        Some(AX),
        "",
        "sql-altertable, ATTACH PARTITION: ACCESS EXCLUSIVE on the child (12 and later); measured 15",
    ),
    row(Form::DetachPartition, Some(AX), Some(AX), "", "sql-altertable; measured 15"),
    row(
        Form::DetachPartitionConcurrently,
        Some(SUE),
        Some(AX),
        "",
        "sql-altertable, DETACH PARTITION CONCURRENTLY (14 and later)",
    ),
    row(Form::NoTableObject, None, None, "", "explicit-locking: no table is locked"),
    row(Form::Note, Some(SUE), None, "", "sql-comment, sql-altertable; measured 15"),
    row(Form::ChangeProperty, Some(AX), None, "", "sql-altertable, sql-createpolicy; measured 15"),
    row(Form::CreateTrigger, Some(SRX), None, "", "sql-createtrigger; measured 15"),
    row(Form::DropTrigger, Some(AX), None, "", "sql-droptrigger; measured 15"),
    row(
        Form::WholeTableWrite,
        Some(RX),
        None,
        "scan",
        "explicit-locking: ROW EXCLUSIVE, and a row lock on every row to the end",
    ),
    row(
        Form::Batches,
        Some(RX),
        None,
        "",
        "explicit-locking: ROW EXCLUSIVE, and row locks for one batch",
    ),
    row(Form::Unknown, Some(AX), None, "scan", "not analysed: the worst is assumed"),
];

/// The row for a form and version. Every form has one for 12 to 18; a test says so.
pub fn row_for(form: Form, version: u16) -> Option<&'static FactRow> {
    ROWS.iter().find(|row| row.form == form && (row.since..=row.until).contains(&version))
}

/// The row for a form, or the worst case.
pub(crate) fn row_or_worst(form: Form, version: u16) -> &'static FactRow {
    row_for(form, version).unwrap_or(&ROWS[ROWS.len() - 1])
}

/// Which form a statement takes on `schema`.
pub fn form_of(op: &Op, schema: &Schema) -> Form {
    match op {
        Op::AddColumn { .. }
        | Op::DropColumn { .. }
        | Op::AlterType { .. }
        | Op::SetDefault { .. }
        | Op::SetNotNull { .. } => column_form(op, schema),
        Op::AddConstraint { .. }
        | Op::AddConstraintUsingIndex { .. }
        | Op::AddNotNullNotValid { .. }
        | Op::ValidateConstraint { .. }
        | Op::DropConstraint { .. }
        | Op::RenameConstraint { .. } => constraint_form(op, schema),
        Op::SetLockTimeout { .. }
        | Op::CreateHelpers
        | Op::CreateProgress
        | Op::DropHelpers
        | Op::CreateSyncFunction { .. }
        | Op::DropSyncFunction { .. }
        | Op::CreateUndoTable { .. }
        | Op::CreateBackfill { .. }
        | Op::CreateUndo { .. } => Form::NoTable,
        Op::CreateTable { definition, .. } => {
            let is_key = |c: &Constraint| matches!(c.kind, ConstraintKind::ForeignKey(_));
            let keyed = definition.constraints.values().any(is_key);
            if keyed { Form::CreateTableWithKey } else { Form::CreateTable }
        }
        Op::DropTable { .. } => Form::DropTable,
        Op::RenameTable { .. } | Op::RenameColumn { .. } => Form::Rename,
        Op::CreateIndex { concurrently: false, .. } => Form::CreateIndex,
        Op::CreateIndex { concurrently: true, .. } => Form::CreateIndexConcurrently,
        Op::DropIndex { concurrently: false, .. } => Form::DropIndex,
        Op::DropIndex { concurrently: true, .. } => Form::DropIndexConcurrently,
        Op::RenameIndex { .. } => Form::RenameIndex,
        Op::CreateView { .. } => Form::CreateView,
        Op::ReplaceView { .. } => Form::ReplaceView,
        Op::DropView { .. } => Form::DropView,
        Op::CreateSyncTrigger { .. } => Form::CreateTrigger,
        Op::DropSyncTrigger { .. } => Form::DropTrigger,
        Op::Update { .. } | Op::Delete { .. } => Form::WholeTableWrite,
        Op::RunBackfill { .. } | Op::RunUndo { .. } => Form::Batches,
        Op::SetIdentity { .. } | Op::DropExpression { .. } => Form::SetIdentity,
        Op::AdvanceSequence { .. } => Form::Read,
        Op::AttachPartition { .. } => Form::AttachPartition,
        Op::DetachPartition { concurrently: false, .. } => Form::DetachPartition,
        Op::DetachPartition { concurrently: true, .. } => Form::DetachPartitionConcurrently,
        Op::Object { id, becomes, .. } => object_form(id.kind, becomes.is_some()),
        Op::Verbatim { .. } => Form::Unknown,
    }
}

/// Forms of statements about other objects.
fn object_form(kind: ObjectKind, stays: bool) -> Form {
    match kind {
        ObjectKind::Trigger if stays => Form::CreateTrigger,
        ObjectKind::Trigger => Form::DropTrigger,
        ObjectKind::Policy | ObjectKind::Rule | ObjectKind::Property | ObjectKind::Owner => {
            Form::ChangeProperty
        }
        ObjectKind::Comment | ObjectKind::Statistics => Form::Note,
        ObjectKind::Unknown => Form::Unknown,
        ObjectKind::ViewIndex => Form::CreateIndex,
        ObjectKind::Schema
        | ObjectKind::Extension
        | ObjectKind::Language
        | ObjectKind::Plain
        | ObjectKind::Enum
        | ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::Sequence
        | ObjectKind::Routine
        | ObjectKind::Aggregate
        | ObjectKind::Operator
        | ObjectKind::Foreign
        | ObjectKind::ForeignTable
        | ObjectKind::Ownership
        | ObjectKind::EventTrigger
        | ObjectKind::Replication
        | ObjectKind::Privilege
        | ObjectKind::DefaultPrivilege => Form::NoTableObject,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`form_of` sends only column operations here")]
fn column_form(op: &Op, schema: &Schema) -> Form {
    match op {
        Op::AddColumn { column, .. } => {
            let is_volatile = |d: &Expr| d.volatility() == Volatility::Volatile;
            let rewrites = column.default.as_ref().is_some_and(is_volatile)
                || column.identity.is_some()
                || column.generated.is_some()
                || schema.domain_of(&column.ty).is_some_and(|d| d.constrained);
            if rewrites { Form::AddColumnRewrite } else { Form::AddColumn }
        }
        Op::DropColumn { table, column } => {
            let carries = |c: &Constraint| {
                matches!(c.kind, ConstraintKind::ForeignKey(_)) && c.kind.columns().contains(column)
            };
            let keyed = schema.table(table).is_some_and(|t| t.constraints.values().any(carries));
            if keyed { Form::DropColumnWithKey } else { Form::DropColumn }
        }
        Op::AlterType { table, column, ty, collation, using } => {
            let definition = schema.table(table);
            let from = definition.and_then(|t| t.column(column));
            let indexed =
                definition.is_some_and(|t| t.indexes.values().any(|i| i.columns.contains(column)));
            let in_place = using.is_none()
                && from.is_some_and(|from| {
                    from.ty.change_to(ty) != TypeChange::Rewrite
                        && (from.collation == *collation || !indexed)
                });
            if in_place { Form::AlterTypeInPlace } else { Form::AlterTypeRewrite }
        }
        Op::SetDefault { .. } => Form::SetDefault,
        Op::SetNotNull { not_null: false, .. } => Form::DropNotNull,
        Op::SetNotNull { table, column, not_null: true } => {
            let proved = schema.proves_not_null(table, column);
            if proved { Form::SetNotNullProved } else { Form::SetNotNullScan }
        }
        other => unreachable!("not a column operation: {other:?}"),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "`form_of` sends only constraint operations here"
)]
fn constraint_form(op: &Op, schema: &Schema) -> Form {
    let is_key = |table, name| {
        matches!(schema.constraint_kind(table, name), Some(ConstraintKind::ForeignKey(_)))
    };
    match op {
        Op::AddConstraint { constraint, .. } => match (&constraint.kind, constraint.validated) {
            (ConstraintKind::Check(_) | ConstraintKind::NotNull(_), true) => Form::AddCheck,
            (ConstraintKind::Check(_) | ConstraintKind::NotNull(_), false) => {
                Form::AddCheckNotValid
            }
            (ConstraintKind::ForeignKey(_), true) => Form::AddForeignKey,
            (ConstraintKind::ForeignKey(_), false) => Form::AddForeignKeyNotValid,
            (
                ConstraintKind::PrimaryKey(_)
                | ConstraintKind::Unique(_)
                | ConstraintKind::Other(..),
                _,
            ) => Form::AddUnique,
        },
        Op::AddConstraintUsingIndex { .. } => Form::AddUniqueUsingIndex,
        Op::AddNotNullNotValid { .. } => Form::AddCheckNotValid,
        Op::ValidateConstraint { table, name } if is_key(table, name) => Form::ValidateForeignKey,
        Op::ValidateConstraint { .. } => Form::ValidateCheck,
        Op::DropConstraint { table, name } if is_key(table, name) => Form::DropForeignKey,
        Op::DropConstraint { .. } => Form::DropConstraint,
        Op::RenameConstraint { .. } => Form::RenameConstraint,
        other => unreachable!("not a constraint operation: {other:?}"),
    }
}

/// Tables that the statement's foreign keys point at; for a view, the tables it reads.
pub(crate) fn parents_of(op: &Op, schema: &Schema) -> Vec<QName> {
    let of_kind = |kind: &ConstraintKind| match kind {
        ConstraintKind::ForeignKey(key) => Some(key.parent.clone()),
        ConstraintKind::PrimaryKey(_)
        | ConstraintKind::Unique(_)
        | ConstraintKind::Check(_)
        | ConstraintKind::NotNull(_)
        | ConstraintKind::Other(..) => None,
    };
    let keys_of = |table: &crate::schema::Table, column: Option<&String>| {
        table
            .constraints
            .values()
            .filter(|c| column.is_none_or(|name| c.kind.columns().contains(name)))
            .filter_map(|c| of_kind(&c.kind))
            .collect::<Vec<_>>()
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these name another table")]
    let mut parents = match op {
        Op::CreateTable { definition, .. } => keys_of(definition, None),
        Op::DropTable { table } => {
            schema.table(table).map(|t| keys_of(t, None)).unwrap_or_default()
        }
        Op::DropColumn { table, column } => {
            schema.table(table).map(|t| keys_of(t, Some(column))).unwrap_or_default()
        }
        Op::AddConstraint { constraint, .. } => of_kind(&constraint.kind).into_iter().collect(),
        Op::ValidateConstraint { table, name } | Op::DropConstraint { table, name } => {
            schema.constraint_kind(table, name).and_then(of_kind).into_iter().collect()
        }
        Op::AttachPartition { child, .. } | Op::DetachPartition { child, .. } => {
            vec![child.clone()]
        }
        Op::CreateView { definition, .. } | Op::ReplaceView { definition, .. } => {
            definition.reads.clone()
        }
        _ => Vec::new(),
    };
    parents.sort();
    parents.dedup();
    parents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_one_row_in_every_version() {
        for form in ROWS.iter().map(|row| row.form) {
            for version in 12..=18 {
                let n = ROWS
                    .iter()
                    .filter(|r| r.form == form && (r.since..=r.until).contains(&version))
                    .count();
                assert_eq!(n, 1, "{form:?} on {version}");
            }
        }
    }
}

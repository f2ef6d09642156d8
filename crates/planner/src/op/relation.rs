//! Which table or view a statement is about. Must not know SQL text.

use super::Op;
use crate::name::QName;
use crate::schema::Subject;

impl Op {
    /// The constraint or index that it takes away, by its table and name.
    pub(crate) fn drops(&self) -> Option<(&QName, &str)> {
        let (Self::DropIndex { table, name, .. }
        | Self::DropIndexCascade { table, name }
        | Self::DropConstraint { table, name }) = self
        else {
            return None;
        };
        Some((table, name))
    }

    /// Whether it works on an index CONCURRENTLY: outside of a transaction, and nobody waits for its
    /// lock.
    pub(crate) fn is_concurrent(&self) -> bool {
        matches!(
            self,
            Self::CreateIndex { concurrently: true, .. }
                | Self::DropIndex { concurrently: true, .. }
        )
    }

    /// The table or view that the statement is about.
    pub fn relation(&self) -> Option<&QName> {
        match self {
            Self::CreateTable { table, .. }
            | Self::DropTable { table }
            | Self::RenameTable { table, .. }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::DropColumnOnly { table, .. }
            | Self::RenameColumn { table, .. }
            | Self::AlterType { table, .. }
            | Self::SetDefault { table, .. }
            | Self::SetNotNull { table, .. }
            | Self::DropExpression { table, .. }
            | Self::SetIdentity { table, .. }
            | Self::KeepPosition { table, .. }
            | Self::AdvanceSequence { table, .. }
            | Self::AttachPartition { table, .. }
            | Self::DetachPartition { table, .. }
            | Self::AttachIndex { table, .. }
            | Self::Inherit { table, .. }
            | Self::NoInherit { table, .. }
            | Self::AddConstraint { table, .. }
            | Self::AddConstraintUsingIndex { table, .. }
            | Self::AddNotNullNotValid { table, .. }
            | Self::ValidateConstraint { table, .. }
            | Self::DropConstraint { table, .. }
            | Self::DropConstraintIfExists { table, .. }
            | Self::RenameNotNull { table, .. }
            | Self::RenameConstraint { table, .. }
            | Self::CreateIndex { table, .. }
            | Self::DropIndex { table, .. }
            | Self::DropIndexCascade { table, .. }
            | Self::CreateIndexOnly { table, .. }
            | Self::AddConstraintOnly { table, .. }
            | Self::RenameIndex { table, .. }
            | Self::Update { table, .. }
            | Self::InsertRows { table, .. }
            | Self::InsertSelect { table, .. }
            | Self::Delete { table, .. } => Some(table),
            Self::CreateView { view, .. }
            | Self::ReplaceView { view, .. }
            | Self::DropView { view, .. } => Some(view),
            Self::CreateSyncTrigger { rule }
            | Self::EnableSyncTrigger { rule }
            | Self::DropSyncTrigger { rule } => Some(&rule.table),
            Self::CreateRelayTrigger { relay, side } | Self::DropRelayTrigger { relay, side } => {
                Some(&relay.end(*side).table)
            }
            Self::RunBackfill { backfill } | Self::RunUndo { backfill } => Some(&backfill.table),
            Self::Verbatim { relation, .. } => relation.as_ref(),
            Self::Object { becomes, .. } => {
                becomes.as_ref().and_then(|o| o.of.as_ref()).and_then(Subject::relation)
            }
            Self::SetLockTimeout { .. }
            | Self::SetStatementTimeout { .. }
            | Self::SkipBodyChecks
            | Self::RenameLabel { .. }
            | Self::CreateHelpers
            | Self::CreateProgress
            | Self::CreateThrottle
            | Self::DropHelpers
            | Self::CreateSyncFunction { .. }
            | Self::CreateRelayFunction { .. }
            | Self::DropRelayFunction { .. }
            | Self::DropSyncFunction { .. }
            | Self::CreateUndoTable { .. }
            | Self::CreateBackfill { .. }
            | Self::CreateUndo { .. } => None,
        }
    }
}

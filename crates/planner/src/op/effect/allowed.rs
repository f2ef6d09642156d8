//! What the server refuses on a table because of those above or below it. Must not change anything.

use super::{Refusal, refuse};
use crate::name::QName;
use crate::op::Op;
use crate::schema::Schema;

impl Schema {
    /// That no column is computed from one that goes.
    pub(super) fn nothing_computed_from(&self, table: &QName, column: &str) -> Result<(), Refusal> {
        let computed = self.table(table).and_then(|t| t.computed_from(column).next());
        let Some(computed) = computed else { return Ok(()) };
        let message = format!(
            "cannot drop column {column} of table {table} because other objects depend on it: column {} of table {table}",
            computed.name
        );
        refuse("2BP01", message)
    }

    /// Whether an operation is one that a member of a family may be asked for.
    pub(super) fn allowed(&self, op: &Op) -> Result<(), Refusal> {
        let Some(name) = op.relation() else { return Ok(()) };
        let Some(table) = self.table(name) else { return Ok(()) };
        if table.partitioning.is_none() {
            return Ok(());
        }
        if table.is_partitioned() {
            not_on_partitioned(op)?;
        }
        let parents = self.known_parents(name);
        if parents.is_empty() {
            return Ok(());
        }
        let inherited = |what: &str, part: &str| {
            refuse("42P16", format!("cannot {what} \"{part}\" of relation \"{}\"", name.name))
        };
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the others are the table's own business"
        )]
        match op {
            Op::AddColumn { .. } if table.is_partition() => {
                refuse("42809", "cannot add column to a partition".to_owned())
            }
            Op::DropColumn { column, .. } | Op::DropColumnOnly { column, .. }
                if self.inherits_column(name, column) =>
            {
                inherited("drop inherited column", column)
            }
            Op::RenameColumn { column, .. } if self.inherits_column(name, column) => {
                inherited("rename inherited column", column)
            }
            Op::AlterType { column, .. } if self.inherits_column(name, column) => {
                inherited("alter inherited column", column)
            }
            Op::SetNotNull { column, not_null: false, .. } if table.is_partition() => {
                let above = |t: &crate::schema::Table| t.column(column).is_some_and(|c| c.not_null);
                if parents.iter().any(|(_, parent)| above(parent)) {
                    return refuse(
                        "42P16",
                        format!("column \"{column}\" is marked NOT NULL in parent table"),
                    );
                }
                Ok(())
            }
            Op::DropConstraint { name: part, .. }
            | Op::DropConstraintIfExists { name: part, .. }
                if self.inherits_constraint(name, part) =>
            {
                inherited("drop inherited constraint", part)
            }
            Op::RenameConstraint { name: part, .. }
                if table.constraints.get(part).is_some_and(|c| c.kind.is_inherited_check())
                    && self.inherits_constraint(name, part) =>
            {
                inherited("rename inherited constraint", part)
            }
            Op::DropIndex { name: index, .. } | Op::DropIndexCascade { name: index, .. }
                if self.inherits_index(name, index) =>
            {
                not_alone(name, index)
            }
            _ => Ok(()),
        }
    }
}

fn not_alone(table: &QName, index: &str) -> Result<(), Refusal> {
    refuse(
        "2BP01",
        format!(
            "cannot drop index {} because an index of its parent requires it",
            table.sibling(index)
        ),
    )
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the others do on partitioned tables, too")]
fn not_on_partitioned(op: &Op) -> Result<(), Refusal> {
    match op {
        Op::CreateIndex { table, concurrently: true, .. } => refuse(
            "0A000",
            format!("cannot create index on partitioned table \"{}\" concurrently", table.name),
        ),
        Op::DropIndex { name, concurrently: true, .. } => {
            refuse("0A000", format!("cannot drop partitioned index \"{name}\" concurrently"))
        }
        Op::AddConstraintUsingIndex { .. } => refuse(
            "0A000",
            "ALTER TABLE / ADD CONSTRAINT USING INDEX is not supported on partitioned tables"
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

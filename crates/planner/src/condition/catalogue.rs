//! The queries of the conditions that ask the catalogue. Must not know the others.

use super::Condition;
use crate::name::{QName, literal};

impl Condition {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "`sql` sends only the catalogue's conditions here"
    )]
    pub(super) fn catalogue_sql(&self) -> String {
        match self {
            Self::Relation { relation, .. } => {
                format!(
                    "SELECT count(*) FROM pg_class WHERE oid = to_regclass({})",
                    literal(&relation.to_string())
                )
            }
            Self::Label { ty, label, .. } => of_label(ty, label),
            Self::Column { table, column, .. } => {
                format!("SELECT count(*) FROM pg_attribute WHERE {}", attribute(table, column))
            }
            Self::Type { table, column, ty } => format!(
                "SELECT count(*) FROM pg_attribute WHERE {} AND format_type(atttypid, atttypmod) = {}",
                attribute(table, column),
                literal(ty.as_str())
            ),
            Self::Default { table, column, .. } => {
                format!(
                    "SELECT count(*) FROM pg_attribute WHERE {} AND atthasdef",
                    attribute(table, column)
                )
            }
            Self::NotNull { table, column, .. } => {
                format!(
                    "SELECT count(*) FROM pg_attribute WHERE {} AND attnotnull",
                    attribute(table, column)
                )
            }
            Self::Constraint { table, name, validated } => {
                let state = match validated {
                    Some(true) => " AND convalidated",
                    Some(false) => " AND NOT convalidated",
                    None => "",
                };
                format!(
                    "SELECT count(*) FROM pg_constraint WHERE conrelid = to_regclass({}) AND conname = {}{state}",
                    literal(&table.to_string()),
                    literal(name)
                )
            }
            Self::Index { table, name, .. } => format!(
                "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass({}) AND indisvalid",
                literal(&table.sibling(name).to_string())
            ),
            Self::Trigger { table, name, .. } => format!(
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass({}) AND tgname = {}",
                literal(&table.to_string()),
                literal(name)
            ),
            Self::ViewReads { view, table, column, .. } => format!(
                "SELECT count(*) FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid \
                 JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
                 WHERE r.ev_class = to_regclass({}) AND d.refobjid = to_regclass({}) AND a.attname = {}",
                literal(&view.to_string()),
                literal(&table.to_string()),
                literal(column)
            ),
            Self::Helpers { .. } => {
                "SELECT count(*) FROM pg_namespace WHERE nspname = 'concertina'".to_owned()
            }
            Self::Helper { name, .. } => format!(
                "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('concertina') AND relname = {0}) \
                 + (SELECT count(*) FROM pg_proc WHERE pronamespace = to_regnamespace('concertina') AND proname = {0})",
                literal(name)
            ),
            other => unreachable!("not a condition on the catalogue: {other:?}"),
        }
    }
}

/// `pg_attribute` rows of a live column.
fn attribute(table: &QName, column: &str) -> String {
    format!(
        "attrelid = to_regclass({}) AND attname = {} AND NOT attisdropped",
        literal(&table.to_string()),
        literal(column)
    )
}

fn of_label(ty: &QName, label: &str) -> String {
    format!(
        "SELECT count(*) FROM pg_enum WHERE enumtypid = to_regtype({}) AND enumlabel = {}",
        literal(&ty.to_string()),
        literal(label)
    )
}

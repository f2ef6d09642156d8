//! Facts about a database that a plan checks or waits for, as values: printed as a query with the
//! number it must give, and evaluated by the simulator on its own rows. Must not know plans.

mod catalogue;
mod readers;

use serde::{Deserialize, Serialize};

use crate::backfill::Todo;
use crate::expr::Expr;
use crate::name::{QName, literal, quote, quote_list};
use crate::sync::{Relay, SyncRule};

pub use readers::Readers;

/// A fact that can be asked for with one query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Condition {
    /// The table or view exists (or does not).
    Relation {
        /// Name.
        relation: QName,
        /// Expected.
        present: bool,
    },
    /// The enum has the label (or has not).
    Label {
        /// Enum.
        ty: QName,
        /// Label.
        label: String,
        /// Expected.
        present: bool,
    },
    /// The column exists (or does not).
    Column {
        /// Table.
        table: QName,
        /// Column.
        column: String,
        /// Expected.
        present: bool,
    },
    /// The column has this type, as `format_type()` prints it.
    Type {
        /// Table.
        table: QName,
        /// Column.
        column: String,
        /// Type.
        ty: crate::sql_type::SqlType,
    },
    /// The column has a default (or none).
    Default {
        /// Table.
        table: QName,
        /// Column.
        column: String,
        /// Expected.
        present: bool,
    },
    /// The column is NOT NULL (or is not).
    NotNull {
        /// Table.
        table: QName,
        /// Column.
        column: String,
        /// Expected.
        present: bool,
    },
    /// The constraint exists, validated or not as said; `None`: it does not exist.
    Constraint {
        /// Table.
        table: QName,
        /// Constraint.
        name: String,
        /// Expected `convalidated`.
        validated: Option<bool>,
    },
    /// The index exists and is valid (or does not exist).
    Index {
        /// Table.
        table: QName,
        /// Index.
        name: String,
        /// Expected.
        present: bool,
    },
    /// The trigger exists (or does not).
    Trigger {
        /// Table.
        table: QName,
        /// Trigger.
        name: String,
        /// Expected.
        present: bool,
    },
    /// The view's query reads the column (or does not).
    ViewReads {
        /// View.
        view: QName,
        /// Table.
        table: QName,
        /// Column.
        column: String,
        /// Expected.
        reads: bool,
    },
    /// Concertina's helper schema exists (or does not).
    Helpers {
        /// Expected.
        present: bool,
    },
    /// A helper object exists in schema `concertina` (or does not): table, function or procedure.
    Helper {
        /// Bare name.
        name: String,
        /// Expected.
        present: bool,
    },
    /// No row's two shapes disagree.
    Parity {
        /// The rule.
        rule: SyncRule,
    },
    /// No row's two shapes disagree in both directions: after the cutover a new row may say more
    /// than the old shape can repeat, and an old row may say it in a way the new shape tidies.
    Agreement {
        /// The rule.
        rule: SyncRule,
    },
    /// No key for which a column and the rows of another table say different things.
    Relayed {
        /// What is carried between them.
        relay: Relay,
    },
    /// No row is left for a backfill.
    BackfillComplete {
        /// Table.
        table: QName,
        /// What counts as left.
        todo: Todo,
    },
    /// The backfill named so has run to its end.
    BackfillFinished {
        /// Bare name of the backfill.
        name: String,
    },
    /// No row has NULL in the column.
    NoNulls {
        /// Table.
        table: QName,
        /// Column.
        column: String,
    },
    /// No two rows share the (non-NULL) values of the columns.
    NoDuplicates {
        /// Table.
        table: QName,
        /// Columns.
        columns: Vec<String>,
    },
    /// Every (non-NULL) reference has its parent.
    NoOrphans {
        /// Referencing table.
        table: QName,
        /// Referencing columns.
        columns: Vec<String>,
        /// Referenced table.
        parent: QName,
        /// Referenced columns.
        parent_columns: Vec<String>,
    },
    /// No row makes the CHECK expression false.
    NoViolations {
        /// Table.
        table: QName,
        /// The CHECK.
        check: Expr,
    },
    /// No instance of the release is connected any more.
    Drained {
        /// Release id.
        release: String,
    },
    /// Readers outside the database have seen what was written, or nearly.
    CaughtUp {
        /// Which.
        readers: Readers,
    },
    /// A backup from before this moment exists and has been restored somewhere to prove it.
    BackupRestorable,
}

impl Condition {
    /// The query, giving one number. Operators answer `Drained` by `application_name` and
    /// `BackupRestorable` themselves, after the step's commands.
    pub fn sql(&self) -> String {
        if self.is_catalogue() { self.catalogue_sql() } else { self.rows_sql() }
    }

    /// Whether it asks the catalogue, not rows or people.
    fn is_catalogue(&self) -> bool {
        match self {
            Self::Relation { .. }
            | Self::Label { .. }
            | Self::Column { .. }
            | Self::Type { .. }
            | Self::Default { .. }
            | Self::NotNull { .. }
            | Self::Constraint { .. }
            | Self::Index { .. }
            | Self::Trigger { .. }
            | Self::ViewReads { .. }
            | Self::Helpers { .. }
            | Self::Helper { .. } => true,
            Self::Parity { .. }
            | Self::Agreement { .. }
            | Self::Relayed { .. }
            | Self::BackfillComplete { .. }
            | Self::BackfillFinished { .. }
            | Self::NoNulls { .. }
            | Self::NoDuplicates { .. }
            | Self::NoOrphans { .. }
            | Self::NoViolations { .. }
            | Self::Drained { .. }
            | Self::CaughtUp { .. }
            | Self::BackupRestorable => false,
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "`sql` sends only the other conditions here"
    )]
    fn rows_sql(&self) -> String {
        match self {
            Self::Parity { rule } => {
                format!("SELECT count(*) FROM {} WHERE {}", rule.table, rule.disagreement())
            }
            Self::Relayed { relay } => relay.parity_sql(),
            Self::Agreement { rule } => format!(
                "SELECT count(*) FROM {} WHERE ({}) AND ({})",
                rule.table,
                rule.disagreement(),
                rule.disagreement_back()
            ),
            Self::BackfillComplete { table, todo } => {
                format!("SELECT count(*) FROM {table} WHERE {}", todo.sql())
            }
            Self::BackfillFinished { name } => format!(
                "SELECT count(*) FROM concertina.backfill WHERE name = {} AND finished_at IS NOT NULL",
                literal(name)
            ),
            Self::NoNulls { table, column } => {
                format!("SELECT count(*) FROM {table} WHERE {} IS NULL", quote(column))
            }
            Self::NoDuplicates { table, columns } => {
                let keys = quote_list(columns);
                let given: Vec<String> =
                    columns.iter().map(|c| format!("{} IS NOT NULL", quote(c))).collect();
                format!(
                    "SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {} GROUP BY {keys} HAVING count(*) > 1) AS duplicates",
                    given.join(" AND ")
                )
            }
            Self::NoOrphans { table, columns, parent, parent_columns } => {
                let given: Vec<String> =
                    columns.iter().map(|c| format!("c.{} IS NOT NULL", quote(c))).collect();
                let on: Vec<String> = columns
                    .iter()
                    .zip(parent_columns)
                    .map(|(c, p)| format!("p.{} = c.{}", quote(p), quote(c)))
                    .collect();
                format!(
                    "SELECT count(*) FROM {table} AS c WHERE {} AND NOT EXISTS (SELECT FROM {parent} AS p WHERE {})",
                    given.join(" AND "),
                    on.join(" AND ")
                )
            }
            Self::NoViolations { table, check } => {
                format!("SELECT count(*) FROM {table} WHERE NOT ({})", check.sql())
            }
            Self::Drained { release } => format!(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = {}",
                literal(&format!("app-{release}"))
            ),
            Self::CaughtUp { readers } => readers.sql(),
            Self::BackupRestorable => "SELECT 1".to_owned(),
            other => unreachable!("not a condition on rows: {other:?}"),
        }
    }

    /// The number that `sql` must give.
    pub fn expect(&self) -> &'static str {
        let one = match self {
            Self::Relation { present, .. }
            | Self::Label { present, .. }
            | Self::Column { present, .. }
            | Self::Default { present, .. }
            | Self::NotNull { present, .. }
            | Self::Index { present, .. }
            | Self::Trigger { present, .. }
            | Self::Helpers { present }
            | Self::Helper { present, .. } => *present,
            Self::ViewReads { reads, .. } => *reads,
            Self::Constraint { validated, .. } => validated.is_some(),
            Self::Type { .. } | Self::BackfillFinished { .. } | Self::BackupRestorable => true,
            Self::Parity { .. }
            | Self::Agreement { .. }
            | Self::Relayed { .. }
            | Self::BackfillComplete { .. }
            | Self::NoNulls { .. }
            | Self::NoDuplicates { .. }
            | Self::NoOrphans { .. }
            | Self::NoViolations { .. }
            | Self::Drained { .. }
            | Self::CaughtUp { .. } => false,
        };
        if one { "1" } else { "0" }
    }
}

impl Condition {
    /// The table whose rows it reads, where it reads rows.
    pub fn table(&self) -> Option<&QName> {
        match self {
            Self::Parity { rule } | Self::Agreement { rule } => Some(&rule.table),
            Self::Relayed { relay } => Some(&relay.old.table),
            Self::BackfillComplete { table, .. }
            | Self::NoNulls { table, .. }
            | Self::NoDuplicates { table, .. }
            | Self::NoOrphans { table, .. }
            | Self::NoViolations { table, .. } => Some(table),
            Self::Relation { .. }
            | Self::Label { .. }
            | Self::Column { .. }
            | Self::Type { .. }
            | Self::Default { .. }
            | Self::NotNull { .. }
            | Self::Constraint { .. }
            | Self::Index { .. }
            | Self::Trigger { .. }
            | Self::ViewReads { .. }
            | Self::Helpers { .. }
            | Self::Helper { .. }
            | Self::BackfillFinished { .. }
            | Self::Drained { .. }
            | Self::CaughtUp { .. }
            | Self::BackupRestorable => None,
        }
    }
}

impl Condition {
    /// The table or view that it is about, where it is about one.
    pub fn relation(&self) -> Option<&QName> {
        match self {
            Self::Relation { relation, .. } => Some(relation),
            Self::ViewReads { table, .. }
            | Self::Column { table, .. }
            | Self::Type { table, .. }
            | Self::Default { table, .. }
            | Self::NotNull { table, .. }
            | Self::Constraint { table, .. }
            | Self::Index { table, .. }
            | Self::Trigger { table, .. } => Some(table),
            Self::Label { .. }
            | Self::Parity { .. }
            | Self::Agreement { .. }
            | Self::Relayed { .. }
            | Self::BackfillComplete { .. }
            | Self::NoNulls { .. }
            | Self::NoDuplicates { .. }
            | Self::NoOrphans { .. }
            | Self::NoViolations { .. } => self.table(),
            Self::Helpers { .. }
            | Self::Helper { .. }
            | Self::BackfillFinished { .. }
            | Self::Drained { .. }
            | Self::CaughtUp { .. }
            | Self::BackupRestorable => None,
        }
    }
}

impl Condition {
    /// Columns of its table that a condition on rows reads.
    pub fn row_columns(&self) -> Vec<String> {
        let of_rule = |rule: &SyncRule| -> Vec<String> {
            let sides = rule.up.iter().chain(&rule.down);
            sides.flat_map(|a| a.value.columns().into_iter().chain([a.column.clone()])).collect()
        };
        match self {
            Self::Parity { rule } | Self::Agreement { rule } => of_rule(rule),
            Self::Relayed { relay } => {
                let mut columns = relay.old.values.clone();
                columns.push(relay.old.key.clone());
                columns
            }
            Self::BackfillComplete { todo, .. } => match todo {
                Todo::Disagree(rule) => of_rule(rule),
                Todo::Where(condition) => condition.columns().into_iter().collect(),
                Todo::EveryRow => Vec::new(),
            },
            Self::NoNulls { column, .. } => vec![column.clone()],
            Self::NoDuplicates { columns, .. } | Self::NoOrphans { columns, .. } => columns.clone(),
            Self::NoViolations { check, .. } => check.columns().into_iter().collect(),
            Self::Relation { .. }
            | Self::Label { .. }
            | Self::Column { .. }
            | Self::Type { .. }
            | Self::Default { .. }
            | Self::NotNull { .. }
            | Self::Constraint { .. }
            | Self::Index { .. }
            | Self::Trigger { .. }
            | Self::ViewReads { .. }
            | Self::Helpers { .. }
            | Self::Helper { .. }
            | Self::BackfillFinished { .. }
            | Self::Drained { .. }
            | Self::CaughtUp { .. }
            | Self::BackupRestorable => Vec::new(),
        }
    }
}

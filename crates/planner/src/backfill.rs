//! Backfills: existing rows brought to the new shape in keyset batches, each its own transaction,
//! by a stored procedure that psql alone can call, stop and call again. The value is what the
//! simulator runs; the SQL is what the database runs. Must not know plans.

mod note;
mod procedure;
pub(crate) mod throttle;
mod undo;
mod work;

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::name::{QName, clip, literal};
use crate::schema::ForeignKey;
use crate::sql_type::SqlType;
use crate::sync::SyncRule;

/// A batched, resumable, idempotent walk over one table, and what it does with the rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Backfill {
    /// Bare name, unique in the plan: names the procedure and the progress row.
    pub name: String,
    /// The table.
    pub table: QName,
    /// Columns to walk by, with their types: unique and NOT NULL. Empty: the table is walked page
    /// by page.
    pub key: Vec<(String, SqlType)>,
    /// What is done with the rows.
    #[serde(default)]
    pub work: Work,
    /// `column := value`, over the row as it was: its own columns, or those of the row that it makes.
    pub set: Vec<(String, Expr)>,
    /// Which rows still need it. False afterwards, so running it again changes nothing.
    pub todo: Todo,
    /// What is kept, so that the backfill can be undone.
    pub undo: Option<Undo>,
    /// Rows of the first batch; pages, where there is no key.
    pub batch_rows: u32,
    /// How the size of the next batches is found.
    pub tuner: Tuner,
    /// Pause after each batch, milliseconds.
    pub pause_ms: u32,
    /// Replica lag above which the backfill waits, seconds.
    pub lag_ceiling_s: u32,
    /// Longest wait for a lock before the batch is given up and tried again, milliseconds.
    pub lock_wait_ms: u32,
}

/// What a backfill does with the rows that it walks.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// They get new values.
    #[default]
    Update,
    /// They go.
    Delete,
    /// Each makes a row of another table, unless that is there already.
    Insert {
        /// The other table.
        into: QName,
        /// A unique key of it, by which a row that is there already is known.
        key: Vec<String>,
    },
}

/// Batches as long as they may take, between bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tuner {
    /// What a batch is to take, milliseconds: for so long its row locks are held.
    pub target_ms: u32,
    /// Fewest rows a batch, or pages.
    pub rows_min: u32,
    /// Most rows a batch, or pages.
    pub rows_max: u32,
}

/// Which rows a backfill still has to touch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Todo {
    /// Rows whose shapes disagree under this rule.
    Disagree(SyncRule),
    /// Rows for which the condition is true.
    Where(Expr),
    /// Every row, once: the key walk alone says what is done. Not for tables without a key.
    EveryRow,
}

/// What a backfill keeps of what it overwrites, takes away or brings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Undo {
    /// Columns with their types: overwritten ones, or all of a row.
    pub columns: Vec<(String, SqlType)>,
    /// Foreign keys of a row that goes: without its parents it cannot come back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<ForeignKey>,
}

impl Todo {
    /// SQL condition that is true of rows still to do.
    pub fn sql(&self) -> String {
        match self {
            Self::Disagree(rule) => rule.disagreement(),
            Self::Where(condition) => condition.sql(),
            Self::EveryRow => "true".to_owned(),
        }
    }
}

impl Backfill {
    /// The procedure's qualified name.
    pub fn procedure(&self) -> QName {
        QName::new("concertina", clip(&format!("backfill_{}", self.name)))
    }

    /// `SELECT` that shows how far the backfill is, what it waits for, and when it will be done:
    /// what is left at the speed so far, waiting not counted.
    pub fn progress_sql(&self) -> String {
        format!(
            "SELECT rows_seen, rows_total, unit, rows_changed, batch_rows, \
             CASE WHEN finished_at IS NULL THEN round(100.0 * least(rows_seen, rows_total) / greatest(rows_total, 1), 1) ELSE 100 END AS percent, \
             round((rows_seen / greatest(extract(epoch FROM worked), 0.001))::numeric, 1) AS per_second, \
             CASE WHEN finished_at IS NOT NULL THEN interval '0' WHEN rows_seen > 0 \
             THEN worked * (greatest(rows_total - rows_seen, 0)::float8 / rows_seen) END AS time_left, \
             waiting_for, paused, started_at, updated_at, finished_at \
             FROM concertina.backfill WHERE name = {}",
            literal(&self.name)
        )
    }

    /// The table whose rows it writes.
    pub fn written(&self) -> &QName {
        match &self.work {
            Work::Update | Work::Delete => &self.table,
            Work::Insert { into, .. } => into,
        }
    }

    /// Whether it keeps what would be nowhere else.
    pub fn keeps_what_goes(&self) -> bool {
        self.undo.is_some() && !matches!(self.work, Work::Insert { .. })
    }

    /// Names of the key columns.
    pub fn key_names(&self) -> Vec<String> {
        self.key.iter().map(|(name, _)| name.clone()).collect()
    }
}

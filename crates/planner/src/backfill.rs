//! Backfills: existing rows brought to the new shape in keyset batches, each its own transaction,
//! by a stored procedure that psql alone can call, stop and call again. The value is what the
//! simulator runs; the SQL is what the database runs. Must not know plans.

mod note;
mod procedure;
pub(crate) mod throttle;

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::name::{QName, clip, literal, quote, quote_list};
use crate::sql_type::SqlType;
use crate::sync::SyncRule;

/// A batched, resumable, idempotent UPDATE of one table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Backfill {
    /// Bare name, unique in the plan: names the procedure and the progress row.
    pub name: String,
    /// The table.
    pub table: QName,
    /// Columns to walk by, with their types: unique and NOT NULL. Empty: the table is walked page
    /// by page.
    pub key: Vec<(String, SqlType)>,
    /// `column := value`, over the row as it was.
    pub set: Vec<(String, Expr)>,
    /// Which rows still need it. False afterwards, so running it again changes nothing.
    pub todo: Todo,
    /// What the rows held before is kept here, so that the backfill can be undone.
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

/// Where an in-place backfill keeps what it overwrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Undo {
    /// Overwritten columns with their types.
    pub columns: Vec<(String, SqlType)>,
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

    /// The undo procedure's qualified name.
    pub fn undo_procedure(&self) -> QName {
        QName::new("concertina", clip(&format!("undo_{}", self.name)))
    }

    /// The undo table's qualified name.
    pub fn undo_table(&self) -> QName {
        QName::new("concertina", clip(&format!("before_{}", self.name)))
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

    /// `CREATE TABLE` for what is overwritten: the key, the columns as they were, and what they were
    /// given, by which a later write of the app is told apart.
    pub fn undo_table_sql(&self) -> Option<String> {
        let undo = self.undo.as_ref()?;
        let column = |(name, ty): &(String, SqlType)| format!("{} {ty}", quote(name));
        let before =
            |(name, ty): &(String, SqlType)| format!("{} {ty}", quote(&format!("before_{name}")));
        let after =
            |(name, ty): &(String, SqlType)| format!("{} {ty}", quote(&format!("after_{name}")));
        let columns: Vec<String> = self
            .key
            .iter()
            .map(column)
            .chain(undo.columns.iter().map(before))
            .chain(undo.columns.iter().map(after))
            .collect();
        Some(format!(
            "CREATE TABLE IF NOT EXISTS {} ({}, PRIMARY KEY ({}))",
            self.undo_table(),
            columns.join(", "),
            quote_list(&self.key_names())
        ))
    }

    /// Names of the key columns.
    pub fn key_names(&self) -> Vec<String> {
        self.key.iter().map(|(name, _)| name.clone()).collect()
    }

    /// `CREATE OR REPLACE PROCEDURE` that puts back what the backfill overwrote, in batches.
    pub fn undo_procedure_sql(&self) -> Option<String> {
        let undo = self.undo.as_ref()?;
        let on: Vec<String> =
            self.key.iter().map(|(c, _)| format!("t.{0} = b.{0}", quote(c))).collect();
        let set: Vec<String> = undo
            .columns
            .iter()
            .map(|(c, _)| format!("{} = b.{}", quote(c), quote(&format!("before_{c}"))))
            .collect();
        let untouched = undo.columns.iter().map(|(c, _)| {
            format!("t.{} IS NOT DISTINCT FROM b.{}", quote(c), quote(&format!("after_{c}")))
        });
        let on: Vec<String> = on.into_iter().chain(untouched).collect();
        let keys = quote_list(&self.key_names());
        Some(format!(
            "CREATE OR REPLACE PROCEDURE {procedure}() LANGUAGE plpgsql AS $concertina$\n\
             DECLARE\n  c_taken bigint;\n\
             BEGIN\n  \
               LOOP\n    \
                 WITH taken_rows AS (\n      \
                   DELETE FROM {before} WHERE ({keys}) IN (SELECT {keys} FROM {before} ORDER BY {keys} LIMIT {rows}) RETURNING *\n    \
                 ), restored AS (\n      \
                   UPDATE {table} AS t SET {set} FROM taken_rows AS b WHERE {on} RETURNING 1\n    \
                 )\n    \
                 SELECT count(*) INTO c_taken FROM taken_rows;\n    \
                 COMMIT;\n    \
                 EXIT WHEN c_taken = 0;\n  \
               END LOOP;\n  \
               DELETE FROM concertina.backfill WHERE name = {name};\n  \
               COMMIT;\n\
             END\n\
             $concertina$",
            procedure = self.undo_procedure(),
            before = self.undo_table(),
            table = self.table,
            set = set.join(", "),
            on = on.join(" AND "),
            rows = self.batch_rows,
            name = literal(&self.name),
        ))
    }
}

//! Backfills: existing rows brought to the new shape in keyset batches, each its own transaction,
//! by a stored procedure that psql alone can call, stop and call again. The value is what the
//! simulator runs; the SQL is what the database runs. Must not know plans.

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
    /// Columns to walk by, with their types: unique and NOT NULL. Empty: no key, see `sql`.
    pub key: Vec<(String, SqlType)>,
    /// `column := value`, over the row as it was.
    pub set: Vec<(String, Expr)>,
    /// Which rows still need it. False afterwards, so running it again changes nothing.
    pub todo: Todo,
    /// What the rows held before is kept here, so that the backfill can be undone.
    pub undo: Option<Undo>,
    /// Rows a batch.
    pub batch_rows: u32,
    /// Pause after each batch, milliseconds.
    pub pause_ms: u32,
    /// Replica lag above which the backfill waits, seconds.
    pub lag_ceiling_s: u32,
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

    /// `SELECT` that shows how far the backfill is.
    pub fn progress_sql(&self) -> String {
        format!(
            "SELECT name, rows_seen, rows_changed, started_at, updated_at, finished_at, paused \
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

    /// `CREATE OR REPLACE PROCEDURE`: walks the key, a batch a transaction; resumes where its
    /// progress row stands; waits while paused or while a replica lags, and stops rather than run
    /// blind when lag cannot be read.
    pub fn procedure_sql(&self) -> String {
        if self.key.is_empty() { self.keyless_procedure() } else { self.keyset_procedure() }
    }

    fn keyset_procedure(&self) -> String {
        let declare: String = self
            .key
            .iter()
            .enumerate()
            .map(|(i, (_, ty))| format!("  c_last_{i} {ty};\n  c_upper_{i} {ty};\n"))
            .collect();
        let lasts = numbered("c_last_", self.key.len());
        let uppers = numbered("c_upper_", self.key.len());
        let keys = quote_list(&self.key_names());
        let first = format!("({keys}) <= ({uppers})");
        let next = format!("({keys}) > ({lasts}) AND {first}");
        let read_last: Vec<String> = self
            .key
            .iter()
            .enumerate()
            .map(|(i, (_, ty))| format!("last_key[{}]::{ty}", i + 1))
            .collect();
        let upper = |bound: &str| {
            format!(
                "SELECT {keys} INTO {uppers} FROM (SELECT {keys} FROM {table}{bound} ORDER BY {keys} \
                 LIMIT {rows}) AS batch ORDER BY {order} LIMIT 1",
                table = self.table,
                rows = self.batch_rows,
                order = self
                    .key
                    .iter()
                    .map(|(c, _)| format!("{} DESC", quote(c)))
                    .collect::<Vec<_>>()
                    .join(", "),
            )
        };
        let body = format!(
            "    SELECT {read_last}, last_key IS NULL INTO {lasts}, c_fresh\n      \
                   FROM concertina.backfill WHERE name = {name};\n    \
                 IF c_fresh THEN\n      {upper_first};\n    ELSE\n      {upper_next};\n    END IF;\n    \
                 EXIT WHEN NOT FOUND;\n    \
                 BEGIN\n      \
                   IF c_fresh THEN\n{batch_first}      ELSE\n{batch_next}      END IF;\n      \
                   UPDATE concertina.backfill SET last_key = ARRAY[{texts}], rows_seen = rows_seen + {rows},\n        \
                     rows_changed = rows_changed + c_changed, updated_at = clock_timestamp() WHERE name = {name};\n      \
                   c_attempts := 0;\n    \
                 EXCEPTION WHEN lock_not_available OR deadlock_detected OR serialization_failure THEN\n      \
                   c_attempts := c_attempts + 1;\n      \
                   IF c_attempts > 20 THEN RAISE; END IF;\n    \
                 END;\n",
            read_last = read_last.join(", "),
            name = literal(&self.name),
            upper_first = upper(""),
            upper_next = upper(&format!(" WHERE ({keys}) > ({lasts})")),
            batch_first = self.batch_sql(&first),
            batch_next = self.batch_sql(&next),
            texts = (0..self.key.len())
                .map(|i| format!("c_upper_{i}::text"))
                .collect::<Vec<_>>()
                .join(", "),
            rows = self.batch_rows,
        );
        self.procedure_with(&declare, &body)
    }

    /// Without a key there is nothing to walk by: each batch looks for rows still to do.
    fn keyless_procedure(&self) -> String {
        let body = format!(
            "    UPDATE {table} SET {set} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {todo} \
             LIMIT {rows} FOR UPDATE SKIP LOCKED));\n    \
             GET DIAGNOSTICS c_changed = ROW_COUNT;\n    \
             EXIT WHEN c_changed = 0 AND NOT EXISTS (SELECT FROM {table} WHERE {todo});\n    \
             UPDATE concertina.backfill SET rows_seen = rows_seen + c_changed, rows_changed = rows_changed + c_changed,\n      \
               updated_at = clock_timestamp() WHERE name = {name};\n",
            table = self.table,
            set = self.assignments(),
            todo = self.todo.sql(),
            rows = self.batch_rows,
            name = literal(&self.name),
        );
        self.procedure_with("", &body)
    }

    fn procedure_with(&self, declare: &str, body: &str) -> String {
        format!(
            "CREATE OR REPLACE PROCEDURE {procedure}() LANGUAGE plpgsql AS $concertina$\n\
             DECLARE\n  c_fresh boolean;\n  c_changed bigint := 0;\n  c_attempts int := 0;\n  c_blind int := 0;\n{declare}\
             BEGIN\n  \
               INSERT INTO concertina.backfill (name) VALUES ({name}) ON CONFLICT (name) DO NOTHING;\n  \
               -- A finished backfill that is called again looks at every row again.\n  \
               UPDATE concertina.backfill SET last_key = NULL, finished_at = NULL WHERE name = {name} AND finished_at IS NOT NULL;\n  \
               COMMIT;\n  \
               LOOP\n    \
                 -- Wait while paused or while a replica lags; no reading of the lag counts as lag.\n    \
                 WHILE (SELECT paused FROM concertina.backfill WHERE name = {name})\n      \
                   OR EXISTS (SELECT FROM pg_stat_replication WHERE replay_lag > make_interval(secs => {lag}) OR state IS NULL)\n    \
                 LOOP\n      \
                   IF EXISTS (SELECT FROM pg_stat_replication WHERE state IS NULL) THEN c_blind := c_blind + 1; END IF;\n      \
                   IF c_blind > 15 THEN\n        \
                     RAISE EXCEPTION 'replica lag cannot be read: grant pg_monitor to % and call this again', current_user;\n      \
                   END IF;\n      \
                   COMMIT;\n      \
                   PERFORM pg_sleep(1);\n    \
                 END LOOP;\n\
             {body}    \
                 COMMIT;\n    \
                 PERFORM pg_sleep({pause});\n  \
               END LOOP;\n  \
               UPDATE concertina.backfill SET finished_at = clock_timestamp() WHERE name = {name};\n  \
               COMMIT;\n\
             END\n\
             $concertina$",
            procedure = self.procedure(),
            name = literal(&self.name),
            lag = self.lag_ceiling_s,
            pause = seconds(self.pause_ms),
        )
    }

    /// One batch: what it overwrites is kept first, where it has to be.
    fn batch_sql(&self, bound: &str) -> String {
        let todo = self.todo.sql();
        let keep = self.undo.as_ref().map_or(String::new(), |undo| {
            let columns: Vec<String> = self
                .key
                .iter()
                .map(|(c, _)| quote(c))
                .chain(undo.columns.iter().map(|(c, _)| quote(c)))
                .chain(undo.columns.iter().map(|(c, ty)| self.given(c, ty)))
                .collect();
            format!(
                "        INSERT INTO {} SELECT {} FROM {} WHERE {bound} AND ({todo}) FOR UPDATE\n          \
                 ON CONFLICT DO NOTHING;\n",
                self.undo_table(),
                columns.join(", "),
                self.table
            )
        });
        format!(
            "{keep}        UPDATE {} SET {} WHERE {bound} AND ({todo});\n        \
             GET DIAGNOSTICS c_changed = ROW_COUNT;\n",
            self.table,
            self.assignments()
        )
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

    /// What the backfill gives a column, as SQL over the row as it was.
    fn given(&self, column: &str, ty: &SqlType) -> String {
        let value = self.set.iter().find(|(c, _)| c == column).map(|(_, value)| value.sql());
        format!("CAST({} AS {ty})", value.unwrap_or_else(|| quote(column)))
    }

    fn assignments(&self) -> String {
        let terms: Vec<String> =
            self.set.iter().map(|(c, value)| format!("{} = {}", quote(c), value.sql())).collect();
        terms.join(", ")
    }
}

fn numbered(stem: &str, n: usize) -> String {
    (0..n).map(|i| format!("{stem}{i}")).collect::<Vec<_>>().join(", ")
}

/// Milliseconds as SQL seconds: `50` → `0.050`.
fn seconds(ms: u32) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

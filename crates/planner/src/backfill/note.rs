//! A backfill in words, for who runs it. Must not know how it is rendered.

use super::throttle::SIGNALS;
use super::{Backfill, Todo, Work};

/// The sentences of a plan on one backfill.
pub(crate) struct Words {
    pub(crate) batching: String,
    pub(crate) throttle: String,
    pub(crate) idempotency: String,
    pub(crate) dead_rows: String,
}

impl Backfill {
    /// How it batches, when it waits, why it may run twice, and what it leaves to vacuum.
    pub(crate) fn words(&self) -> Words {
        Words {
            batching: self.batching(),
            throttle: self.throttle(),
            idempotency: self.idempotency(),
            dead_rows: match &self.work {
                Work::Insert { into, .. } => format!(
                    "rows only come: `VACUUM (ANALYZE) {into}` afterwards, so that the planner knows of them"
                ),
                Work::Update | Work::Delete => self.dead_rows(),
            },
        }
    }

    fn dead_rows(&self) -> String {
        let each = if self.work == Work::Delete { "deleted" } else { "written" };
        format!(
            "every row {each} leaves a dead one, and autovacuum comes when a fifth of the table is dead: `ALTER TABLE {0} SET (autovacuum_vacuum_scale_factor = 0.02)` makes it come sooner where the table is big; afterwards `VACUUM (ANALYZE) {0}`, so that the planner knows the new values before a release asks for them",
            self.table
        )
    }

    fn batching(&self) -> String {
        let tuner = self.tuner;
        let sized = format!(
            "the next batch is as big as {} ms allow, from {} to {}",
            tuner.target_ms, tuner.rows_min, tuner.rows_max
        );
        if self.key.is_empty() {
            return format!(
                "{} has no key to walk by, so its pages are walked, {} in the first batch; {sized}; each batch its own transaction; the walk begins again until no row is left",
                self.table, self.batch_rows
            );
        }
        format!(
            "{} rows in the first batch, walking {} by ({}); {sized}; each batch its own transaction, COMMIT inside the procedure",
            self.batch_rows,
            self.table,
            self.key_names().join(", ")
        )
    }

    fn throttle(&self) -> String {
        let signals: Vec<String> =
            SIGNALS.iter().map(|(name, meaning)| format!("`{name}` ({meaning})")).collect();
        format!(
            "{} ms pause after each batch; before each one `concertina.why_wait` is asked, and while it gives a reason the backfill waits, in no transaction, and shows it in `waiting_for`: {}; the ceiling is {} s. What cannot be read counts as a reason to wait: for 15 s, then it stops and says what to grant (`pg_monitor`). `UPDATE concertina.backfill SET paused = true` pauses it, `SET ignored = '{{old-transaction}}'` overrules a signal. A batch waits {} ms for a lock; a lock or a deadlock halves it, and it is tried again, 20 times. Where row security would hide rows from the role that runs it, it ends with 42501. Called by hand, `SET statement_timeout = 0` comes first: a limit of the role would end the CALL",
            self.pause_ms,
            signals.join(", "),
            self.lag_ceiling_s,
            self.lock_wait_ms
        )
    }

    fn idempotency(&self) -> String {
        match &self.work {
            Work::Update => {}
            Work::Delete => {
                return format!(
                    "a row that is gone is not found again; each is kept in {} in the transaction that deletes it",
                    self.undo_table()
                );
            }
            Work::Insert { into, key } => {
                let kept = self.undo.as_ref().map_or(String::new(), |_| {
                    format!(
                        "; what it brings is kept in {}, so that it can be taken away",
                        self.undo_table()
                    )
                });
                return format!(
                    "a row of {into} that has the same {} already is left alone (ON CONFLICT DO NOTHING){kept}",
                    key.join(", ")
                );
            }
        }
        match (&self.todo, &self.undo) {
            (Todo::EveryRow, _) => {
                "the walk remembers the last key in the batch's own transaction".to_owned()
            }
            (todo @ (Todo::Disagree(_) | Todo::Where(_)), None) => {
                format!(
                    "only rows where {} are written: a row that is done is left alone",
                    todo.sql()
                )
            }
            (todo @ (Todo::Disagree(_) | Todo::Where(_)), Some(_)) => format!(
                "only rows where {} are written; what they held is kept in {} first, in the same transaction",
                todo.sql(),
                self.undo_table()
            ),
        }
    }
}

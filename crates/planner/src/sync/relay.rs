//! A column of one table and the rows of another that say the same: each write of either side is carried
//! to the other by AFTER triggers, while releases of both shapes run. A row of the new table is there
//! exactly where the old column is not NULL, one a key. Must not know plans.
//!
//! The triggers are the ordinary kind, not ALWAYS: rows that replication brings come from both tables,
//! and what a trigger adds beside them would collide.

use serde::{Deserialize, Serialize};

use super::SYNC_TRIGGER;
use crate::name::{QName, clip, quote};

/// Carries values between `old.value` and the rows of `new`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Relay {
    /// Bare name, unique in the plan: names the triggers and their functions.
    pub name: String,
    /// The table with the column that goes.
    pub old: End,
    /// The table whose rows take its place.
    pub new: End,
}

/// One of the two tables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct End {
    /// Table.
    pub table: QName,
    /// What tells its row: the key, or the reference to it.
    pub key: String,
    /// What is carried.
    pub value: String,
}

/// Whose writes are carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Those of the table with the column.
    Old,
    /// Those of the table with the rows.
    New,
}

impl Relay {
    /// What `deadlock_timeout` is to be while both shapes live, milliseconds, if a request may wait
    /// `lock_wait_ms` for locks. Until so much time is over, two that wait for each other wait on: 1 s unless
    /// set ([lock management](https://www.postgresql.org/docs/current/runtime-config-locks.html)). Who
    /// tries again may get the row before the one that was in line for it, which then waits anew (with 1 s, a
    /// request was seen to wait 2.0 s): hence a tenth.
    pub fn deadlock_timeout_ms(lock_wait_ms: u64) -> u64 {
        (lock_wait_ms / 10).clamp(1, 1_000)
    }

    /// The table that a side's trigger is on.
    pub fn end(&self, side: Side) -> &End {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }

    /// The trigger's name.
    pub fn trigger_name(&self, side: Side) -> String {
        clip(&format!("{SYNC_TRIGGER}{}_{}", self.name, way(side)))
    }

    /// The function's qualified name.
    pub fn function_name(&self, side: Side) -> QName {
        QName::new("concertina", clip(&format!("relay_{}_{}", self.name, way(side))))
    }

    /// `CREATE TRIGGER`.
    pub fn trigger_sql(&self, side: Side) -> String {
        let events = match side {
            Side::Old => "INSERT OR UPDATE",
            Side::New => "INSERT OR UPDATE OR DELETE",
        };
        format!(
            "CREATE TRIGGER {} AFTER {events} ON {} FOR EACH ROW EXECUTE FUNCTION {}()",
            quote(&self.trigger_name(side)),
            self.end(side).table,
            self.function_name(side)
        )
    }

    /// `CREATE OR REPLACE FUNCTION` for the trigger.
    pub fn function_sql(&self, side: Side) -> String {
        let body = match side {
            Side::Old => self.there(),
            Side::New => self.back(),
        };
        format!(
            "CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql \
             SET search_path = pg_catalog, pg_temp AS $concertina$\n\
             BEGIN\n{body}  RETURN NULL;\nEND\n$concertina$",
            self.function_name(side)
        )
    }

    /// The old column's value becomes the row, or no row.
    fn there(&self) -> String {
        let (key, value) = (quote(&self.old.key), quote(&self.old.value));
        let (link, label, table) = (quote(&self.new.key), quote(&self.new.value), &self.new.table);
        format!(
            "  IF TG_OP = 'UPDATE' AND NOT ({same}) THEN\n    \
               RETURN NULL;\n  \
             END IF;\n  \
             IF NEW.{value} IS NULL THEN\n    \
               DELETE FROM {table} WHERE {link} = NEW.{key};\n  \
             ELSE\n    \
               INSERT INTO {table} AS c_there ({link}, {label}) VALUES (NEW.{key}, NEW.{value})\n      \
                 ON CONFLICT ({link}) DO UPDATE SET {label} = excluded.{label} WHERE {other};\n  \
             END IF;\n",
            same = differs(&format!("NEW.{value}"), &format!("OLD.{value}")),
            other = differs(&format!("c_there.{label}"), &format!("excluded.{label}")),
        )
    }

    /// The row becomes the old column's value; no row, NULL.
    fn back(&self) -> String {
        let (key, value) = (quote(&self.old.key), quote(&self.old.value));
        let (link, label, table) = (quote(&self.new.key), quote(&self.new.value), &self.old.table);
        format!(
            "  IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND NEW.{link} IS DISTINCT FROM OLD.{link}) THEN\n    \
               UPDATE {table} SET {value} = NULL WHERE {key} = OLD.{link} AND {value} IS NOT NULL;\n  \
             END IF;\n  \
             IF TG_OP <> 'DELETE' THEN\n    \
               UPDATE {table} AS c_back SET {value} = NEW.{label} WHERE {key} = NEW.{link} AND {other};\n  \
             END IF;\n",
            other = differs(&format!("c_back.{value}"), &format!("NEW.{label}")),
        )
    }

    /// `SELECT` that counts keys for which the two tables disagree.
    pub fn parity_sql(&self) -> String {
        let (old, new) = (&self.old, &self.new);
        format!(
            "SELECT count(*) FROM {} AS c_old FULL JOIN {} AS c_new ON c_new.{} = c_old.{} WHERE {}",
            old.table,
            new.table,
            quote(&new.key),
            quote(&old.key),
            differs(
                &format!("c_old.{}", quote(&old.value)),
                &format!("c_new.{}", quote(&new.value))
            )
        )
    }
}

/// Whether two values of one type are other data, as they are stored.
fn differs(left: &str, right: &str) -> String {
    format!("ROW({left})::record OPERATOR(pg_catalog.*<>) ROW({right})")
}

fn way(side: Side) -> &'static str {
    match side {
        Side::Old => "there",
        Side::New => "back",
    }
}

//! Columns of one table and the rows of another that say the same: each write of either side is carried
//! to the other by AFTER triggers, while releases of both shapes run. A row of the one is there exactly where
//! one of the other's columns is not NULL, one a key. Or it stands for itself, with columns besides: then none
//! is made or taken away. Must not know plans.
//!
//! The triggers are the ordinary kind, not ALWAYS: rows that replication brings come from both tables,
//! and what a trigger adds beside them would collide.

use serde::{Deserialize, Serialize};

use super::SYNC_TRIGGER;
use crate::name::{QName, clip, quote, quote_list};

/// Keys are of types that the server brings, and so are their operators.
const EQUALS: &str = "OPERATOR(pg_catalog.=)";

/// Carries values between the columns of one end and the rows of the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Relay {
    /// Bare name, unique in the plan: names the triggers and their functions.
    pub name: String,
    /// What the old release uses.
    pub old: End,
    /// What takes its place.
    pub new: End,
    /// The side whose rows refer to those of the other.
    pub rows: Side,
    /// Whether those rows stand for themselves: there whether or not they say a value. Else they say the
    /// values and nothing else.
    pub stands: bool,
    /// Schemas in which what fires by its writes looks names up, in order: triggers, checks and expressions
    /// of the user's tables.
    pub search_path: Vec<String>,
}

/// One of the two tables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct End {
    /// Table.
    pub table: QName,
    /// What tells its row: the key, or the reference to it.
    pub key: String,
    /// What is carried, as many at either end and in the same order.
    pub values: Vec<String>,
}

/// Whose writes are carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Those of the old table.
    Old,
    /// Those of the new table.
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

    /// The end with columns.
    pub fn of_columns(&self) -> &End {
        match self.rows {
            Side::Old => &self.new,
            Side::New => &self.old,
        }
    }

    /// The end with rows.
    pub fn of_rows(&self) -> &End {
        self.end(self.rows)
    }

    /// `CREATE TRIGGER`.
    pub fn trigger_sql(&self, side: Side) -> String {
        // Rows go with the row that they belong to: the references see to it. And a release that does not
        // know of values in the rows takes none of them away with one.
        let told = side == self.rows && !(self.stands && side == Side::New);
        let events = if told { "INSERT OR UPDATE OR DELETE" } else { "INSERT OR UPDATE" };
        format!(
            "CREATE TRIGGER {} AFTER {events} ON {} FOR EACH ROW EXECUTE FUNCTION {}()",
            quote(&self.trigger_name(side)),
            self.end(side).table,
            self.function_name(side)
        )
    }

    /// `CREATE OR REPLACE FUNCTION` for the trigger. It writes as its owner: who may write the one table need
    /// not be known to the other, nor does row security of the one hide what the other says. Keys are compared
    /// by the server's own operators: another one may be put into a schema of the path.
    pub fn function_sql(&self, side: Side) -> String {
        let body = match (side == self.rows, self.stands) {
            (true, false) => self.to_columns(),
            (false, false) => self.to_rows(),
            (true, true) => self.child_says(side),
            (false, true) => self.parent_says(side),
        };
        let mut path = quote_list(&self.search_path);
        if !path.is_empty() {
            path.push_str(", ");
        }
        format!(
            "CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
             SET search_path = {path}pg_temp AS $concertina$\n\
             #variable_conflict use_column\n\
             BEGIN\n{body}  RETURN NULL;\nEND\n$concertina$",
            self.function_name(side)
        )
    }

    /// The columns' values become the row, or no row. A row that is there already when its key is inserted
    /// (by a trigger, or in the same statement) is who says them; one that says nothing stays; and one that is
    /// there is updated, so that what it holds beside the values is asked of nobody.
    fn to_rows(&self) -> String {
        let (from, to) = (self.of_columns(), self.of_rows());
        let (key, link) = (quote(&from.key), quote(&to.key));
        let (columns, rows) = (&from.table, &to.table);
        format!(
            "{unchanged}  \
             IF {nulls} THEN\n    \
               IF TG_OP = 'INSERT' THEN\n      \
                 UPDATE {columns} AS c_here SET {taken} FROM {rows} AS c_there\n        \
                   WHERE c_here.{key} {EQUALS} NEW.{key} AND c_there.{link} {EQUALS} NEW.{key} AND {else_};\n    \
               ELSE\n      \
                 DELETE FROM {rows} AS c_there WHERE c_there.{link} {EQUALS} NEW.{key} AND {says};\n    \
               END IF;\n  \
             ELSIF EXISTS (SELECT FROM {rows} AS c_there WHERE c_there.{link} {EQUALS} NEW.{key}) THEN\n    \
               UPDATE {rows} AS c_there SET {set} WHERE c_there.{link} {EQUALS} NEW.{key} AND {other};\n  \
             ELSE\n    \
               INSERT INTO {rows} AS c_there ({link}, {labels}) VALUES (NEW.{key}, {values})\n      \
                 ON CONFLICT ({link}) DO UPDATE SET {again};\n  \
             END IF;\n",
            unchanged = unless(&differs(&from.of("NEW"), &from.of("OLD"))),
            nulls = from.nothing("NEW"),
            taken = set(from, to, "c_there"),
            else_ = differs(&from.of("c_here"), &to.of("c_there")),
            says = to.something("c_there"),
            set = set(to, from, "NEW"),
            other = differs(&to.of("c_there"), &from.of("NEW")),
            labels = to.each(", ", str::to_owned),
            values = from.of("NEW"),
            again = to.each(", ", |label| format!("{label} = excluded.{label}")),
        )
    }

    /// The row becomes the columns' values; no row, NULLs. Another row may have the key by now: AFTER triggers
    /// run when the statement has moved all of its rows.
    fn to_columns(&self) -> String {
        let (from, to) = (self.of_rows(), self.of_columns());
        let (link, key, table) = (quote(&from.key), quote(&to.key), &to.table);
        format!(
            "{left}  \
             IF TG_OP <> 'DELETE' THEN\n    \
               UPDATE {table} AS c_back SET {set} WHERE c_back.{key} {EQUALS} NEW.{link} AND {other};\n  \
             END IF;\n",
            left = self.left(),
            set = set(to, from, "NEW"),
            other = differs(&to.of("c_back"), &from.of("NEW")),
        )
    }

    /// What a row has left, or leaves when it goes, loses its values: unless another row is there by now.
    fn left(&self) -> String {
        let (from, to) = (self.of_rows(), self.of_columns());
        let (link, key) = (quote(&from.key), quote(&to.key));
        format!(
            "  IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND {moved}) THEN\n    \
               UPDATE {table} AS c_back SET {none} WHERE c_back.{key} {EQUALS} OLD.{link} AND {held}\n      \
                 AND NOT EXISTS (SELECT FROM {rows} AS c_other WHERE c_other.{link} {EQUALS} OLD.{link});\n  \
             END IF;\n",
            moved = from.moves(),
            table = to.table,
            none = to.each(", ", |value| format!("{value} = NULL")),
            held = to.something("c_back"),
            rows = from.table,
        )
    }

    /// The parent's values become those of the row that belongs to it, where there is one. What is carried is
    /// what the row says by now: another trigger may have changed it since the statement did.
    fn parent_says(&self, side: Side) -> String {
        let (from, to) = (self.of_columns(), self.of_rows());
        let (key, link) = (quote(&from.key), quote(&to.key));
        let (parents, children) = (&from.table, &to.table);
        let changes = differs(&from.of("NEW"), &from.of("OLD"));
        format!(
            "{unchanged}  \
             IF TG_OP = 'INSERT' AND {nulls} THEN\n    \
               UPDATE {parents} AS c_here SET {taken} FROM {children} AS c_there\n      \
                 WHERE c_here.{key} {EQUALS} NEW.{key} AND c_there.{link} {EQUALS} NEW.{key} AND {else_};\n  \
             ELSE\n    \
               UPDATE {children} AS c_there SET {set} FROM {parents} AS c_here\n      \
                 WHERE c_here.{key} {EQUALS} NEW.{key} AND c_there.{link} {EQUALS} NEW.{key} AND {else_};\n  \
             END IF;\n",
            unchanged = unless_carried(side, &changes),
            nulls = from.nothing("NEW"),
            taken = set(from, to, "c_there"),
            else_ = differs(&from.of("c_here"), &to.of("c_there")),
            set = set(to, from, "c_here"),
        )
    }

    /// The row's values become its parent's; one that comes without any gets them from there. The parent is
    /// written for that, be it with what it holds: whoever changes it meanwhile waits, and where they look at
    /// an older state of things, in which there is no such row, they are told (40001).
    ///
    /// What a statement means that takes a row away, or lets it belong to another parent, is what it means to
    /// the old release: with its own values, or without knowing of any.
    fn child_says(&self, side: Side) -> String {
        let (from, to) = (self.of_rows(), self.of_columns());
        let (link, key) = (quote(&from.key), quote(&to.key));
        let (children, parents) = (&from.table, &to.table);
        let (moved, changed) = (from.moves(), differs(&from.of("NEW"), &from.of("OLD")));
        let comes = format!("TG_OP = 'INSERT' AND {}", from.nothing("NEW"));
        let (begin, takes) = match side {
            Side::Old => (
                format!("{}  IF TG_OP = 'DELETE' THEN\n    RETURN NULL;\n  END IF;\n", self.left()),
                comes,
            ),
            Side::New => {
                (String::new(), format!("({comes}) OR (TG_OP = 'UPDATE' AND NOT ({changed}))"))
            }
        };
        format!(
            "{begin}{unchanged}  \
             IF {takes} THEN\n    \
               UPDATE {parents} AS c_there SET {same} WHERE c_there.{key} {EQUALS} NEW.{link};\n    \
               UPDATE {children} AS c_here SET {taken} FROM {parents} AS c_there\n      \
                 WHERE c_here.{link} {EQUALS} NEW.{link} AND c_there.{key} {EQUALS} NEW.{link} AND {else_};\n  \
             ELSE\n    \
               UPDATE {parents} AS c_there SET {set} FROM {children} AS c_here\n      \
                 WHERE c_here.{link} {EQUALS} NEW.{link} AND c_there.{key} {EQUALS} NEW.{link}\n        \
                   AND (TG_OP = 'INSERT' OR {moved} OR {else_});\n  \
             END IF;\n",
            unchanged = unless_carried(side, &format!("{changed} OR {moved}")),
            same = to.each(", ", |value| format!("{value} = c_there.{value}")),
            taken = set(from, to, "c_there"),
            else_ = differs(&from.of("c_here"), &to.of("c_there")),
            set = set(to, from, "c_here"),
        )
    }

    /// `SELECT` that counts keys for which the two tables disagree. Of rows that stand for themselves, what
    /// the old release says has to be there: the new one may say more.
    pub fn parity_sql(&self) -> String {
        let (old, new) = (&self.old, &self.new);
        format!(
            "SELECT count(*) FROM {} AS c_old {} JOIN {} AS c_new ON c_new.{} = c_old.{} WHERE {}",
            old.table,
            if self.stands { "LEFT" } else { "FULL" },
            new.table,
            quote(&new.key),
            quote(&old.key),
            differs(&old.of("c_old"), &new.of("c_new"))
        )
    }
}

impl End {
    /// The values' names, each as `text` has it.
    fn each(&self, separator: &str, text: impl Fn(&str) -> String) -> String {
        let all: Vec<String> = self.values.iter().map(|value| text(&quote(value))).collect();
        all.join(separator)
    }

    /// Whether one of a row's values is there. Not `IS NOT NULL`: a row of a composite type that holds a NULL
    /// is there.
    fn something(&self, row: &str) -> String {
        let some = self.each(" OR ", |value| format!("{row}.{value} IS DISTINCT FROM NULL"));
        if self.values.len() > 1 { format!("({some})") } else { some }
    }

    /// Whether none of a row's values is there.
    fn nothing(&self, row: &str) -> String {
        self.each(" AND ", |value| format!("{row}.{value} IS NOT DISTINCT FROM NULL"))
    }

    /// Whether an UPDATE changes what tells the row.
    fn moves(&self) -> String {
        let key = quote(&self.key);
        differs(&format!("NEW.{key}"), &format!("OLD.{key}"))
    }

    /// The values of a row, by its name.
    fn of(&self, row: &str) -> String {
        self.each(", ", |value| format!("{row}.{value}"))
    }
}

/// What the values of one end become: those of a row of the other.
fn set(to: &End, from: &End, row: &str) -> String {
    let pairs = to.values.iter().zip(&from.values);
    let each = pairs.map(|(l, r)| format!("{} = {row}.{}", quote(l), quote(r)));
    each.collect::<Vec<_>>().join(", ")
}

/// Nothing more where an UPDATE does not change what matters.
fn unless(changes: &str) -> String {
    format!("  IF TG_OP = 'UPDATE' AND NOT ({changes}) THEN\n    RETURN NULL;\n  END IF;\n")
}

/// The same, but that the old side's batches write what is there, to have it carried.
fn unless_carried(side: Side, changes: &str) -> String {
    match side {
        Side::Old => unless(&format!(
            "{changes} OR coalesce(current_setting('concertina.backfill', true), '') <> ''"
        )),
        Side::New => unless(changes),
    }
}

/// Whether two rows of values of the same types are other data, as they are stored.
fn differs(left: &str, right: &str) -> String {
    format!("ROW({left})::record OPERATOR(pg_catalog.*<>) ROW({right})")
}

fn way(side: Side) -> &'static str {
    match side {
        Side::Old => "there",
        Side::New => "back",
    }
}

//! The stored procedure of a backfill: a batch a transaction, by key or, where there is none, page
//! by page. Must not know plans.

use super::Backfill;
use crate::name::{literal, quote, quote_list};
use crate::sql_type::SqlType;

/// Rounds without a reading after which a backfill stops: a second each.
const BLIND_MAX: u32 = 15;

/// How often a batch that met a lock or a deadlock is tried again.
const ATTEMPTS_MAX: u32 = 20;

/// What differs between a walk by key and one by page.
struct Walk {
    /// `rows` or `pages`.
    unit: &'static str,
    /// SQL for how many there are.
    total: String,
    /// Statements that set `c_upper`, where the batch ends, and `c_found`, how many it has: 0 at the
    /// end.
    find: String,
    /// Statements that change the rows and count them in `c_changed`.
    change: String,
    /// Statements at the end of the walk: they may begin another.
    end: String,
}

impl Backfill {
    /// `CREATE OR REPLACE PROCEDURE`: walks the table, a batch a transaction; goes on where its
    /// progress row stands; sizes batches by what the last one took; waits while `why_wait` gives
    /// a reason, and stops rather than run blind.
    pub fn procedure_sql(&self) -> String {
        let walk = if self.key.is_empty() { self.by_page() } else { self.by_key() };
        format!(
            "CREATE OR REPLACE PROCEDURE {procedure}() LANGUAGE plpgsql AS $concertina$\n\
             #variable_conflict use_column\n\
             DECLARE\n  \
               c_last jsonb;\n  c_upper jsonb;\n  c_rows integer;\n  c_found bigint;\n  c_changed bigint := 0;\n  \
               c_pass bigint := 1;\n  c_from bigint;\n  c_wait text;\n  c_since timestamptz;\n  c_took float8;\n  \
               c_attempts integer := 0;\n  c_blind integer := 0;\n\
             BEGIN\n\
             {begin}  \
               LOOP\n\
             {wait}\
             {batch}    \
                 COMMIT;\n    \
                 IF c_found = 0 THEN\n{end}      EXIT;\n    END IF;\n    \
                 PERFORM pg_sleep({pause} * (1 + c_attempts));\n  \
               END LOOP;\n  \
               UPDATE concertina.backfill SET finished_at = clock_timestamp(), waiting_for = NULL WHERE name = {name};\n  \
               COMMIT;\n\
             END\n\
             $concertina$",
            procedure = self.procedure(),
            begin = self.begin_sql(&walk),
            wait = self.wait_sql(),
            batch = self.attempt_sql(&walk),
            end = walk.end,
            pause = seconds(self.pause_ms),
            name = literal(&self.name),
        )
    }

    /// The progress row: a new one, or the one that is there; a finished one begins again.
    fn begin_sql(&self, walk: &Walk) -> String {
        let Walk { unit, total, .. } = walk;
        format!(
            "  INSERT INTO concertina.backfill (name, unit, rows_total, batch_rows, replicas)\n    \
                 SELECT {name}, '{unit}', {total}, {rows},\n      \
                   (SELECT count(*) FROM pg_catalog.pg_stat_replication WHERE state IS DISTINCT FROM 'backup')\n    \
                 WHERE NOT EXISTS (SELECT FROM concertina.backfill WHERE name = {name})\n    \
                 ON CONFLICT (name) DO NOTHING;\n  \
               -- A finished backfill that is called again looks at every row again.\n  \
               UPDATE concertina.backfill SET last_key = NULL, rows_seen = 0, rows_changed = 0, rows_total = {total}, worked = '0',\n    \
                 started_at = clock_timestamp(), finished_at = NULL WHERE name = {name} AND finished_at IS NOT NULL;\n  \
               COMMIT;\n",
            name = literal(&self.name),
            rows = self.batch_rows,
        )
    }

    /// Waits in no transaction, and says for what.
    fn wait_sql(&self) -> String {
        format!(
            "    LOOP\n      \
                   c_wait := concertina.why_wait({name}, {table}::regclass, {lag});\n      \
                   UPDATE concertina.backfill SET waiting_for = c_wait WHERE name = {name} AND waiting_for IS DISTINCT FROM c_wait;\n      \
                   COMMIT;\n      \
                   EXIT WHEN c_wait IS NULL;\n      \
                   c_blind := CASE WHEN c_wait LIKE 'blind:%' THEN c_blind + 1 ELSE 0 END;\n      \
                   IF c_blind > {BLIND_MAX} THEN\n        \
                     RAISE EXCEPTION '%, then call this again', c_wait;\n      \
                   END IF;\n      \
                   PERFORM pg_sleep(1);\n    \
                 END LOOP;\n    \
                 c_blind := 0;\n",
            name = literal(&self.name),
            table = literal(&self.table.to_string()),
            lag = self.lag_ceiling_s,
        )
    }

    /// A batch and its progress in one transaction; given up and tried again with half the rows
    /// where it met a lock. Row security would hide rows instead of refusing: off, it refuses.
    fn attempt_sql(&self, walk: &Walk) -> String {
        let Walk { find, change, .. } = walk;
        format!(
            "    c_since := clock_timestamp();\n    \
                 BEGIN\n      \
                   PERFORM set_config('lock_timeout', '{lock_wait}ms', true), set_config('row_security', 'off', true),\n        \
                     set_config('concertina.backfill', {name}, true);\n      \
                   SELECT last_key, batch_rows INTO STRICT c_last, c_rows FROM concertina.backfill WHERE name = {name} FOR UPDATE;\n\
             {find}      \
                   IF c_found > 0 THEN\n\
             {change}        \
                     c_pass := c_pass + c_changed;\n        \
                     c_took := extract(epoch FROM clock_timestamp() - c_since) * 1000;\n        \
                     UPDATE concertina.backfill SET last_key = c_upper, rows_seen = rows_seen + c_found, rows_changed = rows_changed + c_changed,\n          \
                       batch_rows = least({max}, greatest({min}, c_rows * least(1.5, greatest(0.25, {target} / greatest(c_took, 1)))))::integer,\n          \
                       worked = worked + (clock_timestamp() - c_since) + interval '{pause} s', updated_at = clock_timestamp() WHERE name = {name};\n      \
                   END IF;\n      \
                   c_attempts := 0;\n    \
                 EXCEPTION WHEN lock_not_available OR deadlock_detected OR serialization_failure THEN\n      \
                   c_attempts := c_attempts + 1;\n      \
                   c_found := -1;\n      \
                   IF c_attempts > {ATTEMPTS_MAX} THEN RAISE; END IF;\n      \
                   UPDATE concertina.backfill SET retries = retries + 1, batch_rows = greatest({min}, batch_rows / 2) WHERE name = {name};\n    \
                 END;\n",
            lock_wait = self.lock_wait_ms,
            name = literal(&self.name),
            max = self.tuner.rows_max,
            min = self.tuner.rows_min,
            target = self.tuner.target_ms,
            pause = seconds(self.pause_ms),
        )
    }

    fn by_key(&self) -> Walk {
        let table = &self.table;
        let keys = quote_list(&self.key_names());
        let of = |var: &str| {
            let terms: Vec<String> = self
                .key
                .iter()
                .enumerate()
                .map(|(i, (_, ty))| format!("({var} ->> {i})::{ty}"))
                .collect();
            terms.join(", ")
        };
        let down: Vec<String> =
            self.key.iter().map(|(c, _)| format!("{} DESC", quote(c))).collect();
        let texts: Vec<String> = self.key.iter().map(|(c, ty)| as_json(c, ty)).collect();
        let upper = |bound: &str| {
            format!(
                "SELECT jsonb_build_array({texts}), count(*) OVER () INTO c_upper, c_found FROM\n          \
                   (SELECT {keys} FROM {table}{bound} ORDER BY {keys} LIMIT c_rows) AS c_batch ORDER BY {down} LIMIT 1;",
                texts = texts.join(", "),
                down = down.join(", "),
            )
        };
        let (last, first) = (of("c_last"), format!("({keys}) <= ({})", of("c_upper")));
        let next = format!("({keys}) > ({last}) AND {first}");
        Walk {
            unit: "rows",
            total: format!(
                "(SELECT CASE WHEN reltuples > 0 THEN reltuples::bigint ELSE (SELECT count(*) FROM {table}) END \
                 FROM pg_catalog.pg_class WHERE oid = {}::regclass)",
                literal(&table.to_string())
            ),
            find: format!(
                "      IF c_last IS NULL THEN\n        {}\n      ELSE\n        {}\n      END IF;\n      \
                 c_found := coalesce(c_found, 0);\n",
                upper(""),
                upper(&format!(" WHERE ({keys}) > ({last})")),
            ),
            change: format!(
                "        IF c_last IS NULL THEN\n{}        ELSE\n{}        END IF;\n",
                self.batch_sql(&first),
                self.batch_sql(&next)
            ),
            end: String::new(),
        }
    }

    /// Without a key the table's pages are walked, with those of its heirs. An update may move a row
    /// to a page that is behind: the walk begins again until nothing is left, or nothing changes.
    fn by_page(&self) -> Walk {
        let table = &self.table;
        let todo = self.todo.sql();
        let total = format!(
            "(WITH RECURSIVE c_parts (oid) AS (SELECT {}::regclass::oid UNION SELECT inhrelid FROM pg_catalog.pg_inherits JOIN c_parts ON inhparent = c_parts.oid) \
             SELECT max(pg_relation_size(oid)) / current_setting('block_size')::bigint FROM c_parts)",
            literal(&table.to_string())
        );
        let bound = "ctid = ANY (ARRAY(SELECT format('(%s,%s)', c_page, c_line)::tid \
             FROM generate_series(c_from, c_from + c_found - 1) AS c_page, generate_series(1, current_setting('block_size')::integer / 28) AS c_line))";
        Walk {
            unit: "pages",
            find: format!(
                "      c_from := coalesce((c_last ->> 0)::bigint, 0);\n      \
                 c_found := least(c_rows, greatest({total} - c_from, 0));\n      \
                 c_upper := jsonb_build_array(c_from + c_found);\n"
            ),
            change: self.batch_sql(bound),
            end: format!(
                "      IF c_pass > 0 AND EXISTS (SELECT FROM {table} WHERE {todo}) THEN\n        \
                   c_pass := 0;\n        \
                   UPDATE concertina.backfill SET last_key = NULL, rows_total = rows_total + {total} WHERE name = {};\n        \
                   COMMIT;\n        \
                   CONTINUE;\n      \
                 END IF;\n",
                literal(&self.name)
            ),
            total,
        }
    }

    /// What the backfill gives a column, as SQL over the row as it was.
    pub(super) fn given(&self, column: &str, ty: &SqlType) -> String {
        let value = self.set.iter().find(|(c, _)| c == column).map(|(_, value)| value.sql());
        format!("CAST({} AS {ty})", value.unwrap_or_else(|| quote(column)))
    }

    pub(super) fn assignments(&self) -> String {
        let terms: Vec<String> =
            self.set.iter().map(|(c, value)| format!("{} = {}", quote(c), value.sql())).collect();
        terms.join(", ")
    }
}

/// A key's value for the progress row. The text of a time depends on the session's `DateStyle`, so
/// that another session would read another time; JSON's does not.
fn as_json(column: &str, ty: &SqlType) -> String {
    let base = ty.base();
    if base == "date" || base.starts_with("timestamp") {
        quote(column)
    } else {
        format!("{}::text", quote(column))
    }
}

/// Milliseconds as SQL seconds: `50` → `0.050`.
fn seconds(ms: u32) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

//! What every backfill of a plan shares: the table of their progress, and the function that says
//! what they wait for. Statements only; must not know any one backfill.

/// `CREATE TABLE`: a row a backfill. `ignored` names signals that the operator has decided to
/// disregard; `replicas` is how many were connected when it began.
pub(crate) const PROGRESS: &str = "CREATE TABLE IF NOT EXISTS concertina.backfill (\
name text PRIMARY KEY, last_key jsonb, unit text NOT NULL DEFAULT 'rows', \
rows_seen bigint NOT NULL DEFAULT 0, rows_total bigint NOT NULL DEFAULT 0, \
rows_changed bigint NOT NULL DEFAULT 0, batch_rows bigint NOT NULL DEFAULT 1000, \
retries bigint NOT NULL DEFAULT 0, worked interval NOT NULL DEFAULT '0', \
paused boolean NOT NULL DEFAULT false, waiting_for text, \
ignored text[] NOT NULL DEFAULT '{}', replicas bigint NOT NULL DEFAULT 0, \
started_at timestamptz NOT NULL DEFAULT clock_timestamp(), updated_at timestamptz, \
finished_at timestamptz)";

/// Signals that backfills look at, each with what it means: for the reader of a plan.
pub(crate) const SIGNALS: [(&str, &str); 7] = [
    ("replica-lag", "a replica is behind the ceiling, in seconds or by 50 MB for each of them"),
    ("replica-gone", "fewer replicas are connected than when it began"),
    ("slot-behind", "an inactive replication slot keeps as much WAL"),
    ("archiver", "the WAL archiver fails"),
    ("wal-pressure", "more than max_wal_size has been written since the last checkpoint"),
    ("lock-waiters", "somebody waits for a lock on the table, or ten sessions wait for any"),
    ("old-transaction", "a transaction is older than 30 minutes: dead rows stay while it is open"),
];

/// `CREATE FUNCTION`: why a backfill has to wait, or NULL. A reading that is not to be had counts as
/// the worst one.
pub(crate) const WHY_WAIT: &str = r"CREATE OR REPLACE FUNCTION concertina.why_wait(c_name text, c_table regclass, c_lag_s integer) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $concertina$
DECLARE
  c_row concertina.backfill%ROWTYPE;
  c_bytes numeric := c_lag_s * 52428800.0;
BEGIN
  SELECT * INTO c_row FROM concertina.backfill WHERE name = c_name;
  IF NOT FOUND THEN
    RETURN 'blind: its row in concertina.backfill is gone';
  END IF;
  IF c_row.paused THEN
    RETURN 'paused: UPDATE concertina.backfill SET paused = false lets it go on';
  END IF;
  IF EXISTS (SELECT FROM pg_stat_replication WHERE state IS NULL)
    OR EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type IS NULL) THEN
    IF NOT 'blind' = ANY (c_row.ignored) THEN
      RETURN format('blind: sessions and replicas of others cannot be read; GRANT pg_monitor TO %I', current_user);
    END IF;
  END IF;
  RETURN (
    SELECT string_agg(c_signal || ': ' || c_reason, '; ' ORDER BY c_signal) FROM (
      SELECT 'replica-lag' AS c_signal, format('%s is %s behind', application_name, coalesce(replay_lag::text, 'unknown')) AS c_reason
        FROM pg_stat_replication
        WHERE state IS DISTINCT FROM 'backup'
          AND (replay_lag > make_interval(secs => c_lag_s)
            OR coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(replay_lsn, flush_lsn, write_lsn, sent_lsn)) > c_bytes, true))
      UNION ALL
      SELECT 'replica-gone', format('%s of %s replicas are connected', count(*), c_row.replicas)
        FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup'
        HAVING count(*) < c_row.replicas
      UNION ALL
      SELECT 'slot-behind', format('slot %s is inactive and keeps WAL', slot_name)
        FROM pg_replication_slots
        WHERE NOT active AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > c_bytes
      UNION ALL
      SELECT 'archiver', format('archiving fails since %s', last_failed_time)
        FROM pg_stat_archiver
        WHERE current_setting('archive_mode') <> 'off' AND last_failed_time > coalesce(last_archived_time, '-infinity')
      UNION ALL
      SELECT 'wal-pressure', 'checkpoints do not keep up with max_wal_size'
        FROM pg_control_checkpoint()
        WHERE pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn) > pg_size_bytes(current_setting('max_wal_size'))
      UNION ALL
      SELECT 'lock-waiters', format('%s sessions wait for locks', count(*))
        FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
        WHERE NOT l.granted AND a.datname = current_database()
        HAVING count(*) >= 10 OR bool_or(l.locktype = 'relation' AND l.relation = c_table)
      UNION ALL
      SELECT 'old-transaction', format('a transaction of process %s is open since %s', min(pid), min(xact_start))
        FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend' AND backend_xmin IS NOT NULL
          AND xact_start < clock_timestamp() - interval '30 minutes'
        HAVING count(*) > 0
    ) AS c_signals
    WHERE NOT c_signal = ANY (c_row.ignored)
  );
END
$concertina$";

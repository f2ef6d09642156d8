//! A probe in a transaction block: what it holds at the end, which files are new, which rows were
//! read. Knows catalogues; must not know facts.

use std::collections::BTreeMap;

use planner::engine::lock::MODES;
use planner::engine::{Held, LockMode};
use rehearsal::{Client, Failure, run};

use super::probes::Probe;
use super::{Locks, Seen};

/// What was seen, and which of the relations are indexes, of which tables.
pub(super) struct Observed {
    /// What was seen.
    pub(super) seen: Seen,
    /// Table by index.
    pub(super) indexes: BTreeMap<String, String>,
}

/// A relation at one moment.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    /// Bare name.
    pub(super) name: String,
    /// `pg_class.relkind`.
    pub(super) kind: String,
    file: String,
    space: String,
    bytes: u64,
    tuples: String,
    /// The table of an index.
    table: String,
}

/// Relations by their number: names change, numbers stay.
pub(super) type Relations = BTreeMap<String, Relation>;

const RELATIONS: &str = "SELECT c.oid::text, c.relname, c.relkind, c.relfilenode::text, c.reltablespace::text, \
      CASE WHEN c.relkind IN ('r', 'i', 'm') THEN pg_relation_size(c.oid) ELSE 0 END::text, \
      c.reltuples::text, coalesce(t.relname, '') \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
      LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid \
    WHERE n.nspname IN ('public', 'other')";

const HELD: &str = "SELECT l.relation::text, l.mode FROM pg_locks l \
    WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted";

/// Tuples read by this session so far, of tables with their number.
const READ: &str = "SELECT relid::text, (seq_tup_read + coalesce(idx_tup_fetch, 0))::text \
    FROM pg_stat_xact_user_tables";

/// Empties the probe's schemas and makes what it needs.
pub(super) fn prepare(client: &mut Client, probe: &Probe) -> Result<(), Failure> {
    run::execute(
        client,
        "SET client_min_messages = warning; SET timezone = 'UTC'; DROP SCHEMA IF EXISTS other CASCADE; \
         DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE SCHEMA other; DROP PUBLICATION IF EXISTS pu",
    )?;
    if probe.setup.iter().any(|text| text.contains(SPACE)) || probe.statement.contains(SPACE) {
        make_space(client)?;
    }
    probe.setup.iter().try_for_each(|text| run::execute(client, text))
}

/// A tablespace to move to.
const SPACE: &str = "facts_space";

/// Tablespaces belong to the server, and their folder must be there.
fn make_space(client: &mut Client) -> Result<(), Failure> {
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _held = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let there = format!("SELECT 1 FROM pg_tablespace WHERE spcname = '{SPACE}'");
    if !run::query(client, &there)?.is_empty() {
        return Ok(());
    }
    let folder = run::query(client, "SELECT current_setting('data_directory') || '-space'")?;
    let folder = folder.into_iter().next().unwrap_or_default();
    // The program reads what it is sent: one that ends before breaks the pipe.
    let make = format!("cat >/dev/null; mkdir -p {folder}");
    run::execute(client, &format!("COPY (SELECT 1) TO PROGRAM '{make}'"))?;
    run::execute(client, &format!("CREATE TABLESPACE {SPACE} LOCATION '{folder}'"))
}

/// Runs a probe's statement in a block and undoes it.
pub(super) fn in_block(client: &mut Client, probe: &Probe) -> Result<Observed, Failure> {
    prepare(client, probe)?;
    let before = relations(client)?;
    run::execute(client, "BEGIN")?;
    let read_before = numbers(client, READ)?;
    let result = run::execute(client, probe.statement);
    if let Err(failure) = result {
        run::execute(client, "ROLLBACK")?;
        return Err(failure);
    }
    let held = modes(client, HELD)?;
    let after = relations(client)?;
    let read_after = numbers(client, READ)?;
    run::execute(client, "ROLLBACK")?;
    let read = |oid: &str| {
        let n = |at: &BTreeMap<String, u64>| at.get(oid).copied().unwrap_or(0);
        // A table that was dropped is not counted any more.
        n(&read_after).saturating_sub(n(&read_before))
    };
    let work = work(&before, &after, &|oid| {
        let rows = before.get(oid).map_or(0, |_| probe.rows(&before[oid].name));
        rows > 0 && read(oid) >= rows
    });
    let locks = named(&held, &before);
    Ok(observed(locks, (work, true), &before))
}

/// Puts together what was seen.
pub(super) fn observed(
    locks: Locks,
    (work, in_transaction): (Held, bool),
    before: &Relations,
) -> Observed {
    let indexes = before.values().filter(|relation| !relation.table.is_empty());
    let indexes: BTreeMap<String, String> =
        indexes.map(|relation| (relation.name.clone(), relation.table.clone())).collect();
    let locks = without_implied(locks, &indexes);
    Observed { seen: Seen { locks, work, in_transaction }, indexes }
}

/// Locks on indexes say something where nobody waits for the table's lock already: they are left
/// out where the table's is as strong, and where they come from planning a query.
pub(super) fn without_implied(locks: Locks, indexes: &BTreeMap<String, String>) -> Locks {
    let all = locks.clone();
    let tells = |(name, mode): &(String, LockMode)| match indexes.get(name) {
        None => true,
        Some(table) => {
            *mode >= LockMode::ShareUpdateExclusive && all.get(table).is_none_or(|own| own < mode)
        }
    };
    locks.into_iter().filter(tells).collect()
}

/// The longest work that files and counters tell of.
pub(super) fn work(before: &Relations, after: &Relations, read: &dyn Fn(&str) -> bool) -> Held {
    let mut longest = Held::Instant;
    for (oid, now) in after {
        let was = before.get(oid);
        let new_file = was.is_some_and(|was| was.file != now.file);
        let moved = was.is_some_and(|was| was.space != now.space);
        let table = before.iter().find(|(_, relation)| relation.name == now.table);
        let emptied = table.and_then(|(table, _)| after.get(table)).is_some_and(|t| t.bytes == 0);
        let kept = before.values().any(|relation| relation.file == now.file);
        let found = match now.kind.as_str() {
            // TRUNCATE gives a new file, too.
            "r" | "m" if now.bytes == 0 => Held::Instant,
            "r" | "m" if new_file || moved => Held::Rewrite,
            "r" | "m" if was.is_some() && (read(oid) || counted(was, Some(now))) => Held::Scan,
            "i" if emptied => Held::Instant,
            "i" if moved => Held::Rewrite,
            "i" if new_file || (was.is_none() && table.is_some() && !kept) => Held::Build,
            _ => Held::Instant,
        };
        longest = longest.max(found);
    }
    longest
}

/// Whether somebody has counted the rows: VACUUM, ANALYZE and index builds do.
fn counted(was: Option<&Relation>, now: Option<&Relation>) -> bool {
    was.zip(now).is_some_and(|(was, now)| was.tuples != now.tuples)
}

/// The strongest mode on each relation that was there.
pub(super) fn named(held: &[(String, LockMode)], before: &Relations) -> Locks {
    let mut locks = Locks::new();
    for (oid, mode) in held {
        if let Some(relation) = before.get(oid) {
            let known = locks.entry(relation.name.clone()).or_insert(*mode);
            *known = (*known).max(*mode);
        }
    }
    locks
}

/// Relations as they are.
pub(super) fn relations(client: &mut Client) -> Result<Relations, Failure> {
    let rows = run::table(client, RELATIONS)?;
    let relation = |row: Vec<String>| {
        let [oid, name, kind, file, space, bytes, tuples, table] = row.try_into().ok()?;
        let bytes = bytes.parse().unwrap_or(0);
        Some((oid, Relation { name, kind, file, space, bytes, tuples, table }))
    };
    Ok(rows.into_iter().filter_map(relation).collect())
}

/// Lock modes by relation.
pub(super) fn modes(client: &mut Client, sql: &str) -> Result<Vec<(String, LockMode)>, Failure> {
    let rows = run::table(client, sql)?;
    let known = |row: Vec<String>| {
        let [oid, mode] = row.try_into().ok()?;
        Some((oid, mode_named(&mode)?))
    };
    Ok(rows.into_iter().filter_map(known).collect())
}

/// The mode that `pg_locks` calls so.
pub(super) fn mode_named(name: &str) -> Option<LockMode> {
    MODES.into_iter().find(|mode| mode.pg_locks_name() == name)
}

fn numbers(client: &mut Client, sql: &str) -> Result<BTreeMap<String, u64>, Failure> {
    let rows = run::table(client, sql)?;
    let pair = |row: Vec<String>| {
        let [oid, number] = row.try_into().ok()?;
        Some((oid, number.parse().ok()?))
    };
    Ok(rows.into_iter().filter_map(pair).collect())
}

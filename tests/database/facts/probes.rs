//! What is run to measure each row: a schema with rows in it, and a statement. Data only, and how to
//! find it.

mod columns;
mod constraints;
mod indexes;
mod objects;
mod partitions;
mod rows;
mod tables;

use planner::engine::postgres::{Form, row_for};

/// A statement on a schema.
pub(super) struct Probe {
    /// The form it has.
    pub(super) form: Form,
    /// Statements that make the schema, and rows.
    pub(super) setup: &'static [&'static str],
    /// What is measured.
    pub(super) statement: &'static str,
    /// First and last version that has the statement, or what it needs.
    pub(super) versions: (u16, u16),
}

/// A probe on every version.
const fn probe(form: Form, setup: &'static [&'static str], statement: &'static str) -> Probe {
    Probe { form, setup, statement, versions: (12, 18) }
}

impl Probe {
    /// The same from a version on.
    const fn since(self, first: u16) -> Self {
        Self { versions: (first, self.versions.1), ..self }
    }

    /// The same up to a version.
    const fn until(self, last: u16) -> Self {
        Self { versions: (self.versions.0, last), ..self }
    }

    /// Whether a version has the form, and what else the probe needs.
    pub(super) fn is_for(&self, version: u16) -> bool {
        let (first, last) = self.versions;
        (first..=last).contains(&version) && row_for(self.form, version).is_some()
    }

    /// Rows in a table of the set-up: what a scan reads. Every table is made with `ROWS` rows.
    pub(super) fn rows(&self, table: &str) -> u64 {
        let into = format!("INSERT INTO {table} ");
        let filled = self.setup.iter().any(|text| text.contains(&into))
            || self.setup.iter().any(|text| text.contains(&format!("PARTITION OF {table} ")))
            || PARTITIONS.contains(&table)
            || MATERIALIZED.contains(&table);
        if filled { ROWS } else { 0 }
    }
}

/// Rows in each table.
const ROWS: u64 = 20;

/// Partitions get their rows through the partitioned table, materialized views through their query.
const PARTITIONS: [&str; 3] = ["m1", "m2", "md"];
const MATERIALIZED: [&str; 1] = ["mv"];

/// `p` is the parent of `t`, `t` of `c`; `w` is a view over `t`.
const PLAIN: &str = "CREATE TABLE p (id bigint PRIMARY KEY, n int UNIQUE, name text); \
    CREATE TABLE t (id bigint PRIMARY KEY, a int, b text, v varchar(10), num numeric(10,2), \
      ts timestamp, nn int NOT NULL, p_id bigint CONSTRAINT t_p REFERENCES p (id), d date); \
    CREATE INDEX t_a ON t (a); CREATE INDEX t_b ON t (b); \
    CREATE TABLE c (id bigint PRIMARY KEY, t_id bigint CONSTRAINT c_t REFERENCES t (id)); \
    CREATE VIEW w AS SELECT id, d FROM t; \
    INSERT INTO p SELECT g, g, 'x' FROM generate_series(1, 20) g; \
    INSERT INTO t SELECT g, g, 'x' || g, 'y', 1.5, now(), 1, g, '2020-01-01' FROM generate_series(1, 20) g; \
    INSERT INTO c SELECT g, g FROM generate_series(1, 20) g;";

/// `m` is partitioned into `m1` and `m2`.
const PARTITIONED: &str = "CREATE TABLE m (id int NOT NULL, k int, txt text) PARTITION BY RANGE (id); \
    CREATE TABLE m1 PARTITION OF m FOR VALUES FROM (0) TO (20); \
    CREATE TABLE m2 PARTITION OF m FOR VALUES FROM (20) TO (40); \
    INSERT INTO m SELECT g, g FROM generate_series(0, 39) g;";

/// `q` stands alone.
const ALONE: &str = "CREATE TABLE q (a int, s text); CREATE UNIQUE INDEX u ON q (a); \
    INSERT INTO q SELECT g, 'x' FROM generate_series(1, 20) g;";

/// All probes, in groups that have a database each.
pub(super) const GROUPS: [(&str, &[Probe]); 7] = [
    ("columns", columns::PROBES),
    ("constraints", constraints::PROBES),
    ("indexes", indexes::PROBES),
    ("tables", tables::PROBES),
    ("partitions", partitions::PROBES),
    ("objects", objects::PROBES),
    ("rows", rows::PROBES),
];

/// The probes of a form on a version.
pub(super) fn of(form: Form, version: u16) -> impl Iterator<Item = &'static Probe> {
    let all = GROUPS.into_iter().flat_map(|(_, probes)| probes);
    all.filter(move |probe| probe.form == form && probe.is_for(version))
}

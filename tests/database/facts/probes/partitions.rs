//! Partitions.

use planner::engine::postgres::Form;

use super::{PARTITIONED, PLAIN, Probe, probe};

const M: &[&str] = &[PARTITIONED];
/// A table to attach.
const N: &str = "CREATE TABLE n (id int NOT NULL, k int, txt text); INSERT INTO n SELECT g, g FROM generate_series(60, 79) g;";
const PROVED: &str = "ALTER TABLE n ADD CHECK (id >= 60 AND id < 80);";
const DEFAULT: &str = "CREATE TABLE md PARTITION OF m DEFAULT; INSERT INTO m SELECT g, g FROM generate_series(100, 119) g;";
/// `m` has a foreign key to `p`.
const KEYED: &str =
    "UPDATE m SET k = 1; ALTER TABLE m ADD CONSTRAINT m_p FOREIGN KEY (k) REFERENCES p (id);";
/// `ch` has a foreign key to `m`.
const REFERENCED: &str = "ALTER TABLE m ADD PRIMARY KEY (id); CREATE TABLE ch (id int CONSTRAINT ch_m REFERENCES m (id)); INSERT INTO ch SELECT 30 FROM generate_series(1, 20);";

const ATTACH: &str = "ALTER TABLE m ATTACH PARTITION n FOR VALUES FROM (60) TO (80)";
const CREATE: &str = "CREATE TABLE m3 PARTITION OF m FOR VALUES FROM (40) TO (60)";

pub(super) const PROBES: &[Probe] = &[
    probe(Form::CreatePartition, M, CREATE),
    probe(Form::CreatePartition, M, "CREATE TABLE md PARTITION OF m DEFAULT"),
    probe(Form::CreatePartition, &[PARTITIONED, PLAIN, KEYED], CREATE),
    probe(Form::CreatePartition, &[PARTITIONED, REFERENCED], CREATE),
    probe(Form::CreatePartitionScan, &[PARTITIONED, DEFAULT], CREATE),
    probe(Form::CreatePartitionScan, &[PARTITIONED, DEFAULT, PLAIN, KEYED], CREATE),
    probe(Form::CreatePartitionScan, &[PARTITIONED, DEFAULT, REFERENCED], CREATE),
    probe(Form::AttachPartition, &[PARTITIONED, N], ATTACH),
    probe(Form::AttachPartition, &[PARTITIONED, N, DEFAULT], ATTACH),
    probe(Form::AttachPartition, &[PARTITIONED, N, PROVED, DEFAULT], ATTACH),
    probe(Form::AttachPartition, &[PARTITIONED, N, PLAIN, KEYED, "UPDATE n SET k = 1"], ATTACH),
    probe(
        Form::AttachPartition,
        &[PARTITIONED, N, "ALTER TABLE n ADD PRIMARY KEY (id);", REFERENCED],
        ATTACH,
    ),
    probe(Form::AttachPartition, &[PARTITIONED, N], "ALTER TABLE m ATTACH PARTITION n DEFAULT"),
    probe(Form::AttachPartitionProved, &[PARTITIONED, N, PROVED], ATTACH),
    probe(Form::AttachPartitionBuild, &[PARTITIONED, N, "CREATE INDEX m_k ON m (k);"], ATTACH),
    probe(
        Form::AttachPartitionBuild,
        &[PARTITIONED, N, PROVED, "CREATE INDEX m_k ON m (k);"],
        ATTACH,
    ),
    probe(
        Form::AttachPartitionProved,
        &[PARTITIONED, N, PROVED, "ALTER TABLE n ADD PRIMARY KEY (id);", REFERENCED],
        ATTACH,
    ),
    probe(
        Form::AttachPartitionBuild,
        &[PARTITIONED, N, DEFAULT, PLAIN, KEYED, "UPDATE n SET k = 1; CREATE INDEX m_k ON m (k);"],
        ATTACH,
    ),
    probe(Form::AttachPartitionBuild, &[PARTITIONED, N, REFERENCED], ATTACH),
    probe(
        Form::DetachReferenced,
        &[PARTITIONED, DEFAULT, PLAIN, KEYED, REFERENCED],
        "ALTER TABLE m DETACH PARTITION m1",
    ),
    probe(Form::DetachPartition, M, "ALTER TABLE m DETACH PARTITION m1"),
    probe(Form::DetachPartition, &[PARTITIONED, DEFAULT], "ALTER TABLE m DETACH PARTITION m1"),
    probe(Form::DetachPartition, &[PARTITIONED, PLAIN, KEYED], "ALTER TABLE m DETACH PARTITION m1"),
    probe(Form::DetachReferenced, &[PARTITIONED, REFERENCED], "ALTER TABLE m DETACH PARTITION m1"),
    probe(Form::DetachConcurrently, M, "ALTER TABLE m DETACH PARTITION m1 CONCURRENTLY"),
    probe(
        Form::DetachConcurrently,
        &[PARTITIONED, PLAIN, KEYED],
        "ALTER TABLE m DETACH PARTITION m1 CONCURRENTLY",
    ),
    probe(
        Form::DetachConcurrently,
        &[PARTITIONED, REFERENCED],
        "ALTER TABLE m DETACH PARTITION m1 CONCURRENTLY",
    ),
];

//! Statements on rows.

use planner::engine::postgres::Form;

use super::{PARTITIONED, PLAIN, Probe, probe};

const T: &[&str] = &[PLAIN];
const M: &[&str] = &[PARTITIONED];

pub(super) const PROBES: &[Probe] = &[
    probe(Form::Select, T, "SELECT * FROM t"),
    probe(Form::Select, T, "SELECT * FROM w"),
    probe(Form::Select, T, "SELECT * FROM t JOIN p ON p.id = t.p_id"),
    probe(Form::Select, M, "SELECT * FROM m"),
    probe(Form::SelectForUpdate, T, "SELECT * FROM t FOR UPDATE"),
    probe(Form::SelectForUpdate, M, "SELECT * FROM m FOR SHARE"),
    probe(Form::Insert, T, "INSERT INTO c VALUES (99, 1)"),
    probe(Form::Insert, T, "INSERT INTO p SELECT id + 100, id + 100, 'x' FROM c WHERE id < 5"),
    probe(Form::WholeTableWrite, T, "UPDATE t SET a = 1"),
    probe(Form::WholeTableWrite, T, "UPDATE t SET p_id = 2"),
    probe(Form::WholeTableWrite, T, "UPDATE t SET a = p.n FROM p WHERE p.id = t.p_id"),
    probe(Form::WholeTableWrite, T, "DELETE FROM c"),
    probe(Form::WholeTableWrite, &[PLAIN, "DELETE FROM c"], "DELETE FROM t"),
    probe(Form::WholeTableWrite, M, "UPDATE m SET k = 1"),
    probe(Form::CopyFrom, T, "COPY c FROM PROGRAM 'echo 99,1' WITH (FORMAT csv)"),
    probe(Form::CopyTo, T, "COPY t TO PROGRAM 'cat >/dev/null'").since(13),
    probe(Form::LockTable, T, "LOCK TABLE t"),
    probe(Form::LockTable, T, "LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE"),
];

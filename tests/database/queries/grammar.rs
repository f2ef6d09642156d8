//! Every combination of a small grammar: columns of every type against operators, literals and each
//! other, and statement forms over tables whose columns go away, change or are new.

use libtest_mimic::Failed;
use planner::queries::{Query, Runs};

use super::Scenario;

/// A column of each type that operators are known for.
const TYPES: [&str; 24] = [
    "boolean",
    "smallint",
    "integer",
    "bigint",
    "real",
    "double precision",
    "numeric(10,2)",
    "text",
    "varchar(20)",
    "char(5)",
    "date",
    "timestamp",
    "timestamptz",
    "time",
    "interval",
    "uuid",
    "json",
    "jsonb",
    "bytea",
    "inet",
    "text[]",
    "integer[]",
    "mood",
    "cents",
];

const OPERATORS: [&str; 20] = [
    "=",
    "<>",
    "<",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "||",
    "LIKE",
    "~",
    "->",
    "->>",
    "@>",
    "&&",
    "?",
    "IS DISTINCT FROM",
    "AND",
    "#>>",
];

pub(super) fn scenario() -> Result<Scenario, Failed> {
    let mut schema = "CREATE TYPE mood AS ENUM ('dull', 'bright'); CREATE DOMAIN cents AS bigint; \
        CREATE TABLE t (id integer PRIMARY KEY"
        .to_owned();
    for (at, ty) in TYPES.iter().enumerate() {
        schema += &format!(", c{at} {ty}");
    }
    schema += ");";
    let mut queries = Vec::new();
    let mut add = |sql: String| queries.push(Query::new(Runs::Both, sql));
    for op in OPERATORS {
        for a in 0..TYPES.len() {
            for b in 0..TYPES.len() {
                add(format!("SELECT c{a} {op} c{b} FROM t"));
            }
            add(format!("SELECT c{a} {op} $1 FROM t"));
            add(format!("SELECT $1 {op} c{a} FROM t"));
            for literal in ["'x'", "1", "1.5", "true", "NULL", "'bright'", "'{}'", "10000000000"] {
                add(format!("SELECT c{a} {op} {literal} FROM t"));
            }
        }
        add(format!("SELECT $1 {op} $2"));
        add(format!("SELECT 'a' {op} 'b'"));
    }
    for a in 0..TYPES.len() {
        for (b, ty) in TYPES.iter().enumerate() {
            add(format!("UPDATE t SET c{a} = c{b}"));
            add(format!("SELECT coalesce(c{a}, c{b}) FROM t"));
            add(format!("SELECT c{a}::{ty} FROM t"));
            add(format!("SELECT c{a} FROM t UNION SELECT c{b} FROM t"));
            add(format!("SELECT 1 FROM t WHERE c{a} IN (c{b}, NULL)"));
            add(format!("SELECT 1 FROM t WHERE c{a} IN (SELECT c{b} FROM t)"));
            add(format!("SELECT CASE WHEN c{a} THEN 1 ELSE c{b} END FROM t"));
        }
        for form in FORMS {
            add(form.replace("{}", &format!("c{a}")));
        }
    }
    Ok(Scenario { schema, script: Vec::new(), queries })
}

/// Forms with one column of each type.
const FORMS: [&str; 40] = [
    "SELECT * FROM t WHERE {}",
    "SELECT - {} FROM t",
    "SELECT NOT {} FROM t",
    "SELECT {} FROM t ORDER BY {}",
    "SELECT DISTINCT {} FROM t",
    "SELECT {}, count(*) FROM t GROUP BY {}",
    "SELECT {}, id FROM t GROUP BY id",
    "SELECT {} FROM t GROUP BY id",
    "SELECT {} FROM t GROUP BY c0",
    "SELECT min({}), max({}) FROM t",
    "SELECT sum({}) FROM t",
    "SELECT avg({}) FROM t",
    "SELECT count(DISTINCT {}) FROM t",
    "SELECT array_agg({}) FROM t",
    "SELECT lower({}) FROM t",
    "SELECT length({}) FROM t",
    "SELECT abs({}) FROM t",
    "SELECT round({}, 2) FROM t",
    "SELECT date_trunc('day', {}) FROM t",
    "SELECT extract(year FROM {}) FROM t",
    "SELECT to_json({}), to_jsonb({}) FROM t",
    "SELECT coalesce({}, 'x') FROM t",
    "SELECT coalesce({}, 0) FROM t",
    "SELECT nullif({}, '') FROM t",
    "SELECT greatest({}, 1) FROM t",
    "SELECT 1 FROM t WHERE {} = ANY ($1)",
    "SELECT 1 FROM t WHERE {} IN ('1', '2')",
    "SELECT 1 FROM t WHERE {} IN ($1, $2)",
    "SELECT 1 FROM t WHERE {} BETWEEN 1 AND $1",
    "SELECT 1 FROM t WHERE {} IS TRUE",
    "SELECT {}[1] FROM t",
    "SELECT {} COLLATE \"C\" FROM t",
    "SELECT substring({} FROM 1 FOR 2) FROM t",
    "SELECT concat({}, 1), format('%s', {}) FROM t",
    "SELECT string_agg({}, ',') FROM t",
    "SELECT row_number() OVER (PARTITION BY {} ORDER BY {}) FROM t",
    "INSERT INTO t (id, {}) VALUES (1, $1)",
    "INSERT INTO t (id, {}) VALUES (1, '1')",
    "INSERT INTO t (id, {}) VALUES (1, 1)",
    "UPDATE t SET {} = $1 WHERE {} = $1",
];

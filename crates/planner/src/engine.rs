//! What an engine does for a statement: locks on each relation, rewrite, scan. Facts are rows in
//! `engine::postgres`; finding the row for an operation is a decision, made here. Must not know
//! plans or recipes.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::name::QName;
use crate::op::Op;
use crate::schema::Schema;

pub mod calibration;
pub mod lock;
pub mod postgres;

pub use lock::{Held, Lock, LockMode};
use postgres::{Role, Subject};

/// A supported engine: PostgreSQL of a major version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Engine {
    /// Major version, 12 to 18.
    pub version: u16,
}

/// Why a text names no supported engine; the message says which are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadEngine(pub String);

impl fmt::Display for BadEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = self.0.split(':').next().unwrap_or_default();
        if matches!(family, "mysql" | "mariadb") {
            return write!(f, "engine `{}` is not planned yet: only PostgreSQL is", self.0);
        }
        write!(f, "`{}` is not an engine", self.0)
    }
}

impl FromStr for Engine {
    type Err = BadEngine;

    fn from_str(text: &str) -> Result<Self, BadEngine> {
        let bad = || BadEngine(text.to_owned());
        let (family, version) = text.trim().split_once(':').ok_or_else(bad)?;
        let major = version.split('.').next().unwrap_or_default();
        match (family, major.parse::<u16>()) {
            ("postgres" | "postgresql", Ok(version @ 12..=18)) => Ok(Self { version }),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres:{}", self.version)
    }
}

impl Serialize for Engine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Engine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: BadEngine| serde::de::Error::custom(error.to_string()))
    }
}

/// What one statement does on a given schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The row that says so.
    pub row: &'static postgres::FactRow,
    /// Locks on tables and views, the strongest on each.
    pub locks: Vec<Lock>,
}

/// Facts of a statement on `schema`, as it is before the statement.
pub fn facts(engine: Engine, op: &Op, schema: &Schema) -> Facts {
    let subject = postgres::subject(op, schema);
    let row = postgres::row_or_worst(subject.form, engine.version);
    let locks = locks_of(row, &subject, schema);
    let locks = locks.into_iter().filter(|(role, ..)| role.is_table());
    let locks = locks.map(|(role, relation, mode)| {
        let mut lock = Lock::new(relation, mode, row.held());
        // What is looked through for orphans is the table that refers.
        if let (Role::Parents | Role::ParentPartitions, Some(target)) = (role, &subject.target)
            && lock.held != Held::Instant
        {
            lock.while_in(target);
        }
        lock
    });
    Facts { row, locks: worst_locks(locks) }
}

/// Every lock of a row on the relations that can be named, those on itself first.
pub(crate) fn locks_of(
    row: &postgres::FactRow,
    subject: &Subject,
    schema: &Schema,
) -> Vec<(Role, QName, LockMode)> {
    let mut locks = Vec::new();
    if let (Some(mode), Some(target)) = (subject.mode.or(row.target), &subject.target) {
        locks.push((Role::Target, target.clone(), mode));
    }
    for (role, mode) in row.others {
        for relation in relations(*role, subject, schema) {
            locks.push((*role, relation, *mode));
        }
    }
    locks
}

/// The relations in a role: those that the statement names, else those that its table decides.
pub(crate) fn relations(role: Role, subject: &Subject, schema: &Schema) -> Vec<QName> {
    let named = |wanted: Role| {
        subject.named.iter().filter(move |(role, _)| *role == wanted).map(|(_, name)| name.clone())
    };
    let mut found: Vec<QName> = named(role).collect();
    if found.is_empty() && !subject.closed.contains(&role) {
        match (&subject.target, role) {
            (_, Role::ParentPartitions) => {
                let all = named(Role::Parents).map(|p| postgres::partitions_of(&p, schema));
                found = all.flatten().collect();
            }
            (Some(target), _) => found = postgres::related(role, target, schema),
            (None, _) => {}
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Locks of the statements of one transaction, the strongest on each relation, each held from its
/// statement to the end: while later statements work, but not while earlier ones did. Under the names
/// that whoever waits knows; `schema` is taken forward through them, up to the first that the server
/// refuses. Nobody waits for a table that is `made` by them or before.
pub fn locks_in_transaction<'a>(
    engine: Engine,
    schema: &mut Schema,
    ops: impl IntoIterator<Item = &'a Op>,
    made: &mut Vec<QName>,
) -> Vec<Lock> {
    let mut all: BTreeMap<QName, Lock> = BTreeMap::new();
    let mut renamed: BTreeMap<QName, QName> = BTreeMap::new();
    for op in ops {
        let known = |name: &QName| renamed.get(name).cloned().unwrap_or_else(|| name.clone());
        // There is nothing to read in a partition that is new, as its parent is.
        let is_empty = matches!(
            op,
            Op::AttachPartition { table, child, .. } if made.contains(table) && made.contains(child)
        );
        let of_others = facts(engine, op, schema).locks.into_iter();
        let of_others = of_others.filter(|lock| !made.contains(&lock.relation));
        let is_made = |table: &QName| is_empty || made.contains(table);
        let own: Vec<Lock> = of_others
            .map(|lock| Lock {
                relation: known(&lock.relation),
                held: if is_made(lock.worked_through()) { Held::Instant } else { lock.held },
                through: lock.through.as_ref().filter(|table| !is_made(table)).map(known),
                ..lock
            })
            .collect();
        let subject = op.relation().map(known);
        let work = own.iter().find(|lock| Some(&lock.relation) == subject.as_ref());
        if let Some(work) = work.or(own.first()) {
            all.values_mut().for_each(|lock| lock.outlast(work));
        }
        own.into_iter().for_each(|lock| put(&mut all, lock));
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others neither make nor rename")]
        match op {
            Op::CreateTable { table, .. } => made.push(table.clone()),
            Op::RenameTable { table, to } if !made.contains(table) => {
                renamed.insert(table.sibling(to), known(table));
            }
            _ => {}
        }
        // What follows a refusal in its transaction is never run; the proof finds it.
        if schema.apply(op).is_err() {
            break;
        }
    }
    all.into_values().collect()
}

/// The locks of transactions one after the other, or of one statement: on each relation the strongest
/// mode, and the longest time for which one of them makes somebody wait.
pub fn worst_locks(all: impl IntoIterator<Item = Lock>) -> Vec<Lock> {
    let mut worst = BTreeMap::new();
    all.into_iter().for_each(|lock| put(&mut worst, lock));
    worst.into_values().collect()
}

fn put(all: &mut BTreeMap<QName, Lock>, lock: Lock) {
    match all.get_mut(&lock.relation) {
        Some(known) => known.join(lock),
        None => drop(all.insert(lock.relation.clone(), lock)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;

    /// The locks of statements in one transaction, as `mode relation held through`.
    fn held(change: &str) -> Vec<String> {
        let schema = "CREATE TABLE a (id bigint PRIMARY KEY, c text); \
                      CREATE TABLE b (id bigint PRIMARY KEY, CONSTRAINT k CHECK (id > 0) NOT VALID);";
        let mut schema = sql::read_schema(schema).schema;
        let read = sql::read_change(change, &schema);
        let ops: Vec<Op> =
            read.asked.iter().filter_map(|asked| asked.what.statement().cloned()).collect();
        assert_eq!(ops.len(), change.matches(';').count(), "{:?}", read.diagnostics);
        let engine = Engine { version: 15 };
        let locks = locks_in_transaction(engine, &mut schema, &ops, &mut Vec::new());
        let words = |lock: &Lock| {
            format!("{} {} {:?} {}", lock.mode.name(), lock.relation, lock.held, lock.is_long())
        };
        locks.iter().map(words).collect()
    }

    #[test]
    fn a_lock_is_held_while_later_statements_work() {
        let column = "ALTER TABLE a ADD COLUMN d text;";
        let validate = "ALTER TABLE b VALIDATE CONSTRAINT k;";
        assert_eq!(
            held(&format!("{column} {validate}")),
            ["ACCESS EXCLUSIVE public.a Scan true", "SHARE UPDATE EXCLUSIVE public.b Scan false"]
        );
        assert_eq!(
            held(&format!("{validate} {column}")),
            [
                "ACCESS EXCLUSIVE public.a Instant false",
                "SHARE UPDATE EXCLUSIVE public.b Scan false"
            ]
        );
        // Nobody waits while b is read; the stronger lock comes after it.
        assert_eq!(
            held(&format!("{validate} ALTER TABLE b ADD COLUMN d text;")),
            ["ACCESS EXCLUSIVE public.b Instant false"]
        );
    }
}

//! What a step's statements and the app's requests ask of the lock queues: their locks by the
//! engine's facts, for how long, and after what wait they give up. Must not know who else is there.

use std::collections::BTreeMap;

use planner::engine::{Engine, Held, LockMode, locks_in_transaction};
use planner::name::QName;
use planner::op::Op;
use planner::plan::{Deploy, Plan, Statement, Step, Traffic};
use planner::schema::{ConstraintKind, Schema};

use super::crowd::Stream;
use super::draw::{middle, whole};

/// What a change of the catalogue takes, once it has its locks, microseconds.
const INSTANT_US: u64 = 5_000;

/// A statement, or what shares a transaction: locks are held to its end.
pub(crate) type Group = Vec<Piece>;

/// One statement.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Place of the relation, and mode.
    pub(crate) locks: Vec<(usize, LockMode)>,
    /// How long it works, microseconds.
    pub(crate) works_us: u64,
    /// How long it waits for each lock, microseconds; 0 for ever.
    pub(crate) lock_timeout_us: u64,
}

/// Schema and traffic as the plan goes along.
pub(crate) struct Stage {
    engine: Engine,
    schema: Schema,
    traffic: Vec<Followed>,
    /// Whether any instance of the app runs.
    runs: bool,
}

/// Traffic of a table under whatever name it has now.
struct Followed {
    home: QName,
    now: Traffic,
}

/// The relations of one step, numbered.
#[derive(Default)]
pub(crate) struct Places(BTreeMap<QName, usize>);

impl Places {
    fn of(&mut self, relation: &QName) -> usize {
        let next = self.0.len();
        *self.0.entry(relation.clone()).or_insert(next)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Stage {
    /// Before the first step.
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            engine: plan.engine,
            schema: plan.model.source.clone(),
            traffic: (plan.model.traffic.iter())
                .map(|now| Followed { home: now.table.clone(), now: now.clone() })
                .collect(),
            runs: true,
        }
    }

    /// What a deploy makes of the app.
    pub(crate) fn deploy(&mut self, deploy: &Deploy) {
        self.runs = deploy.to.is_some();
    }

    /// Traffic of a table, where the plan knows it.
    pub(crate) fn traffic(&self, table: &QName) -> Option<&Traffic> {
        self.traffic.iter().map(|t| &t.now).find(|traffic| traffic.table == *table)
    }

    /// The app's requests as they are now: reads and writes of each table that is there.
    pub(crate) fn streams(&self, places: &mut Places) -> Vec<Stream> {
        let there = |t: &&Traffic| self.runs && self.schema.tables.contains_key(&t.table);
        let mut streams = Vec::new();
        for traffic in self.traffic.iter().map(|t| &t.now).filter(there) {
            let longest_us = u64::from(traffic.longest_transaction_s) * 1_000_000;
            for (per_s, mode) in [
                (traffic.reads_per_s, LockMode::AccessShare),
                (traffic.writes_per_s, LockMode::RowExclusive),
            ] {
                let locks = self.locks_of_request(&traffic.table, mode);
                let locks = locks.into_iter().map(|(relation, mode)| (places.of(&relation), mode));
                streams.push(Stream { locks: locks.collect(), per_s, longest_us });
            }
        }
        streams
    }

    /// The table, its partitions, and for a write the tables that its foreign keys look into
    /// (SELECT … FOR KEY SHARE).
    fn locks_of_request(&self, table: &QName, mode: LockMode) -> Vec<(QName, LockMode)> {
        let mut locks = vec![(table.clone(), mode)];
        locks.extend(
            self.schema.leaves(table).into_iter().filter(|l| l != table).map(|l| (l, mode)),
        );
        let constraints = self.schema.table(table).into_iter().flat_map(|t| t.constraints.values());
        for constraint in constraints.filter(|_| mode == LockMode::RowExclusive) {
            if let ConstraintKind::ForeignKey(key) = &constraint.kind
                && locks.iter().all(|(known, _)| *known != key.parent)
            {
                locks.push((key.parent.clone(), LockMode::RowShare));
            }
        }
        locks
    }

    /// What the step asks for; the schema is taken forward through it. A statement that works through
    /// a table takes the step's estimate, in its geometric middle, which all such share alike.
    pub(crate) fn groups(&mut self, step: &Step, places: &mut Places) -> Vec<Group> {
        let same = |a: &Statement, b: &Statement| {
            a.transaction.is_some() && a.transaction == b.transaction
        };
        let (mut made, mut lock_timeout_us) = (Vec::new(), 0);
        let mut groups: Vec<Group> = Vec::new();
        for statements in step.script.chunk_by(same) {
            let mut group = Group::new();
            for statement in statements {
                if let Op::SetLockTimeout { ms, .. } = statement.op {
                    lock_timeout_us = ms * 1_000;
                }
                let pieces = self.pieces(&statement.op, &mut made, places);
                group.extend(pieces.into_iter().map(|piece| Piece { lock_timeout_us, ..piece }));
            }
            group.retain(|piece| !piece.locks.is_empty());
            if !group.is_empty() {
                groups.push(group);
            }
        }
        let shares: u64 = groups.iter().flatten().map(|piece| piece.works_us).sum();
        let whole_us = whole(middle(step.estimate.seconds) * 1e6);
        for piece in groups.iter_mut().flatten() {
            let share = whole_us * piece.works_us / shares.max(1);
            piece.works_us = if piece.works_us > 0 { share } else { INSTANT_US };
        }
        groups
    }

    /// A statement, with shares of the step's work for its time: two for one that works through a
    /// table, none for one that does not.
    fn pieces(&mut self, op: &Op, made: &mut Vec<QName>, places: &mut Places) -> Vec<Piece> {
        let locks = locks_in_transaction(self.engine, &mut self.schema, [op], made);
        self.follow(op);
        let mut at = |locks: Vec<(QName, LockMode)>, shares| Piece {
            locks: locks.iter().map(|(relation, mode)| (places.of(relation), *mode)).collect(),
            works_us: shares,
            lock_timeout_us: 0,
        };
        let is_heavy = locks.iter().any(|lock| lock.held != Held::Instant);
        let locks = locks.into_iter().map(|lock| (lock.relation, lock.mode)).collect();
        if !is_bulk(op) {
            return vec![at(locks, if is_heavy { 2 } else { 0 })];
        }
        // Rows stay locked one after the other: on the average for the second half of the work.
        let rows = op.relation().map(|table| (table.clone(), LockMode::Exclusive));
        vec![at(locks, 1), at(rows.into_iter().collect(), 1)]
    }

    /// Requests follow a table to its new name, unless another one takes the old.
    fn follow(&mut self, op: &Op) {
        for traffic in &mut self.traffic {
            if self.schema.tables.contains_key(&traffic.home) {
                traffic.now.table.clone_from(&traffic.home);
            } else if let Op::RenameTable { table, to } = op
                && traffic.now.table == *table
            {
                traffic.now.table.name.clone_from(to);
            }
        }
    }
}

/// Changes rows in one transaction.
fn is_bulk(op: &Op) -> bool {
    matches!(op, Op::Update { .. } | Op::Delete { .. } | Op::InsertSelect { .. })
}

//! What a user asks: one serialisable value, the same from a TOML file, a JSON text, the page's
//! form or a link. Every field but schema and change has a default, which the plan states.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::name::QName;
use crate::queries::Query;

/// Downtime that a deploy which stops everything may take, where nobody said how long, seconds.
pub const DOWNTIME_ASSUMED_S: u32 = 600;

/// A request for a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// `postgres:12` … `postgres:18`.
    pub engine: String,
    /// Current schema as SQL: a `pg_dump --schema-only`, or written by hand.
    pub schema: String,
    /// What is to change.
    pub change: Change,
    /// Facts about tables, by name; a table not listed gets `TableFacts::default()`.
    pub tables: BTreeMap<QName, TableFacts>,
    /// How the app is rolled out.
    pub deploy: Deploy,
    /// What may not be exceeded.
    pub constraints: Constraints,
    /// The app's own statements; each is looked up in the schema at every step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<Query>,
}

/// The change, in one of two forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The SQL somebody was about to run, with hints as `-- concertina:` comments.
    Statements(String),
    /// The schema as it should be, with hints as `-- concertina:` comments.
    Target(String),
}

/// Size and traffic of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableFacts {
    /// Rows.
    pub rows: u64,
    /// Heap size in bytes; 0: rows × 200.
    pub bytes: u64,
    /// Reads a second.
    pub reads_per_s: u32,
    /// Writes a second.
    pub writes_per_s: u32,
    /// Longest transaction that touches it, seconds.
    pub longest_transaction_s: u32,
    /// `fillfactor`, percent, 10 to 100: room on each page for updates that touch no index.
    pub fillfactor: u8,
    /// Dead rows that vacuum has not yet taken away.
    pub dead_rows: u64,
}

/// How the app is rolled out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Deploy {
    /// Model.
    pub model: DeployModel,
    /// Instances of the app.
    pub instances: u32,
    /// Whether the old and the new version can run at the same time.
    pub old_and_new_together: bool,
    /// Who keeps two shapes of the same data equal while both live.
    pub sync: Sync,
}

/// Who keeps two shapes equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sync {
    /// Database triggers: no writer can miss them.
    Triggers,
    /// The app writes both.
    DualWrites,
}

/// Deploy model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeployModel {
    /// Instance by instance.
    Rolling,
    /// Two fleets, traffic switched.
    BlueGreen,
    /// A few first, then the rest.
    Canary,
    /// All down, migrate, all up.
    StopTheWorld,
}

/// What may not be exceeded, and what there is to fall back on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constraints {
    /// Downtime that may be taken, seconds.
    pub downtime_s: u32,
    /// Longest tolerable wait of a request for a lock, milliseconds.
    pub lock_wait_ms: u32,
    /// Replica lag ceiling, seconds.
    pub replica_lag_s: u32,
    /// Backup capability.
    pub backup: Backup,
    /// Time to restore it, minutes.
    pub restore_minutes: u32,
    /// How sessions of the app reach the server.
    pub pgbouncer: PgBouncer,
    /// Physical replicas.
    pub replicas: u32,
    /// Others that read the tables or their changes, and that no release of the app covers.
    pub consumers: Vec<Consumer>,
}

/// PgBouncer between the app and the server, and its `pool_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PgBouncer {
    /// None: connections of their own.
    None,
    /// A server connection as long as the client's.
    Session,
    /// A server connection for one transaction.
    Transaction,
}

/// Who else reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consumer {
    /// Change data capture by logical decoding: Debezium and the like.
    Cdc,
    /// Subscribers of a publication.
    LogicalReplica,
    /// Reports and exports that read by SQL.
    Bi,
}

/// Backup capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backup {
    /// None.
    None,
    /// `pg_dump`.
    LogicalDump,
    /// Storage snapshot.
    Snapshot,
    /// Base backup and WAL archive.
    Pitr,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            engine: "postgres:15".to_owned(),
            schema: String::new(),
            change: Change::Statements(String::new()),
            tables: BTreeMap::new(),
            deploy: Deploy::default(),
            constraints: Constraints::default(),
            queries: Vec::new(),
        }
    }
}

impl Default for TableFacts {
    fn default() -> Self {
        Self {
            rows: 10_000_000,
            bytes: 0,
            reads_per_s: 500,
            writes_per_s: 50,
            longest_transaction_s: 5,
            fillfactor: 100,
            dead_rows: 0,
        }
    }
}

impl Default for Deploy {
    fn default() -> Self {
        Self {
            model: DeployModel::Rolling,
            instances: 4,
            old_and_new_together: true,
            sync: Sync::Triggers,
        }
    }
}

impl Default for Constraints {
    fn default() -> Self {
        Self {
            downtime_s: 0,
            lock_wait_ms: 2_000,
            replica_lag_s: 10,
            backup: Backup::LogicalDump,
            restore_minutes: 60,
            pgbouncer: PgBouncer::None,
            replicas: 0,
            consumers: Vec::new(),
        }
    }
}

impl Request {
    /// Size and traffic of a table, given or assumed.
    pub fn facts(&self, table: &QName) -> TableFacts {
        self.tables.get(table).cloned().unwrap_or_default()
    }

    /// Whether the deploy stops the app: it is made so, or the releases cannot run together.
    pub fn stops(&self) -> bool {
        self.deploy.model == DeployModel::StopTheWorld || !self.deploy.old_and_new_together
    }

    /// Downtime that may be taken, seconds: given, or assumed where every deploy stops the app.
    pub fn downtime_s(&self) -> u32 {
        match (self.constraints.downtime_s, self.deploy.model) {
            (0, DeployModel::StopTheWorld) => DOWNTIME_ASSUMED_S,
            (given, _) => given,
        }
    }
}

impl TableFacts {
    /// Heap bytes, given or assumed at 200 a row.
    pub fn heap_bytes(&self) -> u64 {
        if self.bytes > 0 { self.bytes } else { self.rows.saturating_mul(200) }
    }

    /// Whether work proportional to its rows under a lock that stops reads or writes is too long:
    /// a scan of so many rows takes longer than a request may wait.
    pub fn is_big(&self) -> bool {
        self.rows > 10_000 || self.heap_bytes() > 64 << 20
    }
}

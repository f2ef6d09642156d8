//! Readers outside the database, and how many of them are behind. Must not know plans.

use serde::{Deserialize, Serialize};

/// Readers outside the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Readers {
    /// Physical replicas.
    Replicas {
        /// Seconds that they may be behind.
        lag_s: u32,
    },
    /// Whoever reads this database's logical replication slots.
    LogicalSlots {
        /// Bytes of WAL that they may be behind.
        bytes: u64,
    },
}

impl Readers {
    /// Seconds between two replies of a replica that has nothing else to say: `wal_receiver_status_interval`
    /// unless set. Its lag is that of its last reply
    /// ([replication](https://www.postgresql.org/docs/current/runtime-config-replication.html), measured):
    /// what is older than both together, a replica that is not behind has replayed.
    pub const REPLY_S: u32 = 10;

    /// How many are behind.
    pub(super) fn sql(self) -> String {
        match self {
            Self::Replicas { lag_s } => format!(
                "SELECT count(*) FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' \
                 AND (replay_lag > interval '{lag_s} s' OR replay_lsn IS NULL \
                 OR reply_time < clock_timestamp() - interval '{} s')",
                Self::REPLY_S
            ),
            Self::LogicalSlots { bytes } => format!(
                "SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database() \
                 AND (NOT active OR pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) > {bytes})"
            ),
        }
    }
}

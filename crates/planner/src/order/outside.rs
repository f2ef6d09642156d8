//! Steps and commands for who stands outside: replicas that lag, consumers of changes, subscribers
//! that get no DDL, PgBouncer. Must not know any one recipe.

use crate::condition::{Condition, Readers};
use crate::name::QName;
use crate::op::Op;
use crate::op::sql::render;
use crate::plan::Check;
use crate::recipe::{Draft, Slot};
use crate::request::{Consumer, PgBouncer, Request};
use crate::schema::Schema;

/// What a logical slot may be behind and still counts as read, bytes: one WAL segment.
const SLOT_BEHIND: u64 = 16 << 20;

/// That the replicas have replayed all that was there when one began to wait for them; none where there
/// are none. Being near enough says nothing of what was written a moment ago, so time passes first.
pub(super) fn replicas(request: &Request) -> Option<Check> {
    let constraints = &request.constraints;
    let lag_s = constraints.replica_lag_s;
    let after_s = lag_s.saturating_add(Readers::REPLY_S);
    let name = format!("replicas that are behind, asked {after_s} s after the step before");
    let condition = Condition::CaughtUp { readers: Readers::Replicas { lag_s } };
    (constraints.replicas > 0).then(|| Check::new(name, condition))
}

/// Gates that wait for readers outside.
pub(super) fn gates(request: &Request, drafts: &[Draft]) -> Vec<Draft> {
    let constraints = &request.constraints;
    let mut gates = Vec::new();
    let moves = drafts.iter().any(|draft| draft.deploy.is_some());
    let shaped = drafts.iter().any(|draft| draft.slot < Slot::Start && !draft.script.is_empty());
    if let Some(caught_up) = replicas(request).filter(|_| moves && shaped) {
        let mut gate = Draft::gate(
            if request.stops() { Slot::Stopped } else { Slot::Verify },
            "every replica has replayed what the new release needs".to_owned(),
            vec![caught_up],
        )
        .why("R1 may read from a replica: there the new shape has to be before R1 is");
        gate.commands.push(format!(
            "psql --command='SELECT count(*) FROM pg_stat_replication'  # must give {}: a replica that is gone is not counted as behind",
            constraints.replicas
        ));
        gates.push(gate);
    }
    let decode = |consumer: &Consumer| match consumer {
        Consumer::Cdc | Consumer::LogicalReplica => true,
        Consumer::Bi => false,
    };
    if constraints.consumers.iter().any(decode)
        && let Some(first) = drafts.iter().filter(|d| takes_away(d)).map(|d| d.slot).min()
    {
        let slot = if first <= Slot::Start { Slot::Verify } else { Slot::Confirm };
        let readers = Readers::LogicalSlots { bytes: SLOT_BEHIND };
        gates.push(
            Draft::gate(slot, "consumers of changes have read everything so far".to_owned(), Vec::new())
                .why("what they have not read yet comes to them under names that the next steps take away; a slot that is behind keeps WAL, too")
                .done_when("logical slots that are behind", Condition::CaughtUp { readers }),
        );
    }
    gates
}

fn takes_away(draft: &Draft) -> bool {
    draft.slot >= Slot::Stopped && draft.script.iter().any(|s| reshapes(&s.op))
}

/// Whether readers of the table's columns see another shape after it.
fn reshapes(op: &Op) -> bool {
    matches!(
        op,
        Op::AddColumn { .. }
            | Op::DropColumn { .. }
            | Op::RenameColumn { .. }
            | Op::AlterType { .. }
            | Op::RenameTable { .. }
            | Op::DropTable { .. }
    )
}

/// Adds what the operator has to do elsewhere beside a step.
pub(super) fn with_commands(request: &Request, source: &Schema, draft: &mut Draft) {
    let constraints = &request.constraints;
    if constraints.consumers.contains(&Consumer::LogicalReplica) {
        let known = |table: &QName| source.tables.contains_key(table);
        let commands: Vec<String> =
            draft.script.iter().filter_map(|s| on_subscriber(&s.op, &known)).collect();
        draft.commands.extend(commands);
    }
    if constraints.pgbouncer != PgBouncer::Transaction {
        return;
    }
    if draft.script.iter().any(|s| goes_past(&s.op)) {
        draft.commands.push(
            "psql \"$DIRECT_URL\"  # this step: no transaction holds it, so it goes to the server's own port".to_owned(),
        );
    }
    let drained = |c: &Check| matches!(c.condition, Condition::Drained { .. });
    if draft.checks.iter().any(drained) {
        draft.commands.push(
            "psql --host=\"$PGBOUNCER\" pgbouncer --command='SHOW CLIENTS'  # none of R0: the server sees only those in a transaction".to_owned(),
        );
        draft.commands.push(format!(
            "{RECONNECT}  # idle server connections still bear the old application_name"
        ));
    } else if draft.script.iter().any(|s| reshapes(&s.op)) {
        draft
            .commands
            .push(format!("{RECONNECT}  # after this step: statements it has prepared give 0A000"));
    }
}

const RECONNECT: &str = "psql --host=\"$PGBOUNCER\" pgbouncer --command=RECONNECT";

/// What cannot run in one transaction, or ends those it runs in.
fn goes_past(op: &Op) -> bool {
    matches!(
        op,
        Op::CreateIndex { concurrently: true, .. }
            | Op::DropIndex { concurrently: true, .. }
            | Op::DetachPartition { concurrently: true, .. }
            | Op::RunBackfill { .. }
    )
}

/// DDL is not replicated: what a subscriber needs first or last.
fn on_subscriber(op: &Op, known: &dyn Fn(&QName) -> bool) -> Option<String> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others do not change what is sent")]
    let (when, table) = match op {
        Op::AddColumn { table, .. } => ("before this step", table),
        Op::DropColumn { table, .. } => ("after this step", table),
        Op::RenameColumn { table, .. }
        | Op::AlterType { table, .. }
        | Op::RenameTable { table, .. } => {
            ("with this step, its subscription disabled around both", table)
        }
        _ => return None,
    };
    known(table).then(|| {
        let sql = render(op).replace('\'', "'\\''").replace('\n', " ");
        format!("psql \"$SUBSCRIBER_URL\" --command='{sql}'  # on every subscriber, {when}")
    })
}

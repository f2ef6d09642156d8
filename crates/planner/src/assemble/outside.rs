//! Who stands outside the database and meets the plan's steps: replicas, poolers, and consumers that
//! no release covers. Must not know any one recipe.

use std::collections::BTreeSet;

use crate::engine::{LockMode, facts};
use crate::name::QName;
use crate::op::Op;
use crate::plan::Hazard;
use crate::recipe::{Context, Recipe};
use crate::request::{Consumer, PgBouncer};
use crate::schema::{ObjectKind, Schema};

/// Hazards of a recipe's steps that come from the request's constraints.
pub(super) fn hazards(context: &Context<'_>, recipe: &Recipe) -> Vec<Hazard> {
    let constraints = &context.request.constraints;
    let mut found = Vec::new();
    if constraints.replicas > 0 {
        found.extend(on_replicas(context, recipe));
    }
    if constraints.pgbouncer == PgBouncer::Transaction {
        found.extend(pooled(context, recipe));
    }
    if !constraints.consumers.is_empty() {
        found.extend(for_consumers(context, recipe));
    }
    found
}

fn ops(recipe: &Recipe) -> impl Iterator<Item = &Op> {
    recipe.drafts.iter().flat_map(|draft| &draft.script).map(|statement| &statement.op)
}

fn listed<T: ToString>(names: &BTreeSet<T>) -> String {
    names.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// Tables of today that some step locks against readers.
fn shut(context: &Context<'_>, recipe: &Recipe) -> BTreeSet<QName> {
    let mut schema: Schema = context.schema.clone();
    let mut tables = BTreeSet::new();
    for op in ops(recipe) {
        let locks = facts(context.engine, op, &schema).locks.into_iter();
        let shut = locks.filter(|lock| lock.mode == LockMode::AccessExclusive);
        tables.extend(shut.map(|lock| lock.relation));
        // A refusal here is found, with its trace, by the simulator.
        let _refused = schema.apply(op).is_err();
    }
    tables.retain(|name| context.source.tables.contains_key(name));
    tables
}

fn on_replicas(context: &Context<'_>, recipe: &Recipe) -> Vec<Hazard> {
    let mut found = Vec::new();
    let shut = shut(context, recipe);
    if !shut.is_empty() {
        found.push(context.hazard(
            "standby-conflict",
            format!("ACCESS EXCLUSIVE on {} is replayed on every replica: it waits there for the queries that run, with all later reads behind it, and cancels them after max_standby_streaming_delay (40001)", listed(&shut)),
            "keep long reports off the replicas for that moment, and let readers try again",
        ));
    }
    let written = recipe.drafts.iter().any(|draft| draft.backfill.is_some());
    if recipe.needs_release || written {
        found.push(context.hazard(
            "stale-replica-reads",
            "a replica gets the new shape, and a release's own writes, later than the primary: a read there may fail with 42703 or miss what was just written".to_owned(),
            "the app moves only when no replica is behind the ceiling; reads that must see their own writes go to the primary",
        ));
    }
    found
}

/// Steps after which statements that PgBouncer has prepared no longer fit.
pub(super) fn reshapes(op: &Op) -> bool {
    matches!(
        op,
        Op::AddColumn { .. }
            | Op::DropColumn { .. }
            | Op::RenameColumn { .. }
            | Op::AlterType { .. }
            | Op::RenameTable { .. }
    )
}

fn pooled(context: &Context<'_>, recipe: &Recipe) -> Option<Hazard> {
    ops(recipe).any(reshapes).then(|| {
        context.hazard(
            "pooled-session",
            "PgBouncer lends server connections by transaction: what it has prepared fails with 0A000 for every client once a result's columns change, and application_name is that of the last client".to_owned(),
            "RECONNECT on PgBouncer's console after each such step; settings of the plan are SET LOCAL",
        )
    })
}

fn name(consumer: Consumer) -> &'static str {
    match consumer {
        Consumer::Cdc => "change data capture",
        Consumer::LogicalReplica => "logical replicas",
        Consumer::Bi => "reports",
    }
}

fn for_consumers(context: &Context<'_>, recipe: &Recipe) -> Vec<Hazard> {
    let consumers = &context.request.constraints.consumers;
    let who: BTreeSet<&str> = consumers.iter().map(|consumer| name(*consumer)).collect();
    let mut found = Vec::new();
    let decodes = consumers.iter().any(|c| decodes(*c));
    let tables: BTreeSet<&QName> =
        recipe.drafts.iter().filter_map(|d| d.backfill.as_ref()).map(|b| &b.table).collect();
    for table in tables.iter().filter(|_| decodes) {
        found.push(context.hazard(
            "backfill-floods-consumers",
            format!(
                "the backfill of {table} is one change event a row: {} of them",
                context.request.facts(table).rows
            ),
            "tell whoever reads them when it runs; the contract waits until they have",
        ));
        found.extend(without_identity(context, table));
    }
    let gone: BTreeSet<String> = ops(recipe).filter_map(|op| goes(context, op)).collect();
    if !gone.is_empty() {
        found.push(context.hazard(
            "consumer-reads-old-shape",
            format!("{} may read {}, and no gate on the old release sees that", listed(&who), listed(&gone)),
            "move them before the contract: reports to a view that keeps the old names, change consumers to code that takes both shapes",
        ));
    }
    found
}

/// Whether it reads changes, not rows.
pub(super) fn decodes(consumer: Consumer) -> bool {
    match consumer {
        Consumer::Cdc | Consumer::LogicalReplica => true,
        Consumer::Bi => false,
    }
}

/// What a statement takes from readers of today's tables.
fn goes(context: &Context<'_>, op: &Op) -> Option<String> {
    let known = |table: &QName, column: &String| {
        let found = context.source.table(table).and_then(|t| t.column(column)).is_some();
        found.then(|| format!("{table}.{column}"))
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others take no name away")]
    match op {
        Op::DropColumn { table, column }
        | Op::RenameColumn { table, column, .. }
        | Op::AlterType { table, column, .. } => known(table, column),
        Op::DropTable { table } | Op::RenameTable { table, .. } => {
            context.source.tables.contains_key(table).then(|| table.to_string())
        }
        _ => None,
    }
}

fn without_identity(context: &Context<'_>, table: &QName) -> Option<Hazard> {
    let keyed = context.source.table(table)?.primary_key().is_some();
    let said = context
        .source
        .objects_of(table)
        .any(|(id, _)| id.kind == ObjectKind::Property && id.name.contains("REPLICA IDENTITY"));
    (!keyed && !said).then(|| {
        context.hazard(
            "no-replica-identity",
            format!("{table} has no primary key and no REPLICA IDENTITY: where a publication sends its updates, every one is refused (55000), the backfill's too"),
            "ALTER TABLE … REPLICA IDENTITY FULL for as long as the backfill runs, or a primary key first",
        )
    })
}

//! What a plan takes for granted. Must not know recipes' steps.

use crate::name::QName;
use crate::recipe::Recipe;
use crate::request::{DOWNTIME_ASSUMED_S, DeployModel, PgBouncer, Request};

/// From the recipes, and from the facts that nobody gave.
pub(super) fn assumptions(request: &Request, recipes: &[Recipe], tables: &[QName]) -> Vec<String> {
    let mut list: Vec<String> = recipes.iter().flat_map(|r| r.assumptions.clone()).collect();
    let unknown: Vec<String> =
        tables.iter().filter(|t| !request.tables.contains_key(t)).map(QName::to_string).collect();
    let facts = crate::request::TableFacts::default();
    if !unknown.is_empty() {
        list.push(format!(
            "nothing was said of {}: {} rows, {} reads and {} writes a second, and transactions of up to {} s are assumed",
            unknown.join(", "),
            facts.rows,
            facts.reads_per_s,
            facts.writes_per_s,
            facts.longest_transaction_s
        ));
    }
    list.push(
        "sessions of the app say who they are: application_name is app-R0 or app-R1".to_owned(),
    );
    list.push(sessions(request).to_owned());
    list.push("a step whose first check gives the expected number is done; otherwise, after a crash, the step is run again".to_owned());
    let longest = tables.iter().map(|t| request.facts(t).longest_transaction_s).max();
    let lock_wait_ms = request.constraints.lock_wait_ms;
    if let Some(longest) = longest.filter(|s| s.saturating_mul(1_000) > lock_wait_ms) {
        list.push(format!("a transaction of up to {longest} s may hold a table when a step asks for its lock: the step gives up after {lock_wait_ms} ms, has done nothing, and is run again"));
    }
    list.extend(figures(request, tables));
    if request.deploy.model == DeployModel::StopTheWorld && request.constraints.downtime_s == 0 {
        list.push(format!("a deploy that stops everything takes the app down anyway; nobody said for how long it may, so {DOWNTIME_ASSUMED_S} s are assumed"));
    }
    list
}

/// What the plan's own sessions need.
fn sessions(request: &Request) -> &'static str {
    match request.constraints.pgbouncer {
        PgBouncer::None | PgBouncer::Session => {
            "the plan is run in order by a role that owns the tables and may create schemas, in sessions of its own, not through a transaction pooler"
        }
        PgBouncer::Transaction => {
            "the plan is run in order by a role that owns the tables and may create schemas; its transactions bring their own limits (SET LOCAL), and what cannot run in one (concurrent builds, CALL of a backfill) goes to the server's own port, past PgBouncer; it takes no advisory lock and leaves no session setting behind"
        }
    }
}

/// What the estimates stand on.
fn figures(request: &Request, tables: &[QName]) -> Vec<String> {
    let mut list = vec!["times are ranges from rows, indexes, fillfactor and figures measured on one small machine, from the fastest to a quarter of the slowest; WAL and disk from 25 % below the figures to 25 % above, after a checkpoint: trust their ratios, not their seconds".to_owned()];
    let widths: Vec<String> = tables
        .iter()
        .map(|table| (table, request.facts(table)))
        .filter(|(_, facts)| facts.rows > 0)
        .map(|(table, facts)| format!("{table} {} bytes", facts.heap_bytes() / facts.rows))
        .collect();
    if !widths.is_empty() {
        list.push(format!("rows as wide as their tables say, or 200 bytes: {}", widths.join(", ")));
    }
    let constraints = &request.constraints;
    if constraints.replicas > 0 {
        list.push(format!(
            "{} replicas replay 18 to 71 MB of WAL a second; batches wait while one is more than {} s behind",
            constraints.replicas, constraints.replica_lag_s
        ));
    }
    list
}

//! Every pair of small schemas: one table, up to two columns, a few types, NULL or not, a default
//! or none, unique or not. The plan's operations lead from one to the other, or the planner says
//! why not; and the plan is verified. `RUN_SLOW_TESTS=1` tries more pairs.

use std::collections::BTreeMap;
use std::env;

use libtest_mimic::{Failed, Trial};
use planner::Plan;
use planner::diagnostic::Severity;
use planner::op::Op;
use planner::request::{Change, Request};

use crate::proof;

/// A column of the small world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Column {
    ty: &'static str,
    not_null: bool,
    default: Option<&'static str>,
    unique: bool,
}

const TYPES: [(&str, &str); 3] = [("integer", "7"), ("bigint", "7"), ("text", "'seven'")];

/// Why a pair may be refused: a value is wanted, two changes move one column, a type does not
/// convert by itself.
const REFUSALS: [&str; 5] = [
    "default-in-key",
    "default-does-not-convert",
    "needs-fill",
    "overlapping-changes",
    "not-supported",
];

fn columns() -> Vec<Option<Column>> {
    let mut all = vec![None];
    for (ty, value) in TYPES {
        for not_null in [false, true] {
            for default in [None, Some(value)] {
                for unique in [false, true] {
                    all.push(Some(Column { ty, not_null, default, unique }));
                }
            }
        }
    }
    all
}

fn schema(columns: [Option<Column>; 2]) -> String {
    let mut items = vec!["id bigint PRIMARY KEY".to_owned()];
    for (name, column) in ["a", "b"].into_iter().zip(columns) {
        let Some(Column { ty, not_null, default, unique }) = column else { continue };
        let not_null = if not_null { " NOT NULL" } else { "" };
        let default = default.map_or(String::new(), |value| format!(" DEFAULT {value}"));
        let unique = if unique { " UNIQUE" } else { "" };
        items.push(format!("{name} {ty}{default}{not_null}{unique}"));
    }
    format!("CREATE TABLE t (\n  {}\n);\n", items.join(",\n  "))
}

/// The trials: one column is tried whole, two are sampled.
pub(crate) fn trials() -> Vec<Trial> {
    let slow = env::var("RUN_SLOW_TESTS").is_ok_and(|value| value == "1");
    let (every_pair, every_proof) = if slow { (41, 60) } else { (397, 600) };
    vec![
        Trial::test("exhaustive::pairs of one column", || pairs(&one_column(), 1)),
        Trial::test("exhaustive::pairs of two columns", move || pairs(&two_columns(), every_pair)),
        Trial::test("exhaustive::a schema and itself", || {
            two_columns().iter().try_for_each(|text| nothing_to_do(text))
        }),
        Trial::test("exhaustive::proofs", move || proofs(&two_columns(), every_proof * 11)),
        Trial::test("exhaustive::proofs of one column", move || {
            proofs(&one_column(), every_proof / 20)
        }),
    ]
}

fn one_column() -> Vec<String> {
    columns().into_iter().map(|column| schema([column, None])).collect()
}

fn two_columns() -> Vec<String> {
    let all = columns();
    all.iter().flat_map(|a| all.iter().map(|b| schema([*a, *b]))).collect()
}

/// Every n-th ordered pair of different schemas.
fn sample(schemas: &[String], every: usize) -> impl Iterator<Item = Request> {
    let n = schemas.len();
    (0..n * n).step_by(every).filter(move |i| i / n != i % n).map(move |i| Request {
        schema: schemas[i / n].clone(),
        change: Change::Target(schemas[i % n].clone()),
        ..Request::default()
    })
}

fn target(request: &Request) -> &str {
    match &request.change {
        Change::Statements(text) | Change::Target(text) => text,
    }
}

fn failed(request: &Request, why: &str) -> Failed {
    format!("from\n{}to\n{}{why}", request.schema, target(request)).into()
}

fn pairs(schemas: &[String], every: usize) -> Result<(), Failed> {
    let mut n_planned = 0_u32;
    let mut refused: BTreeMap<String, u32> = BTreeMap::new();
    for request in sample(schemas, every) {
        match plan_or_refusal(&request)? {
            Some(plan) => {
                n_planned += 1;
                replay(&plan).map_err(|why| failed(&request, &why))?;
            }
            None => *refused.entry(codes(&request)).or_default() += 1,
        }
    }
    let unknown: Vec<&String> =
        refused.keys().filter(|codes| codes.split(' ').any(|c| !REFUSALS.contains(&c))).collect();
    if n_planned > 0 && unknown.is_empty() {
        return Ok(());
    }
    Err(format!("{n_planned} pairs are planned; refused: {refused:?}").into())
}

fn codes(request: &Request) -> String {
    let planned = planner::plan(request);
    let errors = planned.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    errors.map(|d| d.code.as_str()).collect::<Vec<_>>().join(" ")
}

fn plan_or_refusal(request: &Request) -> Result<Option<Plan>, Failed> {
    let planned = planner::plan(request);
    let refused = planned.diagnostics.iter().any(|d| d.severity == Severity::Error);
    match planned.plan {
        Some(plan) => Ok(Some(plan)),
        None if refused => Ok(None),
        None => Err(failed(request, "no plan and no reason")),
    }
}

/// The scripts, applied to the schema as values, end in the target.
fn replay(plan: &Plan) -> Result<(), String> {
    let mut schema = plan.model.source.clone();
    for step in plan.steps() {
        for statement in &step.script {
            schema
                .apply(&statement.op)
                .map_err(|refusal| format!("step {}: {refusal}\n  {}", step.id, statement.sql))?;
        }
    }
    let (found, wanted) = (schema.unordered(), plan.model.target.unordered());
    if found == wanted {
        return Ok(());
    }
    let ops: Vec<&Op> = plan.steps().flat_map(|s| &s.script).map(|s| &s.op).collect();
    Err(format!("the plan ends in\n{found:?}\ninstead of\n{wanted:?}\nby {ops:?}"))
}

fn nothing_to_do(text: &str) -> Result<(), Failed> {
    let change = Change::Target(text.to_owned());
    let request = Request { schema: text.to_owned(), change, ..Request::default() };
    let planned = planner::plan(&request);
    let codes: Vec<&str> = planned.diagnostics.iter().map(|d| d.code.as_str()).collect();
    if planned.plan.is_none() && codes == ["nothing-to-do"] {
        return Ok(());
    }
    Err(failed(&request, &format!("gives {codes:?}")))
}

fn proofs(schemas: &[String], every: usize) -> Result<(), Failed> {
    let (mut n_plans, mut unverified) = (0, BTreeMap::<String, Vec<Failed>>::new());
    for request in sample(schemas, every) {
        let Some(plan) = plan_or_refusal(&request)? else { continue };
        n_plans += 1;
        if let Err(why) = proof::must_verify(&plan) {
            let promise = why.split(':').next().unwrap_or_default().to_owned();
            unverified.entry(promise).or_default().push(failed(&request, &why));
        }
    }
    if unverified.is_empty() {
        return Ok(());
    }
    // One example of each kind is enough to read.
    let kinds = unverified.into_iter().map(|(promise, found)| {
        let first = found.first().and_then(|failed| failed.message()).unwrap_or_default();
        format!("{} of {n_plans} plans break `{promise}`, such as\n{first}", found.len())
    });
    Err(kinds.collect::<Vec<_>>().join("\n").into())
}

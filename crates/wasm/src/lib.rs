//! Planner and simulator for JavaScript: values in, values out, with hand-written TypeScript types.
//!
//! Built by `cargo build --package wasm --target wasm32-unknown-unknown` and `wasm-bindgen`. Every
//! function takes and gives plain objects, the same as the JSON of `concertina plan --format json`;
//! what cannot be read throws an `Error` that says which field, and why. Must not plan or judge.

mod derived;
mod proof;
mod simulation;
mod types;
mod value;

use planner::Plan;
use wasm_bindgen::prelude::*;

pub use derived::{edited, endings, matrix, trace_of_cell, way_back};
pub use proof::Proof;
pub use simulation::Simulation;

/// Makes a plan. Never throws for bad SQL: then `plan` is `null` and `diagnostics` say why.
///
/// ```js
/// const { plan, diagnostics } = concertina.plan({
///   engine: "postgres:15",
///   schema: "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL)",
///   change: { statements: "ALTER TABLE users RENAME COLUMN name TO full_name" },
///   tables: { "public.users": { rows: 20_000_000 } },
/// });
/// ```
///
/// # Errors
/// Where the request is not one.
#[wasm_bindgen(unchecked_return_type = "Planned")]
pub fn plan(
    #[wasm_bindgen(unchecked_param_type = "Request")] request: JsValue,
) -> Result<JsValue, JsError> {
    value::give(&planner::plan(&value::request(request)?))
}

/// The change as it was asked for, as a plan of its own, to prove or play what it would have done.
/// Prove it with `{ procedure: false }`: it promises no gates and no backup.
///
/// ```js
/// const { plan } = concertina.asAsked(request);
/// const proof = new concertina.Proof(plan, { procedure: false });
/// ```
///
/// # Errors
/// Where the request is not one.
#[wasm_bindgen(js_name = asAsked, unchecked_return_type = "Planned")]
pub fn as_asked(
    #[wasm_bindgen(unchecked_param_type = "Request")] request: JsValue,
) -> Result<JsValue, JsError> {
    value::give(&planner::as_asked(&value::request(request)?))
}

/// A plan as Markdown.
///
/// ```js
/// element.textContent = concertina.markdown(plan);
/// ```
///
/// # Errors
/// Where the plan is not one.
#[wasm_bindgen]
pub fn markdown(
    #[wasm_bindgen(unchecked_param_type = "Plan")] plan: JsValue,
) -> Result<String, JsError> {
    Ok(planner::render::markdown(&value::plan(plan)?))
}

/// A plan as files of SQL: pairs of name and text, to be run by `psql` in order.
///
/// ```js
/// for (const [name, text] of concertina.sql(plan)) await writeFile(name, text);
/// ```
///
/// # Errors
/// Where the plan is not one.
#[wasm_bindgen(unchecked_return_type = "[name: string, text: string][]")]
pub fn sql(
    #[wasm_bindgen(unchecked_param_type = "Plan")] plan: JsValue,
) -> Result<JsValue, JsError> {
    let plan: Plan = value::plan(plan)?;
    value::give(&planner::render::sql(&plan))
}

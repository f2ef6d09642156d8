//! What is derived of a plan for JavaScript, and edits to break it with.

use planner::edit::{self, Edit};
use simulator::{Endings, Matrix, Strip, Unmodelled, trace_of};
use wasm_bindgen::prelude::*;

use crate::value;

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn unmodelled(why: Unmodelled) -> JsError {
    JsError::new(&format!("plan: {why}"))
}

/// For each step, what a rollback from right after it keeps; and the point of no return, declared
/// and computed.
///
/// ```js
/// for (const step of concertina.wayBack(plan).steps) console.log(step.step, step.back);
/// ```
///
/// # Errors
/// Where plan or bounds are none, or the simulator has no model of the plan.
#[wasm_bindgen(js_name = wayBack, unchecked_return_type = "WayBack")]
pub fn way_back(
    #[wasm_bindgen(unchecked_param_type = "Plan")] plan: JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "Bounds")] bounds: JsValue,
) -> Result<JsValue, JsError> {
    let (plan, bounds) = (value::plan(plan)?, value::bounds(bounds)?);
    value::give(&Strip::new(&plan, &bounds).map_err(unmodelled)?)
}

/// What each release can do from each step on: reads, inserts, updates, deletes.
///
/// # Errors
/// Where plan or bounds are none, or the simulator has no model of the plan.
#[wasm_bindgen(unchecked_return_type = "Matrix")]
pub fn matrix(
    #[wasm_bindgen(unchecked_param_type = "Plan")] plan: JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "Bounds")] bounds: JsValue,
) -> Result<JsValue, JsError> {
    let (plan, bounds) = (value::plan(plan)?, value::bounds(bounds)?);
    value::give(&Matrix::new(&plan, &bounds).map_err(unmodelled)?)
}

/// How the migration ends when a fault hits it in a step.
///
/// # Errors
/// Where plan or bounds are none, or the simulator has no model of the plan.
#[wasm_bindgen(unchecked_return_type = "Endings")]
pub fn endings(
    #[wasm_bindgen(unchecked_param_type = "Plan")] plan: JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "Bounds")] bounds: JsValue,
) -> Result<JsValue, JsError> {
    let (plan, bounds) = (value::plan(plan)?, value::bounds(bounds)?);
    value::give(&Endings::new(&plan, &bounds).map_err(unmodelled)?)
}

/// The run behind a cell: `"7.2"` (its way back), `"7.2:R0:read"`, `"before:R1:insert"` or
/// `"7.2:crash_after"`; `null` where there is no such cell.
///
/// # Errors
/// Where plan or bounds are none, or the simulator has no model of the plan.
#[wasm_bindgen(js_name = traceOf, unchecked_return_type = "Trace | null")]
pub fn trace_of_cell(
    #[wasm_bindgen(unchecked_param_type = "Plan")] plan: JsValue,
    cell: &str,
    #[wasm_bindgen(unchecked_optional_param_type = "Bounds")] bounds: JsValue,
) -> Result<JsValue, JsError> {
    let (plan, bounds) = (value::plan(plan)?, value::bounds(bounds)?);
    value::give(&trace_of(&plan, &bounds, cell).map_err(unmodelled)?)
}

/// The plan with edits made, one after the other, to see what breaks.
///
/// ```js
/// const broken = concertina.edited(plan, [{ edit: "remove", step: "4.1" }]);
/// const proof = new concertina.Proof(broken);
/// ```
///
/// # Errors
/// Where plan or edits are none, or an edit cannot be made.
#[wasm_bindgen(unchecked_return_type = "Plan")]
pub fn edited(
    #[wasm_bindgen(unchecked_param_type = "Plan")] plan: JsValue,
    #[wasm_bindgen(unchecked_param_type = "Edit[]")] edits: JsValue,
) -> Result<JsValue, JsError> {
    let plan = value::plan(plan)?;
    let edits: Vec<Edit> = value::take("edits", edits)?;
    let edited = edit::edited(&plan, &edits);
    value::give(&edited.map_err(|why| JsError::new(&format!("edits: {why}")))?)
}

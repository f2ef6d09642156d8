//! JavaScript values to ours and back: plain objects, numbers as numbers, errors in words.

use planner::Plan;
use planner::plan::FORMAT;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use simulator::Bounds;
use wasm_bindgen::prelude::*;

/// Reads a value; `what` names it in the error.
pub(crate) fn take<T: DeserializeOwned>(what: &str, value: JsValue) -> Result<T, JsError> {
    serde_wasm_bindgen::from_value(value).map_err(|why| JsError::new(&format!("{what}: {why}")))
}

/// Gives a value as a plain object.
pub(crate) fn give<T: Serialize>(value: &T) -> Result<JsValue, JsError> {
    // Maps as objects, nothing as null, and 64-bit numbers as numbers: as JSON has them.
    value.serialize(&Serializer::json_compatible()).map_err(|why| JsError::new(&why.to_string()))
}

/// Reads a plan of the format this version knows, whose SQL nobody has edited apart from its value.
pub(crate) fn plan(value: JsValue) -> Result<Plan, JsError> {
    let plan: Plan = take("plan", value)?;
    if plan.format != FORMAT {
        return Err(JsError::new(&format!("plan: `{}` is not `{FORMAT}`", plan.format)));
    }
    if let Some((step, sql)) = plan.mismatch() {
        return Err(JsError::new(&format!(
            "plan: in step {} the SQL `{sql}` was edited apart from its value: plan again",
            step.id
        )));
    }
    Ok(plan)
}

/// Reads bounds; nothing gives the defaults.
pub(crate) fn bounds(value: JsValue) -> Result<Bounds, JsError> {
    if value.is_undefined() || value.is_null() {
        return Ok(Bounds::default());
    }
    take("bounds", value)
}

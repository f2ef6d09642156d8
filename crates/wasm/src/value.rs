//! JavaScript values to ours and back: plain objects, numbers as numbers, errors in words.

use js_sys::{Array, Object, Reflect};
use planner::plan::FORMAT;
use planner::request::{Constraints, Deploy, TableFacts};
use planner::{Plan, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use simulator::Bounds;
use wasm_bindgen::prelude::*;

/// Reads a value; `what` names it in the error.
pub(crate) fn take<T: DeserializeOwned>(what: &str, value: JsValue) -> Result<T, JsError> {
    serde_wasm_bindgen::from_value(value).map_err(|why| {
        let why = why.to_string();
        JsError::new(&format!("{what}: {}", why.strip_prefix("Error: ").unwrap_or(&why)))
    })
}

/// Reads a request; a misspelt field must not pass for its default.
pub(crate) fn request(value: JsValue) -> Result<Request, JsError> {
    only_fields_of("request", &value, &Request::default())?;
    only_fields_of("request.deploy", &field(&value, "deploy"), &Deploy::default())?;
    only_fields_of("request.constraints", &field(&value, "constraints"), &Constraints::default())?;
    if let Some(tables) = field(&value, "tables").dyn_ref::<Object>() {
        for entry in Object::entries(tables) {
            let pair = Array::from(&entry);
            let what = format!("request.tables[{:?}]", pair.get(0).as_string().unwrap_or_default());
            only_fields_of(&what, &pair.get(1), &TableFacts::default())?;
        }
    }
    take("request", value)
}

fn field(value: &JsValue, name: &str) -> JsValue {
    // Of what is no object there is no field; `take` then says that it is none.
    Reflect::get(value, &name.into()).unwrap_or_default()
}

/// Refuses fields that `known` has not: the reader itself would pass over them.
fn only_fields_of<T: Serialize>(what: &str, value: &JsValue, known: &T) -> Result<(), JsError> {
    let (Some(object), known) = (value.dyn_ref::<Object>(), give(known)?) else {
        return Ok(());
    };
    for key in Object::keys(object) {
        if !Reflect::has(&known, &key).unwrap_or(true) {
            let fields: Vec<String> = Object::keys(known.unchecked_ref::<Object>())
                .iter()
                .filter_map(|k| k.as_string())
                .collect();
            return Err(JsError::new(&format!(
                "{what}: unknown field `{}`, expected one of {}",
                key.as_string().unwrap_or_default(),
                fields.join(", ")
            )));
        }
    }
    Ok(())
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
    only_fields_of("bounds", &value, &Bounds::default())?;
    take("bounds", value)
}

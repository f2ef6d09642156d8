//! A proof for JavaScript: advanced in slices, so that a page stays responsive.

use planner::Plan;
use simulator::{Bounds, Certificate, Search};
use wasm_bindgen::prelude::*;

use crate::value;

/// A search of every interleaving within bounds.
///
/// ```js
/// const proof = new concertina.Proof(plan, { instances: 2, rows: 2, faults: 1 });
/// while (!proof.advance(10_000).done) await new Promise(requestAnimationFrame);
/// console.log(proof.verdict().verdict); // "verified", "refuted" or "bounds_exceeded"
/// proof.free();
/// ```
#[wasm_bindgen]
pub struct Proof {
    search: Search,
    plan: Plan,
    bounds: Bounds,
}

#[wasm_bindgen]
impl Proof {
    /// A search over a plan; bounds left out have their defaults.
    ///
    /// # Errors
    /// Where plan or bounds are none, or the simulator has no model of the plan.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "Plan")] plan: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "Bounds")] bounds: JsValue,
    ) -> Result<Proof, JsError> {
        let (plan, bounds) = (value::plan(plan)?, value::bounds(bounds)?);
        let search =
            Search::new(&plan, &bounds).map_err(|why| JsError::new(&format!("plan: {why}")))?;
        Ok(Self { search, plan, bounds })
    }

    /// Follows about so many transitions more, and says how far it is.
    ///
    /// # Errors
    /// Never; the type is of every function that gives an object.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn advance(&mut self, transitions: u32) -> Result<JsValue, JsError> {
        let transitions = usize::try_from(transitions).unwrap_or(usize::MAX);
        value::give(&self.search.advance(transitions))
    }

    /// The verdict; `null` until `advance` gives `done`.
    ///
    /// # Errors
    /// Never; the type is of every function that gives an object.
    #[wasm_bindgen(unchecked_return_type = "Verdict | null")]
    pub fn verdict(&self) -> Result<JsValue, JsError> {
        value::give(&self.search.verdict())
    }

    /// What was proved of which plan, to be kept and proved again; `null` until there is a verdict.
    ///
    /// # Errors
    /// Never; the type is of every function that gives an object.
    #[wasm_bindgen(unchecked_return_type = "Certificate | null")]
    pub fn certificate(&self) -> Result<JsValue, JsError> {
        let verdict = self.search.verdict();
        value::give(&verdict.map(|verdict| Certificate::new(&self.plan, &self.bounds, &verdict)))
    }
}

//! A run for JavaScript: stepped by a seed or by hand, back and forth.

use simulator::Walk;
use wasm_bindgen::prelude::*;

use crate::value;

/// A run of a plan.
///
/// ```js
/// const run = new concertina.Simulation(plan, 7, { instances: 3, rows: 3, faults: 2 });
/// while (run.step());                       // the seed chooses
/// run.seek(4);                              // look back; later moments stay
/// const crash = run.choices().findIndex((choice) => choice.fault);
/// if (crash >= 0) run.take(crash);          // another way from there
/// console.log(run.trace().moments.at(-1).frame.tables);
/// run.free();
/// ```
#[wasm_bindgen]
pub struct Simulation {
    walk: Walk,
}

/// The largest whole number that JavaScript holds exactly, and one more.
const SEED_END: f64 = 9_007_199_254_740_992.0;

#[wasm_bindgen]
impl Simulation {
    /// A run; the same plan, seed, bounds and choices give the same run, on every machine.
    ///
    /// # Errors
    /// Where plan, seed or bounds are none, or the simulator has no model of the plan.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "Plan")] plan: JsValue,
        seed: f64,
        #[wasm_bindgen(unchecked_optional_param_type = "Bounds")] bounds: JsValue,
    ) -> Result<Simulation, JsError> {
        if seed.fract() != 0.0 || !(0.0..SEED_END).contains(&seed) {
            return Err(JsError::new(&format!(
                "seed: {seed} is not a whole number from 0 to 2^53"
            )));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "looked at")]
        let seed = seed as u64;
        let (plan, bounds) = (value::plan(plan)?, value::bounds(bounds)?);
        let walk =
            Walk::new(&plan, &bounds, seed).map_err(|why| JsError::new(&format!("plan: {why}")))?;
        Ok(Self { walk })
    }

    /// What can happen next at the moment looked at.
    ///
    /// # Errors
    /// Never; the type is of every function that gives an object.
    #[wasm_bindgen(unchecked_return_type = "Choice[]")]
    pub fn choices(&mut self) -> Result<JsValue, JsError> {
        value::give(&self.walk.choices())
    }

    /// Lets the seed choose; `false` when nothing more happens.
    pub fn step(&mut self) -> bool {
        self.walk.step()
    }

    /// Takes a choice, by its index in `choices()`. Moments after the one looked at are dropped.
    ///
    /// # Errors
    /// Where there is no such choice.
    pub fn take(&mut self, choice: u32) -> Result<(), JsError> {
        let choice = usize::try_from(choice).unwrap_or(usize::MAX);
        let count = self.walk.choices().len();
        if choice >= count {
            return Err(JsError::new(&format!("choice {choice}: there are {count}")));
        }
        self.walk.take(choice);
        Ok(())
    }

    /// Whether the plan promises a way back from the moment looked at.
    #[wasm_bindgen(js_name = canRollBack)]
    pub fn can_roll_back(&mut self) -> bool {
        self.walk.can_roll_back()
    }

    /// Decides to roll the plan back.
    ///
    /// # Errors
    /// Where the plan promises no way back: after the point of no return, or at the end.
    #[wasm_bindgen(js_name = rollBack)]
    pub fn roll_back(&mut self) -> Result<(), JsError> {
        if !self.walk.can_roll_back() {
            return Err(JsError::new("the plan promises no way back from this moment"));
        }
        self.walk.roll_back();
        Ok(())
    }

    /// Looks at another moment, by its index in the trace; past the end is the end.
    pub fn seek(&mut self, moment: u32) {
        self.walk.seek(usize::try_from(moment).unwrap_or(usize::MAX));
    }

    /// Index of the moment looked at.
    #[wasm_bindgen(getter)]
    pub fn at(&self) -> u32 {
        u32::try_from(self.walk.at()).unwrap_or(u32::MAX)
    }

    /// Whether the plan is finished or rolled back at the moment looked at, or a promise broken.
    #[wasm_bindgen(getter)]
    pub fn finished(&self) -> bool {
        self.walk.finished()
    }

    /// Every moment so far.
    ///
    /// # Errors
    /// Never; the type is of every function that gives an object.
    #[wasm_bindgen(unchecked_return_type = "Trace")]
    pub fn trace(&self) -> Result<JsValue, JsError> {
        value::give(self.walk.trace())
    }
}

//! The commands, a file each. Must not read arguments or files by itself.

pub(crate) mod check;
pub(crate) mod facts;
pub(crate) mod plan;
pub(crate) mod prove;
pub(crate) mod simulate;

use planner::{Plan, Planned};
use simulator::Bounds;

use crate::args::{Invocation, usage};
use crate::input::Asked;
use crate::output;
use crate::report::BadInput;

/// The plan, with warnings told; or everything that was wrong.
fn planned(asked: &Asked, planned: Planned) -> Result<Plan, BadInput> {
    let findings = asked.report(&planned.diagnostics);
    match planned.plan {
        Some(plan) => {
            output::complain(&findings);
            Ok(plan)
        }
        None => Err(BadInput(findings)),
    }
}

/// The bounds that the flags give; the simulator's own elsewhere.
fn bounds(invocation: &Invocation) -> Result<Bounds, BadInput> {
    let mut bounds = Bounds::default();
    let set = |name: &str, field: &mut usize, least: u64| match invocation.number(name)? {
        Some(n) if n < least => Err(usage(&format!("--{name} is at least {least}"), "")),
        Some(n) => {
            *field = usize::try_from(n).unwrap_or(usize::MAX);
            Ok(())
        }
        None => Ok(()),
    };
    set("instances", &mut bounds.instances, 1)?;
    set("rows", &mut bounds.rows, 0)?;
    set("faults", &mut bounds.faults, 0)?;
    set("states-max", &mut bounds.states, 1)?;
    Ok(bounds)
}

/// JSON for people and programs.
fn pretty(value: &impl serde::Serialize) -> Result<String, BadInput> {
    serde_json::to_string_pretty(value)
        .map(|json| json + "\n")
        .map_err(|error| BadInput::new("output", &error.to_string(), ""))
}

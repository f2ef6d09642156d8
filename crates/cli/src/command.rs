//! The commands, a file each. Must not read arguments or files by itself.

pub(crate) mod check;
pub(crate) mod facts;
pub(crate) mod plan;
pub(crate) mod prove;
pub(crate) mod simulate;
pub(crate) mod timed;

use planner::{Plan, Planned};
use simulator::Bounds;

use crate::args::{Invocation, usage};
use crate::input::Asked;
use crate::report::BadInput;
use crate::{input, output};

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

/// The plan in the file, or the one that is made from a request.
fn plan_of(invocation: &Invocation) -> Result<Plan, BadInput> {
    let make = if invocation.has("as-asked") { planner::as_asked } else { planner::plan };
    let asked = match &invocation.file {
        None => input::request(invocation)?,
        Some(path) => {
            let file = input::read(path)?;
            if !file.text.trim_start().starts_with('{') {
                input::request_from(invocation, Some(&file))?
            } else if invocation.has("as-asked") {
                let help = "name the schema and the change (or a REQUEST.toml) that the plan was made from";
                return Err(usage("--as-asked wants a request, not a plan", help));
            } else {
                return input::plan(&file);
            }
        }
    };
    planned(&asked, make(&asked.request))
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

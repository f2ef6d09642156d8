//! `concertina simulate`: one run of a plan, chosen by its seed. Must not judge the run.

use simulator::Walk;

use super::{bounds, trace};
use crate::args::{Invocation, usage};
use crate::report::BadInput;
use crate::{Outcome, input, output};

/// A run ends by itself; one that does not is cut here.
const MOMENTS_MAX: usize = 10_000;

pub(crate) fn run(invocation: &Invocation) -> Result<Outcome, BadInput> {
    let format = invocation.format()?;
    let bounds = bounds(invocation)?;
    let seed = invocation.number("seed")?.unwrap_or(0);
    let Some(path) = &invocation.file else {
        let help = "make one: concertina plan … --format json > plan.json";
        return Err(usage("there is no plan to play", help));
    };
    let plan = input::plan(&input::read(path)?)?;
    let mut walk = Walk::new(&plan, &bounds, seed)
        .map_err(|error| BadInput::new("not-playable", &error.to_string(), ""))?;
    for _ in 0..MOMENTS_MAX {
        if walk.choices().is_empty() {
            break;
        }
        walk.step();
    }
    let trace = walk.trace();
    output::print(&match format {
        "json" => super::pretty(&serde_json::json!({
            "seed": seed, "plan": plan.source_schema_hash, "trace": trace::value(&trace),
        }))?,
        _ => trace::text(&trace),
    })?;
    Ok(Outcome::Fine)
}

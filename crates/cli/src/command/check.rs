//! `concertina check`: the hazards of a change as asked, each at its place. Must not plan around them.

use planner::plan::Hazard;
use planner::queries::QUERY_BREAKS;

use super::planned;
use crate::args::Invocation;
use crate::report::{BadInput, Finding};
use crate::{Outcome, input, output};

pub(crate) fn run(invocation: &Invocation) -> Result<Outcome, BadInput> {
    let format = invocation.format()?;
    let asked = input::request(invocation)?;
    let plan = planned(&asked, planner::plan(&asked.request))?;
    // Those of the plan itself are no hazards of the change.
    let hazards: Vec<&Hazard> =
        plan.hazards.iter().filter(|hazard| hazard.code != QUERY_BREAKS).collect();
    let (name, text) = asked.change();
    let finding = |hazard: &&Hazard| {
        let label = format!("hazard[{}]", hazard.code);
        let place = Some((name, text, hazard.span));
        Finding { label: &label, message: &hazard.message, place, help: &hazard.fix }.text()
    };
    let printed = match format {
        "json" => super::pretty(&hazards)?,
        _ if hazards.is_empty() => "no hazards\n".to_owned(),
        _ => hazards.iter().map(finding).collect::<Vec<_>>().join("\n"),
    };
    output::print(&printed)?;
    Ok(if hazards.is_empty() { Outcome::Fine } else { Outcome::Unsafe })
}

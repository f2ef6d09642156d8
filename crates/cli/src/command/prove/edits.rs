//! Flags that edit the plan before it is proved. Must not edit by itself: `planner::edit` does.

use planner::Plan;
use planner::edit::{self, Edit};

use crate::args::{Invocation, usage};
use crate::report::BadInput;

/// Every edit that the flags ask for, in the order in which they are made.
pub(super) fn all(invocation: &Invocation) -> Result<Vec<Edit>, BadInput> {
    let mut edits = Vec::new();
    edits.extend(steps(invocation, "without")?.into_iter().map(|step| Edit::Remove { step }));
    let swapped = steps(invocation, "swap")?;
    match <[String; 2]>::try_from(swapped) {
        Ok([a, b]) => edits.push(Edit::Swap { a, b }),
        Err(other) if other.is_empty() => {}
        Err(_) => return Err(usage("--swap takes two steps, such as 2.1,2.2", "")),
    }
    edits.extend(steps(invocation, "merge")?.into_iter().map(|step| Edit::Merge { step }));
    let before = invocation.text("before")?.map(str::to_owned);
    match invocation.text("insert")? {
        Some(sql) => edits.push(Edit::Insert { before, sql: sql.to_owned() }),
        None if before.is_some() => {
            return Err(usage(
                "--before says where --insert puts its step",
                "give --insert SQL too",
            ));
        }
        None => {}
    }
    Ok(edits)
}

fn steps(invocation: &Invocation, flag: &str) -> Result<Vec<String>, BadInput> {
    let text = invocation.text(flag)?.unwrap_or_default();
    Ok(text.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect())
}

/// The plan with the edits made.
pub(super) fn edited(plan: &Plan, edits: &[Edit]) -> Result<Plan, BadInput> {
    edit::edited(plan, edits).map_err(|why| {
        BadInput::new("bad-edit", &why.to_string(), "the plan's table lists the steps")
    })
}

//! `concertina plan`: a plan in one of its printed forms. Must not change the plan.

use std::path::Path;

use planner::{Plan, render};

use super::planned;
use crate::args::Invocation;
use crate::report::BadInput;
use crate::{Outcome, input, output};

pub(crate) fn run(invocation: &Invocation) -> Result<Outcome, BadInput> {
    let format = invocation.format()?;
    let asked = input::request(invocation)?;
    let plan = planned(&asked, planner::plan(&asked.request))?;
    match invocation.value("out") {
        None => output::print(&text(&plan, format))?,
        Some(folder) => {
            let files = files(&plan, invocation.has("format").then_some(format));
            output::write_all(Path::new(folder), &files)?;
            let names: String = files.iter().map(|(name, _)| format!("{name}\n")).collect();
            output::print(&names)?;
        }
    }
    Ok(Outcome::Fine)
}

fn text(plan: &Plan, format: &str) -> String {
    match format {
        "json" => render::json(plan),
        "text" => render::text(plan),
        "sql" => {
            let file = |(name, sql): (String, String)| format!("-- file: {name}\n{sql}\n");
            render::sql(plan).into_iter().map(file).collect()
        }
        _ => render::markdown(plan),
    }
}

/// The files of a format; of all that tools read where none was chosen.
fn files(plan: &Plan, format: Option<&str>) -> Vec<(String, String)> {
    let one = |name: &str, text: String| vec![(name.to_owned(), text)];
    match format {
        Some("json") => one("plan.json", render::json(plan)),
        Some("text") => one("plan.txt", render::text(plan)),
        Some("sql") => render::sql(plan),
        Some(_) => one("plan.md", render::markdown(plan)),
        None => {
            let mut files = one("plan.md", render::markdown(plan));
            files.extend(one("plan.json", render::json(plan)));
            files.extend(render::sql(plan));
            files
        }
    }
}

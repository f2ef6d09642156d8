//! Changes that people make every day, each on the same small schema: what the proof says of its plan, or
//! why there is none. `everyday/verdicts.txt` holds both, a line a change; `UPDATE_EXPECT=1` rewrites the
//! verdicts. Must not know how a change is planned.

use std::fs;
use std::path::Path;

use libtest_mimic::{Failed, Trial};
use planner::diagnostic::Severity;
use planner::request::{Change, Request};

use crate::golden;
use crate::proof::{self, Answer};

/// The trial.
pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("everyday::verdicts", perform)]
}

fn perform() -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("everyday");
    let schema = fs::read_to_string(folder.join("schema.sql"))?;
    let path = folder.join("verdicts.txt");
    let mut printed = String::new();
    for line in fs::read_to_string(&path)?.lines() {
        let (_, change) = line.split_once(" | ").ok_or_else(|| format!("no change in `{line}`"))?;
        printed.push_str(&format!("{} | {change}\n", verdict(&schema, change)));
    }
    golden::compare(&path, &printed)
}

fn verdict(schema: &str, change: &str) -> String {
    let request = Request {
        schema: schema.to_owned(),
        change: Change::Statements(change.to_owned()),
        ..Request::default()
    };
    let planned = planner::plan(&request);
    let Some(plan) = planned.plan else {
        let error = planned.diagnostics.iter().find(|d| d.severity == Severity::Error);
        return error.map_or("no plan, and no reason".to_owned(), |d| d.code.clone());
    };
    match proof::answer(&plan) {
        Answer::Verified => "verified".to_owned(),
        Answer::Refuted(why) => format!("refuted: {}", why.split(':').next().unwrap_or_default()),
        Answer::Empty(why) | Answer::Unknown(why) => why,
    }
}

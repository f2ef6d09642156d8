//! The plans of the case files, for programs that measure. Must not judge them.

use std::fs;
use std::path::Path;

use planner::Plan;
use planner::request::{Change, Request};

/// Every case that has a plan, by name.
pub fn all() -> Vec<(String, Plan)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/postgres");
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let plan = |path: &Path| {
        let name = path.file_stem()?.to_string_lossy().into_owned();
        Some((name, planner::plan(&request(&fs::read_to_string(path).ok()?)?).plan?))
    };
    paths.iter().filter_map(|path| plan(path)).collect()
}

/// The request of a case.
fn request(case: &str) -> Option<Request> {
    let section = |name: &str| {
        let (_, rest) = case.split_once(&format!("\n--- {name}\n"))?;
        Some(rest.split("\n--- ").next().unwrap_or_default().to_owned())
    };
    let facts = section("facts").unwrap_or_default();
    let change =
        section("change").map(Change::Statements).or(section("target").map(Change::Target));
    Some(Request {
        engine: section("engine")?.trim().to_owned(),
        schema: section("schema")?,
        change: change?,
        ..toml::from_str(&facts).ok()?
    })
}

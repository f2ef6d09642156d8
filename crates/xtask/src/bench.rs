//! Measures: hands over to the benchmark programs of the `tests` package.
//!
//! It must not know how planner and simulator are measured.

mod web;

use crate::workspace;

pub(crate) use web::shots;

/// Runs the benchmark with the given arguments; `web` is the page's.
pub(crate) fn run(rest: &[String]) -> Result<(), String> {
    if rest == ["web"] {
        return web::run();
    }
    let words = ["run", "--release", "--package", "tests", "--bin", "bench", "--"];
    let status = workspace::cargo(words)
        .args(rest)
        .status()
        .map_err(|error| format!("cargo could not be started: {error}"))?;
    if status.success() { Ok(()) } else { Err("the benchmark failed".to_owned()) }
}

//! Measures: hands over to the benchmark program of the `tests` package.
//!
//! It must not know what is measured.

use crate::workspace;

/// Runs the benchmark with the given arguments.
pub(crate) fn run(rest: &[String]) -> Result<(), String> {
    let words = ["run", "--release", "--package", "tests", "--bin", "bench", "--"];
    let status = workspace::cargo(words)
        .args(rest)
        .status()
        .map_err(|error| format!("cargo could not be started: {error}"))?;
    if status.success() { Ok(()) } else { Err("the benchmark failed".to_owned()) }
}

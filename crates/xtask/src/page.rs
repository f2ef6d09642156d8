//! Builds the page with Trunk into `dist/`.
//!
//! It must not set anything up, and must not know what the page contains.

use std::env;
use std::process::Command;

use crate::run::{self, Outcome};
use crate::setup;
use crate::workspace;

/// How the page is compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Profile {
    /// Soon there, and fast enough to work with; what `serve` and `test` use.
    Quick,
    /// Optimised, as `--release` is.
    Release,
    /// Small, as it is shipped.
    Dist,
}

/// The command that builds the page.
pub(crate) fn command(profile: Profile) -> Result<Command, String> {
    let trunk = setup::present("Trunk", setup::trunk())?;
    let wasm_bindgen = setup::present("wasm-bindgen", setup::wasm_bindgen())?;
    let mut command = workspace::program(trunk);
    // Offline: Trunk would otherwise fetch a wasm-bindgen of its own.
    command.args(["build", "--offline", "--skip-version-check", "--color", "never"]);
    // Trunk takes this variable for a flag of its own and refuses the usual value `1`.
    command.env_remove("NO_COLOR");
    let folders = wasm_bindgen.parent().map(std::path::Path::to_path_buf).into_iter();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(folders.chain(env::split_paths(&path)))
        .map_err(|error| format!("PATH cannot hold wasm-bindgen's folder: {error}"))?;
    command.env("PATH", path);
    match profile {
        Profile::Quick => {
            // Unoptimised searches are too slow to watch, and debug information triples the size.
            command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1").env("CARGO_PROFILE_DEV_DEBUG", "none");
        }
        Profile::Release => {
            command.arg("--release");
        }
        Profile::Dist => {
            command.args(["--release", "--cargo-profile", "dist"]);
        }
    }
    Ok(command)
}

/// Builds the page, or fails with everything that Trunk said.
pub(crate) fn build(profile: Profile) -> Result<Outcome, String> {
    let outcome = run::captured("building the page", command(profile)?)?;
    if outcome.success {
        return Ok(outcome);
    }
    Err(format!("the page could not be built:\n{}", run::quote(&outcome.output)))
}

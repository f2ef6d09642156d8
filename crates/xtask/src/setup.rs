//! Makes a machine ready: what is there stays, what is missing is installed and announced.
//!
//! It must not know how the tools are used afterwards.

mod linter;
mod page;
mod registry;
mod servers;
mod system;
mod tools;

use std::path::PathBuf;

pub(crate) use linter::squawk;
pub(crate) use page::{others, page_tools};
pub(crate) use servers::postgres_from_npm;
pub(crate) use system::{chromedriver, chromium, postgres};
pub(crate) use tools::{trunk, wasm_bindgen};

/// What the machine must be ready for; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// What a bare toolchain can do.
    Nothing,
    /// Compiling for WebAssembly.
    Wasm,
    /// Building the page.
    Page,
    /// The trials against a real browser and a real PostgreSQL.
    Trials,
}

/// What the machine turned out to be ready for.
#[derive(Debug)]
pub(crate) struct Ready {
    /// Everything up to here works.
    pub(crate) reach: Need,
    /// Why it reaches no further.
    pub(crate) problem: Option<String>,
}

/// The command: set up and say so.
pub(crate) fn run(need: Need) -> Result<(), String> {
    require(need)?;
    println!("This machine is ready.");
    Ok(())
}

/// Sets up, or fails with the reason.
pub(crate) fn require(need: Need) -> Result<(), String> {
    match prepare(need).problem {
        None => Ok(()),
        Some(problem) => Err(problem),
    }
}

/// Makes sure of something, or says why it cannot.
type Ensure = fn() -> Result<(), String>;

/// Sets up as far as it goes.
pub(crate) fn prepare(need: Need) -> Ready {
    let steps: [(Need, Ensure); 6] = [
        (Need::Wasm, tools::ensure_target),
        (Need::Page, tools::ensure_page_tools),
        (Need::Trials, system::ensure_packages),
        (Need::Trials, servers::ensure),
        (Need::Trials, linter::ensure),
        (Need::Trials, page::ensure),
    ];
    let mut reach = Need::Nothing;
    for (step, ensure) in steps {
        if step > need {
            break;
        }
        if let Err(problem) = ensure() {
            return Ready { reach, problem: Some(problem) };
        }
        reach = step;
    }
    Ready { reach, problem: None }
}

/// A path that set-up has made sure of, or the advice to set up.
pub(crate) fn present(what: &str, path: Option<PathBuf>) -> Result<PathBuf, String> {
    path.ok_or_else(|| format!("{what} is missing: run `cargo xtask setup`"))
}

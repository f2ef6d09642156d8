//! What comes through the Rust toolchain: the WebAssembly target, wasm-bindgen and Trunk.
//!
//! It must not touch anything outside the toolchain and our own cache folder.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::run;
use crate::workspace;

const TARGET: &str = "wasm32-unknown-unknown";

/// A program from the crates registry, of one exact version.
struct Tool {
    program: &'static str,
    package: &'static str,
    version: String,
    /// Whether the versions its author tested with are used.
    locked: bool,
    /// Whether it is built without its default features.
    bare: bool,
    minutes: u32,
}

impl Tool {
    /// The command-line half of wasm-bindgen; both halves must have the same version.
    fn wasm_bindgen() -> Result<Self, String> {
        Ok(Self {
            program: "wasm-bindgen",
            package: "wasm-bindgen-cli",
            version: workspace::locked_version("wasm-bindgen")?,
            // Its lock file may name releases that a registry's mirror does not have yet.
            locked: false,
            bare: false,
            minutes: 2,
        })
    }

    /// The newest release that our pinned compiler builds.
    fn trunk() -> Self {
        let version = "0.21.14".to_owned();
        Self { program: "trunk", package: "trunk", version, locked: true, bare: false, minutes: 5 }
    }

    /// Builds books; it neither serves, watches nor searches them here.
    fn mdbook() -> Self {
        let version = "0.5.4".to_owned();
        Self { program: "mdbook", package: "mdbook", version, locked: true, bare: true, minutes: 1 }
    }

    fn folder(&self) -> Result<PathBuf, String> {
        let name = format!("{}-{}", self.program, self.version);
        Ok(workspace::cache()?.join("tools").join(name))
    }

    /// The program, if our cache or PATH has it in this very version.
    fn find(&self) -> Option<PathBuf> {
        let installed = self.folder().ok()?.join("bin").join(self.program);
        if installed.is_file() {
            return Some(installed);
        }
        let found = workspace::on_path(self.program)?;
        let output = Command::new(&found).arg("--version").output().ok()?;
        let printed = String::from_utf8(output.stdout).ok()?;
        let version = printed.split_whitespace().nth(1)?.trim_start_matches('v');
        (version == self.version).then_some(found)
    }

    fn ensure(&self) -> Result<(), String> {
        if self.find().is_some() {
            return Ok(());
        }
        let Self { program, version, minutes, .. } = self;
        println!("installing {program} {version} (about {minutes} min) …");
        let scratch = workspace::cache()?.join("build").join(program);
        let command = self.install(&scratch)?;
        let shown = format!("cargo install {}@{version}", self.package);
        let outcome = run::captured(&format!("{program} {version}"), command)?;
        if !outcome.success {
            return Err(format!("`{shown}` failed; its last words:\n{}", outcome.tail(25)));
        }
        // The intermediate files are of no use once the program is there.
        fs::remove_dir_all(&scratch).unwrap_or_default();
        println!("installed {program} {version} in {} s", outcome.elapsed.as_secs());
        Ok(())
    }

    fn install(&self, scratch: &PathBuf) -> Result<Command, String> {
        let package = format!("{}@{}", self.package, self.version);
        let mut command = workspace::cargo(["install"]);
        command.arg(package).arg("--root").arg(self.folder()?);
        if self.locked {
            command.arg("--locked");
        }
        if self.bare {
            command.arg("--no-default-features");
        }
        command
            .env("CARGO_TARGET_DIR", scratch)
            // They run for a second at a time: what counts is how soon they are there.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
        // Meant for this workspace, not for tools.
        for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
            command.env_remove(variable);
        }
        Ok(command)
    }
}

/// The wasm-bindgen program.
pub(crate) fn wasm_bindgen() -> Option<PathBuf> {
    Tool::wasm_bindgen().ok()?.find()
}

/// The Trunk program.
pub(crate) fn trunk() -> Option<PathBuf> {
    Tool::trunk().find()
}

/// The mdBook program.
pub(super) fn mdbook() -> Option<PathBuf> {
    Tool::mdbook().find()
}

/// Makes sure of mdBook.
pub(super) fn ensure_mdbook() -> Result<(), String> {
    Tool::mdbook().ensure()
}

/// Makes sure of wasm-bindgen and Trunk.
pub(super) fn ensure_page_tools() -> Result<(), String> {
    Tool::wasm_bindgen()?.ensure()?;
    Tool::trunk().ensure()
}

/// Makes sure of the standard library for WebAssembly.
pub(super) fn ensure_target() -> Result<(), String> {
    if has_target() {
        return Ok(());
    }
    // Not every rustup installs what `rust-toolchain.toml` lists by itself.
    println!("installing the Rust standard library for {TARGET} (some seconds) …");
    let by_hand = format!("`rustup target add {TARGET}`");
    let mut command = workspace::program("rustup");
    command.args(["target", "add", TARGET]);
    let outcome = run::captured("rustup target add", command)
        .map_err(|error| format!("{by_hand} is needed, but {error}"))?;
    if outcome.success && has_target() {
        return Ok(());
    }
    Err(format!("{by_hand} failed; its last words:\n{}", outcome.tail(10)))
}

fn has_target() -> bool {
    let arguments = ["--print", "target-libdir", "--target", TARGET];
    let Ok(output) = workspace::program("rustc").args(arguments).output() else {
        return false;
    };
    let folder = String::from_utf8_lossy(&output.stdout);
    output.status.success() && PathBuf::from(folder.trim()).is_dir()
}

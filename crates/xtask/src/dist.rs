//! Builds the page as it is shipped, and prints what each file weighs.
//!
//! It must not judge the weights; the benchmark compares them with what is to hold.

use std::fs;
use std::path::{Path, PathBuf};

use crate::page::{self, Profile};
use crate::setup::{self, Need};
use crate::single;
use crate::weigh::{HEAD, Weight};
use crate::workspace;

/// Builds and weighs.
pub(crate) fn run() -> Result<(), String> {
    let single = build()?;
    let mut files = files()?;
    files.retain(|file| *file != single);
    println!("{HEAD}");
    for file in &files {
        println!("{}", Weight::of(file)?.row(&name(file)));
    }
    println!("{}", weight(&files)?.row("them together"));
    println!("{}", Weight::of(&single)?.row("concertina.html, the same as one file"));
    Ok(())
}

/// Builds the page, also as one file, whose path it gives.
pub(crate) fn build() -> Result<PathBuf, String> {
    setup::require(Need::Page)?;
    println!("building the page, small rather than soon (several minutes) …");
    let outcome = page::build(Profile::Dist)?;
    println!("built in {} s", outcome.elapsed.as_secs());
    single::write()
}

/// The files that a visitor's browser loads, in order.
pub(crate) fn files() -> Result<Vec<PathBuf>, String> {
    let folder = workspace::dist();
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let weighed = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("wasm" | "js" | "css" | "html"))
    };
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(weighed).collect();
    files.sort();
    Ok(files)
}

/// What several files weigh together.
pub(crate) fn weight(files: &[PathBuf]) -> Result<Weight, String> {
    files.iter().map(|file| Weight::of(file)).sum()
}

/// The file's own name.
pub(crate) fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

//! Builds the page as it is shipped, and prints what each file weighs.
//!
//! It must not judge the weights; the trials hold the budget.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::page::{self, Profile};
use crate::setup::{self, Need};
use crate::single;
use crate::workspace;

/// Builds and weighs.
pub(crate) fn run() -> Result<(), String> {
    setup::require(Need::Page)?;
    println!("building the page, small rather than soon (several minutes) …");
    let outcome = page::build(Profile::Dist)?;
    println!("built in {} s", outcome.elapsed.as_secs());
    let single = single::write()?;
    let mut files = files()?;
    files.retain(|file| *file != single);
    files.sort();
    println!("{:>12} {:>12}  file", "bytes", "gzip");
    let (mut raw_total, mut packed_total) = (0, Some(0));
    for file in files {
        let raw = fs::metadata(&file).map_err(|error| error.to_string())?.len();
        let packed = gzipped(&file);
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        print_row(raw, packed, &name);
        raw_total += raw;
        packed_total = packed_total.zip(packed).map(|(total, size)| total + size);
    }
    print_row(raw_total, packed_total, "together");
    let raw = fs::metadata(&single).map_err(|error| error.to_string())?.len();
    print_row(raw, gzipped(&single), "concertina.html, the same as one file");
    Ok(())
}

fn print_row(raw: u64, packed: Option<u64>, name: &str) {
    let packed = packed.map_or_else(|| "no gzip".to_owned(), |size| size.to_string());
    println!("{raw:>12} {packed:>12}  {name}");
}

/// The files that a visitor's browser loads.
fn files() -> Result<Vec<PathBuf>, String> {
    let folder = workspace::dist();
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let weighed = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("wasm" | "js" | "css" | "html"))
    };
    Ok(entries.flatten().map(|entry| entry.path()).filter(weighed).collect())
}

/// The size after `gzip -9`, the encoding every static host offers.
fn gzipped(file: &Path) -> Option<u64> {
    let output = Command::new("gzip").args(["-9", "-c"]).arg(file).output().ok()?;
    if !output.status.success() {
        return None;
    }
    u64::try_from(output.stdout.len()).ok()
}

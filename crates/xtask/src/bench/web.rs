//! `bench web` and `shots`: the page as it is shipped, weighed here, and timed and photographed by
//! the `page` program of the `tests` package.
//!
//! It must not know how a browser is driven.

use std::path::PathBuf;

use crate::dist;
use crate::setup::{self, Need};
use crate::weigh::{HEAD, Weight};
use crate::workspace;

/// What a visitor loads before anything shows.
const SHELL: [&str; 4] = ["index.html", "start.js", "style-", "web-"];
/// What holds planner and simulator.
const WORKER: [&str; 2] = ["worker_loader.js", "worker"];

/// Gzipped bytes to hold, as the design has them.
const HOLD: [(&str, u64); 4] = [
    ("shell", 150_000),
    ("worker", 550_000),
    ("concertina.html, the whole page as one file", 1_000_000),
    ("embed.js, the loader of embeds", 3_000),
];

/// Weighs and times the page.
pub(crate) fn run() -> Result<(), String> {
    setup::require(Need::Trials)?;
    let single = dist::build()?;
    let files = dist::files()?;
    let of = |names: &[&str]| -> Result<Weight, String> {
        let begins = |file: &&PathBuf| names.iter().any(|n| dist::name(file).starts_with(n));
        dist::weight(&files.iter().filter(begins).cloned().collect::<Vec<_>>())
    };
    let weights = [of(&SHELL)?, of(&WORKER)?, Weight::of(&single)?, of(&["embed.js"])?];
    println!("{HEAD}");
    for (weight, (name, hold)) in weights.into_iter().zip(HOLD) {
        println!("{}; {}", weight.row(name), ratio(weight.gzip, hold));
    }
    others();
    page(&["bench"])
}

/// Takes pictures of the page as it is shipped.
pub(crate) fn shots() -> Result<(), String> {
    setup::require(Need::Trials)?;
    dist::build()?;
    page(&["shots"])
}

fn ratio(bytes: Option<u64>, hold: u64) -> String {
    let Some(bytes) = bytes else { return "no gzip".to_owned() };
    let hundredths = bytes * 100 / hold;
    format!("gzip is {}.{:02} of {hold}", hundredths / 100, hundredths % 100)
}

/// What others ship, for comparison.
fn others() {
    for (name, file) in setup::others() {
        match file.and_then(|file| Weight::of(&file)) {
            Ok(weight) => println!("{}", weight.row(name)),
            Err(why) => println!("no weight of {name}: {why}"),
        }
    }
    // Its playground's module is published nowhere: built once from its source, by its own profile.
    let squawk = Weight { raw: 4_471_445, gzip: Some(994_217), brotli: Some(610_177) };
    println!("{}", squawk.row("squawk 2.63.0 for WebAssembly (as measured once)"));
}

/// Runs the program that drives a browser.
fn page(words: &[&str]) -> Result<(), String> {
    let arguments =
        ["run", "--quiet", "--profile", "test", "--package", "tests", "--bin", "page", "--"];
    let mut command = workspace::cargo(arguments);
    command
        .args(words)
        .env("CONCERTINA_DIST", workspace::dist())
        .env("CONCERTINA_CHROMIUM", setup::present("Chromium", setup::chromium())?)
        .env("CONCERTINA_CHROMEDRIVER", setup::present("chromedriver", setup::chromedriver())?);
    let status =
        command.status().map_err(|error| format!("cargo could not be started: {error}"))?;
    if status.success() { Ok(()) } else { Err("the page could not be measured".to_owned()) }
}

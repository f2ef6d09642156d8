//! The page as it is shipped, in Chromium: `bench` prints how fast it is, `shots` takes its pictures.
//! `cargo xtask bench web` and `cargo xtask shots` build it first. Judges nothing.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::env;
use std::path::Path;

use tests::browser::Result;
use tests::page::{shots, timing};

fn main() -> Result<()> {
    let dist = env::var_os("CONCERTINA_DIST").ok_or("CONCERTINA_DIST names no built page")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?;
    let lines = match env::args().nth(1).as_deref() {
        Some("bench") => timing::run(Path::new(&dist))?,
        Some("shots") => {
            let (all, kept) = (root.join("target/shots"), root.join("docs/screens"));
            shots::run(Path::new(&dist), &all, &kept)?
        }
        _ => return Err("say `bench` or `shots`".into()),
    };
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}

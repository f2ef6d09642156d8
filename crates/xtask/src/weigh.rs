//! What files weigh, as they are and as a host sends them.
//!
//! It must not judge the weights, nor know what the files are.

use std::fs;
use std::iter::Sum;
use std::path::Path;
use std::process::Command;

use crate::workspace::on_path;

/// What node does that `gzip` does not.
const BROTLI: &str = "const { brotliCompressSync: pack } = require('zlib');\
    process.stdout.write(String(pack(require('fs').readFileSync(process.argv[1])).length))";

/// Bytes; a size is missing where its program is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    /// As it is.
    pub(crate) raw: u64,
    /// After `gzip -9`, the encoding every static host offers.
    pub(crate) gzip: Option<u64>,
    /// After brotli at its best.
    pub(crate) brotli: Option<u64>,
}

impl Weight {
    /// Weighs a file.
    pub(crate) fn of(file: &Path) -> Result<Self, String> {
        let raw = fs::metadata(file).map_err(|error| format!("{}: {error}", file.display()))?.len();
        Ok(Self { raw, gzip: gzipped(file), brotli: brotlied(file) })
    }

    /// One row of a table whose head is `HEAD`.
    pub(crate) fn row(self, name: &str) -> String {
        let shown = |size: Option<u64>| size.map_or_else(|| "-".to_owned(), |n| n.to_string());
        let Self { raw, gzip, brotli } = self;
        format!("{raw:>12} {:>12} {:>12}  {name}", shown(gzip), shown(brotli))
    }
}

/// The head of a table of weights.
pub(crate) const HEAD: &str = "         raw         gzip       brotli  bytes of";

impl Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(weights: I) -> Self {
        let none = Self { raw: 0, gzip: Some(0), brotli: Some(0) };
        let both = |a: Option<u64>, b: Option<u64>| a.zip(b).map(|(a, b)| a + b);
        weights.fold(none, |sum, one| Self {
            raw: sum.raw + one.raw,
            gzip: both(sum.gzip, one.gzip),
            brotli: both(sum.brotli, one.brotli),
        })
    }
}

fn gzipped(file: &Path) -> Option<u64> {
    let output = Command::new("gzip").args(["-9", "-c"]).arg(file).output().ok()?;
    if !output.status.success() {
        return None;
    }
    u64::try_from(output.stdout.len()).ok()
}

fn brotlied(file: &Path) -> Option<u64> {
    let output = Command::new(on_path("node")?).args(["-e", BROTLI]).arg(file).output().ok()?;
    String::from_utf8(output.stdout).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_lacks_what_one_of_its_parts_lacks() {
        let one = Weight { raw: 3, gzip: Some(2), brotli: Some(1) };
        let other = Weight { raw: 4, gzip: Some(3), brotli: None };
        let sum: Weight = [one, other].into_iter().sum();
        assert_eq!(sum, Weight { raw: 7, gzip: Some(5), brotli: None });
        assert_eq!(sum.row("x"), "           7            5            -  x");
    }
}

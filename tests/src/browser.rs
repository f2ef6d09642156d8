//! A browser that is driven, and what it is given to open: for the trials and for the benchmark of
//! the page. Must not know the page.

pub mod driver;
pub mod site;

use std::error::Error;

/// What fails here is told to whoever reads a trial's or a benchmark's output.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

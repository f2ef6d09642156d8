//! Names of the plan's own: what stands beside something until it takes its name, and what has given
//! its name away.
//! Knows nothing of what they name.

use super::clip;

/// What is to take the place of something that has the name, until it does.
#[must_use]
pub fn twin(name: &str) -> String {
    clip(&format!("{name}_concertina"))
}

/// What has given its name to something new, until it goes.
#[must_use]
pub fn aside(name: &str) -> String {
    clip(&format!("{name}_concertina_old"))
}

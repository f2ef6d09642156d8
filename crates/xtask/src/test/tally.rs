//! Counts of passed and failed tests, read from what test programs print.
//!
//! It must not know which program printed it.

use std::fmt;

/// How many passed and how many failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// The tally of something that counts as one test.
    pub(super) fn one(success: bool) -> Self {
        Self { passed: u64::from(success), failed: u64::from(!success) }
    }

    /// Sums up the lines `test result: ok. 12 passed; 0 failed; …`.
    pub(super) fn read(output: &str) -> Self {
        output.lines().filter_map(read_line).fold(Self::default(), Self::and)
    }

    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }

    /// A program that failed without a failed test, by not compiling or by aborting, counts too.
    pub(super) fn with_exit(self, success: bool) -> Self {
        if success || self.failed > 0 { self } else { self.and(Self::one(false)) }
    }

    /// Whether nothing failed.
    pub(super) fn is_good(self) -> bool {
        self.failed == 0
    }

    /// How many there were.
    pub(super) fn tests(self) -> u64 {
        self.passed + self.failed
    }

    /// For the line of a stage, in words unlike the last line's.
    pub(super) fn in_words(self) -> String {
        match (self.failed, self.passed) {
            (0, 1) => "1 test".to_owned(),
            (0, passed) => format!("{passed} tests"),
            (failed, _) => format!("{failed} of {} tests failed", self.tests()),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

fn read_line(line: &str) -> Option<Tally> {
    let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    let count = |word: &str| {
        counts.split(';').find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
    };
    Some(Tally { passed: count(" passed")?, failed: count(" failed")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_summed() {
        let output = "running 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; \
                      1 filtered out; finished in 0.00s\n\ntest result: FAILED. 1 passed; 3 failed; \
                      0 ignored\nmy test printed 5 passed, 6 failed\n";
        assert_eq!(Tally::read(output).to_string(), "3 passed, 3 failed");
    }

    #[test]
    fn a_failure_without_failed_tests_counts_as_one() {
        assert_eq!(Tally::read("error[E0432]").with_exit(false).to_string(), "0 passed, 1 failed");
        let tally = Tally { passed: 4, failed: 2 };
        assert_eq!(tally.with_exit(false), tally);
        assert_eq!(tally.in_words(), "2 of 6 tests failed");
    }
}

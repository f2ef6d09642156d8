//! What is wrong with an input, as text: message, place, the line with a caret, help. Must not know
//! where diagnostics come from.

use planner::diagnostic::locate;

/// Longest piece of a source line that is shown.
const WIDTH: usize = 100;

/// A complaint that ends the command with exit code 2: its whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadInput(pub(crate) String);

/// A finding with its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finding<'a> {
    /// `error[unknown-table]`.
    pub(crate) label: &'a str,
    /// What is wrong.
    pub(crate) message: &'a str,
    /// File's name and text, and the byte range in it.
    pub(crate) place: Option<(&'a str, &'a str, (usize, usize))>,
    /// What to do instead.
    pub(crate) help: &'a str,
}

impl BadInput {
    /// An error without a place.
    pub(crate) fn new(code: &str, message: &str, help: &str) -> Self {
        Self::at(code, message, help, None)
    }

    /// An error at a place.
    pub(crate) fn at(
        code: &str,
        message: &str,
        help: &str,
        place: Option<(&str, &str, (usize, usize))>,
    ) -> Self {
        let label = format!("error[{code}]");
        Self(Finding { label: &label, message, place, help }.text())
    }
}

impl Finding<'_> {
    /// The finding as a few lines of text.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.label, self.message);
        if let Some((name, source, span)) = self.place {
            text += &place(name, source, span);
        }
        if !self.help.is_empty() {
            text += &format!("  help: {}\n", self.help);
        }
        text
    }
}

fn place(name: &str, source: &str, (start, end): (usize, usize)) -> String {
    let (line_number, column, line) = locate(source, start);
    let mut text = format!(" --> {name}:{line_number}:{column}\n");
    if line.trim().is_empty() {
        return text;
    }
    // A window of the line that holds the place.
    let skipped = (column - 1).saturating_sub(WIDTH / 2);
    let shown: String = line.chars().skip(skipped).take(WIDTH).map(printable).collect();
    let before = column - 1 - skipped;
    let last = floor(source, end.max(start)).max(floor(source, start));
    let marked = source[floor(source, start)..last].lines().next().unwrap_or_default();
    let n_carets =
        marked.chars().count().clamp(1, shown.chars().count().saturating_sub(before).max(1));
    let gutter = line_number.to_string();
    let margin = " ".repeat(gutter.len());
    text += &format!("{margin} |\n{gutter} | {shown}\n");
    text += &format!("{margin} | {}{}\n", " ".repeat(before), "^".repeat(n_carets));
    text
}

/// The nearest character boundary at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// One column wide: a caret below it stands where it should.
fn printable(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_below_the_place() {
        let source = "SELECT 1;\n\tALTER TABLE userz\n  ADD x int;\n";
        let start = source.find("userz").unwrap();
        let finding = Finding {
            label: "error[unknown-table]",
            message: "no table `userz`",
            place: Some(("change.sql", source, (start, start + 5))),
            help: "did you mean `users`?",
        };
        let want = "error[unknown-table]: no table `userz`\n --> change.sql:2:14\n  |\n\
                    2 |  ALTER TABLE userz\n  |              ^^^^^\n  help: did you mean `users`?\n";
        assert_eq!(finding.text(), want);
    }

    #[test]
    fn places_outside_or_in_long_lines_do_no_harm() {
        let long = format!("{}é{}", "x".repeat(300), "y".repeat(300));
        for span in [(0, 0), (300, 301), (301, 900), (9_999, 9_999), (700, 3)] {
            let text = place("f", &long, span);
            assert!(text.lines().all(|line| line.chars().count() < 120), "{text}");
        }
        assert_eq!(place("f", "", (0, 0)), " --> f:1:1\n");
    }
}

//! Byte ranges as places in a text: line, column, the line itself, and UTF-16 units for the editor.

use planner::diagnostic::{Source, locate};
use web::view::Place;

/// Characters of a line that are shown: dumps have lines of megabytes.
const SHOWN_CHARS: usize = 160;

/// Characters shown before the place, where a line is cut.
const LEAD_CHARS: usize = 40;

/// The texts that places point into.
pub(crate) struct Places<'a> {
    schema: &'a str,
    change: &'a str,
}

impl<'a> Places<'a> {
    /// Of a request.
    pub(crate) fn new(schema: &'a str, change: &'a str) -> Self {
        Self { schema, change }
    }

    /// The place of a range; none where the source is no text, or the range says nothing.
    pub(crate) fn find(&self, source: Source, span: (usize, usize)) -> Option<Place> {
        match source {
            Source::Schema => place(self.schema, span),
            Source::Change => place(self.change, span),
            Source::Request => None,
        }
    }
}

fn place(text: &str, (from, to): (usize, usize)) -> Option<Place> {
    if (from, to) == (0, 0) {
        return None;
    }
    let from = floor(text, from);
    let to = floor(text, to.max(from));
    let (line, column, whole) = locate(text, from);
    let before = column - 1;
    let skip = before.saturating_sub(LEAD_CHARS);
    let skip = if whole.chars().count() <= SHOWN_CHARS { 0 } else { skip };
    let shown: String = whole.chars().skip(skip).take(SHOWN_CHARS).collect();
    let marked = text[from..to].chars().take_while(|c| *c != '\n').count();
    let left = shown.chars().count().saturating_sub(before - skip);
    Some(Place {
        line,
        column,
        text: shown,
        before: before - skip,
        marked: marked.min(left).max(1),
        units: (units(&text[..from]), units(&text[..to])),
    })
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_utf16_units() {
        let text = "a\n-- \u{1f3b5} note\nbad here\n";
        let at = text.find("note").unwrap_or_default();
        let found = place(text, (at, at + 4)).unwrap_or_default();
        assert_eq!((found.line, found.column, found.before, found.marked), (2, 6, 5, 4));
        assert_eq!(found.units, (8, 12));
        assert_eq!(place(text, (0, 0)), None);
    }

    #[test]
    fn a_range_over_lines_is_marked_on_its_first_line() {
        let found = place("DROP\nTABLE t", (0, 12)).unwrap_or_default();
        assert_eq!((found.text.as_str(), found.marked, found.units), ("DROP", 4, (0, 12)));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}HERE{}", "x".repeat(5_000), "y".repeat(5_000));
        let found = place(&text, (5_000, 5_004)).unwrap_or_default();
        assert_eq!((found.column, found.before, found.marked), (5_001, LEAD_CHARS, 4));
        assert_eq!(found.text.chars().count(), SHOWN_CHARS);
    }

    #[test]
    fn a_range_past_the_end_or_inside_a_character_does_no_harm() {
        let found = place("\u{e9}", (1, 900)).unwrap_or_default();
        assert_eq!((found.column, found.units), (1, (0, 1)));
    }
}

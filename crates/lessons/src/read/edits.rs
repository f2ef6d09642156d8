//! Edits of a plan as an author writes them: `remove 2.1`, `move 4.1 before 2.1`, several with `;`.
//! Must not know plans.

use planner::edit::Edit;

use super::fields::Field;
use crate::lesson::Finding;

const HELP: &str = "write `remove 2.1`, `up 2.1`, `down 2.1`, `merge 2.1`, `swap 2.1 3.1`, `move 4.1 before 2.1` \
                    or `move 4.1 to the end`; several with `;` between them";

/// The edits of a field.
pub(super) fn edits(field: &Field, findings: &mut Vec<Finding>) -> Vec<Edit> {
    let parts = field.text.split(';').map(str::trim).filter(|part| !part.is_empty());
    let read = |part: &str| {
        let found = edit(part);
        if found.is_none() {
            findings.push(Finding::error(field.line, format!("`{part}` is no edit"), HELP));
        }
        found
    };
    parts.filter_map(read).collect()
}

fn edit(text: &str) -> Option<Edit> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let own = |step: &str| step.to_owned();
    match words.as_slice() {
        ["remove", step] => Some(Edit::Remove { step: own(step) }),
        ["up", step] => Some(Edit::Up { step: own(step) }),
        ["down", step] => Some(Edit::Down { step: own(step) }),
        ["merge", step] => Some(Edit::Merge { step: own(step) }),
        ["swap", a, b] => Some(Edit::Swap { a: own(a), b: own(b) }),
        ["move", step, "before", before] => {
            Some(Edit::Move { step: own(step), before: Some(own(before)) })
        }
        ["move", step, "to", "the", "end"] => Some(Edit::Move { step: own(step), before: None }),
        _ => None,
    }
}

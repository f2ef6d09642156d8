//! What a plan asks: the questions of its changes, and renames that nobody asked for. Must not know
//! recipes' steps.

use super::naive_ops;
use crate::change::{Asked, What};
use crate::diff;
use crate::op::Op;
use crate::plan::Question;
use crate::recipe::Recipe;
use crate::schema::Schema;

/// What a human must decide: of each change, and of what looks like one change and was asked for as two.
pub(super) fn all(source: &Schema, asked: &[Asked], recipes: &[Recipe]) -> Vec<Question> {
    let mut questions: Vec<Question> = recipes.iter().flat_map(|r| r.questions.clone()).collect();
    let (mut before, mut after) = (source.clone(), source.clone());
    for asked in asked {
        let moves = match &asked.what {
            What::Statement(
                Op::RenameColumn { .. } | Op::RenameTable { .. } | Op::RenameLabel { .. },
            )
            | What::Reshape(_)
            | What::Extract(_)
            | What::Spread(_)
            | What::Move(_)
            | What::Merge(_)
            | What::Partition(_) => true,
            What::Statement(_)
            | What::Retype(_)
            | What::Numbering(_)
            | What::Replace { .. }
            | What::Lifted(_)
            | What::Object { .. } => false,
        };
        for op in naive_ops(&asked.what, &after) {
            // What the server would refuse was refused when the change was read.
            let _refused = after.apply(&op).is_err();
            if moves {
                let _refused = before.apply(&op).is_err();
            }
        }
    }
    questions.extend(diff::suspects(&before, &after));
    questions
}

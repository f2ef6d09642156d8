//! What a search has worked out before, by what it depends on. Must not know how it is worked out.

use planner::engine::Lock;
use planner::op::effect::Refusal;

use super::Effect;
use crate::app::Statement;
use crate::ddl::Ran;
use crate::invariant::Broken;
use crate::memo::Memo;
use crate::near::Places;
use crate::transition::Action;
use crate::world::CELLS;

/// A question about rows under a schema, by a release (or by a set of them).
type Question = (u16, u8, u32);

/// A batch: its step, its place there, and whether it is of the rollback.
pub(crate) type BatchAt = (u8, u8, bool);

/// A batch on rows under a schema.
type BatchOnRows = (u16, [u16; CELLS], BatchAt);

/// What a statement does to rows, or why it is refused: cells with the numbers of what they hold after it.
pub(crate) type Changed = Result<Vec<(usize, u16)>, Broken>;

/// A question about what a release (which) can do with one row, by place and row, of a schema's rows: of
/// those that matter.
type RowQuestion = (u16, u8, (usize, usize), [u16; CELLS]);

/// What has been worked out before.
pub(crate) struct Memory {
    pub(crate) app: Memo<Question, Vec<(Action, Effect)>>,
    /// What of that is about one row.
    pub(crate) row: Memo<RowQuestion, Vec<(Statement, Changed)>>,
    /// Where the rows are that matter to a release's statements on a table.
    pub(crate) near: Memo<(u16, u8, usize), Places>,
    pub(crate) look: Memo<Question, Result<(), Broken>>,
    /// What a batch comes to.
    pub(crate) run: Memo<BatchOnRows, Ran>,
    /// What the catalogue makes of a statement of a batch, by its place there.
    pub(crate) applied: Memo<(u16, BatchAt, usize), Result<u16, Refusal>>,
    /// Whether two schemas are the same to the app.
    pub(crate) alike: Memo<(u16, u16), bool>,
    /// What a batch locks, by schema.
    pub(crate) locks: Memo<(u16, BatchAt), Vec<Lock>>,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            app: Memo::new(),
            row: Memo::new(),
            near: Memo::new(),
            look: Memo::new(),
            run: Memo::new(),
            applied: Memo::new(),
            alike: Memo::new(),
            locks: Memo::new(),
        }
    }
}

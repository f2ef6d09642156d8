//! The change's own transactions: said, and kept where the change is run as asked. Must not know what a
//! plan makes of them.

use super::{Asker, Stop};
use crate::sql::cursor::Cursor;
use crate::sql::token::Span;

/// Transactions found so far.
#[derive(Default)]
pub(in crate::sql) struct Transactions {
    /// From BEGIN to COMMIT, or to the end.
    pub(in crate::sql) spans: Vec<Span>,
    open: Option<Span>,
}

impl Asker<'_> {
    /// BEGIN, COMMIT, ROLLBACK and the like.
    pub(super) fn transaction(&mut self, span: Span, start: &Cursor<'_>) -> Result<(), Stop> {
        if start.is_any(0, &["ROLLBACK", "ABORT"]) {
            return Err(self.error(
                "rolled-back",
                span,
                "statements before it are undone: it cannot be told what is asked for".to_owned(),
                "take it out, or the statements that it undoes",
            ));
        }
        if start.is_any(0, &["SAVEPOINT", "RELEASE"]) {
            return Ok(());
        }
        if start.is_any(0, &["COMMIT", "END"]) {
            let begun = self.transactions.open.take();
            self.transactions.spans.extend(begun.map(|begun| (begun.0, span.1)));
            return Ok(());
        }
        if self.transactions.open.is_none() && self.transactions.spans.is_empty() {
            self.warn(
                "transaction-not-kept",
                span,
                "the plan does not run the change in one transaction: every lock would be held to its end".to_owned(),
                "each step commits what belongs together, and has its own way back",
            );
        }
        self.transactions.open.get_or_insert(span);
        Ok(())
    }

    /// A transaction that is never committed goes to the end.
    pub(super) fn end_transaction(&mut self) {
        let begun = self.transactions.open.take();
        self.transactions.spans.extend(begun.map(|begun| (begun.0, self.text.len())));
    }
}

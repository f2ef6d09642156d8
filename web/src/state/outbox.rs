//! Messages to the worker, numbered, so that each is posted once however often the page renders.

use web::protocol::ToWorker;

/// Messages not posted yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outbox {
    last: u64,
    waiting: Vec<(u64, ToWorker)>,
}

impl Outbox {
    /// Adds a message.
    pub(crate) fn push(&mut self, message: ToWorker) {
        self.last += 1;
        self.waiting.push((self.last, message));
    }

    /// Messages after the number, oldest first.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = &(u64, ToWorker)> {
        self.waiting.iter().filter(move |(n, _)| *n > number)
    }

    /// Forgets messages up to the number.
    pub(crate) fn posted(&mut self, number: u64) {
        self.waiting.retain(|(n, _)| *n > number);
    }
}

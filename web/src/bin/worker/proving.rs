//! A search, advanced slice by slice.

use planner::Plan;
use simulator::{Bounds, Progress, Search};
use web::protocol::FromWorker;

/// Milliseconds a slice takes: short enough for Stop to seem immediate.
const SLICE_MS: f64 = 10.0;

/// Milliseconds between two reports: often enough to be seen moving.
const REPORT_MS: f64 = 100.0;

/// Transitions followed between two looks at the clock.
const STRIDE: usize = 2_000;

/// A search under way.
pub(crate) struct Proving {
    id: u64,
    search: Search,
    started_ms: Option<f64>,
    reported_ms: f64,
    done: bool,
}

impl Proving {
    /// Starts a search.
    pub(crate) fn start(id: u64, plan: &Plan, bounds: &Bounds) -> Result<Self, String> {
        let search = Search::new(plan, bounds).map_err(|why| why.to_string())?;
        Ok(Self { id, search, started_ms: None, reported_ms: 0.0, done: false })
    }

    /// Whether the outcome is out.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// One slice; says something when it is time to.
    pub(crate) fn advance(&mut self, now_ms: impl Fn() -> f64) -> Option<FromWorker> {
        let slice_started = now_ms();
        let started = *self.started_ms.get_or_insert(slice_started);
        loop {
            let progress = self.search.advance(STRIDE);
            if let Some(verdict) = self.search.verdict() {
                self.done = true;
                return Some(FromWorker::Verdict { id: self.id, verdict: Box::new(verdict) });
            }
            let now = now_ms();
            if now - slice_started >= SLICE_MS {
                return self.report(progress, now, now - started);
            }
        }
    }

    fn report(&mut self, progress: Progress, now: f64, elapsed: f64) -> Option<FromWorker> {
        if now - self.reported_ms < REPORT_MS {
            return None;
        }
        self.reported_ms = now;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration")]
        let elapsed_ms = elapsed as u64;
        Some(FromWorker::Progress { id: self.id, progress, elapsed_ms })
    }
}

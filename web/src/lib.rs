//! What the page's two programs share: the messages between them, and a plan as the page shows it.
//!
//! The shell (`main.rs`) runs on the main thread and never links the SQL parser; the worker
//! (`bin/worker`) holds planner and simulator. Nothing here may know the browser.

pub mod lesson;
pub mod link;
pub mod protocol;
pub mod view;

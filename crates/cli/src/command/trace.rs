//! A run as text and as JSON. Knows nothing of how it came about.

use serde_json::{Value, json};
use simulator::Trace;

/// A line a moment.
pub(crate) fn text(trace: &Trace) -> String {
    let mut text = String::new();
    for (index, moment) in trace.moments.iter().enumerate() {
        let fault = if moment.fault { "  (fault)" } else { "" };
        text += &format!("{index:>4}  {:<10} {}{fault}\n", moment.actor, moment.action);
        if !moment.detail.is_empty() {
            text += &format!("{:18}{}\n", "", moment.detail);
        }
    }
    text
}

/// An object a moment.
pub(crate) fn value(trace: &Trace) -> Value {
    let moments = trace.moments.iter().map(|moment| {
        json!({
            "actor": moment.actor, "action": moment.action, "detail": moment.detail,
            "fault": moment.fault, "step": moment.frame.step,
        })
    });
    moments.collect()
}

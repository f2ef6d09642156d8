//! Errors and warnings of one text, under its editor.

use planner::diagnostic::{Severity, Source};
use web::protocol::Slot;
use web::view::Finding;
use yew::prelude::*;

use super::quote::quote;

/// More of them help nobody and take time to lay out.
const SHOWN_MAX: usize = 20;

/// The list.
pub(crate) fn findings(findings: &[Finding], source: Source) -> Html {
    let about = |finding: &&Finding| finding.diagnostic.source == source;
    let total = findings.iter().filter(about).count();
    if total == 0 {
        return html! {};
    }
    let more = total.saturating_sub(SHOWN_MAX);
    html! {
        <ul class="findings" data-testid="findings">
            { for findings.iter().filter(about).take(SHOWN_MAX).map(item) }
            if more > 0 {
                <li class="muted">{ format!("… and {more} more") }</li>
            }
        </ul>
    }
}

fn item(finding: &Finding) -> Html {
    let diagnostic = &finding.diagnostic;
    let (class, word) = match diagnostic.severity {
        Severity::Error => ("error", "Error"),
        Severity::Warning => ("warning", "Warning"),
    };
    let slot = match diagnostic.source {
        Source::Schema => Some(Slot::Schema),
        Source::Change => Some(Slot::Change),
        Source::Request => None,
    };
    let place = slot.zip(finding.place.as_ref());
    html! {
        <li {class}>
            <p><strong>{ word }</strong>{ ": " }{ &diagnostic.message }</p>
            if let Some((slot, place)) = place {
                { quote(slot, place) }
            }
            if !diagnostic.help.is_empty() {
                <p class="muted">{ &diagnostic.help }</p>
            }
        </li>
    }
}

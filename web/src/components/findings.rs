//! Errors and warnings of one text, under its editor.

use planner::diagnostic::{Severity, Source};
use web::protocol::Slot;
use web::view::Finding;
use yew::prelude::*;

use super::quote::Quote;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// All findings.
    pub(crate) findings: Vec<Finding>,
    /// Those about this are shown.
    pub(crate) source: Source,
}

/// More of them help nobody and take time to lay out.
const SHOWN_MAX: usize = 20;

/// The list.
#[component]
pub(crate) fn Findings(props: &Props) -> Html {
    let about = |finding: &&Finding| finding.diagnostic.source == props.source;
    let total = props.findings.iter().filter(about).count();
    if total == 0 {
        return html! {};
    }
    let more = total.saturating_sub(SHOWN_MAX);
    html! {
        <ul class="findings" data-testid="findings">
            { for props.findings.iter().filter(about).take(SHOWN_MAX).map(item) }
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
    let quote = slot.zip(finding.place.clone());
    html! {
        <li {class}>
            <p><strong>{ word }</strong>{ ": " }{ &diagnostic.message }</p>
            if let Some((slot, place)) = quote {
                <Quote {slot} {place} />
            }
            if !diagnostic.help.is_empty() {
                <p class="muted">{ &diagnostic.help }</p>
            }
        </li>
    }
}

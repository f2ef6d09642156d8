//! What is wrong with a lesson's file: line, what, remedy.

use lessons::Finding;
use planner::diagnostic::Severity;
use yew::prelude::*;

use crate::words::learn as words;

/// The list. `go`: a line is to be shown; none where the text is not there.
pub(super) fn findings(findings: &[Finding], go: Option<&Callback<usize>>) -> Html {
    if findings.is_empty() {
        return html! {};
    }
    html! {
        <ul class="findings" data-testid="lesson-findings" role="status">
            { for findings.iter().map(|finding| item(finding, go)) }
        </ul>
    }
}

fn item(finding: &Finding, go: Option<&Callback<usize>>) -> Html {
    let class = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let (line, place) = (finding.line, words::line(finding.line));
    html! {
        <li {class}>
            <p>
                { match go {
                    Some(go) => html! {
                        <button type="button" class="small" onclick={go.reform(move |_: MouseEvent| line)}>{ place }</button>
                    },
                    None => html! { <strong>{ place }</strong> },
                } }
                { ": " }{ &finding.message }
            </p>
            <p class="muted">{ &finding.help }</p>
        </li>
    }
}

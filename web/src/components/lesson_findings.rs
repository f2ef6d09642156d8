//! What is wrong with a lesson's file: line, what, remedy.

use std::rc::Rc;

use lessons::Finding;
use planner::diagnostic::Severity;
use yew::prelude::*;

use crate::words::learn as words;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Findings.
    pub(crate) findings: Rc<[Finding]>,
    /// A line is to be shown; none where the text is not there.
    #[prop_or_default]
    pub(crate) go: Option<Callback<usize>>,
}

/// The list.
#[component]
pub(crate) fn LessonFindings(props: &Props) -> Html {
    if props.findings.is_empty() {
        return html! {};
    }
    html! {
        <ul class="findings" data-testid="lesson-findings" role="status">
            { for props.findings.iter().map(|finding| item(props, finding)) }
        </ul>
    }
}

fn item(props: &Props, finding: &Finding) -> Html {
    let class = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let (line, place) = (finding.line, words::line(finding.line));
    html! {
        <li {class}>
            <p>
                { match &props.go {
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

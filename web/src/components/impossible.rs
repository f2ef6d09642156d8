//! Rules that the request makes impossible: why, what the plan does instead, what would help.

use planner::plan::Impossible;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The rules.
    pub(crate) rules: Vec<Impossible>,
}

/// The list.
#[component]
pub(crate) fn ImpossibleRules(props: &Props) -> Html {
    if props.rules.is_empty() {
        return html! {};
    }
    html! {
        <section class="hazards" data-testid="impossible">
            <h3>{ "Not possible with this request" }</h3>
            <ul>
                { for props.rules.iter().map(|rule| html! {
                    <li>
                        <p><span class="code">{ format!("rule {}", rule.rule) }</span>{ " " }
                            { format!("{}: {}", rule.says, rule.why) }</p>
                        <p class="fix"><strong>{ "The plan: " }</strong>{ &rule.instead }</p>
                        <p class="muted">{ "To keep the rule: " }{ &rule.needs }</p>
                    </li>
                }) }
            </ul>
        </section>
    }
}

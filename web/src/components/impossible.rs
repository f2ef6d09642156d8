//! Rules that the request makes impossible: why, what the plan does instead, what would help.

use planner::plan::Impossible;
use yew::prelude::*;

/// The list.
pub(crate) fn impossible_rules(rules: &[Impossible]) -> Html {
    if rules.is_empty() {
        return html! {};
    }
    html! {
        <section class="hazards" data-testid="impossible">
            <h3>{ "Not possible with this request" }</h3>
            <ul>
                { for rules.iter().map(|rule| html! {
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

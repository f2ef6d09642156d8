//! What the change as asked would have done to live traffic, and what the plan does instead.

use web::protocol::Slot;
use web::view::PlanView;
use yew::prelude::*;

use super::quote::quote;

/// The list.
pub(crate) fn hazards(plan: &PlanView) -> Html {
    if plan.hazards.is_empty() {
        return html! {};
    }
    html! {
        <section class="hazards" data-testid="hazards">
            <h3>{ "Run as asked, the change would" }</h3>
            <ul>
                { for plan.hazards.iter().map(|hazard| html! {
                    <li>
                        <p><span class="code">{ &hazard.code }</span>{ " " }{ &hazard.message }</p>
                        if hazard.place.line > 0 {
                            { quote(Slot::Change, &hazard.place) }
                        }
                        <p class="fix"><strong>{ "The plan: " }</strong>{ &hazard.fix }</p>
                    </li>
                }) }
            </ul>
        </section>
    }
}

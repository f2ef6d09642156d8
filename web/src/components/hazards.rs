//! What the change as asked would have done to live traffic, and what the plan does instead.

use std::rc::Rc;

use web::protocol::Slot;
use web::view::PlanView;
use yew::prelude::*;

use super::quote::Quote;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The plan.
    pub(crate) plan: Rc<PlanView>,
}

/// The list.
#[component]
pub(crate) fn Hazards(props: &Props) -> Html {
    if props.plan.hazards.is_empty() {
        return html! {};
    }
    html! {
        <section class="hazards" data-testid="hazards">
            <h3>{ "Run as asked, the change would" }</h3>
            <ul>
                { for props.plan.hazards.iter().map(|hazard| html! {
                    <li>
                        <p><span class="code">{ &hazard.code }</span>{ " " }{ &hazard.message }</p>
                        if hazard.place.line > 0 {
                            <Quote slot={Slot::Change} place={hazard.place.clone()} />
                        }
                        <p class="fix"><strong>{ "The plan: " }</strong>{ &hazard.fix }</p>
                    </li>
                }) }
            </ul>
        </section>
    }
}

//! What can happen next: failures to inject, the rollback, and the ordinary course of things.

use std::rc::Rc;

use yew::prelude::*;

use crate::state::play::{Next, PlayAction};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What is possible.
    pub(crate) next: Rc<Next>,
    /// Whether the worker was asked already.
    pub(crate) waiting: bool,
    /// What is done.
    pub(crate) on: Callback<PlayAction>,
}

/// The lists.
#[component]
pub(crate) fn Choices(props: &Props) -> Html {
    let roll_back = props.on.reform(|_: MouseEvent| PlayAction::RollBack);
    html! {
        <section class="choices">
            <h3>{ "What happens next" }</h3>
            { list(props, false, "Nothing more: the run is over.") }
            <div class="inject">
                <h4>{ "Inject a failure" }</h4>
                { list(props, true, "None is possible here.") }
            </div>
            <button type="button" data-testid="rollback" disabled={!props.next.can_roll_back || props.waiting}
                onclick={roll_back}>{ "Roll back" }</button>
        </section>
    }
}

fn list(props: &Props, faults: bool, none: &'static str) -> Html {
    let testid = if faults { "inject" } else { "choice" };
    let items: Vec<Html> = props
        .next
        .choices
        .iter()
        .enumerate()
        .filter(|(_, choice)| choice.fault == faults)
        .map(|(at, choice)| {
            let onclick = props.on.reform(move |_: MouseEvent| PlayAction::Take(at));
            html! {
                <li key={format!("{}{}", choice.actor, choice.label)}>
                    <button type="button" class={classes!("choice", faults.then_some("fault"))}
                        disabled={props.waiting} data-testid={testid} {onclick}>
                        <span class="actor">{ &choice.actor }</span>{ " " }{ &choice.label }
                    </button>
                </li>
            }
        })
        .collect();
    if items.is_empty() {
        let text = if props.waiting { "…" } else { none };
        return html! { <p class="muted">{ text }</p> };
    }
    html! { <ul>{ items }</ul> }
}

//! What can happen next: failures to inject, the rollback, and the ordinary course of things.

use std::rc::Rc;

use yew::prelude::*;

use crate::browser;
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

/// The section's id, to put the focus on it.
const ID: &str = "choices";

/// The lists.
#[component]
pub(crate) fn Choices(props: &Props) -> Html {
    let roll_back = props.on.reform(|_: MouseEvent| PlayAction::RollBack);
    let no_way_back = !props.next.can_roll_back || props.waiting;
    let pressed = use_mut_ref(|| false);
    let was_pressed = pressed.clone();
    // The choice that was taken is gone with its button; the focus is not to be lost with it.
    use_effect_with(props.next.clone(), move |_| {
        if was_pressed.take() && browser::has_no_focus() {
            browser::focus(ID);
        }
    });
    let onclick = Callback::from(move |_: MouseEvent| *pressed.borrow_mut() = true);
    html! {
        <section class="choices" id={ID} tabindex="-1" aria-label="Choices" {onclick}>
            <h3>{ "What happens next" }</h3>
            { list(props, false, "Nothing more: the run is over.") }
            <div class="inject">
                <h4>{ "Inject a failure" }</h4>
                { list(props, true, "None is possible here.") }
            </div>
            <button type="button" data-testid="rollback" aria-disabled={no_way_back.to_string()}
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
                        aria-disabled={props.waiting.to_string()} data-testid={testid} {onclick}>
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

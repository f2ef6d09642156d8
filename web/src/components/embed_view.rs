//! The page inside another one: the plan's table or the player, and a way to the whole page. Tells
//! the page around it how high it is. Must not know where it stands.

use std::rc::Rc;

use yew::prelude::*;

use super::phase_table::PhaseTable;
use super::plan_view::summary;
use super::play_view::PlayView;
use super::status::status;
use crate::browser::HeightTeller;
use crate::embed::Embed;
use crate::state::{Action, Shown, State, Tab};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What is embedded.
    pub(crate) embed: Embed,
    /// The page.
    pub(crate) state: Rc<State>,
    /// What is done.
    pub(crate) on: Callback<Action>,
    /// The address of the whole page with the same in it.
    pub(crate) whole: AttrValue,
}

/// The embedded page.
#[component]
pub(crate) fn EmbedView(props: &Props) -> Html {
    let node = use_node_ref();
    let element = node.clone();
    let state = &props.state;
    // Not before: the page around it would first shrink to the height of a line that says "wait".
    // A run that is played must not have the page around it jump.
    let is_run = props.embed.tab == Tab::Play;
    use_effect_with(has_content(state), move |has_content| {
        let element = element.cast().filter(|_| *has_content);
        let teller = element.and_then(|element| HeightTeller::new(&element, is_run));
        move || drop(teller)
    });
    let class = classes!("embed", props.embed.plain.then_some("plain"));
    html! {
        <main {class} ref={node} data-testid="embed">
            if let Some(error) = &state.sharing.error {
                <p class="banner error" role="alert" data-testid="link-error">{ error }</p>
            }
            { body(props) }
            <p class="embed-foot">
                <a href={props.whole.clone()} target="_blank" rel="noopener" data-testid="whole">{ "Open in Concertina" }</a>
                { status(state, &props.on) }
            </p>
        </main>
    }
}

/// Whether what is wanted shows, or why it does not.
fn has_content(state: &State) -> bool {
    let is_shown = match state.tab {
        Tab::Play => state.play.moment().is_some() || state.play.error.is_some(),
        Tab::Plan | Tab::Traffic | Tab::Proof | Tab::Export => state.shown.is_some(),
    };
    let has_failed = state.shown.is_none() && state.answer.is_some() && !state.is_planning();
    is_shown || has_failed || state.sharing.error.is_some()
}

fn nothing(state: &State) -> Html {
    let findings = state.answer.as_ref().map(|answer| answer.findings.as_slice());
    match findings.unwrap_or_default().first() {
        _ if state.sharing.error.is_some() => html! {},
        Some(finding) if !state.is_planning() => html! {
            <p class="banner error" role="alert">
                { format!("No plan can be made of this: {}", finding.diagnostic.message) }
            </p>
        },
        Some(_) | None => html! { <p class="empty">{ "Making the plan …" }</p> },
    }
}

fn body(props: &Props) -> Html {
    let Some(Shown { plan, .. }) = props.state.shown.clone() else {
        return nothing(&props.state);
    };
    match props.embed.tab {
        Tab::Play => html! {
            <PlayView play={props.state.play.clone()} {plan} on={props.on.reform(Action::Play)} />
        },
        Tab::Plan | Tab::Traffic | Tab::Proof | Tab::Export => html! {
            <article class="plan output" data-testid="plan">
                <h1 class="plan-title">{ &plan.title }</h1>
                <p class="summary">{ summary(&plan) }</p>
                <PhaseTable {plan} open={props.embed.step.clone()} />
            </article>
        },
    }
}

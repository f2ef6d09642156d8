//! The right half: the tabs, and what the chosen one shows.

use std::rc::Rc;

use yew::prelude::*;

use super::export_view::ExportView;
use super::plan_view::PlanPanel;
use super::play_view::PlayView;
use super::proof_view::ProofView;
use super::status::Status;
use super::tabs::{self, Tabs};
use super::traffic_view::TrafficView;
use crate::browser;
use crate::state::{Action, Shown, State, Tab};
use crate::words::learn as words;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page.
    pub(crate) state: Rc<State>,
    /// What is done.
    pub(crate) on: Callback<Action>,
}

/// The right half.
#[component]
pub(crate) fn OutputPane(props: &Props) -> Html {
    let state = &props.state;
    let busy = state.is_planning();
    html! {
        <div class="output" id="result" tabindex="-1">
            if state.learn.lesson.is_some() {
                <p class="to-lesson"><button type="button" class="small" data-testid="to-lesson"
                    onclick={|_: MouseEvent| browser::leave_result()}>{ words::TO_LESSON }</button></p>
            }
            <div class="bar">
                <Tabs chosen={state.tab} on={props.on.reform(Action::Show)} />
                <Status state={state.clone()} on={props.on.clone()} />
            </div>
            <div class={classes!("panel", busy.then_some("old"))} role="tabpanel" id="result-panel"
                aria-labelledby={tabs::label_id(state.tab)} aria-busy={busy.to_string()}>
                { panel(props) }
            </div>
        </div>
    }
}

fn panel(props: &Props) -> Html {
    let state = &props.state;
    let Some(shown) = state.shown.clone() else {
        return html! { <p class="empty">{ nothing(state) }</p> };
    };
    let note = (!state.has_plan && !state.is_planning()).then(|| {
        html! {
            <p class="banner warning" data-testid="outdated">
                { "No plan can be made of the input as it is now. This is about the last input that had one." }
            </p>
        }
    });
    html! { <>{ note }{ tab(props, shown) }</> }
}

fn tab(props: &Props, shown: Shown) -> Html {
    let state = &props.state;
    let on = props.on.clone();
    match state.tab {
        Tab::Plan => html! { <PlanPanel plan={shown.plan} /> },
        Tab::Play => html! {
            <PlayView play={state.play.clone()} plan={shown.plan} on={on.reform(Action::Play)} />
        },
        Tab::Traffic => html! {
            <TrafficView traffic={state.traffic.clone()} on={on.reform(Action::Traffic)} />
        },
        Tab::Proof => html! {
            <ProofView proof={state.proof.clone()} plan={shown.plan} on={on.reform(Action::Proof)} />
        },
        Tab::Export => html! { <ExportView answer={shown.answer} /> },
    }
}

fn nothing(state: &State) -> &'static str {
    let failed = state.answer.as_ref().is_some_and(|answer| !answer.findings.is_empty());
    match (state.input.is_empty(), failed, state.is_planning()) {
        (true, _, _) => "Give a schema and a change, or choose an example: the plan shows here.",
        (false, _, true) => "Planning …",
        (false, true, false) => "No plan can be made of this yet: see what was found in the input.",
        (false, false, false) => "Nothing changes, so there is nothing to plan.",
    }
}

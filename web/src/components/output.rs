//! The right half: the tabs, and what the chosen one shows.

use yew::prelude::*;

use super::export_view::ExportView;
use super::plan_view::PlanPanel;
use super::play_view::PlayView;
use super::proof_view::proof_view;
use super::status::status;
use super::tabs::{label_id, tabs};
use super::traffic_view::traffic_view;
use crate::browser;
use crate::state::{Action, Shown, State, Tab};
use crate::words::learn as words;

/// The right half.
pub(crate) fn output_pane(state: &State, on: &Callback<Action>) -> Html {
    let busy = state.is_planning();
    html! {
        <div class="output" id="result" tabindex="-1">
            if state.learn.lesson.is_some() {
                <p class="to-lesson"><button type="button" class="small" data-testid="to-lesson"
                    onclick={|_: MouseEvent| browser::leave_result()}>{ words::TO_LESSON }</button></p>
            }
            <div class="bar">
                { tabs(state.tab, &on.reform(Action::Show)) }
                { status(state, on) }
            </div>
            <div class={classes!("panel", busy.then_some("old"))} role="tabpanel" id="result-panel"
                aria-labelledby={label_id(state.tab)} aria-busy={busy.to_string()}>
                { panel(state, on) }
            </div>
        </div>
    }
}

fn panel(state: &State, on: &Callback<Action>) -> Html {
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
    html! { <>{ note }{ tab(state, on, shown) }</> }
}

fn tab(state: &State, on: &Callback<Action>, shown: Shown) -> Html {
    match state.tab {
        Tab::Plan => html! { <PlanPanel plan={shown.plan} /> },
        Tab::Play => html! {
            <PlayView play={state.play.clone()} plan={shown.plan} on={on.reform(Action::Play)} />
        },
        Tab::Traffic => traffic_view(&state.traffic, &on.reform(Action::Traffic)),
        Tab::Proof => proof_view(&state.proof, &shown.plan, &on.reform(Action::Proof)),
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

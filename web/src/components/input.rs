//! The left half: examples, the two texts with what was found in them, and the facts.

use planner::diagnostic::Source;
use web::protocol::Slot;
use web_sys::File;
use yew::prelude::*;

use super::editor::Editor;
use super::examples_menu::examples_menu;
use super::facts_form::facts_form;
use super::findings::findings;
use crate::state::input::{ChangeKind, Edit};
use crate::state::learn::LearnAction;
use crate::state::{Action, State};
use crate::words::learn as words;

const SCHEMA: &str =
    "-- The schema as it is: pg_dump --schema-only, or by hand\nCREATE TABLE users (…);";
const STATEMENTS: &str =
    "-- The SQL you were about to run\nALTER TABLE users RENAME COLUMN name TO full_name;";
const TARGET: &str = "-- The schema as it should be\nCREATE TABLE users (…);\n\
                      -- A rename needs a hint:\n-- concertina: rename users.name to full_name";

/// The left half.
pub(crate) fn input_pane(
    state: &State,
    on: &Callback<Action>,
    open: &Callback<(Slot, File)>,
) -> Html {
    let found = state.answer.as_ref().map_or(&[][..], |answer| &answer.findings);
    let touched = state.shown.as_ref().map_or(&[][..], |shown| &shown.answer.tables);
    let learn = on.reform(|_: MouseEvent| Action::Learn(LearnAction::Open));
    let dismiss = on.reform(|_: MouseEvent| Action::DismissHint);
    html! {
        <div class="input">
            if state.hint {
                <aside class="hint" data-testid="hint">
                    <p>
                        <strong>{ "Start here. " }</strong>
                        { "This is an example: a schema, and a change somebody was about to make. Edit either, \
                           choose another example, or clear both and paste your own. The plan follows as you type." }
                    </p>
                    <div class="hint-buttons">
                        <button type="button" class="small" onclick={dismiss}>{ "Got it" }</button>
                        <button type="button" class="small" data-testid="hint-learn" onclick={learn}>{ words::TAKE_COURSE }</button>
                    </div>
                </aside>
            }
            { examples_menu(state.undo.is_some(), state.input.is_empty(), on) }
            <Editor slot={Slot::Schema} input={state.input.clone()} name="schema" placeholder={SCHEMA}
                on={on.clone()} open={open.clone()}>
                <h2>{ "Schema" }</h2>
            </Editor>
            { findings(found, Source::Schema) }
            { change(state, on, open) }
            { findings(found, Source::Change) }
            if let Some(error) = &state.file_error {
                <p class="findings error" role="alert">{ error }</p>
            }
            { facts_form(&state.input, touched, on) }
            { findings(found, Source::Request) }
        </div>
    }
}

fn change(state: &State, on: &Callback<Action>, open: &Callback<(Slot, File)>) -> Html {
    let kind = state.input.kind();
    let placeholder = match kind {
        ChangeKind::Statements => STATEMENTS,
        ChangeKind::Target => TARGET,
    };
    let button = |wanted: ChangeKind, text: &'static str, testid: &'static str| {
        let onclick = on.reform(move |_: MouseEvent| Action::Edit(Edit::Kind(wanted)));
        html! {
            <button type="button" aria-pressed={(kind == wanted).to_string()} data-testid={testid} {onclick}>
                { text }
            </button>
        }
    };
    html! {
        <Editor slot={Slot::Change} input={state.input.clone()} name="change" {placeholder}
            on={on.clone()} open={open.clone()}>
            <h2>{ "Change" }</h2>
            <div class="segmented" role="group" aria-label="The change is given as">
                { button(ChangeKind::Statements, "statements", "kind-statements") }
                { button(ChangeKind::Target, "target schema", "kind-target") }
            </div>
        </Editor>
    }
}

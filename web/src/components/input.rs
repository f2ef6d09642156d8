//! The left half: examples, the two texts with what was found in them, and the facts.

use std::rc::Rc;

use planner::diagnostic::Source;
use web::protocol::Slot;
use web_sys::File;
use yew::prelude::*;

use super::editor::Editor;
use super::examples_menu::ExamplesMenu;
use super::facts_form::FactsForm;
use super::findings::Findings;
use crate::state::input::{ChangeKind, Edit};
use crate::state::learn::LearnAction;
use crate::state::{Action, State};
use crate::words::learn as words;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page.
    pub(crate) state: Rc<State>,
    /// What is done.
    pub(crate) on: Callback<Action>,
    /// A file is to be opened.
    pub(crate) open: Callback<(Slot, File)>,
}

const SCHEMA: &str =
    "-- The schema as it is: pg_dump --schema-only, or by hand\nCREATE TABLE users (…);";
const STATEMENTS: &str =
    "-- The SQL you were about to run\nALTER TABLE users RENAME COLUMN name TO full_name;";
const TARGET: &str = "-- The schema as it should be\nCREATE TABLE users (…);\n\
                      -- A rename needs a hint:\n-- concertina: rename users.name to full_name";

/// The left half.
#[component]
pub(crate) fn InputPane(props: &Props) -> Html {
    let state = &props.state;
    let answer = state.answer.as_ref();
    let findings = answer.map(|answer| answer.findings.clone()).unwrap_or_default();
    let touched = state.shown.as_ref().map(|shown| shown.answer.tables.clone()).unwrap_or_default();
    let learn = props.on.reform(|_: MouseEvent| Action::Learn(LearnAction::Open));
    let dismiss = props.on.reform(|_: MouseEvent| Action::DismissHint);
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
            <ExamplesMenu can_undo={state.undo.is_some()} is_empty={state.input.is_empty()} on={props.on.clone()} />
            <Editor slot={Slot::Schema} input={state.input.clone()} name="schema" placeholder={SCHEMA}
                on={props.on.clone()} open={props.open.clone()}>
                <h2>{ "Schema" }</h2>
            </Editor>
            <Findings findings={findings.clone()} source={Source::Schema} />
            { change(props) }
            <Findings findings={findings.clone()} source={Source::Change} />
            if let Some(error) = &state.file_error {
                <p class="findings error" role="alert">{ error }</p>
            }
            <FactsForm input={state.input.clone()} {touched} on={props.on.clone()} />
            <Findings {findings} source={Source::Request} />
        </div>
    }
}

fn change(props: &Props) -> Html {
    let kind = props.state.input.kind();
    let placeholder = match kind {
        ChangeKind::Statements => STATEMENTS,
        ChangeKind::Target => TARGET,
    };
    let button = |wanted: ChangeKind, text: &'static str, testid: &'static str| {
        let onclick = props.on.reform(move |_: MouseEvent| Action::Edit(Edit::Kind(wanted)));
        html! {
            <button type="button" aria-pressed={(kind == wanted).to_string()} data-testid={testid} {onclick}>
                { text }
            </button>
        }
    };
    html! {
        <Editor slot={Slot::Change} input={props.state.input.clone()} name="change" {placeholder}
            on={props.on.clone()} open={props.open.clone()}>
            <h2>{ "Change" }</h2>
            <div class="segmented" role="group" aria-label="The change is given as">
                { button(ChangeKind::Statements, "statements", "kind-statements") }
                { button(ChangeKind::Target, "target schema", "kind-target") }
            </div>
        </Editor>
    }
}

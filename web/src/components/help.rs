//! The help: what the page does, and the player's keys.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::modal::Modal;
use crate::keys;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Whether it shows.
    pub(crate) open: bool,
    /// It was closed.
    pub(crate) close: Callback<()>,
    /// Whether the player's keys work.
    pub(crate) keys: bool,
    /// They are to work, or not any more.
    pub(crate) set_keys: Callback<bool>,
}

/// The dialog.
#[component]
pub(crate) fn Help(props: &Props) -> Html {
    let onchange = props.set_keys.reform(|event: Event| {
        event.target_dyn_into::<HtmlInputElement>().is_none_or(|input| input.checked())
    });
    html! {
        <Modal open={props.open} close={props.close.clone()} id="help-title" title="How to use this page">
            <ol>
                <li>{ "Give the schema as it is, and the change you were about to make. Examples show the form." }</li>
                <li>{ "Read the plan: each step with its locks, its checks and its rollback. Facts about your \
                       tables and your rollout change it." }</li>
                <li>{ "Play it: step through a rollout, inject failures, roll back." }</li>
                <li>{ "Prove it: every interleaving within the bounds. The change as asked can be proved too, \
                       and shows why the plan has each step." }</li>
            </ol>
            <h3>{ "Keys in the player" }</h3>
            <dl class="keys">
                { for keys::HELP.iter().map(|(key, what)| html! {
                    <><dt><kbd>{ *key }</kbd></dt><dd>{ *what }</dd></>
                }) }
            </dl>
            <label class="check">
                <input type="checkbox" checked={props.keys} {onchange} data-testid="keys-work" />
                { " Use these keys, wherever the focus is but in a field. Every one has a button, too: \
                   turn them off where speech or a slip could press them." }
            </label>
        </Modal>
    }
}

//! The help: what the page does, and the player's keys.

use yew::prelude::*;

use super::modal::Modal;
use crate::keys;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Whether it shows.
    pub(crate) open: bool,
    /// It was closed.
    pub(crate) close: Callback<()>,
}

/// The dialog.
#[component]
pub(crate) fn Help(props: &Props) -> Html {
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
        </Modal>
    }
}

//! The help: what the page does, and the player's keys. A native dialog, for its focus handling.

use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

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
    let node = use_node_ref();
    let dialog = node.clone();
    use_effect_with(props.open, move |open| {
        let element = dialog.get().and_then(|node| node.dyn_into::<HtmlDialogElement>().ok());
        match element {
            Some(dialog) if *open && !dialog.open() => {
                dialog.show_modal().ok();
            }
            Some(dialog) if !*open => dialog.close(),
            Some(_) | None => {}
        }
    });
    let onclose = props.close.reform(|_: Event| ());
    let onclick = props.close.reform(|_: MouseEvent| ());
    html! {
        <dialog ref={node} {onclose} aria-labelledby="help-title">
            <h2 id="help-title">{ "How to use this page" }</h2>
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
            <button type="button" {onclick}>{ "Close" }</button>
        </dialog>
    }
}

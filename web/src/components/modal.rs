//! A dialog over the page: the browser's own, for its focus handling. Must not know what it shows.

use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Whether it shows.
    pub(crate) open: bool,
    /// It was closed.
    pub(crate) close: Callback<()>,
    /// The title's id.
    pub(crate) id: &'static str,
    /// The title.
    pub(crate) title: &'static str,
    /// What it shows.
    pub(crate) children: Html,
}

/// The dialog.
#[component]
pub(crate) fn Modal(props: &Props) -> Html {
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
        <dialog ref={node} {onclose} aria-labelledby={props.id}>
            <h2 id={props.id}>{ props.title }</h2>
            { props.children.clone() }
            <button type="button" {onclick}>{ "Close" }</button>
        </dialog>
    }
}

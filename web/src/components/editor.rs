//! One of the two SQL texts: its head, and a numbered text or the name of a file too long to show.
//! A file can be dropped anywhere on it.

use std::rc::Rc;

use web::protocol::Slot;
use web_sys::File;
use yew::prelude::*;

use super::numbered_text::NumberedText;
use crate::browser;
use crate::format;
use crate::state::Action;
use crate::state::input::{Edit, Input};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Which text.
    pub(crate) slot: Slot,
    /// Where the text is.
    pub(crate) input: Rc<Input>,
    /// What an empty editor shows.
    pub(crate) placeholder: AttrValue,
    /// For tests and labels: `schema`, `change`.
    pub(crate) name: AttrValue,
    /// Edits.
    pub(crate) on: Callback<Action>,
    /// A file is to be opened.
    pub(crate) open: Callback<(Slot, File)>,
    /// More controls in the editor's head.
    #[prop_or_default]
    pub(crate) children: Html,
}

/// The editor.
#[component]
pub(crate) fn Editor(props: &Props) -> Html {
    let slot = props.slot;
    let dragging = use_state(|| false);
    let ondragover = {
        let dragging = dragging.setter();
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            dragging.set(true);
        })
    };
    let ondragleave = {
        let dragging = dragging.setter();
        Callback::from(move |_: DragEvent| dragging.set(false))
    };
    let ondrop = {
        let (dragging, open) = (dragging.setter(), props.open.clone());
        Callback::from(move |event: DragEvent| {
            dragging.set(false);
            if let Some(file) = browser::dropped_file(&event) {
                open.emit((slot, file));
            }
        })
    };
    let onchange = {
        let open = props.open.clone();
        Callback::from(move |event: Event| {
            if let Some(file) = browser::chosen_file(&event) {
                open.emit((slot, file));
            }
        })
    };
    html! {
        <section class={classes!("editor", dragging.then_some("dragging"))} {ondragover} {ondragleave} {ondrop}>
            <div class="editor-head">
                { props.children.clone() }
                <label class="file" title="Open a file, or drop one here">
                    { "Open" }
                    <input type="file" accept=".sql,.txt,text/plain" {onchange} data-testid={format!("{}-file", props.name)} />
                </label>
            </div>
            { body(props) }
        </section>
    }
}

fn body(props: &Props) -> Html {
    let slot = props.slot;
    match props.input.held.get(slot) {
        Some(file) => {
            let onclick = props.on.reform(move |_: MouseEvent| Action::Edit(Edit::LetGo(slot)));
            let size = format::bytes(u64::try_from(file.size).unwrap_or(u64::MAX));
            html! {
                <div class="held" data-testid={format!("{}-held", props.name)}>
                    <p><strong>{ &file.name }</strong>{ format!(" loaded ({size}), not shown: too long to edit here.") }</p>
                    <button type="button" {onclick} data-testid={format!("{}-let-go", props.name)}>{ "Remove it" }</button>
                </div>
            }
        }
        None => html! {
            <NumberedText {slot} input={props.input.clone()} placeholder={props.placeholder.clone()}
                name={props.name.clone()} on={props.on.clone()} />
        },
    }
}

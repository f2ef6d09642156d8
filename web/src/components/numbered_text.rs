//! A text area with line numbers. The browser keeps the text: it is written into the area only when
//! it changes elsewhere, and a long one is read back only once typing pauses. Of the numbers, only
//! those in sight are drawn.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web::protocol::Slot;
use web_sys::{HtmlElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::quote::editor_id;
use crate::browser::LINE_HEIGHT;
use crate::state::Action;
use crate::state::input::{Edit, Input};

/// Longer texts are not read at each key.
const READ_AT_ONCE_MAX: usize = 20_000;

/// Milliseconds without typing before a long text is read.
const QUIET_MS: u32 = 250;

/// More lines than an editor is ever tall.
const LINES_DRAWN: i32 = 120;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Which text.
    pub(crate) slot: Slot,
    /// Where the text is.
    pub(crate) input: Rc<Input>,
    /// What an empty area shows.
    pub(crate) placeholder: AttrValue,
    /// For tests and labels: `schema`, `change`.
    pub(crate) name: AttrValue,
    /// Edits.
    pub(crate) on: Callback<Action>,
}

/// The area.
#[component]
pub(crate) fn NumberedText(props: &Props) -> Html {
    let area = use_node_ref();
    let top = use_state(|| 0);
    let oninput = use_typing(props, &area);
    let onscroll = {
        let (top, area) = (top.setter(), area.clone());
        Callback::from(move |_: Event| {
            top.set(area.cast::<HtmlTextAreaElement>().map_or(0, |area| area.scroll_top()));
        })
    };
    let text = props.input.text(props.slot);
    let lines = i32::try_from(text.bytes().filter(|byte| *byte == b'\n').count() + 1);
    let first = *top / LINE_HEIGHT;
    let last = lines.unwrap_or(i32::MAX).min(first + LINES_DRAWN);
    let numbers: String = (first..last).map(|line| format!("{}\n", line + 1)).collect();
    let gutter = use_node_ref();
    let shifted = gutter.clone();
    // Not as an attribute: a strict content security policy forbids those.
    use_effect_with(first * LINE_HEIGHT - *top, move |shift| {
        if let Some(numbers) = shifted.cast::<HtmlElement>() {
            let shift = format!("translateY({shift}px)");
            numbers.style().set_property("transform", &shift).ok();
        }
    });
    html! {
        <div class="numbered">
            <div class="gutter" aria-hidden="true"><pre ref={gutter}>{ numbers }</pre></div>
            <textarea ref={area} id={editor_id(props.slot)} data-testid={props.name.clone()}
                aria-label={props.name.clone()} placeholder={props.placeholder.clone()} wrap="off"
                spellcheck="false" autocomplete="off" autocapitalize="off" {oninput} {onscroll} />
        </div>
    }
}

/// Keeps area and state the same, in both directions; gives what hears typing.
#[hook]
fn use_typing(props: &Props, area: &NodeRef) -> Callback<InputEvent> {
    let slot = props.slot;
    let known = use_mut_ref(|| Rc::<str>::from(""));
    let pending = use_mut_ref(|| None::<Timeout>);
    let (written, node, waiting) = (known.clone(), area.clone(), pending.clone());
    use_effect_with(props.input.clone(), move |input| {
        let text = input.text(slot);
        if *text != **written.borrow() {
            // What was typed and not read yet is overtaken: an example, a file, an undo.
            waiting.replace(None);
            written.replace(text.into());
            if let Some(area) = node.cast::<HtmlTextAreaElement>() {
                area.set_value(text);
            }
        }
    });
    let (area, on) = (area.clone(), props.on.clone());
    Callback::from(move |_: InputEvent| {
        let (area, on, read) = (area.clone(), on.clone(), known.clone());
        let take = move || {
            let Some(area) = area.cast::<HtmlTextAreaElement>() else { return };
            let text: Rc<str> = area.value().into();
            read.replace(text.clone());
            on.emit(Action::Edit(Edit::Text(slot, text)));
        };
        if known.borrow().len() <= READ_AT_ONCE_MAX {
            take();
        } else {
            pending.replace(Some(Timeout::new(QUIET_MS, take)));
        }
    })
}

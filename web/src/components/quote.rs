//! The offending line of a text, with what is meant underlined. Pressing it goes to the place.

use web::protocol::Slot;
use web::view::Place;
use yew::prelude::*;

use crate::browser;

/// The id of a slot's text area.
pub(crate) fn editor_id(slot: Slot) -> &'static str {
    match slot {
        Slot::Schema => "schema-text",
        Slot::Change => "change-text",
    }
}

/// The line.
pub(crate) fn quote(slot: Slot, place: &Place) -> Html {
    let (units, line) = (place.units, place.line);
    let onclick = Callback::from(move |_: MouseEvent| {
        browser::select(editor_id(slot), units, line);
    });
    let before: String = place.text.chars().take(place.before).collect();
    let marked: String = place.text.chars().skip(place.before).take(place.marked).collect();
    let after: String = place.text.chars().skip(place.before + place.marked).collect();
    let name = match slot {
        Slot::Schema => "schema",
        Slot::Change => "change",
    };
    html! {
        <button type="button" class="quote" {onclick} title="Go to the place">
            <span class="where">{ format!("{name} {}:{}", place.line, place.column) }</span>
            <code>{ before }<mark>{ if marked.is_empty() { "\u{2423}".to_owned() } else { marked } }</mark>{ after }</code>
        </button>
    }
}

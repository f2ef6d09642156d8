//! The tab list: arrow keys move, as the ARIA practices have it.

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::browser;
use crate::state::Tab;

const TABS: [(Tab, &str, &str); 5] = [
    (Tab::Plan, "plan", "Plan"),
    (Tab::Play, "play", "Play"),
    (Tab::Traffic, "traffic", "Traffic"),
    (Tab::Proof, "proof", "Proof"),
    (Tab::Export, "export", "Export"),
];

/// The list.
pub(crate) fn tabs(chosen: Tab, on: &Callback<Tab>) -> Html {
    let at = TABS.iter().position(|(tab, _, _)| *tab == chosen).unwrap_or(0);
    let to = on.clone();
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        let next = match event.key().as_str() {
            "ArrowRight" => (at + 1) % TABS.len(),
            "ArrowLeft" => (at + TABS.len() - 1) % TABS.len(),
            "Home" => 0,
            "End" => TABS.len() - 1,
            _ => return,
        };
        event.prevent_default();
        let (tab, name, _) = TABS[next];
        to.emit(tab);
        let button = browser::element(&format!("tab-{name}"));
        if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
            button.focus().ok();
        }
    });
    html! {
        <div class="tabs" role="tablist" aria-label="What is shown" {onkeydown}>
            { for TABS.iter().map(|entry| tab(*entry, chosen, on)) }
        </div>
    }
}

fn tab(
    (tab, name, text): (Tab, &'static str, &'static str),
    chosen: Tab,
    on: &Callback<Tab>,
) -> Html {
    let chosen = tab == chosen;
    let onclick = on.reform(move |_: MouseEvent| tab);
    html! {
        <button type="button" role="tab" id={format!("tab-{name}")} aria-selected={chosen.to_string()}
            aria-controls="result-panel" tabindex={if chosen { "0" } else { "-1" }}
            data-testid={format!("tab-{name}")} {onclick}>
            { text }
        </button>
    }
}

/// The id of the tab's button, to name the panel by.
pub(crate) fn label_id(tab: Tab) -> Option<String> {
    TABS.iter().find(|(known, _, _)| *known == tab).map(|(_, name, _)| format!("tab-{name}"))
}

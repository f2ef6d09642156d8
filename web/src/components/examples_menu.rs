//! Worked examples, one choice away; and starting empty, with a way back.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::browser;
use crate::examples;
use crate::state::Action;

/// The menu.
pub(crate) fn examples_menu(can_undo: bool, is_empty: bool, on: &Callback<Action>) -> Html {
    let onchange = browser::when(on, |event: Event| {
        let chosen: usize = browser::value(&event).parse().ok()?;
        // Back to the invitation, so that the same example can be chosen again.
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            select.set_value("");
        }
        examples::load(chosen).map(Action::Load)
    });
    let clear = on.reform(|_: MouseEvent| Action::Clear);
    let undo = on.reform(|_: MouseEvent| Action::Undo);
    html! {
        <div class="examples">
            <label for="example">{ "Example" }</label>
            <select id="example" data-testid="examples" {onchange}>
                <option value="" selected=true>{ "Choose one …" }</option>
                { for examples::titles().enumerate().map(|(at, title)| html! {
                    <option value={at.to_string()}>{ title }</option>
                }) }
            </select>
            <button type="button" class="quiet" data-testid="clear" aria-disabled={is_empty.to_string()} onclick={clear}>
                { "Clear" }
            </button>
            if can_undo {
                <button type="button" class="quiet" data-testid="undo" onclick={undo}>{ "Undo" }</button>
            }
        </div>
    }
}

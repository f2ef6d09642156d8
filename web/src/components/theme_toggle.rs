//! Light, dark, or as the system has it.

use yew::prelude::*;

use crate::{browser, store};

/// The next theme after the one chosen: the system's, then light, then dark.
fn next(theme: Option<&str>) -> Option<&'static str> {
    match theme {
        None => Some("light"),
        Some("light") => Some("dark"),
        Some(_) => None,
    }
}

/// The button that goes through the themes.
#[component]
pub(crate) fn ThemeToggle() -> Html {
    let theme = use_state(store::theme);
    use_effect_with((*theme).clone(), |theme| {
        browser::set_theme(theme.as_deref());
    });
    let label = match theme.as_deref() {
        None => "Theme: system",
        Some("light") => "Theme: light",
        Some(_) => "Theme: dark",
    };
    let onclick = Callback::from(move |_: MouseEvent| {
        let chosen = next(theme.as_deref());
        store::keep_theme(chosen);
        theme.set(chosen.map(str::to_owned));
    });
    html! {
        <button type="button" class="quiet" data-testid="theme" {onclick}>{ label }</button>
    }
}

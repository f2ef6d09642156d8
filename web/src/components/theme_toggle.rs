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
        let root = browser::document().and_then(|document| document.document_element());
        if let Some(root) = root {
            match theme {
                Some(theme) => root.set_attribute("data-theme", theme).ok(),
                None => root.remove_attribute("data-theme").ok(),
            };
        }
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

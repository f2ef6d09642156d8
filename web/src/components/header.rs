//! Name, pitch, theme and help.

use yew::prelude::*;

use super::theme_toggle::ThemeToggle;
use crate::state::learn::LearnAction;
use crate::words::learn as words;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Opens the help.
    pub(crate) help: Callback<()>,
    /// Makes a link.
    pub(crate) share: Callback<()>,
    /// Opens or leaves the lessons.
    pub(crate) learn: Callback<LearnAction>,
    /// Whether the lessons show.
    pub(crate) is_learning: bool,
}

/// The page's head.
#[component]
pub(crate) fn Header(props: &Props) -> Html {
    let help = props.help.reform(|_: MouseEvent| ());
    let share = props.share.reform(|_: MouseEvent| ());
    let is_learning = props.is_learning;
    let learn =
        props.learn.reform(
            move |_: MouseEvent| {
                if is_learning { LearnAction::Leave } else { LearnAction::Open }
            },
        );
    html! {
        <header class="top">
            <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
                <path d="M3 8v16M29 8v16" />
                <path d="M3 8l6.5 4 6.5-4 6.5 4 6.5-4M3 24l6.5-4 6.5 4 6.5-4 6.5 4M9.5 12v8M16 8v16M22.5 12v8" />
            </svg>
            <div class="title">
                <h1>{ "Concertina" }</h1>
                <p>
                    { "Plans a PostgreSQL schema change without downtime, proves the plan against \
                       old and new app versions running side by side, and plays it. \
                       Nothing you paste leaves this page." }
                </p>
            </div>
            <div class="actions">
                <button type="button" data-testid="learn" aria-pressed={is_learning.to_string()} onclick={learn}>
                    { words::LEARN }
                </button>
                <button type="button" data-testid="share" onclick={share}>{ "Share" }</button>
                <ThemeToggle />
                <button type="button" class="quiet" data-testid="help" onclick={help}>{ "Help" }</button>
            </div>
        </header>
    }
}

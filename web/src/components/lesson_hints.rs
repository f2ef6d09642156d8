//! Hints, each inside the one before, and a solution in the last one, where there is one. The browser
//! keeps what is open.

use yew::prelude::*;

use super::lesson_view::raw;
use crate::words::learn as words;

/// The hints.
pub(super) fn hints(hints: &[String], solution: Option<String>) -> Html {
    let n = hints.len();
    let last = solution.map(|solution| {
        html! {
            <details class="hint-more">
                <summary data-testid="hint-solution">{ words::SHOW_SOLUTION }</summary>
                <p data-testid="solution">{ words::SOLUTION }{ solution }</p>
            </details>
        }
    });
    hints.iter().enumerate().rev().fold(last.unwrap_or_default(), |inner, (at, text)| {
        html! {
            <details class="hint-more">
                <summary data-testid={format!("hint-{}", at + 1)}>{ words::hint(at + 1, n) }</summary>
                <p>{ raw(text) }</p>
                { inner }
            </details>
        }
    })
}

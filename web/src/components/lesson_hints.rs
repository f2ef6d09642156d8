//! Hints, one after the other; and a solution in the end, where there is one.

use yew::prelude::*;

use super::lesson_view::raw;
use crate::words::learn as words;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Hints.
    pub(crate) hints: Vec<String>,
    /// What solves it, in words.
    #[prop_or_default]
    pub(crate) solution: Option<String>,
}

/// The hints.
#[component]
pub(crate) fn LessonHints(props: &Props) -> Html {
    let shown = use_state(|| 0_usize);
    let (n, of) = (*shown, props.hints.len());
    let more = Callback::from(move |_: MouseEvent| shown.set(n + 1));
    let last = props.solution.as_ref().filter(|_| n > of);
    let label = match (n < of, props.solution.is_some() && n <= of) {
        (true, _) => Some(words::hint(n + 1, of)),
        (false, true) => Some(words::SHOW_SOLUTION.to_owned()),
        (false, false) => None,
    };
    html! {
        <div class="hints" aria-live="polite">
            { for props.hints.iter().take(n).map(|hint| html! { <p class="hint-text">{ raw(hint) }</p> }) }
            if let Some(solution) = last {
                <p class="hint-text" data-testid="solution">{ words::SOLUTION }{ solution }</p>
            }
            if let Some(label) = label {
                <button type="button" class="small quiet" data-testid="hint-more" onclick={more}>{ label }</button>
            }
        </div>
    }
}

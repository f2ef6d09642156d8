//! The lessons there are, what is done of them, and one's own.

use yew::prelude::*;

use super::own_lesson::own_lesson;
use crate::state::learn::{Learn, LearnAction};
use crate::words::learn as words;
use web::lesson::{From, Head};

/// The list.
pub(super) fn course_list(learn: &Learn, on: &Callback<LearnAction>) -> Html {
    let done = |head: &&Head| learn.progress.lessons.get(&head.name).is_some_and(|d| d.is_finished);
    let (n, of) = (learn.course.iter().filter(done).count(), learn.course.len());
    html! {
        <>
            <h2>{ words::TITLE }</h2>
            <p class="muted">{ words::INTRO }</p>
            if of > 0 {
                <p class="course-progress">
                    <progress max={of.to_string()} value={n.to_string()} aria-label={words::finished(n, of)} />
                    <span data-testid="progress">{ words::finished(n, of) }</span>
                </p>
            }
            <ol class="course" data-testid="course">{ for learn.course.iter().enumerate().map(|(at, head)| entry(learn, on, (at, head))) }</ol>
            if !learn.progress.lessons.is_empty() {
                { forget(on) }
            }
            { own_lesson(learn, on) }
        </>
    }
}

fn entry(learn: &Learn, on: &Callback<LearnAction>, (at, head): (usize, &Head)) -> Html {
    let from = From::Course(head.name.clone());
    let open = on.reform(move |_: MouseEvent| LearnAction::Read(from.clone()));
    let state = learn.progress.lessons.get(&head.name).map(|done| done.is_finished);
    html! {
        <li key={head.name.clone()}>
            <button type="button" data-testid={format!("lesson-{}", head.name)} onclick={open}>
                <span class="number">{ at + 1 }</span>
                <span class="what">{ &head.title }</span>
                { match state {
                    Some(true) => html! { <span class="badge good">{ "\u{2713} " }{ words::DONE }</span> },
                    Some(false) => html! { <span class="badge">{ words::BEGUN }</span> },
                    None => html! {},
                } }
            </button>
        </li>
    }
}

/// Forgets the progress, in two presses.
fn forget(on: &Callback<LearnAction>) -> Html {
    let yes = on.reform(|_: MouseEvent| LearnAction::Forget);
    html! {
        <details class="forget">
            <summary data-testid="forget">{ words::FORGET }</summary>
            <button type="button" class="small" data-testid="forget-yes" onclick={yes}>{ words::FORGET_SURE }</button>
        </details>
    }
}

//! The lessons there are, what is done of them, and one's own.

use yew::prelude::*;

use super::own_lesson::OwnLesson;
use crate::state::learn::{Learn, LearnAction};
use crate::words::learn as words;
use web::lesson::{From, Head};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Lessons.
    pub(crate) learn: Learn,
    /// What is done.
    pub(crate) on: Callback<LearnAction>,
}

/// The list.
#[component]
pub(crate) fn CourseList(props: &Props) -> Html {
    let learn = &props.learn;
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
            <ol class="course" data-testid="course">{ for learn.course.iter().enumerate().map(|(at, head)| entry(props, at, head)) }</ol>
            if !learn.progress.lessons.is_empty() {
                <Forget on={props.on.clone()} />
            }
            <OwnLesson draft={learn.draft.clone()} findings={learn.findings.clone()} on={props.on.clone()} />
        </>
    }
}

fn entry(props: &Props, at: usize, head: &Head) -> Html {
    let from = From::Course(head.name.clone());
    let open = props.on.reform(move |_: MouseEvent| LearnAction::Read(from.clone()));
    let state = props.learn.progress.lessons.get(&head.name).map(|done| done.is_finished);
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

#[derive(Properties, PartialEq)]
struct ForgetProps {
    /// What is done.
    on: Callback<LearnAction>,
}

/// Forgets the progress, once it was asked twice.
#[component]
fn Forget(props: &ForgetProps) -> Html {
    let asked = use_state(|| false);
    let ask = {
        let asked = asked.clone();
        move |wanted: bool| {
            let asked = asked.clone();
            Callback::from(move |_: MouseEvent| asked.set(wanted))
        }
    };
    if !*asked {
        return html! {
            <p><button type="button" class="small quiet" data-testid="forget" onclick={ask(true)}>{ words::FORGET }</button></p>
        };
    }
    let yes = props.on.reform(|_: MouseEvent| LearnAction::Forget);
    html! {
        <p class="buttons" role="group" aria-label={words::FORGET_SURE}>
            <span>{ words::FORGET_SURE }</span>
            <button type="button" class="small" data-testid="forget-yes" onclick={yes}>{ words::YES }</button>
            <button type="button" class="small" onclick={ask(false)}>{ words::NO }</button>
        </p>
    }
}

//! The left half while lessons show: the list, or the one that is open. Must not know what is right.

use std::rc::Rc;

use yew::prelude::*;

use super::course_list::CourseList;
use super::lesson_findings::LessonFindings;
use super::lesson_view::LessonView;
use crate::state::learn::LearnAction;
use crate::state::{Action, State};
use crate::words::learn as words;
use web::lesson::From;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page.
    pub(crate) state: Rc<State>,
    /// What is done.
    pub(crate) on: Callback<Action>,
}

/// The half.
#[component]
pub(crate) fn LearnPane(props: &Props) -> Html {
    let learn = &props.state.learn;
    let on = props.on.reform(Action::Learn);
    let act = |action: LearnAction| on.reform(move |_: MouseEvent| action.clone());
    let is_open = learn.lesson.is_some() || matches!(learn.from, Some(From::Course(_)));
    html! {
        <div class="input learn" data-testid="learn-pane">
            <nav class="buttons learn-head" aria-label={words::LEARN}>
                if is_open {
                    <button type="button" class="small" data-testid="all-lessons" onclick={act(LearnAction::List)}>
                        { words::LIST }
                    </button>
                }
                <button type="button" class="small" data-testid="leave-lessons" onclick={act(LearnAction::Leave)}>
                    { words::LEAVE }
                </button>
            </nav>
            { body(props, is_open) }
        </div>
    }
}

fn body(props: &Props, is_open: bool) -> Html {
    let (state, on) = (props.state.clone(), props.on.clone());
    let learn = &state.learn;
    if learn.lesson.is_some() {
        return html! { <LessonView {state} {on} /> };
    }
    if !is_open {
        return html! { <CourseList learn={learn.clone()} on={on.reform(Action::Learn)} /> };
    }
    if learn.findings.is_empty() {
        return html! { <p class="empty">{ words::READING }</p> };
    }
    html! {
        <>
            <p role="alert">{ words::CANNOT_OPEN }</p>
            <LessonFindings findings={learn.findings.clone()} />
        </>
    }
}

//! The left half while lessons show: the list, or the one that is open. Must not know what is right.

use std::rc::Rc;

use yew::prelude::*;

use super::course_list::course_list;
use super::lesson_findings::findings;
use super::lesson_view::LessonView;
use crate::state::learn::LearnAction;
use crate::state::{Action, State};
use crate::words::learn as words;
use web::lesson::From;

/// The half.
pub(crate) fn learn_pane(state: &Rc<State>, on: &Callback<Action>) -> Html {
    let learn = &state.learn;
    let press = on.reform(Action::Learn);
    let act = |action: LearnAction| press.reform(move |_: MouseEvent| action.clone());
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
            { body(state, on, is_open) }
        </div>
    }
}

fn body(state: &Rc<State>, on: &Callback<Action>, is_open: bool) -> Html {
    let learn = &state.learn;
    if learn.lesson.is_some() {
        return html! { <LessonView state={state.clone()} on={on.clone()} /> };
    }
    if !is_open {
        return course_list(learn, &on.reform(Action::Learn));
    }
    if learn.findings.is_empty() {
        return html! { <p class="empty">{ words::READING }</p> };
    }
    html! {
        <>
            <p role="alert">{ words::CANNOT_OPEN }</p>
            { findings(&learn.findings, None) }
        </>
    }
}

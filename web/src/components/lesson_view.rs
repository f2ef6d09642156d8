//! A lesson: text, scenario, questions and puzzles in order, as far as the questions are answered.

use std::rc::Rc;

use planner::diagnostic::Severity;
use yew::prelude::*;

use super::lesson_ask::LessonAsk;
use super::lesson_findings::findings;
use super::lesson_mend::LessonMend;
use super::scenario_card::scenario_card;
use crate::browser;
use crate::state::learn::{Done, LearnAction};
use crate::state::{Action, State};
use crate::words::learn as words;
use web::lesson::{From, PartView};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The page.
    pub(crate) state: Rc<State>,
    /// What is done.
    pub(crate) on: Callback<Action>,
}

/// The title's id.
const TITLE: &str = "lesson-title";

/// The lesson.
#[component]
pub(crate) fn LessonView(props: &Props) -> Html {
    let learn = &props.state.learn;
    let Some(lesson) = learn.lesson.clone() else { return html! {} };
    use_effect_with(learn.from.clone(), |_| browser::focus(TITLE));
    let done = learn.done();
    let waits = lesson
        .parts
        .iter()
        .enumerate()
        .position(|(at, part)| part.is_prediction() && done.choice(at).is_none());
    let shown = waits.map_or(lesson.parts.len(), |at| at + 1);
    let parts = lesson.parts.iter().enumerate().take(shown);
    html! {
        <article class="lesson" data-testid="lesson" aria-labelledby={TITLE}>
            <h2 id={TITLE} tabindex="-1">{ &lesson.title }</h2>
            { own(props) }
            { for parts.map(|(at, part)| html! { <div key={at} class="part">{ show(props, &done, (at, part)) }</div> }) }
            if waits.is_some() && shown < lesson.parts.len() {
                <p class="muted">{ words::GOES_ON }</p>
            } else {
                { end(props, &done) }
            }
        </article>
    }
}

/// What there is to do with one's own lesson.
fn own(props: &Props) -> Html {
    let learn = &props.state.learn;
    let Some(From::Text(_)) = &learn.from else { return html! {} };
    let edit = props.on.reform(|_: MouseEvent| Action::Learn(LearnAction::List));
    let share = props.on.reform(|_: MouseEvent| Action::Share);
    let is_checked =
        learn.has_checked && learn.findings.iter().all(|f| f.severity == Severity::Warning);
    html! {
        <div class="own-head">
            <div class="buttons">
                <button type="button" class="small" data-testid="edit-lesson" onclick={edit}>{ words::EDIT_TEXT }</button>
                <button type="button" class="small" data-testid="lesson-link" onclick={share}>{ words::COPY_LINK }</button>
            </div>
            <p class="muted" role="status" data-testid="lesson-checked">
                { match (learn.is_checking, is_checked) {
                    (true, _) => words::CHECKING,
                    (false, true) => words::CHECKED,
                    (false, false) => "",
                } }
            </p>
            { findings(&learn.findings, None) }
        </div>
    }
}

fn show(props: &Props, done: &Done, (at, part): (usize, &PartView)) -> Html {
    let (state, on) = (&props.state, &props.on);
    let learn = on.reform(Action::Learn);
    match part {
        PartView::Prose(text) => html! { <div class="prose">{ raw(text) }</div> },
        PartView::Scenario => match &state.learn.lesson {
            Some(lesson) => scenario_card(&lesson.scenario, on),
            None => html! {},
        },
        PartView::Ask(ask) => html! {
            <LessonAsk {at} ask={ask.clone()} chosen={done.choice(at)} is_solved={done.is_solved(at)}
                told={state.learn.told.get(&at).cloned()} on={learn} />
        },
        PartView::Mend(mend) => html! {
            <LessonMend {at} mend={mend.clone()} is_solved={done.is_solved(at)} state={state.clone()} on={on.clone()} />
        },
    }
}

/// The end: what is finished, and where to go on.
fn end(props: &Props, done: &Done) -> Html {
    let learn = &props.state.learn;
    let next = learn.next().map(|head| {
        let from = From::Course(head.name.clone());
        let open = props
            .on
            .reform(move |_: MouseEvent| Action::Learn(LearnAction::Read(from.clone())));
        let class = done.is_finished.then_some("primary");
        html! {
            <button type="button" {class} data-testid="next-lesson" onclick={open}>{ words::NEXT }{ &head.title }</button>
        }
    });
    let is_last = next.is_none() && matches!(learn.from, Some(From::Course(_)));
    html! {
        <footer class="lesson-end">
            <p role="status" data-testid="lesson-end">
                if done.is_finished {
                    <strong class="good">{ "\u{2713} " }{ words::FINISHED }</strong>
                    if is_last { { " " }{ words::COURSE_FINISHED } }
                }
            </p>
            { next }
        </footer>
    }
}

/// HTML that the worker made of Markdown.
pub(super) fn raw(text: &str) -> Html {
    Html::from_html_unchecked(AttrValue::from(text.to_owned()))
}

//! A question with choices: asked first, then what the engine says. Must not know what is right
//! before the engine has said it.

use std::rc::Rc;

use web::lesson::{AskView, Told};
use yew::prelude::*;

use super::lesson_hints::hints;
use super::lesson_view::raw;
use crate::browser;
use crate::state::learn::LearnAction;
use crate::words::learn as words;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Index among the lesson's parts.
    pub(crate) at: usize,
    /// The question.
    pub(crate) ask: AskView,
    /// What was chosen.
    pub(crate) chosen: Option<usize>,
    /// Whether it was answered right, where it is a puzzle.
    pub(crate) is_solved: bool,
    /// What the engine says, once it was asked.
    pub(crate) told: Option<Result<Rc<Told>, String>>,
    /// What is done.
    pub(crate) on: Callback<LearnAction>,
}

/// The question.
#[component]
pub(crate) fn LessonAsk(props: &Props) -> Html {
    let picked = use_state(|| props.chosen);
    let at = props.at;
    let is_open = props.chosen.is_none() || (props.ask.is_puzzle && !props.is_solved);
    let choice = {
        let (on, picked) = (props.on.clone(), *picked);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(choice) = picked {
                on.emit(LearnAction::Answer(at, choice));
            }
        })
    };
    let answer_id = format!("answer-{at}");
    // The button that was pressed is gone with the answer; the focus is not to be lost with it.
    let goes_to = answer_id.clone();
    use_effect_with((props.chosen, props.told.is_some()), move |(chosen, is_told)| {
        if chosen.is_some() && *is_told && browser::has_no_focus() {
            browser::focus(&goes_to);
        }
    });
    let kind = if props.ask.is_puzzle { words::PUZZLE } else { words::PREDICT };
    html! {
        <form class={classes!("ask", props.ask.is_puzzle.then_some("puzzle"))} onsubmit={choice} data-testid={format!("ask-{at}")}>
            <fieldset>
                <legend><span class="badge">{ kind }</span>{ " " }{ raw(&props.ask.question) }</legend>
                { for (0..props.ask.choices.len()).map(|choice| option(props, &picked, (choice, is_open))) }
                if is_open {
                    <button type="submit" class="primary" data-testid={format!("check-{at}")} disabled={picked.is_none()}>
                        { words::CHECK }
                    </button>
                }
            </fieldset>
            <div id={answer_id.clone()} tabindex="-1" aria-live="polite" data-testid={answer_id}>{ answer(props) }</div>
            if is_open && !props.ask.hints.is_empty() {
                { hints(&props.ask.hints, None) }
            }
        </form>
    }
}

fn option(
    props: &Props,
    picked: &UseStateHandle<Option<usize>>,
    (choice, is_open): (usize, bool),
) -> Html {
    let at = props.at;
    let told = props.told.as_ref().and_then(|told| told.as_ref().ok());
    let right = told.filter(|_| !is_open).map(|told| told.right);
    let is_right = right == Some(choice);
    let is_wrong = right.is_some() && !is_right && props.chosen == Some(choice);
    let onchange = {
        let picked = picked.clone();
        Callback::from(move |_: Event| picked.set(Some(choice)))
    };
    html! {
        <label class={classes!("option", is_right.then_some("right"), is_wrong.then_some("wrong"))}>
            <input type="radio" name={format!("ask-{at}")} checked={**picked == Some(choice)} disabled={!is_open}
                data-testid={format!("choice-{at}-{choice}")} {onchange} />
            <span>{ raw(&props.ask.choices[choice]) }</span>
            if is_right { <span class="mark good">{ words::RIGHT_MARK }</span> }
            if is_wrong { <span class="mark bad">{ words::WRONG_MARK }</span> }
        </label>
    }
}

/// The engine is at it, for as long as the reader likes.
fn asking(props: &Props) -> Html {
    let at = props.at;
    let stop = props.on.reform(move |_: MouseEvent| LearnAction::StopAsking(at));
    html! {
        <p class="muted">
            { words::ASKING }{ " " }
            <button type="button" class="small" data-testid={format!("stop-{at}")} onclick={stop}>{ words::STOP }</button>
        </p>
    }
}

fn answer(props: &Props) -> Html {
    let Some(chosen) = props.chosen else { return html! {} };
    let told = match &props.told {
        None => return asking(props),
        Some(Err(why)) => return html! { <p class="banner error">{ why }</p> },
        Some(Ok(told)) => told.clone(),
    };
    let is_right = told.right == chosen;
    if props.ask.is_puzzle && !is_right && !props.is_solved {
        return html! { <p class="verdict-line bad"><strong>{ words::WRONG }</strong>{ " " }{ words::TRY_AGAIN }</p> };
    }
    let (class, word) = if is_right { ("good", words::RIGHT) } else { ("bad", words::WRONG) };
    let (on, at) = (props.on.clone(), props.at);
    let watch = Callback::from(move |_: MouseEvent| {
        on.emit(LearnAction::Watch(at));
        browser::show_result();
    });
    html! {
        <div class="answer">
            <p class={classes!("verdict-line", class)}><strong>{ word }</strong></p>
            <p class="found"><span class="muted">{ words::FOUND }</span>{ " " }{ &told.words }</p>
            if told.trace.is_some() || told.setting.is_some() {
                <p><button type="button" class="small" data-testid={format!("watch-{at}")} onclick={watch}>{ words::WATCH }</button></p>
            }
            if !told.because.is_empty() {
                <p class="because">{ raw(&told.because) }</p>
            }
        </div>
    }
}

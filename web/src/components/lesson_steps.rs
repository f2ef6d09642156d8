//! The steps of a puzzle's plan, and what may be done to each. A step is moved in two presses: it is
//! lifted, then a place is chosen; so that it needs no mouse.

use std::rc::Rc;

use lessons::Tool;
use planner::edit::Edit;
use web::view::{PlanView, StepView};
use yew::prelude::*;

use super::step_edits::edited;
use crate::format;
use crate::words::learn as words;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The plan, as it was made.
    pub(crate) plan: Rc<PlanView>,
    /// What was done to it.
    pub(crate) edits: Vec<Edit>,
    /// What may be done.
    pub(crate) tools: Vec<Tool>,
    /// Whether no edit is left.
    pub(crate) is_over: bool,
    /// What is done.
    pub(crate) on: Callback<Edit>,
}

/// The list.
#[component]
pub(crate) fn LessonSteps(props: &Props) -> Html {
    let lifted = use_state(|| None::<String>);
    let steps = edited(&props.plan, &props.edits);
    let n = steps.len();
    html! {
        <ol class="mend-steps" aria-label={words::STEPS}>
            { for steps.iter().enumerate().map(|(at, step)| line(props, &lifted, (step, at, n))) }
            if let Some(step) = lifted.as_ref() {
                <li class="place">{ place(props, &lifted, step, None) }</li>
            }
        </ol>
    }
}

fn line(
    props: &Props,
    lifted: &UseStateHandle<Option<String>>,
    (step, at, n): (&StepView, usize, usize),
) -> Html {
    let id = &step.id;
    let is_lifted = lifted.as_ref() == Some(id);
    let target = lifted.as_ref().filter(|_| !is_lifted);
    html! {
        <li key={id.clone()} class={is_lifted.then_some("lifted")} data-testid={format!("mend-step-{id}")}>
            if let Some(step) = target {
                { place(props, lifted, step, Some(id.clone())) }
            }
            <span class="id">{ id }</span>
            <span class="what"><span class="badge">{ format::step(step.kind) }</span>{ " " }{ &step.operation }</span>
            <span class="controls">
                { for props.tools.iter().map(|tool| control(props, lifted, (*tool, id), (at, n))) }
            </span>
        </li>
    }
}

fn control(
    props: &Props,
    lifted: &UseStateHandle<Option<String>>,
    (tool, id): (Tool, &str),
    (at, n): (usize, usize),
) -> Html {
    let step = id.to_owned();
    let (sign, disabled, edit) = match tool {
        Tool::Up => ("\u{2191}", at == 0, Some(Edit::Up { step })),
        Tool::Down => ("\u{2193}", at + 1 == n, Some(Edit::Down { step })),
        Tool::Merge => ("\u{21d1}", at == 0, Some(Edit::Merge { step })),
        Tool::Remove => ("\u{2715}", n == 1, Some(Edit::Remove { step })),
        Tool::Move if lifted.as_deref() == Some(id) => (words::CANCEL, false, None),
        Tool::Move => (words::MOVE, false, None),
    };
    let label =
        format!("{} step {id}", if sign == words::CANCEL { words::CANCEL } else { tool.name() });
    let onclick = {
        let (on, lifted, id) = (props.on.clone(), lifted.clone(), id.to_owned());
        Callback::from(move |_: MouseEvent| match &edit {
            Some(edit) => {
                lifted.set(None);
                on.emit(edit.clone());
            }
            None if lifted.as_ref() == Some(&id) => lifted.set(None),
            None => lifted.set(Some(id.clone())),
        })
    };
    html! {
        <button type="button" class="small" title={label.clone()} aria-label={label} disabled={disabled || props.is_over}
            data-testid={format!("mend-{}-{id}", tool.name())} {onclick}>{ sign }</button>
    }
}

fn place(
    props: &Props,
    lifted: &UseStateHandle<Option<String>>,
    step: &str,
    before: Option<String>,
) -> Html {
    let (text, label) = match &before {
        Some(id) => (words::HERE, format!("{}, before step {id}", words::HERE)),
        None => (words::TO_THE_END, words::TO_THE_END.to_owned()),
    };
    let testid = format!("mend-place-{}", before.as_deref().unwrap_or("end"));
    let edit = Edit::Move { step: step.to_owned(), before };
    let onclick = {
        let (on, lifted) = (props.on.clone(), lifted.clone());
        Callback::from(move |_: MouseEvent| {
            lifted.set(None);
            on.emit(edit.clone());
        })
    };
    html! {
        <button type="button" class="small place" aria-label={label} data-testid={testid} {onclick}>{ text }</button>
    }
}

//! Edit and break: take a step out of the plan, move or merge it, and see at once what breaks. Must
//! not know what comes of an edit.

use std::rc::Rc;

use planner::edit::{Edit, ids_after};
use web::view::{PlanView, StepView};
use yew::prelude::*;

use crate::format;
use crate::state::proof::ProofAction;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The plan, as it was made.
    pub(crate) plan: Rc<PlanView>,
    /// What is done to it.
    pub(crate) edits: Vec<Edit>,
    /// What is done.
    pub(crate) on: Callback<ProofAction>,
}

/// The list of steps with its controls.
#[component]
pub(crate) fn StepEdits(props: &Props) -> Html {
    let steps = edited(&props.plan, &props.edits);
    let n = steps.len();
    html! {
        <details class="edits" data-testid="edits" open={!props.edits.is_empty()}>
            <summary data-testid="edit-and-break">{ "Edit and break" }</summary>
            <p class="muted">{ "Take a step out, move it, or merge it into the one before it: the plan is proved again at once, and the first way to break it shows above." }</p>
            if !props.edits.is_empty() {
                <div class="buttons">
                    <span>{ props.edits.iter().map(Edit::words).collect::<Vec<_>>().join(", ") }</span>
                    <button type="button" class="small" data-testid="undo-edit"
                        onclick={props.on.reform(|_: MouseEvent| ProofAction::Undo)}>{ "Undo" }</button>
                    <button type="button" class="small" data-testid="reset-edits"
                        onclick={props.on.reform(|_: MouseEvent| ProofAction::Reset)}>{ "Undo all" }</button>
                </div>
            }
            <ol>{ for steps.iter().enumerate().map(|(at, step)| line(props, step, (at, n))) }</ol>
        </details>
    }
}

fn line(props: &Props, step: &StepView, (at, n): (usize, usize)) -> Html {
    let id = &step.id;
    let control = |name: &'static str, sign: &'static str, edit: Edit, disabled: bool| {
        let label = format!("{name} step {id}");
        html! {
            <button type="button" class="small" title={label.clone()} aria-label={label} {disabled}
                data-testid={format!("{}-{id}", name.to_lowercase().replace(' ', "-"))}
                onclick={props.on.reform(move |_: MouseEvent| ProofAction::Edit(edit.clone()))}>{ sign }</button>
        }
    };
    let step_id = || id.clone();
    html! {
        <li key={id.clone()}>
            <span class="id">{ id }</span>
            <span class="what"><span class="badge">{ format::step(step.kind) }</span>{ " " }{ &step.operation }</span>
            <span class="controls">
                { control("Move up", "\u{2191}", Edit::Up { step: step_id() }, at == 0) }
                { control("Move down", "\u{2193}", Edit::Down { step: step_id() }, at + 1 == n) }
                { control("Merge up", "\u{21d1}", Edit::Merge { step: step_id() }, at == 0) }
                { control("Remove", "\u{2715}", Edit::Remove { step: step_id() }, n == 1) }
            </span>
        </li>
    }
}

/// The steps in the order that the edits leave.
pub(crate) fn edited<'a>(plan: &'a PlanView, edits: &[Edit]) -> Vec<&'a StepView> {
    let steps = || plan.phases.iter().flat_map(|phase| &phase.steps);
    let ids = ids_after(steps().map(|step| step.id.as_str()), edits);
    ids.into_iter().filter_map(|id| steps().find(|step| step.id == id)).collect()
}

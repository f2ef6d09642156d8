//! Edit and break: take a step out of the plan, move or merge it, and see at once what breaks. Must
//! not know what comes of an edit.

use planner::edit::{Edit, ids_after};
use web::view::{PlanView, StepView};
use yew::prelude::*;

use crate::format;
use crate::state::proof::ProofAction;

/// The list of steps with its controls.
pub(crate) fn step_edits(plan: &PlanView, edits: &[Edit], on: &Callback<ProofAction>) -> Html {
    let steps = edited(plan, edits);
    let n = steps.len();
    html! {
        <details class="edits" data-testid="edits" open={!edits.is_empty()}>
            <summary data-testid="edit-and-break">{ "Edit and break" }</summary>
            <p class="muted">{ "Take a step out, move it, or merge it into the one before it: the plan is proved again at once, and the first way to break it shows above." }</p>
            if !edits.is_empty() {
                <div class="buttons">
                    <span>{ edits.iter().map(Edit::words).collect::<Vec<_>>().join(", ") }</span>
                    <button type="button" class="small" data-testid="undo-edit"
                        onclick={on.reform(|_: MouseEvent| ProofAction::Undo)}>{ "Undo" }</button>
                    <button type="button" class="small" data-testid="reset-edits"
                        onclick={on.reform(|_: MouseEvent| ProofAction::Reset)}>{ "Undo all" }</button>
                </div>
            }
            <ol>{ for steps.iter().enumerate().map(|(at, step)| line(on, step, (at, n))) }</ol>
        </details>
    }
}

fn line(on: &Callback<ProofAction>, step: &StepView, (at, n): (usize, usize)) -> Html {
    let id = &step.id;
    let control = |name: &'static str, sign: &'static str, edit: Edit, disabled: bool| {
        let label = format!("{name} step {id}");
        html! {
            <button type="button" class="small" title={label.clone()} aria-label={label} {disabled}
                data-testid={format!("{}-{id}", name.to_ascii_lowercase().replace(' ', "-"))}
                onclick={on.reform(move |_: MouseEvent| ProofAction::Edit(edit.clone()))}>{ sign }</button>
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

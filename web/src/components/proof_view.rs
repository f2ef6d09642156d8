//! The proof: bounds, start and stop, how far it is, its outcome, what else was found, and edits.

use std::rc::Rc;

use simulator::Bounds;
use web::protocol::Subject;
use web::view::PlanView;
use yew::prelude::*;

use super::endings_view::EndingsView;
use super::matrix_view::MatrixView;
use super::number_field::{NumberField, wide};
use super::step_edits::StepEdits;
use super::strip_view::StripView;
use super::verdict_card::VerdictCard;
use crate::format::{self, count};
use crate::state::proof::{Proof, ProofAction};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The proof.
    pub(crate) proof: Proof,
    /// The plan, as it was made.
    pub(crate) plan: Rc<PlanView>,
    /// What is done.
    pub(crate) on: Callback<ProofAction>,
}

/// The page.
#[component]
pub(crate) fn ProofView(props: &Props) -> Html {
    let proof = &props.proof;
    html! {
        <div class="proof">
            <p class="lead">
                { "Every order in which requests of old and new instances, the migration's steps and failures \
                   can interleave is tried, within the bounds. After each, every promise of the plan must hold: \
                   no statement of a live version fails, no acknowledged write is lost, nobody waits too long, \
                   and there is always a way back or forward." }
            </p>
            { bounds(props) }
            { buttons(props) }
            if proof.is_running() { { progress(proof) } }
            <VerdictCard proof={proof.clone()} on={props.on.clone()} />
            if let Some(derived) = &proof.derived {
                <StripView derived={derived.clone()} on={props.on.clone()} />
                <MatrixView derived={derived.clone()} on={props.on.clone()} />
                <EndingsView derived={derived.clone()} on={props.on.clone()} />
            }
            <StepEdits plan={props.plan.clone()} edits={proof.edits.clone()} on={props.on.clone()} />
        </div>
    }
}

fn bounds(props: &Props) -> Html {
    let now = &props.proof.bounds;
    let edit = |set: fn(&mut Bounds, usize)| {
        let now = now.clone();
        props.on.reform(move |number| {
            let mut bounds = now.clone();
            set(&mut bounds, usize::try_from(number).unwrap_or(usize::MAX));
            ProofAction::Bounds(bounds)
        })
    };
    html! {
        <fieldset class="bounds">
            <legend>{ "Bounds" }</legend>
            <div class="fields">
                <NumberField label="instances" min=1 max=6 value={wide(now.instances)}
                    testid="bound-instances" on={edit(|b, n| b.instances = n)} />
                <NumberField label="rows in each table" min=1 max=4 value={wide(now.rows)}
                    testid="bound-rows" on={edit(|b, n| b.rows = n)} />
                <NumberField label="failures" min=0 max=4 value={wide(now.faults)}
                    testid="bound-faults" on={edit(|b, n| b.faults = n)} />
            </div>
        </fieldset>
    }
}

fn buttons(props: &Props) -> Html {
    let running = props.proof.is_running();
    // Not disabled while it runs: the focus would be lost with the button.
    let start = |subject| {
        let on = props.on.clone();
        Callback::from(move |_: MouseEvent| {
            if !running {
                on.emit(ProofAction::Start(subject));
            }
        })
    };
    html! {
        <div class="buttons">
            <button type="button" class="primary" data-testid="prove" aria-disabled={running.to_string()}
                onclick={start(Subject::Plan)}>{ "Prove the plan" }</button>
            <button type="button" data-testid="prove-as-asked" aria-disabled={running.to_string()}
                onclick={start(Subject::AsAsked)}>{ "Prove the change as asked" }</button>
            if running {
                <button type="button" data-testid="stop-proof"
                    onclick={props.on.reform(|_: MouseEvent| ProofAction::Stop)}>{ "Stop" }</button>
            }
        </div>
    }
}

fn progress(proof: &Proof) -> Html {
    let progress = &proof.progress;
    let seconds = proof.elapsed_ms / 1000;
    html! {
        <div class="card running" role="status" data-testid="progress">
            <p><strong>{ "Searching: " }{ format::subject(proof.subject) }</strong></p>
            <dl class="counts">
                <dt>{ "states" }</dt><dd>{ count(progress.states) }</dd>
                <dt>{ "transitions" }</dt><dd>{ count(progress.transitions) }</dd>
                <dt>{ "depth" }</dt><dd>{ count(progress.depth) }</dd>
                <dt>{ "still to look into" }</dt><dd>{ count(progress.frontier) }</dd>
                <dt>{ "time" }</dt><dd>{ format!("{seconds} s") }</dd>
            </dl>
        </div>
    }
}

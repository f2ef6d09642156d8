//! The proof: bounds, start and stop, how far it is, its outcome, what else was found, and edits.

use simulator::Bounds;
use web::protocol::Subject;
use web::view::PlanView;
use yew::prelude::*;

use super::endings_view::endings_view;
use super::matrix_view::matrix_view;
use super::number_field::{NumberField, wide};
use super::step_edits::step_edits;
use super::strip_view::strip_view;
use super::verdict_card::verdict_card;
use crate::format::{self, count};
use crate::state::proof::{Proof, ProofAction};

/// The page.
pub(crate) fn proof_view(proof: &Proof, plan: &PlanView, on: &Callback<ProofAction>) -> Html {
    html! {
        <div class="proof">
            <p class="lead">
                { "Every order in which requests of old and new instances, the migration's steps and failures \
                   can interleave is tried, within the bounds. After each, every promise of the plan must hold: \
                   no statement of a live version fails, no acknowledged write is lost, nobody waits too long, \
                   and there is always a way back or forward." }
            </p>
            { bounds(&proof.bounds, on) }
            { buttons(proof.is_running(), on) }
            if proof.is_running() { { progress(proof) } }
            { verdict_card(proof, on) }
            if let Some(derived) = &proof.derived {
                { strip_view(&derived.strip, on) }
                { matrix_view(derived, on) }
                { endings_view(derived, on) }
            }
            { step_edits(plan, &proof.edits, on) }
        </div>
    }
}

fn bounds(now: &Bounds, on: &Callback<ProofAction>) -> Html {
    let edit = |set: fn(&mut Bounds, usize)| {
        let now = now.clone();
        on.reform(move |number| {
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

fn buttons(running: bool, on: &Callback<ProofAction>) -> Html {
    // Not disabled while it runs: the focus would be lost with the button.
    let start = |subject| {
        let on = on.clone();
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
                    onclick={on.reform(|_: MouseEvent| ProofAction::Stop)}>{ "Stop" }</button>
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

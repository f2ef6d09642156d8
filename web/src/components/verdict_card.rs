//! The outcome of a proof, in words that claim no more than was searched.

use web::view::BoundsView;
use yew::prelude::*;

use super::play_view::BrokenPromise;
use crate::format::{self, count, plural};
use crate::state::proof::{Proof, ProofAction, ProofState};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The proof.
    pub(crate) proof: Proof,
    /// What is done.
    pub(crate) on: Callback<ProofAction>,
}

/// The card.
#[component]
pub(crate) fn VerdictCard(props: &Props) -> Html {
    let proof = &props.proof;
    let what = format::subject(proof.subject);
    let within = within(proof.searched);
    let body = match &proof.state {
        ProofState::Idle | ProofState::Running => return html! {},
        ProofState::Stopped => html! {
            <p>{ format!("Stopped after {} states of {what}: neither proved nor refuted.", count(proof.progress.states)) }</p>
        },
        ProofState::Failed(message) => {
            html! { <p role="alert">{ format!("No proof: {message}") }</p> }
        }
        ProofState::Verified { states, transitions, depth, reached } => html! {
            <>
                <h3>{ "Verified" }</h3>
                <p>{ format!(
                    "No promise breaks in any of {} states of {what}, reached by {} transitions, at most {} actions deep. \
                     That is every interleaving with {within}; more of any was not searched.",
                    count(*states), count(*transitions), count(*depth)) }</p>
                { sometimes(reached) }
            </>
        },
        ProofState::Refuted { states, broken, moments } => html! {
            <>
                <h3>{ "Refuted" }</h3>
                <p>{ format!(
                    "Of {what}, with {within}: a promise breaks after {}, the shortest way there is. {} states were searched.",
                    plural(moments.len().saturating_sub(1), "action"), count(*states)) }</p>
                <BrokenPromise broken={broken.clone()} />
                <button type="button" class="primary" data-testid="watch"
                    onclick={props.on.reform(|_: MouseEvent| ProofAction::Watch)}>{ "Watch it" }</button>
            </>
        },
        ProofState::BoundsExceeded { states, reason } => html! {
            <>
                <h3>{ "Bounds exceeded" }</h3>
                <p>{ format!(
                    "No promise broke in {} states of {what}, but that was not all of them: {reason}. \
                     This is not a proof; fewer instances, rows or failures may give one.", count(*states)) }</p>
            </>
        },
    };
    html! {
        <div class={classes!("card", class(&proof.state), proof.stale.then_some("old"))} data-testid="verdict"
            data-outcome={class(&proof.state)} aria-live="polite">
            if proof.stale {
                <p class="muted">{ "This is about the plan before the last change to the input." }</p>
            }
            { body }
        </div>
    }
}

fn class(state: &ProofState) -> &'static str {
    match state {
        ProofState::Verified { .. } => "verified",
        ProofState::Refuted { .. } => "refuted",
        ProofState::BoundsExceeded { .. } => "exceeded",
        ProofState::Failed(_) => "failed",
        ProofState::Idle | ProofState::Running | ProofState::Stopped => "stopped",
    }
}

fn within(bounds: BoundsView) -> String {
    let n = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    format!(
        "{}, {} in each table and at most {}",
        plural(n(bounds.instances), "instance"),
        plural(n(bounds.rows), "row"),
        plural(n(bounds.faults), "failure"),
    )
}

fn sometimes(reached: &[String]) -> Html {
    if reached.is_empty() {
        return html! {};
    }
    html! {
        <>
            <p>{ "The search is not empty; it really came across:" }</p>
            <ul>{ for reached.iter().map(|what| html! { <li>{ what }</li> }) }</ul>
        </>
    }
}

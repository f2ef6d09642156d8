//! The point-of-no-return strip: for each step, what a rollback from right after it keeps. A step
//! opens the run that shows it. Must not judge: colours and words are the simulator's.

use simulator::{Back, Strip, StripStep};
use web::protocol::CellAt;
use yew::prelude::*;

use crate::state::proof::ProofAction;

/// The strip.
pub(crate) fn strip_view(strip: &Strip, on: &Callback<ProofAction>) -> Html {
    html! {
        <section class="derived" data-testid="way-back">
            <h3>{ "The way back" }</h3>
            <p class="muted">
                { "From right after each step the plan was rolled back, after the releases had written what only \
                   their own shape can hold, and run once more. " }
                { point(strip) }
                { " A step opens the run." }
            </p>
            <ol class="way-back" aria-label="What a rollback from after each step keeps">
                { for strip.steps.iter().map(|step| html! { <li>{ button(on, strip, step) }</li> }) }
            </ol>
            { losses(strip) }
        </section>
    }
}

fn point(strip: &Strip) -> String {
    match (&strip.declared, &strip.computed) {
        (Some(a), Some(b)) if a == b => {
            format!("Point of no return: {a}, as the plan declares.")
        }
        (None, None) => "There is no point of no return, as the plan declares.".to_owned(),
        (declared, computed) => {
            let words = |id: &Option<String>| id.clone().unwrap_or_else(|| "none".to_owned());
            format!(
                "Point of no return: {} by what was run, {} by what the plan declares.",
                words(computed),
                words(declared)
            )
        }
    }
}

fn button(on: &Callback<ProofAction>, strip: &Strip, step: &StripStep) -> Html {
    let id = step.step.clone();
    let open =
        on.reform(move |_: MouseEvent| ProofAction::Show(CellAt::WayBack { step: id.clone() }));
    let is_point = strip.computed.as_ref() == Some(&step.step);
    let label = format!("Step {}, {}: {}", step.step, step.back.name(), step.operation);
    html! {
        <button type="button" class={classes!(class(&step.back), is_point.then_some("point"))}
            title={label.clone()} aria-label={label} onclick={open} data-testid={format!("back-{}", step.step)}>
            <span class="id">{ &step.step }</span>
            <span class="mark" aria-hidden="true">{ mark(&step.back) }</span>
        </button>
    }
}

fn class(back: &Back) -> &'static str {
    match back {
        Back::Reversible => "kept",
        Back::WithLoss { .. } => "loses",
        Back::Irreversible { .. } => "gone",
        Back::Unreached { .. } => "unreached",
    }
}

/// A sign beside the colour.
fn mark(back: &Back) -> &'static str {
    match back {
        Back::Reversible => "\u{21a9}",
        Back::WithLoss { .. } => "\u{25d0}",
        Back::Irreversible { .. } => "\u{2715}",
        Back::Unreached { .. } => "?",
    }
}

/// What is lost, each thing once, and why there is no way back.
fn losses(strip: &Strip) -> Html {
    let mut said: Vec<(String, String, &'static str)> = Vec::new();
    for step in &strip.steps {
        for text in step.back.lines() {
            if said.iter().all(|(_, known, _)| *known != text) {
                said.push((step.step.clone(), text, class(&step.back)));
            }
        }
    }
    html! {
        <>
            <p class="legend">
                <span class="kept">{ format!("{} reversible", mark(&Back::Reversible)) }</span>
                <span class="loses">{ "\u{25d0} reversible with loss" }</span>
                <span class="gone">{ "\u{2715} irreversible" }</span>
                if strip.steps.iter().any(|step| matches!(step.back, Back::Unreached { .. })) {
                    <span class="unreached">{ "? not reached" }</span>
                }
            </p>
            if !said.is_empty() {
                <ul class="witnesses" data-testid="losses">
                    { for said.into_iter().map(|(step, text, class)| html! {
                        <li {class}><strong>{ format!("from {step} on: ") }</strong>{ text }</li>
                    }) }
                </ul>
            }
        </>
    }
}

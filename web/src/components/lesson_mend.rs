//! A broken plan to mend: its steps with what may be done to them, proved after every edit. Must not
//! judge: the proof does.

use std::rc::Rc;

use planner::edit::Edit;
use simulator::Verdict;
use web::lesson::MendView;
use web::protocol::Subject;
use yew::prelude::*;

use super::lesson_hints::hints;
use super::lesson_steps::LessonSteps;
use super::lesson_view::raw;
use crate::browser;
use crate::state::learn::{Lack, LearnAction, lacks, used};
use crate::state::proof::{ProofAction, ProofState};
use crate::state::{Action, State};
use crate::words::learn as words;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Index among the lesson's parts.
    pub(crate) at: usize,
    /// The puzzle.
    pub(crate) mend: MendView,
    /// Whether it was solved.
    pub(crate) is_solved: bool,
    /// The page.
    pub(crate) state: Rc<State>,
    /// What is done.
    pub(crate) on: Callback<Action>,
}

/// The puzzle.
#[component]
pub(crate) fn LessonMend(props: &Props) -> Html {
    let (mend, state, at) = (&props.mend, &props.state, props.at);
    let proof = &state.proof;
    let is_begun =
        proof.state != ProofState::Idle && !proof.stale && proof.subject == Subject::Plan;
    let n = used(&proof.edits, mend).filter(|_| is_begun);
    // A button that was pressed may be gone after it; the focus is not to be lost with it.
    let outcome_id = format!("outcome-{at}");
    let goes_to = outcome_id.clone();
    use_effect_with((proof.edits.clone(), n, proof.state.clone()), move |(_, n, _)| {
        if n.is_some() && browser::has_no_focus() {
            browser::focus(&goes_to);
        }
    });
    let words_of = |edits: &[Edit]| edits.iter().map(Edit::words).collect::<Vec<_>>().join(", ");
    html! {
        <section class="mend puzzle" aria-labelledby={format!("mend-{at}")} data-testid={format!("mend-{at}")}>
            <h3 id={format!("mend-{at}")}>
                <span class="badge">{ words::PUZZLE }</span>
                if props.is_solved { { " " }<span class="badge good">{ "\u{2713} " }{ words::DONE }</span> }
            </h3>
            <p>{ raw(&mend.task) }</p>
            { match (n, &state.shown) {
                (Some(n), Some(shown)) => html! {
                    <>
                        <div class="outcome" id={outcome_id.clone()} tabindex="-1" aria-live="polite" data-testid={outcome_id}>{ outcome(props) }</div>
                        { controls(props, n) }
                        <LessonSteps plan={shown.plan.clone()} edits={proof.edits.clone()} tools={mend.tools.clone()}
                            is_over={n >= mend.edits_max} on={props.on.reform(|edit| Action::Learn(LearnAction::Edit(edit)))} />
                    </>
                },
                (None, Some(_)) if !state.is_planning() => button(props, words::BEGIN, "primary"),
                (_, _) => html! { <p class="muted">{ words::NOT_READY }</p> },
            } }
            if !props.is_solved {
                { hints(&mend.hints, Some(words_of(&mend.solution))) }
            }
        </section>
    }
}

fn button(props: &Props, text: &'static str, class: &'static str) -> Html {
    let at = props.at;
    let begin = props.on.reform(move |_: MouseEvent| Action::Learn(LearnAction::Begin(at)));
    html! { <button type="button" {class} data-testid={format!("begin-{at}")} onclick={begin}>{ text }</button> }
}

fn controls(props: &Props, n: usize) -> Html {
    let at = props.at;
    let undo = props.on.reform(move |_: MouseEvent| Action::Learn(LearnAction::Undo(at)));
    html! {
        <div class="buttons">
            <span class="muted">{ words::used(n, props.mend.edits_max) }</span>
            <button type="button" class="small" data-testid={format!("undo-{at}")} disabled={n == 0} onclick={undo}>{ words::UNDO }</button>
            { button(props, words::BEGIN_AGAIN, "small quiet") }
        </div>
    }
}

/// What the newest proof says.
fn outcome(props: &Props) -> Html {
    let proof = &props.state.proof;
    let verdict = match &proof.state {
        ProofState::Idle | ProofState::Stopped => return html! {},
        ProofState::Running => return html! { <p class="muted">{ words::SEARCHING }</p> },
        ProofState::Failed(why) => return html! { <p class="banner error">{ why }</p> },
        ProofState::Done(verdict) => verdict,
    };
    match verdict.as_ref() {
        Verdict::Verified { .. } => match lacks(proof, &props.mend) {
            // What is shown here is this puzzle's plan.
            Some(Lack::OtherPlan) => html! {},
            Some(Lack::OtherBounds) => bad(words::OTHER_BOUNDS),
            Some(Lack::NotOffered) => bad(words::NOT_OFFERED),
            Some(Lack::TooMany) => bad(words::TOO_MANY),
            None => html! {
                <p class="verdict-line good"><strong>{ "\u{2713} " }{ words::SOLVED }</strong>{ " " }{ words::VERIFIED }</p>
            },
        },
        Verdict::Refuted(found) => {
            let on = props.on.clone();
            let watch = Callback::from(move |_: MouseEvent| {
                on.emit(Action::Proof(ProofAction::Watch));
                browser::show_result();
            });
            html! {
                <>
                    <p class="verdict-line bad"><strong>{ "\u{2715} " }{ words::REFUTED }</strong>{ ": " }{ &found.invariant }</p>
                    <p class="found">{ &found.detail }</p>
                    <button type="button" class="small" data-testid={format!("watch-{}", props.at)} onclick={watch}>{ words::WATCH }</button>
                </>
            }
        }
        Verdict::BoundsExceeded { reason, .. } => bad(reason),
    }
}

fn bad(why: &str) -> Html {
    html! { <p class="verdict-line bad">{ why }</p> }
}

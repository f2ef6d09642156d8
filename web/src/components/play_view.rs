//! The player: a run of the plan or of the change as asked, drawn moment by moment.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use simulator::{BrokenPromise as Promise, Frame, TableFrame};
use web::protocol::Subject;
use web::view::PlanView;
use yew::prelude::*;

use super::choices::Choices;
use super::event_log::EventLog;
use super::fleet::fleet;
use super::grid::tables;
use super::step_strip::StepStrip;
use super::transport::transport;
use crate::format;
use crate::state::play::{Play, PlayAction, SPEEDS, Shared};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The run.
    pub(crate) play: Play,
    /// The plan.
    pub(crate) plan: Rc<PlanView>,
    /// What is done.
    pub(crate) on: Callback<PlayAction>,
}

/// The player.
#[component]
pub(crate) fn PlayView(props: &Props) -> Html {
    let play = &props.play;
    use_clock(play, &props.on);
    let previous = play.at.checked_sub(1).and_then(|at| play.moments.get(at));
    let before = previous.map(|moment| moment.frame.tables.as_slice());
    html! {
        <div class="play" data-testid="player">
            <div class="play-head">
                { subjects(props) }
                if play.is_watching() {
                    <p class="watching">
                        { if play.broken_at().is_some() { "A way to what breaks. " } else { "The run behind a cell. " } }
                        <button type="button" class="small" data-testid="leave-watching"
                            onclick={props.on.reform(|_: MouseEvent| PlayAction::Start)}>{ "Back to free play" }</button>
                    </p>
                }
            </div>
            if let Some(error) = &play.error {
                <p class="banner error" role="alert">{ error }</p>
            }
            if play.shared == Shared::Differs {
                <p class="banner warning" role="status" data-testid="differs">
                    { "This is not quite the run that was shared: it was made by another version of Concertina, in which \
                       this plan runs differently." }
                </p>
            }
            { transport(play, &props.on) }
            { broken(play, &props.on) }
            { now(play) }
            if let Some(moment) = play.moment() {
                { stage(props, &moment.frame, before) }
            }
        </div>
    }
}

/// The plan's steps, the world, what can happen next and what happened.
fn stage(props: &Props, frame: &Frame, before: Option<&[TableFrame]>) -> Html {
    let play = &props.play;
    let plan = (play.subject == Subject::Plan).then(|| props.plan.clone());
    html! {
        <div class="stage">
            if let Some(plan) = plan {
                <StepStrip {plan} current={frame.step.clone()} />
            }
            <div class="world">
                { fleet(&frame.instances, &frame.runner, &frame.notes) }
                { tables(&frame.tables, before) }
            </div>
            <div class="side">
                if !play.is_watching() {
                    <Choices next={play.next.clone()} waiting={play.waiting} on={props.on.clone()} />
                }
                <EventLog moments={play.moments.clone()} at={play.at} on={props.on.clone()} />
            </div>
        </div>
    }
}

/// Goes on after a while, while playing and not waiting for the worker.
#[hook]
fn use_clock(play: &Play, on: &Callback<PlayAction>) {
    let on = on.clone();
    let dependencies = (play.playing && !play.waiting, play.at, play.speed);
    use_effect_with(dependencies, move |(running, _, speed)| {
        let pause = SPEEDS.get(*speed).map_or(1_000, |(pause, _)| *pause);
        let timeout = running.then(|| Timeout::new(pause, move || on.emit(PlayAction::Tick)));
        move || drop(timeout)
    });
}

fn subjects(props: &Props) -> Html {
    let button = |wanted: Subject, text: &'static str, testid: &'static str| {
        let onclick = props.on.reform(move |_: MouseEvent| PlayAction::Run(wanted));
        let pressed = props.play.subject == wanted;
        html! {
            <button type="button" aria-pressed={pressed.to_string()} data-testid={testid} {onclick}>{ text }</button>
        }
    };
    html! {
        <div class="segmented" role="group" aria-label="What is played">
            { button(Subject::Plan, "Plan", "play-plan") }
            { button(Subject::AsAsked, "Change as asked", "play-as-asked") }
        </div>
    }
}

/// The promise that broke, at this moment or at another.
fn broken(play: &Play, on: &Callback<PlayAction>) -> Html {
    let Some(at) = play.broken_at() else {
        return html! {};
    };
    let Some(broken) = play.moments.get(at).and_then(|moment| moment.broken.as_ref()) else {
        return html! {};
    };
    if at > play.at {
        let onclick = on.reform(move |_: MouseEvent| PlayAction::Seek(at));
        return html! {
            <p class="banner warning">
                { format!("In {} a promise breaks. ", format::plural(at - play.at, "moment")) }
                <button type="button" class="small" {onclick}>{ "Go there" }</button>
            </p>
        };
    }
    broken_promise(broken)
}

/// A broken promise in plain words.
pub(crate) fn broken_promise(broken: &Promise) -> Html {
    html! {
        <div class="banner error broken" role="alert" data-testid="broken">
            <p><strong>{ "Broken promise: " }{ &broken.invariant }</strong></p>
            <p>{ &broken.statement }</p>
            <p class="detail">{ &broken.detail }</p>
        </div>
    }
}

fn now(play: &Play) -> Html {
    let Some(moment) = play.moment() else {
        return html! { <p class="empty">{ if play.waiting { "Starting …" } else { "No run." } }</p> };
    };
    html! {
        <p class={classes!("now", moment.fault.then_some("fault"))} aria-live="polite" data-testid="now">
            if moment.fault { <span class="badge fault">{ "failure" }</span>{ " " } }
            if !moment.actor.is_empty() { <strong>{ &moment.actor }</strong>{ " " } }
            { &moment.action }
            if !moment.detail.is_empty() { <span class="muted">{ " \u{2013} " }{ &moment.detail }</span> }
        </p>
    }
}

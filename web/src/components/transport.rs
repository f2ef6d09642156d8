//! Play, pause, step, scrub, speed, seed.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::browser;
use crate::keys;
use crate::state::play::{Play, PlayAction, SPEEDS};

/// The controls.
pub(crate) fn transport(play: &Play, on: &Callback<PlayAction>) -> Html {
    let send = |action: PlayAction| on.reform(move |_: MouseEvent| action);
    let speed = browser::when(on, |event: Event| {
        browser::value(&event).parse().ok().map(PlayAction::Speed)
    });
    html! {
        <div class="transport">
            <div class="buttons">
                <button type="button" data-testid="back" aria-disabled={(play.at == 0).to_string()}
                    onclick={send(PlayAction::Back)} title="One moment back (\u{2190})">{ "\u{2190} Back" }</button>
                <button type="button" class="primary" data-testid="play" onclick={send(PlayAction::Toggle)}
                    disabled={play.moments.is_empty()} title="Play or pause (Space)">
                    { if play.playing { "Pause" } else { "Play" } }
                </button>
                <button type="button" data-testid="step" aria-disabled={(!play.can_step()).to_string()}
                    onclick={send(PlayAction::Step)} title="One moment on (\u{2192})">{ "Step \u{2192}" }</button>
                <label class="field inline">
                    <span>{ "speed" }</span>
                    <select data-testid="speed" onchange={speed}>
                        { for SPEEDS.iter().enumerate().map(|(at, (_, words))| html! {
                            <option value={at.to_string()} selected={at == play.speed}>{ *words }</option>
                        }) }
                    </select>
                </label>
                if !play.is_watching() { { seed(play.seed, on) } }
            </div>
            { scrubber(play, on) }
        </div>
    }
}

fn seed(now: u64, on: &Callback<PlayAction>) -> Html {
    let onchange = browser::when(on, |event: Event| {
        browser::value(&event).trim().parse().ok().map(PlayAction::Seed)
    });
    let again = on.reform(move |_: MouseEvent| PlayAction::Seed(keys::next_seed(now)));
    html! {
        <span class="seed">
            <label class="field inline">
                <span>{ "seed" }</span>
                <input type="number" min="0" value={now.to_string()} data-testid="seed" {onchange} />
            </label>
            <button type="button" data-testid="new-seed" onclick={again} title="New run (r)">{ "New seed" }</button>
        </span>
    }
}

fn scrubber(play: &Play, on: &Callback<PlayAction>) -> Html {
    let last = play.moments.len().saturating_sub(1);
    let oninput = browser::when(on, |event: InputEvent| {
        let input = event.target_dyn_into::<HtmlInputElement>()?;
        input.value().parse().ok().map(PlayAction::Seek)
    });
    let what = play.moment().map(|moment| format!("{} {}", moment.actor, moment.action));
    let text = format!("moment {} of {last}: {}", play.at, what.unwrap_or_default());
    let at = |index: usize| format!("{}%", 100 * index / last.max(1));
    html! {
        <div class="scrub">
            // Drawn and not styled: a strict content security policy forbids style attributes.
            <svg class="marks" aria-hidden="true">
                { for play.moments.iter().enumerate().filter(|(_, m)| m.fault || m.broken.is_some()).map(|(index, m)| html! {
                    <svg x={at(index)} class={if m.broken.is_some() { "broken" } else { "fault" }}>
                        <path d="M-4 0h8l-4 7z" />
                    </svg>
                }) }
            </svg>
            <input type="range" min="0" max={last.to_string()} value={play.at.to_string()} data-testid="scrub"
                aria-label="Moment" aria-valuetext={text} disabled={last == 0} {oninput} />
            <output>{ format!("{} / {last}", play.at) }</output>
        </div>
    }
}

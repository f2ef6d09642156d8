//! A lesson's scenario: what is asked, and the ways to see it run.

use planner::Request;
use web::protocol::Subject;
use web::view::change_text;
use yew::prelude::*;

use crate::browser;
use crate::state::learn::LearnAction;
use crate::state::play::PlayAction;
use crate::state::proof::ProofAction;
use crate::state::{Action, Tab};
use crate::words::learn as words;

/// The card.
pub(super) fn scenario_card(scenario: &Request, on: &Callback<Action>) -> Html {
    let show = |tab: Tab, then: Option<Action>| {
        let on = on.clone();
        Callback::from(move |_: MouseEvent| {
            on.emit(Action::Show(tab));
            if let Some(action) = then.clone() {
                on.emit(action);
            }
            browser::show_result();
        })
    };
    let play = |subject| show(Tab::Play, Some(Action::Play(PlayAction::Run(subject))));
    let prove = show(Tab::Proof, Some(Action::Proof(ProofAction::Start(Subject::Plan))));
    let keep = on.reform(|_: MouseEvent| Action::Learn(LearnAction::Keep));
    html! {
        <section class="scenario" aria-labelledby="scenario-title" data-testid="scenario">
            <h3 id="scenario-title">{ words::SCENARIO }</h3>
            <pre tabindex="0"><code>{ change_text(&scenario.change).trim() }</code></pre>
            <details>
                <summary>{ words::SCHEMA }</summary>
                <pre tabindex="0"><code>{ scenario.schema.trim() }</code></pre>
            </details>
            if !scenario.tables.is_empty() {
                <ul class="scenario-facts">
                    { for scenario.tables.iter().map(|(name, facts)| html! {
                        <li>{ words::table(&name.to_string(), facts) }</li>
                    }) }
                </ul>
            }
            <p class="muted">{ words::SCENARIO_HELP }</p>
            <div class="buttons">
                <button type="button" class="small" data-testid="scenario-play-asked" onclick={play(Subject::AsAsked)}>{ words::PLAY_ASKED }</button>
                <button type="button" class="small" data-testid="scenario-play" onclick={play(Subject::Plan)}>{ words::PLAY_PLAN }</button>
                <button type="button" class="small" data-testid="scenario-plan" onclick={show(Tab::Plan, None)}>{ words::SHOW_PLAN }</button>
                <button type="button" class="small" data-testid="scenario-prove" onclick={prove}>{ words::PROVE }</button>
                <button type="button" class="small" data-testid="scenario-keep" title={words::KEEP_HELP} onclick={keep}>{ words::KEEP }</button>
            </div>
        </section>
    }
}

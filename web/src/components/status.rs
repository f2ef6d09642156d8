//! One line on how the worker and the plan are; and the way out when the worker is gone.

use planner::diagnostic::Severity;
use yew::prelude::*;

use crate::format::plural;
use crate::state::{Action, Engine, State};

/// The line.
pub(crate) fn status(state: &State, on: &Callback<Action>) -> Html {
    if let Engine::Broken(why) = &state.engine {
        let onclick = on.reform(|_: MouseEvent| Action::Restart);
        return html! {
            <div class="banner error" role="alert" data-testid="engine-broken">
                <p>
                    <strong>{ "The engine has stopped: " }</strong>{ why }{ ". What you typed is still here." }
                </p>
                <button type="button" data-testid="restart" {onclick}>{ "Restart the engine" }</button>
            </div>
        };
    }
    html! { <p class="status" role="status" data-testid="status">{ line(state) }</p> }
}

fn line(state: &State) -> String {
    let Some(answer) = state.answer.as_ref().filter(|_| !state.is_planning()) else {
        return match state.engine {
            Engine::Starting => "loading the engine …".to_owned(),
            Engine::Ready | Engine::Broken(_) if state.slow => {
                "still planning: this input takes long. Any edit starts anew.".to_owned()
            }
            Engine::Ready | Engine::Broken(_) => "planning …".to_owned(),
        };
    };
    if let Some(plan) = state.shown.as_ref().map(|shown| &shown.plan).filter(|_| state.has_plan) {
        let steps = plan.phases.iter().map(|phase| phase.steps.len()).sum();
        return format!("{}, {}", plural(plan.phases.len(), "phase"), plural(steps, "step"));
    }
    let is_error = |severity| severity == Severity::Error;
    match answer.findings.iter().filter(|found| is_error(found.diagnostic.severity)).count() {
        0 => "nothing to plan yet".to_owned(),
        n => format!("no plan: {} in the input", plural(n, "error")),
    }
}

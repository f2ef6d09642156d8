//! The plan's page: what changes, what the change as asked would have done, what a human must
//! decide, the phases, and the notes.

use std::rc::Rc;

use web::view::PlanView;
use yew::prelude::*;

use super::hazards::hazards;
use super::impossible::impossible_rules;
use super::phase_table::PhaseTable;
use super::plan_notes::plan_notes;
use super::questions::questions;
use super::strategies::strategies;
use crate::format::plural;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The plan.
    pub(crate) plan: Rc<PlanView>,
}

/// The page.
#[component]
pub(crate) fn PlanPanel(props: &Props) -> Html {
    let plan = &props.plan;
    html! {
        <article class="plan" data-testid="plan">
            <h2 class="plan-title">{ &plan.title }</h2>
            <p class="summary">{ summary(plan) }</p>
            { hazards(plan) }
            { impossible_rules(&plan.impossible) }
            { strategies(&plan.strategies) }
            { questions(&plan.questions) }
            <PhaseTable plan={plan.clone()} />
            { releases(plan) }
            { plan_notes(plan) }
        </article>
    }
}

/// The plan in a sentence.
pub(crate) fn summary(plan: &PlanView) -> String {
    let steps: Vec<_> = plan.phases.iter().flat_map(|phase| &phase.steps).collect();
    let blocking = steps.iter().filter(|step| !step.online).count();
    let waits = match blocking {
        0 => "no step makes requests wait longer than allowed".to_owned(),
        n => format!("{} may make requests wait longer than allowed", plural(n, "step")),
    };
    let back = match &plan.point_of_no_return.step {
        Some(step) => format!("every step before {step} can be rolled back without loss"),
        None => "every step can be rolled back without loss".to_owned(),
    };
    format!(
        "For {}: {} in {}; {waits}; {back}.",
        plan.engine.replace("postgres:", "PostgreSQL "),
        plural(steps.len(), "step"),
        plural(plan.phases.len(), "phase"),
    )
}

fn releases(plan: &PlanView) -> Html {
    if plan.releases.len() < 2 {
        return html! {};
    }
    html! {
        <section class="releases">
            <h3>{ "App versions" }</h3>
            <dl>
                { for plan.releases.iter().enumerate().map(|(at, release)| html! {
                    <>
                        <dt><span class={classes!("release", format!("r{}", at % 6))}>{ &release.id }</span>
                            { " " }{ &release.title }</dt>
                        <dd class="code-change">{ &release.change }</dd>
                    </>
                }) }
            </dl>
        </section>
    }
}

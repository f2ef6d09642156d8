//! Below the table: backfills, validation and cutover, recovery, assumptions, what was not analysed.

use planner::diagnostic::Source;
use web::protocol::Slot;
use web::view::{BackfillView, CheckView, PlanView};
use yew::prelude::*;

use super::checks::checks as list;
use super::quote::quote;

/// The notes.
pub(crate) fn plan_notes(plan: &PlanView) -> Html {
    html! {
        <>
            if !plan.backfills.is_empty() {
                <section>
                    <h3>{ "Backfill strategy" }</h3>
                    { for plan.backfills.iter().map(backfill) }
                </section>
            }
            { validation(plan) }
            { recovery(plan) }
            if !plan.assumptions.is_empty() {
                <section>
                    <h3>{ "Assumptions" }</h3>
                    <ul>{ for plan.assumptions.iter().map(|text| html! { <li>{ text }</li> }) }</ul>
                </section>
            }
            { not_analysed(plan) }
        </>
    }
}

fn backfill(note: &BackfillView) -> Html {
    html! {
        <dl class="facts-list">
            <dt>{ "Step" }</dt><dd>{ format!("{}, {}", note.step, note.table) }</dd>
            <dt>{ "Batches" }</dt><dd>{ &note.batching }</dd>
            <dt>{ "Waits" }</dt><dd>{ &note.throttle }</dd>
            <dt>{ "Run twice" }</dt><dd>{ &note.idempotency }</dd>
            <dt>{ "Progress" }</dt><dd><code>{ &note.progress }</code></dd>
        </dl>
    }
}

fn validation(plan: &PlanView) -> Html {
    if plan.validation.is_empty() {
        return html! {};
    }
    let mut steps: Vec<&str> = plan.validation.iter().map(|v| v.step.as_str()).collect();
    steps.dedup();
    html! {
        <section>
            <h3>{ "Validation and cutover criteria" }</h3>
            { for steps.into_iter().map(|step| {
                let of_step = plan.validation.iter().filter(|v| v.step == step);
                let checks: Vec<CheckView> = of_step.map(|v| CheckView {
                    name: v.name.clone(), sql: v.sql.clone(), expect: v.expect.clone(),
                }).collect();
                html! {
                    <details>
                        <summary>{ format!("Step {step}: ") }{ names(&checks) }</summary>
                        { list("Must hold before the next step", &checks) }
                    </details>
                }
            }) }
        </section>
    }
}

fn names(checks: &[CheckView]) -> String {
    checks.iter().map(|check| check.name.as_str()).collect::<Vec<_>>().join("; ")
}

fn recovery(plan: &PlanView) -> Html {
    let point = &plan.point_of_no_return;
    html! {
        <section>
            <h3>{ "Point of no return and recovery" }</h3>
            <p>
                if let Some(step) = &point.step {
                    <strong>{ format!("Step {step}. ") }</strong>
                } else {
                    <strong>{ "None. " }</strong>
                }
                { &point.why }
            </p>
            if !point.recovery.is_empty() {
                <ol>{ for point.recovery.iter().map(|text| html! { <li>{ text }</li> }) }</ol>
            }
        </section>
    }
}

fn not_analysed(plan: &PlanView) -> Html {
    if plan.not_analysed.is_empty() {
        return html! {};
    }
    html! {
        <section data-testid="not-analysed">
            <h3>{ "Carried, not analysed" }</h3>
            <ul>
                { for plan.not_analysed.iter().map(|item| {
                    let slot = match item.source {
                        Source::Schema => Some(Slot::Schema),
                        Source::Change => Some(Slot::Change),
                        Source::Request => None,
                    };
                    html! {
                        <li>
                            if let Some(slot) = slot {
                                { quote(slot, &item.place) }
                            } else {
                                <code>{ &item.sql }</code>
                            }
                            <p class="muted">{ &item.note }</p>
                        </li>
                    }
                }) }
            </ul>
        </section>
    }
}

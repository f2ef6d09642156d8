//! Everything about one step.

use planner::engine::Lock;
use web::view::{SqlView, StepView};
use yew::prelude::*;

use super::checks::checks;
use super::copy_button::CopyButton;
use crate::format;

/// The details.
pub(crate) fn step_details(step: &StepView) -> Html {
    let estimate = format::estimate(&step.estimate);
    html! {
        <div class="step-details">
            if !step.why.is_empty() {
                <p>{ &step.why }</p>
            }
            { script("SQL", &step.script, &format!("the SQL of step {}", step.id)) }
            if !step.commands.is_empty() {
                { listing("At the shell", step.commands.join("\n"), &format!("the commands of step {}", step.id)) }
            }
            { locks(&step.locks) }
            { for step.prepared.iter().map(|words| html! { <p>{ format!("Here {words}.") }</p> }) }
            { checks("Must hold before the next step", &step.checks) }
            { rollback(step) }
            <dl class="facts-list">
                if !estimate.is_empty() {
                    <dt>{ "Estimate" }</dt><dd>{ estimate }</dd>
                }
                if !step.alternative.is_empty() {
                    <dt>{ "Instead of" }</dt><dd>{ &step.alternative }</dd>
                }
            </dl>
        </div>
    }
}

fn script(title: &'static str, statements: &[SqlView], what: &str) -> Html {
    if statements.is_empty() {
        return html! {};
    }
    listing(title, format::script(statements), what)
}

fn rollback(step: &StepView) -> Html {
    let loses = match step.rollback_loses.as_str() {
        "" => "Rolling back loses nothing.".to_owned(),
        what => format!("Rolling back loses {what}."),
    };
    html! {
        <>
            { script("Rollback", &step.rollback, &format!("the rollback of step {}", step.id)) }
            <p class="muted">
                if !step.rollback_app.is_empty() {
                    { "To roll back, the app: " }{ &step.rollback_app }{ ". " }
                }
                { loses }
            </p>
            { checks("Must hold when it is rolled back, before the step before it is", &step.rollback_checks) }
        </>
    }
}

fn locks(locks: &[Lock]) -> Html {
    if locks.is_empty() {
        return html! {};
    }
    html! {
        <div class="scroll">
            <table class="small-table">
                <caption>{ "Locks" }</caption>
                <thead>
                    <tr><th>{ "relation" }</th><th>{ "mode" }</th><th>{ "who waits" }</th><th>{ "held" }</th></tr>
                </thead>
                <tbody>
                    { for locks.iter().map(|lock| html! {
                        <tr class={lock.is_long().then_some("long")}>
                            <td>{ format::table(lock) }</td>
                            <td>{ lock.mode.name() }</td>
                            <td>{ format::waits(lock) }</td>
                            <td>{ format::held(lock) }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}

/// A text to copy.
pub(crate) fn listing(title: &'static str, text: String, what: &str) -> Html {
    let text = AttrValue::from(text);
    html! {
        <figure class="listing">
            <figcaption>
                { title }
                <CopyButton text={text.clone()} what={what.to_owned()} />
            </figcaption>
            <pre><code>{ text }</code></pre>
        </figure>
    }
}

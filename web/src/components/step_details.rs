//! Everything about one step.

use planner::engine::Lock;
use web::view::{SqlView, StepView};
use yew::prelude::*;

use super::checks::Checks;
use super::copy_button::CopyButton;
use crate::format;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The step.
    pub(crate) step: StepView,
}

/// The details.
#[component]
pub(crate) fn StepDetails(props: &Props) -> Html {
    let step = &props.step;
    let estimate = format::estimate(&step.estimate);
    html! {
        <div class="step-details">
            if !step.why.is_empty() {
                <p>{ &step.why }</p>
            }
            { script("SQL", &step.script, &format!("the SQL of step {}", step.id)) }
            if !step.commands.is_empty() {
                <Listing title="At the shell" text={step.commands.join("\n")}
                    what={format!("the commands of step {}", step.id)} />
            }
            { locks(&step.locks) }
            <Checks checks={step.checks.clone()} />
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
    html! { <Listing {title} text={format::script(statements)} what={what.to_owned()} /> }
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

#[derive(Properties, PartialEq)]
pub(crate) struct ListingProps {
    /// Over it.
    pub(crate) title: AttrValue,
    /// What is listed.
    pub(crate) text: AttrValue,
    /// What the button copies.
    pub(crate) what: AttrValue,
}

/// A text to copy.
#[component]
pub(crate) fn Listing(props: &ListingProps) -> Html {
    html! {
        <figure class="listing">
            <figcaption>
                { props.title.clone() }
                <CopyButton text={props.text.clone()} what={props.what.clone()} />
            </figcaption>
            <pre><code>{ props.text.clone() }</code></pre>
        </figure>
    }
}

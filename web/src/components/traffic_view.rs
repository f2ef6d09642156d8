//! The plan beside the change as asked in the lock queues of a database, under the same traffic:
//! what requests and replicas feel of each step.

use std::rc::Rc;

use simulator::{Setting, TimedStep};
use yew::prelude::*;

use super::number_field::{NumberField, small};
use super::traffic_chart::traffic_chart;
use crate::format::{count, seconds};
use crate::state::traffic::{Traffic, TrafficAction};

/// The page.
pub(crate) fn traffic_view(traffic: &Traffic, on: &Callback<TrafficAction>) -> Html {
    html! {
        <div class="traffic" data-testid="traffic">
            <p class="lead">
                { "The statements of the plan, and of the change as asked, wait in line for their locks among the \
                   requests that your tables get, and requests wait behind them. One afternoon of many: another \
                   number gives another one. It compares ways on the same traffic; it promises nothing about a server. Only \
                   waits are counted: which statements the database refuses is what Play and Proof show. In the charts \
                   the area is requests that wait, the line connections in use." }
            </p>
            { setting(&traffic.setting, on) }
            if let Some(error) = &traffic.error {
                <p class="banner error" role="alert">{ error }</p>
            }
            <div class="ways" aria-busy={traffic.running.to_string()}>
                { way("Plan", "timed-plan", &traffic.plan) }
                { way("Change as asked", "timed-as-asked", &traffic.as_asked) }
            </div>
        </div>
    }
}

fn setting(now: &Setting, on: &Callback<TrafficAction>) -> Html {
    let edit = |set: fn(&mut Setting, u64)| {
        let now = now.clone();
        on.reform(move |number| {
            let mut setting = now.clone();
            set(&mut setting, number);
            TrafficAction::Run(setting)
        })
    };
    html! {
        <fieldset class="bounds">
            <legend>{ "The app and the migration" }</legend>
            <div class="fields">
                <NumberField label="connections" min=1 max=10_000 value={u64::from(now.connections)}
                    testid="timed-connections" on={edit(|s, n| s.connections = small(n))} />
                <NumberField label="a request gives up after, ms" min=1 max=600_000
                    value={u64::from(now.request_timeout_ms)}
                    on={edit(|s, n| s.request_timeout_ms = small(n))} />
                <NumberField label="lock timeout, ms; 0: the plan's" max=600_000
                    value={now.lock_timeout_ms.map_or(0, u64::from)} testid="timed-lock-timeout"
                    on={edit(|s, n| s.lock_timeout_ms = (n > 0).then(|| small(n)))} />
                <NumberField label="pause before another try, ms" min=1 max=600_000
                    value={u64::from(now.retry_pause_ms)} on={edit(|s, n| s.retry_pause_ms = small(n))} />
                <NumberField label="number of the run" value={now.seed} on={edit(|s, n| s.seed = n)} />
            </div>
        </fieldset>
    }
}

fn way(title: &'static str, testid: &'static str, steps: &[Rc<TimedStep>]) -> Html {
    let felt: Vec<&Rc<TimedStep>> = steps.iter().filter(|step| is_felt(step)).collect();
    // One scale for all, so that charts compare; replicas have their own.
    let waiting = |s: &&&Rc<TimedStep>| s.waiting_max.max(s.connections_max);
    let most =
        felt.iter().filter(|s| s.batches == 0).max_by_key(waiting).map_or(1, |s| waiting(&s));
    html! {
        <section class="way" data-testid={testid}>
            <h3>{ title }</h3>
            { sum(steps) }
            <ol class="felt">
                { for felt.iter().map(|step| one(step, f64::from(most))) }
            </ol>
            { calm(steps.len() - felt.len()) }
        </section>
    }
}

fn sum(steps: &[Rc<TimedStep>]) -> Html {
    let failed: u64 = steps.iter().map(|step| step.failed).sum();
    let longest = steps.iter().map(|step| step.longest_wait_s).fold(0.0, f64::max);
    let waited: f64 = steps.iter().map(|step| step.waited_s).sum();
    let total = steps.last().map_or(0.0, |step| step.began_s + step.seconds);
    let not_done = steps.iter().any(|step| !step.done);
    let fact = |name: &'static str, value: String, bad: bool| {
        html! { <><dt>{ name }</dt><dd class={bad.then_some("bad")}>{ value }</dd></> }
    };
    html! {
        <dl class="counts">
            { fact("gave up waiting", count(failed), failed > 0) }
            { fact("longest wait", seconds(longest), false) }
            { fact("all waits together", seconds(waited), false) }
            { fact("takes", seconds(total), false) }
            if not_done { { fact("not done", "a statement never got its locks".to_owned(), true) } }
        </dl>
    }
}

/// Whether somebody notices the step.
fn is_felt(step: &TimedStep) -> bool {
    step.waiting_max > 1
        || step.failed > 0
        || step.batches > 0
        || step.lag_max_s > 0.0
        || !step.done
}

fn one(step: &Rc<TimedStep>, most: f64) -> Html {
    let most = if step.batches > 0 { step.lag_max_s } else { most };
    let has_chart = step.series.len() > 1 && (step.batches == 0 || step.lag_max_s > 0.0);
    html! {
        <li data-testid={format!("timed-{}", step.id)}>
            <p><strong>{ &step.id }</strong>{ " " }{ &step.operation }</p>
            if has_chart { { traffic_chart(step, most) } }
            <p class="muted">{ words(step) }</p>
        </li>
    }
}

fn words(step: &TimedStep) -> String {
    let mut words = vec![format!("takes {}", seconds(step.seconds))];
    if step.attempts > 1 {
        words.push(format!("tried {} times for its locks", step.attempts));
    }
    if step.batches > 0 {
        let wait = seconds(step.longest_wait_s);
        words.push(format!(
            "{} batches, a write waits {wait} for a row at most",
            count(step.batches)
        ));
    } else {
        words.push(format!(
            "{} waited at once, the longest {}",
            step.waiting_max,
            seconds(step.longest_wait_s)
        ));
        words.push(format!("{} connections in use", step.connections_max));
    }
    if step.failed > 0 {
        words.push(format!(
            "{} of {} requests gave up waiting",
            count(step.failed),
            count(step.requests)
        ));
    }
    if step.lag_max_s > 0.0 {
        words.push(format!("a replica is {} behind at most", seconds(step.lag_max_s)));
    }
    if step.throttled_s > 0.0 {
        words.push(format!("{} of it waiting for replicas", seconds(step.throttled_s)));
    }
    words.join("; ")
}

fn calm(n: usize) -> Html {
    match n {
        0 => html! {},
        1 => html! { <p class="muted">{ "Nobody notices the other step." }</p> },
        n => html! { <p class="muted">{ format!("Nobody notices the other {n} steps.") }</p> },
    }
}

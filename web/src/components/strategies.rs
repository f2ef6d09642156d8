//! The ways to carry out each change, side by side: what each costs, which won and why.

use planner::plan::Strategy;
use yew::prelude::*;

use crate::format;

/// The tables.
pub(crate) fn strategies(strategies: &[Strategy]) -> Html {
    if strategies.is_empty() {
        return html! {};
    }
    html! {
        <section class="strategies" data-testid="strategies">
            <h3>{ "Ways to do it" }</h3>
            { for strategies.chunk_by(|a, b| a.change == b.change).map(group) }
        </section>
    }
}

fn group(ways: &[Strategy]) -> Html {
    let change = ways.first().map(|way| way.change.clone()).unwrap_or_default();
    let chosen = ways.iter().find(|way| way.chosen).map(|way| way.name.clone());
    html! {
        // The plan comes first; who wants to know why opens it.
        <details>
            <summary>
                { change }{ ": " }
                if let Some(chosen) = chosen { <strong>{ chosen }</strong>{ ", of " } }
                { format::plural(ways.len(), "way") }
            </summary>
            <ul>
                { for ways.iter().map(|way| html! {
                    <li>
                        <p><strong>{ &way.name }</strong>{ if way.chosen { ", chosen: " } else { ": " } }
                            { &way.verdict }</p>
                        <p class="muted">{ &way.how }</p>
                        <p class="muted">{ costs(way) }</p>
                    </li>
                }) }
            </ul>
        </details>
    }
}

fn costs(way: &Strategy) -> String {
    let cost = &way.cost;
    let mut parts = vec![format::estimate(&cost.work)];
    if cost.blocked_seconds.1 > 0.0 {
        parts.push(format!("requests wait {}", format::duration(cost.blocked_seconds)));
    }
    if cost.downtime_seconds.1 > 0.0 {
        parts.push(format!("downtime {}", format::duration(cost.downtime_seconds)));
    }
    let releases = usize::try_from(cost.releases).unwrap_or(usize::MAX);
    parts.push(format::plural(releases, "release"));
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

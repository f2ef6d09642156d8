//! What the plan depends on besides the SQL: engine, tables, rollout, limits.

use yew::prelude::*;

use super::rollout_form::RolloutForm;
use super::table_facts::TableFacts;
use crate::browser;
use crate::state::Action;
use crate::state::input::{Edit, Input};

const VERSIONS: std::ops::RangeInclusive<u16> = 12..=18;

/// The form.
pub(crate) fn facts_form(input: &Input, touched: &[String], on: &Callback<Action>) -> Html {
    let request = &input.request;
    let onchange = on.reform(|event: Event| Action::Edit(Edit::Engine(browser::value(&event))));
    html! {
        <section class="facts" aria-label="Facts">
            <label class="field engine">
                <span>{ "Database" }</span>
                <select data-testid="engine" {onchange}>
                    { for VERSIONS.rev().map(|version| {
                        let engine = format!("postgres:{version}");
                        let selected = engine == request.engine;
                        html! {
                            <option {selected} value={engine}>
                                { format!("PostgreSQL {version}") }
                            </option>
                        }
                    }) }
                </select>
            </label>
            <details data-testid="table-facts">
                <summary>{ "Tables: size and traffic" }<span class="muted">{ tables(request.tables.len()) }</span></summary>
                <TableFacts tables={request.tables.clone()} touched={touched.to_vec()} on={on.clone()} />
            </details>
            <details data-testid="rollout-facts">
                <summary>{ "Rollout and limits" }<span class="muted">{ rollout(request.deploy.instances) }</span></summary>
                <RolloutForm deploy={request.deploy.clone()} constraints={request.constraints.clone()}
                    on={on.clone()} />
            </details>
        </section>
    }
}

fn tables(n: usize) -> String {
    if n == 0 { "defaults".to_owned() } else { format!("{n} given") }
}

fn rollout(instances: u32) -> String {
    crate::format::plural(usize::try_from(instances).unwrap_or(usize::MAX), "instance")
}

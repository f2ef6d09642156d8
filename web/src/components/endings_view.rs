//! The rollback matrix: how the migration ends when a fault hits a step. A cell opens its run. Must
//! not judge.

use simulator::{Ending, EndingRow, FAULTS, Fault};
use web::protocol::{CellAt, Derived};
use yew::prelude::*;

use crate::state::proof::ProofAction;

/// The table.
pub(crate) fn endings_view(derived: &Derived, on: &Callback<ProofAction>) -> Html {
    let rows = &derived.endings.rows;
    let meets = |fault: &&Fault| rows.iter().any(|r| r.cells.iter().any(|c| c.fault == **fault));
    let faults: Vec<Fault> = FAULTS.iter().filter(meets).copied().collect();
    html! {
        <section class="derived" data-testid="endings">
            <h3>{ "How each fault ends" }</h3>
            <p class="muted">{ "Each fault was injected at each moment of each step. A cell opens the run." }</p>
            <div class="scroll" tabindex="0" role="region" aria-label="How each fault ends, step by step">
                <table class="matrix">
                    <thead>
                        <tr>
                            <th scope="col">{ "step" }</th>
                            { for faults.iter().map(|f| html! { <th scope="col">{ f.name() }</th> }) }
                        </tr>
                    </thead>
                    <tbody>{ for rows.iter().map(|row| line(on, row, &faults)) }</tbody>
                </table>
            </div>
        </section>
    }
}

fn line(on: &Callback<ProofAction>, row: &EndingRow, faults: &[Fault]) -> Html {
    html! {
        <tr>
            <th scope="row" title={row.operation.clone()}>{ &row.step }</th>
            { for faults.iter().map(|fault| {
                let cell = row.cells.iter().find(|cell| cell.fault == *fault);
                html! { <td>{ cell.map_or(html! { <span class="muted">{ "\u{2013}" }</span> }, |c| button(on, row, c)) }</td> }
            }) }
        </tr>
    }
}

fn button(on: &Callback<ProofAction>, row: &EndingRow, cell: &Ending) -> Html {
    let at = CellAt::Ends { step: row.step.clone(), fault: cell.fault };
    let open = on.reform(move |_: MouseEvent| ProofAction::Show(at.clone()));
    let class = match cell.name() {
        "stuck" => "gone",
        "goes on" => "loses",
        _ => "kept",
    };
    let title = format!("{}, {}: {}", row.step, cell.fault.name(), cell.name());
    let testid = format!("end-{}-{}", row.step, cell.fault.id());
    html! {
        <button type="button" class={classes!("cell", class)} title={title.clone()} aria-label={title}
            onclick={open} data-testid={testid}>{ cell.name() }</button>
    }
}

//! The compatibility matrix: what each release can do from each step on. A cell opens its run. Must
//! not judge: what stands in a cell was found by running the statements.

use simulator::{Cell, DOES, MatrixRow, Works};
use web::protocol::{CellAt, Derived};
use yew::prelude::*;

use crate::state::proof::ProofAction;

/// The table.
pub(crate) fn matrix_view(derived: &Derived, on: &Callback<ProofAction>) -> Html {
    let matrix = &derived.matrix;
    let n = DOES.len().to_string();
    html! {
        <section class="derived" data-testid="matrix">
            <h3>{ "What each release can do" }</h3>
            <p class="muted">{ format!(
                "Every statement of each release was run in the {}, also of a release that does not run then (dashed). \
                 A cell opens the run.", matrix.states) }</p>
            <div class="scroll" tabindex="0" role="region" aria-label="What each release can do, step by step">
                <table class="matrix">
                    <thead>
                        <tr>
                            <th scope="col" rowspan="2">{ "from step" }</th>
                            { for matrix.releases.iter().enumerate().map(|(at, id)| html! {
                                <th scope="colgroup" colspan={n.clone()}>
                                    <span class={classes!("release", format!("r{}", at % 6))}>{ id }</span>
                                </th>
                            }) }
                        </tr>
                        <tr>
                            { for matrix.releases.iter().flat_map(|_| DOES.iter()).map(|does| html! {
                                <th scope="col">{ does.name() }</th>
                            }) }
                        </tr>
                    </thead>
                    <tbody>{ for matrix.rows.iter().map(|row| line(on, row)) }</tbody>
                </table>
            </div>
        </section>
    }
}

fn line(on: &Callback<ProofAction>, row: &MatrixRow) -> Html {
    let step = row.step.as_deref().unwrap_or("before");
    html! {
        <tr>
            <th scope="row" title={row.operation.clone()}>{ step }</th>
            { for row.cells.iter().map(|cell| html! { <td>{ button(on, row, cell) }</td> }) }
        </tr>
    }
}

fn button(on: &Callback<ProofAction>, row: &MatrixRow, cell: &Cell) -> Html {
    let (class, text, why) = match &cell.outcome {
        Works::Unused => return html! { <span class="muted">{ "\u{2013}" }</span> },
        Works::Works => ("kept", "works".to_owned(), String::new()),
        Works::Fails { sqlstate, why } => ("gone", sqlstate.clone(), why.clone()),
        Works::Wrong { why } => ("loses", "wrong".to_owned(), why.clone()),
    };
    let at =
        CellAt::Works { step: row.step.clone(), release: cell.release.clone(), does: cell.does };
    let open = on.reform(move |_: MouseEvent| ProofAction::Show(at.clone()));
    let runs = row.running.contains(&cell.release);
    let step = row.step.as_deref().unwrap_or("before");
    let title = format!(
        "{step}, {} {}: {text}; {} of {} statements do not work. {why}",
        cell.release,
        cell.does.name(),
        cell.failed,
        cell.tried
    );
    let testid = format!("cell-{step}-{}-{}", cell.release, cell.does.name());
    html! {
        <button type="button" class={classes!("cell", class, (!runs).then_some("idle"))} title={title.clone()}
            aria-label={title} onclick={open} data-testid={testid}>{ text }</button>
    }
}

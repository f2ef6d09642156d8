//! The numbered table of phases and steps; each step opens. The point of no return is a line
//! across it.

use std::rc::Rc;

use planner::plan::StepKind;
use web::view::{PhaseView, PlanView, StepView};
use yew::prelude::*;

use super::step_details::step_details;
use crate::format;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The plan.
    pub(crate) plan: Rc<PlanView>,
    /// The step that is open at first.
    #[prop_or_default]
    pub(crate) open: Option<String>,
}

/// The table.
#[component]
pub(crate) fn PhaseTable(props: &Props) -> Html {
    let open = use_state(|| Vec::from_iter(props.open.clone()));
    let plan = &props.plan;
    let all: Vec<String> =
        plan.phases.iter().flat_map(|phase| &phase.steps).map(|step| step.id.clone()).collect();
    let all_open = all.iter().all(|id| open.contains(id));
    let toggle_all = {
        let open = open.setter();
        Callback::from(move |_: MouseEvent| {
            open.set(if all_open { Vec::new() } else { all.clone() });
        })
    };
    html! {
        <section class="phases">
            <div class="section-head">
                <h3>{ "Migration phases" }</h3>
                <button type="button" class="small" data-testid="open-all" onclick={toggle_all}>
                    { if all_open { "Close every step" } else { "Open every step" } }
                </button>
            </div>
            <table data-testid="plan-table">
                <thead>
                    <tr>
                        <th scope="col">{ "phase" }</th>
                        <th scope="col">{ "operation" }</th>
                        <th scope="col">{ "locking?" }</th>
                        <th scope="col">{ "app state required" }</th>
                        <th scope="col">{ "rollback" }</th>
                    </tr>
                </thead>
                { for plan.phases.iter().map(|phase| body(phase, plan, &open)) }
            </table>
            if plan.point_of_no_return.step.is_none() {
                <p class="no-ponr">{ "No point of no return. " }{ &plan.point_of_no_return.why }</p>
            }
        </section>
    }
}

fn body(phase: &PhaseView, plan: &PlanView, open: &UseStateHandle<Vec<String>>) -> Html {
    html! {
        <tbody key={phase.number.to_string()}>
            <tr class="phase-row">
                <th scope="rowgroup" colspan="5">
                    <span class="number">{ phase.number }</span>
                    { title(phase) }
                </th>
            </tr>
            { for phase.steps.iter().map(|step| rows(step, plan, open)) }
        </tbody>
    }
}

/// The title, which usually starts with the kind; after the kind where it does not.
fn title(phase: &PhaseView) -> String {
    let kind = format::phase(phase.kind);
    if phase.title.to_ascii_lowercase().starts_with(kind) {
        return phase.title.clone();
    }
    format!("{kind}: {}", phase.title)
}

fn rows(step: &StepView, plan: &PlanView, open: &UseStateHandle<Vec<String>>) -> Html {
    let is_open = open.contains(&step.id);
    let toggle = {
        let (handle, id) = (open.clone(), step.id.clone());
        Callback::from(move |_: MouseEvent| {
            let mut ids = (*handle).clone();
            match ids.iter().position(|known| *known == id) {
                Some(at) => {
                    ids.remove(at);
                }
                None => ids.push(id.clone()),
            }
            handle.set(ids);
        })
    };
    let details_id = format!("step-{}", step.id.replace('.', "-"));
    html! {
        <>
            if plan.point_of_no_return.step.as_ref() == Some(&step.id) {
                <tr class="ponr" data-testid="point-of-no-return">
                    <td colspan="5">
                        <strong>{ "Point of no return" }</strong>
                        <span>{ &plan.point_of_no_return.why }</span>
                    </td>
                </tr>
            }
            <tr class={classes!("step", is_open.then_some("open"), step.destructive.then_some("destructive"))}>
                <td class="id" data-label="step">{ &step.id }</td>
                <td class="operation">
                    <button type="button" class="disclose" aria-expanded={is_open.to_string()}
                        aria-controls={details_id.clone()} onclick={toggle} data-testid="plan-step">
                        <span class="badge">{ format::step(step.kind) }</span>
                        <span>{ &step.operation }</span>
                    </button>
                </td>
                <td data-label="locking?">{ locking(step) }</td>
                <td data-label="app state">{ app_state(step, plan) }</td>
                <td data-label="rollback">{ rollback(step, plan) }</td>
            </tr>
            if is_open {
                <tr class="details" id={details_id}>
                    <td colspan="5">{ step_details(step) }</td>
                </tr>
            }
        </>
    }
}

fn locking(step: &StepView) -> Html {
    let words = format::locking(step);
    if step.online {
        html! { words }
    } else {
        html! { <strong class="blocks">{ words }</strong> }
    }
}

fn app_state(step: &StepView, plan: &PlanView) -> Html {
    if step.app_state.is_empty() {
        return html! { <strong class="blocks">{ "stopped" }</strong> };
    }
    step.app_state
        .iter()
        .map(|id| {
            let at = plan.releases.iter().position(|release| release.id == *id).unwrap_or(0);
            html! { <span class={classes!("release", format!("r{}", at % 6))}>{ id }</span> }
        })
        .collect()
}

fn rollback(step: &StepView, plan: &PlanView) -> String {
    let loses = step.rollback_loses.as_str();
    if is_past(&step.id, plan) && !loses.is_empty() {
        return format!("none: loses {loses}");
    }
    // Settings undo nothing.
    let what = step.rollback.iter().find(|statement| !statement.sql.starts_with("SET "));
    let how = match (what, step.rollback_app.as_str()) {
        (_, app) if step.kind == StepKind::Deploy && !app.is_empty() => app.to_owned(),
        (Some(statement), _) => {
            let first = statement.sql.lines().next().unwrap_or_default();
            format!("{first}{}", if statement.sql.contains('\n') { " …" } else { "" })
        }
        (None, "") => "nothing to undo".to_owned(),
        (None, app) => app.to_owned(),
    };
    if loses.is_empty() || loses.starts_with("nothing") {
        return how;
    }
    format!("{how} (loses {loses})")
}

/// Whether the step is the point of no return or comes after it.
fn is_past(id: &str, plan: &PlanView) -> bool {
    let ids = || plan.phases.iter().flat_map(|phase| &phase.steps).map(|step| step.id.as_str());
    let point = plan.point_of_no_return.step.as_deref();
    let at = |wanted: &str| ids().position(|known| known == wanted);
    point.and_then(at).is_some_and(|point| at(id).is_some_and(|at| at >= point))
}

//! The plan's steps as a strip: done, current, not yet, and the point of no return.

use std::rc::Rc;

use web::view::PlanView;
use yew::prelude::*;

use crate::browser;
use crate::format;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The plan.
    pub(crate) plan: Rc<PlanView>,
    /// The step being run.
    pub(crate) current: Option<String>,
}

/// The strip.
#[component]
pub(crate) fn StepStrip(props: &Props) -> Html {
    let list = use_node_ref();
    let node = list.clone();
    use_effect_with(props.current.clone(), move |_| {
        if let Some(list) = node.cast() {
            browser::centre_current(&list);
        }
    });
    let steps: Vec<_> = props.plan.phases.iter().flat_map(|phase| &phase.steps).collect();
    let current = steps.iter().position(|step| Some(&step.id) == props.current.as_ref());
    let point = props.plan.point_of_no_return.step.as_ref();
    html! {
        <ol ref={list} class="strip" tabindex="0" data-testid="step-strip" aria-label="Steps of the plan">
            { for steps.iter().enumerate().map(|(at, step)| {
                let (class, word) = match current {
                    Some(current) if at < current => ("done", "done"),
                    Some(current) if at == current => ("current", "now"),
                    Some(_) | None => ("later", ""),
                };
                html! {
                    <>
                        if point == Some(&step.id) {
                            <li class="ponr">{ "point of no return" }</li>
                        }
                        <li {class} aria-current={(class == "current").then_some("step")} title={step.operation.clone()}>
                            <span class="id">{ &step.id }</span>
                            <span class="what">
                                <span class="badge">{ format::step(step.kind) }</span>{ " " }{ &step.operation }
                            </span>
                            <span class="word">{ word }</span>
                        </li>
                    </>
                }
            }) }
        </ol>
    }
}

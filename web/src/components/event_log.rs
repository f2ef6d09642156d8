//! What happened, in order; pressing an entry goes to its moment.

use std::rc::Rc;

use simulator::Moment;
use yew::prelude::*;

use crate::browser;
use crate::state::play::PlayAction;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What happened.
    pub(crate) moments: Vec<Rc<Moment>>,
    /// The moment looked at.
    pub(crate) at: usize,
    /// What is done.
    pub(crate) on: Callback<PlayAction>,
}

/// Entries drawn around the moment looked at: a long run must not slow each step down.
const DRAWN: usize = 120;

/// The log.
#[component]
pub(crate) fn EventLog(props: &Props) -> Html {
    let list = use_node_ref();
    let node = list.clone();
    use_effect_with(props.at, move |_| {
        if let Some(list) = node.cast() {
            browser::centre_current(&list);
        }
    });
    let start = props.at.saturating_sub(DRAWN / 2);
    let entries = props.moments.iter().enumerate().skip(start).take(DRAWN);
    html! {
        <section class="log">
            <h3 id="log-title">{ "What happened" }</h3>
            <ol ref={list} start={start.to_string()} data-testid="event-log" aria-labelledby="log-title">
                { for entries.map(|(at, moment)| entry(at, moment, props)) }
            </ol>
        </section>
    }
}

fn entry(at: usize, moment: &Moment, props: &Props) -> Html {
    let onclick = props.on.reform(move |_: MouseEvent| PlayAction::Seek(at));
    let class = classes!(
        moment.fault.then_some("fault"),
        moment.broken.is_some().then_some("broken"),
        (at > props.at).then_some("later")
    );
    html! {
        <li key={at} {class}>
            <button type="button" aria-current={(at == props.at).then_some("step")} {onclick}>
                <span class="number">{ at }</span>
                <span>
                    if moment.fault { <span class="badge fault">{ "failure" }</span>{ " " } }
                    if moment.broken.is_some() { <span class="badge fault">{ "broken" }</span>{ " " } }
                    <strong>{ &moment.actor }</strong>{ " " }{ &moment.action }
                </span>
            </button>
        </li>
    }
}

//! The migration runner and the instances of the app, each with its release in colour and words.

use simulator::Instance;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The instances.
    pub(crate) instances: Vec<Instance>,
    /// What the runner is doing.
    pub(crate) runner: String,
    /// Anything else.
    pub(crate) notes: Vec<String>,
}

/// The lanes.
#[component]
pub(crate) fn Fleet(props: &Props) -> Html {
    html! {
        <div class="fleet" data-testid="fleet">
            <div class="lane runner">
                <span class="name">{ "migration" }</span>
                <span class="note">{ &props.runner }</span>
            </div>
            { for props.instances.iter().map(lane) }
            if !props.notes.is_empty() {
                <ul class="notes">{ for props.notes.iter().map(|note| html! { <li>{ note }</li> }) }</ul>
            }
        </div>
    }
}

fn lane(instance: &Instance) -> Html {
    html! {
        <div class="lane" key={instance.name.clone()}>
            <span class="name">{ &instance.name }</span>
            <span class={classes!("release", colour(&instance.release))}>{ &instance.release }</span>
            <span class="note">{ &instance.note }</span>
        </div>
    }
}

/// The class of a release's colour: the number in its id. The id itself is always shown beside.
fn colour(release: &str) -> Option<String> {
    let number: u32 = release.trim_start_matches('R').parse().ok()?;
    Some(format!("r{}", number % 6))
}

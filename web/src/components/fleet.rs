//! The migration runner and the instances of the app, each with its release in colour and words.

use simulator::Instance;
use yew::prelude::*;

/// The lanes.
pub(crate) fn fleet(instances: &[Instance], runner: &str, notes: &[String]) -> Html {
    html! {
        <div class="fleet" data-testid="fleet">
            <div class="lane runner">
                <span class="name">{ "migration" }</span>
                <span class="note">{ runner.to_owned() }</span>
            </div>
            { for instances.iter().map(lane) }
            if !notes.is_empty() {
                <ul class="notes">{ for notes.iter().map(|note| html! { <li>{ note }</li> }) }</ul>
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

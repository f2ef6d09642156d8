//! A button that copies a text, and says whether it did.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use crate::browser;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What is copied.
    pub(crate) text: AttrValue,
    /// What the button says.
    #[prop_or(AttrValue::Static("Copy"))]
    pub(crate) label: AttrValue,
    /// What is copied, for those who do not see it.
    #[prop_or_default]
    pub(crate) what: AttrValue,
    /// For tests.
    #[prop_or_default]
    pub(crate) testid: Option<AttrValue>,
}

/// The button.
#[component]
pub(crate) fn CopyButton(props: &Props) -> Html {
    let copied = use_state(|| None::<bool>);
    let reset = copied.setter();
    use_effect_with(*copied, move |copied| {
        let timeout = copied.map(|_| Timeout::new(1_500, move || reset.set(None)));
        move || drop(timeout)
    });
    let label = match *copied {
        None => props.label.clone(),
        Some(true) => "Copied".into(),
        Some(false) => "Not allowed: select and copy".into(),
    };
    let (text, setter) = (props.text.clone(), copied.setter());
    let onclick = Callback::from(move |_: MouseEvent| {
        let setter = setter.clone();
        browser::copy(&text, Callback::from(move |done| setter.set(Some(done))));
    });
    let aria_label = (!props.what.is_empty()).then(|| format!("{label} {}", props.what));
    html! {
        <button type="button" class="small" aria-label={aria_label} data-testid={props.testid.clone()} {onclick}>
            { label }
        </button>
    }
}

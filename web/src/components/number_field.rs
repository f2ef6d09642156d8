//! A labelled whole number.

use yew::prelude::*;

use crate::browser;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What it is.
    pub(crate) label: AttrValue,
    /// The number.
    pub(crate) value: u64,
    /// Smallest allowed.
    #[prop_or(0)]
    pub(crate) min: u64,
    /// Largest allowed.
    #[prop_or(u64::MAX)]
    pub(crate) max: u64,
    /// For tests.
    #[prop_or_default]
    pub(crate) testid: Option<AttrValue>,
    /// Another number.
    pub(crate) on: Callback<u64>,
}

/// The field.
#[component]
pub(crate) fn NumberField(props: &Props) -> Html {
    let (min, max) = (props.min, props.max);
    let onchange = browser::when(&props.on, move |event: Event| {
        let text: String =
            browser::value(&event).chars().filter(|c| !matches!(c, ',' | '_' | ' ')).collect();
        text.parse::<u64>().ok().map(|number| number.clamp(min, max))
    });
    html! {
        <label class="field">
            <span>{ props.label.clone() }</span>
            <input type="number" inputmode="numeric" min={min.to_string()}
                max={(max < u64::MAX).then(|| max.to_string())}
                value={props.value.to_string()} data-testid={props.testid.clone()} {onchange} />
        </label>
    }
}

/// A number that fits 32 bits: the largest one where it does not.
pub(crate) fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A size as a field has it.
pub(crate) fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

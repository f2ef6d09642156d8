//! Queries and the numbers they must give.

use web::view::CheckView;
use yew::prelude::*;

use super::copy_button::CopyButton;

/// The list.
pub(crate) fn checks(title: &'static str, checks: &[CheckView]) -> Html {
    if checks.is_empty() {
        return html! {};
    }
    html! {
        <div class="checks">
            <h4>{ title }</h4>
            <ul>
                { for checks.iter().map(|check| html! {
                    <li>
                        <p>{ &check.name }</p>
                        <div class="check-sql">
                            <pre><code>{ &check.sql }</code></pre>
                            <span class="expect">{ "gives " }<strong>{ &check.expect }</strong></span>
                            <CopyButton text={check.sql.clone()} what={format!("the query: {}", check.name)} />
                        </div>
                    </li>
                }) }
            </ul>
        </div>
    }
}

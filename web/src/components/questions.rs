//! What a human must decide, and what the plan does until somebody does.

use planner::plan::Question;
use yew::prelude::*;

/// The list.
pub(crate) fn questions(questions: &[Question]) -> Html {
    if questions.is_empty() {
        return html! {};
    }
    html! {
        <section class="questions" data-testid="questions">
            <h3>{ "For you to decide" }</h3>
            <ul>
                { for questions.iter().map(|question| html! {
                    <li>
                        <p><strong>{ &question.question }</strong></p>
                        <p>{ "Until you answer: " }{ &question.default }</p>
                        if !question.answer_with.is_empty() {
                            <p class="muted">{ "To answer, add to the change: " }<code>{ &question.answer_with }</code></p>
                        }
                    </li>
                }) }
            </ul>
        </section>
    }
}

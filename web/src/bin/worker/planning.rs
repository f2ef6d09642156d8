//! A request to an answer, with every place turned into what an editor understands.

use planner::diagnostic::Source;
use planner::request::Change;
use planner::{Plan, Request, render};
use web::protocol::{Answer, Slot};
use web::view::{Finding, change_text};

use crate::present::{place, plan as view};

/// Puts a held text into the request.
pub(crate) fn fill_in(request: &mut Request, slot: Slot, text: &str) {
    match (slot, &mut request.change) {
        (Slot::Schema, _) => text.clone_into(&mut request.schema),
        (Slot::Change, Change::Statements(old) | Change::Target(old)) => text.clone_into(old),
    }
}

/// Plans, and renders everything that the page can show of it.
pub(crate) fn answer(id: u64, request: &Request) -> (Option<Plan>, Answer) {
    let planned = planner::plan(request);
    let mut answer = Answer { id, ..Answer::default() };
    let places = place::Places::new(&request.schema, change_text(&request.change));
    answer.findings = planned
        .diagnostics
        .into_iter()
        .map(|diagnostic| Finding {
            place: match diagnostic.source {
                Source::Schema | Source::Change => places.find(diagnostic.source, diagnostic.span),
                Source::Request => None,
            },
            diagnostic,
        })
        .collect();
    if let Some(plan) = &planned.plan {
        answer.plan = Some(view::plan(plan, &places));
        answer.markdown = render::markdown(plan);
        answer.json = render::json(plan);
        answer.sql = render::sql(plan);
        answer.tables = plan.model.source.tables.keys().map(ToString::to_string).collect();
    }
    (planned.plan, answer)
}

/// The change as asked, as a plan.
pub(crate) fn as_asked(request: &Request) -> Result<Plan, String> {
    let planned = planner::as_asked(request);
    planned.plan.ok_or_else(|| {
        let first = planned.diagnostics.into_iter().next();
        first.map_or("the change as asked cannot be run".to_owned(), |finding| finding.message)
    })
}

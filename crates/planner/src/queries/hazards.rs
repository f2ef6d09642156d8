//! What is a hazard in an inventory: statements that the plan breaks while their release runs, and
//! those that the change as asked would break. Must not know how a verdict is found.

use std::collections::BTreeMap;

use super::catalogue::Catalogue;
use super::inventory::Watched;
use super::report::{Moment, Query, QueryReport, Verdict};
use crate::op::Op;
use crate::plan::Hazard;
use crate::schema::Schema;

/// A step of the plan breaks a statement of a release that runs during it.
pub const QUERY_BREAKS: &str = "query-breaks";
/// The change as asked breaks a statement.
pub const BREAKS_QUERY: &str = "breaks-query";

/// Names that one hazard lists.
const NAMES_MAX: usize = 6;

/// A part of the change as asked: its place, and what somebody would run for it.
pub(crate) type Asked = ((usize, usize), Vec<Op>);

/// Where in the change, for which release, and what the server says.
type Place<'a> = ((usize, usize), &'a str, String);

/// What the server says where it refuses: SQLSTATE and message.
fn refusal(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Fails { sqlstate, message, when: _ } => Some(format!("{sqlstate} {message}")),
        Verdict::Works | Verdict::Drifts { .. } | Verdict::NotAnalysed { .. } => None,
    }
}

/// Hazards of the plan itself.
pub(crate) fn of_plan(reports: &[QueryReport]) -> Vec<Hazard> {
    let mut groups: BTreeMap<(&str, &str, String), Vec<&str>> = BTreeMap::new();
    for report in reports {
        for (step, says) in broken_at(report) {
            groups.entry((step, &report.release, says)).or_default().push(&report.name);
        }
    }
    let hazard = |(step, release, says): (&str, &str, String), names: Vec<&str>| {
        let (they, fail) = counted(&names);
        let it = if names.len() == 1 { "it" } else { "them" };
        Hazard {
            code: QUERY_BREAKS.to_owned(),
            span: (0, 0),
            message: format!(
                "after step {step}, {they} of {release} {fail} with {says}: {}",
                listed(&names)
            ),
            fix: format!("let {release} stop running {it} before step {step}"),
        }
    };
    groups.into_iter().map(|(key, names)| hazard(key, names)).collect()
}

/// Steps at which a statement that worked, or that nobody ran before, is refused.
fn broken_at(report: &QueryReport) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut failed = false;
    for Moment { step, verdict } in &report.moments {
        let says = refusal(verdict);
        if let (Some(step), Some(says), false) = (step, &says, failed) {
            found.push((step.as_str(), says.clone()));
        }
        failed = says.is_some();
    }
    found
}

/// Hazards of the change as asked: what it breaks, and whether the plan does better.
pub(crate) fn as_asked(
    asked: &[Asked],
    (source, version): (&Schema, u16),
    queries: &[Query],
    in_plan: &[QueryReport],
) -> Vec<Hazard> {
    if queries.is_empty() {
        return Vec::new();
    }
    let mut catalogue = Catalogue::new(source, version);
    let mut watched = Watched::all(queries, &catalogue);
    let mut groups: BTreeMap<Place<'_>, Vec<String>> = BTreeMap::new();
    for (span, ops) in asked {
        for op in ops {
            let changes = catalogue.apply(op);
            for watched in watched.iter_mut().filter(|w| w.query.release.by("R0")) {
                let failed = refusal(&watched.now.verdict).is_some();
                let again = watched.update(&catalogue, &changes);
                let says = refusal(&watched.now.verdict).filter(|_| again && !failed);
                if let Some(says) = says {
                    groups.entry((*span, "R0", says)).or_default().push(watched.name.clone());
                }
            }
        }
    }
    // Nobody runs the new release's statements before the change is made.
    let end = Watched::all(queries, &catalogue);
    for watched in end.iter().filter(|w| !w.query.release.by("R0")) {
        if let Some(says) = refusal(&watched.now.verdict) {
            groups.entry(((0, 0), "R1", says)).or_default().push(watched.name.clone());
        }
    }
    let breaks = |name: &String| {
        in_plan.iter().any(|report| report.name == *name && !broken_at(report).is_empty())
    };
    groups
        .into_iter()
        .map(|((span, release, says), names)| {
            let also = names.iter().any(breaks);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            asked_hazard(span, (release, &says), &names, also)
        })
        .collect()
}

fn asked_hazard(
    span: (usize, usize),
    (release, says): (&str, &str),
    names: &[&str],
    in_plan: bool,
) -> Hazard {
    let (they, fail) = counted(names);
    let (message, fix) = if release == "R1" {
        (
            format!("{they} of the new release {fail} with {says} even when the change is made"),
            "correct the statement, or the change: the schema it leaves is not the one the statement wants",
        )
    } else {
        let fix = if in_plan {
            "the plan says at which step it breaks: the release must stop running it before"
        } else {
            "the plan keeps every statement working for as long as its release runs"
        };
        (format!("{they} of the running release {fail} with {says} from then on"), fix)
    };
    Hazard {
        code: BREAKS_QUERY.to_owned(),
        span,
        message: format!("{message}: {}", listed(names)),
        fix: fix.to_owned(),
    }
}

fn counted(names: &[&str]) -> (String, &'static str) {
    match names.len() {
        1 => ("a statement".to_owned(), "fails"),
        n => (format!("{n} statements"), "fail"),
    }
}

fn listed(names: &[&str]) -> String {
    let mut text = names.iter().take(NAMES_MAX).copied().collect::<Vec<_>>().join(", ");
    if names.len() > NAMES_MAX {
        text += &format!(" and {} more", names.len() - NAMES_MAX);
    }
    text
}

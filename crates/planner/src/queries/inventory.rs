//! Statements of the app through the steps of a plan: which step breaks which, for the releases that
//! run during it. Must not know how a verdict is found, nor recipes.

use std::collections::BTreeMap;

use super::catalogue::{Catalogue, Changes};
use super::parsed::{Parsed, drift};
use super::report::{Moment, Query, QueryReport, Verdict};
use super::resolve::{Effect, Judged};
use crate::name::QName;
use crate::plan::{ColumnRef, Plan, Statement, Step};
use crate::schema::Schema;

/// A statement and what it did when last looked at.
pub(super) struct Watched<'a> {
    /// As the request has it.
    pub(super) query: &'a Query,
    /// What to call it.
    pub(super) name: String,
    /// What is said of it now.
    pub(super) now: Judged,
    parsed: Parsed,
    first: Effect,
    /// What becomes of it at each step where that is not what it was after the one before.
    verdicts: BTreeMap<usize, Verdict>,
}

impl<'a> Watched<'a> {
    /// Every statement, looked at.
    pub(super) fn all(queries: &'a [Query], catalogue: &Catalogue) -> Vec<Self> {
        let watch = |(at, query): (usize, &'a Query)| {
            let parsed = Parsed::new(query);
            let now = parsed.look_up(catalogue);
            let name = query.name.clone().unwrap_or_else(|| format!("q{}", at + 1));
            let first = now.effect.clone();
            Self { query, name, parsed, now, first, verdicts: BTreeMap::new() }
        };
        queries.iter().enumerate().map(watch).collect()
    }

    /// Looks again where something it names changed; says whether it did.
    pub(super) fn update(&mut self, catalogue: &Catalogue, changes: &Changes) -> bool {
        if !changes.concern(&self.now.effect.looked_up) {
            return false;
        }
        self.now = self.parsed.look_up(catalogue);
        true
    }
}

/// What becomes of every statement through a plan that begins on `source`.
pub(crate) fn through(plan: &Plan, source: &Schema, queries: &[Query]) -> Vec<QueryReport> {
    if queries.is_empty() {
        return Vec::new();
    }
    let mut catalogue = Catalogue::new(source, plan.engine.version);
    let mut watched = Watched::all(queries, &catalogue);
    let before: Vec<Verdict> = watched.iter().map(|w| w.now.verdict.clone()).collect();
    let steps: Vec<&Step> = plan.steps().collect();
    for (at, step) in steps.iter().enumerate() {
        one_step(at, step, &mut catalogue, &mut watched);
    }
    let mut reports = Vec::new();
    for (watched, before) in watched.iter().zip(&before) {
        let (old, new) = (watched.query.release.by("R0"), watched.query.release.by("R1"));
        if old {
            reports.push(report(watched, before, "R0", &steps));
        }
        // Without a new release in the plan, what both run is said once.
        if new && (!old || plan.release("R1").is_some()) {
            reports.push(report(watched, before, "R1", &steps));
        }
    }
    reports
}

/// The verdicts of one step: the worst after any of its commits, or that it drifts.
fn one_step(at: usize, step: &Step, catalogue: &mut Catalogue, watched: &mut [Watched<'_>]) {
    let mut starts: BTreeMap<usize, Judged> = BTreeMap::new();
    let mut worst: BTreeMap<usize, Verdict> = BTreeMap::new();
    for group in commits(&step.script) {
        let mut changes = Changes::default();
        for statement in group {
            changes.add(catalogue.apply(&statement.op));
        }
        if changes.is_empty() {
            continue;
        }
        for (which, watched) in watched.iter_mut().enumerate() {
            let start = watched.now.clone();
            if watched.update(catalogue, &changes) {
                starts.entry(which).or_insert(start);
                let verdict = &watched.now.verdict;
                let known = worst.entry(which).or_insert_with(|| verdict.clone());
                if rank(verdict) > rank(known) {
                    known.clone_from(verdict);
                }
            }
        }
    }
    for (which, verdict) in worst {
        let (watched, start) = (&mut watched[which], &starts[&which]);
        let both_work = start.verdict == Verdict::Works && verdict == Verdict::Works;
        let note = both_work.then(|| drift(&start.effect, &watched.now.effect)).flatten();
        let verdict = note.map_or(verdict, |note| Verdict::Drifts { note });
        if verdict != start.verdict {
            watched.verdicts.insert(at, verdict);
        }
        if watched.verdicts.get(&at).is_some_and(|v| *v != watched.now.verdict) {
            // What only this step met is over after it.
            watched.verdicts.insert(at + 1, watched.now.verdict.clone());
        }
    }
}

/// Statements that are committed together.
fn commits(script: &[Statement]) -> impl Iterator<Item = &[Statement]> {
    script.chunk_by(|a, b| a.transaction.is_some() && a.transaction == b.transaction)
}

/// The worse, the higher.
fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Works => 0,
        Verdict::Drifts { .. } => 1,
        Verdict::NotAnalysed { .. } => 2,
        Verdict::Fails { .. } => 3,
    }
}

/// The part of a statement's course that falls to a release.
fn report(watched: &Watched<'_>, before: &Verdict, release: &str, steps: &[&Step]) -> QueryReport {
    let runs = |step: &&Step| step.app_state.iter().any(|r| r == release);
    let last = steps.len().saturating_sub(1);
    // A release that the plan does not deploy comes after it.
    let from = steps.iter().position(runs).unwrap_or(last);
    let to = steps.iter().rposition(runs).unwrap_or(last);
    let mut moments: Vec<Moment> = Vec::new();
    let mut push = |step: Option<usize>, verdict: &Verdict| {
        if moments.last().is_none_or(|moment| moment.verdict != *verdict) {
            let step = step.and_then(|at| steps.get(at)).map(|step| step.id.clone());
            moments.push(Moment { step, verdict: verdict.clone() });
        }
    };
    let starts_before = release == "R0";
    let first = if starts_before {
        before
    } else {
        // What drifted before it ran is nothing to it.
        let earlier = watched.verdicts.range(..=from).next_back().map(|(_, verdict)| verdict);
        let verdict = earlier.unwrap_or(before);
        if matches!(verdict, Verdict::Drifts { .. }) { &Verdict::Works } else { verdict }
    };
    push((!starts_before).then_some(from), first);
    let start = if starts_before { 0 } else { from + 1 };
    for (at, verdict) in watched.verdicts.range(start..=to.max(start)).filter(|(at, _)| **at <= to)
    {
        push(Some(*at), verdict);
    }
    let effect = if watched.first.reads.is_empty() && watched.first.writes.is_empty() {
        &watched.now.effect
    } else if release == "R0" {
        &watched.first
    } else {
        &watched.now.effect
    };
    let columns = |columns: &std::collections::BTreeSet<(QName, String)>| {
        let column = |(relation, column): &(QName, String)| ColumnRef {
            relation: relation.clone(),
            column: column.clone(),
        };
        columns.iter().map(column).collect()
    };
    QueryReport {
        name: watched.name.clone(),
        release: release.to_owned(),
        sql: watched.parsed.sql().to_owned(),
        calls: watched.query.calls,
        reads: columns(&effect.reads),
        writes: columns(&effect.writes),
        until: steps.get(to).map_or(String::new(), |step| step.id.clone()),
        moments,
    }
}

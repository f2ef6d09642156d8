//! Plans broken on purpose: every verified plan with a step dropped, two neighbours swapped, the
//! contract first, gates stripped, the point of no return declared where it is not. The simulator must refute each, or find that it leads nowhere; those that change nothing are
//! listed in the case, with the reason; a case may say why it has none. Must not know why a plan has
//! its steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use libtest_mimic::{Completion, Failed, Trial};
use planner::Plan;
use planner::edit::{Edit, edited, ids_after};
use planner::plan::{Phase, PhaseKind, Step, StepKind};

use crate::cases::{Case, is_slow};
use crate::proof::{self, Answer};

/// A broken plan and what was done to it.
struct Mutant {
    name: String,
    plan: Plan,
}

/// The trial of a case.
pub(crate) fn trial(case: &Arc<Case>) -> Trial {
    let case = Arc::clone(case);
    Trial::ignorable_test(format!("{}::mutants", case.name), move || perform(&case))
}

/// The trial that the order of steps which the page shows after an edit is that of the edited plan.
pub(crate) fn order_trial(cases: &[Arc<Case>]) -> Trial {
    let cases = cases.to_vec();
    Trial::test("edits::order of steps", move || {
        let mut n = 0;
        for plan in cases.iter().filter_map(|case| case.plan().ok()) {
            let ids: Vec<String> = plan.steps().map(|step| step.id.clone()).collect();
            let single = ids.iter().cloned().flat_map(|step| {
                let (up, down) =
                    (Edit::Up { step: step.clone() }, Edit::Down { step: step.clone() });
                let to = |before: Option<&String>| Edit::Move {
                    step: step.clone(),
                    before: before.cloned(),
                };
                let (first, last) = (to(ids.first()), to(None));
                [Edit::Remove { step: step.clone() }, Edit::Merge { step }, up, down, first, last]
            });
            let swap = |pair: &[String]| Edit::Swap { a: pair[0].clone(), b: pair[1].clone() };
            for edit in single.chain(ids.windows(2).map(swap)) {
                let Ok(edited) = edited(&plan, std::slice::from_ref(&edit)) else { continue };
                let found: Vec<&str> = edited.steps().map(|step| step.id.as_str()).collect();
                let told = ids_after(ids.iter().map(String::as_str), std::slice::from_ref(&edit));
                if found != told {
                    return Err(format!("{}: {found:?}, but told {told:?}", edit.words()).into());
                }
                n += 1;
            }
        }
        if n < 1_000 { Err(format!("only {n} edits were made").into()) } else { Ok(()) }
    })
}

/// The trial that what a search leaves out makes no difference, to the plan and to its mutants.
pub(crate) fn reduction_trial(case: &Arc<Case>) -> Trial {
    let case = Arc::clone(case);
    Trial::ignorable_test(format!("{}::reduction", case.name), move || compare(&case))
}

fn compare(case: &Case) -> Result<Completion, Failed> {
    if !is_slow() {
        return Ok(Completion::ignored_with("RUN_SLOW_TESTS=1 runs it"));
    }
    let plan = match case.plan() {
        Ok(plan) => plan,
        Err(reason) => return Ok(Completion::ignored_with(reason)),
    };
    let asked = planner::as_asked(&case.request).plan;
    let asked = asked.map(|plan| Mutant { name: "as asked".to_owned(), plan });
    let itself = Mutant { name: "the plan".to_owned(), plan: plan.clone() };
    let all = mutants(&plan).into_iter().chain(asked).chain([itself]);
    let differ = all.filter_map(|Mutant { name, plan }| {
        let (with, without) = (proof::answer(&plan), proof::answer_unreduced(&plan));
        // An instance that is left behind breaks two promises at once: which is found first says nothing.
        let both = [&with, &without].iter().all(|a| matches!(a, Answer::Refuted(_)));
        let left = name.starts_with("back at once") && both;
        let differ = !left && found(&with) != found(&without);
        differ.then(|| format!("{name}: {with:?} with, {without:?} without"))
    });
    let lines: Vec<String> = differ.collect();
    if lines.is_empty() { Ok(Completion::Completed) } else { Err(lines.join("\n").into()) }
}

/// What was found, whatever columns stand in the words for it: a part of a plan has fewer.
fn found(answer: &Answer) -> (&'static str, &str) {
    match answer {
        Answer::Verified => ("verified", ""),
        // What never gets done: all of it at once does not end, a part of it ends elsewhere.
        Answer::Refuted(why) if why.starts_with("finished means done") => ("unfinished", ""),
        Answer::Refuted(why) => ("refuted", why.split(':').next().unwrap_or_default()),
        Answer::Empty(_) => ("unfinished", ""),
        Answer::Unknown(why) => ("unknown", why),
    }
}

fn perform(case: &Case) -> Result<Completion, Failed> {
    let plan = match case.plan() {
        Ok(plan) => plan,
        Err(reason) => return Ok(Completion::ignored_with(reason)),
    };
    if let Some(reason) = case.file.section("no-mutants") {
        return Ok(Completion::ignored_with(reason.trim()));
    }
    let equivalent = equivalent(case)?;
    let mut unused: BTreeSet<&String> = equivalent.keys().collect();
    let slow = is_slow();
    let mut lines = Vec::new();
    for mutant in mutants(&plan) {
        let reason = equivalent.get(&mutant.name);
        unused.remove(&mutant.name);
        // A proof that finds nothing takes longest: not every time.
        if reason.is_some() && !slow {
            continue;
        }
        let line = match (proof::answer(&mutant.plan), reason) {
            (Answer::Refuted(_) | Answer::Empty(_), None) | (Answer::Verified, Some(_)) => continue,
            (Answer::Refuted(why) | Answer::Empty(why), Some(_)) => {
                format!("{} is listed as equivalent, but is refuted: {why}", mutant.name)
            }
            (Answer::Verified, None) => format!("{}: why does nothing break?", mutant.name),
            (Answer::Unknown(why), _) => format!("{}: {why}", mutant.name),
        };
        lines.push(line);
    }
    lines.extend(unused.iter().map(|name| format!("`{name}` is listed, but is no mutant")));
    if lines.is_empty() { Ok(Completion::Completed) } else { Err(lines.join("\n").into()) }
}

/// `drop [what the step does]: reason`, a line each: numbers change when a step comes or goes.
fn equivalent(case: &Case) -> Result<BTreeMap<String, String>, Failed> {
    let lines = case.file.section("equivalent-mutants").unwrap_or_default().lines();
    let entry = |line: &str| match line.rsplit_once("]: ").or_else(|| line.split_once(": ")) {
        Some((name, reason)) if !reason.trim().is_empty() => {
            let closed = if name.contains('[') { "]" } else { "" };
            Ok((format!("{name}{closed}"), reason.to_owned()))
        }
        _ => Err(Failed::from(format!("`{line}` is not `mutant: reason`"))),
    };
    lines.filter(|line| !line.is_empty()).map(entry).collect()
}

fn mutants(plan: &Plan) -> Vec<Mutant> {
    let steps: Vec<&Step> = plan.steps().collect();
    let mut mutants = Vec::new();
    for step in &steps {
        let removed = Edit::Remove { step: step.id.clone() };
        // The only step cannot go.
        let plan = edited(plan, &[removed]).ok();
        mutants
            .extend(plan.map(|plan| Mutant { name: format!("drop [{}]", step.operation), plan }));
    }
    for pair in steps.windows(2) {
        let swap = Edit::Swap { a: pair[0].id.clone(), b: pair[1].id.clone() };
        let name = format!("swap [{}] [{}]", pair[0].operation, pair[1].operation);
        mutants.extend(edited(plan, &[swap]).ok().map(|plan| Mutant { name, plan }));
    }
    mutants.extend(steps.iter().filter_map(|step| back_at_once(plan, step)));
    mutants.extend(points(plan, &steps));
    mutants.extend(contract_first(plan));
    let gates = steps.iter().filter(|step| step.kind == StepKind::Gate).count();
    if gates > 0 {
        let plan = with_phases(plan, |phase| {
            phase.steps.retain(|step| step.kind != StepKind::Gate);
        });
        mutants.push(Mutant { name: "strip gates".to_owned(), plan });
    }
    mutants.retain(|mutant| mutant.plan.phases.iter().any(|phase| !phase.steps.is_empty()));
    mutants
}

fn with_phases(plan: &Plan, change: impl Fn(&mut Phase)) -> Plan {
    let mut plan = plan.clone();
    plan.phases.iter_mut().for_each(change);
    plan.phases.retain(|phase| !phase.steps.is_empty());
    plan
}

/// The way back goes on from a step without what it waits for there.
fn back_at_once(plan: &Plan, step: &Step) -> Option<Mutant> {
    let name = format!("back at once from [{}]", step.operation);
    let plan = with_phases(plan, |phase| {
        for other in phase.steps.iter_mut().filter(|other| other.id == step.id) {
            other.rollback.checks.clear();
        }
    });
    (!step.rollback.checks.is_empty()).then_some(Mutant { name, plan })
}

/// The point of no return declared where it is not: nowhere, a step too early, a step too late; where
/// there is none, at the last step.
fn points(plan: &Plan, steps: &[&Step]) -> Vec<Mutant> {
    let declared = plan.point_of_no_return.step.as_deref();
    let at = declared.and_then(|id| steps.iter().position(|step| step.id == id));
    let elsewhere = match at {
        Some(at) => vec![
            ("declare no point of no return", None),
            ("declare the point of no return too early", at.checked_sub(1)),
            ("declare the point of no return too late", Some(at + 1)),
        ],
        None => vec![("declare the point of no return too early", steps.len().checked_sub(1))],
    };
    let made = |(name, at): (&str, Option<usize>)| {
        let mut plan = plan.clone();
        // Where no step is there to name, the other two say it all.
        let step = match at {
            Some(at) => Some(steps.get(at)?.id.clone()),
            None if name.ends_with("early") => return None,
            None => None,
        };
        plan.point_of_no_return.step = step;
        Some(Mutant { name: name.to_owned(), plan })
    };
    elsewhere.into_iter().filter_map(made).collect()
}

/// The contracting phases before everything else.
fn contract_first(plan: &Plan) -> Option<Mutant> {
    let is_contract = |phase: &Phase| phase.kind == PhaseKind::Contract;
    let n_contracts = plan.phases.iter().filter(|phase| is_contract(phase)).count();
    if n_contracts == 0 || plan.phases[..n_contracts].iter().all(is_contract) {
        return None;
    }
    let mut mutant = plan.clone();
    // Stable: contracts keep their order among themselves.
    mutant.phases.sort_by_key(|phase| !is_contract(phase));
    Some(Mutant { name: "contract first".to_owned(), plan: mutant })
}

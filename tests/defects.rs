//! Defects that other tools are known for, rebuilt from plans of the cases: each is refuted, by the
//! promise that the bug report says was broken, or where it breaks none, measured in the timed walk.
//! What is said is golden text, a file a defect; `UPDATE_EXPECT=1` rewrites. Must not say how the tools work inside.

use std::path::Path;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use planner::Plan;
use planner::edit::{Edit, edited};
use planner::op::Op;
use planner::plan::{Statement, Step};
use planner::sync::SyncRule;
use simulator::{Setting, TimedStep, TimedWalk};

use crate::cases::Case;
use crate::golden;
use crate::proof;

/// A defect.
struct Defect {
    /// Names the golden text.
    name: &'static str,
    /// Whose, where it is reported, and what happens.
    why: &'static str,
    /// The case whose plan it is put into.
    case: &'static str,
    /// Puts it in; nothing where the plan has no place for it.
    put_in: fn(&Plan) -> Option<Plan>,
    /// The promise that it breaks.
    breaks: &'static str,
}

const DEFECTS: &[Defect] = &[
    Defect {
        name: "column_dropped_before_its_trigger",
        why: "pgroll completes by dropping the old column in one statement and the functions of its triggers \
              in the next: until then every write fails (read in its source; measured with equivalent SQL)",
        case: "int_to_bigint",
        put_in: column_before_trigger,
        breaks: "no broken statement",
    },
    Defect {
        name: "direction_by_search_path",
        why: "pgroll tells releases apart by the whole text of search_path: with a second schema in it the new \
              release counts as the old one, and what it writes is overwritten (xataio/pgroll#829)",
        case: "rename_column",
        put_in: one_way,
        breaks: "no lost write",
    },
    Defect {
        name: "dropped_before_it_is_validated",
        why: "pgroll and reshape drop the version that could go back before they validate constraints: where \
              the validation fails there is neither a way on nor one back (read in their sources)",
        case: "extract_lookup_table",
        put_in: drop_before_validation,
        breaks: "validated before destruction",
    },
    Defect {
        name: "index_that_is_there_but_invalid",
        why: "CREATE INDEX CONCURRENTLY IF NOT EXISTS, tried again after it failed, finds the name of the \
              invalid index that it left, and does nothing",
        case: "add_index",
        put_in: if_not_exists,
        breaks: "finished means done",
    },
];

/// The trials.
pub(crate) fn trials(cases: &[Arc<Case>]) -> Vec<Trial> {
    let trial = |defect: &'static Defect| {
        let case = cases.iter().find(|case| case.name == defect.case).cloned();
        Trial::test(format!("defects::{}", defect.name), move || perform(defect, case.as_deref()))
    };
    let case = cases.iter().find(|case| case.name == "set_not_null_15").cloned();
    let scan = Trial::test("defects::scan_thrown_away", move || scan_thrown_away(case.as_deref()));
    DEFECTS.iter().map(trial).chain([scan]).collect()
}

fn perform(defect: &Defect, case: Option<&Case>) -> Result<(), Failed> {
    let plan = case.ok_or("there is no such case")?.plan()?;
    proof::must_verify(&plan)?;
    let broken = (defect.put_in)(&plan).ok_or("the plan has no place for it any more")?;
    let said = proof::said(&broken);
    let begin = format!("refuted: {}", defect.breaks);
    if !said.starts_with(&begin) {
        return Err(format!("`{begin}` was to be said, not\n{said}").into());
    }
    let printed = format!("{}\n\n{said}", defect.why);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("defects");
    let path = path.join(format!("{}.txt", defect.name));
    golden::compare(&path, &printed)
}

/// What breaks no promise and still hurts shows in the timed walk.
const THROWN_AWAY: &str = "strong_migrations validates the CHECK, sets NOT NULL and drops the CHECK in one \
    transaction: where SET NOT NULL waits for its lock too long, the scan of the table is thrown away, and made \
    again with the next try (read in its source)";

/// The plan as it is and with the three statements in one transaction, on the same traffic.
fn scan_thrown_away(case: Option<&Case>) -> Result<(), Failed> {
    let mut plan = case.ok_or("there is no such case")?.plan()?;
    // Now and then a report runs for a minute.
    plan.model.traffic.iter_mut().for_each(|traffic| traffic.longest_transaction_s = 60);
    let validates = |s: &Statement| matches!(s.op, Op::ValidateConstraint { .. });
    let steps: Vec<&Step> = plan.steps().collect();
    let at = steps.iter().position(|step| step.script.iter().any(validates));
    let at = at.ok_or("the plan validates nothing")?;
    let ids: Vec<String> = steps[at..at + 3].iter().map(|step| step.id.clone()).collect();
    let merges: Vec<Edit> =
        ids[1..].iter().map(|step| Edit::Merge { step: step.clone() }).collect();
    let merged = edited(&plan, &merges).map_err(|bad| bad.0)?;
    let mut printed = format!("{THROWN_AWAY}\n");
    let (mut scans_apart, mut scans_together) = (0, 0);
    for seed in 0..8 {
        let apart = timed(&plan, seed, &ids);
        let together = timed(&merged, seed, &ids);
        scans_apart += apart[0].attempts;
        scans_together += together[0].attempts;
        printed += &format!("\nseed {seed}\n");
        for (way, steps) in [("apart", apart), ("together", together)] {
            let (attempts, seconds) =
                steps.iter().fold((0, 0.0), |(n, s), step| (n + step.attempts, s + step.seconds));
            let scans = steps[0].attempts;
            printed += &format!(
                "  {way}: {scans} scans, {attempts} tries in all, done after {seconds:.0} s\n"
            );
        }
    }
    if scans_together <= scans_apart {
        return Err(format!("{scans_together} scans, {scans_apart} where they are apart").into());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("defects/scan_thrown_away.txt");
    golden::compare(&path, &printed)
}

/// How these steps of a plan went.
fn timed(plan: &Plan, seed: u64, ids: &[String]) -> Vec<TimedStep> {
    let setting = Setting { seed, ..Setting::default() };
    TimedWalk::new(plan, &setting).filter(|step| ids.contains(&step.id)).collect()
}

/// The plan with one step changed: the first for which `change` has something else.
fn with_step(plan: &Plan, change: impl Fn(&Step) -> Option<Step>) -> Option<Plan> {
    let mut plan = plan.clone();
    let mut steps = plan.phases.iter_mut().flat_map(|phase| &mut phase.steps);
    let (step, changed) = steps.find_map(|step| change(step).map(|changed| (step, changed)))?;
    *step = changed;
    Some(plan)
}

fn column_before_trigger(plan: &Plan) -> Option<Plan> {
    let is_drop = |s: &Statement| matches!(s.op, Op::DropColumn { .. } | Op::DropColumnOnly { .. });
    let is_trigger = |s: &Statement| matches!(s.op, Op::DropSyncTrigger { .. });
    with_step(plan, |step| {
        let column = step.script.iter().position(is_drop)?;
        let trigger = step.script.iter().position(is_trigger)?;
        let mut step = step.clone();
        step.script.swap(column, trigger);
        step.script.iter_mut().for_each(|statement| statement.transaction = None);
        Some(step)
    })
}

fn one_way(plan: &Plan) -> Option<Plan> {
    let one_way = |rule: &SyncRule| SyncRule { down: Vec::new(), ..rule.clone() };
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others have no rule")]
    with_step(plan, |step| {
        let mut step = step.clone();
        let mut found = false;
        for statement in &mut step.script {
            let op = match &statement.op {
                Op::CreateSyncFunction { rule } => Op::CreateSyncFunction { rule: one_way(rule) },
                Op::CreateSyncTrigger { rule } => Op::CreateSyncTrigger { rule: one_way(rule) },
                _ => continue,
            };
            let transaction = statement.transaction.clone();
            *statement = Statement { transaction, ..Statement::new(op) };
            found = true;
        }
        found.then_some(step)
    })
}

fn drop_before_validation(plan: &Plan) -> Option<Plan> {
    let validates = |s: &Statement| matches!(s.op, Op::ValidateConstraint { .. });
    let validation = plan.steps().filter(|step| step.script.iter().any(validates)).last()?.clone();
    let drop = plan.steps().find(|step| step.destructive)?.id.clone();
    let removed = Edit::Remove { step: validation.id.clone() };
    let mut plan = edited(plan, &[removed]).ok()?;
    let phase = plan.phases.iter_mut().find(|p| p.steps.iter().any(|step| step.id == drop))?;
    let at = phase.steps.iter().position(|step| step.id == drop)?;
    phase.steps.insert(at + 1, validation);
    Some(plan)
}

fn if_not_exists(plan: &Plan) -> Option<Plan> {
    let builds = |s: &Statement| matches!(s.op, Op::CreateIndex { concurrently: true, .. });
    with_step(plan, |step| {
        step.script.iter().any(builds).then_some(())?;
        let mut step = step.clone();
        step.script.retain(|s| !matches!(s.op, Op::DropIndex { .. }));
        // Tried again, it is through where the name is there.
        step.checks.clear();
        Some(step)
    })
}

//! What the request allows and forbids, held against the plan: the downtime it takes, and the rules
//! that the request makes impossible. Must not know recipes.

use crate::diagnostic::{Diagnostic, Source};
use crate::engine::Lock;
use crate::plan::{Impossible, Plan, Question, Step, StepKind};
use crate::request::{Backup, DeployModel, Request};

const TOGETHER: &str = "old and new version both work against the schema at every moment";

/// Why there is no plan within the request's limits: rule 1 needs a downtime that is not allowed.
pub(super) fn refused(request: &Request, plan: &Plan) -> Option<Diagnostic> {
    let (least, most) = downtime(plan)?;
    let allowed = request.downtime_s();
    if least <= f64::from(allowed) {
        return None;
    }
    let why = if request.deploy.model == DeployModel::StopTheWorld {
        "the deploy stops the app".to_owned()
    } else {
        format!("rule 1 ({TOGETHER}) cannot be kept: the releases cannot run together")
    };
    Some(Diagnostic::error(
        "downtime-too-short",
        (Source::Request, (0, 0)),
        format!(
            "{why}, which takes {least:.0} to {most:.0} s from the last request of R0 to the first of R1, and {allowed} s of downtime are allowed"
        ),
        format!(
            "allow the downtime (constraints.downtime_s, --downtime {most:.0}), or make the new release one that can run beside the old one (deploy.old_and_new_together)"
        ),
    ))
}

/// Seconds for which no release runs; none where one always does.
pub(super) fn downtime(plan: &Plan) -> Option<(f64, f64)> {
    let stops =
        |step: &&Step| step.deploy.as_ref().is_some_and(|d| d.from.is_some() && d.to.is_none());
    let down = plan.steps().any(|step| step.app_state == ["R1"] && step.kind == StepKind::Deploy);
    if !down || plan.steps().all(|step| !stops(&step)) {
        return None;
    }
    let from = plan.steps().skip_while(|step| !stops(step));
    let mut sum = (0.0, 0.0);
    for step in from {
        sum.0 += step.estimate.seconds.0;
        sum.1 += step.estimate.seconds.1;
        if step.deploy.as_ref().is_some_and(|d| d.from.is_none() && d.to.is_some()) {
            break;
        }
    }
    Some(sum)
}

/// Rules that cannot be kept as they stand, and what the plan does about each.
pub(super) fn impossible(request: &Request, plan: &Plan) -> Vec<Impossible> {
    let mut list = Vec::new();
    if let Some((least, most)) = downtime(plan) {
        let (why, needs) = if request.deploy.old_and_new_together {
            (
                "the deploy stops every instance before it starts the new ones",
                "a deploy that is rolling, blue-green or by canary",
            )
        } else {
            (
                "the releases cannot run together",
                "a release that can run beside the old one: then the same change needs no downtime",
            )
        };
        let allowed = request.downtime_s();
        let over = if most > f64::from(allowed) {
            format!(
                "; at worst that is more than the {allowed} s allowed: rehearse it, and go back when the time is over"
            )
        } else {
            format!(", of {allowed} s allowed")
        };
        list.push(Impossible {
            rule: 1,
            says: TOGETHER.to_owned(),
            why: why.to_owned(),
            instead: format!("the app is down for {least:.0} to {most:.0} s{over}"),
            needs: needs.to_owned(),
        });
    }
    list.extend(plan.steps().filter(|step| !step.online && step.locks.iter().any(Lock::is_long)).map(|step| {
        let (least, most) = step.estimate.seconds;
        Impossible {
            rule: 2,
            says: "no long-held lock on a big or busy table".to_owned(),
            why: format!("step {} has no way beside traffic: {}", step.id, step.why),
            instead: format!("requests wait for {least:.0} to {most:.0} s, in an hour that you choose"),
            needs: "a downtime for it (deploy.model = \"stop-the-world\", constraints.downtime_s), or a change that can be done in steps".to_owned(),
        }
    }));
    if let Some(first) = unbacked(request, plan) {
        list.push(Impossible {
            rule: 5,
            says: "a recoverable backup, with a restore check, comes before the first destructive step".to_owned(),
            why: "the request says that there is no backup".to_owned(),
            instead: format!("the plan stops before step {}, where nothing is lost yet, and asks", first.id),
            needs: "a backup: a dump of the touched tables is enough (constraints.backup = \"logical-dump\", --backup logical-dump)".to_owned(),
        });
    }
    list
}

/// The first destructive step, where no backup can come before it.
fn unbacked<'a>(request: &Request, plan: &'a Plan) -> Option<&'a Step> {
    let none = request.constraints.backup == Backup::None;
    plan.steps().find(|step| step.destructive).filter(|_| none)
}

/// The last open question of a plan whose request has no backup.
pub(super) fn question(request: &Request, plan: &Plan) -> Option<Question> {
    let first = unbacked(request, plan)?;
    Some(Question {
        code: "no-backup".to_owned(),
        question: format!(
            "There is no backup: may step {} be run ({})?",
            first.id, first.operation
        ),
        default: format!("no: the plan stops before step {}, and can be rolled back from there", first.id),
        answer_with: "--backup logical-dump: the plan then takes a dump of the touched tables and restores it before".to_owned(),
    })
}

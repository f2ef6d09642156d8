//! How the app moves from one release to the next under each deploy model, and which releases run
//! during each step. Must not know any one recipe.

use crate::condition::Condition;
use crate::plan::{Check, Deploy, StepKind};
use crate::recipe::{Draft, Slot};
use crate::request::{DeployModel, Request};

use super::outside;

/// The steps that move the app. `parity`: what the recipes verify before it; a canary and a fleet
/// that waits beside the old one verify it again, when the new release has written.
pub(super) fn cutover(request: &Request, parity: &[Check]) -> Vec<Draft> {
    if request.stops() {
        return stopped(request);
    }
    let mut drafts = match request.deploy.model {
        DeployModel::Rolling | DeployModel::StopTheWorld => vec![
            first(
                Slot::Cutover,
                "deploy R1: rolling, instance by instance",
                Deploy::new(Some("R0"), Some("R1")),
            )
            .why(GO_ON),
        ],
        DeployModel::Canary => canary(parity),
        DeployModel::BlueGreen => blue_green(parity),
    };
    drafts.push(drained(request));
    drafts
}

const GO_ON: &str = "the schema serves both versions: go forward or back at any moment";

fn deploy(slot: Slot, operation: &str, deploy: Deploy) -> Draft {
    let mut draft = Draft::new(slot, StepKind::Deploy, operation.to_owned(), Vec::new())
        .loses("nothing: what R1 wrote stays, and R0 reads it");
    draft.deploy = Some(deploy);
    draft
}

/// A deploy that brings the first instances of R1. When it has been taken back none may be left: what the
/// steps before it have made goes next.
fn first(slot: Slot, operation: &str, to: Deploy) -> Draft {
    let none_left = Condition::Drained { release: "R1".to_owned() };
    deploy(slot, operation, to).undone_when("sessions of R1", none_left)
}

/// Backwards it is where R0 is about to run again, and perhaps to read from a replica.
fn drained(request: &Request) -> Draft {
    let draft = Draft::gate(Slot::Cutover, "no instance of R0 is left".to_owned(), Vec::new())
        .why("jobs, consoles and forgotten workers count too; sessions tell by application_name")
        .done_when("sessions of R0", Condition::Drained { release: "R0".to_owned() });
    Draft { back_checks: outside::replicas(request).into_iter().collect(), ..draft }
}

/// A gate on what the new release has written so far; none where there is nothing to compare.
fn written_so_far(who: &str, parity: &[Check]) -> Option<Draft> {
    (!parity.is_empty()).then(|| {
        Draft::gate(
            Slot::Cutover,
            format!("what {who} has written reads the same in both shapes"),
            parity.to_vec(),
        )
        .why("the first writes of R1 show what no test did; stop here as long as its errors, its latency or these numbers are not those of R0")
    })
}

fn canary(parity: &[Check]) -> Vec<Draft> {
    let one = Deploy { canary: true, ..Deploy::new(Some("R0"), Some("R1")) };
    let mut drafts = vec![
        first(Slot::Cutover, "deploy R1 to a canary: one instance, the others stay on R0", one)
            .why("one instance meets what no test did; the schema serves both versions, so it goes back alone"),
    ];
    drafts.extend(written_so_far("the canary", parity));
    drafts.push(
        deploy(
            Slot::Cutover,
            "deploy R1 to the other instances, one by one",
            Deploy::new(Some("R0"), Some("R1")),
        )
        .why(GO_ON),
    );
    drafts
}

fn blue_green(parity: &[Check]) -> Vec<Draft> {
    let mut drafts = vec![
        first(
            Slot::Cutover,
            "start the R1 fleet beside R0; users stay on R0",
            Deploy::new(None, Some("R1")),
        )
        .why("its jobs and smoke tests write already, and the schema serves both fleets; the database carries the connections of both: see max_connections"),
    ];
    drafts.extend(written_so_far("the R1 fleet", parity));
    drafts.push(
        deploy(
            Slot::Cutover,
            "switch traffic to the R1 fleet; stop the R0 fleet when nobody would go back",
            Deploy::new(Some("R0"), None),
        )
        .why("the switch is instant, and so is switching back, as long as the R0 fleet stands; the plan goes on when it is gone"),
    );
    drafts
}

/// Old and new never meet: the app is down in between.
fn stopped(request: &Request) -> Vec<Draft> {
    let why = if request.deploy.old_and_new_together {
        "the deploy stops everything anyway: what the schema needs is done while nobody uses it"
    } else {
        "R0 and R1 cannot run together: the app is down until R1 has started"
    };
    vec![
        deploy(
            Slot::Cutover,
            "stop every R0: the app is down from here",
            Deploy::new(Some("R0"), None),
        )
        .why(why),
        drained(request),
        first(Slot::Start, "start R1: the app is up again", Deploy::new(None, Some("R1"))).why(
            "a start that fails goes back: stop R1, roll the steps of the downtime back, start R0",
        ),
    ]
}

/// What was stopped may be started again by somebody else: looked at once more before anything goes.
pub(super) fn stays_away() -> Draft {
    Draft::gate(Slot::Confirm, "no instance of R0 has come back".to_owned(), Vec::new())
        .why("a scheduler, an autoscaler or a console may have started the old release again after the stop")
        .done_when("sessions of R0", Condition::Drained { release: "R0".to_owned() })
}

/// How a step's deploy is taken back; nothing where it has none.
pub(super) fn back(draft: &Draft) -> &'static str {
    let Some(deploy) = &draft.deploy else { return "" };
    // That none is left is asked only where the first instances came: see `first`.
    let first = !draft.back_checks.is_empty();
    match (&deploy.from, &deploy.to, deploy.canary) {
        (Some(_), Some(_), true) => {
            "deploy R0 to the canary again, until no instance of R1 is left"
        }
        (Some(_), Some(_), false) if first => {
            "deploy R0 again, the same way, until no instance of R1 is left"
        }
        (Some(_), Some(_), false) => "deploy R0 again, the same way, but for the canary",
        (Some(_), None, _) => "start R0 again, and send it the traffic",
        (None, Some(_), _) => "stop every R1",
        (None, None, _) => "",
    }
}

/// Releases that may run, from one step to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    old: bool,
    new: bool,
    /// R0 was told to go; a gate has to say that it has.
    leaving: bool,
}

impl Running {
    /// Before anything.
    pub(super) fn today() -> Self {
        Self { old: true, new: false, leaving: false }
    }

    /// Those that may run during a step; after it, `self` is as the next one finds it.
    pub(super) fn during(&mut self, draft: &Draft) -> Vec<String> {
        if let Some(deploy) = &draft.deploy {
            self.new |= deploy.to.is_some();
            self.leaving |= deploy.from.is_some() && !deploy.canary;
        }
        let all = [(self.old, "R0"), (self.new, "R1")];
        let ids = all.iter().filter(|(runs, _)| *runs).map(|(_, id)| (*id).to_owned()).collect();
        let gone =
            |c: &Check| matches!(&c.condition, Condition::Drained { release } if release == "R0");
        if self.leaving && draft.checks.iter().any(gone) {
            self.old = false;
        }
        ids
    }
}

//! Drafts of all changes become one plan: ordered by slot, one deploy for all, helpers first and
//! last, a backup before the first destructive step; then numbered, with locks and estimates from
//! the engine's facts on the schema as it is at each step. Must not know any one recipe.

mod checks;
mod heirs;
mod limits;
mod outside;
mod prepared;
mod rebuild;
mod rest;
mod retyped;
mod rollout;
mod spelled;
mod users;
mod wait;

use std::collections::BTreeSet;

use crate::backfill::Backfill;
use crate::condition::Condition;
use crate::engine::{Engine, Lock, locks_in_transaction, worst_locks};
use crate::estimate::Ground;
use crate::name::QName;
use crate::op::Op;
use crate::plan::{
    BackfillNote, Check, Phase, PhaseKind, PointOfNoReturn, Rollback, Statement, Step, StepKind,
    Validation,
};
use crate::recipe::{Draft, Recipe, Slot};
use crate::request::{Backup, Request};
use crate::schema::Schema;

pub(crate) use prepared::refused;
use rollout::Running;

/// What `arrange` needs beside the drafts.
pub(crate) struct Frame<'a> {
    /// Engine.
    pub(crate) engine: Engine,
    /// Request.
    pub(crate) request: &'a Request,
    /// Source schema.
    pub(crate) source: &'a Schema,
    /// The schema as all that is asked leaves it.
    pub(crate) wanted: &'a Schema,
    /// Touched tables: for the backup's commands.
    pub(crate) tables: &'a [QName],
}

/// Phases, and what is read off them.
pub(crate) struct Arranged {
    pub(crate) phases: Vec<Phase>,
    pub(crate) point_of_no_return: PointOfNoReturn,
    pub(crate) backfills: Vec<BackfillNote>,
    pub(crate) validation: Vec<Validation>,
}

/// Puts the drafts of all recipes into phases.
pub(crate) fn arrange(frame: &Frame<'_>, recipes: &[Recipe]) -> Arranged {
    let staged = |(at, r): (usize, &Recipe)| {
        let (stage, change) = (r.stage, Some(at));
        let drafts = r.drafts.clone().into_iter();
        drafts.map(move |draft| Draft { stage, change, ..draft }).collect::<Vec<_>>()
    };
    let mut drafts: Vec<Draft> = recipes.iter().enumerate().flat_map(staged).collect();
    if recipes.iter().any(|r| r.needs_release) {
        let parity = parity(&drafts);
        drafts.extend(rollout::cutover(frame.request, &parity));
        if frame.request.stops() && drafts.iter().any(|d| d.destructive) {
            drafts.push(rollout::stays_away());
        }
    }
    let gates = outside::gates(frame.request, &drafts);
    drafts.extend(gates);
    if drafts.iter().any(uses_helpers) {
        drafts.extend(helpers(&drafts));
    }
    if drafts.iter().any(|d| d.destructive) {
        drafts.push(backup(frame));
    }
    // The second round comes when the first one's swaps are done, and before anything is dropped; the
    // helpers go when nothing of either is left.
    drafts.sort_by_key(|draft| {
        let late = draft.slot >= Slot::Backup;
        let stage = if draft.slot == Slot::Stopped { 0 } else { draft.stage };
        (late, if late { 0 } else { stage }, draft.slot, stage)
    });
    number(frame, wait::for_each_other(frame.source.clone(), drafts))
}

/// What the recipes verify before the app moves, each once.
fn parity(drafts: &[Draft]) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for draft in drafts.iter().filter(|d| d.slot == Slot::Verify && d.kind == StepKind::Gate) {
        checks.extend(
            draft.checks.iter().filter(|c| !checks.contains(c)).cloned().collect::<Vec<_>>(),
        );
    }
    checks
}

fn uses_helpers(draft: &Draft) -> bool {
    draft.script.iter().any(|s| {
        matches!(
            s.op,
            Op::CreateSyncFunction { .. }
                | Op::CreateRelayFunction { .. }
                | Op::CreateBackfill { .. }
                | Op::CreateUndoTable { .. }
        )
    })
}

fn helpers(drafts: &[Draft]) -> [Draft; 2] {
    let there = |present| Condition::Helpers { present };
    let mut first = Draft::new(
        Slot::Prepare,
        StepKind::Ddl,
        "create schema concertina, for the plan's own bookkeeping".to_owned(),
        [Op::CreateHelpers, Op::CreateProgress, Op::CreateThrottle].map(|op| Statement::within(op, "a")).to_vec(),
    )
    .why("progress of backfills, sync functions and undo rows live apart from your schema, and go at the end")
    .done_when(
        "the progress table is there",
        Condition::Helper { name: "backfill".to_owned(), present: true },
    );
    first.rollback = Some(vec![Statement::new(Op::DropHelpers)]);
    let undo = drafts.iter().any(|d| d.backfill.as_ref().is_some_and(Backfill::keeps_what_goes));
    let mut last = Draft::new(
        Slot::Retire,
        StepKind::Ddl,
        "drop schema concertina".to_owned(),
        vec![Statement::new(Op::DropHelpers)],
    )
    .why("nothing of the plan is left behind")
    .done_when("the schema is gone", there(false));
    let rows = if undo {
        "the rows as they were before the backfill: only the backup has them"
    } else {
        "nothing: the plan is finished"
    };
    last = last.irreversible(rows);
    last.destructive = undo;
    [first, last]
}

fn backup(frame: &Frame<'_>) -> Draft {
    let constraints = &frame.request.constraints;
    let tables: Vec<String> = frame.tables.iter().map(|t| format!("--table='{t}'")).collect();
    let (how, commands) = match constraints.backup {
        Backup::None => return no_backup(),
        Backup::LogicalDump => (
            "a dump of the touched tables",
            vec![
                format!("pg_dump --format=custom {} --file=before-contract.dump \"$DATABASE_URL\"", tables.join(" ")),
                "createdb restore_check && pg_restore --exit-on-error --no-owner --section=pre-data --section=data --dbname=restore_check before-contract.dump".to_owned(),
                format!("psql --dbname=restore_check --command='SELECT count(*) FROM {}'", frame.tables.first().map_or_else(String::new, QName::to_string)),
            ],
        ),
        Backup::Snapshot => (
            "a storage snapshot",
            vec![
                "take a snapshot of the database's volumes".to_owned(),
                "start a server from it and run this plan's checks there".to_owned(),
            ],
        ),
        Backup::Pitr => (
            "a restore point in the WAL archive",
            vec![
                "psql --command=\"SELECT pg_create_restore_point('before_contract'), pg_switch_wal()\"".to_owned(),
                "restore the base backup to that point on another machine and run this plan's checks there".to_owned(),
            ],
        ),
    };
    let mut draft = Draft::new(
        Slot::Backup,
        StepKind::Backup,
        format!("take {how} and restore it somewhere"),
        Vec::new(),
    )
    .why("what the next steps drop exists nowhere else; a backup that was never restored is a hope")
    .done_when("the backup has been restored and looked at", Condition::BackupRestorable);
    draft.commands = commands;
    draft
}

/// Rule 5 without a backup: the plan stops here until somebody has one.
fn no_backup() -> Draft {
    Draft::new(
        Slot::Backup,
        StepKind::Backup,
        "stop here: the next steps destroy data, and there is no backup".to_owned(),
        Vec::new(),
    )
    .why("a recoverable backup comes before the first destructive step, and the request says that there is none; up to here everything works for the new release and can be rolled back, so the plan can wait")
    .done_when("somebody has made a backup, and restored it", Condition::BackupRestorable)
}

/// Which phase a slot belongs to. Slots of one kind that follow each other share a phase.
fn phase_of(slot: Slot) -> (PhaseKind, &'static str) {
    match slot {
        Slot::Prepare => (PhaseKind::Prepare, "Prepare"),
        Slot::Expand => (PhaseKind::Expand, "Expand: add what the new release needs"),
        Slot::Backfill | Slot::Constrain => {
            (PhaseKind::Migrate, "Migrate: bring existing rows over")
        }
        Slot::Verify => (PhaseKind::Verify, "Verify before the app moves"),
        Slot::Cutover | Slot::Stopped | Slot::Start => {
            (PhaseKind::Cutover, "Cut over: move the app")
        }
        Slot::Repair => (PhaseKind::Migrate, "Migrate: bring existing rows over"),
        Slot::Confirm => (PhaseKind::Verify, "Verify before anything is narrowed"),
        Slot::Tighten => (PhaseKind::Contract, "Contract: enforce what the app keeps"),
        Slot::Swap => (PhaseKind::Contract, "Contract: the new shape takes over, reversibly"),
        Slot::Soak => (PhaseKind::Verify, "Verify before anything is dropped"),
        Slot::Backup | Slot::Drop | Slot::Retire => {
            (PhaseKind::Contract, "Contract: drop what is left over")
        }
        Slot::Last => (PhaseKind::Contract, "Contract: what acts on every later statement"),
        Slot::Unknown => (PhaseKind::Contract, "Not analysed"),
    }
}

fn number(frame: &Frame<'_>, drafts: Vec<Draft>) -> Arranged {
    let mut phases: Vec<Phase> = Vec::new();
    let mut schema = frame.source.clone();
    let mut running = Running::today();
    let mut point = None;
    let mut backfills = Vec::new();
    let mut validation = Vec::new();
    let dropped = rest::dropped(&drafts);
    for mut draft in drafts {
        if point.is_none() && is_spared(frame, &schema, (&phases, &draft)) {
            draft.rollback = Some(Vec::new());
        }
        let (kind, title) = phase_of(draft.slot);
        if phases.last().is_none_or(|phase| phase.title != title) {
            let number = u32::try_from(phases.len() + 1).unwrap_or(u32::MAX);
            phases.push(Phase { number, kind, title: title.to_owned(), steps: Vec::new() });
        }
        let Some(phase) = phases.last_mut() else { continue };
        let id = format!("{}.{}", phase.number, phase.steps.len() + 1);
        if point.is_none() && draft.rollback.is_none() {
            point = Some((id.clone(), draft.operation.clone(), draft.loses.clone()));
        }
        if let Some(backfill) = &draft.backfill {
            backfills.push(backfill_note(&id, backfill));
        }
        validation.extend(validations(&id, &draft));
        let app_state = running.during(&draft);
        let step = step(frame, &mut schema, (id, app_state, &dropped), draft);
        phase.steps.push(step);
    }
    Arranged { point_of_no_return: point_of_no_return(frame, point), phases, backfills, validation }
}

/// Whether the helpers can go without any step before losing its way back: none of the rollbacks needs
/// them.
fn is_spared(frame: &Frame<'_>, schema: &Schema, (phases, draft): (&[Phase], &Draft)) -> bool {
    if draft.slot != Slot::Retire || draft.destructive {
        return false;
    }
    let mut schema = schema.clone();
    let steps = phases.iter().flat_map(|phase| &phase.steps).rev();
    let back = draft.script.iter().chain(steps.flat_map(|step| &step.rollback.script));
    back.into_iter().all(|statement| schema.apply(&statement.op).is_ok())
        && schema.unordered() == frame.source.unordered()
}

fn validations(id: &str, draft: &Draft) -> Vec<Validation> {
    let counts = |check: &&Check| {
        draft.kind == StepKind::Gate
            || matches!(check.condition, Condition::BackfillFinished { .. })
    };
    draft
        .checks
        .iter()
        .filter(counts)
        .map(|check| Validation {
            step: id.to_owned(),
            name: draft.operation.clone(),
            sql: check.sql.clone(),
            expect: check.expect.clone(),
        })
        .collect()
}

fn step(
    frame: &Frame<'_>,
    schema: &mut Schema,
    (id, app_state, dropped): (String, Vec<String>, &BTreeSet<(QName, String)>),
    mut draft: Draft,
) -> Step {
    outside::with_commands(frame.request, frame.source, &mut draft);
    let replaced = checks::replaced(frame.wanted, schema, &draft.script);
    let script = checks::forth(&replaced, spelled::renewed(schema, draft.script));
    draft.script = rebuild::around(schema, &script);
    draft.script = heirs::kept((frame.source, frame.wanted), schema, draft.script);
    draft.script = retyped::restored(schema, draft.script);
    draft.script = heirs::said_still(frame.wanted, schema, draft.script);
    let before = schema.clone();
    let locks = locks(frame.engine, schema, &draft.script);
    draft.rollback = draft
        .rollback
        .map(|script| rest::on_the_older(schema, dropped, script))
        .map(|script| spelled::as_it_stood(&before, &draft.script, script))
        .map(|script| spelled::again(&before, script))
        .map(|script| spelled::with_hanging(&before, script))
        .map(|script| checks::back(&replaced, script))
        .map(|script| retyped::restored(schema, script))
        .map(|script| heirs::restored(&before, schema, rebuild::around(schema, &script)));
    let ground = Ground { request: frame.request, engine: frame.engine, source: frame.source };
    let (estimate, _) = ground.draft(&mut before.clone(), &draft);
    let prepared = match app_state.as_slice() {
        [] => Vec::new(),
        _ => refused(&before, schema, &draft.script),
    };
    draft.script = limits::around(frame, before, &draft.script);
    let back = |script: Vec<Statement>| limits::around(frame, schema.clone(), &script);
    draft.rollback = draft.rollback.map(back);
    let big = |name: &QName| is_big(frame.request, frame.source, name);
    let online = !locks.iter().any(|lock| lock.is_long() && big(lock.worked_through()))
        && !draft
            .script
            .iter()
            .any(|s| matches!(s.op, Op::Verbatim { .. }) && draft.slot == Slot::Unknown)
        || app_state.is_empty();
    let app = rollout::back(&draft).to_owned();
    Step {
        id,
        kind: draft.kind,
        operation: draft.operation,
        script: draft.script,
        alternative: draft.alternative,
        commands: draft.commands,
        rollback: Rollback {
            script: draft.rollback.unwrap_or_default(),
            app,
            checks: draft.back_checks,
            loses: draft.loses,
        },
        locks,
        online,
        app_state,
        prepared,
        checks: draft.checks,
        destructive: draft.destructive,
        estimate,
        why: draft.why,
        deploy: draft.deploy,
    }
}

/// Whether a table takes long to work through. One that a step makes has no rows.
pub(crate) fn is_big(request: &Request, source: &Schema, table: &QName) -> bool {
    source.tables.contains_key(table) && request.facts(table).is_big()
}

/// Locks of a script on `schema`, which is taken forward through it: the worst of its transactions.
pub(crate) fn locks(engine: Engine, schema: &mut Schema, script: &[Statement]) -> Vec<Lock> {
    let mut made = Vec::new();
    let together =
        |a: &Statement, b: &Statement| a.transaction.is_some() && a.transaction == b.transaction;
    let transactions = script.chunk_by(together).map(|statements| {
        let ops = statements.iter().map(|statement| &statement.op);
        locks_in_transaction(engine, schema, ops, &mut made)
    });
    worst_locks(transactions.collect::<Vec<_>>().into_iter().flatten())
}

fn point_of_no_return(
    frame: &Frame<'_>,
    point: Option<(String, String, String)>,
) -> PointOfNoReturn {
    let Some((id, operation, loses)) = point else {
        return PointOfNoReturn {
            step: None,
            why: "no step destroys anything: every step can be rolled back, to the last".to_owned(),
            recovery: vec![
                "run the rollback scripts backwards from the last step that ran".to_owned(),
            ],
        };
    };
    let minutes = frame.request.constraints.restore_minutes;
    let tables: Vec<String> = frame.tables.iter().map(QName::to_string).collect();
    PointOfNoReturn {
        why: format!("{operation}: rolling back would lose {loses}"),
        step: Some(id.clone()),
        recovery: vec![
            format!("before step {id}: run the rollback scripts backwards from the last step that ran; nothing is lost"),
            "during it: run its first check; if the number is as expected the step is done, otherwise run the step again".to_owned(),
            format!("after it, if the new release is wrong: fix it forward; R1 keeps working on this schema"),
            match frame.request.constraints.backup {
                Backup::None => "after it, if data is missing: it is gone, there is no backup to restore".to_owned(),
                Backup::LogicalDump | Backup::Snapshot | Backup::Pitr => format!("after it, if data is missing: restore the backup beside the database (about {minutes} minutes), and copy what is missing of {} back by primary key; rows written since keep their values", tables.join(", ")),
            },
        ],
    }
}

fn backfill_note(id: &str, backfill: &Backfill) -> BackfillNote {
    let words = backfill.words();
    BackfillNote {
        step: id.to_owned(),
        batching: words.batching,
        throttle: words.throttle,
        idempotency: words.idempotency,
        dead_rows: words.dead_rows,
        progress: backfill.progress_sql(),
        backfill: backfill.clone(),
    }
}

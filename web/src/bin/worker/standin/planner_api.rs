use planner::condition::Condition;
use planner::diagnostic::Source;
use planner::engine::{Held, Lock, LockMode};
use planner::name::QName;
use planner::op::Op;
use planner::plan::*;
use planner::request::Request;
use planner::schema::Schema;
use planner::{Diagnostic, Planned};

fn st(sql: &str) -> Statement {
    Statement { sql: sql.into(), transaction: None, op: Op::CreateHelpers }
}
fn step(id: &str, kind: StepKind, op: &str, sql: &[&str], back: &[&str]) -> Step {
    Step {
        id: id.into(), kind, operation: op.into(),
        script: sql.iter().map(|s| st(s)).collect(),
        commands: if kind == StepKind::Backup { vec!["pg_dump -Fc -f before.dump".into(), "pg_restore --list before.dump".into()] } else { vec![] },
        rollback: Rollback { script: back.iter().map(|s| st(s)).collect(), app: String::new(), loses: "nothing".into() },
        locks: if sql.is_empty() { vec![] } else { vec![Lock::new(QName::new("public","customers"), if kind==StepKind::Backfill {LockMode::RowExclusive} else {LockMode::AccessExclusive}, Held::Instant)] },
        online: true,
        alternative: "RENAME COLUMN in place would break every instance of R0 at once.".into(),
        app_state: vec!["R0".into(), "R1".into()],
        checks: if kind == StepKind::Gate || kind == StepKind::Ddl { vec![Check { name: "no row in which name and full_name differ".into(), sql: "SELECT count(*) FROM public.customers WHERE name IS DISTINCT FROM full_name".into(), expect: "0".into(), condition: Condition::BackupRestorable }] } else { vec![] },
        destructive: id == "6.3",
        estimate: Estimate { seconds: if kind==StepKind::Backfill {(600.0, 9000.0)} else {(0.01, 0.2)}, wal_bytes: (0, if kind==StepKind::Backfill {5_300_000_000} else {0}), disk_bytes: (0, 0) },
        why: "The new column must exist before any release may write it; nullable, so that R0 goes on inserting without it.".into(),
        deploy: None,
    }
}
fn phase(number: u32, kind: PhaseKind, title: &str, steps: Vec<Step>) -> Phase {
    Phase { number, kind, title: title.into(), steps }
}
pub(crate) fn plan(request: &Request) -> Planned {
    use PhaseKind::*;
    use StepKind::*;
    let text = web::view::change_text(&request.change);
    if let Some(at) = text.find("bad") {
        return Planned {
            plan: None,
            diagnostics: vec![Diagnostic::error(
                "unknown-statement",
                (Source::Change, (at, at + 3)),
                "`bad` is not a statement",
                "Give ALTER, CREATE, DROP, UPDATE or DELETE.",
            )],
        };
    }
    let p = Plan {
        format: FORMAT.into(), engine: request.engine.parse().unwrap_or(planner::engine::Engine { version: 15 }),
        title: format!("Rename public.customers.name to full_name ({} bytes)", request.schema.len()),
        source_schema_hash: hash_text(&request.schema),
        releases: vec![
            Release { id: "R0".into(), title: "today's app".into(), reads: vec![], writes: vec![], change: "".into(), keeps: vec![] },
            Release { id: "R1".into(), title: "reads and writes full_name".into(), reads: vec![], writes: vec![], change: "Replace every use of customers.name by customers.full_name.".into(), keeps: vec![] },
        ],
        phases: vec![
            phase(1, Prepare, "what the plan needs", vec![step("1.1", Ddl, "Create the helpers", &["CREATE SCHEMA concertina"], &["DROP SCHEMA concertina CASCADE"]), step("1.2", Gate, "No transaction has been open for longer than 5 s", &[], &[])]),
            phase(2, Expand, "the new column beside the old one", vec![step("2.1", Ddl, "Add customers.full_name, nullable", &["SET lock_timeout = 2000", "ALTER TABLE public.customers ADD COLUMN full_name text"], &["ALTER TABLE public.customers DROP COLUMN full_name"]), step("2.2", Ddl, "Keep name and full_name equal by a trigger", &["CREATE TRIGGER concertina_sync BEFORE INSERT OR UPDATE ON public.customers FOR EACH ROW EXECUTE FUNCTION concertina.sync()"], &["DROP TRIGGER concertina_sync ON public.customers"])]),
            phase(3, Migrate, "existing rows", vec![step("3.1", Backfill, "Fill full_name, 5,000 rows a batch", &["CALL concertina.backfill_customers()"], &[])]),
            phase(4, Verify, "parity", vec![step("4.1", Gate, "name and full_name agree in every row", &[], &[]), step("4.2", Ddl, "Make full_name NOT NULL by a validated CHECK", &["ALTER TABLE public.customers ADD CONSTRAINT c CHECK (full_name IS NOT NULL) NOT VALID", "ALTER TABLE public.customers VALIDATE CONSTRAINT c"], &["ALTER TABLE public.customers DROP CONSTRAINT c"])]),
            phase(5, Cutover, "R1", vec![step("5.1", Deploy, "Roll the app from R0 to R1", &[], &[]), step("5.2", Gate, "No instance of R0 is connected", &[], &[])]),
            phase(6, Contract, "what only R0 needed", vec![step("6.1", Backup, "Take a backup and restore it somewhere", &[], &[]), step("6.2", Ddl, "Drop the trigger", &["DROP TRIGGER concertina_sync ON public.customers"], &["CREATE TRIGGER …"]), step("6.3", Ddl, "Drop customers.name", &["ALTER TABLE public.customers DROP COLUMN name"], &[])]),
        ],
        point_of_no_return: PointOfNoReturn { step: Some("6.3".into()), why: "Dropping customers.name removes the only copy that R0 can read.".into(), recovery: vec!["Restore the backup of step 6.1 beside the database.".into(), "Copy customers.name back by its key.".into()] },
        backfills: vec![],
        validation: vec![Validation { step: "4.1".into(), name: "rows that disagree".into(), sql: "SELECT count(*) FROM …".into(), expect: "0".into() }],
        hazards: vec![Hazard { code: "breaks-old-app".into(), span: (0, text.len().min(54)), message: "break every statement of the running app that names customers.name, at once (42703).".into(), fix: "adds full_name, keeps both in step, and drops name once no instance reads it.".into() }],
        questions: vec![Question { code: "full-name-not-null".into(), question: "May full_name be NULL?".into(), default: "no, as name".into(), answer_with: "-- concertina: fill customers.full_name := ''".into() }],
        not_analysed: vec![], assumptions: vec!["customers has 24,000,000 rows of 200 bytes.".into(), "Backfills write 5,000 to 50,000 rows a second.".into()],
        model: Model { source: Schema::default(), target: Schema::default(), conversions: vec![], big_tables: vec![], lock_wait_ms: 2000, backup: true },
    };
    Planned { plan: Some(p), diagnostics: vec![] }
}
pub(crate) fn as_asked(request: &Request) -> Planned {
    plan(request)
}
pub(crate) fn markdown(plan: &Plan) -> String {
    format!("# {}\n\n## Migration Phases\n\n| phase | operation |\n", plan.title)
}
pub(crate) fn json(plan: &Plan) -> String {
    serde_json::to_string_pretty(plan).unwrap_or_default()
}
pub(crate) fn sql(plan: &Plan) -> Vec<(String, String)> {
    plan.steps().map(|s| (format!("{}.sql", s.id), s.operation.clone())).collect()
}

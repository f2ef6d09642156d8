//! The plan's scripts in order leave exactly the schema, and the rows, that the change asked for.

use libtest_mimic::Failed;
use planner::Plan;
use planner::request::Change;
use rehearsal::{run, snapshot};

use super::{Stage, fill, ignored_columns, run_text, same};
use crate::cases::Case;

pub(super) fn trial(case: &Case, plan: &Plan, stage: &Stage<'_>) -> Result<(), Failed> {
    let database = stage.loaded(case)?;
    let mut client = database.connect()?;
    run::run_plan(&mut client, plan)?;
    let ignored = ignored_columns(case);
    let (schema, rows) = (snapshot::schema(&mut client)?, snapshot::rows(&mut client, &ignored)?);

    let asked = match (case.file.section("target-sql"), &case.request.change) {
        (Some(sql), _) => sql,
        (None, Change::Statements(sql)) => sql,
        (None, Change::Target(target)) => {
            let wanted = stage.with_schema(target)?;
            let wanted = snapshot::schema(&mut wanted.connect()?)?;
            return same("the plan does not end in the target schema", &wanted, &schema);
        }
    };
    let wanted = stage.with_schema(&case.request.schema)?;
    let mut client = wanted.connect()?;
    fill(&mut client, case)?;
    run_text(&mut client, asked)?;
    let wanted = snapshot::schema(&mut client)?;
    same("the plan does not end in the schema asked for", &wanted, &schema)?;
    let wanted = snapshot::rows(&mut client, &ignored)?;
    same("the plan does not end in the rows asked for", &wanted, &rows)
}

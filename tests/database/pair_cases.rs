//! Pairs of schemas, a file each: why, `schema`, `target`, and `refused` with the codes where no plan
//! is the right answer. The plan is run on a real server there and back, and proved; where no plan can
//! keep a promise while both releases run, `refuted` names it. Cheaper than a case: nothing is printed,
//! so nothing has to be read again when words change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Completion, Failed, Trial};
use planner::Request;
use planner::diagnostic::Severity;
use planner::request::Change;
use tests::pairs::corpus::Pair;
use tests::pairs::judge::Judge;
use tests::pairs::outcome::Outcome;
use tests::pairs::tools;

use super::same;
use super::servers::{Servers, Wanted};
use crate::format::CaseFile;
use crate::proof::{self, Answer};

/// The trials: one a file.
pub(crate) fn trials(servers: &Arc<Servers>) -> Vec<Trial> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/pairs");
    let entries = fs::read_dir(&folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let make = |path: PathBuf| {
        let servers = Arc::clone(servers);
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Trial::ignorable_test(format!("pair::{name}"), move || perform(&path, &servers))
    };
    paths.into_iter().map(make).collect()
}

fn perform(path: &Path, servers: &Servers) -> Result<Completion, Failed> {
    let file = CaseFile::parse(&fs::read_to_string(path)?)?;
    let text = |name: &str| file.section(name).unwrap_or_default().to_owned();
    let pair = Pair { old: text("schema"), new: text("target"), ..Pair::default() };
    let Ok((tools, _)) = tools::choose(None) else {
        return Ok(Completion::ignored_with("no PostgreSQL with psql and pg_dump here"));
    };
    let wanted = Wanted { version: tools.server.version, exact: true, alone: false };
    let Some(server) = servers.get(wanted)? else {
        return Ok(Completion::ignored_with("no PostgreSQL here"));
    };
    let limit = Duration::from_secs(60);
    let judge = Judge { server: &server, tools: &tools, limit, every_step: true };
    let request = Request {
        engine: format!("postgres:{}", tools.server.version),
        schema: pair.old.clone(),
        change: Change::Target(pair.new.clone()),
        ..Request::default()
    };
    let planned = planner::plan(&request);
    if let Some(codes) = file.section("refused") {
        let errors = planned.diagnostics.iter().filter(|d| d.severity == Severity::Error);
        let found: Vec<&str> = errors.map(|d| d.code.as_str()).collect();
        same("refused", codes, &found.join("\n"))?;
        return Ok(Completion::Completed);
    }
    let Some(plan) = planned.plan else {
        let said: Vec<String> = planned.diagnostics.into_iter().map(|d| d.message).collect();
        return Err(format!("there is no plan\n{}", said.join("\n")).into());
    };
    let verdict = judge.judge_plan(&pair, plan.clone())?;
    let said = format!("{}\n{}", verdict.outcome, verdict.details.join("\n"));
    same("on the server", &format!("{}\n", Outcome::Verified), &said)?;
    same("checks", "", &verdict.checks.join("\n"))?;
    match (proof::answer(&plan), file.section("refuted").map(str::trim)) {
        (Answer::Verified, None) => Ok(Completion::Completed),
        (Answer::Refuted(why), Some(promise)) if why.starts_with(&format!("{promise}: ")) => {
            Ok(Completion::Completed)
        }
        (Answer::Verified, Some(promise)) => Err(format!("{promise} is kept").into()),
        (Answer::Refuted(why) | Answer::Empty(why) | Answer::Unknown(why), _) => {
            Err(format!("not proved: {why}").into())
        }
    }
}

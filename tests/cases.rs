//! Every case file is one golden trial: recompute, reprint, compare. `UPDATE_EXPECT=1` rewrites.
//! Must not judge a plan; the other trials of a case do.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use planner::diagnostic::{Diagnostic, Source, locate};
use planner::queries::{self, Runs};
use planner::request::{Change, Request};
use planner::{Plan, Planned};

use crate::format::{CaseFile, DEEP};
use crate::golden;
use crate::proof;

/// A case: a file, read.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// The file's stem.
    pub(crate) name: String,
    path: PathBuf,
    /// What the file says.
    pub(crate) file: CaseFile,
    /// What is asked.
    pub(crate) request: Request,
}

/// The folder of the case files.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/postgres")
}

/// Reads every case.
pub(crate) fn load() -> Result<Vec<Case>, String> {
    let folder = folder();
    let entries = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "case"));
    paths.sort();
    paths.into_iter().map(read).collect()
}

fn read(path: PathBuf) -> Result<Case, String> {
    let failed = |reason: String| format!("{}: {reason}", path.display());
    let text = fs::read_to_string(&path).map_err(|e| failed(e.to_string()))?;
    let file = CaseFile::parse(&text).map_err(failed)?;
    let request = request(&file).map_err(failed)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Case { name, path, file, request })
}

fn request(file: &CaseFile) -> Result<Request, String> {
    let mut request: Request = toml::from_str(file.section("facts").unwrap_or_default())
        .map_err(|e| format!("facts: {e}"))?;
    let needed = |name: &str| file.section(name).ok_or(format!("there is no section `{name}`"));
    needed("engine")?.clone_into(&mut request.engine);
    needed("schema")?.clone_into(&mut request.schema);
    request.change = match (file.section("change"), file.section("target")) {
        (Some(text), None) => Change::Statements(text.to_owned()),
        (None, Some(text)) => Change::Target(text.to_owned()),
        _ => return Err("give either `change` or `target`".to_owned()),
    };
    for (name, release) in
        [("queries", Runs::Both), ("queries-old", Runs::Old), ("queries-new", Runs::New)]
    {
        let Some(text) = file.section(name) else { continue };
        let (queries, problems) = queries::read(text, release);
        if let Some(problem) = problems.first() {
            return Err(format!("{name}: {}", problem.message));
        }
        request.queries.extend(queries);
    }
    Ok(request)
}

impl Case {
    /// The plan, or why the trial has nothing to do.
    pub(crate) fn plan(&self) -> Result<Plan, String> {
        planner::plan(&self.request).plan.ok_or_else(|| "the case has no plan".to_owned())
    }
}

/// Compares a case with what comes out today.
pub(crate) fn golden_trial(case: &Arc<Case>) -> Trial {
    let case = Arc::clone(case);
    Trial::test(format!("{}::golden", case.name), move || golden(&case))
}

fn golden(case: &Case) -> Result<(), Failed> {
    let mut file = recompute(case);
    if recompute(case).print() != file.print() {
        return Err("two runs differ: something is not deterministic".into());
    }
    if let Ok(plan) = case.plan()
        && (is_slow() || file.section(DEEP).is_none_or(proof::is_brief))
    {
        file.set(DEEP, &proof::deep_section(&plan));
    }
    golden::compare(&case.path, &file.print())
}

/// Compares the table of all deep proofs with what the cases say.
pub(crate) fn table_trial(cases: &[Arc<Case>]) -> Trial {
    let cases = cases.to_vec();
    Trial::test("golden::docs/proofs.md", move || {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/proofs.md");
        golden::compare(&path, &table(&cases))
    })
}

/// What is proved of each case's plan, a row a case.
fn table(cases: &[Arc<Case>]) -> String {
    let mut text = TABLE.to_owned();
    for case in cases {
        let Some(deep) = case.file.section(DEEP) else { continue };
        let within = deep.trim().replace('\n', "; ");
        text.push_str(&format!("| {} | {within} |\n", case.name));
    }
    text
}

const TABLE: &str = "\
# What is proved of the plans in `tests/cases/postgres`

Each within 3 instances of the app, 3 rows a table begins with and 2 faults, every interleaving; at most 16,000,000 states.
`RUN_SLOW_TESTS=1 UPDATE_EXPECT=1` writes the cases' `deep-proof` sections anew, and `UPDATE_EXPECT=1` this table. Proofs of
less than 100,000 states are made again by every test run.

| case | proof |
|---|---|
";

/// Whether trials that take long are wanted.
pub(crate) fn is_slow() -> bool {
    env::var("RUN_SLOW_TESTS").is_ok_and(|value| value == "1")
}

fn recompute(case: &Case) -> CaseFile {
    let planned = planner::plan(&case.request);
    let asked = planner::as_asked(&case.request);
    let mut file = case.file.clone();
    file.set("diagnostics", &diagnostics(&case.request, &planned));
    file.set("plan", &planned.plan.as_ref().map_or(String::new(), planner::render::markdown));
    file.set("proof", &proof::section(planned.plan.as_ref(), asked.plan.as_ref()));
    file
}

fn diagnostics(request: &Request, planned: &Planned) -> String {
    planned.diagnostics.iter().map(|d| diagnostic(request, d)).collect()
}

/// `error[unknown-table] change:1:13: message; help: …`.
fn diagnostic(request: &Request, diagnostic: &Diagnostic) -> String {
    let (name, text) = match (diagnostic.source, &request.change) {
        (Source::Schema, _) => ("schema", request.schema.as_str()),
        (Source::Change, Change::Statements(text) | Change::Target(text)) => {
            ("change", text.as_str())
        }
        (Source::Request, _) => ("request", ""),
    };
    let (line, column, _) = locate(text, diagnostic.span.0);
    let severity = format!("{:?}", diagnostic.severity).to_lowercase();
    let Diagnostic { code, message, help, .. } = diagnostic;
    format!("{severity}[{code}] {name}:{line}:{column}: {message}\n  help: {help}\n")
}

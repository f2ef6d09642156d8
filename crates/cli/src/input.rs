//! Reading requests and plans from files, standard input and flags. Must not judge what they say.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::Path;

use planner::Plan;
use planner::diagnostic::{Diagnostic, Severity, Source};
use planner::plan::FORMAT;
use planner::queries::{self, Query, Runs};
use planner::request::{Change, Request};

use crate::args::{Invocation, usage};
use crate::limits;
use crate::report::{BadInput, Finding};

/// A text and what to call it.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// File name, `<stdin>` for standard input.
    pub(crate) name: String,
    /// Contents.
    pub(crate) text: String,
}

/// A request, and where its parts came from.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The request.
    pub(crate) request: Request,
    schema_name: String,
    change_name: String,
}

/// The request that the file and the flags make together; flags win.
pub(crate) fn request(invocation: &Invocation) -> Result<Asked, BadInput> {
    only_one_stdin(invocation)?;
    match &invocation.file {
        Some(file) => request_from(invocation, Some(&read(file)?)),
        None => request_from(invocation, None),
    }
}

/// The same, where the file has been read.
pub(crate) fn request_from(
    invocation: &Invocation,
    file: Option<&Text>,
) -> Result<Asked, BadInput> {
    let name = file.map_or("request", |file| file.name.as_str());
    let mut asked = Asked {
        request: file.map_or_else(|| Ok(Request::default()), parse_toml)?,
        schema_name: format!("{name} (schema)"),
        change_name: format!("{name} (change)"),
    };
    if let Some(path) = invocation.value("facts") {
        let facts = parse_toml(&read(path)?)?;
        let Request { engine: _, schema: _, change: _, tables, deploy, constraints, queries } =
            facts;
        asked.request = Request { tables, deploy, constraints, ..asked.request };
        asked.request.queries.extend(queries);
    }
    limits::apply(invocation, &mut asked.request)?;
    if let Some(engine) = invocation.text("engine")? {
        engine.clone_into(&mut asked.request.engine);
    }
    if let Some(path) = invocation.value("schema") {
        Text { name: asked.schema_name, text: asked.request.schema } = read(path)?;
    }
    let change = match (invocation.value("change"), invocation.value("target")) {
        (Some(_), Some(_)) => {
            return Err(usage("--change and --target exclude each other", ""));
        }
        (Some(path), None) => Some((read(path)?, Change::Statements as fn(String) -> Change)),
        (None, Some(path)) => Some((read(path)?, Change::Target as fn(String) -> Change)),
        (None, None) => None,
    };
    if let Some((Text { name, text }, form)) = change {
        asked.change_name = name;
        asked.request.change = form(text);
    } else if file.is_none() {
        let help = "give --schema FILE and --change FILE (or --target FILE), or a REQUEST.toml";
        return Err(usage("there is no change to plan", help));
    }
    for (flag, release) in
        [("queries", Runs::Both), ("queries-old", Runs::Old), ("queries-new", Runs::New)]
    {
        if let Some(path) = invocation.value(flag) {
            asked.request.queries.extend(queries_of(&read(path)?, release)?);
        }
    }
    Ok(asked)
}

/// The statements in a file.
fn queries_of(file: &Text, release: Runs) -> Result<Vec<Query>, BadInput> {
    let (found, problems) = queries::read(&file.text, release);
    if problems.is_empty() {
        return Ok(found);
    }
    let texts = problems.iter().map(|problem| {
        let label = format!("error[{}]", problem.code);
        let place = Some((file.name.as_str(), file.text.as_str(), problem.span));
        Finding { label: &label, message: &problem.message, place, help: &problem.help }.text()
    });
    Err(BadInput(texts.collect()))
}

/// A plan from a file's text.
pub(crate) fn plan(file: &Text) -> Result<Plan, BadInput> {
    let format = serde_json::from_str::<serde_json::Value>(&file.text)
        .map_err(|error| bad_json(file, &error))?
        .get("format")
        .and_then(|format| format.as_str().map(str::to_owned));
    if format.as_deref() != Some(FORMAT) {
        let found = format.map_or("none".to_owned(), |format| format!("`{format}`"));
        let message = format!("{}: the format is {found}, not `{}`", file.name, FORMAT);
        let help = "make the plan again with this version: concertina plan … --format json";
        return Err(BadInput::new("plan-format", &message, help));
    }
    let plan: Plan = serde_json::from_str(&file.text).map_err(|error| bad_json(file, &error))?;
    if let Some((step, sql)) = plan.mismatch() {
        let first = sql.lines().next().unwrap_or_default();
        let message = format!(
            "{}: step {} was edited: its SQL and its `op` or `condition` say different things: {first}",
            file.name, step.id
        );
        let help =
            "a proof of one would not be a proof of the other: change both, or make the plan again";
        return Err(BadInput::new("plan-edited", &message, help));
    }
    Ok(plan)
}

/// Reads a file; `-` is standard input.
pub(crate) fn read(path: &OsStr) -> Result<Text, BadInput> {
    let (name, bytes) = if path == "-" {
        let mut bytes = Vec::new();
        ("<stdin>".to_owned(), std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
    } else {
        (Path::new(path).display().to_string(), fs::read(path))
    };
    let bytes = bytes.map_err(|error| {
        BadInput::new("unreadable", &format!("cannot read {name}: {error}"), "")
    })?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Text { name, text }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let message = format!("{name} is not UTF-8 text (byte {at})");
            Err(BadInput::new("not-text", &message, "save it as UTF-8: pg_dump --encoding=UTF8"))
        }
    }
}

impl Asked {
    /// Prints what the planner found; says whether a plan could not be made.
    pub(crate) fn report(&self, diagnostics: &[Diagnostic]) -> String {
        let schema = (self.schema_name.as_str(), self.request.schema.as_str());
        diagnostics.iter().map(|found| finding(found, schema, self.change())).collect()
    }

    /// The change's name and text.
    pub(crate) fn change(&self) -> (&str, &str) {
        match &self.request.change {
            Change::Statements(text) | Change::Target(text) => (&self.change_name, text),
        }
    }
}

/// What a diagnostic says, at its place in one of the two texts.
pub(crate) fn finding(
    diagnostic: &Diagnostic,
    schema: (&str, &str),
    change: (&str, &str),
) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = match diagnostic.source {
        Source::Schema => Some(schema),
        Source::Change => Some(change),
        Source::Request => None,
    };
    let label = format!("{severity}[{}]", diagnostic.code);
    let place = place.map(|(name, text)| (name, text, diagnostic.span));
    let (message, help) = (diagnostic.message.as_str(), diagnostic.help.as_str());
    Finding { label: &label, message, place, help }.text()
}

fn only_one_stdin(invocation: &Invocation) -> Result<(), BadInput> {
    let flags = ["schema", "change", "target", "facts", "queries", "queries-old", "queries-new"];
    let named = flags.into_iter().filter_map(|name| invocation.value(name));
    if named.chain(&invocation.file).filter(|path| *path == "-").count() > 1 {
        return Err(usage("standard input can be only one of the files", ""));
    }
    Ok(())
}

fn parse_toml(file: &Text) -> Result<Request, BadInput> {
    toml::from_str(&file.text).map_err(|error| {
        let place =
            error.span().map(|s| (file.name.as_str(), file.text.as_str(), (s.start, s.end)));
        BadInput::at("bad-request", error.message(), "", place)
    })
}

fn bad_json(file: &Text, error: &serde_json::Error) -> BadInput {
    let line_start: usize =
        file.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = line_start + error.column().saturating_sub(1);
    let place = Some((file.name.as_str(), file.text.as_str(), (at, at + 1)));
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    BadInput::at(
        "bad-plan",
        message,
        "a plan is what `concertina plan --format json` prints",
        place,
    )
}

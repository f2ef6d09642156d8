//! The three kinds of block to their values. Must not know Markdown around them.

use planner::Request;
use planner::request::Change;

use super::edits::edits;
use super::fields::{Field, Fields};
use super::prose::inline;
use super::question::question;
use crate::lesson::{
    Asked, Choice, Choose, Finding, Predict, Puzzle, Reorder, ScenarioLines, Subject, Tool,
};

/// A request, as TOML: the same file that the command reads.
pub(super) fn scenario((text, first): (&str, usize)) -> Result<(ScenarioLines, Request), Finding> {
    let line = |at: usize| first + text.get(..at).unwrap_or_default().matches('\n').count();
    let request: Request = toml::from_str(text).map_err(|why| {
        Finding::error(
            why.span().map_or(first, |span| line(span.start)),
            format!("the scenario is not a request: {}", why.message()),
            "write `schema = '''…'''`, `change.statements = '''…'''`, and facts as in a request file",
        )
    })?;
    // A text that TOML has to unescape is not found again: then it is the block.
    let place = |part: &str| text.find(part).map_or(first, line);
    let (Change::Statements(change) | Change::Target(change)) = &request.change;
    let (schema, change) = (place(&request.schema), place(change));
    Ok((ScenarioLines { block: first, schema, change }, request))
}

const ASKING: [&str; 6] = ["question", "engine", "of", "edits", "answer", "because"];

/// A prediction.
pub(super) fn predict(source: (&str, usize), findings: &mut Vec<Finding>) -> Option<Predict> {
    let block = Fields::read(source, &ASKING, findings);
    asking(&block, "question", findings)
}

/// What a question block holds; `name` is the field of the question.
fn asking(block: &Fields, name: &str, findings: &mut Vec<Finding>) -> Option<Predict> {
    let text = block.need(name, findings).cloned();
    let engine = block.need("engine", findings).cloned();
    let marked = block.need("answer", findings).cloned();
    let of = block.get("of").map_or(Some(Subject::Plan), |field| subject(field, findings));
    let edits = block.get("edits").map(|field| edits(field, findings)).unwrap_or_default();
    let question = question(&engine?, findings);
    let choices: Vec<Choice> = block
        .choices
        .iter()
        .map(|choice| Choice { value: choice.name.clone(), text: inline(&choice.text) })
        .collect();
    if choices.len() < 2 {
        let help = "add lines `- value: text`; the value is what the engine says where it is right";
        findings.push(Finding::error(block.line, "there are fewer than two choices", help));
        return None;
    }
    let marked = marked?;
    if !choices.iter().any(|choice| choice.value == marked.text) {
        let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
        findings.push(Finding::error(
            marked.line,
            format!("`{}` is none of the choices", marked.text),
            format!("the choices are: {}", values.join(", ")),
        ));
    }
    let because = block.get("because").map(|field| inline(&field.text)).unwrap_or_default();
    let asked = Asked { of: of?, edits, question: question? };
    let question = inline(&text?.text);
    Some(Predict { line: block.line, question, asked, choices, marked: marked.text, because })
}

fn subject(field: &Field, findings: &mut Vec<Finding>) -> Option<Subject> {
    match field.text.as_str() {
        "the plan" => Some(Subject::Plan),
        "the change as asked" => Some(Subject::AsAsked),
        other => {
            let help = "write `the plan` or `the change as asked`";
            findings.push(Finding::error(
                field.line,
                format!("`{other}` cannot be asked about"),
                help,
            ));
            None
        }
    }
}

const SOLVING: [&str; 10] =
    ["task", "start", "solution", "tools", "hint", "engine", "of", "edits", "answer", "because"];

/// A puzzle: a plan to mend where it has `start`, else a question to answer right.
pub(super) fn puzzle(source: (&str, usize), findings: &mut Vec<Finding>) -> Option<Puzzle> {
    let block = Fields::read(source, &SOLVING, findings);
    let hints = block.all("hint").map(|field| inline(&field.text)).collect();
    if block.get("start").is_none() && block.get("engine").is_some() {
        let predict = asking(&block, "task", findings)?;
        return Some(Puzzle::Choose(Choose { predict, hints }));
    }
    let [task, start, solution] =
        ["task", "start", "solution"].map(|name| block.need(name, findings).cloned());
    let (task, start) = (inline(&task?.text), edits(&start?, findings));
    let solution = edits(&solution?, findings);
    let tools =
        block.get("tools").map_or_else(|| Tool::ALL.to_vec(), |field| tools(field, findings));
    if start.is_empty() || solution.is_empty() {
        let help = "`start:` says what was done to the plan, `solution:` what mends it";
        findings.push(Finding::error(block.line, "the puzzle lacks edits", help));
        return None;
    }
    let edits_max = solution.len();
    Some(Puzzle::Reorder(Reorder {
        line: block.line,
        task,
        start,
        edits_max,
        tools,
        solution,
        hints,
    }))
}

fn tools(field: &Field, findings: &mut Vec<Finding>) -> Vec<Tool> {
    let words = field.text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let mut found = Vec::new();
    for word in words {
        match Tool::ALL.into_iter().find(|tool| tool.name() == word) {
            Some(tool) => found.push(tool),
            None => {
                let names = Tool::ALL.map(Tool::name).join(", ");
                let help = format!("the tools are: {names}");
                findings.push(Finding::error(field.line, format!("`{word}` is no tool"), help));
            }
        }
    }
    found
}

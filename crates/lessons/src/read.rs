//! A Markdown file to a lesson. Fenced blocks named `scenario`, `predict` and `puzzle` are read here;
//! everything else is prose. What is wrong becomes a finding with its line; reading never fails. Must
//! not know what the engine says.

mod blocks;
mod edits;
mod fields;
mod prose;
mod question;

use planner::Request;
use planner::diagnostic::Severity;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::lesson::{Finding, Lesson, Part, Read, ScenarioLines};

/// Texts longer than this are no lessons.
const BYTES_MAX: usize = 1 << 18;

/// Reads a file.
pub fn read(text: &str) -> Read {
    let mut reader = Reader { text, ..Reader::default() };
    if text.len() > BYTES_MAX {
        let help = "a lesson is read in three minutes: split it";
        reader.find(Finding::error(1, "the file is longer than 256 kB", help));
        return Read { lesson: None, findings: reader.findings };
    }
    reader.walk();
    reader.end()
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    title: String,
    scenario: Option<(ScenarioLines, Request)>,
    parts: Vec<Part>,
    /// Prose since the last block.
    prose: Vec<Event<'a>>,
    findings: Vec<Finding>,
}

/// A fenced block of ours.
struct Fence {
    kind: &'static str,
    /// Line of its first line of text.
    line: usize,
    body: String,
}

/// The kinds of block that are ours.
const KINDS: [&str; 3] = ["scenario", "predict", "puzzle"];

impl<'a> Reader<'a> {
    fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn line(&self, offset: usize) -> usize {
        self.text.get(..offset).unwrap_or_default().matches('\n').count() + 1
    }

    fn walk(&mut self) {
        let mut depth = 0_usize;
        let mut fence: Option<Fence> = None;
        let mut in_title = false;
        for (event, range) in Parser::new_ext(self.text, Options::ENABLE_TABLES).into_offset_iter()
        {
            if let Some(open) = &mut fence {
                if let Event::Text(text) = &event {
                    open.body.push_str(text);
                } else if let Some(fence) = fence.take() {
                    self.block(&fence);
                }
            } else if let Some(kind) = ours(&event) {
                let line = self.line(range.start);
                if depth > 0 {
                    let message = format!("this `{kind}` block stands in a list or a quotation");
                    self.find(Finding::error(line, message, "let it begin at the margin"));
                }
                fence = Some(Fence { kind, line: line + 1, body: String::new() });
            } else if in_title {
                in_title = event != Event::End(TagEnd::Heading(HeadingLevel::H1));
                self.title.push_str(plain(&event));
            } else if is_title(&event) && self.title.is_empty() {
                in_title = true;
            } else {
                self.look(&event, range.start);
                depth = nested(&event, depth);
                self.prose.push(event);
            }
        }
    }

    /// Says what of the prose will not show as it was meant.
    fn look(&mut self, event: &Event<'a>, at: usize) {
        if let Event::Html(text) | Event::InlineHtml(text) = event
            && !text.starts_with("</")
        {
            let message = format!("`{}` is shown as text: a lesson holds no HTML", text.trim());
            self.find(Finding::warning(self.line(at), message, "write it in Markdown"));
        }
        let Event::Start(tag) = event else { return };
        if is_title(event) {
            let help = "begin the other headings with `##`";
            self.find(Finding::error(self.line(at), "the lesson has two titles", help));
        }
        if let Tag::Image { .. } = tag {
            let message = "an image is not shown: the page loads nothing from elsewhere";
            let help = "say in words what it shows, or link to it";
            self.find(Finding::warning(self.line(at), message, help));
        }
        if let Tag::Link { dest_url, .. } = tag
            && !prose::is_web(dest_url)
        {
            let message = format!("`{dest_url}` is not linked to");
            self.find(Finding::warning(self.line(at), message, "link to an address with https://"));
        }
    }

    fn flush(&mut self) {
        let html = prose::html(std::mem::take(&mut self.prose));
        if !html.trim().is_empty() {
            self.parts.push(Part::Prose(html));
        }
    }

    fn block(&mut self, fence: &Fence) {
        self.flush();
        let source = (fence.body.as_str(), fence.line);
        match fence.kind {
            "scenario" if self.scenario.is_some() => {
                let help = "make two lessons of it";
                self.find(Finding::error(fence.line - 1, "the lesson has two scenarios", help));
            }
            "scenario" => match blocks::scenario(source) {
                Ok(scenario) => {
                    self.scenario = Some(scenario);
                    self.parts.push(Part::Scenario);
                }
                Err(finding) => self.find(finding),
            },
            "predict" => {
                let predict = blocks::predict(source, &mut self.findings);
                self.parts.extend(predict.map(Part::Predict));
            }
            _ => {
                let puzzle = blocks::puzzle(source, &mut self.findings);
                self.parts.extend(puzzle.map(Part::Puzzle));
            }
        }
    }

    fn end(mut self) -> Read {
        self.flush();
        if self.title.trim().is_empty() {
            let help = "begin the file with `# ` and what is learnt";
            self.find(Finding::error(1, "the lesson has no title", help));
        }
        let is_broken = |finding: &Finding| finding.severity == Severity::Error;
        if self.scenario.is_none() && !self.findings.iter().any(is_broken) {
            let help = "add a block ```scenario with a schema and a change";
            self.find(Finding::error(1, "the lesson has no scenario", help));
        }
        self.findings.sort_by_key(|finding| finding.line);
        let is_whole = !self.findings.iter().any(is_broken);
        let lesson = self.scenario.filter(|_| is_whole).map(|(lines, scenario)| Lesson {
            title: self.title.trim().to_owned(),
            scenario,
            lines,
            parts: self.parts,
        });
        Read { lesson, findings: self.findings }
    }
}

/// The kind of block of ours that an event begins.
fn ours(event: &Event<'_>) -> Option<&'static str> {
    let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) = event else { return None };
    KINDS.into_iter().find(|kind| info.trim() == *kind)
}

fn is_title(event: &Event<'_>) -> bool {
    matches!(event, Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }))
}

/// How many containers are open after an event.
fn nested(event: &Event<'_>, depth: usize) -> usize {
    if matches!(event, Event::Start(_)) {
        depth + 1
    } else if matches!(event, Event::End(_)) {
        depth.saturating_sub(1)
    } else {
        depth
    }
}

/// The text of an event of a title.
fn plain<'e>(event: &'e Event<'_>) -> &'e str {
    if let Event::Text(text) | Event::Code(text) = event { text } else { "" }
}

#[cfg(test)]
mod tests;

//! The text of a `predict` or `puzzle` block: `name: text` a line, choices as `- value: text`; a line
//! that is indented goes on with the one before. Must not know which names there are.

use crate::lesson::Finding;

/// A line and what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Line in the file.
    pub(super) line: usize,
    /// What stands before the colon.
    pub(super) name: String,
    /// What stands behind it.
    pub(super) text: String,
}

/// A block.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Line of the block's first line.
    pub(super) line: usize,
    fields: Vec<Field>,
    /// Choices: the name is the value.
    pub(super) choices: Vec<Field>,
}

impl Fields {
    /// Reads a block. `known`: the names that it may have.
    pub(super) fn read(
        (text, first): (&str, usize),
        known: &[&str],
        findings: &mut Vec<Finding>,
    ) -> Self {
        let mut block = Self { line: first, ..Self::default() };
        let mut last: Option<bool> = None;
        for (at, whole) in text.lines().enumerate() {
            let line = first + at;
            if whole.trim().is_empty() {
                continue;
            }
            if whole.starts_with([' ', '\t']) {
                let list = match last {
                    Some(true) => &mut block.choices,
                    _ => &mut block.fields,
                };
                match list.last_mut() {
                    Some(field) => field.text = format!("{} {}", field.text, whole.trim()),
                    None => findings.push(Finding::error(
                        line,
                        "the block begins with an indented line",
                        "an indented line goes on with the one before it",
                    )),
                }
                continue;
            }
            let (is_choice, rest) = match whole.strip_prefix("- ") {
                Some(rest) => (true, rest),
                None => (false, whole),
            };
            let Some((name, text)) = rest.split_once(':') else {
                let help = "write `name: text`, or `- value: text` for a choice; indent a line that goes on";
                findings.push(Finding::error(line, format!("`{whole}` has no `:`"), help));
                continue;
            };
            let field = Field { line, name: name.trim().to_owned(), text: text.trim().to_owned() };
            last = Some(is_choice);
            if is_choice {
                block.choices.push(field);
            } else if known.contains(&field.name.as_str()) {
                block.fields.push(field);
            } else {
                let help = format!("the names here are: {}", known.join(", "));
                findings.push(Finding::error(
                    line,
                    format!("`{}` means nothing here", field.name),
                    help,
                ));
            }
        }
        block
    }

    /// The last field of a name.
    pub(super) fn get(&self, name: &str) -> Option<&Field> {
        self.fields.iter().rev().find(|field| field.name == name)
    }

    /// Every field of a name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.name == name)
    }

    /// The field of a name, or a finding that it is missing.
    pub(super) fn need(&self, name: &str, findings: &mut Vec<Finding>) -> Option<&Field> {
        let found = self.get(name);
        if found.is_none() {
            let message = format!("the block lacks `{name}:`");
            findings.push(Finding::error(self.line, message, format!("add a line `{name}: …`")));
        }
        found
    }
}

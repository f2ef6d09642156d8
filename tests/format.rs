//! Case files: free text, then `--- section`s. Reads, changes and prints them; a file that was
//! printed by this is read and printed as the same bytes. Must not know what a plan is.

/// Sections that people write, in the order in which they are printed.
pub(crate) const GIVEN: [&str; 15] = [
    "engine",
    "facts",
    "schema",
    "change",
    "target",
    "target-sql",
    "queries",
    "queries-old",
    "queries-new",
    "data",
    "ignored-columns",
    "equivalent-mutants",
    "refused",
    "refuted",
    "no-mutants",
];

/// Sections that the tests write.
pub(crate) const GENERATED: [&str; 3] = ["diagnostics", "plan", "proof"];

/// A section that the tests write: it takes long.
pub(crate) const DEEP: &str = "deep-proof";

/// A case file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CaseFile {
    /// Why the case exists.
    pub(crate) why: String,
    /// Sections by name, in order.
    sections: Vec<(String, String)>,
}

impl CaseFile {
    /// Reads a file's text.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut why = String::new();
        let mut sections: Vec<(String, String)> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if let Some(name) = line.strip_prefix("--- ") {
                let rank = rank(name).ok_or(format!("line {}: no section `{name}`", index + 1))?;
                if sections.last().is_some_and(|(last, _)| self::rank(last) >= Some(rank)) {
                    return Err(format!("line {}: `{name}` is out of order", index + 1));
                }
                sections.push((name.to_owned(), String::new()));
                continue;
            }
            let part = sections.last_mut().map_or(&mut why, |(_, body)| body);
            part.push_str(line);
            part.push('\n');
        }
        if why.trim().is_empty() {
            return Err("the file does not begin with why the case exists".to_owned());
        }
        for (_, body) in &mut sections {
            *body = trimmed(body);
        }
        Ok(Self { why: trimmed(&why), sections })
    }

    /// A section's text, where there is one.
    pub(crate) fn section(&self, name: &str) -> Option<&str> {
        self.sections.iter().find(|(known, _)| known == name).map(|(_, body)| body.as_str())
    }

    /// Replaces a generated section, or adds it.
    pub(crate) fn set(&mut self, name: &str, body: &str) {
        let body = trimmed(body);
        match self.sections.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = body,
            None => self.sections.push((name.to_owned(), body)),
        }
        self.sections.sort_by_key(|(name, _)| rank(name));
    }

    /// The file's text.
    pub(crate) fn print(&self) -> String {
        let mut text = format!("{}\n", self.why);
        for (name, body) in &self.sections {
            text += &format!("\n--- {name}\n");
            if !body.is_empty() {
                text += body;
                text.push('\n');
            }
        }
        text
    }
}

fn rank(name: &str) -> Option<usize> {
    GIVEN.iter().chain(&GENERATED).chain([&DEEP]).position(|known| *known == name)
}

/// Without blank lines around it and blanks at the ends of lines.
fn trimmed(body: &str) -> String {
    let lines: Vec<&str> = body.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

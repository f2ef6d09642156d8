//! The house rules that a reader cannot see at a glance: import directions, headers, file sizes,
//! words, paths of one machine. Knows files and their text, nothing of Rust's meaning.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

use crate::format::{CaseFile, GENERATED};

/// Lines a file may have without its own tests; tables may have more.
const LINES_MAX: usize = 500;
const TABLES: [&str; 2] = ["crates/planner/src/engine/postgres.rs", "crates/planner/src/name.rs"];

/// Files that begin with the first column must not name the paths in the second.
const FORBIDDEN: [(&str, &[&str]); 17] = [
    // The simulator knows the planner's values, never its judgement.
    (
        "crates/simulator/",
        &[
            "planner::sql",
            "planner::recipe",
            "planner::order",
            "planner::diff",
            "planner::render",
            "planner::fold",
            "planner::plan(",
            "planner::as_asked",
        ],
    ),
    (
        "crates/simulator/",
        &["sqlparser", "rehearsal", "lessons::", "std::fs", "std::env", "std::thread"],
    ),
    ("crates/simulator/", &["std::time", "std::process", "std::net", "HashMap", "HashSet"]),
    (
        "crates/planner/",
        &["simulator", "rehearsal", "lessons::", "std::fs", "std::env", "std::thread"],
    ),
    ("crates/planner/", &["std::time", "std::process", "std::net", "HashMap", "HashSet"]),
    ("crates/lessons/", &["sqlparser", "rehearsal", "std::fs", "std::env", "std::thread", "web::"]),
    // Values do not know what is done with them.
    ("crates/planner/src/name.rs", PLANNING),
    ("crates/planner/src/expr.rs", PLANNING),
    ("crates/planner/src/sql_type.rs", PLANNING),
    ("crates/planner/src/schema.rs", PLANNING),
    ("crates/planner/src/op", PLANNING),
    ("crates/planner/src/engine", PLANNING),
    ("crates/planner/src/plan.rs", &["crate::recipe", "crate::order", "crate::render"]),
    (
        "crates/planner/src/render",
        &["crate::recipe", "crate::order", "crate::diff", "crate::sql::"],
    ),
    ("crates/planner/src/recipe", &["crate::render", "crate::order", "crate::sql::"]),
    ("crates/planner/src/sql/", &["crate::plan::Plan", "crate::recipe", "crate::order"]),
    ("crates/rehearsal/", &["planner::sql", "planner::recipe", "planner::plan(", "simulator"]),
];

const PLANNING: &[&str] = &[
    "crate::plan",
    "crate::recipe",
    "crate::order",
    "crate::diff",
    "crate::render",
    "crate::sql::",
    "crate::request",
];

/// Words of the glossary's "do not say" column that mean nothing else, and spellings of them.
const WORDS: [&str; 8] = [
    "cut-over",
    "switchover",
    "switch-over",
    "double write",
    "double-write",
    "lock level",
    "back-fill",
    "blue/green",
];

/// A rule: what breaks it, a line each.
type Rule = fn() -> Vec<String>;

/// One trial a rule.
pub(crate) fn trials() -> Vec<Trial> {
    let rules: [(&str, Rule); 8] = [
        ("import directions", import_directions),
        ("sqlparser stays in planner::sql", parser_in_one_place),
        ("every file says what it is", headers),
        ("files are small", sizes),
        ("no orphan goldens", orphans),
        ("one word for one thing", words),
        ("no paths of one machine", machine_paths),
        ("every hazard has its page", hazard_pages),
    ];
    let make =
        |(name, rule): (&str, Rule)| Trial::test(format!("tidy::{name}"), move || verdict(&rule()));
    rules.into_iter().map(make).collect()
}

fn verdict(findings: &[String]) -> Result<(), Failed> {
    if findings.is_empty() { Ok(()) } else { Err(findings.join("\n").into()) }
}

/// A file below the workspace's root.
struct File {
    /// With `/` between folders.
    path: String,
    text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Numbered lines that are not comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// Every text file that is ours, without what is built or installed.
fn files() -> Vec<File> {
    const LEFT_OUT: [&str; 6] = [".git", "target", "dist", "node_modules", "Cargo.lock", "pkg"];
    let mut files = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if LEFT_OUT.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(root()).unwrap_or(&path);
                files.push(File { path: path.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn import_directions() -> Vec<String> {
    let mut findings = Vec::new();
    for file in files().iter().filter(|file| file.is_rust()) {
        for (prefix, forbidden) in FORBIDDEN {
            if file.path.starts_with(prefix) {
                findings.extend(uses(file, forbidden));
            }
        }
    }
    findings
}

/// Lines that name one of the paths, also in a `use` with braces.
fn uses(file: &File, forbidden: &[&str]) -> Vec<String> {
    let mut findings = Vec::new();
    let code = without_tests(&file.text);
    for (number, statement) in statements(code) {
        for path in forbidden {
            // A map whose hash is fixed is deterministic; clippy minds the others.
            let fixed = path.starts_with("Hash") && statement.contains("BuildHasherDefault");
            if names(&statement, path) && !fixed {
                findings.push(format!("{}:{number} must not use {path}", file.path));
            }
        }
    }
    findings
}

/// A module's own tests may look further.
fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]").map_or(text, |at| &text[..at])
}

/// Lines of code, `use` statements put together and their braces spelled out.
fn statements(text: &str) -> Vec<(usize, String)> {
    let mut statements = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with("//") {
            continue;
        }
        let starts = line.starts_with("use ") || line.starts_with("pub use ");
        let (number, mut statement) = open.take().unwrap_or_else(|| (index + 1, String::new()));
        statement += line;
        if (starts || number != index + 1) && !line.ends_with(';') {
            open = Some((number, statement));
            continue;
        }
        match statement.split_once("use ").and_then(|(_, tree)| tree.split_once("::{")) {
            Some((base, rest)) => {
                let parts = rest.split(',').map(|part| part.trim_end_matches(['}', ';']).trim());
                statements.extend(parts.map(|part| (number, format!("{base}::{part};"))));
            }
            None => statements.push((number, statement)),
        }
    }
    statements
}

/// Whether the statement names the path as whole words.
fn names(statement: &str, path: &str) -> bool {
    statement.match_indices(path).any(|(at, _)| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let before = statement[..at].chars().next_back();
        let after = statement[at + path.len()..].chars().next();
        let closed = path.ends_with(['(', ':']);
        !before.is_some_and(is_word) && (closed || !after.is_some_and(is_word))
    })
}

fn parser_in_one_place() -> Vec<String> {
    let allowed = |file: &File| {
        file.path.starts_with("crates/planner/src/sql/")
            || file.path == "crates/planner/src/sql.rs"
            || file.path == "tests/src/bin/bench.rs"
            || file.path == "tests/tidy.rs"
    };
    let mut findings = Vec::new();
    for file in files().iter().filter(|file| file.is_rust() && !allowed(file)) {
        for (number, line) in file.code() {
            if names(line, "sqlparser::") || line.contains("extern crate sqlparser") {
                findings.push(format!("{}:{number} knows the parser", file.path));
            }
        }
    }
    findings
}

fn headers() -> Vec<String> {
    let files = files();
    let without = files.iter().filter(|file| file.is_rust() && !file.text.starts_with("//! "));
    without.map(|file| format!("{} does not begin with `//!`", file.path)).collect()
}

fn sizes() -> Vec<String> {
    let files = files();
    let counted = files
        .iter()
        .filter(|file| file.is_rust() && !TABLES.contains(&file.path.as_str()))
        .map(|file| (file, without_tests(&file.text).lines().count()));
    let long = counted.filter(|(_, n_lines)| *n_lines > LINES_MAX);
    long.map(|(file, n)| format!("{} has {n} lines: split it by concept", file.path)).collect()
}

fn orphans() -> Vec<String> {
    let mut findings = Vec::new();
    for file in files().iter().filter(|file| file.path.starts_with("tests/cases/")) {
        let is_pair = file.path.starts_with("tests/cases/pairs/") && file.path.ends_with(".pair");
        if !is_pair && !file.path.ends_with(".case") {
            findings.push(format!("{}: nothing reads it", file.path));
            continue;
        }
        match CaseFile::parse(&file.text) {
            // Nothing of a pair is written by the tests.
            Ok(_) if is_pair => {}
            Ok(case) => {
                for section in GENERATED {
                    if case.section(section).is_none() {
                        findings.push(format!("{} has no `{section}`", file.path));
                    }
                }
            }
            Err(reason) => findings.push(format!("{}: {reason}", file.path)),
        }
    }
    findings
}

fn words() -> Vec<String> {
    let mut findings = Vec::new();
    for file in files().iter().filter(|file| file.path != "tests/tidy.rs") {
        for (index, line) in file.text.lines().enumerate() {
            let lower = line.to_lowercase();
            for word in WORDS.iter().filter(|word| lower.contains(*word)) {
                findings.push(format!("{}:{} says `{word}`", file.path, index + 1));
            }
        }
    }
    findings
}

fn machine_paths() -> Vec<String> {
    // Spelled in two parts, so that this file does not name them.
    let paths = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/tmp/", "wt"),
        concat!("/tmp/", "target"),
        concat!("static.", "crates.io"),
        concat!("index.", "crates.io"),
        concat!("registry.", "npmjs.org"),
    ];
    let mut findings = Vec::new();
    for file in files() {
        for (index, line) in file.text.lines().enumerate() {
            for path in paths.iter().filter(|path| line.contains(*path)) {
                findings.push(format!("{}:{} names {path}", file.path, index + 1));
            }
        }
    }
    findings
}

/// Every hazard that a plan can name has a page with its four parts, and every page a hazard.
fn hazard_pages() -> Vec<String> {
    const PARTS: [&str; 4] =
        ["## What\n", "## Why it hurts\n", "## Evidence\n", "## What the plan does\n"];
    let files = files();
    let mut codes: Vec<String> = Vec::new();
    // What is refused may have a page, too.
    let mut refused: Vec<String> = Vec::new();
    for file in files.iter().filter(|f| f.is_rust() && f.path.starts_with("crates/planner/src")) {
        let code = without_tests(&file.text);
        codes.extend(code.split("hazard(").skip(1).filter_map(first_literal));
        refused.extend(code.split("Diagnostic::error(").skip(1).filter_map(first_literal));
        codes.extend(code.split("pub const ").skip(1).filter_map(|rest| {
            let name = rest.split(':').next()?;
            matches!(name, "QUERY_BREAKS" | "BREAKS_QUERY").then(|| first_literal(rest))?
        }));
    }
    let page = |code: &str| format!("docs/hazards/{code}.md");
    let mut findings = Vec::new();
    for code in &codes {
        match files.iter().find(|file| file.path == page(code)) {
            None => findings.push(format!("hazard {code} has no page {}", page(code))),
            Some(file) => {
                let lacks = PARTS.iter().filter(|part| !file.text.contains(**part));
                findings.extend(lacks.map(|part| format!("{} lacks {}", file.path, part.trim())));
            }
        }
    }
    let pages = files.iter().filter(|file| file.path.starts_with("docs/hazards/"));
    let orphans =
        pages.filter(|file| !codes.iter().chain(&refused).any(|code| file.path == page(code)));
    findings.extend(orphans.map(|file| format!("{} is about no hazard", file.path)));
    if codes.len() < 15 {
        findings.push("the hazards are not found where they were".to_owned());
    }
    findings.sort();
    findings.dedup();
    findings
}

/// The string that a piece of code begins with, where it is a hazard's code.
fn first_literal(code: &str) -> Option<String> {
    let head = code.split(['\n', ';']).take(2).collect::<Vec<_>>().join(" ");
    let literal = head.split('"').nth(1)?;
    let is_code =
        literal.contains('-') && literal.chars().all(|c| c == '-' || c.is_ascii_lowercase());
    let plain = literal == "rewrite" || is_code;
    plain.then(|| literal.to_owned())
}

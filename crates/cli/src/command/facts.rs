//! `concertina facts`: what a statement locks and does, or every row there is. Must not judge: the
//! rows are the planner's, and were measured on real servers.

use planner::engine::{BadEngine, Engine, Held, LockMode};
use planner::facts::{self, Answer, PossibleLock, Row, StatementFacts};

use crate::args::{Invocation, usage};
use crate::input::{self, Text};
use crate::report::BadInput;
use crate::{Outcome, output};

const ENGINE: &str = "postgres:15";

/// Where a line of an answer goes on.
const MARGIN: usize = 15;

/// Longest line of an answer.
const WIDTH: usize = 100;

pub(crate) fn run(invocation: &Invocation) -> Result<Outcome, BadInput> {
    let format = invocation.format()?;
    let name = invocation.text("engine")?.unwrap_or(ENGINE);
    let engine: Engine = name.parse().map_err(|error: BadEngine| {
        BadInput::new("bad-engine", &error.to_string(), "there are postgres:12 to postgres:18")
    })?;
    let printed = match statement(invocation)? {
        None if invocation.has("schema") => {
            return Err(usage("--schema makes the answer to a statement exact: give one", ""));
        }
        None if format == "json" => super::pretty(&facts::table(engine))?,
        None => table(engine, &facts::table(engine)),
        Some(statement) => {
            let answer = answered(invocation, engine, &statement)?;
            if format == "json" { super::pretty(&answer.statements)? } else { text(&answer) }
        }
    };
    output::print(&printed)?;
    Ok(Outcome::Fine)
}

/// The statement: the argument itself, or standard input for `-`.
fn statement(invocation: &Invocation) -> Result<Option<Text>, BadInput> {
    let Some(given) = &invocation.file else { return Ok(None) };
    if given == "-" {
        if invocation.value("schema").is_some_and(|path| path == "-") {
            return Err(usage("standard input can be only one of the files", ""));
        }
        return input::read(given).map(Some);
    }
    match given.to_str() {
        Some(text) => Ok(Some(Text { name: "<statement>".to_owned(), text: text.to_owned() })),
        None => Err(usage("the statement is not UTF-8", "")),
    }
}

fn answered(invocation: &Invocation, engine: Engine, statement: &Text) -> Result<Answer, BadInput> {
    let schema = invocation.value("schema").map(|path| input::read(path)).transpose()?;
    let answer = facts::answer(engine, &statement.text, schema.as_ref().map(|s| s.text.as_str()));
    if answer.diagnostics.is_empty() {
        return Ok(answer);
    }
    let schema = schema.as_ref().map_or(("schema", ""), |s| (s.name.as_str(), s.text.as_str()));
    let change = (statement.name.as_str(), statement.text.as_str());
    let finding = |found| input::finding(found, schema, change);
    Err(BadInput(answer.diagnostics.iter().map(finding).collect()))
}

fn text(answer: &Answer) -> String {
    let one = |found: &StatementFacts| statement_text(answer.engine, found);
    answer.statements.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn statement_text(engine: Engine, found: &StatementFacts) -> String {
    let written: Vec<&str> = found.statement.split_whitespace().collect();
    let mut text = format!("{}\n\n", wrapped(&written.join(" "), 0));
    for row in &found.rows {
        text += &line("form", row.title);
    }
    text += &locks(found);
    text += &line("rewrite", yes_no(found.rewrite, "every row is written anew, into a new file"));
    text += &line("scan", yes_no(found.scan, scanned(found.work)));
    let block = "no: the server refuses it in a transaction block (SQLSTATE 25001)";
    text += &line("transaction", if found.in_transaction { "yes" } else { block });
    let mut seen: Vec<&str> = Vec::new();
    for row in &found.rows {
        if !seen.contains(&row.reference.as_str()) {
            text += &line("reference", &row.reference);
            seen.push(&row.reference);
        }
    }
    let measured: Vec<&Vec<u16>> = found.rows.iter().map(|row| &row.measured).collect();
    let common = measured.first().map(|first| {
        let everywhere = |v: &&u16| measured.iter().all(|versions| versions.contains(v));
        first.iter().filter(everywhere).map(u16::to_string).collect::<Vec<_>>().join(", ")
    });
    text += &line("measured on", &versions(engine, &common.unwrap_or_default()));
    let online: Vec<&str> =
        found.rows.iter().map(|row| row.online).filter(|online| !online.is_empty()).collect();
    let online = if online.is_empty() { "this is it".to_owned() } else { online.join("; ") };
    text += &line("online way", &online);
    for note in &found.notes {
        text += &line("assumed", note);
    }
    text
}

fn versions(engine: Engine, measured: &str) -> String {
    if measured.is_empty() {
        return "none: this is what the manual says".to_owned();
    }
    let here = measured.split(", ").any(|version| version == engine.version.to_string());
    let note = if here { "" } else { "; for this version it is what the manual says" };
    format!("PostgreSQL {measured}{note}")
}

fn yes_no(yes: bool, what: &str) -> &str {
    if yes { what } else { "no" }
}

fn scanned(work: Held) -> &'static str {
    match work {
        Held::Instant => "no",
        Held::Scan => "every row is read",
        Held::Build => "every row is read, to build an index",
        Held::Rewrite => "every row is read, to write it anew",
    }
}

fn locks(found: &StatementFacts) -> String {
    let named = found.locks.iter().map(|named| {
        let role = named.role.words();
        let of = if named.role == planner::engine::postgres::Role::Target {
            String::new()
        } else {
            format!(" ({role})")
        };
        lock_text(&format!("{}{of}", named.lock.relation), named.lock.mode, found.work)
    });
    let possible = found.possible.iter().map(|possible| {
        let text = lock_text(possible.words, possible.mode, found.work);
        format!("{text}, if there are any")
    });
    let all: Vec<String> = named.chain(possible).collect();
    if all.is_empty() {
        return line("locks", "no relation that is there");
    }
    let heads = std::iter::once("locks").chain(std::iter::repeat(""));
    heads.zip(&all).map(|(head, lock)| line(head, lock)).collect()
}

fn lock_text(relation: &str, mode: LockMode, work: Held) -> String {
    let blocks = match (mode.blocks_reads(), mode.blocks_writes()) {
        (true, _) => "reads and writes wait",
        (false, true) => "writes wait",
        (false, false) if mode >= LockMode::ShareUpdateExclusive => {
            "neither reads nor writes wait; other schema changes and VACUUM do"
        }
        (false, false) => "neither reads nor writes wait",
    };
    let until = match work {
        Held::Instant => "",
        Held::Scan => " while every row is read",
        Held::Build => " while indexes are built",
        Held::Rewrite => " while every row is written",
    };
    let until = if mode.blocks_writes() { until } else { "" };
    format!("{relation}: {}, {blocks}{until}", mode.name())
}

/// `head           text`, wrapped.
fn line(head: &str, text: &str) -> String {
    format!("  {head:<width$}{}\n", wrapped(text, MARGIN), width = MARGIN - 2)
}

/// The text in lines that go on at a margin.
fn wrapped(text: &str, margin: usize) -> String {
    let (mut lines, mut current) = (Vec::new(), String::new());
    for word in text.split(' ') {
        let fits = current.chars().count() + word.chars().count() < WIDTH - margin;
        if !fits && !current.is_empty() {
            lines.push(std::mem::take(&mut current));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current += word;
    }
    lines.push(current);
    lines.join(&format!("\n{}", " ".repeat(margin)))
}

/// All rows as a table of columns.
fn table(engine: Engine, rows: &[Row]) -> String {
    let cells: Vec<[String; 6]> = rows.iter().map(cells).collect();
    let head = ["statement", "lock", "other relations", "work", "in a transaction", "measured on"];
    let width = |column: usize| {
        let longest = cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        longest.max(head[column].chars().count())
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let print = |row: [&str; 6]| {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let text = padded.collect::<Vec<_>>().join("  ");
        format!("{}\n", text.trim_end())
    };
    let mut text = format!("What statements lock and do on {engine}, a row a form.\n\n");
    text += &print(head);
    let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    text += &print(std::array::from_fn(|column| rules[column].as_str()));
    for row in &cells {
        text += &print(row.each_ref().map(String::as_str));
    }
    text
}

fn cells(row: &Row) -> [String; 6] {
    let other = |lock: &PossibleLock| format!("{}: {}", lock.words, lock.mode.name());
    let work = match row.work {
        Held::Instant => "an instant",
        Held::Scan => "scan",
        Held::Build => "index build",
        Held::Rewrite => "rewrite",
    };
    let measured: Vec<String> = row.measured.iter().map(u16::to_string).collect();
    [
        row.title.to_owned(),
        row.target.map_or("none", LockMode::name).to_owned(),
        row.others.iter().map(other).collect::<Vec<_>>().join("; "),
        work.to_owned(),
        if row.in_transaction { "yes" } else { "no" }.to_owned(),
        if measured.is_empty() { "manual only".to_owned() } else { measured.join(" ") },
    ]
}

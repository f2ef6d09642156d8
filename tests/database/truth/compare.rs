//! One statement on both sides, and the count of what agreed. Must not know where statements come from.

use std::collections::BTreeMap;
use std::env;

use libtest_mimic::Failed;
use planner::name::quote;
use planner::op::effect::Refusal;
use rehearsal::{Client, Failure, run};
use simulator::replay::{Cell, Replay, Rows, Write};

use super::abstractions::{ABSTRACTIONS, Found};

/// What was compared.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The trial.
    trial: &'static str,
    agreed: u32,
    /// Agreed, but for values that the model does not interpret.
    with_terms: u32,
    /// The model could not say.
    unmodelled: BTreeMap<String, u32>,
    excused: BTreeMap<usize, u32>,
    /// By kind: how often, and the first.
    differences: BTreeMap<String, (u32, String)>,
}

/// One side's answer: the rows afterwards, or the refusal.
type Answer = Result<Vec<Vec<Vec<Cell>>>, (String, String)>;

impl Tally {
    /// Nothing yet.
    pub(super) fn new(trial: &'static str) -> Self {
        Self { trial, ..Self::default() }
    }

    /// Notes what came of a statement; `place` says where it was.
    pub(super) fn note(&mut self, place: &str, sql: &str, (model, server): (&Answer, &Answer)) {
        let alone = self.trial == "expressions";
        let kind = match difference(model, server) {
            // What is not interpreted is not refused either.
            _ if alone && is_term(model) => {
                self.with_terms += 1;
                return;
            }
            Difference::None => {
                self.agreed += 1;
                return;
            }
            Difference::Terms => {
                self.with_terms += 1;
                return;
            }
            Difference::Kind(kind) => kind,
        };
        let found = Found { place, sql, kind: &kind };
        if let Some(at) =
            ABSTRACTIONS.iter().position(|a| a.trial == self.trial && (a.holds)(&found))
        {
            *self.excused.entry(at).or_default() += 1;
            return;
        }
        let shown = format!("{place}\n  {sql}\n  model  {model:?}\n  server {server:?}");
        let entry = self.differences.entry(kind).or_insert((0, shown));
        entry.0 += 1;
    }

    pub(super) fn cannot_say(&mut self, why: &str) {
        *self.unmodelled.entry(why.to_owned()).or_default() += 1;
    }

    /// Fails where anything differs that no row excuses, where a row is idle, or where too little was
    /// compared.
    pub(super) fn judge(&self, at_least: u32) -> Result<(), Failed> {
        let of_trial = ABSTRACTIONS.iter().enumerate().filter(|(_, a)| a.trial == self.trial);
        let idle = of_trial.filter(|(at, _)| !self.excused.contains_key(at));
        let mut lines: Vec<String> =
            idle.map(|(_, a)| format!("nothing needs the abstraction: {}", a.why)).collect();
        let differences = self.differences.iter();
        lines.extend(
            differences.map(|(kind, (n, first))| format!("{n} times {kind}, first at {first}")),
        );
        let excused: u32 = self.excused.values().sum();
        if self.agreed < at_least || excused * 200 > self.agreed {
            lines.push("too little agrees".to_owned());
        }
        if lines.is_empty() && env::var("CONCERTINA_TRUTH").is_err() {
            return Ok(());
        }
        lines.push(format!(
            "{} agreed, {} but for terms; excused {:?}, not modelled {:?}",
            self.agreed, self.with_terms, self.excused, self.unmodelled
        ));
        Err(lines.join("\n").into())
    }
}

enum Difference {
    None,
    Terms,
    Kind(String),
}

fn difference(model: &Answer, server: &Answer) -> Difference {
    match (model, server) {
        (Ok(mine), Ok(theirs)) => rows_differ(mine, theirs),
        (Err((code, message)), Err((found, said))) => {
            if code != found {
                return Difference::Kind(format!("model {code}, server {found}"));
            }
            if said == message || said.starts_with(&format!("{message}; ")) {
                return Difference::None;
            }
            Difference::Kind(format!("words of {code}"))
        }
        (Ok(_), Err((code, _))) => Difference::Kind(format!("model fine, server {code}")),
        (Err((code, _)), Ok(_)) => Difference::Kind(format!("model {code}, server fine")),
    }
}

fn is_term(answer: &Answer) -> bool {
    let mut cells = answer.iter().flatten().flatten().flatten();
    cells.any(|cell| matches!(cell, Cell::Unknown(_)))
}

fn rows_differ(mine: &[Vec<Vec<Cell>>], theirs: &[Vec<Vec<Cell>>]) -> Difference {
    let mut terms = false;
    for (mine, theirs) in mine.iter().zip(theirs) {
        if mine.len() != theirs.len() {
            return Difference::Kind("number of rows".to_owned());
        }
        let mut left: Vec<&Vec<Cell>> = theirs.iter().collect();
        for row in mine {
            let Some(at) = left.iter().position(|other| matches(row, other)) else {
                return Difference::Kind("rows".to_owned());
            };
            left.remove(at);
            terms |= row.iter().any(|cell| matches!(cell, Cell::Unknown(_)));
        }
    }
    if terms { Difference::Terms } else { Difference::None }
}

fn matches(mine: &[Cell], theirs: &[Cell]) -> bool {
    mine.len() == theirs.len()
        && mine.iter().zip(theirs).all(|(a, b)| matches!(a, Cell::Unknown(_)) || a == b)
}

/// The tables without what some columns hold.
pub(super) fn but(mut tables: Vec<Rows>, ignored: &[String]) -> Vec<Rows> {
    for table in &mut tables {
        for (at, column) in table.columns.iter().enumerate() {
            if ignored.contains(&format!("{}.{}", table.table, quote(column))) {
                let cells = table.rows.iter_mut().filter_map(|row| row.get_mut(at));
                cells.for_each(|cell| *cell = Cell::Unknown("ignored".to_owned()));
            }
        }
    }
    tables
}

/// Rows of the model.
pub(super) fn rows(tables: &[Rows]) -> Vec<Vec<Vec<Cell>>> {
    tables.iter().map(|table| table.rows.clone()).collect()
}

/// The query that reads the same tables on the server: a NULL is empty, a text begins with `=`.
fn query(tables: &[Rows]) -> String {
    let one = |(at, table): (usize, &Rows)| {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|c| format!(", coalesce('=' || CAST({} AS text), '')", quote(c)))
            .collect();
        format!("SELECT '@{at}'{} FROM {}", columns.join(""), table.table)
    };
    tables.iter().enumerate().map(one).collect::<Vec<_>>().join("; ")
}

fn read(tables: &[Rows], answer: Vec<Vec<String>>) -> Vec<Vec<Vec<Cell>>> {
    let mut found = vec![Vec::new(); tables.len()];
    for row in answer {
        let Some((first, values)) = row.split_first() else { continue };
        let at = first.strip_prefix('@').and_then(|at| at.parse::<usize>().ok());
        let Some(rows) = at.and_then(|at| found.get_mut(at)) else { continue };
        let cell = |text: &String| match text.strip_prefix('=') {
            Some(text) => Cell::Text(text.to_owned()),
            None => Cell::Null,
        };
        rows.push(values.iter().map(cell).collect());
    }
    found
}

/// Rows of the server.
pub(super) fn on_server(
    client: &mut Client,
    tables: &[Rows],
) -> Result<Vec<Vec<Vec<Cell>>>, Failure> {
    Ok(read(tables, run::table(client, &query(tables))?))
}

/// Tries statements of the app from one state, each undone again.
pub(super) fn writes(
    (client, replay): (&mut Client, &mut Replay),
    (place, writes): (&str, &[Write]),
    ignored: &[String],
    tally: &mut Tally,
) -> Result<(), Failure> {
    let mark = replay.mark();
    run::execute(client, "BEGIN; SAVEPOINT here")?;
    for write in writes {
        let answered = replay.write(write);
        let tables = but(replay.rows(), ignored);
        let model = answered.map(|answer| answer.map(|()| rows(&tables)).map_err(words));
        replay.back(&mark);
        match model {
            Ok(model) => {
                let server = one(client, (write, &tables))?;
                tally.note(place, &write.sql(), (&model, &server));
            }
            Err(why) => tally.cannot_say(&why.0),
        }
    }
    run::execute(client, "ROLLBACK")
}

fn one(client: &mut Client, (write, tables): (&Write, &[Rows])) -> Result<Answer, Failure> {
    let sql = write.sql();
    // One message: a statement more is a way to the server and back more.
    let sql = format!("ROLLBACK TO here; {sql}; SET CONSTRAINTS ALL IMMEDIATE; {}", query(tables));
    match run::table(client, &sql) {
        Ok(answer) => Ok(Ok(read(tables, answer))),
        Err(failure) => refused(failure).map(Err),
    }
}

/// The server's refusal; anything else is a failure of the trial.
pub(super) fn refused(failure: Failure) -> Result<(String, String), Failure> {
    match &failure.sqlstate {
        Some(code) => Ok((code.clone(), failure.message)),
        None => Err(failure),
    }
}

pub(super) fn words(refusal: Refusal) -> (String, String) {
    (refusal.sqlstate.to_owned(), refusal.message)
}

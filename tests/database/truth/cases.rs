//! Every case: its plan on the server and in the model, side by side; after each statement all that the
//! releases can send. Must not know what a plan is for.

use std::env;

use libtest_mimic::Failed;
use planner::name::quote_list;
use planner::op::Op;
use planner::plan::Statement;
use planner::schema::Schema;
use rehearsal::{Client, Failure, Server, run};
use simulator::replay::{Cell, Replay, Rows};

use super::compare::{self, Tally};
use crate::cases::Case;
use crate::database::{ignored_columns, run_text};

/// Compares a case.
pub(super) fn compare(case: &Case, server: &Server, tally: &mut Tally) -> Result<(), Failed> {
    let Ok(plan) = case.plan() else { return Ok(()) };
    if plan.engine.version > server.version() {
        return Ok(());
    }
    let mut replay = match Replay::of_plan(&plan) {
        Ok(replay) => replay,
        Err(why) => {
            tally.cannot_say(&why.0);
            return Ok(());
        }
    };
    let database = server.database()?;
    run_text(&mut database.connect()?, &case.request.schema)?;
    let mut client = database.connect()?;
    let said = |failure: Failure| Failure::new(case.name.clone(), failure);
    if let Err(failure) = load(&mut client, replay.schema(), &replay.rows()) {
        tally.cannot_say(&format!("{}: {failure}", case.name));
        return Ok(());
    }
    let mut tries = Tries { ignored: ignored_columns(case), n: 0 };
    tries.all(&mut client, &mut replay, &case.name, tally).map_err(said)?;
    for step in plan.steps() {
        for group in run::groups(&step.script) {
            let before = replay.mark();
            let place = format!("{} step {}", case.name, step.id);
            let ignored = &tries.ignored;
            let sides = (&mut client, &mut replay);
            if !both(sides, (&place, group), ignored, tally).map_err(said)? {
                return Ok(());
            }
            if replay.mark() != before {
                tries.all(&mut client, &mut replay, &place, tally).map_err(said)?;
            }
        }
    }
    Ok(())
}

/// The model's rows, on the server.
fn load(client: &mut Client, schema: &Schema, tables: &[Rows]) -> Result<(), Failure> {
    run::execute(client, "SET session_replication_role = replica")?;
    for table in tables {
        let Some(definition) = schema.table(&table.table) else { continue };
        let given: Vec<bool> = definition.columns.iter().map(|c| c.generated.is_none()).collect();
        let columns: Vec<String> = definition
            .columns
            .iter()
            .filter(|c| c.generated.is_none())
            .map(|c| c.name.clone())
            .collect();
        for row in &table.rows {
            let values = row.iter().zip(&given).filter(|(_, given)| **given);
            let values: Vec<String> = values.map(|(cell, _)| literal(cell)).collect();
            run::execute(
                client,
                &format!(
                    "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})",
                    table.table,
                    quote_list(&columns),
                    values.join(", ")
                ),
            )?;
        }
    }
    for table in tables {
        let Some(definition) = schema.table(&table.table) else { continue };
        for column in definition.columns.iter().filter(|c| c.generates()) {
            // Beyond the rows that are there.
            let (table, column) = (table.table.to_string(), &column.name);
            let (table, column) = (planner::name::literal(&table), planner::name::literal(column));
            let sql = format!("SELECT setval(pg_get_serial_sequence({table}, {column}), 100)");
            run::query(client, &sql)?;
        }
    }
    run::execute(client, "RESET session_replication_role")
}

fn literal(cell: &Cell) -> String {
    match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Text(text) => planner::name::literal(text),
        Cell::Unknown(term) => term.clone(),
    }
}

/// What the releases can send.
struct Tries {
    /// Columns of which the case says that their values are random or the time.
    ignored: Vec<String>,
    /// Counts what was tried.
    n: usize,
}

impl Tries {
    /// All that both releases can send; without `RUN_SLOW_TESTS` every fourth of it.
    fn all(
        &mut self,
        client: &mut Client,
        replay: &mut Replay,
        place: &str,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        let mut all = replay.statements(0);
        all.extend(replay.statements(1));
        all.sort();
        all.dedup();
        let slow = env::var("RUN_SLOW_TESTS").is_ok_and(|value| value == "1");
        let every = if slow { 1 } else { 4 };
        all.retain(|_| {
            self.n += 1;
            self.n.is_multiple_of(every)
        });
        compare::writes((client, replay), (place, &all), &self.ignored, tally)
    }
}

/// A group of the plan's statements. Whether both sides went on.
fn both(
    (client, replay): (&mut Client, &mut Replay),
    (place, group): (&str, &[Statement]),
    ignored: &[String],
    tally: &mut Tally,
) -> Result<bool, Failure> {
    let ops: Vec<Op> = group.iter().map(|s| s.op.clone()).collect();
    let sql: Vec<&str> = group.iter().map(|s| s.sql.as_str()).collect();
    let answered = match replay.run(&ops) {
        Ok(answered) => answered,
        Err(why) => {
            tally.cannot_say(&why.0);
            return Ok(false);
        }
    };
    let tables = compare::but(replay.rows(), ignored);
    let model = answered.map(|()| compare::rows(&tables)).map_err(compare::words);
    let server = match run::run_script(client, group) {
        Ok(()) => Ok(compare::on_server(client, &tables)?),
        Err(failure) => Err(compare::refused(failure)?),
    };
    tally.note(place, &sql.join("; "), (&model, &server));
    Ok(model.is_ok() && server.is_ok())
}

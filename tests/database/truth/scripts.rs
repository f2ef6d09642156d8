//! Schemas made up for what they hold: a script of statements, each on both sides, and after each every
//! kind of write with values that fit and values that do not. Must not know plans.

use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use planner::change::What;
use planner::diagnostic::Severity;
use planner::engine::Engine;
use planner::expr::Expr;
use planner::name::QName;
use planner::op::Op;
use planner::schema::{Column, Key, Schema, Table};
use planner::sql;
use rehearsal::{Client, Server, run};
use simulator::replay::{Answered, Cell, Given, Replay, Rows, Write};

use super::compare::{self, Tally};

/// Compares every script of `tests/truth`.
pub(super) fn compare(server: &Server, tally: &mut Tally) -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("truth");
    let mut paths: Vec<_> = fs::read_dir(folder)?.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let file = fs::read_to_string(&path)?;
        let parts =
            file.split_once("--- schema\n").and_then(|(_, rest)| rest.split_once("--- script\n"));
        let (schema, script) = parts.ok_or_else(|| format!("{name}: no schema and script"))?;
        one(server, (&name, schema, script), tally).map_err(|f| format!("{name}: {f:?}"))?;
    }
    Ok(())
}

fn one(
    server: &Server,
    (name, schema, script): (&str, &str, &str),
    tally: &mut Tally,
) -> Result<(), Failed> {
    let read = sql::read_schema(schema);
    if let Some(error) = read.diagnostics.iter().find(|d| d.severity == Severity::Error) {
        return Err(error.message.clone().into());
    }
    let engine = Engine { version: server.version() };
    let mut replay = Replay::of_schema(engine, &read.schema).map_err(|why| why.0)?;
    let database = server.database()?;
    let mut client = database.connect()?;
    run::execute(&mut client, schema)?;
    for (n, statement) in script.split(";\n").map(str::trim).filter(|s| !s.is_empty()).enumerate() {
        let place = format!("{name} statement {}", n + 1);
        both(&mut client, &mut replay, (&place, statement), tally)?;
        let writes = writes(replay.schema(), &replay.rows());
        compare::writes((&mut client, &mut replay), (&place, &writes), &[], tally)?;
    }
    Ok(())
}

/// One statement of the script on both sides.
fn both(
    client: &mut Client,
    replay: &mut Replay,
    (place, statement): (&str, &str),
    tally: &mut Tally,
) -> Result<(), Failed> {
    let model = match inserts_of(statement) {
        Some(writes) => all_or_none(replay, &writes),
        None => replay.run(&ops(statement, replay.schema())?),
    };
    let model = model.map_err(|why| format!("{place}: {why}"))?;
    let tables = replay.rows();
    let model = model.map(|()| compare::rows(&tables)).map_err(compare::words);
    let server = match run::execute(client, statement) {
        Ok(()) => Ok(compare::on_server(client, &tables)?),
        Err(failure) => Err(compare::refused(failure)?),
    };
    tally.note(place, statement, (&model, &server));
    Ok(())
}

/// The rows of `INSERT INTO t (a, b) VALUES (1, 2), (3, 4)`, in just that form.
fn inserts_of(statement: &str) -> Option<Vec<Write>> {
    let (table, rest) = statement.strip_prefix("INSERT INTO ")?.split_once(" (")?;
    let (columns, rows) = rest.strip_suffix(')')?.split_once(") VALUES (")?;
    let row = |values: &str| {
        let values = values.split(", ").map(sql::parse_expr);
        let given = columns.split(", ").map(str::to_owned).zip(values).collect();
        Some(Write::Insert { table: table.parse().ok()?, given })
    };
    rows.split("), (").map(row).collect()
}

fn all_or_none(replay: &mut Replay, writes: &[Write]) -> Answered {
    let mark = replay.mark();
    for write in writes {
        let answered = replay.write(write)?;
        if answered.is_err() {
            replay.back(&mark);
            return Ok(answered);
        }
    }
    Ok(Ok(()))
}

fn ops(statement: &str, schema: &Schema) -> Result<Vec<Op>, Failed> {
    let read = sql::read_change(statement, schema);
    let mut ops = Vec::new();
    for asked in read.asked {
        match asked.what {
            What::Statement(op) | What::Lifted(op) => ops.push(op),
            What::Retype(retype) => ops.extend(retype.ops()),
            What::Reshape(_)
            | What::Extract(_)
            | What::Spread(_)
            | What::Move(_)
            | What::Merge(_)
            | What::Numbering(_)
            | What::Partition(_)
            | What::Replace { .. }
            | What::Object { .. } => return Err(format!("`{statement}` is more than one").into()),
        }
    }
    if ops.is_empty() || ops.iter().any(|op| matches!(op, Op::Verbatim { .. })) {
        return Err(format!("`{statement}` is not read: {:?}", read.diagnostics).into());
    }
    Ok(ops)
}

/// Every kind of write on every table.
fn writes(schema: &Schema, tables: &[Rows]) -> Vec<Write> {
    let mut all = Vec::new();
    for rows in tables {
        let Some(table) = schema.table(&rows.table) else { continue };
        inserts(&rows.table, table, &mut all);
        updates(rows, table, &mut all);
        for columns in [rows.columns.clone(), vec!["gone".to_owned()]] {
            all.push(Write::Read { table: rows.table.clone(), columns });
        }
    }
    all
}

fn inserts(name: &QName, table: &Table, all: &mut Vec<Write>) {
    let can_give = |c: &&Column| c.generated.is_none() && c.identity.as_deref() != Some("always");
    let plain: Given =
        table.columns.iter().filter(can_give).map(|c| (c.name.clone(), usual(c))).collect();
    let insert = |given: Given| Write::Insert { table: name.clone(), given };
    all.push(insert(plain.clone()));
    for column in &table.columns {
        let others = plain.iter().filter(|(c, _)| *c != column.name);
        let others: Given = others.cloned().collect();
        all.push(insert(others.clone()));
        for value in pool(column) {
            let mut given = others.clone();
            given.push((column.name.clone(), value));
            all.push(insert(given));
        }
        let key = vec![column.name.clone()];
        all.push(Write::Upsert { table: name.clone(), given: plain.clone(), key });
    }
    for key in table.constraints.values().filter_map(|c| Key::of(&c.kind)) {
        for id in ["1", "9"] {
            let mut given = plain.clone();
            given.iter_mut().filter(|(c, _)| c == "id").for_each(|(_, v)| *v = text(id));
            all.push(Write::Upsert { table: name.clone(), given, key: key.columns.clone() });
        }
    }
    let values: Vec<Expr> = table.columns.iter().map(usual).collect();
    for n in [values.len().saturating_sub(1), values.len(), values.len() + 1] {
        if n == 0 {
            continue;
        }
        let values = values.iter().chain([&text("1")]).take(n).cloned().collect();
        all.push(Write::InsertAll { table: name.clone(), values });
    }
}

fn updates(rows: &Rows, table: &Table, all: &mut Vec<Write>) {
    for row in &rows.rows {
        let of = |column: &str| {
            let at = rows.columns.iter().position(|c| c == column)?;
            match row.get(at)? {
                Cell::Null => Some(Expr::Null),
                Cell::Text(value) => Some(text(value)),
                Cell::Unknown(_) => None,
            }
        };
        let Some(id) = of("id") else { continue };
        let tells: Given = vec![("id".to_owned(), id)];
        let update = |set| Write::Update { table: rows.table.clone(), row: tells.clone(), set };
        for column in &table.columns {
            all.extend(pool(column).into_iter().map(|v| update(vec![(column.name.clone(), v)])));
        }
        let free = table
            .columns
            .iter()
            .filter(|c| c.generated.is_none() && c.identity.as_deref() != Some("always"));
        let same: Option<Given> = free.map(|c| Some((c.name.clone(), of(&c.name)?))).collect();
        all.extend(same.map(update));
        all.push(update(vec![("gone".to_owned(), Expr::Null)]));
        all.push(Write::Delete { table: rows.table.clone(), row: tells.clone() });
    }
}

fn text(value: &str) -> Expr {
    Expr::Text(value.to_owned())
}

/// A value that fits, of a row that is not there yet.
fn usual(column: &Column) -> Expr {
    if column.name == "id" { text("9") } else { pool(column).swap_remove(0) }
}

/// Values that fit the column's type and values that do not.
fn pool(column: &Column) -> Vec<Expr> {
    let values: &[&str] = match column.ty.base().as_str() {
        "smallint" => &["1", "2", "0", "-5", "70000", "x", " 3 ", ""],
        "integer" | "bigint" => &["1", "2", "5", "0", "-5", "3000000000", "x", "1.5"],
        "text" => &["a", "b", "", "aa", "A", "7"],
        "character varying" => &["a", "b", "", "abc", "abcd", "abc  "],
        "boolean" => &["true", "false", "on", "x", "2"],
        "date" => &["2024-01-01", "2024-01-02", "x", ""],
        "timestamp without time zone" => &["2024-01-01 10:00:00", "x"],
        "uuid" => &["10000000-0000-4000-8000-000000000000", "x"],
        "numeric" => &["1", "2", "-1", "x", ""],
        _ => &["a", "b", "x"],
    };
    values.iter().map(|value| text(value)).chain([Expr::Null]).collect()
}

//! Schemas, changes and hints as text in, text out.

use std::sync::Arc;

use super::{read_change, read_schema, read_target};
use crate::change::{Asked, Hint, What};
use crate::diagnostic::{Diagnostic, Severity, locate};
use crate::op::Op;
use crate::op::sql::render;
use crate::plan::NotAnalysed;
use crate::schema::{Schema, Subject};

mod change;
mod moved;
mod schema;

/// `error unknown-table at 1:13 "usres": message / help`.
fn finding(text: &str, found: &Diagnostic) -> String {
    let (line, column, _) = locate(text, found.span.0);
    let severity = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let quoted: String = text.get(found.span.0..found.span.1).unwrap().chars().take(40).collect();
    format!(
        "{severity} {} at {line}:{column} `{quoted}`: {} / {}",
        found.code, found.message, found.help
    )
}

fn carried(found: &NotAnalysed) -> String {
    format!("not analysed: {} ({})", found.sql, found.note)
}

fn ask(asked: &Asked) -> String {
    match &asked.what {
        What::Statement(op) => render(op),
        What::Reshape(reshape) => {
            let into: Vec<String> = reshape
                .into
                .iter()
                .map(|(c, e)| format!("{} := {}", crate::op::sql::column_definition(c), e.sql()))
                .collect();
            let from: Vec<String> =
                reshape.from.iter().map(|c| format!("{}.{c}", reshape.table)).collect();
            let back: Vec<String> =
                reshape.back.iter().map(|(c, e)| format!("{c} := {}", e.sql())).collect();
            let guessed = if reshape.back_is_guessed { " (guessed)" } else { "" };
            format!(
                "reshape {} into {} back {}{guessed}",
                from.join(", "),
                into.join(", "),
                back.join(", ")
            )
        }
        What::Spread(spread) => spread.title(),
        What::Move(moved) => {
            let ops = moved.effect();
            let lines = std::iter::once(moved.title()).chain(ops.iter().map(render));
            lines.collect::<Vec<_>>().join("\n")
        }
        What::Merge(merge) => {
            let ops = merge.effect();
            let lines = std::iter::once(merge.title()).chain(ops.iter().map(render));
            lines.collect::<Vec<_>>().join("\n")
        }
        What::Partition(partition) => partition.title(),
        What::Extract(extract) => {
            format!("{}: {}", extract.title(), extract.values.join(", "))
        }
        What::Replace { create, .. } => format!("replace: {}", render(create)),
        What::Retype(retype) => format!("retype {}", retype.table),
        What::Numbering(one) => format!("number {}.{}", one.table, one.column),
        What::Lifted(op) => format!("lifted: {}", render(op)),
        What::Object { id, after } => match after {
            Some(object) => format!("{} {}: {}", id.kind.noun(), id.name, object.make.join("; ")),
            None => format!("drop {} {}", id.kind.noun(), id.name),
        },
    }
}

fn hint(found: &Hint) -> String {
    match found {
        Hint::RenameColumn { table, column, to } => format!("hint: {table}.{column} -> {to}"),
        Hint::RenameLabel { ty, label, to } => format!("hint: {ty} {label} -> {to}"),
        Hint::RenameTable { table, to } => format!("hint: {table} -> {to}"),
        Hint::Fill { table, column, value } => {
            format!("hint: {table}.{column} := {}", value.sql())
        }
    }
}

fn subject(of: &Subject) -> String {
    match of {
        Subject::Relation(name) | Subject::Index(name) => name.to_string(),
        Subject::Column(name, part) | Subject::Constraint(name, part) => format!("{name}.{part}"),
        Subject::Object(id) => format!("{} {}", id.kind.noun(), id.name),
    }
}

/// A schema as the statements that make it.
fn print(schema: &Schema) -> String {
    let mut lines = Vec::new();
    for (name, labels) in &schema.enums {
        lines.push(format!("enum {name}: {}", labels.join(" ")));
    }
    for (name, domain) in &schema.domains {
        lines.push(format!("domain {name}: {} constrained={}", domain.base, domain.constrained));
    }
    for (name, table) in &schema.tables {
        let (table_name, definition) = (name.clone(), table.clone());
        let definition = Arc::unwrap_or_clone(definition);
        lines.push(render(&Op::CreateTable { table: table_name, definition }));
        for (key, index) in &table.indexes {
            lines.push(render(&Op::CreateIndex {
                table: name.clone(),
                name: key.clone(),
                index: index.clone(),
                concurrently: false,
            }));
        }
    }
    for (name, view) in &schema.views {
        let (view_name, definition) = (name.clone(), view.clone());
        lines.push(render(&Op::CreateView { view: view_name, definition }));
        let reads: Vec<String> = view.reads.iter().map(ToString::to_string).collect();
        lines.push(format!("  reads {}; {}", reads.join(" "), view.identifiers.join(" ")));
    }
    for (id, object) in schema.objects.iter() {
        let of = object.of.as_ref().map_or(String::new(), |of| format!(" of {}", subject(of)));
        lines.push(format!("{} {}{of}", id.kind.noun(), id.name));
        lines.extend(object.make.iter().map(|sql| format!("  {sql}")));
        lines.extend(object.unmake.iter().map(|sql| format!("  - {sql}")));
    }
    lines.join("\n")
}

#[track_caller]
fn check_schema(text: &str, expected: &str) {
    let read = read_schema(text);
    let mut lines = vec![print(&read.schema)];
    lines.extend(read.diagnostics.iter().map(|d| finding(text, d)));
    lines.extend(read.not_analysed.iter().map(carried));
    assert_eq!(lines.join("\n").trim(), expected.trim());
}

#[track_caller]
fn check_change(schema: &str, text: &str, expected: &str) {
    let read_schema = read_schema(schema);
    assert_eq!(read_schema.diagnostics, []);
    let read = read_change(text, &read_schema.schema);
    let mut lines: Vec<String> = read.asked.iter().map(ask).collect();
    lines.extend(read.hints.iter().map(hint));
    lines.extend(read.diagnostics.iter().map(|d| finding(text, d)));
    lines.extend(read.not_analysed.iter().map(carried));
    assert_eq!(lines.join("\n").trim(), expected.trim());
}

#[track_caller]
fn check_target(schema: &str, text: &str, expected: &str) {
    let source = read_schema(schema);
    let read = read_target(text, &source.schema);
    let mut lines: Vec<String> = read.reshapes.iter().map(ask).collect();
    lines.extend(read.hints.iter().map(hint));
    lines.extend(read.diagnostics.iter().map(|d| finding(text, d)));
    assert_eq!(lines.join("\n").trim(), expected.trim());
}

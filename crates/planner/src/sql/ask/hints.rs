//! Hints in a change: renames and splits are changes of their own, fills are kept.

use super::super::cursor::{Placed, PlacedName};
use super::super::hint::{self, PlacedHint, Written};
use super::super::split::HintLines;
use super::super::{report, resolve};
use super::{Asker, Stop};
use crate::change::{Asked, Hint, Split, What};
use crate::diagnostic::{Diagnostic, Source};
use crate::expr::Expr;
use crate::op::Op;
use crate::schema::{Column, Schema, Table};

impl Asker<'_> {
    /// Fill hints may speak of columns that a later statement adds.
    pub(super) fn check_fills(&mut self) {
        for (_, placed) in self.hints.clone() {
            if let Written::Fill { table, column, value: _ } = &placed.written {
                let _checked = self.column(table, column).is_ok();
            }
        }
    }

    pub(super) fn hint(&mut self, lines: &HintLines) {
        match hint::read(self.text, lines) {
            Ok(placed) => {
                let _applied = self.apply_hint(placed).is_ok();
            }
            Err(broken) => {
                let _stop = self.error("bad-hint", broken.span, broken.message, hint::GRAMMAR);
            }
        }
    }

    fn apply_hint(&mut self, placed: PlacedHint) -> Result<(), Stop> {
        let span = placed.span;
        match placed.written.clone() {
            Written::RenameColumn { table, column, to } => {
                self.column(&table, &column)?;
                let (column, to) = (column.name, to.name);
                self.push(Op::RenameColumn { table: table.name, column, to }, span)
            }
            Written::RenameTable { table, to } => {
                self.table(&table)?;
                self.push(Op::RenameTable { table: table.name, to: to.name }, span)
            }
            Written::Fill { table, column, value } => {
                let hint = Hint::Fill { table: table.name, column: column.name, value };
                self.hints.push((hint, placed));
                Ok(())
            }
            Written::Split { table, column, into, back } => {
                self.column(&table, &column)?;
                let before = self.schema.clone();
                let split = check_split(&before, &table, &column, into, back);
                let split = split.map_err(|found| {
                    self.diagnostics.push(found);
                    Stop
                })?;
                let asked = self.asked.len();
                for op in split_ops(&split) {
                    self.push(op, span)?;
                }
                self.asked.truncate(asked);
                self.asked.push(Asked { what: What::Split(split), span });
                Ok(())
            }
        }
    }
}

/// A split whose values read only what is there.
pub(in crate::sql) fn check_split(
    schema: &Schema,
    table: &PlacedName,
    column: &Placed,
    into: Vec<(Column, Expr)>,
    back: Option<Expr>,
) -> Result<Split, Diagnostic> {
    let empty = Table::empty();
    let definition = schema.table(&table.name).unwrap_or(&empty);
    let unknown = |name: &String| {
        let placed = Placed { name: name.clone(), span: column.span };
        report::unknown_column(Source::Change, &placed, &table.name, definition)
    };
    let mut into = into;
    for (new, value) in &mut into {
        new.ty = resolve::qualified(&new.ty, &table.name, schema);
        if let Expr::Raw { sql: _, columns } = value {
            columns.retain(|c| definition.column(c).is_some());
        }
        if let Some(name) = value.columns().iter().find(|c| definition.column(c).is_none()) {
            return Err(unknown(name));
        }
    }
    let mut back = back;
    let known = |c: &String| {
        into.iter().any(|(new, _)| new.name == *c)
            || (definition.column(c).is_some() && *c != column.name)
    };
    if let Some(value) = &mut back {
        if let Expr::Raw { sql: _, columns } = value {
            columns.retain(|c| known(c));
        }
        if let Some(name) = value.columns().iter().find(|c| !known(c)) {
            return Err(unknown(name));
        }
    }
    Ok(Split { table: table.name.clone(), column: column.name.clone(), into, back })
}

/// What a split comes to: the new columns are there, the old one is not.
fn split_ops(split: &Split) -> Vec<Op> {
    let mut ops: Vec<Op> = split
        .into
        .iter()
        .map(|(column, _)| Op::AddColumn { table: split.table.clone(), column: column.clone() })
        .collect();
    ops.push(Op::DropColumn { table: split.table.clone(), column: split.column.clone() });
    ops
}

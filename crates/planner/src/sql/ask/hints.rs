//! Hints in a change: renames, splits and merges are changes of their own, fills are kept.

use super::super::cursor::Placed;
use super::super::hint::{self, PlacedHint, Written};
use super::super::split::HintLines;
use super::super::token::Span;
use super::super::{report, resolve};
use super::{Asker, Stop};
use crate::change::{Asked, Hint, Reshape, What};
use crate::diagnostic::{Diagnostic, Source};
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Schema, Table};

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
            Written::Reshape(written) => {
                for column in &written.from {
                    self.column(&written.table, column)?;
                }
                let before = self.schema.clone();
                let reshape = check_reshape(&before, &written).map_err(|found| {
                    self.diagnostics.push(found);
                    Stop
                })?;
                let asked = self.asked.len();
                let ops = reshape.effect(&before).map_err(|view| {
                    self.diagnostics.push(view_in_the_way(&reshape, &view, span));
                    Stop
                })?;
                for op in ops {
                    self.push(op, span)?;
                }
                self.asked.truncate(asked);
                self.asked.push(Asked { what: What::Reshape(reshape), span });
                Ok(())
            }
        }
    }
}

/// A reshape whose values read only what is there, and whose way back is known.
pub(in crate::sql) fn check_reshape(
    schema: &Schema,
    written: &hint::Reshape,
) -> Result<Reshape, Diagnostic> {
    let hint::Reshape { table, from, into, back } = written;
    let empty = Table::empty();
    let definition = schema.table(&table.name).unwrap_or(&empty);
    let place = from.first().map_or(table.span, |column| column.span);
    let unknown = |name: &str, span| {
        let placed = Placed { name: name.to_owned(), span };
        report::unknown_column(Source::Change, &placed, &table.name, definition)
    };
    let mut into = into.clone();
    for (new, value) in &mut into {
        new.ty = resolve::qualified(&new.ty, &table.name, schema);
        if let Expr::Raw { sql: _, columns } = value {
            columns.retain(|c| definition.column(c).is_some());
        }
        if let Some(name) = value.columns().iter().find(|c| definition.column(c).is_none()) {
            return Err(unknown(name, place));
        }
    }
    let goes = |c: &str| from.iter().any(|column| column.name == c);
    let known = |c: &String| {
        into.iter().any(|(new, _)| new.name == *c) || definition.column(c).is_some() && !goes(c)
    };
    let mut given = Vec::new();
    for (column, value) in back {
        let mut value = value.clone();
        if let Expr::Raw { sql: _, columns } = &mut value {
            columns.retain(known);
        }
        if let Some(name) = value.columns().iter().find(|c| !known(c)) {
            return Err(unknown(name, place));
        }
        if !goes(&column.name) {
            return Err(unknown(&column.name, column.span));
        }
        given.push((column.name.clone(), value));
    }
    let names: Vec<String> = from.iter().map(|column| column.name.clone()).collect();
    Reshape::new((&table.name, definition), names, into, &given)
        .map_err(|column| no_way_back(&column, place))
}

/// The old release reads the column of rows that the new one writes: something has to be there.
fn no_way_back(column: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "no-way-back",
        (Source::Change, span),
        format!(
            "Concertina cannot tell what `{column}` is over the new columns, and while both releases run the old one reads it of rows that the new one wrote"
        ),
        format!(
            "state it: … back {column} := <expression over the new columns>; where nothing gives it back, let the app keep writing `{column}` beside the new columns, and drop it in a later change"
        ),
    )
}

/// A view that would have to read the new columns, and whose query cannot be taken apart.
fn view_in_the_way(reshape: &Reshape, view: &QName, span: Span) -> Diagnostic {
    Diagnostic::error(
        "view-depends",
        (Source::Change, span),
        format!(
            "view `{view}` reads `{}` of `{}`, and Concertina cannot tell how it would read the new columns",
            reshape.from.join("`, `"),
            reshape.table
        ),
        "move the view off the column first, as a change of its own",
    )
}

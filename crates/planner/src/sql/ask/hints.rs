//! Hints in a change: renames, splits and merges are changes of their own, fills are kept.

use super::super::cursor::Placed;
use super::super::hint::{self, PlacedHint, Written};
use super::super::split::HintLines;
use super::super::token::Span;
use super::super::{closed, report, resolve};
use super::{Asker, Stop};
use crate::change::{Asked, Extract, Hint, Reshape, Spread, What};
use crate::diagnostic::{Diagnostic, Source};
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Column, ForeignKey, Schema, Table};

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

    #[expect(clippy::too_many_lines, reason = "an arm for each kind")]
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
            Written::RenameLabel { ty, label, to } => {
                self.push(Op::RenameLabel { ty: ty.name, label, to }, span)
            }
            Written::Fill { table, column, value } => {
                let hint = Hint::Fill { table: table.name, column: column.name, value };
                self.hints.push((hint, placed));
                Ok(())
            }
            Written::Spread(written) => {
                for column in &written.columns {
                    self.column(&written.table, column)?;
                }
                let spread = check_spread(&self.schema, &written).map_err(|found| {
                    self.diagnostics.push(found);
                    Stop
                })?;
                self.push_as_one(spread.effect(), What::Spread(Box::new(spread)), span)
            }
            Written::Move(written) => {
                let moved = self.moved(&written).map_err(|found| {
                    self.diagnostics.push(found);
                    Stop
                })?;
                self.push_as_one(moved.effect(), What::Move(Box::new(moved)), span)
            }
            Written::Merge(written) => {
                let merge = self.merged(&written).map_err(|found| {
                    self.diagnostics.push(found);
                    Stop
                })?;
                self.push_as_one(merge.effect(), What::Merge(Box::new(merge)), span)
            }
            Written::Extract(written) => {
                self.column(&written.table, &written.column)?;
                let before = self.schema.clone();
                let extract = check_extract(&before, &written).map_err(|found| {
                    self.diagnostics.push(found);
                    Stop
                })?;
                let ops = extract.effect(&before).map_err(|view| {
                    self.diagnostics.push(view_in_the_way(&extract.reshape, &view, span));
                    Stop
                })?;
                self.push_as_one(ops, What::Extract(Box::new(extract)), span)
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
                let ops = reshape.effect(&before).map_err(|view| {
                    self.diagnostics.push(view_in_the_way(&reshape, &view, span));
                    Stop
                })?;
                self.push_as_one(ops, What::Reshape(reshape), span)
            }
        }
    }

    /// Statements that the schema takes one by one, and that were asked for as one change.
    fn push_as_one(&mut self, ops: Vec<Op>, what: What, span: Span) -> Result<(), Stop> {
        let asked = self.asked.len();
        for op in ops {
            self.push(op, span)?;
        }
        self.asked.truncate(asked);
        self.asked.push(Asked { what, span });
        Ok(())
    }
}

/// Columns that become rows: their table has a key of one column to refer to.
fn check_spread(schema: &Schema, written: &hint::Spread) -> Result<Spread, Diagnostic> {
    let hint::Spread { table, columns, into, link, labels, many } = written;
    let refuse = |message: String, help: &str| {
        Diagnostic::error("not-supported", (Source::Change, into.span), message, help)
    };
    let empty = Table::empty();
    let definition = schema.table(&table.name).unwrap_or(&empty);
    let Some([key]) = definition.primary_key() else {
        return Err(refuse(
            format!(
                "`{}` has no primary key of one column that rows of `{}` could refer to",
                table.name, into.name
            ),
            "add one first, as a change of its own",
        ));
    };
    if schema.tables.contains_key(&into.name) {
        return Err(refuse(
            format!(
                "`{}` is there already: its rows have other columns, and come and go for reasons of their own",
                into.name
            ),
            "name a new table; or leave out the parentheses, to move the column to the rows that are there: `move … to …`",
        ));
    }
    let of = |name: &str, like: &str, not_null| {
        definition.column(like).map(|c| Column {
            not_null,
            collation: c.collation.clone(),
            ..Column::nullable(name, c.ty.clone())
        })
    };
    let pairs = || labels.iter().zip(columns);
    let new = |(label, column): (&Placed, &Placed)| {
        of(&label.name, &column.name, columns.len() == 1)
            .ok_or_else(|| report::unknown_column(Source::Change, column, &table.name, definition))
    };
    let mut refers = Vec::new();
    for (label, column) in pairs() {
        refers.extend(refers_to(schema, definition, (&label.name, &column.name)).map_err(|actions| {
            refuse(
                format!(
                    "the reference of `{}` has actions of its own ({actions}), which would mean another thing for a row",
                    column.name
                ),
                "let the reference have none first, as a change of its own",
            )
        })?);
    }
    Ok(Spread {
        table: table.name.clone(),
        key: key.clone(),
        columns: columns.iter().map(|column| column.name.clone()).collect(),
        into: into.name.clone(),
        link: of(&link.name, key, true)
            .ok_or_else(|| report::unknown_column(Source::Change, link, &table.name, definition))?,
        labels: pairs().map(new).collect::<Result<_, _>>()?,
        refers,
        many: *many,
    })
}

/// What a column refers to, by the name that it gets; the reference's actions, where it has any.
fn refers_to(
    schema: &Schema,
    definition: &Table,
    (label, column): (&str, &String),
) -> Result<Option<ForeignKey>, String> {
    let mut keys = definition.constraints.values().filter_map(|c| c.kind.foreign_key());
    let Some(key) = keys.find(|key| key.columns == [column.clone()]) else { return Ok(None) };
    if !key.actions.is_empty() {
        return Err(key.actions.clone());
    }
    let parent_columns = schema.parent_columns(key);
    Ok(Some(ForeignKey { columns: vec![label.to_owned()], parent_columns, ..key.clone() }))
}

/// An extract of a column whose values a CHECK tells.
fn check_extract(schema: &Schema, written: &hint::Extract) -> Result<Extract, Diagnostic> {
    let hint::Extract { table, column, into: (into, key, label), to } = written;
    let empty = Table::empty();
    let definition = schema.table(&table.name).unwrap_or(&empty);
    let refuse = |message: String, help: &str| {
        Diagnostic::error("not-supported", (Source::Change, column.span), message, help)
    };
    let Some(old) = definition.column(&column.name) else {
        return Err(report::unknown_column(Source::Change, column, &table.name, definition));
    };
    let text = |c: &Column| matches!(c.ty.base().as_str(), "text" | "character varying");
    let whole = matches!(key.ty.base().as_str(), "smallint" | "integer" | "bigint");
    if !text(old) || !text(label) || !whole {
        return Err(refuse(
            format!(
                "only a text column becomes a reference to a table of texts by whole numbers: `{}` is {}",
                old.name, old.ty
            ),
            "for a column of another type, change its type to text first, as a change of its own",
        ));
    }
    let Some((check, values)) = closed::values(definition, &column.name) else {
        return Err(refuse(
            format!(
                "no CHECK says which values `{}` of `{}` may hold: an old release could write one that has no row in `{}`",
                old.name, table.name, into.name
            ),
            "add CHECK (column IN ('…', '…')) first, as a change of its own, so that the values are known",
        ));
    };
    if values.len() < 2 {
        return Err(refuse(
            format!("`{check}` allows `{}` one value only", old.name),
            "drop the column instead",
        ));
    }
    let new = Column { not_null: old.not_null, ..Column::nullable(&to.name, key.ty.clone()) };
    let new_table = (into.name.clone(), key.clone(), label.clone());
    Ok(Extract::new((&table.name, old), new_table, new, (check, values)))
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

//! A target schema: a schema with hints on how the source becomes it.

use super::ask::check_reshape;
use super::cursor::{Placed, PlacedName};
use super::hint::{self, PlacedHint, Written};
use super::load::load;
use super::report;
use super::{ReadTarget, token::Span};
use crate::change::{Asked, Hint, What};
use crate::diagnostic::{Diagnostic, Source};
use crate::name::{literal, quote};
use crate::schema::{Schema, Table};

/// Reads a target.
pub(super) fn target(text: &str, source: &Schema) -> ReadTarget {
    let loader = load(text, Source::Change);
    let mut read = ReadTarget {
        schema: loader.schema,
        hints: Vec::new(),
        reshapes: Vec::new(),
        diagnostics: loader.diagnostics,
        not_analysed: loader.not_analysed,
    };
    for lines in &loader.hints {
        let outcome = match hint::read(text, lines) {
            Ok(placed) => read.take(placed, source),
            Err(broken) => Err(bad(broken.span, broken.message)),
        };
        if let Err(diagnostic) = outcome {
            read.diagnostics.push(diagnostic);
        }
    }
    read
}

fn bad(span: Span, message: String) -> Diagnostic {
    Diagnostic::error("bad-hint", (Source::Change, span), message, hint::GRAMMAR)
}

fn find<'a>(schema: &'a Schema, table: &PlacedName) -> Result<&'a Table, Diagnostic> {
    schema.table(&table.name).ok_or_else(|| report::unknown_table(Source::Change, table, schema))
}

fn has(table: &PlacedName, definition: &Table, column: &Placed) -> Result<(), Diagnostic> {
    match definition.column(&column.name) {
        Some(_) => Ok(()),
        None => Err(report::unknown_column(Source::Change, column, &table.name, definition)),
    }
}

impl ReadTarget {
    fn take(&mut self, placed: PlacedHint, source: &Schema) -> Result<(), Diagnostic> {
        match placed.written {
            Written::RenameColumn { table, column, to } => {
                has(&table, find(source, &table)?, &column)?;
                let after = PlacedName { name: self.renamed(&table), ..table.clone() };
                has(&after, find(&self.schema, &after)?, &to)?;
                let (column, to) = (column.name, to.name);
                self.hints.push(Hint::RenameColumn { table: table.name, column, to });
            }
            Written::RenameTable { table, to } => {
                find(source, &table)?;
                let after = PlacedName { name: table.name.sibling(&to.name), span: to.span };
                find(&self.schema, &after)?;
                self.hints.push(Hint::RenameTable { table: table.name, to: to.name });
            }
            Written::RenameLabel { ty, label, to } => {
                let has = |schema: &Schema, label: &String| {
                    schema.enums.get(&ty.name).is_some_and(|labels| labels.contains(label))
                };
                if !has(source, &label) || !has(&self.schema, &to) {
                    let message = format!(
                        "enum `{}` has no label {} before, or none {} after",
                        ty.name,
                        literal(&label),
                        literal(&to)
                    );
                    return Err(bad(ty.span, message));
                }
                self.hints.push(Hint::RenameLabel { ty: ty.name, label, to });
            }
            Written::Fill { table, column, value } => {
                has(&table, find(&self.schema, &table)?, &column)?;
                let hint = Hint::Fill { table: table.name, column: column.name, value };
                self.hints.push(hint);
            }
            Written::Extract(_) | Written::Spread(_) | Written::Move(_) | Written::Merge(_) => {
                let message =
                    "`extract`, `move`, `spread` and `merge table` are for a change that is given as statements"
                        .to_owned();
                return Err(bad(placed.span, message));
            }
            Written::Reshape(written) => {
                let table = &written.table;
                for column in &written.from {
                    has(table, find(source, table)?, column)?;
                }
                for (new, _) in &written.into {
                    let here = self.schema.table(&self.renamed(table));
                    if here.is_some_and(|t| t.column(&new.name).is_none()) {
                        let name = quote(&new.name);
                        let message = format!("the target has no column `{name}` to split into");
                        return Err(bad(placed.span, message));
                    }
                }
                let reshape = check_reshape(source, &written)?;
                self.reshapes.push(Asked { what: What::Reshape(reshape), span: placed.span });
            }
        }
        Ok(())
    }

    /// A table's name in the target, as far as hints read so far tell.
    fn renamed(&self, table: &PlacedName) -> crate::name::QName {
        let renamed = self.hints.iter().find_map(|hint| match hint {
            Hint::RenameTable { table: from, to } if *from == table.name => Some(from.sibling(to)),
            Hint::RenameTable { .. }
            | Hint::RenameColumn { .. }
            | Hint::RenameLabel { .. }
            | Hint::Fill { .. } => None,
        });
        renamed.unwrap_or_else(|| table.name.clone())
    }
}

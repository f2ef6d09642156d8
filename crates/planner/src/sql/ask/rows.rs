//! INSERT … SELECT in a change: its columns are those of its two tables.

use super::super::cursor::Cursor;
use super::super::statement::InsertSelect;
use super::super::token::Span;
use super::{Asker, Stop};
use crate::op::Op;

impl Asker<'_> {
    pub(super) fn insert_select(
        &mut self,
        insert: &InsertSelect,
        span: Span,
        tokens: &Cursor<'_>,
    ) -> Result<(), Stop> {
        let InsertSelect { table, columns, values, from, filter } = insert;
        let definition = self.table(table)?;
        self.table(from)?;
        let names: Vec<String> = match columns {
            Some(columns) => {
                for column in columns {
                    self.column(table, column)?;
                }
                columns.iter().map(|c| c.name.clone()).collect()
            }
            None => definition.columns.iter().map(|c| c.name.clone()).collect(),
        };
        if names.len() < values.len() || (columns.is_some() && names.len() != values.len()) {
            let message =
                format!("INSERT has {} columns and {} expressions", names.len(), values.len());
            let help = "give each column one value";
            return Err(self.error("refused", span, message, help));
        }
        for value in values.iter().chain(filter) {
            self.columns_in(value, from, tokens)?;
        }
        let restricted = |e: &crate::expr::Expr| self.restricted(e.clone(), &from.name);
        let set = names.into_iter().zip(values.iter().map(restricted)).collect();
        let filter = filter.as_ref().map(restricted);
        let (table, from) = (table.name.clone(), from.name.clone());
        self.push(Op::InsertSelect { table, set, from, filter }, span)
    }
}

//! What a block of plpgsql leaves behind in a schema that is being read. Must not know how it is written.

use super::Loader;
use crate::sql::alter::Action;
use crate::sql::block::Block;
use crate::sql::cursor::Cursor;
use crate::sql::object::Said;
use crate::sql::report;
use crate::sql::split::{Splitter, Statement};
use crate::sql::statement::{self, Parsed};
use crate::sql::token::Span;

/// A statement of a block.
struct Read {
    parsed: Parsed,
    /// Whether it is refused where what it makes is there.
    creates: bool,
    /// Whether it is left out where it does not fit.
    guarded: bool,
}

/// Statements of a block, where each of them is understood.
fn all_of(block: &Block, path: &str) -> Option<Vec<Read>> {
    let mut all = Vec::new();
    for done in &block.statements {
        let read = |statement: Statement| {
            let mut cursor = Cursor::new(&done.sql, &statement.tokens, path);
            let creates = cursor.is(0, "CREATE") && !cursor.sees("CREATE OR REPLACE");
            let parsed = statement::read(&mut cursor).ok()?;
            let read = Read { parsed, creates, guarded: done.guarded };
            (!matches!(read.parsed, Parsed::Carried(_))).then_some(read)
        };
        let statements: Option<Vec<Read>> = Splitter::new(&done.sql).map(read).collect();
        all.extend(statements?);
    }
    Some(all)
}

impl Loader<'_> {
    /// Whether the block is understood; then it has been run.
    pub(super) fn run(&mut self, block: &Block, span: Span) -> bool {
        let Some(all) = all_of(block, &self.path) else { return false };
        for condition in &block.assumed {
            let note = format!("read as if `{condition}` held, once");
            self.not_analysed.push(report::not_analysed(self.text, self.source, span, &note));
        }
        if block.rows {
            self.of_rows(span);
        }
        for read in all {
            if read.guarded {
                self.take_if_it_fits(read, span);
            } else {
                self.take(read.parsed, span);
            }
        }
        true
    }

    /// Takes a statement that its block runs where it is needed, or whose error it catches.
    fn take_if_it_fits(&mut self, read: Read, span: Span) {
        if self.is_there(&read) {
            return;
        }
        let (schema, names, tables) =
            (self.schema.clone(), self.names.clone(), self.index_tables.clone());
        let (misfits, listed) = (self.misfits, self.not_analysed.len());
        self.take(read.parsed, span);
        if self.misfits > misfits {
            (self.schema, self.names, self.index_tables) = (schema, names, tables);
            self.misfits = misfits;
            self.not_analysed.truncate(listed);
            let note = "a statement of it does not fit here, and was taken to be left out";
            self.not_analysed.push(report::not_analysed(self.text, self.source, span, note));
        }
    }

    /// Whether what it makes is there already.
    fn is_there(&self, read: &Read) -> bool {
        let Read { parsed, creates, .. } = read;
        if let Parsed::Table(new) = parsed {
            self.schema.tables.contains_key(&new.name.name)
        } else if let Parsed::Index(new) = parsed {
            let name = new.name.as_ref().map(|name| new.table.name.sibling(name));
            name.is_some_and(|name| self.index_owner(&name).is_some())
        } else if let Parsed::View(new) = parsed {
            *creates && self.schema.views.contains_key(&new.name.name)
        } else if let Parsed::Objects(said) = parsed {
            let is_there = |one: &Said| matches!(one, Said::Made(id, _) if self.schema.objects.contains_key(id));
            *creates && said.iter().any(is_there)
        } else if let Parsed::Alter(alter) = parsed {
            let has = |name: &String| self.has_constraint(&alter.table.name, name);
            alter.actions.iter().any(|(action, _)| {
                matches!(action, Action::AddConstraint(written) if written.name.as_ref().is_some_and(has))
            })
        } else {
            false
        }
    }
}

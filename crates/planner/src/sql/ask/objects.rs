//! CREATE and DROP of tables, indexes and views in a change.

use super::super::cursor::{Cursor, Placed, PlacedName};
use super::super::index::NewIndex;
use super::super::object::Said;
use super::super::statement::{Drop, Dropped};
use super::super::table::NewTable;
use super::super::token::Span;
use super::super::view::NewView;
use super::super::{report, resolve};
use super::{Asker, Stop, VIRTUAL};
use crate::diagnostic::Source;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;

impl Asker<'_> {
    pub(super) fn create_table(&mut self, new: &NewTable, span: Span) -> Result<(), Stop> {
        let name = new.name.name.clone();
        if new.if_not_exists && self.schema.tables.contains_key(&name) {
            self.nothing_to_do(span, &format!("table `{name}` exists"));
            return Ok(());
        }
        let templates = new.templates.iter().map(|t| &t.table);
        for parent in templates.chain(&new.heir_of) {
            self.table(parent)?;
        }
        if new.columns.iter().any(|c| c.virtual_column) {
            self.verbatim(Some(name), span, Some(VIRTUAL));
            return Ok(());
        }
        let mut defined = self.with_names(|schema, names| {
            let mut defined = resolve::table(new, schema, names);
            for key in &defined.keys {
                let options = resolve::add_constraint(&mut defined.table, key, &name, names);
                defined.settings.extend(options);
            }
            defined
        });
        for written in new.constraints.iter().chain(new.columns.iter().flat_map(|c| &c.constraints))
        {
            self.constraint_columns(written, &new.name, &defined.table)?;
            if let Some(parent) = written.parent.as_ref().filter(|p| p.name != name) {
                self.table(parent)?;
            }
        }
        for [sequence, _] in &defined.sequences {
            self.say(std::slice::from_ref(sequence), span)?;
        }
        let definition = std::mem::replace(&mut defined.table, crate::schema::Table::empty());
        self.push(Op::CreateTable { table: name.clone(), definition }, span)?;
        if let Some((parent, bounds)) = defined.of {
            self.push(Op::AttachPartition { table: parent, child: name, bounds }, span)?;
        }
        for [_, owner] in &defined.sequences {
            self.say(std::slice::from_ref(owner), span)?;
        }
        defined.settings.retain(|setting| !setting.is_usual());
        self.say(&defined.settings, span)
    }

    pub(super) fn create_index(
        &mut self,
        new: &NewIndex,
        span: Span,
        start: &Cursor<'_>,
    ) -> Result<(), Stop> {
        let name = new.table.name.clone();
        if self.schema.views.contains_key(&name) {
            let (id, object) = self.with_names(|_, names| resolve::view_index(new, names));
            self.object(id, Some(object), span);
            return Ok(());
        }
        let table = self.table(&new.table)?;
        if new.only && !self.schema.children(&name).is_empty() {
            return Err(self.only(span));
        }
        let taken = |n: &String| self.schema.tables.values().any(|t| t.indexes.contains_key(n));
        if new.if_not_exists && new.name.as_ref().is_some_and(taken) {
            self.nothing_to_do(span, "an index of that name exists");
            return Ok(());
        }
        for key in &new.index.keys {
            // Columns that stand alone are columns for sure.
            let plain = crate::name::split_dotted(key.split(' ').next().unwrap_or(key));
            let Some([column]) = plain.as_deref() else { continue };
            if !new.index.columns.contains(column) || table.column(column).is_some() {
                continue;
            }
            self.columns_in(&Expr::column(column.clone()), &new.table, start)?;
        }
        let (key, index) = self.with_names(|_, names| resolve::index(new, &table, names));
        let concurrently = new.concurrently;
        self.push(Op::CreateIndex { table: name, name: key, index, concurrently }, span)
    }

    pub(super) fn create_view(&mut self, new: &NewView, span: Span) -> Result<(), Stop> {
        let name = new.name.name.clone();
        let exists = self.schema.views.contains_key(&name);
        if exists && new.if_not_exists {
            self.nothing_to_do(span, &format!("view `{name}` exists"));
            return Ok(());
        }
        if exists && new.or_replace {
            self.push(self.schema.drop_view(&name), span)?;
        }
        let definition = resolve::view(new, &self.schema, &new.query);
        self.push(Op::CreateView { view: name, definition }, span)?;
        let settings: Vec<Said> = new.settings.iter().filter(|s| !s.is_usual()).cloned().collect();
        self.say(&settings, span)
    }

    pub(super) fn rename_index(
        &mut self,
        index: &PlacedName,
        if_exists: bool,
        to: String,
        span: Span,
    ) -> Result<(), Stop> {
        match self.owner_of(&index.name) {
            Some(table) => {
                self.push(Op::RenameIndex { table, name: index.name.name.clone(), to }, span)
            }
            None if if_exists => {
                self.missing(index.span, &format!("index `{}`", index.name));
                Ok(())
            }
            None => Err(self.unknown_index(index)),
        }
    }

    pub(super) fn attach_index(
        &mut self,
        index: &PlacedName,
        part: &PlacedName,
        span: Span,
    ) -> Result<(), Stop> {
        let Some(parent) = self.owner_of(&index.name) else {
            return Err(self.unknown_index(index));
        };
        let Some(table) = self.owner_of(&part.name) else {
            return Err(self.unknown_index(part));
        };
        let (name, index) = (part.name.name.clone(), index.name.name.clone());
        self.push(Op::AttachIndex { table, name, parent, index }, span)
    }

    /// What is asked for on a table but not on those below it.
    pub(super) fn only(&mut self, span: Span) -> Stop {
        self.error(
            "not-supported",
            span,
            "ONLY, on a table with partitions or heirs, is not planned yet".to_owned(),
            "leave ONLY away: the plan builds what each partition needs by itself",
        )
    }

    /// The table that an index, or the key that it backs, is on.
    fn owner_of(&self, index: &QName) -> Option<QName> {
        let tables = self.schema.tables.iter().filter(|(name, _)| name.schema == index.schema);
        tables
            .filter(|(_, t)| {
                t.indexes.contains_key(&index.name) || t.constraints.contains_key(&index.name)
            })
            .map(|(name, _)| name.clone())
            .next()
    }

    fn unknown_index(&mut self, index: &PlacedName) -> Stop {
        let placed = Placed { name: index.name.name.clone(), span: index.span };
        let known = self.schema.tables.values().flat_map(|t| t.indexes.keys());
        let found = report::unknown_part(Source::Change, "index", &placed, known);
        self.diagnostics.push(found);
        Stop
    }

    pub(super) fn drop(&mut self, drop: &Drop, span: Span) -> Result<(), Stop> {
        for placed in &drop.names {
            let name = placed.name.clone();
            let place = if drop.names.len() == 1 { span } else { placed.span };
            let cascade = match (drop.what, drop.cascade) {
                (Dropped::Table, true) => resolve::cascade_table(&self.schema, &name),
                (Dropped::View, true) => resolve::cascade_views(&self.schema, &name, None),
                (Dropped::Table | Dropped::View, false) | (Dropped::Index, _) => Vec::new(),
            };
            let op = match drop.what {
                Dropped::Table if self.schema.tables.contains_key(&name) => {
                    Op::DropTable { table: name }
                }
                Dropped::View if self.schema.views.contains_key(&name) => {
                    self.schema.drop_view(&name)
                }
                Dropped::Index if self.owner_of(&name).is_some() => Op::DropIndex {
                    table: self.owner_of(&name).unwrap_or_else(|| name.clone()),
                    name: name.name,
                    concurrently: drop.concurrently,
                    if_exists: false,
                },
                Dropped::Table | Dropped::View | Dropped::Index if drop.if_exists => {
                    self.missing(placed.span, &format!("`{name}`"));
                    continue;
                }
                Dropped::Index => return Err(self.unknown_index(placed)),
                Dropped::Table | Dropped::View => {
                    let found = report::unknown_table(Source::Change, placed, &self.schema);
                    self.diagnostics.push(found);
                    return Err(Stop);
                }
            };
            for op in cascade {
                self.cascades(&op, place);
                self.push(op, place)?;
            }
            self.push(op, place)?;
        }
        Ok(())
    }
}

//! ALTER TABLE in a change: each action checked, resolved and applied before the next.

use super::super::actions;
use super::super::alter::{Action, Alter};
use super::super::constraint::{Body, NewConstraint};
use super::super::cursor::{Cursor, PlacedName};
use super::super::object::{self, Said};
use super::super::token::Span;
use super::super::{report, resolve};
use super::{Asker, NOT_MODELLED, Stop};
use crate::change::{Asked, What};
use crate::diagnostic::Source;
use crate::name::quote;
use crate::op::Op;
use crate::schema::{ConstraintKind, Subject, Table};

impl Asker<'_> {
    pub(super) fn alter(
        &mut self,
        alter: &Alter,
        span: Span,
        start: &Cursor<'_>,
    ) -> Result<(), Stop> {
        let name = &alter.table.name;
        if alter.if_exists && !self.schema.tables.contains_key(name) {
            self.missing(alter.table.span, &format!("table `{name}`"));
            return Ok(());
        }
        let all_settings =
            alter.actions.iter().all(|(action, _)| matches!(action, Action::Settings(_)));
        if self.schema.views.contains_key(name) && !all_settings {
            self.verbatim(Some(name.clone()), span, Some(NOT_MODELLED));
            return Ok(());
        }
        if !all_settings {
            self.table(&alter.table)?;
            if alter.only && !self.schema.children(name).is_empty() {
                return Err(self.only(span));
            }
        }
        for (action, tokens) in &alter.actions {
            let place =
                if alter.actions.len() == 1 { span } else { start.span(tokens.0, tokens.1) };
            let inner = start.part(tokens.0, tokens.1);
            self.action(&alter.table, action, place, &inner)?;
        }
        Ok(())
    }

    fn action(
        &mut self,
        table: &PlacedName,
        action: &Action,
        span: Span,
        inner: &Cursor<'_>,
    ) -> Result<(), Stop> {
        if let Action::Settings(said) = action {
            return self.say(said, span);
        }
        if self.check_action(table, action, span, inner)? {
            return Ok(());
        }
        let is_virtual =
            matches!(action, Action::AddColumn { column, .. } if column.virtual_column);
        let resolved =
            self.with_names(|schema, names| actions::ops(action, &table.name, schema, names));
        let Some(resolved) = resolved.filter(|_| !is_virtual) else {
            let sql =
                format!("ALTER TABLE {} {}", table.name, inner.slice(inner.at, inner.tokens.len()));
            let what = What::Statement(Op::Verbatim { sql, relation: Some(table.name.clone()) });
            self.asked.push(Asked { what, span });
            let found = report::not_analysed(self.text, Source::Change, span, NOT_MODELLED);
            self.not_analysed.push(found);
            return Ok(());
        };
        if let Some([sequence, _]) = &resolved.sequence {
            self.say(std::slice::from_ref(sequence), span)?;
        }
        let dropped = resolved.ops.len().saturating_sub(1);
        let key = match (resolved.ops.last(), action) {
            (Some(Op::AddConstraint { name, .. }), Action::AddConstraint(written)) => {
                resolve::key_options(written, &table.name.sibling(name))
            }
            _ => None,
        };
        for (at, op) in resolved.ops.into_iter().enumerate() {
            let cascades =
                matches!(action, Action::DropColumn { .. } | Action::DropConstraint { .. });
            if at < dropped && cascades {
                self.cascades(&op, span);
            }
            self.push(op, span)?;
        }
        if let Some([_, owner]) = &resolved.sequence {
            self.say(std::slice::from_ref(owner), span)?;
        }
        match action {
            Action::AddColumn { column, .. } => {
                self.say(&resolve::column_settings(&table.name, column), span)
            }
            Action::Identity { column, settings, .. } => {
                let of = Subject::Relation(table.name.clone());
                let on = ("TABLE", &table.name);
                let said = |s| object::column_setting(on, &column.name, s, &of);
                self.say(&settings.iter().map(said).collect::<Vec<Said>>(), span)
            }
            Action::DropColumn { .. }
            | Action::AlterType { .. }
            | Action::SetDefault { .. }
            | Action::SetNotNull { .. }
            | Action::Validate(_)
            | Action::DropConstraint { .. }
            | Action::RenameColumn { .. }
            | Action::RenameConstraint { .. }
            | Action::RenameTable { .. }
            | Action::SetSchema { .. }
            | Action::Attach { .. }
            | Action::Detach { .. }
            | Action::Inherit(_)
            | Action::NoInherit(_)
            | Action::Settings(_)
            | Action::Defer { .. }
            | Action::Carried => Ok(()),
            Action::AddConstraint(_) => self.say(key.as_slice(), span),
        }
    }

    pub(super) fn cascades(&mut self, op: &Op, span: Span) {
        let text = crate::op::sql::render(op);
        self.warn(
            "cascade",
            span,
            format!("CASCADE also means `{text}`"),
            "write the statement out if it is wanted, and leave CASCADE away",
        );
    }

    /// Whether the action does nothing; an error where it names what is not there.
    fn check_action(
        &mut self,
        table: &PlacedName,
        action: &Action,
        span: Span,
        inner: &Cursor<'_>,
    ) -> Result<bool, Stop> {
        let definition = self.table(table)?;
        match action {
            Action::AddColumn { if_not_exists, column } => {
                if *if_not_exists && definition.column(&column.placed.name).is_some() {
                    let name = quote(&column.placed.name);
                    self.nothing_to_do(span, &format!("column `{name}` exists"));
                    return Ok(true);
                }
                for parent in column.constraints.iter().filter_map(|c| c.parent.as_ref()) {
                    self.table(parent)?;
                }
            }
            Action::DropColumn { if_exists: true, column, .. }
                if definition.column(&column.name).is_none() =>
            {
                self.missing(column.span, &format!("column `{}`", quote(&column.name)));
                return Ok(true);
            }
            Action::DropColumn { column, .. }
            | Action::SetDefault { column, .. }
            | Action::SetNotNull { column, .. }
            | Action::Identity { column, .. }
            | Action::RenameColumn { column, .. } => self.column(table, column)?,
            Action::AlterType { column, using, .. } => {
                self.column(table, column)?;
                if let Some(using) = using {
                    self.columns_in(using, table, inner)?;
                }
            }
            Action::AddConstraint(written) => {
                self.constraint_columns(written, table, &definition)?;
                self.check_constraint(written, table, &definition, inner)?;
            }
            Action::DropConstraint { if_exists: true, name, .. }
                if !definition.constraints.contains_key(&name.name) =>
            {
                self.missing(name.span, &format!("constraint `{}`", quote(&name.name)));
                return Ok(true);
            }
            Action::Validate(name)
            | Action::DropConstraint { name, .. }
            | Action::RenameConstraint { name, .. } => {
                if !definition.constraints.contains_key(&name.name) {
                    let known = definition.constraints.keys();
                    let found = report::unknown_part(Source::Change, "constraint", name, known);
                    self.diagnostics.push(found);
                    return Err(Stop);
                }
            }
            Action::Attach { child, .. }
            | Action::Detach { child, .. }
            | Action::Inherit(child)
            | Action::NoInherit(child) => {
                self.table(child)?;
            }
            Action::RenameTable { .. }
            | Action::SetSchema { .. }
            | Action::Settings(_)
            | Action::Defer { .. }
            | Action::Carried => {}
        }
        Ok(false)
    }

    fn check_constraint(
        &mut self,
        written: &NewConstraint,
        table: &PlacedName,
        definition: &Table,
        inner: &Cursor<'_>,
    ) -> Result<(), Stop> {
        if let Some(parent) = &written.parent {
            self.table(parent)?;
        }
        match &written.body {
            Body::Kind(ConstraintKind::Check(check)) => self.columns_in(check, table, inner),
            Body::UsingIndex(index) if !definition.indexes.contains_key(&index.name) => {
                let known = definition.indexes.keys();
                let found = report::unknown_part(Source::Change, "index", index, known);
                self.diagnostics.push(found);
                Err(Stop)
            }
            Body::Kind(_) | Body::NotNull(_) | Body::UsingIndex(_) => Ok(()),
        }
    }
}

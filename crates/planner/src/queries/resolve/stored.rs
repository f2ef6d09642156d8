//! What shows when a write is rewritten or run: generated columns, views that lead nowhere, NOT NULL
//! columns left without a value. Must not know expressions.

use super::super::catalogue::Relation;
use super::super::report::When;
use super::value::{Node, Value};
use super::write::Written;
use super::{Failure, Resolver};
use crate::expr::Expr;
use crate::name::QName;
use crate::schema::{Column, ConstraintKind, Table};

/// What a statement gives to columns of its target.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// Columns by place, each with what is known of its values.
    columns: Vec<(usize, Kind)>,
    /// OVERRIDING.
    overriding: Option<&'static str>,
}

/// What is known of the values given to a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// DEFAULT in every row.
    Default,
    /// NULL in some row.
    Null,
    /// DEFAULT in some row, values in others.
    Mixed,
    /// Values.
    Values,
}

impl Given {
    /// What an INSERT gives: no rows are DEFAULT VALUES.
    pub(super) fn of(
        columns: &[Written],
        rows: &[Vec<Value>],
        overriding: Option<&'static str>,
    ) -> Self {
        let n_given = rows.first().map_or(0, Vec::len);
        let columns = columns.iter().take(n_given).enumerate().map(|(at, written)| {
            let nodes = || rows.iter().filter_map(|row| row.get(at)).map(|value| &value.node);
            (
                written.column,
                kind(nodes().all(is_default), nodes().any(is_default), nodes().any(is_null)),
            )
        });
        Self { columns: columns.collect(), overriding }
    }

    /// What an UPDATE gives.
    pub(super) fn of_update(set: &[(Written, Value)]) -> Self {
        let columns = set.iter().map(|(written, value)| {
            let default = is_default(&value.node);
            (written.column, kind(default, default, is_null(&value.node)))
        });
        Self { columns: columns.collect(), overriding: None }
    }

    fn find(&self, column: usize) -> Option<Kind> {
        self.columns.iter().find(|(at, _)| *at == column).map(|(_, kind)| *kind)
    }
}

fn kind(all_default: bool, any_default: bool, any_null: bool) -> Kind {
    match (all_default, any_null, any_default) {
        (true, ..) => Kind::Default,
        (false, true, _) => Kind::Null,
        (false, false, true) => Kind::Mixed,
        (false, false, false) => Kind::Values,
    }
}

fn is_default(node: &Node) -> bool {
    matches!(node, Node::Default)
}

fn is_null(node: &Node) -> bool {
    matches!(node, Node::Null)
}

impl Resolver<'_> {
    /// A write to a table.
    pub(super) fn stored_in_table(&mut self, action: &str, name: &QName, given: &Given) {
        let Some(table) = self.catalogue.table(name) else { return };
        for (at, column) in table.columns.iter().enumerate() {
            self.generated(action, column, given.find(at), given.overriding);
        }
        if action == "DELETE" {
            return;
        }
        for (at, column) in table.columns.iter().enumerate() {
            let null = match given.find(at) {
                Some(Kind::Null) => true,
                Some(Kind::Default | Kind::Mixed) => has_no_default(column),
                Some(Kind::Values) => false,
                None => action == "INSERT" && has_no_default(column),
            };
            if null {
                self.null_stored(action, name, table, column);
            }
        }
    }

    /// Identity and generated columns take no values.
    fn generated(
        &mut self,
        action: &str,
        column: &Column,
        given: Option<Kind>,
        overriding: Option<&'static str>,
    ) {
        let has_value = given.is_some_and(|kind| kind != Kind::Default);
        let always = column.identity.as_deref() == Some("always");
        let overridden = action == "INSERT" && always && overriding.is_some();
        if !has_value || !(column.generated.is_some() || (always && !overridden)) {
            return;
        }
        let name = &column.name;
        let message = if action == "INSERT" {
            format!("cannot insert a non-DEFAULT value into column \"{name}\"")
        } else {
            format!("column \"{name}\" can only be updated to DEFAULT")
        };
        self.late.push(Failure { sqlstate: "428C9", message, when: When::Prepare });
    }

    /// NULL in a column, unless a trigger puts something there.
    fn null_stored(&mut self, action: &str, name: &QName, table: &Table, column: &Column) {
        let c = &column.name;
        let refused = refused_null(name, table, column);
        let Some(failure) = refused else { return };
        for rule in table.triggers.values() {
            if rule.up.iter().chain(&rule.down).any(|assignment| assignment.column == *c) {
                return;
            }
        }
        if self.catalogue.may_fill(name, action) {
            self.doubt(format!("a trigger of {name} may fill column {c}"));
            return;
        }
        self.runtime.push(failure);
    }

    /// A write to a view goes on to its base, column by column.
    pub(super) fn stored_through(
        &mut self,
        verb: &str,
        action: &str,
        relation: &Relation,
        given: &Given,
    ) {
        let view = &relation.name;
        if self.catalogue.has_own_rules(view) {
            self.doubt(format!("triggers or rules of view {view} are not looked into"));
            return;
        }
        let shape = self.catalogue.view_shape(view);
        let base = shape.and_then(|shape| Some((shape, shape.base.clone()?)));
        let Some((shape, base)) = base else {
            let message = format!("cannot {verb} view \"{}\"", view.name);
            self.late.push(Failure { sqlstate: "55000", message, when: When::Prepare });
            return;
        };
        let Some(below) = self.catalogue.relation(&base) else { return };
        self.effect.looked_up.insert(base.clone());
        let mut columns = Vec::new();
        for (at, kind) in &given.columns {
            let Some(column) = shape.columns.get(*at) else { continue };
            let place = column
                .base
                .as_ref()
                .and_then(|name| below.columns.iter().position(|c| c.name == *name));
            let Some(place) = place else {
                let name = &column.column.name;
                let message = format!("cannot {verb} column \"{name}\" of view \"{}\"", view.name);
                self.late.push(Failure { sqlstate: "0A000", message, when: When::Prepare });
                return;
            };
            if let Some(name) = &column.base {
                self.effect.writes.insert((base.clone(), name.clone()));
            }
            columns.push((place, *kind));
        }
        let given = Given { columns, overriding: given.overriding };
        let below = std::rc::Rc::clone(below);
        self.stored(verb, action, &below, &given);
    }
}

fn has_no_default(column: &Column) -> bool {
    column.default.is_none() && column.identity.is_none() && column.generated.is_none()
}

/// What refuses a NULL in the column.
fn refused_null(name: &QName, table: &Table, column: &Column) -> Option<Failure> {
    let (c, relation) = (&column.name, &name.name);
    let is_not_null = Expr::column(c.as_str()).is_not_null();
    let not_null = column.not_null
        || table.constraints.values().any(|constraint| match &constraint.kind {
            ConstraintKind::NotNull(of) => of == c,
            ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Unique(_)
            | ConstraintKind::Check(_)
            | ConstraintKind::ForeignKey(_)
            | ConstraintKind::Other(..) => false,
        });
    if not_null {
        let message = format!(
            "null value in column \"{c}\" of relation \"{relation}\" violates not-null constraint"
        );
        return Some(Failure { sqlstate: "23502", message, when: When::Run });
    }
    let mut checks = table.constraints.iter();
    let (constraint, _) =
        checks.find(|(_, known)| known.kind == ConstraintKind::Check(is_not_null.clone()))?;
    let message =
        format!("new row for relation \"{relation}\" violates check constraint \"{constraint}\"");
    Some(Failure { sqlstate: "23514", message, when: When::Run })
}

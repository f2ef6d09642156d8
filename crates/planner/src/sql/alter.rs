//! ALTER TABLE as written: one action after the other. Must not know the schema.

use super::constraint::{self, NewConstraint};
use super::cursor::{Cursor, Placed, PlacedName, Read};
use super::object::{self, ColumnSetting, Said};
use super::table::{self, NewColumn};
use super::{expr, types};
use crate::expr::Expr;
use crate::name::QName;
use crate::schema::{Column, Subject};
use crate::sql_type::SqlType;

/// An ALTER TABLE.
#[derive(Clone, Debug)]
pub(super) struct Alter {
    /// Table.
    pub(super) table: PlacedName,
    /// IF EXISTS.
    pub(super) if_exists: bool,
    /// ONLY: not the tables below.
    pub(super) only: bool,
    /// Actions, each with its token range.
    pub(super) actions: Vec<(Action, (usize, usize))>,
}

/// One action.
#[derive(Clone, Debug)]
pub(super) enum Action {
    /// ADD COLUMN.
    AddColumn { if_not_exists: bool, column: Box<NewColumn> },
    /// DROP COLUMN.
    DropColumn { if_exists: bool, column: Placed, cascade: bool },
    /// TYPE.
    AlterType { column: Placed, ty: SqlType, collation: Option<String>, using: Option<Expr> },
    /// SET or DROP DEFAULT.
    SetDefault { column: Placed, default: Option<Expr> },
    /// SET or DROP NOT NULL.
    SetNotNull { column: Placed, not_null: bool },
    /// ADD GENERATED … AS IDENTITY, or DROP IDENTITY.
    Identity { column: Placed, identity: Option<String>, settings: Vec<ColumnSetting> },
    /// ADD constraint.
    AddConstraint(Box<NewConstraint>),
    /// VALIDATE CONSTRAINT.
    Validate(Placed),
    /// DROP CONSTRAINT.
    DropConstraint { if_exists: bool, name: Placed, cascade: bool },
    /// RENAME COLUMN.
    RenameColumn { column: Placed, to: String },
    /// RENAME CONSTRAINT.
    RenameConstraint { name: Placed, to: String },
    /// RENAME TO.
    RenameTable { to: String },
    /// SET SCHEMA.
    SetSchema { schema: String },
    /// ATTACH PARTITION.
    Attach { child: PlacedName, bounds: String },
    /// DETACH PARTITION.
    Detach { child: PlacedName, concurrently: bool },
    /// INHERIT.
    Inherit(PlacedName),
    /// NO INHERIT.
    NoInherit(PlacedName),
    /// ALTER CONSTRAINT: when a reference is looked at, as written.
    Defer { name: Placed, deferral: String },
    /// Settings, the owner.
    Settings(Vec<Said>),
    /// Not modelled.
    Carried,
}

/// Reads from after ALTER TABLE.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Read<Alter> {
    let if_exists = cursor.eat("IF EXISTS");
    let only = cursor.eat("ONLY");
    let table = cursor.name("a table name")?;
    if cursor.peek(0).is_some_and(|t| cursor.of(t) == "*") {
        cursor.at += 1;
    }
    let mut actions = Vec::new();
    loop {
        let start = cursor.at;
        let action = action(cursor, &table.name)?;
        actions.push((action, (start, cursor.at)));
        if !cursor.eat_symbol(b',') {
            cursor.end()?;
            return Ok(Alter { table, if_exists, only, actions });
        }
    }
}

fn action(cursor: &mut Cursor<'_>, table: &QName) -> Read<Action> {
    let settings = settings(cursor, table)?;
    if !settings.is_empty() {
        Ok(Action::Settings(settings))
    } else if cursor.eat("ADD") {
        add(cursor)
    } else if cursor.eat("DROP") {
        drop(cursor)
    } else if cursor.eat("ALTER CONSTRAINT") {
        let name = cursor.ident("a constraint name")?;
        let (from, to) = cursor.skip_to_comma();
        Ok(Action::Defer { name, deferral: cursor.flat(from, to).to_ascii_uppercase() })
    } else if cursor.eat("ALTER") {
        cursor.eat("COLUMN");
        let column = cursor.strict_ident("a column name")?;
        alter_column(cursor, column)
    } else if cursor.eat("VALIDATE CONSTRAINT") {
        Ok(Action::Validate(cursor.ident("a constraint name")?))
    } else if cursor.eat("RENAME") {
        rename(cursor)
    } else if cursor.eat("SET SCHEMA") {
        Ok(Action::SetSchema { schema: cursor.ident("a schema name")?.name })
    } else if cursor.eat("ATTACH PARTITION") {
        let child = cursor.name("a table name")?;
        let (from, to) = cursor.skip_until(|_| false);
        Ok(Action::Attach { child, bounds: table::bounds(&cursor.part(from, to)) })
    } else if cursor.eat("DETACH PARTITION") {
        let child = cursor.name("a table name")?;
        let concurrently = cursor.eat("CONCURRENTLY");
        cursor.eat("FINALIZE");
        Ok(Action::Detach { child, concurrently })
    } else if cursor.eat("INHERIT") {
        Ok(Action::Inherit(cursor.name("a table name")?))
    } else if cursor.eat("NO INHERIT") {
        Ok(Action::NoInherit(cursor.name("a table name")?))
    } else {
        other(cursor)
    }
}

/// Settings of the table or a column, and its owner.
fn settings(cursor: &mut Cursor<'_>, table: &QName) -> Read<Vec<Said>> {
    if cursor.sees("OWNER TO") {
        let at = cursor.at;
        cursor.skip_to_comma();
        return Ok(vec![object::table_owner(table, &cursor.flat(at, cursor.at))]);
    }
    object::property(cursor, ("TABLE", table), &Subject::Relation(table.clone()))
}

/// What is known to exist and not modelled.
fn other(cursor: &mut Cursor<'_>) -> Read<Action> {
    let known = ["ENABLE", "DISABLE", "CLUSTER", "SET", "RESET", "NO", "OF", "NOT", "DETACH"];
    if cursor.is_any(0, &known) {
        return Ok(carried(cursor));
    }
    Err(cursor.expected("an action such as ADD COLUMN, DROP COLUMN, ALTER COLUMN or RENAME"))
}

fn carried(cursor: &mut Cursor<'_>) -> Action {
    cursor.skip_to_comma();
    Action::Carried
}

fn add(cursor: &mut Cursor<'_>) -> Read<Action> {
    if !cursor.is(0, "COLUMN") && constraint::begins(cursor) {
        return Ok(Action::AddConstraint(Box::new(constraint::table(cursor)?)));
    }
    cursor.eat("COLUMN");
    let if_not_exists = cursor.eat("IF NOT EXISTS");
    Ok(Action::AddColumn { if_not_exists, column: Box::new(table::column(cursor)?) })
}

fn drop(cursor: &mut Cursor<'_>) -> Read<Action> {
    let constraint = cursor.eat("CONSTRAINT");
    if !constraint {
        cursor.eat("COLUMN");
    }
    let if_exists = cursor.eat("IF EXISTS");
    let name = cursor.ident(if constraint { "a constraint name" } else { "a column name" })?;
    let cascade = cursor.eat("CASCADE");
    cursor.eat("RESTRICT");
    Ok(if constraint {
        Action::DropConstraint { if_exists, name, cascade }
    } else {
        Action::DropColumn { if_exists, column: name, cascade }
    })
}

fn alter_column(cursor: &mut Cursor<'_>, column: Placed) -> Read<Action> {
    if cursor.eat("TYPE") || cursor.eat("SET DATA TYPE") {
        let ty = types::read(cursor)?.ty;
        let collation = if cursor.eat("COLLATE") { Some(table::collation(cursor)?) } else { None };
        let using = if cursor.eat("USING") {
            let (from, to) = cursor.skip_to_comma();
            if from == to {
                return Err(cursor.expected("an expression"));
            }
            Some(expr::read(cursor.slice(from, to)))
        } else {
            None
        };
        Ok(Action::AlterType { column, ty, collation, using })
    } else if cursor.eat("SET DEFAULT") {
        let (from, to) = cursor.skip_to_comma();
        if from == to {
            return Err(cursor.expected("a default"));
        }
        let default = expr::read(cursor.slice(from, to));
        Ok(Action::SetDefault { column, default: Some(default) })
    } else if cursor.eat("DROP DEFAULT") {
        Ok(Action::SetDefault { column, default: None })
    } else if cursor.eat("SET NOT NULL") {
        Ok(Action::SetNotNull { column, not_null: true })
    } else if cursor.eat("DROP NOT NULL") {
        Ok(Action::SetNotNull { column, not_null: false })
    } else if cursor.eat("ADD GENERATED") {
        let mut scratch = Column::nullable(column.name.clone(), SqlType::new("bigint"));
        let settings = table::generated(cursor, &mut scratch)?.settings;
        Ok(Action::Identity { column, identity: scratch.identity, settings })
    } else if cursor.eat("DROP IDENTITY") {
        cursor.eat("IF EXISTS");
        Ok(Action::Identity { column, identity: None, settings: Vec::new() })
    } else if cursor.is_any(0, &["SET", "RESET", "DROP", "RESTART"]) {
        Ok(carried(cursor))
    } else {
        Err(cursor.expected("TYPE, SET or DROP"))
    }
}

fn rename(cursor: &mut Cursor<'_>) -> Read<Action> {
    if cursor.eat("TO") {
        return Ok(Action::RenameTable { to: cursor.strict_ident("a table name")?.name });
    }
    if cursor.eat("CONSTRAINT") {
        let name = cursor.ident("a constraint name")?;
        cursor.expect("TO")?;
        return Ok(Action::RenameConstraint { name, to: cursor.ident("a constraint name")?.name });
    }
    cursor.eat("COLUMN");
    let column = cursor.strict_ident("a column name")?;
    cursor.expect("TO")?;
    Ok(Action::RenameColumn { column, to: cursor.strict_ident("a column name")?.name })
}

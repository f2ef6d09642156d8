//! What a statement is, told by its first words, and its parts where they are modelled. Must not know
//! the schema.

use super::alter::{self, Alter};
use super::cursor::{Cursor, Placed, PlacedName, Read};
use super::index::{self, NewIndex};
use super::table::{self, NewTable};
use super::verb;
use super::view::{self, NewView};
use super::{rows, types};
use crate::expr::Expr;
use crate::name::QName;
use crate::schema::{Domain, OtherKind};

/// A statement as written.
#[derive(Clone, Debug)]
pub(super) enum Parsed {
    /// CREATE TABLE.
    Table(Box<NewTable>),
    /// ALTER TABLE.
    Alter(Alter),
    /// CREATE INDEX.
    Index(Box<NewIndex>),
    /// CREATE VIEW.
    View(Box<NewView>),
    /// DROP TABLE, VIEW or INDEX.
    Drop(Drop),
    /// ALTER INDEX … RENAME TO.
    RenameIndex { index: PlacedName, if_exists: bool, to: String },
    /// UPDATE of one table.
    Update { table: PlacedName, set: Vec<(Placed, Expr)>, filter: Option<Expr> },
    /// DELETE from one table.
    Delete { table: PlacedName, filter: Option<Expr> },
    /// CREATE TYPE … AS ENUM.
    Enum { name: QName, labels: Vec<String> },
    /// ALTER TYPE … ADD VALUE.
    EnumValue { name: QName, label: String, before: Option<String>, after: Option<String> },
    /// CREATE DOMAIN.
    Domain { name: QName, domain: Domain },
    /// CREATE TRIGGER.
    Trigger { name: String, table: QName },
    /// SET `search_path`: the schema of unqualified names from here on.
    SearchPath(String),
    /// BEGIN, COMMIT, COPY, INSERT … VALUES in a dump: nothing about the schema.
    Transaction,
    /// Rows: COPY, INSERT.
    Data,
    /// Carried, not modelled.
    Carried(Carried),
}

/// DROP TABLE, VIEW or INDEX.
#[derive(Clone, Debug)]
pub(super) struct Drop {
    /// What.
    pub(super) what: Dropped,
    /// Names.
    pub(super) names: Vec<PlacedName>,
    /// IF EXISTS.
    pub(super) if_exists: bool,
    /// CASCADE.
    pub(super) cascade: bool,
    /// CONCURRENTLY.
    pub(super) concurrently: bool,
}

/// What is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dropped {
    /// TABLE.
    Table,
    /// VIEW, MATERIALIZED VIEW.
    View,
    /// INDEX.
    Index,
}

/// A statement that is carried.
#[derive(Clone, Debug)]
pub(super) struct Carried {
    /// Kind.
    pub(super) kind: OtherKind,
    /// The relation it is about.
    pub(super) relation: Option<QName>,
    /// Why a reader of the plan should know; none for what cannot matter.
    pub(super) note: Option<&'static str>,
}

const ROUTINE: &str = "a routine's body may name tables and columns; it was not looked into";
const POLICY: &str = "a policy's condition may name columns; it was not looked into";
pub(super) const TRIGGER: &str = "a trigger's function may name columns; it was not looked into";
const UNKNOWN: &str = "not modelled; it was carried as it is";

impl Parsed {
    /// A statement about a relation that is carried.
    pub(super) fn unknown(relation: QName) -> Self {
        carried(OtherKind::Unknown, Some(relation), Some(UNKNOWN))
    }
}

fn carried(kind: OtherKind, relation: Option<QName>, note: Option<&'static str>) -> Parsed {
    Parsed::Carried(Carried { kind, relation, note })
}

/// Reads a statement.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    if cursor.eat("CREATE") {
        create(cursor)
    } else if cursor.eat("ALTER") {
        alter(cursor)
    } else if cursor.eat("DROP") {
        drop(cursor)
    } else if cursor.sees("COMMENT ON") {
        Ok(carried(OtherKind::Comment, about(cursor, 2), None))
    } else if cursor.is_any(0, &["GRANT", "REVOKE", "REASSIGN"]) {
        Ok(carried(OtherKind::Privilege, privilege(cursor), None))
    } else if cursor.sees("UPDATE") {
        rows::update(cursor)
    } else if cursor.eat("DELETE FROM") {
        rows::delete(cursor)
    } else if cursor.is_any(
        0,
        &["BEGIN", "COMMIT", "START", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "ABORT"],
    ) {
        Ok(Parsed::Transaction)
    } else if cursor.is_any(0, &["COPY", "INSERT"]) {
        Ok(Parsed::Data)
    } else {
        setting(cursor)
    }
}

/// SET, SELECT `set_config`, RESET, or something else.
fn setting(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    let start = *cursor;
    if cursor.eat("SET") {
        cursor.eat("SESSION");
        cursor.eat("LOCAL");
        if cursor.eat("search_path") {
            if !cursor.eat("TO") && !cursor.eat_operator("=") {
                return Err(cursor.expected("`=` or TO"));
            }
            return Ok(Parsed::SearchPath(first_schema(cursor)));
        }
        return Ok(carried(OtherKind::Setting, None, None));
    }
    if cursor.eat("SELECT") {
        if cursor.eat("pg_catalog") {
            cursor.eat_symbol(b'.');
        }
        if cursor.eat("set_config") && cursor.eat_symbol(b'(') {
            if cursor.string().ok().as_deref() == Some("search_path") && cursor.eat_symbol(b',') {
                return Ok(Parsed::SearchPath(first_schema(cursor)));
            }
            return Ok(carried(OtherKind::Setting, None, None));
        }
        if cursor.eat("setval") {
            return Ok(Parsed::Data);
        }
    }
    *cursor = start;
    if cursor.is_any(0, &["RESET", "DISCARD"]) {
        return Ok(carried(OtherKind::Setting, None, None));
    }
    Ok(carried(OtherKind::Unknown, None, Some(UNKNOWN)))
}

/// The first schema of a search path that can hold tables; `public` where there is none.
fn first_schema(cursor: &mut Cursor<'_>) -> String {
    loop {
        let found = match cursor.string() {
            // `'a, b'` to set_config is a list; to SET it is one odd name.
            Ok(list) => list.split(',').next().unwrap_or("").trim().trim_matches('"').to_owned(),
            Err(_) => match cursor.ident("a schema") {
                Ok(found) => found.name,
                Err(_) => return "public".to_owned(),
            },
        };
        if !matches!(found.as_str(), "" | "$user" | "pg_catalog") {
            return found;
        }
        if !cursor.eat_symbol(b',') {
            return "public".to_owned();
        }
    }
}

/// The relation of `COMMENT ON TABLE t`, `COLUMN t.c`, `INDEX …`: where the kind names one.
fn about(cursor: &Cursor<'_>, at: usize) -> Option<QName> {
    let mut inner = Cursor { at, ..*cursor };
    if inner.eat("COLUMN") {
        let mut parts = vec![inner.ident("a name").ok()?.name];
        while inner.eat_symbol(b'.') {
            parts.push(inner.ident("a name").ok()?.name);
        }
        parts.pop();
        let table = parts.pop()?;
        return Some(QName::new(parts.pop().unwrap_or_else(|| cursor.path.to_owned()), table));
    }
    if inner.eat("TABLE") || inner.eat("VIEW") || inner.eat("MATERIALIZED VIEW") {
        return inner.name("a name").ok().map(|n| n.name);
    }
    if inner.is_any(0, &["CONSTRAINT", "TRIGGER", "POLICY", "RULE"]) {
        inner.skip_until(|c| c.is(0, "ON"));
        inner.eat("ON");
        return inner.name("a name").ok().map(|n| n.name);
    }
    None
}

fn privilege(cursor: &Cursor<'_>) -> Option<QName> {
    let mut inner = *cursor;
    inner.skip_until(|c| c.is(0, "ON"));
    inner.eat("ON");
    inner.eat("TABLE");
    let other = [
        "SCHEMA",
        "FUNCTION",
        "SEQUENCE",
        "ALL",
        "TYPE",
        "DATABASE",
        "PROCEDURE",
        "DOMAIN",
        "FOREIGN",
        "LANGUAGE",
        "LARGE",
        "PARAMETER",
        "ROUTINE",
        "TABLESPACE",
    ];
    if inner.is_any(0, &other) { None } else { inner.name("a name").ok().map(|n| n.name) }
}

fn create(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    let or_replace = cursor.eat("OR REPLACE");
    let temporary = cursor.eat("TEMP") || cursor.eat("TEMPORARY");
    if temporary || cursor.is_any(0, &["GLOBAL", "LOCAL", "RECURSIVE"]) {
        return Ok(carried(OtherKind::Unknown, None, Some(UNKNOWN)));
    }
    let unlogged = cursor.eat("UNLOGGED");
    if cursor.eat("TABLE") {
        return create_table(cursor, unlogged);
    }
    let unique = cursor.eat("UNIQUE");
    if cursor.eat("INDEX") {
        return Ok(Parsed::Index(Box::new(index::create(cursor, unique)?)));
    }
    let materialized = cursor.eat("MATERIALIZED");
    if cursor.eat("VIEW") {
        return Ok(Parsed::View(Box::new(view::create(cursor, or_replace, materialized)?)));
    }
    if cursor.eat("TYPE") {
        return create_type(cursor);
    }
    if cursor.eat("DOMAIN") {
        return create_domain(cursor);
    }
    if cursor.sees("TRIGGER") || cursor.sees("CONSTRAINT TRIGGER") {
        return trigger(cursor);
    }
    if cursor.is_any(0, &["FUNCTION", "PROCEDURE", "AGGREGATE"]) {
        return Ok(carried(OtherKind::Routine, None, Some(ROUTINE)));
    }
    if cursor.eat("POLICY") {
        cursor.ident("a policy name")?;
        cursor.expect("ON")?;
        let table = cursor.name("a table name")?;
        return Ok(carried(OtherKind::Policy, Some(table.name), Some(POLICY)));
    }
    if cursor.is(0, "SEQUENCE") {
        return Ok(carried(OtherKind::Sequence, None, None));
    }
    if cursor.is_any(0, &["EXTENSION", "SCHEMA"]) {
        return Ok(carried(OtherKind::Container, None, None));
    }
    let object = Cursor { at: 0, ..*cursor };
    if verb::object_word(&object) {
        Ok(carried(OtherKind::Unknown, None, Some(UNKNOWN)))
    } else {
        Err(cursor.expected("TABLE, INDEX, VIEW or another kind of object"))
    }
}

fn create_table(cursor: &mut Cursor<'_>, unlogged: bool) -> Read<Parsed> {
    let mut ahead = *cursor;
    ahead.eat("IF NOT EXISTS");
    let name = ahead.name("a table name")?;
    if ahead.sees("OF") || ahead.sees("AS") {
        return Ok(carried(OtherKind::Unknown, Some(name.name), Some(UNKNOWN)));
    }
    Ok(Parsed::Table(Box::new(table::create(cursor, unlogged)?)))
}

fn create_type(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    let name = cursor.name("a type name")?.name;
    if !cursor.eat("AS ENUM") {
        return Ok(carried(OtherKind::Unknown, Some(name), Some(UNKNOWN)));
    }
    cursor.expect_symbol(b'(')?;
    let mut labels = Vec::new();
    while !cursor.is_symbol(0, b')') {
        labels.push(cursor.string()?);
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    cursor.expect_symbol(b')')?;
    Ok(Parsed::Enum { name, labels })
}

fn create_domain(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    let name = cursor.name("a domain name")?.name;
    cursor.eat("AS");
    let base = types::read(cursor)?.ty;
    let mut constrained = false;
    while !cursor.done() {
        constrained |= cursor.is(0, "CHECK") || cursor.sees("NOT NULL");
        cursor.at += 1;
    }
    Ok(Parsed::Domain { name, domain: Domain { base, constrained } })
}

fn trigger(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    cursor.eat("CONSTRAINT");
    cursor.expect("TRIGGER")?;
    let name = cursor.ident("a trigger name")?.name;
    cursor.skip_until(|c| c.is(0, "ON"));
    cursor.expect("ON")?;
    let table = cursor.name("a table name")?.name;
    Ok(Parsed::Trigger { name, table })
}

fn alter(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    if cursor.eat("TABLE") {
        if cursor.sees("ALL IN TABLESPACE") {
            return Ok(carried(OtherKind::Unknown, None, Some(UNKNOWN)));
        }
        return Ok(Parsed::Alter(alter::read(cursor)?));
    }
    if cursor.eat("INDEX") {
        return alter_index(cursor);
    }
    if cursor.eat("TYPE") {
        return alter_type(cursor);
    }
    let relation = {
        let mut inner = *cursor;
        (inner.eat("VIEW") || inner.eat("MATERIALIZED VIEW"))
            .then(|| {
                inner.eat("IF EXISTS");
                inner.name("a name").ok().map(|n| n.name)
            })
            .flatten()
    };
    let owner = (0..cursor.tokens.len()).any(|at| Cursor { at, ..*cursor }.sees("OWNER TO"));
    if cursor.is(0, "SEQUENCE") && !owner {
        return Ok(carried(OtherKind::Sequence, None, None));
    }
    if owner {
        return Ok(carried(OtherKind::Owner, relation, None));
    }
    if cursor.sees("DEFAULT PRIVILEGES") {
        return Ok(carried(OtherKind::Privilege, None, None));
    }
    if cursor.is_any(0, &["FUNCTION", "PROCEDURE", "AGGREGATE", "ROUTINE"]) {
        return Ok(carried(OtherKind::Routine, None, Some(ROUTINE)));
    }
    if cursor.is_any(0, &["EXTENSION", "SCHEMA"]) {
        return Ok(carried(OtherKind::Container, None, None));
    }
    if verb::object_word(&Cursor { at: 0, ..*cursor }) {
        Ok(carried(OtherKind::Unknown, relation, Some(UNKNOWN)))
    } else {
        Err(cursor.expected("TABLE, INDEX, VIEW or another kind of object"))
    }
}

fn alter_index(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    let if_exists = cursor.eat("IF EXISTS");
    let index = cursor.name("an index name")?;
    if cursor.eat("RENAME TO") {
        let to = cursor.ident("an index name")?.name;
        cursor.end()?;
        return Ok(Parsed::RenameIndex { index, if_exists, to });
    }
    if cursor.sees("ATTACH PARTITION") {
        // How an index of a partition belongs to its parent's: says nothing new about either.
        return Ok(carried(OtherKind::Unknown, None, None));
    }
    Ok(carried(OtherKind::Unknown, None, Some(UNKNOWN)))
}

fn alter_type(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    let name = cursor.name("a type name")?.name;
    if cursor.eat("OWNER TO") {
        return Ok(carried(OtherKind::Owner, None, None));
    }
    if !cursor.eat("ADD VALUE") {
        return Ok(carried(OtherKind::Unknown, Some(name), Some(UNKNOWN)));
    }
    cursor.eat("IF NOT EXISTS");
    let label = cursor.string()?;
    let before = if cursor.eat("BEFORE") { Some(cursor.string()?) } else { None };
    let after = if cursor.eat("AFTER") { Some(cursor.string()?) } else { None };
    cursor.end()?;
    Ok(Parsed::EnumValue { name, label, before, after })
}

fn drop(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    let what = if cursor.eat("TABLE") {
        Dropped::Table
    } else if cursor.eat("VIEW") || cursor.eat("MATERIALIZED VIEW") {
        Dropped::View
    } else if cursor.eat("INDEX") {
        Dropped::Index
    } else if verb::object_word(&Cursor { at: 0, ..*cursor }) {
        return Ok(carried(OtherKind::Unknown, None, Some(UNKNOWN)));
    } else {
        return Err(cursor.expected("TABLE, VIEW, INDEX or another kind of object"));
    };
    let concurrently = what == Dropped::Index && cursor.eat("CONCURRENTLY");
    let if_exists = cursor.eat("IF EXISTS");
    let names = cursor.names("a name")?;
    let cascade = cursor.eat("CASCADE");
    cursor.eat("RESTRICT");
    cursor.end()?;
    Ok(Parsed::Drop(Drop { what, names, if_exists, cascade, concurrently }))
}

//! What a statement is, told by its first words, and its parts where they are modelled. Must not know
//! the schema.

use super::alter::{self, Alter};
use super::cursor::{Cursor, Placed, PlacedName, Read};
use super::index::{self, NewIndex};
use super::object::{self, Said};
use super::renamed::{self, Renamed};
use super::rows;
use super::table::{self, NewTable};
use super::table_as::{self, TableAs};
use super::verb;
use super::view::{self, NewView};
use crate::expr::Expr;
use crate::name::QName;
use crate::schema::ObjectKind;

/// A statement as written.
#[derive(Clone, Debug)]
pub(super) enum Parsed {
    /// CREATE TABLE.
    Table(Box<NewTable>),
    /// ALTER TABLE.
    Alter(Alter),
    /// CREATE TABLE … AS of columns of one table.
    TableAs(Box<TableAs>),
    /// CREATE INDEX.
    Index(Box<NewIndex>),
    /// CREATE VIEW.
    View(Box<NewView>),
    /// DROP TABLE, VIEW or INDEX.
    Drop(Drop),
    /// ALTER INDEX … RENAME TO.
    RenameIndex { index: PlacedName, if_exists: bool, to: String },
    /// Something that is neither table nor index has another name.
    Renamed(Renamed),
    /// ALTER INDEX … ATTACH PARTITION.
    AttachIndex { index: PlacedName, part: PlacedName },
    /// UPDATE of one table.
    Update { table: PlacedName, set: Vec<(Placed, Expr)>, filter: Option<Expr> },
    /// DELETE from one table.
    Delete { table: PlacedName, filter: Option<Expr> },
    /// INSERT INTO one table … SELECT from one other.
    InsertSelect(Box<InsertSelect>),
    /// A statement about objects of other kinds.
    Objects(Vec<Said>),
    /// SET `search_path`: the schema of unqualified names from here on.
    SearchPath(SearchPath),
    /// BEGIN, COMMIT, COPY, INSERT … VALUES in a dump: nothing about the schema.
    Transaction,
    /// Rows: COPY, INSERT.
    Data,
    /// A session setting.
    Setting,
    /// SET `default_table_access_method`: how tables are stored that do not say; none for the server's way.
    TableMethod(Option<String>),
    /// From here on another role is at work.
    Role(Option<String>),
    /// Carried, not modelled.
    Carried(Carried),
}

/// INSERT INTO … SELECT.
#[derive(Clone, Debug)]
pub(super) struct InsertSelect {
    /// The table that gets rows.
    pub(super) table: PlacedName,
    /// Its columns; all, where none are named.
    pub(super) columns: Option<Vec<Placed>>,
    /// Their values.
    pub(super) values: Vec<Expr>,
    /// The table that is read.
    pub(super) from: PlacedName,
    /// WHERE.
    pub(super) filter: Option<Expr>,
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
    /// The relation it is about.
    pub(super) relation: Option<QName>,
    /// Whether its first words begin a statement of PostgreSQL.
    pub(super) known: bool,
}

fn carried(relation: Option<QName>) -> Parsed {
    Parsed::Carried(Carried { relation, known: true })
}

impl Parsed {
    /// A statement about a relation that is carried.
    pub(super) fn unknown(relation: QName) -> Self {
        carried(Some(relation))
    }
}

/// Why a reader of the plan should look at an object of the kind; none for what cannot matter.
pub(super) fn not_looked_into(kind: ObjectKind) -> Option<&'static str> {
    match kind {
        ObjectKind::Routine | ObjectKind::Aggregate => {
            Some("a routine's body may name tables and columns; it was not looked into")
        }
        ObjectKind::Policy => Some("a policy's condition may name columns; it was not looked into"),
        ObjectKind::Trigger => {
            Some("a trigger's function may name columns; it was not looked into")
        }
        ObjectKind::Rule | ObjectKind::EventTrigger | ObjectKind::ForeignTable => {
            Some("not modelled; it was carried as it is")
        }
        ObjectKind::Schema
        | ObjectKind::Extension
        | ObjectKind::Language
        | ObjectKind::Plain
        | ObjectKind::Enum
        | ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::Sequence
        | ObjectKind::Operator
        | ObjectKind::Foreign
        | ObjectKind::Ownership
        | ObjectKind::Statistics
        | ObjectKind::ViewIndex
        | ObjectKind::Property
        | ObjectKind::Replication
        | ObjectKind::Privilege
        | ObjectKind::DefaultPrivilege
        | ObjectKind::Owner
        | ObjectKind::Comment
        | ObjectKind::Unknown => None,
    }
}

/// Where names without a schema are looked up.
#[derive(Clone, Debug)]
pub(super) struct SearchPath {
    /// The first schema that can hold tables.
    pub(super) first: String,
    /// Whether it stands before `pg_catalog`, which is looked at first where it is not named.
    pub(super) catalog_last: bool,
    /// As SET takes it.
    pub(super) set: String,
}

/// The path of a session that has set none.
pub(super) const USUAL_PATH: &str = "\"$user\", public";

/// Reads a statement.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    if cursor.eat("CREATE") {
        create(cursor)
    } else if cursor.eat("ALTER") {
        alter(cursor)
    } else if cursor.eat("DROP") {
        drop(cursor)
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
        Ok(rows::insert(cursor).unwrap_or(Parsed::Data))
    } else if cursor.is_any(0, &["COMMENT", "GRANT", "REVOKE"]) {
        objects(cursor, None)
    } else {
        setting(cursor)
    }
}

/// A statement about objects, from its start; carried where it is about something else.
fn objects(cursor: &mut Cursor<'_>, relation: Option<QName>) -> Read<Parsed> {
    let mut whole = Cursor { at: 0, ..*cursor };
    match object::read(&mut whole)? {
        Some(said) => Ok(Parsed::Objects(said)),
        None if verb::is_verb(&Cursor { at: 0, ..*cursor }) => Ok(carried(relation)),
        None => Err(cursor.expected("TABLE, INDEX, VIEW or another kind of object")),
    }
}

/// SET, SELECT `set_config`, RESET, or something else.
fn setting(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    let start = *cursor;
    if cursor.eat("SET") {
        cursor.eat("SESSION");
        cursor.eat("LOCAL");
        if cursor.eat("ROLE") || cursor.eat("AUTHORIZATION") {
            let back = cursor.is_any(0, &["NONE", "DEFAULT"]);
            let role = cursor.string().or_else(|_| cursor.ident("a role").map(|role| role.name));
            return Ok(Parsed::Role(role.ok().filter(|_| !back)));
        }
        if cursor.eat("search_path") {
            if !cursor.eat("TO") && !cursor.eat_operator("=") {
                return Err(cursor.expected("`=` or TO"));
            }
            let (from, to) = { *cursor }.skip_until(|_| false);
            let set = match cursor.flat(from, to) {
                usual if usual.eq_ignore_ascii_case("DEFAULT") => USUAL_PATH.to_owned(),
                set => set,
            };
            return Ok(Parsed::SearchPath(search_path(cursor, set)));
        }
        if cursor.eat("default_table_access_method") {
            let said = cursor.eat("TO") || cursor.eat_operator("=");
            let method = cursor.string().or_else(|_| cursor.ident("a method").map(|m| m.name));
            return Ok(Parsed::TableMethod(method.ok().filter(|m| said && m != "default")));
        }
        return Ok(Parsed::Setting);
    }
    if cursor.eat("SELECT") {
        if cursor.eat("pg_catalog") {
            cursor.eat_symbol(b'.');
        }
        if cursor.eat("set_config") && cursor.eat_symbol(b'(') {
            if cursor.string().ok().as_deref() == Some("search_path") && cursor.eat_symbol(b',') {
                let set = match { *cursor }.string() {
                    Ok(list) if !list.trim().is_empty() => list,
                    Ok(_) | Err(_) => "''".to_owned(),
                };
                return Ok(Parsed::SearchPath(search_path(cursor, set)));
            }
            return Ok(Parsed::Setting);
        }
        if cursor.eat("setval") {
            return Ok(Parsed::Data);
        }
    }
    *cursor = start;
    if ["RESET ROLE", "RESET SESSION AUTHORIZATION"].iter().any(|words| cursor.sees(words)) {
        return Ok(Parsed::Role(None));
    }
    let all = ["RESET default_table_access_method", "RESET ALL", "DISCARD ALL"];
    if all.iter().any(|words| cursor.sees(words)) {
        return Ok(Parsed::TableMethod(None));
    }
    if cursor.is_any(0, &["RESET", "DISCARD"]) {
        return Ok(Parsed::Setting);
    }
    Ok(Parsed::Carried(Carried { relation: None, known: verb::is_verb(&start) }))
}

/// A search path, from its first schema; `set` is how SET takes it.
fn search_path(cursor: &mut Cursor<'_>, set: String) -> SearchPath {
    let mut rest = *cursor;
    let (from, to) = rest.skip_until(|_| false);
    let text = cursor.flat(from, to).to_lowercase();
    let listed = text.trim_start_matches(['\'', '"', ' ']);
    let catalog_last = listed.contains("pg_catalog") && !listed.starts_with("pg_catalog");
    SearchPath { first: first_schema(cursor), catalog_last, set }
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

fn create(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    let or_replace = cursor.eat("OR REPLACE");
    let temporary = cursor.eat("TEMP") || cursor.eat("TEMPORARY");
    if temporary || cursor.is_any(0, &["GLOBAL", "LOCAL", "RECURSIVE"]) {
        return Ok(carried(None));
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
    objects(cursor, None)
}

fn create_table(cursor: &mut Cursor<'_>, unlogged: bool) -> Read<Parsed> {
    let mut ahead = *cursor;
    ahead.eat("IF NOT EXISTS");
    let name = ahead.name("a table name")?;
    if ahead.sees("AS") {
        let read = table_as::read(cursor).filter(|_| !unlogged).map(Box::new);
        return Ok(read.map_or_else(|| carried(Some(name.name)), Parsed::TableAs));
    }
    Ok(Parsed::Table(Box::new(table::create(cursor, unlogged)?)))
}

fn alter(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    if cursor.eat("TABLE") {
        if cursor.sees("ALL IN TABLESPACE") {
            return Ok(carried(None));
        }
        return Ok(Parsed::Alter(alter::read(cursor)?));
    }
    if cursor.is(0, "INDEX") {
        let mut inner = Cursor { at: cursor.at + 1, ..*cursor };
        let if_exists = inner.eat("IF EXISTS");
        let index = inner.name("an index name")?;
        if inner.eat("RENAME TO") {
            let to = inner.ident("an index name")?.name;
            inner.end()?;
            return Ok(Parsed::RenameIndex { index, if_exists, to });
        }
        if inner.eat("ATTACH PARTITION") {
            let part = inner.name("an index name")?;
            inner.end()?;
            return Ok(Parsed::AttachIndex { index, part });
        }
    }
    if let Some(renamed) = renamed::read(*cursor) {
        return Ok(Parsed::Renamed(renamed));
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
    objects(cursor, relation)
}

fn drop(cursor: &mut Cursor<'_>) -> Read<Parsed> {
    let what = if cursor.eat("TABLE") {
        Dropped::Table
    } else if cursor.eat("VIEW") || cursor.eat("MATERIALIZED VIEW") {
        Dropped::View
    } else if cursor.eat("INDEX") {
        Dropped::Index
    } else {
        return objects(cursor, None);
    };
    let concurrently = what == Dropped::Index && cursor.eat("CONCURRENTLY");
    let if_exists = cursor.eat("IF EXISTS");
    let names = cursor.names("a name")?;
    let cascade = cursor.eat("CASCADE");
    cursor.eat("RESTRICT");
    cursor.end()?;
    Ok(Parsed::Drop(Drop { what, names, if_exists, cascade, concurrently }))
}

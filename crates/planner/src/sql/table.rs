//! CREATE TABLE and column definitions as written. Must not know the schema.

use super::constraint::{self, Body, NewConstraint};
use super::cursor::{Cursor, Placed, PlacedName, Read};
use super::object::{self, ColumnSetting, Said};
use super::{expr, types};
use crate::expr::Expr;
use crate::name::QName;
use crate::schema::{Column, Subject};

/// A column as written, with the constraints written in it.
#[derive(Clone, Debug)]
pub(super) struct NewColumn {
    /// The column.
    pub(super) column: Column,
    /// Where its name stands.
    pub(super) placed: Placed,
    /// `serial`: a sequence comes with it.
    pub(super) serial: bool,
    /// Its constraints; NOT NULL is in the column.
    pub(super) constraints: Vec<NewConstraint>,
    /// PostgreSQL 18's `GENERATED … VIRTUAL`, which a column's value does not tell from STORED.
    pub(super) virtual_column: bool,
    /// Storage, compression, and options of its identity's sequence that are not the default.
    pub(super) settings: Vec<ColumnSetting>,
}

/// A table as written.
#[derive(Clone, Debug)]
pub(super) struct NewTable {
    /// Name.
    pub(super) name: PlacedName,
    /// IF NOT EXISTS.
    pub(super) if_not_exists: bool,
    /// Columns.
    pub(super) columns: Vec<NewColumn>,
    /// Options of columns that a parent or a type gives: their types stand for nothing.
    pub(super) overrides: Vec<NewColumn>,
    /// Table constraints.
    pub(super) constraints: Vec<NewConstraint>,
    /// Tables whose columns come first: LIKE, PARTITION OF.
    pub(super) templates: Vec<Template>,
    /// The composite type whose attributes are its columns.
    pub(super) typed: Option<QName>,
    /// Tables that it inherits from.
    pub(super) heir_of: Vec<PlacedName>,
    /// `PARTITION BY …`, `PARTITION OF …` or `INHERITS …`.
    pub(super) partitioning: Option<String>,
    /// Its settings: storage options, UNLOGGED …
    pub(super) settings: Vec<Said>,
}

/// A table that another takes columns from.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// The table.
    pub(super) table: PlacedName,
    /// What comes along with the columns.
    pub(super) takes: Vec<Takes>,
}

/// What a table can take from a template besides columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// DEFAULT.
    Defaults,
    /// GENERATED … AS (…).
    Generated,
    /// GENERATED … AS IDENTITY.
    Identity,
    /// CHECK.
    Checks,
    /// PRIMARY KEY, UNIQUE, and indexes.
    Keys,
    /// COMMENT ON a column or CHECK.
    Comments,
}

impl NewTable {
    fn set(&mut self, setting: (&str, &str, &str)) {
        let name = &self.name.name;
        let of = Subject::Relation(name.clone());
        self.settings.push(object::setting(("TABLE", name), setting, of));
    }
}

impl Template {
    /// `LIKE table INCLUDING …`.
    fn like(table: PlacedName, options: &str) -> Self {
        let options = options.to_ascii_uppercase();
        let all = options.contains("INCLUDING ALL");
        let takes = [
            (Takes::Defaults, "DEFAULTS"),
            (Takes::Generated, "GENERATED"),
            (Takes::Identity, "IDENTITY"),
            (Takes::Checks, "CONSTRAINTS"),
            (Takes::Keys, "INDEXES"),
            (Takes::Comments, "COMMENTS"),
        ];
        let takes = takes.into_iter().filter(|(_, word)| {
            let not = options.contains(&format!("EXCLUDING {word}"));
            !not && (all || options.contains(&format!("INCLUDING {word}")))
        });
        Self { table, takes: takes.map(|(what, _)| what).collect() }
    }
}

/// Reads from after `CREATE [UNLOGGED] TABLE`.
pub(super) fn create(cursor: &mut Cursor<'_>, unlogged: bool) -> Read<NewTable> {
    let if_not_exists = cursor.eat("IF NOT EXISTS");
    let name = cursor.name("a table name")?;
    let mut table = NewTable {
        name,
        if_not_exists,
        columns: Vec::new(),
        overrides: Vec::new(),
        constraints: Vec::new(),
        templates: Vec::new(),
        typed: None,
        heir_of: Vec::new(),
        partitioning: None,
        settings: Vec::new(),
    };
    if unlogged {
        table.set(("UNLOGGED", "SET UNLOGGED", "SET LOGGED"));
    }
    if cursor.eat("PARTITION OF") {
        partition_of(cursor, &mut table)?;
    } else if cursor.eat("OF") {
        of_type(cursor, &mut table)?;
    } else {
        let (from, to) = cursor.parens()?;
        elements(&mut cursor.part(from, to), &mut table)?;
    }
    options(cursor, &mut table)?;
    cursor.end()?;
    Ok(table)
}

/// `OF type (…)`: made as any other table, and bound to its type then.
fn of_type(cursor: &mut Cursor<'_>, table: &mut NewTable) -> Read<()> {
    let name = cursor.name("a composite type")?.name;
    table.set(("OF", &format!("OF {name}"), "NOT OF"));
    table.typed = Some(name);
    if cursor.is_symbol(0, b'(') {
        let (from, to) = cursor.parens()?;
        overrides(&mut cursor.part(from, to), table)?;
    }
    Ok(())
}

fn elements(cursor: &mut Cursor<'_>, table: &mut NewTable) -> Read<()> {
    if cursor.done() {
        return Ok(());
    }
    loop {
        if cursor.eat("LIKE") {
            let name = cursor.name("a table name")?;
            let (from, to) = cursor.skip_to_comma();
            table.templates.push(Template::like(name, &cursor.flat(from, to)));
        } else if constraint::begins(cursor) {
            // A new table has no rows to be checked: NOT VALID means nothing there.
            table.constraints.push(NewConstraint { validated: true, ..constraint::table(cursor)? });
        } else {
            table.columns.push(column(cursor)?);
        }
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    if cursor.done() { Ok(()) } else { Err(cursor.expected("`,` or `)`")) }
}

fn partition_of(cursor: &mut Cursor<'_>, table: &mut NewTable) -> Read<()> {
    let start = cursor.at;
    let parent = cursor.name("a table name")?;
    // Keys, indexes and references come when it is attached.
    let takes = vec![Takes::Defaults, Takes::Generated, Takes::Checks];
    table.templates.push(Template { table: parent.clone(), takes });
    if cursor.is_symbol(0, b'(') {
        let (from, to) = cursor.parens()?;
        overrides(&mut cursor.part(from, to), table)?;
    }
    let from = cursor.at;
    if !cursor.eat("DEFAULT") {
        cursor.expect("FOR VALUES")?;
        cursor.skip_until(|c| {
            c.is_any(0, &["PARTITION", "USING", "TABLESPACE"]) || ends_bounds(c, start)
        });
    }
    let bounds = bounds(&cursor.part(from, cursor.at));
    table.partitioning = Some(format!("PARTITION OF {} {bounds}", parent.name));
    Ok(())
}

/// Bounds with their keywords in upper case and single spaces, as `pg_dump` writes them.
pub(super) fn bounds(cursor: &Cursor<'_>) -> String {
    let mut text = String::new();
    let mut cursor = *cursor;
    while let Some(token) = cursor.peek(0) {
        let word = cursor.of(token);
        let glued = text.is_empty() || text.ends_with('(') || word == ")" || word == ",";
        if !glued {
            text.push(' ');
        }
        let keyword = cursor.is_any(0, BOUND_WORDS);
        text += &if keyword { word.to_ascii_uppercase() } else { word.to_owned() };
        cursor.at += 1;
    }
    for word in ["modulus", "remainder"] {
        text = text.replace(&word.to_ascii_uppercase(), word);
    }
    text
}

const BOUND_WORDS: &[&str] = &[
    "FOR",
    "VALUES",
    "FROM",
    "TO",
    "IN",
    "WITH",
    "MINVALUE",
    "MAXVALUE",
    "DEFAULT",
    "NULL",
    "MODULUS",
    "REMAINDER",
];

/// What a partition's column list says: options of columns, and constraints of its own.
fn overrides(cursor: &mut Cursor<'_>, table: &mut NewTable) -> Read<()> {
    loop {
        if constraint::begins(cursor) {
            table.constraints.push(constraint::table(cursor)?);
        } else {
            let placed = cursor.strict_ident("a column name")?;
            cursor.eat("WITH OPTIONS");
            let ty = crate::sql_type::SqlType::new("text");
            let mut new = NewColumn {
                column: Column::nullable(placed.name.clone(), ty),
                placed,
                serial: false,
                constraints: Vec::new(),
                virtual_column: false,
                settings: Vec::new(),
            };
            while !cursor.done() && !cursor.is_symbol(0, b',') {
                column_option(cursor, &mut new)?;
            }
            new.column.not_null |= new.constraints.iter().any(|c| c.primary);
            table.overrides.push(new);
        }
        if !cursor.eat_symbol(b',') {
            break;
        }
    }
    if cursor.done() { Ok(()) } else { Err(cursor.expected("`,` or `)`")) }
}

/// `WITH (fillfactor…)` after the bounds, not the WITH of `FOR VALUES WITH (modulus …)`.
fn ends_bounds(cursor: &Cursor<'_>, start: usize) -> bool {
    cursor.is(0, "WITH") && {
        let before = Cursor { at: cursor.at.saturating_sub(1).max(start), ..*cursor };
        !before.is(0, "VALUES")
    }
}

fn options(cursor: &mut Cursor<'_>, table: &mut NewTable) -> Read<()> {
    loop {
        if cursor.eat("INHERITS") {
            let (from, to) = cursor.parens()?;
            let parents = cursor.part(from, to).names("a table name")?;
            table.heir_of.clone_from(&parents);
            let names: Vec<String> = parents.iter().map(|p| p.name.to_string()).collect();
            table.partitioning = Some(format!("INHERITS ({})", names.join(", ")));
        } else if cursor.sees("PARTITION BY") {
            cursor.at += 2;
            let method = cursor.ident("RANGE, LIST or HASH")?.name.to_uppercase();
            let start = cursor.at;
            cursor.parens()?;
            let text = format!("PARTITION BY {method} {}", cursor.flat(start, cursor.at));
            let text = match &table.partitioning {
                Some(of) => format!("{of} {text}"),
                None => text,
            };
            table.partitioning = Some(text);
        } else if cursor.eat("USING") {
            let method = cursor.ident("an access method")?.name;
            table.settings.push(object::access_method(("TABLE", &table.name.name), &method));
        } else if cursor.eat("WITH") {
            let name = table.name.name.clone();
            let of = Subject::Relation(name.clone());
            let said = object::options::set(cursor, ("TABLE", &name), &of)?;
            table.settings.push(said);
        } else if cursor.eat("TABLESPACE") {
            let space = cursor.ident("a tablespace")?;
            let set = format!("SET TABLESPACE {}", crate::name::quote(&space.name));
            table.set(("TABLESPACE", &set, "SET TABLESPACE pg_default"));
        } else if !cursor.eat("WITHOUT OIDS") {
            return Ok(());
        }
    }
}

/// `name type …` with its options and constraints.
pub(super) fn column(cursor: &mut Cursor<'_>) -> Read<NewColumn> {
    let placed = cursor.strict_ident("a column name")?;
    let read = types::read(cursor)?;
    let mut new = NewColumn {
        column: Column { not_null: read.serial, ..Column::nullable(placed.name.clone(), read.ty) },
        placed,
        serial: read.serial,
        constraints: Vec::new(),
        virtual_column: false,
        settings: Vec::new(),
    };
    while !cursor.done() && !cursor.is_symbol(0, b',') {
        column_option(cursor, &mut new)?;
    }
    if new.column.identity.is_some() || new.constraints.iter().any(|c| c.primary) {
        new.column.not_null = true;
    }
    Ok(new)
}

fn column_option(cursor: &mut Cursor<'_>, new: &mut NewColumn) -> Read<()> {
    let name =
        if cursor.eat("CONSTRAINT") { Some(cursor.ident("a constraint name")?.name) } else { None };
    if cursor.eat("NOT NULL") {
        new.column.not_null = true;
        cursor.eat("NO INHERIT");
    } else if cursor.eat("NULL") {
        // The default.
    } else if cursor.eat("DEFAULT") {
        new.column.default = Some(default(cursor)?);
    } else if cursor.eat("COLLATE") {
        new.column.collation = Some(collation(cursor)?);
    } else if cursor.is_any(0, &["COMPRESSION", "STORAGE"]) {
        let key = if cursor.eat("STORAGE") { "STORAGE" } else { "COMPRESSION" };
        cursor.eat("COMPRESSION");
        let back = if key == "STORAGE" { "EXTENDED" } else { "DEFAULT" };
        let method = cursor.ident("a method")?.name.to_uppercase();
        let method = if key == "STORAGE" { method } else { method.to_lowercase() };
        let (set, reset) = (format!("SET {key} {method}"), format!("SET {key} {back}"));
        new.settings.push((key.to_owned(), set, reset));
    } else if cursor.eat("GENERATED") {
        let found = generated(cursor, &mut new.column)?;
        new.virtual_column = found.is_virtual;
        new.settings.extend(found.settings);
    } else {
        let mut found = constraint::body(cursor, Some(&new.placed))?;
        // NOT VALID is no part of a column's constraint, DEFERRABLE is read by `body`.
        found.name = name;
        if let Body::Kind(_) | Body::UsingIndex(_) = found.body {
            new.constraints.push(found);
        }
    }
    Ok(())
}

/// A collation's name, as written.
pub(super) fn collation(cursor: &mut Cursor<'_>) -> Read<String> {
    let from = cursor.at;
    cursor.ident("a collation")?;
    while cursor.eat_symbol(b'.') {
        cursor.ident("a collation")?;
    }
    Ok(cursor.slice(from, cursor.at).to_owned())
}

/// An expression up to the next column option.
pub(super) fn default(cursor: &mut Cursor<'_>) -> Read<Expr> {
    let start = cursor.at;
    let (from, to) = cursor.skip_until(|c| {
        c.at > start
            && !c.is_within_name()
            && (c.is_symbol(0, b',')
                || c.is_any(
                    0,
                    &[
                        "CONSTRAINT",
                        "CHECK",
                        "UNIQUE",
                        "REFERENCES",
                        "GENERATED",
                        "COLLATE",
                        "NULL",
                        "DEFERRABLE",
                        "INITIALLY",
                        "DEFAULT",
                        "STORAGE",
                        "COMPRESSION",
                        "USING",
                    ],
                )
                || c.sees("PRIMARY KEY")
                || c.sees("NOT NULL")
                || c.sees("NOT DEFERRABLE"))
    });
    if from == to {
        return Err(cursor.expected("a default"));
    }
    Ok(expr::read(cursor.slice(from, to)))
}

/// What GENERATED says that a column's value does not.
#[derive(Default)]
pub(super) struct Generated {
    /// VIRTUAL.
    is_virtual: bool,
    /// As in `NewColumn`.
    pub(super) settings: Vec<ColumnSetting>,
}

/// After GENERATED: an identity or a computed column.
pub(super) fn generated(cursor: &mut Cursor<'_>, column: &mut Column) -> Read<Generated> {
    let identity = if cursor.eat("BY DEFAULT") {
        "by default"
    } else {
        cursor.expect("ALWAYS")?;
        "always"
    };
    cursor.expect("AS")?;
    let mut found = Generated::default();
    if cursor.eat("IDENTITY") {
        if cursor.is_symbol(0, b'(') {
            let (from, to) = cursor.parens()?;
            found.settings = sequence_options(&mut cursor.part(from, to))?;
        }
        column.identity = Some(identity.to_owned());
        return Ok(found);
    }
    let (from, to) = cursor.parens()?;
    column.generated = Some(cursor.slice(from, to).to_owned());
    // PostgreSQL 18 takes a column without either word for a virtual one; before, STORED was needed.
    found.is_virtual = !cursor.eat("STORED")
        && (cursor.eat("VIRTUAL") || cursor.done() || cursor.is_symbol(0, b','));
    Ok(found)
}

/// Options of an identity's sequence as one setting; none where all are the default.
fn sequence_options(cursor: &mut Cursor<'_>) -> Read<Vec<ColumnSetting>> {
    const DEFAULTS: &[&str] = &[
        "START WITH 1",
        "START 1",
        "INCREMENT BY 1",
        "INCREMENT 1",
        "NO MINVALUE",
        "NO MAXVALUE",
        "CACHE 1",
        "NO CYCLE",
    ];
    let (mut found, mut name) = (Vec::new(), None);
    while !cursor.done() {
        if cursor.eat("SEQUENCE NAME") {
            name = Some(cursor.name("a sequence name")?.name);
            continue;
        }
        let start = cursor.at;
        cursor.at += 1 + usize::from(cursor.is(0, "NO"));
        cursor.skip_until(|c| {
            c.is_any(
                0,
                &["START", "INCREMENT", "MINVALUE", "MAXVALUE", "NO", "CACHE", "CYCLE", "SEQUENCE"],
            )
        });
        let text = cursor.flat(start, cursor.at);
        if !DEFAULTS.contains(&text.to_ascii_uppercase().as_str()) {
            found.push(text);
        }
    }
    let mut settings = Vec::new();
    if !found.is_empty() {
        settings.push(object::identity_options(&found));
    }
    settings.extend(name.map(|name| object::sequence_name(&name)));
    Ok(settings)
}

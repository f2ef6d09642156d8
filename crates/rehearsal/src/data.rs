//! Fills a database with rows made up from its catalogue alone: parents before children, NOT NULL,
//! unique and foreign keys respected. Must not know plans.

use std::collections::BTreeMap;

use postgres::{Client, SimpleQueryRow};

use crate::failure::Failure;
use crate::run::{execute, query, rows};

/// A column as far as making values needs it.
#[derive(Clone, Debug)]
struct Column {
    name: String,
    /// Built-in type under domains, by `pg_type.typname`; `enum` for an enum.
    base: String,
    /// As `format_type()` prints it.
    ty: String,
    /// Length of a text or precision of a numeric; 0: none.
    length: u32,
    not_null: bool,
    /// The row's value comes from the server: sequence, identity, generated.
    given: bool,
    /// Parent table and column of a foreign key.
    parent: Option<(String, String)>,
}

/// Inserts up to `n_rows` rows into every empty table.
///
/// # Errors
/// A table into which no row could be inserted, with the last refusal.
pub fn fill(client: &mut Client, n_rows: u32) -> Result<(), Failure> {
    let tables = tables(client)?;
    for table in parents_first(&tables) {
        let columns = &tables[&table];
        let before = query(client, &format!("SELECT count(*) FROM {table}"))?;
        if before.first().is_some_and(|n| n != "0") {
            continue;
        }
        let mut last = None;
        let mut n_inserted = 0;
        for row in 0..n_rows {
            match insert(client, &table, columns, row) {
                Ok(()) => n_inserted += 1,
                Err(failure) => last = Some(failure),
            }
        }
        if let (0, Some(failure)) = (n_inserted, last) {
            return Err(failure);
        }
    }
    Ok(())
}

/// Tries a few variants of a row: a CHECK may refuse the first.
fn insert(client: &mut Client, table: &str, columns: &[Column], row: u32) -> Result<(), Failure> {
    let mut result = Ok(());
    for variant in 0..4 {
        let used: Vec<&Column> = columns.iter().filter(|c| !c.given).collect();
        let names: Vec<String> = used.iter().map(|c| c.name.clone()).collect();
        let values: Vec<String> = used.iter().map(|c| value(c, row, variant)).collect();
        let sql = if names.is_empty() {
            format!("INSERT INTO {table} DEFAULT VALUES")
        } else {
            format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
        };
        result = execute(client, &sql);
        if result.is_ok() {
            break;
        }
    }
    result
}

/// An SQL expression for a column of the row-th row. Variants: 0 and 1 leave some nullable columns
/// NULL, 2 none, 3 all.
fn value(column: &Column, row: u32, variant: u32) -> String {
    let spared = (row + variant) % 5 == 4 && variant < 2;
    if !column.not_null && (spared || variant == 3) {
        return "NULL".to_owned();
    }
    if let Some((parent, key)) = &column.parent {
        return format!(
            "(SELECT {key} FROM {parent} ORDER BY {key} OFFSET {row} % (SELECT greatest(count(*), 1) FROM {parent}) LIMIT 1)"
        );
    }
    literal(column, row + variant * 7)
}

/// A value of the column's type, different for every `n` where the type has room.
pub(crate) fn value_of_type(ty: &str, n: u32) -> String {
    let base = ty.split(['(', '[']).next().unwrap_or_default().trim();
    let length = ty.split(['(', ',', ')']).nth(1).and_then(|digits| digits.parse().ok());
    let column = Column {
        name: String::new(),
        base: if ty.ends_with("[]") { "_array" } else { base }.to_owned(),
        ty: ty.to_owned(),
        length: length.unwrap_or(0),
        not_null: true,
        given: false,
        parent: None,
    };
    literal(&column, n)
}

fn literal(column: &Column, n: u32) -> String {
    let ty = &column.ty;
    let day = n % 28 + 1;
    match column.base.as_str() {
        "int2" | "int4" | "int8" | "smallint" | "integer" | "bigint" | "oid" => (n + 1).to_string(),
        "float4" | "float8" | "real" | "double precision" | "money" => format!("{n}.5"),
        "numeric" => {
            if column.length == 1 {
                (n % 9).to_string()
            } else {
                format!("{n}.25")
            }
        }
        "bool" | "boolean" => n.is_multiple_of(2).to_string(),
        "text" | "varchar" | "bpchar" | "citext" | "name" | "character varying" | "character" => {
            text(column, n)
        }
        "date" => format!("DATE '2024-01-{day:02}'"),
        "timestamp" | "timestamp without time zone" => {
            format!("TIMESTAMP '2024-02-{day:02} 10:00'")
        }
        "timestamptz" | "timestamp with time zone" => {
            format!("TIMESTAMPTZ '2024-03-{day:02} 10:00+00'")
        }
        "time" | "timetz" | "time without time zone" => format!("'{:02}:30'", n % 24),
        "interval" => format!("make_interval(hours => {})", n + 1),
        "uuid" => format!("md5('{n}')::uuid"),
        "json" | "jsonb" => format!("'{{\"n\": {n}}}'"),
        "bytea" => format!("decode('{n:08x}', 'hex')"),
        "inet" | "cidr" => format!("'10.0.{}.{}/32'", n / 250, n % 250 + 1),
        "tsvector" => format!("to_tsvector('simple', 'word{n}')"),
        "enum" => {
            format!("(enum_range(NULL::{ty}))[1 + {n} % array_length(enum_range(NULL::{ty}), 1)]")
        }
        base if base.starts_with('_') => format!("'{{}}'::{ty}"),
        _ => format!("NULL::{ty}"),
    }
}

/// Two words, so that a name can be split; an address for what is called email.
fn text(column: &Column, n: u32) -> String {
    let words = if column.name.contains("email") {
        format!("ada{n}@example.org")
    } else {
        format!("ada{n} byron{n}")
    };
    let short = match column.length {
        0 => words,
        length if words.len() <= length as usize => words,
        length => {
            let digits = format!("{n:x}");
            let start = digits.len().saturating_sub(length as usize);
            digits[start..].to_owned()
        }
    };
    format!("'{short}'")
}

/// Columns of every table that takes rows; partitions are filled through their parents.
const COLUMNS: &str = "SELECT format('%I.%I', n.nspname, c.relname), quote_ident(a.attname), \
      CASE WHEN b.typtype = 'e' THEN 'enum' ELSE b.typname END, format_type(b.oid, m.typmod), \
      CASE WHEN b.typname = 'numeric' THEN greatest((m.typmod - 4) >> 16, 0) \
           WHEN b.typname IN ('varchar', 'bpchar') THEN greatest(m.typmod - 4, 0) ELSE 0 END, \
      a.attnotnull OR t.typnotnull, \
      a.attidentity <> '' OR a.attgenerated <> '' \
        OR coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', false), \
      k.confrelid::regclass::text, k.parent_column \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    JOIN pg_type t ON t.oid = a.atttypid \
    JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END \
    CROSS JOIN LATERAL (SELECT CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END AS typmod) m \
    LEFT JOIN LATERAL (SELECT k.confrelid, (SELECT quote_ident(p.attname) FROM pg_attribute p \
        WHERE p.attrelid = k.confrelid AND p.attnum = k.confkey[array_position(k.conkey, a.attnum)]) AS parent_column \
      FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0 \
        AND a.attnum = ANY (k.conkey) ORDER BY k.conname LIMIT 1) k ON true \
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' \
      AND n.nspname NOT IN ('information_schema', 'concertina') \
    ORDER BY 1, a.attnum";

fn tables(client: &mut Client) -> Result<BTreeMap<String, Vec<Column>>, Failure> {
    execute(client, "SELECT set_config('search_path', '', false)")?;
    let messages = client.simple_query(COLUMNS).map_err(|e| Failure::of_statement(COLUMNS, &e));
    execute(client, "RESET search_path")?;
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for row in rows(messages?) {
        tables.entry(cell(&row, 0)).or_default().push(column(&row));
    }
    Ok(tables)
}

fn column(row: &SimpleQueryRow) -> Column {
    let parent = row.get(7).map(|parent| (parent.to_owned(), cell(row, 8)));
    Column {
        name: cell(row, 1),
        base: cell(row, 2),
        ty: cell(row, 3),
        length: cell(row, 4).parse().unwrap_or(0),
        not_null: cell(row, 5) == "t",
        given: cell(row, 6) == "t",
        parent,
    }
}

fn cell(row: &SimpleQueryRow, index: usize) -> String {
    row.get(index).unwrap_or("").to_owned()
}

/// Tables in an order in which every parent comes before its children; in a cycle, children that
/// can leave the key NULL come first.
fn parents_first(tables: &BTreeMap<String, Vec<Column>>) -> Vec<String> {
    let mut order: Vec<String> = Vec::new();
    while order.len() < tables.len() {
        let next = [Patience::EveryParent, Patience::NeededParents, Patience::None]
            .into_iter()
            .find_map(|patience| tables.keys().find(|t| is_next(tables, &order, t, patience)));
        order.extend(next.cloned());
    }
    order
}

/// Which parents a table waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    EveryParent,
    NeededParents,
    None,
}

fn is_next(
    tables: &BTreeMap<String, Vec<Column>>,
    order: &[String],
    table: &String,
    patience: Patience,
) -> bool {
    let waits_for = |column: &Column| match &column.parent {
        Some((parent, _)) if parent == table || order.contains(parent) => false,
        Some(_) => match patience {
            Patience::EveryParent => true,
            Patience::NeededParents => column.not_null,
            Patience::None => false,
        },
        None => false,
    };
    !order.contains(table) && !tables[table].iter().any(waits_for)
}

//! Column types by the name `format_type()` prints, and what changing one to another costs.
//! Facts from the manual and `postgres-facts`: measured on 15.18. Knows no parser.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::expr::Expr;

/// A type as PostgreSQL's `format_type()` prints it: `integer`, `character varying(20)`,
/// `timestamp with time zone`, `text[]`, `public.mood`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SqlType(String);

/// What `ALTER COLUMN … TYPE` does to the table's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeChange {
    /// Same type: nothing to do.
    Same,
    /// Catalogue only.
    InPlace,
    /// Every row and index is written anew under ACCESS EXCLUSIVE.
    Rewrite,
}

/// How a value of one type becomes one of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// By a cast.
    Direct,
    /// By its text.
    ByText,
    /// Not at all.
    None,
}

/// Built-in types that cast to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Number,
    Text,
    Bool,
    Date,
    Time,
    Interval,
    Uuid,
    Json,
    Bytes,
    Net,
    Bits,
    User,
}

impl SqlType {
    /// Takes any spelling of a type (`int4`, `VARCHAR(20)`, `timestamptz`) to the canonical one.
    pub fn new(text: &str) -> Self {
        let text = collapse(text);
        if let Some(element) = text.strip_suffix("[]") {
            return Self(format!("{}[]", Self::new(element).0));
        }
        let (base, args, suffix) = split_args(&text);
        let lower = base.to_lowercase();
        let lower = lower.strip_prefix("pg_catalog.").unwrap_or(&lower);
        let canonical = canonical_name(lower);
        let canonical = match canonical {
            Some(name) => name.to_owned(),
            None if base.contains('"') => base.to_owned(),
            None => lower.to_owned(),
        };
        let canonical = match (canonical.as_str(), suffix) {
            ("timestamp" | "timestamp without time zone", "with time zone") => {
                return Self(format!("timestamp{args} with time zone"));
            }
            ("time" | "time without time zone", "with time zone") => {
                return Self(format!("time{args} with time zone"));
            }
            ("timestamp" | "timestamp without time zone", _) => {
                return Self(format!("timestamp{args} without time zone"));
            }
            ("timestamp with time zone", _) => {
                return Self(format!("timestamp{args} with time zone"));
            }
            ("time" | "time without time zone", _) => {
                return Self(format!("time{args} without time zone"));
            }
            ("time with time zone", _) => return Self(format!("time{args} with time zone")),
            ("character" | "bit", _) if args.is_empty() => format!("{canonical}(1)"),
            _ => format!("{canonical}{args}"),
        };
        Self(canonical)
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The type of an array's elements, by its text; of another type, itself.
    pub fn element(&self) -> &str {
        self.0.trim_end_matches("[]")
    }

    /// The name without length or precision: `character varying(20)` → `character varying`.
    pub fn base(&self) -> String {
        let (base, _, suffix) = split_args(&self.0);
        if suffix.is_empty() { base.to_owned() } else { format!("{base} {suffix}") }
    }

    /// Numbers in parentheses: `numeric(10,2)` → `[10, 2]`.
    pub fn args(&self) -> Vec<u32> {
        let (_, args, _) = split_args(&self.0);
        args.trim_matches(['(', ')'])
            .split(',')
            .filter_map(|part| part.trim().parse().ok())
            .collect()
    }

    /// How its values are stored where nothing else is said; `None` for a type of somebody's own.
    pub fn storage(&self) -> Option<&'static str> {
        const PLAIN: &[&str] = &[
            "boolean",
            "\"char\"",
            "smallint",
            "integer",
            "bigint",
            "real",
            "double precision",
            "money",
            "oid",
            "date",
            "interval",
            "uuid",
            "macaddr",
            "macaddr8",
            "point",
            "line",
            "lseg",
            "box",
            "circle",
            "name",
            "tsquery",
            "pg_lsn",
            "regclass",
        ];
        const EXTENDED: &[&str] = &[
            "text",
            "character",
            "character varying",
            "bytea",
            "json",
            "jsonb",
            "xml",
            "bit",
            "bit varying",
            "path",
            "polygon",
            "tsvector",
            "jsonpath",
        ];
        let base = self.base();
        let base = base.as_str();
        if self.0.ends_with("[]") || EXTENDED.contains(&base) {
            Some("EXTENDED")
        } else if matches!(base, "numeric" | "inet" | "cidr") {
            Some("MAIN")
        } else if PLAIN.contains(&base) || base.starts_with("time") {
            Some("PLAIN")
        } else {
            None
        }
    }

    /// What changing a column of this type to `to` does ("5b. Type changes", measured on 15).
    pub fn change_to(&self, to: &Self) -> TypeChange {
        if self == to {
            return TypeChange::Same;
        }
        let (from_base, to_base) = (self.base(), to.base());
        let (from_args, to_args) = (self.args(), to.args());
        let wider = match (from_args.first(), to_args.first()) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(from), Some(to)) => from <= to,
        };
        let in_place = match (from_base.as_str(), to_base.as_str()) {
            ("character varying" | "text", "text") => true,
            ("character varying" | "text", "character varying") => wider,
            ("numeric", "numeric") => {
                to_args.is_empty() || (wider && same_scale(&from_args, &to_args))
            }
            ("bit varying", "bit varying") => wider,
            ("cidr", "inet") | ("xml", "text") => true,
            (a, b)
                if a == b
                    && (a.starts_with("timestamp") || a.starts_with("time") || a == "interval") =>
            {
                wider
            }
            _ => false,
        };
        if in_place { TypeChange::InPlace } else { TypeChange::Rewrite }
    }

    /// Whether an explicit cast leads from this type to `to`, as far as both are built in: the table
    /// `pg_cast`, and conversion by way of text. Of a user's types nothing is known.
    pub fn casts_to(&self, to: &Self) -> Cast {
        let is_array = |ty: &Self| ty.as_str().ends_with("[]");
        if is_array(self) != is_array(to) {
            // Between one value and an array of many there is only what a text says of either.
            let one = if is_array(self) { to } else { self };
            return if one.family() == Family::Text { Cast::Direct } else { Cast::None };
        }
        let (from, to) = (self.family(), to.family());
        match (from, to) {
            (Family::User, Family::User) => Cast::ByText,
            (Family::User, Family::Text) | (Family::Text, _) | (_, Family::Text) => Cast::Direct,
            (Family::User, _) | (_, Family::User) => Cast::ByText,
            (a, b) if a == b => Cast::Direct,
            (Family::Number, Family::Bool) | (Family::Bool, Family::Number) => Cast::Direct,
            (Family::Date, Family::Time)
            | (Family::Time, Family::Interval)
            | (Family::Interval, Family::Time) => Cast::Direct,
            _ => Cast::None,
        }
    }

    /// Whether a default's value converts to the type, as far as a literal can be told not to.
    pub fn takes(&self, default: &Expr) -> bool {
        let Expr::Text(text) = default.uncast() else { return true };
        match self.family() {
            Family::Number => text.trim().parse::<f64>().is_ok(),
            Family::Bool => {
                let word = text.trim().to_ascii_lowercase();
                ["t", "f", "true", "false", "y", "n", "yes", "no", "on", "off", "1", "0"]
                    .contains(&word.as_str())
            }
            Family::Text
            | Family::Date
            | Family::Time
            | Family::Interval
            | Family::Uuid
            | Family::Json
            | Family::Bytes
            | Family::Net
            | Family::Bits
            | Family::User => true,
        }
    }

    /// Whether `=` tells any two different values apart, under a collation that does. Not of types
    /// that compare coarser than they store (`citext`, `numeric`, `interval`, `character`), that
    /// have no `=` (`json`, `xml`, `point`), or of which nothing is known.
    pub fn is_exact(&self) -> bool {
        matches!(
            self.base().as_str(),
            "smallint"
                | "integer"
                | "bigint"
                | "oid"
                | "boolean"
                | "uuid"
                | "date"
                | "bytea"
                | "text"
                | "character varying"
                | "time without time zone"
                | "timestamp without time zone"
                | "timestamp with time zone"
        )
    }

    fn family(&self) -> Family {
        let base = self.base();
        if base.ends_with("[]") {
            return SqlType::new(base.trim_end_matches("[]")).family();
        }
        match base.as_str() {
            "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => {
                Family::Number
            }
            "text" | "character varying" | "character" | "name" | "\"char\"" => Family::Text,
            "boolean" => Family::Bool,
            "date" | "timestamp without time zone" | "timestamp with time zone" => Family::Date,
            "time without time zone" | "time with time zone" => Family::Time,
            "interval" => Family::Interval,
            "uuid" => Family::Uuid,
            "json" | "jsonb" => Family::Json,
            "bytea" => Family::Bytes,
            "inet" | "cidr" => Family::Net,
            "bit" | "bit varying" => Family::Bits,
            _ => Family::User,
        }
    }

    /// Whether every value of this type converts to `to` without an error and back unchanged.
    pub fn widens_to(&self, to: &Self) -> bool {
        if self.change_to(to) == TypeChange::InPlace {
            return true;
        }
        let (from, to_base) = (self.base(), to.base());
        let to_unbounded = to.args().is_empty();
        match (from.as_str(), to_base.as_str()) {
            ("smallint", "integer" | "bigint" | "real" | "double precision")
            | ("integer", "bigint" | "double precision")
            | ("real", "double precision")
            | ("date", "timestamp without time zone")
            | ("character", "text") => true,
            ("smallint" | "integer" | "bigint", "numeric")
            | ("smallint" | "integer" | "bigint" | "uuid" | "boolean" | "numeric", "text") => {
                to_unbounded
            }
            ("numeric", "numeric") => match (&self.args()[..], &to.args()[..]) {
                (_, []) => true,
                (&[p, s], &[tp, ts]) => ts >= s && tp - ts.min(tp) >= p - s.min(p),
                _ => false,
            },
            _ => false,
        }
    }
}

impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn same_scale(from: &[u32], to: &[u32]) -> bool {
    from.get(1).copied().unwrap_or(0) == to.get(1).copied().unwrap_or(0)
}

/// White space folded to single spaces, none before a parenthesis or after a comma.
fn collapse(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace(" (", "(").replace("( ", "(").replace(", ", ",").replace(" )", ")")
}

/// `timestamp(3) with time zone` → (`timestamp`, `(3)`, `with time zone`).
fn split_args(text: &str) -> (&str, &str, &str) {
    match (text.find('('), text.find(')')) {
        (Some(open), Some(close)) if open < close => {
            (&text[..open], &text[open..=close], text[close + 1..].trim())
        }
        _ => (text, "", ""),
    }
}

/// The aliases of the manual's table 8.1 and their `format_type()` spelling.
fn canonical_name(lower: &str) -> Option<&'static str> {
    Some(match lower {
        "int" | "int4" | "integer" | "serial" | "serial4" => "integer",
        "int8" | "bigint" | "bigserial" | "serial8" => "bigint",
        "int2" | "smallint" | "smallserial" | "serial2" => "smallint",
        "bool" | "boolean" => "boolean",
        "float4" | "real" => "real",
        "float8" | "float" | "double" | "double precision" => "double precision",
        "decimal" | "dec" | "numeric" => "numeric",
        "varchar" | "character varying" | "char varying" => "character varying",
        // Without a length `bpchar` is any length, `character` is one character.
        "char" | "character" => "character",
        "varbit" | "bit varying" => "bit varying",
        "timestamptz" | "timestamp with time zone" => "timestamp with time zone",
        "timestamp" | "timestamp without time zone" => "timestamp without time zone",
        "timetz" | "time with time zone" => "time with time zone",
        "time" | "time without time zone" => "time without time zone",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_meet_in_one_name() {
        for (text, want) in [
            ("INT4", "integer"),
            ("varchar ( 20 )", "character varying(20)"),
            ("timestamptz", "timestamp with time zone"),
            ("timestamp(3)  with time zone", "timestamp(3) with time zone"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("numeric(10, 2)", "numeric(10,2)"),
            ("char", "character(1)"),
            ("text[]", "text[]"),
            ("int[]", "integer[]"),
            ("public.Mood", "public.mood"),
            ("public.\"Mood\"", "public.\"Mood\""),
        ] {
            assert_eq!(SqlType::new(text).as_str(), want);
        }
    }

    #[test]
    fn only_widening_is_in_place() {
        let change = |a: &str, b: &str| SqlType::new(a).change_to(&SqlType::new(b));
        assert_eq!(change("varchar(10)", "varchar(20)"), TypeChange::InPlace);
        assert_eq!(change("varchar(20)", "varchar(10)"), TypeChange::Rewrite);
        assert_eq!(change("varchar(20)", "text"), TypeChange::InPlace);
        assert_eq!(change("text", "varchar(20)"), TypeChange::Rewrite);
        assert_eq!(change("int", "bigint"), TypeChange::Rewrite);
        assert_eq!(change("numeric(10,2)", "numeric(12,2)"), TypeChange::InPlace);
        assert_eq!(change("numeric(10,2)", "numeric(12,3)"), TypeChange::Rewrite);
    }

    #[test]
    fn widening_never_loses_a_value() {
        let widens = |a: &str, b: &str| SqlType::new(a).widens_to(&SqlType::new(b));
        assert!(widens("int", "bigint") && widens("smallint", "numeric"));
        assert!(widens("numeric(10,2)", "numeric(12,3)"));
        assert!(!widens("numeric(10,2)", "numeric(10,3)"));
        assert!(!widens("bigint", "int") && !widens("text", "int"));
    }
}

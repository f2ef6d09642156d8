//! Names of relations as PostgreSQL reads and prints them: quoting, parsing, qualification.
//! Knows nothing of statements or schemas.

pub(crate) mod derived;
pub(crate) mod mention;
pub mod own;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A schema-qualified relation name. Parts are held unquoted, as the catalogue stores them.
/// On the wire it is one string, quoted where SQL needs it: `public.users`, `public."Order"`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QName {
    /// Schema (namespace), never empty.
    pub schema: String,
    /// Name within the schema.
    pub name: String,
}

impl QName {
    /// Builds a name from unquoted parts.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }

    /// The same schema, another name.
    #[must_use]
    pub fn sibling(&self, name: impl Into<String>) -> Self {
        Self::new(self.schema.clone(), name)
    }
}

impl fmt::Display for QName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", quote(&self.schema), quote(&self.name))
    }
}

/// Why a text is not a qualified name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadName(pub String);

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a table name such as `users` or `public.users`", self.0)
    }
}

impl FromStr for QName {
    type Err = BadName;

    /// Reads `schema.name` or `name` (then in `public`), quoted or not.
    fn from_str(text: &str) -> Result<Self, BadName> {
        let mut parts = split_dotted(text).ok_or_else(|| BadName(text.to_owned()))?;
        match (parts.pop(), parts.pop(), parts.pop()) {
            (Some(name), None, _) => Ok(Self::new("public", name)),
            (Some(name), Some(schema), None) => Ok(Self::new(schema, name)),
            _ => Err(BadName(text.to_owned())),
        }
    }
}

impl Serialize for QName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for QName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: BadName| serde::de::Error::custom(error.to_string()))
    }
}

/// Splits `a."B.c".d` into unquoted, case-folded parts; `None` where it is not a dotted name.
pub fn split_dotted(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut chars = text.trim().chars().peekable();
    loop {
        let mut part = String::new();
        if chars.peek() == Some(&'"') {
            chars.next();
            loop {
                match chars.next()? {
                    '"' if chars.peek() == Some(&'"') => {
                        chars.next();
                        part.push('"');
                    }
                    '"' => break,
                    other => part.push(other),
                }
            }
        } else {
            while let Some(&c) = chars.peek() {
                if c == '.' {
                    break;
                }
                if !(c.is_alphanumeric() || c == '_' || c == '$') {
                    return None;
                }
                part.extend(c.to_lowercase());
                chars.next();
            }
        }
        if part.is_empty() {
            return None;
        }
        parts.push(part);
        match chars.next() {
            None => return Some(parts),
            Some('.') => {}
            Some(_) => return None,
        }
    }
}

/// Quotes an identifier where PostgreSQL would have to: not lower case, or a reserved word.
pub fn quote(name: &str) -> String {
    let plain = name.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && RESERVED.binary_search(&name).is_err() {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// Quotes a list of column names: `a, b`.
pub fn quote_list<S: AsRef<str>>(names: &[S]) -> String {
    names.iter().map(|n| quote(n.as_ref())).collect::<Vec<_>>().join(", ")
}

/// A string literal, with standard conforming strings on.
pub fn literal(text: &str) -> String {
    if text.contains('\\') {
        format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// Cuts a derived name to PostgreSQL's 63 bytes (`NAMEDATALEN` less one) and keeps it distinct.
pub fn clip(name: &str) -> String {
    const MAX: usize = 63;
    if name.len() <= MAX {
        return name.to_owned();
    }
    // FNV-1a: the cut-off tail still tells two long names apart.
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    let mut end = MAX - 9;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_{hash:08x}", &name[..end])
}

/// SQL text with the identifier `from` read as `to`, quoted or not; literals are left alone.
pub fn rename_in_text(text: &str, from: &str, to: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let token_end = match c {
            '\'' | '"' => rest[1..].find(c).map_or(rest.len(), |at| at + 2),
            _ if c.is_alphanumeric() || c == '_' => rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
                .unwrap_or(rest.len()),
            _ => c.len_utf8(),
        };
        let (token, tail) = rest.split_at(token_end);
        let named = token.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        // A name right before a parenthesis is a function's.
        let call = rest[token_end..].starts_with('(');
        let same =
            !call && named.map_or_else(|| token.to_lowercase() == from && c != '\'', |n| n == from);
        out += if same { quote(to) } else { token.to_owned() }.as_str();
        rest = tail;
    }
    out
}

/// Keywords that need quotes as a column or table name: the manual's appendix C, "reserved" and
/// "reserved (can be function or type)", PostgreSQL 12 to 18. Sorted.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_sorted_for_binary_search() {
        assert!(RESERVED.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn names_round_trip_through_text() {
        for text in ["public.users", "public.\"Order\"", "\"My app\".\"a\"\"b\"", "public.\"user\""]
        {
            assert_eq!(text.parse::<QName>().unwrap().to_string(), text);
        }
        assert_eq!("Users".parse::<QName>().unwrap().to_string(), "public.users");
        for bad in ["", "a.b.c", "a b", "\"open", "a."] {
            assert!(bad.parse::<QName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn identifiers_are_renamed_and_literals_are_not() {
        let renamed =
            rename_in_text("lower(name) || 'name' || \"name\" || names", "name", "full name");
        assert_eq!(renamed, "lower(\"full name\") || 'name' || \"full name\" || names");
    }

    #[test]
    fn long_names_stay_distinct() {
        let (a, b) = ("x".repeat(70) + "a", "x".repeat(70) + "b");
        assert!(clip(&a).len() <= 63 && clip(&a) != clip(&b));
    }
}

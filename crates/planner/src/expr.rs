//! SQL expressions as values: parsed far enough to print, rename and evaluate. What is not
//! understood is carried as `Raw` text, with the columns it mentions. Knows no parser.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::name::{QName, literal, quote, rename_in_text};
use crate::sql_type::SqlType;

/// A scalar expression over the columns of one row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// `NULL`.
    Null,
    /// `TRUE` or `FALSE`.
    Bool(bool),
    /// A numeric literal, digits as written.
    Number(String),
    /// A string literal, unescaped.
    Text(String),
    /// A column of the row at hand, unquoted.
    Column(String),
    /// `NOT x`.
    Not(Box<Expr>),
    /// `-x`.
    Negate(Box<Expr>),
    /// `x op y`; `op` is spelled as in SQL, upper case for words (`AND`, `||`, `LIKE`).
    Binary(Box<Expr>, String, Box<Expr>),
    /// `x IS NULL`, or `IS NOT NULL` when the flag is set.
    IsNull(Box<Expr>, bool),
    /// `CAST(x AS type)`.
    Cast(Box<Expr>, SqlType),
    /// A function call; the name as SQL prints it, lower case unless quoted, or one of the forms of
    /// [`plain_name`], which PostgreSQL remembers.
    Call(String, Vec<Expr>),
    /// `CASE WHEN c THEN v … ELSE e END`.
    Case(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    /// A column of the one row of another table that this row points at.
    Lookup(Box<Lookup>),
    /// SQL that is not analysed, and the columns of the row that it mentions.
    Raw {
        /// The text, verbatim.
        sql: String,
        /// Columns mentioned, unquoted.
        columns: Vec<String>,
    },
}

/// `(SELECT value FROM table WHERE key = …)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lookup {
    /// The other table.
    pub table: QName,
    /// The column that is wanted of its row.
    pub value: String,
    /// Columns that tell its row, each with its value over the row at hand.
    pub key: Vec<(String, Expr)>,
}

impl Lookup {
    /// SQL text. The other table's columns get names of their own, so that none of them stands in front
    /// of a column of the row at hand.
    fn sql(&self) -> String {
        let named = |(at, (column, _)): (usize, &(String, Expr))| {
            format!("{} AS c_key{}", quote(column), at + 1)
        };
        let given = |(at, (_, value)): (usize, &(String, Expr))| {
            format!("c_other.c_key{} = {}", at + 1, value.operand())
        };
        let named: Vec<String> = self.key.iter().enumerate().map(named).collect();
        let given: Vec<String> = self.key.iter().enumerate().map(given).collect();
        format!(
            "(SELECT c_other.c_value FROM (SELECT {} AS c_value, {} FROM {}) AS c_other WHERE {})",
            quote(&self.value),
            named.join(", "),
            self.table,
            given.join(" AND ")
        )
    }
}

impl Expr {
    /// A column reference.
    pub fn column(name: impl Into<String>) -> Self {
        Self::Column(name.into())
    }

    /// `self op other`.
    #[must_use]
    pub fn op(self, op: &str, other: Self) -> Self {
        Self::Binary(Box::new(self), op.to_owned(), Box::new(other))
    }

    /// `self IS NOT NULL`.
    #[must_use]
    pub fn is_not_null(self) -> Self {
        Self::IsNull(Box::new(self), true)
    }

    /// `self IS NULL`.
    #[must_use]
    pub fn is_null(self) -> Self {
        Self::IsNull(Box::new(self), false)
    }

    /// SQL text of the expression. Nested operators are parenthesised, so precedence never matters.
    pub fn sql(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(digits) => digits.clone(),
            Self::Text(text) => literal(text),
            Self::Column(name) => quote(name),
            Self::Not(inner) => format!("NOT {}", inner.operand()),
            Self::Negate(inner) => format!("- {}", inner.operand()),
            Self::Binary(left, op, right) => {
                format!("{} {op} {}", left.operand(), right.operand())
            }
            Self::IsNull(inner, false) => format!("{} IS NULL", inner.operand()),
            Self::IsNull(inner, true) => format!("{} IS NOT NULL", inner.operand()),
            Self::Cast(inner, ty) => format!("CAST({} AS {ty})", inner.sql()),
            Self::Call(name, args) if args.is_empty() && is_keyword_call(name) => {
                name.to_uppercase()
            }
            Self::Call(name, args) => {
                let args: Vec<String> = args.iter().map(Self::sql).collect();
                form(name, &args).unwrap_or_else(|| format!("{name}({})", args.join(", ")))
            }
            Self::Case(arms, otherwise) => {
                let mut text = "CASE".to_owned();
                for (when, then) in arms {
                    text += &format!(" WHEN {} THEN {}", when.sql(), then.sql());
                }
                if let Some(value) = otherwise {
                    text += &format!(" ELSE {}", value.sql());
                }
                text + " END"
            }
            Self::Lookup(lookup) => lookup.sql(),
            Self::Raw { sql, columns: _ } => sql.clone(),
        }
    }

    /// SQL text that can stand beside an operator.
    fn operand(&self) -> String {
        match self {
            Self::Not(_)
            | Self::Negate(_)
            | Self::Binary(..)
            | Self::IsNull(..)
            | Self::Raw { .. } => format!("({})", self.sql()),
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Column(_)
            | Self::Cast(..)
            | Self::Call(..)
            | Self::Lookup(_)
            | Self::Case(..) => self.sql(),
        }
    }

    /// The columns of the row that the expression reads.
    pub fn columns(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.visit(&mut |expr| match expr {
            Self::Column(name) => {
                found.insert(name.clone());
            }
            Self::Raw { sql: _, columns } => found.extend(columns.iter().cloned()),
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Not(_)
            | Self::Negate(_)
            | Self::Binary(..)
            | Self::IsNull(..)
            | Self::Cast(..)
            | Self::Call(..)
            | Self::Lookup(_)
            | Self::Case(..) => {}
        });
        found
    }

    /// The rows of other tables that it looks up.
    pub fn lookups(&self) -> Vec<&Lookup> {
        let mut found = Vec::new();
        self.collect_lookups(&mut found);
        found
    }

    fn collect_lookups<'a>(&'a self, found: &mut Vec<&'a Lookup>) {
        match self {
            Self::Lookup(lookup) => {
                found.push(lookup);
                lookup.key.iter().for_each(|(_, x)| x.collect_lookups(found));
            }
            Self::Not(x) | Self::Negate(x) | Self::IsNull(x, _) | Self::Cast(x, _) => {
                x.collect_lookups(found);
            }
            Self::Binary(x, _, y) => {
                x.collect_lookups(found);
                y.collect_lookups(found);
            }
            Self::Call(_, args) => args.iter().for_each(|x| x.collect_lookups(found)),
            Self::Case(arms, otherwise) => {
                for (when, then) in arms {
                    when.collect_lookups(found);
                    then.collect_lookups(found);
                }
                if let Some(x) = otherwise {
                    x.collect_lookups(found);
                }
            }
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Column(_)
            | Self::Raw { .. } => {}
        }
    }

    /// Whether it is NULL, of whatever type.
    pub fn always_null(&self) -> bool {
        *self.uncast() == Self::Null
    }

    /// What is cast, however often; itself where nothing is.
    pub fn uncast(&self) -> &Self {
        if let Self::Cast(inner, _) = self { inner.uncast() } else { self }
    }

    /// Calls `f` on the expression and everything in it, outermost first.
    pub fn visit(&self, f: &mut dyn FnMut(&Self)) {
        f(self);
        match self {
            Self::Not(x) | Self::Negate(x) | Self::IsNull(x, _) | Self::Cast(x, _) => x.visit(f),
            Self::Binary(x, _, y) => {
                x.visit(f);
                y.visit(f);
            }
            Self::Call(_, args) => args.iter().for_each(|x| x.visit(f)),
            Self::Lookup(lookup) => lookup.key.iter().for_each(|(_, x)| x.visit(f)),
            Self::Case(arms, otherwise) => {
                for (when, then) in arms {
                    when.visit(f);
                    then.visit(f);
                }
                if let Some(x) = otherwise {
                    x.visit(f);
                }
            }
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Column(_)
            | Self::Raw { .. } => {}
        }
    }

    /// The expression with column `from` read as `to`, in raw text too.
    #[must_use]
    pub fn rename_column(&self, from: &str, to: &str) -> Self {
        let mut renamed = self.with_column(from, &Self::column(to));
        renamed.visit_mut(&mut |expr| {
            if let Self::Raw { sql, columns } = expr {
                *sql = rename_in_text(sql, from, to);
                for column in columns.iter_mut().filter(|c| *c == from) {
                    to.clone_into(column);
                }
            }
        });
        renamed
    }

    /// Calls `f` on everything in the expression and then on itself: what `f` puts in is not
    /// visited again.
    pub(crate) fn visit_mut(&mut self, f: &mut dyn FnMut(&mut Self)) {
        match self {
            Self::Not(x) | Self::Negate(x) | Self::IsNull(x, _) | Self::Cast(x, _) => {
                x.visit_mut(f);
            }
            Self::Binary(x, _, y) => {
                x.visit_mut(f);
                y.visit_mut(f);
            }
            Self::Call(_, args) => args.iter_mut().for_each(|x| x.visit_mut(f)),
            Self::Lookup(lookup) => lookup.key.iter_mut().for_each(|(_, x)| x.visit_mut(f)),
            Self::Case(arms, otherwise) => {
                for (when, then) in arms {
                    when.visit_mut(f);
                    then.visit_mut(f);
                }
                if let Some(x) = otherwise {
                    x.visit_mut(f);
                }
            }
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Column(_)
            | Self::Raw { .. } => {}
        }
        f(self);
    }

    /// The expression with column `name` read as `value`.
    #[must_use]
    pub fn with_column(&self, name: &str, value: &Self) -> Self {
        let mut changed = self.clone();
        changed.visit_mut(&mut |expr| {
            if matches!(expr, Self::Column(column) if column == name) {
                expr.clone_from(value);
            }
        });
        changed
    }

    /// How stable the expression's value is: decides whether `ADD COLUMN … DEFAULT` rewrites.
    pub fn volatility(&self) -> Volatility {
        let mut worst = Volatility::Immutable;
        self.visit(&mut |expr| {
            let here = match expr {
                Self::Call(name, _) => function_volatility(name),
                Self::Raw { .. } | Self::Lookup(_) => Volatility::Volatile,
                Self::Null
                | Self::Bool(_)
                | Self::Number(_)
                | Self::Text(_)
                | Self::Column(_)
                | Self::Not(_)
                | Self::Negate(_)
                | Self::Binary(..)
                | Self::IsNull(..)
                | Self::Cast(..)
                | Self::Case(..) => Volatility::Immutable,
            };
            worst = worst.max(here);
        });
        worst
    }
}

/// PostgreSQL's volatility categories ("Function Volatility Categories" in the manual).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    /// Same arguments, same result, for ever.
    Immutable,
    /// The same within one statement (and, for `now()`, one transaction).
    Stable,
    /// May differ for every row. What is not known counts as volatile.
    Volatile,
}

fn is_keyword_call(name: &str) -> bool {
    matches!(
        name,
        "current_timestamp"
            | "current_date"
            | "current_time"
            | "localtime"
            | "localtimestamp"
            | "current_user"
            | "session_user"
            | "current_catalog"
            | "current_schema"
    )
}

/// The function behind a call's name: of the forms that SQL has words for, the one of its name and order
/// of arguments that means the same.
pub fn plain_name(name: &str) -> &str {
    match name {
        "trim" => "btrim",
        "trim leading" => "ltrim",
        "trim trailing" => "rtrim",
        "substring from" => "substring",
        "position in" => "strpos",
        other => other,
    }
}

/// A call in SQL's own words; none where its name and commas are all.
fn form(name: &str, args: &[String]) -> Option<String> {
    match (name, args) {
        ("trim leading", [text]) => Some(format!("trim(LEADING FROM {text})")),
        ("trim leading", [text, what]) => Some(format!("trim(LEADING {what} FROM {text})")),
        ("trim trailing", [text]) => Some(format!("trim(TRAILING FROM {text})")),
        ("trim trailing", [text, what]) => Some(format!("trim(TRAILING {what} FROM {text})")),
        ("substring from", [text, from]) => Some(format!("substring({text} FROM {from})")),
        ("substring from", [text, from, length]) => {
            Some(format!("substring({text} FROM {from} FOR {length})"))
        }
        ("position in", [text, what]) => Some(format!("position(({what}) IN ({text}))")),
        _ => None,
    }
}

/// `pg_proc.provolatile` of the built-in functions that turn up in defaults and conversions.
/// Anything else is volatile: the planner then avoids a rewrite that might not have happened,
/// never the reverse.
fn function_volatility(name: &str) -> Volatility {
    match plain_name(name.strip_prefix("pg_catalog.").unwrap_or(name)) {
        "now"
        | "transaction_timestamp"
        | "statement_timestamp"
        | "current_setting"
        | "to_char"
        | "to_date"
        | "to_timestamp"
        | "date_trunc"
        | "age"
        | "concat"
        | "concat_ws"
        | "format" => Volatility::Stable,
        "lower" | "upper" | "initcap" | "btrim" | "ltrim" | "rtrim" | "length" | "char_length"
        | "substr" | "substring" | "left" | "right" | "replace" | "split_part" | "position"
        | "strpos" | "coalesce" | "nullif" | "greatest" | "least" | "abs" | "round" | "floor"
        | "ceil" | "md5" | "lpad" | "rpad" | "reverse" | "repeat" | "translate"
        | "regexp_replace" | "array_length" | "jsonb_build_object" | "json_build_object"
        | "make_interval" | "make_date" => Volatility::Immutable,
        other if is_keyword_call(other) => Volatility::Stable,
        _ => Volatility::Volatile,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_operators_keep_their_grouping() {
        let sum = Expr::column("a").op("+", Expr::Number("1".into()));
        assert_eq!(sum.clone().op("*", Expr::column("b")).sql(), "(a + 1) * b");
        assert_eq!(sum.is_not_null().sql(), "(a + 1) IS NOT NULL");
    }

    #[test]
    fn renaming_reaches_into_raw_text() {
        let raw = Expr::Raw { sql: "a ~ 'a' AND a(b)".into(), columns: vec!["a".into()] };
        assert_eq!(raw.rename_column("a", "c").sql(), "c ~ 'a' AND a(b)");
    }

    #[test]
    fn unknown_functions_are_volatile() {
        assert_eq!(Expr::Call("my_fn".into(), vec![]).volatility(), Volatility::Volatile);
        assert_eq!(Expr::Call("now".into(), vec![]).volatility(), Volatility::Stable);
    }
}

//! Values into types as PostgreSQL takes them: text as a client sends it, casts, assignments to a
//! column. What is surely wrong is refused in the server's words; what is not surely right becomes a
//! term. Must not know expressions.

use std::ops::RangeInclusive;

use planner::op::effect::Refusal;
use planner::sql_type::SqlType;

use crate::model::{Answer, refusal};
use crate::value::Value;

/// A text that a client sends for a type.
pub(crate) fn input(text: &str, ty: &SqlType) -> Answer<Value> {
    let base = ty.base();
    let bad = |code: &'static str| {
        // A type without time zone goes by its short name here.
        let short = base.strip_suffix(" without time zone").unwrap_or(&base);
        Err(refusal(code, format!("invalid input syntax for type {short}: \"{text}\"")))
    };
    if let Some(range) = range(&base) {
        return match whole(text) {
            Whole::Number(number) if range.contains(&number) => Ok(Value::Int(number)),
            Whole::Number(_) | Whole::TooBig => {
                Err(refusal("22003", format!("value \"{text}\" is out of range for type {base}")))
            }
            Whole::No => bad("22P02"),
        };
    }
    match base.as_str() {
        "text" | "character varying" | "character" => fitted(text, ty),
        "boolean" => match truth_word(text) {
            Some(value) => Ok(Value::Bool(value)),
            None => bad("22P02"),
        },
        "numeric" | "real" | "double precision" => match (whole(text), is_decimal(text)) {
            (Whole::Number(number), _) => Ok(Value::Int(number)),
            (Whole::TooBig | Whole::No, true) => Ok(term(text, ty)),
            (_, false) => bad("22P02"),
        },
        "uuid" if is_uuid(text) => Ok(Value::Text(text.to_owned())),
        "uuid" if text.chars().filter(char::is_ascii_hexdigit).count() == 32 => Ok(term(text, ty)),
        "uuid" => bad("22P02"),
        "date" if is_date(text) => Ok(Value::Text(text.to_owned())),
        "timestamp without time zone" if is_timestamp(text) => Ok(Value::Text(text.to_owned())),
        "timestamp without time zone" if is_date(text) => Ok(Value::Text(midnight(text))),
        // In a session whose time zone is UTC.
        "timestamp with time zone" if is_date(text) => Ok(Value::Text(midnight(text) + ZONE)),
        "timestamp with time zone" if is_timestamp(bare(text)) => {
            Ok(Value::Text(bare(text).to_owned() + ZONE))
        }
        "date" | "timestamp without time zone" | "timestamp with time zone" => {
            if text.chars().any(|c| c.is_ascii_digit()) || is_moment(text) {
                Ok(term(text, ty))
            } else {
                bad("22007")
            }
        }
        "json" | "jsonb" if !begins_json(text) => {
            Err(refusal("22P02", "invalid input syntax for type json".to_owned()))
        }
        // Types that are only compared.
        _ => Ok(Value::Text(text.to_owned())),
    }
}

/// `CAST(value AS type)`.
pub(crate) fn cast(value: Value, ty: &SqlType) -> Answer<Value> {
    let base = ty.base();
    match (value, base.as_str()) {
        (value @ (Value::Null | Value::Term(..)), _) => Ok(value),
        (Value::Int(number), _) if range(&base).is_some() => within(number, &base),
        (Value::Bool(value), "integer") => Ok(Value::Int(i64::from(value))),
        (Value::Int(number), "boolean") => Ok(Value::Bool(number != 0)),
        (Value::Int(number), "numeric" | "real" | "double precision") => Ok(Value::Int(number)),
        (Value::Bool(value), "boolean") => Ok(Value::Bool(value)),
        (Value::Bool(_), to) if is_builtin(to) && !is_text(to) => {
            Err(refusal("42846", format!("cannot cast type boolean to {to}")))
        }
        (Value::Int(_), to) if is_builtin(to) && !is_text(to) => {
            Err(refusal("42846", format!("cannot cast type integer to {to}")))
        }
        (value, "character varying" | "character") => {
            Ok(Value::Text(shortened(&value.text().unwrap_or_default(), ty)))
        }
        // A date of a moment, and the moment at which a date begins.
        (Value::Text(text), "date") if is_timestamp(&text) => {
            Ok(Value::Text(text.chars().take(10).collect()))
        }
        (Value::Text(text), "timestamp without time zone") if is_date(&text) => {
            Ok(Value::Text(midnight(&text)))
        }
        (value, _) => match value.text() {
            Some(text) => input(&text, ty),
            None => Ok(value),
        },
    }
}

/// The value as a column of the type takes it: too long a text is not cut, but for spaces at its end.
pub(crate) fn assign(value: Value, ty: &SqlType) -> Answer<Value> {
    match &value {
        Value::Text(text) if matches!(ty.base().as_str(), "character varying" | "character") => {
            fitted(text, ty)
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::Term(..) => {
            cast(value, ty)
        }
    }
}

/// Whether ALTER COLUMN … TYPE finds a cast without USING.
pub(crate) fn is_assignable(from: &SqlType, to: &SqlType) -> bool {
    let (from, to) = (from.base(), to.base());
    let among = |set: &[&str], base: &str| set.contains(&base);
    let numbers = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];
    let moments = ["date", "timestamp without time zone", "timestamp with time zone"];
    let known = [numbers.as_slice(), &moments, &["boolean", "uuid", "json", "jsonb"]];
    let is_known = |base: &str| is_text(base) || known.iter().any(|set| among(set, base));
    from == to
        || is_text(&to)
        || !is_known(&from)
        || !is_known(&to)
        || (among(&numbers, &from) && among(&numbers, &to))
        || (among(&moments, &from) && among(&moments, &to))
        || (among(&["json", "jsonb"], &from) && among(&["json", "jsonb"], &to))
}

fn term(text: &str, ty: &SqlType) -> Value {
    Value::Term(ty.to_string(), vec![Value::Text(text.to_owned())])
}

fn range(base: &str) -> Option<RangeInclusive<i64>> {
    Some(match base {
        "smallint" => i64::from(i16::MIN)..=i64::from(i16::MAX),
        "integer" => i64::from(i32::MIN)..=i64::from(i32::MAX),
        "bigint" => i64::MIN..=i64::MAX,
        _ => return None,
    })
}

fn within(number: i64, base: &str) -> Answer<Value> {
    match range(base) {
        Some(range) if !range.contains(&number) => {
            Err(Refusal { sqlstate: "22003", message: format!("{base} out of range") })
        }
        _ => Ok(Value::Int(number)),
    }
}

enum Whole {
    Number(i64),
    TooBig,
    No,
}

/// A whole number as the server reads one: blanks around it, a sign, digits.
fn whole(text: &str) -> Whole {
    let bare = text.trim_matches([' ', '\t', '\n', '\r']);
    let digits = bare.strip_prefix(['-', '+']).unwrap_or(bare);
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
        return Whole::No;
    }
    bare.parse().map_or(Whole::TooBig, Whole::Number)
}

fn is_text(base: &str) -> bool {
    matches!(base, "text" | "character varying" | "character" | "name")
}

fn is_builtin(base: &str) -> bool {
    let others = ["uuid", "date", "json", "jsonb", "bytea", "boolean", "numeric", "real"];
    range(base).is_some()
        || is_text(base)
        || others.contains(&base)
        || base == "double precision"
        || base.starts_with("time")
}

fn begins_json(text: &str) -> bool {
    let first = text.trim_start().chars().next();
    first.is_some_and(|c| "{[\"tfn-".contains(c) || c.is_ascii_digit())
}

fn is_decimal(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok()
}

/// The words for true and false, each as short as it is clear.
fn truth_word(text: &str) -> Option<bool> {
    let word = text.trim().to_ascii_lowercase();
    let begins = |whole: &str, least: usize| word.len() >= least && whole.starts_with(&word);
    if begins("true", 1) || begins("yes", 1) || word == "on" || word == "1" {
        Some(true)
    } else if begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0" {
        Some(false)
    } else {
        None
    }
}

/// A text in a column of a length.
fn fitted(text: &str, ty: &SqlType) -> Answer<Value> {
    let cut = shortened(text, ty);
    let lost = text.strip_prefix(cut.as_str()).unwrap_or_default();
    if lost.chars().all(|c| c == ' ') {
        return Ok(Value::Text(cut));
    }
    Err(refusal("22001", format!("value too long for type {ty}")))
}

fn shortened(text: &str, ty: &SqlType) -> String {
    match ty.args().first() {
        Some(length) if ty.base() != "text" => {
            text.chars().take(usize::try_from(*length).unwrap_or(usize::MAX)).collect()
        }
        _ => text.to_owned(),
    }
}

/// As the server prints one.
fn is_uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    let hex = |c: char| c == '-' || c.is_ascii_digit() || ('a'..='f').contains(&c);
    parts == [8, 4, 4, 4, 12] && text.chars().all(hex)
}

/// `2024-01-31`, of a month that has the day.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |text: &str, digits: usize| {
        let all = text.len() == digits && text.chars().all(|c| c.is_ascii_digit());
        all.then(|| text.parse::<u32>().ok()).flatten()
    };
    match (number(year, 4), number(month, 2), number(day, 2)) {
        (Some(1..), Some(1..=12), Some(day)) => (1..=28).contains(&day),
        _ => false,
    }
}

/// `2024-01-31 10:00:00`.
fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = text.split_once(' ') else { return false };
    let parts: Vec<&str> = time.split(':').collect();
    let below = |text: &str, limit: u32| {
        text.len() == 2 && text.parse::<u32>().is_ok_and(|number| number < limit)
    };
    match parts.as_slice() {
        [h, m, s] => is_date(date) && below(h, 24) && below(m, 60) && below(s, 60),
        _ => false,
    }
}

const ZONE: &str = "+00";

/// A moment without its zone.
fn bare(text: &str) -> &str {
    text.strip_suffix(ZONE).unwrap_or(text)
}

fn midnight(date: &str) -> String {
    format!("{date} 00:00:00")
}

/// Two texts as they are compared: of two moments that are not told alike (a literal beside a column),
/// both as the longer one.
pub(crate) fn told_alike(a: &str, b: &str) -> (String, String) {
    let is_moment = |text: &str| is_date(text) || is_timestamp(bare(text));
    let whole = |text: &str| {
        if is_date(text) { midnight(text) } else { bare(text).to_owned() }
    };
    if a.len() != b.len() && is_moment(a) && is_moment(b) {
        return (whole(a), whole(b));
    }
    (a.to_owned(), b.to_owned())
}

/// The words that the server takes for a moment.
fn is_moment(text: &str) -> bool {
    const WORDS: [&str; 8] =
        ["now", "today", "tomorrow", "yesterday", "epoch", "infinity", "-infinity", "allballs"];
    WORDS.contains(&text.trim().to_ascii_lowercase().as_str())
}

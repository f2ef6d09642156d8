//! Whether a literal is a value of a type, by the type's input function. Says "cannot tell" rather
//! than guess. Must not know statements.

use super::types::{Type, Types};

/// What is known of a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Literal {
    /// A value of the type.
    Fine,
    /// The server refuses it: SQLSTATE and message.
    Bad(&'static str, String),
    /// It cannot be told here.
    Unsure,
}

use Literal::{Bad, Fine, Unsure};

/// Looks at a literal. `name` is the type as messages print it.
pub(crate) fn check(types: &Types, ty: Type, name: &str, text: &str) -> Literal {
    let base = types.base(ty);
    if let Some(labels) = types.labels(base) {
        return if labels.iter().any(|label| label == text) {
            Fine
        } else {
            Bad("22P02", format!("invalid input value for enum {name}: \"{text}\""))
        };
    }
    if let Some(element) = base.element() {
        return array(types, element, text);
    }
    let trimmed = text.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    match base {
        Type::UNKNOWN | Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR => Fine,
        Type::BOOL => boolean(trimmed, text),
        Type::INT2 => integer(trimmed, text, name, i64::from(i16::MIN)..=i64::from(i16::MAX)),
        Type::INT4 => integer(trimmed, text, name, i64::from(i32::MIN)..=i64::from(i32::MAX)),
        Type::INT8 => integer(trimmed, text, name, i64::MIN..=i64::MAX),
        Type::NUMERIC | Type::FLOAT4 | Type::FLOAT8 => number(trimmed, text, name),
        Type::UUID => uuid(text),
        Type::JSON | Type::JSONB => json(text),
        Type::BYTEA if !text.contains('\\') => Fine,
        Type::DATE | Type::TIMESTAMPTZ => moment(trimmed, text, name),
        Type::TIMESTAMP => moment(trimmed, text, "timestamp"),
        Type::TIME => clock(trimmed, text),
        Type::INTERVAL => interval(trimmed, text),
        Type::INET if is_ipv4(trimmed) => Fine,
        Type::INET if !text.contains(['.', ':', '/']) => syntax(name, text),
        _ => Unsure,
    }
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

/// Dates and times have an error of their own.
fn no_moment(name: &str, text: &str) -> Literal {
    Bad("22007", format!("invalid input syntax for type {name}: \"{text}\""))
}

fn syntax(name: &str, text: &str) -> Literal {
    Bad("22P02", format!("invalid input syntax for type {name}: \"{text}\""))
}

/// Unique beginnings of true, false, yes, no, on, off; 1 and 0.
fn boolean(trimmed: &str, text: &str) -> Literal {
    let lower = trimmed.to_ascii_lowercase();
    let known = ["true", "false", "yes", "no"].iter().any(|word| word.starts_with(&lower))
        || matches!(lower.as_str(), "on" | "of" | "off" | "1" | "0");
    if known && !lower.is_empty() { Fine } else { syntax("boolean", text) }
}

fn integer(trimmed: &str, text: &str, name: &str, range: std::ops::RangeInclusive<i64>) -> Literal {
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        // `0x1F` and `1_000` are numbers from 16 on.
        let new = digits.starts_with('0') || digits.contains('_');
        return if new { Unsure } else { syntax(name, text) };
    }
    match trimmed.trim_start_matches('+').parse::<i64>() {
        Ok(value) if range.contains(&value) => Fine,
        Ok(_) | Err(_) => Bad("22003", format!("value \"{text}\" is out of range for type {name}")),
    }
}

fn number(trimmed: &str, text: &str, name: &str) -> Literal {
    let lower = trimmed.to_ascii_lowercase();
    let unsigned = lower.strip_prefix(['-', '+']).unwrap_or(&lower);
    if matches!(unsigned, "nan" | "infinity" | "inf") {
        return Fine;
    }
    let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let plain = digits(whole) && digits(part) && digits(exponent) && !exponent.is_empty();
    if plain && !(whole.is_empty() && part.is_empty()) {
        // Large exponents are out of some ranges.
        return if exponent.len() < 3 && whole.len() < 30 { Fine } else { Unsure };
    }
    let strange = unsigned.contains(['_', 'x', 'o', 'b'])
        && unsigned.starts_with(|c: char| c.is_ascii_digit());
    if strange { Unsure } else { syntax(name, text) }
}

fn uuid(text: &str) -> Literal {
    let inner = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
    let digits: String = inner.chars().filter(|c| *c != '-').collect();
    let plain = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let usual = inner.len() == 32 || inner.match_indices('-').map(|(at, _)| at).eq([8, 13, 18, 23]);
    match (plain, usual) {
        (true, true) => Fine,
        (true, false) => Unsure,
        (false, _) => syntax("uuid", text),
    }
}

fn json(text: &str) -> Literal {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) if text.contains("\\u") => Unsure,
        Ok(_) => Fine,
        Err(_) => Bad("22P02", "invalid input syntax for type json".to_owned()),
    }
}

/// `2020-01-31`, `2020-01-31 12:00:00.5+02`, and the words that stand for moments.
fn moment(trimmed: &str, text: &str, name: &str) -> Literal {
    let lower = trimmed.to_ascii_lowercase();
    if matches!(
        lower.as_str(),
        "now" | "today" | "tomorrow" | "yesterday" | "epoch" | "infinity" | "-infinity"
    ) {
        return Fine;
    }
    if (!has_digit(text) || lower.len() == 1) && !lower.contains(char::is_whitespace) {
        return no_moment(name, text);
    }
    let (day, time) = match lower.split_once(['t', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (lower.as_str(), None),
    };
    if is_day(day) && time.is_none_or(is_time) { Fine } else { Unsure }
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |text: &str, n: usize| {
        (text.len() == n && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse::<u32>().unwrap_or(0))
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let n_days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    year > 0 && (1..=n_days).contains(&day)
}

/// `12:00`, `12:00:00.123`, a zone after it.
fn is_time(text: &str) -> bool {
    let clock_end = text.find(['+', '-', 'z', ' ']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(clock_end);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let two = |text: &str, most: u32| {
        text.len() == 2 && text.parse::<u32>().is_ok_and(|value| value <= most)
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let is_clock = match parts.as_slice() {
        [hour, minute] => two(hour, 23) && two(minute, 59),
        [hour, minute, second] => two(hour, 23) && two(minute, 59) && two(second, 59),
        _ => false,
    };
    let zone = zone.trim();
    let offset = zone.strip_prefix(['+', '-']).unwrap_or("00");
    let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
    let is_zone = (zone.is_empty() || zone == "z" || zone.starts_with(['+', '-']))
        && two(hours, 14)
        && two(minutes, 59);
    is_clock && is_zone && fraction.bytes().all(|b| b.is_ascii_digit())
}

fn clock(trimmed: &str, text: &str) -> Literal {
    match trimmed.to_ascii_lowercase().as_str() {
        "now" | "allballs" => Fine,
        lower if is_time(lower) => Fine,
        lower
            if (!has_digit(lower) || lower.len() == 1) && !lower.contains(char::is_whitespace) =>
        {
            no_moment("time", text)
        }
        _ => Unsure,
    }
}

/// `1 day`, `2 hours 30 minutes`, `01:30:00`.
fn interval(trimmed: &str, text: &str) -> Literal {
    const UNITS: &[&str] = &["second", "minute", "hour", "day", "week", "month", "year"];
    let seconds = trimmed.bytes().all(|b| b.is_ascii_digit()) && (1..7).contains(&trimmed.len());
    if is_time(trimmed) || seconds {
        return Fine;
    }
    let lower = trimmed.to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let pair = |pair: &[&str]| match pair {
        [number, unit] => {
            let unsigned = number.strip_prefix('-').unwrap_or(number);
            !unsigned.is_empty()
                && unsigned.len() < 7
                && unsigned.bytes().all(|b| b.is_ascii_digit())
                && UNITS.contains(&unit.strip_suffix('s').unwrap_or(unit))
        }
        _ => false,
    };
    if !words.is_empty() && words.chunks(2).all(pair) {
        return Fine;
    }
    // A unit alone, `ago` and `infinity` are no nonsense.
    let may_mean = |word: &&str| {
        UNITS.iter().any(|unit| word.starts_with(unit)) || word.contains("inf") || *word == "ago"
    };
    let nonsense = !has_digit(text) && !words.iter().any(may_mean);
    if nonsense { no_moment("interval", text) } else { Unsure }
}

fn is_ipv4(text: &str) -> bool {
    let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
    let parts: Vec<&str> = address.split('.').collect();
    let byte = |text: &&str| text.parse::<u8>().is_ok();
    parts.len() == 4 && parts.iter().all(byte) && bits.parse::<u8>().is_ok_and(|n| n <= 32)
}

/// `{a,b}` without quotes and arrays in it.
fn array(types: &Types, element: Type, text: &str) -> Literal {
    let Some(inner) = text.trim().strip_prefix('{').and_then(|t| t.strip_suffix('}')) else {
        // `[0:1]={…}` begins otherwise, and is rare.
        let empty = text.trim().is_empty() || !text.trim().starts_with(['{', '[']);
        return if empty {
            Bad("22P02", format!("malformed array literal: \"{text}\""))
        } else {
            Unsure
        };
    };
    if inner.trim().is_empty() {
        return Fine;
    }
    if inner.contains(['"', '{', '}', '\\']) {
        return Unsure;
    }
    let mut parts = inner.split(',').map(str::trim);
    if parts.clone().any(str::is_empty) {
        return Unsure;
    }
    let name = types.format(types.base(element), &[]);
    parts
        .find_map(|part| {
            let is_null = part.eq_ignore_ascii_case("null");
            let found = if is_null { Fine } else { check(types, element, &name, part) };
            (found != Fine).then_some(found)
        })
        .unwrap_or(Fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(ty: &str, text: &str) -> &'static str {
        let types = Types::default();
        let ty = Type::of(ty).unwrap();
        let name = types.format(ty, &[]);
        match check(&types, ty, &name, text) {
            Fine => "fine",
            Bad(sqlstate, _) => sqlstate,
            Unsure => "unsure",
        }
    }

    #[test]
    fn literals_are_judged_by_their_type() {
        for (ty, text, expected) in [
            ("int4", " 42 ", "fine"),
            ("int4", "abc", "22P02"),
            ("int4", "", "22P02"),
            ("int4", "4.5", "22P02"),
            ("int4", "99999999999", "22003"),
            ("int4", "0x10", "unsure"),
            ("int8", "99999999999", "fine"),
            ("numeric", "1.5e3", "fine"),
            ("numeric", "x", "22P02"),
            ("float8", "NaN", "fine"),
            ("bool", "t", "fine"),
            ("bool", "maybe", "22P02"),
            ("uuid", "6a2f41a3-c54c-fce8-32d2-0324e1c32e22", "fine"),
            ("uuid", "x", "22P02"),
            ("json", "{\"a\": 1}", "fine"),
            ("jsonb", "{a", "22P02"),
            ("date", "2020-02-29", "fine"),
            ("date", "2021-02-29", "unsure"),
            ("date", "hello", "22007"),
            ("timestamptz", "2020-01-01T10:00:00Z", "fine"),
            ("timestamptz", "2020-01-01 10:00:00.5+02:00", "fine"),
            ("timestamp", "now", "fine"),
            ("interval", "2 hours 1 minute", "fine"),
            ("interval", "P1Y", "unsure"),
            ("text[]", "{a,b}", "fine"),
            ("int4[]", "{1,x}", "22P02"),
            ("int4[]", "1", "22P02"),
            ("text", "anything", "fine"),
            ("inet", "10.0.0.1/8", "fine"),
            ("tsquery", "a & b", "unsure"),
        ] {
            assert_eq!(verdict(ty, text), expected, "{ty} {text}");
        }
    }
}

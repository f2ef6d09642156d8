//! SQL expressions over one row, as PostgreSQL evaluates them: three-valued logic, casts that can
//! fail, the functions that conversions use. What is not known becomes a term. Knows no rows.

use planner::expr::{Expr, Lookup, plain_name};
use planner::op::effect::Refusal;

use crate::model::{Answer, refusal};
use crate::types::{cast, told_alike};
use crate::value::Value;

/// Looks a column up.
pub(crate) type Row<'a> = &'a dyn Fn(&str) -> Value;

/// Looks a row of another table up: the lookup, and the values of its key.
pub(crate) type Find<'a> = &'a dyn Fn(&Lookup, &[Value]) -> Value;

/// Where there is no other table to look into.
pub(crate) const NOWHERE: Find<'static> = &|_, _| Value::Null;

/// The bare name of the partition that takes a row.
pub(crate) type Part<'a> = &'a dyn Fn(&[Value]) -> Option<String>;

/// What a write to a row needs beside the row.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    /// The table's bare name, for messages.
    pub(crate) relation: &'a str,
    /// Rows of other tables.
    pub(crate) find: Find<'a>,
    /// The number that an identity column of a new row gets; without it, a term.
    pub(crate) number: Option<&'a dyn Fn(&str) -> Value>,
    /// The bare name of the partition that takes a row, for messages; none where it is not partitioned.
    pub(crate) part: Option<Part<'a>>,
}

impl<'a> Around<'a> {
    /// No other table.
    pub(crate) fn nowhere(relation: &'a str) -> Self {
        Self { relation, find: NOWHERE, number: None, part: None }
    }

    /// Other tables.
    pub(crate) fn with(relation: &'a str, find: Find<'a>) -> Self {
        Self { relation, find, number: None, part: None }
    }
}

/// The expression's value.
///
/// # Errors
/// The refusal of a cast that the value does not survive: 22003, 22P02.
pub(crate) fn eval(expr: &Expr, row: Row<'_>) -> Result<Value, Refusal> {
    eval_around(expr, row, NOWHERE)
}

/// The same, with rows of other tables to look up.
pub(crate) fn eval_around(expr: &Expr, row: Row<'_>, find: Find<'_>) -> Result<Value, Refusal> {
    Ok(match expr {
        Expr::Null => Value::Null,
        Expr::Bool(value) => Value::Bool(*value),
        Expr::Number(digits) => match digits.parse() {
            Ok(number) => Value::Int(number),
            Err(_) => Value::Term(digits.clone(), Vec::new()),
        },
        Expr::Text(text) => Value::Text(text.clone()),
        Expr::Column(name) => row(name),
        Expr::Not(inner) => match truth(&eval_around(inner, row, find)?) {
            Some(value) => Value::Bool(!value),
            None => Value::Null,
        },
        Expr::Negate(inner) => match eval_around(inner, row, find)? {
            Value::Int(number) => {
                number.checked_neg().map_or_else(|| term("-", vec![]), Value::Int)
            }
            Value::Null => Value::Null,
            other @ (Value::Bool(_) | Value::Text(_) | Value::Term(..)) => term("-", vec![other]),
        },
        Expr::IsNull(inner, negated) => {
            Value::Bool((eval_around(inner, row, find)? == Value::Null) != *negated)
        }
        Expr::Binary(left, op, right) => {
            binary(op, eval_around(left, row, find)?, eval_around(right, row, find)?)?
        }
        Expr::Cast(inner, ty) => cast(eval_around(inner, row, find)?, ty)?,
        Expr::Call(name, args) => {
            let args = args
                .iter()
                .map(|arg| eval_around(arg, row, find))
                .collect::<Result<Vec<_>, _>>()?;
            call(name, args)?
        }
        Expr::Case(arms, otherwise) => {
            for (when, then) in arms {
                if truth(&eval_around(when, row, find)?) == Some(true) {
                    return eval_around(then, row, find);
                }
            }
            match otherwise {
                Some(value) => eval_around(value, row, find)?,
                None => Value::Null,
            }
        }
        Expr::Lookup(lookup) => {
            let key = lookup.key.iter().map(|(_, value)| eval_around(value, row, find));
            find(lookup, &key.collect::<Result<Vec<_>, _>>()?)
        }
        Expr::Raw { sql, columns } => term(sql, columns.iter().map(|c| row(c)).collect()),
    })
}

/// Whether a condition is true, false or unknown. A term counts as true: nothing is known against
/// it, and the model says that it was not interpreted.
pub(crate) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Null => None,
        Value::Bool(value) => Some(*value),
        Value::Int(_) | Value::Text(_) | Value::Term(..) => Some(true),
    }
}

fn term(name: &str, args: Vec<Value>) -> Value {
    Value::Term(name.to_owned(), args)
}

fn binary(op: &str, left: Value, right: Value) -> Answer<Value> {
    match op {
        "IS DISTINCT FROM" => return Ok(Value::Bool(!left.same(&right))),
        "IS NOT DISTINCT FROM" => return Ok(Value::Bool(left.same(&right))),
        "AND" => {
            return Ok(match (truth(&left), truth(&right)) {
                (Some(false), _) | (_, Some(false)) => Value::Bool(false),
                (Some(true), Some(true)) => Value::Bool(true),
                (None, _) | (_, None) => Value::Null,
            });
        }
        "OR" => {
            return Ok(match (truth(&left), truth(&right)) {
                (Some(true), _) | (_, Some(true)) => Value::Bool(true),
                (Some(false), Some(false)) => Value::Bool(false),
                (None, _) | (_, None) => Value::Null,
            });
        }
        _ => {}
    }
    if left == Value::Null || right == Value::Null {
        return Ok(Value::Null);
    }
    Ok(match op {
        "=" => Value::Bool(equal(&left, &right)),
        "<>" | "!=" => Value::Bool(!equal(&left, &right)),
        "||" => match (left.text(), right.text()) {
            (Some(a), Some(b)) => Value::Text(a + &b),
            _ => term("||", vec![left, right]),
        },
        "<" | "<=" | ">" | ">=" => compare(op, &left, &right),
        "+" | "-" | "*" | "/" | "%" => return arithmetic(op, left, right),
        "->" | "->>" => member(op, &left, &right).unwrap_or_else(|| term(op, vec![left, right])),
        _ => term(op, vec![left, right]),
    })
}

/// The value of a key of an object that was built here; `None` of one that is not interpreted.
fn member(op: &str, object: &Value, key: &Value) -> Option<Value> {
    let Value::Term(name, args) = object else { return None };
    if !is_object(name) {
        return None;
    }
    let found = args.chunks_exact(2).find(|pair| pair[0].same(key)).map(|pair| pair[1].clone());
    let value = found.unwrap_or(Value::Null);
    Some(match (op, value.text()) {
        ("->>", Some(text)) => Value::Text(text),
        _ => value,
    })
}

fn is_object(name: &str) -> bool {
    matches!(name, "jsonb_build_object" | "json_build_object")
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Text(a), Value::Text(b)) if a.len() != b.len() => {
            let (a, b) = told_alike(a, b);
            a == b
        }
        _ => left.same(right),
    }
}

fn compare(op: &str, left: &Value, right: &Value) -> Value {
    let order = match (left, right) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => {
            let (a, b) = told_alike(a, b);
            a.cmp(&b)
        }
        _ => return term(op, vec![left.clone(), right.clone()]),
    };
    Value::Bool(match op {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    })
}

fn arithmetic(op: &str, left: Value, right: Value) -> Answer<Value> {
    let (Value::Int(a), Value::Int(b)) = (&left, &right) else {
        return Ok(term(op, vec![left, right]));
    };
    if *b == 0 && (op == "/" || op == "%") {
        return Err(refusal("22012", "division by zero".to_owned()));
    }
    let result = match op {
        "+" => a.checked_add(*b),
        "-" => a.checked_sub(*b),
        "*" => a.checked_mul(*b),
        "/" => a.checked_div(*b),
        _ => a.checked_rem(*b),
    };
    Ok(result.map_or_else(|| term(op, vec![left, right]), Value::Int))
}

fn call(name: &str, args: Vec<Value>) -> Answer<Value> {
    match name {
        "coalesce" => {
            return Ok(args.into_iter().find(|a| *a != Value::Null).unwrap_or(Value::Null));
        }
        "concat" => return Ok(Value::Text(args.iter().filter_map(Value::text).collect())),
        "concat_ws" => return Ok(concat_ws(&args)),
        name if is_object(name) => return Ok(term(name, args)),
        // A NULL on either side is never equal to the other.
        "nullif" if args.get(1) == Some(&Value::Null) => return Ok(args[0].clone()),
        _ => {}
    }
    if args.contains(&Value::Null) {
        return Ok(Value::Null);
    }
    let texts: Vec<String> = args.iter().filter_map(Value::text).collect();
    let known = match (plain_name(name), texts.as_slice()) {
        ("lower", [a]) => Some(Value::Text(a.to_lowercase())),
        ("upper", [a]) => Some(Value::Text(a.to_uppercase())),
        ("btrim", [a]) => Some(Value::Text(a.trim_matches(' ').to_owned())),
        ("ltrim", [a]) => Some(Value::Text(a.trim_start_matches(' ').to_owned())),
        ("rtrim", [a]) => Some(Value::Text(a.trim_end_matches(' ').to_owned())),
        ("length" | "char_length", [a]) => i64::try_from(a.chars().count()).ok().map(Value::Int),
        ("replace", [a, from, _]) if from.is_empty() => Some(Value::Text(a.clone())),
        ("replace", [a, from, to]) => Some(Value::Text(a.replace(from.as_str(), to))),
        ("split_part", [a, by, n]) => split_part(a, by, n)?,
        ("strpos", [a, b]) => strpos(a, b),
        ("substr" | "substring", [a, from]) => substr(a, from, None)?,
        ("substr" | "substring", [a, from, n]) => substr(a, from, Some(n))?,
        ("nullif", [a, b]) => Some(if a == b { Value::Null } else { args[0].clone() }),
        _ => None,
    };
    Ok(known.unwrap_or_else(|| Value::Term(name.to_owned(), args)))
}

fn concat_ws(args: &[Value]) -> Value {
    let Some(separator) = args.first().and_then(Value::text) else { return Value::Null };
    let parts: Vec<String> = args.iter().skip(1).filter_map(Value::text).collect();
    Value::Text(parts.join(&separator))
}

/// A part counted from the end is not interpreted: before version 14 there is none.
fn split_part(text: &str, by: &str, n: &str) -> Answer<Option<Value>> {
    if n == "0" {
        return Err(refusal("22023", "field position must not be zero".to_owned()));
    }
    let Ok(n) = n.parse::<usize>() else { return Ok(None) };
    let mut parts = text.split(by);
    let part = match by {
        "" => Some(text).filter(|_| n == 1),
        _ => parts.nth(n - 1),
    };
    Ok(Some(Value::Text(part.unwrap_or_default().to_owned())))
}

fn strpos(text: &str, wanted: &str) -> Option<Value> {
    let at = text.find(wanted).map_or(0, |at| text[..at].chars().count() + 1);
    i64::try_from(at).ok().map(Value::Int)
}

/// `substr(text, from [, n])`: positions before the first character count, but give nothing.
fn substr(text: &str, from: &str, n: Option<&String>) -> Answer<Option<Value>> {
    let number = |text: &str| text.parse::<i64>().ok();
    let (Some(from), Some(n)) = (number(from), n.map_or(Some(i64::MAX), |n| number(n))) else {
        return Ok(None);
    };
    if n < 0 {
        return Err(refusal("22011", "negative substring length not allowed".to_owned()));
    }
    let end = from.saturating_add(n);
    let kept = text.chars().zip(1_i64..).filter(|(_, at)| *at >= from && *at < end).map(|(c, _)| c);
    Ok(Some(Value::Text(kept.collect())))
}

#[cfg(test)]
mod tests {
    use planner::sql_type::SqlType;

    use super::*;

    fn check(expr: &Expr, want: Value) {
        let row = |name: &str| match name {
            "name" => Value::Text("Ada Lovelace".to_owned()),
            "n" => Value::Int(70_000),
            _ => Value::Null,
        };
        assert_eq!(eval(expr, &row), Ok(want), "{}", expr.sql());
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn conversions_evaluate_as_on_the_server() {
        let call = |name: &str, args| Expr::Call(name.to_owned(), args);
        let t = |s: &str| Expr::Text(s.to_owned());
        let n = |s: &str| Expr::Number(s.to_owned());
        check(&call("split_part", vec![Expr::column("name"), t(" "), n("2")]), text("Lovelace"));
        check(&call("split_part", vec![Expr::column("name"), t(" "), n("3")]), text(""));
        check(&call("substr", vec![Expr::column("name"), n("5")]), text("Lovelace"));
        check(&call("strpos", vec![Expr::column("name"), t(" ")]), Value::Int(4));
        check(&call("concat_ws", vec![t(" "), t("a"), Expr::Null, t("b")]), text("a b"));
        check(&Expr::column("nothing").op("||", t("x")), Value::Null);
        check(&Expr::Null.op("AND", Expr::Bool(false)), Value::Bool(false));
        check(&Expr::Null.op("IS DISTINCT FROM", Expr::Null), Value::Bool(false));
    }

    #[test]
    fn casts_fail_as_on_the_server() {
        let cast =
            |e, ty: &str| eval(&Expr::Cast(Box::new(e), SqlType::new(ty)), &|_| Value::Int(70_000));
        assert_eq!(cast(Expr::column("n"), "bigint"), Ok(Value::Int(70_000)));
        assert_eq!(cast(Expr::column("n"), "smallint").unwrap_err().sqlstate, "22003");
        assert_eq!(cast(Expr::Text("x".into()), "int").unwrap_err().sqlstate, "22P02");
    }
}

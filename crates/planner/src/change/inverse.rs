//! The way back of a reshape, where the way there tells it: texts joined by a separator, and JSON
//! objects. Anything else has to be stated. Must not know plans.

use crate::expr::Expr;
use crate::schema::Column;
use crate::sql_type::SqlType;

/// The value of a column that goes, over the columns that come.
pub(super) fn of(from: &[String], into: &[(Column, Expr)], column: &Column) -> Option<Expr> {
    match (from, into) {
        ([_], parts) => whole(parts, column),
        (several, [(joined, value)]) => {
            let member = member_of(value, &column.name, &joined.name);
            member
                .map(|member| typed(member, &column.ty))
                .or_else(|| word_of(value, several, &column.name, &joined.name))
        }
        _ => None,
    }
}

/// A column that was taken apart: an object of the keys that were read from it, or its parts with a
/// space between.
///
/// Where the column may be NULL, nothing in every part means nothing in the whole.
fn whole(parts: &[(Column, Expr)], column: &Column) -> Option<Expr> {
    let Column { name, ty, not_null, .. } = column;
    if matches!(ty.base().as_str(), "json" | "jsonb") {
        let mut args = Vec::new();
        for (part, value) in parts {
            args.push(Expr::Text(key_read(value, name)?));
            args.push(Expr::column(&part.name));
        }
        let object = Expr::Call(format!("{}_build_object", ty.base()), args);
        let some = parts.iter().map(|(part, _)| Expr::column(&part.name).is_not_null());
        let some = some.reduce(|some, other| some.op("OR", other))?;
        return Some(if *not_null { object } else { Expr::Case(vec![(some, object)], None) });
    }
    if !is_text(ty) {
        return None;
    }
    let mut args = vec![Expr::Text(" ".to_owned())];
    args.extend(parts.iter().map(|(c, _)| Expr::column(&c.name)));
    let joined = Expr::Call("concat_ws".to_owned(), args);
    let nothing = Expr::Text(String::new());
    Some(if *not_null { joined } else { Expr::Call("nullif".to_owned(), vec![joined, nothing]) })
}

/// The key of `column ->> 'key'`, cast or not.
fn key_read(value: &Expr, column: &str) -> Option<String> {
    match value {
        Expr::Cast(inner, _) => key_read(inner, column),
        Expr::Binary(object, op, key) if op == "->>" && **object == Expr::column(column) => {
            let Expr::Text(key) = &**key else { return None };
            Some(key.clone())
        }
        Expr::Call(name, args) if name == "coalesce" => key_read(args.first()?, column),
        Expr::Null
        | Expr::Bool(_)
        | Expr::Number(_)
        | Expr::Text(_)
        | Expr::Column(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::Binary(..)
        | Expr::IsNull(..)
        | Expr::Call(..)
        | Expr::Case(..)
        | Expr::Raw { .. }
        | Expr::Lookup(_) => None,
    }
}

/// `joined ->> 'key'`, where the object was built with the column under that key.
fn member_of(value: &Expr, column: &str, joined: &str) -> Option<Expr> {
    let Expr::Call(name, args) = value else { return None };
    if !matches!(name.as_str(), "json_build_object" | "jsonb_build_object") {
        return None;
    }
    let pair = args.chunks_exact(2).find(|pair| pair[1] == Expr::column(column))?;
    matches!(pair[0], Expr::Text(_)).then(|| Expr::column(joined).op("->>", pair[0].clone()))
}

/// The column's word of a text that was joined by one separator: of two, the last takes what is left.
fn word_of(value: &Expr, from: &[String], column: &str, joined: &str) -> Option<Expr> {
    let (words, separator) = joined_words(value)?;
    if words.len() != from.len() {
        return None;
    }
    let at = words.iter().position(|word| word == column)?;
    let text = |text: &str| Expr::Text(text.to_owned());
    let number = |n: usize| Expr::Number(n.to_string());
    let call = |name: &str, args: Vec<Expr>| Expr::Call(name.to_owned(), args);
    if (words.len(), at) == (2, 1) {
        let whole = Expr::column(joined);
        let ended = whole.clone().op("||", text(&separator));
        let found = call("strpos", vec![ended, text(&separator)]);
        let after = found.op("+", number(separator.chars().count()));
        return Some(call("substr", vec![whole, after]));
    }
    Some(call("split_part", vec![Expr::column(joined), text(&separator), number(at + 1)]))
}

/// Columns and the one separator between them: `a || ' ' || b`, `concat_ws(' ', a, b)`.
fn joined_words(value: &Expr) -> Option<(Vec<String>, String)> {
    if let Expr::Call(name, args) = value
        && name == "concat_ws"
    {
        let (Expr::Text(separator), words) = args.split_first()? else { return None };
        let words = words.iter().map(column_of).collect::<Option<Vec<_>>>()?;
        return (!separator.is_empty()).then(|| (words, separator.clone()));
    }
    let mut terms = Vec::new();
    concatenated(value, &mut terms);
    let mut words = Vec::new();
    let mut separator: Option<&String> = None;
    for (at, term) in terms.into_iter().enumerate() {
        match (at % 2, term) {
            (0, term) => words.push(column_of(term)?),
            (_, Expr::Text(text)) if !text.is_empty() && separator.is_none_or(|s| s == text) => {
                separator = Some(text);
            }
            _ => return None,
        }
    }
    Some((words, separator?.clone()))
}

fn concatenated<'a>(value: &'a Expr, terms: &mut Vec<&'a Expr>) {
    if let Expr::Binary(left, op, right) = value
        && op == "||"
    {
        concatenated(left, terms);
        concatenated(right, terms);
    } else {
        terms.push(value);
    }
}

/// The column that the term is, with NULL read as nothing or not.
fn column_of(term: &Expr) -> Option<String> {
    if let Expr::Column(name) = term {
        return Some(name.clone());
    }
    let Expr::Call(name, args) = term else { return None };
    match (name.as_str(), args.as_slice()) {
        ("coalesce", [Expr::Column(column), Expr::Text(_)]) => Some(column.clone()),
        _ => None,
    }
}

fn typed(value: Expr, ty: &SqlType) -> Expr {
    if is_text(ty) { value } else { Expr::Cast(Box::new(value), ty.clone()) }
}

fn is_text(ty: &SqlType) -> bool {
    matches!(
        ty.base().as_str(),
        "text" | "character varying" | "character" | "public.citext" | "citext"
    )
}

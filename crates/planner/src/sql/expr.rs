//! SQL expressions to values: the one place that calls sqlparser. What would not print as the same
//! meaning stays verbatim. Must not know statements.

use sqlparser::ast::{
    self, BinaryOperator, CaseWhen, CeilFloorKind, DateTimeField, FunctionArg, FunctionArgExpr,
    FunctionArguments, TrimWhereField, UnaryOperator,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token as ParserToken;

use super::cursor::{Cursor, is_reserved, unquote};
use super::token::{Kind, Token, tokens};
use super::types;
use crate::expr::Expr;
use crate::name::quote;
use crate::sql_type::SqlType;

/// Nesting that sqlparser may follow; beyond it an expression stays verbatim.
const MAX_DEPTH: usize = 60;
/// Tokens of an expression that is looked into: a chain of operators nests as deep as it is long.
const MAX_TOKENS: usize = 600;

/// The text is not an expression, in the parser's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotAnExpression(pub(super) String);

/// Reads an expression; `Raw` where it is not understood.
pub(super) fn read(text: &str) -> Expr {
    read_strictly(text).unwrap_or_else(|_| raw(text))
}

/// Reads an expression; an error where it is not one.
pub(super) fn read_strictly(text: &str) -> Result<Expr, NotAnExpression> {
    let text = text.trim();
    let Some(found) = tokens(text) else {
        return Err(NotAnExpression("a string or comment in it is not closed".to_owned()));
    };
    if let Some(simple) = literal(text, &found) {
        return Ok(simple);
    }
    if found.len() > MAX_TOKENS {
        return Ok(raw(text));
    }
    let parsed = Parser::new(&PostgreSqlDialect {})
        .with_recursion_limit(MAX_DEPTH)
        .try_with_sql(text)
        .and_then(|mut parser| {
            let parsed = parser.parse_expr()?;
            if parser.peek_token().token == ParserToken::EOF {
                return Ok(parsed);
            }
            parser.expected_ref("the end of the expression", parser.peek_token_ref())
        });
    match parsed {
        Ok(parsed) => Ok(convert(&parsed).unwrap_or_else(|| raw(text))),
        Err(error) => Err(NotAnExpression(words(&error.to_string()))),
    }
}

/// The parser's message without its prefix and its line numbers, which count from the expression.
fn words(error: &str) -> String {
    let error = error.strip_prefix("sql parser error: ").unwrap_or(error);
    error.split(" at Line").next().unwrap_or(error).to_owned()
}

/// One literal, or one literal and its type: most defaults are no more, and need no parser.
fn literal(text: &str, found: &[Token]) -> Option<Expr> {
    let of = |token: &Token| text.get(token.start..token.end).unwrap_or_default();
    let plain = |token: &Token| {
        let body = of(token).strip_prefix('\'')?.strip_suffix('\'')?;
        (token.kind == Kind::Text).then(|| body.replace("''", "'"))
    };
    match found {
        [only] if only.kind == Kind::Number => digits(of(only)),
        [only] if only.kind == Kind::Word => match of(only).to_ascii_lowercase().as_str() {
            "null" => Some(Expr::Null),
            "true" => Some(Expr::Bool(true)),
            "false" => Some(Expr::Bool(false)),
            name if !is_reserved(name) => Some(Expr::Column(name.to_owned())),
            _ => None,
        },
        [only] => plain(only).map(Expr::Text),
        [value, cast, rest @ ..] if of(cast) == "::" && value.kind == Kind::Text => {
            let mut cursor = Cursor::new(text, rest, "public");
            let ty = types::read(&mut cursor).ok()?;
            cursor.done().then_some(Expr::Cast(Box::new(Expr::Text(plain(value)?)), ty.ty))
        }
        _ => None,
    }
}

fn digits(text: &str) -> Option<Expr> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'e' || b == b'E');
    plain.then(|| Expr::Number(text.to_owned()))
}

/// Verbatim, with every identifier that may be a column.
pub(super) fn raw(text: &str) -> Expr {
    let text = text.trim();
    let found = tokens(text).unwrap_or_default();
    Expr::Raw { sql: text.to_owned(), columns: mentioned(text, &found) }
}

/// Identifiers that may be columns: not function names, types, or keywords.
pub(super) fn mentioned(text: &str, found: &[Token]) -> Vec<String> {
    let of = |at: Option<usize>| {
        at.and_then(|at| found.get(at)).and_then(|t| text.get(t.start..t.end)).unwrap_or("")
    };
    let mut columns: Vec<String> = found
        .iter()
        .enumerate()
        .filter(|(at, token)| {
            let (before, after) = (of(at.checked_sub(1)), of(Some(at + 1)));
            matches!(token.kind, Kind::Word | Kind::Quoted)
                && !matches!(after, "(" | ".")
                && before != "::"
                && !(after.starts_with('\'') && token.kind == Kind::Word)
                && !is_time_zone(before, of(Some(*at)), after)
                && !(token.kind == Kind::Word && is_reserved(of(Some(*at))))
        })
        .filter_map(|(_, token)| unquote(text.get(token.start..token.end)?))
        .collect();
    columns.sort();
    columns.dedup();
    columns
}

/// A word of `AT TIME ZONE`.
fn is_time_zone(before: &str, word: &str, after: &str) -> bool {
    let is = |text: &str, keyword: &str| text.eq_ignore_ascii_case(keyword);
    (is(word, "at") && is(after, "time"))
        || (is(word, "time") && (is(before, "at") || is(after, "zone")))
        || (is(word, "zone") && is(before, "time"))
}

/// How tightly PostgreSQL binds the outermost operator ("Operator Precedence" in the manual).
#[expect(clippy::wildcard_enum_match_arm, reason = "everything else in sqlparser is closed")]
fn rank(expr: &ast::Expr) -> u8 {
    use ast::Expr as E;
    match expr {
        E::BinaryOp { op, .. } => match op {
            BinaryOperator::Or => 1,
            BinaryOperator::And => 2,
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::Gt
            | BinaryOperator::LtEq
            | BinaryOperator::GtEq => 5,
            BinaryOperator::Plus | BinaryOperator::Minus => 8,
            BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Modulo => 9,
            BinaryOperator::PGExp => 10,
            _ => 7,
        },
        E::UnaryOp { op: UnaryOperator::Not, .. } => 3,
        E::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, .. } => 13,
        E::UnaryOp { .. } => 7,
        E::IsNull(_)
        | E::IsNotNull(_)
        | E::IsTrue(_)
        | E::IsFalse(_)
        | E::IsNotTrue(_)
        | E::IsNotFalse(_)
        | E::IsUnknown(_)
        | E::IsNotUnknown(_)
        | E::IsDistinctFrom(..)
        | E::IsNotDistinctFrom(..) => 4,
        E::Between { .. } | E::Like { .. } | E::ILike { .. } | E::SimilarTo { .. } => 6,
        E::In { .. } => 6,
        E::AtTimeZone { .. } => 11,
        E::Collate { .. } => 12,
        E::Cast { kind: ast::CastKind::DoubleColon, .. } => 15,
        _ => 20,
    }
}

/// An operand, where sqlparser's grouping is PostgreSQL's for sure.
fn operand(expr: &ast::Expr, at_least: u8) -> Option<Box<Expr>> {
    if rank(expr) < at_least { None } else { convert(expr).map(Box::new) }
}

/// `None`: not something that prints as the same meaning.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what sqlparser adds is verbatim until looked at"
)]
fn convert(expr: &ast::Expr) -> Option<Expr> {
    use ast::Expr as E;
    match expr {
        E::Nested(inner) => convert(inner),
        E::Identifier(ident) => column(ident),
        E::CompoundIdentifier(parts) => match parts.as_slice() {
            [table, last] if !table.value.eq_ignore_ascii_case("excluded") => column(last),
            _ => None,
        },
        E::Value(value) => constant(&value.value),
        E::TypedString(typed) => {
            let value = constant(&typed.value.value)?;
            Some(Expr::Cast(Box::new(value), types::from_parser(&typed.data_type)?))
        }
        E::Interval(interval) => {
            let bare = interval.leading_field.is_none() && interval.last_field.is_none();
            let E::Value(value) = interval.value.as_ref() else { return None };
            let value = bare.then(|| constant(&value.value)).flatten()?;
            Some(Expr::Cast(Box::new(value), SqlType::new("interval")))
        }
        E::Cast { kind, expr, data_type, format: None } => {
            let least = if *kind == ast::CastKind::DoubleColon { 15 } else { 0 };
            Some(Expr::Cast(operand(expr, least)?, types::from_parser(data_type)?))
        }
        E::UnaryOp { op: UnaryOperator::Not, expr } => Some(Expr::Not(operand(expr, 3)?)),
        E::UnaryOp { op: UnaryOperator::Minus, expr } => Some(Expr::Negate(operand(expr, 13)?)),
        E::IsNull(expr) => Some(Expr::IsNull(operand(expr, 5)?, false)),
        E::IsNotNull(expr) => Some(Expr::IsNull(operand(expr, 5)?, true)),
        E::IsDistinctFrom(left, right) => infix(left, "IS DISTINCT FROM", right, (5, 5)),
        E::IsNotDistinctFrom(left, right) => infix(left, "IS NOT DISTINCT FROM", right, (5, 5)),
        E::BinaryOp { left, op, right } => binary(expr, left, op, right),
        E::Like { negated, any: false, expr, pattern, escape_char: None } => {
            infix(expr, if *negated { "NOT LIKE" } else { "LIKE" }, pattern, (7, 7))
        }
        E::ILike { negated, any: false, expr, pattern, escape_char: None } => {
            infix(expr, if *negated { "NOT ILIKE" } else { "ILIKE" }, pattern, (7, 7))
        }
        E::Between { expr, negated: false, low, high } => {
            let from = infix(expr, ">=", low, (7, 7))?;
            Some(from.op("AND", infix(expr, "<=", high, (7, 7))?))
        }
        E::Case { operand: None, conditions, else_result, .. } => case(conditions, else_result),
        E::Function(function) => call(function),
        E::Substring { .. } | E::Trim { .. } | E::Position { .. } => special_call(expr),
        E::Ceil { expr, field } => rounded("ceil", expr, field),
        E::Floor { expr, field } => rounded("floor", expr, field),
        _ => None,
    }
}

fn column(ident: &ast::Ident) -> Option<Expr> {
    match ident.quote_style {
        Some('"') => Some(Expr::Column(ident.value.clone())),
        None if !is_reserved(&ident.value) => Some(Expr::Column(ident.value.to_ascii_lowercase())),
        Some(_) | None => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "other literals stay verbatim")]
fn constant(value: &ast::Value) -> Option<Expr> {
    match value {
        ast::Value::Null => Some(Expr::Null),
        ast::Value::Boolean(value) => Some(Expr::Bool(*value)),
        ast::Value::Number(text, _) => digits(text),
        ast::Value::SingleQuotedString(text) | ast::Value::EscapedStringLiteral(text) => {
            Some(Expr::Text(text.clone()))
        }
        ast::Value::DollarQuotedString(text) => Some(Expr::Text(text.value.clone())),
        _ => None,
    }
}

fn infix(left: &ast::Expr, op: &str, right: &ast::Expr, least: (u8, u8)) -> Option<Expr> {
    Some(Expr::Binary(operand(left, least.0)?, op.to_owned(), operand(right, least.1)?))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "operators that PostgreSQL reads otherwise")]
fn binary(
    whole: &ast::Expr,
    left: &ast::Expr,
    op: &BinaryOperator,
    right: &ast::Expr,
) -> Option<Expr> {
    let here = rank(whole);
    // AND and OR are associative; the rest groups to the left; comparisons do not group at all.
    let least = match here {
        1 | 2 => (here, here),
        5 => (6, 6),
        _ => (here, here + 1),
    };
    match op {
        BinaryOperator::NotEq => infix(left, "<>", right, least),
        BinaryOperator::Xor
        | BinaryOperator::Spaceship
        | BinaryOperator::Match
        | BinaryOperator::Regexp
        | BinaryOperator::Glob
        | BinaryOperator::Overlaps => None,
        _ => infix(left, &op.to_string(), right, least),
    }
}

fn case(conditions: &[CaseWhen], otherwise: &Option<Box<ast::Expr>>) -> Option<Expr> {
    let arms = conditions
        .iter()
        .map(|arm| Some((convert(&arm.condition)?, convert(&arm.result)?)))
        .collect::<Option<Vec<_>>>()?;
    let otherwise = match otherwise {
        Some(value) => Some(Box::new(convert(value)?)),
        None => None,
    };
    Some(Expr::Case(arms, otherwise))
}

fn call(function: &ast::Function) -> Option<Expr> {
    let plain = !function.uses_odbc_syntax
        && function.parameters == FunctionArguments::None
        && function.within_group.is_empty()
        && function.filter.is_none()
        && function.null_treatment.is_none()
        && function.over.is_none();
    if !plain {
        return None;
    }
    let parts: Option<Vec<String>> = function
        .name
        .0
        .iter()
        .map(|part| {
            let ident = part.as_ident()?;
            match ident.quote_style {
                Some('"') => Some(quote(&ident.value)),
                None => Some(ident.value.to_ascii_lowercase()),
                Some(_) => None,
            }
        })
        .collect();
    let name = parts?.join(".");
    match &function.args {
        FunctionArguments::None => keyword_call(&name),
        FunctionArguments::Subquery(_) => None,
        FunctionArguments::List(list) => {
            // With arguments or without, `current_date()` is not SQL.
            if list.duplicate_treatment.is_some()
                || !list.clauses.is_empty()
                || (list.args.is_empty() && keyword_call(&name).is_some())
            {
                return None;
            }
            let args: Option<Vec<Expr>> = list.args.iter().map(argument).collect();
            Some(Expr::Call(name, args?))
        }
    }
}

/// Functions that PostgreSQL writes without parentheses.
fn keyword_call(name: &str) -> Option<Expr> {
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
    .then(|| Expr::Call(name.to_owned(), Vec::new()))
}

fn argument(arg: &FunctionArg) -> Option<Expr> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => convert(expr),
        FunctionArg::Unnamed(_) | FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => None,
    }
}

/// `substring(x FROM 1 FOR 2)`, `trim(LEADING x FROM y)`, `position(x IN y)`: calls in words of their own.
#[expect(clippy::wildcard_enum_match_arm, reason = "`convert` sends only these three here")]
fn special_call(expr: &ast::Expr) -> Option<Expr> {
    use ast::Expr as E;
    let mut args = Vec::new();
    let name = match expr {
        E::Substring { expr, substring_from: Some(from), substring_for, special, shorthand } => {
            args.push(convert(expr)?);
            args.push(convert(from)?);
            if let Some(length) = substring_for {
                args.push(convert(length)?);
            }
            match (shorthand, special) {
                (true, _) => "substr",
                (false, true) => "substring",
                (false, false) => "substring from",
            }
        }
        E::Trim { trim_where, trim_what, expr, trim_characters } => {
            args.push(convert(expr)?);
            match (trim_what, trim_characters.as_deref()) {
                (None, None | Some([])) => {}
                (Some(what), None | Some([])) => args.push(convert(what)?),
                (None, Some([characters])) => args.push(convert(characters)?),
                (Some(_) | None, Some(_)) => return None,
            }
            match trim_where {
                None | Some(TrimWhereField::Both) => "trim",
                Some(TrimWhereField::Leading) => "trim leading",
                Some(TrimWhereField::Trailing) => "trim trailing",
            }
        }
        E::Position { expr, r#in } => {
            args.push(convert(r#in)?);
            args.push(convert(expr)?);
            "position in"
        }
        _ => return None,
    };
    Some(Expr::Call(name.to_owned(), args))
}

fn rounded(name: &str, expr: &ast::Expr, field: &CeilFloorKind) -> Option<Expr> {
    match field {
        CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => {
            Some(Expr::Call(name.to_owned(), vec![convert(expr)?]))
        }
        CeilFloorKind::DateTimeField(_) | CeilFloorKind::Scale(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expression as it prints, `raw:` before it where it was not understood.
    fn show(text: &str) -> String {
        let found = read(text);
        if let Expr::Raw { sql, columns } = &found {
            return format!("raw: {sql} [{}]", columns.join(" "));
        }
        found.sql()
    }

    #[test]
    fn literals_casts_and_calls() {
        for (text, expected) in [
            ("NULL", "NULL"),
            ("-1", "- 1"),
            ("1.5e3", "1.5e3"),
            ("'it''s'", "'it''s'"),
            (r"E'a\nb'", "'a\nb'"),
            (r"E'a\\b'", r"E'a\\b'"),
            ("'x'::character varying", "CAST('x' AS character varying)"),
            ("'x'::varchar(3)", "CAST('x' AS character varying(3))"),
            ("CAST(a AS int4)", "CAST(a AS integer)"),
            ("a::public.\"Mood\"", "CAST(a AS public.\"Mood\")"),
            ("'{}'::text[]", "CAST('{}' AS text[])"),
            ("('1'::int)::text", "CAST(CAST('1' AS integer) AS text)"),
            ("DATE '2020-01-01'", "CAST('2020-01-01' AS date)"),
            ("INTERVAL '1 day'", "CAST('1 day' AS interval)"),
            ("now()", "now()"),
            ("Lower(\"Name\")", "lower(\"Name\")"),
            ("current_timestamp", "CURRENT_TIMESTAMP"),
            ("nextval('public.s'::regclass)", "nextval(CAST('public.s' AS regclass))"),
            ("COALESCE(a, b, 'x')", "coalesce(a, b, 'x')"),
            ("users.name", "name"),
            ("$$a$$", "'a'"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn operators_group_as_postgresql_groups_them() {
        for (text, expected) in [
            ("a + b * c", "a + (b * c)"),
            ("((a > 0) AND (b <> 'x'))", "(a > 0) AND (b <> 'x')"),
            ("a and b or c", "(a AND b) OR c"),
            ("NOT a = b", "NOT (a = b)"),
            ("a IS NOT NULL and b is null", "(a IS NOT NULL) AND (b IS NULL)"),
            ("a || ' ' || b", "(a || ' ') || b"),
            ("a BETWEEN 1 AND 2", "(a >= 1) AND (a <= 2)"),
            ("a ~ '^x'", "a ~ '^x'"),
            ("a NOT LIKE '%x'", "a NOT LIKE '%x'"),
            ("a->>'k' = 'v'", "(a ->> 'k') = 'v'"),
            ("a is distinct from b", "a IS DISTINCT FROM b"),
            ("CASE WHEN a THEN 1 ELSE 2 END", "CASE WHEN a THEN 1 ELSE 2 END"),
            ("-a + b", "(- a) + b"),
            ("a::int + 1", "CAST(a AS integer) + 1"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn special_forms_become_calls() {
        for (text, expected) in [
            ("substring(a from 2 for 3)", "substring(a FROM 2 FOR 3)"),
            ("substring(a, 2, 3)", "substring(a, 2, 3)"),
            ("trim(a)", "trim(a)"),
            ("trim(both ' ' from a)", "trim(a, ' ')"),
            ("btrim(a)", "btrim(a)"),
            ("trim(leading from a)", "trim(LEADING FROM a)"),
            ("trim(trailing 'x' from a)", "trim(TRAILING 'x' FROM a)"),
            ("position(' ' in a)", "position((' ') IN (a))"),
            ("split_part(name, ' ', 1)", "split_part(name, ' ', 1)"),
            ("ceil(a)", "ceil(a)"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn what_might_change_its_meaning_stays_verbatim() {
        for (text, expected) in [
            ("a IN (1, 2)", "raw: a IN (1, 2) [a]"),
            ("a = ANY (ARRAY['x'::text])", "raw: a = ANY (ARRAY['x'::text]) [a]"),
            ("extract(year from a)", "raw: extract(year from a) [a year]"),
            ("(select max(b) from t)", "raw: (select max(b) from t) [b t]"),
            ("now() AT TIME ZONE 'utc'", "raw: now() AT TIME ZONE 'utc' []"),
            ("a COLLATE \"C\" > 'x'", "raw: a COLLATE \"C\" > 'x' [C a]"),
            ("-a ^ 2", "raw: -a ^ 2 [a]"),
            ("count(*) over ()", "raw: count(*) over () []"),
            ("B'1'", "raw: B'1' []"),
            ("DEFAULT", "raw: DEFAULT []"),
            ("user", "raw: user []"),
            ("(1, 2", "raw: (1, 2 []"),
            ("f(x => 1)", "raw: f(x => 1) [x]"),
            ("a is true", "raw: a is true [a]"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn deep_and_long_expressions_are_survived() {
        for text in ["(".repeat(100_000), "a + ".repeat(100_000) + "a", "not ".repeat(5_000) + "a"]
        {
            assert!(matches!(read(&text), Expr::Raw { .. }));
        }
        let chain = "a + ".repeat(250) + "a";
        assert!(matches!(read(&chain), Expr::Binary(..)));
        assert!(matches!(read("not not not a"), Expr::Not(_)));
    }
}

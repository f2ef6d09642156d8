//! Which conversions are known never to give NULL. Unknown counts as may be. Knows no recipe.

use crate::expr::{Expr, plain_name};

/// Functions that give NULL for a NULL argument only.
const STRICT: [&str; 21] = [
    "lower",
    "upper",
    "initcap",
    "btrim",
    "ltrim",
    "rtrim",
    "length",
    "char_length",
    "substr",
    "left",
    "right",
    "replace",
    "split_part",
    "strpos",
    "abs",
    "round",
    "md5",
    "lpad",
    "rpad",
    "reverse",
    "translate",
];

/// Functions that never give NULL.
const NEVER: [&str; 3] = ["concat", "jsonb_build_object", "json_build_object"];

/// Whether an expression is known never to be NULL, given columns that are not.
pub(super) fn never(expr: &Expr, not_null: &[&str]) -> bool {
    match expr {
        Expr::Column(name) => not_null.contains(&name.as_str()),
        Expr::Call(name, args) => {
            let mut each = args.iter().map(|arg| never(arg, not_null));
            match plain_name(name) {
                "coalesce" => each.any(|never| never),
                // NULL where the separator is.
                "concat_ws" => each.next().unwrap_or(false),
                name if NEVER.contains(&name) => true,
                name if STRICT.contains(&name) => each.all(|never| never),
                _ => false,
            }
        }
        Expr::Binary(left, op, right) => {
            let total = matches!(
                op.as_str(),
                "||" | "+" | "-" | "*" | "=" | "<>" | "<" | "<=" | ">" | ">="
            );
            let known = matches!(op.as_str(), "IS DISTINCT FROM" | "IS NOT DISTINCT FROM");
            known || total && never(left, not_null) && never(right, not_null)
        }
        Expr::Cast(inner, _) | Expr::Not(inner) | Expr::Negate(inner) => never(inner, not_null),
        Expr::Bool(_) | Expr::Number(_) | Expr::Text(_) | Expr::IsNull(..) => true,
        Expr::Case(arms, Some(otherwise)) => {
            arms.iter().all(|(_, then)| never(then, not_null)) && never(otherwise, not_null)
        }
        Expr::Null | Expr::Case(_, None) | Expr::Raw { .. } | Expr::Lookup(_) => false,
    }
}

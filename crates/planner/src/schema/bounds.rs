//! What the bounds of a partition say of its rows, as a condition: a validated CHECK of it lets ATTACH
//! PARTITION look at no row. As `get_qual_from_partbound` builds it and `predicate_implied_by` proves
//! it; where the two are not sure to meet there is no condition.

use super::Table;
use crate::expr::Expr;
use crate::name::quote;

/// The condition that rows with such bounds satisfy; none for hash partitions, default partitions,
/// ranges over several columns and expressions.
pub(crate) fn condition(parent: &Table, bounds: &str) -> Option<Expr> {
    let by = parent.parts().by?;
    let (method, key) = by.strip_prefix("PARTITION BY ")?.split_once(' ')?;
    let key = key.trim().strip_prefix('(')?.strip_suffix(')')?.trim();
    let name = crate::name::split_dotted(key)?;
    let [name] = name.as_slice() else { return None };
    let column = parent.column(name)?;
    let text = match method.to_ascii_uppercase().as_str() {
        "RANGE" => range(&quote(name), bounds)?,
        "LIST" => list(&quote(name), bounds)?,
        _ => return None,
    };
    // PostgreSQL asks for NOT NULL first; a column that is NOT NULL need not say so again.
    let null = text.null_allowed || column.not_null;
    let text =
        if null { text.sql } else { format!("{} IS NOT NULL AND {}", quote(name), text.sql) };
    Some(crate::sql::parse_expr(&text))
}

struct Said {
    sql: String,
    null_allowed: bool,
}

/// `FOR VALUES FROM (a) TO (b)`.
fn range(column: &str, bounds: &str) -> Option<Said> {
    let rest = bounds.strip_prefix("FOR VALUES FROM")?.trim_start();
    let (from, rest) = parenthesised(rest)?;
    let (to, rest) = parenthesised(rest.trim_start().strip_prefix("TO")?.trim_start())?;
    let ([from], [to], "") = (from.as_slice(), to.as_slice(), rest.trim()) else { return None };
    let mut parts = Vec::new();
    if from.as_str() != "MINVALUE" {
        parts.push(format!("{column} >= {from}"));
    }
    if to.as_str() != "MAXVALUE" {
        parts.push(format!("{column} < {to}"));
    }
    if parts.is_empty() {
        return None;
    }
    Some(Said { sql: parts.join(" AND "), null_allowed: false })
}

/// `FOR VALUES IN (a, b)`.
fn list(column: &str, bounds: &str) -> Option<Said> {
    let rest = bounds.strip_prefix("FOR VALUES IN")?.trim_start();
    let (values, rest) = parenthesised(rest)?;
    if !rest.trim().is_empty() || values.is_empty() {
        return None;
    }
    let (nulls, others): (Vec<_>, Vec<_>) =
        values.into_iter().partition(|value| value.eq_ignore_ascii_case("NULL"));
    let among = match others.as_slice() {
        [] => None,
        [only] => Some(format!("{column} = {only}")),
        several => Some(format!("{column} IN ({})", several.join(", "))),
    };
    let null = (!nulls.is_empty()).then(|| format!("{column} IS NULL"));
    let parts: Vec<String> = null.into_iter().chain(among).collect();
    Some(Said { sql: parts.join(" OR "), null_allowed: !nulls.is_empty() })
}

/// The values in the parentheses at the start, and what stands behind them.
fn parenthesised(text: &str) -> Option<(Vec<String>, &str)> {
    let inner = text.strip_prefix('(')?;
    let (mut depth, mut quoted) = (0_usize, false);
    let (mut values, mut start) = (Vec::new(), 0);
    for (at, c) in inner.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ',' if depth == 0 => {
                values.push(inner.get(start..at)?.trim().to_owned());
                start = at + 1;
            }
            ')' => {
                values.push(inner.get(start..at)?.trim().to_owned());
                return Some((values, inner.get(at + 1..)?));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Column;
    use crate::sql_type::SqlType;

    fn says(by: &str, bounds: &str, expected: Option<&str>) {
        let mut table = Table { partitioning: Some(by.to_owned()), ..Table::empty() };
        table.columns.push(Column::nullable("k", SqlType::new("text")));
        let sure = Column { not_null: true, ..Column::nullable("n", SqlType::new("integer")) };
        table.columns.push(sure);
        let found = condition(&table, bounds).map(|e| e.sql());
        assert_eq!(found, expected.map(|text| crate::sql::parse_expr(text).sql()), "{bounds}");
    }

    #[test]
    fn bounds_are_conditions() {
        let (list, range) = ("PARTITION BY LIST (k)", "PARTITION BY RANGE (n)");
        says(list, "FOR VALUES IN ('a, b')", Some("k IS NOT NULL AND k = 'a, b'"));
        says(list, "FOR VALUES IN ('a', 'b')", Some("k IS NOT NULL AND k IN ('a', 'b')"));
        says(list, "FOR VALUES IN (NULL, 'b')", Some("k IS NULL OR k = 'b'"));
        says(range, "FOR VALUES FROM (1) TO (9)", Some("n >= 1 AND n < 9"));
        says(range, "FOR VALUES FROM (MINVALUE) TO (9)", Some("n < 9"));
        says("PARTITION BY RANGE (n, k)", "FOR VALUES FROM (1, 'a') TO (2, 'b')", None);
        says("PARTITION BY HASH (n)", "FOR VALUES WITH (modulus 2, remainder 0)", None);
        says(list, "DEFAULT", None);
    }
}

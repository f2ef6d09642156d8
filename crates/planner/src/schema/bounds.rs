//! What the bounds of a partition say of its rows, as a condition: a validated CHECK of it lets ATTACH
//! PARTITION look at no row. As `get_qual_from_partbound` builds it and `predicate_implied_by` proves
//! it; where the two are not sure to meet there is no condition.

use super::{Schema, Table};
use crate::expr::Expr;
use crate::name::{QName, quote};

/// Which rows belong into a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// All that its table may hold.
    Every,
    /// Those for which the condition is not false.
    Where(Expr),
    /// What no condition says: a hash, several columns, an expression.
    Untold,
}

impl Schema {
    /// Which rows belong into the partition `child` of `parent` with these bounds, beside the other
    /// partitions that the parent has now. The child itself need not be one yet.
    pub fn bound(&self, parent: &QName, child: &QName, bounds: &str) -> Bound {
        let Some(above) = self.table(parent) else { return Bound::Untold };
        if !bounds.trim().eq_ignore_ascii_case("DEFAULT") {
            return of_bounds(above, bounds);
        }
        let siblings = self.children(parent).into_iter().filter(|name| name != child);
        let siblings = siblings.filter_map(|name| self.table(&name)?.parts().of);
        let said: Option<Vec<Expr>> = siblings.map(|(_, bounds)| outside(above, &bounds)).collect();
        match said.map(|said| said.into_iter().reduce(|a, b| a.op("AND", b))) {
            None => Bound::Untold,
            Some(None) => Bound::Every,
            Some(Some(all)) => Bound::Where(all),
        }
    }
}

fn of_bounds(above: &Table, bounds: &str) -> Bound {
    if let Some(condition) = one_by_one(above, bounds) {
        return Bound::Where(condition);
    }
    if let Some(condition) = condition(above, bounds) {
        return Bound::Where(condition);
    }
    match key(above).and_then(|(method, name)| Some((method, above.column(&name)?))) {
        Some((Method::Range, column)) if is_everything(bounds) => {
            if column.not_null {
                Bound::Every
            } else {
                Bound::Where(Expr::column(&column.name).is_not_null())
            }
        }
        Some(_) | None => Bound::Untold,
    }
}

/// The values of a list, each by itself: as good a proof as IN, and read by whoever knows OR.
fn one_by_one(above: &Table, bounds: &str) -> Option<Expr> {
    let (method, name) = key(above)?;
    let (nulls, others) = listed(bounds).filter(|_| method == Method::List)?;
    if nulls || others.len() < 2 {
        return None;
    }
    let is = |value: &String| format!("{} = {value}", quote(&name));
    let any = others.iter().map(is).collect::<Vec<_>>().join(" OR ");
    let null = above.column(&name)?.not_null;
    let text = if null { any } else { format!("{} IS NOT NULL AND ({any})", quote(&name)) };
    Some(crate::sql::parse_expr(&text))
}

/// From the lowest value to the highest.
fn is_everything(bounds: &str) -> bool {
    ends(bounds).is_some_and(|(from, to)| from == "MINVALUE" && to == "MAXVALUE")
}

/// Rows that do not belong to the bounds, as a condition that is true or unknown of them.
fn outside(above: &Table, bounds: &str) -> Option<Expr> {
    let (method, name) = key(above)?;
    let column = quote(&name);
    let text = match method {
        Method::Range => {
            let (from, to) = ends(bounds)?;
            let below = (from != "MINVALUE").then(|| format!("{column} < {from}"));
            let beyond = (to != "MAXVALUE").then(|| format!("{column} >= {to}"));
            let parts: Vec<String> = below.into_iter().chain(beyond).collect();
            if parts.is_empty() { format!("{column} IS NULL") } else { parts.join(" OR ") }
        }
        Method::List => {
            let (nulls, others) = listed(bounds)?;
            let null = nulls.then(|| format!("{column} IS NOT NULL"));
            let others = others.iter().map(|value| format!("{column} <> {value}"));
            null.into_iter().chain(others).collect::<Vec<_>>().join(" AND ")
        }
    };
    Some(crate::sql::parse_expr(&text))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Range,
    List,
}

/// How a table is partitioned, where that is by the value of one column.
fn key(parent: &Table) -> Option<(Method, String)> {
    let by = parent.parts().by?;
    let (method, key) = by.strip_prefix("PARTITION BY ")?.split_once(' ')?;
    let key = key.trim().strip_prefix('(')?.strip_suffix(')')?.trim();
    let name = crate::name::split_dotted(key)?;
    let [name] = name.as_slice() else { return None };
    let method = match method.to_ascii_uppercase().as_str() {
        "RANGE" => Method::Range,
        "LIST" => Method::List,
        _ => return None,
    };
    Some((method, name.clone()))
}

/// The columns by which a table is partitioned; none of them where it is by an expression.
pub fn key_columns(parent: &Table) -> Option<Vec<String>> {
    let by = parent.parts().by?;
    let (_, key) = by.strip_prefix("PARTITION BY ")?.split_once(' ')?;
    let (parts, _) = parenthesised(key.trim())?;
    let column = |part: &String| {
        let name = crate::name::split_dotted(part)?;
        let [name] = name.as_slice() else { return None };
        parent.column(name).map(|c| c.name.clone())
    };
    parts.iter().map(column).collect()
}

/// The condition that rows with such bounds satisfy; none for hash partitions, default partitions,
/// ranges over several columns and expressions.
pub(crate) fn condition(parent: &Table, bounds: &str) -> Option<Expr> {
    let (method, name) = key(parent)?;
    let column = parent.column(&name)?;
    let text = match method {
        Method::Range => range(&quote(&name), bounds)?,
        Method::List => list(&quote(&name), bounds)?,
    };
    // PostgreSQL asks for NOT NULL first; a column that is NOT NULL need not say so again.
    let null = text.null_allowed || column.not_null;
    let text =
        if null { text.sql } else { format!("{} IS NOT NULL AND {}", quote(&name), text.sql) };
    Some(crate::sql::parse_expr(&text))
}

struct Said {
    sql: String,
    null_allowed: bool,
}

/// `FOR VALUES FROM (a) TO (b)`.
fn range(column: &str, bounds: &str) -> Option<Said> {
    let (from, to) = ends(bounds)?;
    let mut parts = Vec::new();
    if from != "MINVALUE" {
        parts.push(format!("{column} >= {from}"));
    }
    if to != "MAXVALUE" {
        parts.push(format!("{column} < {to}"));
    }
    if parts.is_empty() {
        return None;
    }
    Some(Said { sql: parts.join(" AND "), null_allowed: false })
}

/// Both ends of a range over one column.
fn ends(bounds: &str) -> Option<(String, String)> {
    let rest = bounds.strip_prefix("FOR VALUES FROM")?.trim_start();
    let (from, rest) = parenthesised(rest)?;
    let (to, rest) = parenthesised(rest.trim_start().strip_prefix("TO")?.trim_start())?;
    match (from.as_slice(), to.as_slice(), rest.trim()) {
        ([from], [to], "") => Some((from.clone(), to.clone())),
        _ => None,
    }
}

/// `FOR VALUES IN (a, b)`.
fn list(column: &str, bounds: &str) -> Option<Said> {
    let (nulls, others) = listed(bounds)?;
    let among = match others.as_slice() {
        [] => None,
        [only] => Some(format!("{column} = {only}")),
        several => Some(format!("{column} IN ({})", several.join(", "))),
    };
    let null = nulls.then(|| format!("{column} IS NULL"));
    let parts: Vec<String> = null.into_iter().chain(among).collect();
    Some(Said { sql: parts.join(" OR "), null_allowed: nulls })
}

/// Whether NULL is among the values of a list, and the others.
fn listed(bounds: &str) -> Option<(bool, Vec<String>)> {
    let rest = bounds.strip_prefix("FOR VALUES IN")?.trim_start();
    let (values, rest) = parenthesised(rest)?;
    if !rest.trim().is_empty() || values.is_empty() {
        return None;
    }
    let (nulls, others): (Vec<_>, Vec<_>) =
        values.into_iter().partition(|value| value.eq_ignore_ascii_case("NULL"));
    Some((!nulls.is_empty(), others))
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

    #[test]
    fn the_rest_is_what_the_others_leave() {
        let mut schema = Schema::default();
        let column = Column { not_null: true, ..Column::nullable("n", SqlType::new("integer")) };
        let table = |partitioning: &str| Table {
            columns: vec![column.clone()],
            partitioning: Some(partitioning.to_owned()),
            ..Table::empty()
        };
        let name = |name: &str| QName::new("public", name);
        let mut add = |n: &str, by: &str| schema.tables.insert(name(n), table(by).into());
        add("t", "PARTITION BY RANGE (n)");
        let rest = |schema: &Schema| schema.bound(&name("t"), &name("rest"), "DEFAULT");
        add("rest", "PARTITION OF public.t DEFAULT");
        add("a", "PARTITION OF public.t FOR VALUES FROM (5) TO (9)");
        let (all, some) = (
            schema.bound(&name("t"), &name("a"), "FOR VALUES FROM (MINVALUE) TO (MAXVALUE)"),
            rest(&schema),
        );
        assert_eq!(all, Bound::Every);
        assert_eq!(some, Bound::Where(crate::sql::parse_expr("n < 5 OR n >= 9")));
        schema.tables.remove(&name("a"));
        assert_eq!(rest(&schema), Bound::Every);
    }
}

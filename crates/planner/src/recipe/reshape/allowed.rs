//! What cannot be reshaped, in words. Must not know the steps.

use super::nulls::never;
use crate::change::Reshape;
use crate::diagnostic::Diagnostic;
use crate::expr::{Expr, Volatility};
use crate::recipe::Context;
use crate::schema::Column;

pub(super) fn check(
    context: &Context<'_>,
    reshape: &Reshape,
    old: &[Column],
) -> Result<(), Diagnostic> {
    old.iter().try_for_each(|column| ordinary(context, reshape, column))?;
    reads_only_its_own(context, reshape)?;
    repeatable(context, reshape)?;
    if reshape.is_closed {
        return Ok(());
    }
    into_not_null(context, reshape, old)?;
    back_into_not_null(context, reshape, old)?;
    nothing_means_nothing(context, reshape, old)
}

/// A new release's row with NULL in every new column cannot be told from one that an old release
/// inserts without the old columns: what `back` gives for it must be what the latter holds.
fn nothing_means_nothing(
    context: &Context<'_>,
    reshape: &Reshape,
    old: &[Column],
) -> Result<(), Diagnostic> {
    let given = reshape.into.iter().any(|(c, _)| c.not_null)
        || old.iter().any(|c| c.default.is_some())
        || reshape.into.iter().any(|(_, value)| never(value, &[]));
    let mut back = reshape.back.iter().filter(|(_, value)| never(value, &[]));
    let (false, Some((column, value))) = (given, back.next()) else { return Ok(()) };
    let none: Vec<String> = reshape.into_names().iter().map(|c| format!("{c} IS NULL")).collect();
    Err(context.refuse(
        "nothing-gives-something",
        format!("`back` gives `{}` for `{column}` where every new column is NULL, but such a row of the new release cannot be told from one that the old release inserts without `{column}`, which has NULL there", value.sql()),
        &format!("let nothing mean nothing: back {column} := CASE WHEN {} THEN NULL ELSE {} END; or declare one of the new columns NOT NULL", none.join(" AND "), value.sql()),
    ))
}

fn ordinary(context: &Context<'_>, reshape: &Reshape, old: &Column) -> Result<(), Diagnostic> {
    let Reshape { table, from, .. } = reshape;
    let (column, definition) = (&old.name, context.table(table)?);
    let doing = if from.len() == 1 { "splitting" } else { "merging" };
    if definition.partitioning.is_some() {
        return Err(context.unsupported(
            &format!("{doing} columns of the partitioned table `{table}`"),
            "do it in a maintenance window",
        ));
    }
    let in_key = definition.primary_key().is_some_and(|key| key.contains(column));
    if in_key || old.generated.is_some() || old.identity.is_some() {
        return Err(context.unsupported(
            &format!("{doing} `{column}` of `{table}`, a key, identity or generated column,"),
            "name ordinary columns",
        ));
    }
    Ok(())
}

/// A write of one side has to reach the other: neither may read what the other side does not write.
fn reads_only_its_own(context: &Context<'_>, reshape: &Reshape) -> Result<(), Diagnostic> {
    let Reshape { from, into, back, .. } = reshape;
    let old = from.join("`, `");
    let values = into.iter().flat_map(|(_, value)| value.columns());
    if let Some(other) = values.into_iter().find(|c| !from.contains(c)) {
        return Err(context.refuse(
            "reads-other-columns",
            format!("what comes for `{old}` reads `{other}` too: a write of that one alone would leave it behind"),
            &format!("compute it from `{old}` only"),
        ));
    }
    let new = |c: &String| into.iter().any(|(part, _)| part.name == *c);
    if let Some(other) = back.iter().flat_map(|(_, value)| value.columns()).find(|c| !new(c)) {
        return Err(context.refuse(
            "reads-other-columns",
            format!("`back` reads `{other}`, which is no part of what comes for `{old}`: a write of that one alone would leave it behind"),
            "compute it from the new columns only",
        ));
    }
    Ok(())
}

/// What differs each time never agrees with what is stored: no parity, and no end of the backfill.
fn repeatable(context: &Context<'_>, reshape: &Reshape) -> Result<(), Diagnostic> {
    let ways = reshape.into.iter().map(|(c, value)| (&c.name, value));
    let back = reshape.back.iter().map(|(c, value)| (c, value));
    for (column, value) in ways.chain(back) {
        let mut generates = false;
        value.visit(&mut |expr| {
            if let Expr::Call(name, _) = expr {
                let bare = name.rsplit('.').next().unwrap_or(name);
                let known = ["random", "nextval", "gen_random_uuid", "clock_timestamp", "uuidv7"];
                let now = expr.volatility() == Volatility::Stable
                    && matches!(bare, "now" | "transaction_timestamp" | "statement_timestamp");
                generates |= known.contains(&bare) || now;
            }
        });
        if generates {
            return Err(context.refuse(
                "not-repeatable",
                format!("`{column} := {}` gives another value each time: the two shapes would never agree", value.sql()),
                "compute it from the columns alone",
            ));
        }
    }
    Ok(())
}

fn into_not_null(
    context: &Context<'_>,
    reshape: &Reshape,
    old: &[Column],
) -> Result<(), Diagnostic> {
    let sure: Vec<&str> = old.iter().filter(|c| c.not_null).map(|c| c.name.as_str()).collect();
    for (c, value) in reshape.into.iter().filter(|(c, _)| c.not_null) {
        if !never(value, &sure) {
            return Err(context.refuse(
                "null-into-not-null",
                format!("`{}` is NOT NULL, but its value `{}` may be NULL", c.name, value.sql()),
                &format!(
                    "write {} := coalesce({}, <what stands for nothing>)",
                    c.name,
                    value.sql()
                ),
            ));
        }
    }
    Ok(())
}

fn back_into_not_null(
    context: &Context<'_>,
    reshape: &Reshape,
    old: &[Column],
) -> Result<(), Diagnostic> {
    let sure: Vec<&str> =
        reshape.into.iter().filter(|(c, _)| c.not_null).map(|(c, _)| c.name.as_str()).collect();
    for (c, (_, value)) in old.iter().zip(&reshape.back).filter(|(c, _)| c.not_null) {
        if !never(value, &sure) {
            return Err(context.refuse(
                "null-into-not-null",
                format!(
                    "`{}` is NOT NULL, but what `back` gives, `{}`, may be NULL",
                    c.name,
                    value.sql()
                ),
                &format!("declare the columns it reads NOT NULL, or write coalesce({}, <what stands for nothing>) in `back`", value.sql()),
            ));
        }
    }
    Ok(())
}

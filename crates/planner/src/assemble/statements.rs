//! What the asked statements do by themselves, whatever recipe answers them: traps that the facts
//! and the constraint's own words show. Must not know recipes.

use super::beside;
use crate::change::Asked;
use crate::diagnostic::{Diagnostic, Source};
use crate::engine::{facts, postgres};
use crate::name::{QName, mention};
use crate::op::Op;
use crate::plan::Hazard;
use crate::recipe::Context;
use crate::schema::{ConstraintKind, Object, ObjectKind, Schema};

/// Traps of one asked statement, on the schema that the earlier ones leave.
pub(super) fn hazards(context: &Context<'_>, op: &Op) -> Vec<Hazard> {
    let found = [
        not_valid_check(context, op),
        invalid_index(context, op),
        locks_others(context, op),
        drop_trigger(context, op),
    ];
    found.into_iter().flatten().collect()
}

/// A CHECK that is not validated is enforced for every later UPDATE of a row that violates it.
fn not_valid_check(context: &Context<'_>, op: &Op) -> Option<Hazard> {
    let Op::AddConstraint { table, name, constraint } = op else { return None };
    if constraint.validated || !matches!(constraint.kind, ConstraintKind::Check(_)) {
        return None;
    }
    Some(context.hazard(
        "not-valid-check",
        format!("NOT VALID leaves the rows of {table} alone that violate {name}, but not their updates: an UPDATE of such a row fails with 23514, whatever column it sets"),
        "count the rows that violate it first and bring them in order; only then add it",
    ))
}

/// A concurrent build that ends early leaves an index that is written to and never read.
fn invalid_index(context: &Context<'_>, op: &Op) -> Option<Hazard> {
    let Op::CreateIndex { table, name, concurrently: true, .. } = op else { return None };
    Some(context.hazard(
        "invalid-index",
        format!("a concurrent build that is cut off (lock_timeout, statement_timeout, a duplicate) leaves {name} behind as INVALID: every write of {table} maintains it, no query uses it, and IF NOT EXISTS takes it for the real one"),
        "no lock_timeout for the build, a look at pg_index.indisvalid after it, and DROP INDEX CONCURRENTLY before another try",
    ))
}

/// Relations that the statement does not name first, and yet locks against readers or writers.
fn locks_others(context: &Context<'_>, op: &Op) -> Option<Hazard> {
    let own = op.relation()?;
    let locks = facts(context.engine, op, context.schema).locks;
    let others: Vec<String> = locks
        .iter()
        .filter(|lock| lock.relation != *own && !lock.blocks.is_empty())
        .filter(|lock| is_used(context, &lock.relation))
        .map(|lock| format!("{} ({})", lock.relation, lock.mode.name()))
        .collect();
    (!others.is_empty()).then(|| {
        context.hazard(
            "locks-others",
            format!("the statement is about {own}, and locks {} as well: it waits for their transactions, and their requests wait for it", others.join(", ")),
            "a short lock_timeout and another try, one such statement at a time",
        )
    })
}

/// Whether the app uses it: it was there before the change.
fn is_used(context: &Context<'_>, relation: &QName) -> bool {
    context.source.tables.contains_key(relation) && !context.created.contains(relation)
}

fn drop_trigger(context: &Context<'_>, op: &Op) -> Option<Hazard> {
    let form = postgres::subject(op, context.schema).form;
    if form != postgres::Form::DropTrigger {
        return None;
    }
    Some(context.hazard(
        "drop-trigger-lock",
        "making a trigger lets readers go on; taking it away takes ACCESS EXCLUSIVE, which stops them too, and waits behind every open transaction".to_owned(),
        "a short lock_timeout and another try; or let its function do nothing first, which locks no table",
    ))
}

/// Trigger functions that still name, in the schema that the whole change leaves, a column of their
/// row that this statement takes away: from then on every write that fires them fails.
///
/// The server does not refuse it, so the plan has to.
pub(super) fn orphans(asked: &Asked, op: &Op, target: &Schema) -> Option<Diagnostic> {
    let (Op::DropColumn { table, column } | Op::RenameColumn { table, column, .. }) = op else {
        return None;
    };
    if target.table(table).is_none_or(|t| t.column(column).is_some()) {
        return None;
    }
    let triggers = target.objects_of(table).filter(|(id, _)| id.kind == ObjectKind::Trigger);
    let broken: Vec<&str> = triggers
        .filter(|(_, trigger)| {
            beside::routine(target, trigger).is_some_and(|r| is_of_row(r.make.first(), column))
        })
        .map(|(id, _)| beside::bare(id))
        .collect();
    (!broken.is_empty()).then(|| {
        Diagnostic::error(
            "trigger-needs-column",
            (Source::Change, asked.span),
            format!("`{column}` of `{table}` goes, and the functions of its triggers still name it ({}): from then on every write that fires one would fail with 42703", broken.join(", ")),
            "replace these functions in the same change, so that they do without the column",
        )
    })
}

/// Functions that still name, in the schema that the whole change leaves, a table that this statement takes
/// away. The server does not refuse that either; but a text may name it in a comment, or for something else, so
/// the reader has to look.
pub(super) fn needs_table(asked: &Asked, op: &Op, target: &Schema) -> Option<Hazard> {
    let Op::DropTable { table } = op else { return None };
    if target.tables.contains_key(table) || target.views.contains_key(table) {
        return None;
    }
    let names_it = |object: &Object| object.make.iter().any(|sql| mention::names(sql, table));
    let routines = target.objects.iter().filter(|(id, _)| id.kind == ObjectKind::Routine);
    let found: Vec<&str> =
        routines.filter(|(_, o)| names_it(o)).map(|(id, _)| id.name.as_str()).collect();
    (!found.is_empty()).then(|| {
        hazard(
            "routine-needs-table",
            asked.span,
            format!(
                "{} still {} {table}: PostgreSQL does not look into the text of a function, drops the table, and every call that gets there fails with 42P01",
                found.join(", "),
                if found.len() == 1 { "names" } else { "name" }
            ),
            "replace the function in the same change, so that it does without the table; or drop it",
        )
    })
}

fn hazard(code: &str, span: (usize, usize), message: String, fix: &str) -> Hazard {
    Hazard { code: code.to_owned(), span, message, fix: fix.to_owned() }
}

/// Whether a function's text has `NEW.column` or `OLD.column`.
fn is_of_row(sql: Option<&String>, column: &str) -> bool {
    let Some(sql) = sql else { return false };
    let text = sql.to_lowercase();
    ["new.", "old."].iter().any(|row| {
        text.match_indices(row).any(|(at, _)| {
            let starts = text[..at].chars().next_back().is_none_or(|c| !is_word(c));
            let rest = text.get(at + row.len()..).unwrap_or_default();
            let rest = rest.strip_prefix('"').unwrap_or(rest);
            let after = rest.strip_prefix(&column.to_lowercase());
            starts && after.is_some_and(|after| !after.starts_with(is_word))
        })
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

//! A DELETE or an INSERT … SELECT of many rows as somebody wrote it: in batches, each its own
//! transaction, with what it takes away or brings kept, so that it can be undone.

use crate::backfill::{Backfill, Todo, Undo, Work};
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::{Expr, Volatility};
use crate::name::QName;
use crate::recipe::not_null::no_key;
use crate::recipe::steps::{backfill_of, run_backfill};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{ConstraintKind, ForeignKey, Table};
use crate::sql_type::SqlType;

/// DELETE.
pub(super) fn delete(
    context: &Context<'_>,
    table: &QName,
    filter: Option<&Expr>,
) -> Result<Recipe, Diagnostic> {
    let definition = context.table(table)?;
    if definition.batch_key().is_none() {
        return Err(no_key(context, table));
    }
    refuse_family(context, table)?;
    if let Some((child, name, _)) = context.schema.referencing(table).next() {
        return Err(context.refuse(
            "rows-are-pointed-at",
            format!("`{name}` of `{child}` points at rows of `{table}`: deleting one fails (23503), or takes rows of `{child}` along, of which nothing would be kept"),
            &format!("delete from `{child}` first, as a change of its own, and drop the foreign key for as long as this runs; or delete the rows of both in the app"),
        ));
    }
    if let Some(filter) = filter {
        refuse_filter(context, filter)?;
    }
    let rows = context.request.facts(table).rows;
    let name = context.helper_name(table, "delete");
    let undo = Undo { columns: stored(definition), parents: parents(context, definition) };
    let todo = filter.map_or(Todo::EveryRow, |filter| Todo::Where(filter.clone()));
    let backfill = Backfill {
        work: Work::Delete,
        ..backfill_of(context, (&name, table), Vec::new(), todo, Some(undo))
    };
    let mut recipe = Recipe::default();
    recipe.hazards.push(context.hazard(
        "one-big-transaction",
        format!("one DELETE of {table} ({rows} rows) locks every row it finds to its end, holds back vacuum in the whole database, and reaches replicas in one piece"),
        "batches by primary key, each its own transaction, with every deleted row kept until a backup has been proved",
    ));
    recipe.assumptions.push(format!(
        "the DELETE is meant once: rows of {table} that come to match it behind the walk stay"
    ));
    let mut run = run_backfill(
        Slot::Repair,
        format!("delete rows of {table} in batches, keeping each"),
        &backfill,
    );
    run.loses = format!(
        "nothing: the rows come back from {}, but for those whose parents have gone meanwhile, or that have been made anew",
        backfill.undo_table()
    );
    recipe.drafts.push(run);
    recipe.drafts.push(done(
        &backfill,
        format!("the delete from {table} is done, and what it took is no longer needed"),
    ));
    Ok(recipe)
}

/// INSERT INTO `into` … SELECT … FROM `from`.
pub(super) fn insert(
    context: &Context<'_>,
    into: &QName,
    set: &[(String, Expr)],
    (from, filter): (&QName, Option<&Expr>),
) -> Result<Recipe, Diagnostic> {
    let (source, target) = (context.table(from)?, context.table(into)?);
    let Some(walked) = source.batch_key() else { return Err(no_key(context, from)) };
    refuse_family(context, from)?;
    refuse_family(context, into)?;
    if from == into {
        return Err(context.unsupported(
            &format!("copying rows of `{from}` into itself"),
            "insert into another table",
        ));
    }
    for (_, value) in set {
        refuse_volatile(context, value)?;
    }
    if let Some(filter) = filter {
        refuse_filter(context, filter)?;
    }
    let key = key_of_copy(context, (into, target), (set, &walked))?;
    let is_new = context.created.contains(into);
    if let (false, Some((child, name, _))) = (is_new, context.schema.referencing(into).next()) {
        return Err(context.refuse(
            "rows-are-pointed-at",
            format!("`{name}` of `{child}` may come to point at the rows that this brings to `{into}`: taking them back would fail (23503)"),
            "copy into a new table, or let the app write the rows",
        ));
    }
    let columns = typed_columns(context, into, target, set)?;
    let undo = (!is_new).then(|| Undo { columns, parents: Vec::new() });
    let todo = filter.map_or(Todo::EveryRow, |filter| Todo::Where(filter.clone()));
    let name = context.helper_name(from, &format!("to_{}", into.name));
    let backfill = Backfill {
        work: Work::Insert { into: into.clone(), key: key.clone() },
        ..backfill_of(context, (&name, from), set.to_vec(), todo, undo)
    };
    let rows = context.request.facts(from).rows;
    let mut recipe = Recipe::default();
    recipe.hazards.push(context.hazard(
        "one-big-transaction",
        format!("one INSERT … SELECT from {from} ({rows} rows) holds back vacuum in the whole database to its end, reaches replicas in one piece, and starts over when it fails"),
        "batches by primary key, each its own transaction; a row that is there already is left alone",
    ));
    recipe.assumptions.push(format!("the copy is meant once: rows of {from} that are written behind the walk are not followed, and a row of {into} that has the same {} already stays as it is", key.join(", ")));
    let mut run = run_backfill(
        Slot::Backfill,
        format!("copy rows of {from} to {into} in batches"),
        &backfill,
    );
    if !is_new {
        "nothing: the rows that it brought are taken away, but for those that have been written since"
            .clone_into(&mut run.loses);
    }
    recipe.drafts.push(run);
    recipe.drafts.push(done(&backfill, format!("the copy of {from} to {into} is done")));
    Ok(recipe)
}

/// A gate for the walk's end.
fn done(backfill: &Backfill, operation: String) -> Draft {
    let slot = if backfill.work == Work::Delete { Slot::Confirm } else { Slot::Verify };
    Draft::gate(slot, operation, Vec::new())
        .why("the numbers in concertina.backfill are looked at before anything depends on them")
        .done_when(
            "the walk came to its end",
            Condition::BackfillFinished { name: backfill.name.clone() },
        )
}

fn refuse_family(context: &Context<'_>, table: &QName) -> Result<(), Diagnostic> {
    let alone = context.table(table)?.partitioning.is_none()
        && context.schema.descendants(table).is_empty();
    if alone {
        return Ok(());
    }
    Err(context.unsupported(
        &format!("rows of `{table}`, which has partitions or heirs, in batches"),
        "name the partitions one by one, or drop or detach whole ones",
    ))
}

/// What differs from row to row, or from run to run, cannot be run again after a crash.
fn refuse_volatile(context: &Context<'_>, value: &Expr) -> Result<(), Diagnostic> {
    if value.volatility() != Volatility::Volatile {
        return Ok(());
    }
    Err(context.refuse(
        "not-idempotent",
        format!("`{}` may give another value each time: a batch that is run again after a crash would do something else", value.sql()),
        "write it with columns, literals and functions that depend on their arguments alone; a subquery or a function of your own is not looked into",
    ))
}

/// A condition on a row by itself may be asked batch by batch; one that looks at other rows sees what the
/// batches before have left of them.
fn refuse_filter(context: &Context<'_>, filter: &Expr) -> Result<(), Diagnostic> {
    let mut looks_around = false;
    filter.visit(&mut |expr| match expr {
        Expr::Raw { sql, columns: _ } => looks_around |= sql.to_lowercase().contains("select"),
        Expr::Lookup(_) => looks_around = true,
        Expr::Call(..) => looks_around |= expr.volatility() == Volatility::Volatile,
        Expr::Null
        | Expr::Bool(_)
        | Expr::Number(_)
        | Expr::Text(_)
        | Expr::Column(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::Binary(..)
        | Expr::IsNull(..)
        | Expr::Cast(..)
        | Expr::Case(..) => {}
    });
    if !looks_around {
        return Ok(());
    }
    Err(context.refuse(
        "looks-at-other-rows",
        format!("`{}` asks more than the row itself: batch by batch it would see what the batches before have left, and choose other rows than in one go", filter.sql()),
        "mark the rows first (a column, filled by an UPDATE), and name the mark here",
    ))
}

/// Columns that can be written back: not the computed ones.
fn stored(table: &Table) -> Vec<(String, SqlType)> {
    let plain = table.columns.iter().filter(|c| c.generated.is_none());
    plain.map(|c| (c.name.clone(), c.ty.clone())).collect()
}

fn parents(context: &Context<'_>, table: &Table) -> Vec<ForeignKey> {
    let keys = table.constraints.values().filter_map(|c| c.kind.foreign_key());
    keys.map(|key| ForeignKey { parent_columns: context.schema.parent_columns(key), ..key.clone() })
        .collect()
}

/// The unique key of the target by which a row that was copied is known again: all of its columns are
/// given, and every row of the source gives another.
fn key_of_copy(
    context: &Context<'_>,
    (into, target): (&QName, &Table),
    (set, walked): (&[(String, Expr)], &[String]),
) -> Result<Vec<String>, Diagnostic> {
    let given = |c: &String| set.iter().find(|(name, _)| name == c).map(|(_, value)| value);
    let keys = target.constraints.values().filter_map(|c| match &c.kind {
        ConstraintKind::PrimaryKey(columns) | ConstraintKind::Unique(columns) => Some(columns),
        ConstraintKind::Check(_)
        | ConstraintKind::ForeignKey(_)
        | ConstraintKind::NotNull(_)
        | ConstraintKind::Other(..) => None,
    });
    let tells = |key: &&Vec<String>| {
        let values: Option<Vec<&Expr>> = key.iter().map(given).collect();
        values.is_some_and(|values| walked.iter().all(|c| values.contains(&&Expr::column(c))))
    };
    keys.into_iter().find(tells).cloned().ok_or_else(|| {
        context.refuse(
            "no-key-for-copies",
            format!("no unique key of `{into}` gets {} of each row: a row that was copied could not be told from one that was not, and a crash would leave copies twice", walked.join(", ")),
            &format!("copy {} into a column of a primary or unique key of `{into}`", walked.join(", ")),
        )
    })
}

/// Columns that the copy gives, with their types; all that need a value are among them.
fn typed_columns(
    context: &Context<'_>,
    into: &QName,
    target: &Table,
    set: &[(String, Expr)],
) -> Result<Vec<(String, SqlType)>, Diagnostic> {
    let given = |name: &str| set.iter().any(|(c, _)| c == name);
    let missing = target.columns.iter().find(|c| !given(&c.name) && !c.may_be_omitted());
    if let Some(column) = missing {
        return Err(context.refuse(
            "null-into-not-null",
            format!(
                "`{}` of `{into}` is NOT NULL without a default, and the copy does not give it",
                column.name
            ),
            "give it in the column list",
        ));
    }
    set.iter()
        .map(|(c, _)| context.column(into, c).map(|column| (c.clone(), column.ty.clone())))
        .collect()
}

//! Add a CHECK, a FOREIGN KEY, a UNIQUE or a PRIMARY KEY: the app keeps it first, existing rows
//! are checked next, then the database enforces it without a long lock.

use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::op::effect::Whole;
use crate::recipe::partitioned::{self, Named};
use crate::recipe::steps::{
    build_index, enforce_constraint, enforce_not_null, take_index, under_lock,
};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Constraint, ConstraintKind, ForeignKey, Index, Key};

pub(super) fn check(
    context: &Context<'_>,
    table: &QName,
    (name, constraint): (&str, &Constraint),
    expr: &Expr,
) -> Result<Recipe, Diagnostic> {
    context.table(table)?;
    let condition = Condition::NoViolations { table: table.clone(), check: expr.clone() };
    let mut recipe = kept(
        context,
        table,
        format!("never writes a row to {table} that {name} forbids"),
        condition.clone(),
    );
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("rows of {table} that violate {name}, NOT VALID or not, can no longer be updated at all (23514), not even in other columns"),
        "deploy the release that keeps it, put existing rows right, then add it",
    ));
    long_lock(context, table, "ADD CHECK reads every row under ACCESS EXCLUSIVE", &mut recipe);
    recipe.drafts.push(gate(
        format!("no row of {table} violates {name}"),
        "rows that violate it",
        condition,
    ));
    recipe.drafts.extend(enforce_constraint(context, Slot::Tighten, table, (name, constraint)));
    finish(constraint, recipe)
}

pub(super) fn foreign_key(
    context: &Context<'_>,
    table: &QName,
    (name, constraint): (&str, &Constraint),
    key: &ForeignKey,
) -> Result<Recipe, Diagnostic> {
    let definition = context.table(table)?;
    let condition = Condition::NoOrphans {
        table: table.clone(),
        columns: key.columns.clone(),
        parent: key.parent.clone(),
        parent_columns: context.schema.parent_columns(key),
    };
    let mut recipe = kept(
        context,
        table,
        format!(
            "writes no reference from {table} to {} that is not there, and deletes no parent that is referenced",
            key.parent
        ),
        condition.clone(),
    );
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("the running release may insert orphans into {table}, or delete parents in {}: such statements fail with 23503", key.parent),
        "deploy the release that keeps the reference first",
    ));
    long_lock(
        context,
        table,
        &format!(
            "ADD FOREIGN KEY reads every row under SHARE ROW EXCLUSIVE on {table} and on {}: no writes to either",
            key.parent
        ),
        &mut recipe,
    );
    let first = key.columns.first();
    let indexed = definition.indexes.values().any(|i| i.columns.first() == first)
        || definition
            .constraints
            .values()
            .any(|c| c.kind.columns().first() == first && c.kind.is_key());
    if !indexed {
        recipe.hazards.push(context.hazard(
            "unindexed-key",
            format!(
                "no index begins with {}: every delete or key update in {} reads all of {table}",
                key.columns.join(", "),
                key.parent
            ),
            "ask for CREATE INDEX on it in the same change",
        ));
    }
    recipe.drafts.push(gate(
        format!("every row of {table} has its parent in {}", key.parent),
        "orphans",
        condition,
    ));
    if definition.is_partitioned() && context.engine.version < 18 {
        // NOT VALID is for partitions only.
        let named = Named::constraint(name, constraint);
        recipe.drafts.extend(partitioned::make(context, Slot::Tighten, table, &named));
        return Ok(recipe);
    }
    recipe.drafts.extend(enforce_constraint(context, Slot::Tighten, table, (name, constraint)));
    finish(constraint, recipe)
}

pub(super) fn unique(
    context: &Context<'_>,
    table: &QName,
    name: &str,
    key: &Key,
) -> Result<Recipe, Diagnostic> {
    if context.table(table)?.is_partitioned() {
        return partitioned_key(context, (table, name), key.kind());
    }
    let mut recipe = unique_index(context, table, (name, &key.index()))?;
    recipe.drafts.push(take_over(context, table, name, key));
    Ok(recipe)
}

pub(super) fn primary_key(
    context: &Context<'_>,
    table: &QName,
    name: &str,
    key: &Key,
) -> Result<Recipe, Diagnostic> {
    if context.table(table)?.primary_key().is_some() {
        return Err(context.unsupported(
            &format!("replacing the primary key of `{table}`"),
            "add a UNIQUE constraint over the new key instead",
        ));
    }
    if context.table(table)?.is_partitioned() {
        return partitioned_key(context, (table, name), key.kind());
    }
    let mut recipe = unique_index(context, table, (name, &key.index()))?;
    no_nulls(context, table, &key.columns, &mut recipe)?;
    recipe.drafts.push(take_over(context, table, name, key));
    Ok(recipe)
}

/// The columns of a primary key become NOT NULL first.
pub(super) fn no_nulls(
    context: &Context<'_>,
    table: &QName,
    columns: &[String],
    recipe: &mut Recipe,
) -> Result<(), Diagnostic> {
    for column in columns {
        if !context.column(table, column)?.not_null {
            let condition = Condition::NoNulls { table: table.clone(), column: column.clone() };
            recipe.keeps.push(condition.clone());
            recipe.drafts.push(gate(
                format!("no row of {table} has NULL in {column}"),
                "rows with NULL",
                condition,
            ));
            recipe.drafts.extend(enforce_not_null(context, Slot::Tighten, table, column));
        }
    }
    Ok(())
}

/// An exclusion or a CHECK that cannot wait: checked, and its index built, under its lock.
pub(super) fn locking(
    context: &Context<'_>,
    op: &Op,
    (table, name): (&QName, &str),
    constraint: &Constraint,
) -> Recipe {
    let columns = constraint.kind.columns().join(", ");
    let mut recipe = under_lock(
        context,
        (
            format!("add constraint {name} to {table}"),
            "PostgreSQL checks this kind of constraint, and builds its index, only while it holds the table",
        ),
        vec![op.clone()],
        Some(vec![Op::DropConstraint { table: table.clone(), name: name.to_owned() }]),
    );
    recipe.needs_release = true;
    recipe.release_change = format!("writes nothing to ({columns}) of {table} that {name} forbids");
    recipe
}

/// A unique index, built once nobody writes duplicates any more.
pub(super) fn unique_index(
    context: &Context<'_>,
    table: &QName,
    (name, index): (&str, &Index),
) -> Result<Recipe, Diagnostic> {
    not_by_default(context, table, index)?;
    let mut recipe = no_duplicates(context, table, index);
    if context.table(table)?.is_partitioned() {
        let named = Named::index(name, index);
        recipe.drafts.extend(partitioned::make(context, Slot::Tighten, table, &named));
    } else {
        recipe.drafts.push(build_index(context, Slot::Tighten, table, (name, index)));
    }
    Ok(recipe)
}

/// Nobody writes duplicates any more, and none are there.
fn no_duplicates(context: &Context<'_>, table: &QName, index: &Index) -> Recipe {
    let key = Key::of_index(index, false, "");
    // NULLs that count as duplicates are for the build to find.
    let strict = key.as_ref().is_some_and(|key| key.nulls_not_distinct);
    let columns = key.map_or_else(|| index.columns.clone(), |key| key.columns);
    let plain = index.predicate.is_none() && index.keys.len() == columns.len() && !strict;
    let condition = Condition::NoDuplicates { table: table.clone(), columns: columns.clone() };
    let columns = columns.join(", ");
    let mut recipe = Recipe { needs_release: true, ..Recipe::default() };
    recipe.release_change = format!("writes no duplicates of ({columns}) to {table}");
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("the running release may write duplicates of ({columns}) to {table}: such statements fail with 23505"),
        "deploy the release that writes none first",
    ));
    long_lock(
        context,
        table,
        "the unique index is built under a lock that stops writes",
        &mut recipe,
    );
    if plain {
        recipe.keeps.push(condition.clone());
        recipe.drafts.push(gate(
            format!("no two rows of {table} share ({columns})"),
            "values that occur more than once",
            condition,
        ));
    }
    recipe
}

/// Columns that come in the same request with a default that is the same for every row: the rows that
/// are there, and those that the running release goes on writing, have it all.
fn not_by_default(context: &Context<'_>, table: &QName, index: &Index) -> Result<(), Diagnostic> {
    let Some(before) = context.source.table(table) else { return Ok(()) };
    let definition = context.table(table)?;
    let same_for_all = |column: &String| {
        let default = definition.column(column).and_then(|c| c.default.as_ref());
        before.column(column).is_none()
            && default.is_some_and(|d| {
                !d.always_null() && d.volatility() != crate::expr::Volatility::Volatile
            })
    };
    if index.predicate.is_some()
        || index.columns.is_empty()
        || !index.columns.iter().all(same_for_all)
    {
        return Ok(());
    }
    let columns = index.columns.join(", ");
    Err(context.refuse(
        "default-in-key",
        format!("({columns}) of `{table}` comes with a default and would be unique: rows that the running release writes get the default, and the second is a duplicate (23505)"),
        "add the column without a default, let a release write it, and add the key in a request of its own",
    ))
}

/// What a key needs of the rows and columns of a table before it is there.
pub(super) fn ready_for_key(
    context: &Context<'_>,
    table: &QName,
    kind: &ConstraintKind,
) -> Result<Recipe, Diagnostic> {
    let Some(index) = kind.backing() else { return Ok(Recipe::default()) };
    not_by_default(context, table, &index)?;
    let mut recipe = no_duplicates(context, table, &index);
    if Key::of(kind).is_some_and(|key| key.primary) {
        no_nulls(context, table, &kind.columns(), &mut recipe)?;
    }
    Ok(recipe)
}

/// A key of a partitioned table cannot take over an index: those of its partitions can.
fn partitioned_key(
    context: &Context<'_>,
    (table, name): (&QName, &str),
    kind: ConstraintKind,
) -> Result<Recipe, Diagnostic> {
    let mut recipe = ready_for_key(context, table, &kind)?;
    let constraint = Constraint { kind, validated: true };
    let named = Named::constraint(name, &constraint);
    recipe.drafts.extend(partitioned::make(context, Slot::Tighten, table, &named));
    Ok(recipe)
}

/// One index or key of a partitioned table takes the place of another.
pub(super) fn swap_partitioned(
    context: &Context<'_>,
    table: &QName,
    (old, new): (&Named, &Named),
) -> Result<Recipe, Diagnostic> {
    let mut recipe = match &new.whole {
        Whole::Index(index) if index.unique => no_duplicates(context, table, index),
        Whole::Index(_) => Recipe::default(),
        Whole::Key(constraint) => ready_for_key(context, table, &constraint.kind)?,
    };
    recipe.drafts.extend(partitioned::swap(context, table, (old, new)));
    Ok(recipe)
}

pub(super) fn take_over(context: &Context<'_>, table: &QName, name: &str, key: &Key) -> Draft {
    let index = context.schema.table(table).and_then(|t| t.indexes.get(name));
    debug_assert!(index.is_none(), "the index is this plan's own");
    let kind = if key.primary { "primary key" } else { "unique constraint" };
    Draft::ddl(
        context,
        Slot::Tighten,
        format!("make the index {name} the {kind} of {table}"),
        vec![take_index(table, (name, name), key)],
    )
    .back(context, vec![Op::DropConstraint { table: table.clone(), name: name.to_owned() }])
    .why("the index is there already: only the catalogue changes")
    .instead_of("ADD CONSTRAINT with its own index build: ACCESS EXCLUSIVE for all of it")
    .done_when(
        "the constraint is there",
        Condition::Constraint {
            table: table.clone(),
            name: name.to_owned(),
            validated: Some(true),
        },
    )
}

fn kept(context: &Context<'_>, table: &QName, change: String, condition: Condition) -> Recipe {
    debug_assert!(context.schema.table(table).is_some());
    Recipe {
        needs_release: true,
        release_change: change,
        keeps: vec![condition],
        ..Recipe::default()
    }
}

pub(super) fn gate(operation: String, name: &str, condition: Condition) -> Draft {
    Draft::gate(Slot::Confirm, operation, Vec::new())
        .why("every existing row is known to satisfy it before the database enforces it")
        .done_when(name, condition)
}

fn long_lock(context: &Context<'_>, table: &QName, message: &str, recipe: &mut Recipe) {
    if context.request.facts(table).is_big() && !context.created.contains(table) {
        recipe.hazards.push(context.hazard(
            "long-lock",
            format!("{message} ({} rows)", context.request.facts(table).rows),
            "the plan does the work while traffic goes on",
        ));
    }
}

/// A constraint asked for as NOT VALID is left so.
fn finish(constraint: &Constraint, mut recipe: Recipe) -> Result<Recipe, Diagnostic> {
    if !constraint.validated {
        recipe.drafts.pop();
    }
    Ok(recipe)
}

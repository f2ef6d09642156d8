//! Columns of one table get other types: second columns of the new types, filled by a one-way trigger
//! and in batches, take their names in one brief transaction, with the trigger turned round so that
//! the way back stays open. Keys, references and sequences move along. Must not know which changes
//! of type need it: `change_type` does.

mod group;
mod references;
mod swap;
mod twins;

use crate::backfill::Todo;
use crate::change::{Retype, Retyped};
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::name::{QName, clip, own};
use crate::op::Op;
use crate::recipe::change_type::{self, Conversion};
use crate::recipe::steps::{backfill_of, install_sync, run_backfill};
use crate::recipe::sync::can_sync;
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Column, ConstraintKind, Schema, Table};
use crate::sync::{Assignment, SyncRule};

pub(crate) use group::neighbours;
pub(super) use group::retypes;
use references::References;
use twins::Twins;

/// A column that gets another type.
struct Shadow {
    /// As it is.
    before: Column,
    /// As it will be.
    after: Column,
    /// Its new value.
    up: Expr,
    /// The column of the new type, until the swap.
    new: String,
    /// The column of the old type, after it.
    old: String,
}

/// The columns of a table that get other types, with all that hangs on them.
struct Shadows<'a> {
    table: &'a QName,
    columns: Vec<Shadow>,
    twins: Twins,
    references: References,
    /// New columns from old ones, until the swap.
    forward: SyncRule,
    /// Old ones from new ones, after it.
    backward: SyncRule,
}

/// Why second columns cannot take the place of these, where they cannot.
pub(super) fn hindrance(
    schema: &Schema,
    table: &QName,
    columns: &[String],
) -> Option<&'static str> {
    let definition = schema.table(table)?;
    let any = |names: &[String]| names.iter().any(|c| columns.contains(c));
    let other = definition
        .constraints
        .values()
        .any(|c| matches!(c.kind, ConstraintKind::Other(..)) && any(&c.kind.columns()));
    if definition.partitioning.is_some() {
        return Some("the table is partitioned");
    }
    if !schema.descendants(table).is_empty() || !schema.known_parents(table).is_empty() {
        return Some("the table has heirs, or is one");
    }
    if other {
        return Some("the column is in an exclusion or a deferrable constraint");
    }
    if columns.iter().any(|column| is_computed(definition, column)) {
        return Some("a generated column is involved");
    }
    if definition.batch_key().is_none() {
        return Some("the table has no key to batch by");
    }
    references::hindrance(schema, table, columns)
}

fn is_computed(table: &Table, column: &str) -> bool {
    let names = |text: &String| crate::name::rename_in_text(text, column, "\u{1}") != *text;
    table.column(column).is_some_and(|c| c.generated.is_some())
        || table.columns.iter().any(|c| c.generated.as_ref().is_some_and(names))
}

/// The name of a column's successor until the swap.
fn new_name(column: &str) -> String {
    clip(&format!("{column}_concertina_new"))
}

/// A new computed column's expression over the successors of columns whose types the plan swaps, where
/// it names such: it follows them when they take the names.
pub(super) fn over_successors(context: &Context<'_>, table: &QName, text: &str) -> Option<String> {
    let swapped = context.asked.iter().flat_map(|asked| match asked.what.retype() {
        Some(retype) if retype.table == *table => {
            retype.columns.iter().map(|c| c.column.clone()).collect()
        }
        Some(_) => Vec::new(),
        None => group::retyped(&asked.what, context.source)
            .filter(|(of, _)| of == table)
            .map(|(_, column)| vec![column.column])
            .filter(|columns| hindrance(context.source, table, columns).is_none())
            .unwrap_or_default(),
    });
    let renamed = swapped.fold(text.to_owned(), |text, column| {
        crate::name::rename_in_text(&text, &column, &new_name(&column))
    });
    (renamed != text).then_some(renamed)
}

/// The columns with the successors in the place of those that get other types.
fn successors(columns: &[String], retype: Option<&Retype>) -> Vec<String> {
    let has = |c: &str| retype.is_some_and(|r| r.has(c));
    columns.iter().map(|c| if has(c) { new_name(c) } else { c.clone() }).collect()
}

pub(super) fn plan(context: &Context<'_>, retype: &Retype) -> Result<Recipe, Diagnostic> {
    let table = &retype.table;
    can_sync(context, table)?;
    let mut recipe = Recipe { needs_release: true, ..Recipe::default() };
    let mut columns = Vec::new();
    let mut changes = Vec::new();
    for asked in &retype.columns {
        let shadow = shadow(context, table, asked, &mut recipe)?;
        changes.push(said(table, &shadow, &mut recipe, context));
        columns.push(shadow);
    }
    recipe.release_change = changes.join("; ");
    let shadows = Shadows {
        table,
        twins: twins::twins(context, table, &columns),
        references: references::references(context, retype)?,
        forward: forward(context, table, &columns),
        backward: backward(context, table, &columns),
        columns,
    };
    recipe.assumptions.extend(shadows.twins.upserts(table));
    let named = shadows.columns.iter().map(|shadow| &shadow.before.name);
    recipe
        .drafts
        .extend(named.filter_map(|name| change_type::default_before(context, table, name)));
    recipe.drafts.extend(shadows.columns.iter().map(|shadow| add_column(context, table, shadow)));
    recipe.drafts.push(install_sync(context, &shadows.forward, Vec::new()));
    recipe.drafts.push(fill(context, &shadows));
    recipe.drafts.extend(twins::steps(context, &shadows));
    recipe.drafts.extend(references::steps(context, &shadows.references));
    recipe
        .drafts
        .extend([Slot::Verify, Slot::Confirm].map(|slot| gate(slot, &shadows, |s| &s.new)));
    recipe.drafts.extend(references::replaced(context, &shadows.references));
    recipe.drafts.extend(swap::steps(context, &shadows));
    Ok(recipe)
}

/// One column of the request, with its conversions.
fn shadow(
    context: &Context<'_>,
    table: &QName,
    asked: &Retyped,
    recipe: &mut Recipe,
) -> Result<Shadow, Diagnostic> {
    let name = &asked.column;
    let before = context.column(table, name)?.clone();
    let after =
        Column { ty: asked.ty.clone(), collation: asked.collation.clone(), ..before.clone() };
    let up = change_type::up(context, table, (&before, &after), asked.using.as_ref())?;
    let conversion = Conversion { table, before: &before, after: &after, up: &up };
    conversion.default_converts(context)?;
    if !conversion.is_lossless(asked.using.as_ref()) {
        conversion.questions(context, recipe);
    }
    let old = own::aside(name);
    Ok(Shadow { new: new_name(name), old, before, after, up })
}

/// What the change means for the app, and is taken for granted of it.
fn said(table: &QName, shadow: &Shadow, recipe: &mut Recipe, context: &Context<'_>) -> String {
    let (name, ty) = (&shadow.before.name, &shadow.after.ty);
    recipe.hazards.push(context.hazard(
        "rewrite",
        format!("ALTER COLUMN {name} TYPE {ty} writes every row of {table} and all its indexes anew under ACCESS EXCLUSIVE: no reads, no writes meanwhile"),
        "fill a second column of the new type, then swap the names",
    ));
    recipe.assumptions.push(format!(
        "until the old column is dropped, the new release writes to {table}.{name} only values that {} holds",
        shadow.before.ty
    ));
    format!(
        "reads and writes {table}.{name} as {} and as {ty} alike, and prepares its statements again when told to (0A000)",
        shadow.before.ty
    )
}

fn add_column(context: &Context<'_>, table: &QName, shadow: &Shadow) -> Draft {
    let (name, ty) = (&shadow.new, &shadow.after.ty);
    let column = Column {
        name: name.clone(),
        not_null: false,
        default: None,
        identity: None,
        ..shadow.after.clone()
    };
    Draft::ddl(
        context,
        Slot::Expand,
        format!("add column {name} {ty} to {table}, empty"),
        vec![Op::AddColumn { table: table.clone(), column }],
    )
    .back(context, vec![Op::DropColumn { table: table.clone(), column: name.clone() }])
    .why("no release sees it; only the catalogue changes")
    .done_when(
        "the column is there",
        Condition::Column { table: table.clone(), column: name.clone(), present: true },
    )
}

fn forward(context: &Context<'_>, table: &QName, columns: &[Shadow]) -> SyncRule {
    let up = columns.iter().map(|shadow| {
        let new = Column { name: shadow.new.clone(), ..shadow.after.clone() };
        Assignment::new(&new, shadow.up.clone())
    });
    one_way(context, table, (columns, "new"), up.collect())
}

fn backward(context: &Context<'_>, table: &QName, columns: &[Shadow]) -> SyncRule {
    let up = columns.iter().map(|shadow| {
        let old = Column { name: shadow.old.clone(), ..shadow.before.clone() };
        Assignment::new(&old, change_type::back(context.schema, &shadow.before, &shadow.after))
    });
    one_way(context, table, (columns, "old"), up.collect())
}

fn one_way(
    context: &Context<'_>,
    table: &QName,
    (columns, side): (&[Shadow], &str),
    up: Vec<Assignment>,
) -> SyncRule {
    let stem = listed(columns, "_", |s| &s.before.name);
    let successor = match up.as_slice() {
        [only] => only.column.clone(),
        _ => format!("concertina_{side}"),
    };
    SyncRule {
        name: context.helper_name(table, &format!("{stem}_to_{successor}")),
        table: table.clone(),
        fills: false,
        search_path: context.search_path(table, up.iter().map(|a| &a.value)),
        up,
        down: Vec::new(),
    }
}

fn fill(context: &Context<'_>, shadows: &Shadows<'_>) -> Draft {
    let Shadows { table, forward, columns, .. } = shadows;
    let set = forward.up.iter().map(|a| (a.column.clone(), a.value.clone())).collect();
    let todo = Todo::Disagree(forward.clone());
    let backfill = backfill_of(context, (&forward.name, table), set, todo, None);
    let from = listed(columns, ", ", |s| &s.before.name);
    let to = listed(columns, ", ", |s| &s.new);
    run_backfill(Slot::Backfill, format!("copy {table}.{from} to {to} in batches"), &backfill)
}

/// Old and new columns agree: before the swap the new ones are aside, after it the old ones.
fn gate(slot: Slot, shadows: &Shadows<'_>, aside: fn(&Shadow) -> &String) -> Draft {
    let after = slot >= Slot::Swap;
    let rule = if after { &shadows.backward } else { &shadows.forward };
    let names = listed(&shadows.columns, ", ", |s| &s.before.name);
    let others = listed(&shadows.columns, ", ", aside);
    let why = if after {
        "parity before the old column goes; let the new release run on it for as long as a regret may take"
    } else {
        "parity before anything depends on it"
    };
    let operation = format!("{names} and {others} agree in every row of {}", shadows.table);
    Draft::gate(slot, operation, Vec::new())
        .why(why)
        .done_when("rows where they differ", Condition::Parity { rule: rule.clone() })
}

fn listed(columns: &[Shadow], between: &str, name: fn(&Shadow) -> &String) -> String {
    columns.iter().map(|s| name(s).as_str()).collect::<Vec<_>>().join(between)
}

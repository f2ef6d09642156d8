//! A primary key or UNIQUE constraint over other columns: the new one's index is built beside the old
//! key, which it replaces in one transaction, so that rows are never without a key. Must not know
//! how the rows came to fit the new one.

use crate::change::{Asked, What};
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::name::{QName, own};
use crate::op::Op;
use crate::recipe::add_constraint::{no_nulls, ready_for_key};
use crate::recipe::plain::retyped_to;
use crate::recipe::steps::{build_index, script, take_index};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{
    Constraint, ConstraintKind, Key, Object, ObjectId, ObjectKind, Schema, Subject,
};

/// The changes, with a primary key that goes and one that comes joined, whatever they are called: a
/// table has one at a time.
pub(in crate::recipe) fn keys(mut asked: Vec<Asked>, schema: &Schema) -> Vec<Asked> {
    for at in 0..asked.len() {
        let Some(What::Statement(create)) = asked.get(at).map(|a| a.what.clone()) else { continue };
        let Op::AddConstraint { table, constraint, .. } = &create else { continue };
        let is_primary = |kind: &ConstraintKind| Key::of(kind).is_some_and(|key| key.primary);
        if !is_primary(&constraint.kind) {
            continue;
        }
        let is_key = |name: &str| schema.constraint_kind(table, name).is_some_and(is_primary);
        let drops = |a: &Asked| {
            matches!(
                a.what.statement(),
                Some(Op::DropConstraint { table: t, name }) if t == table && is_key(name)
            )
        };
        let Some(earlier) = asked.get_mut(..at).and_then(|list| list.iter_mut().find(|a| drops(a)))
        else {
            continue;
        };
        let What::Statement(drop) = earlier.what.clone() else { continue };
        earlier.what = What::Lifted(drop.clone());
        if let Some(later) = asked.get_mut(at) {
            let (drop, create) = (Box::new(drop), Box::new(create));
            later.what = What::Replace { drop, create, with: Vec::new() };
        }
    }
    asked
}

/// A key that is replaced: its name and definition.
pub(super) struct Old {
    name: String,
    constraint: Constraint,
    key: Key,
}

/// The old key, where one key takes the place of another of its kind on a table that is not
/// partitioned.
pub(super) fn replaced(
    context: &Context<'_>,
    table: &QName,
    (old, new): (&str, &Constraint),
) -> Option<Old> {
    let definition = context.source.table(table)?;
    let constraint = definition.constraints.get(old)?.clone();
    let (key, after) = (Key::of(&constraint.kind)?, Key::of(&new.kind)?);
    (key.primary == after.primary && !definition.is_partitioned()).then(|| Old {
        name: old.to_owned(),
        constraint,
        key,
    })
}

pub(super) fn plan(
    context: &Context<'_>,
    table: &QName,
    (old, name, new): (&Old, &str, &Constraint),
) -> Result<Recipe, Diagnostic> {
    let mut recipe = ready(context, table, (&old.constraint.kind, &new.kind))?;
    let Some(key) = Key::of(&new.kind) else { return Ok(recipe) };
    let stay = key.columns.iter().filter(|c| old.key.columns.contains(c));
    if let Some(column) = stay.into_iter().find(|c| retyped_to(context, table, c).is_some()) {
        return Err(context.refuse(
            "overlapping-changes",
            format!("`{column}` of `{table}` gets another type while it stays in the key `{name}`, which gets other columns: the way back would meet the old key over the new column"),
            "change the key in a request of its own, before or after the type",
        ));
    }
    let twin = own::twin(name);
    hazards(context, table, (old, new), &mut recipe);
    recipe.drafts.push(build_index(context, Slot::Tighten, table, (&twin, &key.index())));
    recipe.drafts.push(swap(context, table, old, (name, &key, &twin)));
    recipe.keeps.extend(kept(table, &old.constraint.kind));
    recipe.assumptions.push(format!(
        "until this plan is finished nobody writes rows to {table} that {} would have forbidden: they would stop a rollback",
        old.name
    ));
    Ok(recipe)
}

/// What the new key needs of the rows. A key that has all columns of the old one and more has no
/// duplicates as it is.
fn ready(
    context: &Context<'_>,
    table: &QName,
    (old, new): (&ConstraintKind, &ConstraintKind),
) -> Result<Recipe, Diagnostic> {
    let columns = new.columns();
    if !old.columns().iter().all(|c| columns.contains(c)) {
        return ready_for_key(context, table, new);
    }
    let mut recipe = Recipe { needs_release: true, ..Recipe::default() };
    if Key::of(new).is_some_and(|key| key.primary) {
        no_nulls(context, table, &columns, &mut recipe)?;
    }
    if !recipe.keeps.is_empty() {
        recipe.hazards.push(context.hazard(
            "breaks-old-app",
            format!("the running release may write NULL into ({}) of {table}: such statements fail with 23502", columns.join(", ")),
            "deploy the release that writes none first",
        ));
    }
    Ok(recipe)
}

/// What the old key promised, kept for the way back.
fn kept(table: &QName, kind: &ConstraintKind) -> Vec<Condition> {
    let columns = kind.columns();
    vec![Condition::NoDuplicates { table: table.clone(), columns }]
}

fn hazards(
    context: &Context<'_>,
    table: &QName,
    (old, new): (&Old, &Constraint),
    recipe: &mut Recipe,
) {
    let (from, to) = (old.constraint.kind.columns(), new.kind.columns());
    recipe.hazards.push(context.hazard(
        "drops-key",
        format!(
            "between the DROP of {} and the end of its successor's build {table} has no key: duplicates get in, and ON CONFLICT ({}) fails (42P10)",
            old.name,
            from.join(", ")
        ),
        "build the new key's index first, and swap the keys in one transaction",
    ));
    recipe.release_change = format!(
        "writes neither duplicates of ({}) nor NULL in them to {table}, and has no ON CONFLICT ({}) any more",
        to.join(", "),
        from.join(", ")
    );
    let sends = |(id, object): (&ObjectId, &Object)| {
        id.kind == ObjectKind::Replication
            && (object.mentions(&table.name) || object.mentions("ALL"))
    };
    if old.key.primary && context.source.objects.iter().any(sends) {
        recipe.hazards.push(context.hazard(
            "replica-identity",
            format!("{table} is published, and its primary key tells a subscriber which row is meant: from the swap on by ({})", to.join(", ")),
            "give the subscriber's table an index over the new key first",
        ));
    }
}

fn swap(
    context: &Context<'_>,
    table: &QName,
    old: &Old,
    (name, new, twin): (&str, &Key, &str),
) -> Draft {
    let drop = |name: &str| Op::DropConstraint { table: table.clone(), name: name.to_owned() };
    let take = |name: &str, index: &str, key: &Key| take_index(table, (name, index), key);
    let aside = own::aside(&old.name);
    let mut ops = vec![drop(&old.name), take(name, twin, new)];
    if old.name == name {
        ops.extend(attached(context, context.schema, table, name));
    }
    let mut back = vec![drop(name), take(&old.name, &aside, &old.key)];
    back.extend(attached(context, context.source, table, &old.name));
    let mut rollback = build_index(context, Slot::Swap, table, (&aside, &old.key.index())).script;
    rollback.extend(script(context, back, Some("a")));
    let kind = if new.primary { "primary key" } else { "unique constraint" };
    // A key that loses a column which gets another type goes while the column is the one that it had.
    let lost = old.key.columns.iter().filter(|c| !new.columns.contains(c));
    let loses = lost.into_iter().any(|c| retyped_to(context, table, c).is_some());
    let mut draft = Draft::atomic(
        context,
        if loses { Slot::Tighten } else { Slot::Swap },
        format!(
            "({}) takes the place of ({}) as the {kind} of {table}, {name}",
            new.columns.join(", "),
            old.key.columns.join(", ")
        ),
        ops,
    )
    .why("its index is there already, and its columns are NOT NULL: only the catalogue changes, and no row is ever without a key")
    .instead_of("DROP, then ADD: no key in between, and ACCESS EXCLUSIVE for the whole build")
    .done_when(
        "the index is the constraint's",
        Condition::Index { table: table.clone(), name: twin.to_owned(), present: false },
    );
    draft.rollback = Some(rollback);
    draft
}

/// Comments on a key, and settings of its table that name its index, go with it: made again for the
/// one of the same name.
pub(super) fn attached(
    context: &Context<'_>,
    schema: &Schema,
    table: &QName,
    name: &str,
) -> Vec<Op> {
    let of_table = Subject::Relation(table.clone());
    let of_key =
        [Subject::Constraint(table.clone(), name.to_owned()), Subject::Index(table.sibling(name))];
    let wanted = |(id, object): &(&ObjectId, &Object)| {
        let of = object.of.as_ref();
        let about = of.is_some_and(|of| of_key.contains(of))
            && matches!(id.kind, ObjectKind::Comment | ObjectKind::Property);
        let names = id.kind == ObjectKind::Property
            && of == Some(&of_table)
            && object.mentions(name)
            && context.source.objects.contains_key(*id);
        about || names
    };
    let found = schema.objects.iter().filter(wanted);
    found.flat_map(|(id, object)| crate::op::object::make(id, object)).collect()
}

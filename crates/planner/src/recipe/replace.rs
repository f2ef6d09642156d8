//! Something is made again in another shape under its name: the new one is built beside the old one,
//! then takes its name in one brief transaction, so that nothing is ever missing.

use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::name::{QName, own};
use crate::op::Op;
use crate::op::object::make;
use crate::recipe::index::kept;
use crate::recipe::steps::{
    NO_CONCURRENT_INDEX, build_index, enforce_constraint, script, take_index, under_lock,
};
use crate::recipe::{Context, Draft, Recipe, Slot, add_constraint, partition, partitioned, plain};
use crate::schema::{Column, Constraint, ConstraintKind, Index, Key, Object, ObjectId, View};

mod key;
mod view;

pub(super) use view::is_made_anew;

pub(super) use key::keys;

pub(super) fn plan(
    context: &Context<'_>,
    drop: &Op,
    (create, with): (&Op, &[(ObjectId, Object)]),
) -> Result<Recipe, Diagnostic> {
    if let Op::DropTable { table } = drop {
        return Ok(instead_of_table(context, table, (create, with)));
    }
    if let Op::AttachPartition { table, child, bounds } = create {
        return partition::rebound(context, table, (child, bounds));
    }
    if let (Some((old, new)), Some(table)) =
        (partitioned::replaced(context, drop, create), create.relation())
    {
        return add_constraint::swap_partitioned(context, table, (&old, &new));
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "`fold::lift` makes only these pairs")]
    match create {
        Op::CreateIndex { table, name, index, .. } => {
            if let Op::DropConstraint { .. } = drop {
                return Ok(key_to_index(context, table, (name, index)));
            }
            // What is over columns that change their types is built with their successors.
            if context.index_for_successors(table, name).is_some() {
                return Ok(Recipe::default());
            }
            replace_index(context, table, (name, index))
        }
        Op::AddConstraint { table, name, constraint } if matches!(drop, Op::DropIndex { .. }) => {
            index_to_key(context, table, (name, constraint))
        }
        Op::AddConstraint { table, name, constraint } => {
            if let Op::DropConstraint { name: old, .. } = drop
                && let Some(old) = key::replaced(context, table, (old, constraint))
            {
                return key::plan(context, table, (&old, name, constraint));
            }
            replace_constraint(context, table, (name, constraint))
        }
        Op::CreateView { view, definition } => replace_view(context, view, (definition, with)),
        Op::CreateTable { table, .. } => Ok(instead_of_view(context, table, create)),
        Op::AddColumn { table, column } => replace_column(context, table, column),
        _ => Err(context.unsupported(
            &format!(
                "`{}` and then `{}`",
                crate::op::sql::render(drop),
                crate::op::sql::render(create)
            ),
            "ask for one of them first, and for the other in a request of its own",
        )),
    }
}

fn replace_index(
    context: &Context<'_>,
    table: &QName,
    (name, index): (&str, &Index),
) -> Result<Recipe, Diagnostic> {
    let old = context.source.table(table).and_then(|t| t.indexes.get(name)).cloned();
    let Some(old) = old.filter(|_| context.table(table).is_ok_and(|t| !t.is_partitioned())) else {
        return Ok(under_lock(
            context,
            (format!("replace index {name} of {table}"), NO_CONCURRENT_INDEX),
            vec![drop_index(table, name), create_index(table, (name, index))],
            context
                .source
                .table(table)
                .and_then(|t| t.indexes.get(name))
                .map(|old| vec![drop_index(table, name), create_index(table, (name, old))]),
        ));
    };
    let (new, aside) = (own::twin(name), own::aside(name));
    let rename = |from: &str, to: &str| rename_index(table, from, to);
    let holds = old.unique
        && old.predicate.is_none()
        && old.keys.iter().all(|key| index.keys.contains(key));
    let mut recipe = if index.unique && !holds {
        add_constraint::unique_index(context, table, (&new, index))?
    } else {
        let mut recipe = Recipe::default();
        recipe.drafts.push(build_index(context, Slot::Constrain, table, (&new, index)));
        recipe
    };
    if old.unique && !(index.unique && index.keys == old.keys && index.predicate == old.predicate) {
        recipe.keeps.extend(kept(table, &old));
    }
    recipe.hazards.push(context.hazard(
        "drops-index",
        format!(
            "between DROP INDEX {name} and the end of CREATE INDEX queries have no index to use"
        ),
        "build the new index first, drop the old one last",
    ));
    let said = || key::attached(context, context.source, table, name);
    let mut takes = vec![rename(name, &aside), rename(&new, name)];
    takes.extend(said());
    let mut gives = vec![rename(name, &new), rename(&aside, name)];
    gives.extend(said());
    recipe.drafts.push(
        Draft::atomic(
            context,
            Slot::Swap,
            format!("index {new} takes the name {name}, the old one stays aside"),
            takes,
        )
        .back_atomic(context, gives)
        .why("only names change; queries have one of the two at every moment")
        .done_when(
            "the old index is aside",
            Condition::Index { table: table.clone(), name: aside.clone(), present: true },
        ),
    );
    recipe.drafts.push(drop_old_index(context, table, (&aside, old)));
    Ok(recipe)
}

fn drop_old_index(context: &Context<'_>, table: &QName, (aside, old): (&str, Index)) -> Draft {
    Draft::ddl(
        context,
        Slot::Soak,
        format!("drop the old index {aside} of {table} concurrently"),
        vec![Op::DropIndex {
            table: table.clone(),
            name: aside.to_owned(),
            concurrently: true,
            if_exists: true,
        }],
    )
    .back(
        context,
        vec![Op::CreateIndex {
            table: table.clone(),
            name: aside.to_owned(),
            index: old,
            concurrently: true,
        }],
    )
    .why("the new one serves its queries")
    .done_when(
        "the old index is gone",
        Condition::Index { table: table.clone(), name: aside.to_owned(), present: false },
    )
}

/// A constraint of an index's name: where the index is what the constraint needs, it takes it over.
fn index_to_key(
    context: &Context<'_>,
    table: &QName,
    (name, constraint): (&str, &Constraint),
) -> Result<Recipe, Diagnostic> {
    let old = context.source.table(table).and_then(|t| t.indexes.get(name)).cloned();
    let (
        Some(old),
        Some(key),
        ConstraintKind::PrimaryKey(columns) | ConstraintKind::Unique(columns),
    ) = (old, Key::of(&constraint.kind), &constraint.kind)
    else {
        return Err(context.unsupported(
            &format!("a constraint of the name of the index {name}"),
            "ask for the drop of the index first, in a request of its own",
        ));
    };
    let fits = old == Index::unique_on(columns);
    let take = |index: &str| take_index(table, (name, index), &key);
    let drop = || Op::DropConstraint { table: table.clone(), name: name.to_owned() };
    let aside = own::aside(name);
    let again = build_index(context, Slot::Swap, table, (&aside, &old)).script;
    let mut back = vec![drop(), rename_index(table, &aside, name)];
    back.extend(nullable_again(context, table, columns));
    let mut recipe = Recipe::default();
    let ops = if fits {
        vec![take(name)]
    } else {
        let new = own::twin(name);
        let index = Index::unique_on(columns);
        recipe.drafts.push(build_index(context, Slot::Tighten, table, (&new, &index)));
        vec![drop_index(table, name), take(&new)]
    };
    let mut draft =
        Draft::atomic(context, Slot::Swap, format!("make {name} a constraint of {table}"), ops)
            .why("the index is there already: only the catalogue changes");
    draft.rollback = Some(again.into_iter().chain(script(context, back, Some("a"))).collect());
    recipe.drafts.push(draft);
    Ok(recipe)
}

/// An index of a constraint's name: built beside it, then it takes the name.
fn key_to_index(context: &Context<'_>, table: &QName, (name, index): (&str, &Index)) -> Recipe {
    let drop = || Op::DropConstraint { table: table.clone(), name: name.to_owned() };
    let old = context.source.table(table).and_then(|t| t.constraints.get(name)).cloned();
    let key = old.as_ref().and_then(|constraint| Key::of(&constraint.kind));
    let Some(key) = key.filter(|_| context.table(table).is_ok_and(|t| !t.is_partitioned())) else {
        let back = old.map(|constraint| {
            let add = Op::AddConstraint { table: table.clone(), name: name.to_owned(), constraint };
            vec![drop_index(table, name), add]
        });
        return under_lock(
            context,
            (
                format!("make the constraint {name} of {table} an index"),
                "PostgreSQL cannot turn a constraint into an index: it is built anew",
            ),
            vec![drop(), create_index(table, (name, index))],
            back,
        );
    };
    let (new, aside) = (own::twin(name), own::aside(name));
    let take = take_index(table, (name, &aside), &key);
    let mut rollback = build_index(context, Slot::Swap, table, (&aside, &key.index())).script;
    rollback.extend(script(context, vec![drop_index(table, name), take], Some("a")));
    let mut recipe = Recipe::default();
    if !(index.unique && index.keys == key.index().keys && index.predicate.is_none()) {
        recipe.keeps.extend(kept(table, &key.index()));
    }
    recipe.drafts.push(build_index(context, Slot::Constrain, table, (&new, index)));
    let mut draft = Draft::atomic(
        context,
        Slot::Swap,
        format!("the index {new} takes the place and name of the constraint {name} of {table}"),
        vec![drop(), rename_index(table, &new, name)],
    )
    .why("its index is there already: only the catalogue changes")
    .done_when(
        "the new index has the name",
        Condition::Index { table: table.clone(), name: new.clone(), present: false },
    );
    draft.rollback = Some(rollback);
    recipe.drafts.push(draft);
    recipe
}

fn rename_index(table: &QName, from: &str, to: &str) -> Op {
    Op::RenameIndex { table: table.clone(), name: from.to_owned(), to: to.to_owned() }
}

fn drop_index(table: &QName, name: &str) -> Op {
    Op::DropIndex {
        table: table.clone(),
        name: name.to_owned(),
        concurrently: false,
        if_exists: false,
    }
}

fn create_index(table: &QName, (name, index): (&str, &Index)) -> Op {
    Op::CreateIndex {
        table: table.clone(),
        name: name.to_owned(),
        index: index.clone(),
        concurrently: false,
    }
}

fn replace_constraint(
    context: &Context<'_>,
    table: &QName,
    (name, constraint): (&str, &Constraint),
) -> Result<Recipe, Diagnostic> {
    let old = context.source.table(table).and_then(|t| t.constraints.get(name)).cloned();
    let add = |constraint: &Constraint| Op::AddConstraint {
        table: table.clone(),
        name: name.to_owned(),
        constraint: constraint.clone(),
    };
    let drop = || Op::DropConstraint { table: table.clone(), name: name.to_owned() };
    let title = format!("replace constraint {name} of {table}");
    let Some(old) = old else {
        return Err(context.unsupported(&title, "ask for its drop first, in a request of its own"));
    };
    let simple =
        |c: &Constraint| matches!(c.kind, ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_));
    // NOT VALID references of a partitioned table are for 18 and later.
    let at_once = |c: &Constraint| partitioned::is_made_of_parts(context, table, c);
    if !simple(constraint) || !simple(&old) || at_once(constraint) || at_once(&old) {
        let key = Key::of(&constraint.kind).filter(|key| key.primary);
        let again = key.map(|key| nullable_again(context, table, &key.columns));
        let back = [vec![drop()], again.unwrap_or_default(), vec![add(&old)]].concat();
        return Ok(under_lock(
            context,
            (title, "only CHECK and FOREIGN KEY constraints can be added as NOT VALID"),
            vec![drop(), add(constraint)],
            Some(back),
        ));
    }
    let new = own::twin(name);
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("writes only rows to {table} that the new {name} allows"),
        ..Recipe::default()
    };
    // The old one stands until the new one has its name, and is put back by a rollback.
    recipe.keeps.extend(plain::kept(context, table, &old.kind).filter(|_| old != *constraint));
    if let ConstraintKind::Check(check) = &constraint.kind {
        let condition = Condition::NoViolations { table: table.clone(), check: check.clone() };
        recipe.keeps.push(condition.clone());
        recipe.drafts.push(add_constraint::gate(
            format!("no row of {table} violates the new {name}"),
            "rows that violate it",
            condition,
        ));
    }
    recipe.drafts.extend(enforce_constraint(context, Slot::Tighten, table, (&new, constraint)));
    if !constraint.validated {
        recipe.drafts.pop();
    }
    let rename = |from: &str, to: &str| Op::RenameConstraint {
        table: table.clone(),
        name: from.to_owned(),
        to: to.to_owned(),
    };
    let unvalidated = Constraint { validated: false, ..old.clone() };
    let mut back = vec![rename(name, &new), add(&unvalidated)];
    if old.validated {
        back.push(Op::ValidateConstraint { table: table.clone(), name: name.to_owned() });
    }
    recipe.drafts.push(
        Draft::atomic(
            context,
            Slot::Swap,
            format!("{new} takes the place and name of {name} on {table}"),
            vec![drop(), rename(&new, name)],
        )
        .back(context, back)
        .why("the new constraint has been enforced beside the old one: nothing is unchecked at any moment")
        .done_when(
            "the new one has the name",
            // One of the name was there before, too.
            Condition::Constraint { table: table.clone(), name: new.clone(), validated: None },
        ),
    );
    Ok(recipe)
}

/// What a new key held to be NOT NULL, and is not without it; a NOT NULL that is asked for by itself is
/// taken back by its own step.
fn nullable_again(context: &Context<'_>, table: &QName, columns: &[String]) -> Vec<Op> {
    let Some(before) = context.source.table(table) else { return Vec::new() };
    let by_the_key = |c: &&String| {
        before.column(c).is_some_and(|c| !c.not_null)
            && !context.column(table, c).is_ok_and(|c| c.not_null)
    };
    let drop = |column: &String| Op::SetNotNull {
        table: table.clone(),
        column: column.clone(),
        not_null: false,
    };
    columns.iter().filter(by_the_key).map(drop).collect()
}

/// A view takes the name of a table that goes.
fn instead_of_table(
    context: &Context<'_>,
    table: &QName,
    (create, with): (&Op, &[(ObjectId, Object)]),
) -> Recipe {
    let mut ops = vec![Op::DropTable { table: table.clone() }, create.clone()];
    ops.extend(with.iter().flat_map(|(id, object)| make(id, object)));
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("reads {table} as the view it becomes, and does not write it"),
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "destroys-data",
        format!("everything in the table {table} is gone for good when the view takes its name"),
        "take a backup and restore it somewhere before; rename the table instead if the view reads it",
    ));
    let mut draft = Draft::atomic(
        context,
        Slot::Drop,
        format!("drop table {table}; a view takes its name"),
        ops,
    )
    .irreversible(&format!("everything in {table}: only the backup has it"))
    .why("one transaction: the name is there at every moment");
    draft.destructive = true;
    recipe.drafts.push(draft);
    recipe
}

/// A table takes the name of a view that goes.
fn instead_of_view(context: &Context<'_>, name: &QName, create: &Op) -> Recipe {
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("uses {name} as the table it becomes"),
        ..Recipe::default()
    };
    let ops = vec![context.source.drop_view(name), create.clone()];
    let mut back = vec![Op::DropTable { table: name.clone() }];
    if let Some(definition) = context.source.views.get(name).cloned() {
        back.push(Op::CreateView { view: name.clone(), definition });
        back.extend(context.source.objects_of(name).flat_map(|(id, o)| make(id, o)));
    }
    recipe.drafts.push(
        Draft::atomic(
            context,
            Slot::Expand,
            format!("drop view {name}; a table takes its name"),
            ops,
        )
        .back_atomic(context, back)
        .loses("what has been written to the table")
        .why("one transaction: the name is there at every moment"),
    );
    recipe
}

fn replace_view(
    context: &Context<'_>,
    view: &QName,
    (after, with): (&View, &[(ObjectId, Object)]),
) -> Result<Recipe, Diagnostic> {
    if !context.source.views.contains_key(view) {
        return Err(context.unsupported(
            &format!("replacing the view {view}"),
            "ask for its drop first, in a request of its own",
        ));
    }
    Ok(view::plan(context, view, (after, with)))
}

/// The old column goes and another takes its name: what the old one held is lost, unless it was computed.
fn replace_column(
    context: &Context<'_>,
    table: &QName,
    column: &Column,
) -> Result<Recipe, Diagnostic> {
    let name = &column.name;
    let old = context.source.table(table).and_then(|t| t.column(name)).cloned();
    let drop = || Op::DropColumn { table: table.clone(), column: name.clone() };
    let add = |column: &Column| Op::AddColumn { table: table.clone(), column: column.clone() };
    let computed = old.as_ref().is_some_and(|old| old.generated.is_some());
    let back = old.filter(|_| computed).map(|old| vec![drop(), add(&old)]);
    let mut recipe = under_lock(
        context,
        (
            format!("drop {table}.{name} and add another column of that name"),
            "a stored computed column is written for every row in one go",
        ),
        vec![drop(), add(column)],
        back,
    );
    if !computed {
        recipe.needs_release = true;
        recipe.release_change = format!("knows {table}.{name} only as the column that it becomes");
        recipe.hazards.push(context.hazard(
            "destroys-data",
            format!("what {table}.{name} holds is gone for good"),
            "take a backup and restore it somewhere before; or add the new column under another name and move the app over",
        ));
        for draft in &mut recipe.drafts {
            draft.slot = Slot::Drop;
            draft.destructive = true;
            draft.loses = format!("everything {table}.{name} held: only the backup has it");
        }
    }
    Ok(recipe)
}

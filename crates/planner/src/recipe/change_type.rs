//! Change a column's type: in place where the engine only notes it; otherwise a second column of
//! the new type, filled by a one-way trigger and in batches, that takes the name in one brief
//! transaction, with the trigger turned round so that the way back stays open.

mod twins;

use crate::backfill::Todo;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::name::{QName, clip};
use crate::op::Op;
use crate::plan::{Check, Narrowed, Question};
use crate::recipe::steps::{backfill_of, install_sync, run_backfill, under_lock};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Column, ConstraintKind, ObjectId, ObjectKind};
use crate::sql_type::{Cast, SqlType, TypeChange};
use crate::sync::{Assignment, SyncRule};

use twins::{Twins, twin_steps, twins};

pub(super) fn plan(
    context: &Context<'_>,
    (table, column): (&QName, &str),
    (ty, collation): (&SqlType, Option<&String>),
    using: Option<&Expr>,
) -> Result<Recipe, Diagnostic> {
    let found = context.column(table, column)?;
    let after = Column { ty: ty.clone(), collation: collation.cloned(), ..found.clone() };
    let plain_cast = using.is_none_or(|e| is_cast_of(e, column, ty));
    let collates = found.collation == after.collation;
    match found.ty.change_to(ty) {
        TypeChange::Same if collates => return Ok(Recipe::default()),
        TypeChange::InPlace if plain_cast && collates => {
            return Ok(in_place(context, table, found, ty));
        }
        TypeChange::Same | TypeChange::InPlace | TypeChange::Rewrite => {}
    }
    let up = match using {
        Some(using) => using.clone(),
        None if found.ty == *ty => Expr::column(column),
        None => converted(found, ty).ok_or_else(|| {
            context.refuse(
                "no-cast",
                format!("`{column}` of `{table}` cannot become {ty}: nothing casts {} to it (42846)", found.ty),
                &format!("say what becomes of its values: ALTER COLUMN {column} TYPE {ty} USING <expression>"),
            )
        })?,
    };
    let alone = up.columns().iter().all(|c| c == column);
    let reason = hindrance(context, table, found)?
        .or((!alone).then_some("its new value comes from several columns"));
    if let Some(reason) = reason {
        return Ok(rewrite(context, table, (found, &after), (&up, reason)));
    }
    let today = context.source.table(table).and_then(|t| t.column(column));
    if let Some(default) = today.and_then(|c| c.default.as_ref())
        && !ty.takes(default)
    {
        return Err(context.refuse(
            "default-does-not-convert",
            format!("the running release may leave `{column}` of `{table}` out, and its default {} does not convert to {ty} (22P02)", default.sql()),
            "drop the default in a request of its own first, when no release counts on it any more",
        ));
    }
    let mut recipe = shadow(context, table, (found, &after), &up)?;
    if !plain_cast || !found.ty.widens_to(ty) {
        questions(context, table, (found, &after), &up, &mut recipe);
    }
    Ok(recipe)
}

/// What a human has to look at where values may not survive the way there or back.
fn questions(
    context: &Context<'_>,
    table: &QName,
    (before, after): (&Column, &Column),
    up: &Expr,
    recipe: &mut Recipe,
) {
    let name = &before.name;
    recipe.hazards.push(context.hazard(
        "lossy-type-change",
        format!("not every value of {} converts to {} and back: a write of one that does not fails (22P02, 22003) while both columns are kept equal", before.ty, after.ty),
        "count them first, and put them right or let the app stop writing them",
    ));
    recipe.questions.push(Question {
        code: "conversion".to_owned(),
        question: format!("What becomes of {table}.{name}, and back?"),
        default: format!("{}; back: {}", up.sql(), back(before, after).sql()),
        answer_with: format!(
            "ALTER COLUMN {name} TYPE … USING <expression>, or -- concertina: split {table}.{name} into {name}_new {} := <expression> back <expression>",
            after.ty
        ),
    });
    recipe.narrowed.push(Narrowed {
        table: table.clone(),
        column: name.clone(),
        ty: after.ty.clone(),
    });
    recipe.assumptions.push(format!(
        "every value that any release writes to {table}.{name} until the old column is dropped converts to {} and back unchanged",
        after.ty
    ));
}

/// The column's value as one of another type, where a cast leads there.
pub(super) fn converted(column: &Column, ty: &SqlType) -> Option<Expr> {
    let value = Expr::column(&column.name);
    let cast = |value: Expr, ty: &SqlType| Expr::Cast(Box::new(value), ty.clone());
    match column.ty.casts_to(ty) {
        Cast::Direct => Some(cast(value, ty)),
        Cast::ByText => {
            let text = if ty.as_str().ends_with("[]") { "text[]" } else { "text" };
            Some(cast(cast(value, &SqlType::new(text)), ty))
        }
        Cast::None => None,
    }
}

/// The value that the old type has for one of the new type.
pub(super) fn back(before: &Column, after: &Column) -> Expr {
    converted(after, &before.ty)
        .unwrap_or_else(|| Expr::Cast(Box::new(Expr::column(&before.name)), before.ty.clone()))
}

/// The default does not always convert by itself, and where it does it is spelled with a cast.
fn with_default(table: &QName, column: &Column, alter: Op) -> Vec<Op> {
    let set = |default: Option<Expr>| Op::SetDefault {
        table: table.clone(),
        column: column.name.clone(),
        default,
    };
    match &column.default {
        Some(default) => vec![set(None), alter, set(Some(default.clone()))],
        None => vec![alter],
    }
}

/// In one go under its lock: where a second column cannot take the first one's place.
fn rewrite(
    context: &Context<'_>,
    table: &QName,
    (before, after): (&Column, &Column),
    (up, reason): (&Expr, &str),
) -> Recipe {
    let alter = |to: &Column, using: Option<Expr>| Op::AlterType {
        table: table.clone(),
        column: before.name.clone(),
        ty: to.ty.clone(),
        collation: to.collation.clone(),
        using,
    };
    // A computed column is computed anew: PostgreSQL takes no USING for it.
    let same = before.ty == after.ty || before.generated.is_some();
    let using = (!same).then(|| up.clone());
    let mut recipe = under_lock(
        context,
        (format!("change {table}.{} from {} to {}", before.name, before.ty, after.ty), reason),
        with_default(table, before, alter(after, using)),
        Some(with_default(table, before, alter(before, (!same).then(|| back(before, after))))),
    );
    recipe.hazards.push(context.hazard(
        "rewrite",
        format!("ALTER COLUMN {} TYPE {} writes every row of {table} and all its indexes anew under ACCESS EXCLUSIVE: no reads, no writes meanwhile", before.name, after.ty),
        "a second column with the app moving over: -- concertina: split …",
    ));
    recipe
}

fn is_cast_of(using: &Expr, column: &str, ty: &SqlType) -> bool {
    *using == Expr::column(column)
        || *using == Expr::Cast(Box::new(Expr::column(column)), ty.clone())
}

fn in_place(context: &Context<'_>, table: &QName, column: &Column, ty: &SqlType) -> Recipe {
    let name = &column.name;
    let alter = |ty: &SqlType| Op::AlterType {
        table: table.clone(),
        column: name.clone(),
        ty: ty.clone(),
        collation: column.collation.clone(),
        using: None,
    };
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("may write what only {ty} holds to {table}.{name}"),
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "cached-plan",
        format!("a prepared statement that returns {table}.{name} fails once with 0A000 (cached plan must not change result type)"),
        "recycle connections after the step, or let the driver prepare again",
    ));
    let operation = format!("change {table}.{name} from {} to {ty}, in place", column.ty);
    let forward = with_default(table, column, alter(ty));
    let mut draft = if forward.len() > 1 {
        Draft::atomic(context, Slot::Expand, operation, forward)
    } else {
        Draft::ddl(context, Slot::Expand, operation, forward)
    }
    .why("the new type holds every value as it is stored: only the catalogue changes")
    .done_when(
        "the column has the new type",
        Condition::Type { table: table.clone(), column: name.clone(), ty: ty.clone() },
    );
    if context.request.facts(table).is_big() {
        draft = draft.irreversible(
            "nothing: the old release reads and writes the wider type as before, so leave it; going back would write every row anew",
        );
    } else {
        draft = draft
            .back_atomic(context, with_default(table, column, alter(&column.ty)))
            .loses("nothing, as long as no longer value was written");
    }
    recipe.drafts.push(draft);
    recipe
}

/// Names that the recipe makes.
struct Names {
    /// The column of the new type, until the swap.
    new: String,
    /// The column of the old type, after it.
    old: String,
}

fn shadow(
    context: &Context<'_>,
    table: &QName,
    (column, after): (&Column, &Column),
    up: &Expr,
) -> Result<Recipe, Diagnostic> {
    let ty = &after.ty;
    let definition = context.table(table)?;
    let name = &column.name;
    let names = Names {
        new: clip(&format!("{name}_concertina_new")),
        old: clip(&format!("{name}_concertina_old")),
    };
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!(
            "reads and writes {table}.{name} as {} and as {ty} alike, and prepares its statements again when told to (0A000)",
            column.ty
        ),
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "rewrite",
        format!("ALTER COLUMN {name} TYPE {ty} writes every row of {table} and all its indexes anew under ACCESS EXCLUSIVE: no reads, no writes meanwhile"),
        "fill a second column of the new type, then swap the names",
    ));
    recipe.assumptions.push(format!(
        "until the old column is dropped, the new release writes to {table}.{name} only values that {} holds",
        column.ty
    ));
    let add = Column { name: names.new.clone(), not_null: false, default: None, ..after.clone() };
    let forward = one_way(context, table, name, (&add, up.clone()));
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Expand,
            format!("add column {} {ty} to {table}, empty", names.new),
            vec![Op::AddColumn { table: table.clone(), column: add }],
        )
        .back(context, vec![Op::DropColumn { table: table.clone(), column: names.new.clone() }])
        .why("no release sees it; only the catalogue changes")
        .done_when(
            "the column is there",
            Condition::Column { table: table.clone(), column: names.new.clone(), present: true },
        ),
    );
    recipe.drafts.push(install_sync(context, &forward, Vec::new()));
    let set = forward.up.iter().map(|a| (a.column.clone(), a.value.clone())).collect();
    let backfill =
        backfill_of(context, (&forward.name, table), set, Todo::Disagree(forward.clone()), None);
    recipe.drafts.push(run_backfill(
        Slot::Backfill,
        format!("copy {table}.{name} to {} in batches", names.new),
        &backfill,
    ));
    let twins = twins(definition, name, &names.new);
    recipe.drafts.extend(twin_steps(context, table, column, (&names, &twins)));
    recipe.drafts.extend([Slot::Verify, Slot::Confirm].map(|slot| {
        Draft::gate(
            slot,
            format!("{name} and {} agree in every row of {table}", names.new),
            Vec::new(),
        )
        .why("parity before anything depends on it")
        .done_when("rows where they differ", Condition::Parity { rule: forward.clone() })
    }));
    swap_and_drop(context, table, (column, after), (&names, &twins, &forward), &mut recipe);
    Ok(recipe)
}

/// Why a second column cannot take the place of this one, where it cannot.
fn hindrance(
    context: &Context<'_>,
    table: &QName,
    column: &Column,
) -> Result<Option<&'static str>, Diagnostic> {
    let definition = context.table(table)?;
    let name = &column.name;
    let serial = matches!(&column.default, Some(Expr::Call(f, _)) if f == "nextval");
    let referenced = context
        .schema
        .referencing(table)
        .any(|(_, _, key)| context.schema.parent_columns(key).contains(name));
    let other = definition.constraints.values().any(|c| {
        matches!(c.kind, ConstraintKind::Other(..) | ConstraintKind::PrimaryKey(_))
            && c.kind.columns().contains(name)
    });
    let generated = definition.columns.iter().any(|c| {
        c.generated
            .as_ref()
            .is_some_and(|text| crate::name::rename_in_text(text, name, "\u{1}") != *text)
    });
    let what = if definition.partitioning.is_some() {
        "the table is partitioned"
    } else if referenced {
        "foreign keys point at the column"
    } else if other {
        "the column is in a primary key, an exclusion or a deferrable constraint"
    } else if serial || column.identity.is_some() {
        "the column has a sequence"
    } else if generated || column.generated.is_some() {
        "a generated column is involved"
    } else if definition.batch_key().is_none() {
        "the table has no key to batch by"
    } else {
        return Ok(None);
    };
    Ok(Some(what))
}

fn one_way(
    context: &Context<'_>,
    table: &QName,
    stem: &str,
    (column, value): (&Column, Expr),
) -> SyncRule {
    SyncRule {
        name: clip(&format!("{}_{stem}_to_{}", table.name, column.name)),
        table: table.clone(),
        fills: false,
        search_path: context.search_path(table, [&value]),
        up: vec![Assignment::new(column, value)],
        down: Vec::new(),
    }
}

/// Old name → aside, new name → in its place, for the column and everything that hangs on it.
fn swap_ops(table: &QName, column: &Column, (names, twins): (&Names, &Twins)) -> Vec<Op> {
    let rename = |from: &str, to: &str| Op::RenameColumn {
        table: table.clone(),
        column: from.to_owned(),
        to: to.to_owned(),
    };
    let mut ops = vec![rename(&column.name, &names.old), rename(&names.new, &column.name)];
    if column.default.is_some() {
        let set = |column: &str, default: Option<Expr>| Op::SetDefault {
            table: table.clone(),
            column: column.to_owned(),
            default,
        };
        ops.push(set(&column.name, column.default.clone()));
        ops.push(set(&names.old, None));
    }
    let aside = |name: &str| clip(&format!("{name}_concertina_old"));
    for (name, twin, _) in &twins.indexes {
        for (from, to) in [(name.clone(), aside(name)), (twin.clone(), name.clone())] {
            ops.push(Op::RenameIndex { table: table.clone(), name: from, to });
        }
    }
    let pairs = twins
        .uniques
        .iter()
        .map(|(name, twin, _)| (name, twin))
        .chain(twins.constraints.iter().map(|(name, twin, _)| (name, twin)));
    for (name, twin) in pairs {
        for (from, to) in [(name.clone(), aside(name)), (twin.clone(), name.clone())] {
            ops.push(Op::RenameConstraint { table: table.clone(), name: from, to });
        }
    }
    ops
}

/// The same backwards.
fn unswap_ops(table: &QName, column: &Column, (names, twins): (&Names, &Twins)) -> Vec<Op> {
    swap_ops(table, column, (names, twins))
        .into_iter()
        .rev()
        .map(|op| {
            #[expect(clippy::wildcard_enum_match_arm, reason = "`swap_ops` makes only these")]
            match op {
                Op::RenameColumn { table, column, to } => {
                    Op::RenameColumn { table, column: to, to: column }
                }
                Op::RenameIndex { table, name, to } => {
                    Op::RenameIndex { table, name: to, to: name }
                }
                Op::RenameConstraint { table, name, to } => {
                    Op::RenameConstraint { table, name: to, to: name }
                }
                Op::SetDefault { table, column: c, default } => {
                    let default = if default.is_some() { None } else { column.default.clone() };
                    Op::SetDefault { table, column: c, default }
                }
                other => other,
            }
        })
        .collect()
}

fn swap_and_drop(
    context: &Context<'_>,
    table: &QName,
    (column, after): (&Column, &Column),
    (names, twins, forward): (&Names, &Twins, &SyncRule),
    recipe: &mut Recipe,
) {
    let name = &column.name;
    let aside = Column { name: names.old.clone(), ..column.clone() };
    let backward = one_way(context, table, name, (&aside, back(column, after)));
    let rule = |r: &SyncRule| r.clone();
    let mut ops = vec![
        Op::DropSyncTrigger { rule: rule(forward) },
        Op::CreateSyncFunction { rule: rule(&backward) },
    ];
    ops.extend(swap_ops(table, column, (names, twins)));
    ops.extend(comments(context, table, name));
    ops.push(Op::CreateSyncTrigger { rule: rule(&backward) });
    let mut back = vec![Op::DropSyncTrigger { rule: rule(&backward) }];
    back.extend(unswap_ops(table, column, (names, twins)));
    back.push(Op::DropSyncFunction { rule: rule(&backward) });
    back.push(Op::CreateSyncTrigger { rule: rule(forward) });
    let mut swap = Draft::atomic(
        context,
        Slot::Swap,
        format!("swap: {} takes the name {table}.{name}, the old column stays in step as {}", names.new, names.old),
        ops,
    )
    .back_atomic(context, back)
    .why("one transaction, one brief ACCESS EXCLUSIVE lock; the trigger is turned round, so the old column stays true and the swap can be undone")
    .instead_of("ALTER COLUMN … TYPE: rewrites the table under the same lock");
    swap.checks.push(Check::new(
        "the old column is aside",
        Condition::Column { table: table.clone(), column: names.old.clone(), present: true },
    ));
    recipe.drafts.push(swap);
    recipe.drafts.push(
        Draft::gate(Slot::Soak, format!("{name} and {} agree in every row of {table}", names.old), Vec::new())
            .why("parity before the old column goes; let the new release run on it for as long as a regret may take")
            .done_when("rows where they differ", Condition::Parity { rule: backward.clone() }),
    );
    let mut drop = Draft::atomic(
        context,
        Slot::Drop,
        format!("drop the trigger and column {} of {table}", names.old),
        vec![
            Op::DropSyncTrigger { rule: backward },
            Op::DropColumn { table: table.clone(), column: names.old.clone() },
        ],
    )
    .irreversible(
        "nothing that the new type does not hold; going back means planning the opposite change",
    )
    .why("in one transaction: a trigger that names a dropped column would fail every write")
    .done_when(
        "the old column is gone",
        Condition::Column { table: table.clone(), column: names.old.clone(), present: false },
    );
    drop.destructive = true;
    recipe.drafts.push(drop);
}

/// Comments go by column, not by name: the successor gets its own.
fn comments(context: &Context<'_>, table: &QName, column: &str) -> Option<Op> {
    let name = format!("COLUMN {table}.{}", crate::name::quote(column));
    let id = ObjectId::new(ObjectKind::Comment, name);
    let object = context.schema.objects.get(&id)?;
    Some(Op::Object { sql: object.make.first()?.clone(), becomes: Some(object.clone()), id })
}

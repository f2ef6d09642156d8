//! Changes that one statement carries out safely, and statements that are not analysed.

use crate::change::What;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::{Expr, Volatility};
use crate::name::QName;
use crate::op::object::view_again;
use crate::op::{Op, sql};
use crate::plan::Check;
use crate::recipe::change_type::{self, by_place};
use crate::recipe::steps::{self, build_index, take_index};
use crate::recipe::{Context, Draft, Recipe, Slot, enums, partitioned};
use crate::schema::{Column, Constraint, ConstraintKind, Key, View};
use crate::sql_type::SqlType;

#[expect(clippy::wildcard_enum_match_arm, reason = "`for_op` sends only these here")]
pub(super) fn plan(context: &Context<'_>, op: &Op) -> Result<Recipe, Diagnostic> {
    let mut recipe = Recipe::default();
    match op {
        Op::SetDefault { table, column, default } => {
            set_default(context, (table, column), default.as_ref(), op, &mut recipe)?;
        }
        Op::ValidateConstraint { table, name } => validate(context, table, name, &mut recipe)?,
        Op::DropConstraint { table, name } | Op::DropConstraintIfExists { table, name } => {
            drop_constraint(context, table, name, &mut recipe)?;
        }
        Op::RenameConstraint { .. } | Op::RenameIndex { .. } => rename(context, op, &mut recipe),
        Op::CreateView { view, definition } => recipe.drafts.push(
            Draft::ddl(
                context,
                if builds_on_new_view(context, definition) { Slot::Tighten } else { Slot::Expand },
                format!("create view {view}"),
                vec![op.clone()],
            )
            .back(
                context,
                vec![Op::DropView { view: view.clone(), materialized: definition.materialized }],
            )
            .why("nobody reads it yet")
            .done_when(
                "the view is there",
                Condition::Relation { relation: view.clone(), present: true },
            ),
        ),
        Op::DropView { view, .. } => drop_view(context, view, &mut recipe)?,
        Op::Verbatim { .. } => not_analysed(op, &mut recipe),
        other => {
            return Err(context.unsupported(
                &format!("`{}`", sql::render(other)),
                "ask for the constraint itself: the plan builds its index",
            ));
        }
    }
    Ok(recipe)
}

/// Whether a new view needs what a view that it reads will only have when it is made again, or another
/// new one that does.
fn builds_on_new_view(context: &Context<'_>, new: &View) -> bool {
    context.asked.iter().any(|asked| {
        let again =
            if let What::Replace { create, .. } = &asked.what { Some(&**create) } else { None };
        let Some(Op::CreateView { view, definition }) = again.or(asked.what.statement()) else {
            return false;
        };
        let again = again.is_some();
        if !new.reads.contains(view) || definition == new {
            return false;
        }
        let before = context.source.views.get(view).filter(|_| again);
        let has = |view: &View, word: &String| view.identifiers.contains(word);
        let needs = |before: &View| {
            let added = |word: &&String| has(definition, word) && !has(before, word);
            new.identifiers.iter().any(|word| word == "*" || added(&word))
        };
        before.map_or_else(|| !again && builds_on_new_view(context, definition), needs)
    })
}

fn set_default(
    context: &Context<'_>,
    (table, column): (&QName, &str),
    default: Option<&Expr>,
    op: &Op,
    recipe: &mut Recipe,
) -> Result<(), Diagnostic> {
    let before = context.column(table, column)?;
    let repeats = |d: &Expr| !d.always_null() && d.volatility() != Volatility::Volatile;
    let repeated = before.default.as_ref().is_some_and(repeats);
    let retyped = retyped_to(context, table, column).is_some();
    // Today's default goes unnoticed where the new release, which has to give a value, never meets it.
    let gives = before.not_null && default.is_none() && !retyped;
    let is_met = if repeated { !gives } else { default.is_some_and(repeats) };
    // Whoever always gives a value never meets the default; whoever knows it in a key gives another.
    let stays_unique = context.table(table)?.is_unique_in(column);
    let always_given = before.not_null && before.default.is_none() && stays_unique;
    let held: Vec<&Expr> = before.default.iter().chain(default).filter(|d| repeats(d)).collect();
    let collides = context.collides(table, (column, &held), Column::never_repeats);
    if is_met && collides && !always_given {
        return Err(context.refuse(
            "default-in-key",
            format!("`{column}` of `{table}` is unique: two rows that leave it out would both hold the default (23505)"),
            "drop the unique constraint in a change of its own, before or after",
        ));
    }
    beside_retype(context, (table, column), default)?;
    if change_type::first_default(context, table, column).is_some() {
        // It comes with the type.
        return Ok(());
    }
    if before.not_null && default.is_none() && before.default.is_some() {
        // Without its default the running release's inserts may fail: the new one goes first.
        recipe.needs_release = true;
        recipe.release_change = format!("always gives {table}.{column} a value");
    }
    // An earlier part of the change may have dropped the one of today, or a parent given another, when
    // its time came.
    let today = context.source.table(table).and_then(|t| t.column(column));
    let changed_before = today.is_some_and(|c| c.default.is_some() && c.default != before.default);
    let after_type = enums::comes_after(context, before, default);
    if after_type && !context.table(table)?.is_partition() {
        // It is set with the type, and goes back with it.
        return Ok(());
    }
    let slot = match default {
        None => Slot::Tighten,
        // Before the new column is to hold no NULL.
        Some(_) if changed_before && retyped => Slot::Expand,
        Some(_) if changed_before || after_type => Slot::Swap,
        Some(_) => Slot::Expand,
    };
    let back = steps::set_default(table, column, before.default.clone());
    let what =
        default.map_or("drop the default".to_owned(), |d| format!("set the default {}", d.sql()));
    recipe.hazards.push(context.hazard(
        "cached-default",
        format!("an ORM that knows the old default of {table}.{column}, and leaves out values equal to it, writes the new default instead"),
        "restart such apps after the change, or let them name the column always",
    ));
    let present = default.is_some();
    let mut draft =
        Draft::ddl(context, slot, format!("{what} of {table}.{column}"), vec![op.clone()])
            .back(context, vec![back])
            .why("future rows only; the catalogue changes, no row is touched");
    // That there is one says nothing where there was another: such a step is simply run again.
    if present != before.default.is_some() {
        let (table, column) = (table.clone(), column.to_owned());
        draft = draft
            .done_when("the default is as wanted", Condition::Default { table, column, present });
    }
    recipe.drafts.push(draft);
    Ok(())
}

/// While a column and its successor of another type are kept equal, a default of one is converted to
/// the other, and the old one's NOT NULL wants a value from whoever leaves it out.
fn beside_retype(
    context: &Context<'_>,
    (table, name): (&QName, &str),
    default: Option<&Expr>,
) -> Result<(), Diagnostic> {
    let today = context.source.table(table).and_then(|t| t.column(name));
    let (Some(today), Some(ty)) = (today, retyped_to(context, table, name)) else {
        return Ok(());
    };
    if let Some(default) = default
        && !today.ty.takes(default)
        && !by_place::is(context.schema, ty, &today.ty)
    {
        return Err(context.refuse(
            "default-does-not-convert",
            format!("`{name}` of `{table}` gets another type and the default {}, which does not convert back to {} (22P02): the old column is kept equal until it is dropped", default.sql(), today.ty),
            "change the type first, and set the default in a request of its own",
        ));
    }
    Ok(())
}

/// The type that the request gives a column.
pub(super) fn retyped_to<'a>(
    context: &Context<'a>,
    table: &QName,
    column: &str,
) -> Option<&'a SqlType> {
    let stated = context.asked.iter().find_map(|asked| {
        let Some(Op::AlterType { table: t, column: c, ty, .. }) = asked.what.statement() else {
            return None;
        };
        (t == table && c == column).then_some(ty)
    });
    stated.or_else(|| {
        let retype = context.retype_of(table)?;
        retype.columns.iter().find(|c| c.column == column).map(|c| &c.ty)
    })
}

fn known<'a>(
    context: &'a Context<'_>,
    table: &QName,
    name: &str,
) -> Result<&'a Constraint, Diagnostic> {
    context.table(table)?.constraints.get(name).ok_or_else(|| {
        context.refuse(
            "unknown-constraint",
            format!("constraint `{name}` does not exist on `{table}`"),
            "name a constraint of the table",
        )
    })
}

fn validate(
    context: &Context<'_>,
    table: &QName,
    name: &str,
    recipe: &mut Recipe,
) -> Result<(), Diagnostic> {
    let constraint = known(context, table, name)?;
    let unvalidated = Constraint { validated: false, ..constraint.clone() };
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Tighten,
            format!("validate {name} on {table}"),
            vec![Op::ValidateConstraint { table: table.clone(), name: name.to_owned() }],
        )
        .back(
            context,
            vec![
                Op::DropConstraint { table: table.clone(), name: name.to_owned() },
                Op::AddConstraint {
                    table: table.clone(),
                    name: name.to_owned(),
                    constraint: unvalidated,
                },
            ],
        )
        .why("reads every row, while reads and writes go on")
        .done_when("the constraint is validated", state(table, name, Some(true))),
    );
    Ok(())
}

fn state(table: &QName, name: &str, validated: Option<bool>) -> Condition {
    Condition::Constraint { table: table.clone(), name: name.to_owned(), validated }
}

fn drop_constraint(
    context: &Context<'_>,
    table: &QName,
    name: &str,
    recipe: &mut Recipe,
) -> Result<(), Diagnostic> {
    let constraint = known(context, table, name)?.clone();
    let add =
        |constraint| Op::AddConstraint { table: table.clone(), name: name.to_owned(), constraint };
    let validate = Op::ValidateConstraint { table: table.clone(), name: name.to_owned() };
    let back = match (&constraint.kind, Key::of(&constraint.kind)) {
        (_, Some(key)) => {
            let take = take_index(table, (name, name), &key);
            let build = build_index(context, Slot::Swap, table, (name, &key.index()));
            build.script.into_iter().map(|statement| statement.op).chain([take]).collect()
        }
        // Putting it back stops writes; going back is rare, and says so.
        (
            ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Other(..),
            None,
        ) => vec![add(constraint.clone())],
        (
            ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull(_),
            None,
        ) => {
            let mut back = vec![add(Constraint { validated: false, ..constraint.clone() })];
            if constraint.validated {
                back.push(validate);
            }
            back
        }
    };
    recipe.keeps.extend(kept(context, table, &constraint.kind));
    recipe.assumptions.push(format!(
        "until this plan is finished nobody writes rows to {table} that {name} would have forbidden: they would stop a rollback"
    ));
    let mut draft = Draft::ddl(
        context,
        Slot::Swap,
        format!("drop constraint {name} of {table}"),
        vec![Op::DropConstraint { table: table.clone(), name: name.to_owned() }],
    )
    .back(context, back)
    .why("only the catalogue changes")
    .done_when("the constraint is gone", state(table, name, None));
    if partitioned::is_made_of_parts(context, table, &constraint) {
        let named = partitioned::Named::constraint(name, &constraint);
        draft.rollback = Some(partitioned::again(context, table, &named));
    }
    recipe.drafts.push(draft);
    Ok(())
}

/// What the constraint promised: the new release goes on keeping it until the plan is finished.
pub(super) fn kept(
    context: &Context<'_>,
    table: &QName,
    kind: &ConstraintKind,
) -> Option<Condition> {
    let table = table.clone();
    match kind {
        ConstraintKind::Unique(columns) => {
            Some(Condition::NoDuplicates { table, columns: columns.clone() })
        }
        ConstraintKind::Check(check) => {
            Some(Condition::NoViolations { table, check: check.clone() })
        }
        ConstraintKind::ForeignKey(key) => Some(Condition::NoOrphans {
            table,
            columns: key.columns.clone(),
            parent: key.parent.clone(),
            parent_columns: context.schema.parent_columns(key),
        }),
        ConstraintKind::NotNull(column) => {
            Some(Condition::NoNulls { table, column: column.clone() })
        }
        ConstraintKind::PrimaryKey(_) | ConstraintKind::Other(..) => None,
    }
}

/// Whether a key of a new table is to have the name of an index.
fn is_wanted(context: &Context<'_>, index: &QName) -> bool {
    context.asked.iter().filter_map(|asked| asked.what.statement()).any(|op| {
        let Op::CreateTable { table, definition } = op else { return false };
        let key = definition.constraints.get(&index.name);
        table.schema == index.schema && key.is_some_and(|c| c.kind.has_index())
    })
}

fn rename(context: &Context<'_>, op: &Op, recipe: &mut Recipe) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only the two renames come here")]
    let (table, from, to, back, check) = match op {
        Op::RenameConstraint { table, name, to } => (
            table,
            name,
            to,
            Op::RenameConstraint { table: table.clone(), name: to.clone(), to: name.clone() },
            Check::new(
                "the old name is gone",
                Condition::Constraint { table: table.clone(), name: name.clone(), validated: None },
            ),
        ),
        Op::RenameIndex { table, name, to } => (
            table,
            name,
            to,
            Op::RenameIndex { table: table.clone(), name: to.clone(), to: name.clone() },
            Check::new(
                "the new name is there",
                Condition::Index { table: table.clone(), name: to.clone(), present: true },
            ),
        ),
        _ => return,
    };
    // What steps aside for something new does so before that is made.
    let aside = to.ends_with("_concertina_old") || is_wanted(context, &table.sibling(from));
    let slot = if aside { Slot::Prepare } else { Slot::Swap };
    let mut draft = Draft::ddl(
        context,
        slot,
        format!("rename {from} of {table} to {to}"),
        vec![op.clone()],
    )
    .back(context, vec![back])
    .why(
        "only the catalogue changes; ON CONFLICT ON CONSTRAINT is the one statement that names it",
    );
    draft.checks.push(check);
    recipe.drafts.push(draft);
}

fn drop_view(context: &Context<'_>, view: &QName, recipe: &mut Recipe) -> Result<(), Diagnostic> {
    if !context.schema.views.contains_key(view) {
        return Err(context.refuse(
            "unknown-view",
            format!("view `{view}` does not exist"),
            "name a view of the schema",
        ));
    }
    recipe.needs_release = true;
    recipe.release_change = format!("does not read {view}");
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("every query of the running release on {view} fails with 42P01"),
        "deploy the release that lets go of it first",
    ));
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Swap,
            format!("drop view {view}"),
            vec![context.schema.drop_view(view)],
        )
        .back_atomic(context, view_again(context.schema, view))
        .why("a view holds no rows: it can be created again")
        .done_when(
            "the view is gone",
            Condition::Relation { relation: view.clone(), present: false },
        ),
    );
    Ok(())
}

/// Kept, not judged: it runs last, when everything that is understood is done.
fn not_analysed(op: &Op, recipe: &mut Recipe) {
    let text = sql::render(op);
    let first_line = text.lines().next().unwrap_or_default();
    let mut draft = Draft::new(
        Slot::Unknown,
        crate::plan::StepKind::Ddl,
        format!("not analysed: {first_line}"),
        vec![crate::plan::Statement::new(op.clone())],
    )
    .irreversible("unknown: Concertina does not analyse this statement")
    .why("carried as it stands: read it, and write its rollback, before running it");
    draft.destructive = true;
    recipe.drafts.push(draft);
}

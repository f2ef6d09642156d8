//! Change a column's type: in place where the engine only notes it, under its lock where nothing
//! else will do, otherwise by a second column (`retype`). What becomes of values is decided here.

pub(super) mod by_place;

use crate::change::{Retype, Retyped};
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::plan::{Closed, Narrowed, Question};
use crate::recipe::plain::retyped_to;
use crate::recipe::steps::{set_default, under_lock};
use crate::recipe::{Context, Draft, Recipe, Slot, retype};
use crate::schema::{Column, Schema};
use crate::sql_type::{Cast, SqlType, TypeChange};

pub(super) fn plan(
    context: &Context<'_>,
    (table, column): (&QName, &str),
    (ty, collation): (&SqlType, Option<&String>),
    using: Option<&Expr>,
) -> Result<Recipe, Diagnostic> {
    let found = context.column(table, column)?;
    let after = Column { ty: ty.clone(), collation: collation.cloned(), ..found.clone() };
    if found.ty.change_to(ty) == TypeChange::Same && found.collation == after.collation {
        return Ok(Recipe::default());
    }
    if is_in_place(found, (ty, collation), using) {
        return Ok(in_place(context, table, found, ty));
    }
    let up = up(context, table, (found, &after), using)?;
    let alone = up.columns().iter().all(|c| c == column);
    let reason = retype::hindrance(context.schema, table, &[column.to_owned()])
        .or((!alone).then_some("its new value comes from several columns"));
    if let Some(reason) = reason {
        return Ok(rewrite(context, table, (found, &after), (&up, reason)));
    }
    let column = Retyped {
        column: column.to_owned(),
        ty: ty.clone(),
        collation: collation.cloned(),
        using: using.cloned(),
    };
    retype::plan(context, &Retype { table: table.clone(), columns: vec![column] })
}

/// Whether only the catalogue changes.
pub(super) fn is_in_place(
    found: &Column,
    (ty, collation): (&SqlType, Option<&String>),
    using: Option<&Expr>,
) -> bool {
    let plain_cast = using.is_none_or(|e| is_cast_of(e, &found.name, ty));
    let collates = found.collation.as_ref() == collation;
    match found.ty.change_to(ty) {
        TypeChange::Same => collates,
        TypeChange::InPlace => plain_cast && collates,
        TypeChange::Rewrite => false,
    }
}

/// The column's value to be: what was said, or a cast.
pub(super) fn up(
    context: &Context<'_>,
    table: &QName,
    (found, after): (&Column, &Column),
    using: Option<&Expr>,
) -> Result<Expr, Diagnostic> {
    let (column, ty) = (&found.name, &after.ty);
    match using {
        Some(using) => Ok(using.clone()),
        None if found.ty == *ty => Ok(Expr::column(column)),
        None => converted(context.schema, found, ty).ok_or_else(|| {
            context.refuse(
                "no-cast",
                format!("`{column}` of `{table}` cannot become {ty}: nothing casts {} to it (42846)", found.ty),
                &format!("say what becomes of its values: ALTER COLUMN {column} TYPE {ty} USING <expression>"),
            )
        }),
    }
}

/// What becomes of a column's values.
pub(super) struct Conversion<'a> {
    pub(super) table: &'a QName,
    pub(super) before: &'a Column,
    pub(super) after: &'a Column,
    pub(super) up: &'a Expr,
}

impl Conversion<'_> {
    /// The default by which the running release leaves the column out.
    pub(super) fn default_converts(&self, context: &Context<'_>) -> Result<(), Diagnostic> {
        let (table, column, ty) = (self.table, &self.before.name, &self.after.ty);
        let today = context.source.table(table).and_then(|t| t.column(column));
        if let Some(default) = today.and_then(|c| c.default.as_ref())
            && !ty.takes(default)
            && !by_place::is(context.schema, &self.before.ty, ty)
        {
            return Err(context.refuse(
                "default-does-not-convert",
                format!("the running release may leave `{column}` of `{table}` out, and its default {} does not convert to {ty} (22P02)", default.sql()),
                "drop the default in a request of its own first, when no release counts on it any more",
            ));
        }
        Ok(())
    }

    /// Whether every value survives the way there.
    pub(super) fn is_lossless(&self, using: Option<&Expr>) -> bool {
        let plain_cast = using.is_none_or(|e| is_cast_of(e, &self.before.name, &self.after.ty));
        plain_cast && self.before.ty.widens_to(&self.after.ty)
    }

    /// What a human has to look at where values may not survive the way there or back.
    pub(super) fn questions(&self, context: &Context<'_>, recipe: &mut Recipe) {
        let Self { table, before, after, up } = self;
        let name = &before.name;
        recipe.hazards.push(context.hazard(
            "lossy-type-change",
            format!("not every value of {} converts to {} and back: a write of one that does not fails (22P02, 22003) while both columns are kept equal", before.ty, after.ty),
            "count them first, and put them right or let the app stop writing them",
        ));
        recipe.questions.push(Question {
            code: "conversion".to_owned(),
            question: format!("What becomes of {table}.{name}, and back?"),
            default: format!("{}; back: {}", up.sql(), back(context.schema, before, after).sql()),
            answer_with: format!(
                "ALTER COLUMN {name} TYPE … USING <expression>, or -- concertina: split {table}.{name} into {name}_new {} := <expression> back <expression>",
                after.ty
            ),
        });
        let values = by_place::values(context.schema, &before.ty, &after.ty);
        if !values.is_empty() {
            recipe.assumptions.push(format!(
                "{table}.{name} holds nothing but the places of the labels, counted from 0; the new release looks at the column's type before it writes, for no literal is both a number and a label"
            ));
            recipe.closed.push(Closed { table: (*table).clone(), column: name.clone(), values });
            return;
        }
        recipe.narrowed.push(Narrowed {
            table: (*table).clone(),
            column: name.clone(),
            ty: after.ty.clone(),
        });
        recipe.assumptions.push(format!(
            "every value that any release writes to {table}.{name} until the old column is dropped converts to {} and back unchanged",
            after.ty
        ));
    }
}

/// The column's value as one of another type, where a cast leads there.
pub(super) fn converted(schema: &Schema, column: &Column, ty: &SqlType) -> Option<Expr> {
    if let Some(value) = by_place::value(schema, column, ty) {
        return Some(value);
    }
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
pub(super) fn back(schema: &Schema, before: &Column, after: &Column) -> Expr {
    converted(schema, after, &before.ty)
        .unwrap_or_else(|| Expr::Cast(Box::new(Expr::column(&before.name)), before.ty.clone()))
}

/// The default that a NOT NULL column without one gets together with another type, as the old type and
/// as the new one have it: from its deploy on the new release may leave the column out.
pub(super) fn first_default(
    context: &Context<'_>,
    table: &QName,
    column: &str,
) -> Option<(Expr, Expr)> {
    let before = context.source.table(table)?.column(column)?;
    let ty = retyped_to(context, table, column)?;
    let new = context.default_set(table, column)??;
    let after = Column { ty: ty.clone(), ..before.clone() };
    let mut old = back(context.source, before, &after);
    old.visit_mut(&mut |expr| {
        if *expr == Expr::column(column) {
            *expr = new.clone();
        }
    });
    // Where only the catalogue changes both are done before the new release is there.
    let rewrites = before.ty.change_to(ty) == TypeChange::Rewrite;
    (rewrites && before.not_null && before.default.is_none()).then_some((old, new))
}

/// The step that gives the column its first default as the type of today has it; the step that changes the
/// type gives it the new one's.
pub(super) fn default_before(context: &Context<'_>, table: &QName, column: &str) -> Option<Draft> {
    let (old, _) = first_default(context, table, column)?;
    let set = |default| set_default(table, column, default);
    let operation = format!("give {table}.{column} its default, as its type of today has it");
    let draft = Draft::ddl(context, Slot::Expand, operation, vec![set(Some(old))])
        .back(context, vec![set(None)])
        .why("the new release leaves the column out from its deploy on, before the type changes")
        .done_when(
            "the default is as wanted",
            Condition::Default { table: table.clone(), column: column.to_owned(), present: true },
        );
    Some(draft)
}

/// The default does not always convert by itself, and where it does it is spelled with a cast.
pub(super) fn with_default(
    context: &Context<'_>,
    (table, column): (&QName, &Column),
    alter: Op,
    forward: bool,
) -> Vec<Op> {
    let set = |default| set_default(table, &column.name, default);
    let first = first_default(context, table, &column.name);
    let first = first.map(|(old, new)| if forward { new } else { old });
    match first.or_else(|| column.default.clone()) {
        Some(default) => vec![set(None), alter, set(Some(default))],
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
        with_default(context, (table, before), alter(after, using), true),
        Some(with_default(
            context,
            (table, before),
            alter(before, (!same).then(|| back(context.schema, before, after))),
            false,
        )),
    );
    recipe.drafts.extend(default_before(context, table, &before.name));
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
    let forward = with_default(context, (table, column), alter(ty), true);
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
            .back_atomic(context, with_default(context, (table, column), alter(&column.ty), false))
            .loses("nothing, as long as no longer value was written");
    }
    recipe.drafts.push(draft);
    recipe
}

//! Drop a column: the app lets go of it first, a backup is proved, then it goes.

use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::{Expr, Volatility};
use crate::name::QName;
use crate::op::Op;
use crate::plan::{ColumnRef, Conversion, Question, Statement};
use crate::recipe::neutral::neutral_value;
use crate::recipe::steps::set_default;
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::unique::Unique;
use crate::schema::{Column, ConstraintKind};

pub(super) fn plan(
    context: &Context<'_>,
    table: &QName,
    column: &str,
) -> Result<Recipe, Diagnostic> {
    let found = context.column(table, column)?.clone();
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("neither reads nor writes {table}.{column}"),
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("the running release still reads and writes {table}.{column}: every such statement fails with 42703 from the moment it is dropped"),
        "deploy the release that lets go of the column first, drop it afterwards",
    ));
    recipe.hazards.push(context.hazard(
        "destroys-data",
        format!("what {table}.{column} holds is gone for good"),
        "take a backup and restore it somewhere before the drop",
    ));
    if may_collide(context, table, &found) {
        return Err(context.refuse(
            "default-in-key",
            format!("`{column}` of `{table}` is unique and has a default: rows that the new release inserts without it would all hold that value (23505)"),
            "drop the unique constraint in a change of its own first",
        ));
    }
    if !found.may_be_omitted() {
        stand_in(context, table, &found, &mut recipe)?;
    } else {
        let value = found.default.clone().unwrap_or(Expr::Null);
        if found.identity.is_none() && found.generated.is_none() {
            recipe.conversions.push(left_out(table, column, value));
        }
    }
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Drop,
            format!("drop column {column} of {table}"),
            vec![Op::DropColumn { table: table.clone(), column: column.to_owned() }],
        )
        .irreversible(&format!("everything {table}.{column} held: only the backup has it"))
        .why("no running release names it any more")
        .done_when(
            "the column is gone",
            Condition::Column { table: table.clone(), column: column.to_owned(), present: false },
        ),
    );
    if let Some(draft) = recipe.drafts.last_mut() {
        draft.destructive = true;
    }
    let indexes = context.table(table)?;
    let gone: Vec<&str> = indexes
        .indexes
        .iter()
        .filter(|(_, index)| index.columns.len() > 1 && index.columns.iter().any(|c| c == column))
        .map(|(name, _)| name.as_str())
        .collect();
    if !gone.is_empty() {
        recipe.hazards.push(context.hazard(
            "drops-index",
            format!(
                "indexes that cover {column} and other columns go with it: {}",
                gone.join(", ")
            ),
            "build their replacements in the same request, so that no query loses its index",
        ));
    }
    Ok(recipe)
}

/// Whether rows that leave the column out may collide in a key by what its default gives them: those that
/// differ in a key of the other columns differ in this one, too.
fn may_collide(context: &Context<'_>, table: &QName, column: &Column) -> bool {
    let Some(default) = &column.default else { return false };
    let kept = context.stays_unique(table);
    let differs = |key: &Option<Unique>| {
        key.as_ref().is_some_and(|key| kept.iter().any(|other| other.implies(key, &column.name)))
    };
    default.volatility() != Volatility::Volatile
        && !context
            .collisions(table, (&column.name, &[default]), Column::generates)
            .iter()
            .all(differs)
}

/// The same, but heirs keep the column as their own.
pub(super) fn only(
    context: &Context<'_>,
    table: &QName,
    column: &str,
) -> Result<Recipe, Diagnostic> {
    let mut recipe = plan(context, table, column)?;
    for statement in recipe.drafts.iter_mut().flat_map(|draft| &mut draft.script) {
        if let Op::DropColumn { table, column } = &statement.op {
            let (table, column) = (table.clone(), column.clone());
            *statement = Statement::new(Op::DropColumnOnly { table, column });
        }
    }
    Ok(recipe)
}

/// What old releases read in rows that newer releases insert without the column.
fn left_out(table: &QName, column: &str, value: Expr) -> Conversion {
    Conversion {
        old_relation: table.clone(),
        new_relation: table.clone(),
        up: Vec::new(),
        down: vec![(column.to_owned(), value)],
    }
}

/// A NOT NULL column without a default needs one, or the new release could not insert.
fn stand_in(
    context: &Context<'_>,
    table: &QName,
    column: &Column,
    recipe: &mut Recipe,
) -> Result<(), Diagnostic> {
    let name = &column.name;
    let hint = format!("-- concertina: fill {table}.{name} := <value>");
    let definition = context.table(table)?;
    let in_key = definition.constraints.values().any(|c| {
        let key = matches!(
            c.kind,
            ConstraintKind::PrimaryKey(_)
                | ConstraintKind::Unique(_)
                | ConstraintKind::ForeignKey(_)
        );
        key && c.kind.columns().contains(name)
    }) || definition.indexes.values().any(|i| i.unique && i.columns.contains(name));
    let value = match context.fill(table, name) {
        Some(value) => value,
        None if in_key && generator(context, table, column).is_some() => {
            generator(context, table, column).unwrap_or(Expr::Null)
        }
        // One that goes in the same request stands until its step comes.
        None if definition.refers(name) || refers_today(context, table, name) => {
            stand_in_null(context, table, column, recipe);
            return Ok(());
        }
        None if in_key => {
            return Err(context.refuse(
                "needs-fill",
                format!("`{name}` is NOT NULL, without a default, and part of a key: rows that the new release inserts without it need a value that the key accepts"),
                &format!("say which: {hint}, or drop the constraint in a change of its own first"),
            ));
        }
        None => neutral_value(context.schema, &column.ty).ok_or_else(|| {
            context.refuse(
                "needs-fill",
                format!("`{name}` is NOT NULL without a default: rows that the new release inserts without it need a value"),
                &format!("say which: {hint}"),
            )
        })?,
    };
    recipe.questions.push(Question {
        code: "stand-in-value".to_owned(),
        question: format!(
            "What does the old release read in {table}.{name} of rows that the new release inserts?"
        ),
        default: value.sql(),
        answer_with: hint,
    });
    let set = |default| set_default(table, name, default);
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Expand,
            format!("give {table}.{name} a default"),
            vec![set(Some(value.clone()))],
        )
        .back(context, vec![set(None)])
        .why("the new release inserts without the column, the old one still reads it")
        .instead_of("DROP NOT NULL: the old release would meet NULL, and rolling back would fail on such rows")
        .done_when(
            "the default is there",
            Condition::Default { table: table.clone(), column: name.clone(), present: true },
        ),
    );
    if value.volatility() != Volatility::Volatile {
        recipe.conversions.push(left_out(table, name, value));
    }
    Ok(())
}

fn refers_today(context: &Context<'_>, table: &QName, column: &str) -> bool {
    context.source.table(table).is_some_and(|t| t.refers(column))
}

/// A reference has no value that stands for nothing but NULL.
fn stand_in_null(context: &Context<'_>, table: &QName, column: &Column, recipe: &mut Recipe) {
    let name = &column.name;
    let set = |not_null| Op::SetNotNull { table: table.clone(), column: name.clone(), not_null };
    recipe.questions.push(Question {
        code: "stand-in-null".to_owned(),
        question: format!("Does the running release bear NULL in {table}.{name}?"),
        default: "yes: it reads NULL in rows that the new release inserts".to_owned(),
        answer_with: format!("-- concertina: fill {table}.{name} := <a parent that is there>"),
    });
    recipe.hazards.push(context.hazard(
        "new-nulls",
        format!("while both releases run, the old one meets NULL in {table}.{name} of rows that the new one inserts: the column refers to other rows, and no value stands for none"),
        "name a parent for such rows, or let the old release bear NULL first",
    ));
    recipe.conversions.push(left_out(table, name, Expr::Null));
    recipe.bears.push(ColumnRef { relation: table.clone(), column: name.clone() });
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Expand,
            format!("let {table}.{name} be NULL"),
            vec![set(false)],
        )
        .back(context, vec![set(true)])
        .loses("nothing; but rows that the new release has inserted hold NULL and stop it: give them a parent first")
        .why("the new release inserts without the column"),
    );
}

/// A value that differs from row to row, for a column that is unique and refers to nothing.
fn generator(context: &Context<'_>, table: &QName, column: &Column) -> Option<Expr> {
    let definition = context.schema.table(table)?;
    if definition.refers(&column.name) {
        return None;
    }
    let random = || Expr::Call("random".to_owned(), Vec::new());
    let text = Expr::Call(
        "md5".to_owned(),
        vec![Expr::Cast(Box::new(random()), crate::sql_type::SqlType::new("text"))],
    );
    match column.ty.base().as_str() {
        "uuid" => Some(Expr::Cast(Box::new(text), column.ty.clone())),
        "text" => Some(text),
        "character varying" | "character" => {
            column.ty.args().first().is_none_or(|length| *length >= 32).then_some(text)
        }
        "integer" | "bigint" | "numeric" => {
            let range = Expr::Binary(
                Box::new(random()),
                "*".to_owned(),
                Box::new(Expr::Number("-2147483647".to_owned())),
            );
            Some(Expr::Cast(Box::new(range), column.ty.clone()))
        }
        _ => None,
    }
}

//! Add a column: in place where the engine only notes it in the catalogue, otherwise empty first,
//! then filled in batches.

use crate::backfill::Todo;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::{Expr, Volatility};
use crate::name::QName;
use crate::op::Op;
use crate::plan::{Conversion, Question};
use crate::recipe::lookup;
use crate::recipe::neutral::neutral_value;
use crate::recipe::steps::{backfill_of, enforce_not_null, run_backfill, set_default, under_lock};
use crate::recipe::{Context, Draft, Recipe, Slot, retype};
use crate::schema::Column;

pub(super) fn plan(
    context: &Context<'_>,
    table: &QName,
    column: &Column,
) -> Result<Recipe, Diagnostic> {
    match context.fill(table, &column.name) {
        Some(Expr::Lookup(found)) => return lookup::plan(context, table, column, &found),
        Some(Expr::Raw { sql, columns: _ }) if sql.to_lowercase().contains("select") => {
            return Err(context.refuse(
                "bad-lookup",
                format!("`{sql}` is more than a lookup of one row"),
                "write (SELECT t.column FROM t WHERE t.key = this_table.column), or fill the column with an UPDATE of your own later",
            ));
        }
        Some(_) | None => {}
    }
    if let Some(reason) = hindrance(context, column) {
        return Ok(rewrite(context, table, (column, reason)));
    }
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("reads and writes the new column {table}.{}", column.name),
        ..Recipe::default()
    };
    let volatile = column.default.as_ref().is_some_and(|d| d.volatility() == Volatility::Volatile);
    if volatile {
        fill_in_batches(context, table, column, &mut recipe);
    } else if column.not_null && column.default.is_none() {
        not_null_without_default(context, table, column, &mut recipe)?;
    } else {
        let value = column.default.clone().unwrap_or(Expr::Null);
        recipe.conversions.push(given(table, column, value));
        recipe.drafts.push(add(context, table, column.clone()));
    }
    Ok(recipe)
}

/// Why a column can only be added by writing every row anew, where it can.
fn hindrance(context: &Context<'_>, column: &Column) -> Option<&'static str> {
    if column.identity.is_some() {
        Some("every row gets its number when the identity is made")
    } else if column.generated.is_some() {
        Some("a stored computed column is written for every row in one go")
    } else if context.schema.domain_of(&column.ty).is_some_and(|d| d.constrained) {
        Some("every row is checked against the domain's constraints when the column is added")
    } else {
        None
    }
}

fn rewrite(context: &Context<'_>, table: &QName, (column, reason): (&Column, &str)) -> Recipe {
    let name = &column.name;
    // What it is computed from may be about to be swapped: then it is computed from the successors, once
    // they are filled.
    let over = column.generated.as_ref().and_then(|e| retype::over_successors(context, table, e));
    let slot = if over.is_some() { Slot::Constrain } else { Slot::Expand };
    let mut column = column.clone();
    column.generated = over.or(column.generated);
    let mut recipe = under_lock(
        context,
        (format!("add column {name} to {table}"), reason),
        vec![Op::AddColumn { table: table.clone(), column }],
        Some(vec![Op::DropColumn { table: table.clone(), column: name.clone() }]),
    );
    for draft in &mut recipe.drafts {
        draft.slot = slot;
        draft.loses = "what the new release has written to it, if it has been deployed".to_owned();
    }
    recipe.needs_release = true;
    recipe.release_change = format!("reads the new column {table}.{name}");
    recipe.hazards.push(context.hazard(
        "rewrite",
        format!("ADD COLUMN {name} writes every row of {table} and all its indexes anew under ACCESS EXCLUSIVE: no reads, no writes meanwhile"),
        "a plain column that the app or a trigger fills stays online",
    ));
    recipe
}

/// What rows that nobody gave the column a value hold in it.
fn given(table: &QName, column: &Column, value: Expr) -> Conversion {
    Conversion {
        old_relation: table.clone(),
        new_relation: table.clone(),
        up: vec![(column.name.clone(), value)],
        down: Vec::new(),
    }
}

fn add(context: &Context<'_>, table: &QName, column: Column) -> Draft {
    let name = column.name.clone();
    Draft::ddl(
        context,
        Slot::Expand,
        format!("add column {name} to {table}"),
        vec![Op::AddColumn { table: table.clone(), column }],
    )
    .back(context, vec![Op::DropColumn { table: table.clone(), column: name.clone() }])
    .loses(&format!("what the new release has written to {name}, if it has been deployed"))
    .why("only the catalogue changes: no row is touched")
    .done_when(
        "the column is there",
        Condition::Column { table: table.clone(), column: name, present: true },
    )
}

/// A default that differs by row: the old way writes every row anew under ACCESS EXCLUSIVE.
fn fill_in_batches(context: &Context<'_>, table: &QName, column: &Column, recipe: &mut Recipe) {
    let default = column.default.clone().unwrap_or(Expr::Null);
    let bare = Column { default: None, not_null: false, ..column.clone() };
    let add_op = Op::AddColumn { table: table.clone(), column: bare };
    let set = set_default(table, &column.name, Some(default.clone()));
    recipe.hazards.push(context.hazard(
        "rewrite",
        format!(
            "ADD COLUMN {} with a volatile default writes every row of {table} and all its indexes anew under ACCESS EXCLUSIVE: no reads, no writes meanwhile",
            column.name
        ),
        "add the column empty, set the default for new rows, fill existing rows in batches",
    ));
    recipe.drafts.push(
        Draft::atomic(
            context,
            Slot::Expand,
            format!("add column {} to {table}, empty, with its default for new rows", column.name),
            vec![add_op, set],
        )
        .back(context, vec![Op::DropColumn { table: table.clone(), column: column.name.clone() }])
        .loses("nothing that cannot be generated again")
        .why("a default set after the column exists applies to new rows only: no rewrite")
        .instead_of(
            "ADD COLUMN with the volatile default: rewrites the table under ACCESS EXCLUSIVE",
        )
        .done_when(
            "the column has its default",
            Condition::Default { table: table.clone(), column: column.name.clone(), present: true },
        ),
    );
    let todo = Todo::Where(Expr::column(&column.name).is_null());
    let name = format!("{}_{}", table.name, column.name);
    let backfill = backfill_of(
        context,
        (&name, table),
        vec![(column.name.clone(), default.clone())],
        todo,
        None,
    );
    recipe.drafts.push(run_backfill(
        Slot::Backfill,
        format!("fill {table}.{} in batches", column.name),
        &backfill,
    ));
    recipe.drafts.push(
        Draft::gate(
            Slot::Verify,
            format!("no row of {table} is without {}", column.name),
            Vec::new(),
        )
        .why("the new release counts on the value")
        .done_when(
            "rows without a value",
            Condition::NoNulls { table: table.clone(), column: column.name.clone() },
        ),
    );
    if column.not_null {
        recipe.drafts.extend(enforce_not_null(context, Slot::Constrain, table, &column.name));
    }
    recipe.conversions.push(given(table, column, default));
}

/// The old release does not write the column: until it is gone, a default answers for it.
fn not_null_without_default(
    context: &Context<'_>,
    table: &QName,
    column: &Column,
    recipe: &mut Recipe,
) -> Result<(), Diagnostic> {
    let hint = format!("-- concertina: fill {table}.{} := <value>", column.name);
    let value = match context.fill(table, &column.name) {
        Some(value) => value,
        None => neutral_value(context.schema, &column.ty).ok_or_else(|| {
            context.refuse(
                "needs-fill",
                format!(
                    "`{}` is NOT NULL without a default: existing rows of `{table}`, and rows that the old release inserts, need a value",
                    column.name
                ),
                &format!("say which: {hint}"),
            )
        })?,
    };
    if value.volatility() == Volatility::Volatile {
        return Err(context.unsupported(
            "filling a new NOT NULL column with a value that differs by row",
            "add the column with that default, and drop the default afterwards",
        ));
    }
    recipe.hazards.push(context.hazard(
        "not-null-without-default",
        format!(
            "ADD COLUMN {} NOT NULL without a default fails on a table with rows (23502), and every INSERT of the old release would fail",
            column.name
        ),
        "give it a default until the old release is gone",
    ));
    recipe.questions.push(Question {
        code: "fill-value".to_owned(),
        question: format!(
            "What do existing rows of {table}, and rows that the old release still inserts, hold in {}?",
            column.name
        ),
        default: value.sql(),
        answer_with: hint,
    });
    let with_default = Column { default: Some(value.clone()), ..column.clone() };
    recipe.drafts.push(add(context, table, with_default));
    let set = |default| set_default(table, &column.name, default);
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Tighten,
            format!("drop the temporary default of {table}.{}", column.name),
            vec![set(None)],
        )
        .back(context, vec![set(Some(value.clone()))])
        .why("only the old release needed it")
        .done_when(
            "the default is gone",
            Condition::Default {
                table: table.clone(),
                column: column.name.clone(),
                present: false,
            },
        ),
    );
    recipe.conversions.push(given(table, column, value));
    Ok(())
}

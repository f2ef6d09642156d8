//! A column of few values becomes a reference to a table of them: the table with all of its rows first,
//! then the column as any reshape, then the index and the foreign key. Must not know how values are read.

use crate::change::Extract;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::op::Op;
use crate::plan::Closed;
use crate::recipe::steps::{build_index, enforce_constraint};
use crate::recipe::{Context, Draft, Recipe, Slot, reshape};

pub(super) fn plan(context: &Context<'_>, extract: &Extract) -> Result<Recipe, Diagnostic> {
    let Extract { table, values, check, reshape: columns, .. } = extract;
    let of = &columns.table;
    let (old, new) = (columns.from.join(", "), columns.into_names().join(", "));
    let mut recipe = reshape::plan(context, columns)?;
    recipe.release_change = format!(
        "reads and writes {new} of {of} where it used {old}, and reads what it means in {table}; it writes no row of {table} before {old} is gone"
    );
    let create = Draft::atomic(
        context,
        Slot::Expand,
        format!("create table {table}, with the {} values that {check} allows", values.len()),
        vec![extract.create(), extract.fill()],
    )
    .back(context, vec![Op::DropTable { table: table.clone() }])
    .why("nobody uses it yet; every value has its row before the first reference is written")
    .done_when(
        "the table is there",
        Condition::Relation { relation: table.clone(), present: true },
    );
    recipe.drafts.insert(0, create);
    let (name, index) = extract.index();
    recipe.drafts.push(build_index(context, Slot::Constrain, of, (&name, &index)));
    let (name, constraint) = extract.reference();
    recipe.drafts.extend(enforce_constraint(context, Slot::Constrain, of, (&name, &constraint)));
    recipe.constant.push(table.clone());
    recipe.assumptions.push(format!("{check} stays as it is, and {table} gets no row, until {old} of {of} is gone: the trigger knows the values of today"));
    for column in &columns.from {
        recipe.closed.push(Closed {
            table: of.clone(),
            column: column.clone(),
            values: values.iter().map(|value| Expr::Text(value.clone())).collect(),
        });
    }
    Ok(recipe)
}

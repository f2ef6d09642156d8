//! Create and drop indexes without stopping writes.

use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::name::{QName, quote};
use crate::op::Op;
use crate::plan::Hazard;
use crate::recipe::partitioned::{self, Named};
use crate::recipe::steps::build_index;
use crate::recipe::{Context, Draft, Recipe, Slot, add_constraint};
use crate::schema::Index;

pub(super) fn create(
    context: &Context<'_>,
    table: &QName,
    name: &str,
    index: &Index,
) -> Result<Recipe, Diagnostic> {
    if index.unique {
        return add_constraint::unique_index(context, table, (name, index));
    }
    let mut recipe = Recipe::default();
    if context.request.facts(table).is_big() {
        recipe.hazards.push(context.hazard(
            "long-lock",
            format!("CREATE INDEX holds a SHARE lock on {table} for the whole build: no writes meanwhile"),
            "build it concurrently",
        ));
    }
    if context.table(table)?.is_partitioned() {
        let named = Named::index(name, index);
        recipe.drafts.extend(partitioned::make(context, Slot::Constrain, table, &named));
    } else {
        recipe.drafts.push(build_index(context, Slot::Constrain, table, (name, index)));
    }
    Ok(recipe)
}

pub(super) fn drop(context: &Context<'_>, table: &QName, name: &str) -> Result<Recipe, Diagnostic> {
    let Some(index) = context.table(table)?.indexes.get(name).cloned() else {
        return Err(context.refuse(
            "unknown-index",
            format!("index `{name}` does not exist on `{table}`"),
            "name an index of the schema; the index of a constraint goes with DROP CONSTRAINT",
        ));
    };
    if context.table(table)?.is_partitioned() {
        return Ok(drop_partitioned(context, table, (name, &index)));
    }
    let drop = Op::DropIndex {
        table: table.clone(),
        name: name.to_owned(),
        concurrently: true,
        if_exists: false,
    };
    let mut recipe = Recipe::default();
    recipe.hazards.push(drops_index(context, table, name));
    if let Some(kept) = kept(table, &index) {
        recipe.keeps.push(kept);
        recipe.assumptions.push(format!(
            "until this plan is finished nobody writes rows to {table} that {name} would have forbidden: they would stop a rollback"
        ));
    }
    let create =
        Op::CreateIndex { table: table.clone(), name: name.to_owned(), index, concurrently: true };
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Swap,
            format!("drop index {name} of {table} concurrently"),
            vec![drop],
        )
        .back(context, vec![create])
        .why("waits for users of the index instead of stopping them; built again the same way")
        .instead_of(
            "DROP INDEX: ACCESS EXCLUSIVE on the table, brief, but queued behind the longest query",
        )
        .done_when(
            "the index is gone",
            Condition::Index { table: table.clone(), name: name.to_owned(), present: false },
        ),
    );
    Ok(recipe)
}

/// What a unique index promises of its columns: the new release goes on keeping it until the plan is
/// finished. Of an expression nothing is said.
pub(super) fn kept(table: &QName, index: &Index) -> Option<Condition> {
    let is_column = |key: &String| index.columns.iter().any(|c| quote(c) == *key);
    let plain = index.unique && index.keys.iter().all(is_column);
    let columns = index.columns.iter().filter(|c| index.keys.contains(&quote(c)));
    plain.then(|| Condition::NoDuplicates {
        table: table.clone(),
        columns: columns.cloned().collect(),
    })
}

/// CONCURRENTLY is for one table only: here the locks are brief, and on every partition at once.
fn drop_partitioned(context: &Context<'_>, table: &QName, (name, index): (&str, &Index)) -> Recipe {
    let mut recipe = Recipe::default();
    recipe.hazards.push(drops_index(context, table, name));
    let mut draft = Draft::ddl(
        context,
        Slot::Swap,
        format!("drop index {name} of {table} and its partitions"),
        vec![partitioned::drop(context.schema, table, &Named::index(name, index))],
    )
    .why(
        "only the catalogue changes; PostgreSQL drops no index of a partitioned table concurrently",
    )
    .done_when(
        "the index is gone",
        Condition::Index { table: table.clone(), name: name.to_owned(), present: false },
    );
    draft.rollback = Some(partitioned::again(context, table, &Named::index(name, index)));
    recipe.drafts.push(draft);
    recipe
}

fn drops_index(context: &Context<'_>, table: &QName, name: &str) -> Hazard {
    context.hazard(
        "drops-index",
        format!("queries that use {name} read all of {table} from then on"),
        "see in pg_stat_user_indexes.idx_scan that nobody uses it",
    )
}

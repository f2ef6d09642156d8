//! Attach and detach partitions.

use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::name::QName;
use crate::op::Op;
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::split_partitioning;

pub(super) fn plan(context: &Context<'_>, op: &Op) -> Result<Recipe, Diagnostic> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "`for_op` sends only these here")]
    match op {
        Op::AttachPartition { table, child, bounds } => attach(context, table, (child, bounds)),
        Op::DetachPartition { table, child, .. } => detach(context, table, child),
        _ => Ok(Recipe::default()),
    }
}

fn attach(
    context: &Context<'_>,
    table: &QName,
    (child, bounds): (&QName, &str),
) -> Result<Recipe, Diagnostic> {
    context.table(child)?;
    let mut recipe = Recipe::default();
    let is_new = !context.source.tables.contains_key(child);
    if !is_new && context.request.facts(child).is_big() {
        recipe.hazards.push(context.hazard(
            "attach-scans",
            format!("ATTACH PARTITION reads every row of {child} under ACCESS EXCLUSIVE unless a validated CHECK implies its bounds"),
            "add that CHECK as NOT VALID, validate it, attach, and drop it afterwards",
        ));
    }
    let slot = if is_new { Slot::Expand } else { Slot::Tighten };
    recipe.drafts.push(
        Draft::ddl(
            context,
            slot,
            format!("attach {child} to {table} as a partition"),
            vec![Op::AttachPartition {
                table: table.clone(),
                child: child.clone(),
                bounds: bounds.to_owned(),
            }],
        )
        .back(
            context,
            vec![Op::DetachPartition {
                table: table.clone(),
                child: child.clone(),
                concurrently: false,
            }],
        )
        .why("the parent is open to reads and writes meanwhile (12 and later)")
        .instead_of("CREATE TABLE … PARTITION OF: ACCESS EXCLUSIVE on the parent")
        .done_when(
            "it is a table of its own or a partition",
            Condition::Relation { relation: child.clone(), present: true },
        ),
    );
    Ok(recipe)
}

fn detach(context: &Context<'_>, table: &QName, child: &QName) -> Result<Recipe, Diagnostic> {
    let definition = context.table(child)?;
    let parts = definition.partitioning.as_deref().and_then(split_partitioning);
    let Some(((_, bounds), _)) = parts else {
        return Err(context.refuse(
            "not-a-partition",
            format!("`{child}` is no partition of `{table}`"),
            "name a partition of the table",
        ));
    };
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("does not look for rows of {child} in {table}"),
        ..Recipe::default()
    };
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Swap,
            format!("detach {child} from {table}"),
            vec![Op::DetachPartition {
                table: table.clone(),
                child: child.clone(),
                concurrently: false,
            }],
        )
        .back(
            context,
            vec![Op::AttachPartition { table: table.clone(), child: child.clone(), bounds }],
        )
        .why("its rows stay where they are, in a table of their own")
        .done_when(
            "the table is there",
            Condition::Relation { relation: child.clone(), present: true },
        ),
    );
    Ok(recipe)
}

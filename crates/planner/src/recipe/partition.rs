//! Tables that come into a family or leave it: ATTACH and DETACH PARTITION, other bounds, INHERIT.

use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::name::{QName, clip};
use crate::op::Op;
use crate::recipe::partitioned::{self, Named};
use crate::recipe::steps::{build_index, enforce_constraint};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Constraint, ConstraintKind, bounds};

pub(super) fn plan(context: &Context<'_>, op: &Op) -> Result<Recipe, Diagnostic> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "`for_op` sends only these here")]
    match op {
        Op::CreateIndexOnly { .. } | Op::AddConstraintOnly { .. } => Ok(only(context, op)),
        Op::AttachPartition { table, child, bounds } => attach(context, table, (child, bounds)),
        Op::DetachPartition { table, child, .. } => detach(context, table, child),
        Op::AttachIndex { .. } => Ok(attach_index(context, op)),
        Op::Inherit { table, parent } => Ok(inherit(context, table, parent)),
        Op::NoInherit { table, parent } => Ok(no_inherit(context, table, parent)),
        _ => Ok(Recipe::default()),
    }
}

fn attach_op(table: &QName, (child, bounds): (&QName, &str)) -> Op {
    Op::AttachPartition { table: table.clone(), child: child.clone(), bounds: bounds.to_owned() }
}

fn detach_op(table: &QName, child: &QName) -> Op {
    Op::DetachPartition { table: table.clone(), child: child.clone(), concurrently: false }
}

fn there(relation: &QName) -> Condition {
    Condition::Relation { relation: relation.clone(), present: true }
}

fn attach(
    context: &Context<'_>,
    table: &QName,
    (child, bounds): (&QName, &str),
) -> Result<Recipe, Diagnostic> {
    context.table(child)?;
    let mut recipe = Recipe::default();
    let is_new = !context.source.tables.contains_key(child);
    let is_big = !is_new && context.request.facts(child).is_big();
    let slot = if is_new { Slot::Expand } else { Slot::Tighten };
    let attach = Draft::ddl(
        context,
        slot,
        format!("attach {child} to {table} as a partition"),
        vec![attach_op(table, (child, bounds))],
    )
    .back(context, vec![detach_op(table, child)])
    .why("the parent is open to reads and writes meanwhile (12 and later)")
    .instead_of("CREATE TABLE … PARTITION OF: ACCESS EXCLUSIVE on the parent")
    .done_when("it is a table of its own or a partition", there(child));
    if !is_big {
        recipe.drafts.push(attach);
        return Ok(recipe);
    }
    recipe.hazards.push(attach_scans(context, child));
    recipe.drafts.extend(missing_parts(context, table, child)?);
    prove(context, table, (child, bounds), (attach, &mut recipe))?;
    Ok(recipe)
}

fn attach_scans(context: &Context<'_>, child: &QName) -> crate::plan::Hazard {
    context.hazard(
        "attach-scans",
        format!("ATTACH PARTITION reads every row of {child} under ACCESS EXCLUSIVE unless a validated CHECK implies its bounds, and builds the indexes it lacks"),
        "add that CHECK as NOT VALID and validate it, build the indexes, attach, and drop the CHECK afterwards",
    )
}

/// The step with a CHECK before it that says what the bounds say, so that it need look at no row; the
/// CHECK goes afterwards.
fn prove(
    context: &Context<'_>,
    table: &QName,
    (child, bounds): (&QName, &str),
    (step, recipe): (Draft, &mut Recipe),
) -> Result<(), Diagnostic> {
    let Some(condition) = bounds::condition(context.table(table)?, bounds) else {
        recipe.assumptions.push(format!(
            "no CHECK can prove the bounds of {child} (PostgreSQL proves those of lists, and of ranges over one column): attaching it reads its rows under its lock"
        ));
        recipe.drafts.push(step);
        return Ok(());
    };
    let name = clip(&format!("concertina_{}_bounds", child.name));
    let check = Constraint { kind: ConstraintKind::Check(condition.clone()), validated: true };
    let slot = step.slot;
    recipe.drafts.push(fits(child, &condition));
    recipe.drafts.extend(enforce_constraint(context, slot, child, (&name, &check)));
    recipe.drafts.push(step);
    let unvalidated = Constraint { validated: false, ..check };
    recipe.drafts.push(
        Draft::ddl(
            context,
            slot,
            format!("drop the CHECK that proved the bounds of {child}"),
            vec![Op::DropConstraint { table: child.clone(), name: name.clone() }],
        )
        .back(
            context,
            vec![
                Op::AddConstraint {
                    table: child.clone(),
                    name: name.clone(),
                    constraint: unvalidated,
                },
                Op::ValidateConstraint { table: child.clone(), name: name.clone() },
            ],
        )
        .why("the bounds say the same")
        .done_when(
            "the CHECK is gone",
            Condition::Constraint { table: child.clone(), name, validated: None },
        ),
    );
    Ok(())
}

fn fits(child: &QName, condition: &Expr) -> Draft {
    Draft::gate(Slot::Confirm, format!("every row of {child} is within its bounds"), Vec::new())
        .why("a row outside would stop the attaching")
        .done_when(
            "rows outside the bounds",
            Condition::NoViolations { table: child.clone(), check: condition.clone() },
        )
}

/// What the parent has and attaching would build under its lock.
fn missing_parts(
    context: &Context<'_>,
    table: &QName,
    child: &QName,
) -> Result<Vec<Draft>, Diagnostic> {
    let above = context.table(table)?;
    let is_partitioned = context.table(child)?.is_partitioned();
    let keys = above.constraints.iter().map(|(name, c)| Named::constraint(name, c));
    let indexes = above.indexes.iter().map(|(name, index)| Named::index(name, index));
    let mut drafts = Vec::new();
    for named in keys.chain(indexes) {
        let Some(own) = named.missing_on(context.schema, child) else { continue };
        match own.backing() {
            Some(index) if matches!(own.whole, crate::op::effect::Whole::Index(_)) => {
                drafts.push(build_index(context, Slot::Constrain, child, (&own.name, &index)));
            }
            _ if is_partitioned => {
                drafts.extend(partitioned::make(context, Slot::Constrain, child, &own));
            }
            _ => drafts.extend(partitioned::alone(context, child, &own)),
        }
    }
    Ok(drafts)
}

fn detach(context: &Context<'_>, table: &QName, child: &QName) -> Result<Recipe, Diagnostic> {
    let parts = context.table(child)?.parts();
    let Some((_, bounds)) = parts.of.filter(|(parent, _)| parent == table) else {
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
            vec![detach_op(table, child)],
        )
        .back(context, vec![attach_op(table, (child, &bounds))])
        .why("its rows stay where they are, in a table of their own")
        .done_when("the table is there", there(child)),
    );
    Ok(recipe)
}

/// Other bounds: out and in again in one transaction, so that its rows are never missing.
pub(super) fn rebound(
    context: &Context<'_>,
    table: &QName,
    (child, bounds): (&QName, &str),
) -> Result<Recipe, Diagnostic> {
    let before = context.source.table(child).map(crate::schema::Table::parts).unwrap_or_default();
    let Some((_, old)) = before.of else {
        return Err(context.unsupported(
            &format!("moving the partition `{child}`"),
            "detach it in a request of its own first",
        ));
    };
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!(
            "writes no row to {table} that belongs into {child} by its old bounds only"
        ),
        ..Recipe::default()
    };
    recipe.hazards.push(attach_scans(context, child));
    let step = Draft::atomic(
        context,
        Slot::Tighten,
        format!("give the partition {child} of {table} other bounds"),
        vec![detach_op(table, child), attach_op(table, (child, bounds))],
    )
    .back_atomic(context, vec![detach_op(table, child), attach_op(table, (child, &old))])
    .why("one transaction: queries find its rows at every moment")
    .done_when("the partition is there", there(child));
    if context.request.facts(child).is_big() {
        prove(context, table, (child, bounds), (step, &mut recipe))?;
    } else {
        recipe.drafts.push(step);
    }
    Ok(recipe)
}

/// Without its parts: nothing is built, and it is of no use before they are attached.
fn only(context: &Context<'_>, op: &Op) -> Recipe {
    let mut recipe = Recipe::default();
    #[expect(clippy::wildcard_enum_match_arm, reason = "`plan` sends only these here")]
    let (table, back) = match op {
        Op::CreateIndexOnly { table, name, .. } => {
            (table, Op::DropIndexCascade { table: table.clone(), name: name.clone() })
        }
        Op::AddConstraintOnly { table, name, .. } => {
            (table, Op::DropConstraintIfExists { table: table.clone(), name: name.clone() })
        }
        _ => return recipe,
    };
    let operation = format!("on {table} alone: {}", crate::op::sql::render(op));
    recipe.drafts.push(
        Draft::ddl(context, Slot::Tighten, operation, vec![op.clone()])
            .back(context, vec![back])
            .why("nothing is built: partitions keep what they have"),
    );
    recipe
}

fn attach_index(context: &Context<'_>, op: &Op) -> Recipe {
    let mut recipe = Recipe::default();
    let Op::AttachIndex { table, name, parent, index } = op else { return recipe };
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Swap,
            format!("make {name} of {table} part of {index} of {parent}"),
            vec![op.clone()],
        )
        .irreversible("nothing; but PostgreSQL has no statement that takes an index out of the one it is part of")
        .why("only the catalogue changes"),
    );
    recipe
}

fn inherit(context: &Context<'_>, table: &QName, parent: &QName) -> Recipe {
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("expects rows of {table} in queries of {parent}"),
        ..Recipe::default()
    };
    let (forward, back) = (
        Op::Inherit { table: table.clone(), parent: parent.clone() },
        Op::NoInherit { table: table.clone(), parent: parent.clone() },
    );
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Tighten,
            format!("let {table} inherit from {parent}"),
            vec![forward],
        )
        .back(context, vec![back])
        .why("only the catalogue changes")
        .done_when("the table is there", there(table)),
    );
    recipe
}

fn no_inherit(context: &Context<'_>, table: &QName, parent: &QName) -> Recipe {
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("does not look for rows of {table} in {parent}"),
        ..Recipe::default()
    };
    let (forward, back) = (
        Op::NoInherit { table: table.clone(), parent: parent.clone() },
        Op::Inherit { table: table.clone(), parent: parent.clone() },
    );
    let draft =
        Draft::ddl(context, Slot::Swap, format!("take {table} from under {parent}"), vec![forward])
            .why("its rows and columns stay, in a table of their own")
            .done_when("the table is there", there(table));
    let heir = context.schema.table(table).is_some_and(|t| !t.inherited.is_empty());
    recipe.drafts.push(if heir {
        draft.irreversible(&format!("nothing; but what came from {parent} counts as the table's own for good, and PostgreSQL has no statement to change that"))
    } else {
        draft.back(context, vec![back])
    });
    recipe
}

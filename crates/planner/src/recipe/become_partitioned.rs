//! A plain table becomes one partition of a partitioned table that takes its name: a CHECK proves beside
//! the traffic that its rows belong there, then one short transaction renames it, makes the new table
//! and attaches it. No row moves. Must not know how the statements were found.

use crate::change::Partition;
use crate::condition::Condition;
use crate::name::{QName, clip};
use crate::op::Op;
use crate::plan::{Confined, Question, StepKind};
use crate::recipe::steps::script;
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Constraint, ConstraintKind, ObjectKind};

pub(super) fn plan(context: &Context<'_>, partition: &Partition) -> Recipe {
    let mut recipe = Recipe::default();
    hazards(context, partition, &mut recipe);
    questions(partition, &mut recipe);
    assumptions(context, partition, &mut recipe);
    recipe.drafts.extend(fits(partition));
    recipe.drafts.push(swap(context, partition));
    for op in partition.validations() {
        let Op::ValidateConstraint { table, name } = &op else { continue };
        recipe.drafts.extend(validated(context, (table, name), &op));
    }
    recipe
}

fn fits(partition: &Partition) -> Option<Draft> {
    let Partition { table, into, proof, .. } = partition;
    let check = proof.clone()?;
    Some(
        Draft::gate(
            Slot::Confirm,
            format!("every row of {table} belongs into the partition {into}"),
            Vec::new(),
        )
        .why("a row outside would stop the attaching, and could not be updated while the CHECK stands")
        .done_when("rows outside", Condition::NoViolations { table: table.clone(), check }),
    )
}

/// The CHECK and the swap are one step: rolled back, the table has rows again that the CHECK would not let
/// in.
fn swap(context: &Context<'_>, partition: &Partition) -> Draft {
    let Partition { table, into, proof, references, .. } = partition;
    let name = check_name(table);
    let gone =
        |table: &QName| Op::DropConstraintIfExists { table: table.clone(), name: name.clone() };
    let mut before = Vec::new();
    let mut ops = partition.swap.clone();
    if let Some(check) = proof {
        let constraint =
            Constraint { kind: ConstraintKind::Check(check.clone()), validated: false };
        before.push(gone(table));
        before.push(Op::AddConstraint { table: table.clone(), name: name.clone(), constraint });
        before.push(Op::ValidateConstraint { table: table.clone(), name: name.clone() });
        let attached = ops
            .iter()
            .position(|op| matches!(op, Op::AttachPartition { child, .. } if child == into));
        let drop = Op::DropConstraint { table: into.clone(), name: name.clone() };
        ops.insert(attached.map_or(ops.len(), |at| at + 1), drop);
    }
    let mut all = script(context, before, None);
    all.extend(script(context, ops, Some("a")));
    let mut back = script(context, partition.back.clone(), Some("a"));
    back.extend(script(context, partition.validations(), None));
    back.extend(script(context, proof.iter().map(|_| gone(table)).collect(), None));
    let proved =
        if proof.is_some() { "prove by a CHECK that its rows belong there; then, " } else { "" };
    let others = if references.is_empty() {
        ""
    } else {
        ", and the references of other tables point at the new one"
    };
    let mut draft = Draft::new(
        Slot::Swap,
        StepKind::Ddl,
        format!("{proved}in one transaction, {table} becomes the partition {into} of a new {table}{others}"),
        all,
    )
    .why("no row moves: only the catalogue changes, and every release finds the same rows under the same name before and after; what is attached has every index already, and the CHECK says what the bounds say, so that no row is looked at")
    .instead_of("a second table and INSERT … SELECT: every row written anew, and what is written meanwhile is lost or doubled")
    .loses("nothing; rows that went to other partitions meanwhile go back, under its locks")
    .done_when(
        "the partition is there",
        Condition::Relation { relation: into.clone(), present: true },
    );
    draft.rollback = Some(back);
    draft
}

/// A reference that was made anew holds every new row; the old ones have not been looked at again.
fn validated(
    context: &Context<'_>,
    (table, name): (&QName, &String),
    validate: &Op,
) -> Option<Draft> {
    let constraint = context.schema.table(table)?.constraints.get(name)?.clone();
    let unvalidated = Constraint { validated: false, ..constraint };
    Some(
        Draft::ddl(
            context,
            Slot::Swap,
            format!("validate {name} on {table}"),
            vec![validate.clone()],
        )
        .back(
            context,
            vec![
                Op::DropConstraint { table: table.clone(), name: name.clone() },
                Op::AddConstraint {
                    table: table.clone(),
                    name: name.clone(),
                    constraint: unvalidated,
                },
            ],
        )
        .why("reads every row, while reads and writes go on")
        .instead_of(
            "making it anew without NOT VALID: the scan in the swap's transaction, under its locks",
        )
        .done_when(
            "the constraint is validated",
            Condition::Constraint {
                table: table.clone(),
                name: name.clone(),
                validated: Some(true),
            },
        ),
    )
}

fn hazards(context: &Context<'_>, partition: &Partition, recipe: &mut Recipe) {
    let Partition { table, into, proof, beside, bounds, .. } = partition;
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("between the rename of {table} and the end of its successor's making, every statement on {table} fails with 42P01"),
        "do both in one transaction",
    ));
    if proof.is_some() {
        recipe.hazards.push(context.hazard(
            "attach-scans",
            format!("ATTACH PARTITION reads every row of {into} under ACCESS EXCLUSIVE unless a validated CHECK implies its bounds"),
            "add that CHECK as NOT VALID and validate it before the transaction",
        ));
    }
    if !partition.references.is_empty() {
        let children: Vec<String> =
            partition.references.iter().map(|(child, _)| child.to_string()).collect();
        recipe.hazards.push(context.hazard(
            "deadlock-between-tables",
            format!("the swap locks {} and {table} together: a transaction of the app that has written one and then asks for the other meets it half-way, and the server ends one of the two with 40P01", children.join(", ")),
            "let the app try a transaction that ends with 40P01 again, and run the step in a quiet hour; stopped by a lock_timeout, it is simply run again",
        ));
    }
    let is_default = |bounds: &str| bounds == "DEFAULT";
    let has_default = is_default(bounds)
        || partition
            .swap
            .iter()
            .any(|op| matches!(op, Op::AttachPartition { bounds, .. } if is_default(bounds)));
    if !has_default {
        recipe.hazards.push(context.hazard(
            "no-partition-for-row",
            format!("a row of {table} for which there is no partition is refused (23514) from then on"),
            "make partitions well ahead of the rows, by a job that is watched, or give the table a DEFAULT partition",
        ));
    }
    if !beside.is_empty() {
        recipe.hazards.push(context.hazard(
            "row-changes-partition",
            format!("an UPDATE that takes a row of {table} to another partition deletes it here and inserts it there: a transaction that waits for the row meanwhile ends with 40001"),
            "let the app try such a transaction again, or never change what the table is partitioned by",
        ));
    }
}

fn questions(partition: &Partition, recipe: &mut Recipe) {
    let Partition { table, into, bounds, beside, .. } = partition;
    if !beside.is_empty() {
        recipe.questions.push(Question {
            code: "partition-of-todays-rows".to_owned(),
            question: format!("Do all of today's rows of {table} belong into {into} ({bounds})?"),
            default: format!("yes: {table} becomes that partition as it is; a gate looks before anything is done, and the other partitions begin empty"),
            answer_with: format!("-- concertina: rename table {table} to <another partition>"),
        });
    }
    for columns in &partition.no_longer_unique {
        let columns = columns.join(", ");
        recipe.questions.push(Question {
            code: "unique-over-partitions".to_owned(),
            question: format!("May two rows of {table} have the same ({columns})?"),
            default: format!("the app never writes such rows: no key of the partitioned table forbids them, since PostgreSQL keeps keys partition by partition; what gives ({columns}) its values (a sequence, a random uuid) has to tell them apart, and ON CONFLICT ({columns}) is gone"),
            answer_with: format!("a target that is partitioned by ({columns}), which keeps the key"),
        });
    }
}

fn assumptions(context: &Context<'_>, partition: &Partition, recipe: &mut Recipe) {
    let Partition { table, into, proof, .. } = partition;
    if let Some(check) = proof {
        recipe.confined.push(Confined { table: table.clone(), check: check.clone() });
        recipe.assumptions.push(format!(
            "until {table} is partitioned nobody writes rows to it outside of the bounds of {into} ({}): the CHECK that proves them would refuse such a row; run the plan well before the first one comes",
            check.sql()
        ));
    }
    recipe
        .assumptions
        .push(format!("nobody writes rows to {table} for which the target has no partition"));
    let owned = partition.swap.iter().any(|op| {
        matches!(op, Op::Object { id, .. } if id.kind == ObjectKind::Owner && id.name.ends_with(&table.to_string()))
    });
    if !owned {
        let privileges =
            context.schema.objects_of(table).any(|(id, _)| id.kind == ObjectKind::Privilege);
        recipe.assumptions.push(format!(
            "the new {table} belongs to the role that runs the plan{}: run it as the owner of today's table, or say OWNER TO{} in the target",
            if privileges { "" } else { ", and nobody else may use it" },
            if privileges { "" } else { " and GRANT" },
        ));
    }
}

fn check_name(table: &QName) -> String {
    clip(&format!("concertina_{}_bounds", table.name))
}

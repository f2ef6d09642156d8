//! Create and drop whole tables.

use crate::change::What;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::name::QName;
use crate::op::Op;
use crate::recipe::new_reference::takes_along;
use crate::recipe::{Context, Draft, Recipe, Slot, partitioned};
use crate::schema::{Constraint, ConstraintKind, ForeignKey, ObjectId, ObjectKind, Table};

pub(super) fn create(
    context: &Context<'_>,
    name: &QName,
    definition: &Table,
) -> Result<Recipe, Diagnostic> {
    let is_type = |kind| {
        let id = ObjectId::new(kind, name.to_string());
        context.source.objects.contains_key(&id)
    };
    if [ObjectKind::Enum, ObjectKind::Domain, ObjectKind::Type].into_iter().any(is_type) {
        return Err(context.refuse(
            "name-of-a-type",
            format!("the new table `{name}` has the name of a type that the running release may use, and each table has a type of its name (42710)"),
            "give the table another name, and rename it in a request of its own when the type is gone",
        ));
    }
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("uses the new table {name}"),
        ..Recipe::default()
    };
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Expand,
            format!("create table {name}"),
            vec![Op::CreateTable { table: name.clone(), definition: definition.clone() }],
        )
        .back(context, vec![Op::DropTable { table: name.clone() }])
        .loses("what the new release has written to it, if it has been deployed")
        .why("nobody uses it yet; with foreign keys, their parents are locked against writes for an instant")
        .done_when("the table is there", Condition::Relation { relation: name.clone(), present: true }),
    );
    Ok(recipe)
}

pub(super) fn drop(context: &Context<'_>, name: &QName) -> Result<Recipe, Diagnostic> {
    context.table(name)?;
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("does not use {name}"),
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("every statement of the running release on {name} fails with 42P01"),
        "deploy the release that lets go of it first",
    ));
    recipe.hazards.push(context.hazard(
        "destroys-data",
        format!("everything in {name} is gone for good"),
        "take a backup and restore it somewhere before the drop",
    ));
    // One key at a time: each locks two tables, and all at once would deadlock with the traffic.
    let mut family = vec![name.clone()];
    family.extend(context.schema.descendants(name));
    for member in &family {
        for (key, constraint) in &context.table(member)?.constraints {
            if let ConstraintKind::ForeignKey(foreign) = &constraint.kind
                && !context.schema.inherits_constraint(member, key)
            {
                recipe.drafts.push(drop_key(context, member, (key, constraint), foreign));
            }
        }
    }
    let mut draft = Draft::ddl(
        context,
        Slot::Drop,
        format!("drop table {name}"),
        vec![Op::DropTable { table: name.clone() }],
    )
    .irreversible(&format!("everything in {name}: only the backup has it"))
    .why("no running release uses it any more")
    .done_when("the table is gone", Condition::Relation { relation: name.clone(), present: false });
    draft.destructive = true;
    recipe.drafts.push(draft);
    Ok(recipe)
}

pub(super) fn drop_key(
    context: &Context<'_>,
    name: &QName,
    (key, constraint): (&String, &Constraint),
    foreign: &ForeignKey,
) -> Draft {
    let unvalidated = Constraint { validated: false, ..constraint.clone() };
    let early = stands_in_the_way(context, name, foreign);
    let mut draft = Draft::ddl(
        context,
        if early { Slot::Constrain } else { Slot::Swap },
        format!("drop foreign key {key} of {name}"),
        vec![Op::DropConstraint { table: name.clone(), name: key.clone() }],
    )
    .back(
        context,
        vec![
            Op::AddConstraint { table: name.clone(), name: key.clone(), constraint: unvalidated },
            Op::ValidateConstraint { table: name.clone(), name: key.clone() },
        ],
    )
    .why(&if early {
        format!(
            "the release that lets go of {name} would not see that a row of it points at the row of {parent} that it deletes, and get 23503; rolled back later, rows of {name} that have lost theirs have to go first",
            parent = foreign.parent
        )
    } else {
        format!(
            "dropping the table would lock {} too, with everything else it points at",
            foreign.parent
        )
    })
    .done_when(
        "the key is gone",
        Condition::Constraint { table: name.clone(), name: key.clone(), validated: None },
    );
    if partitioned::is_made_of_parts(context, name, constraint) {
        let named = partitioned::Named::constraint(key, constraint);
        draft.rollback = Some(partitioned::again(context, name, &named));
    }
    draft
}

/// Whether the key would refuse what the new release does with the other table: it still deletes rows
/// there, and does not know of those that point at them.
fn stands_in_the_way(context: &Context<'_>, name: &QName, foreign: &ForeignKey) -> bool {
    let goes_too = |table: &QName| {
        context
            .asked
            .iter()
            .any(|asked| matches!(&asked.what, What::Statement(Op::DropTable { table: t }) if t == table))
    };
    foreign.parent != *name && !goes_too(&foreign.parent) && !takes_along(foreign)
}

//! The swap: in one transaction the successors take the names, keys and sequences of the old
//! columns, and the trigger is turned round; at the end the old columns go. Must not know how the
//! successors came to hold the same rows.

use super::twins::Twins;
use super::{Shadow, Shadows, gate, listed};
use crate::condition::Condition;
use crate::name::{QName, clip, own};
use crate::op::Op;
use crate::plan::{Check, Statement};
use crate::recipe::steps::{build_index, not_null_name, not_null_of_twin, script, set_default};
use crate::recipe::{Context, Draft, Slot, change_type, identity};
use crate::schema::{Index, Object, ObjectId, ObjectKind, Subject};

pub(super) fn steps(context: &Context<'_>, shadows: &Shadows<'_>) -> Vec<Draft> {
    vec![swap(context, shadows), gate(Slot::Soak, shadows, |s| &s.old), drop_old(context, shadows)]
}

fn swap(context: &Context<'_>, shadows: &Shadows<'_>) -> Draft {
    let Shadows { table, columns, forward, backward, .. } = shadows;
    let mut ops = vec![
        Op::DropSyncTrigger { rule: forward.clone() },
        Op::CreateSyncFunction { rule: backward.clone() },
    ];
    ops.extend(forth(context, shadows));
    ops.push(Op::CreateSyncTrigger { rule: backward.clone() });
    let new = listed(columns, ", ", |s| &s.new);
    let name = listed(columns, ", ", |s| &s.before.name);
    let old = listed(columns, ", ", |s| &s.old);
    let (take, stay) = if columns.len() > 1 {
        ("take the names", "the old columns stay")
    } else {
        ("takes the name", "the old column stays")
    };
    let operation = format!("swap: {new} {take} {table}.{name}, {stay} in step as {old}");
    let mut draft = Draft::atomic(context, Slot::Swap, operation, ops)
        .why("one transaction, one brief ACCESS EXCLUSIVE lock; the trigger is turned round, so the old column stays true and the swap can be undone")
        .instead_of("ALTER COLUMN … TYPE: rewrites the table under the same lock");
    draft.rollback = Some(back(context, shadows));
    draft.checks.extend(columns.iter().take(1).map(|shadow| {
        Check::new(
            "the old column is aside",
            Condition::Column {
                table: (*table).clone(),
                column: shadow.old.clone(),
                present: true,
            },
        )
    }));
    draft
}

/// What the swap changes in the catalogue.
fn forth(context: &Context<'_>, shadows: &Shadows<'_>) -> Vec<Op> {
    let Shadows { table, columns, twins, references, .. } = shadows;
    let mut ops: Vec<Op> = references.own.iter().map(super::references::Reference::drop).collect();
    ops.extend(twins.key.iter().map(|(key, ..)| drop_key(table, key)));
    for shadow in columns {
        let (name, new, old) = (&shadow.before.name, &shadow.new, &shadow.old);
        ops.extend([rename(table, name, old), rename(table, new, name)]);
        ops.extend(defaults(table, shadow, (name, old)));
        let first = change_type::first_default(context, table, name);
        ops.extend(first.map(|(_, first)| set_default(table, name, Some(first))));
        ops.extend(identity::moved(context, (table, &shadow.before), (old, name)));
    }
    ops.extend(twins.key.iter().map(|(key, twin, _)| take_key(table, key, twin)));
    ops.extend(names(table, twins));
    ops.extend(references.own.iter().map(super::references::Reference::takes_name));
    ops.extend(attached(context, shadows));
    ops
}

/// The way back. What the old key rested on is built again first, while traffic goes on; so is what
/// references rest on, until they are made again.
fn back(context: &Context<'_>, shadows: &Shadows<'_>) -> Vec<Statement> {
    let Shadows { table, columns, twins, references, forward, backward } = shadows;
    let mut before = Vec::new();
    let mut after: Vec<Op> = Vec::new();
    let mut ops = vec![Op::DropSyncTrigger { rule: backward.clone() }];
    ops.extend(
        references.own.iter().chain(&references.resting).map(super::references::Reference::drop),
    );
    ops.extend(twins.key.iter().map(|(key, ..)| drop_key(table, key)));
    ops.extend(names(table, twins).into_iter().rev().map(|op| backwards(&op)));
    for shadow in columns {
        let (name, new, old) = (&shadow.before.name, &shadow.new, &shadow.old);
        ops.extend([rename(table, name, new), rename(table, old, name)]);
        ops.extend(defaults(table, shadow, (name, new)));
        let first = change_type::first_default(context, table, name);
        ops.extend(first.map(|_| set_default(table, new, None)));
        ops.extend(identity::moved(context, (table, &shadow.before), (new, name)));
    }
    if let Some((key, twin, index)) = &twins.key {
        let (aside, beside) = (own::aside(key), clip(&format!("{key}_concertina_back")));
        let over = |name: fn(&Shadow) -> &String| {
            let named = |c: &String| columns.iter().find(|s| s.new == *c).map_or(c, name).clone();
            Index::unique_on(&index.columns.iter().map(named).collect::<Vec<_>>())
        };
        let concurrently = |name: &str, index: &Index| {
            build_index(context, Slot::Swap, table, (name, index)).script
        };
        before.extend(concurrently(&aside, &over(|s| &s.old)));
        before.extend(concurrently(&beside, &over(|s| &s.before.name)));
        ops.push(take_key(table, key, &aside));
        ops.push(rename_index(table, &beside, twin));
        after.push(Op::DropIndex {
            table: (*table).clone(),
            name: beside,
            concurrently: true,
            if_exists: true,
        });
    }
    for one in &references.own {
        ops.extend([one.add(&one.name, &one.before), one.add(&one.twin, &one.after)]);
        after.extend([&one.name, &one.twin].into_iter().filter_map(|name| one.validate(name)));
    }
    for one in &references.resting {
        ops.push(one.add(&one.name, &one.between));
        after.extend(one.validate(&one.name));
    }
    ops.extend(attached(context, shadows));
    ops.push(Op::DropSyncFunction { rule: backward.clone() });
    ops.push(Op::CreateSyncTrigger { rule: forward.clone() });
    before.extend(script(context, ops, Some("a")));
    before.extend(script(context, after, None));
    before
}

fn rename(table: &QName, from: &str, to: &str) -> Op {
    Op::RenameColumn { table: table.clone(), column: from.to_owned(), to: to.to_owned() }
}

fn rename_index(table: &QName, from: &str, to: &str) -> Op {
    Op::RenameIndex { table: table.clone(), name: from.to_owned(), to: to.to_owned() }
}

fn drop_key(table: &QName, key: &str) -> Op {
    Op::DropConstraint { table: table.clone(), name: key.to_owned() }
}

fn take_key(table: &QName, key: &str, index: &str) -> Op {
    Op::AddConstraintUsingIndex {
        table: table.clone(),
        name: key.to_owned(),
        index: index.to_owned(),
        primary: true,
        deferral: String::new(),
    }
}

/// The default goes where the name is.
fn defaults(table: &QName, shadow: &Shadow, (to, from): (&str, &str)) -> Vec<Op> {
    match &shadow.before.default {
        Some(default) => {
            vec![set_default(table, to, Some(default.clone())), set_default(table, from, None)]
        }
        None => Vec::new(),
    }
}

/// Old names aside, twins in their place.
fn names(table: &QName, twins: &Twins) -> Vec<Op> {
    let mut ops = Vec::new();
    for (name, twin, _) in &twins.indexes {
        ops.push(rename_index(table, name, &own::aside(name)));
        ops.push(rename_index(table, twin, name));
    }
    let rename = |from: &str, to: &str| Op::RenameConstraint {
        table: table.clone(),
        name: from.to_owned(),
        to: to.to_owned(),
    };
    let checks = twins.checks.iter().map(|(name, ..)| name);
    for name in twins.uniques.iter().map(|(name, ..)| name).chain(checks) {
        ops.extend([rename(name, &own::aside(name)), rename(&own::twin(name), name)]);
    }
    ops
}

fn backwards(op: &Op) -> Op {
    #[expect(clippy::wildcard_enum_match_arm, reason = "`names` makes only these")]
    match op.clone() {
        Op::RenameIndex { table, name, to } => Op::RenameIndex { table, name: to, to: name },
        Op::RenameConstraint { table, name, to } => {
            Op::RenameConstraint { table, name: to, to: name }
        }
        other => other,
    }
}

/// Comments, privileges, settings and sequences go by column, key or index, not by its name: those
/// that have the names now get them again.
fn attached(context: &Context<'_>, shadows: &Shadows<'_>) -> Vec<Op> {
    let Shadows { table, columns, twins, references, .. } = shadows;
    let keys = twins.uniques.iter().map(|(name, ..)| name);
    let constraints: Vec<&String> = keys
        .chain(twins.key.iter().map(|(name, ..)| name))
        .chain(twins.checks.iter().map(|(name, ..)| name))
        .chain(references.own.iter().map(|one| &one.name))
        .collect();
    let has = |list: &[&String], name: &String| list.contains(&name);
    let indexes: Vec<&String> = twins.indexes.iter().map(|(name, ..)| name).collect();
    let moves = |of: &Subject| match of {
        Subject::Column(of, column) => {
            of == *table && columns.iter().any(|s| s.before.name == *column)
        }
        Subject::Constraint(of, name) => of == *table && has(&constraints, name),
        Subject::Index(name) => {
            name.schema == table.schema
                && (has(&indexes, &name.name) || has(&constraints, &name.name))
        }
        Subject::Relation(_) | Subject::Object(_) => false,
    };
    // Of a table's settings, those that name an index: REPLICA IDENTITY, CLUSTER.
    let names_index = |id: &ObjectId, object: &Object| {
        id.kind == ObjectKind::Property
            && object.of == Some(Subject::Relation((*table).clone()))
            && indexes.iter().chain(&constraints).any(|name| object.mentions(name))
    };
    let again = |(id, object): (&ObjectId, &Object)| {
        let kind = matches!(
            id.kind,
            ObjectKind::Comment
                | ObjectKind::Privilege
                | ObjectKind::Property
                | ObjectKind::Ownership
        );
        // A sequence that goes to another table has done so by now.
        let changes_hands = id.kind == ObjectKind::Ownership
            && context.asked.iter().any(
                |a| matches!(&a.what, crate::change::What::Object { id: other, .. } if other == id),
            );
        let moved =
            object.of.as_ref().is_some_and(moves) && !identity::is_option(id) && !changes_hands;
        (kind && moved || names_index(id, object)).then(|| crate::op::object::make(id, object))
    };
    let mut ops: Vec<Op> = context.schema.objects.iter().filter_map(again).flatten().collect();
    ops.extend(statistics(context, shadows));
    ops
}

/// Statistics over several columns are of columns as they are, and go with them.
fn statistics(context: &Context<'_>, shadows: &Shadows<'_>) -> Vec<Op> {
    let about = |(id, object): &(&ObjectId, &Object)| {
        let named = || shadows.columns.iter().any(|s| object.mentions(&s.before.name));
        id.kind == ObjectKind::Statistics && object.mentions(&shadows.table.name) && named()
    };
    let found = context.schema.objects.iter().filter(about);
    found
        .flat_map(|(id, object)| {
            let gone = object.unmake.clone();
            let drop = gone.map(|sql| Op::Object { sql, id: id.clone(), becomes: None });
            drop.into_iter().chain(crate::op::object::make(id, object))
        })
        .collect()
}

fn drop_old(context: &Context<'_>, shadows: &Shadows<'_>) -> Draft {
    let Shadows { table, columns, backward, .. } = shadows;
    let old = listed(columns, ", ", |s| &s.old);
    let mut ops = vec![Op::DropSyncTrigger { rule: backward.clone() }];
    ops.extend(
        columns.iter().map(|s| Op::DropColumn { table: (*table).clone(), column: s.old.clone() }),
    );
    if context.engine.version >= 18 {
        ops.extend(columns.iter().filter(|s| s.before.not_null).map(|s| Op::RenameNotNull {
            table: (*table).clone(),
            column: s.before.name.clone(),
            name: not_null_of_twin(table, &s.before.name),
            to: not_null_name(table, &s.before.name),
        }));
    }
    let mut draft = Draft::atomic(
        context,
        Slot::Drop,
        format!("drop the trigger and column {old} of {table}"),
        ops,
    )
    .irreversible(
        "nothing that the new type does not hold; going back means planning the opposite change",
    )
    .why("in one transaction: a trigger that names a dropped column would fail every write");
    draft.checks.extend(columns.iter().map(|shadow| {
        Check::new(
            "the old column is gone",
            Condition::Column {
                table: (*table).clone(),
                column: shadow.old.clone(),
                present: false,
            },
        )
    }));
    draft.destructive = true;
    draft
}

//! Foreign keys over columns that get other types, on either side: a twin over the successors is
//! validated beside the old one, which goes when its own columns are swapped, so that an ON DELETE
//! SET NULL never meets a trigger that undoes it. Must not know the swap of columns.

use std::collections::BTreeSet;

use super::successors;
use crate::change::Retype;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::name::{QName, own};
use crate::op::Op;
use crate::recipe::steps::enforce_constraint;
use crate::recipe::{Context, Draft, Slot};
use crate::schema::{Constraint, ConstraintKind, ForeignKey, Schema};
use crate::sql_type::SqlType;

/// References that change with a table's columns.
#[derive(Default)]
pub(super) struct References {
    /// The table's own.
    pub(super) own: Vec<Reference>,
    /// Those of other tables whose columns stay as they are.
    pub(super) followers: Vec<Reference>,
    /// Those of other tables that rest on the primary key, whoever changes them.
    pub(super) resting: Vec<Reference>,
}

/// One foreign key.
#[derive(Clone)]
pub(super) struct Reference {
    pub(super) child: QName,
    pub(super) name: String,
    pub(super) twin: String,
    /// As it is.
    pub(super) before: Constraint,
    /// Over the successors, before any swap.
    pub(super) after: Constraint,
    /// Of its own columns to the parent's successors: when its own table has been swapped and its
    /// parent has not.
    pub(super) between: Constraint,
}

impl Reference {
    pub(super) fn drop(&self) -> Op {
        Op::DropConstraint { table: self.child.clone(), name: self.name.clone() }
    }

    /// The twin takes its name.
    pub(super) fn takes_name(&self) -> Op {
        let (name, to) = (self.twin.clone(), self.name.clone());
        Op::RenameConstraint { table: self.child.clone(), name, to }
    }

    /// As NOT VALID: what it says of the rows that are there has been validated before, and is again.
    pub(super) fn add(&self, name: &str, constraint: &Constraint) -> Op {
        let constraint = Constraint { validated: false, ..constraint.clone() };
        Op::AddConstraint { table: self.child.clone(), name: name.to_owned(), constraint }
    }

    pub(super) fn validate(&self, name: &str) -> Option<Op> {
        let (table, name) = (self.child.clone(), name.to_owned());
        self.before.validated.then_some(Op::ValidateConstraint { table, name })
    }
}

/// Why the references over these columns, or to them, cannot have twins.
pub(super) fn hindrance(
    schema: &Schema,
    table: &QName,
    columns: &[String],
) -> Option<&'static str> {
    let about = |c: &String| columns.contains(c);
    for (child, definition) in &schema.tables {
        for key in definition.constraints.values().filter_map(|c| c.kind.foreign_key()) {
            let parent = schema.parent_columns(key);
            let over = child == table && key.columns.iter().any(about);
            let to = key.parent == *table && parent.iter().any(about);
            if !over && !to {
                continue;
            }
            if key.actions.contains('(') {
                return Some("a reference says what it does to single columns");
            }
            if to && definition.partitioning.is_some() {
                return Some("a partitioned table refers to the column");
            }
            if to && schema.keys_over(table, &parent).len() > 1 {
                return Some("references point at columns that have two keys");
            }
        }
    }
    None
}

/// The references that a change of types is about.
pub(super) fn references(context: &Context<'_>, retype: &Retype) -> Result<References, Diagnostic> {
    let mut found = References::default();
    let table = &retype.table;
    if in_circle(context, table) {
        return Err(context.unsupported(
            &format!("changing the types of `{table}` and of a table to which it refers and which refers to it, both by keys that change,"),
            "drop one of the two references in a request of its own, change the types, and add it again",
        ));
    }
    for (child, definition) in &context.schema.tables {
        let own = child == table;
        let of_child = if own { Some(retype) } else { context.retype_of(child) };
        for (name, constraint) in &definition.constraints {
            let Some(key) = constraint.kind.foreign_key() else { continue };
            let of_parent =
                if key.parent == *table { Some(retype) } else { context.retype_of(&key.parent) };
            let parent = context.schema.parent_columns(key);
            let over = of_child.is_some_and(|r| key.columns.iter().any(|c| r.has(c)));
            let to = of_parent.is_some_and(|r| parent.iter().any(|c| r.has(c)));
            if !(own && over || key.parent == *table && to) {
                continue;
            }
            let one = one(context, (child, name, constraint), (key, of_child, of_parent))?;
            let key_of_table = context.schema.table(table).and_then(|t| t.primary_key());
            if own {
                found.own.push(one);
            } else {
                let same = |key: &[String]| -> bool {
                    key.iter().collect::<BTreeSet<_>>() == parent.iter().collect()
                };
                if key_of_table.is_some_and(same) {
                    found.resting.push(one.clone());
                }
                if !over {
                    found.followers.push(one);
                }
            }
        }
    }
    Ok(found)
}

fn one(
    context: &Context<'_>,
    (child, name, constraint): (&QName, &str, &Constraint),
    (key, of_child, of_parent): (&ForeignKey, Option<&Retype>, Option<&Retype>),
) -> Result<Reference, Diagnostic> {
    let parent = context.schema.parent_columns(key);
    for (column, parent_column) in key.columns.iter().zip(&parent) {
        let ty = |table: &QName, retype: Option<&Retype>, column: &str| -> Option<SqlType> {
            let wanted = retype.and_then(|r| r.columns.iter().find(|c| c.column == column));
            let now = context.schema.table(table).and_then(|t| t.column(column));
            wanted.map(|c| c.ty.clone()).or(now.map(|c| c.ty.clone()))
        };
        let (of, to) = (ty(child, of_child, column), ty(&key.parent, of_parent, parent_column));
        let (Some(of), Some(to)) = (of, to) else { continue };
        if !may_refer(&of, &to) {
            return Err(context.refuse(
                "reference-type",
                format!(
                    "`{column}` of `{child}` would be {of} and refer to `{parent_column}` of `{}`, which would be {to} (42804)",
                    key.parent
                ),
                "change both columns in the same request, or drop the reference first",
            ));
        }
    }
    let over = |columns, parent_columns| Constraint {
        kind: ConstraintKind::ForeignKey(ForeignKey { columns, parent_columns, ..key.clone() }),
        validated: constraint.validated,
    };
    let to = successors(&parent, of_parent);
    Ok(Reference {
        child: child.clone(),
        name: name.to_owned(),
        twin: own::twin(name),
        before: constraint.clone(),
        after: over(successors(&key.columns, of_child), to.clone()),
        between: over(key.columns.clone(), to),
    })
}

/// Whether `=` of an index's operators compares the two.
fn may_refer(of: &SqlType, to: &SqlType) -> bool {
    const FAMILIES: &[&[&str]] =
        &[&["smallint", "integer", "bigint"], &["text", "character varying"]];
    let (a, b) = (of.base(), to.base());
    a.as_str() == b.as_str()
        || FAMILIES.iter().any(|f| f.contains(&a.as_str()) && f.contains(&b.as_str()))
}

/// Whether a table's swap would have to come before itself: a table is swapped before those at whose
/// changing primary keys its changing columns point.
fn in_circle(context: &Context<'_>, table: &QName) -> bool {
    let mut seen: BTreeSet<QName> = BTreeSet::new();
    let mut open = parents(context, table);
    while let Some(next) = open.pop() {
        if next == *table {
            return true;
        }
        if seen.insert(next.clone()) {
            open.extend(parents(context, &next));
        }
    }
    false
}

/// Other tables that can be swapped only when this one has been.
fn parents(context: &Context<'_>, table: &QName) -> Vec<QName> {
    let Some(of_child) = context.retype_of(table) else { return Vec::new() };
    let own = context.schema.table(table).into_iter().flat_map(|t| t.constraints.values());
    let mut found = Vec::new();
    for key in own.filter_map(|c| c.kind.foreign_key()) {
        let to = context
            .retype_of(&key.parent)
            .is_some_and(|r| context.schema.parent_columns(key).iter().any(|c| r.has(c)));
        if to && key.parent != *table && key.columns.iter().any(|c| of_child.has(c)) {
            found.push(key.parent.clone());
        }
    }
    found
}

impl<'a> Context<'a> {
    /// The change of a table's types that the request asks for.
    pub(in crate::recipe) fn retype_of(&self, table: &QName) -> Option<&'a Retype> {
        let mut retypes = self.asked.iter().filter_map(|asked| asked.what.retype());
        retypes.find(|retype| retype.table == *table)
    }
}

/// The twins, validated beside what they stand for.
pub(super) fn steps(context: &Context<'_>, references: &References) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for one in references.own.iter().chain(&references.followers) {
        let twin = (one.twin.as_str(), &one.after);
        let mut steps = enforce_constraint(context, Slot::Constrain, &one.child, twin);
        if !one.after.validated {
            steps.pop();
        }
        drafts.extend(steps);
    }
    drafts
}

/// References of tables whose columns stay: the twin takes the name, for nothing else has to move.
pub(super) fn replaced(context: &Context<'_>, references: &References) -> Vec<Draft> {
    references
        .followers
        .iter()
        .map(|one| {
            let Reference { child, name, twin, .. } = one;
            let rename_back = Op::RenameConstraint {
                table: child.clone(),
                name: name.clone(),
                to: twin.clone(),
            };
            let mut back = vec![rename_back, one.add(name, &one.before)];
            back.extend(one.validate(name));
            Draft::atomic(
                context,
                Slot::Swap,
                format!("{twin} takes the place and name of {name} on {child}"),
                vec![one.drop(), one.takes_name()],
            )
            .back(context, back)
            .why("both have been enforced beside each other: nothing is unchecked at any moment, and the key that the old one rests on is free to go")
            .done_when(
                "the twin has the name",
                Condition::Constraint { table: child.clone(), name: twin.clone(), validated: None },
            )
        })
        .collect()
}

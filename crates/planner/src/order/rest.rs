//! References on the way back. One that is made again rests on the first index over its columns, by when
//! they were made: on the plan's own, where the older one was made again, too. Then the plan's own can only
//! go when the reference is made once more. Must not know recipes.

use std::collections::BTreeSet;

use crate::name::QName;
use crate::op::Op;
use crate::plan::Statement;
use crate::recipe::Draft;
use crate::schema::{Constraint, Schema};

/// References that are dropped somewhere in the plan, and so made again on the way back.
pub(super) fn dropped(drafts: &[Draft]) -> BTreeSet<(QName, String)> {
    let scripts = drafts.iter().flat_map(|draft| &draft.script);
    let dropped = scripts.filter_map(|statement| {
        let Op::DropConstraint { table, name } = &statement.op else { return None };
        Some((table.clone(), name.clone()))
    });
    dropped.collect()
}

/// The rollback of a script that makes a key over columns which have one, and references to it: these are
/// made again over the older key.
pub(super) fn on_the_older(
    before: &Schema,
    script: &[Statement],
    dropped: &BTreeSet<(QName, String)>,
    rollback: Vec<Statement>,
) -> Vec<Statement> {
    let (mut back, mut validated) = (Vec::new(), Vec::new());
    for statement in rollback {
        let resting = match statement.op.drops() {
            Some((table, key)) => resting(before, script, (table, key), dropped),
            None => Vec::new(),
        };
        if resting.is_empty() {
            back.push(statement);
            continue;
        }
        let of = |(table, name, _): &(QName, String, Constraint)| (table.clone(), name.clone());
        let within = |op| Statement::within(op, "a");
        back.extend(
            resting.iter().map(of).map(|(table, name)| within(Op::DropConstraint { table, name })),
        );
        back.push(within(at_once(statement.op)));
        for one in resting {
            let (table, name) = of(&one);
            if one.2.validated {
                let (table, name) = (table.clone(), name.clone());
                validated.push(Statement::new(Op::ValidateConstraint { table, name }));
            }
            let constraint = Constraint { validated: false, ..one.2 };
            back.push(within(Op::AddConstraint { table, name, constraint }));
        }
    }
    back.into_iter().chain(validated).collect()
}

/// References that would rest on a key of the script's when it goes, though there is another one.
fn resting(
    before: &Schema,
    script: &[Statement],
    (table, key): (&QName, &str),
    dropped: &BTreeSet<(QName, String)>,
) -> Vec<(QName, String, Constraint)> {
    let Some((columns, index)) = script.iter().find_map(|s| made(before, &s.op, (table, key)))
    else {
        return Vec::new();
    };
    let older = before.keys_over(table, &columns);
    if !older.iter().any(|other| other != key && *other != index) {
        return Vec::new();
    }
    let wanted: BTreeSet<&String> = columns.iter().collect();
    let references = before.referencing(table).filter(|(child, name, reference)| {
        let over = before.parent_columns(reference);
        dropped.contains(&((*child).clone(), (*name).to_owned()))
            && over.iter().collect::<BTreeSet<_>>() == wanted
    });
    let whole = |(child, name, _): (&QName, &str, _)| {
        let constraint = before.table(child)?.constraints.get(name)?.clone();
        Some((child.clone(), name.to_owned(), constraint))
    };
    references.filter_map(whole).collect()
}

/// The columns of the key of that name which an operation makes, and the index that it is made of.
fn made(before: &Schema, op: &Op, (table, key): (&QName, &str)) -> Option<(Vec<String>, String)> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these make keys")]
    match op {
        Op::CreateIndex { table: t, name, index, .. } if index.unique => {
            (t == table && name == key).then(|| (index.columns.clone(), name.clone()))
        }
        Op::AddConstraint { table: t, name, constraint } if constraint.kind.has_index() => {
            (t == table && name == key).then(|| (constraint.kind.columns(), name.clone()))
        }
        Op::AddConstraintUsingIndex { table: t, name, index, .. } if t == table && name == key => {
            let columns = before.table(table)?.indexes.get(index)?.columns.clone();
            Some((columns, index.clone()))
        }
        _ => None,
    }
}

/// The same in a transaction.
fn at_once(op: Op) -> Op {
    if let Op::DropIndex { table, name, if_exists, .. } = op {
        Op::DropIndex { table, name, if_exists, concurrently: false }
    } else {
        op
    }
}

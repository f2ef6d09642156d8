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

/// The rollback of a step that makes a key over columns which have one, and references to it: these are
/// made again over the older key.
pub(super) fn on_the_older(
    after: &Schema,
    dropped: &BTreeSet<(QName, String)>,
    rollback: Vec<Statement>,
) -> Vec<Statement> {
    let (mut back, mut validated) = (Vec::new(), Vec::new());
    let within = |op| Statement::within(op, "a");
    for statement in rollback {
        let resting = match statement.op.drops() {
            Some((table, key)) => resting(after, (table, key), dropped),
            None => Vec::new(),
        };
        if resting.is_empty() {
            back.push(statement);
            continue;
        }
        let drop = |(table, name, _): &(QName, String, Constraint)| {
            within(Op::DropConstraint { table: table.clone(), name: name.clone() })
        };
        back.extend(resting.iter().map(drop));
        back.push(within(at_once(statement.op)));
        for (table, name, constraint) in resting {
            if constraint.validated {
                let (table, name) = (table.clone(), name.clone());
                validated.push(Statement::new(Op::ValidateConstraint { table, name }));
            }
            let constraint = Constraint { validated: false, ..constraint };
            back.push(within(Op::AddConstraint { table, name, constraint }));
        }
    }
    back.into_iter().chain(validated).collect()
}

/// References that would rest on a key when it goes, though there is another one.
fn resting(
    after: &Schema,
    (table, key): (&QName, &str),
    dropped: &BTreeSet<(QName, String)>,
) -> Vec<(QName, String, Constraint)> {
    let references = after.referencing(table).filter(|(child, name, reference)| {
        let keys = after.keys_over(table, &after.parent_columns(reference));
        let is_one_of_two = keys.len() > 1 && keys.iter().any(|other| other == key);
        is_one_of_two && dropped.contains(&((*child).clone(), (*name).to_owned()))
    });
    let whole = |(child, name, _): (&QName, &str, _)| {
        let constraint = after.table(child)?.constraints.get(name)?.clone();
        Some((child.clone(), name.to_owned(), constraint))
    };
    references.filter_map(whole).collect()
}

/// The same in a transaction.
fn at_once(op: Op) -> Op {
    if let Op::DropIndex { table, name, if_exists, .. } = op {
        Op::DropIndex { table, name, if_exists, concurrently: false }
    } else {
        op
    }
}

//! CHECK constraints that the request gives another meaning under their names, over columns that a step
//! gives other types: the old one does not hold for the new type, nor the new one for the old. They
//! change places in the step's own transaction; what comes later validates. Must not know recipes.

use crate::name::QName;
use crate::op::Op;
use crate::plan::Statement;
use crate::schema::{Constraint, ConstraintKind, Schema};

/// A CHECK before the step, and as the request wants it.
pub(super) struct Replaced {
    table: QName,
    name: String,
    before: Constraint,
    after: Constraint,
}

/// The CHECKs that change with the types that a script changes.
pub(super) fn replaced(wanted: &Schema, now: &Schema, script: &[Statement]) -> Vec<Replaced> {
    let mut found: Vec<Replaced> = Vec::new();
    for statement in script {
        let Op::AlterType { table, column, .. } = &statement.op else { continue };
        let (Some(today), Some(then)) = (now.table(table), wanted.table(table)) else { continue };
        for (name, before) in &today.constraints {
            let reads = matches!(before.kind, ConstraintKind::Check(_))
                && before.kind.columns().contains(column);
            let after = then.constraints.get(name).filter(|after| after.kind != before.kind);
            let known = |one: &Replaced| one.table == *table && one.name == *name;
            if let Some(after) = after
                && reads
                && !now.inherits_constraint(table, name)
                && !found.iter().any(known)
            {
                let after = Constraint { validated: false, ..after.clone() };
                let (table, name) = (table.clone(), name.clone());
                found.push(Replaced { table, name, before: before.clone(), after });
            }
        }
    }
    found
}

/// The script with the new ones in the place of the old.
pub(super) fn forth(replaced: &[Replaced], script: Vec<Statement>) -> Vec<Statement> {
    around(replaced.iter().map(|one| (one, &one.after)), script)
}

/// The rollback with the old ones in the place of the new.
pub(super) fn back(replaced: &[Replaced], script: Vec<Statement>) -> Vec<Statement> {
    around(replaced.iter().map(|one| (one, &one.before)), script)
}

fn around<'a>(
    replaced: impl Iterator<Item = (&'a Replaced, &'a Constraint)>,
    mut script: Vec<Statement>,
) -> Vec<Statement> {
    for (Replaced { table, name, .. }, wanted) in replaced {
        let drop = Op::DropConstraint { table: table.clone(), name: name.clone() };
        let add = Op::AddConstraint {
            table: table.clone(),
            name: name.clone(),
            constraint: wanted.clone(),
        };
        // It may have been taken down for the change of type already.
        let is_put_up = |op: &Op| matches!(op, Op::AddConstraint { table: t, name: n, .. } if t == table && n == name);
        if script.iter().any(|statement| statement.op == drop) {
            for statement in script.iter_mut().filter(|statement| is_put_up(&statement.op)) {
                *statement = Statement::within(add.clone(), "a");
            }
            continue;
        }
        let within = |op| Statement::within(op, "a");
        let inside = script.into_iter().map(|statement| within(statement.op));
        script = [within(drop)].into_iter().chain(inside).chain([within(add)]).collect();
    }
    script
}

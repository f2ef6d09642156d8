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
    replaced.iter().fold(script, |script, one| one.around(script, &one.after))
}

/// The rollback with the old ones in the place of the new.
pub(super) fn back(replaced: &[Replaced], script: Vec<Statement>) -> Vec<Statement> {
    replaced.iter().fold(script, |script, one| one.around(script, &one.before))
}

impl Replaced {
    /// The script with this CHECK of the table's taken down before it, and that one put up after it.
    fn around(&self, mut script: Vec<Statement>, that: &Constraint) -> Vec<Statement> {
        let (table, name) = (self.table.clone(), self.name.clone());
        let drop = Op::DropConstraint { table: table.clone(), name: name.clone() };
        let add = Op::AddConstraint { table, name, constraint: that.clone() };
        let within = |op| Statement::within(op, "a");
        if script.iter().any(|statement| statement.op == drop) {
            // It has been taken down for the change of type already.
            for statement in script.iter_mut().filter(|statement| self.is_put_up(&statement.op)) {
                *statement = within(add.clone());
            }
            return script;
        }
        let inside = script.into_iter().map(|statement| within(statement.op));
        [within(drop)].into_iter().chain(inside).chain([within(add)]).collect()
    }

    fn is_put_up(&self, op: &Op) -> bool {
        matches!(op, Op::AddConstraint { table, name, .. } if *table == self.table && *name == self.name)
    }
}

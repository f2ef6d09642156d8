//! What hangs on a column and has to hang on its successor. Must not know the swap.

use super::Names;
use crate::condition::Condition;
use crate::name::{QName, clip};
use crate::op::Op;
use crate::recipe::steps::{build_index, enforce_constraint, enforce_not_null_twin};
use crate::recipe::{Context, Draft, Slot};
use crate::schema::{Column, Constraint, ConstraintKind, Index, Table};

/// What hangs on the column and has to hang on its successor: index and constraint twins, each
/// under a name of its own until the swap.
pub(super) struct Twins {
    /// (name, twin's name, twin) of plain indexes.
    pub(super) indexes: Vec<(String, String, Index)>,
    /// The same for unique constraints; their index is built first.
    pub(super) uniques: Vec<(String, String, Index)>,
    /// The same for CHECK and FOREIGN KEY constraints.
    pub(super) constraints: Vec<(String, String, Constraint)>,
}

pub(super) fn twins(table: &Table, from: &str, to: &str) -> Twins {
    let twin = |name: &str| clip(&format!("{name}_concertina"));
    let mut twins = Twins { indexes: Vec::new(), uniques: Vec::new(), constraints: Vec::new() };
    for (name, index) in &table.indexes {
        if let Some(renamed) = index.renamed(from, to) {
            twins.indexes.push((name.clone(), twin(name), renamed));
        }
    }
    for (name, constraint) in &table.constraints {
        if !constraint.kind.columns().iter().any(|c| c == from) {
            continue;
        }
        let swap = |columns: &[String]| -> Vec<String> {
            columns.iter().map(|c| if c == from { to.to_owned() } else { c.clone() }).collect()
        };
        let kind = match &constraint.kind {
            ConstraintKind::Unique(columns) => {
                twins.uniques.push((name.clone(), twin(name), Index::unique_on(&swap(columns))));
                continue;
            }
            ConstraintKind::Check(expr) => ConstraintKind::Check(expr.rename_column(from, to)),
            ConstraintKind::ForeignKey(key) => {
                ConstraintKind::ForeignKey(crate::schema::ForeignKey {
                    columns: swap(&key.columns),
                    ..key.clone()
                })
            }
            ConstraintKind::PrimaryKey(_)
            | ConstraintKind::NotNull(_)
            | ConstraintKind::Other(..) => {
                continue;
            }
        };
        let copy = Constraint { kind, validated: constraint.validated };
        twins.constraints.push((name.clone(), twin(name), copy));
    }
    twins
}

pub(super) fn twin_steps(
    context: &Context<'_>,
    table: &QName,
    column: &Column,
    (names, twins): (&Names, &Twins),
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if column.not_null {
        let twin = (names.new.as_str(), column.name.as_str());
        drafts.extend(enforce_not_null_twin(context, Slot::Constrain, table, twin));
    }
    for (_, twin, index) in twins.indexes.iter().chain(&twins.uniques) {
        drafts.push(build_index(context, Slot::Constrain, table, (twin, index)));
    }
    for (_, twin, _) in &twins.uniques {
        drafts.push(
            Draft::ddl(
                context,
                Slot::Constrain,
                format!("make the index {twin} a unique constraint of {table}"),
                vec![Op::AddConstraintUsingIndex {
                    table: table.clone(),
                    name: twin.clone(),
                    index: twin.clone(),
                    primary: false,
                    deferral: String::new(),
                }],
            )
            .back(context, vec![Op::DropConstraint { table: table.clone(), name: twin.clone() }])
            .why("it takes the old constraint's name at the swap")
            .done_when(
                "the constraint is there",
                Condition::Constraint {
                    table: table.clone(),
                    name: twin.clone(),
                    validated: Some(true),
                },
            ),
        );
    }
    for (_, twin, constraint) in &twins.constraints {
        let mut steps = enforce_constraint(context, Slot::Constrain, table, (twin, constraint));
        if !constraint.validated {
            steps.pop();
        }
        drafts.extend(steps);
    }
    drafts
}

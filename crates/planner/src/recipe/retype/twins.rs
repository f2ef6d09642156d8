//! What hangs on columns and has to hang on their successors. Must not know the swap.

use super::{Shadow, Shadows};
use crate::change::What;
use crate::condition::Condition;
use crate::name::{QName, own};
use crate::op::Op;
use crate::recipe::steps::{build_index, enforce_constraint, enforce_not_null_twin};
use crate::recipe::{Context, Draft, Slot};
use crate::schema::{Constraint, ConstraintKind, Index};

/// What hangs on the columns and has to hang on their successors: index and constraint twins, each
/// under a name of its own until the swap.
pub(super) struct Twins {
    /// (name, twin's name, twin) of plain indexes.
    pub(super) indexes: Vec<(String, String, Index)>,
    /// The same for unique constraints; their index is built first.
    pub(super) uniques: Vec<(String, String, Index)>,
    /// The same for the primary key.
    pub(super) key: Option<(String, String, Index)>,
    /// The same for CHECK constraints.
    pub(super) checks: Vec<(String, String, Constraint)>,
}

impl Twins {
    /// What an upsert may meet while two unique indexes hold the same values.
    pub(super) fn upserts(&self, table: &QName) -> Option<String> {
        let (_, twin, _) = self.key.iter().chain(&self.uniques).next()?;
        Some(format!(
            "the app tries an upsert of {table} again that fails with 23505 on {twin}: while old and new values are both unique, two sessions that upsert the same new key at the same moment may meet on the index that ON CONFLICT does not name"
        ))
    }
}

impl<'a> Context<'a> {
    /// The index that is to take another one's place, where both are over columns that change their
    /// types: it is built once, over the successors.
    pub(in crate::recipe) fn index_for_successors(
        &self,
        table: &QName,
        name: &str,
    ) -> Option<&'a Index> {
        let retype = self.retype_of(table)?;
        let over = |index: &Index| index.columns.iter().any(|c| retype.has(c));
        let old = self.source.table(table)?.indexes.get(name)?;
        let new = self.asked.iter().find_map(|asked| {
            let What::Replace { create, .. } = &asked.what else { return None };
            let Op::CreateIndex { table: t, name: n, index, .. } = &**create else { return None };
            (t == table && n == name).then_some(index)
        })?;
        (over(old) && over(new)).then_some(new)
    }
}

pub(super) fn twins(context: &Context<'_>, table: &QName, columns: &[Shadow]) -> Twins {
    let is_old = |c: &String| columns.iter().any(|s| s.before.name == *c);
    let mut twins =
        Twins { indexes: Vec::new(), uniques: Vec::new(), key: None, checks: Vec::new() };
    let names = context.source.table(table).into_iter().flat_map(|t| t.indexes.keys());
    let replaced = names.filter_map(|n| Some((n, context.index_for_successors(table, n)?)));
    let Some(table) = context.schema.table(table) else { return twins };
    for (name, index) in table.indexes.iter().chain(replaced) {
        if index.columns.iter().any(is_old) {
            let twin = columns.iter().fold(index.clone(), |index, s| {
                index.renamed(&s.before.name, &s.new).unwrap_or(index)
            });
            twins.indexes.push((name.clone(), own::twin(name), twin));
        }
    }
    for (name, constraint) in &table.constraints {
        if !constraint.kind.columns().iter().any(is_old) {
            continue;
        }
        let index = |key: &[String]| {
            (name.clone(), own::twin(name), Index::unique_on(&renamed(key, columns)))
        };
        match &constraint.kind {
            ConstraintKind::Unique(key) => twins.uniques.push(index(key)),
            ConstraintKind::PrimaryKey(key) => twins.key = Some(index(key)),
            ConstraintKind::Check(expr) => {
                let expr = columns
                    .iter()
                    .fold(expr.clone(), |e, s| e.rename_column(&s.before.name, &s.new));
                let kind = ConstraintKind::Check(expr);
                let twin = Constraint { kind, validated: constraint.validated };
                twins.checks.push((name.clone(), own::twin(name), twin));
            }
            // References have a file of their own, and the others were a hindrance.
            ConstraintKind::ForeignKey(_)
            | ConstraintKind::NotNull(_)
            | ConstraintKind::Other(..) => {}
        }
    }
    twins
}

fn renamed(key: &[String], columns: &[Shadow]) -> Vec<String> {
    let successor = |c: &String| columns.iter().find(|s| s.before.name == *c).map(|s| &s.new);
    key.iter().map(|c| successor(c).unwrap_or(c).clone()).collect()
}

pub(super) fn steps(context: &Context<'_>, shadows: &Shadows<'_>) -> Vec<Draft> {
    let Shadows { table, columns, twins, .. } = shadows;
    let mut drafts = Vec::new();
    for shadow in columns.iter().filter(|s| s.before.not_null) {
        let twin = (shadow.new.as_str(), shadow.before.name.as_str());
        drafts.extend(enforce_not_null_twin(context, Slot::Constrain, table, twin));
    }
    for (_, twin, index) in twins.indexes.iter().chain(&twins.uniques).chain(&twins.key) {
        drafts.push(build_index(context, Slot::Constrain, table, (twin, index)));
    }
    drafts.extend(twins.uniques.iter().map(|(_, twin, _)| unique(context, table, twin)));
    for (_, twin, constraint) in &twins.checks {
        let mut steps = enforce_constraint(context, Slot::Constrain, table, (twin, constraint));
        if !constraint.validated {
            steps.pop();
        }
        drafts.extend(steps);
    }
    drafts
}

fn unique(context: &Context<'_>, table: &QName, twin: &str) -> Draft {
    Draft::ddl(
        context,
        Slot::Constrain,
        format!("make the index {twin} a unique constraint of {table}"),
        vec![Op::AddConstraintUsingIndex {
            table: table.clone(),
            name: twin.to_owned(),
            index: twin.to_owned(),
            primary: false,
            deferral: String::new(),
        }],
    )
    .back(context, vec![Op::DropConstraint { table: table.clone(), name: twin.to_owned() }])
    .why("it takes the old constraint's name at the swap")
    .done_when(
        "the constraint is there",
        Condition::Constraint {
            table: table.clone(),
            name: twin.to_owned(),
            validated: Some(true),
        },
    )
}

//! Which tables and objects a change is about: those asked for, those that its steps touch, those that a
//! dropped one is tied to. Must not judge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::change::{Asked, What};
use crate::name::QName;
use crate::op::Op;
use crate::plan::Phase;
use crate::recipe::{Recipe, neighbours};
use crate::schema::{ConstraintKind, Object, ObjectId, ObjectKind, Schema, Subject, Table};

use super::naive_ops;

/// Tables that the change is about, and parents of the keys it adds.
pub(super) fn touched(asked: &[Asked], source: &Schema, recipes: &[Recipe]) -> Vec<QName> {
    let mut names = BTreeSet::new();
    let values =
        recipes.iter().flat_map(|r| &r.conversions).flat_map(|c| c.up.iter().chain(&c.down));
    names.extend(values.flat_map(|(_, value)| value.lookups()).map(|lookup| lookup.table.clone()));
    // A type that is made again: every row of its columns is written anew.
    let scripts = recipes.iter().flat_map(|r| &r.drafts).flat_map(|draft| &draft.script);
    let rewritten = scripts.filter_map(|statement| {
        let Op::AlterType { table, .. } = &statement.op else { return None };
        Some(table)
    });
    names.extend(rewritten.filter(|table| source.tables.contains_key(*table)).cloned());
    for asked in asked {
        if let What::Retype(retype) = &asked.what {
            names.extend(neighbours(retype, source));
        }
        for op in naive_ops(&asked.what, source) {
            let is_there =
                |r: &&QName| source.tables.contains_key(r) || source.views.contains_key(r);
            names.extend(op.relation().filter(is_there).cloned());
            names.extend(relative(&op).filter(|r| source.tables.contains_key(*r)).cloned());
            if let Op::RenameLabel { ty, .. } = &op {
                let holds = |(_, table): &(&QName, &Arc<Table>)| table.has_type(&ty.to_string());
                names.extend(source.tables.iter().filter(holds).map(|(name, _)| name.clone()));
            }
            if let Op::CreateTable { table, definition } = &op {
                names.insert(table.clone());
                names.extend(
                    definition.constraints.values().filter_map(|c| c.kind.parent()).cloned(),
                );
            }
            if let Op::AddConstraint { constraint, .. } = &op
                && let ConstraintKind::ForeignKey(key) = &constraint.kind
            {
                names.insert(key.parent.clone());
            }
        }
    }
    names.into_iter().collect()
}

/// The same with what the steps themselves touch: a view that makes way, a constraint that is made again.
pub(super) fn in_steps(phases: &[Phase], source: &Schema, touched: &[QName]) -> Vec<QName> {
    let steps = phases.iter().flat_map(|phase| &phase.steps);
    let ops = steps.flat_map(|step| step.script.iter().chain(&step.rollback.script));
    let named = ops.filter_map(|statement| statement.op.relation());
    let is_there = |r: &&QName| source.tables.contains_key(r) || source.views.contains_key(r);
    let all: BTreeSet<QName> = named.filter(is_there).chain(touched).cloned().collect();
    all.into_iter().collect()
}

/// The touched tables, and those that a dropped one's keys tie it to: while the keys are there, what
/// the app does with one end depends on the other.
pub(super) fn with_relatives(touched: &[QName], asked: &[Asked], source: &Schema) -> Vec<QName> {
    let mut names: BTreeSet<QName> = touched.iter().cloned().collect();
    for op in asked.iter().flat_map(|asked| naive_ops(&asked.what, source)) {
        let Op::DropTable { table } = &op else { continue };
        names.extend(source.referencing(table).map(|(child, _, _)| child.clone()));
        let own = source.table(table).into_iter().flat_map(|t| t.constraints.values());
        let parents = own.filter_map(|c| c.kind.parent());
        names.extend(parents.filter(|p| source.tables.contains_key(p)).cloned());
    }
    names.into_iter().collect()
}

/// The other table of an operation on a family.
fn relative(op: &Op) -> impl Iterator<Item = &QName> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are about one table")]
    let other = match op {
        Op::AttachPartition { child, .. } | Op::DetachPartition { child, .. } => Some(child),
        Op::InsertSelect { from, .. } => Some(from),
        Op::AttachIndex { parent, .. }
        | Op::Inherit { parent, .. }
        | Op::NoInherit { parent, .. } => Some(parent),
        _ => None,
    };
    other.into_iter()
}

/// The schema with the objects of the source that the steps name, that hang on what it holds, and those
/// that these belong to: what a rollback has to leave as it was.
pub(super) fn with_objects(cut: Schema, source: &Schema, phases: &[Phase]) -> Schema {
    let steps = phases.iter().flat_map(|phase| &phase.steps);
    let ops = steps.flat_map(|step| step.script.iter().chain(&step.rollback.script));
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are about no object")]
    let named: BTreeSet<ObjectId> = ops
        .filter_map(|statement| match &statement.op {
            Op::Object { id, .. } => Some(id.clone()),
            Op::RenameLabel { ty, .. } => Some(ObjectId::new(ObjectKind::Enum, ty.to_string())),
            _ => None,
        })
        .collect();
    let hangs_here = |object: &Object| {
        let relation = object.of.as_ref().and_then(Subject::relation);
        relation.is_some_and(|r| cut.tables.contains_key(r) || cut.views.contains_key(r))
    };
    let mut kept: BTreeMap<ObjectId, Object> = BTreeMap::new();
    loop {
        let is_kept = |of: &Subject| matches!(of, Subject::Object(id) if kept.contains_key(id));
        let owns = |id: &ObjectId| {
            kept.values().any(|o| matches!(&o.of, Some(Subject::Object(of)) if of == id))
        };
        let more: Vec<(ObjectId, Object)> = source
            .objects
            .iter()
            .filter(|(id, object)| {
                !kept.contains_key(id)
                    && (named.contains(id)
                        // It gives something to all that the steps make.
                        || id.kind == ObjectKind::DefaultPrivilege
                        || hangs_here(object)
                        || object.of.as_ref().is_some_and(is_kept)
                        || owns(id))
            })
            .map(|(id, object)| (id.clone(), object.clone()))
            .collect();
        if more.is_empty() {
            break;
        }
        kept.extend(more);
    }
    let mut cut = Schema { objects: Arc::new(kept), ..cut };
    // What belongs to what is left out is left out.
    cut.sweep();
    cut
}

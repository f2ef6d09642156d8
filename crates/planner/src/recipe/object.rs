//! Objects that are neither tables, indexes nor views: what is new comes before the app moves, what
//! goes or changes after it; each with the change backwards as its rollback.

use crate::diagnostic::Diagnostic;
use crate::op::object::{NoWay, change};
use crate::plan::{Statement, StepKind};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Object, ObjectId, ObjectKind};

pub(super) fn plan(
    context: &Context<'_>,
    id: &ObjectId,
    after: Option<&Object>,
) -> Result<Recipe, Diagnostic> {
    let before = context.schema.objects.get(id);
    let ops = change(id, before, after).map_err(|NoWay(why)| {
        context.refuse(
            "not-supported",
            why,
            "make a new one under another name, move its users over, and drop the old one afterwards",
        )
    })?;
    let mut recipe = Recipe::default();
    if ops.is_empty() {
        return Ok(recipe);
    }
    hazards(context, id, (before, after), &mut recipe);
    let operation = format!("{} {} {}", verb(before, after), id.kind.noun(), shown(id));
    let slot = slot(id.kind, before, after);
    let draft = if id.kind == ObjectKind::Unknown {
        let script = ops.into_iter().map(Statement::new).collect();
        let mut draft = Draft::new(slot, StepKind::Ddl, format!("not analysed: {}", shown(id)), script)
            .irreversible("unknown: Concertina does not analyse this statement")
            .why("carried as it stands: read it, and write its rollback, before running it");
        draft.destructive = true;
        draft
    } else {
        let draft = if ops.len() > 1 {
            Draft::atomic(context, slot, operation, ops)
        } else {
            Draft::ddl(context, slot, operation, ops)
        };
        let draft = draft.why(why(id.kind, before, after));
        match change(id, after, before) {
            Ok(back) if back.len() > 1 => draft.back_atomic(context, back),
            Ok(back) => draft.back(context, back),
            Err(NoWay(why)) => draft.irreversible(&format!("nothing; but {why}")),
        }
    };
    recipe.drafts.push(draft);
    Ok(recipe)
}

fn shown(id: &ObjectId) -> String {
    let line = id.name.lines().next().unwrap_or_default();
    let mut cut: String = line.chars().take(80).collect();
    if cut.len() < id.name.len() {
        cut += " …";
    }
    cut
}

fn verb(before: Option<&Object>, after: Option<&Object>) -> &'static str {
    match (before, after) {
        (None, _) => "create",
        (Some(_), Some(_)) => "change",
        (Some(_), None) => "drop",
    }
}

/// When a change of an object may run.
fn slot(kind: ObjectKind, before: Option<&Object>, after: Option<&Object>) -> Slot {
    if kind == ObjectKind::Unknown {
        return Slot::Unknown;
    }
    let restricts = matches!(kind, ObjectKind::Property | ObjectKind::Owner | ObjectKind::Rule);
    match (before, after) {
        (None, _) if restricts => Slot::Tighten,
        // New labels are additions, like everything new.
        (None, _) => Slot::Expand,
        (Some(_), Some(_)) if matches!(kind, ObjectKind::Enum | ObjectKind::Domain) => Slot::Expand,
        (Some(_), Some(_)) => Slot::Tighten,
        (Some(_), None) if kind.is_early() => Slot::Drop,
        (Some(_), None) => Slot::Swap,
    }
}

fn why(kind: ObjectKind, before: Option<&Object>, after: Option<&Object>) -> &'static str {
    match (before, after) {
        (None, _) if kind.is_early() => "nobody uses it yet",
        (None, _) => "only the catalogue changes",
        (Some(_), Some(_)) => "the old release is gone: what it counted on may change",
        (Some(_), None) => "no running release needs it any more",
    }
}

fn hazards(
    context: &Context<'_>,
    id: &ObjectId,
    (before, after): (Option<&Object>, Option<&Object>),
    recipe: &mut Recipe,
) {
    let name = shown(id);
    match (id.kind, before, after) {
        (ObjectKind::Trigger | ObjectKind::Rule, None, _) => recipe.hazards.push(context.hazard(
            "changes-writes",
            format!("from the moment of its creation `{name}` acts on what the running release writes, too"),
            "make sure that the running release's writes are fine with it",
        )),
        (ObjectKind::Routine, Some(_), Some(_)) => recipe.hazards.push(context.hazard(
            "changes-behaviour",
            format!("whoever calls `{name}` gets the new body from one moment to the next"),
            "make the new body serve both releases",
        )),
        (ObjectKind::Enum, Some(_), Some(_)) => recipe.hazards.push(context.hazard(
            "enum-label-stays",
            format!("a label added to `{name}` cannot be taken away again: PostgreSQL has no statement for it"),
            "add it only when it is sure; the running release must be able to read it",
        )),
        _ => {}
    }
}

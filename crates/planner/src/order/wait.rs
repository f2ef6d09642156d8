//! A step that the schema would refuse where its slot puts it waits until another one has made what
//! it needs or taken away what is in its way; what comes after it for the same change waits with it.
//! Must not know recipes.

use super::{rebuild, users};
use crate::name::QName;
use crate::op::Op;
use crate::recipe::Draft;
use crate::schema::{ObjectId, ObjectKind, Schema, Subject};

/// The drafts in an order in which each applies, as near to the given one as can be. Drafts that
/// never apply come last: the server, and the proof, will say why.
pub(super) fn for_each_other(mut schema: Schema, drafts: Vec<Draft>) -> Vec<Draft> {
    let mut ordered = Vec::new();
    let mut waiting: Vec<Draft> = Vec::new();
    let mut drafts = drafts.into_iter().peekable();
    while let Some(draft) = drafts.next() {
        let behind = draft.change.is_some() && waiting.iter().any(|w| w.change == draft.change);
        if behind || !applies(&mut schema, &draft) {
            waiting.push(draft);
            continue;
        }
        // A change is not left half done for another: an index is about to become a constraint.
        let goes_on =
            draft.change.is_some() && drafts.peek().is_some_and(|next| next.change == draft.change);
        ordered.push(draft);
        if goes_on {
            continue;
        }
        while let Some(at) = ready(&mut schema, &waiting) {
            ordered.push(waiting.remove(at));
        }
    }
    ordered.extend(waiting);
    ordered
}

/// The first waiting draft that is not behind another of its change and applies now, applied.
fn ready(schema: &mut Schema, waiting: &[Draft]) -> Option<usize> {
    (0..waiting.len()).find(|at| {
        let (before, rest) = waiting.split_at(*at);
        rest.first().is_some_and(|draft| {
            let first = before.iter().all(|w| w.change.is_none() || w.change != draft.change);
            first && applies(schema, draft)
        })
    })
}

/// Applies a draft, or leaves the schema as it is where it refuses one of the statements.
fn applies(schema: &mut Schema, draft: &Draft) -> bool {
    let script = rebuild::around(schema, &draft.script);
    if let [only] = script.as_slice() {
        let waits = is_needed(schema, &only.op) || lacks(schema, &only.op);
        return !waits && schema.apply(&only.op).is_ok();
    }
    let mut next = schema.clone();
    let mut refused = |op: &Op| is_needed(&next, op) || lacks(&next, op) || next.apply(op).is_err();
    if script.iter().any(|statement| refused(&statement.op)) {
        return false;
    }
    *schema = next;
    true
}

/// Whether an operation says something of what is not there yet.
fn lacks(schema: &Schema, op: &Op) -> bool {
    let Op::Object { id, becomes: Some(object), .. } = op else { return false };
    // A sequence may be made for a column to come; what is not understood runs as it was written.
    let waits = !matches!(id.kind, ObjectKind::Sequence | ObjectKind::Unknown);
    waits && object.of.as_ref().is_some_and(|of| !schema.has(of))
}

/// Whether an operation takes away what something else is still made of.
fn is_needed(schema: &Schema, op: &Op) -> bool {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others take nothing away, or a part")]
    match op {
        Op::Object { id, becomes: None, .. } => match id.kind {
            ObjectKind::Routine | ObjectKind::Aggregate => is_called(schema, id),
            ObjectKind::Schema => holds_something(schema, &id.name),
            ObjectKind::Foreign => {
                let name = id.name.rsplit(' ').next().unwrap_or_default();
                let mut others = schema.objects.iter().filter(|(other, _)| {
                    matches!(other.kind, ObjectKind::Foreign | ObjectKind::ForeignTable)
                });
                others.any(|(other, object)| other != id && object.mentions(name.trim_matches('"')))
            }
            _ => false,
        },
        Op::DropView { view, .. } => {
            schema.views_over(view, None).next().is_some()
                || is_row_type(schema, view)
                || is_read_by_policy(schema, view)
        }
        Op::DropTable { table } => is_row_type(schema, table),
        _ => false,
    }
}

/// Whether something calls a routine, which no other routine of its name answers for.
fn is_called(schema: &Schema, id: &ObjectId) -> bool {
    let name = users::routine_name(id);
    let twin = schema.objects.keys().any(|other| other != id && users::routine_name(other) == name);
    !twin && !users::of_routines(schema, std::slice::from_ref(id)).is_empty()
}

/// Whether a routine takes or gives rows of a relation.
fn is_row_type(schema: &Schema, relation: &QName) -> bool {
    let routines = schema.objects.iter().filter(|(id, _)| id.kind == ObjectKind::Routine);
    routines.into_iter().any(|(id, object)| {
        let head = object.part("HEAD").unwrap_or_default();
        let arguments = id.name.split_once('(').map_or("", |(_, arguments)| arguments);
        users::names(head, relation) || users::names(arguments, relation)
    })
}

/// Whether a policy or rule of another relation reads a view.
fn is_read_by_policy(schema: &Schema, view: &QName) -> bool {
    schema.objects.iter().any(|(id, object)| {
        let elsewhere = object.of.as_ref().and_then(Subject::relation) != Some(view);
        matches!(id.kind, ObjectKind::Policy | ObjectKind::Rule)
            && elsewhere
            && object.make.iter().any(|sql| users::names(sql, view))
    })
}

/// Whether anything is in a schema.
fn holds_something(schema: &Schema, name: &str) -> bool {
    let bare = name.trim_matches('"');
    let prefix = format!("{name}.");
    schema.tables.keys().chain(schema.views.keys()).any(|relation| relation.schema == bare)
        || schema.objects.keys().any(|id| id.kind.is_early() && id.name.starts_with(&prefix))
}

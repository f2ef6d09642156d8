//! A step that the schema would refuse where its slot puts it waits until another one has made what
//! it needs or taken away what is in its way; what comes after it for the same change waits with it.
//! Must not know recipes.

use super::rebuild;
use crate::recipe::Draft;
use crate::schema::Schema;

/// The drafts in an order in which each applies, as near to the given one as can be. Drafts that
/// never apply come last: the server, and the proof, will say why.
pub(super) fn for_each_other(mut schema: Schema, drafts: Vec<Draft>) -> Vec<Draft> {
    let mut ordered = Vec::new();
    let mut waiting: Vec<Draft> = Vec::new();
    for draft in drafts {
        let behind = draft.change.is_some() && waiting.iter().any(|w| w.change == draft.change);
        if behind || !applies(&mut schema, &draft) {
            waiting.push(draft);
            continue;
        }
        ordered.push(draft);
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
    let script = rebuild::around(schema, draft.script.clone());
    if let [only] = script.as_slice() {
        return schema.apply(&only.op).is_ok();
    }
    let mut next = schema.clone();
    if script.iter().any(|statement| next.apply(&statement.op).is_err()) {
        return false;
    }
    *schema = next;
    true
}

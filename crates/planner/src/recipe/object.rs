//! Objects that are neither tables, indexes nor views: what is new comes before the app moves, what
//! goes or changes after it; each with the change backwards as its rollback.

use crate::diagnostic::Diagnostic;
use crate::name::QName;
use crate::op::Op;
use crate::op::object::{NoWay, change, said_of};
use crate::plan::{Statement, StepKind};
use crate::recipe::{Context, Draft, Recipe, Slot, enums};
use crate::schema::{Object, ObjectId, ObjectKind};

pub(super) fn plan(
    context: &Context<'_>,
    id: &ObjectId,
    after: Option<&Object>,
) -> Result<Recipe, Diagnostic> {
    let before = context.schema.objects.get(id).or_else(|| moved_on(context, id));
    let ops = match (change(id, before, after), before, after) {
        (Ok(ops), ..) => ops,
        (Err(_), Some(before), Some(after)) if id.kind == ObjectKind::Enum => {
            return enums::plan(context, id, (before, after));
        }
        (Err(NoWay(why)), ..) => {
            return Err(context.refuse(
                "not-supported",
                why,
                "make a new one under another name, move its users over, and drop the old one afterwards",
            ));
        }
    };
    let mut recipe = Recipe::default();
    if ops.is_empty() {
        return Ok(recipe);
    }
    let ops = unchecked(id, after, ops);
    let ops = match (before, after) {
        (Some(before), Some(_)) => with_attached(context, id, Some(before), ops),
        (Some(_), None) | (None, _) => ops,
    };
    hazards(context, id, (before, after), &mut recipe);
    let operation = format!("{} {} {}", verb(before, after), id.kind.noun(), shown(id));
    // Around the views that it names and that change after the app has moved.
    let slot = if names_a_changing_view(context, id, (before, after)) {
        Slot::Tighten
    } else {
        slot(id.kind, before, after)
    };
    recipe.drafts.push(if id.kind == ObjectKind::Unknown {
        let script = ops.into_iter().map(Statement::new).collect();
        let mut draft =
            Draft::new(slot, StepKind::Ddl, format!("not analysed: {}", shown(id)), script)
                .irreversible("unknown: Concertina does not analyse this statement")
                .why("carried as it stands: read it, and write its rollback, before running it");
        draft.destructive = true;
        draft
    } else if ops.len() > 1 {
        with_way_back(context, id, (before, after), Draft::atomic(context, slot, operation, ops))
    } else {
        with_way_back(context, id, (before, after), Draft::ddl(context, slot, operation, ops))
    });
    Ok(recipe)
}

/// The step with its reason and its rollback.
fn with_way_back(
    context: &Context<'_>,
    id: &ObjectId,
    (before, after): (Option<&Object>, Option<&Object>),
    draft: Draft,
) -> Draft {
    let draft = draft.why(why(id.kind, before, after));
    if id.is_role() {
        return Draft { slot: Slot::Prepare, ..draft }
            .back(context, Vec::new())
            .loses("nothing; the role stays: it is the whole server's, and may be used elsewhere");
    }
    if goes_with_what_is_new(context, id, (before, after)) {
        return draft
            .back(context, Vec::new())
            .loses("nothing; it goes with what it is said of, which this plan makes");
    }
    let back = change(id, after, before).map(|back| match before {
        Some(_) => with_attached(context, id, after, back),
        None => back,
    });
    match back.map(|back| unchecked(id, before, back)) {
        Ok(back) if back.len() > 1 => draft.back_atomic(context, back),
        Ok(back) => draft.back(context, back),
        Err(NoWay(why)) => match before.and_then(|b| enums::rebuild(context.schema, id, b)) {
            Some(back) if id.kind == ObjectKind::Enum => draft
                .back_atomic(context, back)
                .loses("nothing; but rows that hold a new label stop it, and every row of the type's columns is written anew"),
            Some(_) | None => draft.irreversible(&format!("nothing; but {why}")),
        },
    }
}

/// Whether an owner or setting is of something that this plan makes: alone it could not always be taken
/// back, and need not.
fn goes_with_what_is_new(
    context: &Context<'_>,
    id: &ObjectId,
    (before, after): (Option<&Object>, Option<&Object>),
) -> bool {
    let of = after.and_then(|object| object.of.as_ref());
    before.is_none()
        && matches!(id.kind, ObjectKind::Owner | ObjectKind::Property)
        && of.is_some_and(|of| !context.source.has(of))
}

/// The owner of a sequence that changes hands: its old one may be gone by the time it has a new one.
fn moved_on<'a>(context: &Context<'a>, id: &ObjectId) -> Option<&'a Object> {
    context.source.objects.get(id).filter(|_| id.kind == ObjectKind::Ownership)
}

/// A body is looked into when the routine is made: its tables may come later.
fn unchecked(id: &ObjectId, made: Option<&Object>, mut ops: Vec<Op>) -> Vec<Op> {
    let in_sql = |object: &Object| {
        let says = |sql: &String, words: &str| sql.to_ascii_lowercase().contains(words);
        // What a trigger's function names is looked up when it fires.
        let trigger = object.part("HEAD").is_some_and(|head| head.ends_with(" trigger"));
        object
            .make
            .iter()
            .any(|sql| says(sql, "language sql") || (!trigger && says(sql, "language plpgsql")))
    };
    if id.kind == ObjectKind::Routine && made.is_some_and(in_sql) {
        ops.insert(0, Op::SkipBodyChecks);
    }
    ops
}

/// What belongs to an object goes when it is dropped, and is made again with it.
fn with_attached(
    context: &Context<'_>,
    id: &ObjectId,
    dropped: Option<&Object>,
    mut ops: Vec<Op>,
) -> Vec<Op> {
    let unmake = dropped.and_then(|object| object.unmake.as_deref());
    let drops = |op: &Op| matches!(op, Op::Object { sql, .. } if Some(sql.as_str()) == unmake);
    if dropped.is_none() || ops.iter().any(drops) {
        ops.extend(said_of(context.schema, id));
    }
    ops
}

fn shown(id: &ObjectId) -> String {
    let line = id.name.lines().next().unwrap_or_default();
    let mut cut: String = line.chars().take(80).collect();
    if cut.len() < id.name.len() {
        cut += " …";
    }
    cut
}

/// Whether a routine names a view that the change makes again or drops.
fn names_a_changing_view(
    context: &Context<'_>,
    id: &ObjectId,
    (before, after): (Option<&Object>, Option<&Object>),
) -> bool {
    let Some(object) = after.or(before).filter(|_| id.kind == ObjectKind::Routine) else {
        return false;
    };
    let goes = after.is_none();
    let changes =
        |name: &QName| context.schema.views.get(name) != context.source.views.get(name) || goes;
    context.source.views.keys().any(|name| changes(name) && object.mentions(&name.name))
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

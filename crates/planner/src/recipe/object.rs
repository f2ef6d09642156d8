//! Objects that are neither tables, indexes nor views: what is new comes before the app moves, what
//! goes or changes after it; each with the change backwards as its rollback.

use crate::change::What;
use crate::diagnostic::Diagnostic;
use crate::name::QName;
use crate::op::Op;
use crate::op::object::{NoWay, change, not_given, said_of};
use crate::plan::{Statement, StepKind};
use crate::recipe::replace::is_made_anew;
use crate::recipe::{Context, Draft, Recipe, Slot, enums};
use crate::schema::object::{OF, SEQUENCE_NAME};
use crate::schema::{Object, ObjectId, ObjectKind, Subject};

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
    if ops.is_empty() || goes_with_view(context, before, after) {
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
    } else if after.is_some_and(|after| is_of_new_index(context, after)) {
        Slot::Soak
    } else if after.is_none() && id.kind == ObjectKind::Property && id.name.ends_with(OF) {
        // Free of its type it is as before, and can change.
        Slot::Expand
    } else if before.is_none() && after.is_some_and(|after| is_said_of_remade(context, after)) {
        Slot::Tighten
    } else if after.is_none() && id.kind == ObjectKind::Privilege && is_of_new(context, before) {
        Slot::Expand
    } else if meets_new_owner(context, id, after.or(before)) {
        // What the old owner had goes with the ownership, what the new one is given comes after it.
        if after.is_some() { Slot::Swap } else { Slot::Tighten }
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
pub(super) fn with_way_back(
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
    // The name of a sequence may be one that something of today wants back.
    before.is_none()
        && matches!(id.kind, ObjectKind::Owner | ObjectKind::Property)
        && !id.name.ends_with(SEQUENCE_NAME)
        && of.is_some_and(|of| !context.source.has(of))
}

/// Whether it goes with a view that is made anew without it, and comes back with the view of today.
fn goes_with_view(context: &Context<'_>, before: Option<&Object>, after: Option<&Object>) -> bool {
    let of = before.filter(|_| after.is_none()).and_then(|object| object.of.as_ref());
    let view = of.and_then(Subject::relation);
    view.is_some_and(|view| is_made_anew(context, view))
}

/// The owner of a sequence that changes hands: its old one may be gone by the time it has a new one.
fn moved_on<'a>(context: &Context<'a>, id: &ObjectId) -> Option<&'a Object> {
    context.source.objects.get(id).filter(|_| id.kind == ObjectKind::Ownership)
}

/// A body is looked into when the routine is made: its tables may come later.
fn unchecked(id: &ObjectId, made: Option<&Object>, mut ops: Vec<Op>) -> Vec<Op> {
    let in_sql = |object: &Object| {
        let says = |sql: &String, words: &str| sql.to_ascii_lowercase().contains(words);
        // What a trigger's function names is looked up when it fires, but for the types it declares.
        let trigger = object.part("HEAD").is_some_and(|head| head.ends_with(" trigger"))
            && !object.make.iter().any(|sql| says(sql, "declare"));
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
    let remade = ops.iter().any(drops);
    if dropped.is_none() || remade {
        ops.extend(said_of(context.schema, id));
    }
    if remade {
        ops.extend(not_given(context.schema, context.schema.given_to_object(id)));
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

/// Whether it is said of an index that the plan builds anew, and of no other.
fn is_of_new_index(context: &Context<'_>, object: &Object) -> bool {
    let Some(of) = &object.of else { return false };
    context.asked.iter().any(|asked| {
        let What::Replace { create, .. } = &asked.what else { return false };
        let Op::CreateIndex { table, name, .. } = &**create else { return false };
        let of_table = *of == Subject::Relation(table.clone());
        let is_setting = object.make.iter().any(|sql| {
            [" REPLICA IDENTITY ", " CLUSTER ON "].iter().any(|words| sql.contains(words))
        });
        *of == Subject::Index(table.sibling(name))
            || (of_table && is_setting && object.mentions(name))
    })
}

/// Whether it is of something that the plan makes.
fn is_of_new(context: &Context<'_>, object: Option<&Object>) -> bool {
    let of = object.and_then(|object| object.of.as_ref());
    of.is_some_and(|of| !context.source.has(of))
}

/// Whether it is said of an object that the plan takes away and makes again, and would go with it.
fn is_said_of_remade(context: &Context<'_>, object: &Object) -> bool {
    let Some(Subject::Object(of)) = &object.of else { return false };
    context.asked.iter().any(|asked| {
        let What::Object { id, after: Some(remade) } = &asked.what else { return false };
        let before = context.source.objects.get(id).filter(|_| id == of);
        let ops = before.and_then(|before| change(id, Some(before), Some(remade)).ok());
        let drops = |op: &Op| matches!(op, Op::Object { sql, .. } if sql.starts_with("DROP "));
        ops.is_some_and(|ops| ops.iter().any(drops))
    })
}

/// Whether it is a privilege of the old or the new owner of a thing that changes hands.
fn meets_new_owner(context: &Context<'_>, id: &ObjectId, object: Option<&Object>) -> bool {
    let Some(of) = object.and_then(|object| object.of.as_ref()) else { return false };
    // Of what is new its owner has all there is anyway.
    let matters = context.source.has(of) || id.name.contains(" FROM ");
    if id.kind != ObjectKind::Privilege || !matters {
        return false;
    }
    let is_role = |owner: &Object| {
        let role = owner.make.first().and_then(|sql| sql.rsplit_once(" OWNER TO "));
        role.is_some_and(|(_, role)| {
            [" TO ", " FROM "].iter().any(|link| id.name.ends_with(&format!("{link}{role}")))
        })
    };
    context.asked.iter().any(|asked| {
        let What::Object { id: owner, after } = &asked.what else { return false };
        let before = context.source.objects.get(owner);
        let all = || [after.as_ref(), before].into_iter().flatten();
        owner.kind == ObjectKind::Owner
            && all().any(|o| o.of.as_ref() == Some(of))
            && all().any(is_role)
    })
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
        (None, _) if kind == ObjectKind::EventTrigger => Slot::Last,
        // New labels are additions, like everything new.
        (None, _) => Slot::Expand,
        (Some(_), Some(_)) if matches!(kind, ObjectKind::Enum | ObjectKind::Domain) => Slot::Expand,
        (Some(_), Some(_)) => Slot::Tighten,
        // Before anything is made that it would give something to.
        (Some(_), None) if kind == ObjectKind::DefaultPrivilege => Slot::Prepare,
        // It would fire on the plan's own statements.
        (Some(_), None) if kind == ObjectKind::EventTrigger => Slot::Prepare,
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

//! A step that the schema would refuse where its slot puts it waits until another one has made what
//! it needs or taken away what is in its way; what comes after it for the same change waits with it.
//! Must not know recipes.

use std::collections::VecDeque;

use super::{rebuild, users};
use crate::condition::Condition;
use crate::name::mention::names;
use crate::name::{QName, own, quote};
use crate::op::Op;
use crate::plan::{Check, Statement};
use crate::recipe::Draft;
use crate::schema::object::{OF, SCHEMA, SEQUENCE_NAME, UNLOGGED};
use crate::schema::sequence;
use crate::schema::{ConstraintKind, Object, ObjectId, ObjectKind, Schema, Subject};

/// The drafts in an order in which each applies, as near to the given one as can be. Drafts that
/// never apply come last: the server, and the proof, will say why.
pub(super) fn for_each_other(mut schema: Schema, drafts: Vec<Draft>) -> Vec<Draft> {
    let mut ordered = Vec::new();
    let mut waiting: Vec<Draft> = Vec::new();
    let mut ahead = VecDeque::from(drafts);
    while let Some(draft) = ahead.pop_front() {
        let behind = draft.change.is_some() && waiting.iter().any(|w| w.change == draft.change);
        let to_come = ToCome { waiting: &waiting, ahead: &ahead };
        if behind || !applies(&mut schema, &draft, to_come) {
            waiting.push(draft);
            continue;
        }
        // A change is not left half done for another: an index is about to become a constraint.
        let goes_on =
            draft.change.is_some() && ahead.front().is_some_and(|next| next.change == draft.change);
        ordered.push(draft);
        if goes_on {
            continue;
        }
        while let Some(at) = ready(&mut schema, ToCome { waiting: &waiting, ahead: &ahead }) {
            ordered.push(waiting.remove(at));
        }
    }
    ordered.extend(waiting);
    ordered
}

/// What has no place in the order yet.
#[derive(Clone, Copy)]
struct ToCome<'a> {
    waiting: &'a [Draft],
    ahead: &'a VecDeque<Draft>,
}

impl ToCome<'_> {
    /// Whether a view is about to go.
    fn drops_view(self, of: &QName) -> bool {
        let mut drafts = self.waiting.iter().chain(self.ahead);
        drafts.any(|draft| {
            matches!(draft.script.as_slice(), [Statement { op: Op::DropView { view, .. }, .. }] if view == of)
        })
    }

    /// Whether a key or index of a table is about to go.
    fn drops(self, of: &QName, key: &str) -> bool {
        let mut scripts = self.waiting.iter().chain(self.ahead).flat_map(|draft| &draft.script);
        scripts.any(|statement| statement.op.drops() == Some((of, key)))
    }

    /// Whether a column is about to get another type with that of a table above.
    fn retypes(self, schema: &Schema, (of, column): (&QName, &str)) -> bool {
        let above = schema.known_parents(of);
        let mut scripts = self.waiting.iter().chain(self.ahead).flat_map(|draft| &draft.script);
        scripts.any(|statement| {
            matches!(&statement.op, Op::AlterType { table, column: c, .. }
                if c == column && above.iter().any(|(name, _)| *name == table))
        })
    }

    /// Whether a column is about to go and to come again as another one.
    fn replaces(self, of: &QName, column: &str) -> bool {
        let mut drafts = self.waiting.iter().chain(self.ahead);
        let adds = |op: &Op| matches!(op, Op::AddColumn { table, column: c } if table == of && c.name == column);
        let drops = |op: &Op| matches!(op, Op::DropColumn { table, column: c } if table == of && c == column);
        drafts.any(|draft| {
            let mut ops = draft.script.iter().map(|statement| &statement.op);
            ops.clone().any(drops) && ops.any(adds)
        })
    }
}

/// The first waiting draft that is not behind another of its change and applies now, applied.
fn ready(schema: &mut Schema, to_come: ToCome<'_>) -> Option<usize> {
    (0..to_come.waiting.len()).find(|at| {
        let (before, rest) = to_come.waiting.split_at(*at);
        rest.first().is_some_and(|draft| {
            let first = before.iter().all(|w| w.change.is_none() || w.change != draft.change);
            first && applies(schema, draft, to_come)
        })
    })
}

/// Applies a draft, or leaves the schema as it is where it refuses one of the statements.
fn applies(schema: &mut Schema, draft: &Draft, to_come: ToCome<'_>) -> bool {
    // Before what stands in the way of a statement is taken down for it.
    if draft.script.iter().any(|s| rests_on_what_goes(schema, &s.op, to_come)) {
        return false;
    }
    // A gate that compares a column with values of the type that it is about to get.
    let asks_too_early = |check: &Check| {
        let Condition::NoViolations { table, check } = &check.condition else { return false };
        check.columns().iter().any(|c| to_come.retypes(schema, (table, c)))
    };
    if draft.checks.iter().any(asks_too_early) {
        return false;
    }
    let script = rebuild::around(schema, &draft.script);
    let waits = |schema: &Schema, op: &Op| is_needed(schema, op) || lacks(schema, op);
    if let [only] = script.as_slice() {
        return !waits(schema, &only.op) && schema.apply(&only.op).is_ok();
    }
    let mut next = schema.clone();
    let mut refused = |op: &Op| waits(&next, op) || next.apply(op).is_err();
    if script.iter().any(|statement| refused(&statement.op)) {
        return false;
    }
    *schema = next;
    true
}

/// Whether a reference would be bound to a key or index that is about to go, and keep it from going; a
/// constraint or index be on a column that is about to be another one; or a type be made again under a
/// view that is about to go, and may say a label that it has not by then.
fn rests_on_what_goes(schema: &Schema, op: &Op, to_come: ToCome<'_>) -> bool {
    if let Op::Object { sql, id, becomes: None } = op {
        let of_it = |table: &QName| schema.table(table).is_some_and(|t| t.has_type(&id.name));
        let mut views = schema.views.iter().filter(|(_, view)| view.reads.iter().any(of_it));
        let is_set_aside = id.kind == ObjectKind::Enum && sql.starts_with("ALTER ");
        return is_set_aside && views.any(|(view, _)| to_come.drops_view(view));
    }
    // What is said of it would be said of the one that is there now, and go with it.
    if let Op::Object { becomes: Some(object), .. } = op {
        return match &object.of {
            Some(Subject::Column(table, column)) => to_come.replaces(table, column),
            Some(Subject::Constraint(table, name)) => to_come.drops(table, name),
            Some(Subject::Relation(_) | Subject::Index(_) | Subject::Object(_)) | None => false,
        };
    }
    // It would go with the column that is there now.
    if let Op::CreateIndex { table, index, .. } = op {
        return index.columns.iter().any(|column| to_come.replaces(table, column));
    }
    let Op::AddConstraint { table, name, constraint } = op else { return false };
    let comes_otherwise = |column: &String| {
        to_come.replaces(table, column) || to_come.retypes(schema, (table, column))
    };
    if constraint.kind.columns().iter().any(comes_otherwise) {
        return true;
    }
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return false };
    let keys = schema.keys_over(&key.parent, &schema.parent_columns(key));
    !is_aside(schema, table, name) && keys.iter().any(|name| to_come.drops(&key.parent, name))
}

/// Whether an operation says something of what is not there yet.
fn lacks(schema: &Schema, op: &Op) -> bool {
    if let Op::AddConstraint { table, name, constraint } = op
        && let ConstraintKind::ForeignKey(key) = &constraint.kind
        && !is_aside(schema, table, name)
    {
        // Bound to an index that is about to become a key it would keep that one from stepping back.
        let keys = schema.keys_over(&key.parent, &schema.parent_columns(key));
        return !keys.is_empty() && keys.iter().all(|name| is_aside(schema, &key.parent, name));
    }
    let Op::Object { id, becomes: Some(object), .. } = op else { return false };
    if is_taken(schema, id)
        || (schema.is_of_identity(id) && !schema.objects.contains_key(id))
        || is_name_of_another(schema, id, object)
        || is_out_of_range(schema, object)
        || is_otherwise(schema, id, object)
        || unlogged(id, Some(object)).is_some_and(|table| has_logged_child(schema, table))
    {
        return true;
    }
    // A sequence may be made for a column to come; what is not understood runs as it was written.
    let waits = !matches!(id.kind, ObjectKind::Sequence | ObjectKind::Unknown);
    waits && object.of.as_ref().is_some_and(|of| !schema.has(of))
}

/// Whether it is a name of the plan's own, until what has it takes the place of another: a long one is
/// cut, and shows only beside the other's.
fn is_aside(schema: &Schema, table: &QName, name: &str) -> bool {
    let twin = |of: &String| own::twin(of) == name;
    let table = schema.table(table);
    name.ends_with("_concertina")
        || table.is_some_and(|t| t.constraints.keys().chain(t.indexes.keys()).any(twin))
}

/// The table that a setting makes UNLOGGED.
fn unlogged<'a>(id: &ObjectId, object: Option<&'a Object>) -> Option<&'a QName> {
    let is_it = id.kind == ObjectKind::Property && id.name.ends_with(&format!(" {UNLOGGED}"));
    object.filter(|_| is_it)?.of.as_ref()?.relation()
}

fn is_unlogged(schema: &Schema, table: &QName) -> bool {
    let id = ObjectId::new(ObjectKind::Property, format!("{table} {UNLOGGED}"));
    schema.objects.contains_key(&id)
}

/// Whether a table that outlives a crash refers to one: it may not refer to one that does not.
fn has_logged_child(schema: &Schema, table: &QName) -> bool {
    schema.referencing(table).any(|(child, ..)| child != table && !is_unlogged(schema, child))
}

/// Whether a table refers to another one that does not outlive a crash.
fn has_unlogged_parent(schema: &Schema, table: &QName) -> bool {
    let own = schema.table(table).into_iter().flat_map(|t| t.constraints.values());
    let mut parents = own.filter_map(|c| c.kind.parent());
    parents.any(|parent| parent != table && is_unlogged(schema, parent))
}

/// Whether a type of another kind has the name.
fn is_taken(schema: &Schema, id: &ObjectId) -> bool {
    let kinds = [ObjectKind::Enum, ObjectKind::Type, ObjectKind::Domain];
    let others = kinds.into_iter().filter(|kind| *kind != id.kind);
    kinds.contains(&id.kind)
        && others
            .into_iter()
            .any(|kind| schema.objects.contains_key(&ObjectId::new(kind, id.name.clone())))
}

/// Whether an identity's sequence is to have a name that something else has yet.
fn is_name_of_another(schema: &Schema, id: &ObjectId, object: &Object) -> bool {
    let Some(Subject::Column(table, column)) = &object.of else { return false };
    if id.kind != ObjectKind::Property || !id.name.ends_with(SEQUENCE_NAME) {
        return false;
    }
    let Some(name) = sequence::renamed_to(table, object) else { return false };
    schema.is_taken(&name)
        || schema.tables.iter().any(|(other, definition)| {
            let mut identities = definition.columns.iter().filter(|c| c.identity.is_some());
            identities.any(|c| {
                (other, &c.name) != (table, column)
                    && schema.sequence_of(other, &c.name).as_ref() == Some(&name)
            })
        })
}

/// Whether a table has not yet the shape of the type that it is to be bound to.
fn is_otherwise(schema: &Schema, id: &ObjectId, object: &Object) -> bool {
    let Some(Subject::Relation(name)) = &object.of else { return false };
    let bound = object.make.first().and_then(|sql| sql.rsplit_once(" OF "));
    let Some((_, ty)) = bound.filter(|_| id.name.ends_with(OF)) else { return false };
    let Some(table) = schema.table(name) else { return false };
    let ty = schema.objects.get(&ObjectId::new(ObjectKind::Type, ty));
    let attributes = ty.map(|ty| ty.parts.len()).unwrap_or_default();
    table.partitioning.is_some() || table.columns.len() != attributes
}

/// Whether an identity's bounds do not fit the type that its column has by now.
fn is_out_of_range(schema: &Schema, object: &Object) -> bool {
    let Some(Subject::Column(table, column)) = &object.of else { return false };
    let highest = match schema.table(table).and_then(|t| t.column(column)).map(|c| c.ty.as_str()) {
        Some("smallint") => i64::from(i16::MAX),
        Some("integer") => i64::from(i32::MAX),
        Some(_) | None => return false,
    };
    let said = object.make.first().and_then(|sql| sql.split_once(" SET MAXVALUE "));
    let number = said.and_then(|(_, rest)| rest.split(' ').next()?.parse::<i64>().ok());
    number.is_some_and(|number| number > highest)
}

/// Whether an operation takes away what something else is still made of.
fn is_needed(schema: &Schema, op: &Op) -> bool {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others take nothing away, or a part")]
    match op {
        Op::Object { sql, id, becomes: None } => match id.kind {
            ObjectKind::Property => unlogged(id, schema.objects.get(id))
                .is_some_and(|table| has_unlogged_parent(schema, table)),
            ObjectKind::Routine | ObjectKind::Aggregate => is_called(schema, id),
            ObjectKind::Enum | ObjectKind::Domain | ObjectKind::Type
                if sql.starts_with("DROP ") =>
            {
                is_made_of(schema, id)
            }
            // Set aside for one with other labels.
            ObjectKind::Enum if sql.starts_with("ALTER ") => {
                id.name.parse().is_ok_and(|name| is_taken_or_given(schema, &name))
            }
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
                || is_taken_or_given(schema, view)
                || is_read_by_policy(schema, view)
        }
        Op::DropTable { table } => {
            is_taken_or_given(schema, table)
                || [table.to_string(), quote(&table.name)]
                    .iter()
                    .any(|row| schema.tables.values().any(|other| other.has_type(row)))
                || is_read_by_body(schema, table)
        }
        _ => false,
    }
}

/// Whether a column is of a type, or an array of it, or another type is made of it.
fn is_made_of(schema: &Schema, id: &ObjectId) -> bool {
    let is_type = |kind| matches!(kind, ObjectKind::Domain | ObjectKind::Type);
    let of_type = |other: &ObjectId, object: &Object| {
        let name = id.name.parse::<QName>();
        other != id && is_type(other.kind) && name.is_ok_and(|n| object.mentions(&n.name))
    };
    schema.tables.values().any(|table| table.has_type(&id.name))
        || schema.objects.iter().any(|(other, object)| of_type(other, object))
}

/// Whether something calls a routine, which no other routine of its name answers for.
fn is_called(schema: &Schema, id: &ObjectId) -> bool {
    !users::has_twin(schema, id) && !users::of_routines(schema, std::slice::from_ref(id)).is_empty()
}

/// Whether a routine takes or gives values of a type, or rows of a relation.
fn is_taken_or_given(schema: &Schema, ty: &QName) -> bool {
    schema.objects.iter().any(|(id, object)| object.takes_or_gives(id, ty))
}

/// Whether a routine whose body is not a text, but SQL that the server has read, names a relation.
fn is_read_by_body(schema: &Schema, relation: &QName) -> bool {
    schema.objects.iter().any(|(id, object)| {
        let mut parsed =
            object.make.iter().filter(|sql| sql.to_uppercase().contains("BEGIN ATOMIC"));
        id.kind == ObjectKind::Routine && parsed.any(|sql| names(sql, relation))
    })
}

/// Whether a policy or rule of another relation reads a view.
fn is_read_by_policy(schema: &Schema, view: &QName) -> bool {
    schema.objects.iter().any(|(id, object)| {
        let elsewhere = object.of.as_ref().and_then(Subject::relation) != Some(view);
        matches!(id.kind, ObjectKind::Policy | ObjectKind::Rule)
            && elsewhere
            && object.make.iter().any(|sql| names(sql, view))
    })
}

/// Whether anything is in a schema.
fn holds_something(schema: &Schema, name: &str) -> bool {
    let bare = name.trim_matches('"');
    let prefix = format!("{name}.");
    let is_place = |object: &Object| object.part(SCHEMA).is_some_and(|place| place == name);
    schema.tables.keys().chain(schema.views.keys()).any(|relation| relation.schema == bare)
        || schema.objects.iter().any(|(id, o)| id.kind == ObjectKind::Extension && is_place(o))
        || schema.objects.keys().any(|id| id.kind.is_early() && id.name.starts_with(&prefix))
}

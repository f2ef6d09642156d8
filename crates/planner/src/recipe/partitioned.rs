//! Indexes, keys and references of partitioned tables. None can be built as a whole beside traffic, but
//! the part of each partition can, and then making the whole only finds them: parts first, the whole
//! last.

mod named;

pub(super) use named::Named;
use named::{Busy, Making};

use crate::condition::Condition;
use crate::name::QName;
use crate::op::Op;
use crate::op::effect::{Part, Whole};
use crate::plan::{Statement, StepKind};
use crate::recipe::steps::script;
use crate::recipe::{Context, Draft, Slot};
use crate::schema::{Constraint, ConstraintKind, Schema, Table};

const BUILT: &str = "reads and writes go on during each build; a build that failed is taken away when the step is run again";

/// Why the whole is brief.
const FOUND: &str = "every partition has its part already: the statement finds them, and only the catalogue changes";

const AT_ONCE: &str =
    "the statement alone: every partition is locked against writes until the last part is built";

/// Statements in groups.
enum Group {
    Alone(Vec<Op>),
    Together(Vec<Op>),
}

/// Groups as a script: what runs together is in a transaction of its own.
fn scripts(context: &Context<'_>, groups: Vec<Group>) -> Vec<Statement> {
    let names = ["a", "b", "c", "d"].into_iter().cycle();
    let scripts = groups.into_iter().zip(names).map(|(group, name)| match group {
        Group::Alone(ops) => script(context, ops, None),
        Group::Together(ops) if ops.len() == 1 => script(context, ops, None),
        Group::Together(ops) => script(context, ops, Some(name)),
    });
    scripts.flatten().collect()
}

fn groups(making: Making) -> Vec<Group> {
    let (alone, together) = making.groups();
    vec![Group::Alone(alone), Group::Together(together)]
}

fn draft(
    context: &Context<'_>,
    (slot, operation): (Slot, String),
    forward: Vec<Group>,
    back: Vec<Group>,
) -> Draft {
    let mut draft = Draft::new(slot, StepKind::Ddl, operation, scripts(context, forward));
    draft.rollback = Some(scripts(context, back));
    draft
}

/// The steps that make an index, key or reference of a partitioned table.
pub(super) fn make(context: &Context<'_>, slot: Slot, table: &QName, named: &Named) -> Vec<Draft> {
    let parts = named.parts(context.schema, table);
    let free = |_: &Part| false;
    let making = named.making(table, &parts, &free);
    let mut drafts = parts_first(context, (slot, table, named), &parts, (&making, &free));
    let whole = format!("make {} of {table} of its parts", named.name);
    let forward = vec![Group::Together(making.together)];
    let mut whole = draft(context, (slot, whole), forward, back(context, table, named, &parts))
        .why(FOUND)
        .instead_of(AT_ONCE);
    let (table, name) = (table.clone(), named.name.clone());
    whole = whole.done_when(
        "it is there",
        match &named.whole {
            Whole::Index(_) => Condition::Index { table, name, present: true },
            Whole::Key(_) => Condition::Constraint { table, name, validated: Some(true) },
        },
    );
    drafts.push(whole);
    drafts
}

/// The whole goes with its parts; those that were there before are made again.
fn back(context: &Context<'_>, table: &QName, named: &Named, parts: &[Part]) -> Vec<Group> {
    let there = parts.iter().filter(|part| part.there);
    let is_key = |part: &Part| context.schema.constraint_kind(&part.table, &part.name).is_some();
    let keys = there.clone().any(is_key);
    let mut groups = vec![Group::Alone(vec![named.drop(table, keys)])];
    groups.extend(there.flat_map(|part| restored(context.schema, part)));
    groups
}

/// The steps that build the parts that are not there.
fn parts_first(
    context: &Context<'_>,
    (slot, table, named): (Slot, &QName, &Named),
    parts: &[Part],
    (making, busy): (&Making, Busy<'_>),
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if !making.built.is_empty() {
        let what = if named.is_reference() { "add" } else { "build" };
        let note = if named.is_reference() { " as NOT VALID" } else { " concurrently" };
        let operation = format!("{what} {} on each partition of {table}{note}", named.name);
        let forward = vec![Group::Alone(making.built.clone())];
        let back = vec![Group::Alone(named.clear(parts, busy))];
        let why = if named.is_reference() {
            "new writes are held to it at once; existing rows are checked by the next step"
        } else {
            BUILT
        };
        drafts.push(draft(context, (slot, operation), forward, back).why(why));
    }
    if !making.checked.is_empty() {
        let operation = format!("validate {} on each partition of {table}", named.name);
        let forward = vec![Group::Alone(making.checked.clone())];
        let back = vec![Group::Alone(named.unchecked(parts))];
        let step = draft(context, (slot, operation), forward, back);
        drafts.push(step.why("reads every row, while reads and writes go on"));
    }
    drafts
}

/// What makes a partition's own index or key again.
fn restored(schema: &Schema, part: &Part) -> Vec<Group> {
    let Some(own) = Named::on(schema, &part.table, &part.name) else { return Vec::new() };
    let mut making = Making::default();
    own.make_part(part, false, &mut making);
    if own.backing().is_none() && !own.is_reference() {
        making.together.push(own.create(&part.table));
    }
    groups(making)
}

/// One step that makes an index, for where there is room for one only.
pub(super) fn at_a_stretch(
    context: &Context<'_>,
    slot: Slot,
    table: &QName,
    named: &Named,
) -> Draft {
    let parts = named.parts(context.schema, table);
    let free = |_: &Part| false;
    let making = named.making(table, &parts, &free);
    let mut back = back(context, table, named, &parts);
    back.push(Group::Alone(named.clear(&parts, &free)));
    let operation = format!("build {} on each partition of {table}, then on the whole", named.name);
    draft(context, (slot, operation), groups(making), back).why(BUILT).instead_of(AT_ONCE)
}

/// The statements that make again what a table has, with the names that its parts have now.
pub(super) fn again(context: &Context<'_>, table: &QName, named: &Named) -> Vec<Statement> {
    scripts(context, groups(named.making_again(context.schema, table, &|_| false)))
}

/// The step that gives one table a key or reference of its own, without a long lock.
pub(super) fn alone(context: &Context<'_>, table: &QName, named: &Named) -> Option<Draft> {
    let mut making = Making::default();
    let part = Part { table: table.clone(), name: named.name.clone(), there: false };
    named.make_part(&part, false, &mut making);
    let forward = groups(making);
    let back = vec![Group::Alone(vec![named.drop(table, false)])];
    let operation = format!("add {} to {table}", named.name);
    let step = draft(context, (Slot::Constrain, operation), forward, back);
    (!step.script.is_empty()).then(|| step.why("what attaching would otherwise do under its lock"))
}

/// The steps that put one index or key of a partitioned table in the place of another.
pub(super) fn swap(
    context: &Context<'_>,
    table: &QName,
    (old, new): (&Named, &Named),
) -> Vec<Draft> {
    let parts = new.parts(context.schema, table);
    let busy = |part: &Part| context.source.is_taken(&part.table.sibling(&part.name));
    let making = new.making(table, &parts, &busy);
    let mut drafts = parts_first(context, (Slot::Constrain, table, new), &parts, (&making, &busy));
    let is_key =
        |schema: &Schema, part: &Part| schema.constraint_kind(&part.table, &part.name).is_some();
    let mut together = vec![drop(context.source, table, old)];
    together.extend(making.together);
    let taken = |part: &Part| parts.iter().any(|p| p.table == part.table && p.name == part.name);
    let mut again = old.making_again(context.source, table, &taken);
    let there = || parts.iter().filter(|part| part.there);
    again.together.insert(0, new.drop(table, there().any(|p| is_key(context.schema, p))));
    let mut back = groups(again);
    back.extend(there().flat_map(|part| restored(context.schema, part)));
    let operation = format!("the new {} of {table} takes the place of {}", new.name, old.name);
    let step = draft(context, (Slot::Swap, operation), vec![Group::Together(together)], back);
    drafts.push(step.why(FOUND).instead_of(AT_ONCE));
    drafts
}

/// What takes away a whole that a table has, with the keys that are parts of it.
pub(super) fn drop(schema: &Schema, table: &QName, named: &Named) -> Op {
    let parts = schema.parts_now(table, &named.name);
    let is_key = |part: &Part| schema.constraint_kind(&part.table, &part.name).is_some();
    named.drop(table, parts.iter().any(is_key))
}

/// Whether a constraint is made part by part: a key, or a reference where it cannot be NOT VALID.
pub(super) fn is_made_of_parts(
    context: &Context<'_>,
    table: &QName,
    constraint: &Constraint,
) -> bool {
    let is_partitioned = context.schema.table(table).is_some_and(Table::is_partitioned);
    let reference = matches!(constraint.kind, ConstraintKind::ForeignKey(_));
    is_partitioned && (constraint.kind.has_index() || (reference && context.engine.version < 18))
}

/// One whole takes another one's place on a partitioned table: the two.
pub(super) fn replaced(context: &Context<'_>, drop: &Op, create: &Op) -> Option<(Named, Named)> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these make an index or a constraint")]
    let (table, new) = match create {
        Op::CreateIndex { table, name, index, .. } => (table, Named::index(name, index)),
        Op::AddConstraint { table, name, constraint } => {
            (table, Named::constraint(name, constraint))
        }
        _ => return None,
    };
    let (Op::DropIndex { name, .. }
    | Op::DropIndexCascade { name, .. }
    | Op::DropConstraint { name, .. }) = drop
    else {
        return None;
    };
    let old = Named::on(context.source, table, name)?;
    let of_parts = |named: &Named| match &named.whole {
        Whole::Index(_) => context.schema.table(table).is_some_and(Table::is_partitioned),
        Whole::Key(constraint) => is_made_of_parts(context, table, constraint),
    };
    (of_parts(&old) && of_parts(&new)).then_some((old, new))
}

//! Indexes, keys and references of partitioned tables. None can be built as a whole beside traffic, but
//! the part of each partition can, and then making the whole only finds them. What is asked of the
//! partitioned table is one step: parts first, the whole last.

use crate::name::{QName, clip};
use crate::op::Op;
use crate::op::effect::{Part, Whole};
use crate::plan::{Statement, StepKind};
use crate::recipe::steps::script;
use crate::recipe::{Context, Draft, Slot};
use crate::schema::{Constraint, ConstraintKind, Index, Schema, Table};

/// A whole with its name.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// Its name on the partitioned table.
    pub(super) name: String,
    /// What it is.
    pub(super) whole: Whole,
}

/// Statements that make a whole: those that build its parts, each alone, and those that take effect
/// together when they are built.
struct Making {
    alone: Vec<Op>,
    together: Vec<Op>,
}

impl Named {
    pub(super) fn index(name: &str, index: &Index) -> Self {
        Self { name: name.to_owned(), whole: Whole::Index(index.clone()) }
    }

    pub(super) fn constraint(name: &str, constraint: &Constraint) -> Self {
        Self { name: name.to_owned(), whole: Whole::Key(constraint.clone()) }
    }

    /// What a table has under the name, where it has it.
    pub(super) fn on(schema: &Schema, table: &QName, name: &str) -> Option<Self> {
        let table = schema.table(table)?;
        let index = table.indexes.get(name).map(|index| Self::index(name, index));
        index.or_else(|| table.constraints.get(name).map(|c| Self::constraint(name, c)))
    }

    fn create(&self, table: &QName) -> Op {
        let (table, name) = (table.clone(), self.name.clone());
        match &self.whole {
            Whole::Index(index) => {
                Op::CreateIndex { table, name, index: index.clone(), concurrently: false }
            }
            Whole::Key(constraint) => {
                Op::AddConstraint { table, name, constraint: constraint.clone() }
            }
        }
    }

    fn drop(&self, table: &QName) -> Op {
        drop_part(table, &self.name, &self.whole)
    }

    /// What a table would get under which name to be a partition, where it has no such part yet.
    pub(super) fn missing_on(&self, schema: &Schema, child: &QName) -> Option<Self> {
        let definition = schema.table(child)?;
        let name = if self.is_reference() {
            let part = reference_part(definition, child, self)?;
            if part.there {
                return None;
            }
            part.name
        } else {
            let has_index = match &self.whole {
                Whole::Index(_) => true,
                Whole::Key(constraint) => constraint.kind.has_index(),
            };
            if !has_index || schema.matching(child, &self.whole).is_some() {
                return None;
            }
            schema.derived_name(child, &self.whole)
        };
        Some(Self { name, whole: self.whole.clone() })
    }

    /// The index behind it, where parts can be built concurrently.
    pub(super) fn backing(&self) -> Option<Index> {
        match &self.whole {
            Whole::Index(index) => Some(index.clone()),
            Whole::Key(constraint) => constraint.kind.backing(),
        }
    }

    fn is_reference(&self) -> bool {
        matches!(&self.whole, Whole::Key(c) if matches!(c.kind, ConstraintKind::ForeignKey(_)))
    }

    /// Its parts on the partitions of a table that does not have it yet.
    fn parts(&self, schema: &Schema, table: &QName) -> Vec<Part> {
        if self.is_reference() {
            return reference_parts(schema, table, self);
        }
        schema.parts_for(table, &self.whole)
    }

    /// How it is made. `busy` says which names are not free until the statements that take effect
    /// together: what is built meanwhile has another.
    fn making(&self, table: &QName, parts: &[Part], busy: &dyn Fn(&Part) -> bool) -> Making {
        let mut making = Making { alone: Vec::new(), together: Vec::new() };
        for part in parts.iter().filter(|part| !part.there) {
            let meanwhile = if busy(part) { aside(&part.name) } else { part.name.clone() };
            self.make_part(part, meanwhile, &mut making);
        }
        making.together.push(self.create(table));
        making
    }

    /// How it is made again with the parts that it has on a schema, which may be more than it needs:
    /// part of an index can be a key.
    fn making_again(
        &self,
        schema: &Schema,
        table: &QName,
        busy: &dyn Fn(&Part) -> bool,
    ) -> Making {
        let mut making = Making { alone: Vec::new(), together: Vec::new() };
        for part in schema.parts_now(table, &self.name) {
            let own = Named::on(schema, &part.table, &part.name).unwrap_or_else(|| self.clone());
            let meanwhile = if busy(&part) { aside(&part.name) } else { part.name.clone() };
            own.make_part(&part, meanwhile, &mut making);
        }
        making.together.push(self.create(table));
        making
    }

    fn make_part(&self, part: &Part, meanwhile: String, making: &mut Making) {
        let (table, name) = (part.table.clone(), part.name.clone());
        if let Whole::Key(constraint) = &self.whole
            && self.is_reference()
        {
            let unvalidated = Constraint { validated: false, ..constraint.clone() };
            making.alone.extend([
                Op::DropConstraintIfExists { table: table.clone(), name: name.clone() },
                Op::AddConstraint {
                    table: table.clone(),
                    name: name.clone(),
                    constraint: unvalidated,
                },
                Op::ValidateConstraint { table, name },
            ]);
            return;
        }
        // What cannot be built beside traffic is built with the whole.
        let Some(index) = self.backing() else { return };
        making.alone.extend([
            drop_index(&table, &meanwhile, true),
            Op::CreateIndex {
                table: table.clone(),
                name: meanwhile.clone(),
                index,
                concurrently: true,
            },
        ]);
        match &self.whole {
            Whole::Key(constraint) => making.together.push(Op::AddConstraintUsingIndex {
                table,
                name,
                index: meanwhile,
                primary: matches!(constraint.kind, ConstraintKind::PrimaryKey(_)),
            }),
            Whole::Index(_) if meanwhile != name => {
                making.together.push(Op::RenameIndex { table, name: meanwhile, to: name });
            }
            Whole::Index(_) => {}
        }
    }

    /// Takes away what an attempt that was broken off has built.
    fn clear(&self, parts: &[Part], busy: &dyn Fn(&Part) -> bool) -> Vec<Op> {
        let built = parts.iter().filter(|part| !part.there);
        if self.is_reference() {
            return built
                .map(|part| Op::DropConstraintIfExists {
                    table: part.table.clone(),
                    name: part.name.clone(),
                })
                .collect();
        }
        built
            .filter(|_| self.backing().is_some())
            .map(|part| {
                let name = if busy(part) { aside(&part.name) } else { part.name.clone() };
                drop_index(&part.table, &name, true)
            })
            .collect()
    }
}

fn reference_parts(schema: &Schema, table: &QName, named: &Named) -> Vec<Part> {
    let leaves = schema.leaves(table);
    let found = leaves.iter().filter_map(|leaf| reference_part(schema.table(leaf)?, leaf, named));
    found.collect()
}

fn reference_part(definition: &Table, leaf: &QName, named: &Named) -> Option<Part> {
    let Whole::Key(constraint) = &named.whole else { return None };
    let own = definition.constraints.iter().find(|(own, c)| {
        *c == constraint && !definition.inherited.constraints.contains_key(*own)
    });
    let taken = |name: &str| definition.constraints.contains_key(name);
    let (name, there) = match own {
        Some((own, _)) => (own.clone(), true),
        None if taken(&named.name) => {
            let columns = crate::name::derived::addition(&constraint.kind.columns());
            (crate::name::derived::choose(&leaf.name, &columns, "fkey", taken), false)
        }
        None => (named.name.clone(), false),
    };
    Some(Part { table: leaf.clone(), name, there })
}

/// The step that gives one table a key or reference of its own, without a long lock.
pub(super) fn alone(context: &Context<'_>, table: &QName, named: &Named) -> Option<Draft> {
    let mut making = Making { alone: Vec::new(), together: Vec::new() };
    let part = Part { table: table.clone(), name: named.name.clone(), there: false };
    named.make_part(&part, named.name.clone(), &mut making);
    let groups = vec![Group::Alone(making.alone), Group::Alone(making.together)];
    let script = scripts(context, groups);
    if script.is_empty() {
        return None;
    }
    let operation = format!("add {} to {table}", named.name);
    let mut draft = Draft::new(Slot::Constrain, StepKind::Ddl, operation, script)
        .why("what attaching would otherwise do under its lock");
    let back = vec![Group::Alone(vec![named.drop(table)])];
    draft.rollback = Some(scripts(context, back));
    Some(draft)
}

fn aside(name: &str) -> String {
    clip(&format!("{name}_concertina"))
}

fn drop_index(table: &QName, name: &str, concurrently: bool) -> Op {
    Op::DropIndex {
        table: table.clone(),
        name: name.to_owned(),
        concurrently,
        if_exists: true,
    }
}

fn drop_part(table: &QName, name: &str, whole: &Whole) -> Op {
    match whole {
        Whole::Index(_) => drop_index(table, name, false),
        Whole::Key(_) => {
            Op::DropConstraintIfExists { table: table.clone(), name: name.to_owned() }
        }
    }
}

/// Why the whole is brief.
const FOUND: &str = "the part of each partition is built beside reads and writes; the last statement finds them all, and only changes the catalogue";

const AT_ONCE: &str =
    "the same on the partitioned table alone: every partition is locked until the last one is done";

/// The step that makes an index, key or reference of a partitioned table.
pub(super) fn make(context: &Context<'_>, slot: Slot, table: &QName, named: &Named) -> Draft {
    let parts = named.parts(context.schema, table);
    let free = |_: &Part| false;
    let making = named.making(table, &parts, &free);
    let mut back = vec![Group::Alone(vec![named.drop(table)])];
    back.push(Group::Alone(named.clear(&parts, &free)));
    // Parts that were there before go with the whole, and are made again.
    for part in parts.iter().filter(|part| part.there) {
        back.extend(restored(context.schema, part));
    }
    let what = match &named.whole {
        Whole::Index(index) if index.unique => "unique index",
        Whole::Index(_) => "index",
        Whole::Key(_) => "constraint",
    };
    let mut draft = Draft::new(
        slot,
        StepKind::Ddl,
        format!("build {what} {} on each partition of {table}, then on the whole", named.name),
        scripts(context, vec![Group::Alone(making.alone), Group::Together(making.together)]),
    )
    .why(FOUND)
    .instead_of(AT_ONCE);
    draft.rollback = Some(scripts(context, back));
    draft
}

/// Statements in groups.
enum Group {
    Alone(Vec<Op>),
    Together(Vec<Op>),
}

fn scripts(context: &Context<'_>, groups: Vec<Group>) -> Vec<Statement> {
    let mut all: Vec<Statement> = Vec::new();
    let mut number = 0_u8;
    for group in groups {
        let added = match group {
            Group::Alone(ops) => script(context, ops, None),
            Group::Together(ops) if ops.len() == 1 => script(context, ops, None),
            Group::Together(ops) => {
                number += 1;
                let name = char::from(b'`' + number).to_string();
                script(context, ops, Some(&name))
            }
        };
        all.extend(added);
    }
    let mut last = None;
    all.retain(|statement| match &statement.op {
        Op::SetLockTimeout { ms } => last.replace(*ms) != Some(*ms),
        _ => true,
    });
    all
}

/// What makes a partition's own index or key again.
fn restored(schema: &Schema, part: &Part) -> Vec<Group> {
    let Some(own) = Named::on(schema, &part.table, &part.name) else { return Vec::new() };
    let mut making = Making { alone: Vec::new(), together: Vec::new() };
    own.make_part(part, part.name.clone(), &mut making);
    if own.backing().is_none() && !own.is_reference() {
        making.alone.push(own.create(&part.table));
    }
    vec![Group::Alone(making.alone), Group::Alone(making.together)]
}

/// The statements that make again what a table has, with the names that its parts have now.
pub(super) fn again(context: &Context<'_>, table: &QName, named: &Named) -> Vec<Statement> {
    let making = named.making_again(context.schema, table, &|_| false);
    scripts(context, vec![Group::Alone(making.alone), Group::Together(making.together)])
}

/// The step that puts one index or key of a partitioned table in the place of another.
pub(super) fn swap(
    context: &Context<'_>,
    table: &QName,
    (old, new): (&Named, &Named),
) -> Vec<Draft> {
    let parts = new.parts(context.schema, table);
    let busy = |part: &Part| context.source.is_taken(&part.table.sibling(&part.name));
    let making = new.making(table, &parts, &busy);
    let mut together = vec![old.drop(table)];
    together.extend(making.together);
    let mut built = Draft::new(
        Slot::Constrain,
        StepKind::Ddl,
        format!("build the new {} on each partition of {table}", new.name),
        scripts(context, vec![Group::Alone(making.alone)]),
    )
    .why("reads and writes go on during each build");
    built.rollback = Some(scripts(context, vec![Group::Alone(new.clear(&parts, &busy))]));
    let taken = |part: &Part| parts.iter().any(|p| p.table == part.table && p.name == part.name);
    let back = old.making_again(context.source, table, &taken);
    let mut back_together = vec![new.drop(table)];
    back_together.extend(back.together);
    let mut swapped = Draft::new(
        Slot::Swap,
        StepKind::Ddl,
        format!("the new {} of {table} takes the place of {}", new.name, old.name),
        scripts(context, vec![Group::Together(together)]),
    )
    .why("one transaction: the parts are built, and are only found")
    .instead_of(AT_ONCE);
    swapped.rollback = Some(scripts(
        context,
        vec![Group::Alone(back.alone), Group::Together(back_together)],
    ));
    let needs_building = !built.script.is_empty();
    let mut drafts = Vec::new();
    if needs_building {
        drafts.push(built);
    }
    drafts.push(swapped);
    drafts
}

/// Whether a constraint is made part by part: a key, or a reference where it cannot be NOT VALID.
pub(super) fn is_made_of_parts(
    context: &Context<'_>,
    table: &QName,
    constraint: &Constraint,
) -> bool {
    let is_partitioned = context.schema.table(table).is_some_and(Table::is_partitioned);
    let reference = matches!(constraint.kind, ConstraintKind::ForeignKey(_));
    is_partitioned
        && (constraint.kind.has_index() || (reference && context.engine.version < 18))
}

/// Whether one whole takes another one's name on a partitioned table, so that `replace` does it.
pub(super) fn replace(
    context: &Context<'_>,
    drop: &Op,
    create: &Op,
) -> Option<Vec<Draft>> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these make an index or a constraint")]
    let (table, new) = match create {
        Op::CreateIndex { table, name, index, .. } => (table, Named::index(name, index)),
        Op::AddConstraint { table, name, constraint } => {
            (table, Named::constraint(name, constraint))
        }
        _ => return None,
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these drop an index or a constraint")]
    let name = match drop {
        Op::DropIndex { name, .. } | Op::DropConstraint { name, .. } => name,
        _ => return None,
    };
    let old = Named::on(context.source, table, name)?;
    let of_parts = |named: &Named| match &named.whole {
        Whole::Index(_) => context.schema.table(table).is_some_and(Table::is_partitioned),
        Whole::Key(constraint) => is_made_of_parts(context, table, constraint),
    };
    (of_parts(&old) && of_parts(&new)).then(|| swap(context, table, (&old, &new)))
}

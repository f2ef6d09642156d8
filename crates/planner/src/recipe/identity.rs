//! Turn a column into an identity, change its kind, or turn it back into a plain column; and from a
//! default over a sequence into an identity and back, without a moment in which neither is there.

use crate::change::{Asked, Numbering, Numbers, What};
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::name::{QName, derived};
use crate::op::Op;
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::object::IDENTITY;
use crate::schema::sequence::nextval_of;
use crate::schema::{Column, Object, ObjectId, ObjectKind, Schema, Subject};

pub(super) fn plan(
    context: &Context<'_>,
    table: &QName,
    column: &str,
    (identity, was): (Option<&String>, bool),
) -> Result<Recipe, Diagnostic> {
    let before = context.column(table, column)?;
    let set = |identity: Option<String>, was| Op::SetIdentity {
        table: table.clone(),
        column: column.to_owned(),
        identity,
        was,
    };
    let mut recipe = Recipe::default();
    let what = match identity {
        Some(kind) => format!("make {table}.{column} an identity, generated {kind}"),
        None => format!("make {table}.{column} a plain column"),
    };
    if identity.is_none() {
        recipe.needs_release = true;
        recipe.release_change = format!("always gives {table}.{column} a value");
    }
    if identity.is_some() && !was {
        recipe.hazards.push(context.hazard(
            "identity-starts-at-one",
            format!("the new sequence of {table}.{column} starts at 1: inserts collide with rows that are there"),
            "set it behind the largest value before anybody inserts: SELECT setval(pg_get_serial_sequence(…), max(…))",
        ));
    }
    let is_null_today = context
        .source
        .table(table)
        .and_then(|t| t.column(column))
        .is_some_and(|c| !c.not_null || c.default.is_some());
    let slot = if identity.is_some() && !is_null_today { Slot::Expand } else { Slot::Tighten };
    let mut ops = vec![set(identity.cloned(), was)];
    if identity.is_some() && !was {
        ops.push(Op::AdvanceSequence {
            table: table.clone(),
            column: column.to_owned(),
            sequence: None,
            kept: false,
        });
    }
    recipe.drafts.push(
        Draft::atomic(context, slot, what, ops)
            .back(context, vec![set(before.identity.clone(), identity.is_some())])
            .loses("the position of its sequence")
            .why("only the catalogue changes: no row is touched"),
    );
    Ok(recipe)
}

/// A computed column keeps its values and is the app's to write from then on.
pub(super) fn drop_expression(
    context: &Context<'_>,
    table: &QName,
    column: &str,
) -> Result<Recipe, Diagnostic> {
    let before = context.column(table, column)?.clone();
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("writes {table}.{column} itself once it is no longer computed"),
        ..Recipe::default()
    };
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Swap,
            format!("{table}.{column} is no longer computed"),
            vec![Op::DropExpression { table: table.clone(), column: column.to_owned() }],
        )
        .back_atomic(
            context,
            vec![
                Op::DropColumn { table: table.clone(), column: column.to_owned() },
                Op::AddColumn { table: table.clone(), column: before },
            ],
        )
        .why("its values stay as they are; only the catalogue changes"),
    );
    Ok(recipe)
}

/// Whether an object is the setting of an identity's options.
pub(super) fn is_option(id: &ObjectId) -> bool {
    id.kind == ObjectKind::Property && id.name.ends_with(IDENTITY)
}

/// An identity goes from a column to its successor, which has its name by now: with its options, and
/// from where it stands.
pub(super) fn moved(
    context: &Context<'_>,
    (table, column): (&QName, &Column),
    (from, to): (&str, &str),
) -> Vec<Op> {
    let Some(identity) = &column.identity else { return Vec::new() };
    let set = |column: &str, identity: Option<String>, was| Op::SetIdentity {
        table: table.clone(),
        column: column.to_owned(),
        identity,
        was,
    };
    let mut ops = vec![
        Op::KeepPosition { table: table.clone(), column: from.to_owned(), sequence: None },
        set(from, None, true),
        set(to, Some(identity.clone()), false),
    ];
    ops.extend(options(context, table, &column.name));
    ops.push(advance(table, to, None));
    ops
}

/// The options of a column's identity, and what belongs to its sequence.
fn options(context: &Context<'_>, table: &QName, column: &str) -> Vec<Op> {
    let sequence = table.sibling(sequence_name(table, column)).to_string();
    let of_column = Subject::Column(table.clone(), column.to_owned());
    let of_sequence = Subject::Object(ObjectId::new(ObjectKind::Sequence, sequence));
    let objects = context.schema.objects.iter().filter(|(id, object)| {
        let of = object.of.as_ref();
        is_option(id) && of == Some(&of_column)
            || matches!(id.kind, ObjectKind::Privilege | ObjectKind::Comment)
                && of == Some(&of_sequence)
    });
    objects.flat_map(|(id, object)| crate::op::object::make(id, object)).collect()
}

/// What PostgreSQL calls the sequence of a column.
pub(super) fn sequence_name(table: &QName, column: &str) -> String {
    derived::choose(&table.name, column, "seq", |_| false)
}

fn advance(table: &QName, column: &str, sequence: Option<QName>) -> Op {
    Op::AdvanceSequence { table: table.clone(), column: column.to_owned(), sequence, kept: true }
}

/// The changes, with those joined that take a column's default and make it an identity, or the other
/// way round, and what becomes of the sequence.
pub(super) fn numberings(asked: Vec<Asked>, schema: &Schema) -> Vec<Asked> {
    let mut rest: Vec<Option<Asked>> = asked.into_iter().map(Some).collect();
    for at in 0..rest.len() {
        let Some(numbering) = numbering(&rest, at, schema) else { continue };
        let Numbering { table, column, before, after } = &numbering;
        let part = |what: &What| {
            if let What::Object { id, .. } = what {
                return [before, after].iter().any(|n| n.has(id));
            }
            matches!(
                what.statement(),
                Some(
                    Op::SetDefault { table: t, column: c, .. }
                        | Op::SetIdentity { table: t, column: c, .. }
                ) if t == table && c == column
            )
        };
        let span = rest.get(at).and_then(Option::as_ref).map(|a| a.span).unwrap_or_default();
        for one in &mut rest {
            if one.as_ref().is_some_and(|asked| part(&asked.what)) {
                *one = None;
            }
        }
        if let Some(place) = rest.get_mut(at) {
            *place = Some(Asked { what: What::Numbering(numbering), span });
        }
    }
    rest.into_iter().flatten().collect()
}

impl Numbers {
    fn has(&self, id: &ObjectId) -> bool {
        match self {
            Self::Default { with, .. } | Self::Identity { with, .. } => {
                with.iter().any(|(known, _)| known == id)
            }
        }
    }
}

/// The change that the statement at a place completes.
fn numbering(asked: &[Option<Asked>], at: usize, schema: &Schema) -> Option<Numbering> {
    let last = asked.get(at)?.as_ref()?.what.statement()?;
    let earlier: Vec<&Op> =
        asked.get(..at)?.iter().flatten().filter_map(|asked| asked.what.statement()).collect();
    let whats = || asked.iter().flatten().map(|a| &a.what);
    let made = made(whats());
    let known: Vec<(&ObjectId, &Object)> = schema.objects.iter().collect();
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these two give numbers")]
    match last {
        Op::SetIdentity { table, column, identity: Some(kind), was: false } => {
            let value = schema.table(table)?.column(column)?.default.clone()?;
            let gone = set_default(table, column, None);
            if !earlier.contains(&&gone) {
                return None;
            }
            let mut with = sequence_of(&value, table, &known);
            let goes = |id: &ObjectId| {
                whats().any(|w| matches!(w, What::Object { id: other, after: None } if other == id))
            };
            if !with.iter().any(|(id, _)| id.kind == ObjectKind::Sequence && goes(id)) {
                with.clear();
            }
            let identity =
                Numbers::Identity { kind: kind.clone(), with: options_of(table, column, &made) };
            let (table, column) = (table.clone(), column.clone());
            Some(Numbering {
                table,
                column,
                before: Numbers::Default { value, with },
                after: identity,
            })
        }
        Op::SetDefault { table, column, default: Some(value) } => {
            let kind = schema.table(table)?.column(column)?.identity.clone()?;
            let gone = |op: &&Op| matches!(op, Op::SetIdentity { table: t, column: c, identity: None, .. } if t == table && c == column);
            earlier.iter().find(|op| gone(op))?;
            let with = sequence_of(value, table, &made);
            let identity = Numbers::Identity { kind, with: options_of(table, column, &known) };
            let after = Numbers::Default { value: value.clone(), with };
            let (table, column) = (table.clone(), column.clone());
            Some(Numbering { table, column, before: identity, after })
        }
        _ => None,
    }
}

/// Objects that the changes make.
fn made<'a>(whats: impl Iterator<Item = &'a What>) -> Vec<(&'a ObjectId, &'a Object)> {
    let object = |what: &'a What| {
        let What::Object { id, after: Some(object) } = what else { return None };
        Some((id, object))
    };
    whats.filter_map(object).collect()
}

/// The options of a column's identity, among objects.
fn options_of(
    table: &QName,
    column: &str,
    objects: &[(&ObjectId, &Object)],
) -> Vec<(ObjectId, Object)> {
    let of = Subject::Column(table.clone(), column.to_owned());
    let own =
        |(id, object): &&(&ObjectId, &Object)| is_option(id) && object.of.as_ref() == Some(&of);
    objects.iter().filter(own).map(|(id, object)| ((*id).clone(), (*object).clone())).collect()
}

/// The sequence of a default, and its ownership, among objects.
fn sequence_of(
    value: &Expr,
    table: &QName,
    objects: &[(&ObjectId, &Object)],
) -> Vec<(ObjectId, Object)> {
    let Some(name) = nextval_of(value, table) else { return Vec::new() };
    let name = name.to_string();
    [ObjectKind::Sequence, ObjectKind::Ownership]
        .into_iter()
        .filter_map(|kind| objects.iter().find(|(id, _)| id.kind == kind && id.name == name))
        .map(|(id, object)| ((*id).clone(), (*object).clone()))
        .collect()
}

/// The statements that make the change: what gave numbers goes, and what gives them now is made.
pub(crate) fn ops(numbering: &Numbering) -> Vec<Op> {
    let Numbering { table, column, before, after } = numbering;
    let (gone, made) = (take_down(table, column, before), put_up(table, column, after));
    gone.into_iter().chain(made).collect()
}

fn set_default(table: &QName, column: &str, default: Option<&Expr>) -> Op {
    Op::SetDefault { table: table.clone(), column: column.to_owned(), default: default.cloned() }
}

fn take_down(table: &QName, column: &str, numbers: &Numbers) -> Vec<Op> {
    match numbers {
        Numbers::Default { with, .. } => {
            let mut ops = vec![set_default(table, column, None)];
            // Its ownership goes with a sequence.
            let sequences = with.iter().filter(|(id, _)| id.kind == ObjectKind::Sequence);
            ops.extend(sequences.flat_map(|(id, object)| {
                crate::op::object::change(id, Some(object), None).unwrap_or_default()
            }));
            ops
        }
        Numbers::Identity { .. } => vec![Op::SetIdentity {
            table: table.clone(),
            column: column.to_owned(),
            identity: None,
            was: true,
        }],
    }
}

fn put_up(table: &QName, column: &str, numbers: &Numbers) -> Vec<Op> {
    match numbers {
        Numbers::Default { value, with } => {
            let made = |kind| {
                with.iter()
                    .filter(move |(id, _)| id.kind == kind)
                    .flat_map(|(id, object)| crate::op::object::make(id, object))
            };
            let mut ops: Vec<Op> = made(ObjectKind::Sequence).collect();
            ops.push(set_default(table, column, Some(value)));
            ops.extend(made(ObjectKind::Ownership));
            ops
        }
        Numbers::Identity { kind, with } => {
            let mut ops = vec![Op::SetIdentity {
                table: table.clone(),
                column: column.to_owned(),
                identity: Some(kind.clone()),
                was: false,
            }];
            ops.extend(with.iter().flat_map(|(id, object)| crate::op::object::make(id, object)));
            ops
        }
    }
}

/// The sequence that a default names, where the column does not say itself which it is.
fn sequence(table: &QName, numbers: &Numbers) -> Option<QName> {
    match numbers {
        Numbers::Default { value, .. } => nextval_of(value, table),
        Numbers::Identity { .. } => None,
    }
}

/// One transaction: whoever inserts finds the one or the other, and the numbers go on where they are.
pub(super) fn renumber(context: &Context<'_>, numbering: &Numbering) -> Result<Recipe, Diagnostic> {
    let Numbering { table, column, before, after } = numbering;
    let found = context.column(table, column)?;
    let mut recipe = Recipe::default();
    let turn = |from: &Numbers, to: &Numbers| turn(table, column, (from, to));
    let (operation, slot) = match after {
        Numbers::Identity { kind, .. } => {
            hazards_of_identity(context, (table, column, kind), &mut recipe);
            let early = found.not_null && kind == "by default";
            let slot = if early { Slot::Expand } else { Slot::Tighten };
            (
                format!(
                    "make {table}.{column} an identity, generated {kind}; it goes on where its sequence is"
                ),
                slot,
            )
        }
        Numbers::Default { value, .. } => {
            recipe.hazards.push(context.hazard(
                "sequence-privilege",
                format!("an INSERT that leaves {table}.{column} out calls {} and needs USAGE on the sequence, which an identity does not (42501)", value.sql()),
                "grant it to the app's role in the same change",
            ));
            (
                format!(
                    "make {table}.{column} a column with the default {}; it goes on where its identity is",
                    value.sql()
                ),
                Slot::Expand,
            )
        }
    };
    let draft = Draft::atomic(context, slot, operation, turn(before, after))
        .back_atomic(context, turn(after, before))
        .why("one transaction under one brief lock: an INSERT finds the one or the other, never neither, and numbers go on where they are")
        .instead_of("one statement after the other: an INSERT in between has no number (23502), or takes one that is there (23505)")
        .done_when("it is so", condition(numbering));
    recipe.drafts.push(draft);
    Ok(recipe)
}

/// What gives numbers goes and what gives them then is made, from where the first one stands.
fn turn(table: &QName, column: &str, (from, to): (&Numbers, &Numbers)) -> Vec<Op> {
    let keep =
        |sequence| Op::KeepPosition { table: table.clone(), column: column.to_owned(), sequence };
    let mut gone = take_down(table, column, from).into_iter();
    let mut ops = Vec::new();
    // A lock on the table first: nobody takes a number between the look at it and the end.
    let kept = match from {
        Numbers::Default { .. } => {
            ops.extend(gone.next());
            let sequence = sequence(table, from);
            ops.extend(sequence.clone().map(|name| keep(Some(name))));
            sequence.is_some()
        }
        Numbers::Identity { kind, .. } => {
            ops.push(Op::SetIdentity {
                table: table.clone(),
                column: column.to_owned(),
                identity: Some(kind.clone()),
                was: true,
            });
            ops.push(keep(None));
            true
        }
    };
    ops.extend(gone);
    ops.extend(put_up(table, column, to));
    let numbers = matches!(to, Numbers::Identity { .. }) || sequence(table, to).is_some();
    ops.extend(numbers.then(|| Op::AdvanceSequence {
        table: table.clone(),
        column: column.to_owned(),
        sequence: sequence(table, to),
        kept,
    }));
    ops
}

fn hazards_of_identity(
    context: &Context<'_>,
    (table, column, kind): (&QName, &str, &str),
    recipe: &mut Recipe,
) {
    recipe.hazards.push(context.hazard(
        "identity-starts-at-one",
        format!("the new sequence of {table}.{column} starts at 1: inserts collide with rows that are there"),
        "let it go on where the old one is, in the same transaction",
    ));
    if kind == "always" {
        recipe.needs_release = true;
        recipe.release_change = format!("gives {table}.{column} no value in an INSERT or UPDATE");
        recipe.hazards.push(context.hazard(
            "breaks-old-app",
            format!(
                "an INSERT of the running release that gives {table}.{column} a value fails (428C9)"
            ),
            "deploy the release that leaves it out first, or make it GENERATED BY DEFAULT",
        ));
    }
}

fn condition(numbering: &Numbering) -> Condition {
    Condition::Default {
        table: numbering.table.clone(),
        column: numbering.column.clone(),
        present: matches!(numbering.after, Numbers::Default { .. }),
    }
}

//! How one change is carried out: one file a kind of change, each a function from the change to
//! draft steps. `order` puts drafts of all changes into phases. Must not render.

use std::collections::BTreeSet;

use crate::backfill::Backfill;
use crate::change::{Asked, Hint, What};
use crate::diagnostic::{Diagnostic, Source};
use crate::engine::Engine;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::plan::{
    Check, Closed, ColumnRef, Confined, Conversion, Deploy, Hazard, Narrowed, Question, Statement,
    StepKind, Strategy,
};
use crate::request::Request;
use crate::schema::unique::Unique;
use crate::schema::{Column, Constraint, ConstraintKind, Key, Schema, Table};
use crate::sync::Relay;

mod add_column;
mod add_constraint;
mod batches;
mod become_partitioned;
mod change_type;
mod data_migration;
mod drop_column;
mod enums;
mod extract;
mod helpers;
mod identity;
mod index;
mod lookup;
mod merge;
mod moved;
mod neutral;
mod new_reference;
mod not_null;
mod object;
mod partition;
mod partitioned;
mod plain;
mod rename_column;
mod rename_label;
mod rename_table;
mod replace;
mod reshape;
mod retype;
mod rows;
mod spread;
mod steps;
mod strategy;
mod sync;
mod table;

pub(crate) use enums::rebuild as enum_made_again;
pub(crate) use identity::ops as numbering_ops;
pub(crate) use retype::neighbours;
pub(crate) use steps::set_default;

/// When a draft step may run, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    /// Helpers.
    Prepare,
    /// Additive, before anything else.
    Expand,
    /// Rows to the new shape.
    Backfill,
    /// Indexes and constraints on the new shape.
    Constrain,
    /// Parity before the app moves.
    Verify,
    /// The app moves, or stops.
    Cutover,
    /// What is done while the app is down.
    Stopped,
    /// The app starts again.
    Start,
    /// Rows put right under the new app.
    Repair,
    /// Facts that must hold before anything is narrowed.
    Confirm,
    /// What the new app keeps is enforced.
    Tighten,
    /// The new shape takes the old one's name, reversibly.
    Swap,
    /// Parity after the swap.
    Soak,
    /// A backup that can be restored.
    Backup,
    /// What only the old app needed goes.
    Drop,
    /// Helpers go.
    Retire,
    /// What would act on the plan's own statements.
    Last,
    /// Statements that are not analysed.
    Unknown,
}

/// A step before it has a number.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// When.
    pub(crate) slot: Slot,
    /// In which round.
    pub(crate) stage: u8,
    /// Of which change, in the order asked; none where it serves all.
    pub(crate) change: Option<usize>,
    /// Kind.
    pub(crate) kind: StepKind,
    /// What is done.
    pub(crate) operation: String,
    /// Script.
    pub(crate) script: Vec<Statement>,
    /// Rollback script; `None` where there is no way back but a backup.
    pub(crate) rollback: Option<Vec<Statement>>,
    /// What rolling back loses.
    pub(crate) loses: String,
    /// The blocking way.
    pub(crate) alternative: String,
    /// For the operator's shell.
    pub(crate) commands: Vec<String>,
    /// Why.
    pub(crate) why: String,
    /// Checks, the first says that it is done.
    pub(crate) checks: Vec<Check>,
    /// What must hold when it has been rolled back, before the step before it is.
    pub(crate) back_checks: Vec<Check>,
    /// Whether data goes.
    pub(crate) destructive: bool,
    /// The backfill it runs.
    pub(crate) backfill: Option<Backfill>,
    /// What it does to the app's instances.
    pub(crate) deploy: Option<Deploy>,
}

/// What a recipe gives: steps, and what they mean for the app and the reader.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recipe {
    /// In which round of the plan its steps come: the second builds on columns that the first swaps.
    pub(crate) stage: u8,
    /// Steps.
    pub(crate) drafts: Vec<Draft>,
    /// Whether the app changes.
    pub(crate) needs_release: bool,
    /// The code change, a sentence.
    pub(crate) release_change: String,
    /// What the new release never does.
    pub(crate) keeps: Vec<crate::condition::Condition>,
    /// What the shapes mean.
    pub(crate) conversions: Vec<Conversion>,
    /// What is assumed of the values of columns.
    pub(crate) narrowed: Vec<Narrowed>,
    /// Columns in which every release bears NULL, as the plan assumes.
    pub(crate) bears: Vec<ColumnRef>,
    /// Columns that hold no values but a few.
    pub(crate) closed: Vec<Closed>,
    /// What is written to tables until they are partitioned.
    pub(crate) confined: Vec<Confined>,
    /// Columns and the rows of another table that say the same.
    pub(crate) relays: Vec<Relay>,
    /// Tables that the new release only reads.
    pub(crate) constant: Vec<QName>,
    /// What the change as asked would do.
    pub(crate) hazards: Vec<Hazard>,
    /// What a human must decide.
    pub(crate) questions: Vec<Question>,
    /// What is taken for granted.
    pub(crate) assumptions: Vec<String>,
    /// The ways that were weighed.
    pub(crate) strategies: Vec<Strategy>,
}

/// What every recipe may look at.
pub(crate) struct Context<'a> {
    /// Engine.
    pub(crate) engine: Engine,
    /// The schema before this change, earlier changes of the request applied.
    pub(crate) schema: &'a Schema,
    /// The schema as it is today.
    pub(crate) source: &'a Schema,
    /// Tables that earlier changes of the request create: nobody uses them yet.
    pub(crate) created: &'a BTreeSet<QName>,
    /// Names of helpers that earlier changes make: of backfills, rules and relays.
    pub(crate) helpers: &'a BTreeSet<String>,
    /// The request.
    pub(crate) request: &'a Request,
    /// Everything asked.
    pub(crate) asked: &'a [Asked],
    /// Hints.
    pub(crate) hints: &'a [Hint],
    /// Place of the change.
    pub(crate) span: (usize, usize),
}

/// The statement by which a change takes something away, or any other that it is.
fn taken_away(what: &What) -> Option<&Op> {
    if let What::Replace { drop, .. } = what {
        return Some(drop);
    }
    if let What::Lifted(drop) = what {
        return Some(drop);
    }
    what.statement()
}

/// The statement by which it makes something.
fn made(what: &What) -> Option<&Op> {
    if let What::Replace { create, .. } = what {
        return Some(create);
    }
    what.statement()
}

impl Context<'_> {
    /// The value of a `fill` hint.
    pub(crate) fn fill(&self, table: &QName, column: &str) -> Option<Expr> {
        self.hints.iter().find_map(|hint| match hint {
            Hint::Fill { table: t, column: c, value } if t == table && c == column => {
                Some(value.clone())
            }
            Hint::Fill { .. }
            | Hint::RenameColumn { .. }
            | Hint::RenameTable { .. }
            | Hint::RenameLabel { .. } => None,
        })
    }

    /// The default that the request gives a column; inside, none where it takes it away.
    pub(crate) fn default_set(&self, table: &QName, column: &str) -> Option<Option<Expr>> {
        let set = |op: &Op| {
            let Op::SetDefault { table: t, column: c, default } = op else { return None };
            (t == table && c == column).then(|| default.clone())
        };
        self.asked.iter().rev().find_map(|asked| asked.what.statement().and_then(set))
    }

    /// A hazard at the place of the change.
    pub(crate) fn hazard(&self, code: &str, message: String, fix: &str) -> Hazard {
        Hazard { code: code.to_owned(), span: self.span, message, fix: fix.to_owned() }
    }

    /// An error at the place of the change.
    pub(crate) fn refuse(&self, code: &str, message: String, help: &str) -> Diagnostic {
        Diagnostic::error(code, (Source::Change, self.span), message, help)
    }

    /// A refusal of something that is not planned yet.
    pub(crate) fn unsupported(&self, what: &str, help: &str) -> Diagnostic {
        self.refuse("not-supported", format!("{what} is not planned yet"), help)
    }

    /// The table; reading has already refused changes to tables that are not there.
    pub(crate) fn table(&self, name: &QName) -> Result<&Table, Diagnostic> {
        self.schema.table(name).ok_or_else(|| {
            self.refuse(
                "unknown-table",
                format!("table `{name}` does not exist"),
                "name a table of the schema",
            )
        })
    }

    /// Whether rows that leave the column out, and hold one of these values, would collide in a key of
    /// today, or one to come.
    pub(crate) fn collides(
        &self,
        table: &QName,
        (column, held): (&str, &[&Expr]),
        tells_apart: fn(&Column) -> bool,
    ) -> bool {
        !self.collisions(table, (column, held), tells_apart).is_empty()
    }

    /// The keys in which they would.
    pub(crate) fn collisions(
        &self,
        table: &QName,
        (column, held): (&str, &[&Expr]),
        tells_apart: fn(&Column) -> bool,
    ) -> Vec<Option<Unique>> {
        let tables = [self.source, self.schema].into_iter().filter_map(|s| s.table(table));
        tables.flat_map(|t| t.collisions(column, held, tells_apart)).collect()
    }

    /// What no two rows of a table share, now and when the change is made.
    pub(crate) fn stays_unique(&self, table: &QName) -> Vec<Unique> {
        let goes = |name: &String| {
            let mut taken = self.asked.iter().filter_map(|asked| taken_away(&asked.what));
            taken.any(|op| op.drops() == Some((table, name)))
        };
        let stay = self.source.table(table).into_iter().flat_map(Table::uniques);
        let stay = stay.filter(|(name, ..)| !goes(name)).filter_map(|(.., unique)| unique);
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these make a key")]
        let come = self.asked.iter().filter_map(|asked| match made(&asked.what)? {
            Op::CreateIndex { table: t, index, .. } if t == table => Unique::of(index),
            Op::AddConstraint { table: t, constraint, .. } if t == table => {
                Unique::of_key(&constraint.kind)
            }
            _ => None,
        });
        stay.chain(come).collect()
    }

    /// The column, likewise.
    pub(crate) fn column(&self, table: &QName, name: &str) -> Result<&Column, Diagnostic> {
        self.table(table)?.column(name).ok_or_else(|| {
            self.refuse(
                "unknown-column",
                format!("column `{name}` of table `{table}` does not exist"),
                "name a column of the table",
            )
        })
    }
}

/// The changes, with those joined that are one change by what the schema is.
pub(crate) fn joined(asked: Vec<Asked>, schema: &Schema, request: &Request) -> Vec<Asked> {
    let asked = new_reference::apart(asked, request);
    replace::keys(retype::retypes(identity::numberings(asked, schema), schema), schema)
}

/// The recipe for one thing asked.
///
/// # Errors
/// A diagnostic where the change cannot be planned safely: what, why, and what would make it possible.
pub(crate) fn recipe(context: &Context<'_>, asked: &Asked) -> Result<Recipe, Diagnostic> {
    strategy::weigh(context, asked, usual(context, asked))
}

/// The way that needs no downtime and no long lock, where there is one.
fn usual(context: &Context<'_>, asked: &Asked) -> Result<Recipe, Diagnostic> {
    match &asked.what {
        What::Reshape(reshape) => reshape::plan(context, reshape),
        What::Extract(extract) => extract::plan(context, extract),
        What::Spread(spread) => spread::plan(context, spread),
        What::Move(change) => moved::plan(context, change),
        What::Merge(change) => merge::plan(context, change),
        What::Partition(partition) => Ok(become_partitioned::plan(context, partition)),
        What::Retype(change) => retype::plan(context, change),
        What::Numbering(change) => identity::renumber(context, change),
        What::Replace { drop, create, with } => replace::plan(context, drop, (create, with)),
        What::Lifted(_) => Ok(Recipe::default()),
        What::Object { id, after } => object::plan(context, id, after.as_ref()),
        What::Statement(op @ Op::InsertSelect { .. }) => for_op(context, op),
        What::Statement(op) => match op.relation() {
            Some(table)
                if context.created.contains(table) && !new_reference::waits(context, op) =>
            {
                on_new_table(context, table, op)
            }
            Some(_) | None => for_op(context, op),
        },
    }
}

/// A table that this plan makes is empty and unused: what is said of it is done as it stands.
fn on_new_table(context: &Context<'_>, table: &QName, op: &Op) -> Result<Recipe, Diagnostic> {
    let text = crate::op::sql::render(op);
    let draft = Draft::ddl(
        context,
        Slot::Expand,
        format!("on the new table {table}: {text}"),
        vec![op.clone()],
    )
    .why("the table is new: nobody uses it yet");
    let Some(back) = steps::inverse(context, op) else { return for_op(context, op) };
    Ok(Recipe { drafts: vec![draft.back(context, vec![back])], ..Recipe::default() })
}

#[expect(clippy::too_many_lines, reason = "an arm for each kind")]
fn for_op(context: &Context<'_>, op: &Op) -> Result<Recipe, Diagnostic> {
    match op {
        Op::AddColumn { table, column } => add_column::plan(context, table, column),
        Op::DropColumn { table, column } => drop_column::plan(context, table, column),
        Op::RenameColumn { table, column, to } => rename_column::plan(context, table, column, to),
        Op::RenameTable { table, to } => rename_table::plan(context, table, to),
        Op::RenameLabel { ty, label, to } => rename_label::plan(context, ty, (label, to)),
        Op::AlterType { table, column, ty, collation, using } => {
            change_type::plan(context, (table, column), (ty, collation.as_ref()), using.as_ref())
        }
        Op::SetNotNull { table, column, not_null: true } => not_null::set(context, table, column),
        Op::SetNotNull { table, column, not_null: false } => not_null::drop(context, table, column),
        Op::AddConstraint { table, name, constraint } => {
            for_constraint(context, op, (table, name), constraint)
        }
        Op::CreateIndex { table, name, index, .. } => index::create(context, table, name, index),
        Op::DropIndex { table, name, .. } | Op::DropIndexCascade { table, name } => {
            index::drop(context, table, name)
        }
        Op::CreateTable { table, definition } => table::create(context, table, definition),
        Op::DropTable { table } => table::drop(context, table),
        Op::Update { table, set, filter } => {
            data_migration::plan(context, table, set, filter.as_ref())
        }
        Op::Delete { table, filter } => rows::delete(context, table, filter.as_ref()),
        Op::InsertSelect { table, set, from, filter } => {
            rows::insert(context, table, set, (from, filter.as_ref()))
        }
        Op::SetDefault { .. }
        | Op::AddConstraintUsingIndex { .. }
        | Op::AddNotNullNotValid { .. }
        | Op::ValidateConstraint { .. }
        | Op::DropConstraint { .. }
        | Op::DropConstraintIfExists { .. }
        | Op::RenameConstraint { .. }
        | Op::RenameIndex { .. }
        | Op::CreateView { .. }
        | Op::ReplaceView { .. }
        | Op::DropView { .. }
        | Op::Verbatim { .. } => plain::plan(context, op),
        Op::AttachPartition { .. }
        | Op::DetachPartition { .. }
        | Op::CreateIndexOnly { .. }
        | Op::AddConstraintOnly { .. }
        | Op::AttachIndex { .. }
        | Op::Inherit { .. }
        | Op::NoInherit { .. } => partition::plan(context, op),
        Op::DropColumnOnly { table, column } => drop_column::only(context, table, column),
        Op::DropExpression { table, column } => identity::drop_expression(context, table, column),
        Op::SetIdentity { table, column, identity, was } => {
            identity::plan(context, table, column, (identity.as_ref(), *was))
        }
        // Other objects are asked for by what they become.
        Op::Object { .. } => Ok(Recipe::default()),
        Op::SetLockTimeout { .. }
        | Op::SetStatementTimeout { .. }
        | Op::SkipBodyChecks
        | Op::InsertRows { .. }
        | Op::CreateHelpers
        | Op::CreateProgress
        | Op::CreateThrottle
        | Op::DropHelpers
        | Op::CreateSyncFunction { .. }
        | Op::CreateRelayFunction { .. }
        | Op::CreateRelayTrigger { .. }
        | Op::DropRelayTrigger { .. }
        | Op::DropRelayFunction { .. }
        | Op::CreateSyncTrigger { .. }
        | Op::EnableSyncTrigger { .. }
        | Op::DropSyncTrigger { .. }
        | Op::DropSyncFunction { .. }
        | Op::CreateUndoTable { .. }
        | Op::CreateBackfill { .. }
        | Op::RunBackfill { .. }
        | Op::CreateUndo { .. }
        | Op::RunUndo { .. }
        | Op::RenameNotNull { .. }
        | Op::KeepPosition { .. }
        | Op::AdvanceSequence { .. } => Ok(Recipe::default()),
    }
}

fn for_constraint(
    context: &Context<'_>,
    op: &Op,
    (table, name): (&QName, &String),
    constraint: &Constraint,
) -> Result<Recipe, Diagnostic> {
    match &constraint.kind {
        ConstraintKind::ForeignKey(key) => {
            add_constraint::foreign_key(context, table, (name, constraint), key)
        }
        ConstraintKind::Check(check) => {
            add_constraint::check(context, table, (name, constraint), check)
        }
        ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_) | ConstraintKind::Other(..) => {
            match Key::of(&constraint.kind) {
                Some(key) if key.primary => add_constraint::primary_key(context, table, name, &key),
                Some(key) => add_constraint::unique(context, table, name, &key),
                None => Ok(add_constraint::locking(context, op, (table, name), constraint)),
            }
        }
        ConstraintKind::NotNull(_) => {
            Ok(add_constraint::locking(context, op, (table, name), constraint))
        }
    }
}

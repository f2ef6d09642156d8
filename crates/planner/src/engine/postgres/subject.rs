//! What an operation is about: its form on a schema, and the relations beside its table that the
//! form's row may lock. The decisions that the reader of SQL shares are here. Must not know facts.

mod columns;
mod objects;

use super::relation::{Role, related};
use super::{Form, LockMode};
use crate::name::QName;
use crate::op::Op;
use crate::op::effect::Whole;
use crate::schema::{
    self, Bound, Constraint, ConstraintKind, Index, Object, ObjectId, ObjectKind, Schema, Table,
    bounds,
};
pub(crate) use columns::{add_column, change_type};
use objects::object;

/// What one action of a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    /// The form.
    pub(crate) form: Form,
    /// The relation it is about, where it can be named.
    pub(crate) target: Option<QName>,
    /// Other relations that its row may lock, those that the table alone decides left out.
    pub(crate) named: Vec<(Role, QName)>,
    /// Roles in which there is nobody else: the statement itself says so.
    pub(crate) closed: Vec<Role>,
    /// The mode that LOCK TABLE names.
    pub(crate) mode: Option<LockMode>,
}

impl Subject {
    /// A form on a relation.
    pub(crate) fn new(form: Form, target: Option<QName>) -> Self {
        Self { form, target, named: Vec::new(), closed: Vec::new(), mode: None }
    }

    /// The same with nobody in a role but who is named.
    pub(crate) fn only(mut self, roles: &[Role]) -> Self {
        self.closed.extend(roles);
        self
    }

    /// The same with relations in a role.
    pub(crate) fn with(mut self, role: Role, names: impl IntoIterator<Item = QName>) -> Self {
        for name in names {
            if !self.named.contains(&(role, name.clone())) {
                self.named.push((role, name));
            }
        }
        self
    }
}

/// Whether every partition has its part of an index, key or reference already.
fn has_parts(schema: &Schema, table: &QName, whole: &Whole) -> bool {
    if !schema.table(table).is_some_and(Table::is_partitioned) {
        return false;
    }
    match whole {
        Whole::Key(constraint) if matches!(constraint.kind, ConstraintKind::ForeignKey(_)) => {
            schema.leaves(table).iter().all(|leaf| {
                schema.table(leaf).is_some_and(|t| {
                    t.constraints.iter().any(|(own, c)| {
                        c == constraint && !t.inherited.constraints.contains_key(own)
                    })
                })
            })
        }
        Whole::Index(_) | Whole::Key(_) => {
            schema.parts_for(table, whole).iter().all(|part| part.there)
        }
    }
}

/// The form of ADD CONSTRAINT on a table: the partitions of a partitioned one may have it.
pub(crate) fn key_form(schema: &Schema, table: &QName, constraint: &Constraint) -> Form {
    let form = add_constraint(constraint);
    let built = !has_parts(schema, table, &Whole::Key(constraint.clone()));
    let to_parts = constraint
        .kind
        .parent()
        .cloned()
        .is_some_and(|name| schema.table(&name).is_some_and(Table::is_partitioned));
    if built { form } else { of_parts(form, to_parts) }
}

/// The form of CREATE INDEX on a table: the partitions of a partitioned one may have it.
pub(crate) fn index_form(schema: &Schema, table: &QName, index: &Index) -> Form {
    let built = !has_parts(schema, table, &Whole::Index(index.clone()));
    if built { Form::CreateIndex } else { Form::CreateIndexOfParts }
}

/// The form where nothing is left to be done on the partitions.
fn of_parts(form: Form, to_parts: bool) -> Form {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these look at partitions")]
    match form {
        Form::AddForeignKey if to_parts => Form::AddForeignKeyOfPartsToParts,
        Form::AddForeignKey => Form::AddForeignKeyOfParts,
        Form::AddUnique => Form::AddUniqueOfParts,
        other => other,
    }
}

/// The form of ATTACH PARTITION: what the server has to look at.
fn attach(schema: &Schema, table: &QName, child: &QName, bounds: &str) -> Form {
    let (Some(above), Some(below)) = (schema.table(table), schema.table(child)) else {
        return Form::AttachPartition;
    };
    let wholes = above.constraints.values().cloned().map(Whole::Key).filter(|whole| match whole {
        Whole::Key(constraint) => constraint.kind.has_index(),
        Whole::Index(_) => true,
    });
    let wholes = wholes.chain(above.indexes.values().cloned().map(Whole::Index));
    if wholes.into_iter().any(|whole| schema.matching(child, &whole).is_none()) {
        return Form::AttachPartitionBuild;
    }
    let beside = related(Role::DefaultPartition, table, schema);
    let keyed = !parents_of(above, |_| true).is_empty();
    let proved = match schema.bound(table, child, bounds) {
        Bound::Every => true,
        Bound::Where(says) => below.constraints.values().any(|c| {
            let ConstraintKind::Check(check) = &c.kind else { return false };
            let same = *check == says || bounds::condition(above, bounds).as_ref() == Some(check);
            c.validated && same
        }),
        Bound::Untold => false,
    };
    let alone = beside.iter().all(|name| name == child) && !keyed;
    if proved && alone { Form::AttachPartitionProved } else { Form::AttachPartition }
}

/// What an operation is about on `schema`, as it is before the operation.
pub(crate) fn subject(op: &Op, schema: &Schema) -> Subject {
    let subject = Subject::new(form(op, schema), op.relation().cloned());
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these name other relations")]
    match op {
        Op::Object { id, becomes, .. } => of_object(subject, (id, becomes.as_ref()), schema),
        Op::CreateTable { table, definition } => {
            let parents = parents_of(definition, |_| true);
            subject.with(Role::Parents, parents.into_iter().filter(|parent| parent != table))
        }
        Op::DropTable { table } => {
            let parents = schema.table(table).map(|t| parents_of(t, |_| true));
            subject.with(Role::Parents, parents.unwrap_or_default())
        }
        Op::DropColumn { table, column } | Op::DropColumnOnly { table, column } => {
            let carries = |c: &Constraint| c.kind.columns().contains(column);
            let parents = schema.table(table).map(|t| parents_of(t, carries));
            subject.with(Role::Parents, parents.unwrap_or_default())
        }
        Op::AlterType { table, column, .. } => {
            let (parents, children) = keys_of_column(schema, table, column);
            subject.with(Role::Parents, parents).with(Role::Children, children)
        }
        Op::AddConstraint { constraint, .. } => {
            subject.with(Role::Parents, constraint.kind.parent().cloned())
        }
        Op::ValidateConstraint { table, name }
        | Op::DropConstraint { table, name }
        | Op::DropConstraintIfExists { table, name } => {
            let kind = schema.constraint_kind(table, name);
            subject.with(Role::Parents, kind.and_then(ConstraintKind::parent).cloned())
        }
        Op::RenameIndex { table, name, .. } => subject.with(Role::OwnIndex, [table.sibling(name)]),
        Op::CreateView { definition, .. } | Op::ReplaceView { definition, .. } => {
            subject.with(Role::Reads, definition.reads.clone())
        }
        Op::Update { table, set, .. } => {
            let carries =
                |c: &Constraint| c.kind.columns().iter().any(|k| set.iter().any(|(s, _)| s == k));
            let parents = schema.table(table).map(|t| parents_of(t, carries));
            subject.with(Role::Parents, parents.unwrap_or_default())
        }
        Op::InsertSelect { table, from, .. } => {
            let parents = schema.table(table).map(|t| parents_of(t, |_| true));
            subject
                .with(Role::Parents, parents.unwrap_or_default())
                .with(Role::Reads, [from.clone()])
        }
        Op::Delete { table, .. } => subject.with(Role::Children, children_of(schema, table)),
        Op::AttachPartition { table, child, .. } | Op::DetachPartition { table, child, .. } => {
            let mut moved = vec![child.clone()];
            moved.extend(schema.descendants(child));
            let parents = schema.table(table).map(|t| parents_of(t, |_| true));
            let beside = related(Role::DefaultPartition, table, schema);
            subject
                .with(Role::Attached, moved)
                .with(Role::DefaultPartition, beside.into_iter().filter(|name| name != child))
                .with(Role::Parents, parents.unwrap_or_default())
                .with(Role::Children, children_of(schema, table))
                .only(&[Role::DefaultPartition])
        }
        Op::Inherit { parent, .. } | Op::NoInherit { parent, .. } => {
            subject.with(Role::Inherited, [parent.clone()])
        }
        _ => subject,
    }
}

fn of_object(
    subject: Subject,
    (id, becomes): (&ObjectId, Option<&Object>),
    schema: &Schema,
) -> Subject {
    if matches!(id.kind, ObjectKind::Sequence | ObjectKind::Ownership) {
        // Of tables, the one that owns it is locked only where the statement names it.
        let named = becomes.filter(|_| id.kind == ObjectKind::Ownership);
        let owner = named.and_then(|o| o.of.as_ref()).and_then(schema::Subject::relation);
        let owner = owner.cloned().filter(|owner| schema.tables.contains_key(owner));
        return Subject::new(subject.form, None).with(Role::OwnerTable, owner);
    }
    // What goes is known by the schema alone.
    let gone = schema.objects.get(id).filter(|_| becomes.is_none());
    match gone {
        Some(object) => Subject {
            target: object.of.as_ref().and_then(schema::Subject::relation).cloned(),
            ..subject
        },
        None => subject,
    }
}

/// Tables that the foreign keys among a table's constraints point at.
pub(crate) fn parents_of(table: &Table, wanted: impl Fn(&Constraint) -> bool) -> Vec<QName> {
    let mut parents: Vec<QName> = table
        .constraints
        .values()
        .filter(|c| wanted(c))
        .filter_map(|c| c.kind.parent().cloned())
        .collect();
    parents.sort();
    parents.dedup();
    parents
}

/// Tables other than itself whose foreign keys point at a table.
pub(crate) fn children_of(schema: &Schema, table: &QName) -> Vec<QName> {
    schema.referencing(table).map(|(child, ..)| child.clone()).filter(|c| c != table).collect()
}

/// Parents of a column's foreign keys, and children whose keys point at the column.
pub(crate) fn keys_of_column(
    schema: &Schema,
    table: &QName,
    column: &str,
) -> (Vec<QName>, Vec<QName>) {
    let Some(found) = schema.table(table) else { return (Vec::new(), Vec::new()) };
    let carries = |c: &Constraint| c.kind.columns().iter().any(|k| k == column);
    let parents = parents_of(found, carries).into_iter().filter(|parent| parent != table);
    let points = |columns: &[String]| {
        let implied = found.primary_key().unwrap_or_default();
        let columns = if columns.is_empty() { implied } else { columns };
        columns.iter().any(|c| c == column)
    };
    let children = schema
        .referencing(table)
        .filter(|(child, _, key)| *child != table && points(&key.parent_columns))
        .map(|(child, ..)| child.clone());
    (parents.collect(), children.collect())
}

/// Whether a b-tree of the table begins with the column.
fn leads_index(schema: &Schema, table: &QName, column: &str) -> bool {
    let Some(table) = schema.table(table) else { return false };
    let first = |columns: &[String]| columns.first().is_some_and(|c| c == column);
    let key = crate::name::quote(column);
    table.constraints.values().any(|c| c.kind.is_key() && first(&c.kind.columns()))
        || table.indexes.values().any(|i| {
            i.valid && i.method == "btree" && i.predicate.is_none() && i.keys.first() == Some(&key)
        })
}

/// Whether another collation has an index built anew.
fn recollates(
    schema: &Schema,
    (table, column): (&QName, &str),
    collation: Option<&String>,
) -> bool {
    let Some(table) = schema.table(table) else { return false };
    table.column(column).is_some_and(|c| c.collation.as_ref() != collation)
        && table.indexes.values().any(|i| i.columns.iter().any(|c| c == column))
}

fn detach(schema: &Schema, table: &QName) -> Form {
    let referenced = !children_of(schema, table).is_empty();
    if referenced { Form::DetachReferenced } else { Form::DetachPartition }
}

/// Which form an operation has on `schema`.
#[expect(clippy::too_many_lines, reason = "an arm for each kind")]
fn form(op: &Op, schema: &Schema) -> Form {
    match op {
        Op::AddColumn { column, .. } => add_column(column, schema),
        Op::DropColumn { .. } | Op::DropColumnOnly { .. } => Form::DropColumn,
        Op::AlterType { table, column, ty, collation, using } => {
            let form = change_type(schema, (table, column), ty, using.as_ref());
            let in_place = form == Form::AlterTypeInPlace;
            let reindexes = in_place && recollates(schema, (table, column), collation.as_ref());
            if reindexes { Form::AlterTypeReindex } else { form }
        }
        Op::SetDefault { .. } => Form::SetDefault,
        Op::SetNotNull { not_null: false, .. } => Form::DropNotNull,
        Op::SetNotNull { table, column, not_null: true } => {
            let proved = schema.proves_not_null(table, column);
            if proved { Form::SetNotNullProved } else { Form::SetNotNull }
        }
        Op::AddConstraint { .. }
        | Op::AddConstraintUsingIndex { .. }
        | Op::AddNotNullNotValid { .. }
        | Op::ValidateConstraint { .. }
        | Op::DropConstraint { .. }
        | Op::DropConstraintIfExists { .. }
        | Op::RenameNotNull { .. }
        | Op::RenameConstraint { .. } => constraint_form(op, schema),
        Op::SetLockTimeout { .. }
        | Op::SetStatementTimeout { .. }
        | Op::SkipBodyChecks
        | Op::CreateHelpers
        | Op::CreateProgress
        | Op::CreateThrottle
        | Op::DropHelpers
        | Op::CreateSyncFunction { .. }
        | Op::DropSyncFunction { .. }
        | Op::CreateRelayFunction { .. }
        | Op::DropRelayFunction { .. }
        | Op::CreateUndoTable { .. }
        | Op::CreateBackfill { .. }
        | Op::CreateUndo { .. } => Form::NoTable,
        Op::CreateTable { .. } => Form::CreateTable,
        Op::DropTable { .. } => Form::DropTable,
        Op::RenameTable { .. } => Form::RenameTable,
        Op::RenameLabel { .. } => Form::RenameEnumValue,
        Op::RenameColumn { .. } => Form::RenameColumn,
        Op::CreateIndex { table, index, concurrently: false, .. } => {
            index_form(schema, table, index)
        }
        Op::CreateIndex { concurrently: true, .. } => Form::CreateIndexConcurrently,
        Op::DropIndex { concurrently: false, .. } | Op::DropIndexCascade { .. } => Form::DropIndex,
        Op::CreateIndexOnly { .. } => Form::CreateIndexOnly,
        // Nothing is built: the parts are attached one by one.
        Op::AddConstraintOnly { .. } => Form::AddUniqueOnly,
        Op::DropIndex { concurrently: true, .. } => Form::DropIndexConcurrently,
        Op::RenameIndex { .. } => Form::RenameIndex,
        Op::CreateView { .. } => Form::CreateView,
        Op::ReplaceView { .. } => Form::ReplaceView,
        Op::DropView { .. } => Form::DropView,
        Op::CreateSyncTrigger { .. } | Op::CreateRelayTrigger { .. } => Form::CreateTrigger,
        Op::EnableSyncTrigger { .. } => Form::EnableTrigger,
        Op::DropSyncTrigger { .. } | Op::DropRelayTrigger { .. } => Form::DropTrigger,
        Op::Update { .. } | Op::Delete { .. } => Form::WholeTableWrite,
        Op::InsertSelect { .. } | Op::InsertRows { .. } => Form::Insert,
        Op::RunBackfill { .. } | Op::RunUndo { .. } => Form::Batches,
        Op::SetIdentity { identity: None, .. } => Form::DropIdentity,
        Op::SetIdentity { was: true, .. } => Form::AlterIdentity,
        Op::SetIdentity { .. } => Form::AddIdentity,
        Op::DropExpression { .. } => Form::DropExpression,
        Op::KeepPosition { .. } | Op::AdvanceSequence { kept: true, .. } => Form::NoTable,
        // The end of an index says what the largest value is.
        Op::AdvanceSequence { table, column, .. } if leads_index(schema, table, column) => {
            Form::NoTable
        }
        Op::AdvanceSequence { .. } => Form::Select,
        Op::AttachPartition { table, child, bounds } => attach(schema, table, child, bounds),
        Op::DetachPartition { table, concurrently: false, .. } => detach(schema, table),
        Op::DetachPartition { concurrently: true, .. } => Form::DetachConcurrently,
        Op::AttachIndex { .. } => Form::AttachIndex,
        Op::Inherit { .. } => Form::Inherit,
        Op::NoInherit { .. } => Form::NoInherit,
        Op::Object { id, becomes, sql } => object(id, becomes.is_some(), sql),
        Op::Verbatim { .. } => Form::Unknown,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`form` sends only constraint operations here")]
fn constraint_form(op: &Op, schema: &Schema) -> Form {
    match op {
        Op::AddConstraint { table, constraint, .. } => key_form(schema, table, constraint),
        Op::AddConstraintUsingIndex { table, index, primary, .. } => {
            using_index(schema, (table, index), *primary)
        }
        Op::AddNotNullNotValid { .. } => Form::AddNotNullNotValid,
        Op::ValidateConstraint { table, name } => validate(schema.constraint_kind(table, name)),
        Op::DropConstraint { table, name } | Op::DropConstraintIfExists { table, name } => {
            drop_constraint(schema.constraint_kind(table, name))
        }
        Op::RenameConstraint { .. } | Op::RenameNotNull { .. } => Form::RenameConstraint,
        _ => Form::Unknown,
    }
}

/// The form of ADD CONSTRAINT.
pub(crate) fn add_constraint(constraint: &Constraint) -> Form {
    match (&constraint.kind, constraint.validated) {
        (ConstraintKind::Check(_), true) => Form::AddCheck,
        (ConstraintKind::Check(_), false) => Form::AddCheckNotValid,
        (ConstraintKind::NotNull(_), true) => Form::AddNotNull,
        (ConstraintKind::NotNull(_), false) => Form::AddNotNullNotValid,
        (ConstraintKind::ForeignKey(key), _) if key.actions.ends_with("NOT ENFORCED") => {
            Form::AddForeignKeyNotEnforced
        }
        (ConstraintKind::ForeignKey(_), true) => Form::AddForeignKey,
        (ConstraintKind::ForeignKey(_), false) => Form::AddForeignKeyNotValid,
        (ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_), _) => Form::AddUnique,
        (ConstraintKind::Other(text, _), validated) => match (text.get(..4), validated) {
            (Some("CHEC"), _) if text.ends_with("NOT ENFORCED") => Form::AddCheckNotEnforced,
            (Some("CHEC"), true) => Form::AddCheck,
            (Some("CHEC"), false) => Form::AddCheckNotValid,
            (Some("FORE"), true) => Form::AddForeignKey,
            (Some("FORE"), false) => Form::AddForeignKeyNotValid,
            (Some("PRIM" | "UNIQ"), _) => Form::AddUnique,
            _ => Form::AddExclude,
        },
    }
}

/// The form of ADD … USING INDEX.
pub(crate) fn using_index(schema: &Schema, (table, index): (&QName, &str), primary: bool) -> Form {
    let found = schema.table(table).and_then(|t| t.indexes.get(index));
    let proved = found.is_some_and(|index| {
        index.columns.iter().all(|column| schema.proves_not_null(table, column))
    });
    if primary && !proved { Form::AddPrimaryKeyUsingIndexScan } else { Form::AddUsingIndex }
}

/// The form of VALIDATE CONSTRAINT; of a CHECK where the constraint is not known.
pub(crate) fn validate(kind: Option<&ConstraintKind>) -> Form {
    match kind {
        Some(ConstraintKind::ForeignKey(_)) => Form::ValidateForeignKey,
        Some(ConstraintKind::NotNull(_)) => Form::ValidateNotNull,
        Some(ConstraintKind::Other(text, _)) if text.starts_with("FORE") => {
            Form::ValidateForeignKey
        }
        Some(
            ConstraintKind::Check(_)
            | ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Unique(_)
            | ConstraintKind::Other(..),
        )
        | None => Form::ValidateCheck,
    }
}

/// The form of DROP CONSTRAINT; of a key or CHECK where the constraint is not known.
pub(crate) fn drop_constraint(kind: Option<&ConstraintKind>) -> Form {
    match kind {
        Some(ConstraintKind::ForeignKey(_)) => Form::DropForeignKey,
        Some(ConstraintKind::Other(text, _)) if text.starts_with("FORE") => Form::DropForeignKey,
        Some(
            ConstraintKind::Check(_)
            | ConstraintKind::NotNull(_)
            | ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Unique(_)
            | ConstraintKind::Other(..),
        )
        | None => Form::DropConstraint,
    }
}

//! `merge table t into u`: found out from the schema are the reference that says which rows belong
//! together, the columns that go over, and what holds for them.

use super::super::hint;
use super::super::names::{Names, addition};
use super::super::report;
use super::super::token::Span;
use super::Asker;
use crate::change::Merge;
use crate::diagnostic::{Diagnostic, Source};
use crate::name::{QName, quote};
use crate::schema::{
    Action, Column, Constraint, ConstraintKind, ForeignKey, Index, Key, Schema, Table,
};

impl Asker<'_> {
    /// The change that the hint asks for.
    pub(super) fn merged(&mut self, written: &hint::Merge) -> Result<Merge, Diagnostic> {
        self.with_names(|schema, names| merged(schema, names, written))
    }
}

pub(super) fn refuse(span: Span, message: String, help: &str) -> Diagnostic {
    Diagnostic::error("not-supported", (Source::Change, span), message, help)
}

fn merged(schema: &Schema, names: &mut Names, written: &hint::Merge) -> Result<Merge, Diagnostic> {
    let hint::Merge { table, columns: given, into } = written;
    let unknown = |name| report::unknown_table(Source::Change, name, schema);
    let definition = schema.table(&table.name).ok_or_else(|| unknown(table))?;
    let other = schema.table(&into.name).ok_or_else(|| unknown(into))?;
    stands_alone(schema, written)?;
    let key = belonging(schema, (definition, other), written)?;
    let (link, own) = (&key.columns[0], definition.primary_key().unwrap_or_default());
    for column in given {
        if definition.column(&column.name).is_none() {
            return Err(report::unknown_column(Source::Change, column, &table.name, definition));
        }
        if column.name == *link {
            let message = format!("`{link}` says which row of `{}` it belongs to", into.name);
            return Err(refuse(column.span, message, "leave it out: it goes with the table"));
        }
    }
    let goes_over = |column: &&Column| {
        let name = &column.name;
        let is_named = given.iter().any(|c| c.name == *name);
        name != link && (is_named || given.is_empty() && !own.contains(name))
    };
    let columns: Vec<&Column> = definition.columns.iter().filter(goes_over).collect();
    if columns.is_empty() {
        let message = format!("`{}` has no column but its keys", table.name);
        let help = format!(
            "where it says something that a row is there, add a boolean to `{}` and let the app write both for a while; drop the table then",
            into.name
        );
        return Err(refuse(table.span, message, &help));
    }
    if let Some(column) = columns.iter().find(|column| other.column(&column.name).is_some()) {
        let message = format!("`{}` has a column `{}` already", into.name, column.name);
        let help = "rename one of them first, as a change of its own; or leave it out: `merge table … (the others) into …`";
        return Err(refuse(into.span, message, help));
    }
    let over: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let stays = |column: &&Column| column.name != *link && !over.contains(&column.name);
    let mut merge = Merge {
        table: table.name.clone(),
        link: link.clone(),
        into: into.name.clone(),
        key: schema.parent_columns(&key).first().cloned().unwrap_or_default(),
        left: definition.columns.iter().filter(stays).map(|c| c.name.clone()).collect(),
        columns: columns.into_iter().map(as_it_comes).collect(),
        indexes: Vec::new(),
        constraints: Vec::new(),
    };
    take_along(schema, names, (definition, &over, table.span), &mut merge)?;
    Ok(merge)
}

/// Nothing else counts on the table.
fn stands_alone(schema: &Schema, written: &hint::Merge) -> Result<(), Diagnostic> {
    let hint::Merge { table, into, .. } = written;
    if let Some((child, ..)) = schema.referencing(&table.name).next() {
        return Err(refuse(
            table.span,
            format!("`{child}` refers to `{}`", table.name),
            &if *child == table.name {
                "drop that reference first, as a change of its own".to_owned()
            } else {
                format!("let it refer to `{}` first, as a change of its own", into.name)
            },
        ));
    }
    if let Some((view, _)) = schema.views_over(&table.name, None).next() {
        return Err(refuse(
            table.span,
            format!("view `{view}` reads `{}`", table.name),
            "drop the view first, as a change of its own, and make it over the other table afterwards",
        ));
    }
    Ok(())
}

/// NULL until something is said, as where there was no row.
pub(super) fn as_it_comes(column: &Column) -> Column {
    Column {
        collation: column.collation.clone(),
        ..Column::nullable(&column.name, column.ty.clone())
    }
}

/// References by which a row of the child is one of the parent's, for good: validated, of one column, unique
/// and NOT NULL. One where it is the row's own key; several where it is not said which is meant.
pub(super) fn references<'s>(child: &'s Table, parent: &QName) -> Vec<&'s ForeignKey> {
    let keys = child.constraints.values().filter(|c| c.validated);
    let keys = keys.filter_map(|c| c.kind.foreign_key());
    let mut keys: Vec<&ForeignKey> = keys
        .filter(|key| {
            key.parent == *parent
                && key.columns.len() == 1
                && !key.actions.ends_with("NOT ENFORCED")
                && tells_apart(child, &key.columns[0])
        })
        .collect();
    let is_own = |key: &&ForeignKey| child.primary_key() == Some(key.columns.as_slice());
    if keys.iter().any(is_own) {
        keys.retain(is_own);
    }
    keys.truncate(2);
    keys
}

/// The refusal where there are several.
pub(super) fn which(span: Span, child: &QName, keys: [&ForeignKey; 2]) -> Diagnostic {
    let [one, other] = keys.map(|key| quote(&key.columns[0]));
    refuse(
        span,
        format!(
            "{one} and {other} of `{child}` both say which row of `{}` a row belongs to",
            keys[0].parent
        ),
        "the hint cannot say which is meant: let one of them be NULL, or not unique, or without its foreign key first, as a change of its own",
    )
}

/// The reference by which a row belongs to one of the other table: one each, and gone with it.
fn belonging(
    schema: &Schema,
    (definition, other): (&Table, &Table),
    written: &hint::Merge,
) -> Result<ForeignKey, Diagnostic> {
    let hint::Merge { table, into, .. } = written;
    let keys = references(definition, &into.name);
    if let [one, other] = keys.as_slice() {
        return Err(which(table.span, &table.name, [one, other]));
    }
    let Some(key) = keys.first() else {
        return Err(refuse(
            table.span,
            format!(
                "no validated foreign key of one column, unique and NOT NULL, says which row of `{}` a row of `{}` belongs to",
                into.name, table.name
            ),
            "add one first, as a change of its own; rows of which several belong to one cannot be merged into it",
        ));
    };
    let leads_to = schema.parent_columns(key);
    let is_there = |column: &String| other.column(column).is_some_and(|c| c.not_null);
    if !leads_to.iter().all(is_there) {
        return Err(refuse(
            into.span,
            format!(
                "`{}` of `{}` may be NULL: a row without it could not have what the columns say",
                leads_to.join(", "),
                into.name
            ),
            "set it NOT NULL first, as a change of its own; or let the foreign key refer to the primary key",
        ));
    }
    if key.on_delete() != Action::Cascade {
        return Err(refuse(
            table.span,
            format!(
                "rows of `{}` do not go with their row of `{}`: the new release, which does not know them, could not delete it (23503)",
                table.name, into.name
            ),
            &format!(
                "give the foreign key on {} ON DELETE CASCADE first, as a change of its own",
                quote(&key.columns[0])
            ),
        ));
    }
    Ok((*key).clone())
}

/// Whether ON CONFLICT takes the column alone for a key.
fn tells_apart(definition: &Table, column: &str) -> bool {
    let alone = |columns: &[String]| columns.len() == 1 && columns[0] == column;
    let mut keys = definition.constraints.values().filter_map(|c| Key::of(&c.kind));
    let mut indexes = definition.indexes.values();
    definition.column(column).is_some_and(|c| c.not_null)
        && (keys.any(|key| alone(&key.columns) && key.deferral.is_empty())
            || indexes.any(|index| {
                index.unique
                    && index.valid
                    && index.predicate.is_none()
                    && index.keys == [quote(column)]
            }))
}

/// The reference as a column of the other table's rows has it: where the row would go with what it refers
/// to, nothing is left in the column. Nothing where that is not the same.
fn without_the_row(key: &ForeignKey, over: &[String]) -> Option<ForeignKey> {
    match key.on_delete() {
        Action::Refuse | Action::Restrict | Action::SetNull => Some(key.clone()),
        Action::Cascade => (over.len() == 1).then(|| ForeignKey {
            actions: key.actions.replace("ON DELETE CASCADE", "ON DELETE SET NULL"),
            ..key.clone()
        }),
        Action::SetDefault => None,
    }
}

/// Keys, references and indexes that are about nothing but the columns; what is about others, too, and
/// would be missed, is refused.
fn take_along(
    schema: &Schema,
    names: &mut Names,
    (definition, over, span): (&Table, &[String], Span),
    merge: &mut Merge,
) -> Result<(), Diagnostic> {
    let among = |columns: &[String]| columns.iter().any(|c| over.contains(c));
    let apart = |columns: &[String]| columns.iter().all(|c| over.contains(c));
    let kept = |what: String| {
        let message = format!(
            "{what} of `{}` holds for columns that go over, and cannot go with them",
            merge.table
        );
        let help = format!(
            "drop it first, as a change of its own, and say it of `{}` afterwards",
            merge.into
        );
        refuse(span, message, &help)
    };
    let mut name_of =
        |columns: &[String], label| names.choose(&merge.into, &addition(columns), label);
    let mut constraints = Vec::new();
    for (name, constraint) in &definition.constraints {
        let columns = constraint.kind.columns();
        if !among(&columns) || constraint.kind.is_key() && columns.contains(&merge.link) {
            continue;
        }
        let Some((label, kind)) =
            along(schema, over, constraint).filter(|_| apart(&columns) && constraint.validated)
        else {
            return Err(kept(format!("constraint `{name}`")));
        };
        constraints.push((name_of(&columns, label), Constraint { kind, validated: true }));
    }
    let mut indexes = Vec::new();
    for (name, index) in &definition.indexes {
        if !among(&index.columns) || index.columns.contains(&merge.link) {
            continue;
        }
        // Where NULL is not nothing, rows that say nothing would be the same.
        let plain = Key::of_index(&Index { predicate: None, ..index.clone() }, false, "");
        let is_apart = plain.is_some_and(|key| !key.nulls_not_distinct);
        if apart(&index.columns) && (!index.unique || is_apart) {
            indexes.push((name_of(&index.columns, "idx"), index.clone()));
        } else if index.unique {
            return Err(kept(format!("unique index `{name}`")));
        }
    }
    merge.constraints = constraints;
    merge.indexes = indexes;
    Ok(())
}

/// A constraint as the other table has it, with how its name ends; nothing where it would mean another thing.
fn along(
    schema: &Schema,
    over: &[String],
    constraint: &Constraint,
) -> Option<(&'static str, ConstraintKind)> {
    match &constraint.kind {
        ConstraintKind::Unique(_) => Some(("key", constraint.kind.clone())),
        ConstraintKind::ForeignKey(key) => {
            let key = without_the_row(key, over)?;
            let parent_columns = schema.parent_columns(&key);
            Some(("fkey", ConstraintKind::ForeignKey(ForeignKey { parent_columns, ..key })))
        }
        ConstraintKind::PrimaryKey(_)
        | ConstraintKind::NotNull(_)
        | ConstraintKind::Check(_)
        | ConstraintKind::Other(..) => None,
    }
}

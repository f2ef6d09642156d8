//! A plain table that the target has partitioned: which partition today's rows stay in, whether that can
//! be at all. Everything else that is different of the table comes before, while it is plain; `swap` has
//! the statements. Must not know recipes.

mod swap;

use std::sync::Arc;

use super::Diff;
use crate::change::Hint;
use crate::diagnostic::{Diagnostic, Source};
use crate::expr::Expr;
use crate::name::QName;
use crate::schema::{Bound, Inherited, Object, ObjectKind, Schema, Subject, Table, bounds};

/// A table that becomes a partition.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    table: QName,
    into: QName,
    bounds: String,
    proof: Option<Expr>,
}

/// Why a table cannot become one, and what to do instead.
struct No(String, &'static str);

const BY_HAND: &str = "make the new table under another name in a request of its own, copy the rows over while writes go to both, and rename the two in a request after it";

const FIRST: &str = "change that in a request of its own first";

impl Turn {
    /// Whether a hint only says into which partition the rows go.
    pub(super) fn answers(&self, hint: &Hint) -> bool {
        matches!(hint, Hint::RenameTable { table, .. } if *table == self.table)
    }

    /// The target with the table still plain: what it is before it becomes a partition.
    pub(super) fn flattened(&self, source: &Schema, target: &Schema) -> Schema {
        let mut flat = target.clone();
        let family = family(target, &self.table);
        for name in family.iter().filter(|name| **name != self.table) {
            flat.tables.remove(name);
        }
        if let Some(table) = flat.tables.get_mut(&self.table).map(Arc::make_mut) {
            table.partitioning = None;
            table.inherited = Inherited::default();
        }
        let of = |object: &Object| object.of.as_ref().and_then(Subject::relation).cloned();
        let objects = Arc::make_mut(&mut flat.objects);
        objects.retain(|id, object| {
            id.kind.is_early() || of(object).is_none_or(|of| !family.contains(&of))
        });
        // What is said of the table changes hands with its name.
        let own = source
            .objects
            .iter()
            .filter(|(id, object)| !id.kind.is_early() && of(object).as_ref() == Some(&self.table));
        objects.extend(own.map(|(id, object)| (id.clone(), object.clone())));
        flat
    }
}

/// A table and everything below it.
fn family(schema: &Schema, table: &QName) -> Vec<QName> {
    let mut family = vec![table.clone()];
    family.extend(schema.descendants(table));
    family
}

impl Diff<'_> {
    /// Tables that become partitioned; those that cannot are refused.
    pub(super) fn turns(&mut self, hints: &[Hint]) -> Vec<Turn> {
        let mut turns = Vec::new();
        for (name, before) in &self.source.tables {
            let Some(after) = self.target.table(name) else { continue };
            if before.is_partitioned() || !after.is_partitioned() {
                continue;
            }
            let found = self.possible(name, before).and_then(|()| self.choose(name, hints));
            match found {
                Ok(turn) => turns.push(turn),
                Err(No(why, help)) => self.diagnostics.push(Diagnostic::error(
                    "repartitioning",
                    (Source::Change, (0, 0)),
                    format!("table `{name}` is not partitioned, and would be: {why}"),
                    help,
                )),
            }
        }
        turns
    }

    fn possible(&self, name: &QName, before: &Table) -> Result<(), No> {
        let no = |why: String, help| Err(No(why, help));
        if before.partitioning.is_some() || !self.source.children(name).is_empty() {
            return no("it has parents or heirs already".to_owned(), FIRST);
        }
        let Some(after) = self.target.table(name) else { return Ok(()) };
        unique_over_partitions(name, after)?;
        moved_columns(before, after)?;
        let keys = before.constraints.iter().chain(&after.constraints);
        if let Some((key, _)) = keys.into_iter().find(|(_, c)| c.kind.is_reference()) {
            return no(
                format!(
                    "making its reference `{key}` that of the partitioned table takes ACCESS EXCLUSIVE on the table that it points at while the table itself is locked: two locks at once that the app takes in another order, so that the server ends one of them (40P01)"
                ),
                "drop the reference in a request of its own first, and add it again afterwards, in a quiet hour",
            );
        }
        let mut referencing = self.target.referencing(name);
        if let Some((child, key, _)) = referencing
            .find(|(child, ..)| self.target.table(child).is_some_and(|t| t.partitioning.is_some()))
        {
            return no(
                format!(
                    "the reference `{key}` of `{child}`, which is partitioned, would be checked row by row under its lock"
                ),
                "drop the reference in a request of its own first, and add it again afterwards",
            );
        }
        let over = self.source.views_over(name, None).map(|(view, _)| view.clone()).collect();
        let views = self.source.with_dependents(over);
        let stored = |view: &&QName| self.source.views.get(*view).is_some_and(|v| v.materialized);
        if let Some(view) = views.iter().find(stored) {
            return no(
                format!(
                    "the materialized view `{view}` reads it, and would be filled anew under its lock"
                ),
                "drop the view in a request of its own first, and make it again afterwards",
            );
        }
        if let Some(what) = self.bound_by_number(name) {
            return no(
                format!("{what} is bound to today's table, not to its name"),
                "drop it in a request of its own first, and make it again afterwards",
            );
        }
        Ok(())
    }

    /// What would go on meaning the table that steps aside.
    fn bound_by_number(&self, name: &QName) -> Option<String> {
        let bare = |text: &str| {
            let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
            words.any(|word| word == name.name)
        };
        let typed = self.source.tables.iter().find_map(|(table, t)| {
            let column = t.columns.iter().find(|c| bare(c.ty.as_str()))?;
            Some(format!("the column `{}` of `{table}`", column.name))
        });
        typed.or_else(|| {
            let (id, _) = self.source.objects.iter().find(|(id, object)| match id.kind {
                ObjectKind::Rule => {
                    object.of.as_ref().and_then(Subject::relation) == Some(name)
                        || object.mentions(&name.name)
                }
                ObjectKind::Replication => object.mentions(&name.name),
                // Its arguments or its result; a body that is a string goes by names.
                ObjectKind::Routine => {
                    bare(object.part("HEAD").unwrap_or(&id.name))
                        || (object.mentions(&name.name)
                            && object.make.iter().any(|sql| sql.contains("BEGIN ATOMIC")))
                }
                ObjectKind::Schema
                | ObjectKind::Extension
                | ObjectKind::Language
                | ObjectKind::Plain
                | ObjectKind::Enum
                | ObjectKind::Type
                | ObjectKind::Domain
                | ObjectKind::Sequence
                | ObjectKind::Aggregate
                | ObjectKind::Operator
                | ObjectKind::Foreign
                | ObjectKind::ForeignTable
                | ObjectKind::Ownership
                | ObjectKind::Statistics
                | ObjectKind::ViewIndex
                | ObjectKind::Trigger
                | ObjectKind::EventTrigger
                | ObjectKind::Policy
                | ObjectKind::Property
                | ObjectKind::Privilege
                | ObjectKind::DefaultPrivilege
                | ObjectKind::Owner
                | ObjectKind::Comment
                | ObjectKind::Unknown => false,
            })?;
            Some(format!("the {} `{}`", id.kind.noun(), id.name))
        })
    }

    /// The partition that today's rows stay in: the one that a hint names, the only one, the one without
    /// a lower end, or the default.
    fn choose(&self, name: &QName, hints: &[Hint]) -> Result<Turn, No> {
        let parts: Vec<(QName, String)> = self
            .target
            .children(name)
            .into_iter()
            .filter_map(|child| {
                let parts = self.target.table(&child)?.parts();
                let is_new = !self.source.tables.contains_key(&child) && parts.by.is_none();
                let (_, bounds) = parts.of.filter(|_| is_new)?;
                Some((child, bounds))
            })
            .collect();
        let named = hints.iter().find_map(|hint| match hint {
            Hint::RenameTable { table, to } if table == name => Some(name.sibling(to)),
            Hint::RenameTable { .. }
            | Hint::RenameColumn { .. }
            | Hint::RenameLabel { .. }
            | Hint::Fill { .. } => None,
        });
        let first = |wanted: &dyn Fn(&(QName, String)) -> bool| parts.iter().find(|p| wanted(p));
        let chosen = match (&named, parts.as_slice()) {
            (Some(named), _) => first(&|(child, _)| child == named),
            (None, [only]) => Some(only),
            (None, _) => first(&|(_, bounds)| bounds.starts_with("FOR VALUES FROM (MINVALUE)"))
                .or_else(|| first(&|(_, bounds)| bounds == "DEFAULT")),
        };
        let Some((into, bounds)) = chosen else {
            return Err(No(
                "its rows would have to be distributed over partitions, which PostgreSQL does only by writing them anew".to_owned(),
                "give the target a DEFAULT partition, or one FROM (MINVALUE), that takes today's table as it is (or name it: -- concertina: rename table t to p); or make the new table under another name in a request of its own, copy the rows over while writes go to both, and rename the two in a request after it",
            ));
        };
        let proof = match self.target.bound(name, into, bounds) {
            Bound::Every => None,
            Bound::Where(condition) => Some(condition),
            Bound::Untold => {
                return Err(No(
                    format!(
                        "no CHECK can prove that its rows belong into `{into}` (PostgreSQL proves lists, and ranges over one column), so that attaching would read all of them under ACCESS EXCLUSIVE"
                    ),
                    BY_HAND,
                ));
            }
        };
        Ok(Turn { table: name.clone(), into: into.clone(), bounds: bounds.clone(), proof })
    }
}

/// Every key of a partitioned table has the columns that it is partitioned by: uniqueness is looked after
/// partition by partition.
fn unique_over_partitions(name: &QName, after: &Table) -> Result<(), No> {
    let by = bounds::key_columns(after);
    let holds = |columns: &[String]| {
        by.as_ref().is_some_and(|by| by.iter().all(|column| columns.contains(column)))
    };
    let keys = after.constraints.iter().filter(|(_, c)| c.kind.has_index());
    let indexes = after.indexes.iter().filter(|(_, index)| index.unique);
    let keys = keys.map(|(key, c)| (key, c.kind.columns()));
    let mut all = keys.chain(indexes.map(|(key, index)| (key, index.columns.clone())));
    let Some((key, columns)) = all.find(|(_, columns)| !holds(columns)) else { return Ok(()) };
    let by = by.map_or("an expression".to_owned(), |by| format!("({})", by.join(", ")));
    Err(No(
        format!(
            "`{key}` holds ({}) unique, and PostgreSQL keeps no key over partitions of `{name}` that lacks {by}, by which they are told apart",
            columns.join(", ")
        ),
        "give the target a key that has the partition's columns too, if the app can do without the old one; or partition by a column of the key",
    ))
}

/// Columns that go or change their type need both shapes for a while, and that is planned for a plain
/// table.
fn moved_columns(before: &Table, after: &Table) -> Result<(), No> {
    let moved = before
        .columns
        .iter()
        .find(|c| after.column(&c.name).is_none_or(|a| a.ty != c.ty || a.generated != c.generated));
    match moved {
        Some(column) => {
            Err(No(format!("the same request drops, renames or retypes `{}`", column.name), FIRST))
        }
        None => Ok(()),
    }
}

//! What an operation on a table does to the tables below it: partitions and heirs follow their parent,
//! and what they have from it they cannot change by themselves. As `tablecmds.c` and `indexcmds.c`
//! recurse.

use super::{Refusal, refuse};
use crate::name::{QName, derived};
use crate::op::Op;
use crate::schema::{Column, Constraint, ConstraintKind, Index, Schema};

impl Schema {
    /// Whether an operation reaches tables below its own.
    pub(super) fn reaches_below(&self, op: &Op) -> bool {
        followed(op).is_some_and(|table| !self.children(table).is_empty())
    }

    /// The operation, and what it means below.
    pub(super) fn carry(&mut self, op: &Op) -> Result<(), Refusal> {
        let Some(table) = followed(op) else { return self.apply_here(op) };
        let children = self.children(table);
        let was = constraint_of(op).and_then(|name| self.constraint_kind(table, name)).cloned();
        self.apply_here(op)?;
        for child in children {
            match op {
                Op::RenameTable { table, to } => self.parent_renamed(&child, table, to),
                op if is_about_constraint(op) => {
                    self.constraint_below(&child, op, was.as_ref())?;
                }
                op if is_about_index(op) => self.index_below(&child, op)?,
                op => self.column_below(&child, op)?,
            }
        }
        Ok(())
    }

    fn parent_renamed(&mut self, child: &QName, from: &QName, to: &str) {
        let Some(table) = self.tables.get_mut(child) else { return };
        let mut parts = table.parts();
        let renamed = |name: &mut QName| {
            if name == from {
                to.clone_into(&mut name.name);
            }
        };
        if let Some((parent, _)) = &mut parts.of {
            renamed(parent);
        }
        parts.inherits.iter_mut().for_each(renamed);
        table.partitioning = parts.text();
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`carry` sends only column operations here")]
    fn column_below(&mut self, child: &QName, op: &Op) -> Result<(), Refusal> {
        let Some(table) = self.table(child) else { return Ok(()) };
        let is_partition = table.is_partition();
        let has = |name: &str| table.column(name).is_some();
        let child_name = || child.clone();
        let below = match op {
            Op::AddColumn { column, .. } => {
                return self.add_column_below(child, column);
            }
            Op::DropColumn { column, .. } if has(column) => {
                let still = self.inherits_column(child, column);
                let own = !is_partition && !table.inherited.columns.contains(column);
                if still || own {
                    return Ok(());
                }
                if let Some(table) = self.tables.get_mut(child) {
                    table.inherited.columns.remove(column);
                }
                Op::DropColumn { table: child_name(), column: column.clone() }
            }
            Op::RenameColumn { column, to, .. } if has(column) => {
                if let Some(table) = self.tables.get_mut(child)
                    && table.inherited.columns.remove(column)
                {
                    table.inherited.columns.insert(to.clone());
                }
                Op::RenameColumn { table: child_name(), column: column.clone(), to: to.clone() }
            }
            Op::AlterType { column, ty, collation, using, .. } if has(column) => Op::AlterType {
                table: child_name(),
                column: column.clone(),
                ty: ty.clone(),
                collation: collation.clone(),
                using: using.clone(),
            },
            Op::SetDefault { column, default, .. } if has(column) => Op::SetDefault {
                table: child_name(),
                column: column.clone(),
                default: default.clone(),
            },
            Op::SetNotNull { column, not_null, .. } if has(column) => Op::SetNotNull {
                table: child_name(),
                column: column.clone(),
                not_null: *not_null,
            },
            Op::DropExpression { column, .. } if has(column) => {
                Op::DropExpression { table: child_name(), column: column.clone() }
            }
            _ => return Ok(()),
        };
        self.carry(&below)
    }

    fn add_column_below(&mut self, child: &QName, column: &Column) -> Result<(), Refusal> {
        let Some(table) = self.tables.get_mut(child) else { return Ok(()) };
        match table.column(&column.name) {
            None => {
                if !table.is_partition() {
                    table.inherited.columns.insert(column.name.clone());
                }
                // An identity is the parent's alone.
                let column = Column { identity: None, ..column.clone() };
                self.carry(&Op::AddColumn { table: child.clone(), column })
            }
            Some(own) if own.ty == column.ty => Ok(()),
            Some(_) => refuse(
                "42804",
                format!(
                    "child table \"{}\" has different type for column \"{}\"",
                    child.name, column.name
                ),
            ),
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "`carry` sends only constraint operations here"
    )]
    fn constraint_below(
        &mut self,
        child: &QName,
        op: &Op,
        was: Option<&ConstraintKind>,
    ) -> Result<(), Refusal> {
        match op {
            Op::AddConstraint { name, constraint, .. } => {
                self.add_constraint_below(child, name, constraint)
            }
            Op::AddNotNullNotValid { name, column, .. } => {
                let kind = ConstraintKind::NotNull(column.clone());
                self.add_constraint_below(child, name, &Constraint { kind, validated: false })
            }
            Op::ValidateConstraint { name, .. } => {
                let is_check = was.is_some_and(ConstraintKind::is_inherited_check);
                let parts =
                    if is_check { vec![name.clone()] } else { self.parts_of(child, name, was) };
                for own in parts {
                    let table = self.table(child);
                    let open = table.and_then(|t| t.constraints.get(&own)).is_some_and(|c| !c.validated);
                    if open {
                        self.carry(&Op::ValidateConstraint { table: child.clone(), name: own })?;
                    }
                }
                Ok(())
            }
            Op::DropConstraint { name, .. } | Op::DropConstraintIfExists { name, .. } => {
                let is_index = was.is_some_and(ConstraintKind::has_index);
                for own in self.parts_of(child, name, was) {
                    self.drop_part(child, own, is_index)?;
                }
                Ok(())
            }
            Op::RenameConstraint { name, to, .. } => {
                if was.is_some_and(ConstraintKind::is_inherited_check) {
                    let own = self.parts_of(child, name, was);
                    let renamed = Op::RenameConstraint {
                        table: child.clone(),
                        name: name.clone(),
                        to: to.clone(),
                    };
                    if own.is_empty() { return Ok(()) }
                    self.carry(&renamed)?;
                }
                self.part_renamed(child, name, to);
                Ok(())
            }
            other => unreachable!("not a constraint operation: {other:?}"),
        }
    }

    /// A parent's constraint as its child has it: by its own names.
    fn parts_of(&self, child: &QName, name: &str, was: Option<&ConstraintKind>) -> Vec<String> {
        let Some(table) = self.table(child) else { return Vec::new() };
        let named = |map: &std::collections::BTreeMap<String, String>| {
            let own = map.iter().filter(|(_, parent)| *parent == name);
            own.map(|(own, _)| own.clone()).collect::<Vec<_>>()
        };
        match was {
            Some(kind) if kind.has_index() => named(&table.inherited.indexes),
            Some(_) | None => named(&table.inherited.constraints),
        }
    }

    fn drop_part(&mut self, child: &QName, own: String, is_index: bool) -> Result<(), Refusal> {
        // Another parent may have the same check.
        if !is_index
            && self.known_parents(child).iter().any(|(_, parent)| {
                parent.constraints.get(&own).is_some_and(|c| c.kind.is_inherited_check())
            })
        {
            return Ok(());
        }
        let Some(table) = self.tables.get_mut(child) else { return Ok(()) };
        table.inherited.constraints.remove(&own);
        table.inherited.indexes.remove(&own);
        let table = child.clone();
        let op = if self.constraint_kind(child, &own).is_some() {
            Op::DropConstraint { table, name: own }
        } else {
            Op::DropIndex { table, name: own, concurrently: false, if_exists: false }
        };
        self.carry(&op)
    }

    fn part_renamed(&mut self, child: &QName, from: &str, to: &str) {
        let Some(table) = self.tables.get_mut(child) else { return };
        let inherited = &mut table.inherited;
        for parent in inherited.constraints.values_mut().chain(inherited.indexes.values_mut()) {
            if parent == from {
                to.clone_into(parent);
            }
        }
    }

    /// What a constraint of a parent means for a child: it is merged with the child's own, or added.
    pub(super) fn add_constraint_below(
        &mut self,
        child: &QName,
        name: &str,
        constraint: &Constraint,
    ) -> Result<(), Refusal> {
        let kind = &constraint.kind;
        let is_partition = self.table(child).is_some_and(crate::schema::Table::is_partition);
        if kind.is_inherited_check() {
            return self.add_check_below(child, name, constraint);
        }
        if !is_partition {
            return Ok(());
        }
        if kind.has_index() {
            return self.add_part(child, name, &Whole::Key(constraint.clone()));
        }
        if kind.is_reference() {
            return self.add_reference_below(child, name, constraint);
        }
        Ok(())
    }

    fn add_check_below(
        &mut self,
        child: &QName,
        name: &str,
        constraint: &Constraint,
    ) -> Result<(), Refusal> {
        let Some(table) = self.tables.get_mut(child) else { return Ok(()) };
        match table.constraints.get(name) {
            Some(own) if own.kind == constraint.kind => {
                if table.is_partition() {
                    table.inherited.constraints.insert(name.to_owned(), name.to_owned());
                }
                Ok(())
            }
            Some(_) => refuse(
                "42804",
                format!("child table \"{}\" has different definition for check constraint \"{name}\"", child.name),
            ),
            None => {
                self.carry(&Op::AddConstraint {
                    table: child.clone(),
                    name: name.to_owned(),
                    constraint: constraint.clone(),
                })?;
                self.note_constraint(child, name, name);
                Ok(())
            }
        }
    }

    fn add_reference_below(
        &mut self,
        child: &QName,
        name: &str,
        constraint: &Constraint,
    ) -> Result<(), Refusal> {
        let Some(table) = self.table(child) else { return Ok(()) };
        let own = table.constraints.iter().find(|(own, c)| {
            *c == constraint && !table.inherited.constraints.contains_key(*own)
        });
        if let Some((own, _)) = own {
            let own = own.clone();
            self.note_constraint(child, &own, name);
            return Ok(());
        }
        let own = if table.constraints.contains_key(name) {
            let columns = derived::addition(&constraint.kind.columns());
            let taken = |own: &str| table.constraints.contains_key(own);
            derived::choose(&child.name, &columns, "fkey", taken)
        } else {
            name.to_owned()
        };
        self.carry(&Op::AddConstraint {
            table: child.clone(),
            name: own.clone(),
            constraint: constraint.clone(),
        })?;
        self.note_constraint(child, &own, name);
        Ok(())
    }

    fn note_constraint(&mut self, child: &QName, own: &str, parent: &str) {
        if let Some(table) = self.tables.get_mut(child) {
            table.inherited.constraints.insert(own.to_owned(), parent.to_owned());
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`carry` sends only index operations here")]
    fn index_below(&mut self, child: &QName, op: &Op) -> Result<(), Refusal> {
        if !self.table(child).is_some_and(crate::schema::Table::is_partition) {
            return Ok(());
        }
        match op {
            Op::CreateIndex { name, index, .. } => {
                self.add_part(child, name, &Whole::Index(index.clone()))
            }
            Op::DropIndex { name, .. } => {
                let index = ConstraintKind::Unique(Vec::new());
                for own in self.parts_of(child, name, Some(&index)) {
                    self.drop_part(child, own, true)?;
                }
                Ok(())
            }
            Op::RenameIndex { name, to, .. } => {
                self.part_renamed(child, name, to);
                Ok(())
            }
            other => unreachable!("not an index operation: {other:?}"),
        }
    }

    /// A partition's part of its parent's index or key: one that it has already, or a new one under
    /// the name that PostgreSQL derives.
    pub(super) fn add_part(
        &mut self,
        child: &QName,
        name: &str,
        whole: &Whole,
    ) -> Result<(), Refusal> {
        let own = match self.matching(child, whole) {
            Some(own) => own,
            None => {
                let own = self.derived_name(child, whole);
                let table = child.clone();
                let op = match whole {
                    Whole::Index(index) => Op::CreateIndex {
                        table,
                        name: own.clone(),
                        index: index.clone(),
                        concurrently: false,
                    },
                    Whole::Key(constraint) => Op::AddConstraint {
                        table,
                        name: own.clone(),
                        constraint: constraint.clone(),
                    },
                };
                self.carry(&op)?;
                own
            }
        };
        if let Some(table) = self.tables.get_mut(child) {
            table.inherited.indexes.insert(own, name.to_owned());
        }
        Ok(())
    }

    /// An index or key of a partition that can be its part of the whole, and is of none yet.
    pub(crate) fn matching(&self, child: &QName, whole: &Whole) -> Option<String> {
        let table = self.table(child)?;
        let free = |name: &&String| !table.inherited.indexes.contains_key(*name);
        let keys = table.constraints.iter().filter(|(_, c)| c.kind.has_index());
        match whole {
            Whole::Key(wanted) => {
                let fits = |c: &Constraint| c.kind == wanted.kind;
                keys.filter(|(_, c)| fits(c)).map(|(name, _)| name).find(free).cloned()
            }
            Whole::Index(wanted) => {
                let indexes = table.indexes.iter().filter(|(_, i)| i.valid && wanted.is_same_shape(i));
                let keys = keys.filter(|(_, c)| {
                    c.kind.backing().is_some_and(|backing| wanted.is_same_shape(&backing))
                });
                let names = indexes.map(|(name, _)| name).chain(keys.map(|(name, _)| name));
                names.filter(free).min().cloned()
            }
        }
    }

    /// The name that PostgreSQL gives to a partition's part of an index or key.
    fn derived_name(&self, child: &QName, whole: &Whole) -> String {
        let (labels, label) = match whole {
            Whole::Index(index) => (labels(index), "idx"),
            Whole::Key(constraint) => match &constraint.kind {
                ConstraintKind::PrimaryKey(_) => (Vec::new(), "pkey"),
                ConstraintKind::Other(text, columns) if text.starts_with("EXCLUDE") => {
                    (columns.clone(), "excl")
                }
                kind => (kind.columns(), "key"),
            },
        };
        derived::choose(&child.name, &derived::addition(&labels), label, |name| {
            self.is_taken(&child.sibling(name))
        })
    }

    /// Whether a relation, an index or a key has the name.
    pub(crate) fn is_taken(&self, name: &QName) -> bool {
        let id = crate::schema::ObjectId::new(
            crate::schema::ObjectKind::Sequence,
            name.to_string(),
        );
        self.tables.contains_key(name)
            || self.views.contains_key(name)
            || self.objects.contains_key(&id)
            || self.tables.iter().any(|(table, t)| {
                table.schema == name.schema
                    && (t.indexes.contains_key(&name.name)
                        || t.constraints.get(&name.name).is_some_and(|c| c.kind.has_index()))
            })
    }
}

/// An index or key of a partitioned table, of which every partition has a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    /// A plain index.
    Index(Index),
    /// A key or exclusion.
    Key(Constraint),
}

/// What each key of an index is called in a name: its column, its function, or `expr`.
fn labels(index: &Index) -> Vec<String> {
    let included = index.suffix.strip_prefix(" INCLUDE (").and_then(|rest| rest.split(')').next());
    let included = included.map(|list| list.split(", ").collect()).unwrap_or_default();
    let keys = index.keys.iter().map(String::as_str).chain::<Vec<&str>>(included);
    keys.map(label).collect()
}

fn label(key: &str) -> String {
    let end = key
        .char_indices()
        .scan(false, |quoted, (at, c)| {
            *quoted ^= c == '"';
            let inside = *quoted || c == '"' || c == '.' || c.is_alphanumeric() || c == '_' || c == '$';
            inside.then_some(at + c.len_utf8())
        })
        .last()
        .unwrap_or_default();
    let name = key.get(..end).and_then(crate::name::split_dotted).unwrap_or_default();
    name.last().cloned().unwrap_or_else(|| {
        if key.to_ascii_uppercase().starts_with("(CASE ") { "case".to_owned() } else { "expr".to_owned() }
    })
}

fn is_about_constraint(op: &Op) -> bool {
    matches!(
        op,
        Op::AddConstraint { .. }
            | Op::AddNotNullNotValid { .. }
            | Op::ValidateConstraint { .. }
            | Op::DropConstraint { .. }
            | Op::DropConstraintIfExists { .. }
            | Op::RenameConstraint { .. }
    )
}

fn is_about_index(op: &Op) -> bool {
    matches!(op, Op::CreateIndex { .. } | Op::DropIndex { .. } | Op::RenameIndex { .. })
}

/// The table whose children follow an operation.
fn followed(op: &Op) -> Option<&QName> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others stay within their table")]
    match op {
        Op::AddColumn { table, .. }
        | Op::DropColumn { table, .. }
        | Op::RenameColumn { table, .. }
        | Op::AlterType { table, .. }
        | Op::SetDefault { table, .. }
        | Op::SetNotNull { table, .. }
        | Op::DropExpression { table, .. }
        | Op::RenameTable { table, .. } => Some(table),
        op if is_about_constraint(op) || is_about_index(op) => op.relation(),
        _ => None,
    }
}

/// The constraint that an operation names.
fn constraint_of(op: &Op) -> Option<&str> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others name none that is there")]
    match op {
        Op::ValidateConstraint { name, .. }
        | Op::DropConstraint { name, .. }
        | Op::DropConstraintIfExists { name, .. }
        | Op::RenameConstraint { name, .. } => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn keys_are_called_as_postgresql_calls_them() {
        for (key, expected) in [
            ("a", "a"),
            ("\"B c\" DESC", "B c"),
            ("lower(a)", "lower"),
            ("public.f(a) text_ops", "f"),
            ("((a || b))", "expr"),
        ] {
            assert_eq!(label(key), expected, "{key}");
        }
    }
}

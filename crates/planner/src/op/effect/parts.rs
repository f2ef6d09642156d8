//! Indexes and keys of partitioned tables, of which every partition has a part: which part is there,
//! and what PostgreSQL calls one that it makes.

use super::Refusal;
use crate::name::{QName, derived};
use crate::op::Op;
use crate::schema::{Constraint, ConstraintKind, Index, Schema};
use std::sync::Arc;

impl Schema {
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
        if let Some(table) = self.tables.get_mut(child).map(Arc::make_mut) {
            table.inherited.indexes.insert(own, name.to_owned());
        }
        Ok(())
    }

    /// Parts of an index or key on the partitions that hold rows, as creating it makes or finds them.
    pub(crate) fn parts_for(&self, table: &QName, whole: &Whole) -> Vec<Part> {
        let mut parts = Vec::new();
        for child in self.children(table) {
            let Some(below) = self.table(&child).filter(|t| t.is_partition()) else { continue };
            let there = self.matching(&child, whole);
            match there {
                // What is below a part that is there has parts of its own.
                Some(_) if below.is_partitioned() => {}
                None if below.is_partitioned() => parts.extend(self.parts_for(&child, whole)),
                Some(name) => parts.push(Part { table: child, name, there: true }),
                None => {
                    let name = self.derived_name(&child, whole);
                    parts.push(Part { table: child, name, there: false });
                }
            }
        }
        parts
    }

    /// Parts of an index or key on the partitions that hold rows, as they are.
    pub(crate) fn parts_now(&self, table: &QName, name: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        for child in self.children(table) {
            let Some(below) = self.table(&child) else { continue };
            let inherited = &below.inherited;
            for (own, whole) in inherited.indexes.iter().chain(&inherited.constraints) {
                if whole != name || !below.is_partition() {
                    continue;
                }
                if below.is_partitioned() {
                    parts.extend(self.parts_now(&child, own));
                } else {
                    parts.push(Part { table: child.clone(), name: own.clone(), there: true });
                }
            }
        }
        parts
    }

    /// An index or key of a partition that can be its part of the whole, and is of none yet.
    pub(crate) fn matching(&self, child: &QName, whole: &Whole) -> Option<String> {
        let table = self.table(child)?;
        let free = |name: &&String| !table.inherited.indexes.contains_key(*name);
        let keys = table.constraints.iter().filter(|(_, c)| c.kind.has_index());
        match whole {
            Whole::Key(wanted) => {
                let free_keys = || keys.clone().filter(|(name, _)| free(name));
                let same = free_keys().find(|(_, c)| c.kind == wanted.kind);
                // A primary key does for a unique one, and the other way round.
                let backing = wanted.kind.backing();
                let alike =
                    || free_keys().find(|(_, c)| backing.is_some() && c.kind.backing() == backing);
                same.or_else(alike).map(|(name, _)| name.clone())
            }
            Whole::Index(wanted) => {
                let indexes =
                    table.indexes.iter().filter(|(_, i)| i.valid && wanted.is_same_shape(i));
                let keys = keys.filter(|(_, c)| {
                    c.kind.backing().is_some_and(|backing| wanted.is_same_shape(&backing))
                });
                let names = indexes.map(|(name, _)| name).chain(keys.map(|(name, _)| name));
                names.filter(free).min().cloned()
            }
        }
    }

    /// The name that PostgreSQL gives to a partition's part of an index or key.
    pub(crate) fn derived_name(&self, child: &QName, whole: &Whole) -> String {
        let (labels, label) = match whole {
            Whole::Index(index) => (labels(index), "idx"),
            Whole::Key(constraint) => match &constraint.kind {
                ConstraintKind::PrimaryKey(_) => (Vec::new(), "pkey"),
                ConstraintKind::Other(text, columns) if text.starts_with("EXCLUDE") => {
                    (columns.clone(), "excl")
                }
                kind @ (ConstraintKind::Unique(_)
                | ConstraintKind::NotNull(_)
                | ConstraintKind::Check(_)
                | ConstraintKind::ForeignKey(_)
                | ConstraintKind::Other(..)) => (kind.columns(), "key"),
            },
        };
        derived::choose(&child.name, &derived::addition(&labels), label, |name| {
            self.is_taken(&child.sibling(name))
        })
    }

    /// Whether a relation, an index or a key has the name.
    pub(crate) fn is_taken(&self, name: &QName) -> bool {
        let id =
            crate::schema::ObjectId::new(crate::schema::ObjectKind::Sequence, name.to_string());
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

/// A partition's part of an index, key or reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The partition.
    pub(crate) table: QName,
    /// Its name there.
    pub(crate) name: String,
    /// Whether the partition has it already.
    pub(crate) there: bool,
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
            let inside =
                *quoted || c == '"' || c == '.' || c.is_alphanumeric() || c == '_' || c == '$';
            inside.then_some(at + c.len_utf8())
        })
        .last()
        .unwrap_or_default();
    let name = key.get(..end).and_then(crate::name::split_dotted).unwrap_or_default();
    name.last().cloned().unwrap_or_else(|| {
        if key.to_ascii_uppercase().starts_with("(CASE ") {
            "case".to_owned()
        } else {
            "expr".to_owned()
        }
    })
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

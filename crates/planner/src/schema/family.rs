//! Tables that stand below others: partitions and heirs. What is below, what above, and what a table
//! has from above and therefore cannot change by itself. Must not know statements.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ConstraintKind, Index, Schema, Table};
use crate::name::QName;

/// What a table has from its parents.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Inherited {
    /// Columns that an heir has only from its parents; all of a partition's are its parent's.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub columns: BTreeSet<String>,
    /// CHECK and FOREIGN KEY constraints that it has only from a parent, each with its name there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constraints: BTreeMap<String, String>,
    /// Indexes and keys that are part of one of its parent's, each with that one's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub indexes: BTreeMap<String, String>,
}

impl Inherited {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.constraints.is_empty() && self.indexes.is_empty()
    }
}

/// How the text of a partition begins.
const PARTITION_OF: &str = "PARTITION OF ";

/// How the text of an heir begins.
const INHERITS: &str = "INHERITS ";

/// How a table is partitioned, or a partition, in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Partitioning {
    /// The parent and the bounds, `FOR VALUES …` or `DEFAULT`.
    pub(crate) of: Option<(QName, String)>,
    /// `PARTITION BY …`.
    pub(crate) by: Option<String>,
    /// Parents of an heir, in their order.
    pub(crate) inherits: Vec<QName>,
}

impl Partitioning {
    /// Reads `PARTITION OF parent bounds`, `PARTITION BY …`, both, or `INHERITS (a, b)`.
    pub(crate) fn read(text: &str) -> Self {
        let mut found = Self::default();
        let mut rest = text.trim_start();
        if let Some(list) = rest.strip_prefix(INHERITS) {
            let end = outside_quotes(list, |rest| rest.starts_with(')')).unwrap_or(list.len());
            let inner = list.get(..end).unwrap_or_default().trim_start_matches('(');
            found.inherits = split_outside_quotes(inner, ',')
                .into_iter()
                .filter_map(|name| name.trim().parse().ok())
                .collect();
            rest = list.get(end + 1..).unwrap_or_default().trim_start();
        }
        if let Some(after) = rest.strip_prefix(PARTITION_OF) {
            let end = outside_quotes(after, |r| r.starts_with(' ')).unwrap_or(after.len());
            let (parent, bounds) = after.split_at(end);
            let by = outside_quotes(bounds, |r| r.starts_with(" PARTITION BY "));
            let (bounds, by) = bounds.split_at(by.unwrap_or(bounds.len()));
            if let Ok(parent) = parent.parse() {
                found.of = Some((parent, bounds.trim_start().to_owned()));
            }
            rest = by.trim_start();
        }
        if rest.starts_with("PARTITION BY ") {
            found.by = Some(rest.to_owned());
        }
        found
    }

    /// The opposite of `read`; nothing for a plain table.
    pub(crate) fn text(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.inherits.is_empty() {
            let names: Vec<String> = self.inherits.iter().map(QName::to_string).collect();
            parts.push(format!("INHERITS ({})", names.join(", ")));
        }
        if let Some((parent, bounds)) = &self.of {
            parts.push(format!("PARTITION OF {parent} {bounds}"));
        }
        parts.extend(self.by.clone());
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// The tables right above.
    pub(crate) fn parents(&self) -> impl Iterator<Item = &QName> {
        self.of.iter().map(|(parent, _)| parent).chain(&self.inherits)
    }
}

/// Where `stop` holds first outside quoted text; byte offset.
fn outside_quotes(text: &str, stop: impl Fn(&str) -> bool) -> Option<usize> {
    let mut open: Option<char> = None;
    for (at, c) in text.char_indices() {
        match open {
            Some(quote) if c == quote => open = None,
            Some(_) => {}
            None if stop(text.get(at..).unwrap_or_default()) => return Some(at),
            None if c == '\'' || c == '"' => open = Some(c),
            None => {}
        }
    }
    None
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = outside_quotes(rest, |r| r.starts_with(separator)) {
        parts.push(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + separator.len_utf8()..).unwrap_or_default();
    }
    parts.push(rest);
    parts
}

impl Table {
    /// How it is partitioned, in its parts.
    pub(crate) fn parts(&self) -> Partitioning {
        self.partitioning.as_deref().map(Partitioning::read).unwrap_or_default()
    }

    /// The tables right above it.
    pub fn parents(&self) -> Vec<QName> {
        if self.partitioning.is_none() {
            return Vec::new();
        }
        self.parts().parents().cloned().collect()
    }

    /// The table of which it is a partition, and its bounds.
    pub fn partition_of(&self) -> Option<(QName, String)> {
        self.parts().of
    }

    /// Whether it is a partition of another table.
    pub fn is_partition(&self) -> bool {
        self.partitioning.as_ref().is_some_and(|text| text.starts_with(PARTITION_OF))
    }

    /// What backs a key or is an index, as an index.
    pub fn as_index(&self, name: &str) -> Option<Index> {
        let key = self.constraints.get(name).and_then(|c| c.kind.backing());
        key.or_else(|| self.indexes.get(name).cloned())
    }
}

impl ConstraintKind {
    /// The index that backs a plain key.
    pub fn backing(&self) -> Option<Index> {
        match self {
            Self::PrimaryKey(columns) | Self::Unique(columns) => Some(Index::unique_on(columns)),
            Self::Check(_) | Self::ForeignKey(_) | Self::NotNull(_) | Self::Other(..) => None,
        }
    }

    /// Whether partitions and heirs get it too: a CHECK that is not NO INHERIT.
    pub fn is_inherited_check(&self) -> bool {
        match self {
            Self::Check(_) | Self::NotNull(_) => true,
            Self::Other(text, _) => text.starts_with("CHECK") && !text.ends_with("NO INHERIT"),
            Self::PrimaryKey(_) | Self::Unique(_) | Self::ForeignKey(_) => false,
        }
    }

    /// Whether an index backs it: a key, or an exclusion or deferrable key written out.
    pub fn has_index(&self) -> bool {
        match self {
            Self::PrimaryKey(_) | Self::Unique(_) => true,
            Self::Other(text, _) => {
                ["PRIMARY KEY", "UNIQUE", "EXCLUDE"].iter().any(|word| text.starts_with(word))
            }
            Self::Check(_) | Self::ForeignKey(_) | Self::NotNull(_) => false,
        }
    }

    /// Whether it is a reference to another table, written out or not.
    pub fn is_reference(&self) -> bool {
        match self {
            Self::ForeignKey(_) => true,
            Self::Other(text, _) => text.starts_with("FOREIGN KEY"),
            Self::PrimaryKey(_) | Self::Unique(_) | Self::Check(_) | Self::NotNull(_) => false,
        }
    }
}

impl Index {
    /// Whether the other can be its part on a partition: the same but for storage options.
    pub fn is_same_shape(&self, other: &Self) -> bool {
        self.unique == other.unique
            && self.method == other.method
            && self.keys == other.keys
            && self.predicate == other.predicate
            && self.shape_of_suffix() == other.shape_of_suffix()
    }

    /// The suffix without options that do not matter to what the index is.
    pub(super) fn shape_of_suffix(&self) -> &str {
        let end = [" WITH (", " TABLESPACE "].iter().filter_map(|w| self.suffix.find(w)).min();
        end.and_then(|end| self.suffix.get(..end)).unwrap_or(&self.suffix)
    }
}

impl Schema {
    /// Tables right below.
    pub fn children(&self, parent: &QName) -> Vec<QName> {
        // Asked for every step of every plan: what is no partition of it is told without being read.
        let of = format!("{PARTITION_OF}{parent} ");
        let is_below = |table: &Table| {
            table.partitioning.as_deref().is_some_and(|text| {
                text.starts_with(&of)
                    || (!text.starts_with(PARTITION_OF)
                        && text.starts_with(INHERITS)
                        && table.parts().parents().any(|p| p == parent))
            })
        };
        let below = self.tables.iter().filter(|(_, table)| is_below(table));
        below.map(|(name, _)| name.clone()).collect()
    }

    /// Every table below, each after those above it.
    pub fn descendants(&self, parent: &QName) -> Vec<QName> {
        let mut found = self.children(parent);
        let mut at = 0;
        while let Some(table) = found.get(at).cloned() {
            for child in self.children(&table) {
                // An heir may have several parents.
                if !found.contains(&child) {
                    found.push(child);
                }
            }
            at += 1;
        }
        found
    }

    /// Partitions below that hold rows.
    pub fn leaves(&self, parent: &QName) -> Vec<QName> {
        let mut below = self.descendants(parent);
        below.retain(|name| self.table(name).is_some_and(|t| !t.is_partitioned()));
        below
    }

    /// How many tables stand above, in a line.
    pub fn generation(&self, name: &QName) -> usize {
        let mut seen = BTreeSet::from([name.clone()]);
        let mut line = vec![name.clone()];
        let mut generation = 0;
        loop {
            let above: Vec<QName> = line
                .iter()
                .filter_map(|name| self.table(name))
                .flat_map(Table::parents)
                .filter(|parent| seen.insert(parent.clone()))
                .collect();
            if above.is_empty() {
                return generation;
            }
            generation += 1;
            line = above;
        }
    }

    /// Parents of a table that are in the schema.
    pub fn known_parents(&self, name: &QName) -> Vec<(&QName, &Table)> {
        let parents = self.table(name).map(Table::parents).unwrap_or_default();
        let found = parents.iter().filter_map(|parent| self.tables.get_key_value(parent));
        found.map(|(name, table)| (name, table.as_ref())).collect()
    }

    /// Whether a column comes from a parent, so that only the parent's can be changed.
    pub fn inherits_column(&self, name: &QName, column: &str) -> bool {
        self.known_parents(name).iter().any(|(_, parent)| parent.column(column).is_some())
    }

    /// Whether a constraint comes from a parent.
    pub fn inherits_constraint(&self, name: &QName, constraint: &str) -> bool {
        let Some(table) = self.table(name) else { return false };
        let inherited = &table.inherited;
        if inherited.constraints.contains_key(constraint)
            || inherited.indexes.contains_key(constraint)
        {
            return !self.known_parents(name).is_empty();
        }
        let check = table.constraints.get(constraint).is_some_and(|c| c.kind.is_inherited_check());
        check
            && self.known_parents(name).iter().any(|(_, parent)| {
                parent.constraints.get(constraint).is_some_and(|c| c.kind.is_inherited_check())
            })
    }

    /// Whether an index is part of a parent's.
    pub fn inherits_index(&self, name: &QName, index: &str) -> bool {
        self.table(name).is_some_and(|t| t.inherited.indexes.contains_key(index))
            && !self.known_parents(name).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_and_written_alike() {
        for text in [
            "PARTITION BY RANGE (a)",
            "PARTITION OF public.\"A b\" FOR VALUES IN (' PARTITION BY ')",
            "PARTITION OF public.p DEFAULT PARTITION BY LIST (b)",
            "INHERITS (public.a, other.\"b, c\")",
        ] {
            assert_eq!(Partitioning::read(text).text().as_deref(), Some(text));
        }
        let parts = Partitioning::read("PARTITION OF public.p DEFAULT PARTITION BY LIST (b)");
        assert_eq!(parts.of, Some((QName::new("public", "p"), "DEFAULT".to_owned())));
        assert_eq!(parts.by.as_deref(), Some("PARTITION BY LIST (b)"));
        let parts = Partitioning::read("INHERITS (public.a, other.\"b, c\")");
        assert_eq!(parts.inherits, [QName::new("public", "a"), QName::new("other", "b, c")]);
    }
}

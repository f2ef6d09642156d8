//! A key with all that it is made of, and the index that backs it: one may be built beside the
//! traffic and taken over by the other. Must not know statements.

use super::{ConstraintKind, Index, Table};
use crate::name::{quote, quote_list};

/// UNIQUE or PRIMARY KEY, in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// PRIMARY KEY.
    pub primary: bool,
    /// Columns, unquoted.
    pub columns: Vec<String>,
    /// NULLS NOT DISTINCT: two NULLs are duplicates.
    pub nulls_not_distinct: bool,
    /// ` INCLUDE (…)`, or nothing.
    pub include: String,
    /// ` DEFERRABLE`, ` DEFERRABLE INITIALLY DEFERRED`, or nothing.
    pub deferral: String,
}

const NULLS_NOT_DISTINCT: &str = " NULLS NOT DISTINCT";
const INCLUDE: &str = " INCLUDE (";

impl Key {
    /// The key that a constraint is; none where it is no key, or one WITHOUT OVERLAPS.
    pub fn of(kind: &ConstraintKind) -> Option<Self> {
        let plain = |primary, columns: &[String]| Self {
            primary,
            columns: columns.to_vec(),
            nulls_not_distinct: false,
            include: String::new(),
            deferral: String::new(),
        };
        match kind {
            ConstraintKind::PrimaryKey(columns) => Some(plain(true, columns)),
            ConstraintKind::Unique(columns) => Some(plain(false, columns)),
            ConstraintKind::Other(text, columns) => {
                let primary = text.starts_with("PRIMARY KEY");
                let rest = text.strip_prefix(if primary { "PRIMARY KEY" } else { "UNIQUE" })?;
                let bare = rest.strip_prefix(NULLS_NOT_DISTINCT);
                let tail = bare.unwrap_or(rest);
                let tail = tail.strip_prefix(&format!(" ({})", quote_list(columns)))?;
                let (include, deferral) = match tail.find(" DEFERRABLE") {
                    // A column may have that name, and then quotes.
                    Some(at) if !tail.ends_with(')') => tail.split_at(at),
                    _ => (tail, ""),
                };
                let whole = include.is_empty() || include.starts_with(INCLUDE);
                whole.then(|| Self {
                    nulls_not_distinct: bare.is_some(),
                    include: include.to_owned(),
                    deferral: deferral.to_owned(),
                    ..plain(primary, columns)
                })
            }
            ConstraintKind::Check(_)
            | ConstraintKind::ForeignKey(_)
            | ConstraintKind::NotNull(_) => None,
        }
    }

    /// The key that takes an index over; none where the server would not let it: an expression, a
    /// predicate, another order or method.
    pub fn of_index(index: &Index, primary: bool, deferral: &str) -> Option<Self> {
        let plain = index.unique && index.method == "btree" && index.predicate.is_none();
        let columns: Vec<String> = index
            .keys
            .iter()
            .map(|key| index.columns.iter().find(|c| quote(c) == *key).cloned())
            .collect::<Option<_>>()?;
        let suffix = index.shape_of_suffix();
        let bare = suffix.strip_suffix(NULLS_NOT_DISTINCT);
        plain.then(|| Self {
            primary,
            columns,
            nulls_not_distinct: bare.is_some(),
            include: bare.unwrap_or(suffix).to_owned(),
            deferral: deferral.to_owned(),
        })
    }

    /// As a constraint.
    pub fn kind(&self) -> ConstraintKind {
        let extra = if self.nulls_not_distinct { NULLS_NOT_DISTINCT } else { "" };
        let tail = format!("{}{}", self.include, self.deferral);
        match (self.primary, extra.is_empty() && tail.is_empty()) {
            (true, true) => ConstraintKind::PrimaryKey(self.columns.clone()),
            (false, true) => ConstraintKind::Unique(self.columns.clone()),
            (primary, false) => {
                let word = if primary { "PRIMARY KEY" } else { "UNIQUE" };
                let columns = quote_list(&self.columns);
                ConstraintKind::Other(
                    format!("{word}{extra} ({columns}){tail}"),
                    self.columns.clone(),
                )
            }
        }
    }

    /// The index that it takes over.
    pub fn index(&self) -> Index {
        let extra = if self.nulls_not_distinct { NULLS_NOT_DISTINCT } else { "" };
        let mut index = Index::unique_on(&self.columns);
        index.suffix = format!("{}{extra}", self.include);
        let included = self.include.strip_prefix(INCLUDE).and_then(|i| i.strip_suffix(')'));
        for column in included.into_iter().flat_map(|list| list.split(", ")) {
            let bare = column.strip_prefix('"').and_then(|c| c.strip_suffix('"'));
            index.columns.push(bare.map_or_else(|| column.to_owned(), |c| c.replace("\"\"", "\"")));
        }
        index
    }
}

impl Table {
    /// Whether there is the same key, primary or not: of two in one CREATE TABLE, PostgreSQL makes one
    /// (measured).
    pub(crate) fn has_key_like(&self, kind: &ConstraintKind) -> bool {
        let key = |kind| Key::of(kind).map(|key| Key { primary: false, ..key });
        let own = key(kind);
        own.is_some() && self.constraints.values().any(|other| key(&other.kind) == own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_by_way_of_its_index() {
        for text in [
            "UNIQUE (a) DEFERRABLE INITIALLY DEFERRED",
            "UNIQUE NULLS NOT DISTINCT (a, \"B\") INCLUDE (c, \"D d\")",
            "PRIMARY KEY (a) INCLUDE (b)",
        ] {
            let columns = if text.contains("\"B\"") { vec!["a", "B"] } else { vec!["a"] };
            let columns = columns.into_iter().map(str::to_owned).collect();
            let kind = ConstraintKind::Other(text.to_owned(), columns);
            let key = Key::of(&kind).expect(text);
            assert_eq!(key.kind(), kind);
            let taken = Key::of_index(&key.index(), key.primary, &key.deferral);
            assert_eq!(taken.as_ref(), Some(&key), "{text}");
        }
        let plain = ConstraintKind::Unique(vec!["a".to_owned()]);
        assert_eq!(Key::of(&plain).map(|key| key.kind()), Some(plain));
        let period = ConstraintKind::Other(
            "UNIQUE (a, b WITHOUT OVERLAPS)".to_owned(),
            vec!["a".to_owned(), "b".to_owned()],
        );
        assert_eq!(Key::of(&period), None);
    }
}

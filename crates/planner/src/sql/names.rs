//! The names PostgreSQL gives to constraints, indexes and sequences that were given none:
//! `ChooseRelationName`, `ChooseConstraintName` and `makeObjectName`. Must not know statements.

use std::collections::BTreeSet;

use crate::name::QName;
use crate::schema::Schema;

/// PostgreSQL's `NAMEDATALEN` less one.
const MAX: usize = 63;

/// Names that are taken, by schema: relations, and constraints whether or not an index backs them.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<QName>,
}

impl Names {
    /// Every name in a schema.
    pub(super) fn of(schema: &Schema) -> Self {
        let mut names = Self::default();
        for name in schema.tables.keys() {
            names.add(schema, name);
        }
        names.taken.extend(schema.views.keys().cloned());
        names
    }

    /// Marks a relation and what belongs to it as taken.
    pub(super) fn add(&mut self, schema: &Schema, relation: &QName) {
        self.taken.extend(all_of(schema, relation));
    }

    /// The opposite of `add`.
    pub(super) fn remove(&mut self, schema: &Schema, relation: &QName) {
        for name in all_of(schema, relation) {
            self.taken.remove(&name);
        }
    }

    /// Marks a name as taken.
    pub(super) fn take(&mut self, name: QName) {
        self.taken.insert(name);
    }

    /// The first free `table_addition_label`, `…label1`, `…label2` …; taken from here on.
    pub(super) fn choose(&mut self, table: &QName, addition: &str, label: &str) -> String {
        let mut name = object_name(&table.name, addition, label);
        let mut number = 0_u32;
        while self.taken.contains(&table.sibling(&name)) {
            number += 1;
            name = object_name(&table.name, addition, &format!("{label}{number}"));
        }
        self.take(table.sibling(&name));
        name
    }
}

/// A relation's name and those of its constraints and indexes; nothing where it is not there.
fn all_of(schema: &Schema, relation: &QName) -> Vec<QName> {
    let mut names = Vec::new();
    if let Some(table) = schema.table(relation) {
        names.push(relation.clone());
        let inner = table.constraints.keys().chain(table.indexes.keys());
        names.extend(inner.map(|name| relation.sibling(name)));
    } else if schema.views.contains_key(relation) {
        names.push(relation.clone());
    }
    names
}

/// What the columns add to an index's or key's name: joined, and no longer than a name.
pub(super) fn addition<S: AsRef<str>>(columns: &[S]) -> String {
    let mut seen: Vec<String> = Vec::new();
    for column in columns {
        // `ChooseIndexColumnNames` numbers what occurs twice.
        let mut name = column.as_ref().to_owned();
        let mut number = 0_u32;
        while seen.contains(&name) {
            number += 1;
            name = format!("{}{number}", column.as_ref());
        }
        seen.push(name);
    }
    let mut text = String::new();
    for name in seen {
        if !text.is_empty() {
            text.push('_');
        }
        text += &name;
        if text.len() > MAX {
            break;
        }
    }
    text
}

/// `makeObjectName`: shortens the longer of table and addition until the whole fits 63 bytes.
fn object_name(table: &str, addition: &str, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(!addition.is_empty());
    let available = MAX.saturating_sub(overhead);
    let (mut first, mut second) = (table.len(), addition.len());
    while first + second > available {
        if first > second {
            first -= 1;
        } else {
            second -= 1;
        }
    }
    let (first, second) = (cut(table, first), cut(addition, second));
    if addition.is_empty() {
        format!("{first}_{label}")
    } else {
        format!("{first}_{second}_{label}")
    }
}

fn cut(text: &str, mut end: usize) -> &str {
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_postgresqls() {
        let (mut names, table) = (Names::default(), QName::new("public", "t"));
        let mut check = |columns: &[&str], label: &str, expected: &str| {
            assert_eq!(names.choose(&table, &addition(columns), label), expected);
        };
        check(&[], "pkey", "t_pkey");
        check(&["a", "b"], "key", "t_a_b_key");
        check(&["a", "b"], "key", "t_a_b_key1");
        check(&["expr", "expr"], "idx", "t_expr_expr1_idx");
        check(&[], "check", "t_check");
        check(&[], "check", "t_check1");
    }

    #[test]
    fn long_names_are_cut_where_postgresql_cuts_them() {
        // As PostgreSQL 15 names them.
        let table = QName::new("public", "a".repeat(50));
        let name = Names::default().choose(&table, &"b".repeat(40), "fkey");
        assert_eq!(name, format!("{}_{}_fkey", "a".repeat(29), "b".repeat(28)));
        assert_eq!(name.len(), 63);
    }
}

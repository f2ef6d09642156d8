//! Enums, and what is only carried: added verbatim, never dropped.

use std::collections::{BTreeMap, BTreeSet};

use super::Diff;
use crate::name::{QName, literal};
use crate::schema::{Other, OtherKind};

/// The same text but for white space and letter case of keywords aside: compared word by word.
pub(super) fn same_text(a: &str, b: &str) -> bool {
    let squeeze = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    squeeze(a.trim_end_matches(';')) == squeeze(b.trim_end_matches(';'))
}

fn key(other: &Other) -> String {
    other.sql.trim_end_matches(';').split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Diff<'_> {
    /// New enum types and new labels.
    pub(super) fn enums(&mut self) {
        let target = self.target;
        for (name, after) in &target.enums {
            let Some(before) = self.work.enums.get(name).cloned() else {
                let labels: Vec<String> = after.iter().map(|l| literal(l)).collect();
                self.verbatim(format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", ")), None);
                continue;
            };
            let kept: Vec<&String> = after.iter().filter(|l| before.contains(l)).collect();
            if kept.len() != before.len() || kept.into_iter().ne(before.iter()) {
                self.warn(
                    "enum-not-diffed",
                    format!("the labels of `{name}` are fewer or in another order; PostgreSQL cannot do that to a type"),
                    "make a new type, and change the columns to it".to_owned(),
                );
                continue;
            }
            for (at, label) in after.iter().enumerate() {
                if before.contains(label) {
                    continue;
                }
                let place = match at.checked_sub(1).and_then(|at| after.get(at)) {
                    _ if after.iter().skip(at).all(|l| !before.contains(l)) => String::new(),
                    Some(last) => format!(" AFTER {}", literal(last)),
                    None => match before.first() {
                        Some(first) => format!(" BEFORE {}", literal(first)),
                        None => String::new(),
                    },
                };
                self.verbatim(
                    format!("ALTER TYPE {name} ADD VALUE {}{place}", literal(label)),
                    None,
                );
            }
        }
        let gone: Vec<QName> =
            self.work.enums.keys().filter(|n| !target.enums.contains_key(*n)).cloned().collect();
        for name in gone {
            self.warn(
                "not-dropped",
                format!("type `{name}` is not in the target; it is left alone"),
                format!("run `DROP TYPE {name}` after the migration if nothing uses it"),
            );
        }
    }

    /// What tables may need: schemas, extensions, types, sequences, routines.
    pub(super) fn others_before_tables(&mut self) {
        let target = self.target;
        let relations = target.tables.keys().chain(target.views.keys());
        let new: BTreeSet<&str> = relations
            .filter(|name| {
                !self.work.tables.contains_key(*name) && !self.work.views.contains_key(*name)
            })
            .map(|name| name.name.as_str())
            .collect();
        // PostgreSQL looks into a routine's body when it is made.
        let reads_new = |sql: &str| {
            sql.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| new.contains(word))
        };
        self.add_others(&|other| match other.kind {
            OtherKind::Container => true,
            OtherKind::Routine => !reads_new(&other.sql),
            OtherKind::Sequence => begins(other, "CREATE"),
            OtherKind::Unknown => [
                "CREATE TYPE",
                "CREATE DOMAIN",
                "CREATE COLLATION",
                "CREATE OPERATOR",
                "CREATE CAST",
            ]
            .iter()
            .any(|words| begins(other, words)),
            OtherKind::Privilege
            | OtherKind::Comment
            | OtherKind::Owner
            | OtherKind::Policy
            | OtherKind::Setting => false,
        });
    }

    /// Everything else that is new, and a word on what is gone.
    pub(super) fn others_after_tables(&mut self) {
        self.add_others(&|_| true);
        let after: Vec<String> = self.target.others.iter().map(key).collect();
        let mut gone: BTreeMap<OtherKind, Vec<String>> = BTreeMap::new();
        let known = |relation: &QName| {
            let target = self.target;
            target.tables.contains_key(relation)
                || target.views.contains_key(relation)
                || target.domains.contains_key(relation)
        };
        let after: BTreeSet<String> = after.into_iter().collect();
        for other in &self.work.others {
            let with_its_table = other.relation.as_ref().is_some_and(|r| !known(r));
            if other.kind != OtherKind::Setting && !with_its_table && !after.contains(&key(other)) {
                let first = other.sql.lines().next().unwrap_or_default();
                gone.entry(other.kind).or_default().push(first.chars().take(80).collect());
            }
        }
        for statements in gone.into_values() {
            if statements.len() > 3 {
                let (first, more) =
                    (statements.first().cloned().unwrap_or_default(), statements.len() - 1);
                self.not_dropped(&format!("`{first}` and {more} more statements like it are"));
            } else {
                for statement in statements {
                    self.not_dropped(&format!("`{statement}` is"));
                }
            }
        }
    }

    fn not_dropped(&mut self, what: &str) {
        self.warn(
            "not-dropped",
            format!("{what} not in the target; what it made is left alone"),
            "undo it by hand after the migration if it is to go".to_owned(),
        );
    }

    fn add_others(&mut self, wanted: &dyn Fn(&Other) -> bool) {
        let target = self.target;
        let mut before: BTreeSet<String> = self.work.others.iter().map(key).collect();
        for other in &target.others {
            let skipped = other.kind == OtherKind::Setting || begins(other, "DROP");
            if skipped || !wanted(other) || !before.insert(key(other)) {
                continue;
            }
            if begins(other, "CREATE DOMAIN")
                && other.relation.as_ref().is_some_and(|name| self.work.domains.contains_key(name))
            {
                self.warn(
                    "domain-not-diffed",
                    format!("`{}` differs; a change of a domain is not planned", key(other)),
                    "give the change as an ALTER DOMAIN statement".to_owned(),
                );
            } else {
                self.verbatim(other.sql.clone(), other.relation.clone());
            }
            self.work.others.push(other.clone());
        }
    }
}

fn begins(other: &Other, words: &str) -> bool {
    let mut have = other.sql.split_whitespace();
    words.split(' ').all(|word| have.next().is_some_and(|w| w.eq_ignore_ascii_case(word)))
}

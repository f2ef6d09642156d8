//! What of one schema is not as in another, in words. The order of columns is no difference, nor is
//! what a reader of text alone notes of a view. Must not know how the two came about.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use super::{ConstraintKind, Object, ObjectId, Schema, Table, View};
use crate::name::{QName, quote};

/// As many differences are named; of the others there is the number.
const N_NAMED: usize = 3;

/// What is missing, left over or other, a line each.
struct Lines(Vec<String>);

impl Schema {
    /// What of this schema is not as in `wanted`, a line each, by kind and name; of objects, those for
    /// which `counts` holds. Empty for none.
    pub fn differences(&self, wanted: &Self, counts: impl Fn(&ObjectId) -> bool) -> Vec<String> {
        let mut lines = Lines(Vec::new());
        let tables = (&self.tables, &wanted.tables);
        lines.each("table", "", tables, |name, a, b| {
            // Most tables are the same ones.
            if Arc::ptr_eq(a, b) { None } else { in_table(name, (self, a), (wanted, b)) }
        });
        lines
            .each("view", "", (&self.views, &wanted.views), |_, a, b| whole(View::says_same(a, b)));
        if !Arc::ptr_eq(&self.objects, &wanted.objects) {
            lines.objects((&self.objects, &wanted.objects), counts);
        }
        lines.0
    }

    /// A table with columns in name order, and what references point at spelled out.
    fn unordered_table(&self, table: &Table) -> Table {
        let mut copy = table.clone();
        for constraint in copy.constraints.values_mut() {
            if let ConstraintKind::ForeignKey(key) = &mut constraint.kind {
                key.parent_columns = self.parent_columns(key);
            }
        }
        copy.columns.sort_by(|a, b| a.name.cmp(&b.name));
        copy
    }

    /// The schema with columns in name order and what references point at spelled out, for comparing
    /// two histories of the same tables.
    #[must_use]
    pub fn unordered(&self) -> Self {
        let mut copy = self.clone();
        for table in copy.tables.values_mut() {
            *table = Arc::new(self.unordered_table(table));
        }
        copy
    }
}

/// The first differences, and how many more there are.
pub(crate) fn in_short(differences: &[String]) -> String {
    let more = differences.len().saturating_sub(N_NAMED);
    let named = differences.iter().take(N_NAMED).cloned().collect::<Vec<_>>().join("; ");
    if more == 0 { named } else { format!("{named}; and {more} more") }
}

/// What differs in one thing: nothing, or the thing as a whole.
fn whole(same: bool) -> Option<Vec<String>> {
    (!same).then(Vec::new)
}

/// What differs in a table of both; an empty list for the table as a whole.
fn in_table(
    name: &QName,
    (found, a): (&Schema, &Table),
    (wanted, b): (&Schema, &Table),
) -> Option<Vec<String>> {
    let (a, b) = (found.unordered_table(a), wanted.unordered_table(b));
    if a == b {
        return None;
    }
    let mut lines = Lines(Vec::new());
    let of = format!(" of {name}");
    let columns = |table: &Table| -> BTreeMap<String, _> {
        table.columns.iter().map(|c| (quote(&c.name), c.clone())).collect()
    };
    lines.each("column", &of, (&columns(&a), &columns(&b)), |_, a, b| whole(a == b));
    lines.each("constraint", &of, (&a.constraints, &b.constraints), |_, a, b| whole(a == b));
    lines.each("index", &of, (&a.indexes, &b.indexes), |_, a, b| whole(a == b));
    lines.each("sync trigger", &of, (&a.triggers, &b.triggers), |_, a, b| whole(a == b));
    Some(lines.0)
}

impl Lines {
    /// Compares objects by the statements that make them.
    fn objects(
        &mut self,
        (found, wanted): (&BTreeMap<ObjectId, Object>, &BTreeMap<ObjectId, Object>),
        counts: impl Fn(&ObjectId) -> bool,
    ) {
        let missing = wanted.keys().filter(|id| !found.contains_key(id));
        for id in found.keys().chain(missing).filter(|id| counts(id)) {
            let what = match (found.get(id), wanted.get(id)) {
                (Some(a), Some(b)) if a.make == b.make => continue,
                (Some(_), Some(_)) => "another",
                (Some(_), None) => "left over",
                (None, _) => "missing",
            };
            self.0.push(format!("{} {} is {what}", id.kind.noun(), id.name));
        }
    }

    /// Compares things of one kind by name; `differs` gives what differs in one that both have.
    fn each<K: Ord + Display, V>(
        &mut self,
        kind: &str,
        of: &str,
        (found, wanted): (&BTreeMap<K, V>, &BTreeMap<K, V>),
        differs: impl Fn(&K, &V, &V) -> Option<Vec<String>>,
    ) {
        for (name, thing) in found {
            match wanted.get(name).map(|other| differs(name, thing, other)) {
                None => self.0.push(format!("{kind} {name}{of} is left over")),
                Some(None) => {}
                Some(Some(lines)) if lines.is_empty() => {
                    self.0.push(format!("{kind} {name}{of} is another"));
                }
                Some(Some(lines)) => self.0.extend(lines),
            }
        }
        let missing = wanted.keys().filter(|name| !found.contains_key(name));
        self.0.extend(missing.map(|name| format!("{kind} {name}{of} is missing")));
    }
}

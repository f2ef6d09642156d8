//! From what is tied together to what each search is about. Must not know why it is tied.

use std::collections::{BTreeMap, BTreeSet};

use planner::name::QName;

use super::super::{Kept, kept};
use super::Cut;
use super::things::{Part, Thing};
use super::ties::{Reference, Ties};

impl Ties<'_> {
    /// What is tied together, by what stands for it. What ties no column is in every search.
    fn parts(&self) -> BTreeMap<Thing, BTreeSet<Thing>> {
        let mut parts: BTreeMap<Thing, BTreeSet<Thing>> = BTreeMap::new();
        for thing in self.tied.keys() {
            parts.entry(self.root(thing)).or_default().insert(thing.clone());
        }
        let has_column = |thing: &Thing| matches!(thing.1, Part::Column(_));
        parts.retain(|_, things| things.iter().any(has_column));
        parts
    }

    pub(super) fn cuts(&self) -> Vec<Cut> {
        let parts = self.parts();
        let carried: BTreeSet<QName> = self.carried().into_iter().flatten().collect();
        let mut searched: Vec<(BTreeSet<QName>, &BTreeSet<Thing>)> = Vec::new();
        for (root, things) in &parts {
            let is_here = |r: &&Reference| r.thing.as_ref().is_some_and(|t| self.root(t) == *root);
            let pairs: BTreeSet<&BTreeSet<QName>> =
                self.references.iter().filter(is_here).map(|r| &r.pair).collect();
            let own = things.iter().map(|(table, _)| table);
            let tables: BTreeSet<QName> =
                own.chain(pairs.iter().copied().flatten()).cloned().collect();
            if tables.len() <= 2 || !tables.is_disjoint(&carried) {
                searched.push((tables, things));
            } else {
                searched.extend(pairs.into_iter().map(|pair| (pair.clone(), things)));
            }
        }
        let none = BTreeSet::new();
        let bare = self.references.iter().filter(|r| r.thing.is_none()).map(|r| &r.pair);
        let bare: BTreeSet<&BTreeSet<QName>> = bare.collect();
        searched.extend(bare.into_iter().map(|pair| (pair.clone(), &none)));
        for table in self.keys.keys() {
            if !searched.iter().any(|(tables, _)| tables.contains(table)) {
                searched.push((BTreeSet::from([table.clone()]), &none));
            }
        }
        searched.sort();
        let kept = kept(self.plan);
        let cut = |(tables, things)| self.cut(tables, (things, &kept), &parts);
        searched.into_iter().map(cut).collect()
    }

    fn cut(
        &self,
        tables: BTreeSet<QName>,
        (things, kept): (&BTreeSet<Thing>, &Kept),
        parts: &BTreeMap<Thing, BTreeSet<Thing>>,
    ) -> Cut {
        let mut things = things.clone();
        for table in &tables {
            self.fill(table, &mut things, parts);
        }
        let mut kept = kept.clone();
        for table in tables.iter().filter(|table| !self.whole.contains(table)) {
            let here = things.iter().filter(|(t, _)| t == table);
            let columns = here.filter_map(|(_, part)| match part {
                Part::Column(c) => Some(c.clone()),
                Part::Named(_) => None,
            });
            let columns: BTreeSet<String> = columns.chain(self.key(table)).collect();
            for name in self.names(table) {
                kept.insert(name, columns.clone());
            }
        }
        let others = parts.values().flatten().chain(self.not_over(&things, parts));
        let others = others.filter(|thing| tables.contains(&thing.0) && !things.contains(*thing));
        let by_names = others.flat_map(|(table, part)| {
            self.names(table).into_iter().map(move |name| (name, part.clone()))
        });
        let apart = by_names.collect();
        Cut { tables, kept, apart }
    }

    /// Indexes that hold no row back and are over none of these columns.
    fn not_over<'b>(
        &'b self,
        things: &BTreeSet<Thing>,
        parts: &BTreeMap<Thing, BTreeSet<Thing>>,
    ) -> Vec<&'b Thing> {
        // By every name that an index has.
        let mut columns: BTreeMap<Thing, BTreeSet<&Thing>> = BTreeMap::new();
        for (named, over) in &self.over {
            columns.entry(self.root(named)).or_default().extend(over);
        }
        columns.retain(|root, over| {
            let is_part = parts.contains_key(root);
            !is_part && !over.is_empty() && over.iter().all(|column| !things.contains(*column))
        });
        self.tied.keys().filter(|thing| columns.contains_key(&self.root(thing))).collect()
    }

    /// A table of which only the key is there still needs something to write: what the plan does not
    /// mention, or else a part more.
    fn fill(
        &self,
        table: &QName,
        things: &mut BTreeSet<Thing>,
        parts: &BTreeMap<Thing, BTreeSet<Thing>>,
    ) {
        if self.whole.contains(table) {
            return;
        }
        let key = self.key(table);
        for definition in self.definitions(table) {
            let plain = definition.columns.iter().filter(|c| c.generated.is_none());
            let plain: Vec<Thing> = plain
                .filter(|c| !key.contains(&c.name))
                .map(|c| (table.clone(), Part::Column(c.name.clone())))
                .collect();
            if plain.iter().any(|thing| things.contains(thing)) {
                continue;
            }
            let free = plain.iter().find(|thing| self.node(thing).is_none());
            if let Some(thing) = free {
                things.insert(thing.clone());
            } else if let Some(thing) = plain.first() {
                things.extend(parts.get(&self.root(thing)).into_iter().flatten().cloned());
            }
        }
    }
}

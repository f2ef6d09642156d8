//! What goes and what comes, and looks like the same thing under another name: a question each, with
//! its evidence. Nothing is renamed on suspicion. Must not know how the change was written.

use std::collections::BTreeSet;

use crate::name::{QName, literal, quote};
use crate::op::Op;
use crate::plan::Question;
use crate::schema::{Column, ObjectKind, Schema, Table};
use crate::sql_type::TypeChange;

/// What speaks for a rename, and how loudly.
#[derive(Debug, Default)]
struct Evidence {
    weight: u32,
    says: Vec<String>,
}

/// Below this, like type and place are chance.
const ENOUGH: u32 = 2;

impl Evidence {
    fn add(&mut self, weight: u32, says: impl Into<String>) {
        self.weight += weight;
        self.says.push(says.into());
    }
}

/// Suspected renames between two schemas; renames that were asked for are applied to the first.
pub(crate) fn suspects(before: &Schema, after: &Schema) -> Vec<Question> {
    let mut questions = tables(before, after);
    questions.extend(before.enums.iter().flat_map(|(ty, old)| {
        after.enums.get(ty).map(|new| labels(ty, old, new)).unwrap_or_default()
    }));
    for (name, old) in &before.tables {
        let Some(new) = after.table(name) else { continue };
        questions.extend(columns((name, old, new), (before, after)));
    }
    questions
}

/// Labels that go, each with the one that comes in its place.
fn labels(ty: &QName, old: &[String], new: &[String]) -> Vec<Question> {
    let mut found = Vec::new();
    for (at, (from, to)) in old.iter().zip(new).enumerate() {
        if old.len() != new.len() || new.contains(from) || old.contains(to) {
            continue;
        }
        let mut evidence = Evidence::default();
        evidence.add(ENOUGH, format!("it stands where that stood, as label {}", at + 1));
        evidence.says.extend(alike(from, to));
        let (from, to) = (literal(from), literal(to));
        found.push(Question {
            code: "possible-rename".to_owned(),
            question: format!(
                "Is the label {to} of {ty} what {from} was, under another name? {}",
                said(&evidence)
            ),
            default: format!("no: {from} goes, and no row may hold it by then"),
            answer_with: format!("-- concertina: rename value {} {from} to {to}", short(ty)),
        });
    }
    found
}

/// Dropped columns, each with the added column for which most speaks.
fn columns(
    (name, old, new): (&QName, &Table, &Table),
    schemas: (&Schema, &Schema),
) -> Vec<Question> {
    let gone = |c: &&Column| new.column(&c.name).is_none();
    let mut added: Vec<&Column> =
        new.columns.iter().filter(|c| old.column(&c.name).is_none()).collect();
    let mut found = Vec::new();
    for from in old.columns.iter().filter(gone) {
        if schemas.0.inherits_column(name, &from.name) {
            continue;
        }
        let weighed = added.iter().enumerate().filter_map(|(at, to)| {
            let evidence = column((name, old, new), (from, to), schemas)?;
            (evidence.weight >= ENOUGH).then_some((at, evidence))
        });
        // The first of those for which equally much speaks.
        let best = weighed.rev().max_by_key(|(_, evidence)| evidence.weight);
        let Some((at, evidence)) = best else { continue };
        let to = added.remove(at);
        found.push(Question {
            code: "possible-rename".to_owned(),
            question: format!(
                "Is {name}.{} what {name}.{} was, under another name? {}",
                quote(&to.name),
                quote(&from.name),
                said(&evidence)
            ),
            default: format!(
                "no: {} goes with what it holds, and {} begins without it",
                quote(&from.name),
                quote(&to.name)
            ),
            answer_with: format!(
                "-- concertina: rename {}.{} to {}",
                short(name),
                quote(&from.name),
                quote(&to.name)
            ),
        });
    }
    found
}

fn said(evidence: &Evidence) -> String {
    format!("For it speaks: {}", evidence.says.join("; "))
}

/// What speaks for one column being another; `None` where their types cannot be one column's.
fn column(
    (name, old, new): (&QName, &Table, &Table),
    (from, to): (&Column, &Column),
    (before, after): (&Schema, &Schema),
) -> Option<Evidence> {
    let mut evidence = Evidence::default();
    if from.ty == to.ty {
        evidence.says.push(format!("both are {}", from.ty));
    } else if from.ty.change_to(&to.ty) == TypeChange::Rewrite {
        return None;
    } else {
        evidence.says.push(format!("{} becomes {} without a rewrite", from.ty, to.ty));
    }
    if let Some(words) = alike(&from.name, &to.name) {
        evidence.add(2, words);
    }
    let place = |table: &Table, c: &Column| table.columns.iter().position(|x| x.name == c.name);
    if place(old, from) == place(new, to) {
        evidence.add(1, "they stand in the same place");
    }
    let plain = !from.not_null && from.default.is_none();
    if !plain && (from.not_null, &from.default) == (to.not_null, &to.default) {
        evidence.add(1, "NOT NULL and default are the same");
    }
    for shared in held_by(name, (old, new), (from, to)) {
        evidence.add(2, shared);
    }
    let comment = |schema: &Schema, column: &str| {
        let id = format!("COLUMN {name}.{}", quote(column));
        let ids =
            schema.objects.iter().find(|(i, _)| i.kind == ObjectKind::Comment && i.name == id);
        ids.and_then(|(_, o)| o.make.first()?.split_once(" IS ").map(|(_, text)| text.to_owned()))
    };
    if let (Some(a), Some(b)) = (comment(before, &from.name), comment(after, &to.name))
        && a == b
    {
        evidence.add(2, format!("they have the same comment, {a}"));
    }
    Some(evidence)
}

/// Constraints and indexes of the new column that are those of the old one, were it renamed.
fn held_by(
    name: &QName,
    (old, new): (&Table, &Table),
    (from, to): (&Column, &Column),
) -> Vec<String> {
    let mut renamed = Schema::default();
    renamed.tables.insert(name.clone(), old.clone().into());
    let rename =
        Op::RenameColumn { table: name.clone(), column: from.name.clone(), to: to.name.clone() };
    let (Ok(()), true) = (renamed.apply(&rename), renamed.tables.contains_key(name)) else {
        return Vec::new();
    };
    let Some(renamed) = renamed.table(name) else { return Vec::new() };
    let about = |columns: Vec<String>| columns.contains(&to.name);
    let mut found = Vec::new();
    for (as_new, constraint) in new.constraints.iter().filter(|(_, c)| about(c.kind.columns())) {
        if renamed.constraints.values().any(|c| c.kind == constraint.kind) {
            found.push(format!("constraint {} is the same but for the name", quote(as_new)));
        }
    }
    for (as_new, index) in new.indexes.iter().filter(|(_, i)| about(i.columns.clone())) {
        if renamed.indexes.values().any(|i| i == index) {
            found.push(format!("index {} is the same but for the name", quote(as_new)));
        }
    }
    found
}

/// Dropped tables, each with the new one that has most of its columns.
fn tables(before: &Schema, after: &Schema) -> Vec<Question> {
    let mut taken: BTreeSet<&QName> = BTreeSet::new();
    let mut found = Vec::new();
    for (from, old) in before.tables.iter().filter(|(n, _)| !after.tables.contains_key(*n)) {
        let new = after.tables.iter().filter(|(to, table)| {
            let comes = !before.tables.contains_key(*to) && !taken.contains(to);
            comes && to.schema == from.schema && !table.is_partition() && !old.is_partition()
        });
        let weighed =
            new.filter_map(|(to, table)| Some((to, table_evidence((from, old), (to, table))?)));
        let Some((to, evidence)) = weighed.max_by_key(|(_, evidence)| evidence.weight) else {
            continue;
        };
        taken.insert(to);
        found.push(Question {
            code: "possible-rename".to_owned(),
            question: format!("Is {to} what {from} was, under another name? {}", said(&evidence)),
            default: format!("no: {from} is dropped with its rows, and {to} begins empty"),
            answer_with: format!(
                "-- concertina: rename table {} to {}",
                short(from),
                quote(&to.name)
            ),
        });
    }
    found
}

/// What speaks for one table being another: at least half of the columns, and more where the names
/// say nothing.
fn table_evidence((from, old): (&QName, &Table), (to, new): (&QName, &Table)) -> Option<Evidence> {
    let same = |c: &&Column| new.column(&c.name).is_some_and(|other| other.ty == c.ty);
    let shared = old.columns.iter().filter(same).count();
    let all = old.columns.len().max(new.columns.len());
    let names = alike(&from.name, &to.name);
    let enough = if names.is_some() { 2 * shared >= all } else { 4 * shared >= 3 * all };
    if shared == 0 || !enough {
        return None;
    }
    let mut evidence = Evidence::default();
    let percent = u32::try_from(100 * shared / all).unwrap_or(0);
    evidence.add(percent, format!("{shared} of {all} columns are the same"));
    if let Some(words) = names {
        evidence.add(50, words);
    }
    if old.primary_key().is_some() && old.primary_key() == new.primary_key() {
        evidence.add(1, "the primary key is the same");
    }
    Some(evidence)
}

/// How two names are alike: a word that both have, or but a few letters between them.
fn alike(a: &str, b: &str) -> Option<String> {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let words = |name: &str| -> BTreeSet<String> {
        let parts = name.split(|c: char| !c.is_alphanumeric());
        parts.map(singular).filter(|w| w.chars().count() > 2).collect()
    };
    if let Some(word) = words(&a).intersection(&words(&b)).next() {
        return Some(format!("the names share `{word}`"));
    }
    let (short, long) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
    if short.chars().count() > 2 && long.contains(short.as_str()) {
        return Some(format!("`{long}` has `{short}` in it"));
    }
    let letters = distance(&a, &b);
    let close = 3 * letters <= long.chars().count();
    close.then(|| format!("the names differ in {letters} letters"))
}

fn singular(word: &str) -> String {
    word.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(word).to_owned()
}

/// Letters to change, add or leave out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// A table's name as a hint writes it.
fn short(name: &QName) -> String {
    if name.schema == "public" { quote(&name.name) } else { name.to_string() }
}

//! From one schema to another as operations, in an order in which each applies. Renames come from
//! hints only; what merely looks like one is a question. Must not know SQL text, engines or recipes.

mod columns;
mod family;
mod objects;
mod partitioning;
mod parts;
mod suspects;
mod tables;
mod unreached;
mod views;

use crate::change::{Asked, Hint, What};
use crate::diagnostic::{Diagnostic, Source};
use crate::name::QName;
use crate::op::Op;
use crate::schema::Schema;

pub(crate) use suspects::suspects;

/// What turns `source` into `target`, in dependency order.
pub fn diff(source: &Schema, target: &Schema, hints: &[Hint]) -> (Vec<Asked>, Vec<Diagnostic>) {
    let mut diff = Diff::new(source, source.clone(), target);
    let turns = diff.turns(hints);
    if !diff.diagnostics.is_empty() {
        return (diff.asked, diff.diagnostics);
    }
    if turns.is_empty() {
        diff.run(hints);
        diff.not_reached();
        return (diff.asked, diff.diagnostics);
    }
    // While such a table is plain, first everything else that is to be different.
    let flat = turns.iter().fold(target.clone(), |flat, turn| turn.flattened(source, &flat));
    let mut first = Diff::new(source, source.clone(), &flat);
    let answers = |hint: &&Hint| turns.iter().any(|turn| turn.answers(hint));
    let others: Vec<Hint> = hints.iter().filter(|hint| !answers(hint)).cloned().collect();
    first.run(&others);
    let Diff { work, mut asked, mut diagnostics, .. } = first;
    let mut last = Diff::new(source, work, target);
    for turn in &turns {
        last.turn(turn);
    }
    if last.diagnostics.is_empty() {
        last.run(&[]);
        last.not_reached();
    }
    asked.extend(last.asked);
    diagnostics.extend(last.diagnostics);
    (asked, diagnostics)
}

/// The same with columns that become others: `reshapes` first, then whatever else is different.
pub fn diff_reshaped(
    source: &Schema,
    target: &Schema,
    hints: &[Hint],
    reshapes: &[Asked],
) -> (Vec<Asked>, Vec<Diagnostic>) {
    let mut work = source.clone();
    let mut asked = Vec::new();
    for reshape in reshapes {
        let What::Reshape(what) = &reshape.what else { continue };
        let table = &what.table;
        let readers = what.from.iter().flat_map(|column| work.views_over(table, Some(column)));
        let mut over: Vec<QName> = readers.map(|(name, _)| name.clone()).collect();
        over.sort();
        over.dedup();
        for view in work.with_dependents(over).into_iter().rev() {
            let op = work.drop_view(&view);
            if work.apply(&op).is_ok() {
                asked.push(Asked { what: What::Statement(op), span: reshape.span });
            }
        }
        // Views over the old columns are gone: what is left has to apply.
        for op in what.effect(&work).unwrap_or_default() {
            if let Err(refusal) = work.apply(&op) {
                let message = format!("the {} does not apply: {refusal}", what.title());
                let place = (Source::Change, reshape.span);
                let help = "name columns that nothing else depends on, and new ones to come";
                return (asked, vec![Diagnostic::error("refused", place, message, help)]);
            }
        }
        asked.push(reshape.clone());
    }
    let (rest, diagnostics) = diff(&work, target, hints);
    asked.extend(rest);
    (asked, diagnostics)
}

/// A diff being made.
struct Diff<'a> {
    source: &'a Schema,
    /// The source as the operations so far leave it.
    work: Schema,
    target: &'a Schema,
    asked: Vec<Asked>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Diff<'a> {
    fn new(source: &'a Schema, work: Schema, target: &'a Schema) -> Self {
        Self { source, work, target, asked: Vec::new(), diagnostics: Vec::new() }
    }

    /// Everything that is different, in dependency order.
    fn run(&mut self, hints: &[Hint]) {
        self.renames(hints);
        if self.repartitioned() {
            return;
        }
        self.schemas();
        self.sequences_let_go();
        let waiting = self.objects_before_tables();
        self.objects_taken_down();
        self.routines_over_views();
        self.drop_views();
        self.leave_families();
        self.drop_keys();
        self.free_names();
        self.drop_constraints_and_indexes();
        self.drop_tables();
        self.create_tables(&waiting);
        self.columns();
        self.add_constraints_and_indexes();
        self.join_families();
        self.add_constraints_and_indexes();
        self.add_keys();
        self.create_views();
        self.privileges_not_given();
        self.objects_after_tables();
        self.objects_dropped();
    }
}

impl Diff<'_> {
    /// Asks for an operation, and has it applied.
    fn push(&mut self, op: Op) {
        if let Err(refusal) = self.work.apply(&op) {
            let text = crate::op::sql::render(&op);
            self.diagnostics.push(Diagnostic::error(
                "refused",
                (Source::Change, (0, 0)),
                format!("PostgreSQL would refuse `{text}`: {refusal}"),
                "give the change as statements instead of as a target schema",
            ));
            return;
        }
        self.asked.push(Asked { what: What::Statement(op), span: (0, 0) });
    }

    fn warn(&mut self, code: &str, message: String, help: String) {
        let place = (Source::Change, (0, 0));
        self.diagnostics.push(Diagnostic::error(code, place, message, help).warning());
    }

    /// Tables that are there before and after, parents before partitions and heirs, by name.
    fn kept_tables(&self) -> Vec<QName> {
        let target = &self.target.tables;
        let kept = self.work.tables.keys().filter(|name| target.contains_key(*name)).cloned();
        self.by_generation(kept.collect(), false)
    }
}

#[cfg(test)]
mod tests;

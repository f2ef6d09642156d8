//! From a request to a plan: reads, asks the recipes, arranges, and states what it took for
//! granted. The one place that sees every part.

mod arrival;
mod as_asked;
mod assumptions;
pub(crate) mod beside;
mod bound;
mod limits;
mod outside;
mod questions;
mod statements;
mod touched;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::change::{Asked, Hint, What};
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::engine::Engine;
use crate::fold::Moved;
use crate::name::QName;
use crate::op::{self, Op};
use crate::order::{self, Arranged};
use crate::plan::{FORMAT, Hazard, Model, NotAnalysed, Plan, Traffic, hash_text};
use crate::recipe::{Context, Recipe, enum_made_again, joined, numbering_ops, recipe};
use crate::request::{Backup, Change, Request};
use crate::schema::Schema;
use crate::{Planned, diff, fold, queries, sql};

use as_asked::naive_plan;
use assumptions::assumptions;
use touched::{in_steps, touched, with_objects, with_relatives};
use words::{releases, title};

/// A request, read.
struct Read {
    engine: Engine,
    source: Schema,
    asked: Vec<Asked>,
    hints: Vec<Hint>,
    diagnostics: Vec<Diagnostic>,
    not_analysed: Vec<NotAnalysed>,
    /// Transactions of the change's own.
    transactions: Vec<(usize, usize)>,
    /// The schema that is wanted, where that is how the change is given.
    target: Option<Schema>,
}

/// The plan for a request, and everything found on the way. Never fails: where no plan can be
/// made, an error in the diagnostics says why.
pub fn plan(request: &Request) -> Planned {
    planned(request, |read, plan| with_queries(request, read, plan))
}

/// The change as asked, as a plan of its own: the script in one step, then the deploy. For the
/// simulator to show what it would have done.
pub fn as_asked(request: &Request) -> Planned {
    planned(request, |read, plan| {
        let plan = with_queries(request, read, plan);
        let naive = naive_plan(request, read, &plan);
        let queries = queries::through(&naive, &read.source, &request.queries);
        Plan { queries, ..naive }
    })
}

fn planned(request: &Request, finish: impl FnOnce(&Read, Plan) -> Plan) -> Planned {
    let mut read = match read(request) {
        Ok(read) => read,
        Err(diagnostics) => return Planned { plan: None, diagnostics },
    };
    let plan = match recipes(request, &read) {
        Ok((recipes, wanted)) => {
            let plan = assemble(request, &read, (&recipes, &wanted));
            let refused = limits::refused(request, &plan);
            let fits = refused.is_none();
            read.diagnostics.extend(refused);
            if fits {
                let ends = [Some(&wanted), read.target.as_ref()];
                let found = arrival::warnings(&plan, &read.source, ends.into_iter().flatten());
                read.diagnostics.extend(found);
            }
            fits.then(|| finish(&read, plan))
        }
        Err(errors) => {
            read.diagnostics.extend(errors);
            None
        }
    };
    Planned { plan, diagnostics: read.diagnostics }
}

fn with_queries(request: &Request, read: &Read, plan: Plan) -> Plan {
    let ops = |asked: &Asked| (asked.span, naive_ops(&asked.what, &read.source));
    let asked: Vec<queries::Asked> = read.asked.iter().map(ops).collect();
    queries::attach(plan, &read.source, &asked, &request.queries)
}

fn read(request: &Request) -> Result<Read, Vec<Diagnostic>> {
    let engine = request.engine.parse::<Engine>().map_err(|error| {
        vec![Diagnostic::error(
            "bad-engine",
            (Source::Request, (0, 0)),
            error.to_string(),
            "write postgres:12 to postgres:18",
        )]
    })?;
    let schema = sql::read_schema(&request.schema);
    let mut diagnostics = schema.diagnostics;
    let mut not_analysed = schema.not_analysed;
    let starts_empty = diagnostics.iter().any(|d| d.code == "empty-schema");
    let is_target = matches!(request.change, Change::Target(_));
    if diagnostics.iter().any(|d| d.severity == Severity::Error && d.code != "empty-schema") {
        return Err(diagnostics);
    }
    let (mut transactions, mut target) = (Vec::new(), None);
    let (asked, hints) = match &request.change {
        Change::Statements(text) => {
            let change = sql::read_change(text, &schema.schema);
            diagnostics.extend(change.diagnostics);
            not_analysed.extend(change.not_analysed);
            transactions = change.transactions;
            (change.asked, change.hints)
        }
        Change::Target(text) => {
            let read = sql::read_target(text, &schema.schema);
            diagnostics.extend(read.diagnostics);
            not_analysed.extend(read.not_analysed);
            let (source, reshapes) = (&schema.schema, &read.reshapes);
            let (asked, found) = diff::diff_reshaped(source, &read.schema, &read.hints, reshapes);
            diagnostics.extend(found);
            target = Some(read.schema);
            (asked, read.hints)
        }
    };
    let ends_empty = diagnostics.iter().any(|d| d.code == "empty-change");
    if starts_empty && ends_empty {
        diagnostics.retain(|d| d.code != "empty-change");
    } else if ends_empty && is_target || starts_empty {
        // From nothing to something, or the other way round, is a change like any other: said aloud.
        diagnostics = diagnostics.into_iter().map(allow_empty).collect();
    }
    if has_errors(&diagnostics) {
        return Err(diagnostics);
    }
    let asked = joined(fold::fold(asked), &schema.schema, request);
    if asked.is_empty() {
        diagnostics.push(Diagnostic::error(
            "nothing-to-do",
            (Source::Change, (0, 0)),
            "the change asks for nothing that the schema does not have already",
            "write the statements you were about to run, or a target schema that differs",
        ));
    }
    diagnostics.extend(unknown_facts(request, &schema.schema));
    if has_errors(&diagnostics) {
        return Err(diagnostics);
    }
    let source = schema.schema;
    Ok(Read { engine, source, asked, hints, diagnostics, not_analysed, transactions, target })
}

fn allow_empty(diagnostic: Diagnostic) -> Diagnostic {
    match diagnostic.code.as_str() {
        "empty-schema" | "empty-change" => diagnostic.warning(),
        _ => diagnostic,
    }
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

fn unknown_facts(request: &Request, schema: &Schema) -> Vec<Diagnostic> {
    request
        .tables
        .keys()
        .filter(|name| !schema.tables.contains_key(name))
        .map(|name| {
            Diagnostic::error(
                "unknown-table",
                (Source::Request, (0, 0)),
                format!("facts are given for `{name}`, which the schema does not have"),
                "correct the name, or leave the entry out",
            )
            .warning()
        })
        .collect()
}

/// One recipe for each thing asked, each on the schema that the earlier ones leave; and the one that
/// all leave.
fn recipes(request: &Request, read: &Read) -> Result<(Vec<Recipe>, Schema), Vec<Diagnostic>> {
    let mut schema = read.source.clone();
    let (mut created, mut helpers) = (BTreeSet::new(), BTreeSet::new());
    let mut moved = Moved::default();
    let mut recipes = Vec::new();
    let mut errors = Vec::new();
    let mut hazards = Vec::new();
    for asked in &read.asked {
        let context = Context {
            engine: read.engine,
            schema: &schema,
            source: &read.source,
            created: &created,
            helpers: &helpers,
            request,
            asked: &read.asked,
            hints: &read.hints,
            span: asked.span,
        };
        let stage = moved.stage(&asked.what, &schema);
        let round = *stage.as_ref().unwrap_or(&0);
        match (recipe(&context, asked), stage) {
            (Ok(mut recipe), Ok(stage)) => {
                recipe.hazards.extend(beside::hazards(&context, &recipe));
                let ops = naive_ops(&asked.what, &schema);
                recipe.hazards.extend(ops.iter().flat_map(|op| statements::hazards(&context, op)));
                recipe.hazards.extend(outside::hazards(&context, &recipe));
                helpers.extend(recipe.helpers());
                recipes.push(Recipe { stage, ..recipe });
            }
            (Err(error), _) => errors.push(error),
            (_, Err(what)) => errors.push(fold::overlap(&what, asked.span)),
        }
        moved.note(&asked.what, &schema, round);
        for op in naive_ops(&asked.what, &schema) {
            if let Op::CreateTable { table, .. } = &op {
                created.insert(table.clone());
            } else if let Op::RenameTable { table, to } = &op
                && created.remove(table)
            {
                created.insert(table.sibling(to));
            }
            // What the server would refuse was refused when the change was read.
            let _refused = schema.apply(&op).is_err();
        }
    }
    for asked in &read.asked {
        let ops = naive_ops(&asked.what, &read.source);
        errors.extend(ops.iter().filter_map(|op| statements::orphans(asked, op, &schema)));
        // A whole schema that somebody wants holds nothing that is bound to what it does not hold.
        if matches!(request.change, Change::Statements(_)) {
            errors.extend(ops.iter().filter_map(|op| bound::refusal(asked, op, &schema)));
        }
        let found = ops.iter().filter_map(|op| statements::needs_table(asked, op, &schema));
        hazards.push(found.collect::<Vec<_>>());
    }
    // Without errors there is a recipe for each.
    for (recipe, found) in recipes.iter_mut().zip(hazards) {
        recipe.hazards.extend(found);
    }
    if errors.is_empty() { Ok((recipes, schema)) } else { Err(errors) }
}

/// What somebody would run for it.
pub(crate) fn naive_ops(what: &What, schema: &Schema) -> Vec<Op> {
    match what {
        What::Statement(op) | What::Lifted(op) => vec![op.clone()],
        What::Replace { create, with, .. } => {
            let mut ops = vec![(**create).clone()];
            ops.extend(with.iter().flat_map(|(id, object)| op::object::make(id, object)));
            ops
        }
        What::Reshape(reshape) => reshape.as_asked(schema),
        What::Extract(extract) => extract.as_asked(schema),
        What::Spread(spread) => spread.as_asked(),
        What::Move(moved) => moved.as_asked(),
        What::Merge(merge) => merge.as_asked(),
        What::Partition(partition) => partition.effect(),
        What::Retype(retype) => retype.ops(),
        What::Numbering(numbering) => numbering_ops(numbering),
        What::Object { id, after } => {
            let ops = op::object::change(id, schema.objects.get(id), after.as_ref()).ok();
            // Of what has no statement, only an enum is not refused by its recipe.
            let again = || enum_made_again(schema, id, after.as_ref()?);
            ops.or_else(again).unwrap_or_default()
        }
    }
}

fn assemble(request: &Request, read: &Read, (recipes, wanted): (&[Recipe], &Schema)) -> Plan {
    let touched = touched(&read.asked, &read.source, recipes);
    let existing: Vec<QName> =
        touched.iter().filter(|t| read.source.tables.contains_key(t)).cloned().collect();
    let (engine, source) = (read.engine, &read.source);
    let frame = order::Frame { engine, request, source, wanted, tables: &existing };
    let Arranged { phases, point_of_no_return, backfills, validation } =
        order::arrange(&frame, recipes);
    let in_steps = in_steps(&phases, &read.source, &touched);
    let used = with_relatives(&touched, &read.asked, &read.source);
    let all: BTreeSet<QName> = in_steps.into_iter().chain(used.iter().cloned()).collect();
    let mut model = model(request, read, &all.into_iter().collect::<Vec<_>>(), recipes);
    model.source = with_objects(model.source, &read.source, &phases);
    let releases = releases(&model, &used, recipes);
    let mut hazards: Vec<Hazard> = recipes.iter().flat_map(|r| r.hazards.clone()).collect();
    hazards.sort_by_key(|h| h.span);
    let mut said = BTreeSet::new();
    hazards.retain(|h| said.insert((h.code.clone(), h.message.clone())));
    let plan = Plan {
        format: FORMAT.to_owned(),
        engine: read.engine,
        title: title(&read.asked),
        source_schema_hash: hash_text(&request.schema),
        releases,
        phases,
        point_of_no_return,
        backfills,
        validation,
        hazards,
        strategies: words::strategies(&read.asked, recipes),
        impossible: Vec::new(),
        questions: questions::all(&read.source, &read.asked, recipes),
        not_analysed: read.not_analysed.clone(),
        queries: Vec::new(),
        assumptions: assumptions(request, recipes, &existing),
        model,
    };
    let mut plan = Plan { impossible: limits::impossible(request, &plan), ..plan };
    let last = limits::question(request, &plan);
    plan.questions.extend(last);
    plan
}

/// The schemas before and after, cut to the touched tables and the parents of their keys.
fn model(request: &Request, read: &Read, touched: &[QName], recipes: &[Recipe]) -> Model {
    let source = cut(&read.source, touched);
    let mut target = source.clone();
    let mut asked = Vec::new();
    // What becomes of an object depends on what it was, whatever the cut leaves out.
    let mut whole = read.source.clone();
    for change in &read.asked {
        for op in naive_ops(&change.what, &whole) {
            let _refused = whole.apply(&op).is_err();
            let _not_here = target.apply(&op).is_err();
            asked.push(op);
        }
    }
    let big_tables = source
        .tables
        .keys()
        .chain(target.tables.keys())
        .filter(|name| order::is_big(request, &read.source, name))
        .cloned()
        .collect::<BTreeSet<_>>();
    let traffic = source.tables.keys().map(|name| traffic(request, name)).collect();
    Model {
        source,
        target,
        traffic,
        replicas: request.constraints.replicas,
        asked,
        conversions: recipes.iter().flat_map(|r| r.conversions.clone()).collect(),
        narrowed: recipes.iter().flat_map(|r| r.narrowed.clone()).collect(),
        bears: recipes.iter().flat_map(|r| r.bears.clone()).collect(),
        closed: recipes.iter().flat_map(|r| r.closed.clone()).collect(),
        confined: recipes.iter().flat_map(|r| r.confined.clone()).collect(),
        relays: recipes.iter().flat_map(|r| r.relays.clone()).collect(),
        big_tables: big_tables.into_iter().collect(),
        lock_wait_ms: u64::from(request.constraints.lock_wait_ms),
        backup: request.constraints.backup != Backup::None,
        downtime_s: u64::from(if request.stops() { request.downtime_s() } else { 0 }),
    }
}

fn traffic(request: &Request, table: &QName) -> Traffic {
    let facts = request.facts(table);
    Traffic {
        table: table.clone(),
        rows: facts.rows,
        reads_per_s: facts.reads_per_s,
        writes_per_s: facts.writes_per_s,
        longest_transaction_s: facts.longest_transaction_s,
    }
}

fn cut(schema: &Schema, touched: &[QName]) -> Schema {
    let mut names: BTreeSet<QName> = touched.iter().cloned().collect();
    // What is below follows; what is above says what may be asked for.
    names.extend(touched.iter().flat_map(|name| schema.descendants(name)));
    names.extend(touched.iter().flat_map(|name| {
        schema.known_parents(name).into_iter().map(|(parent, _)| parent.clone()).collect::<Vec<_>>()
    }));
    for table in touched.iter().filter_map(|name| schema.table(name)) {
        names.extend(table.constraints.values().filter_map(|c| c.kind.parent().cloned()));
    }
    let mut tables = schema.tables.clone();
    tables.retain(|name, _| names.contains(name));
    for table in tables.values_mut().map(Arc::make_mut) {
        table.constraints.retain(|_, c| c.kind.parent().is_none_or(|p| names.contains(p)));
        table.triggers.clear();
        table.relays.clear();
    }
    let mut views = schema.views.clone();
    let over = views_over(schema, touched);
    views.retain(|name, _| over.contains(name));
    Schema {
        tables,
        views,
        enums: schema.enums.clone(),
        domains: schema.domains.clone(),
        objects: Arc::default(),
        helpers: schema.helpers.clone(),
    }
}

/// Views that are touched or read what is, also through other views.
fn views_over(schema: &Schema, touched: &[QName]) -> BTreeSet<QName> {
    let is_touched = |name: &QName| touched.contains(name);
    let first = schema
        .views
        .iter()
        .filter(|(name, view)| is_touched(name) || view.reads.iter().any(is_touched));
    schema.with_dependents(first.map(|(name, _)| name.clone()).collect()).into_iter().collect()
}

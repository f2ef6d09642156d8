//! A plan made ready to run: steps as groups of statements that take effect together, tables in
//! numbered places, and what each release does. Fixed during a search, but for the interned
//! schemas and rows. Must not know what can happen next.

mod data;
mod memory;
mod steps;
mod tables;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use planner::backfill::Backfill;
use planner::condition::Condition;
use planner::engine::Engine;
use planner::expr::Expr;
use planner::name::QName;
use planner::op::Op;
use planner::op::effect::Refusal;
use planner::plan::{Closed, ColumnRef, Confined, Conversion, LabelRef, Narrowed, Plan, StepKind};
use planner::schema::{ObjectKind, Schema, Table};
use planner::sync::Relay;

use crate::ddl::same;
use crate::domain::Domains;
use crate::fleet::Fleet;
use crate::invariant::Broken;
use crate::record::{Group, Record};
use crate::replica::Replicas;
use crate::scenario::Bounds;
use crate::search::Numbers;
use crate::slice::{self, Cut};
use crate::store::Rows;
use crate::value::{Interner, Value};
use crate::world::CELLS;

pub(crate) use memory::{BatchAt, Changed, Memory};

/// Why a plan cannot be modelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmodelled(pub String);

impl fmt::Display for Unmodelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The model of one group of tables under a plan.
pub(crate) struct Model {
    pub(crate) bounds: Bounds,
    pub(crate) engine: Engine,
    pub(crate) steps: Vec<StepModel>,
    /// First step without a way back.
    pub(crate) point: Option<usize>,
    /// Oldest and newest release; the same one twice where the app does not change.
    pub(crate) releases: [ReleaseModel; 2],
    pub(crate) tables: Vec<TableModel>,
    /// Rows that each table has room for.
    pub(crate) rows: usize,
    pub(crate) backfills: Vec<Backfill>,
    /// Names of those that are other groups' business.
    pub(crate) elsewhere: BTreeSet<String>,
    /// The change as asked, what of it is about these tables.
    pub(crate) asked: Vec<Op>,
    /// What columns and the rows of other tables mean in terms of each other.
    pub(crate) relays: Vec<Relay>,
    /// What the plan assumes of rows until their table is partitioned.
    pub(crate) confined: Vec<Confined>,
    pub(crate) big: BTreeSet<QName>,
    /// Whether the request allows that no instance runs.
    pub(crate) may_be_down: bool,
    /// Who reads the states of today from a replica later.
    pub(crate) replicas: Replicas,
    pub(crate) schemas: Interner<Arc<State>>,
    pub(crate) records: Numbers<Option<Record>>,
    /// What rows there are together in some state.
    pub(crate) arrangements: Numbers<Rows>,
    pub(crate) source: u16,
    pub(crate) target: Schema,
    /// Of each schema whether it is the one before the plan, and whether it is the one asked for.
    pub(crate) ends: Vec<(bool, bool)>,
    /// Whether the app writes values that expose what a rollback loses: see `exposing`.
    pub(crate) exposing: bool,
    /// See `domain`.
    pub(crate) domains: OnceCell<Vec<Domains>>,
    /// Whether locks count: where only rows are asked about, nobody waits.
    pub(crate) locking: bool,
    /// What each release can do with rows, and whether what runs reads them well.
    pub(crate) memo: Memory,
    /// What the model leaves out, for the verdict.
    pub(crate) notes: Vec<String>,
}

/// What a statement of the app comes to: the number of the rows after it, or a refusal.
pub(crate) type Effect = Result<u32, Broken>;

/// A schema, and which of its tables stands in which place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct State {
    pub(crate) schema: Schema,
    /// The name that each table has now; `None` where it does not exist.
    pub(crate) names: Vec<Option<QName>>,
}

/// A step.
pub(crate) struct StepModel {
    pub(crate) id: String,
    pub(crate) kind: StepKind,
    pub(crate) operation: String,
    pub(crate) script: Vec<Batch>,
    pub(crate) rollback: Vec<Batch>,
    pub(crate) checks: Vec<Condition>,
    /// What has to hold when it has been rolled back.
    pub(crate) back_checks: Vec<Condition>,
    /// For a deploy: the instances before it and after it.
    pub(crate) fleet: Option<(Fleet, Fleet)>,
}

/// Statements that take effect together.
pub(crate) struct Batch {
    /// Shared, since who runs them changes the model meanwhile.
    pub(crate) ops: Arc<Vec<Op>>,
    /// The same as the plan says it, a line each: `ops` are cut to what the search is about.
    pub(crate) said: Vec<String>,
    /// Milliseconds; 0 waits for ever.
    pub(crate) lock_timeout_ms: u64,
}

/// A release.
pub(crate) struct ReleaseModel {
    pub(crate) id: String,
    pub(crate) keeps: Vec<Condition>,
    /// Labels of enums that its statements say.
    pub(crate) labels: Vec<LabelRef>,
    /// What it does with each table; `None` where it does not know the table.
    pub(crate) uses: Vec<Option<Uses>>,
}

/// What a release does with a table.
pub(crate) struct Uses {
    /// Name by which it knows the table.
    pub(crate) relation: QName,
    pub(crate) reads: Vec<String>,
    pub(crate) writes: Vec<String>,
    /// The table as the release believes it to be.
    pub(crate) own: Table,
    /// Columns in which it does not expect NULL.
    pub(crate) not_null: Vec<String>,
}

/// A table, whatever it is called.
pub(crate) struct TableModel {
    pub(crate) old: Option<QName>,
    pub(crate) new: Option<QName>,
    pub(crate) key: Vec<String>,
    pub(crate) conversions: Vec<Conversion>,
    /// What the plan assumes of the values of columns.
    pub(crate) narrowed: Vec<Narrowed>,
    /// Columns that hold no values but these.
    pub(crate) closed: Vec<Closed>,
    /// Values on either side of the CHECKs, for each column that one names.
    pub(crate) sides: BTreeMap<String, Vec<Value>>,
    /// For each column that tells partitions apart: values within the bounds of the partition that the
    /// table becomes, and one outside of them.
    pub(crate) edges: BTreeMap<String, (Vec<Value>, Option<Value>)>,
    /// In-place changes of data that the plan makes on purpose.
    pub(crate) images: Vec<Image>,
}

/// `column := value` where `filter`.
pub(crate) struct Image {
    pub(crate) set: Vec<(String, Expr)>,
    pub(crate) filter: Option<Expr>,
}

impl Model {
    /// The model of a group of tables as a whole.
    pub(crate) fn new(
        plan: &Plan,
        bounds: &Bounds,
        group: &BTreeSet<QName>,
    ) -> Result<Self, Unmodelled> {
        Self::of_cut(plan, bounds, &Cut::whole(plan, group))
    }

    /// The model of what one search is about.
    pub(crate) fn of_cut(plan: &Plan, bounds: &Bounds, cut: &Cut) -> Result<Self, Unmodelled> {
        let tables = tables::tables(plan, cut);
        if tables.len() > CELLS {
            return Err(Unmodelled(format!(
                "{} tables depend on each other; {CELLS} can be searched together",
                tables.len()
            )));
        }
        let names: BTreeSet<QName> =
            tables.iter().flat_map(|t| t.old.iter().chain(&t.new)).cloned().collect();
        let names = slice::with_partitions(plan, &names);
        let bounds = bounds.sane();
        let rows = bounds.rows.min(CELLS / tables.len().max(1)).max(1);
        let steps = steps::steps(plan, bounds.instances, (&names, cut));
        let backfills = data::backfills(&steps);
        if steps.len() >= usize::from(u8::MAX) || backfills.len() > 16 {
            return Err(Unmodelled(format!(
                "{} steps and {} backfills of rows that depend on each other; 254 and 16 can be searched",
                steps.len(),
                backfills.len()
            )));
        }
        let elsewhere = data::elsewhere(plan, &backfills);
        let source = State {
            schema: slice::cut(&plan.model.source, &names, cut),
            names: tables
                .iter()
                .map(|t| t.old.clone().filter(|n| plan.model.source.tables.contains_key(n)))
                .collect(),
        };
        let mut target = slice::cut(&plan.model.target, &names, cut);
        // Labels keep their names in what rows hold, and so in what is said of rows (`ddl`).
        for op in plan.model.asked.iter().rev() {
            if let Op::RenameLabel { ty, label, to } = op {
                target.say_label(ty, to, label);
            }
        }
        let mut schemas = Interner::new();
        let releases = releases(plan, (&tables, cut), (&source.schema, &target));
        let ends = vec![(true, same(&source.schema, &target))];
        let number = schemas.number(Arc::new(source)).unwrap_or_default();
        let point = plan.point_of_no_return.step.as_ref();
        let mut records = Numbers::new();
        let _absent = records.number(None);
        Ok(Self {
            engine: plan.engine,
            point: point.and_then(|id| steps.iter().position(|s| s.id == *id)),
            replicas: Replicas::new(plan.model.replicas, &steps),
            steps,
            releases,
            tables,
            rows,
            backfills,
            elsewhere,
            asked: steps::asked(plan, (&names, cut)),
            relays: plan.model.relays.clone(),
            confined: plan.model.confined.clone(),
            big: plan.model.big_tables.iter().cloned().collect(),
            may_be_down: plan.model.downtime_s > 0,
            schemas,
            records,
            arrangements: Numbers::new(),
            source: number,
            target,
            ends,
            exposing: false,
            domains: OnceCell::new(),
            locking: true,
            memo: Memory::new(),
            notes: notes(plan),
            bounds,
        })
    }

    /// The schema of a number.
    pub(crate) fn state(&self, schema: u16) -> &State {
        self.schemas.get(schema)
    }

    /// The same, to keep while the model changes.
    pub(crate) fn shared_state(&self, schema: u16) -> Arc<State> {
        Arc::clone(self.schemas.get(schema))
    }

    /// The row of a number; `None` for no row.
    pub(crate) fn record(&self, number: u16) -> Option<&Record> {
        self.records.get(u32::from(number)).as_ref()
    }

    /// Where the table of that name stands, seen through a view that stands in for it.
    pub(crate) fn resolve(&self, schema: u16, relation: &QName) -> Option<usize> {
        let state = self.state(schema);
        let view = state.schema.views.get(relation).and_then(|v| v.alias_of.as_ref());
        let name = view.unwrap_or(relation);
        state.names.iter().position(|n| n.as_ref() == Some(name))
    }

    /// The definition of the table in a place.
    pub(crate) fn table(&self, schema: u16, place: usize) -> Option<&Table> {
        let state = self.state(schema);
        state.schema.table(state.names.get(place)?.as_ref()?)
    }

    /// The same, to keep while the state goes on.
    pub(crate) fn shared_table(&self, schema: u16, place: usize) -> Option<Arc<Table>> {
        let state = self.state(schema);
        state.schema.tables.get(state.names.get(place)?.as_ref()?).cloned()
    }

    /// Number of a backfill.
    pub(crate) fn backfill(&self, name: &str) -> Option<usize> {
        self.backfills.iter().position(|b| b.name == name)
    }

    /// Whether a backfill of that name belongs to other tables.
    pub(crate) fn is_elsewhere(&self, backfill: &str) -> bool {
        self.elsewhere.contains(backfill)
    }

    /// Whether the app has two releases in this plan.
    pub(crate) fn has_two_releases(&self) -> bool {
        self.releases[0].id != self.releases[1].id
    }
}

fn releases(
    plan: &Plan,
    (tables, cut): (&[TableModel], &Cut),
    schemas: (&Schema, &Schema),
) -> [ReleaseModel; 2] {
    let here = |keep: &&Condition| !cut.is_condition_apart(keep);
    let one = |release: Option<&planner::plan::Release>, new: bool| {
        let mut uses: Vec<Option<Uses>> =
            tables.iter().map(|table| uses(release?, table, schemas, new)).collect();
        for uses in uses.iter_mut().flatten() {
            let bears = |c: &String| {
                plan.model.bears.iter().any(|b| b.relation == uses.relation && b.column == *c)
            };
            uses.not_null.retain(|c| !bears(c));
        }
        ReleaseModel {
            id: release.map(|r| r.id.clone()).unwrap_or_default(),
            keeps: release.iter().flat_map(|r| &r.keeps).filter(here).cloned().collect(),
            labels: release.map(|r| r.labels.clone()).unwrap_or_default(),
            uses,
        }
    };
    let two = plan.releases.len() > 1;
    [one(plan.releases.first(), false), one(plan.releases.last(), two)]
}

fn uses(
    release: &planner::plan::Release,
    table: &TableModel,
    (source, target): (&Schema, &Schema),
    new: bool,
) -> Option<Uses> {
    let relation = if new { table.new.as_ref() } else { table.old.as_ref() }?;
    let own = if new { target } else { source }.table(relation)?.clone();
    let known = |list: &[ColumnRef]| -> Vec<String> {
        list.iter()
            .filter(|c| c.relation == *relation && own.column(&c.column).is_some())
            .map(|c| c.column.clone())
            .collect()
    };
    let reads = known(&release.reads);
    if reads.is_empty() {
        return None;
    }
    // What was nullable when the app was written for it stays possible NULL for the app.
    let before = table.old.as_ref().and_then(|name| source.table(name));
    let was_nullable = |c: &str| before.and_then(|t| t.column(c)).is_some_and(|c| !c.not_null);
    let not_null = own
        .columns
        .iter()
        // What is computed is not interpreted.
        .filter(|c| c.not_null && c.generated.is_none() && !was_nullable(&c.name))
        .map(|c| c.name.clone())
        .collect();
    Some(Uses { relation: relation.clone(), writes: known(&release.writes), reads, own, not_null })
}

fn notes(plan: &Plan) -> Vec<String> {
    let mut notes = Vec::new();
    if slice::ops(plan).any(|op| matches!(op, Op::Verbatim { .. })) {
        notes.push("statements that are not analysed are taken to change nothing".to_owned());
    }
    for closed in &plan.model.closed {
        notes.push(format!(
            "{}.{} holds the first two of its {} values, or NULL",
            closed.table,
            closed.column,
            closed.values.len()
        ));
    }
    for narrowed in &plan.model.narrowed {
        notes.push(format!(
            "nobody writes a value to {}.{} that does not convert to {}, as the plan assumes",
            narrowed.table, narrowed.column, narrowed.ty
        ));
    }
    for ColumnRef { relation, column } in &plan.model.bears {
        notes.push(format!("every release bears NULL in {relation}.{column}, as the plan assumes"));
    }
    for confined in &plan.model.confined {
        notes.push(format!(
            "nobody writes a row to {} outside of the bounds of its first partition before it is partitioned, nor one that no partition takes, as the plan assumes",
            confined.table
        ));
    }
    let acts = |kind| matches!(kind, ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy);
    if slice::ops(plan).any(|op| matches!(op, Op::Object { id, .. } if acts(id.kind))) {
        notes.push("your own triggers, rules and policies are not interpreted".to_owned());
    }
    notes
}

impl Model {
    /// A row that is there from the start: an old release wrote it.
    pub(crate) fn fresh(&self, place: usize, table: &Table, values: Vec<Value>) -> Record {
        let value = |name: &str| {
            table
                .columns
                .iter()
                .position(|c| c.name == name)
                .map_or(Value::Null, |i| values[i].clone())
        };
        let conversions = &self.tables[place].conversions;
        let groups = conversions
            .iter()
            .map(|c| {
                if c.down.is_empty() {
                    Group::Unwritten
                } else {
                    Group::Old(c.down.iter().map(|(name, _)| value(name)).collect())
                }
            })
            .collect();
        let in_group =
            |name: &str| conversions.iter().any(|c| c.down.iter().any(|(n, _)| n == name));
        let plain = table
            .columns
            .iter()
            .filter(|c| !in_group(&c.name))
            .map(|c| (c.name.clone(), value(&c.name)))
            .collect();
        Record { values, plain, groups, undo: Vec::new(), brought: false }
    }

    /// The number of a row.
    pub(crate) fn intern(&mut self, record: Record) -> Result<u16, Unmodelled> {
        let (number, _) = self.records.number(Some(record));
        let too_many = |_| Unmodelled("more than 65,535 different rows".to_owned());
        u16::try_from(number).map_err(too_many)
    }

    /// The number of a schema.
    pub(crate) fn intern_schema(&mut self, state: State) -> Result<u16, Unmodelled> {
        let too_many = || Unmodelled("more than 65,535 different schemas".to_owned());
        let number = self.schemas.number(Arc::new(state)).ok_or_else(too_many)?;
        if usize::from(number) == self.ends.len() {
            let schema = &self.state(number).schema;
            let is_source = same(schema, &self.state(self.source).schema);
            self.ends.push((is_source, same(schema, &self.target)));
        }
        Ok(number)
    }

    pub(crate) fn is_source(&self, schema: u16) -> bool {
        self.ends[usize::from(schema)].0
    }

    pub(crate) fn is_target(&self, schema: u16) -> bool {
        self.ends[usize::from(schema)].1
    }
}

/// A server's answer: what it gave, or its refusal.
pub(crate) type Answer<T> = Result<T, Refusal>;

/// A refusal.
pub(crate) fn refusal(sqlstate: &'static str, message: String) -> Refusal {
    Refusal { sqlstate, message }
}

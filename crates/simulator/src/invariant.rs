//! What must hold in every reachable state, what must happen in some, and the check of every read:
//! each live release reads each row, and must find what was acknowledged. One table of promises;
//! who breaks them is found elsewhere.

use planner::name::literal;
use planner::op::effect::Refusal;
use planner::plan::LabelRef;

use crate::eval::eval;
use crate::model::Model;
use crate::record::{Group, Record};
use crate::rows;
use crate::value::Value;
use crate::world::World;

/// A promise of every plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Always {
    NoBrokenStatement,
    NoLostWrite,
    NoUnexpectedNull,
    NoLongBlock,
    NoOutage,
    GateBeforeContract,
    BackupBeforeDestruction,
    ValidatedBeforeDestruction,
    Reversible,
    PointOfNoReturn,
    NeverStuck,
    FinishedMeansDone,
    FinishesAlone,
}

impl Always {
    /// Name and plain words.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NoBrokenStatement => {
                ("no broken statement", "every statement of every running release succeeds")
            }
            Self::NoLostWrite => {
                ("no lost write", "what was acknowledged is what every running release reads")
            }
            Self::NoUnexpectedNull => {
                ("no unexpected NULL", "no release reads NULL where its schema never had one")
            }
            Self::NoLongBlock => {
                ("no long block", "no request waits behind a lock for longer than the budget")
            }
            Self::NoOutage => (
                "no outage",
                "some instance of the app always runs, unless the request allows a downtime",
            ),
            Self::GateBeforeContract => (
                "gate before contract",
                "nothing is dropped before a gate has verified that nobody needs it",
            ),
            Self::BackupBeforeDestruction => {
                ("backup before destruction", "nothing is destroyed before a backup exists")
            }
            Self::ValidatedBeforeDestruction => (
                "validated before destruction",
                "nothing is destroyed while a validation is still to come: where it fails there would be no way back",
            ),
            Self::Reversible => (
                "reversible",
                "until the point of no return, rolling back restores the schema as it was",
            ),
            Self::PointOfNoReturn => (
                "point of no return",
                "the declared point of no return is the computed one: a rollback from before it keeps what was acknowledged, from it on none leads back",
            ),
            Self::NeverStuck => {
                ("never stuck", "from every state the migration can be finished or rolled back")
            }
            Self::FinishedMeansDone => (
                "finished means done",
                "when the plan has run, schema and rows are those asked for",
            ),
            Self::FinishesAlone => (
                "finishes by itself",
                "where nobody writes and nothing fails, the plan comes to its end",
            ),
        }
    }
}

/// What must happen in some run, or a proof says little: a bit each.
pub(crate) const SOMETIMES: [&str; 7] = [
    "old and new release ran together",
    "the old release wrote during the migration",
    "the new release wrote during the migration",
    "a backfill changed a row",
    "a fault was injected",
    "a rollback was completed",
    "the plan was finished",
];

/// Bits of `SOMETIMES`.
pub(crate) mod seen {
    pub(crate) const TOGETHER: u8 = 1;
    pub(crate) const OLD_WROTE: u8 = 2;
    pub(crate) const NEW_WROTE: u8 = 4;
    pub(crate) const BACKFILLED: u8 = 8;
    pub(crate) const FAULT: u8 = 16;
    pub(crate) const ROLLED_BACK: u8 = 32;
    pub(crate) const FINISHED: u8 = 64;
}

/// A promise broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) promise: Always,
    /// Who was hurt and how, a sentence.
    pub(crate) detail: String,
}

impl Broken {
    pub(crate) fn new(promise: Always, detail: String) -> Self {
        Self { promise, detail }
    }
}

impl Model {
    /// Whether a release's statements find their tables and columns.
    pub(crate) fn resolves(&self, schema: u16, release: usize) -> Result<(), (String, Refusal)> {
        for uses in self.releases[release].uses.iter().flatten() {
            let sql =
                format!("SELECT {} FROM {}", planner::name::quote_list(&uses.reads), uses.relation);
            let table = self.resolve(schema, &uses.relation).and_then(|p| self.table(schema, p));
            let Some(table) = table else {
                let message = format!("relation \"{}\" does not exist", uses.relation);
                return Err((sql, Refusal { sqlstate: "42P01", message }));
            };
            let columns = uses.reads.iter().chain(&uses.writes);
            if let Some(missing) = columns.into_iter().find(|c| table.column(c).is_none()) {
                let message = format!("column \"{missing}\" does not exist");
                return Err((sql, Refusal { sqlstate: "42703", message }));
            }
        }
        let enums = &self.state(schema).schema.enums;
        let missing = |label: &&LabelRef| {
            enums.get(&label.ty).is_none_or(|labels| !labels.contains(&label.label))
        };
        if let Some(LabelRef { ty, label }) = self.releases[release].labels.iter().find(missing) {
            let message = format!("invalid input value for enum {ty}: \"{label}\"");
            let sql = format!("SELECT {}::{ty}", literal(label));
            return Err((sql, Refusal { sqlstate: "22P02", message }));
        }
        Ok(())
    }

    /// Whether a release reads in a row what was acknowledged.
    pub(crate) fn reads_well(
        &self,
        world: &World,
        release: usize,
        place: usize,
        record: &Record,
    ) -> Result<(), Broken> {
        let schema = world.schema;
        let (Some(uses), Some(table)) =
            (&self.releases[release].uses[place], self.table(schema, place))
        else {
            return Ok(());
        };
        let id = &self.releases[release].id;
        for column in &uses.reads {
            let value = rows::get(table, &record.values, column);
            if value == Value::Null && uses.not_null.contains(column) {
                return Err(Broken::new(
                    Always::NoUnexpectedNull,
                    format!(
                        "{id} reads NULL in {}.{column}, which is NOT NULL to it",
                        uses.relation
                    ),
                ));
            }
            if let Some(wanted) = self.wanted(world, release, (place, record), column)
                && !wanted.iter().any(|w| w.same(&value))
                && !self.means(place, record, (column, &value), &wanted[0])
            {
                return Err(Broken::new(
                    Always::NoLostWrite,
                    format!(
                        "{id} reads {value} in {}.{column}, where {} was acknowledged",
                        uses.relation, wanted[0]
                    ),
                ));
            }
        }
        Ok(())
    }

    /// What the release may read in a column; `None` where nothing is known.
    fn wanted(
        &self,
        world: &World,
        release: usize,
        (place, record): (usize, &Record),
        column: &str,
    ) -> Option<Vec<Value>> {
        let new_side = release == 1 && self.has_two_releases();
        let conversions = self.tables[place].conversions.iter().zip(&record.groups);
        for (conversion, group) in conversions {
            let (mine, theirs) = if new_side {
                (&conversion.up, &conversion.down)
            } else {
                (&conversion.down, &conversion.up)
            };
            let Some(at) = mine.iter().position(|(c, _)| c == column) else { continue };
            if !mine[at].1.lookups().is_empty() {
                // What is looked up is what the other table has now, whoever wrote it.
                let table = self.table(world.schema, place)?;
                let find = self.finder(world);
                return rows::value_around(table, &record.values, &mine[at].1, &find)
                    .ok()
                    .map(|v| vec![v]);
            }
            let given = match (group, new_side) {
                (Group::Old(values), false) | (Group::New(values), true) => {
                    return values.get(at).cloned().map(|v| vec![v]);
                }
                (Group::Unwritten, _) => &Vec::new(),
                (Group::Old(values), true) | (Group::New(values), false) => values,
            };
            let look = |name: &str| {
                let i = theirs.iter().position(|(c, _)| c == name);
                i.and_then(|i| given.get(i)).cloned().unwrap_or(Value::Null)
            };
            let expected = eval(&mine[at].1, &look).ok()?;
            // What differs by row is not known in advance: only that there is something.
            let known = mine[at].1.volatility() != planner::expr::Volatility::Volatile;
            return known.then(|| vec![expected]);
        }
        if self.is_carried(place, column) {
            // What is acknowledged of it stands with the row that it belongs to: see `relay`.
            return None;
        }
        let (_, truth) = record.plain.iter().find(|(c, _)| c == column)?;
        let mut wanted = vec![truth.clone()];
        wanted.extend(self.images_of(place, record, column));
        Some(wanted)
    }

    /// What the plan's own in-place changes make of an acknowledged value.
    fn images_of(&self, place: usize, record: &Record, column: &str) -> Vec<Value> {
        let look = |name: &str| {
            let found = record.plain.iter().find(|(c, _)| c == name);
            found.map_or(Value::Null, |(_, v)| v.clone())
        };
        self.images(place, column, &look)
    }

    /// Whether what is read means what was acknowledged: an in-place change asked for says that
    /// the old value means the new one, and rolling it back puts the old one there again.
    fn means(
        &self,
        place: usize,
        record: &Record,
        (column, read): (&str, &Value),
        wanted: &Value,
    ) -> bool {
        let look = |name: &str| {
            if name == column {
                return read.clone();
            }
            let found = record.plain.iter().find(|(c, _)| c == name);
            found.map_or(Value::Null, |(_, v)| v.clone())
        };
        self.images(place, column, &look).iter().any(|image| image.same(wanted))
    }

    fn images(&self, place: usize, column: &str, look: &dyn Fn(&str) -> Value) -> Vec<Value> {
        let applies = |image: &&crate::model::Image| {
            image.filter.as_ref().is_none_or(|filter| {
                eval(filter, look).is_ok_and(|value| crate::eval::truth(&value) == Some(true))
            })
        };
        let images = self.tables[place].images.iter().filter(applies);
        images
            .flat_map(|image| &image.set)
            .filter(|(c, _)| c == column)
            .filter_map(|(_, value)| eval(value, look).ok())
            .collect()
    }
}

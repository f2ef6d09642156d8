//! One statement at a time, of the migration or of the app, on a schema with rows: what the model makes
//! of it, for who wants to compare that with a server. Every table and every column, nothing cut
//! away. Must not know in which order a plan runs.

mod alone;
mod write;

use std::collections::BTreeSet;

use planner::engine::Engine;
use planner::expr::Expr;
use planner::name::QName;
use planner::op::Op;
use planner::op::effect::Refusal;
use planner::plan::Plan;
use planner::schema::{Column, Schema};

use crate::ddl::Ran;
use crate::model::{Answer, Model, Unmodelled};
use crate::proof;
use crate::scenario::Bounds;
use crate::slice::{self, Cut, Kept};
use crate::value::Value;
use crate::world::{CELLS, World};

pub use write::{Given, Write};

/// A schema with rows.
pub struct Replay {
    model: Model,
    world: World,
}

/// A table with its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Its name now.
    pub table: QName,
    /// Columns in their order.
    pub columns: Vec<String>,
    /// Rows, each with a value a column.
    pub rows: Vec<Vec<Cell>>,
}

/// A value, as a server prints it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// NULL.
    Null,
    /// Its text.
    Text(String),
    /// What the model does not interpret; the term.
    Unknown(String),
}

/// What came of a statement: nothing, or the server's refusal.
pub type Answered = Result<Answer<()>, Unmodelled>;

impl Replay {
    /// All tables of a plan before it begins, with the rows that a search begins with.
    ///
    /// # Errors
    /// Where the plan has more tables than the model has room for.
    pub fn of_plan(plan: &Plan) -> Result<Self, Unmodelled> {
        let moved: BTreeSet<QName> = slice::renames(plan).into_keys().collect();
        let both = plan.model.source.tables.keys().chain(plan.model.target.tables.keys());
        let group: BTreeSet<QName> = both.filter(|name| !moved.contains(name)).cloned().collect();
        let bounds = Bounds { rows: 3, ..Bounds::default() };
        let mut model = Model::of_cut(plan, &bounds, &Cut::of(&group, every_column(plan)))?;
        let mut world = proof::initial(&mut model)?;
        // Of a table that no release uses nothing says what its rows hold.
        for place in (0..model.tables.len()).filter(|p| model.releases[0].uses[*p].is_none()) {
            world.cells[place * model.rows..(place + 1) * model.rows].fill(0);
        }
        Ok(Self { model, world })
    }

    /// The tables of a schema, without rows.
    ///
    /// # Errors
    /// Where it has more tables than the model has room for.
    pub fn of_schema(engine: Engine, schema: &Schema) -> Result<Self, Unmodelled> {
        let mut model = Model::of_schema(engine, schema)?;
        let mut world = proof::initial(&mut model)?;
        world.cells = [0; CELLS];
        Ok(Self { model, world })
    }

    /// The schema as it is now.
    pub fn schema(&self) -> &Schema {
        &self.model.state(self.world.schema).schema
    }

    /// Every table with its rows.
    pub fn rows(&self) -> Vec<Rows> {
        let state = self.model.state(self.world.schema);
        let names = state.names.iter().enumerate();
        let present = names.filter_map(|(place, name)| {
            let table = self.model.table(self.world.schema, place)?;
            // The rows of a partition are its parent's.
            (!table.is_partition()).then_some(())?;
            Some(Rows {
                table: name.clone()?,
                columns: table.columns.iter().map(|c| c.name.clone()).collect(),
                rows: self
                    .model
                    .present(&self.world, place)
                    .map(|(_, values)| table.columns.iter().zip(values).map(of_column).collect())
                    .collect(),
            })
        });
        present.collect()
    }

    /// Where all stands, to come back to.
    pub fn mark(&self) -> Mark {
        Mark(self.world)
    }

    /// Back to where all stood.
    pub fn back(&mut self, mark: &Mark) {
        self.world = mark.0;
    }

    /// Statements of the migration that take effect together.
    ///
    /// # Errors
    /// Where the model cannot say.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only an index is built concurrently")]
    pub fn run(&mut self, ops: &[Op]) -> Answered {
        if let [Op::RunBackfill { backfill }] = ops {
            return self.backfill(backfill);
        }
        match self.model.run(&self.world, ops)? {
            Ran::Done(next) => {
                self.world = next;
                Ok(Ok(()))
            }
            Ran::Refused(refused) => Ok(Err(refused)),
            Ran::LeftInvalid(next) => {
                self.world = next;
                let names = ops.iter().filter_map(|op| match op {
                    Op::CreateIndex { name, .. } => Some(name.as_str()),
                    _ => None,
                });
                let name = names.collect::<String>();
                let message = format!("could not create unique index \"{name}\"");
                Ok(Err(Refusal { sqlstate: "23505", message }))
            }
        }
    }

    fn backfill(&mut self, backfill: &planner::backfill::Backfill) -> Answered {
        let number = self.model.backfill(&backfill.name);
        let number = number.ok_or_else(|| Unmodelled(format!("no backfill {}", backfill.name)))?;
        while self.world.finished & (1 << number) == 0 {
            let (after, _) = self.model.batch(&self.world, backfill)?;
            if after == self.world {
                return Err(Unmodelled(format!("backfill {} stops at a row", backfill.name)));
            }
            self.world = after;
        }
        Ok(Ok(()))
    }

    /// A statement of the app.
    ///
    /// # Errors
    /// Where the model cannot say.
    pub fn write(&mut self, write: &Write) -> Answered {
        match self.model.write(&self.world, write)? {
            Ok(after) => {
                self.world = after;
                Ok(Ok(()))
            }
            Err(refused) => Ok(Err(refused)),
        }
    }

    /// Every statement that a search knows of a release (0 the oldest, 1 the newest) in this state,
    /// whether the release would send it or not.
    pub fn statements(&self, release: usize) -> Vec<Write> {
        self.model.writes(&self.world, release)
    }
}

/// The value of an expression over literals, as the model gives it.
///
/// # Errors
/// The server's refusal.
pub fn evaluate(expr: &Expr) -> Result<Cell, Refusal> {
    crate::eval::eval(expr, &|_| Value::Null).map(|value| cell(&value))
}

/// A state of a `Replay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(World);

/// A value as its column prints it.
fn of_column((column, value): (&Column, &Value)) -> Cell {
    let scale = match column.ty.args().as_slice() {
        [_, scale] if column.ty.base() == "numeric" => usize::try_from(*scale).unwrap_or(0),
        _ => 0,
    };
    match (&column.generated, value) {
        (Some(expr), _) => Cell::Unknown(expr.clone()),
        (None, Value::Int(number)) if scale > 0 => {
            Cell::Text(format!("{number}.{}", "0".repeat(scale)))
        }
        (None, value) => cell(value),
    }
}

fn cell(value: &Value) -> Cell {
    match (value, value.text()) {
        (Value::Null, _) => Cell::Null,
        (_, Some(text)) => Cell::Text(text),
        (term, None) => Cell::Unknown(term.to_string()),
    }
}

/// A value as a literal; `None` for a term.
fn literal(value: &Value) -> Option<Expr> {
    Some(match value {
        Value::Null => Expr::Null,
        Value::Bool(value) => Expr::Bool(*value),
        Value::Int(number) => Expr::Number(number.to_string()),
        Value::Text(text) => Expr::Text(text.clone()),
        Value::Term(..) => return None,
    })
}

/// Every column that a table has before, after or in between.
fn every_column(plan: &Plan) -> Kept {
    let mut kept = Kept::new();
    for schema in [&plan.model.source, &plan.model.target] {
        for (name, table) in &schema.tables {
            let columns = table.columns.iter().map(|c| c.name.clone());
            kept.entry(name.clone()).or_default().extend(columns);
        }
    }
    kept
}

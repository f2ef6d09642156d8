//! Runs in which nobody writes: the plan has to come to its end by itself, and its rows have to be
//! those that the change as asked would have left. What the app writes meanwhile is the search's
//! business; without it the wanted rows are known exactly, so a backfill that skips a row, or that is
//! missing, shows. Faults happen as in the search; nobody decides to roll back.
//!
//! Where the change as asked is refused on the rows that are there (it asks for NOT NULL, and there is
//! a NULL), nothing is known of what it would have left.

use planner::op::Op;
use planner::op::effect::Refusal;
use planner::schema::Table;

use crate::ddl::Ran;
use crate::invariant::{Always, Broken};
use crate::model::{Answer, Model, Unmodelled, refusal};
use crate::search::{Edge, Graph};
use crate::store::Packed;
use crate::transition::{Action, Next, Outcome};
use crate::value::Value;
use crate::world::{Mode, World};

/// A promise broken where nobody writes, with the states that lead there.
pub(crate) type Found = (Vec<Packed>, Broken);

/// A table's rows, each its values by column: what they hold, whatever the order of either.
type Rows = Vec<Vec<(String, Value)>>;

impl Model {
    /// What the plan comes to where nobody writes: from the first state, and where the change asks for
    /// something of rows from every one that the app can make before the migration begins.
    pub(crate) fn alone(&mut self, first: Packed) -> Result<Option<Found>, Unmodelled> {
        let starts = self.starts(first)?;
        for (number, start) in (0..).zip(starts.all()) {
            if let Some((way, broken)) = self.left_alone(*start, number == 0)? {
                let mut whole = starts.path(number);
                whole.extend(&way[1..]);
                return Ok(Some((whole, broken)));
            }
        }
        Ok(None)
    }

    fn starts(&mut self, first: Packed) -> Result<Graph<Packed>, Unmodelled> {
        let mut graph = Graph::new(vec![first]);
        if !self.asks_of_rows() {
            return Ok(graph);
        }
        while let Some((number, state)) = graph.take() {
            let world = self.unpack(state);
            for release in self.live(world.fleet) {
                let effects = self.app_actions(&world, (release, state.rows()))?;
                for rows in effects.iter().filter_map(|(_, effect)| effect.as_ref().ok()) {
                    graph.reach(number, state.with_rows(*rows), Edge::Forgotten);
                }
            }
        }
        Ok(graph)
    }

    /// Whether the change asks for something of rows: then each arrangement of them is a start.
    fn asks_of_rows(&self) -> bool {
        self.asked
            .iter()
            .any(|op| matches!(op, Op::Update { .. } | Op::Delete { .. } | Op::InsertSelect { .. }))
    }

    /// Follows the migration alone from a start. `must_end`: also without help from the app.
    fn left_alone(&mut self, start: Packed, must_end: bool) -> Result<Option<Found>, Unmodelled> {
        let begin = self.unpack(start);
        let wanted = self.as_asked(&begin)?;
        let mut graph = Graph::new(vec![start]);
        let mut next = Next::new();
        let (mut ended, mut last) = (false, 0);
        while let Some((number, state)) = graph.take() {
            let world = self.unpack(state);
            if world.faults == begin.faults {
                last = number;
            }
            if self.is_through(&world) {
                ended |= world.faults == begin.faults;
                if let Some(detail) = wanted.as_ref().ok().and_then(|w| self.differs(&world, w)) {
                    let broken = Broken::new(Always::FinishedMeansDone, detail);
                    return Ok(Some((graph.path(number), broken)));
                }
            }
            next.clear();
            self.runner_actions(&world, &mut next)?;
            for (action, outcome) in next.drain(..) {
                if let Outcome::Next(to, _) = outcome
                    && action != Action::RollBack
                {
                    let to = self.pack(&to);
                    graph.reach(number, to, Edge::Forgotten);
                }
            }
        }
        if ended || !must_end || self.is_for_somebody(&begin, wanted.as_ref().err())? {
            return Ok(None);
        }
        let at = self.unpack(graph.all()[last as usize]).runner.step;
        let id = self.steps.get(usize::from(at)).map_or("", |step| step.id.as_str());
        let detail = format!(
            "nobody writes and nothing fails, and step {id} still waits: its conditions do not come true by themselves"
        );
        Ok(Some((graph.path(last), Broken::new(Always::FinishesAlone, detail))))
    }

    /// Whether the rows break what is asked for, so that somebody has to put them right: as they are, or
    /// with what the plan gives them in a new column that may not be NULL.
    fn is_for_somebody(
        &mut self,
        start: &World,
        refused: Option<&Refusal>,
    ) -> Result<bool, Unmodelled> {
        let broken = |refused: &Refusal| matches!(refused.sqlstate, "23503" | "23505" | "23514");
        if refused.is_none_or(|refused| refused.sqlstate != "23502") {
            return Ok(refused.is_some_and(broken));
        }
        let ops: Vec<Op> = self.asked.iter().map(|op| self.given_value(op)).collect();
        Ok(match self.run(start, &ops)? {
            Ran::Refused(refused) => broken(&refused),
            Ran::Done(_) | Ran::LeftInvalid(_) => false,
        })
    }

    /// A new column with the value that the plan gives rows that are there, where that is one for all.
    fn given_value(&self, op: &Op) -> Op {
        let mut op = op.clone();
        if let Op::AddColumn { table, column } = &mut op
            && column.default.is_none()
        {
            let here = self.tables.iter().flat_map(|t| &t.conversions);
            let mut values = here.filter(|c| c.new_relation == *table).flat_map(|c| &c.up);
            let value = values.find(|(name, _)| *name == column.name).map(|(_, value)| value);
            column.default = value
                .filter(|value| value.columns().is_empty() && value.lookups().is_empty())
                .cloned();
        }
        op
    }

    /// Whether every step has run.
    pub(crate) fn is_through(&self, world: &World) -> bool {
        world.runner.mode == Mode::Forward && usize::from(world.runner.step) >= self.steps.len()
    }

    /// The rows of each table as the change as asked leaves them, or its refusal.
    fn as_asked(&mut self, start: &World) -> Result<Answer<Vec<Rows>>, Unmodelled> {
        let ops = self.asked.clone();
        Ok(match self.run(start, &ops)? {
            Ran::Done(after) => Ok(self.rows_by_table(&after)),
            Ran::Refused(refused) => Err(refused),
            Ran::LeftInvalid(_) => Err(refusal("23505", "the build failed".to_owned())),
        })
    }

    fn rows_by_table(&self, world: &World) -> Vec<Rows> {
        (0..self.tables.len()).map(|place| self.rows_in(world, place)).collect()
    }

    fn rows_in(&self, world: &World, place: usize) -> Rows {
        let Some(table) = self.table(world.schema, place) else { return Rows::new() };
        let mut rows: Rows =
            self.present(world, place).map(|(_, values)| by_column(table, values)).collect();
        rows.sort();
        rows
    }

    /// The first row that one has and the other has not, in words.
    fn differs(&self, world: &World, wanted: &[Rows]) -> Option<String> {
        for (place, wanted) in wanted.iter().enumerate() {
            let found = self.rows_in(world, place);
            if found == *wanted {
                continue;
            }
            let name = self.tables[place].new.as_ref().or(self.tables[place].old.as_ref());
            let name = name.map_or(String::new(), ToString::to_string);
            let extra = found.iter().find(|row| !wanted.contains(row));
            let missing = wanted.iter().find(|row| !found.contains(row));
            let detail = match (missing, extra) {
                (Some(missing), Some(extra)) => format!(
                    "{name} holds {} where the change as asked leaves {}",
                    words(extra),
                    words(missing)
                ),
                (Some(missing), None) => {
                    format!("{name} lacks {}, which the change as asked leaves", words(missing))
                }
                (None, Some(extra)) => {
                    format!(
                        "{name} holds {}, which the change as asked does not leave",
                        words(extra)
                    )
                }
                // The same rows, another number of them.
                (None, None) => format!("{name} holds some row more or less than once"),
            };
            return Some(format!("nobody wrote, every step has run, and {detail}"));
        }
        None
    }
}

fn by_column(table: &Table, values: &[Value]) -> Vec<(String, Value)> {
    let names = table.columns.iter().map(|column| column.name.clone());
    let mut row: Vec<(String, Value)> = names.zip(values.iter().cloned()).collect();
    row.sort();
    row
}

/// A row on a line: `(id = 1, name = 'a')`.
fn words(row: &[(String, Value)]) -> String {
    let values: Vec<String> = row.iter().map(|(c, value)| format!("{c} = {value}")).collect();
    format!("({})", values.join(", "))
}

//! Rows that refer to a row that goes or changes: ON DELETE and ON UPDATE. Must not know who
//! changed it.

use planner::name::QName;
use planner::op::effect::Refusal;
use planner::schema::{Action, ForeignKey, Table};

use crate::eval::{Around, eval};
use crate::keys::tuple;
use crate::model::{Answer, Model, Unmodelled, refusal};
use crate::record::Record;
use crate::relay::Changes;
use crate::rows;
use crate::value::Value;
use crate::world::World;

impl Model {
    /// Carries a change of a row (in `here` already) to the rows that refer to it.
    pub(crate) fn children(
        &mut self,
        here: &mut World,
        place: usize,
        (before, after): (&Record, Option<&Record>),
        changes: &mut Changes,
    ) -> Result<Answer<()>, Unmodelled> {
        for (child, name, key) in self.moved_keys(here, place, (before, after)) {
            let Some(there) = self.resolve(here.schema, &child) else { continue };
            let (Some(parent), Some(table)) =
                (self.shared_table(here.schema, place), self.shared_table(here.schema, there))
            else {
                continue;
            };
            let columns = self.state(here.schema).schema.parent_columns(&key);
            let old = tuple(&parent, &before.values, &columns);
            let new = after.map(|after| tuple(&parent, &after.values, &columns));
            for row in 0..self.rows {
                let cell = there * self.rows + row;
                let Some(record) = self.record(here.cells[cell]).cloned() else { continue };
                if tuple(&table, &record.values, &key.columns) != old {
                    continue;
                }
                let set = match becomes(&key, (&table, new.as_deref())) {
                    Ok(set) => set,
                    Err(action) => {
                        return Ok(Err(self.held(here, (place, &child), (&name, action))));
                    }
                };
                let made = match set {
                    Some(set) => {
                        match self.rewritten(here, (there, row), (&table, &record), &set) {
                            Ok(made) => Some(acknowledged(made, &table, &set)),
                            Err(refused) => return Ok(Err(refused)),
                        }
                    }
                    None => None,
                };
                here.cells[cell] = match &made {
                    Some(made) => self.intern(made.clone())?,
                    None => 0,
                };
                let further = self.children(here, there, (&record, made.as_ref()), changes)?;
                if further.is_err() {
                    return Ok(further);
                }
                changes.push((cell, made));
            }
        }
        Ok(Ok(()))
    }

    /// Keys that refer to columns of the row that are not what they were.
    fn moved_keys(
        &self,
        here: &World,
        place: usize,
        (before, after): (&Record, Option<&Record>),
    ) -> Vec<(QName, String, ForeignKey)> {
        let state = self.state(here.schema);
        let (Some(Some(name)), Some(table)) =
            (state.names.get(place), self.table(here.schema, place))
        else {
            return Vec::new();
        };
        let moved = |key: &ForeignKey| {
            let columns = state.schema.parent_columns(key);
            let old = tuple(table, &before.values, &columns);
            let new = after.map(|after| tuple(table, &after.values, &columns));
            !old.contains(&Value::Null) && new != Some(old)
        };
        let keys = state.schema.referencing(name).filter(|(_, _, key)| moved(key));
        keys.map(|(child, name, key)| (child.clone(), name.to_owned(), key.clone())).collect()
    }

    /// A row with new values in some columns, as its table's triggers, constraints and keys let it be.
    pub(crate) fn rewritten(
        &self,
        here: &World,
        at: (usize, usize),
        (table, record): (&Table, &Record),
        set: &[(String, Value)],
    ) -> Answer<Record> {
        let update = |around: &Around<'_>| rows::update(table, &record.values, set, around);
        let values = self.around(here, at.0, update)?;
        self.check_keys(here, at, Some(&record.values), &values)?;
        Ok(Record { values, ..record.clone() })
    }

    fn held(
        &self,
        here: &World,
        (place, child): (usize, &QName),
        (name, action): (&str, Action),
    ) -> Refusal {
        let parent = self.relation(here, place);
        let (code, what) = match action {
            Action::Restrict if self.engine.version >= 18 => {
                ("23001", "violates RESTRICT setting of foreign key constraint")
            }
            Action::Refuse
            | Action::Restrict
            | Action::Cascade
            | Action::SetNull
            | Action::SetDefault => ("23503", "violates foreign key constraint"),
        };
        refusal(
            code,
            format!(
                "update or delete on table \"{parent}\" {what} \"{name}\" on table \"{}\"",
                child.name
            ),
        )
    }
}

/// What the schema says becomes of a row when the one it refers to goes, whoever deletes that has said.
fn acknowledged(mut made: Record, table: &Table, set: &[(String, Value)]) -> Record {
    for (column, value) in &mut made.plain {
        if set.iter().any(|(c, _)| c == column) {
            *value = rows::get(table, &made.values, column);
        }
    }
    made
}

/// New values of the columns that refer, nothing where the row goes too; or why it cannot be.
fn becomes(
    key: &ForeignKey,
    (table, new): (&Table, Option<&[Value]>),
) -> Result<Option<Vec<(String, Value)>>, Action> {
    let all = |value: &dyn Fn(&String) -> Value| {
        Some(key.columns.iter().map(|c| (c.clone(), value(c))).collect())
    };
    let action = if new.is_none() { key.on_delete() } else { key.on_update() };
    Ok(match (action, new) {
        (refused @ (Action::Refuse | Action::Restrict), _) => return Err(refused),
        (Action::Cascade, None) => None,
        (Action::Cascade, Some(new)) => {
            Some(key.columns.iter().cloned().zip(new.iter().cloned()).collect())
        }
        (Action::SetNull, _) => all(&|_| Value::Null),
        (Action::SetDefault, _) => all(&|c| {
            let default = table.column(c).and_then(|c| c.default.as_ref());
            default.and_then(|d| eval(d, &|_| Value::Null).ok()).unwrap_or(Value::Null)
        }),
    })
}

//! Values that expose what a rollback loses: the ends of a type's range, empty text beside NULL, text
//! whose parts do not join to it again, twins that differ in case only. More than the search can try
//! in every interleaving, and also what a plan assumes that nobody writes: whatever the database
//! takes was written. Must not know states.

use planner::schema::Column;
use planner::sql_type::SqlType;

use crate::domain::typed;
use crate::model::Model;
use crate::value::Value;

impl Model {
    /// Values that a release writes to a column of a row, usual ones first. Keys, references and closed
    /// sets have no others.
    pub(crate) fn exposing_values(
        &self,
        (release, place, row): (usize, usize, usize),
        column: &str,
        definition: &Column,
    ) -> Vec<Value> {
        let Some(uses) = &self.releases[release].uses[place] else { return Vec::new() };
        let table = &self.tables[place];
        let mut keys = uses.own.constraints.values().filter_map(|c| c.kind.foreign_key());
        let refers = keys.any(|key| key.columns.iter().any(|k| k == column));
        let ty = &definition.ty;
        let mut values: Vec<Value> = if let Some(closed) = self.closed_values(place, column, ty) {
            closed
        } else if refers {
            let value = |i| self.parent_value(place, uses, column, i);
            (0..self.rows).map(|i| value(i).unwrap_or(typed(ty, i, false))).collect()
        } else if uses.own.is_unique_in(column) {
            let twin = typed(ty, 2 * ((row + 1) % self.rows), false);
            let other_case = match &twin {
                Value::Text(text) => Some(Value::Text(text.to_uppercase())),
                Value::Null | Value::Bool(_) | Value::Int(_) | Value::Term(..) => None,
            };
            let own = [typed(ty, 2 * row, false), typed(ty, 2 * row + 1, false)];
            own.into_iter().chain(other_case).collect()
        } else {
            let named = self.named_values(place, column).into_iter();
            let sides = table.sides.get(column).into_iter().flatten().cloned();
            let objects = self.objects(place, column, ty);
            if objects.is_empty() {
                named.chain(sides).chain(of_type(ty)).collect()
            } else {
                objects
            }
        };
        if !definition.not_null {
            values.push(Value::Null);
        }
        let mut seen: Vec<Value> = Vec::new();
        values.retain(|value| {
            let is_new = !seen.contains(value);
            seen.extend(is_new.then(|| value.clone()));
            is_new
        });
        values
    }
}

/// Values of a type, a usual one first.
fn of_type(ty: &SqlType) -> Vec<Value> {
    let texts = |texts: &[&str]| texts.iter().map(|t| Value::Text((*t).to_owned())).collect();
    match ty.base().as_str() {
        "smallint" => [1, 0, i64::from(i16::MAX)].map(Value::Int).to_vec(),
        "integer" => [1, 0, i64::from(i32::MAX)].map(Value::Int).to_vec(),
        "bigint" | "numeric" => [1, 0, i64::from(i32::MAX) + 1].map(Value::Int).to_vec(),
        "text" | "character varying" | "character" => {
            let mut values: Vec<Value> = texts(&["a1 a2", "", "a1", " a1  a2 a3 ", "A1 A2"]);
            // As long as the type lets it be.
            let longest = ty.args().first().map(|n| *n as usize).filter(|n| *n <= LONGEST);
            values.extend(longest.map(|n| Value::Text("a".repeat(n))));
            values
        }
        _ => vec![typed(ty, 0, false), typed(ty, 1, false)],
    }
}

/// Longest text that is written.
const LONGEST: usize = 300;

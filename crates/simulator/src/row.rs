//! One write to one row, as the model does it, for who wants to compare it with a server. Must not
//! know plans.

use planner::expr::Expr;
use planner::op::effect::Refusal;
use planner::schema::Table;

use crate::eval::{Around, eval};
use crate::rows;
use crate::value::Value;

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(Vec<Value>);

impl Row {
    /// INSERT, or UPDATE of `before`, of the columns given; the others by default or as they are.
    /// Sync triggers, NOT NULL and CHECK as on the server.
    ///
    /// # Errors
    /// The refusal that the writer would get.
    pub fn write(
        table: &Table,
        before: Option<&Self>,
        given: &[(String, Expr)],
    ) -> Result<Self, Refusal> {
        let column = |name: &str| before.map_or(Value::Null, |row| rows::get(table, &row.0, name));
        let given = given
            .iter()
            .map(|(c, value)| Ok((c.clone(), eval(value, &column)?)))
            .collect::<Result<Vec<_>, Refusal>>()?;
        let around = Around::nowhere("");
        match before {
            Some(before) => rows::update(table, &before.0, &given, &around).map(Self),
            None => rows::insert(table, &given, &around).map(Self),
        }
    }

    /// A column's value as text, `NULL` for none; what is not interpreted reads like a call.
    pub fn text(&self, table: &Table, column: &str) -> String {
        match rows::get(table, &self.0, column) {
            Value::Text(text) => text,
            other @ (Value::Null | Value::Bool(_) | Value::Int(_) | Value::Term(..)) => {
                other.to_string()
            }
        }
    }
}

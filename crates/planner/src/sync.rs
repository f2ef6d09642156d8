//! Sync rules: how two shapes of the same data are kept equal while both are in use, and the
//! trigger that does it. The rule is a value, so the simulator interprets it instead of trusting it.
//! Must not know plans.
//!
//! Direction is decided by what the statement changed, never by who is connected: `search_path`
//! and session settings get lost behind poolers. On UPDATE the side that changed wrote. On INSERT
//! the side that differs from its own default wrote, so both sides have matching defaults for as
//! long as the rule lives. A side that already agrees with the other is left alone, so a backfill
//! never converts back. A rule without `down` is one way: the new side is computed on every write.

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::name::{QName, clip, quote};

/// Keeps `old` and `new` columns of one table equal, through `up` and `down`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SyncRule {
    /// Bare name, unique in the plan: names the trigger and its function.
    pub name: String,
    /// The table.
    pub table: QName,
    /// New columns, each with its value computed from the old ones.
    pub up: Vec<Assignment>,
    /// Old columns, each with its value computed from the new ones; empty for a one-way rule.
    pub down: Vec<Assignment>,
}

/// `column := value`, and the column's default while the rule lives (`None` is NULL).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Assignment {
    /// Column, unquoted.
    pub column: String,
    /// Value over the other side's columns.
    pub value: Expr,
    /// The column's own default, by which an INSERT that left it out is recognised.
    pub default: Option<Expr>,
}

impl SyncRule {
    /// The trigger's name: late in the alphabet, so that the user's own BEFORE triggers run first.
    pub fn trigger_name(&self) -> String {
        clip(&format!("zz_concertina_{}", self.name))
    }

    /// The function's qualified name.
    pub fn function_name(&self) -> QName {
        QName::new("concertina", clip(&format!("sync_{}", self.name)))
    }

    /// New columns.
    pub fn new_columns(&self) -> Vec<String> {
        self.up.iter().map(|a| a.column.clone()).collect()
    }

    /// Old columns.
    pub fn old_columns(&self) -> Vec<String> {
        self.down.iter().map(|a| a.column.clone()).collect()
    }

    /// SQL condition, over the table's columns, that is true of rows whose shapes disagree.
    pub fn disagreement(&self) -> String {
        let terms: Vec<String> = self
            .up
            .iter()
            .map(|a| format!("{} IS DISTINCT FROM ({})", quote(&a.column), a.value.sql()))
            .collect();
        terms.join(" OR ")
    }

    /// The same, asked of the old columns through `down`; a one-way rule has no such direction,
    /// so only the other one counts.
    pub fn disagreement_back(&self) -> String {
        if self.down.is_empty() {
            return "true".to_owned();
        }
        let terms: Vec<String> = self
            .down
            .iter()
            .map(|a| format!("{} IS DISTINCT FROM ({})", quote(&a.column), a.value.sql()))
            .collect();
        terms.join(" OR ")
    }

    /// `CREATE OR REPLACE FUNCTION` for the trigger.
    pub fn function_sql(&self) -> String {
        if self.down.is_empty() {
            return self.function_with(&assignments(&self.up), "");
        }
        let changed = |side: &[Assignment]| {
            let terms: Vec<String> = side
                .iter()
                .map(|a| {
                    let c = quote(&a.column);
                    format!("NEW.{c} IS DISTINCT FROM OLD.{c}")
                })
                .collect();
            terms.join(" OR ")
        };
        let given = |side: &[Assignment]| {
            let terms: Vec<String> = side
                .iter()
                .map(|a| {
                    let default = a.default.as_ref().map_or("NULL".to_owned(), Expr::sql);
                    format!("NEW.{} IS DISTINCT FROM ({default})", quote(&a.column))
                })
                .collect();
            terms.join(" OR ")
        };
        let body = format!(
            "  IF TG_OP = 'INSERT' THEN\n    \
               c_new_wrote := {new_given};\n    \
               c_old_wrote := {old_given};\n  \
             ELSE\n    \
               c_new_wrote := {new_changed};\n    \
               c_old_wrote := {old_changed};\n  \
             END IF;\n  \
             IF c_new_wrote AND ({disagree}) THEN\n{down}  \
             ELSIF c_old_wrote THEN\n{up}  \
             END IF;\n",
            new_given = given(&self.up),
            old_given = given(&self.down),
            new_changed = changed(&self.up),
            old_changed = changed(&self.down),
            disagree = self.disagreement_in_trigger(),
            down = assignments(&self.down),
            up = assignments(&self.up),
        );
        self.function_with(&body, "DECLARE\n  c_new_wrote boolean;\n  c_old_wrote boolean;\n")
    }

    fn function_with(&self, body: &str, declare: &str) -> String {
        format!(
            "CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS $concertina$\n\
             {declare}BEGIN\n{body}  RETURN NEW;\nEND\n$concertina$",
            self.function_name(),
        )
    }

    /// `CREATE TRIGGER`.
    pub fn trigger_sql(&self) -> String {
        format!(
            "CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {}()",
            quote(&self.trigger_name()),
            self.table,
            self.function_name()
        )
    }

    fn disagreement_in_trigger(&self) -> String {
        let terms: Vec<String> = self
            .up
            .iter()
            .map(|a| format!("NEW.{} IS DISTINCT FROM {}", quote(&a.column), over_new(&a.value)))
            .collect();
        terms.join(" OR ")
    }
}

/// The expression evaluated over the row being written. A subquery, so that any SQL works as it
/// stands, analysed or not.
fn over_new(value: &Expr) -> String {
    format!("(SELECT {} FROM (SELECT NEW.*) AS r)", value.sql())
}

fn assignments(side: &[Assignment]) -> String {
    side.iter()
        .map(|a| format!("    NEW.{} := {};\n", quote(&a.column), over_new(&a.value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_decides_by_what_the_statement_changed() {
        let rule = SyncRule {
            name: "users_name".into(),
            table: QName::new("public", "users"),
            up: vec![Assignment {
                column: "full_name".into(),
                value: Expr::column("name"),
                default: None,
            }],
            down: vec![Assignment {
                column: "name".into(),
                value: Expr::column("full_name"),
                default: None,
            }],
        };
        let sql = rule.function_sql();
        assert!(
            sql.contains("c_new_wrote := NEW.full_name IS DISTINCT FROM OLD.full_name;"),
            "{sql}"
        );
        assert!(sql.contains("NEW.name := (SELECT full_name FROM (SELECT NEW.*) AS r);"), "{sql}");
        assert_eq!(rule.disagreement(), "full_name IS DISTINCT FROM (name)");
    }
}

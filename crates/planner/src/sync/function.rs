//! The sync trigger's function, as plpgsql: the rule that `simulator::rows` interprets, line by
//! line. Must not know plans.

use super::{Assignment, SyncRule};
use crate::expr::Expr;
use crate::name::{quote, quote_list};

impl SyncRule {
    /// `CREATE OR REPLACE FUNCTION` for the trigger.
    pub fn function_sql(&self) -> String {
        if self.fills {
            return self.filling_sql();
        }
        if self.down.is_empty() {
            return self.function_with(&assignments(&self.up), "");
        }
        let body = format!(
            "  IF TG_OP = 'INSERT' THEN\n    \
               c_new_wrote := {new_given};\n    \
               c_old_wrote := true;\n  \
             ELSE\n    \
               c_new_wrote := {new_changed};\n    \
               c_old_wrote := {old_changed};\n  \
             END IF;\n  \
             IF c_new_wrote AND ({disagree}) THEN\n{down}  \
             ELSIF c_old_wrote THEN\n{up}  \
             END IF;\n",
            new_given = any(&self.up, given),
            new_changed = any(&self.up, changed),
            old_changed = any(&self.down, changed),
            disagree = any(&self.up, disagrees),
            down = assignments(&self.down),
            up = assignments(&self.up),
        );
        self.function_with(&body, "DECLARE\n  c_new_wrote boolean;\n  c_old_wrote boolean;\n")
    }

    /// Fills in what the statement leaves out, and again where it changes the grounds and not the value.
    fn filling_sql(&self) -> String {
        let each = |a: &Assignment| {
            let c = quote(&a.column);
            let grounds: Vec<String> = a
                .value
                .columns()
                .iter()
                .map(|g| {
                    let g = quote(g);
                    format!("ROW(NEW.{g})::record OPERATOR(pg_catalog.*<>) ROW(OLD.{g})")
                })
                .collect();
            format!(
                "  c_fill := NEW.{c} IS NULL;\n  \
                 IF TG_OP = 'UPDATE' THEN\n    \
                   c_fill := c_fill OR (NOT ({changed}) AND ({grounds}));\n  \
                 END IF;\n  \
                 IF c_fill THEN\n    \
                   NEW.{c} := {value};\n  \
                 END IF;\n",
                changed = changed(a),
                grounds =
                    if grounds.is_empty() { "false".to_owned() } else { grounds.join(" OR ") },
                value = over_new(&a.value),
            )
        };
        let body: String = self.up.iter().map(each).collect();
        self.function_with(&body, "DECLARE\n  c_fill boolean;\n")
    }

    /// Names in a conversion mean the row's columns, whatever the function's own variables are
    /// called; functions and types are those of the plan, whoever writes.
    fn function_with(&self, body: &str, declare: &str) -> String {
        let mut path = quote_list(&self.search_path);
        if !path.is_empty() {
            path.push_str(", ");
        }
        format!(
            "CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql \
             SET search_path = {path}pg_temp AS $concertina$\n\
             #variable_conflict use_column\n\
             {declare}BEGIN\n{body}  RETURN NEW;\nEND\n$concertina$",
            self.function_name(),
        )
    }
}

fn any(side: &[Assignment], condition: fn(&Assignment) -> String) -> String {
    let terms: Vec<String> = side.iter().map(condition).collect();
    terms.join(" OR ")
}

/// Whether the UPDATE gave the column another value.
fn changed(a: &Assignment) -> String {
    let c = quote(&a.column);
    a.differs(&format!("NEW.{c}"), &format!("OLD.{c}"), true)
}

/// Whether the INSERT gave the column a value: one that differs from its default.
fn given(a: &Assignment) -> String {
    let c = format!("NEW.{}", quote(&a.column));
    match &a.default {
        None | Some(Expr::Null) => format!("{c} IS DISTINCT FROM NULL"),
        Some(default) => a.differs(&c, &default.sql(), false),
    }
}

fn disagrees(a: &Assignment) -> String {
    let as_stored = a.is_as_stored();
    a.differs(&format!("NEW.{}", quote(&a.column)), &over_new(&a.value), as_stored)
}

/// The expression evaluated over the row being written. A subquery, so that any SQL works as it
/// stands, analysed or not.
fn over_new(value: &Expr) -> String {
    match value {
        Expr::Column(column) => format!("NEW.{}", quote(column)),
        Expr::Null
        | Expr::Bool(_)
        | Expr::Number(_)
        | Expr::Text(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::IsNull(..)
        | Expr::Binary(..)
        | Expr::Cast(..)
        | Expr::Call(..)
        | Expr::Case(..)
        | Expr::Raw { .. }
        | Expr::Lookup(_) => format!("(SELECT {} FROM (SELECT NEW.*) AS r)", value.sql()),
    }
}

fn assignments(side: &[Assignment]) -> String {
    side.iter()
        .map(|a| format!("    NEW.{} := {};\n", quote(&a.column), over_new(&a.value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::QName;
    use crate::schema::Column;
    use crate::sql_type::SqlType;

    fn rule(ty: &str) -> SyncRule {
        let side = |column: &str, from: &str| {
            Assignment::new(&Column::nullable(column, SqlType::new(ty)), Expr::column(from))
        };
        SyncRule {
            name: "users_name".into(),
            table: QName::new("public", "users"),
            up: vec![side("full_name", "name")],
            down: vec![side("name", "full_name")],
            fills: false,
            search_path: vec!["app".into()],
        }
    }

    #[test]
    fn the_function_decides_by_what_the_statement_changed() {
        let sql = rule("text").function_sql();
        for part in [
            "c_new_wrote := NEW.full_name IS DISTINCT FROM NULL;",
            "c_new_wrote := NEW.full_name IS DISTINCT FROM (OLD.full_name);",
            "IF c_new_wrote AND (NEW.full_name IS DISTINCT FROM (NEW.name)) THEN",
            "NEW.name := NEW.full_name;",
            "SET search_path = app, pg_temp",
        ] {
            assert!(sql.contains(part), "{sql}");
        }
        assert_eq!(rule("text").disagreement(), "full_name IS DISTINCT FROM (name)");
    }

    #[test]
    fn types_whose_equality_is_coarse_or_missing_are_compared_by_what_is_stored() {
        let sql = rule("json").function_sql();
        assert!(
            sql.contains("ROW(NEW.full_name)::record OPERATOR(pg_catalog.*<>) ROW(OLD.full_name)")
        );
        assert_eq!(
            rule("numeric(10,2)").disagreement(),
            "ROW(full_name)::record OPERATOR(pg_catalog.*<>) ROW(CAST(name AS numeric(10,2)))"
        );
    }
}

//! What a batch does with its rows: gives them values, deletes them, or copies them to another table.
//! What it overwrites or takes away, and what it brings, is kept in the same transaction, where it has
//! to be undone. Must not know plans.

use super::undo::names;
use super::{Backfill, Work};
use crate::name::{QName, quote, quote_list};

impl Backfill {
    /// The statements of a batch that change rows, and count them in `c_changed`. What they overwrite
    /// or take away, and what they bring, is kept in the same transaction.
    pub(super) fn batch_sql(&self, bound: &str) -> String {
        let changed = "          GET DIAGNOSTICS c_changed = ROW_COUNT;\n";
        match &self.work {
            Work::Update => format!("{}{changed}", self.update_sql(bound)),
            Work::Delete => format!("{}{changed}", self.delete_sql(bound)),
            Work::Insert { into, key } => format!("{}{changed}", self.insert_sql(bound, into, key)),
        }
    }

    fn update_sql(&self, bound: &str) -> String {
        let todo = self.todo.sql();
        let keep = self.undo.as_ref().map_or(String::new(), |undo| {
            let columns: Vec<String> = self
                .key
                .iter()
                .map(|(c, _)| quote(c))
                .chain(undo.columns.iter().map(|(c, _)| quote(c)))
                .chain(undo.columns.iter().map(|(c, ty)| self.given(c, ty)))
                .collect();
            format!(
                "          INSERT INTO {} SELECT {} FROM {} WHERE {bound} AND ({todo}) FOR UPDATE\n            \
                 ON CONFLICT DO NOTHING;\n",
                self.undo_table(),
                columns.join(", "),
                self.table
            )
        });
        format!(
            "{keep}          UPDATE {} SET {} WHERE {bound} AND ({todo});\n",
            self.table,
            self.assignments()
        )
    }

    fn delete_sql(&self, bound: &str) -> String {
        let todo = self.todo.sql();
        let delete = format!("DELETE FROM {} WHERE {bound} AND ({todo})", self.table);
        let Some(undo) = &self.undo else { return format!("          {delete};\n") };
        let (names, key) = (names(undo), self.undo_key());
        let columns = quote_list(&names);
        let again: Vec<String> = names
            .iter()
            .filter(|c| !key.contains(c))
            .map(|c| format!("{0} = excluded.{0}", quote(c)))
            .collect();
        let again = if again.is_empty() {
            "NOTHING".to_owned()
        } else {
            format!("UPDATE SET {}", again.join(", "))
        };
        format!(
            "          WITH c_gone AS ({delete} RETURNING {columns})\n            \
             INSERT INTO {} ({columns}) SELECT {columns} FROM c_gone ON CONFLICT ({}) DO {again};\n",
            self.undo_table(),
            quote_list(&key)
        )
    }

    /// The rows read are locked against writes, so that none goes, or changes, between the look and the
    /// copy.
    fn insert_sql(&self, bound: &str, into: &QName, key: &[String]) -> String {
        let (columns, values): (Vec<String>, Vec<String>) =
            self.set.iter().map(|(c, value)| (quote(c), value.sql())).unzip();
        let insert = format!(
            "INSERT INTO {into} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} WHERE {bound} AND ({}) FOR SHARE\n            \
             ON CONFLICT ({}) DO NOTHING",
            columns.join(", "),
            values.join(", "),
            self.table,
            self.todo.sql(),
            quote_list(key)
        );
        let Some(undo) = &self.undo else { return format!("          {insert};\n") };
        let columns = quote_list(&names(undo));
        format!(
            "          WITH c_new AS ({insert} RETURNING {columns})\n            \
             INSERT INTO {} ({columns}) SELECT {columns} FROM c_new ON CONFLICT DO NOTHING;\n",
            self.undo_table()
        )
    }
}

//! What a backfill keeps so that it can be undone: values that it overwrote, rows that it deleted, rows
//! that it brought; and the procedure that puts things back. Must not know plans.

use super::{Backfill, Undo, Work};
use crate::name::{QName, clip, literal, quote, quote_list};
use crate::schema::ForeignKey;

impl Backfill {
    /// The undo procedure's qualified name.
    pub fn undo_procedure(&self) -> QName {
        QName::new("concertina", clip(&format!("undo_{}", self.name)))
    }

    /// The undo table's qualified name.
    pub fn undo_table(&self) -> QName {
        QName::new("concertina", clip(&format!("before_{}", self.name)))
    }

    /// What tells the kept rows apart.
    pub(super) fn undo_key(&self) -> Vec<String> {
        match &self.work {
            Work::Update | Work::Delete => self.key_names(),
            Work::Insert { key, .. } => key.clone(),
        }
    }

    /// `CREATE TABLE` for what is kept. Of values that are overwritten: the key, the columns as they
    /// were, and what they were given, by which a later write of the app is told apart. Of whole rows:
    /// their columns.
    pub fn undo_table_sql(&self) -> Option<String> {
        let undo = self.undo.as_ref()?;
        let named = |prefix: &str| -> Vec<String> {
            let column = |(name, ty)| format!("{} {ty}", quote(&format!("{prefix}{name}")));
            undo.columns.iter().map(|(name, ty)| column((name, ty))).collect()
        };
        let columns: Vec<String> = match &self.work {
            Work::Update => {
                let keys = self.key.iter().map(|(name, ty)| format!("{} {ty}", quote(name)));
                keys.chain(named("before_")).chain(named("after_")).collect()
            }
            Work::Delete | Work::Insert { .. } => named(""),
        };
        Some(format!(
            "CREATE TABLE IF NOT EXISTS {} ({}, PRIMARY KEY ({}))",
            self.undo_table(),
            columns.join(", "),
            quote_list(&self.undo_key())
        ))
    }

    /// `CREATE OR REPLACE PROCEDURE` that undoes the backfill, in batches.
    pub fn undo_procedure_sql(&self) -> Option<String> {
        let undo = self.undo.as_ref()?;
        let restored = match &self.work {
            Work::Update => self.put_back_values(undo),
            Work::Delete => self.put_back_rows(undo),
            Work::Insert { into, key } => take_away(undo, into, key),
        };
        let keys = quote_list(&self.undo_key());
        Some(format!(
            "CREATE OR REPLACE PROCEDURE {procedure}() LANGUAGE plpgsql AS $concertina$\n\
             DECLARE\n  c_taken bigint;\n\
             BEGIN\n  \
               LOOP\n    \
                 WITH taken_rows AS (\n      \
                   DELETE FROM {before} WHERE ({keys}) IN (SELECT {keys} FROM {before} ORDER BY {keys} LIMIT {rows}) RETURNING *\n    \
                 ), restored AS (\n      \
                   {restored} RETURNING 1\n    \
                 )\n    \
                 SELECT count(*) INTO c_taken FROM taken_rows;\n    \
                 COMMIT;\n    \
                 EXIT WHEN c_taken = 0;\n  \
               END LOOP;\n  \
               DELETE FROM concertina.backfill WHERE name = {name};\n  \
               COMMIT;\n\
             END\n\
             $concertina$",
            procedure = self.undo_procedure(),
            before = self.undo_table(),
            rows = self.batch_rows,
            name = literal(&self.name),
        ))
    }

    /// Values as they were, where nobody has written since.
    fn put_back_values(&self, undo: &Undo) -> String {
        let on = self.key.iter().map(|(c, _)| format!("t.{0} = b.{0}", quote(c)));
        let untouched = undo.columns.iter().map(|(c, _)| {
            format!("t.{} IS NOT DISTINCT FROM b.{}", quote(c), quote(&format!("after_{c}")))
        });
        let on: Vec<String> = on.chain(untouched).collect();
        let set: Vec<String> = undo
            .columns
            .iter()
            .map(|(c, _)| format!("{} = b.{}", quote(c), quote(&format!("before_{c}"))))
            .collect();
        format!(
            "UPDATE {} AS t SET {} FROM taken_rows AS b WHERE {}",
            self.table,
            set.join(", "),
            on.join(" AND ")
        )
    }

    /// Rows as they were, where nobody has made them anew, and where what they point at is still there.
    fn put_back_rows(&self, undo: &Undo) -> String {
        let columns = quote_list(&names(undo));
        let parents: Vec<String> = undo.parents.iter().map(has_parent).collect();
        let filter = if parents.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", parents.join(" AND "))
        };
        format!(
            "INSERT INTO {} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM taken_rows AS b{filter} ON CONFLICT DO NOTHING",
            self.table
        )
    }
}

/// Rows that the backfill brought, where nobody has written them since.
fn take_away(undo: &Undo, into: &QName, key: &[String]) -> String {
    let on: Vec<String> = key.iter().map(|c| format!("t.{0} = b.{0}", quote(c))).collect();
    let side = |alias: &str| {
        let columns: Vec<String> =
            undo.columns.iter().map(|(c, _)| format!("{alias}.{}", quote(c))).collect();
        format!("ROW({})", columns.join(", "))
    };
    format!(
        "DELETE FROM {into} AS t USING taken_rows AS b WHERE {} AND {}::record OPERATOR(pg_catalog.*=) {}",
        on.join(" AND "),
        side("t"),
        side("b")
    )
}

pub(super) fn names(undo: &Undo) -> Vec<String> {
    undo.columns.iter().map(|(c, _)| c.clone()).collect()
}

/// Whether the parent of a kept row is there; a NULL among the columns needs none.
fn has_parent(key: &ForeignKey) -> String {
    let given: Vec<String> =
        key.columns.iter().map(|c| format!("b.{} IS NULL", quote(c))).collect();
    let on: Vec<String> = key
        .columns
        .iter()
        .zip(&key.parent_columns)
        .map(|(c, p)| format!("p.{} = b.{}", quote(p), quote(c)))
        .collect();
    format!(
        "({} OR EXISTS (SELECT FROM {} AS p WHERE {}))",
        given.join(" OR "),
        key.parent,
        on.join(" AND ")
    )
}

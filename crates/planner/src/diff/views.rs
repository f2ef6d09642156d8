//! Views: a changed view, or one over what changes, goes first and comes back last.

use super::Diff;
use crate::name::QName;
use crate::op::Op;
use crate::schema::View;

impl Diff<'_> {
    /// Drops what is gone, changed, or in the way of a dropped or retyped column.
    pub(super) fn drop_views(&mut self) {
        let mut first: Vec<QName> = Vec::new();
        for (name, view) in &self.work.views {
            let stays = |after: &View| view.says_same(after) && view.found == after.found;
            if !self.target.views.get(name).is_some_and(stays) {
                first.push(name.clone());
            }
        }
        for (name, table) in &self.work.tables {
            let Some(after) = self.target.table(name) else {
                first.extend(self.work.views_over(name, None).map(|(view, _)| view.clone()));
                continue;
            };
            for column in &table.columns {
                if after.column(&column.name).is_none_or(|c| c.ty != column.ty) {
                    let over = self.work.views_over(name, Some(&column.name));
                    first.extend(over.map(|(view, _)| view.clone()));
                }
            }
        }
        for view in self.work.with_dependents(first).into_iter().rev() {
            self.push(self.work.drop_view(&view));
        }
    }

    /// Creates what is not there, what is read before what reads it.
    pub(super) fn create_views(&mut self) {
        let target = self.target;
        let mut missing: Vec<&QName> =
            target.views.keys().filter(|name| !self.work.views.contains_key(*name)).collect();
        while !missing.is_empty() {
            let ready = missing.iter().position(|name| {
                let reads = target.views.get(*name).map(|v| v.reads.as_slice()).unwrap_or_default();
                !reads.iter().any(|read| read != *name && missing.contains(&read))
            });
            let view = missing.remove(ready.unwrap_or(0)).clone();
            if let Some(definition) = target.views.get(&view) {
                self.star_spelled_anew(&view, definition);
                self.push(Op::CreateView { view, definition: definition.clone() });
            }
        }
    }

    /// A view that is made spells `*` out by the columns there are: says where the target's has others.
    fn star_spelled_anew(&mut self, name: &QName, view: &View) {
        let differs = |(read, columns): &&(QName, Vec<String>)| {
            let now = self.target.table(read).map(|table| &table.columns);
            now.is_some_and(|now| now.iter().map(|c| &c.name).ne(columns))
        };
        if let Some((read, _)) = view.found.iter().find(differs) {
            self.warn(
                "star-not-diffed",
                format!("view `{name}` reads `*` of `{read}` from before its last change: made again, it has the columns that are there by then"),
                format!("name its columns in the text of `{name}`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::diff::diff;
    use crate::sql::read_schema;

    #[test]
    fn a_star_of_other_columns_is_said() {
        let table = "CREATE TABLE t (a int);";
        let source = format!("{table} CREATE VIEW v AS SELECT * FROM t;");
        let target = format!(
            "{table} CREATE VIEW v AS SELECT * FROM t WHERE a > 0; ALTER TABLE t ADD COLUMN b int;"
        );
        let [source, target] = [source, target].map(|text| read_schema(&text).schema);
        let (_, said) = diff(&source, &target, &[]);
        assert_eq!(said.into_iter().map(|d| d.code).collect::<Vec<_>>(), ["star-not-diffed"]);
    }
}

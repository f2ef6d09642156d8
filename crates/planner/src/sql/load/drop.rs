//! DROP TABLE, VIEW and INDEX in a schema that is being read. Must not know how they are written.

use super::Loader;
use crate::name::QName;
use crate::op::Op;
use crate::sql::resolve;
use crate::sql::statement::{Drop, Dropped};
use crate::sql::token::Span;

impl Loader<'_> {
    pub(super) fn drop(&mut self, drop: &Drop, span: Span) {
        for name in &drop.names {
            let mut ops = match (drop.what, drop.cascade) {
                (Dropped::Table, true) => resolve::cascade_table(&self.schema, &name.name),
                (Dropped::View, true) => resolve::cascade_views(&self.schema, &name.name, None),
                _ => Vec::new(),
            };
            let name = name.name.clone();
            let there = match drop.what {
                Dropped::Table => self.schema.tables.contains_key(&name),
                Dropped::View => self.schema.views.contains_key(&name),
                Dropped::Index => self.index_owner(&name).is_some(),
            };
            if !there {
                // A script that begins by clearing up, or what is not in this schema.
                continue;
            }
            match drop.what {
                Dropped::Table => ops.push(Op::DropTable { table: name }),
                Dropped::View => ops.push(self.schema.drop_view(&name)),
                Dropped::Index => {
                    if let Some(table) = self.index_owner(&name) {
                        self.index_tables.remove(&name);
                        let (name, concurrently) = (name.name, drop.concurrently);
                        ops.push(Op::DropIndex { table, name, concurrently, if_exists: true });
                    }
                }
            }
            self.apply(&ops, span);
        }
    }

    /// The table that an index, or the key that it backs, is on.
    pub(super) fn index_owner(&self, index: &QName) -> Option<QName> {
        let has = |t: &crate::schema::Table| {
            t.indexes.contains_key(&index.name)
                || t.constraints.get(&index.name).is_some_and(|c| c.kind.has_index())
        };
        // Its table may have another name by now.
        let known = self.index_tables.get(index);
        if let Some(table) = known.filter(|name| self.schema.table(name).is_some_and(has)) {
            return Some(table.clone());
        }
        let mut tables = self.schema.tables.iter().filter(|(name, _)| name.schema == index.schema);
        tables.find(|(_, t)| has(t)).map(|(name, _)| name.clone())
    }
}

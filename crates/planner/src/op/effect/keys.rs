//! Unique keys that foreign keys rest on: a reference needs one, and one that is needed cannot go.

use std::collections::BTreeSet;

use super::{Refusal, refuse};
use crate::name::QName;
use crate::op::Op;
use crate::schema::{ForeignKey, Schema};

impl Schema {
    /// Names of keys and unique indexes over exactly these columns, in any order.
    pub(crate) fn keys_over(&self, table: &QName, columns: &[String]) -> Vec<String> {
        let Some(table) = self.table(table) else { return Vec::new() };
        let wanted: BTreeSet<&String> = columns.iter().collect();
        let same = |key: &[String]| key.iter().collect::<BTreeSet<_>>() == wanted;
        let keys =
            table.constraints.iter().filter(|(_, c)| c.kind.has_index() && same(&c.kind.columns()));
        let indexes = table.indexes.iter().filter(|(_, index)| {
            let plain = index.predicate.is_none() && index.keys.len() == index.columns.len();
            index.unique && index.valid && plain && same(&index.columns)
        });
        keys.map(|(name, _)| name).chain(indexes.map(|(name, _)| name)).cloned().collect()
    }

    /// The server's refusal of a foreign key that points at no key.
    pub(super) fn points_at_key(&self, key: &ForeignKey) -> Result<(), Refusal> {
        let columns = self.parent_columns(key);
        if !self.keys_over(&key.parent, &columns).is_empty() {
            return Ok(());
        }
        refuse(
            "42830",
            format!(
                "there is no unique constraint matching given keys for referenced table \"{}\"",
                key.parent.name
            ),
        )
    }

    /// The server's refusal to drop the only key that a foreign key can rest on.
    pub(super) fn is_not_needed(&self, op: &Op) -> Result<(), Refusal> {
        let (Op::DropIndex { table, name, .. }
        | Op::DropIndexCascade { table, name }
        | Op::DropConstraint { table, name }
        | Op::DropConstraintIfExists { table, name }) = op
        else {
            return Ok(());
        };
        let is_key = self.table(table).is_some_and(|t| {
            t.indexes.get(name).is_some_and(|index| index.unique)
                || t.constraints.get(name).is_some_and(|c| c.kind.has_index())
        });
        if !is_key {
            return Ok(());
        }
        let resting = self.referencing(table).find(|(child, constraint, key)| {
            let own = *child == table && *constraint == name;
            !own && self.keys_over(table, &self.parent_columns(key)) == [name.clone()]
        });
        let Some((child, constraint, _)) = resting else { return Ok(()) };
        refuse(
            "2BP01",
            format!(
                "cannot drop {name} of table {table} because other objects depend on it: constraint {constraint} on table {child}"
            ),
        )
    }
}

//! The effect of operations on indexes and on what a plan keeps in the schema `concertina`.

use super::{Refusal, refuse};
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Schema, Table};
use crate::sync::SyncRule;
use std::sync::Arc;

impl Schema {
    #[expect(clippy::wildcard_enum_match_arm, reason = "`apply` sends only index operations here")]
    pub(super) fn apply_to_index(&mut self, op: &Op) -> Result<(), Refusal> {
        match op {
            Op::CreateIndex { table, name, index, concurrently: _ }
            | Op::CreateIndexOnly { table, name, index } => {
                let taken = |(other, t): (&QName, &Arc<Table>)| {
                    other.schema == table.schema
                        && (t.indexes.contains_key(name)
                            || t.constraints.get(name).is_some_and(|c| c.kind.is_key()))
                };
                if self.tables.iter().any(taken) {
                    return refuse("42P07", format!("relation \"{name}\" already exists"));
                }
                for column in &index.columns {
                    self.column_mut(table, column)?;
                }
                self.table_mut(table)?.indexes.insert(name.clone(), index.clone());
                Ok(())
            }
            Op::DropIndexCascade { table, name } => {
                self.table_mut(table)?.indexes.remove(name);
                self.sweep();
                Ok(())
            }
            Op::DropIndex { table, name, concurrently: _, if_exists } => {
                match self.table_mut(table)?.indexes.remove(name) {
                    None if !if_exists => {
                        refuse("42704", format!("index \"{name}\" does not exist"))
                    }
                    Some(_) => {
                        self.sweep();
                        Ok(())
                    }
                    None => Ok(()),
                }
            }
            Op::RenameIndex { table, name, to } => {
                let (old, new) = (table.sibling(name), table.sibling(to));
                let table = self.table_mut(table)?;
                if let Some(index) = table.indexes.remove(name) {
                    table.indexes.insert(to.clone(), index);
                    self.move_index(&old, &new);
                    return Ok(());
                }
                match table.constraints.remove(name) {
                    Some(constraint) => {
                        table.constraints.insert(to.clone(), constraint);
                        self.move_index(&old, &new);
                        Ok(())
                    }
                    None => refuse("42P01", format!("relation \"{name}\" does not exist")),
                }
            }
            other => unreachable!("not an index operation: {other:?}"),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`apply` sends only helper operations here")]
    pub(super) fn apply_to_helpers(&mut self, op: &Op) -> Result<(), Refusal> {
        let missing = || refuse("3F000", "schema \"concertina\" does not exist".to_owned());
        match op {
            Op::CreateHelpers => self.helpers.present = true,
            Op::DropHelpers => self.helpers = crate::schema::Helpers::default(),
            _ if !self.helpers.present => return missing(),
            Op::CreateProgress => self.helpers.add("backfill"),
            Op::CreateThrottle => self.helpers.add("why_wait"),
            Op::CreateSyncFunction { rule } => self.helpers.add(&rule.function_name().name),
            Op::DropSyncFunction { rule } => self.helpers.remove(&rule.function_name().name)?,
            Op::CreateRelayFunction { relay, side } => {
                self.helpers.add(&relay.function_name(*side).name);
            }
            Op::DropRelayFunction { relay, side } => {
                self.helpers.remove(&relay.function_name(*side).name)?;
            }
            Op::CreateRelayTrigger { relay, side } => {
                let name = relay.trigger_name(*side);
                let end = relay.end(*side);
                let table = self.table_mut(&end.table)?;
                if table.relays.insert(name.clone(), (relay.clone(), *side)).is_some() {
                    let of = &end.table.name;
                    return refuse(
                        "42710",
                        format!("trigger \"{name}\" for relation \"{of}\" already exists"),
                    );
                }
            }
            Op::DropRelayTrigger { relay, side } => {
                let (name, table) = (relay.trigger_name(*side), &relay.end(*side).table);
                if self.table_mut(table)?.relays.remove(&name).is_none() {
                    let message =
                        format!("trigger \"{name}\" for table \"{}\" does not exist", table.name);
                    return refuse("42704", message);
                }
            }
            Op::CreateUndoTable { backfill } => self.helpers.add(&backfill.undo_table().name),
            Op::CreateBackfill { backfill } => self.helpers.add(&backfill.procedure().name),
            Op::CreateUndo { backfill } => self.helpers.add(&backfill.undo_procedure().name),
            Op::CreateSyncTrigger { rule } => {
                let name = rule.trigger_name();
                let table = self.table_mut(&rule.table)?;
                if table.triggers.contains_key(&name) {
                    return refuse(
                        "42710",
                        format!(
                            "trigger \"{name}\" for relation \"{}\" already exists",
                            rule.table.name
                        ),
                    );
                }
                table.triggers.insert(name, rule.clone());
            }
            Op::EnableSyncTrigger { rule } => {
                let name = rule.trigger_name();
                if !self.table_mut(&rule.table)?.triggers.contains_key(&name) {
                    return no_trigger(rule);
                }
            }
            Op::DropSyncTrigger { rule } => {
                let name = rule.trigger_name();
                if self.table_mut(&rule.table)?.triggers.remove(&name).is_none() {
                    return no_trigger(rule);
                }
            }
            other => unreachable!("not a helper operation: {other:?}"),
        }
        Ok(())
    }
}

fn no_trigger(rule: &SyncRule) -> Result<(), Refusal> {
    let (name, table) = (rule.trigger_name(), &rule.table.name);
    refuse("42704", format!("trigger \"{name}\" for table \"{table}\" does not exist"))
}

impl crate::schema::Helpers {
    fn add(&mut self, object: &str) {
        if !self.objects.iter().any(|o| o == object) {
            self.objects.push(object.to_owned());
            self.objects.sort();
        }
    }

    fn remove(&mut self, object: &str) -> Result<(), Refusal> {
        let before = self.objects.len();
        self.objects.retain(|o| o != object);
        if self.objects.len() == before {
            return refuse("42883", format!("function concertina.{object}() does not exist"));
        }
        Ok(())
    }
}

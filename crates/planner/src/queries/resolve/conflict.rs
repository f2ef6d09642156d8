//! ON CONFLICT: what it names must be there, and a unique index must be over exactly that when the
//! statement is planned. Must not know values.

use super::super::ast::{Conflict, ConflictTarget, Expr};
use super::super::catalogue::{Relation, RelationKind};
use super::super::report::When;
use super::level::{Columns, Entry, EntryColumn, Level, Visible};
use super::stored::Given;
use super::{Failure, Found, Resolver, refuse};
use crate::schema::{ConstraintKind, Table};

/// A unique index or constraint: its keys and predicate.
struct Arbiter {
    columns: Vec<String>,
    expressions: Vec<Expr>,
    /// Whether every key was understood.
    known: bool,
    predicate: Option<String>,
}

impl Resolver<'_> {
    /// ON CONFLICT of an INSERT into the entry.
    pub(super) fn conflict(
        &mut self,
        conflict: &Conflict,
        (target, relation): (usize, &Relation),
        level: &mut Level<'_>,
    ) -> Found<()> {
        if conflict.update.is_some() && conflict.target == ConflictTarget::Any {
            let message =
                "ON CONFLICT DO UPDATE requires inference specification or constraint name";
            return refuse("42601", message);
        }
        let before = std::mem::replace(&mut level.visible, vec![Visible::fully(target)]);
        let found = self.arbiter(&conflict.target, relation, level);
        if let (Ok(()), Some((set, filter))) = (&found, &conflict.update) {
            let columns = relation.columns.iter().map(|column| EntryColumn {
                name: column.name.clone(),
                ty: column.ty,
                modifier: column.modifier,
                node: None,
            });
            let columns = Columns::Own(columns.collect());
            let entry = Entry { name: "excluded".to_owned(), aliased: true, columns, open: false };
            let excluded = level.add(entry);
            level.visible.push(Visible::fully(excluded));
            let set = self.assignments(set, relation, level)?;
            self.filter(filter.as_ref(), level)?;
            self.stored("update", "UPDATE", relation, &Given::of_update(&set));
        }
        level.visible = before;
        found
    }

    fn arbiter(
        &mut self,
        target: &ConflictTarget,
        relation: &Relation,
        level: &Level<'_>,
    ) -> Found<()> {
        match target {
            ConflictTarget::Any => Ok(()),
            ConflictTarget::Constraint(name) => self.named_arbiter(name, relation),
            ConflictTarget::Keys(keys, filter) => {
                self.exprs(keys, level)?;
                if let Some(filter) = filter {
                    let value = self.expr(filter, level)?;
                    self.condition(value, "WHERE")?;
                }
                self.inferred(keys, filter.is_some(), relation);
                Ok(())
            }
        }
    }

    fn named_arbiter(&mut self, name: &str, relation: &Relation) -> Found<()> {
        let table = self.catalogue.table(&relation.name);
        let constraint = table.and_then(|table| table.constraints.get(name));
        let Some(constraint) = constraint else {
            let table = &relation.name.name;
            let message = format!("constraint \"{name}\" for table \"{table}\" does not exist");
            return refuse("42704", message);
        };
        match constraint.kind {
            ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) => {}
            ConstraintKind::Other(..) => {
                self.doubt(format!("constraint {name} is not looked into"));
            }
            ConstraintKind::Check(_)
            | ConstraintKind::ForeignKey(_)
            | ConstraintKind::NotNull(_) => self.runtime.push(Failure {
                sqlstate: "42809",
                message: "constraint in ON CONFLICT clause has no associated index".to_owned(),
                when: When::Plan,
            }),
        }
        Ok(())
    }

    /// Whether a unique index is over exactly these keys.
    fn inferred(&mut self, keys: &[Expr], filtered: bool, relation: &Relation) {
        let Some((keys, table)) = self.base_keys(keys, relation) else {
            self.doubt("the keys of ON CONFLICT are not looked into");
            return;
        };
        let (mut columns, mut expressions) = (Vec::new(), Vec::new());
        for key in keys {
            if let Expr::Column(name) = key {
                columns.extend(name.last().cloned());
            } else {
                expressions.push(key);
            }
        }
        columns.sort();
        columns.dedup();
        let mut unsure = expressions.iter().any(|key| matches!(key, Expr::Opaque(..)));
        for arbiter in arbiters(table) {
            let same_columns = arbiter.columns == columns;
            let same_expressions = arbiter.expressions.len() == expressions.len()
                && expressions.iter().all(|key| arbiter.expressions.contains(key));
            let may = arbiter.known
                && same_columns
                && arbiter.expressions.is_empty() == expressions.is_empty();
            match (&arbiter.predicate, same_columns && same_expressions && arbiter.known) {
                (None, true) => return,
                // Whether WHERE implies the predicate is not looked into.
                (Some(_), true) if filtered => unsure = true,
                (None | Some(_), _) => unsure |= may && !expressions.is_empty() || !arbiter.known,
            }
        }
        if unsure {
            self.doubt("which unique index ON CONFLICT means is not known");
            return;
        }
        let message =
            "there is no unique or exclusion constraint matching the ON CONFLICT specification";
        let message = message.to_owned();
        self.runtime.push(Failure { sqlstate: "42P10", message, when: When::Plan });
    }

    /// The keys in terms of the table that is written in the end.
    fn base_keys(&self, keys: &[Expr], relation: &Relation) -> Option<(Vec<Expr>, &Table)> {
        if relation.kind == RelationKind::Table {
            return Some((keys.to_vec(), self.catalogue.table(&relation.name)?));
        }
        let shape = self.catalogue.view_shape(&relation.name)?;
        let base = self.catalogue.relation(shape.base.as_ref()?)?;
        let rename = |key: &Expr| {
            let Expr::Column(name) = key else { return None };
            let name = name.last()?;
            let column = shape.columns.iter().find(|column| column.column.name == *name)?;
            Some(Expr::Column(vec![column.base.clone()?]))
        };
        let keys: Option<Vec<Expr>> = keys.iter().map(rename).collect();
        self.base_keys(&keys?, base)
    }
}

/// Everything unique in a table.
fn arbiters(table: &Table) -> Vec<Arbiter> {
    let mut found = Vec::new();
    for constraint in table.constraints.values() {
        if let ConstraintKind::PrimaryKey(columns) | ConstraintKind::Unique(columns) =
            &constraint.kind
        {
            let mut columns = columns.clone();
            columns.sort();
            found.push(Arbiter { columns, expressions: Vec::new(), known: true, predicate: None });
        }
    }
    for index in table.indexes.values().filter(|index| index.unique && index.valid) {
        let mut arbiter = Arbiter {
            columns: Vec::new(),
            expressions: Vec::new(),
            known: true,
            predicate: index.predicate.as_ref().map(crate::expr::Expr::sql),
        };
        for key in &index.keys {
            match crate::sql::read_index_key(key) {
                Ok(Expr::Column(name)) => arbiter.columns.extend(name),
                Ok(other) => arbiter.expressions.push(other),
                Err(_) => arbiter.known = false,
            }
        }
        arbiter.columns.sort();
        found.push(arbiter);
    }
    found
}

//! Tables that come under a parent or leave it: ATTACH and DETACH PARTITION, INHERIT, heirs that are
//! created, and indexes that become parts of a partitioned one. With the server's conditions.

use super::parts::Whole;
use super::{Refusal, refuse};
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Column, Inherited, Schema, Table};

impl Schema {
    #[expect(clippy::wildcard_enum_match_arm, reason = "`apply_here` sends only these here")]
    pub(super) fn apply_to_family(&mut self, op: &Op) -> Result<(), Refusal> {
        match op {
            Op::AttachPartition { table, child, bounds } => self.attach(table, child, bounds),
            Op::DetachPartition { table, child, .. } => {
                self.table_mut(table)?;
                let name = child;
                let child = self.table_mut(child)?;
                let mut parts = child.parts();
                if parts.of.as_ref().is_none_or(|(parent, _)| parent != table) {
                    return refuse(
                        "42P01",
                        format!(
                            "relation \"{}\" is not a partition of relation \"{}\"",
                            name.name, table.name
                        ),
                    );
                }
                parts.of = None;
                child.partitioning = parts.text();
                // Copies of its own from here on.
                child.inherited = Inherited::default();
                Ok(())
            }
            Op::AttachIndex { table, name, parent, index } => {
                self.attach_index((table, name), (parent, index))
            }
            Op::Inherit { table, parent } => self.inherit(table, parent),
            Op::NoInherit { table, parent } => self.no_inherit(table, parent),
            other => unreachable!("not about a family: {other:?}"),
        }
    }

    /// What the child must have to come under the parent.
    fn fits_below(&self, parent: &QName, child: &QName) -> Result<(), Refusal> {
        let (above, below) = (self.known(parent)?, self.known(child)?);
        let mismatch = |message: String| refuse("42804", message);
        for column in &above.columns {
            let Some(own) = below.column(&column.name) else {
                return mismatch(format!("child table is missing column \"{}\"", column.name));
            };
            if own.ty != column.ty || own.collation != column.collation {
                return mismatch(format!(
                    "child table \"{}\" has different type for column \"{}\"",
                    child.name, column.name
                ));
            }
            if column.not_null && !own.not_null {
                return mismatch(format!(
                    "column \"{}\" in child table must be marked NOT NULL",
                    column.name
                ));
            }
        }
        for (name, check) in above.constraints.iter().filter(|(_, c)| c.kind.is_inherited_check()) {
            match below.constraints.get(name) {
                None => {
                    return mismatch(format!("child table is missing constraint \"{name}\""));
                }
                Some(own) if own.kind != check.kind => {
                    return mismatch(format!(
                        "child table \"{}\" has different definition for check constraint \"{name}\"",
                        child.name
                    ));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn known(&self, name: &QName) -> Result<&Table, Refusal> {
        match self.table(name) {
            Some(table) => Ok(table),
            None => refuse("42P01", format!("relation \"{name}\" does not exist")),
        }
    }

    fn attach(&mut self, parent: &QName, child: &QName, bounds: &str) -> Result<(), Refusal> {
        self.fits_below(parent, child)?;
        let (above, below) = (self.known(parent)?.clone(), self.known(child)?);
        if let Some(extra) = below.columns.iter().find(|c| above.column(&c.name).is_none()) {
            return refuse(
                "42804",
                format!(
                    "table \"{}\" contains column \"{}\" not found in parent \"{}\"",
                    child.name, extra.name, parent.name
                ),
            );
        }
        if below.is_partition() {
            return refuse("42809", format!("\"{}\" is already a partition", child.name));
        }
        if let (Some(above), Some(below)) = (above.primary_key(), below.primary_key())
            && above != below
        {
            return refuse(
                "42P16",
                format!("multiple primary keys for table \"{}\" are not allowed", child.name),
            );
        }
        let table = self.table_mut(child)?;
        let mut parts = table.parts();
        parts.of = Some((parent.clone(), bounds.to_owned()));
        table.partitioning = parts.text();
        let (keys, others): (Vec<_>, Vec<_>) =
            above.constraints.iter().partition(|(_, c)| c.kind.has_index());
        for (name, key) in keys {
            self.add_part(child, name, &Whole::Key(key.clone()))?;
        }
        for (name, index) in &above.indexes {
            self.add_part(child, name, &Whole::Index(index.clone()))?;
        }
        for (name, constraint) in others {
            self.add_constraint_below(child, name, constraint)?;
        }
        Ok(())
    }

    fn attach_index(
        &mut self,
        (table, name): (&QName, &str),
        (parent, index): (&QName, &str),
    ) -> Result<(), Refusal> {
        let missing = |name: &str| refuse("42P01", format!("relation \"{name}\" does not exist"));
        let (above, below) = (self.known(parent)?, self.known(table)?);
        if !above.indexes.contains_key(index) && !above.constraints.contains_key(index) {
            return missing(index);
        }
        if !below.indexes.contains_key(name) && !below.constraints.contains_key(name) {
            return missing(name);
        }
        let fits = match (above.as_index(index), below.as_index(name)) {
            (Some(above), Some(below)) => above.is_same_shape(&below),
            // Exclusions and deferrable keys are compared as written.
            (None, None) => above.constraints.get(index) == below.constraints.get(name),
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !fits || !below.parents().contains(parent) {
            return refuse(
                "55000",
                format!("cannot attach index \"{name}\" as a partition of index \"{index}\""),
            );
        }
        self.table_mut(table)?.inherited.indexes.insert(name.to_owned(), index.to_owned());
        Ok(())
    }

    fn inherit(&mut self, child: &QName, parent: &QName) -> Result<(), Refusal> {
        self.fits_below(parent, child)?;
        let table = self.table_mut(child)?;
        let mut parts = table.parts();
        if parts.inherits.contains(parent) {
            return refuse(
                "42P07",
                format!("relation \"{}\" would be inherited from more than once", parent.name),
            );
        }
        parts.inherits.push(parent.clone());
        table.partitioning = parts.text();
        Ok(())
    }

    fn no_inherit(&mut self, child: &QName, parent: &QName) -> Result<(), Refusal> {
        let table = self.table_mut(child)?;
        let mut parts = table.parts();
        if !parts.inherits.contains(parent) {
            return refuse(
                "42P01",
                format!(
                    "relation \"{}\" is not a parent of relation \"{}\"",
                    parent.name, child.name
                ),
            );
        }
        parts.inherits.retain(|p| p != parent);
        table.partitioning = parts.text();
        let above: Vec<Table> =
            self.known_parents(child).into_iter().map(|(_, table)| table.clone()).collect();
        let inherited = &mut self.table_mut(child)?.inherited;
        inherited.columns.retain(|column| above.iter().any(|t| t.column(column).is_some()));
        inherited
            .constraints
            .retain(|_, name| above.iter().any(|t| t.constraints.contains_key(name)));
        Ok(())
    }

    /// A new table with what its parents give it: their columns first, its own merged with them.
    ///
    /// # Errors
    /// 42P01 where a parent is not there.
    pub(crate) fn with_parents(&self, own: &Table) -> Result<Table, Refusal> {
        let parents = own.parts().inherits;
        if parents.is_empty() {
            return Ok(own.clone());
        }
        let mut table =
            Table { columns: Vec::new(), inherited: Inherited::default(), ..own.clone() };
        table.constraints.retain(|name, _| !own.inherited.constraints.contains_key(name));
        let local = |name: &str| own.column(name).filter(|_| !own.inherited.columns.contains(name));
        for parent in &parents {
            let above = self.known(parent)?;
            for column in &above.columns {
                let local = local(&column.name);
                let merged = merge(local, column);
                match table.column_mut(&column.name) {
                    Some(known) => known.not_null |= merged.not_null,
                    None => table.columns.push(merged),
                }
                if local.is_none() {
                    table.inherited.columns.insert(column.name.clone());
                }
            }
            for (name, check) in
                above.constraints.iter().filter(|(_, c)| c.kind.is_inherited_check())
            {
                if !table.constraints.contains_key(name) {
                    table.constraints.insert(name.clone(), check.clone());
                    table.inherited.constraints.insert(name.clone(), name.clone());
                }
            }
        }
        for column in &own.columns {
            if local(&column.name).is_some() && table.column(&column.name).is_none() {
                table.columns.push(column.clone());
            }
        }
        for column in table.primary_key().unwrap_or_default().to_vec() {
            if let Some(column) = table.column_mut(&column) {
                column.not_null = true;
            }
        }
        Ok(table)
    }
}

/// A column as a table has it that inherits it and perhaps defines it too.
fn merge(own: Option<&Column>, parent: &Column) -> Column {
    match own {
        None => Column { identity: None, ..parent.clone() },
        Some(own) => Column {
            not_null: own.not_null || parent.not_null,
            default: own.default.clone().or_else(|| parent.default.clone()),
            generated: own.generated.clone().or_else(|| parent.generated.clone()),
            ..own.clone()
        },
    }
}

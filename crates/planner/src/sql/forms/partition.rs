//! Partitions: made, attached, detached. What the server can prove without a scan is looked up in
//! the schema, by the one way of writing it that is sure. Must not know facts.

use super::alter_table::parents;
use super::{Known, Stop};
use crate::engine::postgres::{Form, Role, Subject, related};
use crate::expr::Expr;
use crate::name::QName;
use crate::schema::{ConstraintKind, Index, Table};
use crate::sql::cursor::{Cursor, PlacedName};
use crate::sql::table::NewTable;

/// CREATE TABLE … PARTITION OF parent.
pub(super) fn create(
    known: &mut Known<'_>,
    new: &NewTable,
    parent: PlacedName,
) -> Result<Subject, Stop> {
    let parent = known.relation(parent)?;
    known.assume("a default partition is taken to be there: without one nothing is scanned");
    let beside = related(Role::DefaultPartition, &parent, known.schema);
    let is_default = new.partitioning.as_deref().is_some_and(|text| {
        let bounds = text.strip_prefix(&format!("PARTITION OF {parent} "));
        bounds.is_some_and(|bounds| bounds.starts_with("DEFAULT"))
    });
    let scans = !is_default && (!beside.is_empty() || !known.given);
    let form = if scans { Form::CreatePartitionScan } else { Form::CreatePartition };
    Ok(Subject::new(form, None)
        .with(Role::DefaultPartition, beside)
        .with(Role::Parents, parents(known, &parent))
        .with(Role::Children, known.children(&parent))
        .with(Role::PartitionedParent, [parent]))
}

/// ATTACH PARTITION child bounds.
pub(super) fn attach(
    known: &mut Known<'_>,
    table: &QName,
    child: &PlacedName,
    bounds: &str,
) -> Result<Subject, Stop> {
    let child = known.relation(child.clone())?;
    known.assume("the partition is taken to have every index of the table, and no CHECK that proves the bound");
    let beside = related(Role::DefaultPartition, table, known.schema);
    let form = match (known.table(table), known.table(&child)) {
        (Some(parent), Some(child)) if lacks_index(parent, child) => Form::AttachPartitionBuild,
        (Some(parent), Some(child))
            if beside.is_empty()
                && parents(known, table).is_empty()
                && proves(parent, child, bounds) =>
        {
            Form::AttachPartitionProved
        }
        _ => Form::AttachPartition,
    };
    Ok(Subject::new(form, Some(table.clone()))
        .with(Role::DefaultPartition, beside.into_iter().filter(|name| *name != child))
        .with(Role::Parents, parents(known, table))
        .with(Role::Children, known.children(table))
        .with(Role::Attached, [child]))
}

/// DETACH PARTITION, from after these words.
pub(super) fn detach(
    known: &mut Known<'_>,
    table: &QName,
    cursor: &mut Cursor<'_>,
) -> Result<Subject, Stop> {
    let child = known.relation(cursor.name("a partition's name")?)?;
    let children = known.children(table);
    let form = if cursor.eat("CONCURRENTLY") {
        Form::DetachConcurrently
    } else if cursor.eat("FINALIZE") {
        Form::DetachFinalize
    } else if children.is_empty() {
        known.assume("no foreign key is taken to point at the table: one would scan its table under ACCESS EXCLUSIVE");
        Form::DetachPartition
    } else {
        Form::DetachReferenced
    };
    Ok(Subject::new(form, Some(table.clone()))
        .with(Role::Parents, parents(known, table))
        .with(Role::Children, children)
        .with(Role::Attached, [child]))
}

/// Whether attaching would build an index on the partition.
fn lacks_index(parent: &Table, child: &Table) -> bool {
    let key = |kind: &ConstraintKind| kind.is_key();
    let same = |a: &Index, b: &Index| {
        (a.unique, &a.method, &a.keys, &a.predicate) == (b.unique, &b.method, &b.keys, &b.predicate)
    };
    let lacks_key = parent
        .constraints
        .values()
        .filter(|c| key(&c.kind))
        .any(|wanted| !child.constraints.values().any(|c| c.kind == wanted.kind));
    let lacks_plain = parent
        .indexes
        .values()
        .any(|wanted| !child.indexes.values().any(|index| same(index, wanted)));
    lacks_key || lacks_plain
}

/// Whether a validated CHECK of the partition says exactly what a range over one column says.
fn proves(parent: &Table, child: &Table, bounds: &str) -> bool {
    let Some(column) = range_column(parent) else { return false };
    let Some((from, to)) = range(bounds) else { return false };
    let wanted = |names: &str| crate::sql::parse_expr(names);
    let low_high = wanted(&format!("{column} >= {from} AND {column} < {to}"));
    let high_low = wanted(&format!("{column} < {to} AND {column} >= {from}"));
    let not_null = child.column(&column).is_some_and(|c| c.not_null);
    let says = |expr: &Expr| *expr == low_high || *expr == high_low;
    not_null
        && child
            .constraints
            .values()
            .any(|c| c.validated && matches!(&c.kind, ConstraintKind::Check(expr) if says(expr)))
}

/// The column of `PARTITION BY RANGE (column)`.
fn range_column(parent: &Table) -> Option<String> {
    let text = parent.partitioning.as_deref()?.rsplit_once("PARTITION BY RANGE")?.1;
    let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?.trim();
    parent.column(inner).map(|column| column.name.clone())
}

/// The two values of `FOR VALUES FROM (a) TO (b)`.
fn range(bounds: &str) -> Option<(&str, &str)> {
    let rest = bounds.strip_prefix("FOR VALUES FROM")?;
    let (from, to) = rest.split_once(" TO ").or_else(|| rest.split_once(")TO("))?;
    let inner = |text: &'_ str| -> Option<(usize, usize)> {
        let trimmed = text.trim();
        trimmed.strip_prefix('(')?.strip_suffix(')')?;
        let start = text.find('(')? + 1;
        Some((start, text.rfind(')')?))
    };
    let (a, b) = (inner(from)?, inner(to)?);
    let (from, to) = (from.get(a.0..a.1)?.trim(), to.get(b.0..b.1)?.trim());
    let plain = |text: &str| !text.contains(',') && !text.ends_with("VALUE");
    (plain(from) && plain(to)).then_some((from, to))
}

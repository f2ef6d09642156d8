//! What another relation is to the one a statement is about, and which relations that are in a
//! schema. Knows no statements.

use serde::Serialize;

use crate::name::QName;
use crate::schema::{ConstraintKind, Schema, Table};

/// What a relation is to the one that a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It itself.
    Target,
    /// A table that its foreign keys point at.
    Parents,
    /// A partition of such a table.
    ParentPartitions,
    /// A table whose foreign keys point at it.
    Children,
    /// A partition of it, at any depth.
    Partitions,
    /// The partitioned table that it is a partition of.
    PartitionedParent,
    /// The default partition beside it.
    DefaultPartition,
    /// What is attached to it or detached from it.
    Attached,
    /// A table it inherits from.
    Inherited,
    /// A relation that the statement's query reads.
    Reads,
    /// A view over it.
    Views,
    /// A table that uses what the statement changes or drops.
    Users,
    /// The table that a sequence belongs to.
    OwnerTable,
    /// A sequence of its columns.
    Sequences,
    /// Every index of it; of a partitioned table, those of its partitions.
    Indexes,
    /// The index that the statement is about.
    OwnIndex,
}

impl Role {
    /// In words, where no names are known.
    pub fn words(self) -> &'static str {
        match self {
            Self::Target => "the relation itself",
            Self::Parents => "tables its foreign keys point at",
            Self::ParentPartitions => "partitions of the tables its foreign keys point at",
            Self::Children => "tables whose foreign keys point at it",
            Self::Partitions => "its partitions",
            Self::PartitionedParent => "the partitioned table it is a partition of",
            Self::DefaultPartition => "the default partition",
            Self::Attached => "the partition",
            Self::Inherited => "the tables it inherits from",
            Self::Reads => "relations the query reads",
            Self::Views => "views over it that CASCADE drops",
            Self::Users => "tables that use it",
            Self::OwnerTable => "the table the sequence belongs to",
            Self::Sequences => "its sequences",
            Self::Indexes => "its indexes",
            Self::OwnIndex => "the index",
        }
    }

    /// Whether it is a table or view: what app statements name, and wait for.
    pub fn is_table(self) -> bool {
        match self {
            Self::Target
            | Self::Parents
            | Self::ParentPartitions
            | Self::Children
            | Self::Partitions
            | Self::PartitionedParent
            | Self::DefaultPartition
            | Self::Attached
            | Self::Inherited
            | Self::Reads
            | Self::Views
            | Self::Users
            | Self::OwnerTable => true,
            Self::Sequences | Self::Indexes | Self::OwnIndex => false,
        }
    }
}

/// The relations in a role that the table alone decides; none for roles that the statement decides.
pub(crate) fn related(role: Role, table: &QName, schema: &Schema) -> Vec<QName> {
    match role {
        Role::Partitions => partitions_of(table, schema),
        Role::PartitionedParent => parent_of(table, schema).into_iter().collect(),
        Role::DefaultPartition => {
            let parent = parent_of(table, schema).unwrap_or_else(|| table.clone());
            default_of(&parent, schema).into_iter().filter(|name| name != table).collect()
        }
        Role::Indexes => {
            let mut tables = partitions_of(table, schema);
            if tables.is_empty() {
                tables.push(table.clone());
            }
            let on = |table: &QName| {
                let names = schema.table(table).map(index_names).unwrap_or_default();
                names.into_iter().map(|name| table.sibling(&name)).collect::<Vec<_>>()
            };
            tables.iter().flat_map(on).collect()
        }
        Role::Target
        | Role::Parents
        | Role::ParentPartitions
        | Role::Children
        | Role::Attached
        | Role::Inherited
        | Role::Reads
        | Role::Views
        | Role::Users
        | Role::OwnerTable
        | Role::Sequences
        | Role::OwnIndex => Vec::new(),
    }
}

/// The bounds with which a table is a partition of `parent`: `FOR VALUES …` or `DEFAULT`.
fn bounds<'a>(table: &'a Table, parent: &QName) -> Option<&'a str> {
    table.partitioning.as_deref()?.strip_prefix(&format!("PARTITION OF {parent} "))
}

/// Partitions of a table, at every depth.
pub(crate) fn partitions_of(parent: &QName, schema: &Schema) -> Vec<QName> {
    let mut found: Vec<QName> = Vec::new();
    let mut open = vec![parent.clone()];
    while let Some(parent) = open.pop() {
        for (name, table) in &schema.tables {
            if bounds(table, &parent).is_some() && !found.contains(name) {
                found.push(name.clone());
                open.push(name.clone());
            }
        }
    }
    found.sort();
    found
}

fn parent_of(table: &QName, schema: &Schema) -> Option<QName> {
    let found = schema.table(table)?;
    schema.tables.keys().find(|parent| bounds(found, parent).is_some()).cloned()
}

fn default_of(parent: &QName, schema: &Schema) -> Option<QName> {
    let is_default =
        |table: &Table| bounds(table, parent).is_some_and(|text| text.starts_with("DEFAULT"));
    schema.tables.iter().find(|(_, table)| is_default(table)).map(|(name, _)| name.clone())
}

/// Every index by its bare name, those that back constraints included.
fn index_names(table: &Table) -> Vec<String> {
    let backed = table.constraints.iter().filter(|(_, constraint)| match &constraint.kind {
        ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) => true,
        ConstraintKind::Other(text, _) => !text.starts_with("CHEC") && !text.starts_with("FORE"),
        ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull(_) => {
            false
        }
    });
    let mut names: Vec<String> = backed.map(|(name, _)| name.clone()).collect();
    names.extend(table.indexes.keys().cloned());
    names.sort();
    names
}

//! A database schema as plain ordered values. Knows no SQL text and no engine; `op` changes it,
//! `sql` reads it, everything else only looks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::expr::{Expr, Volatility};
use crate::name::QName;
use crate::sql_type::SqlType;
use crate::sync::{Relay, Side, SyncRule};

pub mod bounds;
pub(crate) mod difference;
pub mod family;
mod given;
pub mod key;
pub mod object;
pub mod reference;
mod rename_object;
mod rename_type;
pub(crate) mod sequence;
pub(crate) mod unique;

pub use bounds::Bound;
pub use family::Inherited;
pub(crate) use family::Partitioning;
pub use key::Key;
pub use object::{Object, ObjectId, ObjectKind, Subject};
pub use reference::Action;

/// Everything read from a dump: what is modelled, and beside it what is only carried.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Schema {
    /// Ordinary and partitioned tables.
    pub tables: BTreeMap<QName, Arc<Table>>,
    /// Views, plain and materialised.
    pub views: BTreeMap<QName, View>,
    /// Enum types with their labels, in order.
    pub enums: BTreeMap<QName, Vec<String>>,
    /// Domains.
    pub domains: BTreeMap<QName, Domain>,
    /// Everything else: functions, sequences, types, triggers, policies, grants, comments …
    pub objects: Arc<BTreeMap<ObjectId, Object>>,
    /// Concertina's own schema and what it holds; empty before and after a plan.
    pub helpers: Helpers,
}

/// What a plan keeps in the schema `concertina` while it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Helpers {
    /// Whether schema `concertina` and its progress table exist.
    pub present: bool,
    /// Undo tables and sync functions and backfill procedures in it, by bare name.
    pub objects: Vec<String>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Table {
    /// Columns in their order.
    pub columns: Vec<Column>,
    /// Constraints by name; NOT NULL is a column's flag, not listed here.
    pub constraints: BTreeMap<String, Constraint>,
    /// Indexes by name, those that back a constraint not included.
    pub indexes: BTreeMap<String, Index>,
    /// Our own sync triggers by name; the user's are objects.
    pub triggers: BTreeMap<String, SyncRule>,
    /// Our own triggers that carry writes to another table, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub relays: BTreeMap<String, (Relay, Side)>,
    /// Text after `PARTITION BY` or `PARTITION OF`, where the table is partitioned or a partition.
    pub partitioning: Option<String>,
    /// What it has from its parents.
    #[serde(default, skip_serializing_if = "Inherited::is_empty")]
    pub inherited: Inherited,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Column {
    /// Unquoted name.
    pub name: String,
    /// Type.
    pub ty: SqlType,
    /// NOT NULL.
    pub not_null: bool,
    /// DEFAULT.
    pub default: Option<Expr>,
    /// `GENERATED … AS IDENTITY`: `always` or `by default`.
    pub identity: Option<String>,
    /// `GENERATED ALWAYS AS (…) STORED`: the expression, verbatim.
    pub generated: Option<String>,
    /// Explicit collation, as written.
    pub collation: Option<String>,
}

/// A table constraint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Constraint {
    /// What it promises.
    pub kind: ConstraintKind,
    /// False for NOT VALID: rows from before it are not known to satisfy it.
    pub validated: bool,
}

/// What a constraint promises.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintKind {
    /// PRIMARY KEY over columns.
    PrimaryKey(Vec<String>),
    /// UNIQUE over columns.
    Unique(Vec<String>),
    /// CHECK.
    Check(Expr),
    /// FOREIGN KEY.
    ForeignKey(ForeignKey),
    /// PostgreSQL 18's named NOT NULL while it is NOT VALID; validated, it is the column's flag.
    NotNull(String),
    /// Anything else (EXCLUDE …), the definition verbatim and the columns it mentions.
    Other(String, Vec<String>),
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Referencing columns.
    pub columns: Vec<String>,
    /// Referenced table.
    pub parent: QName,
    /// Referenced columns; empty means the parent's primary key.
    pub parent_columns: Vec<String>,
    /// Text after the columns: `ON DELETE CASCADE DEFERRABLE` …, normalised to upper case.
    pub actions: String,
}

/// An index that backs no constraint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Index {
    /// UNIQUE.
    pub unique: bool,
    /// Access method: `btree` unless said otherwise.
    pub method: String,
    /// Keys as SQL: `lower(name) DESC`; a plain column is its quoted name.
    pub keys: Vec<String>,
    /// What follows the keys: ` INCLUDE (…)`, ` NULLS NOT DISTINCT`, ` WITH (…)`; empty or leading space.
    pub suffix: String,
    /// WHERE.
    pub predicate: Option<Expr>,
    /// Columns mentioned anywhere in it, unquoted.
    pub columns: Vec<String>,
    /// False after a failed concurrent build.
    pub valid: bool,
}

/// A view.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct View {
    /// Names that it gives to the query's columns, where it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The query, verbatim.
    pub query: String,
    /// MATERIALIZED.
    pub materialized: bool,
    /// Relations that the query names.
    pub reads: Vec<QName>,
    /// Every identifier in the query, unquoted and sorted: a superset of the columns it reads.
    pub identifiers: Vec<String>,
    /// What `*` stands for, where the query has one: the columns of what it reads, as they were when the
    /// view was made. PostgreSQL spells them out then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<(QName, Vec<String>)>,
    /// `Some(t)`: our own one-to-one alias of table `t`, all columns, updatable.
    pub alias_of: Option<QName>,
    /// Whether its text leaves it WITH NO DATA, as that of every dump does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unfilled: bool,
    /// Whether it reads, itself or through views, a materialized view whose text leaves it WITH NO DATA:
    /// while that is empty, PostgreSQL refuses to read it (55000).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub over_unfilled: bool,
}

impl View {
    /// Whether it is the same to whoever reads it.
    pub fn says_same(&self, other: &Self) -> bool {
        let words = |view: &Self| -> Vec<String> {
            let query = view.query.trim_end_matches(';');
            query.split_whitespace().map(str::to_owned).collect()
        };
        let reads = |view: &Self| view.reads.iter().cloned().collect::<BTreeSet<QName>>();
        self.materialized == other.materialized
            && self.columns == other.columns
            && reads(self) == reads(other)
            && words(self) == words(other)
    }
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Domain {
    /// Underlying type.
    pub base: SqlType,
    /// Whether it has NOT NULL or a CHECK: adding a column of it then rewrites the table.
    pub constrained: bool,
}

impl Schema {
    /// The table, or `None`.
    pub fn table(&self, name: &QName) -> Option<&Table> {
        self.tables.get(name).map(Arc::as_ref)
    }

    /// Foreign keys of other tables that point at `parent`: (child table, constraint name, key).
    pub fn referencing<'a>(
        &'a self,
        parent: &'a QName,
    ) -> impl Iterator<Item = (&'a QName, &'a str, &'a ForeignKey)> {
        self.tables.iter().flat_map(move |(child, table)| {
            table.constraints.iter().filter_map(move |(name, constraint)| {
                let key = constraint.kind.foreign_key().filter(|key| key.parent == *parent)?;
                Some((child, name.as_str(), key))
            })
        })
    }

    /// Views whose query names `table` and, somewhere, the identifier `column` (or `*`).
    pub fn views_over<'a>(
        &'a self,
        table: &'a QName,
        column: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a QName, &'a View)> {
        self.views.iter().filter(move |(_, view)| {
            view.reads.contains(table)
                && column.is_none_or(|c| view.identifiers.iter().any(|i| i == c || i == "*"))
        })
    }

    /// What drops a view.
    pub fn drop_view(&self, view: &QName) -> crate::op::Op {
        let materialized = self.views.get(view).is_some_and(|v| v.materialized);
        crate::op::Op::DropView { view: view.clone(), materialized }
    }

    /// The views and all views over them, each before those that read it.
    pub fn with_dependents(&self, views: Vec<QName>) -> Vec<QName> {
        let mut all: Vec<QName> = Vec::new();
        let mut open = views;
        while let Some(view) = open.pop() {
            if !all.contains(&view) {
                open.extend(self.views_over(&view, None).map(|(name, _)| name.clone()));
                all.push(view);
            }
        }
        all.sort();
        let mut ordered: Vec<QName> = Vec::new();
        while !all.is_empty() {
            let ready = all.iter().position(|name| {
                let reads = self.views.get(name).map(|v| v.reads.as_slice()).unwrap_or_default();
                !reads.iter().any(|read| read != name && all.contains(read))
            });
            ordered.push(all.remove(ready.unwrap_or(0)));
        }
        ordered
    }
}

impl Column {
    /// Whether every row that leaves it out gets another value.
    pub fn generates(&self) -> bool {
        let volatile = |d: &Expr| d.volatility() == Volatility::Volatile;
        self.identity.is_some() || self.default.as_ref().is_some_and(volatile)
    }

    /// Whether no two rows that leave it out are held to be equal: it is given, generated or NULL.
    pub fn never_repeats(&self) -> bool {
        let same = |d: &Expr| !d.always_null() && d.volatility() == Volatility::Immutable;
        self.generated.is_none() && !self.default.as_ref().is_some_and(same)
    }
}

impl Table {
    /// An empty table.
    pub fn empty() -> Self {
        Self {
            columns: Vec::new(),
            constraints: BTreeMap::new(),
            indexes: BTreeMap::new(),
            triggers: BTreeMap::new(),
            relays: BTreeMap::new(),
            partitioning: None,
            inherited: Inherited::default(),
        }
    }

    /// Whether a foreign key of the table has the column.
    pub fn refers(&self, column: &str) -> bool {
        self.constraints.values().any(|c| {
            matches!(c.kind, ConstraintKind::ForeignKey(_))
                && c.kind.columns().iter().any(|c| c == column)
        })
    }

    /// Whether it has partitions: its indexes are not built concurrently.
    pub fn is_partitioned(&self) -> bool {
        self.partitioning.is_some() && self.parts().by.is_some()
    }

    /// Whether a column is of a type, or of arrays of it.
    pub(crate) fn has_type(&self, ty: &str) -> bool {
        self.columns.iter().any(|column| column.ty.element() == ty)
    }

    /// Columns that are computed from one.
    pub(crate) fn computed_from<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a Column> {
        let is_outside = |c: char| !(c.is_alphanumeric() || c == '_' || c == '$');
        self.columns.iter().filter(move |computed| {
            let text = computed.generated.as_deref().unwrap_or_default();
            let mut words = text.split(is_outside);
            computed.name != column && words.any(|word| word.eq_ignore_ascii_case(column))
        })
    }

    /// The column, or `None`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column, to change.
    pub fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name == name)
    }

    /// Primary key columns, where there is one.
    pub fn primary_key(&self) -> Option<&[String]> {
        self.constraints.values().find_map(|constraint| match &constraint.kind {
            ConstraintKind::PrimaryKey(columns) => Some(columns.as_slice()),
            ConstraintKind::Unique(_)
            | ConstraintKind::Check(_)
            | ConstraintKind::ForeignKey(_)
            | ConstraintKind::NotNull(_)
            | ConstraintKind::Other(..) => None,
        })
    }

    /// Columns to batch by: the primary key, else a unique key or index of NOT NULL columns.
    pub fn batch_key(&self) -> Option<Vec<String>> {
        if let Some(key) = self.primary_key() {
            return Some(key.to_vec());
        }
        let not_null = |columns: &Vec<String>| {
            columns.iter().all(|c| self.column(c).is_some_and(|column| column.not_null))
        };
        let key = self.constraints.values().find_map(|constraint| match &constraint.kind {
            ConstraintKind::Unique(columns) if not_null(columns) => Some(columns.clone()),
            ConstraintKind::Unique(_)
            | ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Check(_)
            | ConstraintKind::ForeignKey(_)
            | ConstraintKind::NotNull(_)
            | ConstraintKind::Other(..) => None,
        });
        let walks = |index: &&Index| {
            index.valid && **index == Index::unique_on(&index.columns) && not_null(&index.columns)
        };
        key.or_else(|| self.indexes.values().find(walks).map(|index| index.columns.clone()))
    }
}

impl Column {
    /// A nullable column without a default.
    pub fn nullable(name: impl Into<String>, ty: SqlType) -> Self {
        Self {
            name: name.into(),
            ty,
            not_null: false,
            default: None,
            identity: None,
            generated: None,
            collation: None,
        }
    }

    /// Whether an INSERT may leave the column out.
    pub fn may_be_omitted(&self) -> bool {
        !self.not_null
            || self.default.is_some()
            || self.identity.is_some()
            || self.generated.is_some()
    }
}

impl ConstraintKind {
    /// PRIMARY KEY or UNIQUE: backed by an index.
    pub fn is_key(&self) -> bool {
        match self {
            Self::PrimaryKey(_) | Self::Unique(_) => true,
            Self::Check(_) | Self::ForeignKey(_) | Self::NotNull(_) | Self::Other(..) => false,
        }
    }

    /// Columns of its own table that the constraint mentions.
    pub fn columns(&self) -> Vec<String> {
        match self {
            Self::PrimaryKey(columns) | Self::Unique(columns) => columns.clone(),
            Self::Check(expr) => expr.columns().into_iter().collect(),
            Self::ForeignKey(key) => key.columns.clone(),
            Self::NotNull(column) => vec![column.clone()],
            Self::Other(_, columns) => columns.clone(),
        }
    }
}

impl Schema {
    /// The domain behind a type's name, where it is one.
    pub fn domain_of(&self, ty: &SqlType) -> Option<&Domain> {
        let name: QName = ty.as_str().parse().ok()?;
        self.domains.get(&name)
    }

    /// What the named constraint promises.
    pub fn constraint_kind(&self, table: &QName, name: &str) -> Option<&ConstraintKind> {
        self.table(table)?.constraints.get(name).map(|constraint| &constraint.kind)
    }

    /// Whether a validated CHECK already says that the column is not NULL.
    pub fn proves_not_null(&self, table: &QName, column: &str) -> bool {
        let check = ConstraintKind::Check(Expr::column(column).is_not_null());
        self.table(table).is_some_and(|t| {
            t.column(column).is_some_and(|c| c.not_null)
                || t.constraints.values().any(|c| c.validated && c.kind == check)
        })
    }
}

impl Index {
    /// A plain unique b-tree over columns.
    pub fn unique_on(columns: &[String]) -> Self {
        Self {
            unique: true,
            method: "btree".to_owned(),
            keys: columns.iter().map(|c| crate::name::quote(c)).collect(),
            suffix: String::new(),
            predicate: None,
            columns: columns.to_vec(),
            valid: true,
        }
    }

    /// The same index over `to` where it was over `from`; `None` where it does not mention `from`.
    pub fn renamed(&self, from: &str, to: &str) -> Option<Self> {
        if !self.columns.iter().any(|c| c == from) {
            return None;
        }
        let (from_key, to_key) = (crate::name::quote(from), crate::name::quote(to));
        let mut keys = Vec::new();
        for key in &self.keys {
            let plain = *key == from_key || key.starts_with(&format!("{from_key} "));
            if plain {
                keys.push(key.replacen(&from_key, &to_key, 1));
            } else {
                keys.push(crate::name::rename_in_text(key, from, to));
            }
        }
        let predicate = self.predicate.as_ref().map(|p| p.rename_column(from, to));
        let columns = self
            .columns
            .iter()
            .map(|c| if c == from { to.to_owned() } else { c.clone() })
            .collect();
        Some(Self {
            keys,
            predicate,
            columns,
            suffix: crate::name::rename_in_text(&self.suffix, from, to),
            ..self.clone()
        })
    }
}

//! One level of a query: what FROM brought in, what of it can be seen, what WITH named. Must not look
//! anything up in the schema.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::super::catalogue::{Relation, RelationKind};
use super::super::types::{Modifier, Type};
use super::value::{Node, Value};

/// One level of a query.
#[derive(Debug)]
pub(super) struct Level<'p> {
    /// The level around it.
    pub(super) parent: Option<&'p Level<'p>>,
    /// 0 for the outermost.
    pub(super) depth: usize,
    /// Whether something LATERAL in FROM is being read: it sees what stands before it.
    pub(super) lateral_active: Cell<bool>,
    /// Everything in FROM, the target of a write first.
    entries: Vec<Rc<Entry>>,
    /// What can be seen.
    pub(super) visible: Vec<Visible>,
    /// What WITH named.
    pub(super) ctes: Vec<Rc<CteEntry>>,
    /// Named windows.
    pub(super) windows: Vec<String>,
    /// What was met.
    pub(super) flags: Flags,
}

/// What was met on a level, and which clause is being read.
#[derive(Debug, Default)]
pub(super) struct Flags {
    /// An aggregate.
    pub(super) aggregates: Cell<bool>,
    /// A window function.
    pub(super) windows: Cell<bool>,
    /// A function that returns a set.
    pub(super) sets: Cell<bool>,
    /// The clause.
    pub(super) clause: Cell<Clause>,
    /// Aggregates around the expression being read.
    pub(super) in_aggregate: Cell<bool>,
    /// A star over an entry whose columns are not known.
    pub(super) open_star: Cell<bool>,
    /// What windows partition and sort by.
    pub(super) window_keys: RefCell<Vec<Node>>,
    /// Columns of levels around this one that it mentions.
    pub(super) outer: RefCell<Vec<Node>>,
}

/// Clauses of a statement, by what may stand in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Clause {
    /// Select list, HAVING, ORDER BY: anything.
    #[default]
    Any,
    /// No aggregates: as messages name the clause.
    Rows(&'static str),
}

/// Something in FROM.
#[derive(Debug)]
pub(super) struct Entry {
    /// The name it goes by.
    pub(super) name: String,
    /// Whether that is an alias.
    pub(super) aliased: bool,
    /// Columns.
    pub(super) columns: Columns,
    /// Whether it may have more columns than are known.
    pub(super) open: bool,
}

/// Columns of an entry.
#[derive(Debug)]
pub(super) enum Columns {
    /// A relation's own.
    Of(Rc<Relation>),
    /// A relation's, with other names for the first.
    Renamed(Rc<Relation>, Vec<String>),
    /// Those of a subquery, a function, a join.
    Own(Vec<EntryColumn>),
}

/// A column of an entry.
#[derive(Clone, Debug)]
pub(super) struct EntryColumn {
    /// Name.
    pub(super) name: String,
    /// Type.
    pub(super) ty: Type,
    /// Length, precision.
    pub(super) modifier: Modifier,
    /// For a join: what it is.
    pub(super) node: Option<Node>,
}

/// How an entry can be seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visible {
    /// Which.
    pub(super) entry: usize,
    /// By its name.
    pub(super) by_name: bool,
    /// By its columns' names alone.
    pub(super) by_column: bool,
    /// From where.
    pub(super) lateral: Lateral,
}

/// From where an entry can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lateral {
    /// Anywhere.
    Free,
    /// Only from inside LATERAL, while FROM is being read.
    Only,
    /// Not even there.
    Refused,
}

/// What WITH named.
#[derive(Clone, Debug)]
pub(super) struct CteEntry {
    /// Name.
    pub(super) name: String,
    /// Columns.
    pub(super) columns: Vec<EntryColumn>,
    /// Whether it gives no rows: a write without RETURNING.
    pub(super) silent: bool,
}

impl<'p> Level<'p> {
    /// A level below another.
    pub(super) fn new(parent: Option<&'p Self>) -> Self {
        Self {
            parent,
            depth: parent.map_or(0, |level| level.depth + 1),
            lateral_active: Cell::new(false),
            entries: Vec::new(),
            visible: Vec::new(),
            ctes: Vec::new(),
            windows: Vec::new(),
            flags: Flags::default(),
        }
    }

    /// Adds an entry, not seen yet.
    pub(super) fn add(&mut self, entry: Entry) -> usize {
        self.entries.push(Rc::new(entry));
        self.entries.len() - 1
    }

    /// An entry.
    pub(super) fn entry(&self, at: usize) -> Option<&Rc<Entry>> {
        self.entries.get(at)
    }

    /// Every entry.
    pub(super) fn entries(&self) -> &[Rc<Entry>] {
        &self.entries
    }

    /// This level and those around it, from the inside.
    pub(super) fn outwards(&self) -> impl Iterator<Item = &Level<'p>> {
        std::iter::successors(Some(self), |level| level.parent)
    }

    /// A column of an entry as a value.
    pub(super) fn value(&self, entry: usize, column: usize) -> Option<(String, Value)> {
        let found = self.entry(entry)?.column(column)?;
        let node = found.node.unwrap_or(Node::Var { depth: self.depth, entry, column });
        Some((found.name, Value { ty: found.ty, modifier: found.modifier, node }))
    }

    /// Reads what `read` reads as part of a clause.
    pub(super) fn within<T>(&self, clause: Clause, read: impl FnOnce() -> T) -> T {
        let before = self.flags.clause.replace(clause);
        let found = read();
        self.flags.clause.set(before);
        found
    }
}

impl Visible {
    /// Seen in every way.
    pub(super) fn fully(entry: usize) -> Self {
        Self { entry, by_name: true, by_column: true, lateral: Lateral::Free }
    }
}

impl Entry {
    /// The relation that it is.
    pub(super) fn relation(&self) -> Option<&Rc<Relation>> {
        match &self.columns {
            Columns::Of(relation) | Columns::Renamed(relation, _) => Some(relation),
            Columns::Own(_) => None,
        }
    }

    /// How many columns it has.
    pub(super) fn len(&self) -> usize {
        match &self.columns {
            Columns::Of(relation) | Columns::Renamed(relation, _) => relation.columns.len(),
            Columns::Own(columns) => columns.len(),
        }
    }

    /// The name of a column.
    pub(super) fn column_name(&self, at: usize) -> Option<&str> {
        match &self.columns {
            Columns::Of(relation) => relation.columns.get(at).map(|c| c.name.as_str()),
            Columns::Renamed(relation, names) => names
                .get(at)
                .map(String::as_str)
                .or_else(|| relation.columns.get(at).map(|c| c.name.as_str())),
            Columns::Own(columns) => columns.get(at).map(|c| c.name.as_str()),
        }
    }

    /// A column.
    pub(super) fn column(&self, at: usize) -> Option<EntryColumn> {
        match &self.columns {
            Columns::Of(relation) | Columns::Renamed(relation, _) => {
                let column = relation.columns.get(at)?;
                let name = self.column_name(at)?.to_owned();
                Some(EntryColumn { name, ty: column.ty, modifier: column.modifier, node: None })
            }
            Columns::Own(columns) => columns.get(at).cloned(),
        }
    }

    /// Which columns have that name.
    pub(super) fn find(&self, name: &str) -> Vec<usize> {
        (0..self.len()).filter(|at| self.column_name(*at) == Some(name)).collect()
    }

    /// Whether it has the system columns: views do not.
    pub(super) fn has_system_columns(&self) -> bool {
        self.relation().is_some_and(|relation| match relation.kind {
            RelationKind::Table | RelationKind::Materialized => true,
            RelationKind::View => false,
        })
    }
}

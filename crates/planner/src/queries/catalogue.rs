//! The schema as statements see it at one moment of a plan: relations with the types of their columns,
//! views with the columns they were made with, whatever happened to the tables since. Must not know
//! plans.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::facts::Facts;
use super::types::{Modifier, Type, Types};
use super::view::{self, Shape};
use crate::name::QName;
use crate::op::Op;
use crate::schema::{Object, ObjectId, ObjectKind, Schema, Table};

/// A schema, ready to resolve names in.
#[derive(Clone, Debug)]
pub struct Catalogue {
    schema: Schema,
    facts: Rc<Facts>,
    types: Types,
    version: u16,
    relations: BTreeMap<QName, Rc<Relation>>,
    shapes: BTreeMap<QName, Shape>,
    /// Relations that SQL which is not analysed may have changed.
    tainted: BTreeSet<QName>,
    /// Whether the schema brings operators or casts along.
    own_casts: bool,
    /// Whether it has types beside enums and domains.
    more_types: bool,
    /// Bare names of its sequences.
    sequences: BTreeSet<String>,
    /// Words of triggers and rules that stand in for writes: the views among them.
    rules: BTreeSet<String>,
}

/// What statements may see otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    relations: BTreeSet<QName>,
    /// Enums or domains: any statement may name one.
    types: bool,
}

impl Changes {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.relations.is_empty() && !self.types
    }

    /// These and others.
    pub(crate) fn add(&mut self, others: Self) {
        self.relations.extend(others.relations);
        self.types |= others.types;
    }

    /// Whether they concern a statement that looked up these relations.
    pub(crate) fn concern(&self, looked_up: &BTreeSet<QName>) -> bool {
        self.types || looked_up.iter().any(|name| self.relations.contains(name))
    }
}

/// What a statement may name in FROM.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    /// Name.
    pub(crate) name: QName,
    /// Kind.
    pub(crate) kind: RelationKind,
    /// Columns in order.
    pub(crate) columns: Vec<RelationColumn>,
    /// Why the columns are not known; empty where they are.
    pub(crate) unknown: String,
}

/// Kinds of relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RelationKind {
    /// Table.
    Table,
    /// View.
    View,
    /// Materialized view.
    Materialized,
}

/// A column with its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RelationColumn {
    /// Name.
    pub(crate) name: String,
    /// Type.
    pub(crate) ty: Type,
    /// Length, precision.
    pub(crate) modifier: Modifier,
}

impl Catalogue {
    /// The schema before a plan, on a major version of the server.
    pub fn new(schema: &Schema, version: u16) -> Self {
        let mut catalogue = Self {
            schema: schema.clone(),
            facts: Rc::new(Facts::new(version)),
            types: Types::new(version),
            version,
            relations: BTreeMap::new(),
            shapes: BTreeMap::new(),
            tainted: BTreeSet::new(),
            own_casts: has(schema, &[ObjectKind::Operator]),
            more_types: has(schema, &[ObjectKind::Extension, ObjectKind::Type]),
            sequences: sequences(schema),
            rules: rules(schema),
        };
        catalogue.types.update(schema);
        for name in schema.tables.keys() {
            catalogue.refresh(name);
        }
        for name in schema.views.keys() {
            catalogue.shape(name, 0);
        }
        catalogue
    }

    /// Applies a statement of a plan; what the server would refuse changes nothing. Gives what
    /// statements may now see otherwise.
    pub fn apply(&mut self, op: &Op) -> Changes {
        let mut changed = BTreeSet::new();
        let types = (self.schema.enums.clone(), self.schema.domains.clone());
        if self.schema.apply(op).is_err() {
            return Changes::default();
        }
        if let Op::Verbatim { sql, relation } = op {
            changed = self.mentioned(sql, relation.as_ref());
            self.tainted.extend(changed.iter().cloned());
        } else if let Op::RenameColumn { table, column, to } = op {
            for shape in self.shapes.values_mut() {
                shape.rename_column(table, column, to);
            }
        } else if let Op::RenameTable { table, to } = op {
            let to = table.sibling(to);
            for shape in self.shapes.values_mut() {
                shape.rename_table(table, &to);
            }
            if self.tainted.remove(table) {
                self.tainted.insert(to);
            }
        } else if let Op::CreateView { view, .. } | Op::ReplaceView { view, .. } = op {
            self.shapes.remove(view);
        }
        let types = types != (self.schema.enums.clone(), self.schema.domains.clone());
        if types {
            self.types.update(&self.schema);
        }
        changed.extend(self.differing(op));
        for name in &changed {
            self.refresh(name);
        }
        Changes { relations: changed, types }
    }

    /// Relations whose entry is not what the schema says any more.
    fn differing(&self, op: &Op) -> BTreeSet<QName> {
        let mut names: BTreeSet<QName> = op.relation().cloned().into_iter().collect();
        let there = |name: &QName| {
            self.schema.tables.contains_key(name) || self.schema.views.contains_key(name)
        };
        let known = |name: &QName| self.relations.contains_key(name);
        names.extend(self.relations.keys().filter(|name| !there(name)).cloned());
        names.extend(self.schema.tables.keys().filter(|name| !known(name)).cloned());
        names.extend(self.schema.views.keys().filter(|name| !known(name)).cloned());
        // Views over it keep their columns, and may become updatable or not.
        let over = |shape: &&QName| {
            self.shapes.get(*shape).and_then(|s| s.base.as_ref()).is_some_and(|b| names.contains(b))
        };
        let views: Vec<QName> = self.shapes.keys().filter(over).cloned().collect();
        names.extend(views);
        names
    }

    /// Relations that SQL which is not analysed names anywhere.
    fn mentioned(&self, sql: &str, relation: Option<&QName>) -> BTreeSet<QName> {
        let words = crate::sql::identifiers(sql);
        if words.first().is_some_and(|verb| HARMLESS.contains(&verb.as_str())) {
            return BTreeSet::new();
        }
        let names = self.relations.keys().filter(|name| words.contains(&name.name));
        names.chain(relation).cloned().collect()
    }

    /// Takes a relation over from the schema.
    fn refresh(&mut self, name: &QName) {
        self.relations.remove(name);
        if let Some(table) = self.schema.tables.get(name) {
            let columns = table.columns.iter().map(|c| {
                let (ty, modifier) = self.types.intern(&c.ty);
                RelationColumn { name: c.name.clone(), ty, modifier }
            });
            let relation = Relation {
                name: name.clone(),
                kind: RelationKind::Table,
                columns: columns.collect(),
                unknown: String::new(),
            };
            self.relations.insert(name.clone(), Rc::new(relation));
        } else if self.schema.views.contains_key(name) {
            self.shape(name, 0);
        } else {
            self.shapes.remove(name);
        }
    }

    /// A view's columns: those it was made with. Views over views come first.
    fn shape(&mut self, name: &QName, depth: usize) {
        const MAX_DEPTH: usize = 30;
        let Some(definition) = self.schema.views.get(name).cloned() else { return };
        if self.relations.contains_key(name) || depth > MAX_DEPTH {
            return;
        }
        for read in &definition.reads {
            self.shape(read, depth + 1);
        }
        let shape = match self.shapes.get(name) {
            Some(shape) => shape.clone(),
            None => view::shape(self, name, &definition),
        };
        let kind =
            if definition.materialized { RelationKind::Materialized } else { RelationKind::View };
        let relation = Relation {
            name: name.clone(),
            kind,
            columns: shape.columns.iter().map(|c| c.column.clone()).collect(),
            unknown: shape.unknown.clone(),
        };
        self.shapes.insert(name.clone(), shape);
        self.relations.insert(name.clone(), Rc::new(relation));
    }

    /// The relation of that name.
    pub(crate) fn relation(&self, name: &QName) -> Option<&Rc<Relation>> {
        self.relations.get(name)
    }

    /// The table of that name.
    pub(crate) fn table(&self, name: &QName) -> Option<&Table> {
        self.schema.table(name)
    }

    /// A view's shape.
    pub(crate) fn view_shape(&self, name: &QName) -> Option<&Shape> {
        self.shapes.get(name)
    }

    /// Whether SQL that is not analysed may have changed the relation.
    pub(crate) fn is_tainted(&self, name: &QName) -> bool {
        self.tainted.contains(name)
    }

    /// Whether the schema brings operators or casts along: then what the built-in ones refuse may
    /// still work.
    pub(crate) fn has_own_casts(&self) -> bool {
        self.own_casts
    }

    /// Whether there may be types that the schema does not show: an extension's, composite ones.
    pub(crate) fn may_have_more_types(&self) -> bool {
        self.more_types
    }

    /// Whether writes to a view go to triggers or rules.
    pub(crate) fn has_own_rules(&self, view: &QName) -> bool {
        self.rules.contains(&view.name)
    }

    /// Whether one of the user's triggers may change what is written to a table.
    pub(crate) fn may_fill(&self, table: &QName, action: &str) -> bool {
        self.schema.objects_of(table).any(|(id, object)| {
            id.kind == ObjectKind::Trigger && object.mentions("BEFORE") && object.mentions(action)
        })
    }

    /// Whether a name is a relation's or a sequence's, for sure.
    pub(crate) fn is_regclass(&self, path: &[String], name: &[String]) -> bool {
        let sequence = name.last().is_some_and(|last| self.sequences.contains(last));
        sequence || super::resolve::find_relation(self, path, name).is_some()
    }

    /// Types.
    pub(crate) fn types(&self) -> &Types {
        &self.types
    }

    /// Facts.
    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Major version of the server.
    pub(crate) fn version(&self) -> u16 {
        self.version
    }
}

/// Verbs of statements after which every query is what it was.
const HARMLESS: &[&str] = &["analyze", "comment", "grant", "revoke", "select", "set", "vacuum"];

/// Whether there is an object of one of these kinds.
fn has(schema: &Schema, kinds: &[ObjectKind]) -> bool {
    schema.objects.keys().any(|id| kinds.contains(&id.kind))
}

/// Bare names of sequences.
fn sequences(schema: &Schema) -> BTreeSet<String> {
    let ids = schema.objects.keys().filter(|id| id.kind == ObjectKind::Sequence);
    ids.filter_map(|id| Some(id.name.parse::<QName>().ok()?.name)).collect()
}

/// Bare names of relations whose triggers or rules stand in for writes.
fn rules(schema: &Schema) -> BTreeSet<String> {
    let stands_in = |id: &ObjectId, object: &Object| {
        id.kind == ObjectKind::Rule
            || (id.kind == ObjectKind::Trigger && object.mentions("INSTEAD"))
    };
    let found = schema.objects.iter().filter(|(id, object)| stands_in(id, object));
    found.filter_map(|(_, object)| Some(object.of.as_ref()?.relation()?.name.clone())).collect()
}

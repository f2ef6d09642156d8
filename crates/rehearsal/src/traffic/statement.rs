//! The requests of a release, made from the columns it reads and writes. Must not know steps.

use std::collections::BTreeSet;

use planner::backfill::Todo;
use planner::condition::Condition;
use planner::name::{QName, literal, quote, quote_list};
use planner::plan::{Model, Release};
use planner::schema::{ConstraintKind, Table};

use crate::data::value_of_type;

/// One kind of request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// Reads every column that the release reads.
    Read { relation: QName, columns: Vec<String> },
    /// Writes one column of one row: a new value, or the same again where `ty` is `None`.
    Update { relation: QName, key: Vec<String>, column: String, ty: Option<String> },
    /// Inserts a row and deletes it again.
    Insert { relation: QName, key: String, values: Vec<(String, Value)> },
}

/// Where an inserted value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Made up, of this type.
    Made(String),
    /// Taken from a row that is there.
    Copied,
}

impl Request {
    /// The n-th request of its kind.
    pub(super) fn sql(&self, n: u32) -> String {
        match self {
            Self::Read { relation, columns } => {
                format!("SELECT {} FROM {relation} LIMIT 20", quote_list(columns))
            }
            Self::Update { relation, key, column, ty } => {
                let keys = quote_list(key);
                let column = quote(column);
                let value = ty.as_ref().map_or_else(|| column.clone(), |ty| value_of_type(ty, n));
                format!(
                    "UPDATE {relation} SET {column} = {value} WHERE ({keys}) = (SELECT {keys} FROM {relation} \
                     ORDER BY {keys} OFFSET {} LIMIT 1)",
                    n % 10
                )
            }
            Self::Insert { relation, key, values } => {
                let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
                let terms: Vec<String> = values
                    .iter()
                    .map(|(name, value)| match value {
                        Value::Made(ty) => value_of_type(ty, n),
                        Value::Copied => {
                            let c = quote(name);
                            // The least was there before the traffic: another instance may take what
                            // it inserted away in between, and rightly gets a 23503.
                            format!(
                                "(SELECT {c} FROM {relation} WHERE {c} IS NOT NULL ORDER BY {c} LIMIT 1)"
                            )
                        }
                    })
                    .collect();
                // A made-up key may be taken, in a short column above all: then nothing is inserted.
                format!(
                    "INSERT INTO {relation} ({}) VALUES ({}) ON CONFLICT ({key}) DO NOTHING RETURNING {key}",
                    quote_list(&names),
                    terms.join(", "),
                    key = quote(key)
                )
            }
        }
    }

    /// What takes an inserted row away again.
    pub(super) fn undo_sql(&self, inserted: Option<&str>) -> Option<String> {
        match (self, inserted) {
            (Self::Insert { relation, key, .. }, Some(value)) => {
                Some(format!("DELETE FROM {relation} WHERE {} = {}", quote(key), literal(value)))
            }
            _ => None,
        }
    }
}

/// Every kind of request of a release.
pub(super) fn requests(release: &Release, model: &Model) -> Vec<Request> {
    let relations: BTreeSet<&QName> =
        release.reads.iter().chain(&release.writes).map(|c| &c.relation).collect();
    relations.into_iter().flat_map(|relation| of_relation(release, model, relation)).collect()
}

fn of_relation(release: &Release, model: &Model, relation: &QName) -> Vec<Request> {
    let columns = |all: &[planner::plan::ColumnRef]| -> Vec<String> {
        all.iter().filter(|c| c.relation == *relation).map(|c| c.column.clone()).collect()
    };
    let (reads, writes) = (columns(&release.reads), columns(&release.writes));
    let mut requests = Vec::new();
    if !reads.is_empty() {
        requests.push(Request::Read { relation: relation.clone(), columns: reads.clone() });
    }
    let Some(table) = shape(model, relation, &reads) else { return requests };
    let key = table.batch_key().unwrap_or_default();
    if key.is_empty() || !key.iter().all(|c| reads.contains(c)) {
        return requests;
    }
    let mut bound = promised_columns(release);
    for table in tables(model, relation) {
        bound.extend(bound_columns(table));
    }
    for column in writes.iter().filter(|c| !key.contains(c)) {
        let Some(definition) = table.column(column) else { continue };
        if definition.generated.is_some() || definition.identity.as_deref() == Some("always") {
            continue;
        }
        let free = !bound.contains(column);
        let ty = free.then(|| definition.ty.as_str().to_owned());
        let (relation, key, column) = (relation.clone(), key.clone(), column.clone());
        requests.push(Request::Update { relation, key, column, ty });
    }
    let foreign = foreign_columns(tables(model, relation));
    requests.extend(insert((table, &foreign), relation, &key, &writes));
    requests
}

/// The table as the release knows it: the one of the two shapes that has more of its columns.
fn shape<'a>(model: &'a Model, relation: &QName, reads: &[String]) -> Option<&'a Table> {
    let known = |table: &Table| reads.iter().filter(|c| table.column(c).is_some()).count();
    tables(model, relation).max_by_key(|table| known(table))
}

/// The table before and after, where it has the name.
fn tables<'a>(model: &'a Model, relation: &QName) -> impl Iterator<Item = &'a Table> {
    [&model.source, &model.target].into_iter().filter_map(|schema| {
        let alias = schema.views.get(relation).and_then(|view| view.alias_of.as_ref());
        schema.table(relation).or_else(|| schema.table(alias?))
    })
}

/// Columns about which the release promises something: it writes them as they are.
fn promised_columns(release: &Release) -> BTreeSet<String> {
    let mut columns = BTreeSet::new();
    for condition in &release.keeps {
        if let Condition::NoDuplicates { columns: keys, .. } = condition {
            columns.extend(keys.iter().cloned());
        } else if let Condition::NoOrphans { columns: keys, .. } = condition {
            columns.extend(keys.iter().cloned());
        } else if let Condition::NoViolations { check, .. } = condition {
            columns.extend(check.columns());
        } else if let Condition::BackfillComplete { todo: Todo::Where(left), .. } = condition {
            columns.extend(left.columns());
        }
    }
    columns
}

/// Columns that a made-up value could break: keys of their own or of others.
fn bound_columns(table: &Table) -> BTreeSet<String> {
    let of_constraint = |kind: &ConstraintKind| match kind {
        ConstraintKind::PrimaryKey(columns) | ConstraintKind::Unique(columns) => columns.clone(),
        ConstraintKind::ForeignKey(key) => key.columns.clone(),
        ConstraintKind::Other(_, columns) => columns.clone(),
        ConstraintKind::Check(_) | ConstraintKind::NotNull(_) => Vec::new(),
    };
    let indexed = table.indexes.values().filter(|i| i.unique).flat_map(|i| i.columns.clone());
    table.constraints.values().flat_map(|c| of_constraint(&c.kind)).chain(indexed).collect()
}

/// Columns of foreign keys, of one shape or the other.
fn foreign_columns<'a>(tables: impl Iterator<Item = &'a Table>) -> BTreeSet<String> {
    let constraints = tables.flat_map(|table| table.constraints.values());
    constraints
        .filter(|c| matches!(c.kind, ConstraintKind::ForeignKey(_)))
        .flat_map(|c| c.kind.columns())
        .collect()
}

fn insert(
    (table, foreign): (&Table, &BTreeSet<String>),
    relation: &QName,
    key: &[String],
    writes: &[String],
) -> Option<Request> {
    let [key] = key else { return None };
    let mut values = Vec::new();
    for column in &table.columns {
        let given = column.generated.is_some()
            || column.identity.is_some()
            || (column.default.is_some() && column.name == *key);
        if given || !(writes.contains(&column.name) || column.name == *key) {
            continue;
        }
        let value = if foreign.contains(&column.name) {
            Value::Copied
        } else {
            Value::Made(column.ty.as_str().to_owned())
        };
        values.push((column.name.clone(), value));
    }
    let values = (!values.is_empty()).then_some(values)?;
    Some(Request::Insert { relation: relation.clone(), key: key.clone(), values })
}

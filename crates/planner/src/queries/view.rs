//! Views: the columns they were made with, and whether what is written to them goes on to a table
//! ("Updatable Views" in the manual, CREATE VIEW). Must not know statements of the app.

use super::ast::{Body, Distinct, FromItem, Query, Statement};
use super::catalogue::{Catalogue, RelationColumn, RelationKind};
use super::resolve::{self, ViewColumns};
use crate::name::QName;
use crate::schema::View;

/// A view as it was made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// Columns.
    pub(crate) columns: Vec<ViewColumn>,
    /// Why the columns are not known; empty where they are.
    pub(crate) unknown: String,
    /// What is written goes on to this relation.
    pub(crate) base: Option<QName>,
}

/// A column of a view.
#[derive(Clone, Debug)]
pub(crate) struct ViewColumn {
    /// Name and type.
    pub(crate) column: RelationColumn,
    /// The column of the base that it is.
    pub(crate) base: Option<String>,
}

impl Shape {
    fn unknown(reason: String) -> Self {
        Self { unknown: reason, ..Self::default() }
    }

    /// A column of a table got another name: the view's own stays.
    pub(crate) fn rename_column(&mut self, table: &QName, from: &str, to: &str) {
        if self.base.as_ref() != Some(table) {
            return;
        }
        for base in self.columns.iter_mut().filter_map(|c| c.base.as_mut()) {
            if base == from {
                to.clone_into(base);
            }
        }
    }

    /// A table got another name.
    pub(crate) fn rename_table(&mut self, from: &QName, to: &QName) {
        if self.base.as_ref() == Some(from) {
            self.base = Some(to.clone());
        }
    }
}

/// The shape of a view whose query is resolved on the catalogue as it is now.
pub(crate) fn shape(catalogue: &Catalogue, name: &QName, view: &View) -> Shape {
    let statement = match crate::sql::read_query(&view.query) {
        Ok(Statement::Query(query)) => query,
        Ok(Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_)) => {
            return Shape::unknown(format!("view {name} is not a query"));
        }
        Err(reason) => return Shape::unknown(format!("view {name} is not understood: {reason}")),
    };
    let path = vec![name.schema.clone(), "public".to_owned()];
    let found = match resolve::view_columns(catalogue, &path, &statement) {
        Ok(found) => found,
        Err(reason) => return Shape::unknown(format!("view {name} is not understood: {reason}")),
    };
    let base = base(catalogue, &path, &statement, &found);
    let mut names = view.columns.iter();
    let columns = found.columns.into_iter().map(|(mut column, from)| {
        if let Some(name) = names.next() {
            column.name.clone_from(name);
        }
        ViewColumn { column, base: from.filter(|_| base.is_some()) }
    });
    Shape { columns: columns.collect(), unknown: String::new(), base }
}

/// The one relation that the view is over, where it can be written through.
fn base(
    catalogue: &Catalogue,
    path: &[String],
    query: &Query,
    found: &ViewColumns,
) -> Option<QName> {
    let Body::Select(select) = &query.body else { return None };
    let computes = select.distinct != Distinct::No
        || !select.group_by.is_empty()
        || select.grouping_sets
        || select.having.is_some()
        || !query.with.ctes.is_empty()
        || !query.limits.is_empty()
        || found.aggregates
        || found.windows
        || found.sets;
    if computes {
        return None;
    }
    let [FromItem::Relation(name, _)] = select.from.as_slice() else { return None };
    let relation = resolve::find_relation(catalogue, path, name)?;
    let kind = catalogue.relation(&relation)?.kind;
    (kind != RelationKind::Materialized).then_some(relation)
}

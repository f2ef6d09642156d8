//! What `LIKE table INCLUDING …` takes besides columns and constraints: indexes and comments. Must not
//! know how it is written.

use super::names::{Names, addition};
use super::object::Said;
use super::table::{Takes, Template};
use crate::name::{QName, quote};
use crate::schema::{ConstraintKind, Object, ObjectId, ObjectKind, Schema, Subject, Table};

/// Copies of a table's indexes, named as PostgreSQL names what has no name.
pub(super) fn indexes(table: &mut Table, template: &Table, name: &QName, names: &mut Names) {
    for index in template.indexes.values() {
        let label = |key: &String| {
            let column = index.columns.iter().find(|c| quote(c) == *key);
            let call = key.split_once('(').map_or("", |(call, _)| call);
            let other = if call.is_empty() { "expr" } else { call };
            column.cloned().unwrap_or_else(|| other.to_owned())
        };
        let labels: Vec<String> = index.keys.iter().map(label).collect();
        let own = names.choose(name, &addition(&labels), "idx");
        table.indexes.insert(own, index.clone());
    }
}

/// Copies of the comments on a table's columns and CHECK constraints.
pub(super) fn comments(template: &Template, name: &QName, schema: &Schema) -> Vec<Said> {
    if !template.takes.contains(&Takes::Comments) {
        return Vec::new();
    }
    let from = &template.table.name;
    let copy = |(id, object): (&ObjectId, &Object)| {
        let (_, text) = object.make.first()?.split_once(" IS ")?;
        let (thing, of) = match object.of.as_ref().filter(|_| id.kind == ObjectKind::Comment)? {
            Subject::Column(_, column) => (
                format!("COLUMN {name}.{}", quote(column)),
                Subject::Column(name.clone(), column.clone()),
            ),
            // A key's copy has another name.
            Subject::Constraint(_, check) if is_check(schema, from, check) => (
                format!("CONSTRAINT {} ON {name}", quote(check)),
                Subject::Constraint(name.clone(), check.clone()),
            ),
            Subject::Constraint(..)
            | Subject::Relation(_)
            | Subject::Index(_)
            | Subject::Object(_) => return None,
        };
        let object = Object::one(
            format!("COMMENT ON {thing} IS {text}"),
            Some(format!("COMMENT ON {thing} IS NULL")),
        );
        Some(Said::Made(ObjectId::new(ObjectKind::Comment, thing), object.of(of)))
    };
    schema.objects_of(from).filter_map(copy).collect()
}

fn is_check(schema: &Schema, table: &QName, name: &str) -> bool {
    schema.constraint_kind(table, name).is_some_and(ConstraintKind::is_inherited_check)
}

//! Definitions as written to definitions as PostgreSQL would store them: default names, sequences,
//! inherited columns, qualified types. Must not judge them.

use super::constraint::{Body, NewConstraint};
use super::index::NewIndex;
use super::names::{Names, addition};
use super::object::{self, Said};
use super::table::{NewColumn, NewTable, Takes, Template};
use super::view::NewView;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::{self, Op};
use crate::schema::{
    Column, Constraint, ConstraintKind, Object, ObjectId, ObjectKind, Schema, Subject, Table, View,
};
use crate::sql_type::SqlType;

/// A table, and the statements that have to stand around its CREATE TABLE.
pub(super) struct Defined {
    /// The table. A partition is not attached yet.
    pub(super) table: Table,
    /// The parent and the bounds, of a partition.
    pub(super) of: Option<(QName, String)>,
    /// Keys of a partition's own: PostgreSQL makes them when it has made those of its parent.
    pub(super) keys: Vec<NewConstraint>,
    /// Sequences of its serial columns.
    pub(super) sequences: Vec<[Said; 2]>,
    /// What has to be said after its CREATE TABLE.
    pub(super) settings: Vec<Said>,
}

/// A table as PostgreSQL would store it.
pub(super) fn table(new: &NewTable, schema: &Schema, names: &mut Names) -> Defined {
    let name = &new.name.name;
    names.take(name.clone());
    let mut table = Table { partitioning: new.partitioning.clone(), ..Table::empty() };
    let mut parts = table.parts();
    let of = parts.of.take();
    table.partitioning = parts.text();
    let mut copied = Vec::new();
    for template in &new.templates {
        inherit(&mut table, template, name, schema, names);
        copied.extend(super::like::comments(template, name, schema));
    }
    table.columns.extend(new.typed.iter().flat_map(|name| attributes(schema, name)));
    let mut sequences = Vec::new();
    let mut constraints: Vec<&NewConstraint> = Vec::new();
    for written in &new.columns {
        let (column, sequence) = column(written, name, schema, names);
        sequences.extend(sequence);
        constraints.extend(&written.constraints);
        match table.column_mut(&column.name) {
            Some(inherited) => *inherited = column,
            None => table.columns.push(column),
        }
    }
    for written in &new.overrides {
        if let Some(column) = table.column_mut(&written.column.name) {
            override_options(column, &written.column);
        }
        constraints.extend(&written.constraints);
    }
    // A parent that is not there is found when the table is made.
    table = schema.with_parents(&table).unwrap_or(table);
    constraints.extend(&new.constraints);
    constraints.sort_by_key(|c| !c.primary);
    let (mut late, mut key_options) = (Vec::new(), Vec::new());
    for written in &one_of_each(constraints) {
        if of.is_some() && !matches!(written.body, Body::Kind(ConstraintKind::Check(_))) {
            late.push(written.clone());
        } else {
            key_options.extend(add_constraint(&mut table, written, name, names));
        }
    }
    let mut settings = new.settings.clone();
    settings.extend(key_options);
    settings.extend(copied);
    let written = new.columns.iter().chain(&new.overrides);
    settings.extend(written.flat_map(|c| column_settings(name, c)));
    Defined { settings, table, of, keys: late, sequences }
}

/// Keys over the same columns are one, which has the first name that is given; the primary key wins.
fn one_of_each(constraints: Vec<&NewConstraint>) -> Vec<NewConstraint> {
    let mut all: Vec<NewConstraint> = Vec::new();
    let is_key = |written: &NewConstraint| {
        matches!(
            written.body,
            Body::Kind(ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_))
        )
    };
    let listed = |written: &NewConstraint| -> Vec<String> {
        written.columns.iter().map(|column| column.name.clone()).collect()
    };
    for written in constraints {
        let same = |other: &&mut NewConstraint| is_key(other) && listed(other) == listed(written);
        match all.iter_mut().find(same).filter(|_| is_key(written)) {
            Some(first) => first.name = first.name.take().or_else(|| written.name.clone()),
            None => all.push(written.clone()),
        }
    }
    all
}

/// A composite type's attributes as columns.
fn attributes(schema: &Schema, name: &QName) -> Vec<Column> {
    let id = ObjectId::new(ObjectKind::Type, name.to_string());
    let parts = schema.objects.get(&id).map(|object| object.parts.as_slice()).unwrap_or_default();
    let column = |(key, text): &(String, String)| {
        let (ty, collation) = match text.split_once(" COLLATE ") {
            Some((ty, collation)) => (ty, Some(collation.to_owned())),
            None => (text.as_str(), None),
        };
        let name = crate::name::split_dotted(key).and_then(|mut parts| parts.pop());
        let name = name.unwrap_or_else(|| key.clone());
        Column { collation, ..Column::nullable(name, SqlType::new(ty)) }
    };
    parts.iter().map(column).collect()
}

/// What a partition or a typed table says of a column that it is given.
fn override_options(column: &mut Column, said: &Column) {
    column.not_null |= said.not_null;
    if said.default.is_some() {
        column.default.clone_from(&said.default);
    }
    if said.generated.is_some() {
        column.generated.clone_from(&said.generated);
    }
}

/// Settings written in a column's definition.
pub(super) fn column_settings(table: &QName, written: &NewColumn) -> Vec<Said> {
    let (column, of) = (&written.column.name, Subject::Relation(table.clone()));
    let all = written.settings.iter();
    all.map(|s| object::column_setting(("TABLE", table), column, s, &of)).collect()
}

/// Puts a constraint into a table that is being defined; gives what is said of its index.
pub(super) fn add_constraint(
    table: &mut Table,
    written: &NewConstraint,
    name: &QName,
    names: &mut Names,
) -> Option<Said> {
    if written.primary {
        for listed in &written.columns {
            if let Some(column) = table.column_mut(&listed.name) {
                column.not_null = true;
            }
        }
    }
    if let Some((key, constraint)) = constraint(written, name, table, names) {
        let options = key_options(written, &name.sibling(&key));
        table.constraints.insert(key, constraint);
        return options;
    }
    if let Body::NotNull(listed) = &written.body
        && let Some(column) = table.column_mut(&listed.name)
    {
        column.not_null = true;
    }
    None
}

/// The storage options written in a key, said of its index.
pub(super) fn key_options(written: &NewConstraint, index: &QName) -> Option<Said> {
    let of = Subject::Index(index.clone());
    let storage = written.storage.clone();
    (!storage.is_empty())
        .then(|| object::options::said(("INDEX", index), &of, (storage, Vec::new())))
}

/// A constraint with its name; `None` for a validated NOT NULL and for USING INDEX.
pub(super) fn constraint(
    written: &NewConstraint,
    name: &QName,
    table: &Table,
    names: &mut Names,
) -> Option<(String, Constraint)> {
    let mut kind = match &written.body {
        Body::Kind(kind) => kind.clone(),
        Body::NotNull(column) if !written.validated => ConstraintKind::NotNull(column.name.clone()),
        Body::NotNull(_) | Body::UsingIndex(_) => return None,
    };
    match &mut kind {
        ConstraintKind::Check(Expr::Raw { sql: _, columns })
        | ConstraintKind::Other(_, columns) => {
            columns.retain(|c| table.column(c).is_some());
        }
        ConstraintKind::Check(_)
        | ConstraintKind::PrimaryKey(_)
        | ConstraintKind::Unique(_)
        | ConstraintKind::ForeignKey(_)
        | ConstraintKind::NotNull(_) => {}
    }
    let key = match &written.name {
        Some(given) => {
            names.take(name.sibling(given));
            given.clone()
        }
        None => names.choose(name, &constraint_addition(&kind, written), written.label()),
    };
    Some((key, Constraint { kind, validated: written.validated }))
}

fn constraint_addition(kind: &ConstraintKind, written: &NewConstraint) -> String {
    let columns = kind.columns();
    match (written.label(), columns.as_slice()) {
        ("pkey", _) => String::new(),
        // A check is named after its column only if there is exactly one.
        ("check", [only]) => only.clone(),
        ("check", _) => String::new(),
        _ => addition(&columns),
    }
}

/// A column with its type qualified and its sequence made.
pub(super) fn column(
    written: &NewColumn,
    table: &QName,
    schema: &Schema,
    names: &mut Names,
) -> (Column, Option<[Said; 2]>) {
    let mut column = written.column.clone();
    column.ty = qualified(&column.ty, table, schema);
    column.collation = column.collation.map(|name| qualified_collation(name, table, schema));
    if let Some(Expr::Raw { sql: _, columns }) = &mut column.default {
        // A default cannot read the row.
        columns.clear();
    }
    if !written.serial {
        return (column, None);
    }
    let name = table.sibling(names.choose(table, &column.name, "seq"));
    let regclass = Expr::Cast(Box::new(Expr::Text(name.to_string())), SqlType::new("regclass"));
    column.default = Some(Expr::Call("nextval".to_owned(), vec![regclass]));
    let sequence = object::serial(&name, column.ty.as_str(), (table, &column.name));
    (column, Some(sequence))
}

/// A user's type by its full name, as `pg_dump` writes it.
pub(super) fn qualified(ty: &SqlType, table: &QName, schema: &Schema) -> SqlType {
    let (element, array) = match ty.as_str().strip_suffix("[]") {
        Some(element) => (element, "[]"),
        None => (ty.as_str(), ""),
    };
    let is_type = |full: &QName| {
        schema.enums.contains_key(full)
            || schema.domains.contains_key(full)
            || schema.objects.contains_key(&ObjectId::new(ObjectKind::Type, full.to_string()))
    };
    let Some(parts) = crate::name::split_dotted(element) else { return ty.clone() };
    let [name] = parts.as_slice() else { return ty.clone() };
    let here = [table.schema.as_str(), "public"]
        .map(|schema| QName::new(schema, name))
        .into_iter()
        .find(is_type);
    here.map_or_else(|| ty.clone(), |full| SqlType::new(&format!("{full}{array}")))
}

/// A user's collation by its full name.
fn qualified_collation(name: String, table: &QName, schema: &Schema) -> String {
    if name.contains('.') {
        return name;
    }
    let full = format!("{}.{name}", crate::name::quote(&table.schema));
    let id = ObjectId::new(ObjectKind::Plain, format!("COLLATION {full}"));
    if schema.objects.contains_key(&id) { full } else { name }
}

/// What comes along from a parent or a LIKE.
fn inherit(
    table: &mut Table,
    template: &Template,
    name: &QName,
    schema: &Schema,
    names: &mut Names,
) {
    let Some(parent) = schema.table(&template.table.name) else { return };
    let takes = |what: Takes| template.takes.contains(&what);
    for column in &parent.columns {
        if table.column(&column.name).is_some() {
            continue;
        }
        let mut copy = column.clone();
        copy.default = copy.default.filter(|_| takes(Takes::Defaults));
        copy.identity = copy.identity.filter(|_| takes(Takes::Identity));
        copy.generated = copy.generated.filter(|_| takes(Takes::Generated));
        table.columns.push(copy);
    }
    for (key, constraint) in &parent.constraints {
        let columns = constraint.kind.columns();
        let key = match &constraint.kind {
            ConstraintKind::PrimaryKey(_) if takes(Takes::Keys) => names.choose(name, "", "pkey"),
            ConstraintKind::Unique(_) if takes(Takes::Keys) => {
                names.choose(name, &addition(&columns), "key")
            }
            kind if kind.is_inherited_check() && takes(Takes::Checks) => key.clone(),
            ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Unique(_)
            | ConstraintKind::Check(_)
            | ConstraintKind::ForeignKey(_)
            | ConstraintKind::NotNull(_)
            | ConstraintKind::Other(..) => continue,
        };
        table.constraints.insert(key, constraint.clone());
    }
    if takes(Takes::Keys) {
        super::like::indexes(table, parent, name, names);
    }
}

/// An index's name, chosen where it has none, and its definition with real columns only.
pub(super) fn index(
    new: &NewIndex,
    table: &Table,
    names: &mut Names,
) -> (String, crate::schema::Index) {
    let mut index = new.index.clone();
    index.columns.retain(|c| table.column(c).is_some());
    if let Some(Expr::Raw { sql: _, columns }) = &mut index.predicate {
        columns.retain(|c| table.column(c).is_some());
    }
    let name = match &new.name {
        Some(name) => {
            names.take(new.table.name.sibling(name));
            name.clone()
        }
        None => names.choose(&new.table.name, &addition(&new.labels), "idx"),
    };
    (name, index)
}

/// An index of a materialized view, by its full name.
pub(super) fn view_index(new: &NewIndex, names: &mut Names) -> (ObjectId, Object) {
    let view = new.table.name.clone();
    let name = match &new.name {
        Some(name) => name.clone(),
        None => names.choose(&view, &addition(&new.labels), "idx"),
    };
    let make = op::sql::create_index(&view, &name, &new.index, false);
    let full = view.sibling(name);
    let object = Object::one(make, Some(format!("DROP INDEX {full}"))).of(Subject::Relation(view));
    (ObjectId::new(ObjectKind::ViewIndex, full.to_string()), object)
}

/// A view, with what it reads resolved against the tables and views there are.
pub(super) fn view(new: &NewView, schema: &Schema, query: &str) -> View {
    let known = |name: &QName| schema.tables.contains_key(name) || schema.views.contains_key(name);
    let mut reads: Vec<QName> = Vec::new();
    for (name, was_qualified) in &new.reads {
        if (*was_qualified || known(name)) && !reads.contains(name) {
            reads.push(name.clone());
        }
    }
    let over_unfilled = reads
        .iter()
        .filter_map(|name| schema.views.get(name))
        .any(|read| if read.materialized { read.unfilled } else { read.over_unfilled });
    let star = new.identifiers.iter().any(|i| i == "*");
    let names = |table: &Table| table.columns.iter().map(|c| c.name.clone()).collect();
    let found = reads.iter().filter(|_| star);
    let found = found.filter_map(|read| Some((read.clone(), names(schema.table(read)?))));
    View {
        columns: new.columns.clone(),
        found: found.collect(),
        query: query.to_owned(),
        materialized: new.materialized,
        reads,
        identifiers: new.identifiers.clone(),
        alias_of: None,
        unfilled: new.materialized && new.is_unfilled(),
        over_unfilled,
    }
}

/// What DROP TABLE … CASCADE drops first: keys that point at the table, views over it.
pub(super) fn cascade_table(schema: &Schema, table: &QName) -> Vec<Op> {
    let mut ops = cascade_views(schema, table, None);
    ops.extend(schema.referencing(table).filter(|(child, ..)| *child != table).map(
        |(child, name, _)| Op::DropConstraint { table: child.clone(), name: name.to_owned() },
    ));
    ops
}

/// What DROP COLUMN … CASCADE drops first.
pub(super) fn cascade_column(schema: &Schema, table: &QName, column: &str) -> Vec<Op> {
    let mut ops = cascade_views(schema, table, Some(column));
    ops.extend(
        schema
            .referencing(table)
            .filter(|(child, _, key)| {
                *child != table && schema.parent_columns(key).iter().any(|c| c == column)
            })
            .map(|(child, name, _)| Op::DropConstraint {
                table: child.clone(),
                name: name.to_owned(),
            }),
    );
    ops
}

/// What DROP CONSTRAINT … CASCADE drops first: keys that rest on it.
pub(super) fn cascade_key(schema: &Schema, table: &QName, name: &str) -> Vec<Op> {
    let columns = schema.constraint_kind(table, name).map(ConstraintKind::columns);
    let resting = schema
        .referencing(table)
        .filter(|(_, _, key)| columns.as_ref().is_some_and(|c| *c == schema.parent_columns(key)));
    resting
        .map(|(child, name, _)| Op::DropConstraint { table: child.clone(), name: name.to_owned() })
        .collect()
}

/// Views over a relation and the views over those, last first.
pub(super) fn cascade_views(schema: &Schema, relation: &QName, column: Option<&str>) -> Vec<Op> {
    let mut found: Vec<QName> =
        schema.views_over(relation, column).map(|(name, _)| name.clone()).collect();
    let mut at = 0;
    while let Some(view) = found.get(at).cloned() {
        for (name, _) in schema.views_over(&view, None) {
            // Move it behind what it reads.
            found.retain(|n| n != name || n == &view);
            if !found.contains(name) {
                found.push(name.clone());
            }
        }
        at += 1;
        if at > 2 * schema.views.len() {
            break;
        }
    }
    found.iter().rev().map(|view| schema.drop_view(view)).collect()
}

//! Labels of an enum that go or change places: PostgreSQL has no statement for it, so a new type takes
//! the name, and every column of the old one is cast to it by its labels. Backwards it is how an added
//! label is taken away again.

mod computed;

use std::collections::BTreeMap;

use crate::change::{Asked, What};
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::name::{QName, literal, own, quote};
use crate::op::Op;
use crate::op::object::{change, make};
use crate::recipe::object::with_way_back;
use crate::recipe::steps::{set_default, under_lock};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::object::enum_sql;
use crate::schema::{Column, Object, ObjectId, ObjectKind, Schema, Subject};
use crate::sql_type::SqlType;

/// The plan for an enum whose labels go or change places.
pub(super) fn plan(
    context: &Context<'_>,
    id: &ObjectId,
    (before, after): (&Object, &Object),
) -> Result<Recipe, Diagnostic> {
    let early = |default: &Option<Expr>| !is_new_label(default.as_ref(), before);
    let set = |table: &QName, column: &Column| context.default_set(table, &column.name);
    let forward = |table: &QName, c: &Column| set(table, c).unwrap_or_else(|| c.default.clone());
    let backward = |table: &QName, c: &Column| {
        set(table, c).filter(early).unwrap_or_else(|| c.default.clone())
    };
    let routines = routines(context.schema, id, context.asked);
    let schema = with_new_columns(context, id);
    let Some(ops) = rebuilt(&schema, id, after, &routines, &forward) else {
        return Err(context.unsupported(
            &format!("changing the labels of the enum `{}`", id.name),
            "make a new type, and change the columns to it",
        ));
    };
    let between = with_new_labels(id, before, after);
    let back = rebuilt(&schema, id, between.as_ref().unwrap_or(before), &routines, &backward);
    let gone: Vec<&str> = before
        .parts
        .iter()
        .map(|(label, _)| label.as_str())
        .filter(|label| after.parts.iter().all(|(l, _)| l != label))
        .collect();
    let mut recipe = under_lock(
        context,
        (
            format!("give the enum {} its new labels", id.name),
            "labels are never taken away or moved: a new type takes the name, and every row of its columns is written anew",
        ),
        ops,
        back,
    );
    recipe.drafts.extend(between.and_then(|between| added(context, id, (before, &between))));
    if gone.is_empty() {
        return Ok(recipe);
    }
    recipe.needs_release = true;
    recipe.release_change = format!("never writes {} to {}", gone.join(", "), id.name);
    let kept: Vec<String> = after.parts.iter().map(|(label, _)| literal(label)).collect();
    for (table, column) in columns(context.schema, id) {
        if column.ty.as_str().ends_with("[]") {
            continue;
        }
        let sql = format!("{}::text IN ({})", quote(&column.name), kept.join(", "));
        let check = Expr::Raw { sql, columns: std::iter::once(column.name.clone()).collect() };
        let condition = Condition::NoViolations { table: table.clone(), check };
        recipe.drafts.push(
            Draft::gate(
                Slot::Confirm,
                format!("no row of {table} holds a label in {} that goes", column.name),
                Vec::new(),
            )
            .why("such a row would stop the step after it has locked the table")
            .done_when("rows with a label that goes", condition),
        );
    }
    Ok(recipe)
}

/// The enum with the labels that come, before any goes or moves; none where none comes.
fn with_new_labels(id: &ObjectId, before: &Object, after: &Object) -> Option<Object> {
    let mut parts = before.parts.clone();
    let mut place = 0;
    for (label, value) in &after.parts {
        match parts.iter().position(|(known, _)| known == label) {
            Some(at) => place = at + 1,
            None => {
                parts.insert(place, (label.clone(), value.clone()));
                place += 1;
            }
        }
    }
    let make = vec![enum_sql(&id.name, &parts)];
    (parts.len() > before.parts.len()).then(|| Object { make, parts, ..before.clone() })
}

/// The step in which labels come: the new release writes them, and what is made for it says them.
fn added(
    context: &Context<'_>,
    id: &ObjectId,
    (before, between): (&Object, &Object),
) -> Option<Draft> {
    let ops = change(id, Some(before), Some(between)).ok()?;
    let operation = format!("add labels to the enum {}", id.name);
    let draft = Draft::ddl(context, Slot::Expand, operation, ops);
    let draft = with_way_back(context, id, (Some(before), Some(between)), draft);
    Some(draft.why("nobody uses them yet; those that go stay until the app has moved"))
}

/// The schema with the columns of the type that the request adds: they are there before the app moves, and
/// so before the type is made anew.
fn with_new_columns(context: &Context<'_>, id: &ObjectId) -> Schema {
    let mut schema = context.schema.clone();
    for op in context.asked.iter().filter_map(|asked| asked.what.statement()) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these bring columns")]
        let brings = match op {
            Op::CreateTable { definition, .. } => definition.has_type(&id.name),
            Op::AddColumn { column, .. } => column.ty.element() == id.name,
            _ => false,
        };
        if brings {
            // What is there already was asked for before.
            let _refused = schema.apply(op).is_err();
        }
    }
    schema
}

/// Statements by which a new type with the labels of `to` takes the enum's name.
pub(crate) fn rebuild(schema: &Schema, id: &ObjectId, to: &Object) -> Option<Vec<Op>> {
    let routines = routines(schema, id, &[]);
    rebuilt(schema, id, to, &routines, &|_, column| column.default.clone())
}

/// Routines that take or give values of the enum, as they are when what is asked has changed them; those
/// that it takes away are gone by then.
fn routines(schema: &Schema, id: &ObjectId, asked: &[Asked]) -> BTreeMap<ObjectId, Object> {
    let mut routines: BTreeMap<&ObjectId, &Object> = schema.objects.iter().collect();
    for asked in asked {
        let What::Object { id, after } = &asked.what else { continue };
        match after {
            Some(after) => routines.insert(id, after),
            None => routines.remove(id),
        };
    }
    let name = id.name.parse::<QName>();
    let of_it = |(other, object): &(&ObjectId, &Object)| {
        name.as_ref().is_ok_and(|name| object.takes_or_gives(other, name))
    };
    let owned = |(id, object): (&ObjectId, &Object)| (id.clone(), object.clone());
    routines.into_iter().filter(of_it).map(owned).collect()
}

/// Whether a default is a label that the enum does not have.
fn is_new_label(default: Option<&Expr>, labels: &Object) -> bool {
    let Some(Expr::Text(text)) = default.map(Expr::uncast) else { return false };
    labels.parts.iter().all(|(label, _)| label != text)
}

/// Whether a default can only be set when the enum of its column has been made anew.
pub(super) fn comes_after(context: &Context<'_>, column: &Column, default: Option<&Expr>) -> bool {
    context.asked.iter().any(|asked| {
        let What::Object { id, after: Some(after) } = &asked.what else { return false };
        let before = context.source.objects.get(id);
        id.kind == ObjectKind::Enum
            && id.name == column.ty.as_str()
            && before.is_some_and(|before| {
                is_new_label(default, before) && change(id, Some(before), Some(after)).is_err()
            })
    })
}

/// Statements by which a new type takes the enum's name, with the defaults that its columns are to have.
fn rebuilt(
    schema: &Schema,
    id: &ObjectId,
    to: &Object,
    routines: &BTreeMap<ObjectId, Object>,
    default: &dyn Fn(&QName, &Column) -> Option<Expr>,
) -> Option<Vec<Op>> {
    let name: QName = id.name.parse().ok()?;
    let aside = name.sibling(own::aside(&name.name));
    let old = ObjectId::new(ObjectKind::Enum, aside.to_string());
    let named: Vec<QName> = routines.keys().filter_map(ObjectId::routine_name).collect();
    let of_type = |c: &Column| c.ty.element() == id.name;
    let computed = computed::computed(schema, &of_type, &named)?;
    let mut ops = computed.down;
    ops.extend(routines.iter().filter_map(|(id, object)| {
        let sql = object.unmake.clone()?;
        Some(Op::Object { sql, id: id.clone(), becomes: None })
    }));
    ops.push(Op::Object {
        sql: format!("ALTER TYPE {name} RENAME TO {}", quote(&aside.name)),
        id: id.clone(),
        becomes: None,
    });
    ops.extend(make(id, to));
    for (table, column) in columns(schema, id) {
        if column.generated.is_some() {
            continue;
        }
        if splits_rows(schema, &table, &column.name) {
            return None;
        }
        ops.extend(recast(&table, column, default(&table, column)));
    }
    ops.push(Op::Object { sql: format!("DROP TYPE {aside}"), id: old, becomes: None });
    ops.extend(routines.iter().flat_map(|(id, object)| make(id, object)));
    ops.extend(computed.up);
    let of = Subject::Object(id.clone());
    let of_type = Subject::Object(ObjectId::new(ObjectKind::Type, id.name.clone()));
    let attached = schema
        .objects
        .iter()
        .filter(|(_, o)| o.of.as_ref() == Some(&of) || o.of.as_ref() == Some(&of_type));
    ops.extend(attached.flat_map(|(id, object)| make(id, object)));
    Some(ops)
}

/// Whether the column is in the partition key of its table, or of a partition of it: it keeps its type.
fn splits_rows(schema: &Schema, table: &QName, column: &str) -> bool {
    let mut family = schema.descendants(table);
    family.push(table.clone());
    family.iter().filter_map(|name| schema.table(name)).any(|table| {
        let by = table.parts().by;
        by.is_some_and(|by| mentions(&by, column))
    })
}

fn mentions(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

/// Columns of the type, or of arrays of it; those of partitions follow their parents.
fn columns<'a>(schema: &'a Schema, id: &ObjectId) -> Vec<(QName, &'a Column)> {
    let array = format!("{}[]", id.name);
    let mut found = Vec::new();
    for (name, table) in &schema.tables {
        let follows = table
            .partitioning
            .as_ref()
            .is_some_and(|text| text.starts_with("PARTITION OF ") || text.starts_with("INHERITS "));
        if follows {
            continue;
        }
        let of_type = |c: &&Column| c.ty.as_str() == id.name || c.ty.as_str() == array;
        found.extend(table.columns.iter().filter(of_type).map(|c| (name.clone(), c)));
    }
    found
}

/// The column from the old type to the new one of the same name, by way of its text.
fn recast(table: &QName, column: &Column, wanted: Option<Expr>) -> Vec<Op> {
    let text = if column.ty.as_str().ends_with("[]") { "text[]" } else { "text" };
    let value = Expr::Cast(Box::new(Expr::column(&column.name)), SqlType::new(text));
    let default = |default| set_default(table, &column.name, default);
    let retype = Op::AlterType {
        table: table.clone(),
        column: column.name.clone(),
        ty: column.ty.clone(),
        collation: column.collation.clone(),
        using: Some(Expr::Cast(Box::new(value), column.ty.clone())),
    };
    let first = column.default.as_ref().map(|_| default(None));
    let last = wanted.map(|wanted| default(Some(wanted)));
    first.into_iter().chain([retype]).chain(last).collect()
}

//! Changes of type that need second columns, joined table by table: an index, a key or a reference
//! may have several of them. Must not draft steps.

use std::collections::BTreeSet;

use super::hindrance;
use crate::change::{Asked, Retype, Retyped, What};
use crate::fold::names;
use crate::name::QName;
use crate::op::Op;
use crate::recipe::change_type;
use crate::schema::{ConstraintKind, Schema};

/// The changes, with those of types joined that second columns can carry out.
pub(crate) fn retypes(asked: Vec<Asked>, schema: &Schema) -> Vec<Asked> {
    let mut joined: Vec<Asked> = Vec::new();
    for next in asked {
        let Some((table, column)) = retyped(&next.what, schema) else {
            joined.push(next);
            continue;
        };
        let columns = vec![column];
        let known =
            joined.iter().position(|a| matches!(&a.what, What::Retype(r) if r.table == table));
        let Some(at) = known else {
            joined.push(Asked { what: What::Retype(Retype { table, columns }), ..next });
            continue;
        };
        let at = prepared(&mut joined, at, &(table, columns.first().map(|c| c.column.clone())));
        let stays = says_of(joined.get(at..).unwrap_or_default());
        if let Some(Asked { what: What::Retype(retype), .. }) = joined.get_mut(at) {
            retype.columns.extend(columns);
        }
        if !stays {
            // What the statements in between prepare for the later columns comes first.
            let one = joined.remove(at);
            joined.push(one);
        }
    }
    let joined = joined.into_iter().flat_map(|asked| apart(asked, schema)).collect();
    children_first(joined, schema)
}

/// What is said of a later column alone comes before the change that it joins. Gives the place of that.
fn prepared(joined: &mut Vec<Asked>, at: usize, column: &(QName, Option<String>)) -> usize {
    let mut place = at;
    for later in at + 1..joined.len() {
        let of_it = joined.get(later).map(|asked| names(&asked.what)).unwrap_or_default();
        if !of_it.is_empty() && of_it.iter().all(|name| name == column) {
            let one = joined.remove(later);
            joined.insert(place, one);
            place += 1;
        }
    }
    place
}

/// Tables before those to which they refer: so they are swapped, and the other way round on the way
/// back, when what a reference pointed at is there again.
fn children_first(mut asked: Vec<Asked>, schema: &Schema) -> Vec<Asked> {
    let is_one = |a: &Asked| matches!(a.what, What::Retype(_));
    let places: Vec<usize> =
        asked.iter().enumerate().filter(|(_, a)| is_one(a)).map(|(at, _)| at).collect();
    let mut open: Vec<Asked> = asked.iter().filter(|a| is_one(a)).cloned().collect();
    for place in places {
        let table = |a: &Asked| a.what.retype().map(|retype| retype.table.clone());
        let refers = |child: &Asked, parent: &QName| {
            let child = table(child);
            child.as_ref() != Some(parent)
                && schema.referencing(parent).any(|(table, ..)| Some(table) == child.as_ref())
        };
        let free = open.iter().position(|one| {
            table(one).is_some_and(|parent| !open.iter().any(|other| refers(other, &parent)))
        });
        // A circle is refused by the recipe.
        let next = open.remove(free.unwrap_or(0));
        if let Some(slot) = asked.get_mut(place) {
            *slot = next;
        }
    }
    asked
}

/// A change of a column's type that is not done in place.
pub(super) fn retyped(what: &What, schema: &Schema) -> Option<(QName, Retyped)> {
    let What::Statement(Op::AlterType { table, column, ty, collation, using }) = what else {
        return None;
    };
    let found = schema.table(table)?.column(column)?;
    let alone = using.as_ref().is_none_or(|e| e.columns().iter().all(|c| c == column));
    let in_place = change_type::is_in_place(found, (ty, collation.as_ref()), using.as_ref());
    (alone && !in_place).then(|| {
        let retyped = Retyped {
            column: column.clone(),
            ty: ty.clone(),
            collation: collation.clone(),
            using: using.clone(),
        };
        (table.clone(), retyped)
    })
}

/// Whether what follows a change of types says something of its columns.
fn says_of(asked: &[Asked]) -> bool {
    let Some((first, rest)) = asked.split_first() else { return false };
    let of = names(&first.what);
    rest.iter().any(|later| names(&later.what).iter().any(|name| of.contains(name)))
}

/// The statements again, where second columns cannot carry the change out, or each column is a change
/// by itself.
fn apart(asked: Asked, schema: &Schema) -> Vec<Asked> {
    let What::Retype(retype) = &asked.what else { return vec![asked] };
    let columns: Vec<String> = retype.columns.iter().map(|c| c.column.clone()).collect();
    if hindrance(schema, &retype.table, &columns).is_none()
        && is_one_change(schema, &retype.table, &columns)
    {
        return vec![asked];
    }
    let one = |op| Asked { what: What::Statement(op), span: asked.span };
    retype.ops().into_iter().map(one).collect()
}

/// Whether columns cannot change each by itself: they are in a key or reference, or share an index or
/// constraint.
fn is_one_change(schema: &Schema, table: &QName, columns: &[String]) -> bool {
    let Some(definition) = schema.table(table) else { return false };
    let about = |names: &[String]| names.iter().filter(|c| columns.contains(c)).count();
    let referenced =
        schema.referencing(table).any(|(_, _, key)| about(&schema.parent_columns(key)) > 0);
    referenced
        || definition.constraints.values().any(|c| {
            let in_key =
                matches!(c.kind, ConstraintKind::PrimaryKey(_) | ConstraintKind::ForeignKey(_));
            about(&c.kind.columns()) > usize::from(!in_key)
        })
        || definition.indexes.values().any(|i| about(&i.columns) > 1)
}

/// Tables whose references the change makes anew, and tables they refer to.
pub(crate) fn neighbours(retype: &Retype, schema: &Schema) -> Vec<QName> {
    let mut found = BTreeSet::new();
    for (child, _, key) in schema.referencing(&retype.table) {
        if schema.parent_columns(key).iter().any(|c| retype.has(c)) {
            found.insert(child.clone());
        }
    }
    let own = schema.table(&retype.table).into_iter().flat_map(|t| t.constraints.values());
    for constraint in own {
        if let ConstraintKind::ForeignKey(key) = &constraint.kind
            && key.columns.iter().any(|c| retype.has(c))
        {
            found.insert(key.parent.clone());
        }
    }
    found.into_iter().collect()
}

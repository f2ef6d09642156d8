//! A whole number for a label of an enum, and back: by the label's place, from 0, as ORMs count them.
//! No cast leads from one to the other. Must not know what else a column's type may become.

use crate::expr::Expr;
use crate::name::QName;
use crate::schema::{Column, Schema};
use crate::sql_type::SqlType;

/// Whether values of one type become values of the other by a label's place.
pub(in crate::recipe) fn is(schema: &Schema, from: &SqlType, to: &SqlType) -> bool {
    let number = |ty: &SqlType| matches!(ty.as_str(), "smallint" | "integer" | "bigint");
    let counted = |ty: &SqlType| labels(schema, ty).is_some();
    number(from) && counted(to) || counted(from) && number(to)
}

/// All that such a column holds, before and after.
pub(super) fn values(schema: &Schema, from: &SqlType, to: &SqlType) -> Vec<Expr> {
    if !is(schema, from, to) {
        return Vec::new();
    }
    let labels = labels(schema, from).or_else(|| labels(schema, to)).into_iter().flatten();
    let places = labels.clone().enumerate().map(|(place, _)| Expr::Number(place.to_string()));
    places.chain(labels.map(|label| Expr::Text(label.clone()))).collect()
}

/// The column's value as one of the type. A number that no label has fails, as a cast would.
pub(super) fn value(schema: &Schema, column: &Column, to: &SqlType) -> Option<Expr> {
    if !is(schema, &column.ty, to) {
        return None;
    }
    let found = Expr::column(&column.name);
    let cast = |value: Expr, ty: &SqlType| Expr::Cast(Box::new(value), ty.clone());
    let number = |place: usize| Expr::Number(place.to_string());
    let label = |label: &String, ty: &SqlType| cast(Expr::Text(label.clone()), ty);
    if let Some(labels) = labels(schema, to) {
        let arm = |(place, text): (usize, &String)| {
            (found.clone().op("=", number(place)), label(text, to))
        };
        let other = cast(cast(found.clone(), &SqlType::new("text")), to);
        let arms = labels.iter().enumerate().map(arm).collect();
        return Some(Expr::Case(arms, Some(Box::new(other))));
    }
    let arm = |(place, text): (usize, &String)| {
        (found.clone().op("=", label(text, &column.ty)), number(place))
    };
    Some(Expr::Case(labels(schema, &column.ty)?.iter().enumerate().map(arm).collect(), None))
}

/// The labels of an enum, where none of them is a number itself.
fn labels<'a>(schema: &'a Schema, ty: &SqlType) -> Option<&'a Vec<String>> {
    let name: QName = ty.as_str().parse().ok()?;
    let labels = schema.enums.get(&name)?;
    let is_number = |label: &String| label.trim().parse::<f64>().is_ok();
    (!labels.is_empty() && !labels.iter().any(is_number)).then_some(labels)
}

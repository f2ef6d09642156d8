//! `(SELECT c FROM t WHERE t.k = …)` as a lookup of one row. What is more than that is none.

use sqlparser::ast::{self, BinaryOperator, SelectItem, SetExpr, TableFactor};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use crate::expr::{Expr, Lookup};
use crate::name::QName;

/// The lookup that a text in parentheses is.
pub(super) fn read(text: &str) -> Option<Expr> {
    let parsed = Parser::new(&PostgreSqlDialect {})
        .with_recursion_limit(40)
        .try_with_sql(text)
        .and_then(|mut parser| parser.parse_expr())
        .ok()?;
    let ast::Expr::Subquery(query) = parsed else { return None };
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let plain = query.with.is_none()
        && query.order_by.is_none()
        && query.limit_clause.is_none()
        && select.distinct.is_none()
        && select.having.is_none();
    let ([SelectItem::UnnamedExpr(value)], [from]) =
        (select.projection.as_slice(), select.from.as_slice())
    else {
        return None;
    };
    let TableFactor::Table { name, alias, .. } = &from.relation else { return None };
    if !plain || !from.joins.is_empty() {
        return None;
    }
    let parts =
        name.0.iter().map(|part| part.as_ident().map(folded)).collect::<Option<Vec<_>>>()?;
    let table = match parts.as_slice() {
        [table] => QName::new("public", table.clone()),
        [schema, table] => QName::new(schema.clone(), table.clone()),
        _ => return None,
    };
    let known = alias.as_ref().map_or_else(|| table.name.clone(), |a| folded(&a.name));
    let value = match column(value)? {
        (None, column) => column,
        (Some(of), column) if of == known => column,
        (Some(_), _) => return None,
    };
    let mut key = Vec::new();
    conditions(select.selection.as_ref()?, &known, &mut key)?;
    Some(Expr::Lookup(Box::new(Lookup { table, value, key })))
}

/// `t.k = r.c AND …`: which side is the other table's is told by its qualifier.
#[expect(clippy::wildcard_enum_match_arm, reason = "anything else is no lookup")]
fn conditions(expr: &ast::Expr, known: &str, key: &mut Vec<(String, Expr)>) -> Option<()> {
    match expr {
        ast::Expr::Nested(inner) => conditions(inner, known, key),
        ast::Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            conditions(left, known, key)?;
            conditions(right, known, key)
        }
        ast::Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            let theirs = |side: &(Option<String>, String)| side.0.as_deref() == Some(known);
            let (left, right) = (column(left)?, column(right)?);
            let (own, outer) = match (theirs(&left), theirs(&right)) {
                (true, false) => (left, right),
                (false, true) => (right, left),
                (true, true) | (false, false) => return None,
            };
            key.push((own.1, Expr::column(outer.1)));
            Some(())
        }
        _ => None,
    }
}

/// A column with its qualifier, where it has one.
#[expect(clippy::wildcard_enum_match_arm, reason = "anything else is no column")]
fn column(expr: &ast::Expr) -> Option<(Option<String>, String)> {
    match expr {
        ast::Expr::Identifier(name) => Some((None, folded(name))),
        ast::Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [table, name] => Some((Some(folded(table)), folded(name))),
            _ => None,
        },
        _ => None,
    }
}

fn folded(name: &ast::Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }
}

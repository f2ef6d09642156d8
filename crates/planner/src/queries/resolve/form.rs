//! Forms of expression with rules of their own: CASE, NULLIF, COLLATE, fields, subscripts. Must not
//! know clauses.

use super::super::ast::Expr;
use super::super::facts::Context;
use super::super::types::Type;
use super::level::Level;
use super::value::{Node, Value};
use super::{Found, Resolver, refuse};

impl Resolver<'_> {
    pub(super) fn case(
        &mut self,
        operand: Option<&Expr>,
        arms: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
        level: &Level<'_>,
    ) -> Found<Value> {
        let operand = match operand {
            Some(operand) => {
                let value = self.expr(operand, level)?;
                Some(self.as_text(value)?)
            }
            None => None,
        };
        let mut results = Vec::new();
        let mut nodes = Vec::new();
        for (when, then) in arms {
            let when = self.expr(when, level)?;
            let when = match &operand {
                Some(operand) => self.infix("=", operand.clone(), when)?,
                None => self.condition(when, "CASE/WHEN")?,
            };
            nodes.push(when.node);
            results.push(self.expr(then, level)?);
        }
        let last = match otherwise {
            Some(otherwise) => self.expr(otherwise, level)?,
            None => Value::new(Type::UNKNOWN, Node::Null),
        };
        results.insert(0, last);
        let (ty, results) = self.common(results, "CASE")?;
        let modifier = results.first().map_or(-1, |value| value.modifier);
        nodes.extend(results.into_iter().map(|value| value.node));
        Ok(Value { modifier, ..Value::apply(ty, "CASE", nodes) })
    }

    pub(super) fn null_if(&mut self, left: &Expr, right: &Expr, level: &Level<'_>) -> Found<Value> {
        let left = self.expr(left, level)?;
        let right = self.expr(right, level)?;
        let (ty, modifier) = (left.ty, left.modifier);
        let compared = self.infix("=", left, right)?;
        if compared.ty != Type::BOOL && !compared.ty.is_uncertain() {
            return refuse("42804", "NULLIF requires = operator to yield boolean");
        }
        let ty = if ty == Type::UNKNOWN { Type::TEXT } else { ty };
        Ok(Value { modifier, ..Value::apply(ty, "NULLIF", vec![compared.node]) })
    }

    pub(super) fn collate(&mut self, value: &Expr, level: &Level<'_>) -> Found<Value> {
        let value = self.expr(value, level)?;
        let types = self.catalogue.types();
        let base = types.base(value.ty);
        let (category, _) = types.category(base.element().unwrap_or(base));
        if category == 'S' || value.ty == Type::UNKNOWN {
            return Ok(Value {
                node: Node::Apply("COLLATE".to_owned(), vec![value.node]),
                ..value
            });
        }
        let name = self.name_of(value.ty);
        if self.is_strange(value.ty) {
            self.doubt(format!("whether type {name} has collations is not known"));
            return Ok(value);
        }
        refuse("42804", format!("collations are not supported by type {name}"))
    }

    /// A field of a row: known where the row is one of a relation.
    pub(super) fn field(&mut self, value: &Expr, field: &str, level: &Level<'_>) -> Found<Value> {
        let value = self.expr(value, level)?;
        if let Node::Whole { depth, entry, name } = &value.node
            && name == "*"
            && let Some(here) = level.outwards().find(|here| here.depth == *depth)
            && let Some(found) = here.entry(*entry)
        {
            if let [column] = found.find(field)[..] {
                self.read(found, column);
                if let Some((_, value)) = here.value(*entry, column) {
                    return Ok(value);
                }
            } else if !found.open {
                let name = &found.name;
                return refuse("42703", format!("column {name}.{field} does not exist"));
            }
        }
        self.doubt(format!("field {field} of a value is not known"));
        Ok(Value::apply(Type::UNCERTAIN, field, vec![value.node]))
    }

    pub(super) fn subscript(
        &mut self,
        value: &Expr,
        parts: &[Expr],
        slice: bool,
        level: &Level<'_>,
    ) -> Found<Value> {
        let value = self.expr(value, level)?;
        let base = self.catalogue.types().base(value.ty);
        let mut nodes = vec![value.node];
        let mut index = Vec::new();
        for part in parts {
            index.push(self.expr(part, level)?);
        }
        if self.is_strange(base) && base.element().is_none() {
            let name = self.name_of(base);
            self.doubt(format!("subscripts of type {name} are not known"));
            nodes.extend(self.settle(index)?);
            return Ok(Value::apply(Type::UNCERTAIN, "[]", nodes));
        }
        let result = match base.element() {
            Some(_) if slice => base,
            Some(element) => element,
            None if base == Type::JSONB && self.catalogue.version() >= 14 => Type::JSONB,
            None => {
                let name = self.name_of(base);
                let old = self.catalogue.version() < 14;
                let message = if old {
                    format!("cannot subscript type {name} because it is not an array")
                } else {
                    format!("cannot subscript type {name} because it does not support subscripting")
                };
                return refuse("42804", message);
            }
        };
        for part in index {
            let part = if result == Type::JSONB && base == Type::JSONB {
                self.as_text(part)?
            } else {
                match self.coerce(part, Type::INT4, Context::Assignment)? {
                    Some(part) => part,
                    None => return refuse("42804", "array subscript must have type integer"),
                }
            };
            nodes.push(part.node);
        }
        Ok(Value::apply(result, "[]", nodes))
    }
}

//! Expressions to values, form by form. Must not know clauses.

use super::super::ast::{Expr, Query};
use super::super::facts::Context;
use super::super::types::{Modifier, Type};
use super::level::Level;
use super::value::{Node, Value};
use super::{Found, Resolver, refuse};
use crate::sql_type::SqlType;

impl Resolver<'_> {
    /// An expression.
    pub(super) fn expr(&mut self, expr: &Expr, level: &Level<'_>) -> Found<Value> {
        match expr {
            Expr::Null => Ok(Value::new(Type::UNKNOWN, Node::Null)),
            Expr::Text(text) => Ok(Value::new(Type::UNKNOWN, Node::Text(text.clone()))),
            Expr::Bool(value) => Ok(constant(Type::BOOL, &value.to_string())),
            Expr::Number(digits) => Ok(constant(number_type(digits), digits)),
            Expr::Bits => Ok(constant(Type::BIT, "bits")),
            Expr::Keyword(name, ty) => {
                let ty = self.catalogue.types().find(&SqlType::new(ty), self.path);
                let ty = ty.ok().flatten().map_or(Type::UNCERTAIN, |(ty, _)| ty);
                Ok(Value::apply(ty, *name, Vec::new()))
            }
            Expr::Param(number) => Ok(self.param(*number)),
            Expr::Default => refuse("42601", "DEFAULT is not allowed in this context"),
            Expr::Column(name) => self.column(name, level),
            Expr::Field(value, field) => self.field(value, field, level),
            Expr::Subscript(value, parts, slice) => self.subscript(value, parts, *slice, level),
            Expr::Cast(value, ty) => self.cast(value, ty, level),
            Expr::Call(call) => Ok(self.call(call, level, false)?.0),
            Expr::Case(operand, arms, otherwise) => {
                self.case(operand.as_deref(), arms, otherwise.as_deref(), level)
            }
            Expr::NullIf(left, right) => self.null_if(left, right, level),
            Expr::Collate(value) => self.collate(value, level),
            Expr::Array(parts) => self.array(parts, level),
            Expr::In(value, list, negated) => self.in_list(value, list, *negated, level),
            Expr::InQuery(left, op, query) => self.in_query(left, op, query, level),
            Expr::Subquery(query) => self.scalar(query, level),
            Expr::Prefix(..)
            | Expr::Infix(..)
            | Expr::Logic(..)
            | Expr::Not(_)
            | Expr::IsNull(_)
            | Expr::IsTrue(..)
            | Expr::IsDistinct(..)
            | Expr::Between(..)
            | Expr::AnyOf(..) => self.operation(expr, level),
            Expr::Exists(_)
            | Expr::ArrayQuery(_)
            | Expr::Row(_)
            | Expr::Common(..)
            | Expr::Grouping(_)
            | Expr::Opaque(..) => self.collection(expr, level),
        }
    }

    /// What is an operator to the server.
    #[expect(clippy::wildcard_enum_match_arm, reason = "`expr` sends only operators here")]
    fn operation(&mut self, expr: &Expr, level: &Level<'_>) -> Found<Value> {
        match expr {
            Expr::Prefix(op, value) => {
                let value = self.expr(value, level)?;
                self.prefix(op, value)
            }
            Expr::Infix(left, op, right) => self.infix_of(left, op, right, level),
            Expr::Logic(name, left, right) => {
                let left = self.expr(left, level)?;
                let right = self.expr(right, level)?;
                let left = self.condition(left, name)?;
                let right = self.condition(right, name)?;
                Ok(Value::apply(Type::BOOL, *name, vec![left.node, right.node]))
            }
            Expr::Not(value) => self.test(value, "NOT", level),
            Expr::IsTrue(value, name) => self.test(value, name, level),
            Expr::IsDistinct(value, null) | Expr::IsDistinct(null, value)
                if **null == Expr::Null =>
            {
                self.null_test(value, level)
            }
            Expr::IsNull(value) => self.null_test(value, level),
            Expr::IsDistinct(left, right) => self.infix_of(left, "=", right, level),
            Expr::Between(value, low, high) => {
                let from = self.infix_of(value, ">=", low, level)?;
                let to = self.infix_of(value, "<=", high, level)?;
                Ok(Value::apply(Type::BOOL, "AND", vec![from.node, to.node]))
            }
            Expr::AnyOf(left, op, array) => {
                let left = self.expr(left, level)?;
                let array = self.expr(array, level)?;
                self.any_of(op, left, array)
            }
            other => unreachable!("not an operator: {other:?}"),
        }
    }

    /// What is made of several values, or of a subquery.
    #[expect(clippy::wildcard_enum_match_arm, reason = "`expr` sends only collections here")]
    fn collection(&mut self, expr: &Expr, level: &Level<'_>) -> Found<Value> {
        match expr {
            Expr::Exists(query) => {
                let output = self.subquery(query, level, true)?;
                Ok(Value::new(Type::BOOL, output.outer))
            }
            Expr::ArrayQuery(query) => {
                let value = self.scalar(query, level)?;
                let element = value.ty.element().unwrap_or(value.ty);
                Ok(Value::new(element.array_of(), value.node))
            }
            Expr::Row(parts) => {
                let values = self.exprs(parts, level)?;
                let nodes = values.into_iter().map(|value| value.node).collect();
                Ok(Value::apply(Type::RECORD, "ROW", nodes))
            }
            Expr::Common(name, parts) => {
                let values = self.exprs(parts, level)?;
                let (ty, values) = self.common(values, name)?;
                let modifier = values.first().map_or(-1, |value| value.modifier);
                let nodes = values.into_iter().map(|value| value.node).collect();
                Ok(Value { modifier, ..Value::apply(ty, *name, nodes) })
            }
            Expr::Grouping(parts) => {
                self.exprs(parts, level)?;
                level.flags.aggregates.set(true);
                Ok(constant(Type::INT4, "GROUPING"))
            }
            Expr::Opaque(reason, parts) => {
                let values = self.exprs(parts, level)?;
                self.doubt(format!("{reason} is not looked into"));
                let nodes = self.settle(values)?;
                Ok(Value::apply(Type::UNCERTAIN, *reason, nodes))
            }
            other => unreachable!("not a collection: {other:?}"),
        }
    }

    /// Several expressions.
    pub(super) fn exprs(&mut self, exprs: &[Expr], level: &Level<'_>) -> Found<Vec<Value>> {
        exprs.iter().map(|expr| self.expr(expr, level)).collect()
    }

    fn null_test(&mut self, value: &Expr, level: &Level<'_>) -> Found<Value> {
        let value = self.expr(value, level)?;
        Ok(Value::apply(Type::BOOL, "IS NULL", vec![value.node]))
    }

    fn test(&mut self, value: &Expr, name: &'static str, level: &Level<'_>) -> Found<Value> {
        let value = self.expr(value, level)?;
        let value = self.condition(value, name)?;
        Ok(Value::apply(Type::BOOL, name, vec![value.node]))
    }

    /// An operator; rows are compared field by field.
    fn infix_of(&mut self, left: &Expr, op: &str, right: &Expr, level: &Level<'_>) -> Found<Value> {
        if let (Expr::Row(left), Expr::Row(right)) = (left, right) {
            let left = self.exprs(left, level)?;
            let right = self.exprs(right, level)?;
            return self.rows(op, left, right);
        }
        if let (Expr::Row(left), Expr::Subquery(query)) = (left, right) {
            let output = self.subquery(query, level, true)?;
            let left = self.exprs(left, level)?;
            let right: Vec<Value> = output.columns.into_iter().map(|c| c.value).collect();
            return self.row_against_query(op, left, right, output.outer);
        }
        let left = self.expr(left, level)?;
        let right = self.expr(right, level)?;
        self.infix(op, left, right)
    }

    fn row_against_query(
        &mut self,
        op: &str,
        left: Vec<Value>,
        right: Vec<Value>,
        outer: Node,
    ) -> Found<Value> {
        match left.len().cmp(&right.len()) {
            std::cmp::Ordering::Less => refuse("42601", "subquery has too many columns"),
            std::cmp::Ordering::Greater => refuse("42601", "subquery has too few columns"),
            std::cmp::Ordering::Equal => {
                let left_nodes: Vec<Node> = left.iter().map(|value| value.node.clone()).collect();
                self.rows(op, left, right)?;
                let mut nodes = left_nodes;
                nodes.push(outer);
                Ok(Value::apply(Type::BOOL, op, nodes))
            }
        }
    }

    fn in_query(
        &mut self,
        left: &Expr,
        op: &str,
        query: &Query,
        level: &Level<'_>,
    ) -> Found<Value> {
        let output = self.subquery(query, level, true)?;
        let left = if let Expr::Row(parts) = left {
            self.exprs(parts, level)?
        } else {
            vec![self.expr(left, level)?]
        };
        if output.open {
            self.doubt("the columns of a subquery are not known");
            self.settle(left)?;
            return Ok(Value::new(Type::BOOL, output.outer));
        }
        let right = output.columns.into_iter().map(|column| column.value).collect();
        self.row_against_query(op, left, right, output.outer)
    }

    /// A subquery of one column.
    fn scalar(&mut self, query: &Query, level: &Level<'_>) -> Found<Value> {
        let mut output = self.subquery(query, level, true)?;
        if output.open {
            self.doubt("the columns of a subquery are not known");
            return Ok(Value::new(Type::UNCERTAIN, output.outer));
        }
        if output.columns.len() != 1 {
            return refuse("42601", "subquery must return only one column");
        }
        let column = output.columns.remove(0);
        Ok(Value { node: output.outer, ..column.value })
    }

    /// `x IN (a, b)`: against one array where the values have a type in common.
    fn in_list(
        &mut self,
        value: &Expr,
        list: &[Expr],
        negated: bool,
        level: &Level<'_>,
    ) -> Found<Value> {
        let op = if negated { "<>" } else { "=" };
        if matches!(value, Expr::Row(_)) || list.iter().any(|part| matches!(part, Expr::Row(_))) {
            let mut nodes = Vec::new();
            for part in list {
                nodes.push(self.infix_of(value, op, part, level)?.node);
            }
            return Ok(Value::apply(Type::BOOL, "IN", nodes));
        }
        let left = self.expr(value, level)?;
        let mut parts = self.exprs(list, level)?;
        let is_plain = |part: &Value| !has_own_columns(&part.node, level);
        let plain: Vec<Value> = parts.iter().filter(|part| is_plain(part)).cloned().collect();
        let mut nodes = vec![left.node.clone()];
        if plain.len() > 1
            && let Some(common) = self.element_type(&left, &plain)
        {
            let mut elements = Vec::new();
            for part in plain {
                let part = self.coerce(part, common, Context::Implicit)?;
                elements.extend(part.map(|part| part.node));
            }
            let array = Value::apply(common.array_of(), "ARRAY", elements);
            nodes.push(self.any_of(op, left.clone(), array)?.node);
            parts.retain(|part| !is_plain(part));
        }
        for part in parts {
            nodes.push(self.infix(op, left.clone(), part)?.node);
        }
        Ok(Value::apply(Type::BOOL, "IN", nodes))
    }

    /// The type of an array of these values, where there is one.
    fn element_type(&self, left: &Value, list: &[Value]) -> Option<Type> {
        let known = self.known();
        let types: Vec<Type> = std::iter::once(left).chain(list).map(|value| value.ty).collect();
        let common = known.common(&types).ok()?;
        let works = types.iter().all(|ty| known.can_coerce(*ty, common, Context::Implicit));
        let plain = common != Type::RECORD && common.element().is_none();
        (works && plain && !self.is_strange(common)).then_some(common)
    }

    fn array(&mut self, parts: &[Expr], level: &Level<'_>) -> Found<Value> {
        if parts.is_empty() {
            return refuse("42P18", "cannot determine type of empty array");
        }
        let values = self.exprs(parts, level)?;
        let (ty, values) = self.common(values, "ARRAY")?;
        let nodes = values.into_iter().map(|value| value.node).collect();
        Ok(Value::apply(ty.array_of(), "ARRAY", nodes))
    }

    /// A type that the statement names.
    pub(super) fn named_type(&mut self, ty: &SqlType) -> Found<(Type, Modifier)> {
        match self.catalogue.types().find(ty, self.path) {
            Ok(Some(found)) => Ok(found),
            Ok(None) if self.catalogue.may_have_more_types() => {
                self.doubt(format!("type {ty} is not known"));
                Ok((Type::UNCERTAIN, -1))
            }
            Ok(None) => refuse("42704", format!("type \"{}\" does not exist", written(ty))),
            Err(name) => refuse("42704", format!("type \"{name}\" does not exist")),
        }
    }

    fn cast(&mut self, value: &Expr, ty: &SqlType, level: &Level<'_>) -> Found<Value> {
        let (target, modifier) = self.named_type(ty)?;
        if let (Expr::Array(parts), Some(element)) = (value, target.element()) {
            let mut nodes = Vec::new();
            for part in parts {
                let element = if matches!(part, Expr::Array(_)) { target } else { element };
                let value = self.expr(part, level)?;
                nodes.push(self.cast_to(value, element)?.node);
            }
            return Ok(Value::apply(target, "ARRAY", nodes));
        }
        let value = self.expr(value, level)?;
        if value.ty == target && (modifier == -1 || modifier == value.modifier) {
            return Ok(Value { modifier, ..value });
        }
        let value = self.cast_to(value, target)?;
        let node = Node::Apply(format!("::{ty}"), vec![value.node]);
        Ok(Value { ty: target, modifier, node })
    }

    fn cast_to(&mut self, value: Value, target: Type) -> Found<Value> {
        let from = self.name_of(value.ty);
        match self.coerce(value, target, Context::Explicit)? {
            Some(value) => Ok(value),
            None => {
                let to = self.name_of(target);
                refuse("42846", format!("cannot cast type {from} to {to}"))
            }
        }
    }
}

/// A type as the statement names it, without `[]` and arguments.
fn written(ty: &SqlType) -> &str {
    ty.as_str().split(['(', '[']).next().unwrap_or_default()
}

fn constant(ty: Type, text: &str) -> Value {
    Value::new(ty, Node::Constant(text.to_owned()))
}

/// Whether it mentions a column of this level.
fn has_own_columns(node: &Node, level: &Level<'_>) -> bool {
    let mut found = false;
    node.visit(&mut |part| {
        if let Node::Var { depth, .. } | Node::Whole { depth, .. } = part {
            found |= *depth == level.depth;
        }
    });
    found
}

/// `integer` where it fits, then `bigint`, then `numeric`.
fn number_type(digits: &str) -> Type {
    let unsigned = digits.trim_start_matches('-');
    match unsigned.parse::<i64>() {
        Ok(value) if i32::try_from(value).is_ok() => Type::INT4,
        Ok(_) => Type::INT8,
        Err(_) if unsigned.starts_with("0x") || unsigned.starts_with("0X") => Type::INT4,
        Err(_) => Type::NUMERIC,
    }
}

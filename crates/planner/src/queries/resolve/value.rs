//! A resolved expression: its type, and what it is made of as far as GROUP BY and DISTINCT compare
//! it. Must not know names.

use super::super::facts::Context;
use super::super::literal::{self, Literal};
use super::super::types::{Modifier, Type};
use super::{Found, Param, Resolver, refuse};

/// A resolved expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// Type.
    pub(super) ty: Type,
    /// Length, precision; -1 for nothing.
    pub(super) modifier: Modifier,
    /// What it is.
    pub(super) node: Node,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A column of an entry of the level at that depth.
    Var {
        /// Depth of the level, 0 outermost.
        depth: usize,
        /// Which of its entries.
        entry: usize,
        /// Which of the entry's columns.
        column: usize,
    },
    /// A whole row, or a system column.
    Whole {
        /// Depth of the level.
        depth: usize,
        /// Which of its entries.
        entry: usize,
        /// As messages name it.
        name: String,
    },
    /// NULL.
    Null,
    /// A string literal.
    Text(String),
    /// Another literal.
    Constant(String),
    /// `$n`.
    Param(usize),
    /// DEFAULT.
    Default,
    /// Something computed.
    Apply(String, Vec<Node>),
    /// An aggregate.
    Aggregate(Vec<Node>),
    /// A subquery: the columns of outer levels that it mentions.
    Query(usize, Vec<Node>),
}

impl Node {
    /// Calls `f` on the node and all in it.
    pub(super) fn visit(&self, f: &mut dyn FnMut(&Self)) {
        f(self);
        match self {
            Self::Apply(_, parts) | Self::Aggregate(parts) | Self::Query(_, parts) => {
                parts.iter().for_each(|part| part.visit(f));
            }
            Self::Var { .. }
            | Self::Whole { .. }
            | Self::Null
            | Self::Text(_)
            | Self::Constant(_)
            | Self::Param(_)
            | Self::Default => {}
        }
    }
}

impl Value {
    /// A value of a type.
    pub(super) fn new(ty: Type, node: Node) -> Self {
        Self { ty, modifier: -1, node }
    }

    /// Something computed from others.
    pub(super) fn apply(ty: Type, what: impl Into<String>, parts: Vec<Node>) -> Self {
        Self::new(ty, Node::Apply(what.into(), parts))
    }
}

impl Resolver<'_> {
    /// `$n`.
    pub(super) fn param(&mut self, number: u16) -> Value {
        let at = usize::from(number) - 1;
        if self.params.len() <= at {
            self.params.resize(at + 1, Param::default());
        }
        let param = &mut self.params[at];
        param.seen = true;
        let ty = param.ty.unwrap_or(Type::UNKNOWN);
        if param.ty.is_none() {
            param.n_open += 1;
        }
        Value::new(ty, Node::Param(at))
    }

    /// A value as one of another type; `None` where it does not turn into it.
    pub(super) fn coerce(
        &mut self,
        value: Value,
        target: Type,
        context: Context,
    ) -> Found<Option<Value>> {
        if value.ty == Type::UNKNOWN {
            return self.give_type(value, target).map(Some);
        }
        if value.ty == target || target.is_uncertain() {
            return Ok(Some(value));
        }
        if value.ty.is_uncertain() {
            return Ok(Some(Value { ty: target, modifier: -1, ..value }));
        }
        if self.known().can_coerce(value.ty, target, context) {
            return Ok(Some(Value { ty: target, modifier: -1, ..value }));
        }
        let types = self.catalogue.types();
        if types.is_foreign(value.ty) || types.is_foreign(target) || self.catalogue.has_own_casts()
        {
            let (from, to) = (self.name_of(value.ty), self.name_of(target));
            self.doubt(format!("whether {from} turns into {to} is not known"));
            return Ok(Some(Value { ty: target, modifier: -1, ..value }));
        }
        Ok(None)
    }

    /// A literal, NULL or parameter takes a type.
    fn give_type(&mut self, value: Value, target: Type) -> Found<Value> {
        match &value.node {
            Node::Text(text) if target == Type::REGCLASS && self.is_regclass(text) => {}
            Node::Text(text) if !target.is_uncertain() => {
                let types = self.catalogue.types();
                let name = self.name_of(types.base(target));
                match literal::check(types, target, &name, text) {
                    Literal::Fine => {}
                    Literal::Bad(sqlstate, message) => return refuse(sqlstate, message),
                    Literal::Unsure => {
                        self.doubt(format!("whether '{text}' is a {name} is not known"));
                    }
                }
            }
            Node::Param(at) => {
                let param = &mut self.params[*at];
                param.n_open = param.n_open.saturating_sub(1);
                match param.ty {
                    None => param.ty = Some(target),
                    Some(ty) if ty == target || ty.is_uncertain() || target.is_uncertain() => {}
                    Some(_) => {
                        let number = at + 1;
                        return refuse(
                            "42P08",
                            format!("inconsistent types deduced for parameter ${number}"),
                        );
                    }
                }
            }
            Node::Var { .. }
            | Node::Whole { .. }
            | Node::Null
            | Node::Text(_)
            | Node::Constant(_)
            | Node::Default
            | Node::Apply(..)
            | Node::Aggregate(_)
            | Node::Query(..) => {}
        }
        Ok(Value { ty: target, modifier: -1, ..value })
    }

    fn is_regclass(&self, text: &str) -> bool {
        crate::name::split_dotted(text)
            .is_some_and(|name| self.catalogue.is_regclass(self.path, &name))
    }

    /// A condition: `name` is what messages call its place.
    pub(super) fn condition(&mut self, value: Value, name: &str) -> Found<Value> {
        self.must_be(value, Type::BOOL, name)
    }

    /// A value that has to be of a type.
    pub(super) fn must_be(&mut self, value: Value, target: Type, name: &str) -> Found<Value> {
        let found = self.name_of(value.ty);
        match self.coerce(value, target, Context::Assignment)? {
            Some(value) => Ok(value),
            None => {
                let target = self.name_of(target);
                refuse(
                    "42804",
                    format!("argument of {name} must be type {target}, not type {found}"),
                )
            }
        }
    }

    /// Values of several types as one type; `name` is what messages call them.
    pub(super) fn common(&mut self, values: Vec<Value>, name: &str) -> Found<(Type, Vec<Value>)> {
        let types: Vec<Type> = values.iter().map(|value| value.ty).collect();
        let common = match self.known().common(&types) {
            Ok(common) => common,
            Err(error) => {
                let (a, b) = (self.name_of(error.so_far), self.name_of(error.other));
                return refuse("42804", format!("{name} types {a} and {b} cannot be matched"));
            }
        };
        let modifier = values.first().map_or(-1, |first| first.modifier);
        let same = values.iter().all(|v| v.modifier == modifier && v.ty == common);
        let mut out = Vec::with_capacity(values.len());
        for value in values {
            let from = self.name_of(value.ty);
            match self.coerce(value, common, Context::Implicit)? {
                Some(value) => {
                    out.push(Value { modifier: if same { modifier } else { -1 }, ..value });
                }
                None => {
                    let to = self.name_of(common);
                    return refuse(
                        "42846",
                        format!("{name} could not convert type {from} to {to}"),
                    );
                }
            }
        }
        Ok((common, out))
    }

    /// What is still unknown when a select list is done is text.
    pub(super) fn as_text(&mut self, value: Value) -> Found<Value> {
        if value.ty == Type::UNKNOWN { self.give_type(value, Type::TEXT) } else { Ok(value) }
    }
}

//! Operators: which one is meant, and what it gives. Must not know clauses.

use super::super::candidates::{Choice, choose};
use super::super::facts::{Context, Operator};
use super::super::types::{Order, Type};
use super::value::{Node, Value};
use super::{Found, Resolver, refuse};

/// An operator found: what it wants left and right, and what it gives.
struct Chosen {
    left: Type,
    right: Type,
    result: Type,
}

/// Operators that give a boolean whatever they are over.
const BOOLEAN: &[&str] = &[
    "=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~~*", "!~~*", "~", "!~", "~*", "!~*", "@>",
    "<@", "&&", "?", "?|", "?&", "@@",
];

impl Resolver<'_> {
    /// `left op right`.
    pub(super) fn infix(&mut self, op: &str, left: Value, right: Value) -> Found<Value> {
        let Some(chosen) = self.binary(op, left.ty, right.ty)? else {
            return self.not_told(op, vec![left, right]);
        };
        let left = self.argument(left, chosen.left)?;
        let right = self.argument(right, chosen.right)?;
        Ok(Value::apply(chosen.result, op, vec![left.node, right.node]))
    }

    /// `op value`.
    pub(super) fn prefix(&mut self, op: &str, value: Value) -> Found<Value> {
        if self.is_strange(value.ty) {
            return self.not_told(op, vec![value]);
        }
        let known = self.known();
        let all: Vec<&Operator> =
            known.facts.operators(op).iter().filter(|o| o.args.0.is_none()).collect();
        let lists: Vec<[Type; 1]> = all.iter().map(|o| [o.args.1]).collect();
        let candidates: Vec<&[Type]> = lists.iter().map(<[Type; 1]>::as_slice).collect();
        let inputs = [known.types.base(value.ty)];
        let at = match choose(&known, &inputs, &candidates) {
            Choice::One(at) => at,
            choice @ (Choice::None | Choice::Ambiguous) => {
                let name = self.name_of(value.ty);
                return self.no_operator(choice, &format!("{op} {name}"), vec![value]);
            }
        };
        let (wanted, result) = (all[at].args.1, all[at].result);
        let value = self.argument(value, wanted)?;
        Ok(Value::apply(result, op, vec![value.node]))
    }

    /// `left op ANY (array)`.
    pub(super) fn any_of(&mut self, op: &str, left: Value, array: Value) -> Found<Value> {
        let base = self.catalogue.types().base(array.ty);
        let element = if array.ty == Type::UNKNOWN || base.is_uncertain() {
            base
        } else {
            match base.element() {
                Some(element) => element,
                None if self.is_strange(base) => Type::UNCERTAIN,
                None => {
                    return refuse("42809", "op ANY/ALL (array) requires array on right side");
                }
            }
        };
        let Some(chosen) = self.binary(op, left.ty, element)? else {
            return self.not_told(op, vec![left, array]);
        };
        if chosen.result != Type::BOOL {
            return refuse("42809", "op ANY/ALL (array) requires operator to yield boolean");
        }
        if chosen.right.element().is_some() {
            let name = self.name_of(chosen.right);
            return refuse("42704", format!("could not find array type for data type {name}"));
        }
        let left = self.argument(left, chosen.left)?;
        let array = self.argument(array, chosen.right.array_of())?;
        Ok(Value::apply(Type::BOOL, op, vec![left.node, array.node]))
    }

    /// Rows compared field by field.
    pub(super) fn rows(&mut self, op: &str, left: Vec<Value>, right: Vec<Value>) -> Found<Value> {
        if left.len() != right.len() {
            return refuse("42601", "unequal number of entries in row expressions");
        }
        if left.is_empty() {
            return refuse("0A000", "cannot compare rows of zero length");
        }
        let mut nodes = Vec::new();
        for (one, other) in left.into_iter().zip(right) {
            let found = self.infix(op, one, other)?;
            if found.ty != Type::BOOL && !found.ty.is_uncertain() {
                let name = self.name_of(found.ty);
                let message =
                    format!("row comparison operator must yield type boolean, not type {name}");
                return refuse("42804", message);
            }
            nodes.push(found.node);
        }
        Ok(Value::apply(Type::BOOL, op, nodes))
    }

    /// The operator for two types; `None` where that cannot be told.
    fn binary(&mut self, op: &str, left: Type, right: Type) -> Found<Option<Chosen>> {
        if self.is_strange(left) || self.is_strange(right) {
            return Ok(None);
        }
        let known = self.known();
        let all: Vec<&Operator> =
            known.facts.operators(op).iter().filter(|o| o.args.0.is_some()).collect();
        if let Some(found) = exact(&all, left, right, |ty| known.types.base(ty)) {
            return Ok(Some(found));
        }
        let lists: Vec<[Type; 2]> =
            all.iter().filter_map(|o| Some([o.args.0?, o.args.1])).collect();
        let candidates: Vec<&[Type]> = lists.iter().map(<[Type; 2]>::as_slice).collect();
        let inputs = [left, right];
        let at = match choose(&known, &inputs, &candidates) {
            Choice::One(at) => at,
            choice @ (Choice::None | Choice::Ambiguous) => {
                let (l, r) = (self.name_of(left), self.name_of(right));
                let signature = format!("{l} {op} {r}");
                return self.no_operator(choice, &signature, Vec::new()).map(|_| None);
            }
        };
        let Some(filled) = known.fill(&inputs, &lists[at]) else { return Ok(None) };
        let take = |declared: Type, input: Type| known.filled(declared, Some(input), &filled);
        let wanted = (take(lists[at][0], left), take(lists[at][1], right));
        match (wanted, take(all[at].result, left)) {
            ((Some(left), Some(right)), Some(result)) => Ok(Some(Chosen { left, right, result })),
            _ if filled.uncertain => Ok(None),
            _ => refuse(
                "42804",
                "could not determine polymorphic type because input has type unknown",
            ),
        }
    }

    /// Whether operators over the type are not known.
    pub(super) fn is_strange(&self, ty: Type) -> bool {
        let types = self.catalogue.types();
        let base = types.base(ty);
        let element = base.element().unwrap_or(base);
        ty.is_uncertain() || element.is_uncertain() || types.is_foreign(element)
    }

    /// An operator over something that is not known.
    fn not_told(&mut self, op: &str, values: Vec<Value>) -> Found<Value> {
        let strange = values.iter().map(|v| v.ty).find(|ty| self.is_strange(*ty));
        let name = strange.filter(|ty| !ty.is_uncertain()).map(|ty| self.name_of(ty));
        self.doubt(match name {
            Some(name) => format!("operators of type {name} are not known"),
            None => format!("the type of an operand of {op} is not known"),
        });
        let nodes = self.settle(values)?;
        let ty = if BOOLEAN.contains(&op) { Type::BOOL } else { Type::UNCERTAIN };
        Ok(Value::apply(ty, op, nodes))
    }

    /// Parameters and literals beside something that is not known.
    pub(super) fn settle(&mut self, values: Vec<Value>) -> Found<Vec<Node>> {
        values
            .into_iter()
            .map(|value| {
                Ok(self.coerce(value, Type::UNCERTAIN, Context::Implicit)?.map(|v| v.node))
            })
            .filter_map(Result::transpose)
            .collect()
    }

    /// No operator, or several; a doubt where the schema has operators or casts of its own.
    fn no_operator(&mut self, choice: Choice, signature: &str, values: Vec<Value>) -> Found<Value> {
        if self.catalogue.has_own_casts() {
            self.doubt("the schema has operators or casts of its own");
            self.settle(values)?;
            return Ok(Value::new(Type::UNCERTAIN, Node::Null));
        }
        match choice {
            Choice::Ambiguous => refuse("42725", format!("operator is not unique: {signature}")),
            Choice::None | Choice::One(_) => {
                refuse("42883", format!("operator does not exist: {signature}"))
            }
        }
    }

    /// A value as what an operator or function declares.
    pub(super) fn argument(&mut self, value: Value, declared: Type) -> Found<Value> {
        if declared == Type::ANY && value.ty == Type::UNKNOWN {
            // What takes anything takes a literal as it is.
            let is_param = matches!(value.node, Node::Param(_));
            return Ok(if is_param { value } else { Value { ty: Type::TEXT, ..value } });
        }
        let fallback = value.clone();
        Ok(self.coerce(value, declared, Context::Implicit)?.unwrap_or(fallback))
    }

    /// Whether values of the type can be compared at all, or sorted.
    pub(super) fn comparable(&mut self, ty: Type, least: Order) -> Found<()> {
        if self.is_strange(ty) {
            let name = self.name_of(ty);
            self.doubt(format!("whether values of type {name} can be compared is not known"));
            return Ok(());
        }
        if self.catalogue.types().order(ty) >= least {
            return Ok(());
        }
        let what = if least == Order::Less { "an ordering" } else { "an equality" };
        let name = self.name_of(ty);
        refuse("42883", format!("could not identify {what} operator for type {name}"))
    }
}

/// The operator over exactly these types; an unknown side takes the other's type.
fn exact(
    all: &[&Operator],
    left: Type,
    right: Type,
    base: impl Fn(Type) -> Type,
) -> Option<Chosen> {
    let (l, r) = match (left == Type::UNKNOWN, right == Type::UNKNOWN) {
        (true, false) => (right, right),
        (false, true) => (left, left),
        (true, true) | (false, false) => (left, right),
    };
    let find = |l: Type, r: Type| all.iter().find(|o| o.args == (Some(l), r));
    let unknown = l != left || r != right;
    let found = find(l, r).or_else(|| unknown.then(|| find(base(l), base(r))).flatten())?;
    Some(Chosen { left: found.args.0?, right: found.args.1, result: found.result })
}

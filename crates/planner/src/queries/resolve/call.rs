//! Function calls: which function is meant, what it gives, and where it may stand. Functions that are
//! not among the facts are doubts. Must not know FROM.

use super::super::ast::{Call, Expr, Over, Window};
use super::super::candidates::{Choice, choose};
use super::super::facts::{Function, Kind};
use super::super::types::{Order, Type};
use super::level::{Clause, Level};
use super::value::{Node, Value};
use super::{Found, Resolver, refuse};

impl<'a> Resolver<'a> {
    /// A call: its value, and the function where it is known.
    pub(super) fn call(
        &mut self,
        call: &Call,
        level: &Level<'_>,
        in_from: bool,
    ) -> Found<(Value, Option<&'a Function>)> {
        let name = function_name(&call.name, self.catalogue.version());
        let all = name.map_or(&[][..], |name| self.catalogue.facts().functions(name));
        let aggregates = all.iter().any(|f| f.kind == Kind::Aggregate) && call.over.is_none();
        let nested = level.flags.in_aggregate.get();
        level.flags.in_aggregate.set(nested || aggregates);
        let args = self.call_arguments(call, level);
        level.flags.in_aggregate.set(nested);
        let args = args?;
        if all.is_empty() || call.special {
            let shown = call.name.join(".");
            self.doubt(if call.special {
                format!("the way {shown} is called is not looked into")
            } else {
                format!("function {shown} is not known")
            });
            let nodes = self.settle(args)?;
            self.windows_of(call, level)?;
            return Ok((Value::apply(Type::UNCERTAIN, shown, nodes), None));
        }
        let shown = &call.name.join(".");
        let inputs: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
        let chosen = self.function(shown, all, &inputs, call.star)?;
        let Some((function, declared)) = chosen else {
            let result = common_result(all);
            let nodes = self.settle(args)?;
            self.windows_of(call, level)?;
            self.mark_kind(all.first(), call, level);
            return Ok((Value::apply(result, shown.as_str(), nodes), None));
        };
        let (result, wanted) = self.filled_in(function, &declared, &inputs)?;
        let mut nodes = Vec::new();
        for (arg, wanted) in args.into_iter().zip(wanted) {
            nodes.push(self.argument(arg, wanted)?.node);
        }
        self.placed(function, call, level, (nested, in_from))?;
        self.windows_of(call, level)?;
        let node = if function.kind == Kind::Aggregate && call.over.is_none() {
            self.own_level(&nodes, level);
            Node::Aggregate(nodes)
        } else {
            Node::Apply(shown.clone(), nodes)
        };
        Ok((Value::new(result, node), Some(function)))
    }

    /// Arguments, those of WITHIN GROUP after them; ORDER BY and FILTER are looked at.
    fn call_arguments(&mut self, call: &Call, level: &Level<'_>) -> Found<Vec<Value>> {
        let mut args = Vec::new();
        for arg in call.args.iter().chain(&call.within) {
            args.push(self.expr(arg, level)?);
        }
        for key in &call.order_by {
            let value = self.expr(key, level)?;
            let value = self.as_text(value)?;
            self.comparable(value.ty, Order::Less)?;
        }
        if call.distinct {
            for arg in &args {
                let ty = if arg.ty == Type::UNKNOWN { Type::TEXT } else { arg.ty };
                self.comparable(ty, Order::Equal)?;
            }
        }
        if let Some(filter) = &call.filter {
            let value = self.expr(filter, level)?;
            self.condition(value, "FILTER")?;
        }
        Ok(args)
    }

    /// The function that is meant, and what it declares for as many arguments; `None` where that
    /// cannot be told.
    fn function(
        &mut self,
        name: &str,
        all: &'a [Function],
        inputs: &[Type],
        star: bool,
    ) -> Found<Option<(&'a Function, Vec<Type>)>> {
        let strange = inputs.iter().copied().find(|ty| self.is_strange(*ty));
        let takes_anything =
            |f: &Function| f.args.iter().all(|ty| *ty == Type::ANY || *ty == Type::ANYELEMENT);
        if let Some(ty) = strange.filter(|_| !all.iter().all(takes_anything)) {
            let ty = self.name_of(ty);
            self.doubt(format!("whether there is a function {name} over type {ty} is not known"));
            return Ok(None);
        }
        if star && !all.iter().any(|f| f.args.is_empty()) {
            return refuse("42883", format!("function {name}() does not exist"));
        }
        let mut fitting: Vec<(&Function, Vec<Type>)> = Vec::new();
        for function in all {
            if let Some(declared) = declared(function, inputs.len())
                && !(function.variadic && fitting.iter().any(|(_, known)| *known == declared))
            {
                fitting.push((function, declared));
            }
        }
        let candidates: Vec<&[Type]> = fitting.iter().map(|(_, d)| d.as_slice()).collect();
        match choose(&self.known(), inputs, &candidates) {
            Choice::One(at) => Ok(Some(fitting.swap_remove(at))),
            choice @ (Choice::None | Choice::Ambiguous) => {
                if self.catalogue.has_own_casts() {
                    self.doubt("the schema has operators or casts of its own");
                    return Ok(None);
                }
                let types: Vec<String> = inputs.iter().map(|ty| self.name_of(*ty)).collect();
                let signature = format!("{name}({})", types.join(", "));
                if Type::of(name).is_some() && inputs.len() == 1 {
                    self.doubt(format!("{signature} may be a cast"));
                    return Ok(None);
                }
                match choice {
                    Choice::Ambiguous => {
                        refuse("42725", format!("function {signature} is not unique"))
                    }
                    Choice::None | Choice::One(_) => {
                        refuse("42883", format!("function {signature} does not exist"))
                    }
                }
            }
        }
    }

    /// What the function gives and wants here, with what stands for other types filled in.
    fn filled_in(
        &mut self,
        function: &Function,
        declared: &[Type],
        inputs: &[Type],
    ) -> Found<(Type, Vec<Type>)> {
        let known = self.known();
        let Some(filled) = known.fill(inputs, declared) else {
            return Ok((Type::UNCERTAIN, declared.to_vec()));
        };
        let range = inputs.iter().copied().find(|ty| known.types.base(*ty).subtype().is_some());
        let mut wanted = Vec::new();
        for (declared, input) in declared.iter().zip(inputs) {
            let found = known.filled(*declared, Some(*input), &filled);
            wanted.push(found.unwrap_or(Type::UNCERTAIN));
        }
        let result = known.filled(function.result, range, &filled);
        match result {
            Some(result) => Ok((result, wanted)),
            None if filled.uncertain => Ok((Type::UNCERTAIN, wanted)),
            None => refuse(
                "42804",
                "could not determine polymorphic type because input has type unknown",
            ),
        }
    }

    /// Whether the function may stand where it does.
    fn placed(
        &mut self,
        function: &Function,
        call: &Call,
        level: &Level<'_>,
        (nested, in_from): (bool, bool),
    ) -> Found<()> {
        let name = call.name.last().map_or("", String::as_str);
        let windowed = call.over.is_some();
        let clause = level.flags.clause.get();
        if function.kind == Kind::Window && !windowed {
            return refuse("42809", format!("window function {name} requires an OVER clause"));
        }
        if windowed && matches!(function.kind, Kind::Plain | Kind::Set) {
            let message = format!(
                "OVER specified, but {name} is not a window function nor an aggregate function"
            );
            return refuse("42809", message);
        }
        if let Clause::Rows(place) = clause {
            if windowed {
                let message = format!("window functions are not allowed in {place}");
                return refuse("42P20", message);
            }
            if function.kind == Kind::Aggregate {
                let message = format!("aggregate functions are not allowed in {place}");
                return refuse("42803", message);
            }
            if function.kind == Kind::Set && !in_from {
                let message = format!("set-returning functions are not allowed in {place}");
                return refuse("0A000", message);
            }
        }
        if nested && function.kind == Kind::Aggregate && !windowed {
            return refuse("42803", "aggregate function calls cannot be nested");
        }
        if nested && windowed {
            return refuse(
                "42803",
                "aggregate function calls cannot contain window function calls",
            );
        }
        self.mark_kind(Some(function), call, level);
        Ok(())
    }

    fn mark_kind(&mut self, function: Option<&Function>, call: &Call, level: &Level<'_>) {
        match function.map(|f| f.kind) {
            _ if call.over.is_some() => level.flags.windows.set(true),
            Some(Kind::Aggregate) => level.flags.aggregates.set(true),
            Some(Kind::Set) => level.flags.sets.set(true),
            Some(Kind::Plain | Kind::Window) | None => {}
        }
    }

    /// An aggregate over columns of outer levels alone is an outer level's.
    fn own_level(&mut self, nodes: &[Node], level: &Level<'_>) {
        let (mut any, mut own) = (false, false);
        for node in nodes {
            node.visit(&mut |part| {
                if let Node::Var { depth, .. } | Node::Whole { depth, .. } = part {
                    any = true;
                    own |= *depth == level.depth;
                }
            });
        }
        if any && !own {
            self.doubt("an aggregate over columns of an outer query");
        }
    }

    /// What stands in OVER.
    fn windows_of(&mut self, call: &Call, level: &Level<'_>) -> Found<()> {
        match &call.over {
            Some(Over::Named(name)) if !level.windows.contains(name) => {
                refuse("42704", format!("window \"{name}\" does not exist"))
            }
            Some(Over::Window(window)) => self.window(window, level),
            Some(Over::Named(_)) | None => Ok(()),
        }
    }

    /// PARTITION BY and ORDER BY of a window.
    pub(super) fn window(&mut self, window: &Window, level: &Level<'_>) -> Found<()> {
        if let Some(base) = window.base.as_ref().filter(|base| !level.windows.contains(base)) {
            return refuse("42704", format!("window \"{base}\" does not exist"));
        }
        if window.offsets {
            self.doubt("the offsets of a window frame are not looked into");
        }
        let keys = |keys: &[Expr], least: Order| {
            keys.iter().map(move |key| (key.clone(), least)).collect::<Vec<_>>()
        };
        let mut all = keys(&window.order_by, Order::Less);
        all.extend(keys(&window.partition_by, Order::Equal));
        for (key, least) in all {
            let value = self.expr(&key, level)?;
            let value = self.as_text(value)?;
            self.comparable(value.ty, least)?;
            level.flags.window_keys.borrow_mut().push(value.node);
        }
        Ok(())
    }
}

/// The bare name of a built-in function; `None` for another schema's.
fn function_name(name: &[String], version: u16) -> Option<&str> {
    let last = match name {
        [last] => last,
        [schema, last] if schema == "pg_catalog" => last,
        _ => return None,
    };
    // Before 14, EXTRACT is `date_part`.
    Some(if last == "extract" && version < 14 { "date_part" } else { last })
}

/// What a function declares for so many arguments.
fn declared(function: &Function, n_args: usize) -> Option<Vec<Type>> {
    let n_declared = function.args.len();
    if n_args <= n_declared && n_args + function.n_defaults >= n_declared && !function.variadic {
        return Some(function.args[..n_args].to_vec());
    }
    if !function.variadic || n_args < n_declared {
        return None;
    }
    let last = *function.args.last()?;
    let each = last.element().unwrap_or(last);
    let mut declared = function.args[..n_declared - 1].to_vec();
    declared.resize(n_args, each);
    Some(declared)
}

/// What all functions of a name give, where they agree.
fn common_result(all: &[Function]) -> Type {
    let first = all.first().map_or(Type::UNCERTAIN, |f| f.result);
    let same = all.iter().all(|f| f.result == first) && !first.is_polymorphic();
    if same { first } else { Type::UNCERTAIN }
}

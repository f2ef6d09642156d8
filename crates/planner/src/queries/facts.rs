//! What operators, casts and functions there are, as rows: `pg_operator`, `pg_cast` and `pg_proc` of
//! PostgreSQL 14 to 18 over the types of `types`; 12 and 13 are taken to be like 14. The rows stand in the files beside this one; the
//! trial `queries::facts` compares every row with real servers. Must not judge.

use std::collections::BTreeMap;

use super::types::{BUILTINS, Type, category};

/// `operator result[@since] left,right …`; `-` on the left for a prefix operator.
pub const OPERATORS: &str = include_str!("facts/operators.txt");
/// `source[@since] context target …`; context as `castcontext`.
pub const CASTS: &str = include_str!("facts/casts.txt");
/// `name kind result[@since|@-until] arguments …`; `s` for a function that returns a set; `=` after an
/// argument that may be left out, `*` after the last where there may be more.
pub const FUNCTIONS: &str = include_str!("facts/functions.txt");

/// The types that the rows are over, `pg_type`: name, `format_type()`, category, whether it is
/// preferred in its category.
pub fn types(version: u16) -> Vec<(&'static str, &'static str, char, bool)> {
    let told = BUILTINS.iter().filter(|builtin| builtin.name != "?");
    told.map(|b| (b.name, b.format, category(b, version), b.preferred)).collect()
}

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operator {
    /// Left and right; left is `None` for a prefix operator.
    pub(crate) args: (Option<Type>, Type),
    /// What it gives.
    pub(crate) result: Type,
}

/// When a cast is applied by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Context {
    /// Only where it is asked for.
    Explicit,
    /// Also where a value is stored.
    Assignment,
    /// Anywhere.
    Implicit,
}

/// What a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One value for its arguments.
    Plain,
    /// Several rows.
    Set,
    /// One value for many rows.
    Aggregate,
    /// Needs OVER.
    Window,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Kind.
    pub(crate) kind: Kind,
    /// Arguments; the last repeats where `variadic` is set.
    pub(crate) args: Vec<Type>,
    /// How many of the last may be left out.
    pub(crate) n_defaults: usize,
    /// Whether the last may be given several times.
    pub(crate) variadic: bool,
    /// What it gives.
    pub(crate) result: Type,
    /// Its columns, where it gives a record of several.
    pub(crate) columns: Vec<(&'static str, Type)>,
}

/// The facts of one version.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    operators: BTreeMap<&'static str, Vec<Operator>>,
    casts: BTreeMap<(Type, Type), Context>,
    functions: BTreeMap<&'static str, Vec<Function>>,
}

impl Facts {
    /// The facts of a major version.
    pub(crate) fn new(version: u16) -> Self {
        let mut facts = Self::default();
        for line in OPERATORS.lines() {
            facts.read_operators(line, version);
        }
        for line in CASTS.lines() {
            facts.read_casts(line, version);
        }
        for line in FUNCTIONS.lines() {
            facts.read_functions(line, version);
        }
        facts
    }

    fn read_operators(&mut self, line: &'static str, version: u16) -> Option<()> {
        let mut words = line.split(' ');
        let name = words.next()?;
        let (result, is_there) = dated(words.next()?, version);
        if !is_there {
            return None;
        }
        let result = Type::of(result)?;
        let list = self.operators.entry(name).or_default();
        for args in words {
            let (left, right) = args.split_once(',')?;
            list.push(Operator { args: (Type::of(left), Type::of(right)?), result });
        }
        Some(())
    }

    fn read_casts(&mut self, line: &'static str, version: u16) -> Option<()> {
        let mut words = line.split(' ');
        let (source, is_there) = dated(words.next()?, version);
        let context = match words.next()? {
            "i" => Context::Implicit,
            "a" => Context::Assignment,
            _ => Context::Explicit,
        };
        if !is_there {
            return None;
        }
        let source = Type::of(source)?;
        for target in words {
            self.casts.insert((source, Type::of(target)?), context);
        }
        Some(())
    }

    fn read_functions(&mut self, line: &'static str, version: u16) -> Option<()> {
        let mut words = line.split(' ');
        let name = words.next()?;
        let kind = match words.next()? {
            "a" => Kind::Aggregate,
            "s" => Kind::Set,
            "w" => Kind::Window,
            _ => Kind::Plain,
        };
        let (result, is_there) = dated(words.next()?, version);
        if !is_there {
            return None;
        }
        let (result, columns) = result_type(result)?;
        let list = self.functions.entry(name).or_default();
        for args in words {
            let variadic = args.ends_with('*');
            let args = args.trim_end_matches('*');
            let n_defaults = args.matches('=').count();
            let args: Option<Vec<Type>> = args
                .split(',')
                .filter(|arg| *arg != "()")
                .map(|arg| Type::of(arg.trim_end_matches('=')))
                .collect();
            let columns = columns.clone();
            list.push(Function { kind, args: args?, n_defaults, variadic, result, columns });
        }
        Some(())
    }

    /// Operators of a name.
    pub(crate) fn operators(&self, name: &str) -> &[Operator] {
        self.operators.get(name).map_or(&[], Vec::as_slice)
    }

    /// Functions of a name.
    pub(crate) fn functions(&self, name: &str) -> &[Function] {
        self.functions.get(name).map_or(&[], Vec::as_slice)
    }

    /// The cast from one built-in type to another.
    pub(crate) fn cast(&self, from: Type, to: Type) -> Option<Context> {
        self.casts.get(&(from, to)).copied()
    }
}

/// `numeric@16` is `numeric`, there from 16 on; `json@-17` is `json`, there up to 17.
fn dated(word: &'static str, version: u16) -> (&'static str, bool) {
    let Some((word, date)) = word.rsplit_once('@') else { return (word, true) };
    let is_there = match date.strip_prefix('-') {
        Some(until) => until.parse().is_ok_and(|until| version <= until),
        None => date.parse().is_ok_and(|since| version >= since),
    };
    (word, is_there)
}

/// A type, or `record(key:text,value:json)`.
fn result_type(word: &'static str) -> Option<(Type, Vec<(&'static str, Type)>)> {
    let Some(columns) = word.strip_prefix("record(") else {
        return Some((Type::of(word)?, Vec::new()));
    };
    let columns: Option<Vec<(&str, Type)>> = columns
        .trim_end_matches(')')
        .split(',')
        .map(|column| {
            let (name, ty) = column.split_once(':')?;
            Some((name, Type::of(ty)?))
        })
        .collect();
    Some((Type::RECORD, columns?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let facts = Facts::new(18);
        let n_words = |text: &str, skipped: usize| -> usize {
            text.lines().map(|line| line.split(' ').count() - skipped).sum()
        };
        assert_eq!(facts.operators.values().map(Vec::len).sum::<usize>(), n_words(OPERATORS, 2));
        let n_gone = FUNCTIONS.lines().filter(|line| line.contains("@-")).count();
        let n_functions = facts.functions.values().map(Vec::len).sum::<usize>();
        assert_eq!(n_functions + n_gone, n_words(FUNCTIONS, 3));
        assert_eq!(facts.casts.len(), n_words(CASTS, 2));
    }

    #[test]
    fn rows_have_a_beginning() {
        assert!(Facts::new(15).functions("any_value").is_empty());
        assert_eq!(Facts::new(16).functions("any_value").len(), 1);
    }
}

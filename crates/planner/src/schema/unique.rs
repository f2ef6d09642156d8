//! What must differ from row to row, and what the WHERE of a partial index leaves out. Must not know
//! statements.

use super::{Column, ConstraintKind, Index, Key, Table};
use crate::expr::Expr;
use crate::name::quote;

/// Columns that no two rows share, of the rows for which a condition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unique {
    columns: Vec<String>,
    predicate: Option<Expr>,
}

impl Unique {
    /// What a unique index says of plain columns; none where it is over an expression, or
    /// NULLs are equal in it.
    pub(crate) fn of(index: &Index) -> Option<Self> {
        let plain = |key: &String| index.columns.iter().find(|c| quote(c) == *key).cloned();
        let columns = index.keys.iter().map(plain).collect::<Option<_>>()?;
        let tells_nulls_apart = !index.suffix.contains("NULLS NOT DISTINCT");
        (index.unique && tells_nulls_apart)
            .then(|| Self { columns, predicate: index.predicate.clone() })
    }

    /// The same of a key; none of another constraint.
    pub(crate) fn of_key(kind: &ConstraintKind) -> Option<Self> {
        Self::of(&Key::of(kind)?.index())
    }

    /// Whether rows that keep it differ in `other`, too, whatever they hold in a column.
    pub(crate) fn implies(&self, other: &Self, without: &str) -> bool {
        let has = |c: &String| c != without && other.columns.contains(c);
        self.columns.iter().all(has)
            && (self.predicate.is_none() || self.predicate == other.predicate)
    }
}

impl Table {
    /// Whether a key or a unique index covers the column.
    pub fn is_unique_in(&self, column: &str) -> bool {
        let names = |columns: &[String]| columns.iter().any(|c| c == column);
        self.constraints.values().any(|c| c.kind.is_key() && names(&c.kind.columns()))
            || self.indexes.values().any(|i| i.unique && names(&i.columns))
    }

    /// Its keys and unique indexes, by name, with the columns that each mentions.
    pub(crate) fn uniques(&self) -> impl Iterator<Item = (&String, Vec<String>, Option<Unique>)> {
        let keys = self
            .constraints
            .iter()
            .filter(|(_, c)| c.kind.is_key())
            .map(|(name, c)| (name, c.kind.columns(), Unique::of_key(&c.kind)));
        let indexes = self.indexes.iter().filter(|(_, index)| index.unique);
        keys.chain(indexes.map(|(name, i)| (name, i.columns.clone(), Unique::of(i))))
    }

    /// The keys that cover a column, in which no other column tells two rows apart that hold the same
    /// in this one: one of `held`, which a partial index may leave out. None for one over expressions.
    pub(crate) fn collisions(
        &self,
        column: &str,
        held: &[&Expr],
        tells_apart: fn(&Column) -> bool,
    ) -> Vec<Option<Unique>> {
        let same = |columns: &[String]| {
            let mut others = columns.iter().filter(|c| *c != column);
            columns.iter().any(|c| c == column)
                && !others.any(|c| self.column(c).is_some_and(tells_apart))
        };
        let out = |p: &Expr| !held.is_empty() && held.iter().all(|v| leaves_out(p, column, v));
        let is_out = |name: &String| {
            self.indexes.get(name).and_then(|i| i.predicate.as_ref()).is_some_and(out)
        };
        let found = self.uniques().filter(|(name, columns, _)| same(columns) && !is_out(name));
        found.map(|(.., unique)| unique).collect()
    }
}

/// Whether rows that hold `value` in a column are not in the index, whatever else they hold.
fn leaves_out(predicate: &Expr, column: &str, value: &Expr) -> bool {
    decided(&predicate.with_column(column, value)) == Some(false)
}

/// Whether a condition is true of every row, or of none (NULL counts as false, and so does its
/// opposite); none where it depends on the row, or is not read.
fn decided(condition: &Expr) -> Option<bool> {
    match condition {
        Expr::Bool(value) => Some(*value),
        Expr::Null => Some(false),
        Expr::Cast(inner, _) => decided(inner),
        Expr::Not(inner) if inner.always_null() => Some(false),
        Expr::Not(inner) => decided(inner).map(|value| !value),
        Expr::IsNull(inner, is_not) => {
            literal(inner).map(|value| (*value == Expr::Null) != *is_not)
        }
        Expr::Binary(a, op, b) => match op.as_str() {
            "AND" if decided(a) == Some(false) || decided(b) == Some(false) => Some(false),
            "OR" => decided(a).filter(|a| !a).and_then(|_| decided(b)).filter(|b| !b),
            "=" => equal(a, b),
            "<>" | "!=" => equal(a, b).map(|equal| !equal && !has_null(a, b)),
            _ => None,
        },
        Expr::Number(_)
        | Expr::Text(_)
        | Expr::Column(_)
        | Expr::Negate(_)
        | Expr::Call(..)
        | Expr::Case(..)
        | Expr::Lookup(_)
        | Expr::Raw { .. } => None,
    }
}

fn has_null(a: &Expr, b: &Expr) -> bool {
    [a, b].into_iter().any(|x| literal(x) == Some(&Expr::Null))
}

/// Whether two literals of one kind are equal: numbers are where they are spelled alike, and otherwise
/// not known to differ.
fn equal(a: &Expr, b: &Expr) -> Option<bool> {
    match (literal(a)?, literal(b)?) {
        (Expr::Null, _) | (_, Expr::Null) => Some(false),
        (Expr::Bool(a), Expr::Bool(b)) => Some(a == b),
        (Expr::Text(a), Expr::Text(b)) => Some(a == b),
        (a, b) => (a == b).then_some(true),
    }
}

/// The literal that an expression is, casts aside.
fn literal(expr: &Expr) -> Option<&Expr> {
    let is_literal =
        |x: &&Expr| matches!(x, Expr::Null | Expr::Bool(_) | Expr::Number(_) | Expr::Text(_));
    Some(expr.uncast()).filter(is_literal)
}

#[cfg(test)]
mod tests {
    use super::leaves_out;
    use crate::expr::Expr;

    #[test]
    fn rows_that_hold_the_default_are_left_out() {
        let (done, no) = (Expr::column("done"), Expr::Bool(false));
        let yes = |x: &Expr| x.clone().op("=", Expr::Bool(true));
        let other = Expr::column("other");
        for predicate in [
            done.clone(),
            yes(&done),
            done.clone().op("AND", other.clone()),
            done.clone().is_null(),
        ] {
            assert!(leaves_out(&predicate, "done", &no), "{}", predicate.sql());
        }
        for predicate in [
            Expr::Not(Box::new(done.clone())),
            yes(&other),
            done.clone().op("OR", other.clone()),
            done.clone().is_not_null(),
        ] {
            assert!(!leaves_out(&predicate, "done", &no), "{}", predicate.sql());
        }
        for predicate in [done.clone(), Expr::Not(Box::new(done.clone())), yes(&done)] {
            assert!(leaves_out(&predicate, "done", &Expr::Null), "{}", predicate.sql());
        }
    }
}

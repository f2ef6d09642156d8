//! The few values that stand for all: two of each type, those that the plan itself names, NULL
//! where a release may write it, and for keys a value of each row's own. Must not know states.

use planner::condition::Condition;
use planner::expr::Expr;
use planner::name::QName;
use planner::schema::{ConstraintKind, Table};
use planner::sql_type::SqlType;

use crate::eval::eval;
use crate::model::{Model, TableModel, Unmodelled, Uses};
use crate::partitions::takes;
use crate::rows::broken_check;
use crate::types::{assign, cast};
use crate::value::Value;
use crate::world::CELLS;

/// Choices of values that are looked through for one that a table's CHECKs allow.
const CHOICES_MAX: usize = 10_000;

/// Values that a release writes to a row, by column.
pub(crate) type Domains = Vec<(String, Vec<Value>)>;

impl Model {
    /// Values that a release writes to a column of a row.
    pub(crate) fn domain(
        &self,
        release: usize,
        place: usize,
        row: usize,
        column: &str,
    ) -> &[Value] {
        let all = self.domains.get_or_init(|| self.all_domains());
        let at = (release * self.tables.len() + place) * self.rows + row;
        let of_row = all.get(at).map(Vec::as_slice).unwrap_or_default();
        of_row.iter().find(|(name, _)| name == column).map_or(&[], |(_, values)| values)
    }

    /// The values of every release, place and row, by column: they depend on no state.
    fn all_domains(&self) -> Vec<Domains> {
        let mut all = Vec::new();
        for (release, uses) in self.releases.iter().enumerate() {
            for (place, uses) in uses.uses.iter().enumerate() {
                let columns = uses.iter().flat_map(|uses| &uses.own.columns);
                for row in 0..self.rows {
                    let of = |name: &String| (name.clone(), self.values(release, place, row, name));
                    let mut domains = columns.clone().map(|column| of(&column.name)).collect();
                    if let Some(uses) = uses {
                        allowed_first(&uses.own, &mut domains);
                    }
                    all.push(domains);
                }
            }
        }
        all
    }

    fn values(&self, release: usize, place: usize, row: usize, column: &str) -> Vec<Value> {
        let Some(uses) = &self.releases[release].uses[place] else { return Vec::new() };
        let Some(definition) = uses.own.column(column) else { return Vec::new() };
        if self.tables[place].key.iter().any(|k| k == column) {
            return vec![self.key_value(place, row, column, &definition.ty)];
        }
        if self.exposing {
            return self.exposing_values((release, place, row), column, definition);
        }
        // What only a wider type holds is not written before the old column is gone: see the plan's
        // assumptions.
        let old = self.old_type(place, column).unwrap_or(&definition.ty);
        let narrowed = self.tables[place].narrowed.iter().find(|n| n.column == column);
        let ty = narrowed.map_or(old, |n| &n.ty);
        if self.is_looked_up(place, column) {
            // What others look up does not change under them: see the plan's assumptions.
            return vec![typed(ty, row, false)];
        }
        let spaced = self.is_split(place, column);
        let closed = self.closed_values(place, column, &definition.ty);
        let mut values = if let Some(closed) = closed {
            closed.into_iter().take(self.rows.max(2)).collect()
        } else if let Some(parent_type) = self.parent_type(place, uses, column) {
            let value = |i| self.parent_value(place, uses, column, i);
            // Of what no two rows may share, each has its own first.
            let first = if uses.own.is_unique_in(column) { row } else { 0 };
            let each = (0..self.rows).map(|i| (first + i) % self.rows);
            each.map(|i| value(i).unwrap_or(typed(parent_type, i, false))).collect()
        } else if uses.own.is_unique_in(column) || self.keeps_unique(release, uses, column) {
            vec![typed(ty, 2 * row, spaced), typed(ty, 2 * row + 1, spaced)]
        } else {
            let mut named = self.named_values(place, column);
            named.extend(self.tables[place].sides.get(column).into_iter().flatten().cloned());
            if let Some((inside, outside)) = self.tables[place].edges.get(column) {
                named.extend(inside.iter().take(1).chain(outside).cloned());
            }
            let n = 2_usize.saturating_sub(named.len());
            let fresh = (0..n).map(|i| typed(ty, i, spaced));
            let objects = self.objects(place, column, ty);
            if objects.is_empty() { named.into_iter().chain(fresh).collect() } else { objects }
        };
        // Literals of the plan, as the type prints them.
        let stored = |value: Value| assign(value.clone(), ty).unwrap_or(value);
        values = values.into_iter().map(stored).collect();
        if narrowed.is_some() {
            // As today's release spells them.
            values = values.into_iter().filter_map(|value| cast(value, old).ok()).collect();
        }
        if !definition.not_null && !self.keeps_not_null(release, uses, column) {
            values.push(Value::Null);
        }
        values.dedup();
        values
    }

    /// All that a column holds, where that is said; where it is to become one of another sort, in the words
    /// of the release whose type it is.
    pub(crate) fn closed_values(
        &self,
        place: usize,
        column: &str,
        ty: &SqlType,
    ) -> Option<Vec<Value>> {
        let closed = self.tables[place].closed.iter().find(|c| c.column == column)?;
        let all: Vec<Value> = closed.values.iter().filter_map(literal).collect();
        let counts = matches!(typed(ty, 0, false), Value::Int(_));
        let own = |value: &&Value| matches!(value, Value::Int(_)) == counts;
        let own: Vec<Value> = all.iter().filter(own).cloned().collect();
        Some(if own.is_empty() { all } else { own })
    }

    /// The first states: no migration has begun, today's release runs, each table has a row less
    /// than it has room for.
    pub(crate) fn initial_cells(&mut self) -> Result<[u16; CELLS], Unmodelled> {
        let mut cells = [0; CELLS];
        for place in 0..self.tables.len() {
            let Some(definition) = self.table(self.source, place).cloned() else { continue };
            let present = self.rows.saturating_sub(1).max(1);
            for row in 0..present {
                let values: Vec<Value> = definition
                    .columns
                    .iter()
                    .map(|c| {
                        let values = self.domain(0, place, row, &c.name);
                        values.first().cloned().unwrap_or(Value::Null)
                    })
                    .collect();
                let source = self.state(self.source);
                if !matches!(broken_check(&definition, &values), Ok(None)) {
                    continue;
                }
                let takes = |name: &QName| takes(&source.schema, name, &definition, &values);
                if !source.names[place].as_ref().is_none_or(takes) {
                    continue;
                }
                let record = self.fresh(place, &definition, values);
                cells[place * self.rows + row] = self.intern(record)?;
            }
        }
        Ok(cells)
    }

    /// The value of a key in a row. Where it tells partitions apart, that of the last row, which is free at
    /// first, is outside of the bounds of the partition that the table becomes.
    fn key_value(&self, place: usize, row: usize, column: &str, ty: &SqlType) -> Value {
        let usual = || typed(ty, row, false);
        let Some((inside, outside)) = self.tables[place].edges.get(column) else {
            return usual();
        };
        let last = row + 1 == self.rows;
        let beyond = outside.clone().filter(|_| last);
        beyond.or_else(|| inside.get(row).cloned()).unwrap_or_else(usual)
    }

    /// The type that today's release knows the column by.
    fn old_type(&self, place: usize, column: &str) -> Option<&SqlType> {
        self.releases[0].uses[place].as_ref()?.own.column(column).map(|c| &c.ty)
    }

    /// Whether the column is taken apart by a conversion, or put together by one: its text then has
    /// two words.
    fn is_split(&self, place: usize, column: &str) -> bool {
        let among = |side: &[(String, Expr)]| side.iter().any(|(name, _)| name == column);
        self.tables[place]
            .conversions
            .iter()
            .any(|c| c.up.len() > 1 && among(&c.down) || c.down.len() > 1 && among(&c.up))
    }

    /// Whether a conversion of another table looks the column up.
    fn is_looked_up(&self, place: usize, column: &str) -> bool {
        let TableModel { old, new, .. } = &self.tables[place];
        let conversions = self.tables.iter().flat_map(|t| &t.conversions);
        let values = conversions.flat_map(|c| c.up.iter().chain(&c.down));
        values.flat_map(|(_, value)| value.lookups()).any(|lookup| {
            let here = old.as_ref() == Some(&lookup.table) || new.as_ref() == Some(&lookup.table);
            here && lookup.value == column
        })
    }

    /// JSON that a conversion takes apart or puts together: objects of two values each, and one of
    /// NULLs.
    pub(crate) fn objects(&self, place: usize, column: &str, ty: &SqlType) -> Vec<Value> {
        if !matches!(ty.base().as_str(), "json" | "jsonb") {
            return Vec::new();
        }
        let sides = self.tables[place].conversions.iter().flat_map(|c| c.up.iter().chain(&c.down));
        let Some((_, built)) = sides.into_iter().find(|(name, _)| name == column) else {
            return Vec::new();
        };
        let of = |name: &str| {
            let uses = self.releases.iter().filter_map(|r| r.uses[place].as_ref());
            uses.filter_map(|u| u.own.column(name)).map(|c| c.ty.clone()).next()
        };
        let filled =
            |i: usize| eval(built, &|name| of(name).map_or(Value::Null, |ty| typed(&ty, i, false)));
        let all = [filled(0), filled(1), eval(built, &|_| Value::Null)];
        let mut found: Vec<Value> = all.into_iter().flatten().collect();
        found.retain(|value| *value != Value::Null);
        found
    }

    /// The type of what the column refers to, in any schema the plan knows.
    fn parent_type<'a>(
        &'a self,
        place: usize,
        uses: &'a Uses,
        column: &str,
    ) -> Option<&'a SqlType> {
        let both = self.releases.iter().filter_map(|r| r.uses[place].as_ref());
        let refers = both.flat_map(|u| u.own.constraints.values()).any(|c| {
            matches!(&c.kind, ConstraintKind::ForeignKey(key) if key.columns.iter().any(|k| k == column))
        });
        refers.then(|| uses.own.column(column).map(|c| &c.ty)).flatten()
    }

    /// The value in a row of what the column refers to, where it tells partitions apart.
    pub(crate) fn parent_value(
        &self,
        place: usize,
        uses: &Uses,
        column: &str,
        row: usize,
    ) -> Option<Value> {
        let both = self.releases.iter().filter_map(|r| r.uses[place].as_ref());
        let constraints = both.flat_map(|u| u.own.constraints.values());
        let keys = constraints.filter_map(|c| c.kind.foreign_key());
        keys.into_iter().find_map(|key| {
            let at = key.columns.iter().position(|c| c == column)?;
            let parent = self.tables.iter().position(|t| t.old.as_ref() == Some(&key.parent))?;
            let columns = if key.parent_columns.is_empty() {
                &self.tables[parent].key
            } else {
                &key.parent_columns
            };
            let referenced = columns.get(at)?;
            self.tables[parent].edges.get(referenced)?;
            let ty = &uses.own.column(column)?.ty;
            Some(self.key_value(parent, row, referenced, ty))
        })
    }

    /// Literals that the plan's own in-place changes name for the column.
    pub(crate) fn named_values(&self, place: usize, column: &str) -> Vec<Value> {
        let mut found = Vec::new();
        for image in &self.tables[place].images {
            for (_, value) in image.set.iter().filter(|(c, _)| c == column) {
                found.extend(literal(value));
            }
            if let Some(filter) = &image.filter {
                filter.visit(&mut |expr| {
                    if let Expr::Binary(left, op, right) = expr
                        && (op == "=" || op == "<>")
                        && **left == Expr::column(column)
                    {
                        found.extend(literal(right));
                    }
                });
            }
        }
        let is_computed =
            self.tables[place].images.iter().any(|i| i.set.iter().any(|(c, _)| c == column));
        let is_text = self
            .old_type(place, column)
            .is_some_and(|ty| matches!(ty.base().as_str(), "text" | "character varying"));
        if found.is_empty() && is_computed && is_text {
            // Text that every usual clean-up changes, and what becomes of it.
            found.extend(["AA", "aa", " Aa"].map(|t| Value::Text(t.to_owned())));
        }
        // The old value first: rows start with it.
        found.reverse();
        found.dedup();
        found
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only this condition says so")]
    fn keeps_unique(&self, release: usize, uses: &Uses, column: &str) -> bool {
        self.releases[release].keeps.iter().any(|keep| match keep {
            Condition::NoDuplicates { table, columns } => {
                *table == uses.relation && columns.iter().any(|c| c == column)
            }
            _ => false,
        })
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only this condition says so")]
    fn keeps_not_null(&self, release: usize, uses: &Uses, column: &str) -> bool {
        self.releases[release].keeps.iter().any(|keep| match keep {
            Condition::NoNulls { table, column: c } => *table == uses.relation && c == column,
            _ => false,
        })
    }
}

/// Puts values first that the table's CHECKs allow together: rows begin with them, and a plain INSERT
/// gives them.
fn allowed_first(own: &Table, domains: &mut Domains) {
    let checks = own.constraints.values().filter(|c| matches!(c.kind, ConstraintKind::Check(_)));
    let named: Vec<String> = checks.flat_map(|c| c.kind.columns()).collect();
    let free: Vec<usize> = (0..domains.len())
        .filter(|at| named.contains(&domains[*at].0) && domains[*at].1.len() > 1)
        .collect();
    let mut chosen = vec![0; domains.len()];
    for _ in 0..CHOICES_MAX {
        let value = |(at, (_, values)): (usize, &(String, Vec<Value>))| {
            values.get(chosen[at]).cloned().unwrap_or(Value::Null)
        };
        let row: Vec<Value> = domains.iter().enumerate().map(value).collect();
        if matches!(broken_check(own, &row), Ok(None)) {
            for (at, (_, values)) in domains.iter_mut().enumerate() {
                values.rotate_left(chosen[at]);
            }
            return;
        }
        // The next choice, as digits are counted.
        let Some(at) = free.iter().find(|at| chosen[**at] + 1 < domains[**at].1.len()) else {
            return;
        };
        free.iter().take_while(|before| *before != at).for_each(|before| chosen[*before] = 0);
        chosen[*at] += 1;
    }
}

pub(crate) fn literal(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::Text(text) => Some(Value::Text(text.clone())),
        Expr::Number(digits) => digits.parse().ok().map(Value::Int),
        Expr::Bool(value) => Some(Value::Bool(*value)),
        Expr::Cast(inner, _) => literal(inner),
        Expr::Null
        | Expr::Column(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::Binary(..)
        | Expr::IsNull(..)
        | Expr::Call(..)
        | Expr::Case(..)
        | Expr::Lookup(_)
        | Expr::Raw { .. } => None,
    }
}

/// The `i`th value of a type, as the server prints it.
pub(crate) fn typed(ty: &SqlType, i: usize, spaced: bool) -> Value {
    const LETTERS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let letter = LETTERS[i % LETTERS.len()];
    let (day, n) = (i % 28 + 1, i % 16);
    Value::Text(match ty.base().as_str() {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" | "oid" => {
            return Value::Int(i64::try_from(i + 1).unwrap_or(i64::MAX));
        }
        "boolean" => return Value::Bool(i.is_multiple_of(2)),
        "date" => format!("2024-01-{day:02}"),
        "timestamp without time zone" => format!("2024-01-{day:02} 10:00:00"),
        "timestamp with time zone" => format!("2024-01-{day:02} 10:00:00+00"),
        "time without time zone" => format!("10:{day:02}:00"),
        "interval" => format!("{day:02}:00:00"),
        "uuid" => format!("{n:x}0000000-0000-4000-8000-000000000000"),
        "json" | "jsonb" => format!("{{\"{letter}\": {day}}}"),
        "bytea" => format!("\\x{n:02x}"),
        "inet" => format!("10.0.0.{day}"),
        "cidr" => format!("10.0.{day}.0/24"),
        base if base.ends_with("[]") => {
            let element = typed(&SqlType::new(base.trim_end_matches("[]")), i, false);
            format!("{{{}}}", element.text().unwrap_or_default())
        }
        _ if spaced => format!("{letter}1 {letter}2"),
        _ => letter.to_owned(),
    })
}
